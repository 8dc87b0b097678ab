/* Tests of src/lib-tls/dane.c: what TLSA records make a server prove, and that nothing else is proof beside them. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "lib-tls/internal.h"
#include "tests/unit/lib-tls/pair.h"
#include "tests/unit/unit.h"

#define RECORDS 3

enum issuer { BY_ITSELF, BY_AUTHORITY, BY_ANCHOR, BY_MIDDLE, BY_FAINT };
enum sent { SEND_ANCHOR = 1, SEND_MIDDLE = 2, SEND_OLD = 4, SEND_FAINT = 8 };	/* behind the certificate of the server */

/* Whom a record is about; one whose octets are wrong; one without any. */
enum about { OF_LEAF, OF_OTHER, OF_AUTHORITY, OF_ANCHOR, OF_MIDDLE, OF_OLD, OF_FAINT, OF_SHORT, OF_NOTHING, ABOUT };

struct record {
	int usage, selector, matching;
	enum about about;
};

struct row {
	struct record records[RECORDS];	/* up to the first of usage 0 */
	struct pki_subject subject;
	enum issuer issuer;
	unsigned sent;
	const char *dane;		/* NULL = refused, for this reason */
	const char *reason;
	const char *text;		/* part of what people are told */
	const char *names[2];		/* none = "mx.example" */
	const char *name;		/* by which it was proved; NULL = names[0] */
};

/* The trusted authority's; one that is not trusted, one below it, that one when it was out of date, one with a short key. */
static struct pki *anchor, *middle, *old, *faint, *other;

static void
world_open(void)
{
	pair_setup();
	anchor = pki_make(&(struct pki_subject){ .common_name = "Anchor", .authority = true }, NULL);
	middle = pki_make(&(struct pki_subject){ .common_name = "Middle", .authority = true }, anchor);
	old = pki_make(&(struct pki_subject){ .common_name = "Anchor", .authority = true, .of_key = anchor, .from_days = -40,
	    .until_days = -10 }, NULL);
	faint = pki_make(&(struct pki_subject){ .common_name = "Faint", .authority = true, .key = PKI_RSA_1024 }, anchor);
	other = pki_make(&(struct pki_subject){ .common_name = "other" }, NULL);
}

static void
world_close(void)
{
	pki_free(&anchor);
	pki_free(&middle);
	pki_free(&old);
	pki_free(&faint);
	pki_free(&other);
	pair_teardown();
}

/* The octets that a record has for a certificate (RFC 6698 2.1); to be freed. */
static struct span
association_make(X509 *certificate, const struct record *record)
{
	unsigned char *der = NULL, *digest = malloc(EVP_MAX_MD_SIZE);
	unsigned length = 0;
	int der_length = record->selector == 0 ? i2d_X509(certificate, &der) : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);

	ck_assert(digest != NULL && der_length > 0);
	if (record->matching == 0) {
		free(digest);
		digest = malloc((size_t)der_length);
		ck_assert_ptr_nonnull(digest);
		memcpy(digest, der, (size_t)der_length);
		length = (unsigned)der_length;
	} else {
		const EVP_MD *method = record->matching == 2 ? EVP_sha512() : EVP_sha256();

		ck_assert_int_eq(EVP_Digest(der, (size_t)der_length, digest, &length, method, NULL), 1);
	}
	OPENSSL_free(der);
	return span_make(digest, record->about == OF_SHORT ? length - 1 : record->about == OF_NOTHING ? 0 : length);
}

static size_t
records_make(const struct record records[RECORDS], const struct pki *leaf, struct tls_tlsa tlsa[RECORDS])
{
	const struct pki *abouts[ABOUT] = { leaf, other, pair_authority, anchor, middle, old, faint, leaf, leaf };
	size_t count = 0;

	for (; count < RECORDS && records[count].usage != 0; count++)
		tlsa[count] = (struct tls_tlsa){ (unsigned char)(records[count].usage < 0 ? 0 : records[count].usage),
		    (unsigned char)records[count].selector, (unsigned char)records[count].matching,
		    association_make(abouts[records[count].about]->certificate, &records[count]) };
	return count;
}

static void
records_clear(struct tls_tlsa *tlsa, size_t count)
{
	while (count-- > 0)
		free((void *)(uintptr_t)tlsa[count].data.data);
}

static SSL_CTX *
server_make(const struct pki *leaf, unsigned sent, int version)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	const struct pki *chain[] = { middle, faint, anchor, old };
	const unsigned bits[] = { SEND_MIDDLE, SEND_FAINT, SEND_ANCHOR, SEND_OLD };

	SSL_CTX_set_security_level(context, 0);
	SSL_CTX_set_max_proto_version(context, version);
	SSL_CTX_use_certificate(context, leaf->certificate);
	SSL_CTX_use_PrivateKey(context, leaf->key);
	for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++)
		if (sent & bits[i])
			SSL_CTX_add1_chain_cert(context, chain[i]->certificate);
	return context;
}

