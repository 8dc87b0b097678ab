# master: libcrypto for keys and certificates, libssl to try what `tls:` says; never a byte from the network.
sbin_PROGRAMS += sealpostd
noinst_LIBRARIES += libmaster.a
libmaster_a_SOURCES = %D%/activation.c %D%/activation.h %D%/census.c %D%/census.h %D%/certificate.c %D%/certificate.h %D%/child.c %D%/child.h %D%/mend.c %D%/mend.h \
	%D%/control.c %D%/control.h %D%/folders.c %D%/folders.h %D%/keep.c %D%/keep.h %D%/keys.c %D%/keys.h \
	%D%/listeners.c %D%/listeners.h %D%/notify.c %D%/notify.h %D%/plan.c %D%/plan.h %D%/privileged.c %D%/privileged.h \
	%D%/reload.c %D%/reload.h %D%/rooms.c %D%/rooms.h %D%/spawn.c %D%/spawn.h %D%/supervise.c %D%/supervise.h
sealpostd_SOURCES = %D%/main.c
MASTER_LIBS = libmaster.a libmetrics.a libsandbox.a libtls.a libipc.a libpolicy.a libsmtp.a libchannel.a libloop.a $(CONFPARSE_LIBS) $(SSL_LIBS) $(EVENT_LIBS) \
	$(SECCOMP_LIBS)
sealpostd_LDADD = $(MASTER_LIBS)
