UNIT_WEB = %D%/test_host %D%/test_server
check_PROGRAMS += $(UNIT_WEB)
TESTS += $(UNIT_WEB)
%C%_test_host_LDADD = libweb.a $(BASE_LIBS) $(CHECK_LIBS)
%C%_test_server_LDADD = libweb.a libloop.a $(METRICS_LIBS) $(BASE_LIBS) $(EVENT_EXTRA_LIBS) $(EVENT_LIBS) $(IDN2_LIBS) $(CHECK_LIBS)
