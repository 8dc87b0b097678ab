/* Tests of src/lib-auth/dkim_record.c: what is published as rows, keys of every size, and keys that keep nothing from being forged. */
#include "src/lib-auth/dkim_record.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/buf.h"
#include "football.h"

#define ED "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define RSA_DER \
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC" \
    "/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
/* The same as RSAPublicKey: without what is in front. */
#define RSA_BARE \
    "MIGJAoGBAOQeU5CgFPNZGIazlXo2k/eJ1jpaTTxrmqF1HrDLlt04pvaMtCJj8nXoliLRC/H9vJjMI1vdb3XLcW60AIN/PBD8EL97/y4GwJH7LPUvGP48vqUe+owqszesb" \
    "iGy1PlCO8c70/OjFnJVgvMF87YR4LcincbbaSvI5MgpP6X8rjDdAgMBAAE="

/* A record, the beginning of why it is none, and what it says. */
static const struct {
	const char *text, *why;
	unsigned bits, services;
	const char *flags;
} rows[] = {
	/* P35, P37: RFC 8463 A.2 */
	{ "v=DKIM1; k=ed25519; p=" ED, NULL, 256, 3, "" },
	{ "v=DKIM1; k=rsa; p=" RSA_DER, NULL, 1024, 3, "" },
	/* P35: v= first if at all, k= is rsa, p= has to be */
	{ "p=" RSA_DER, NULL, 1024, 3, "" },
	{ "k=rsa; p=" RSA_DER "; n=notes of any kind; zz=unknown; g=*", NULL, 1024, 3, "" },
	{ "p=" RSA_DER "; v=DKIM1", "the key's record is of another version", 0, 0, "" },
	{ "v=DKIM2; p=" RSA_DER, "the key's record is of another version", 0, 0, "" },
	{ "v=dkim1; p=" RSA_DER, "the key's record is of another version", 0, 0, "" },
	{ "v=DKIM1; k=rsa", "there is no p=", 0, 3, "" },
	{ "v=DKIM1; p=", "the key was revoked", 0, 3, "" },
	{ "v=DKIM1; t=y; p= ; s=email", "the key was revoked", 0, 1, "y" },
	{ "", "the key's record is no list", 0, 0, "" },
	{ "v=spf1 -all", "the key's record is of another version", 0, 0, "" },
	{ "v=DKIM1; p=" ED "; p=" ED, "the key's record is no list", 0, 0, "" },
	{ "v=DKIM1; k=ed448; p=" ED, "k= is a type that is not known", 0, 3, "" },
	{ "v=DKIM1; k=; p=" RSA_DER, "k= is a type that is not known", 0, 3, "" },
	/* P37: the octets as they are, and no others */
	{ "k=ed25519; p=MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "p= is no key", 0, 3, "" },
	{ "k=ed25519; p=" RSA_DER, "p= is no key", 0, 3, "" },
	{ "k=rsa; p=" ED, "p= is no key", 0, 3, "" },
	{ "p=not*base64", "p= is no key", 0, 3, "" },
	{ "p=AAAA", "p= is no key", 0, 3, "" },
	/* white space in the base64, as long records have it */
	{ "k=ed25519; p=11qYAYKxCrfVS/7 TyWQHOg7\r\n hcvPapiMlrwIaaPcHURo", NULL, 256, 3, "" },
	{ "k=rsa; p=" RSA_BARE, NULL, 1024, 3, "" },
	{ "k=rsa; p=" RSA_DER "AAAA", "p= is no key", 0, 3, "" },
	/* P35: services and flags */
	{ "s=email; k=ed25519; p=" ED, NULL, 256, 1, "" },
	{ "s=tlsrpt; k=ed25519; p=" ED, NULL, 256, 2, "" },
	{ "s=email:tlsrpt; k=ed25519; p=" ED, NULL, 256, 3, "" },
	{ "s=other : *; k=ed25519; p=" ED, NULL, 256, 3, "" },
	{ "s=other; k=ed25519; p=" ED, NULL, 256, 0, "" },
	{ "t=y; k=ed25519; p=" ED, NULL, 256, 3, "y" },
	{ "t=s; k=ed25519; p=" ED, NULL, 256, 3, "s" },
	{ "t=s:y:z; k=ed25519; p=" ED, NULL, 256, 3, "ys" },
};

START_TEST(records_say_this)
{
	struct dkim_record record;
	const char *why = dkim_record_read(span_of(rows[_i].text), &record);
	char flags[3] = "";

	ck_assert_msg((why == NULL) == (rows[_i].why == NULL), "%s", why);
	if (why != NULL)
		ck_assert_msg(strncmp(why, rows[_i].why, strlen(rows[_i].why)) == 0, "%s", why);
	strcat(strcat(flags, record.is_testing ? "y" : ""), record.is_strict ? "s" : "");
	ck_assert_str_eq(flags, rows[_i].flags);
	ck_assert_uint_eq(record.services, rows[_i].services);
	ck_assert_uint_eq(record.bits, rows[_i].bits);
	dkim_record_clear(&record);
}
END_TEST

/* A pair of so many bits; large ones of more primes than two, which takes no time to make. */
static EVP_PKEY *
rsa_make(unsigned bits)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, NULL);
	EVP_PKEY *pair = NULL;

	ck_assert_int_eq(EVP_PKEY_keygen_init(context), 1);
	ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_keygen_bits(context, (int)bits), 1);
	ck_assert(bits < 4096 || EVP_PKEY_CTX_set_rsa_keygen_primes(context, bits < 8192 ? 4 : 5) == 1);
	ck_assert_int_eq(EVP_PKEY_generate(context, &pair), 1);
	EVP_PKEY_CTX_free(context);
	return pair;
}

