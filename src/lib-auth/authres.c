/* Our own Authentication-Results field (RFC 8601 2.2): folded, and nothing in it that a stranger could end a value with. */
#include "auth/authres.h"

#include <string.h>

#include "base/utf8.h"

#define LINE_OCTETS 78		/* RFC 5322 2.1.1 */
#define WORD_OCTETS (2 * AUTHRES_VALUE_MAX + 64)	/* every octet of a value escaped, its quotes and its name */

/* Letters, digits and these are in tokens and addresses that every parser reads (RFC 2045 5.1 has more). */
static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '+';
}

/* A token, or two with an @ between or behind (RFC 8601 2.2: pvalue). */
static bool
is_bare(struct span value)
{
	size_t at = span_find(value, '@');

	for (size_t i = 0; i < value.length; i++)
		if (i != at && !is_plain(value.data[i]))
			return false;
	return value.length > 0 && at + 1 != value.length;
}

/*
 * Cut off what may stand in a header as it is (RFC 5322 2.2, RFC 6532 3.2): an octet, or a whole character of UTF-8. "?" stands for one that
 * may not: a signature's i= is any octets.
 */
static struct span
character_cut(const struct authres *field, struct span *rest)
{
	unsigned char octet = (unsigned char)rest->data[0];
	size_t length = octet > 0x7f && field->is_utf8 ? utf8_length(*rest) : octet >= ' ' && octet < 0x7f;
	struct span shown = length == 0 ? SPAN("?") : span_first(*rest, length);

	*rest = span_skip(*rest, length == 0 ? 1 : length);
	return shown;
}

static bool
value_write(const struct authres *field, struct buf *out, struct span value)
{
	bool good;

	if (is_bare(value))
		return buf_add(out, value);
	good = buf_add(out, SPAN("\""));
	while (value.length > 0) {
		struct span shown = character_cut(field, &value);

		if (shown.data[0] == '"' || shown.data[0] == '\\')
			good = good && buf_add(out, SPAN("\\"));
		good = good && buf_add(out, shown);
	}
	return good && buf_add(out, SPAN("\""));
}

/* The end of the field has room left, always. */
static bool
has_room(const struct authres *field, size_t octets)
{
	return buf_length(field->out) + octets + sizeof("; none\r\n") <= field->out->ceiling;
}

/* A word behind a space, or on a line of its own when it is not for this one. */
static void
word_add(struct authres *field, struct span word)
{
	bool is_long = field->column + 1 + word.length > LINE_OCTETS;

	if (!has_room(field, word.length + 3)) {
		field->is_whole = false;
		return;
	}
	(void)!buf_add(field->out, is_long ? SPAN("\r\n\t") : SPAN(" "));
	(void)!buf_add(field->out, word);
	field->column = (is_long ? 1 : field->column + 1) + word.length;
}

void
authres_begin(struct authres *field, struct buf *out, const char *id, bool is_utf8)
{
	*field = (struct authres){ .out = out, .is_utf8 = is_utf8, .is_whole = true };
	field->is_whole = buf_add(out, SPAN("Authentication-Results: ")) && buf_add(out, span_of(id));
}

/* Each on a line of its own: people read it, too. */
void
authres_result(struct authres *field, const char *method, const char *result)
{
	if (!has_room(field, strlen(method) + strlen(result) + 5)) {
		field->is_whole = false;
		return;
	}
	(void)!buf_printf(field->out, ";\r\n\t%s=%s", method, result);
	field->column = strlen(method) + strlen(result) + 2;
	field->has_results = true;
}

void
authres_property(struct authres *field, const char *name, struct span value)
{
	struct buf word;

	if (value.length == 0 || value.length > AUTHRES_VALUE_MAX)
		return;
	buf_init(&word, WORD_OCTETS);
	if (buf_printf(&word, "%s=", name) && value_write(field, &word, value))
		word_add(field, buf_span(&word));
	buf_clear(&word);
}

bool
authres_end(struct authres *field)
{
	bool good = buf_add(field->out, field->has_results ? SPAN("\r\n") : SPAN("; none\r\n"));

	return good && field->is_whole;
}
