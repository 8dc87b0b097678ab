# lib-auth: who vouches for mail: DKIM. Links libcrypto. No I/O.
noinst_LIBRARIES += libauth.a
libauth_a_SOURCES = %D%/dkim.c %D%/dkim_canon.c %D%/dkim_canon.h %D%/dkim_field.c %D%/dkim_field.h %D%/dkim_key.c %D%/internal.h
AUTH_LIBS = libauth.a $(BASE_LIBS) $(CRYPTO_LIBS)