static struct pki *
leaf_make(const struct row *row)
{
	const struct pki *issuers[] = { NULL, pair_authority, anchor, middle, faint };

	return pki_make(&row->subject, issuers[row->issuer]);
}

/* Refused, or, when the connection may go on all the same, doubted. */
static void
check_failure(const struct row *row, size_t i, struct pair *pair, bool is_soft, const struct tls_facts *facts)
{
	struct tls_failure failure;

	if (is_soft) {
		ck_assert_msg(pair->client.result == TRANSPORT_OK && pair->server.result == TRANSPORT_OK, "row %zu, soft", i);
		ck_assert_msg(!facts->authenticated, "row %zu, soft", i);
		ck_assert_msg(strcmp(facts->doubt, row->reason) == 0, "row %zu, soft: %s", i, facts->doubt);
		ck_assert_str_eq(facts->name, "");
		ck_assert_str_eq(facts->dane, "");
		ck_assert_uint_eq(strlen(facts->peer_fingerprint), 64);
		return;
	}
	ck_assert_msg(pair->client.result == TRANSPORT_ERROR, "row %zu: not refused", i);
	tls_explain(pair->client.transport, &failure);
	ck_assert_msg(strcmp(failure.reason, row->reason) == 0, "row %zu: %s (%s)", i, failure.reason, failure.text);
	ck_assert_msg(row->text == NULL || strstr(failure.text, row->text) != NULL, "row %zu: %s", i, failure.text);
	ck_assert_uint_eq(strlen(failure.peer_fingerprint), 64);
}

static void
check_success(const struct row *row, size_t i, const struct pair *pair, const struct tls_facts *facts)
{
	const char *name = row->name != NULL ? row->name : row->names[0] != NULL ? row->names[0] : "mx.example";

	ck_assert_msg(pair->client.result == TRANSPORT_OK && facts->authenticated, "row %zu: refused", i);
	ck_assert_msg(strcmp(facts->dane, row->dane) == 0, "row %zu: %s", i, facts->dane);
	ck_assert_msg(strcmp(facts->name, name) == 0, "row %zu: %s", i, facts->name);
	ck_assert_str_eq(facts->doubt, "");
}

static void
play_row(const struct row *row, size_t i, struct tls_context *client, int version, bool is_soft)
{
	struct pki *leaf = leaf_make(row);
	SSL_CTX *context = server_make(leaf, row->sent, version);
	const char *usual = "mx.example";
	struct tls_tlsa tlsa[RECORDS];
	struct tls_wish wish = { .sni = "mx.example", .authenticate = true, .tlsa = tlsa, .is_soft = is_soft,
		.names = row->names[0] == NULL ? &usual : row->names,
		.names_count = row->names[0] == NULL || row->names[1] == NULL ? 1 : 2 };
	struct tls_facts facts;
	struct pair pair;

	wish.tlsa_count = records_make(row->records, leaf, tlsa);
	pair_open(&pair);
	side_raw(&pair.server, context, true);
	pair.client.transport = tls_connect(client, pair.client.fd, &wish);
	records_clear(tlsa, wish.tlsa_count);
	pair_shake(&pair);
	tls_describe(pair.client.transport, &facts);
	if (row->dane == NULL)
		check_failure(row, i, &pair, is_soft, &facts);
	else
		check_success(row, i, &pair, &facts);
	pair_close(&pair);
	SSL_CTX_free(context);
	pki_free(&leaf);
}

static void
play_rows(const struct row *rows, size_t count)
{
	struct tls_context *client;

	world_open();
	client = pair_client(pair_authority);
	for (size_t i = 0; i < 4 * count; i++)
		play_row(&rows[i / 4], i / 4, client, i % 2 == 0 ? TLS1_3_VERSION : TLS1_2_VERSION, i % 4 >= 2);
	tls_context_free(&client);
	world_close();
}

#define PLAY(rows) play_rows(rows, sizeof(rows) / sizeof(*(rows)))
#define EE "dane-ee"
#define TA "dane-ta"
#define MISMATCH NULL, "dane-mismatch"

