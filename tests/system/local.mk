# The system tests (pytest): tests/run system. Not part of make check: they want a network of their own.
EXTRA_DIST += $(wildcard $(top_srcdir)/%D%/*.py $(top_srcdir)/%D%/house/*.py) %D%/enter %D%/rounds %D%/truth %D%/faults.c %D%/REQUIREMENTS

# Preloaded into rooms whose disk or clock is to fail (house/faults.py).
CLEANFILES += %D%/faults.so
system-tools: %D%/faults.so
%D%/faults.so: %D%/faults.c
	$(AM_V_CC)$(MKDIR_P) %D% && $(CC) -O2 -Wall -shared -fPIC -o $@ $(srcdir)/%D%/faults.c

# Reports on TLS for other programs to read, and what they have to be.
EXTRA_DIST += tests/data/tlsrpt.schema.json tests/data/prometheus.rules.test.yaml
EXTRA_PROGRAMS += %D%/tlsrpt_samples
CLEANFILES += %D%/tlsrpt_samples
%C%_tlsrpt_samples_LDADD = libreport.a libpolicy.a libmail.a $(BASE_LIBS) $(CRYPTO_LIBS) $(JANSSON_LIBS) $(ZLIB_LIBS)
system-tools: %D%/tlsrpt_samples
