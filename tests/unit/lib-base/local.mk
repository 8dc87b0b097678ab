UNIT_LIB_BASE = %D%/test_span
check_PROGRAMS += $(UNIT_LIB_BASE)
TESTS += $(UNIT_LIB_BASE)
%C%_test_span_LDADD = $(BASE_LIBS) $(CHECK_LIBS)
