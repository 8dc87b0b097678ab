UNIT_LIB_DNS = %D%/test_answer %D%/test_proof %D%/test_resolver
check_PROGRAMS += $(UNIT_LIB_DNS)
TESTS += $(UNIT_LIB_DNS)
%C%_test_answer_SOURCES = %D%/test_answer.c %D%/wire.c %D%/wire.h
%C%_test_answer_LDADD = libdnswire.a $(BASE_LIBS) $(CHECK_LIBS)
# libdns.a is here for proof.c alone: what it asks of resolver.c is in the test.
%C%_test_proof_LDADD = libdns.a libfakes.a $(BASE_LIBS) libfakes.a $(BASE_LIBS) $(CHECK_LIBS)
%C%_test_resolver_SOURCES = %D%/test_resolver.c %D%/wire.c %D%/wire.h
%C%_test_resolver_LDADD = libdns.a libdnswire.a libloop.a $(BASE_LIBS) $(CHECK_LIBS) $(EVENT_LIBS) $(CARES_LIBS)
