/* Quoted-printable, and encoded words. */
#include "report/quoted.h"

#include <stdbool.h>
#include <string.h>

#include "base/codec.h"

#define COLUMNS 75		/* of a line, its soft break left out */
#define WORD_COLUMNS 60		/* of what stands in an encoded word; 75 with what is around it, at most */

static void
put_hex(struct buf *out, unsigned char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char text[] = { '=', digits[c >> 4], digits[c & 15] };

	put_raw(out, text, sizeof(text));
}

static struct span
line_cut(struct span *rest)
{
	size_t length = span_find(*rest, '\n');
	struct span line = span_first(*rest, length);

	*rest = span_skip(*rest, length + 1);
	return line.length > 0 && line.data[line.length - 1] == '\r' ? span_first(line, line.length - 1) : line;
}

/* Does the octet need to be quoted where it stands? */
static bool
is_quoted(struct span line, size_t i)
{
	unsigned char c = (unsigned char)line.data[i];

	if (c == ' ')
		return i + 1 == line.length;
	if (i == 0 && (c == '.' || span_starts(line, SPAN("From "))))
		return true;
	return c < 0x21 || c > 0x7e || c == '=';
}

static void
line_write(struct buf *out, struct span line)
{
	size_t column = 0;

	for (size_t i = 0; i < line.length; i++) {
		size_t width = is_quoted(line, i) ? 3 : 1;

		if (column + width > COLUMNS) {
			put_raw(out, "=\r\n", 3);
			column = 0;
		}
		/* What begins a line after a soft break is the beginning of a line of the mail, too. */
		if (width == 3 || (column == 0 && i > 0 && line.data[i] == '.')) {
			put_hex(out, (unsigned char)line.data[i]);
			column += 3;
		} else {
			put_u8(out, (uint8_t)line.data[i]);
			column++;
		}
	}
	put_raw(out, "\r\n", 2);
}

void
quoted_printable(struct buf *out, struct span text)
{
	while (text.length > 0)
		line_write(out, line_cut(&text));
}

/* Octets of the character that begins there: encoded words hold whole ones (RFC 2047 5). */
static size_t
character_length(struct span text)
{
	size_t length = 1;

	while (length < text.length && ((unsigned char)text.data[length] & 0xc0) == 0x80)
		length++;
	return length;
}

static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c != '\0' && strchr("-.,:!*+/", c) != NULL);
}

/* Words of a stranger that look like an encoded word are none. */
static bool
is_as_it_is(struct span text)
{
	for (size_t i = 0; i < text.length; i++)
		if (span_starts(span_skip(text, i), SPAN("=?")))
			return false;
	return span_is_ascii(text);
}

void
quoted_words(struct buf *out, struct span text)
{
	size_t column = 0;

	if (is_as_it_is(text)) {
		put_raw(out, text.data, text.length);
		return;
	}
	put_raw(out, "=?utf-8?q?", 10);
	while (text.length > 0) {
		size_t length = character_length(text);

		if (column + 3 * length > WORD_COLUMNS) {
			put_raw(out, "?= =?utf-8?q?", 13);
			column = 0;
		}
		for (size_t i = 0; i < length; i++) {
			if (text.data[i] == ' ')
				put_u8(out, '_');
			else if (is_plain(text.data[i]))
				put_u8(out, (uint8_t)text.data[i]);
			else
				put_hex(out, (unsigned char)text.data[i]);
			column += text.data[i] == ' ' || is_plain(text.data[i]) ? 1 : 3;
		}
		text = span_skip(text, length);
	}
	put_raw(out, "?=", 2);
}
