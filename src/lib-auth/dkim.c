/* A message of our own signed: the body's hash, then the header's and the field's own, then the field whole (RFC 6376 3.5, 3.7). */
#include "auth/dkim.h"

#include <assert.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fatal.h"
#include "dkim_canon.h"
#include "dkim_field.h"
#include "internal.h"

#define FIELD "DKIM-Signature"
#define COLUMNS 77		/* of a folded line, CRLF left out */
#define NAME_MAX_OCTETS 253	/* of a name in DNS, as text */
#define LABEL_MAX_OCTETS 63
#define NUMBER_TEXT 24
#define BASE64_TEXT(octets) (((octets) + 2) / 3 * 4 + 1)

struct dkim_signer {
	const struct dkim_key *key;
	char *domain, *selector;
	struct dkim_body body;
	EVP_MD_CTX *hash;	/* of the body, then of the header */
};

/*
 * What is signed, where it is there: what people and programs read of a message (RFC 6376 5.4.1), and what says of a report whose
 * it is (RFC 8460 5.3). Fields that travel changes are not here (RFC 6376 5.4.1). Oversigned: once more than it is there, so that
 * one that was added on the way breaks the signature (RFC 6376 8.15).
 */
static const struct {
	struct span name;
	bool is_oversigned;
} signed_fields[] = {
	{ { "From", 4 }, true },
	{ { "Reply-To", 8 }, false },
	{ { "To", 2 }, false },
	{ { "Cc", 2 }, false },
	{ { "Subject", 7 }, false },
	{ { "Date", 4 }, false },
	{ { "Message-ID", 10 }, false },
	{ { "In-Reply-To", 11 }, false },
	{ { "References", 10 }, false },
	{ { "MIME-Version", 12 }, false },
	{ { "Content-Type", 12 }, false },
	{ { "Content-Transfer-Encoding", 25 }, false },
	{ { "Auto-Submitted", 14 }, false },
	{ { "TLS-Report-Domain", 17 }, false },
	{ { "TLS-Report-Submitter", 20 }, false },
};
#define SIGNED_FIELDS (sizeof(signed_fields) / sizeof(*signed_fields))

/* The field under way, in lines. */
struct folding {
	struct buf *out;
	size_t column;		/* octets of the line so far */
	bool is_full;		/* out was too small */
};

static bool
is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* sub-domain (RFC 5321 4.1.2) */
static bool
is_label(struct span label)
{
	if (label.length == 0 || label.length > LABEL_MAX_OCTETS)
		return false;
	for (size_t i = 0; i < label.length; i++)
		if (!is_letter_or_digit(label.data[i]) && (label.data[i] != '-' || i == 0 || i == label.length - 1))
			return false;
	return true;
}

static bool
is_name(struct span name)
{
	struct span label;

	if (name.length == 0)
		return false;
	while (span_cut(&name, '.', &label))
		if (!is_label(label))
			return false;
	return true;
}

const char *
dkim_names_wrong(struct span domain, struct span selector)
{
	if (!is_name(domain))
		return "the domain is not the name of one: labels of letters, digits and hyphens, in ASCII";
	if (!is_name(selector))
		return "the selector is not made of labels of letters, digits and hyphens (RFC 6376 3.1)";
	if (selector.length + strlen("._domainkey.") + domain.length > NAME_MAX_OCTETS)
		return "the name of the record (SELECTOR._domainkey.DOMAIN) is longer than names can be";
	return NULL;
}

static void
on_octets(void *arg, struct span octets)
{
	struct dkim_signer *signer = arg;

	if (EVP_DigestUpdate(signer->hash, octets.data, octets.length) != 1)
		fatal("cannot hash mail");
}

static void
hash_begin(struct dkim_signer *signer)
{
	if (EVP_DigestInit_ex(signer->hash, EVP_sha256(), NULL) != 1)
		fatal("OpenSSL has no SHA-256");
}

static void
hash_end(struct dkim_signer *signer, unsigned char digest[DKIM_DIGEST_OCTETS])
{
	if (EVP_DigestFinal_ex(signer->hash, digest, NULL) != 1)
		fatal("cannot hash mail");
}

struct dkim_signer *
dkim_signer_new(const struct dkim_key *key, const char *domain, const char *selector)
{
	struct dkim_signer *signer = must_alloc(sizeof(*signer));

	assert(dkim_names_wrong(span_of(domain), span_of(selector)) == NULL);
	signer->key = key;
	signer->domain = must_copy(domain, strlen(domain));
	signer->selector = must_copy(selector, strlen(selector));
	signer->hash = EVP_MD_CTX_new();
	if (signer->hash == NULL)
		fatal("out of memory for a hash");
	hash_begin(signer);
	dkim_body_init(&signer->body, DKIM_RELAXED, on_octets, signer);
	return signer;
}

void
dkim_signer_free(struct dkim_signer **signer)
{
	if (*signer == NULL)
		return;
	EVP_MD_CTX_free((*signer)->hash);
	free((*signer)->domain);
	free((*signer)->selector);
	free(*signer);
	*signer = NULL;
}

void
dkim_signer_body(struct dkim_signer *signer, struct span octets)
{
	dkim_body_add(&signer->body, octets);
}

static void
fold_raw(struct folding *folding, struct span octets)
{
	if (!buf_add(folding->out, octets))
		folding->is_full = true;
	folding->column += octets.length;
}

/* On to the next line. The space that begins it is part of the value, and no more than one between two tags. */
static void
fold_line(struct folding *folding)
{
	fold_raw(folding, SPAN("\r\n "));
	folding->column = 1;
}

