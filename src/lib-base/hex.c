/* Hexadecimal digits. */
#include "base/hex.h"

char *
hex_format(struct span octets, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < octets.length; i++) {
		unsigned char c = (unsigned char)octets.data[i];

		out[2 * i] = digits[c >> 4];
		out[2 * i + 1] = digits[c & 15];
	}
	out[2 * octets.length] = '\0';
	return out;
}

static int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
hex_parse(struct span text, void *out, size_t length)
{
	unsigned char *to = out;

	if (text.length != 2 * length)
		return false;
	for (size_t i = 0; i < length; i++)
		if (digit_value(text.data[2 * i]) < 0 || digit_value(text.data[2 * i + 1]) < 0)
			return false;
	for (size_t i = 0; i < length; i++)
		to[i] = (unsigned char)(digit_value(text.data[2 * i]) << 4 | digit_value(text.data[2 * i + 1]));
	return true;
}
