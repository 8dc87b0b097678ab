# intake: TLS in, no DNS of its own, no YAML, and of the spool only the writer.
noinst_LIBRARIES += libintake.a
libintake_a_SOURCES = %D%/account.c %D%/account.h %D%/authentication.c %D%/authentication.h %D%/authentication_field.c \
	%D%/authentication_parts.h %D%/names.c %D%/names.h %D%/content.c %D%/content.h %D%/crowd.c %D%/crowd.h %D%/handover.c %D%/handover.h %D%/listener.c %D%/listener.h \
	%D%/permit.c %D%/permit.h %D%/room.c %D%/room.h %D%/session.c %D%/session.h %D%/session_bdat.c %D%/session_data.c \
	%D%/session_ehlo.c %D%/session_mail.c %D%/session_misc.c %D%/session_rcpt.c %D%/session_starttls.c %D%/stop.c %D%/stop.h %D%/transaction.c \
	%D%/transaction.h
pkglibexec_PROGRAMS += intake
intake_SOURCES = %D%/main.c
intake_LDADD = libintake.a libauth.a libmetrics.a libroom.a libconf.a libspool.a libipc.a libchannel.a libtls.a libpolicy.a libsmtp.a libmail.a libloop.a \
	libsandbox.a $(BASE_LIBS) $(SSL_LIBS) $(CRYPTO_LIBS) $(EVENT_LIBS) $(IDN2_LIBS) $(SECCOMP_LIBS)
