UNIT_POLICY_KEPT = %D%/test_exceptions %D%/test_host_store %D%/test_observed %D%/test_preload %D%/test_ratchet_store %D%/test_store %D%/test_sts_store
UNIT_POLICY_PLAYED = %D%/test_answer %D%/test_contacts %D%/test_operator %D%/test_records %D%/test_refresh %D%/test_reports %D%/test_room %D%/test_seek
UNIT_POLICY = %D%/test_contact_names %D%/test_fetch $(UNIT_POLICY_KEPT) $(UNIT_POLICY_PLAYED)
check_PROGRAMS += $(UNIT_POLICY)
TESTS += $(UNIT_POLICY)
EXTRA_DIST += %D%/folder.h
check_LIBRARIES += %D%/libpolicyhouse.a
%C%_libpolicyhouse_a_SOURCES = %D%/house.c %D%/house.h
UNIT_POLICY_LIBS = libpolicyroom.a libstore.a libfakefetch.a libfakedns.a libfakeroom.a libconf.a libauth.a $(METRICS_LIBS) \
	$(FAKE_LIBS) $(SQLITE_LIBS) $(IDN2_LIBS) $(CHECK_LIBS)
%C%_test_fetch_LDADD = libpolicyfetch.a libpki.a libtls.a libloop.a $(METRICS_LIBS) $(BASE_LIBS) $(CHECK_LIBS) $(CURL_LIBS) $(SSL_LIBS) $(CRYPTO_LIBS) \
	$(EVENT_LIBS) $(IDN2_LIBS)
%C%_test_exceptions_LDADD = $(UNIT_POLICY_LIBS)
%C%_test_host_store_LDADD = $(UNIT_POLICY_LIBS)
%C%_test_observed_LDADD = $(UNIT_POLICY_LIBS)
%C%_test_preload_LDADD = $(UNIT_POLICY_LIBS)
%C%_test_ratchet_store_LDADD = $(UNIT_POLICY_LIBS)
%C%_test_contact_names_LDADD = libpolicyroom.a libpolicy.a $(BASE_LIBS) $(CHECK_LIBS)
%C%_test_contacts_LDADD = %D%/libpolicyhouse.a $(UNIT_POLICY_LIBS)
%C%_test_answer_LDADD = %D%/libpolicyhouse.a $(UNIT_POLICY_LIBS)
%C%_test_operator_LDADD = %D%/libpolicyhouse.a $(UNIT_POLICY_LIBS)
%C%_test_records_LDADD = %D%/libpolicyhouse.a $(UNIT_POLICY_LIBS)
%C%_test_refresh_LDADD = %D%/libpolicyhouse.a $(UNIT_POLICY_LIBS)
%C%_test_reports_LDADD = %D%/libpolicyhouse.a $(UNIT_POLICY_LIBS)
%C%_test_room_LDADD = %D%/libpolicyhouse.a $(UNIT_POLICY_LIBS)
%C%_test_seek_LDADD = %D%/libpolicyhouse.a $(UNIT_POLICY_LIBS)
%C%_test_store_LDADD = $(UNIT_POLICY_LIBS)
%C%_test_sts_store_LDADD = $(UNIT_POLICY_LIBS)
