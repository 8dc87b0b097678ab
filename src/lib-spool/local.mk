# lib-spool: the only code that knows the spool's layout. libcrypto seals; no libssl.
noinst_LIBRARIES += libspool.a
libspool_a_SOURCES = %D%/erase.c %D%/erase.h %D%/folder.c %D%/folder.h \
	%D%/journal.c %D%/layout.c %D%/layout.h %D%/reader.c %D%/record.c %D%/scan.c %D%/seal.c %D%/segment.c %D%/segment.h %D%/store.c %D%/stored.h \
	%D%/verify.c %D%/writer.c %D%/writer.h
EXTRA_DIST += %D%/README
