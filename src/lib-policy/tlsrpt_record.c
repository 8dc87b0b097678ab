/*
 * The record that asks for reports on TLS, strictly (RFC 8460 3). It is a stranger's, and what it names is written to:
 * nothing passes that could add a recipient, a header field, or a user's name and password.
 */
#include "policy/tlsrpt.h"

#include <string.h>

#define RECORD_BEGIN "v=TLSRPTv1;"	/* what is not meant does not begin so */
#define NAME_MOST 32			/* octets of an extension's name */
#define LOCAL_MOST 64			/* octets of a local part (RFC 5321 4.5.3.1.1) */
#define DOMAIN_MOST 253
#define HTTPS_PORT 443

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alphanumeric(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* strchr() without the NUL, which it finds in every string. */
static bool
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* --- names and addresses --- */

static bool
label_is_valid(struct span label, const char *extra)
{
	if (label.length == 0 || label.length > 63 || label.data[0] == '-' || label.data[label.length - 1] == '-')
		return false;
	for (size_t i = 0; i < label.length; i++)
		if (!is_alphanumeric(label.data[i]) && !is_one_of(label.data[i], extra))
			return false;
	return true;
}

static bool
labels_are_valid(struct span name, const char *extra)
{
	struct span rest = name, label;

	if (name.length == 0 || name.length > DOMAIN_MOST || name.data[name.length - 1] == '.')
		return false;
	while (span_cut(&rest, '.', &label))
		if (!label_is_valid(label, extra))
			return false;
	return true;
}

bool
tlsrpt_domain_is_valid(struct span domain)
{
	return labels_are_valid(domain, "-_");
}

/* The last label begins with a digit: that is an address, however it is written ("127.1", "0x7f.0x1"), as no top-level domain does. */
static bool
is_number(struct span host)
{
	size_t at = host.length;

	while (at > 0 && host.data[at - 1] != '.')
		at--;
	return at < host.length && is_digit(host.data[at]);
}

/* A name that mail or a request may be sent to. */
static bool
host_is_valid(struct span host)
{
	return labels_are_valid(host, "-") && !is_number(host);
}

/*
 * Words of letters, digits and some signs, with dots between (RFC 5321 4.1.2). In front, a sign with which mail systems have been
 * talked into files, programs and options is no part of an address that is meant.
 */
static bool
local_is_valid(struct span local)
{
	struct span rest = local, atom;

	if (local.length == 0 || local.length > LOCAL_MOST || local.data[local.length - 1] == '.' || is_one_of(local.data[0], "/|-"))
		return false;
	while (span_cut(&rest, '.', &atom)) {
		if (atom.length == 0)
			return false;
		for (size_t i = 0; i < atom.length; i++)
			if (!is_alphanumeric(atom.data[i]) && !is_one_of(atom.data[i], "!#$%&'*+-/=?^_`{|}~"))
				return false;
	}
	return true;
}

bool
tlsrpt_address_is_valid(struct span address)
{
	size_t at = span_find(address, '@');

	return address.length <= TLSRPT_ADDRESS_OCTETS && at < address.length && local_is_valid(span_first(address, at)) &&
	    host_is_valid(span_skip(address, at + 1));
}

/* --- URIs --- */

static int
hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The octets of any URI (RFC 3986 2), of which a record has to encode "!", "," and ";" (RFC 8460 3). */
static bool
uri_is_valid(struct span uri)
{
	for (size_t i = 0; i < uri.length; i++) {
		if (uri.data[i] == '%') {
			if (i + 2 >= uri.length || hex_value(uri.data[i + 1]) < 0 || hex_value(uri.data[i + 2]) < 0)
				return false;
			i += 2;
		} else if (!is_alphanumeric(uri.data[i]) && !is_one_of(uri.data[i], "-._~:/?#[]@$&'()*+=")) {
			return false;
		}
	}
	return true;
}

/* %40 and the like as the octets they stand for; the URI is valid. */
static struct span
percent_decode(struct arena *arena, struct span text)
{
	char *out = arena_alloc(arena, text.length + 1);
	size_t length = 0;

	for (size_t i = 0; i < text.length; i++) {
		if (text.data[i] == '%') {
			out[length++] = (char)(hex_value(text.data[i + 1]) << 4 | hex_value(text.data[i + 2]));
			i += 2;
		} else {
			out[length++] = text.data[i];
		}
	}
	return span_make(out, length);
}

static struct span
before(struct span text, char separator)
{
	return span_first(text, span_find(text, separator));
}

/*
 * "mailto:a%2Bb@example.org?subject=x": header fields are unsafe and are dropped unread (RFC 6068 4), so that nobody is copied.
 * A comma, even encoded, would begin another address: it is in none that passes.
 */
static const char *
mailto_take(struct arena *arena, struct span uri, struct tlsrpt_target *target)
{
	struct span address = percent_decode(arena, before(before(span_skip(uri, strlen("mailto:")), '#'), '?'));
	size_t at = span_find(address, '@');
	char *text;

	if (!tlsrpt_address_is_valid(address))
		return "a mailto URI has not exactly one plain address (RFC 8460 3, RFC 6068 2)";
	text = arena_copy(arena, address);
	target->host = arena_lower(arena, span_skip(address, at + 1));
	memcpy(text + at + 1, target->host.data, target->host.length);
	target->text = span_make(text, address.length);
	return NULL;
}

/* "host", "host:8443": what follows "https://". */
static const char *
authority_take(struct arena *arena, struct span authority, struct tlsrpt_target *target)
{
	struct span rest = authority, host;
	uint64_t port = HTTPS_PORT;

	if (span_find(authority, '@') < authority.length)
		return "an https URI has a user's name in it";
	if (span_starts(authority, SPAN("[")))
		return "an https URI names an address instead of a host";
	if (!span_cut(&rest, ':', &host) || !labels_are_valid(host, "-"))
		return "an https URI names no host (RFC 3986 3.2)";
	if (is_number(host))
		return "an https URI names an address instead of a host";
	/* "host:" is legal, and says nothing. */
	if (rest.length > 0 && (!span_to_u64(rest, UINT16_MAX, &port) || port == 0))
		return "an https URI has a port that is none (RFC 3986 3.2.3)";
	target->host = arena_lower(arena, host);
	target->port = (uint16_t)port;
	return NULL;
}

static const char *
https_take(struct arena *arena, struct span uri, struct tlsrpt_target *target)
{
	struct span whole = before(uri, '#');
	struct span rest = span_skip(whole, strlen("https://"));
	struct span authority = before(before(rest, '/'), '?');
	struct span path = span_skip(rest, authority.length);
	const char *wrong = authority_take(arena, authority, target);
	size_t begin = strlen("https://") + authority.length;
	char *text;

	if (wrong != NULL)
		return wrong;
	for (size_t i = 0; i < path.length; i++)
		if (is_one_of(path.data[i], "[]"))
			return "a URI has octets that none may have (RFC 3986 2)";
	text = arena_copy(arena, arena_lower(arena, whole));
	memcpy(text + begin, path.data, path.length);
	target->text = span_make(text, whole.length);
	return NULL;
}

static const struct {
	const char *begin;
	enum tlsrpt_scheme scheme;
	const char *(*take)(struct arena *arena, struct span uri, struct tlsrpt_target *target);
} schemes[] = { { "mailto:", TLSRPT_MAILTO, mailto_take }, { "https://", TLSRPT_HTTPS, https_take } };

static const char *
target_take(struct arena *arena, struct span uri, struct tlsrpt_target *target)
{
	if (uri.length == 0)
		return "rua has an empty URI (RFC 8460 3)";
	if (uri.length > TLSRPT_URI_OCTETS)
		return "a URI is longer than is read";
	if (!uri_is_valid(uri))
		return "a URI has octets that none may have (RFC 8460 3, RFC 3986 2)";
	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		if (!span_starts_nocase(uri, span_of(schemes[i].begin)))
			continue;
		target->scheme = schemes[i].scheme;
		return schemes[i].take(arena, uri, target);
	}
	return "a URI is neither mailto nor https (RFC 8460 3)";
}