/* A word that is not to be cut, on this line if there is room; a space in front where one is wanted. */
static void
fold_word(struct folding *folding, struct span word, bool has_space)
{
	if (folding->column + has_space + word.length > COLUMNS)
		fold_line(folding);
	else if (has_space)
		fold_raw(folding, SPAN(" "));
	fold_raw(folding, word);
}

/* A tag and its value, on one line. */
static void
fold_tag(struct folding *folding, const char *tag, const char *value)
{
	char word[NAME_MAX_OCTETS + NUMBER_TEXT];
	int length = snprintf(word, sizeof(word), "%s=%s;", tag, value);

	fold_word(folding, span_make(word, (size_t)length), true);
}

/* Base64 goes over as many lines as it needs (RFC 6376 3.2, 3.5). */
static void
fold_base64(struct folding *folding, const unsigned char *octets, size_t length)
{
	char text[BASE64_TEXT(DKIM_SIGNATURE_MAX)];
	struct span rest = span_make(text, (size_t)EVP_EncodeBlock((unsigned char *)text, octets, (int)length));

	while (rest.length > 0) {
		struct span part;

		if (folding->column >= COLUMNS)
			fold_line(folding);
		part = span_first(rest, COLUMNS - folding->column);
		fold_raw(folding, part);
		rest = span_skip(rest, part.length);
	}
}

/* How often a field is in h=: as often as it is there, and once more when nobody may add one. */
static size_t
times_signed(const struct dkim_fields *fields, size_t i)
{
	return dkim_fields_count(fields, signed_fields[i].name) + signed_fields[i].is_oversigned;
}

/* h=, a name for every field; a fold may be behind each colon. */
static void
fold_names(struct folding *folding, const struct dkim_fields *fields)
{
	size_t left = 0;
	bool is_first = true;

	for (size_t i = 0; i < SIGNED_FIELDS; i++)
		left += times_signed(fields, i);
	for (size_t i = 0; i < SIGNED_FIELDS; i++)
		for (size_t times = times_signed(fields, i); times > 0; times--) {
			char word[NUMBER_TEXT + LABEL_MAX_OCTETS];
			int length = snprintf(word, sizeof(word), "%s%.*s%s", is_first ? "h=" : "", SPAN_ARG(signed_fields[i].name),
			    --left > 0 ? ":" : ";");

			fold_word(folding, span_make(word, (size_t)length), is_first);
			is_first = false;
		}
}

/* All of the field up to "b=". */
static void
fold_tags(struct folding *folding, const struct dkim_signer *signer, const struct dkim_fields *fields, int64_t now_s,
    const unsigned char *body_digest)
{
	char now[NUMBER_TEXT];

	snprintf(now, sizeof(now), "%" PRId64, now_s);
	fold_raw(folding, SPAN(FIELD ": v=1;"));
	fold_tag(folding, "a", dkim_key_algorithm(signer->key));
	fold_tag(folding, "c", "relaxed/relaxed");
	fold_tag(folding, "d", signer->domain);
	fold_tag(folding, "s", signer->selector);
	fold_tag(folding, "t", now);
	fold_names(folding, fields);
	fold_line(folding);
	fold_raw(folding, SPAN("bh="));
	fold_base64(folding, body_digest, DKIM_DIGEST_OCTETS);
	fold_raw(folding, SPAN(";"));
	fold_line(folding);
	fold_raw(folding, SPAN("b="));
}

/* The fields in the order of h=, each the lowest that is left, and the signature's own without a value last (RFC 6376 3.7, 5.4.2). */
static void
header_hash(struct dkim_signer *signer, struct dkim_fields *fields, struct span own, unsigned char digest[DKIM_DIGEST_OCTETS])
{
	struct span field;

	hash_begin(signer);
	for (size_t i = 0; i < SIGNED_FIELDS; i++)
		while (dkim_fields_take(fields, signed_fields[i].name, &field)) {
			dkim_field_canon(DKIM_RELAXED, field, on_octets, signer);
			on_octets(signer, SPAN("\r\n"));
		}
	dkim_field_canon(DKIM_RELAXED, own, on_octets, signer);
	hash_end(signer, digest);
}

/* Returns NULL, or why not. */
static const char *
field_make(struct dkim_signer *signer, struct dkim_fields *fields, int64_t now_s, struct buf *out)
{
	unsigned char digest[DKIM_DIGEST_OCTETS], signature[DKIM_SIGNATURE_MAX];
	struct folding folding = { .out = out };
	size_t before = buf_length(out);

	if (dkim_fields_count(fields, SPAN("From")) != 1)
		return "there is not exactly one From field (RFC 5322 3.6, RFC 6376 5.4)";
	dkim_body_end(&signer->body);
	hash_end(signer, digest);
	fold_tags(&folding, signer, fields, now_s, digest);
	header_hash(signer, fields, span_skip(buf_span(out), before), digest);
	fold_base64(&folding, signature, dkim_key_sign(signer->key, digest, signature));
	fold_raw(&folding, SPAN("\r\n"));
	return folding.is_full ? "there is no room for the signature" : NULL;
}

const char *
dkim_signer_end(struct dkim_signer *signer, struct span header, int64_t now_s, struct buf *out)
{
	struct arena *arena = arena_new();
	struct dkim_fields fields;
	const char *why = dkim_fields_read(header, arena, &fields);

	if (why == NULL)
		why = field_make(signer, &fields, now_s, out);
	arena_free(&arena);
	return why;
}
