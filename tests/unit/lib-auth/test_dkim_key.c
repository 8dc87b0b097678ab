/* Tests of src/lib-auth/dkim_key.c: keys read, made and published, and the signatures of RFC 8463 appendix A. */
#include "auth/dkim_key.h"

#include "base/hex.h"
#include "football.h"
#include "src/lib-auth/dkim_canon.h"
#include "src/lib-auth/dkim_field.h"

#define BODY_HASH "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="

static const struct {
	struct dkim_key *(*key)(void);
	const char *field;	/* without the value of b= */
	const char *digest;	/* what is signed, in hex */
	const char *signature;
} examples[] = {
	/* P33, P37, V6: RFC 8463 A.3 */
	{ football_ed25519,
	    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n"
	    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n subject : date : message-id : from : subject : date;\r\n"
	    " bh=" BODY_HASH ";\r\n b=",
	    "48ce9a2c710ece1710ff156996b836a7f45470e43efe5643074d6e1690ed62e7",
	    "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==" },
	{ football_rsa,
	    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n"
	    " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n date : message-id : from : subject : date;\r\n"
	    " bh=" BODY_HASH ";\r\n b=",
	    "fed71e6d70fb123bb5c353adc42821b304b6b9d54fc867f304f7c61daaaa1111",
	    "F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz"
	    "dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=" },
};

static void
on_octets(void *arg, struct span octets)
{
	ck_assert_int_eq(EVP_DigestUpdate(arg, octets.data, octets.length), 1);
}

static EVP_MD_CTX *
hash_begin(void)
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();

	ck_assert_int_eq(EVP_DigestInit_ex(hash, EVP_sha256(), NULL), 1);
	return hash;
}

static void
hash_end(EVP_MD_CTX *hash, unsigned char *digest)
{
	ck_assert_int_eq(EVP_DigestFinal_ex(hash, digest, NULL), 1);
	EVP_MD_CTX_free(hash);
}

static const char *
base64(const unsigned char *octets, size_t length)
{
	static unsigned char text[1000];

	EVP_EncodeBlock(text, octets, (int)length);
	return (const char *)text;
}

START_TEST(the_signatures_of_rfc_8463_come_out)
{
	static const char *const names[] = { "from", "to", "subject", "date", "message-id", "from", "subject", "date" };
	unsigned char digest[DKIM_DIGEST_OCTETS], signature[DKIM_SIGNATURE_MAX];
	struct dkim_key *key = examples[_i].key();
	struct arena *arena = arena_new();
	EVP_MD_CTX *hash = hash_begin();
	struct dkim_fields fields;
	char hex[2 * DKIM_DIGEST_OCTETS + 1];
	struct dkim_body body;
	struct span field;

	dkim_body_init(&body, DKIM_RELAXED, on_octets, hash);
	dkim_body_add(&body, SPAN(FOOTBALL_BODY));
	dkim_body_end(&body);
	hash_end(hash, digest);
	ck_assert_str_eq(base64(digest, sizeof(digest)), BODY_HASH);

	hash = hash_begin();
	ck_assert_ptr_null(dkim_fields_read(SPAN(FOOTBALL_HEADER), arena, &fields));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (dkim_fields_take(&fields, span_of(names[i]), &field)) {
			dkim_field_canon(DKIM_RELAXED, field, on_octets, hash);
			on_octets(hash, SPAN("\r\n"));
		}
	dkim_field_canon(DKIM_RELAXED, span_of(examples[_i].field), on_octets, hash);
	hash_end(hash, digest);
	ck_assert_str_eq(hex_format(span_make(digest, sizeof(digest)), hex), examples[_i].digest);
	ck_assert_str_eq(base64(signature, dkim_key_sign(key, digest, signature)), examples[_i].signature);
	dkim_key_free(&key);
	arena_free(&arena);
}
END_TEST

static struct span
pem_of(EVP_PKEY *pair, const EVP_CIPHER *cipher)
{
	BIO *out = BIO_new(BIO_s_mem());
	static char text[10000];
	int length;

	ck_assert_ptr_nonnull(pair);
	ck_assert_int_eq(PEM_write_bio_PrivateKey(out, pair, cipher, (const unsigned char *)"secret", cipher == NULL ? 0 : 6, NULL, NULL), 1);
	length = BIO_read(out, text, sizeof(text));
	BIO_free(out);
	EVP_PKEY_free(pair);
	return span_make(text, (size_t)length);
}

