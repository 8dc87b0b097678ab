# Programs that print figures: `make bench`, outside `make check`.
BENCHES = %D%/bench_tls
EXTRA_PROGRAMS += $(BENCHES)
bench: $(BENCHES)
.PHONY: bench
%C%_bench_tls_LDADD = libtls.a libpki.a libloop.a $(BASE_LIBS) $(EVENT_LIBS) $(SSL_LIBS) $(CRYPTO_LIBS)

# What the system tests and contrib/quickstart send and receive with.
SYSTEM_TOOLS = %D%/blast %D%/sink
EXTRA_PROGRAMS += $(SYSTEM_TOOLS)
CLEANFILES += $(SYSTEM_TOOLS)
system-tools: $(SYSTEM_TOOLS)
.PHONY: system-tools
%C%_blast_SOURCES = %D%/blast.c %D%/talk.c %D%/talk.h
%C%_sink_SOURCES = %D%/sink.c %D%/talk.c %D%/talk.h
%C%_blast_LDADD = $(SSL_LIBS) $(CRYPTO_LIBS)
%C%_sink_LDADD = $(SSL_LIBS) $(CRYPTO_LIBS)
EXTRA_DIST += %D%/peer-sealpost.sh
