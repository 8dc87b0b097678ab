%C%_test_room_LDADD = libroom.a libconf.a libipc.a libchannel.a libloop.a $(BASE_LIBS) $(EVENT_LIBS) $(CHECK_LIBS)
EXTRA_DIST += %D%/again.h %D%/again_check.h %D%/samples.h
UNIT_LIB_IPC = %D%/test_channel %D%/test_ctl_rooms %D%/test_intake_policy %D%/test_master_rooms %D%/test_queue_relay %D%/test_queue_report \
	%D%/test_relay_policy %D%/test_report_facts %D%/test_report_policy %D%/test_room %D%/test_tally %D%/test_writer_queue
check_PROGRAMS += $(UNIT_LIB_IPC)
TESTS += $(UNIT_LIB_IPC)
UNIT_LIB_IPC_LIBS = libipc.a libmail.a $(BASE_LIBS) $(CHECK_LIBS)
%C%_test_channel_LDADD = libchannel.a libloop.a $(BASE_LIBS) $(EVENT_LIBS) $(CHECK_LIBS)
%C%_test_ctl_rooms_LDADD = $(UNIT_LIB_IPC_LIBS)
%C%_test_intake_policy_LDADD = $(UNIT_LIB_IPC_LIBS)
%C%_test_master_rooms_LDADD = $(UNIT_LIB_IPC_LIBS)
%C%_test_queue_relay_LDADD = $(UNIT_LIB_IPC_LIBS)
%C%_test_queue_report_LDADD = $(UNIT_LIB_IPC_LIBS)
%C%_test_relay_policy_LDADD = $(UNIT_LIB_IPC_LIBS)
%C%_test_report_facts_LDADD = $(UNIT_LIB_IPC_LIBS)
%C%_test_report_policy_LDADD = $(UNIT_LIB_IPC_LIBS)
%C%_test_tally_LDADD = libipc.a libfakeroom.a libmail.a $(FAKE_LIBS) $(CHECK_LIBS)
%C%_test_writer_queue_LDADD = $(UNIT_LIB_IPC_LIBS)
