UNIT_INTAKE = %D%/test_crowd %D%/test_permit %D%/test_stop %D%/test_transaction
check_PROGRAMS += $(UNIT_INTAKE)
TESTS += $(UNIT_INTAKE)
UNIT_INTAKE_LIBS = libintake.a libfakewriter.a $(METRICS_LIBS) $(FAKE_LIBS) $(IDN2_LIBS) $(CHECK_LIBS)
%C%_test_crowd_LDADD = $(UNIT_INTAKE_LIBS)
%C%_test_permit_LDADD = $(UNIT_INTAKE_LIBS)
%C%_test_stop_LDADD = libintake.a libroom.a libconf.a libfakewriter.a libfaketls.a $(METRICS_LIBS) $(FAKE_LIBS) $(IDN2_LIBS) $(CHECK_LIBS)
%C%_test_transaction_LDADD = $(UNIT_INTAKE_LIBS)
