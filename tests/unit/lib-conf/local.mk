UNIT_LIB_CONF = %D%/test_checks %D%/test_complaint %D%/test_describe %D%/test_keys %D%/test_material %D%/test_near \
	%D%/test_settings %D%/test_share %D%/test_slice %D%/test_values %D%/test_yaml
check_PROGRAMS += $(UNIT_LIB_CONF)
TESTS += $(UNIT_LIB_CONF)
EXTRA_DIST += %D%/complaints.h
%C%_test_checks_LDADD = $(CONFPARSE_LIBS) $(CHECK_LIBS)
%C%_test_complaint_LDADD = $(CONFPARSE_LIBS) $(CHECK_LIBS)
%C%_test_describe_LDADD = $(CONFPARSE_LIBS) $(CHECK_LIBS)
%C%_test_keys_LDADD = $(CONFPARSE_LIBS) $(CHECK_LIBS)
%C%_test_material_LDADD = $(CONFPARSE_LIBS) $(CHECK_LIBS)
%C%_test_near_LDADD = $(CONFPARSE_LIBS) $(CHECK_LIBS)
%C%_test_settings_LDADD = $(CONFPARSE_LIBS) $(CHECK_LIBS)
%C%_test_share_LDADD = $(CONFPARSE_LIBS) $(CHECK_LIBS)
%C%_test_slice_LDADD = libconf.a $(BASE_LIBS) $(CHECK_LIBS)
%C%_test_values_LDADD = $(CONFPARSE_LIBS) $(CHECK_LIBS)
%C%_test_yaml_LDADD = $(CONFPARSE_LIBS) $(CHECK_LIBS)
