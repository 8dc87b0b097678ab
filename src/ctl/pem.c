/* PEM files of operators, read with libcrypto: a chain of certificates, or a key. */
#include "pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/fatal.h"
#include "conf/material.h"
#include "policy/sts.h"

#define FILE_OCTETS_MAX (4u * 1024 * 1024)

/* Fills pem->key. Returns NULL, or why not. */
static const char *
key_read(struct span text, struct pem *pem)
{
	BIO *in = BIO_new_mem_buf(text.data, (int)text.length);
	bool was_asked = false;

	pem->key = PEM_read_bio_PrivateKey(in, NULL, material_no_passphrase, &was_asked);
	BIO_free(in);
	if (pem->key == NULL && !was_asked) {
		in = BIO_new_mem_buf(text.data, (int)text.length);
		pem->key = PEM_read_bio_PUBKEY(in, NULL, NULL, NULL);
		BIO_free(in);
	}
	ERR_clear_error();
	if (pem->key != NULL)
		return NULL;
	return was_asked ? "its private key is encrypted: the certificate or the public key will do" :
	    "there is neither a certificate nor a key in it";
}

const char *
pem_read(struct span text, struct pem *pem)
{
	bool is_damaged;

	*pem = (struct pem){ .file = "" };
	if (text.length == 0)
		return "there is neither a certificate nor a key in it";
	pem->chain = material_certificates(text, &is_damaged);
	if (is_damaged)
		return "a certificate in it is damaged";
	if (pem->chain == NULL)
		return key_read(text, pem);
	return X509_get0_pubkey(pem_leaf(pem)) == NULL ? "the key of its certificate is of no known kind" : NULL;
}

const char *
pem_load(const char *file, struct pem *pem)
{
	struct buf text;
	const char *why;

	*pem = (struct pem){ .file = file };
	buf_init(&text, FILE_OCTETS_MAX + 1);
	why = material_read(file, FILE_OCTETS_MAX, &text);
	if (why == NULL)
		why = pem_read(buf_span(&text), pem);
	pem->file = file;
	buf_wipe(&text);
	return why;
}

void
pem_clear(struct pem *pem)
{
	sk_X509_pop_free(pem->chain, X509_free);
	EVP_PKEY_free(pem->key);
	*pem = (struct pem){ .file = "" };
}

X509 *
pem_leaf(const struct pem *pem)
{
	return pem->chain == NULL ? NULL : sk_X509_value(pem->chain, 0);
}

X509 *
pem_issuer(const struct pem *pem)
{
	for (int i = 1; pem->chain != NULL && i < sk_X509_num(pem->chain); i++) {
		X509 *above = sk_X509_value(pem->chain, i);

		if (X509_check_ca(above) > 0 && X509_check_issued(above, pem_leaf(pem)) == X509_V_OK &&
		    X509_verify(pem_leaf(pem), X509_get0_pubkey(above)) == 1)
			return above;
	}
	ERR_clear_error();
	return NULL;
}

bool
pem_is_for(const struct pem *pem, struct span host)
{
	return pem->chain != NULL && X509_check_host(pem_leaf(pem), host.data, host.length,
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1;
}

bool
pem_is_self_signed(const struct pem *pem)
{
	return pem->chain != NULL && X509_self_signed(pem_leaf(pem), 0) == 1;
}

uint32_t
pem_names(const struct pem *pem, struct arena *arena, struct span **names)
{
	GENERAL_NAMES *all = pem->chain == NULL ? NULL : X509_get_ext_d2i(pem_leaf(pem), NID_subject_alt_name, NULL, NULL);
	int most = sk_GENERAL_NAME_num(all);
	uint32_t count = 0;

	*names = arena_alloc(arena, (size_t)(most > 0 ? most : 1) * sizeof(**names));
	for (int i = 0; i < most; i++) {
		int kind;
		const ASN1_STRING *value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(all, i), &kind);
		struct span name;

		if (kind != GEN_DNS)
			continue;
		name = span_make(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
		if (sts_pattern_is_valid(name))
			(*names)[count++] = arena_lower(arena, name);
	}
	GENERAL_NAMES_free(all);
	return count;
}

int
pem_days_left(const struct pem *pem)
{
	int days = 0, seconds = 0;

	if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(pem_leaf(pem))) != 1)
		return -1;
	return seconds < 0 ? days - 1 : days;
}

bool
pem_has_begun(const struct pem *pem)
{
	return X509_cmp_current_time(X509_get0_notBefore(pem_leaf(pem))) < 0;
}
