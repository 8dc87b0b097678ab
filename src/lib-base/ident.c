/* Identities of sessions and messages, in numbers and in text. */
#include "base/ident.h"

#include <string.h>

#include "base/random.h"

static const char digits[] = "0123456789abcdefghijklmnopqrstuv";

#define ORIGIN_BITS 50
#define ORIGIN_DIGITS (ORIGIN_BITS / 5)

uint64_t
ident_random(void)
{
	uint64_t ident;

	random_bytes(&ident, sizeof(ident));
	return ident >> (64 - ORIGIN_BITS);
}

/* Write value in base 32, at least `least` digits and a NUL; returns the number of digits. */
static size_t
base32_write(uint64_t value, size_t least, char *out)
{
	size_t length = least;

	while (length < 13 && value >> (5 * length) != 0)
		length++;
	for (size_t i = 0; i < length; i++)
		out[i] = digits[value >> (5 * (length - 1 - i)) & 31];
	out[length] = '\0';
	return length;
}

static bool
base32_read(struct span text, uint64_t *out)
{
	uint64_t value = 0;

	if (text.length == 0 || text.length > 13)
		return false;
	for (size_t i = 0; i < text.length; i++) {
		const char *digit = text.data[i] == '\0' ? NULL : strchr(digits, text.data[i]);

		if (digit == NULL || value >> 59 != 0)
			return false;
		value = value << 5 | (uint64_t)(digit - digits);
	}
	*out = value;
	return true;
}

char *
ident_format(uint64_t ident, char out[IDENT_TEXT])
{
	base32_write(ident, ORIGIN_DIGITS, out);
	return out;
}

char *
mid_format(struct mid mid, char out[MID_TEXT])
{
	size_t length = base32_write(mid.origin, ORIGIN_DIGITS, out);

	out[length++] = '-';
	base32_write(mid.number, 1, out + length);
	return out;
}

bool
mid_parse(struct span text, struct mid *out)
{
	size_t hyphen = span_find(text, '-');
	char again[MID_TEXT];
	struct mid mid;

	if (hyphen == text.length || !base32_read(span_first(text, hyphen), &mid.origin) ||
	    !base32_read(span_skip(text, hyphen + 1), &mid.number))
		return false;
	if (!span_equal(span_of(mid_format(mid, again)), text))
		return false;
	*out = mid;
	return true;
}

int
mid_compare(struct mid a, struct mid b)
{
	if (a.origin != b.origin)
		return a.origin < b.origin ? -1 : 1;
	return a.number == b.number ? 0 : a.number < b.number ? -1 : 1;
}
