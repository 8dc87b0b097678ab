/*
 * Paths and mailboxes by the grammar of RFC 5321 4.1.2. One cursor moves over the text; what it passes is
 * written, normalised, into the path.
 */
#include "smtp/address.h"

#include <string.h>

#include "base/utf8.h"
#include "smtp/domain.h"

struct cursor {
	struct span rest;	/* not yet read */
	struct path *path;
	bool is_too_long;	/* something did not fit: the only fault that is not one of grammar */
};

static bool
next_is(const struct cursor *cursor, char c)
{
	return cursor->rest.length > 0 && cursor->rest.data[0] == c;
}

static bool
take(struct cursor *cursor, char c)
{
	if (!next_is(cursor, c))
		return false;
	cursor->rest = span_skip(cursor->rest, 1);
	return true;
}

static bool
write_octets(struct cursor *cursor, struct span octets)
{
	struct path *path = cursor->path;

	if (octets.length > ADDRESS_OCTETS - path->length) {
		cursor->is_too_long = true;
		return false;
	}
	memcpy(path->text + path->length, octets.data, octets.length);
	path->length += octets.length;
	return true;
}

/* RFC 5322 3.2.3 */
static bool
is_atext(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* Octets of the next atext character, RFC 6531 3.3 included; 0 = there is none. */
static size_t
atext_length(struct span text)
{
	if (text.length == 0)
		return 0;
	return (unsigned char)text.data[0] >= 0x80 ? utf8_length(text) : is_atext(text.data[0]);
}

static size_t
atom_length(struct span text)
{
	size_t length = 0, n;

	while ((n = atext_length(span_skip(text, length))) > 0)
		length += n;
	return length;
}

/* Length of the Dot-string at the front; 0 = there is none. */
static size_t
dot_string_length(struct span text)
{
	size_t length = atom_length(text);

	while (length > 0 && length < text.length && text.data[length] == '.') {
		size_t n = atom_length(span_skip(text, length + 1));

		if (n == 0)
			return 0;
		length += 1 + n;
	}
	return length;
}

/* What stands between the quotes, with its quoted pairs resolved, goes to out (which is large enough). */
static bool
quoted_string_take(struct cursor *cursor, char *out, size_t *length)
{
	*length = 0;
	if (!take(cursor, '"'))
		return false;
	while (!take(cursor, '"')) {
		bool is_pair = take(cursor, '\\');
		unsigned char c = cursor->rest.length == 0 ? 0 : (unsigned char)cursor->rest.data[0];
		size_t n = c >= 0x80 && !is_pair ? utf8_length(cursor->rest) : c >= 0x20 && c < 0x7f;

		if (n == 0)
			return false;
		memcpy(out + *length, cursor->rest.data, n);
		*length += n;
		cursor->rest = span_skip(cursor->rest, n);
	}
	return true;
}

/* The least quoting that is legal: none where the content is a Dot-string. */
static bool
write_quoted(struct cursor *cursor, struct span content)
{
	if (content.length > 0 && dot_string_length(content) == content.length)
		return write_octets(cursor, content);
	if (!write_octets(cursor, SPAN("\"")))
		return false;
	for (size_t i = 0; i < content.length; i++) {
		if ((content.data[i] == '"' || content.data[i] == '\\') && !write_octets(cursor, SPAN("\\")))
			return false;
		if (!write_octets(cursor, span_first(span_skip(content, i), 1)))
			return false;
	}
	return write_octets(cursor, SPAN("\""));
}

static bool
local_part_take(struct cursor *cursor)
{
	char content[4096];
	size_t length;
	bool good;

	if (!next_is(cursor, '"')) {
		length = dot_string_length(cursor->rest);
		good = length > 0 && write_octets(cursor, span_first(cursor->rest, length));
		cursor->rest = span_skip(cursor->rest, length);
	} else {
		if (cursor->rest.length > sizeof(content)) {
			cursor->is_too_long = true;
			return false;
		}
		good = quoted_string_take(cursor, content, &length) && write_quoted(cursor, span_make(content, length));
	}
	if (good && cursor->path->length > ADDRESS_LOCAL_OCTETS)
		cursor->is_too_long = true;
	return good && !cursor->is_too_long;
}

bool
address_literal_parse(struct span text, struct ip *out)
{
	struct ip ip;
	bool is_v6;

	if (text.length < 2 || text.data[0] != '[' || text.data[text.length - 1] != ']')
		return false;
	text = span_first(span_skip(text, 1), text.length - 2);
	is_v6 = span_starts_nocase(text, SPAN("IPv6:"));
	if (is_v6)
		text = span_skip(text, 5);
	/* The colons tell: an IPv4-mapped address is one of IPv6 in text, and of IPv4 as a value. */
	if ((span_find(text, ':') < text.length) != is_v6 || !ip_parse(text, &ip))
		return false;
	*out = ip;
	return true;
}

/* An address literal, up to its bracket. */
static bool
literal_take(struct cursor *cursor)
{
	struct span literal = span_first(cursor->rest, span_find(cursor->rest, ']') + 1);
	struct ip ip;

	if (!address_literal_parse(literal, &ip))
		return false;
	cursor->rest = span_skip(cursor->rest, literal.length);
	cursor->path->is_literal = true;
	return write_octets(cursor, literal);
}

/* The domain's text: as it stands when it is ASCII, in A-labels when it is not. */
static bool
domain_write(struct cursor *cursor, struct span domain)
{
	char ascii[DOMAIN_TEXT];

	if (domain.length > DOMAIN_OCTETS) {
		cursor->is_too_long = true;
		return false;
	}
	if (domain_is_valid(domain))
		return write_octets(cursor, domain);
	if (!domain_to_ascii(domain, ascii))
		return false;
	return write_octets(cursor, span_of(ascii));
}

/* Up to whatever cannot be in a domain. */
static struct span
domain_take(struct cursor *cursor)
{
	size_t length = 0;

	while (length < cursor->rest.length && strchr(">,:@ \t\"<", cursor->rest.data[length]) == NULL)
		length++;
	struct span domain = span_first(cursor->rest, length);
	cursor->rest = span_skip(cursor->rest, length);
	return domain;
}

/* "@a,@b:" is checked and dropped (RFC 5321 4.1.2 A-d-l, app. C). */
static bool
source_route_take(struct cursor *cursor)
{
	char ascii[DOMAIN_TEXT];

	do {
		if (!take(cursor, '@') || !domain_to_ascii(domain_take(cursor), ascii))
			return false;
	} while (take(cursor, ','));
	return take(cursor, ':');
}

static bool
mailbox_take(struct cursor *cursor)
{
	struct path *path = cursor->path;

	if (!local_part_take(cursor))
		return false;
	path->at = path->length;
	if (!take(cursor, '@'))
		return true;
	if (!write_octets(cursor, SPAN("@")))
		return false;
	return next_is(cursor, '[') ? literal_take(cursor) : domain_write(cursor, domain_take(cursor));
}

enum path_fault
path_parse(struct span *rest, struct path *path)
{
	struct cursor cursor = { .rest = *rest, .path = path };
	bool good;

	memset(path, 0, sizeof(*path));
	good = take(&cursor, '<');
	if (good && !next_is(&cursor, '>')) {
		if (next_is(&cursor, '@'))
			good = source_route_take(&cursor);
		good = good && mailbox_take(&cursor);
	}
	if (!good || !take(&cursor, '>'))
		return cursor.is_too_long ? PATH_TOO_LONG : PATH_MALFORMED;
	path->had_8bit = !span_is_ascii(span_first(*rest, rest->length - cursor.rest.length));
	*rest = cursor.rest;
	return PATH_GOOD;
}

struct span
path_mailbox(const struct path *path)
{
	return span_make(path->text, path->length);
}

struct span
path_local(const struct path *path)
{
	return span_make(path->text, path->at);
}

struct span
path_domain(const struct path *path)
{
	return span_skip(path_mailbox(path), path->at + 1);
}

bool
path_is_bare_postmaster(const struct path *path)
{
	return path->at == path->length && span_equal_nocase(path_mailbox(path), SPAN("postmaster"));
}
