UNIT_LIB_AUTH = %D%/test_auth_name %D%/test_authres %D%/test_dkim %D%/test_dkim_canon %D%/test_dkim_field %D%/test_dkim_key %D%/test_dkim_record \
	%D%/test_dkim_signature %D%/test_dkim_tags %D%/test_dkim_verify %D%/test_dmarc %D%/test_dmarc_author %D%/test_dmarc_record \
	%D%/test_spf %D%/test_spf_macro %D%/test_spf_record
check_PROGRAMS += $(UNIT_LIB_AUTH)
TESTS += $(UNIT_LIB_AUTH)
EXTRA_DIST += %D%/craft.h %D%/football.h
%C%_test_auth_name_LDADD = $(AUTH_LIBS) $(CHECK_LIBS)
%C%_test_authres_LDADD = $(AUTH_LIBS) $(CHECK_LIBS)
%C%_test_dkim_LDADD = $(AUTH_LIBS) $(CHECK_LIBS)
%C%_test_dkim_canon_LDADD = $(AUTH_LIBS) $(CHECK_LIBS)
%C%_test_dkim_field_LDADD = $(AUTH_LIBS) $(CHECK_LIBS)
%C%_test_dkim_key_LDADD = $(AUTH_LIBS) $(CHECK_LIBS)
%C%_test_dkim_record_LDADD = $(AUTH_LIBS) $(CHECK_LIBS)
%C%_test_dkim_signature_LDADD = $(AUTH_LIBS) $(CHECK_LIBS)
%C%_test_dkim_tags_LDADD = $(AUTH_LIBS) $(CHECK_LIBS)
%C%_test_dkim_verify_LDADD = $(AUTH_LIBS) $(CHECK_LIBS)
%C%_test_dmarc_LDADD = $(AUTH_LIBS) $(CHECK_LIBS)
%C%_test_dmarc_author_LDADD = $(AUTH_LIBS) $(CHECK_LIBS)
%C%_test_dmarc_record_LDADD = $(AUTH_LIBS) $(CHECK_LIBS)
%C%_test_spf_LDADD = $(AUTH_LIBS) $(CHECK_LIBS)
%C%_test_spf_macro_LDADD = $(AUTH_LIBS) $(CHECK_LIBS)
%C%_test_spf_record_LDADD = $(AUTH_LIBS) $(CHECK_LIBS)
