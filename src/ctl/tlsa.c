/* TLSA records: made of PEM files, read from text, and one compared with the other. */
#include "tlsa.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/hex.h"

#define RECORDS_MAX 256
#define WORDS_MAX 64		/* of a line: dig breaks long data apart */
#define DATA_OCTETS_MAX 16384

enum usage { USAGE_AUTHORITY = 2, USAGE_END = 3 };
enum selector { SELECTOR_CERTIFICATE, SELECTOR_KEY };
enum matching { MATCHING_FULL, MATCHING_SHA256, MATCHING_SHA512, MATCHINGS };

/* --- made --- */

/* What OpenSSL wrote in DER, which is freed. */
static struct span
der_take(struct arena *arena, unsigned char *der, int length)
{
	struct span copy;

	if (length <= 0)
		fatal("cannot encode a certificate or key");
	copy = arena_span(arena, span_make(der, (size_t)length));
	OPENSSL_free(der);
	return copy;
}

static struct span
certificate_der(struct arena *arena, const X509 *certificate)
{
	unsigned char *der = NULL;
	int length = i2d_X509(certificate, &der);

	return der_take(arena, der, length);
}

/* As the certificate has it, octet for octet: that is what is compared (RFC 6698 2.1.2). */
static struct span
certificate_key_der(struct arena *arena, const X509 *certificate)
{
	unsigned char *der = NULL;
	int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);

	return der_take(arena, der, length);
}

static struct span
key_der(struct arena *arena, const EVP_PKEY *key)
{
	unsigned char *der = NULL;
	int length = i2d_PUBKEY(key, &der);

	return der_take(arena, der, length);
}

static struct span
digest_make(struct arena *arena, struct span data, unsigned matching)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;

	if (matching == MATCHING_FULL)
		return data;
	if (EVP_Digest(data.data, data.length, digest, &length, matching == MATCHING_SHA256 ? EVP_sha256() : EVP_sha512(), NULL) != 1)
		fatal("cannot make a digest");
	return arena_span(arena, span_make(digest, length));
}

const char *
tlsa_make(struct arena *arena, const struct pem *pem, unsigned usage, unsigned selector, unsigned matching, struct dns_tlsa *record)
{
	const X509 *certificate = usage == USAGE_AUTHORITY ? pem_issuer(pem) : pem_leaf(pem);
	struct span data;

	if (certificate == NULL && (usage == USAGE_AUTHORITY || selector == SELECTOR_CERTIFICATE))
		return pem->chain == NULL ? "a key alone does for usage 3 and selector 1 only" :
		    "the authority that signed the certificate is not in the file: for usage 2 the server has to show it (RFC 7672 3.1.2)";
	if (certificate == NULL)
		data = key_der(arena, pem->key);
	else
		data = selector == SELECTOR_KEY ? certificate_key_der(arena, certificate) : certificate_der(arena, certificate);
	*record = (struct dns_tlsa){ (uint8_t)usage, (uint8_t)selector, (uint8_t)matching, digest_make(arena, data, matching) };
	return NULL;
}

struct span
tlsa_text(struct arena *arena, const struct dns_tlsa *record)
{
	char *text = arena_alloc(arena, 16 + 2 * record->data.length);
	int length = snprintf(text, 16, "%u %u %u ", record->usage, record->selector, record->matching);

	hex_format(record->data, text + length);
	return span_of(text);
}

/* --- read --- */

struct reading {
	struct arena *arena;
	struct complaints *complaints;
	struct tlsa_set *set;
	struct span name;	/* whose records are meant, behind the aliases that were seen */
};

/* The words of a line, comments and parentheses left out. Returns how many; more than there may be are too many. */
static size_t
words_cut(struct span line, struct span *words)
{
	size_t count = 0, start = 0;

	line = span_first(line, span_find(line, ';'));
	for (size_t i = 0; i <= line.length; i++) {
		if (i < line.length && memchr(" \t\r()", line.data[i], 5) == NULL)
			continue;
		if (i > start && count <= WORDS_MAX) {
			if (count < WORDS_MAX)
				words[count] = span_make(line.data + start, i - start);
			count++;
		}
		start = i + 1;
	}
	return count;
}

