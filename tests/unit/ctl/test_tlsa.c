/* Tests of src/ctl/tlsa.c and pem.c: records made of certificates and keys, read from text, and compared. */
#include "src/ctl/tlsa.h"

#include <openssl/pem.h>
#include <stdio.h>

#include "base/hex.h"
#include "tests/pki/pki.h"
#include "tests/unit/lib-conf/complaints.h"

#define NAME "_25._tcp.mx.example.org"
#define D32 "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
#define READ "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* Text, the records that are read of it ("line usage selector matching data|"), and what is said. */
static const struct {
	const char *text;
	const char *records;
	const char *said;
} rows[] = {
	{ NAME ". IN TLSA 3 1 1 " D32 "\n", "1 3 1 1 " READ "|", "" },
	{ "; of dig\n\n_25._TCP.mx.Example.org.\t3600\tIN\tTLSA\t3 1 1 "
	    "00112233445566778899AABBCCDDEEFF 00112233445566778899AABBCCDDEEFF ; x\r\n",
	    "3 3 1 1 " READ "|", "" },
	{ NAME ". TLSA ( 2 0 1 " D32 " )", "1 2 0 1 " READ "|", "" },
	{ "3 1 1 " D32 "\n3 1 1 00\n", "1 3 1 1 " READ "|2 3 1 1 00|", "" },
	{ "mx.example.net.\n3 1 1 " D32 "\n", "2 3 1 1 " READ "|", "" },
	{ "_25._tcp.other.example. IN TLSA 3 1 1 00\n" NAME ". IN TLSA 3 1 1 01\n", "2 3 1 1 01|", "" },
	{ NAME ". 60 IN CNAME tlsa.example.net.\ntlsa.example.net. 60 IN TLSA 3 1 1 01\n", "2 3 1 1 01|", "" },
	{ NAME ". IN RRSIG TLSA 8 4 3600 20270101000000 20261101000000 1 example.org. AAAA\n" NAME ". IN TLSA 3 1 1 01\n",
	    "2 3 1 1 01|", "" },
	{ "", "", "f: there is no TLSA record of " NAME " in it" },
	{ "_25._tcp.other.example. IN TLSA 3 1 1 00\n", "", "f: there is no TLSA record of " NAME " in it" },
	{ NAME ". IN TLSA 3 1 1\n", "", "f:1: not a TLSA record: \"3 1 1\" and digits are expected (RFC 6698 2.2)" },
	{ NAME ". IN TLSA 3 1 1 0g\n", "", "f:1: not a TLSA record: \"3 1 1\" and digits are expected (RFC 6698 2.2)" },
	{ NAME ". IN TLSA 3 1 1 001\n", "", "f:1: not a TLSA record: \"3 1 1\" and digits are expected (RFC 6698 2.2)" },
	{ NAME ". IN TLSA 256 1 1 00\n", "", "f:1: not a TLSA record: \"3 1 1\" and digits are expected (RFC 6698 2.2)" },
	{ "nonsense\n", "", "f:1: not a record: a name, TLSA and its data are expected" },
	{ NAME ". 3600 IN\n", "", "f:1: not a record: a name, TLSA and its data are expected" },
};

START_TEST(records_are_read_as_dig_and_zones_have_them)
{
	struct arena *arena = arena_new();
	struct complaints complaints;
	struct tlsa_set set;
	char text[2000] = "";

	complaints_init(&complaints);
	tlsa_read(arena, "f", span_of(rows[_i].text), NAME, &complaints, &set);
	ck_assert_str_eq(complaints_text(&complaints), rows[_i].said);
	for (uint32_t i = 0; i < set.count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%u %.*s|", set.lines[i],
		    SPAN_ARG(tlsa_text(arena, &set.records[i])));
	ck_assert_str_eq(text, rows[_i].records);
	complaints_clear(&complaints);
	arena_free(&arena);
}
END_TEST

/* What there is to publish records of: a leaf below an authority, in a chain and alone, and the keys that come next. */
enum thing { NOW, NOW_ALONE, NEXT, NEXT_KEY, THINGS };

struct bed {
	struct pki *authority, *now, *next;
	struct span texts[THINGS];
	struct pem pems[THINGS];
	struct arena *arena;
};

static void
bed_make(struct bed *bed)
{
	static const char *const names[THINGS] = { "now", "now-alone", "next", "next-key" };

	bed->arena = arena_new();
	bed->authority = pki_make(&(struct pki_subject){ .common_name = "authority", .authority = true }, NULL);
	bed->now = pki_make(&(struct pki_subject){ .names = "DNS:*.example.net,DNS:MX.example.org,IP:192.0.2.1" }, bed->authority);
	bed->next = pki_make(&(struct pki_subject){ .names = "DNS:mx.example.org", .key = PKI_RSA }, bed->authority);
	bed->texts[NOW] = pki_join(bed->now->certificate_pem, bed->authority->certificate_pem);
	bed->texts[NOW_ALONE] = pki_join(bed->now->key_pem, bed->now->certificate_pem);
	bed->texts[NEXT] = pki_join(bed->next->certificate_pem, bed->authority->certificate_pem);
	bed->texts[NEXT_KEY] = pki_join(bed->next->key_pem, SPAN(""));
	for (int i = 0; i < THINGS; i++) {
		ck_assert_ptr_null(pem_read(bed->texts[i], &bed->pems[i]));
		bed->pems[i].file = names[i];
	}
}

