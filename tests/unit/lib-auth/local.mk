UNIT_LIB_AUTH = %D%/test_dkim %D%/test_dkim_canon %D%/test_dkim_field %D%/test_dkim_key %D%/test_spf \
	%D%/test_spf_macro %D%/test_spf_record
check_PROGRAMS += $(UNIT_LIB_AUTH)
TESTS += $(UNIT_LIB_AUTH)
EXTRA_DIST += %D%/football.h
%C%_test_dkim_LDADD = $(AUTH_LIBS) $(CHECK_LIBS)
%C%_test_dkim_canon_LDADD = $(AUTH_LIBS) $(CHECK_LIBS)
%C%_test_dkim_field_LDADD = $(AUTH_LIBS) $(CHECK_LIBS)
%C%_test_dkim_key_LDADD = $(AUTH_LIBS) $(CHECK_LIBS)
%C%_test_spf_LDADD = $(AUTH_LIBS) $(CHECK_LIBS)
%C%_test_spf_macro_LDADD = $(AUTH_LIBS) $(CHECK_LIBS)
%C%_test_spf_record_LDADD = $(AUTH_LIBS) $(CHECK_LIBS)