/* RFC 7672 3.1.1: the certificate itself is named, and nothing else of it counts (standards.md D20, D30, D35, V15). */
START_TEST(a_record_of_usage_3_names_the_certificate_and_no_more)
{
	static const struct row rows[] = {
		/* V15 */
		{ { { 3, 1, 1, OF_LEAF } }, { .names = "DNS:mx.example" }, BY_ITSELF, 0, EE },
		{ { { 3, 1, 1, OF_OTHER } }, { .names = "DNS:mx.example" }, BY_ITSELF, 0, MISMATCH, "its own would be 3 1 1 " },
		{ { { 3, 1, 1, OF_LEAF } }, { .names = "DNS:wrong.example", .from_days = -40, .until_days = -10 }, BY_ITSELF, 0, EE },
		{ { { 3, 1, 1, OF_SHORT } }, { .names = "DNS:mx.example" }, BY_ITSELF, 0, MISMATCH },
		{ { { 3, 1, 1, OF_LEAF }, { 3, 1, 2, OF_OTHER } }, { .names = "DNS:mx.example" }, BY_ITSELF, 0, MISMATCH },
		/* D30: no name, no date, no issuer, no purpose; D35: both selectors, all matching types */
		{ { { 3, 1, 1, OF_LEAF } }, { 0 }, BY_ITSELF, 0, EE },
		{ { { 3, 0, 1, OF_LEAF } }, { .from_days = -40, .until_days = -10 }, BY_ITSELF, 0, EE },
		{ { { 3, 0, 2, OF_LEAF } }, { .from_days = 10, .until_days = 40 }, BY_ITSELF, 0, EE },
		{ { { 3, 1, 2, OF_LEAF } }, { .purpose = "clientAuth" }, BY_ITSELF, 0, EE },
		{ { { 3, 0, 0, OF_LEAF } }, { .names = "DNS:wrong.example" }, BY_ANCHOR, 0, EE },
		{ { { 3, 1, 0, OF_LEAF } }, { .names = "DNS:wrong.example" }, BY_AUTHORITY, SEND_OLD, EE },
		{ { { 3, 1, 1, OF_LEAF } }, { .digest = "SHA1" }, BY_ITSELF, 0, EE },	/* nobody relies on that signature */
		{ { { 3, 1, 1, OF_LEAF } }, { .key = PKI_RSA }, BY_ITSELF, 0, EE },
		{ { { 3, 1, 1, OF_LEAF } }, { .authority = true }, BY_ITSELF, 0, EE },
		/* but a key under the floor is no proof of anything */
		{ { { 3, 1, 1, OF_LEAF } }, { .key = PKI_RSA_1024 }, BY_ITSELF, 0, NULL, "key-weak" },
		/* D20: what the trusted authorities say does not count beside a mismatch */
		{ { { 3, 1, 1, OF_OTHER } }, { .names = "DNS:mx.example" }, BY_AUTHORITY, 0, MISMATCH, "issued by CN=Test authority" },
		{ { { 3, 0, 1, OF_ANCHOR } }, { .names = "DNS:mx.example" }, BY_ANCHOR, SEND_ANCHOR, MISMATCH },
		{ { { 3, 0, 1, OF_OTHER } }, { .names = "DNS:mx.example" }, BY_ITSELF, 0, MISMATCH },
		{ { { 3, 0, 0, OF_OTHER } }, { .names = "DNS:mx.example" }, BY_ITSELF, 0, MISMATCH },
		/* whom it is proved to be is the base domain, whatever names the certificate has */
		{ { { 3, 1, 1, OF_LEAF } }, { .names = "DNS:example.org" }, BY_ITSELF, 0, EE, .names = { "mx.example", "example.org" },
		    .name = "mx.example" },
	};

	PLAY(rows);
}
END_TEST

