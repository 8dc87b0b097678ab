# lib-auth: who vouches for mail: DKIM. Links libcrypto and libidn2. No I/O.
noinst_LIBRARIES += libauth.a
libauth_a_SOURCES = %D%/auth_name.c %D%/auth_name.h %D%/dkim.c %D%/dkim_canon.c %D%/dkim_canon.h %D%/dkim_field.c %D%/dkim_field.h \
	%D%/dkim_key.c %D%/dkim_record.c %D%/dkim_record.h %D%/dkim_signature.c %D%/dkim_signature.h %D%/dkim_tags.c %D%/dkim_tags.h \
	%D%/dkim_verify.c %D%/dmarc.c %D%/dmarc_author.c %D%/dmarc_record.c %D%/dmarc_record.h %D%/internal.h
AUTH_LIBS = libauth.a $(BASE_LIBS) $(CRYPTO_LIBS) $(IDN2_LIBS)