/* What is published of it. */
static struct buf
record_of(EVP_PKEY *pair)
{
	unsigned char octets[2200], *end = octets, text[3000];
	struct buf out;

	EVP_EncodeBlock(text, octets, i2d_PUBKEY(pair, &end));
	buf_init(&out, 4000);
	ck_assert(buf_printf(&out, "v=DKIM1; p=%s", (char *)text));
	return out;
}

static void
signature_make(EVP_PKEY *pair, const unsigned char *digest, struct dkim_signature *signature)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pair, NULL);

	*signature = (struct dkim_signature){ .octets_length = sizeof(signature->octets) };
	ck_assert(EVP_PKEY_sign_init(context) == 1 && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1);
	ck_assert_int_eq(EVP_PKEY_sign(context, signature->octets, &signature->octets_length, digest, DKIM_HASH_OCTETS), 1);
	EVP_PKEY_CTX_free(context);
}

START_TEST(keys_of_these_sizes_are_good)
{
	/* P36 */
	static const struct { unsigned bits; const char *why; } sizes[] = {
		{ 512, "the key has less than 1024 bits" }, { 1023, "the key has less than 1024 bits" }, { 1024, NULL }, { 2048, NULL },
		{ 4096, NULL }, { 8192, NULL }, { 8200, "the key has more bits" },
	};
	unsigned char digest[DKIM_HASH_OCTETS] = "a digest";

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		EVP_PKEY *pair = rsa_make(sizes[i].bits);
		struct buf text = record_of(pair);
		struct dkim_signature signature;
		struct dkim_record record;
		const char *why = dkim_record_read(buf_span(&text), &record);

		ck_assert_uint_eq(record.bits, sizes[i].bits);
		ck_assert_msg((why == NULL) == (sizes[i].why == NULL), "%u: %s", sizes[i].bits, why);
		if (why == NULL) {
			signature_make(pair, digest, &signature);
			ck_assert(dkim_record_verify(&record, &signature, digest));
			signature.octets[signature.octets_length - 1] ^= 1;
			ck_assert(!dkim_record_verify(&record, &signature, digest));
			signature.octets[signature.octets_length - 1] ^= 1;
			signature.octets_length--;
			ck_assert(!dkim_record_verify(&record, &signature, digest));
		} else {
			ck_assert_msg(strncmp(why, sizes[i].why, strlen(sizes[i].why)) == 0, "%s", why);
		}
		dkim_record_clear(&record);
		buf_clear(&text);
		EVP_PKEY_free(pair);
	}
}
END_TEST

/* A public key of these numbers, which nobody has made. */
static EVP_PKEY *
rsa_of(const char *modulus, unsigned long exponent)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;
	OSSL_PARAM *parameters;
	BIGNUM *n = NULL;

	ck_assert_int_gt(BN_hex2bn(&n, modulus), 0);
	ck_assert(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_ulong(build, OSSL_PKEY_PARAM_RSA_E, exponent) == 1);
	parameters = OSSL_PARAM_BLD_to_param(build);
	ck_assert(EVP_PKEY_fromdata_init(context) == 1 && EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) == 1);
	OSSL_PARAM_free(parameters);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(context);
	BN_free(n);
	return key;
}

