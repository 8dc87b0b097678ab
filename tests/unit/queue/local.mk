UNIT_QUEUE = %D%/test_replay %D%/test_room %D%/test_schedule
check_PROGRAMS += $(UNIT_QUEUE)
TESTS += $(UNIT_QUEUE)
check_LIBRARIES += %D%/libhouse.a
%C%_libhouse_a_SOURCES = %D%/house.c %D%/house.h
UNIT_QUEUE_LIBS = %D%/libhouse.a libqueue.a libfakeroom.a libconf.a libspool.a $(METRICS_LIBS) \
	libbase.a libfakes.a libbase.a libfakes.a libbase.a $(CRYPTO_LIBS) $(IDN2_LIBS) $(CHECK_LIBS)
%C%_test_replay_LDADD = $(UNIT_QUEUE_LIBS)
%C%_test_room_LDADD = $(UNIT_QUEUE_LIBS)
%C%_test_schedule_LDADD = $(UNIT_QUEUE_LIBS)
