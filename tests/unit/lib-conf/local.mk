UNIT_LIB_CONF = %D%/test_slice
check_PROGRAMS += $(UNIT_LIB_CONF)
TESTS += $(UNIT_LIB_CONF)
%C%_test_slice_LDADD = libconf.a libbase.a libos.a libbase.a libos.a $(CHECK_LIBS)
