# web: HTTP by libevent, and nothing else: no TLS, no DNS, no spool, no socket of its own.
noinst_LIBRARIES += libweb.a
libweb_a_SOURCES = %D%/host.c %D%/host.h %D%/room.c %D%/room.h %D%/server.c %D%/server.h
pkglibexec_PROGRAMS += web
web_SOURCES = %D%/main.c
web_LDADD = libweb.a libroom.a libconf.a libmetrics.a libipc.a libchannel.a libpolicy.a libsmtp.a libmail.a libloop.a libsandbox.a \
	$(BASE_LIBS) $(EVENT_EXTRA_LIBS) $(EVENT_LIBS) $(IDN2_LIBS) $(SECCOMP_LIBS)
