/* Reading xtext, and writing the form of it that holds every character. */
#include "mail/xtext.h"

#include <stdio.h>

#include "base/codec.h"
#include "base/utf8.h"

/* The value of an upper-case hex digit, or -1. */
static int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The octet at the front and how many octets of text stand for it; 0 = malformed. */
static size_t
octet_read(struct span text, unsigned char *octet)
{
	unsigned char c = (unsigned char)text.data[0];
	int high, low;

	if (c != '+') {
		*octet = c;
		return c > 0x20 && c < 0x7f && c != '=';
	}
	if (text.length < 3)
		return 0;
	high = digit_value(text.data[1]);
	low = digit_value(text.data[2]);
	if (high < 0 || low < 0)
		return 0;
	*octet = (unsigned char)(high << 4 | low);
	return 3;
}

bool
xtext_is_valid(struct span text)
{
	while (text.length > 0) {
		unsigned char octet;
		size_t n = octet_read(text, &octet);

		if (n == 0 || octet < 0x20 || octet == 0x7f)
			return false;
		text = span_skip(text, n);
	}
	return true;
}

bool
xtext_decode(struct span text, struct buf *out)
{
	while (text.length > 0) {
		char octet;
		size_t n = octet_read(text, (unsigned char *)&octet);

		if (n == 0 || !buf_add(out, span_make(&octet, 1)))
			return false;
		text = span_skip(text, n);
	}
	return true;
}

/* One character off the front; *rest moves on. Returns its code point, or U+FFFD for an octet that is of none. */
static unsigned
code_point_cut(struct span *rest)
{
	unsigned char first = (unsigned char)rest->data[0];
	size_t length = first < 0x80 ? 1 : utf8_length(*rest);
	unsigned point = length == 4 ? first & 0x07 : length == 3 ? first & 0x0f : length == 2 ? first & 0x1f : length == 1 ? first : 0xfffd;

	for (size_t i = 1; i < length; i++)
		point = point << 6 | ((unsigned char)rest->data[i] & 0x3f);
	*rest = span_skip(*rest, length == 0 ? 1 : length);
	return point;
}

static void
escape_put(struct buf *out, unsigned point)
{
	char hex[16];
	int length = snprintf(hex, sizeof(hex), "\\x{%02X}", point);

	put_raw(out, hex, (size_t)length);
}

void
xtext_escape_address(struct buf *out, struct span address)
{
	while (address.length > 0) {
		unsigned point = code_point_cut(&address);

		if (point > 0x20 && point < 0x7f && point != '\\' && point != '+' && point != '=')
			put_u8(out, (uint8_t)point);
		else
			escape_put(out, point);
	}
}

void
xtext_escape_unitext(struct buf *out, struct span text)
{
	while (text.length > 0) {
		unsigned point = code_point_cut(&text);

		if (point < 0x80)
			put_u8(out, (uint8_t)point);
		else
			escape_put(out, point);
	}
}
