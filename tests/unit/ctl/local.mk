UNIT_CTL = %D%/test_compose %D%/test_feed %D%/test_filter %D%/test_mailbox %D%/test_preload %D%/test_print %D%/test_publish %D%/test_sealpost \
	%D%/test_sendmail %D%/test_lookup %D%/test_spf %D%/test_submit %D%/test_tlsa %D%/test_warm %D%/test_why %D%/test_words
check_PROGRAMS += $(UNIT_CTL)
TESTS += $(UNIT_CTL)
EXTRA_DIST += %D%/printed.h %D%/server.h
%C%_test_compose_LDADD = libsendmail.a libmail.a $(BASE_LIBS) $(CHECK_LIBS)
%C%_test_feed_LDADD = $(CTL_LIBS) $(CHECK_LIBS)
%C%_test_filter_LDADD = libctl.a $(BASE_LIBS) $(CHECK_LIBS)
%C%_test_mailbox_LDADD = $(CTL_LIBS) $(CHECK_LIBS)
%C%_test_preload_LDADD = $(CTL_LIBS) $(CHECK_LIBS)
%C%_test_print_LDADD = libctl.a libipc.a libmail.a $(BASE_LIBS) $(JANSSON_LIBS) $(CHECK_LIBS)
%C%_test_publish_LDADD = libpki.a $(CTL_LIBS) $(CHECK_LIBS)
%C%_test_sealpost_SOURCES = %D%/test_sealpost.c tests/unit/master/daemon.c tests/unit/master/daemon.h
%C%_test_sealpost_LDADD = libipc.a libmail.a $(BASE_LIBS) $(CHECK_LIBS)
%C%_test_sendmail_LDADD = $(BASE_LIBS) $(CHECK_LIBS)
%C%_test_submit_LDADD = libsendmail.a libmail.a $(BASE_LIBS) $(CHECK_LIBS)
%C%_test_tlsa_LDADD = libpki.a $(CTL_LIBS) $(CHECK_LIBS)
%C%_test_warm_LDADD = $(CTL_LIBS) $(CHECK_LIBS)
%C%_test_why_LDADD = $(CTL_LIBS) $(CHECK_LIBS)
%C%_test_words_LDADD = libctl.a $(BASE_LIBS) $(CHECK_LIBS)
UNIT_CTL_LOOKUP_LIBS = libctl.a libsmtp.a libipc.a libfakedns.a libconfparse.a libconf.a libauth.a libpolicy.a libmail.a $(FAKE_LIBS) $(YAML_LIBS) \
	$(CRYPTO_LIBS) $(JANSSON_LIBS) $(IDN2_LIBS) $(CHECK_LIBS)
%C%_test_lookup_LDADD = $(UNIT_CTL_LOOKUP_LIBS)
%C%_test_spf_LDADD = $(UNIT_CTL_LOOKUP_LIBS)