/* RFC 7672 3.1.2, 3.2.2, 3.2.3 (standards.md D31-D33, D35, DX6). */
START_TEST(a_record_of_usage_2_names_an_authority_of_the_chain)
{
	static const struct row rows[] = {
		{ { { 2, 0, 1, OF_ANCHOR } }, { .names = "DNS:mx.example" }, BY_ANCHOR, SEND_ANCHOR, TA },
		{ { { 2, 1, 1, OF_ANCHOR } }, { .names = "DNS:mx.example" }, BY_ANCHOR, SEND_ANCHOR, TA },
		{ { { 2, 1, 2, OF_ANCHOR } }, { .names = "DNS:mx.example" }, BY_MIDDLE, SEND_MIDDLE | SEND_ANCHOR, TA },
		{ { { 2, 1, 1, OF_MIDDLE } }, { .names = "DNS:mx.example" }, BY_MIDDLE, SEND_MIDDLE, TA },	/* D35 */
		{ { { 2, 0, 1, OF_AUTHORITY } }, { .names = "DNS:mx.example" }, BY_AUTHORITY, 0, MISMATCH },	/* known here, not sent */
		{ { { 2, 0, 1, OF_ANCHOR } }, { .names = "DNS:mx.example" }, BY_ANCHOR, 0, MISMATCH },		/* D31: digest alone */
		{ { { 2, 0, 1, OF_ANCHOR } }, { .names = "DNS:mx.example" }, BY_MIDDLE, SEND_ANCHOR, MISMATCH },	/* a gap */
		{ { { 2, 0, 0, OF_ANCHOR } }, { .names = "DNS:mx.example" }, BY_ANCHOR, 0, TA },	/* D31: it is in the DNS */
		{ { { 2, 0, 0, OF_ANCHOR } }, { .names = "DNS:mx.example" }, BY_MIDDLE, SEND_MIDDLE, TA },
		{ { { 2, 1, 0, OF_ANCHOR } }, { .names = "DNS:mx.example" }, BY_ANCHOR, 0, TA },	/* its key is */
		{ { { 2, 1, 0, OF_OTHER } }, { .names = "DNS:mx.example" }, BY_ANCHOR, SEND_ANCHOR, MISMATCH },
		{ { { 2, 0, 0, OF_MIDDLE } }, { .names = "DNS:mx.example" }, BY_MIDDLE, 0, TA },
		{ { { 2, 0, 0, OF_OTHER } }, { .names = "DNS:mx.example" }, BY_ANCHOR, SEND_ANCHOR, MISMATCH },
		{ { { 2, 0, 1, OF_LEAF } }, { .names = "DNS:mx.example", .authority = true }, BY_ITSELF, 0,
		    MISMATCH },	/* it has no authority */
		{ { { 2, 0, 1, OF_ANCHOR } }, { .names = "DNS:mx.example" }, BY_AUTHORITY, SEND_ANCHOR,
		    MISMATCH },	/* named and sent, but not the issuer */
		/* D31: dates count, with OpenSSL those of the authority too */
		{ { { 2, 0, 1, OF_ANCHOR } }, { .names = "DNS:mx.example", .from_days = -40, .until_days = -10 }, BY_ANCHOR, SEND_ANCHOR,
		    NULL, "certificate-expired", " until 20" },
		{ { { 2, 0, 1, OF_ANCHOR } }, { .names = "DNS:mx.example", .from_days = 10, .until_days = 40 }, BY_ANCHOR, SEND_ANCHOR,
		    NULL, "certificate-not-yet-valid" },
		{ { { 2, 0, 1, OF_OLD } }, { .names = "DNS:mx.example" }, BY_ANCHOR, SEND_OLD, NULL, "certificate-expired" },
		{ { { 2, 0, 0, OF_OLD } }, { .names = "DNS:mx.example" }, BY_ANCHOR, 0, NULL, "certificate-expired" },
		/* D31: so do names */
		{ { { 2, 0, 1, OF_ANCHOR } }, { .names = "DNS:wrong.example" }, BY_ANCHOR, SEND_ANCHOR, NULL, "certificate-name-mismatch",
		    "it is for wrong.example" },
		{ { { 2, 1, 0, OF_ANCHOR } }, { .names = "DNS:wrong.example" }, BY_ANCHOR, 0, NULL, "certificate-name-mismatch" },
		{ { { 2, 0, 1, OF_ANCHOR } }, { 0 }, BY_ANCHOR, SEND_ANCHOR, NULL, "certificate-name-mismatch" },
		/* D32: any of the names */
		{ { { 2, 0, 1, OF_ANCHOR } }, { .names = "DNS:example.org" }, BY_ANCHOR, SEND_ANCHOR, TA,
		    .names = { "mx.example", "example.org" }, .name = "example.org" },
		{ { { 2, 0, 1, OF_ANCHOR } }, { .names = "DNS:example.org,DNS:mx.example" }, BY_ANCHOR, SEND_ANCHOR, TA,
		    .names = { "mx.example", "example.org" } },
		/* D33: the common name, where there is no DNS-ID; wildcards as a whole label */
		{ { { 2, 0, 1, OF_ANCHOR } }, { .common_name = "mx.example" }, BY_ANCHOR, SEND_ANCHOR, TA },
		{ { { 2, 0, 1, OF_ANCHOR } }, { .common_name = "mx.example", .names = "IP:192.0.2.1" }, BY_ANCHOR, SEND_ANCHOR, TA },
		{ { { 2, 0, 1, OF_ANCHOR } }, { .common_name = "mx.example", .names = "DNS:wrong.example" }, BY_ANCHOR, SEND_ANCHOR,
		    NULL, "certificate-name-mismatch" },
		{ { { 2, 0, 1, OF_ANCHOR } }, { .names = "DNS:*.a.example" }, BY_ANCHOR, SEND_ANCHOR, TA, .names = { "mx.a.example" } },
		{ { { 2, 0, 1, OF_ANCHOR } }, { .names = "DNS:m*.a.example" }, BY_ANCHOR, SEND_ANCHOR, NULL, "certificate-name-mismatch",
		    .names = { "mx.a.example" } },
		{ { { 2, 0, 1, OF_ANCHOR } }, { .names = "DNS:*.a.example" }, BY_ANCHOR, SEND_ANCHOR, NULL, "certificate-name-mismatch",
		    .names = { "x.mx.a.example" } },
		{ { { 2, 0, 1, OF_ANCHOR } }, { .common_name = "m*.a.example" }, BY_ANCHOR, SEND_ANCHOR, NULL, "certificate-name-mismatch",
		    .names = { "mx.a.example" } },
		{ { { 2, 0, 1, OF_ANCHOR } }, { .raw_name = { "mx.example\0.evil.example", 24 } }, BY_ANCHOR, SEND_ANCHOR,
		    NULL, "certificate-name-mismatch" },
		/* the floor is that of any chain */
		{ { { 2, 0, 1, OF_ANCHOR } }, { .names = "DNS:mx.example", .digest = "SHA1" }, BY_ANCHOR, SEND_ANCHOR,
		    NULL, "signature-weak" },
		{ { { 2, 0, 1, OF_ANCHOR } }, { .names = "DNS:mx.example", .key = PKI_RSA_1024 }, BY_ANCHOR, SEND_ANCHOR,
		    NULL, "key-weak" },
		{ { { 2, 0, 1, OF_ANCHOR } }, { .names = "DNS:mx.example" }, BY_FAINT, SEND_FAINT | SEND_ANCHOR, NULL, "key-weak" },
		{ { { 2, 0, 1, OF_FAINT } }, { .names = "DNS:mx.example" }, BY_FAINT, SEND_FAINT, NULL, "key-weak" },
		{ { { 2, 0, 1, OF_ANCHOR } }, { .names = "DNS:mx.example", .purpose = "clientAuth" }, BY_ANCHOR, SEND_ANCHOR,
		    NULL, "certificate-wrong-purpose" },
		/* a name that OpenSSL would read as any name below, or as none */
		{ { { 2, 0, 1, OF_ANCHOR } }, { .names = "DNS:mx.example" }, BY_ANCHOR, SEND_ANCHOR, NULL, "certificate-name-mismatch",
		    .names = { ".example" } },
		{ { { 2, 0, 1, OF_ANCHOR } }, { .names = "DNS:mx.example" }, BY_ANCHOR, SEND_ANCHOR, NULL, "certificate-name-mismatch",
		    .names = { "" } },
		{ { { 3, 1, 1, OF_LEAF } }, { .names = "DNS:mx.example" }, BY_ANCHOR, SEND_ANCHOR, NULL, "certificate-name-mismatch",
		    .names = { ".example", "mx.example" } },
	};

	PLAY(rows);
}
END_TEST

