# A stand-in for every room, and master as a process that has only these.
check_PROGRAMS += %D%/standin
%C%_standin_LDADD = libroom.a libconf.a libipc.a libchannel.a libloop.a $(BASE_LIBS) $(EVENT_LIBS)
UNIT_MASTER = %D%/test_activation %D%/test_certificate %D%/test_daemon %D%/test_folders %D%/test_keep %D%/test_keys \
	%D%/test_listeners %D%/test_notify %D%/test_plan %D%/test_rooms
check_PROGRAMS += $(UNIT_MASTER)
TESTS += $(UNIT_MASTER)
EXTRA_DIST += %D%/folder.h %D%/spool.pem
%C%_test_activation_LDADD = $(MASTER_LIBS) $(CHECK_LIBS)
%C%_test_certificate_LDADD = $(MASTER_LIBS) $(CHECK_LIBS)
%C%_test_daemon_SOURCES = %D%/test_daemon.c %D%/daemon.c %D%/daemon.h
%C%_test_daemon_LDADD = libipc.a libmail.a $(BASE_LIBS) $(CHECK_LIBS)
%C%_test_folders_LDADD = $(MASTER_LIBS) $(CHECK_LIBS)
%C%_test_keep_LDADD = $(MASTER_LIBS) $(CHECK_LIBS)
%C%_test_keys_LDADD = $(MASTER_LIBS) $(CHECK_LIBS)
%C%_test_listeners_LDADD = $(MASTER_LIBS) $(CHECK_LIBS)
%C%_test_notify_LDADD = $(MASTER_LIBS) $(CHECK_LIBS)
%C%_test_plan_LDADD = $(MASTER_LIBS) $(CHECK_LIBS)
%C%_test_rooms_LDADD = $(MASTER_LIBS) $(CHECK_LIBS)
