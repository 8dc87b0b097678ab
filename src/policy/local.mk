# policy: DNS, HTTPS by libcurl, SQLite; no SMTP, no spool. libpolicyfetch.a is a seam.
noinst_LIBRARIES += libpolicyroom.a libpolicyfetch.a
libpolicyroom_a_SOURCES = %D%/answer.c %D%/answer.h %D%/changes.c %D%/changes.h %D%/contact_names.c \
	%D%/contact_names.h %D%/contact_search.c %D%/contact_search.h %D%/contact_spf.c %D%/contact_spf.h %D%/contacts.c %D%/contacts.h %D%/domain.c %D%/domain.h %D%/exceptions.c \
	%D%/exceptions.h %D%/fetch.h %D%/host_store.c %D%/host_store.h %D%/now.c %D%/now.h %D%/observed.c %D%/observed.h %D%/operator.c %D%/operator.h %D%/operator_rows.c \
	%D%/operator_rows.h %D%/operator_search.c %D%/operator_search.h %D%/peers.c %D%/peers.h %D%/policy.h %D%/preload.c \
	%D%/preload.h %D%/ratchet_store.c %D%/ratchet_store.h %D%/records.c %D%/records.h %D%/refresh.c %D%/refresh.h %D%/reports.c %D%/reports.h %D%/room.c \
	%D%/room.h %D%/seek.c %D%/seek.h %D%/sights.c %D%/sights.h %D%/schema.c %D%/schema.h %D%/sts_lookup.c %D%/sts_lookup.h \
	%D%/sts_store.c %D%/sts_store.h %D%/task.c %D%/task.h
libpolicyfetch_a_SOURCES = %D%/fetch.c %D%/https.c %D%/https.h
pkglibexec_PROGRAMS += policy
policy_SOURCES = %D%/main.c
policy_LDADD = libpolicyroom.a libpolicyfetch.a libmetrics.a libstore.a libroom.a libconf.a libipc.a libchannel.a libpolicy.a libauth.a libdns.a libdnswire.a libtls.a \
	libsmtp.a libmail.a libloop.a libsandbox.a $(BASE_LIBS) $(CURL_LIBS) $(SSL_LIBS) $(CRYPTO_LIBS) $(CARES_LIBS) $(SQLITE_LIBS) \
	$(EVENT_LIBS) $(IDN2_LIBS) $(SECCOMP_LIBS)
