/* The tags of a DKIM-Signature field: THE table of them, a reader each, and then what they have to be together. */
#include "dkim_signature.h"

#include <string.h>

#include "dkim_tags.h"

#define MISSING(tag) "there is no " tag ", which has to be (RFC 6376 3.5)"
#define DIGITS_MAX 76		/* of l= (RFC 6376 3.5) */

static const struct dkim_algorithm algorithms[] = {
	{ "rsa-sha256", "rsa", "sha256", false },
	{ "ed25519-sha256", "ed25519", "sha256", false },
	{ "rsa-sha1", "rsa", "sha1", true },
};
#define ALGORITHMS (sizeof(algorithms) / sizeof(*algorithms))

/* All of these: NULL, or what is wrong. */
typedef const char *tag_fn(struct dkim_signature *signature, const struct dkim_tag *tag);

static const char *
version_read(struct dkim_signature *signature, const struct dkim_tag *tag)
{
	(void)signature;
	return span_equal(tag->value, SPAN("1")) ? NULL : "v= is not 1 (RFC 6376 3.5)";
}

static const char *
algorithm_read(struct dkim_signature *signature, const struct dkim_tag *tag)
{
	for (size_t i = 0; i < ALGORITHMS; i++)
		if (span_equal(tag->value, span_of(algorithms[i].name))) {
			signature->algorithm = &algorithms[i];
			return NULL;
		}
	return "a= is an algorithm that is not known (RFC 8463 3)";
}

/* The value is kept as it stands, for b= without its value is signed too. */
static const char *
value_read(struct dkim_signature *signature, const struct dkim_tag *tag)
{
	signature->value = tag->raw;
	if (!dkim_tags_base64(tag->value, signature->octets, sizeof(signature->octets), &signature->octets_length))
		return "b= is no base64, or too much of it";
	return NULL;
}

/* A SHA-1 is shorter: what is signed with one is refused behind this. */
static const char *
body_hash_read(struct dkim_signature *signature, const struct dkim_tag *tag)
{
	size_t length;

	if (!dkim_tags_base64(tag->value, signature->body_hash, sizeof(signature->body_hash), &length))
		return "bh= is no base64, or too much of it";
	if (length < sizeof(signature->body_hash) && !signature->algorithm->is_historic)
		return "bh= is no hash of the algorithm";
	return NULL;
}

static bool
form_read(struct span text, enum dkim_form *form)
{
	*form = span_equal(text, SPAN("relaxed")) ? DKIM_RELAXED : DKIM_SIMPLE;
	return *form == DKIM_RELAXED || span_equal(text, SPAN("simple"));
}

/* HEADER/BODY, or HEADER, which leaves the body simple. */
static const char *
forms_read(struct dkim_signature *signature, const struct dkim_tag *tag)
{
	size_t slash = span_find(tag->value, '/');

	if (!form_read(span_first(tag->value, slash), &signature->header_form) ||
	    (slash < tag->value.length && !form_read(span_skip(tag->value, slash + 1), &signature->body_form)))
		return "c= is a form that is not known (RFC 6376 3.4)";
	return NULL;
}

/* domain-name = sub-domain 1*("." sub-domain) */
static const char *
domain_read(struct dkim_signature *signature, const struct dkim_tag *tag)
{
	if (!auth_name_to_ascii(tag->value, signature->domain) || strchr(signature->domain, '.') == NULL) {
		signature->domain[0] = '\0';
		return "d= is no name of a domain";
	}
	return NULL;
}

static const char *
selector_read(struct dkim_signature *signature, const struct dkim_tag *tag)
{
	if (!auth_name_to_ascii(tag->value, signature->selector))
		return "s= is no selector (RFC 6376 3.1)";
	if (strlen(signature->selector) + strlen("._domainkey.") + strlen(signature->domain) > AUTH_NAME_OCTETS)
		return "s= and d= are longer together than names can be";
	return NULL;
}

/* hdr-name, which is any printable octets but a colon; a semicolon would have ended the tag. */
static bool
is_field_name(struct span name)
{
	for (size_t i = 0; i < name.length; i++)
		if ((unsigned char)name.data[i] <= 0x20 || (unsigned char)name.data[i] >= 0x7f)
			return false;
	return name.length > 0;
}

static const char *
names_read(struct dkim_signature *signature, const struct dkim_tag *tag)
{
	struct span rest = tag->value, name;
	bool has_from = false;
	size_t count = 0;

	while (dkim_tags_cut(&rest, &name)) {
		if (!is_field_name(name))
			return "h= is no list of names of fields";
		if (++count > DKIM_SIGNED_NAMES_MAX)
			return "h= has more names than are looked for";
		has_from = has_from || span_equal_nocase(name, SPAN("From"));
	}
	signature->names = tag->value;
	return has_from ? NULL : "h= does not have From, which has to be signed (RFC 6376 5.4)";
}

static int
hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* dkim-quoted-printable undone: white space is none, =XX an octet (RFC 6376 2.11). Returns false when it is not that. */
static bool
unquote(struct span text, char *out, size_t *length)
{
	*length = 0;
	for (size_t i = 0; i < text.length; i++) {
		if (dkim_tags_is_space(text.data[i]))
			continue;
		out[*length] = text.data[i];
		if (text.data[i] == '=') {
			if (i + 2 >= text.length || hex_of(text.data[i + 1]) < 0 || hex_of(text.data[i + 2]) < 0)
				return false;
			out[*length] = (char)(hex_of(text.data[i + 1]) << 4 | hex_of(text.data[i + 2]));
			i += 2;
		}
		(*length)++;
	}
	return true;
}

