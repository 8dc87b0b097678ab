# Crashes at every event of the disk: `make check` samples them, tests/crash/crash_spool without an argument tries all.
check_PROGRAMS += %D%/crash_spool
TESTS += %D%/crash_spool
%C%_crash_spool_SOURCES = %D%/crash_spool.c %D%/disk.c %D%/disk.h
%C%_crash_spool_LDADD = tests/unit/queue/libhouse.a libqueue.a libfakeroom.a libconf.a libspool.a libipc.a libsmtp.a libmail.a \
	libbase.a libfakes.a libbase.a libfakes.a $(CRYPTO_LIBS) $(IDN2_LIBS) $(CHECK_LIBS)