/* RFC 7671 9: of one usage and selector whole data and the strongest digest count (standards.md D23). */
START_TEST(several_records_are_weighed_as_rfc_7671_says)
{
	static const struct row rows[] = {
		{ { { 3, 1, 1, OF_OTHER }, { 3, 1, 1, OF_LEAF } }, { 0 }, BY_ITSELF, 0, EE },	/* a key that is being rolled over */
		{ { { 3, 1, 1, OF_LEAF }, { 3, 1, 2, OF_OTHER } }, { 0 }, BY_ITSELF, 0, MISMATCH },
		{ { { 3, 1, 2, OF_OTHER }, { 3, 1, 1, OF_LEAF } }, { 0 }, BY_ITSELF, 0, MISMATCH },
		{ { { 3, 1, 1, OF_OTHER }, { 3, 1, 2, OF_LEAF } }, { 0 }, BY_ITSELF, 0, EE },
		{ { { 3, 1, 1, OF_LEAF }, { 3, 1, 2, OF_OTHER }, { 3, 1, 0, OF_LEAF } }, { 0 }, BY_ITSELF, 0, EE },
		{ { { 3, 0, 2, OF_OTHER }, { 3, 1, 1, OF_LEAF } }, { 0 }, BY_ITSELF, 0, EE },	/* another selector */
		{ { { 3, 0, 0, OF_OTHER }, { 3, 0, 1, OF_LEAF } }, { 0 }, BY_ITSELF, 0, EE },	/* whole data do not outdo a digest */
		{ { { 2, 0, 1, OF_OTHER }, { 3, 1, 1, OF_LEAF } }, { 0 }, BY_ITSELF, 0, EE },
		{ { { 3, 1, 1, OF_OTHER }, { 2, 0, 1, OF_ANCHOR } }, { .names = "DNS:mx.example" }, BY_ANCHOR, SEND_ANCHOR, TA },
		{ { { 3, 1, 1, OF_LEAF }, { 2, 0, 1, OF_ANCHOR } }, { .names = "DNS:wrong.example" }, BY_ANCHOR, SEND_ANCHOR, EE },
		{ { { 3, 1, 1, OF_OTHER }, { 2, 0, 1, OF_ANCHOR } }, { .names = "DNS:wrong.example" }, BY_ANCHOR, SEND_ANCHOR,
		    NULL, "certificate-name-mismatch" },
	};

	PLAY(rows);
}
END_TEST

