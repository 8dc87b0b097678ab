/* Certificates for tests. Every failure of OpenSSL here is a failure of the test program. */
#include "tests/pki/pki.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S 86400L

#define MUST(what) \
	do { \
		if (!(what)) { \
			fprintf(stderr, "pki: %s failed\n", #what); \
			abort(); \
		} \
	} while (0)

static EVP_PKEY *
key_make(enum pki_key kind)
{
	EVP_PKEY *key = kind == PKI_EC ? EVP_EC_gen("P-256") : EVP_RSA_gen(kind == PKI_RSA ? 2048 : 1024);

	MUST(key != NULL);
	return key;
}

static void
extension_add(X509 *certificate, X509V3_CTX *context, int which, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, which, value);

	MUST(extension != NULL);
	MUST(X509_add_ext(certificate, extension, -1) == 1);
	X509_EXTENSION_free(extension);
}

static void
raw_name_add(X509 *certificate, struct span name)
{
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	GENERAL_NAME *general = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();

	MUST(ASN1_STRING_set(text, name.data, (int)name.length) == 1);
	GENERAL_NAME_set0_value(general, GEN_DNS, text);
	sk_GENERAL_NAME_push(names, general);
	MUST(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0) == 1);
	GENERAL_NAMES_free(names);
}

static void
extensions_add(X509 *certificate, X509 *issuer, const struct pki_subject *subject)
{
	X509V3_CTX context;

	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	extension_add(certificate, &context, NID_basic_constraints, subject->authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
	extension_add(certificate, &context, NID_subject_key_identifier, "hash");
	if (subject->names != NULL)
		extension_add(certificate, &context, NID_subject_alt_name, subject->names);
	if (subject->raw_name.length > 0)
		raw_name_add(certificate, subject->raw_name);
	if (subject->purpose != NULL)
		extension_add(certificate, &context, NID_ext_key_usage, subject->purpose);
}

static struct span
pem_take(BIO *bio)
{
	char *data, *copy;
	long length = BIO_get_mem_data(bio, &data);

	copy = malloc((size_t)length + 1);
	MUST(copy != NULL);
	memcpy(copy, data, (size_t)length);
	copy[length] = '\0';
	BIO_free(bio);
	return span_make(copy, (size_t)length);
}

static void
pems_write(struct pki *pki)
{
	BIO *certificate = BIO_new(BIO_s_mem()), *key = BIO_new(BIO_s_mem());

	MUST(PEM_write_bio_X509(certificate, pki->certificate) == 1);
	MUST(PEM_write_bio_PrivateKey(key, pki->key, NULL, NULL, 0, NULL, NULL) == 1);
	pki->certificate_pem = pem_take(certificate);
	pki->key_pem = pem_take(key);
}

struct pki *
pki_make(const struct pki_subject *subject, const struct pki *issuer)
{
	static long serial;
	struct pki *pki = calloc(1, sizeof(*pki));
	bool is_default = subject->from_days == 0 && subject->until_days == 0;
	const char *name = subject->common_name == NULL ? "test" : subject->common_name;
	X509 *certificate = X509_new();

	MUST(pki != NULL && certificate != NULL);
	pki->certificate = certificate;
	pki->key = subject->of_key == NULL ? key_make(subject->key) : subject->of_key->key;
	MUST(subject->of_key == NULL || EVP_PKEY_up_ref(pki->key) == 1);
	X509_set_version(certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(certificate), (is_default ? -1 : subject->from_days) * DAY_S);
	X509_gmtime_adj(X509_getm_notAfter(certificate), (is_default ? 30 : subject->until_days) * DAY_S);
	X509_set_pubkey(certificate, pki->key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(certificate, X509_get_subject_name(issuer == NULL ? certificate : issuer->certificate));
	extensions_add(certificate, issuer == NULL ? certificate : issuer->certificate, subject);
	MUST(X509_sign(certificate, issuer == NULL ? pki->key : issuer->key,
	    EVP_get_digestbyname(subject->digest == NULL ? "SHA256" : subject->digest)) > 0);
	pems_write(pki);
	return pki;
}

void
pki_free(struct pki **pki)
{
	if (*pki == NULL)
		return;
	X509_free((*pki)->certificate);
	EVP_PKEY_free((*pki)->key);
	free((void *)(uintptr_t)(*pki)->certificate_pem.data);
	free((void *)(uintptr_t)(*pki)->key_pem.data);
	free(*pki);
	*pki = NULL;
}

struct span
pki_join(struct span a, struct span b)
{
	char *both = malloc(a.length + b.length + 1);

	MUST(both != NULL);
	memcpy(both, a.data, a.length);
	memcpy(both + a.length, b.data, b.length);
	both[a.length + b.length] = '\0';
	return span_make(both, a.length + b.length);
}
