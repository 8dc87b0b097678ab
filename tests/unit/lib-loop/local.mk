# lib-loop on the real loop: sockets and pipes of one process, no network.
EXTRA_DIST += %D%/turns.h
UNIT_LIB_LOOP = %D%/test_loop %D%/test_stream %D%/test_sync %D%/test_timer
check_PROGRAMS += $(UNIT_LIB_LOOP)
TESTS += $(UNIT_LIB_LOOP)
UNIT_LIB_LOOP_LIBS = libloop.a libbase.a libos.a libbase.a libos.a libbase.a $(EVENT_LIBS) $(CHECK_LIBS)
%C%_test_loop_LDADD = $(UNIT_LIB_LOOP_LIBS)
%C%_test_stream_LDADD = $(UNIT_LIB_LOOP_LIBS)
%C%_test_sync_LDADD = $(UNIT_LIB_LOOP_LIBS)
%C%_test_timer_LDADD = $(UNIT_LIB_LOOP_LIBS)
