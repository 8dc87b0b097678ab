UNIT_POLICY = %D%/test_fetch %D%/test_seek
check_PROGRAMS += $(UNIT_POLICY)
TESTS += $(UNIT_POLICY)
check_LIBRARIES += %D%/libpolicyhouse.a
%C%_libpolicyhouse_a_SOURCES = %D%/house.c %D%/house.h
UNIT_POLICY_LIBS = %D%/libpolicyhouse.a libpolicyroom.a libfakefetch.a libfakedns.a libfakeroom.a libconf.a libipc.a libpolicy.a libmail.a \
	$(FAKE_LIBS) $(SQLITE_LIBS) $(IDN2_LIBS) $(CHECK_LIBS)
%C%_test_fetch_LDADD = libpolicyfetch.a libpki.a libtls.a libloop.a $(BASE_LIBS) $(CHECK_LIBS) $(CURL_LIBS) $(SSL_LIBS) $(CRYPTO_LIBS) \
	$(EVENT_LIBS)
%C%_test_seek_LDADD = $(UNIT_POLICY_LIBS)
