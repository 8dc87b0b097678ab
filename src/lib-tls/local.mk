# lib-tls: OpenSSL as a transport of streams.
noinst_LIBRARIES += libtls.a
libtls_a_SOURCES = %D%/context.c %D%/dane.c %D%/describe.c %D%/handshake.c %D%/internal.h %D%/tickets.c