/*
 * What policy/dane.h leaves out is left out here once more; and of a set of which nothing is left nobody is authenticated, though OpenSSL
 * would then ask the trusted authorities (standards.md D22, D36).
 */
START_TEST(records_that_cannot_be_used_prove_nothing)
{
	static const struct row rows[] = {
		{ { { 1, 1, 1, OF_LEAF } }, { .names = "DNS:mx.example" }, BY_AUTHORITY, 0, MISMATCH },
		{ { { -1, 0, 1, OF_AUTHORITY } }, { .names = "DNS:mx.example" }, BY_AUTHORITY, 0, MISMATCH },
		{ { { 4, 1, 1, OF_LEAF } }, { .names = "DNS:mx.example" }, BY_AUTHORITY, 0, MISMATCH },
		{ { { 3, 2, 1, OF_LEAF } }, { .names = "DNS:mx.example" }, BY_AUTHORITY, 0, MISMATCH },
		{ { { 3, 1, 9, OF_LEAF } }, { .names = "DNS:mx.example" }, BY_AUTHORITY, 0, MISMATCH },
		{ { { 3, 1, 1, OF_SHORT } }, { .names = "DNS:mx.example" }, BY_AUTHORITY, 0, MISMATCH },
		{ { { 3, 0, 0, OF_SHORT } }, { .names = "DNS:mx.example" }, BY_AUTHORITY, 0, MISMATCH },
		{ { { 3, 0, 0, OF_NOTHING } }, { .names = "DNS:mx.example" }, BY_AUTHORITY, 0, MISMATCH },
		{ { { 2, 1, 0, OF_NOTHING } }, { .names = "DNS:mx.example" }, BY_AUTHORITY, 0, MISMATCH },
		{ { { 1, 1, 1, OF_LEAF }, { 3, 1, 1, OF_OTHER } }, { .names = "DNS:mx.example" }, BY_AUTHORITY, 0, MISMATCH },
		{ { { -1, 0, 1, OF_AUTHORITY }, { 2, 0, 1, OF_ANCHOR } }, { .names = "DNS:mx.example" }, BY_AUTHORITY, 0, MISMATCH },
		{ { { 3, 1, 9, OF_OTHER }, { 3, 1, 1, OF_LEAF } }, { .names = "DNS:mx.example" }, BY_ITSELF, 0, EE },
		/* D23: what cannot be used does not count as the strongest */
		{ { { 3, 1, 1, OF_LEAF }, { 3, 1, 2, OF_SHORT } }, { .names = "DNS:mx.example" }, BY_ITSELF, 0, EE },
	};

	PLAY(rows);
}
END_TEST

/* The trust file may hold the very certificate: even that is no proof beside records. */
START_TEST(a_trusted_certificate_does_not_rescue_a_mismatch)
{
	static const struct record sets[][RECORDS] = {
		{ { 3, 1, 1, OF_OTHER } }, { { 2, 0, 1, OF_OTHER } }, { { 2, 0, 0, OF_OTHER } }, { { 2, 1, 0, OF_OTHER } },
		{ { 2, 0, 1, OF_OTHER }, { 3, 1, 1, OF_OTHER } }, { { 3, 1, 1, OF_SHORT } },
	};
	struct tls_context *client;

	world_open();
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
		struct pki *leaf = pki_make(&(struct pki_subject){ .names = "DNS:mx.example" }, NULL);
		SSL_CTX *context = server_make(leaf, 0, TLS1_3_VERSION);
		const char *name = "mx.example";
		struct tls_tlsa tlsa[RECORDS];
		struct tls_wish wish = { .authenticate = true, .names = &name, .names_count = 1, .tlsa = tlsa };
		struct tls_failure failure;
		struct pair pair;

		client = pair_client(leaf);
		for (int with_records = 0; with_records < 2; with_records++) {
			wish.tlsa_count = with_records ? records_make(sets[i], leaf, tlsa) : 0;
			pair_open(&pair);
			side_raw(&pair.server, context, true);
			pair.client.transport = tls_connect(client, pair.client.fd, &wish);
			ck_assert_msg(pair_shake(&pair) == !with_records, "set %zu", i);
			tls_explain(pair.client.transport, &failure);
			ck_assert_msg(!with_records || strcmp(failure.reason, "dane-mismatch") == 0, "set %zu: %s (%s)", i, failure.reason,
			    failure.text);
			pair_close(&pair);
			records_clear(tlsa, wish.tlsa_count);
		}
		tls_context_free(&client);
		SSL_CTX_free(context);
		pki_free(&leaf);
	}
	world_close();
}
END_TEST

