UNIT_LIB_IPC = %D%/test_room
check_PROGRAMS += $(UNIT_LIB_IPC)
TESTS += $(UNIT_LIB_IPC)
%C%_test_room_LDADD = libroom.a libconf.a libipc.a libchannel.a libloop.a libbase.a libos.a libbase.a libos.a $(EVENT_LIBS) $(CHECK_LIBS)
