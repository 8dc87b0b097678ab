# Programs that print figures: `make bench`, outside `make check`.
BENCHES = %D%/bench_tls
EXTRA_PROGRAMS += $(BENCHES)
bench: $(BENCHES)
.PHONY: bench
%C%_bench_tls_LDADD = libtls.a libpki.a libloop.a libbase.a libos.a libbase.a $(EVENT_LIBS) $(SSL_LIBS) $(CRYPTO_LIBS)