START_TEST(keys_that_anybody_can_sign_with_are_none)
{
	/* PX2 */
	static const struct { char last; unsigned long exponent; bool is_good; } keys[] = {
		{ '1', 65537, true }, { '1', 3, true }, { '1', 1, false }, { '1', 2, false }, { '1', 65536, false }, { '2', 65537, false },
	};
	char modulus[257];

	memset(modulus, 'C', sizeof(modulus) - 1);
	modulus[sizeof(modulus) - 1] = '\0';
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		EVP_PKEY *key;
		struct dkim_record record;
		struct buf text;
		const char *why;

		modulus[sizeof(modulus) - 2] = keys[i].last;
		key = rsa_of(modulus, keys[i].exponent);
		text = record_of(key);
		why = dkim_record_read(buf_span(&text), &record);
		ck_assert_msg((why == NULL) == keys[i].is_good, "%s", why);
		ck_assert(why == NULL || strstr(why, "keeps anything from being forged") != NULL);
		dkim_record_clear(&record);
		buf_clear(&text);
		EVP_PKEY_free(key);
	}
}
END_TEST

START_TEST(keys_are_for_some_signatures_only)
{
	/* P35 */
	static const struct { const char *text, *algorithm; bool is_of_subdomain; enum dkim_service service; const char *why; } uses[] = {
		{ "k=ed25519; p=" ED, "ed25519", true, DKIM_SERVICE_EMAIL, NULL },
		{ "k=ed25519; p=" ED, "rsa", false, DKIM_SERVICE_EMAIL, "the key is of another type" },
		{ "p=" RSA_DER, "ed25519", false, DKIM_SERVICE_EMAIL, "the key is of another type" },
		{ "k=ed25519; h=sha1:sha256; p=" ED, "ed25519", false, DKIM_SERVICE_EMAIL, NULL },
		{ "k=ed25519; h=sha1; p=" ED, "ed25519", false, DKIM_SERVICE_EMAIL, "the key is for other hashes" },
		{ "k=ed25519; h=; p=" ED, "ed25519", false, DKIM_SERVICE_EMAIL, "the key is for other hashes" },
		{ "k=ed25519; s=tlsrpt; p=" ED, "ed25519", false, DKIM_SERVICE_EMAIL, "the key is for other services" },
		{ "k=ed25519; s=tlsrpt; p=" ED, "ed25519", false, DKIM_SERVICE_TLSRPT, NULL },
		{ "k=ed25519; s=email; p=" ED, "ed25519", false, DKIM_SERVICE_TLSRPT, "the key is for other services" },
		{ "k=ed25519; s=*; p=" ED, "ed25519", false, DKIM_SERVICE_TLSRPT, NULL },
		{ "k=ed25519; t=s; p=" ED, "ed25519", false, DKIM_SERVICE_EMAIL, NULL },
		{ "k=ed25519; t=s; p=" ED, "ed25519", true, DKIM_SERVICE_EMAIL, "the key is not for domains below" },
	};

	for (size_t i = 0; i < sizeof(uses) / sizeof(*uses); i++) {
		const struct dkim_algorithm algorithm = { "", uses[i].algorithm, "sha256", false };
		struct dkim_signature signature = { .algorithm = &algorithm, .is_of_subdomain = uses[i].is_of_subdomain };
		struct dkim_record record;
		const char *why;

		ck_assert_ptr_null(dkim_record_read(span_of(uses[i].text), &record));
		why = dkim_record_unfit(&record, &signature, uses[i].service);
		ck_assert_msg((why == NULL) == (uses[i].why == NULL), "%s: %s", uses[i].text, why);
		ck_assert(why == NULL || strncmp(why, uses[i].why, strlen(uses[i].why)) == 0);
		dkim_record_clear(&record);
	}
}
END_TEST

UNIT_MAIN_LOOPED("dkim_record", records_say_this, rows, keys_of_these_sizes_are_good, keys_that_anybody_can_sign_with_are_none,
    keys_are_for_some_signatures_only)
