UNIT_QUEUE = %D%/test_replay %D%/test_schedule
check_PROGRAMS += $(UNIT_QUEUE)
TESTS += $(UNIT_QUEUE)
UNIT_QUEUE_LIBS = libqueue.a libroom.a libconf.a libspool.a libipc.a libchannel.a libsmtp.a libmail.a libloop.a \
	$(BASE_LIBS) $(CRYPTO_LIBS) $(EVENT_LIBS) $(IDN2_LIBS) $(CHECK_LIBS)
%C%_test_replay_LDADD = $(UNIT_QUEUE_LIBS)
%C%_test_schedule_LDADD = $(UNIT_QUEUE_LIBS)
