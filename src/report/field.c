/* Field values of notifications, escaped and folded (RFC 3464 2.1.1; standards.md N10, CX4). */
#include "report/field.h"

#include "base/codec.h"
#include "base/hex.h"
#include "base/random.h"

#define COLUMNS_FIELD 78
#define COLUMNS_TEXT 72

static bool
is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void
field_text(struct buf *out, struct span text, size_t most)
{
	bool was_white = true;

	text = span_first(text, most);
	for (size_t i = 0; i < text.length; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (is_white((char)c)) {
			if (!was_white)
				put_u8(out, ' ');
			was_white = true;
			continue;
		}
		put_u8(out, c < 0x20 || c >= 0x7f ? '?' : c);
		was_white = false;
	}
}

void
field_words(struct buf *out, const char *words)
{
	put_raw(out, words, span_of(words).length);
}

void
field_line(struct buf *out, const char *line)
{
	field_words(out, line);
	put_raw(out, "\r\n", 2);
}

void
field_boundary(struct buf *out, const char *boundary, const char *end)
{
	field_words(out, "--");
	field_words(out, boundary);
	field_line(out, end);
}

char *
field_boundary_make(char out[FIELD_BOUNDARY])
{
	unsigned char random[(FIELD_BOUNDARY - 1) / 2];

	random_bytes(random, sizeof(random));
	return hex_format(span_make(random, sizeof(random)), out);
}

/* The next word: up to a space, or all that is left. */
static struct span
word_cut(struct span *rest)
{
	struct span word;

	while (rest->length > 0 && rest->data[0] == ' ')
		*rest = span_skip(*rest, 1);
	word = span_first(*rest, span_find(*rest, ' '));
	*rest = span_skip(*rest, word.length);
	return word;
}

/* Words in lines of `columns`; a line after the first begins with `indent`. A word too long for a line has one to itself. */
static void
words_write(struct buf *out, struct span text, size_t column, size_t columns, const char *indent, const char *end)
{
	size_t indent_length = span_of(indent).length;
	bool is_first = true;

	for (struct span word = word_cut(&text); word.length > 0; word = word_cut(&text)) {
		if (!is_first && column + 1 + word.length > columns) {
			put_raw(out, end, span_of(end).length);
			put_raw(out, indent, indent_length);
			column = indent_length;
		} else if (!is_first) {
			put_u8(out, ' ');
			column++;
		}
		put_raw(out, word.data, word.length);
		column += word.length;
		is_first = false;
	}
	put_raw(out, end, span_of(end).length);
}

void
field_write(struct buf *out, const char *name, struct span value)
{
	put_raw(out, name, span_of(name).length);
	put_raw(out, ": ", 2);
	words_write(out, value, span_of(name).length + 2, COLUMNS_FIELD, " ", "\r\n");
}

void
field_paragraph(struct buf *out, const char *indent, struct span text)
{
	put_raw(out, indent, span_of(indent).length);
	words_write(out, text, span_of(indent).length, COLUMNS_TEXT, indent, "\r\n");
}
