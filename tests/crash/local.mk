# Crashes at every event of the disk: `make check` tries some of each kind, `tests/crash/crash_spool all` all (README).
EXTRA_DIST += %D%/README
check_PROGRAMS += %D%/crash_spool
TESTS += %D%/crash_spool
%C%_crash_spool_SOURCES = %D%/crash_spool.c %D%/day.c %D%/day.h %D%/night.c %D%/night.h %D%/decay.c %D%/decay.h \
	%D%/disk.c %D%/disk.h %D%/wreck.c %D%/recording.h
%C%_crash_spool_LDADD = tests/unit/queue/libhouse.a libqueue.a libfakeroom.a libconf.a libspool.a $(METRICS_LIBS) \
	libbase.a libfakes.a libbase.a libfakes.a $(CRYPTO_LIBS) $(IDN2_LIBS) $(CHECK_LIBS)