/* [ Local-part ] "@" domain-name, the domain being d= or below it. */
static const char *
identity_check(struct dkim_signature *signature)
{
	struct span above = span_of(signature->domain);
	char domain[AUTH_NAME_TEXT];
	size_t at = signature->identity.length;

	while (at > 0 && signature->identity.data[at - 1] != '@')
		at--;
	if (at == 0 || !auth_name_to_ascii(span_skip(signature->identity, at), domain))
		return "i= is no address";
	if (!auth_name_is_within(span_of(domain), above))
		return "the domain of i= is neither d= nor below it (RFC 6376 3.5)";
	signature->is_of_subdomain = strlen(domain) > above.length;
	return NULL;
}

/* Returns false when it is no number. More than most is most. */
static bool
number_read(struct span digits, uint64_t most, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < digits.length; i++) {
		uint64_t digit = (uint64_t)(digits.data[i] - '0');

		if (digits.data[i] < '0' || digits.data[i] > '9')
			return false;
		*out = *out > (most - digit) / 10 ? most : *out * 10 + digit;
	}
	return digits.length > 0 && digits.length <= DIGITS_MAX;
}

static const char *
length_read(struct dkim_signature *signature, const struct dkim_tag *tag)
{
	signature->has_length = true;
	return number_read(tag->value, UINT64_MAX, &signature->length) ? NULL : "l= is no number";
}

/* TXT records are the only way to ask for a key that there is; others may stand beside it. */
static const char *
query_read(struct dkim_signature *signature, const struct dkim_tag *tag)
{
	(void)signature;
	return dkim_tags_has(tag->value, "dns/txt") ? NULL : "q= has no way to ask for keys that is known (RFC 6376 3.5)";
}

static const char *
signed_read(struct dkim_signature *signature, const struct dkim_tag *tag)
{
	uint64_t seconds;

	if (!number_read(tag->value, INT64_MAX, &seconds))
		return "t= is no time";
	signature->signed_s = (int64_t)seconds;
	return NULL;
}

static const char *
ends_read(struct dkim_signature *signature, const struct dkim_tag *tag)
{
	uint64_t seconds;

	if (!number_read(tag->value, INT64_MAX, &seconds))
		return "x= is no time";
	signature->ends_s = (int64_t)seconds;
	if (signature->signed_s != DKIM_TIME_NONE && signature->ends_s <= signature->signed_s)
		return "x= is not after t= (RFC 6376 3.5)";
	return NULL;
}

/* Read in this order: some need what was read before. i= is read apart, as it has memory of its own. */
static const struct {
	const char *name;
	const char *missing;	/* NULL = it need not be there */
	tag_fn *read;
} tags_known[] = {
	{ "v", MISSING("v="), version_read },
	{ "d", MISSING("d="), domain_read },
	{ "s", MISSING("s="), selector_read },
	{ "a", MISSING("a="), algorithm_read },
	{ "b", MISSING("b="), value_read },
	{ "bh", MISSING("bh="), body_hash_read },
	{ "h", MISSING("h="), names_read },
	{ "c", NULL, forms_read },
	{ "l", NULL, length_read },
	{ "q", NULL, query_read },
	{ "t", NULL, signed_read },
	{ "x", NULL, ends_read },
};
#define TAGS_KNOWN (sizeof(tags_known) / sizeof(*tags_known))

/* i=, or "@" and d=. */
static const char *
identity_read(struct dkim_signature *signature, const struct dkim_tag *tag, struct arena *arena)
{
	struct span above = span_of(signature->domain);
	char *text = arena_alloc(arena, (tag == NULL ? above.length : tag->value.length) + 2);
	size_t length = above.length + 1;

	if (tag == NULL) {
		text[0] = '@';
		memcpy(text + 1, above.data, above.length);
	} else if (!unquote(tag->value, text, &length)) {
		return "i= is not quoted as it has to be (RFC 6376 2.11)";
	}
	signature->identity = span_make(text, length);
	return identity_check(signature);
}

const char *
dkim_signature_read(struct span field, struct arena *arena, struct dkim_signature *signature)
{
	struct dkim_tags tags;
	const char *why = dkim_tags_read(span_skip(field, span_find(field, ':') + 1), &tags);

	*signature = (struct dkim_signature){ .signed_s = DKIM_TIME_NONE, .ends_s = DKIM_TIME_NONE };
	for (size_t i = 0; why == NULL && i < TAGS_KNOWN; i++) {
		const struct dkim_tag *tag = dkim_tags_find(&tags, tags_known[i].name);

		why = tag == NULL ? tags_known[i].missing : tags_known[i].read(signature, tag);
	}
	return why != NULL ? why : identity_read(signature, dkim_tags_find(&tags, "i"), arena);
}

const char *
dkim_signature_wrong(const struct dkim_signature *signature, int64_t now_s)
{
	if (signature->algorithm->is_historic)
		return "it is signed with rsa-sha1, which proves nothing any more (RFC 8301 3.1)";
	if (signature->ends_s != DKIM_TIME_NONE && signature->ends_s < now_s)
		return "it has expired (RFC 6376 3.5)";
	if (signature->signed_s != DKIM_TIME_NONE && signature->signed_s > now_s + DKIM_FUTURE_S)
		return "it says that it was made in the future";
	return NULL;
}
