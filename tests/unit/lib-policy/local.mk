UNIT_LIB_POLICY = %D%/test_decide %D%/test_reason
check_PROGRAMS += $(UNIT_LIB_POLICY)
TESTS += $(UNIT_LIB_POLICY)
UNIT_LIB_POLICY_LIBS = libpolicy.a $(BASE_LIBS) $(CHECK_LIBS)
%C%_test_decide_LDADD = $(UNIT_LIB_POLICY_LIBS)
%C%_test_reason_LDADD = $(UNIT_LIB_POLICY_LIBS)