/* What is asked for by SNI is the caller's to say (RFC 7672 8.1; standards.md D34). */
START_TEST(sni_is_as_wished_for)
{
	static const char *const names[] = { "mx.example", "other.example", "", NULL };
	struct tls_context *server, *client;

	world_open();
	server = pair_server(pair_leaf, false, false);
	client = pair_client(pair_authority);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct record records[RECORDS] = { { 3, 1, 1, OF_LEAF } };
		const char *base = "mx.example";
		struct tls_tlsa tlsa[RECORDS];
		struct tls_wish wish = { .sni = names[i], .authenticate = true, .names = &base, .names_count = 1, .tlsa = tlsa };
		struct tls_facts facts;
		struct pair pair;

		wish.tlsa_count = records_make(records, pair_leaf, tlsa);
		pair_open(&pair);
		pair.client.transport = tls_connect(client, pair.client.fd, &wish);
		pair.server.transport = tls_accept(server, pair.server.fd);
		ck_assert(pair_shake(&pair));
		tls_describe(pair.server.transport, &facts);
		ck_assert_str_eq(facts.sni, names[i] == NULL ? "" : names[i]);
		ck_assert_str_eq(facts.dane, "");
		ck_assert_str_eq(facts.doubt, "");
		pair_close(&pair);
		records_clear(tlsa, wish.tlsa_count);
	}
	tls_context_free(&server);
	tls_context_free(&client);
	world_close();
}
END_TEST

/* Level encrypt asks for nothing, whatever records are at hand (standards.md D21). */
START_TEST(without_authentication_records_do_not_count)
{
	const struct record records[RECORDS] = { { 3, 1, 1, OF_OTHER } };
	struct tls_context *server, *client;
	struct tls_tlsa tlsa[RECORDS];
	struct tls_wish wish = { .sni = "mx.example", .tlsa = tlsa };
	struct tls_facts facts;
	struct pair pair;

	world_open();
	server = pair_server(pair_leaf, false, false);
	client = pair_client(pair_authority);
	wish.tlsa_count = records_make(records, pair_leaf, tlsa);
	pair_open(&pair);
	pair.client.transport = tls_connect(client, pair.client.fd, &wish);
	pair.server.transport = tls_accept(server, pair.server.fd);
	ck_assert(pair_shake(&pair));
	tls_describe(pair.client.transport, &facts);
	ck_assert(!facts.authenticated);
	ck_assert_str_eq(facts.dane, "");
	ck_assert_str_eq(facts.doubt, "");
	pair_close(&pair);
	records_clear(tlsa, wish.tlsa_count);
	tls_context_free(&server);
	tls_context_free(&client);
	world_close();
}
END_TEST

static struct tls_session *kept;
static int sessions_seen;

static void
on_session(void *arg, struct tls_session *session)
{
	(void)arg;
	sessions_seen++;
	tls_session_free(&kept);
	kept = session;
}

/* What one visit asks for: a name, with these records. */
struct demand {
	enum { ANYONE, NAMED, NAMED_SOFT, RECORDED, RECORDED_SOFT } kind;
	enum about about;	/* of a record 3 1 1 */
	const char *name;
};

/* One visit with whatever session is kept; takes in the ticket. Returns whether the handshake went well. */
static bool
visit(struct tls_context *client, struct tls_context *server, const struct demand *demand, struct tls_facts *facts)
{
	const struct record records[RECORDS] = { { 3, 1, 1, demand->about } };
	const char *name = demand->name == NULL ? "mx.example" : demand->name;
	struct tls_tlsa tlsa[RECORDS];
	struct tls_wish wish = { .sni = "mx.example", .authenticate = demand->kind != ANYONE, .names = &name, .names_count = 1,
		.is_soft = demand->kind == NAMED_SOFT || demand->kind == RECORDED_SOFT, .resume = kept, .on_session = on_session };
	size_t count = records_make(records, pair_leaf, tlsa), done;
	struct pair pair;
	char octet;
	bool is_laid;

	wish.tlsa = tlsa;
	wish.tlsa_count = demand->kind >= RECORDED ? count : 0;
	pair_open(&pair);
	pair.client.transport = tls_connect(client, pair.client.fd, &wish);
	pair.server.transport = tls_accept(server, pair.server.fd);
	is_laid = pair_shake(&pair);
	tls_describe(pair.client.transport, facts);
	if (is_laid) {
		ck_assert_int_eq(pair.server.transport->write(pair.server.transport, "x", 1, &done), TRANSPORT_OK);
		ck_assert_int_eq(pair.client.transport->read(pair.client.transport, &octet, 1, &done), TRANSPORT_OK);
		pair.client.transport->end(pair.client.transport);
	}
	pair_close(&pair);
	records_clear(tlsa, count);
	return is_laid;
}

