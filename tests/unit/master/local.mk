# A stand-in for every room, and master as a process that has only these.
check_PROGRAMS += %D%/standin
%C%_standin_LDADD = libroom.a libconf.a libipc.a libchannel.a libloop.a $(BASE_LIBS) $(EVENT_LIBS)
UNIT_MASTER = %D%/test_daemon
check_PROGRAMS += $(UNIT_MASTER)
TESTS += $(UNIT_MASTER)
%C%_test_daemon_SOURCES = %D%/test_daemon.c %D%/daemon.c %D%/daemon.h
%C%_test_daemon_LDADD = libipc.a libmail.a $(BASE_LIBS) $(CHECK_LIBS)
EXTRA_DIST += %D%/spool.pem