static bool
same_name(struct span a, struct span b)
{
	return span_equal_nocase(a.length > 1 && a.data[a.length - 1] == '.' ? span_first(a, a.length - 1) : a,
	    b.length > 1 && b.data[b.length - 1] == '.' ? span_first(b, b.length - 1) : b);
}

static bool
number_read(struct span word, uint8_t *number)
{
	uint64_t value;

	if (!span_to_u64(word, UINT8_MAX, &value))
		return false;
	*number = (uint8_t)value;
	return true;
}

/* Usage, selector, matching type, digits in any number of words (RFC 6698 2.2). */
static bool
record_read(struct reading *reading, const struct span *words, size_t count, struct dns_tlsa *record)
{
	struct buf digits;
	char *data;
	size_t octets;
	bool is_good = count > 3 && number_read(words[0], &record->usage) && number_read(words[1], &record->selector) &&
	    number_read(words[2], &record->matching);

	buf_init(&digits, 2 * DATA_OCTETS_MAX);
	for (size_t i = 3; i < count && is_good; i++)
		is_good = buf_add(&digits, words[i]);
	octets = buf_length(&digits) / 2;
	data = arena_alloc(reading->arena, octets + 1);
	is_good = is_good && hex_parse(buf_span(&digits), data, octets);
	record->data = span_make(data, octets);
	buf_clear(&digits);
	return is_good;
}

/* Where the type stands: behind the owner, a TTL and a class, each of which but the first may be missing. count = nowhere. */
static size_t
type_find(const struct span *words, size_t count)
{
	uint64_t ttl;
	size_t i = 1;

	while (i < count && (span_to_u64(words[i], UINT32_MAX, &ttl) || span_equal_nocase(words[i], SPAN("IN"))))
		i++;
	return i < count ? i : count;
}

static void
record_keep(struct reading *reading, unsigned line, const struct span *words, size_t count)
{
	struct tlsa_set *set = reading->set;

	if (set->count == RECORDS_MAX) {
		complaints_add(reading->complaints, set->file, line, "more records than any name should have");
		return;
	}
	if (!record_read(reading, words, count, &set->records[set->count])) {
		complaints_add(reading->complaints, set->file, line, "not a TLSA record: \"3 1 1\" and digits are expected (RFC 6698 2.2)");
		return;
	}
	set->lines[set->count++] = line;
}

static void
line_read(struct reading *reading, unsigned number, struct span line)
{
	struct span words[WORDS_MAX];
	size_t count = words_cut(line, words), type;
	uint8_t usage;

	/* `dig +short` has an alias as a name alone. */
	if (count == 0 || (count == 1 && words[0].data[words[0].length - 1] == '.'))
		return;
	if (count > WORDS_MAX) {
		complaints_add(reading->complaints, reading->set->file, number, "a line of more than %d words", WORDS_MAX);
		return;
	}
	if (count > 3 && number_read(words[0], &usage)) {
		record_keep(reading, number, words, count);
		return;
	}
	type = type_find(words, count);
	if (type == count)
		complaints_add(reading->complaints, reading->set->file, number, "not a record: a name, TLSA and its data are expected");
	else if (!same_name(words[0], reading->name))
		return;
	else if (span_equal_nocase(words[type], SPAN("CNAME")) && type + 1 < count)
		reading->name = words[type + 1];
	else if (span_equal_nocase(words[type], SPAN("TLSA")))
		record_keep(reading, number, words + type + 1, count - type - 1);
}

void
tlsa_read(struct arena *arena, const char *file, struct span text, const char *name, struct complaints *complaints, struct tlsa_set *set)
{
	struct reading reading = { arena, complaints, set, span_of(name) };
	size_t errors = complaints->errors;
	struct span line;

	*set = (struct tlsa_set){ .file = file };
	set->records = arena_alloc(arena, RECORDS_MAX * sizeof(*set->records));
	set->lines = arena_alloc(arena, RECORDS_MAX * sizeof(*set->lines));
	for (unsigned number = 1; span_cut(&text, '\n', &line); number++)
		line_read(&reading, number, line);
	if (set->count == 0 && complaints->errors == errors)
		complaints_add(complaints, file, 0, "there is no TLSA record of %s in it", name);
}

/* --- compared --- */