/* standards.md D44: records may have changed since; and a soft handshake is no proof for a later one. */
START_TEST(no_session_stands_in_for_a_proof)
{
	static const struct {
		struct demand first, then;
		int sessions;		/* that the first visit leaves */
		bool is_laid, resumed, authenticated;	/* the second */
		const char *dane, *doubt;
	} rows[] = {
		{ { RECORDED, OF_LEAF }, { RECORDED, OF_LEAF }, 0, true, false, true, EE, "" },
		{ { RECORDED, OF_LEAF }, { RECORDED, OF_OTHER }, 0, false, false, false, "", "" },
		{ { RECORDED, OF_LEAF }, { NAMED }, 0, true, false, true, "", "" },
		{ { NAMED }, { RECORDED, OF_LEAF }, 1, true, false, true, EE, "" },
		{ { NAMED }, { RECORDED, OF_OTHER }, 1, false, false, false, "", "" },
		{ { NAMED }, { RECORDED_SOFT, OF_OTHER }, 1, true, false, false, "", "dane-mismatch" },
		{ { RECORDED_SOFT, OF_OTHER }, { NAMED }, 0, true, false, true, "", "" },
		{ { RECORDED_SOFT, OF_LEAF }, { NAMED }, 0, true, false, true, "", "" },
		{ { NAMED }, { NAMED_SOFT }, 1, true, true, true, "", "" },
		{ { NAMED }, { NAMED_SOFT, .name = "no.example" }, 1, true, false, false, "", "certificate-name-mismatch" },
		{ { NAMED_SOFT }, { NAMED }, 1, true, false, true, "", "" },
		{ { NAMED_SOFT }, { NAMED_SOFT }, 1, true, false, true, "", "" },
		{ { NAMED_SOFT, .name = "no.example" }, { NAMED, .name = "no.example" }, 1, false, false, false, "", "" },
		{ { NAMED_SOFT, .name = "no.example" }, { NAMED_SOFT, .name = "no.example" }, 1, true, false, false, "",
		    "certificate-name-mismatch" },
		{ { NAMED_SOFT, .name = "no.example" }, { NAMED }, 1, true, false, true, "", "" },
		{ { NAMED_SOFT, .name = "no.example" }, { ANYONE }, 1, true, true, false, "", "" },
		{ { ANYONE }, { NAMED_SOFT }, 1, true, false, true, "", "" },
		{ { ANYONE }, { RECORDED, OF_LEAF }, 1, true, false, true, EE, "" },
	};
	struct tls_context *server, *client;

	world_open();
	server = pair_server(pair_leaf, true, false);
	client = pair_client(pair_authority);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct tls_facts facts;

		sessions_seen = 0;
		ck_assert(visit(client, server, &rows[i].first, &facts));
		ck_assert_msg(sessions_seen == rows[i].sessions, "row %zu: %d sessions", i, sessions_seen);
		ck_assert_msg(visit(client, server, &rows[i].then, &facts) == rows[i].is_laid, "row %zu", i);
		ck_assert_msg(facts.resumed == rows[i].resumed, "row %zu", i);
		ck_assert_msg(facts.authenticated == rows[i].authenticated, "row %zu", i);
		ck_assert_msg(strcmp(facts.dane, rows[i].dane) == 0, "row %zu: %s", i, facts.dane);
		ck_assert_msg(!rows[i].is_laid || strcmp(facts.doubt, rows[i].doubt) == 0, "row %zu: %s", i, facts.doubt);
		tls_session_free(&kept);
	}
	tls_context_free(&server);
	tls_context_free(&client);
	world_close();
}
END_TEST

UNIT_MAIN("dane", a_record_of_usage_3_names_the_certificate_and_no_more, a_record_of_usage_2_names_an_authority_of_the_chain,
    several_records_are_weighed_as_rfc_7671_says, records_that_cannot_be_used_prove_nothing,
    a_trusted_certificate_does_not_rescue_a_mismatch, sni_is_as_wished_for, without_authentication_records_do_not_count,
    no_session_stands_in_for_a_proof)
