/* Reading xtext. */
#include "mail/xtext.h"

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
