UNIT_RELAY = %D%/test_past %D%/test_uplink
check_PROGRAMS += $(UNIT_RELAY)
TESTS += $(UNIT_RELAY)
UNIT_RELAY_LIBS = librelay.a libpolicy.a $(BASE_LIBS) $(CHECK_LIBS)
%C%_test_past_LDADD = $(UNIT_RELAY_LIBS)
%C%_test_uplink_LDADD = $(UNIT_RELAY_LIBS)
