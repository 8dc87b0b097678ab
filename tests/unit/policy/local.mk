UNIT_POLICY = %D%/test_fetch
check_PROGRAMS += $(UNIT_POLICY)
TESTS += $(UNIT_POLICY)
%C%_test_fetch_LDADD = libpolicyfetch.a libpki.a libtls.a libloop.a $(BASE_LIBS) $(CHECK_LIBS) $(CURL_LIBS) $(SSL_LIBS) $(CRYPTO_LIBS) \
	$(EVENT_LIBS)
