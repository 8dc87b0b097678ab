# lib-dns: the wire format (libdnswire.a), and asking for it with c-ares on the loop (libdns.a: a seam).
noinst_LIBRARIES += libdnswire.a libdns.a
libdnswire_a_SOURCES = %D%/answer.c %D%/name.c %D%/name.h
libdns_a_SOURCES = %D%/proof.c %D%/proof.h %D%/resolver.c
