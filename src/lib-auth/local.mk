# lib-auth: who vouches for mail: DKIM, SPF, DMARC. Links libcrypto and libidn2. No I/O.
noinst_LIBRARIES += libauth.a
libauth_a_SOURCES = %D%/auth_name.c %D%/auth_name.h %D%/authres.c %D%/authres_strip.c %D%/dkim.c %D%/dkim_canon.c %D%/dkim_canon.h %D%/dkim_field.c %D%/dkim_field.h \
	%D%/dkim_key.c %D%/dkim_record.c %D%/dkim_record.h %D%/dkim_signature.c %D%/dkim_signature.h %D%/dkim_tags.c %D%/dkim_tags.h \
	%D%/dkim_verify.c %D%/dmarc.c %D%/dmarc_author.c %D%/dmarc_record.c %D%/dmarc_record.h %D%/internal.h \
	%D%/spf.c %D%/spf_known.c %D%/spf_known.h %D%/spf_macro.c %D%/spf_macro.h %D%/spf_match.c %D%/spf_match.h %D%/spf_record.c \
	%D%/spf_record.h
AUTH_LIBS = libauth.a $(BASE_LIBS) $(CRYPTO_LIBS) $(IDN2_LIBS)
