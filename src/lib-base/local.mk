# lib-base: bytes and names (libbase.a), and what touches the world (libos.a: a seam, replaced in tests).
noinst_LIBRARIES += libbase.a libos.a
libbase_a_SOURCES = %D%/arena.c %D%/buf.c %D%/codec.c %D%/fatal.c %D%/hex.c %D%/histogram.c %D%/ident.c %D%/ip.c %D%/log_render.c %D%/near.c %D%/span.c \
	%D%/utf8.c
libos_a_SOURCES = %D%/file.c %D%/log.c %D%/random.c %D%/self.c
# The sandbox is in an archive of its own, so that only programs need libseccomp.
noinst_LIBRARIES += libsandbox.a
libsandbox_a_SOURCES = %D%/sandbox.c