/* --- the record --- */

static bool
is_known(const struct tlsrpt_record *record, const struct tlsrpt_target *target)
{
	for (uint32_t i = 0; i < record->count; i++)
		if (record->targets[i].scheme == target->scheme && span_equal(record->targets[i].text, target->text))
			return true;
	return false;
}

/* Each URI counts for itself: what is of no use does not take away those beside it. */
static void
rua_take(struct arena *arena, struct span value, struct tlsrpt_record *record)
{
	struct span uri;

	/* Nothing is a list too, of one URI that is empty. */
	while (span_cut(&value, ',', &uri)) {
		struct tlsrpt_target target = { .text = SPAN("") };
		const char *wrong = target_take(arena, span_trim(uri), &target);

		if (wrong == NULL && is_known(record, &target))
			continue;
		if (wrong == NULL && record->count == TLSRPT_TARGETS)
			wrong = "rua has more URIs than are used";
		if (wrong == NULL) {
			record->targets[record->count++] = target;
			continue;
		}
		record->passed_over++;
		if (record->wrong == NULL)
			record->wrong = wrong;
	}
}

/* Letters, digits, and behind the first also "_", "-" and ".". */
static bool
name_is_valid(struct span name)
{
	for (size_t i = 0; i < name.length; i++)
		if (!is_alphanumeric(name.data[i]) && (i == 0 || !is_one_of(name.data[i], "_-.")))
			return false;
	return name.length > 0 && name.length <= NAME_MOST;
}