/* As a relay that looks it up would see it, alone. */
static bool
is_usable(struct dns_tlsa *record)
{
	const struct dns_answer answer = { .status = DNS_FOUND, .type = DNS_TLSA, .count = 1, .tlsa = record };
	struct arena *arena = arena_new();
	struct dane_set set;

	dane_judge(&answer, arena, &set);
	arena_free(&arena);
	return set.status == DANE_USABLE;
}

static bool
same_parameters(const struct dns_tlsa *a, const struct dns_tlsa *b)
{
	return a->usage == b->usage && a->selector == b->selector && a->matching == b->matching;
}

static bool
is_published(const struct tlsa_set *set, const struct dns_tlsa *record)
{
	for (uint32_t i = 0; i < set->count; i++)
		if (same_parameters(&set->records[i], record) && span_equal(set->records[i].data, record->data))
			return true;
	return false;
}

struct judging {
	const struct tlsa_set *set;
	struct arena *arena;
	struct complaints *complaints;
	bool is_usable[RECORDS_MAX], is_of_any[RECORDS_MAX];
};

/* The first usable record with its parameters stands for the others. */
static bool
is_first(const struct judging *judging, uint32_t at)
{
	for (uint32_t i = 0; i < at; i++)
		if (judging->is_usable[i] && same_parameters(&judging->set->records[i], &judging->set->records[at]))
			return false;
	return judging->is_usable[at];
}

static void
mark(struct judging *judging, const struct dns_tlsa *record)
{
	for (uint32_t i = 0; i < judging->set->count; i++)
		if (same_parameters(&judging->set->records[i], record) && span_equal(judging->set->records[i].data, record->data))
			judging->is_of_any[i] = true;
}

static void
complain_missing(struct judging *judging, const struct pem *pem, const struct dns_tlsa *record)
{
	complaints_add(judging->complaints, pem->file, 0, "its record is not in %s: publish it two TTLs before the server shows this key "
	    "(RFC 7671 8.1, 8.4): %.*s", judging->set->file, SPAN_ARG(tlsa_text(judging->arena, record)));
}

/*
 * One certificate or key against each set of parameters. What a bare key cannot have (an authority, a certificate) is not asked of
 * it, and one that nothing could be asked of has at least to be there as 3 1 1.
 */
static void
pem_judge(struct judging *judging, const struct pem *pem)
{
	uint32_t asked = 0;
	struct dns_tlsa record;

	for (uint32_t i = 0; i < judging->set->count; i++) {
		const struct dns_tlsa *published = &judging->set->records[i];
		const char *why;

		if (!is_first(judging, i))
			continue;
		why = tlsa_make(judging->arena, pem, published->usage, published->selector, published->matching, &record);
		if (why != NULL && pem->chain != NULL)
			complaints_add(judging->complaints, pem->file, 0, "%s", why);
		if (why == NULL && is_published(judging->set, &record))
			mark(judging, &record);
		else if (why == NULL)
			complain_missing(judging, pem, &record);
		asked += why == NULL || pem->chain != NULL;
	}
	if (asked == 0 && tlsa_make(judging->arena, pem, USAGE_END, SELECTOR_KEY, MATCHING_SHA256, &record) == NULL)
		complain_missing(judging, pem, &record);
}

void
tlsa_judge(const struct tlsa_set *set, const struct pem *pems, size_t count, struct complaints *complaints)
{
	struct judging *judging = must_alloc(sizeof(*judging));

	judging->set = set;
	judging->arena = arena_new();
	judging->complaints = complaints;
	for (uint32_t i = 0; i < set->count; i++)
		judging->is_usable[i] = is_usable(&set->records[i]);
	for (size_t i = 0; i < count; i++)
		pem_judge(judging, &pems[i]);
	for (uint32_t i = 0; i < set->count; i++) {
		const char *why = set->records[i].usage < USAGE_AUTHORITY ?
		    "usages 0 and 1 are unusable between mail hosts (RFC 7672 3.1.3)" :
		    !judging->is_usable[i] ? "unusable: unknown numbers, or data of the wrong length (RFC 7672 2.2)" :
		    "of none of these certificates and keys: remove it once no server shows what it is of (RFC 7671 8.1)";

		if (!judging->is_of_any[i])
			complaints_warn(complaints, set->file, set->lines[i], "%s", why);
	}
	arena_free(&judging->arena);
	free(judging);
}
