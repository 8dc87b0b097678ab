UNIT_LIB_MAIL = %D%/test_date %D%/test_envelope %D%/test_header %D%/test_outcome %D%/test_pattern %D%/test_received %D%/test_received_facts \
	%D%/test_route %D%/test_xtext
check_PROGRAMS += $(UNIT_LIB_MAIL)
TESTS += $(UNIT_LIB_MAIL)
UNIT_LIB_MAIL_LIBS = libmail.a $(BASE_LIBS) $(CHECK_LIBS)
%C%_test_date_LDADD = $(UNIT_LIB_MAIL_LIBS)
%C%_test_envelope_LDADD = $(UNIT_LIB_MAIL_LIBS)
%C%_test_header_LDADD = $(UNIT_LIB_MAIL_LIBS)
%C%_test_outcome_LDADD = $(UNIT_LIB_MAIL_LIBS)
%C%_test_pattern_LDADD = $(UNIT_LIB_MAIL_LIBS)
%C%_test_received_LDADD = $(UNIT_LIB_MAIL_LIBS)
%C%_test_received_facts_LDADD = $(UNIT_LIB_MAIL_LIBS)
%C%_test_route_LDADD = $(UNIT_LIB_MAIL_LIBS)
%C%_test_xtext_LDADD = $(UNIT_LIB_MAIL_LIBS)
