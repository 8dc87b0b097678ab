UNIT_LIB_METRICS = %D%/test_count %D%/test_sample %D%/test_table %D%/test_text
check_PROGRAMS += $(UNIT_LIB_METRICS)
TESTS += $(UNIT_LIB_METRICS)
UNIT_LIB_METRICS_LIBS = $(METRICS_LIBS) $(BASE_LIBS) $(IDN2_LIBS) $(CHECK_LIBS)
%C%_test_count_LDADD = $(UNIT_LIB_METRICS_LIBS)
%C%_test_sample_LDADD = $(UNIT_LIB_METRICS_LIBS)
%C%_test_table_LDADD = $(UNIT_LIB_METRICS_LIBS)
%C%_test_text_LDADD = $(UNIT_LIB_METRICS_LIBS)