static void
bed_clear(struct bed *bed)
{
	for (int i = 0; i < THINGS; i++) {
		pem_clear(&bed->pems[i]);
		free((void *)(uintptr_t)bed->texts[i].data);
	}
	pki_free(&bed->next);
	pki_free(&bed->now);
	pki_free(&bed->authority);
	arena_free(&bed->arena);
}

static const char *
text_of(struct bed *bed, enum thing thing, unsigned usage, unsigned selector, unsigned matching)
{
	struct dns_tlsa record;
	const char *why = tlsa_make(bed->arena, &bed->pems[thing], usage, selector, matching, &record);

	return why != NULL ? why : tlsa_text(bed->arena, &record).data;
}

/* D60: as OpenSSL makes the digest of what it has in memory. */
static const char *
wanted_text(struct bed *bed, const char *parameters, const X509 *certificate, const EVP_PKEY *key)
{
	unsigned char *der = NULL, digest[32];
	int octets = key != NULL ? i2d_PUBKEY(key, &der) : i2d_X509(certificate, &der);
	char *text = arena_alloc(bed->arena, 80);
	unsigned length;

	ck_assert_int_eq(EVP_Digest(der, (size_t)octets, digest, &length, EVP_sha256(), NULL), 1);
	OPENSSL_free(der);
	strcpy(text, parameters);
	hex_format(span_make(digest, length), text + strlen(text));
	return text;
}

START_TEST(a_record_is_the_digest_of_the_key_or_of_the_authority)
{
	struct bed bed;

	bed_make(&bed);
	ck_assert_str_eq(text_of(&bed, NOW, 3, 1, 1), wanted_text(&bed, "3 1 1 ", NULL, bed.now->key));
	ck_assert_str_eq(text_of(&bed, NOW_ALONE, 3, 1, 1), wanted_text(&bed, "3 1 1 ", NULL, bed.now->key));
	ck_assert_str_eq(text_of(&bed, NEXT, 3, 1, 1), wanted_text(&bed, "3 1 1 ", NULL, bed.next->key));
	ck_assert_str_eq(text_of(&bed, NEXT_KEY, 3, 1, 1), wanted_text(&bed, "3 1 1 ", NULL, bed.next->key));
	ck_assert_str_eq(text_of(&bed, NOW, 3, 0, 1), wanted_text(&bed, "3 0 1 ", bed.now->certificate, NULL));
	ck_assert_str_eq(text_of(&bed, NOW, 2, 0, 1), wanted_text(&bed, "2 0 1 ", bed.authority->certificate, NULL));
	ck_assert_str_eq(text_of(&bed, NOW, 2, 1, 1), wanted_text(&bed, "2 1 1 ", NULL, bed.authority->key));
	ck_assert_uint_eq(strlen(text_of(&bed, NOW, 3, 1, 2)), 6 + 128);
	ck_assert_ptr_nonnull(strstr(text_of(&bed, NOW_ALONE, 2, 0, 1), "not in the file"));
	ck_assert_ptr_nonnull(strstr(text_of(&bed, NEXT_KEY, 2, 0, 1), "a key alone"));
	ck_assert_ptr_nonnull(strstr(text_of(&bed, NEXT_KEY, 3, 0, 1), "a key alone"));
	bed_clear(&bed);
}
END_TEST

/* A rollover: what is published, of which things, and the beginnings of what is said ("" = nothing). */
struct published {
	enum thing of;
	unsigned usage, selector, matching;	/* usage 0 = nothing */
};

