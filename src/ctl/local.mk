# ctl: the operator's tool. libcrypto for the spool's key and seals and for certificates, libjansson for JSON lines, c-ares for what checks
# of other domains look up; no TLS.
bin_PROGRAMS += sealpost
noinst_LIBRARIES += libctl.a
libctl_a_SOURCES = %D%/answer.c %D%/answer.h %D%/check.c %D%/complain.c %D%/complain.h %D%/config.c %D%/ctl.h \
	%D%/dkim.c %D%/dkim_verify.c %D%/dmarc.c %D%/exception.c %D%/explain.c %D%/feed.c %D%/feed.h %D%/filter.c %D%/filter.h %D%/ledger.c %D%/lookup.c %D%/lookup.h %D%/mailbox.c %D%/mailbox.h %D%/metrics.c %D%/notice.c \
	%D%/passphrase.c %D%/passphrase.h %D%/pem.c %D%/pem.h \
	%D%/policy.c %D%/policy_lint.c %D%/preload.c %D%/preload.h %D%/print.c %D%/print.h %D%/publish.c %D%/publish.h %D%/queue.c \
	%D%/received.c %D%/reload.c %D%/spf.c %D%/spf_check.c %D%/spf_check.h %D%/spool.c %D%/status.c %D%/tlsa.c %D%/tlsa.h %D%/tlsa_command.c %D%/tlsrpt.c %D%/unlock.c %D%/verify.c %D%/verify.h %D%/version.c \
	%D%/warm.c %D%/warm.h %D%/why.c %D%/words.c %D%/words.h
sealpost_SOURCES = %D%/main.c
CTL_LIBS = libctl.a libmetrics.a libauth.a libpolicy.a libspool.a libipc.a libchannel.a libdns.a libdnswire.a libsmtp.a libloop.a \
	$(CONFPARSE_LIBS) $(JANSSON_LIBS) $(CARES_LIBS) $(EVENT_LIBS) $(IDN2_LIBS)
sealpost_LDADD = $(CTL_LIBS)
# What programs know as sendmail(8): libc, and nothing that reads a configuration.
sbin_PROGRAMS += sealpost-sendmail
noinst_LIBRARIES += libsendmail.a
libsendmail_a_SOURCES = %D%/compose.c %D%/compose.h %D%/submit.c %D%/submit.h
sealpost_sendmail_SOURCES = %D%/sendmail.c
sealpost_sendmail_LDADD = libsendmail.a libmail.a $(BASE_LIBS)
