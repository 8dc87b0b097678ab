/* Key records: THE table of their types, and what OpenSSL makes of them. */
#include "dkim_record.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/fatal.h"
#include "dkim_tags.h"

#define EXPONENT_BITS_MOST 64
#define PUBLIC_OCTETS_MAX 2200		/* DER of an RSA key of 8192 bits with an exponent as large: 2100 */
#define ED25519_OCTETS 32

struct dkim_record_type {
	const char *name;		/* k= */
	EVP_PKEY *(*read)(const unsigned char *octets, size_t length);
	const char *(*weak)(const struct dkim_record *record);
	bool (*verify)(EVP_PKEY *key, struct span signature, const unsigned char *digest);
};

/*
 * A SubjectPublicKeyInfo, as everybody publishes it and the example of RFC 6376 does; or the RSAPublicKey that its text asks for
 * (erratum 3017).
 */
static EVP_PKEY *
rsa_read(const unsigned char *octets, size_t length)
{
	const unsigned char *end = octets;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &end, (long)length);

	if (key == NULL) {
		end = octets;
		key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &end, (long)length);
	}
	if (key != NULL && end == octets + length && EVP_PKEY_is_a(key, "RSA"))
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

/* With these, anybody can sign: an exponent of 1, an even one, an even modulus. */
static bool
is_number_odd(const EVP_PKEY *key, const char *parameter)
{
	BIGNUM *number = NULL;
	bool is_odd = EVP_PKEY_get_bn_param(key, parameter, &number) == 1 && BN_is_odd(number) && !BN_is_one(number);

	BN_free(number);
	return is_odd;
}

static bool
is_exponent_long(const EVP_PKEY *key)
{
	BIGNUM *exponent = NULL;
	bool is_long = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1 || BN_num_bits(exponent) > EXPONENT_BITS_MOST;

	BN_free(exponent);
	return is_long;
}

static const char *
rsa_weak(const struct dkim_record *record)
{
	if (record->bits < DKIM_RECORD_BITS_LEAST)
		return "the key has less than 1024 bits, which proves nothing (RFC 8301 3.2)";
	if (record->bits > DKIM_RECORD_BITS_MOST)
		return "the key has more bits than are looked at";
	if (!is_number_odd(record->key, OSSL_PKEY_PARAM_RSA_N) || !is_number_odd(record->key, OSSL_PKEY_PARAM_RSA_E))
		return "the key is none that keeps anything from being forged";
	/* One as long as the modulus makes each check cost what a signature does (RFC 6376 8.4). */
	return is_exponent_long(record->key) ? "the key has a larger exponent than is looked at" : NULL;
}

/* RSASSA-PKCS1-v1_5 of a SHA-256 digest (RFC 6376 3.3.2). */
static bool
rsa_verify(EVP_PKEY *key, struct span signature, const unsigned char *digest)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	bool is_good;

	if (context == NULL || EVP_PKEY_verify_init(context) != 1 || EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) != 1)
		fatal("cannot check an RSA signature");
	is_good = EVP_PKEY_verify(context, (const unsigned char *)signature.data, signature.length, digest, DKIM_HASH_OCTETS) == 1;
	EVP_PKEY_CTX_free(context);
	return is_good;
}

/* The 32 octets as they are (RFC 8463 4). */
static EVP_PKEY *
ed25519_read(const unsigned char *octets, size_t length)
{
	return length == ED25519_OCTETS ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, octets, length) : NULL;
}

static const char *
ed25519_weak(const struct dkim_record *record)
{
	(void)record;
	return NULL;
}

/* PureEdDSA of the digest, as if it were the message (RFC 8463 3). */
static bool
ed25519_verify(EVP_PKEY *key, struct span signature, const unsigned char *digest)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool is_good;

	if (context == NULL || EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) != 1)
		fatal("cannot check an Ed25519 signature");
	is_good = EVP_DigestVerify(context, (const unsigned char *)signature.data, signature.length, digest, DKIM_HASH_OCTETS) == 1;
	EVP_MD_CTX_free(context);
	return is_good;
}

static const struct dkim_record_type types[] = {
	{ "rsa", rsa_read, rsa_weak, rsa_verify },
	{ "ed25519", ed25519_read, ed25519_weak, ed25519_verify },
};
#define TYPES (sizeof(types) / sizeof(*types))

