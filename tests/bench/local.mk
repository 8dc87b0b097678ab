# Programs that print figures, outside `make check`: `make bench`, as long as BENCH_SECONDS for each figure.
BENCHES = %D%/bench_smtp %D%/bench_rules %D%/bench_spool %D%/bench_queue %D%/bench_tls %D%/bench_facts %D%/bench_notices
EXTRA_PROGRAMS += $(BENCHES)
CLEANFILES += $(BENCHES)
BENCH_SECONDS = 1
bench: $(BENCHES)
	@for bench in $(BENCHES); do ./$$bench --seconds $(BENCH_SECONDS) || exit 1; done
bench-programs: $(BENCHES)
.PHONY: bench bench-programs
BENCH_COMMON = %D%/bench.c %D%/bench.h
%C%_bench_smtp_SOURCES = %D%/bench_smtp.c $(BENCH_COMMON)
%C%_bench_smtp_LDADD = libsmtp.a libmail.a $(BASE_LIBS) $(IDN2_LIBS)
%C%_bench_rules_SOURCES = %D%/bench_rules.c $(BENCH_COMMON)
%C%_bench_rules_LDADD = libqueue.a libpolicy.a libmail.a $(BASE_LIBS)
%C%_bench_spool_SOURCES = %D%/bench_spool.c $(BENCH_COMMON)
%C%_bench_spool_LDADD = libspool.a libchannel.a libipc.a libmail.a libloop.a $(BASE_LIBS) $(CRYPTO_LIBS) $(EVENT_LIBS)
%C%_bench_queue_SOURCES = %D%/bench_queue.c $(BENCH_COMMON)
%C%_bench_queue_LDADD = $(UNIT_QUEUE_LIBS)
%C%_bench_facts_SOURCES = %D%/bench_facts.c $(BENCH_COMMON)
%C%_bench_facts_LDADD = libreport.a libstore.a libipc.a libroom.a libconf.a $(METRICS_LIBS) libchannel.a libloop.a $(BASE_LIBS) \
	$(CRYPTO_LIBS) $(SQLITE_LIBS) $(EVENT_LIBS) $(IDN2_LIBS)
%C%_bench_notices_SOURCES = %D%/bench_notices.c $(BENCH_COMMON)
%C%_bench_notices_LDADD = $(%C%_bench_facts_LDADD)
%C%_bench_tls_SOURCES = %D%/bench_tls.c $(BENCH_COMMON)
%C%_bench_tls_LDADD = libtls.a libpki.a libloop.a $(BASE_LIBS) $(EVENT_LIBS) $(SSL_LIBS) $(CRYPTO_LIBS)

# What the system tests, contrib/quickstart and the measuring scripts send and receive with.
SYSTEM_TOOLS = %D%/blast %D%/sink
EXTRA_PROGRAMS += $(SYSTEM_TOOLS)
CLEANFILES += $(SYSTEM_TOOLS)
system-tools: $(SYSTEM_TOOLS)
.PHONY: system-tools
%C%_blast_SOURCES = %D%/blast.c %D%/talk.c %D%/talk.h
%C%_sink_SOURCES = %D%/sink.c %D%/talk.c %D%/talk.h
%C%_blast_LDADD = $(SSL_LIBS) $(CRYPTO_LIBS)
%C%_sink_LDADD = $(SSL_LIBS) $(CRYPTO_LIBS)

# Servers side by side, and what growth costs: README says how.
EXTRA_DIST += %D%/README %D%/run %D%/grow %D%/prepare.sh %D%/bed.py %D%/peers.py %D%/measure.py %D%/growth.py %D%/policies %D%/warming.py
