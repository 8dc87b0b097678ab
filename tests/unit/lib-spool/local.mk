UNIT_LIB_SPOOL = %D%/test_journal %D%/test_layout %D%/test_record %D%/test_scan %D%/test_seal %D%/test_store %D%/test_verify
check_PROGRAMS += $(UNIT_LIB_SPOOL)
TESTS += $(UNIT_LIB_SPOOL)
check_LIBRARIES += %D%/libspoolfixture.a
%C%_libspoolfixture_a_SOURCES = %D%/spool_fixture.c %D%/spool_fixture.h %D%/spool_reading.c %D%/spool_reading.h
UNIT_LIB_SPOOL_LIBS = %D%/libspoolfixture.a libspool.a libchannel.a libipc.a libmail.a libloop.a $(BASE_LIBS) \
	$(CRYPTO_LIBS) $(EVENT_LIBS) $(CHECK_LIBS)
%C%_test_journal_LDADD = $(UNIT_LIB_SPOOL_LIBS)
%C%_test_layout_LDADD = $(UNIT_LIB_SPOOL_LIBS)
%C%_test_record_LDADD = $(UNIT_LIB_SPOOL_LIBS)
%C%_test_scan_LDADD = $(UNIT_LIB_SPOOL_LIBS)
%C%_test_seal_LDADD = $(UNIT_LIB_SPOOL_LIBS)
%C%_test_store_LDADD = $(UNIT_LIB_SPOOL_LIBS)
%C%_test_verify_LDADD = $(UNIT_LIB_SPOOL_LIBS)