/* Printable, without "=", ";" and space. */
static bool
extension_is_valid(struct span value)
{
	for (size_t i = 0; i < value.length; i++)
		if (value.data[i] <= ' ' || value.data[i] > '~' || value.data[i] == '=')
			return false;
	return value.length > 0;
}

/*
 * The fields behind the version. Of the delimiters one may stand at the end, as the grammar says; white space at the end, which it
 * does not know, is let pass, as it is for MTA-STS. Returns NULL, or what is wrong.
 */
static const char *
record_parse(struct span text, struct arena *arena, struct tlsrpt_record *record)
{
	struct span rest = span_skip(text, strlen(RECORD_BEGIN)), field;
	bool has_rua = false;

	while (span_cut(&rest, ';', &field)) {
		struct span name, value = span_trim(field);

		if (value.length == 0 && rest.data == NULL)
			break;
		if (span_find(value, '=') == value.length || !span_cut(&value, '=', &name) || !name_is_valid(name))
			return "a field of the record is not a name, \"=\" and a value (RFC 8460 3)";
		if (span_equal(name, SPAN("rua"))) {
			has_rua = true;
			rua_take(arena, value.data == NULL ? SPAN("") : value, record);
		} else if (!extension_is_valid(value)) {
			return "a field of the record has a value that none may have (RFC 8460 3)";
		}
	}
	if (!has_rua)
		return "the record has no rua (RFC 8460 3)";
	return record->count == 0 ? record->wrong : NULL;
}

enum tlsrpt_found
tlsrpt_record_find(const struct span *texts, uint32_t count, struct arena *arena, struct tlsrpt_record *record)
{
	const struct span *found = NULL;
	const char *wrong;

	*record = (struct tlsrpt_record){ .targets = arena_alloc(arena, TLSRPT_TARGETS * sizeof(*record->targets)) };
	for (uint32_t i = 0; i < count; i++) {
		if (!span_starts(texts[i], SPAN(RECORD_BEGIN)))
			continue;
		if (found != NULL) {
			record->wrong = "there is more than one record (RFC 8460 3)";
			return TLSRPT_BAD;
		}
		found = &texts[i];
	}
	if (found == NULL)
		return TLSRPT_NONE;
	wrong = record_parse(*found, arena, record);
	if (wrong == NULL)
		return TLSRPT_FOUND;
	record->count = 0;
	record->wrong = wrong;
	return TLSRPT_BAD;
}