static struct span
value_of(const struct dkim_tags *tags, const char *name, struct span otherwise)
{
	const struct dkim_tag *tag = dkim_tags_find(tags, name);

	return tag == NULL ? otherwise : tag->value;
}

static const struct dkim_record_type *
type_find(struct span name)
{
	for (size_t i = 0; i < TYPES; i++)
		if (span_equal(name, span_of(types[i].name)))
			return &types[i];
	return NULL;
}

/* The service "*" is every one (RFC 6376 3.6.1, RFC 8460 3). */
static unsigned
services_of(struct span list)
{
	bool is_every = dkim_tags_has(list, "*");

	return (is_every || dkim_tags_has(list, "email") ? DKIM_SERVICE_EMAIL : 0u) |
	    (is_every || dkim_tags_has(list, "tlsrpt") ? DKIM_SERVICE_TLSRPT : 0u);
}

/* Returns NULL, or what is wrong. */
static const char *
key_read(struct span text, struct dkim_record *record)
{
	unsigned char octets[PUBLIC_OCTETS_MAX];
	const char *why;
	size_t length;

	if (text.length == 0)
		return "the key was revoked: p= is empty (RFC 6376 3.6.1)";
	if (dkim_tags_base64(text, octets, sizeof(octets), &length))
		record->key = record->type->read(octets, length);
	ERR_clear_error();
	if (record->key == NULL)
		return "p= is no key of its type";
	record->bits = (unsigned)EVP_PKEY_get_bits(record->key);
	why = record->type->weak(record);
	if (why != NULL)
		dkim_record_clear(record);
	return why;
}

const char *
dkim_record_read(struct span text, struct dkim_record *record)
{
	struct dkim_tags tags;
	const struct dkim_tag *version, *key;

	*record = (struct dkim_record){ .type = NULL };
	if (dkim_tags_read(text, &tags) != NULL)
		return "the key's record is no list of tags (RFC 6376 3.6.1)";
	version = dkim_tags_find(&tags, "v");
	if (version != NULL && (version != &tags.at[0] || !span_equal(version->value, SPAN("DKIM1"))))
		return "the key's record is of another version than DKIM1 (RFC 6376 3.6.1)";
	record->type = type_find(value_of(&tags, "k", SPAN("rsa")));
	record->hashes = value_of(&tags, "h", (struct span){ NULL, 0 });
	record->services = services_of(value_of(&tags, "s", SPAN("*")));
	record->is_testing = dkim_tags_has(value_of(&tags, "t", SPAN("")), "y");
	record->is_strict = dkim_tags_has(value_of(&tags, "t", SPAN("")), "s");
	key = dkim_tags_find(&tags, "p");
	if (key == NULL)
		return "there is no p= in the key's record (RFC 6376 3.6.1)";
	return record->type == NULL ? "k= is a type that is not known (RFC 8463 4)" : key_read(key->value, record);
}

void
dkim_record_clear(struct dkim_record *record)
{
	EVP_PKEY_free(record->key);
	record->key = NULL;
}

const char *
dkim_record_unfit(const struct dkim_record *record, const struct dkim_signature *signature, enum dkim_service service)
{
	if (!span_equal(span_of(record->type->name), span_of(signature->algorithm->type)))
		return "the key is of another type than the signature (RFC 6376 6.1.2)";
	if (record->hashes.data != NULL && !dkim_tags_has(record->hashes, signature->algorithm->hash))
		return "the key is for other hashes than the signature's (RFC 6376 3.6.1)";
	if ((record->services & service) == 0)
		return "the key is for other services (RFC 6376 3.6.1)";
	if (record->is_strict && signature->is_of_subdomain)
		return "the key is not for domains below: t=s, and i= is of one (RFC 6376 3.6.1)";
	return NULL;
}

bool
dkim_record_verify(const struct dkim_record *record, const struct dkim_signature *signature,
    const unsigned char digest[DKIM_HASH_OCTETS])
{
	bool is_good = record->type->verify(record->key, span_make(signature->octets, signature->octets_length), digest);

	ERR_clear_error();
	return is_good;
}
