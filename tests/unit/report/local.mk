UNIT_REPORT = %D%/test_compose %D%/test_dsn %D%/test_feed %D%/test_field %D%/test_ledger %D%/test_operator \
	%D%/test_notice_due %D%/test_notice_mail %D%/test_notice_scan %D%/test_notice_software %D%/test_notice_store %D%/test_notice_text %D%/test_quoted \
	%D%/test_room %D%/test_strangers %D%/test_summary %D%/test_tlsrpt_gather %D%/test_tlsrpt_json %D%/test_tlsrpt_mail \
	%D%/test_tlsrpt_sending \
	%D%/test_notice_sending %D%/test_operator_notice
check_PROGRAMS += $(UNIT_REPORT)
EXTRA_DIST += %D%/letters.h
TESTS += $(UNIT_REPORT)
UNIT_REPORT_LIBS = libreport.a libroom.a libconf.a libspool.a libauth.a $(METRICS_LIBS) libchannel.a libloop.a \
	$(BASE_LIBS) $(CRYPTO_LIBS) $(EVENT_LIBS) $(IDN2_LIBS) $(CHECK_LIBS)
UNIT_REPORT_FAKED = libreport.a libstore.a libfakeroom.a libfakewriter.a libfakereader.a libconf.a libauth.a $(METRICS_LIBS) \
	$(FAKE_LIBS) $(CRYPTO_LIBS) $(SQLITE_LIBS) $(IDN2_LIBS) $(JANSSON_LIBS) $(ZLIB_LIBS) $(CHECK_LIBS)
%C%_test_compose_LDADD = $(UNIT_REPORT_FAKED)
%C%_test_dsn_LDADD = $(UNIT_REPORT_LIBS)
%C%_test_feed_LDADD = $(UNIT_REPORT_FAKED)
%C%_test_field_LDADD = $(UNIT_REPORT_LIBS)
%C%_test_ledger_LDADD = $(UNIT_REPORT_FAKED)
%C%_test_notice_due_LDADD = $(UNIT_REPORT_FAKED)
%C%_test_notice_scan_LDADD = $(UNIT_REPORT_FAKED)
%C%_test_notice_store_LDADD = $(UNIT_REPORT_FAKED)
%C%_test_operator_LDADD = $(UNIT_REPORT_FAKED)
%C%_test_strangers_LDADD = $(UNIT_REPORT_LIBS)
%C%_test_summary_LDADD = $(UNIT_REPORT_FAKED)
%C%_test_room_LDADD = $(UNIT_REPORT_FAKED)
%C%_test_tlsrpt_gather_LDADD = $(UNIT_REPORT_FAKED)
%C%_test_tlsrpt_sending_LDADD = $(UNIT_REPORT_FAKED)
%C%_test_notice_sending_LDADD = $(UNIT_REPORT_FAKED)
%C%_test_operator_notice_LDADD = $(UNIT_REPORT_FAKED)
%C%_test_notice_mail_LDADD = $(UNIT_REPORT_FAKED)
%C%_test_notice_software_LDADD = $(UNIT_REPORT_FAKED)
%C%_test_notice_text_LDADD = $(UNIT_REPORT_FAKED)
%C%_test_quoted_LDADD = $(UNIT_REPORT_LIBS)
UNIT_REPORT_TLSRPT = libreport.a libpolicy.a libmail.a $(BASE_LIBS) $(CRYPTO_LIBS) $(JANSSON_LIBS) $(ZLIB_LIBS) $(CHECK_LIBS)
%C%_test_tlsrpt_json_LDADD = $(UNIT_REPORT_TLSRPT)
%C%_test_tlsrpt_mail_LDADD = $(UNIT_REPORT_TLSRPT)
