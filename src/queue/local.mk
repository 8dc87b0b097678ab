# queue: no TLS, no DNS, no YAML, no socket of the network. libcrypto opens what is sealed.
noinst_LIBRARIES += libqueue.a
libqueue_a_SOURCES = %D%/adopt.c %D%/adopt.h %D%/age.c %D%/age.h %D%/congestion.c %D%/congestion.h %D%/destination.c \
	%D%/destination.h %D%/dispatch.c %D%/dispatch.h %D%/entry.h %D%/evacuate.c %D%/evacuate.h %D%/filter.c %D%/filter.h \
	%D%/message.c %D%/message.h %D%/notices.c %D%/notices.h %D%/operator.c %D%/operator.h %D%/peers.c %D%/peers.h \
	%D%/queue.h %D%/replay.c %D%/room.c %D%/room.h %D%/schedule.c %D%/schedule.h %D%/settle.c %D%/settle.h \
	%D%/snapshot.c %D%/state.c %D%/state.h %D%/task.c %D%/task.h %D%/why.c %D%/why.h
pkglibexec_PROGRAMS += queue
queue_SOURCES = %D%/main.c
queue_LDADD = libqueue.a libmetrics.a libroom.a libconf.a libspool.a libipc.a libchannel.a libpolicy.a libsmtp.a libmail.a libloop.a \
	libsandbox.a $(BASE_LIBS) $(CRYPTO_LIBS) $(EVENT_LIBS) $(IDN2_LIBS) $(SECCOMP_LIBS)
