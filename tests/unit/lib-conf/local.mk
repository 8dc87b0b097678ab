UNIT_LIB_CONF = %D%/test_check %D%/test_complaint %D%/test_describe %D%/test_key %D%/test_material \
	%D%/test_settings %D%/test_share %D%/test_slice %D%/test_value %D%/test_yaml
check_PROGRAMS += $(UNIT_LIB_CONF)
TESTS += $(UNIT_LIB_CONF)
EXTRA_DIST += %D%/complaints.h
%C%_test_check_LDADD = $(CONFPARSE_LIBS) $(CHECK_LIBS)
%C%_test_complaint_LDADD = $(CONFPARSE_LIBS) $(CHECK_LIBS)
%C%_test_describe_LDADD = $(CONFPARSE_LIBS) $(CHECK_LIBS)
%C%_test_key_LDADD = $(CONFPARSE_LIBS) $(CHECK_LIBS)
%C%_test_material_LDADD = $(CONFPARSE_LIBS) $(CHECK_LIBS)
%C%_test_settings_LDADD = $(CONFPARSE_LIBS) $(CHECK_LIBS)
%C%_test_share_LDADD = $(CONFPARSE_LIBS) $(CHECK_LIBS)
%C%_test_slice_LDADD = libconf.a $(BASE_LIBS) $(CHECK_LIBS)
%C%_test_value_LDADD = $(CONFPARSE_LIBS) $(CHECK_LIBS)
%C%_test_yaml_LDADD = $(CONFPARSE_LIBS) $(CHECK_LIBS)
