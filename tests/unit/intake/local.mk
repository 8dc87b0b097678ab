UNIT_INTAKE = %D%/test_crowd %D%/test_names %D%/test_permit %D%/test_transaction
check_PROGRAMS += $(UNIT_INTAKE)
TESTS += $(UNIT_INTAKE)
UNIT_INTAKE_LIBS = libintake.a libauth.a libfakewriter.a libfakeroom.a $(METRICS_LIBS) $(FAKE_LIBS) $(CRYPTO_LIBS) $(IDN2_LIBS) $(CHECK_LIBS)
%C%_test_crowd_LDADD = $(UNIT_INTAKE_LIBS)
%C%_test_names_LDADD = $(UNIT_INTAKE_LIBS)
%C%_test_permit_LDADD = $(UNIT_INTAKE_LIBS)
%C%_test_transaction_LDADD = $(UNIT_INTAKE_LIBS)