static void
read_check(struct span pem, const char *expected)
{
	struct dkim_key *key;
	const char *why = dkim_key_read(pem, &key);

	ck_assert_msg((why == NULL) == (expected == NULL), "%s", why);
	ck_assert((why == NULL) == (key != NULL));
	if (expected != NULL)
		ck_assert_msg(strstr(why, expected) != NULL, "%s", why);
	dkim_key_free(&key);
}

START_TEST(keys_have_to_be_strong_and_in_clear)
{
	static char long_text[DKIM_PEM_MAX + 2];

	read_check(SPAN(""), "no private key");
	read_check(SPAN("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), "no private key");
	read_check(pem_of(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL), NULL);
	read_check(pem_of(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), EVP_aes_128_cbc()), "encrypted");
	read_check(pem_of(EVP_PKEY_Q_keygen(NULL, NULL, "ED448"), NULL), "neither RSA nor Ed25519");
	read_check(pem_of(EVP_EC_gen("P-256"), NULL), "neither RSA nor Ed25519");
	/* P36 */
	read_check(SPAN(FOOTBALL_RSA), "less than 2048 bits");
	read_check(pem_of(EVP_RSA_gen(2040), NULL), "less than 2048 bits");
	read_check(pem_of(EVP_RSA_gen(2048), NULL), NULL);
	memset(long_text, '\n', sizeof(long_text) - 1);
	read_check(span_of(long_text), "no private key");
}
END_TEST

/* The record as text; the caller frees it. */
static char *
record_of(const struct dkim_key *key)
{
	struct buf out;
	char *text;

	buf_init(&out, DKIM_RECORD_MAX);
	dkim_key_record(key, &out);
	text = strndup(buf_span(&out).data, buf_length(&out));
	buf_clear(&out);
	return text;
}

START_TEST(keys_are_made_written_and_read_again)
{
	static const struct { const char *type; unsigned bits, expected; size_t record_least; } made[] = {
		{ "rsa", 2048, 2048, 300 }, { "rsa", 4096, 4096, 700 }, { "ed25519", 0, 256, 60 },
	};

	for (size_t i = 0; i < sizeof(made) / sizeof(*made); i++) {
		struct dkim_key *key = dkim_key_make(span_of(made[i].type), made[i].bits), *again;
		struct buf pem;
		char *one, *two;

		buf_init(&pem, DKIM_PEM_MAX);
		dkim_key_write(key, &pem);
		ck_assert(span_starts(buf_span(&pem), SPAN("-----BEGIN PRIVATE KEY-----\n")));
		ck_assert_ptr_null(dkim_key_read(buf_span(&pem), &again));
		one = record_of(key);
		two = record_of(again);
		ck_assert_str_eq(one, two);
		ck_assert_uint_ge(strlen(one), made[i].record_least);
		ck_assert_str_eq(dkim_key_type(again), made[i].type);
		ck_assert_uint_eq(dkim_key_bits(again), made[i].expected);
		free(one);
		free(two);
		buf_wipe(&pem);
		dkim_key_free(&key);
		dkim_key_free(&again);
	}
	ck_assert_ptr_null(dkim_key_make(SPAN("dsa"), 2048));
}
END_TEST

START_TEST(records_are_those_of_the_rfc)
{
	struct dkim_key *key = football_ed25519();
	char *text = record_of(key);

	/* P35, P37, R34: RFC 8463 A.2 with the services said */
	ck_assert_str_eq(text, "v=DKIM1; k=ed25519; s=*; p=" FOOTBALL_ED25519_PUBLIC);
	ck_assert_str_eq(dkim_key_algorithm(key), "ed25519-sha256");
	free(text);
	dkim_key_free(&key);
	key = football_rsa();
	text = record_of(key);
	ck_assert_str_eq(text, "v=DKIM1; k=rsa; s=*; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3id"
	    "Y6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9"
	    "PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB");
	ck_assert_str_eq(dkim_key_algorithm(key), "rsa-sha256");
	free(text);
	dkim_key_free(&key);
}
END_TEST

UNIT_MAIN_LOOPED("dkim_key", the_signatures_of_rfc_8463_come_out, examples, keys_have_to_be_strong_and_in_clear,
    keys_are_made_written_and_read_again, records_are_those_of_the_rfc)
