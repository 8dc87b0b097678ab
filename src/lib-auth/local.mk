# lib-auth: who vouches for mail: DKIM and SPF. Links libcrypto. No I/O.
noinst_LIBRARIES += libauth.a
libauth_a_SOURCES = %D%/dkim.c %D%/dkim_canon.c %D%/dkim_canon.h %D%/dkim_field.c %D%/dkim_field.h %D%/dkim_key.c %D%/internal.h \
	%D%/spf.c %D%/spf_known.c %D%/spf_known.h %D%/spf_macro.c %D%/spf_macro.h %D%/spf_match.c %D%/spf_match.h %D%/spf_record.c \
	%D%/spf_record.h
AUTH_LIBS = libauth.a $(BASE_LIBS) $(CRYPTO_LIBS)
