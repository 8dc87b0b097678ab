/* Well-formed UTF-8, one character at a time. */
#include "base/utf8.h"

/* RFC 3629 4: lead octets from `from` on, with the bounds of their second octet. */
static const struct {
	unsigned char from, to, second_from, second_to;
	size_t length;
} leads[] = {
	{ 0xc2, 0xc2, 0xa0, 0xbf, 2 },	/* U+0080..U+009F are the C1 controls */
	{ 0xc3, 0xdf, 0x80, 0xbf, 2 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 },
	{ 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

static unsigned char
octet(struct span text, size_t i)
{
	return (unsigned char)text.data[i];
}

static bool
is_tail(struct span text, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if ((octet(text, i) & 0xc0) != 0x80)
			return false;
	return true;
}

size_t
utf8_length(struct span text)
{
	for (size_t i = 0; text.length >= 2 && i < sizeof(leads) / sizeof(*leads); i++) {
		size_t length = leads[i].length;

		if (octet(text, 0) < leads[i].from || octet(text, 0) > leads[i].to)
			continue;
		if (text.length < length || octet(text, 1) < leads[i].second_from || octet(text, 1) > leads[i].second_to)
			return 0;
		return is_tail(text, 2, length) ? length : 0;
	}
	return 0;
}