static const struct {
	const char *name;
	struct published published[4];
	const char *further;			/* text of records behind them */
	enum thing things[2];
	const char *said[3];
	size_t errors;
} rollovers[] = {
	/* D61 */
	{ "both keys are there", { { NOW, 3, 1, 1 }, { NEXT, 3, 1, 1 } }, "", { NOW, NEXT_KEY }, { NULL }, 0 },
	{ "the next key is not in DNS", { { NOW, 3, 1, 1 } }, "", { NOW, NEXT_KEY }, { "next-key: its record is not in f: publish it" }, 1 },
	{ "the present key is not in DNS any more", { { NEXT, 3, 1, 1 } }, "", { NOW_ALONE, NEXT },
	    { "now-alone: its record is not in f" }, 1 },
	{ "the next key under the same parameters only", { { NOW, 3, 1, 1 }, { NEXT, 3, 1, 2 } }, "", { NOW, NEXT },
	    { "now: its record is not in f", "next: its record is not in f" }, 2 },
	{ "authorities beside keys, of both", { { NOW, 3, 1, 1 }, { NEXT, 3, 1, 1 }, { NOW, 2, 0, 1 } }, "", { NOW, NEXT }, { NULL }, 0 },
	{ "a server that does not show the authority", { { NOW, 2, 0, 1 } }, "", { NOW_ALONE, NEXT },
	    { "now-alone: the authority that" }, 1 },
	{ "a bare key where only authorities are published", { { NOW, 2, 0, 1 } }, "", { NOW, NEXT_KEY },
	    { "next-key: its record is not" }, 1 },
	{ "a record of nothing that is there", { { NOW, 3, 1, 1 }, { NEXT, 3, 1, 1 } }, "3 1 1 " D32 "\n", { NOW, NEXT },
	    { "f:3: warning: of none of these certificates" }, 0 },
	{ "records that cannot be used", { { NOW, 3, 1, 1 }, { NEXT, 3, 1, 1 } }, "1 0 1 " D32 "\n3 1 1 00\n", { NOW, NEXT },
	    { "f:3: warning: usages 0 and 1 are unusable", "f:4: warning: unusable: " }, 0 },
};

static void
rollover_check(size_t at, struct bed *bed)
{
	struct pem pems[2] = { bed->pems[rollovers[at].things[0]], bed->pems[rollovers[at].things[1]] };
	struct complaints complaints;
	struct tlsa_set set;
	char text[4000] = "";
	size_t said = 0;

	for (const struct published *p = rollovers[at].published; p->usage != 0; p++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s\n", text_of(bed, p->of, p->usage, p->selector, p->matching));
	strcat(text, rollovers[at].further);
	complaints_init(&complaints);
	tlsa_read(bed->arena, "f", span_of(text), NAME, &complaints, &set);
	tlsa_judge(&set, pems, 2, &complaints);
	while (said < 3 && rollovers[at].said[said] != NULL) {
		ck_assert_msg(strstr(complaints_text(&complaints), rollovers[at].said[said]) != NULL, "%s: %s", rollovers[at].name,
		    complaints_text(&complaints));
		said++;
	}
	ck_assert_msg(complaints.errors == rollovers[at].errors, "%s: %s", rollovers[at].name, complaints_text(&complaints));
	ck_assert_msg(complaints.errors > 0 || complaints.count == said, "%s: %s", rollovers[at].name, complaints_text(&complaints));
	complaints_clear(&complaints);
}

START_TEST(the_next_key_has_to_be_published)
{
	struct bed bed;

	bed_make(&bed);
	for (size_t i = 0; i < sizeof(rollovers) / sizeof(*rollovers); i++)
		rollover_check(i, &bed);
	bed_clear(&bed);
}
END_TEST

START_TEST(files_are_certificates_or_keys)
{
	static const struct {
		const char *text, *why;
	} damaged[] = {
		{ "", "there is neither a certificate nor a key in it" },
		{ "nothing\n", "there is neither a certificate nor a key in it" },
		{ "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "a certificate in it is damaged" },
		{ "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "there is neither a certificate nor a key in it" },
	};
	BIO *bio = BIO_new(BIO_s_mem());
	struct span *names, text;
	struct bed bed;
	struct pem pem;
	char *data;
	long length;

	bed_make(&bed);
	for (size_t i = 0; i < sizeof(damaged) / sizeof(*damaged); i++) {
		ck_assert_str_eq(pem_read(span_of(damaged[i].text), &pem), damaged[i].why);
		pem_clear(&pem);
	}
	PEM_write_bio_PUBKEY(bio, bed.next->key);
	length = BIO_get_mem_data(bio, &data);
	text = span_make(data, (size_t)length);
	ck_assert_ptr_null(pem_read(text, &pem));
	ck_assert(pem.chain == NULL && pem.key != NULL);
	pem_clear(&pem);
	(void)BIO_reset(bio);
	PEM_write_bio_PKCS8PrivateKey(bio, bed.next->key, EVP_aes_128_cbc(), "secret", 6, NULL, NULL);
	length = BIO_get_mem_data(bio, &data);
	text = span_make(data, (size_t)length);
	ck_assert_str_eq(pem_read(text, &pem), "its private key is encrypted: the certificate or the public key will do");
	pem_clear(&pem);
	BIO_free(bio);
	ck_assert_uint_eq(pem_names(&bed.pems[NOW], bed.arena, &names), 2);
	ck_span_eq(names[0], "*.example.net");
	ck_span_eq(names[1], "mx.example.org");
	ck_assert_uint_eq(pem_names(&bed.pems[NEXT_KEY], bed.arena, &names), 0);
	bed_clear(&bed);
}
END_TEST

UNIT_MAIN_LOOPED("tlsa", records_are_read_as_dig_and_zones_have_them, rows, a_record_is_the_digest_of_the_key_or_of_the_authority,
    the_next_key_has_to_be_published, files_are_certificates_or_keys)
