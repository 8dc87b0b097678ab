UNIT_LIB_POLICY = %D%/test_age %D%/test_because %D%/test_dane %D%/test_decide %D%/test_level %D%/test_ratchet %D%/test_reason %D%/test_sts \
	%D%/test_verdict
check_PROGRAMS += $(UNIT_LIB_POLICY)
TESTS += $(UNIT_LIB_POLICY)
UNIT_LIB_POLICY_LIBS = libpolicy.a $(BASE_LIBS) $(CHECK_LIBS)
%C%_test_age_LDADD = $(UNIT_LIB_POLICY_LIBS)
%C%_test_because_LDADD = $(UNIT_LIB_POLICY_LIBS)
%C%_test_dane_LDADD = $(UNIT_LIB_POLICY_LIBS)
%C%_test_decide_LDADD = $(UNIT_LIB_POLICY_LIBS)
%C%_test_level_LDADD = $(UNIT_LIB_POLICY_LIBS)
%C%_test_ratchet_LDADD = $(UNIT_LIB_POLICY_LIBS)
%C%_test_reason_LDADD = $(UNIT_LIB_POLICY_LIBS)
%C%_test_sts_LDADD = $(UNIT_LIB_POLICY_LIBS)
%C%_test_verdict_LDADD = $(UNIT_LIB_POLICY_LIBS)
