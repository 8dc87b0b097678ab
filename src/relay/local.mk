# relay: TLS out and DNS; of the spool only the reader of one body. No YAML, no files.
noinst_LIBRARIES += librelay.a
librelay_a_SOURCES = %D%/account.c %D%/account.h %D%/client.c %D%/client.h %D%/client_body.c %D%/client_envelope.c \
	%D%/client_greet.c %D%/client_judge.c %D%/client_rest.c \
	%D%/client_starttls.c %D%/conclude.c %D%/conclude.h %D%/connect.c %D%/delivery.c %D%/delivery.h %D%/evidence.c \
	%D%/evidence.h %D%/explain.c %D%/explain.h %D%/failure.c %D%/failure.h %D%/hop.c %D%/hop.h %D%/known.c %D%/known.h %D%/past.c %D%/past.h \
	%D%/look.c %D%/look.h %D%/plan.c %D%/plan.h %D%/probe.c %D%/probe.h %D%/relay.h %D%/reuse.c %D%/reuse.h \
	%D%/recall.c %D%/recall.h %D%/room.c %D%/room.h %D%/search.c %D%/search.h %D%/tlsa.c %D%/tlsa.h %D%/transaction.c %D%/transaction.h %D%/uplink.c %D%/uplink.h
pkglibexec_PROGRAMS += relay
relay_SOURCES = %D%/main.c
relay_LDADD = librelay.a libmetrics.a libroom.a libconf.a libspool.a libipc.a libchannel.a libpolicy.a libdns.a libdnswire.a libtls.a libsmtp.a \
	libmail.a libloop.a libsandbox.a $(BASE_LIBS) $(SSL_LIBS) $(CRYPTO_LIBS) $(CARES_LIBS) $(EVENT_LIBS) $(IDN2_LIBS) $(SECCOMP_LIBS)
