# report: no TLS, no DNS, no YAML, no socket of the network. libcrypto seals what it writes and opens what it returns; SQLite for the
# ledger; jansson and zlib make reports on TLS, and read nothing.
EXTRA_DIST += %D%/README
noinst_LIBRARIES += libreport.a
libreport_a_SOURCES = %D%/compose.c %D%/compose.h %D%/counted.c %D%/counted.h %D%/dsn.c %D%/dsn.h %D%/feed.c %D%/feed.h %D%/field.c %D%/field.h \
	%D%/ledger.c %D%/ledger.h \
	%D%/notice.h %D%/notice_due.c %D%/notice_due.h %D%/notice_gather.c %D%/notice_gather.h %D%/notice_mail.c %D%/notice_mail.h %D%/notice_mails.c %D%/notice_scan.c %D%/notice_scan.h \
	%D%/notice_paste.c %D%/notice_paste.h %D%/notice_schedule.c %D%/notice_schedule.h %D%/notice_secret.c %D%/notice_secret.h %D%/notice_sending.c %D%/notice_look.c %D%/notice_pursuit.c \
	%D%/notice_pursuit.h %D%/notice_steps.h %D%/notice_whose.c \
	%D%/notice_software.c %D%/notice_software.h %D%/notice_stop.c %D%/notice_store.c %D%/notice_store.h %D%/notice_tables.h \
	%D%/notice_text.c %D%/notice_text.h %D%/notice_value.c %D%/notice_value.h %D%/notice_xarf.c %D%/notice_xarf.h \
	%D%/operator.c %D%/operator.h %D%/operator_notice.c %D%/operator_tlsrpt.c %D%/question.h %D%/quoted.c %D%/quoted.h %D%/room.c %D%/room.h %D%/signed.c %D%/signed.h %D%/strangers.c %D%/strangers.h %D%/summary.c %D%/summary.h \
	%D%/tellers.c %D%/tellers.h %D%/tlsrpt_compose.c %D%/tlsrpt_compose.h %D%/tlsrpt_due.c %D%/tlsrpt_due.h \
	%D%/tlsrpt_gather.c %D%/tlsrpt_gather.h \
	%D%/tlsrpt_schedule.c %D%/tlsrpt_schedule.h %D%/tlsrpt_sending.c %D%/tlsrpt_sending.h \
	%D%/tlsrpt_json.c %D%/tlsrpt_json.h %D%/tlsrpt_mail.c %D%/tlsrpt_mail.h
pkglibexec_PROGRAMS += report
report_SOURCES = %D%/main.c
report_LDADD = libreport.a libmetrics.a libstore.a libroom.a libconf.a libspool.a libipc.a libchannel.a libpolicy.a libauth.a libsmtp.a libmail.a \
	libloop.a libsandbox.a $(BASE_LIBS) $(CRYPTO_LIBS) $(SQLITE_LIBS) $(EVENT_LIBS) $(IDN2_LIBS) $(SECCOMP_LIBS) \
	$(JANSSON_LIBS) $(ZLIB_LIBS)
