/* Borrowed bytes: comparing, cutting, numbers. No memory of its own. */
#include "base/span.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

struct span
span_of(const char *string)
{
	return string == NULL ? (struct span){ NULL, 0 } : (struct span){ string, strlen(string) };
}

bool
span_equal(struct span a, struct span b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

bool
span_equal_nocase(struct span a, struct span b)
{
	return a.length == b.length && (a.length == 0 || strncasecmp(a.data, b.data, a.length) == 0);
}

bool
span_starts(struct span s, struct span prefix)
{
	return s.length >= prefix.length && span_equal(span_first(s, prefix.length), prefix);
}

bool
span_starts_nocase(struct span s, struct span prefix)
{
	return s.length >= prefix.length && span_equal_nocase(span_first(s, prefix.length), prefix);
}

bool
span_ends_nocase(struct span s, struct span suffix)
{
	return s.length >= suffix.length && span_equal_nocase(span_skip(s, s.length - suffix.length), suffix);
}

int
span_compare(struct span a, struct span b)
{
	size_t shorter = a.length < b.length ? a.length : b.length;
	int order = shorter == 0 ? 0 : memcmp(a.data, b.data, shorter);

	if (order != 0)
		return order;
	return a.length == b.length ? 0 : a.length < b.length ? -1 : 1;
}

size_t
span_find(struct span s, char octet)
{
	const char *at = s.length == 0 ? NULL : memchr(s.data, octet, s.length);

	return at == NULL ? s.length : (size_t)(at - s.data);
}

struct span
span_behind_last(struct span s, char octet)
{
	const char *at = s.length == 0 ? NULL : memrchr(s.data, octet, s.length);

	return at == NULL ? SPAN("") : span_skip(s, (size_t)(at + 1 - s.data));
}

uint64_t
span_hash(struct span s)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < s.length; i++)
		hash = (hash ^ (unsigned char)s.data[i]) * UINT64_C(1099511628211);
	return hash;
}

bool
span_is_ascii(struct span s)
{
	uint64_t eight, all = 0;
	size_t i = 0;

	/* Content of messages comes through here, too. */
	for (; s.length - i >= sizeof(eight); i += sizeof(eight)) {
		memcpy(&eight, s.data + i, sizeof(eight));
		all |= eight;
	}
	for (; i < s.length; i++)
		all |= (uint64_t)(unsigned char)s.data[i];
	return (all & 0x8080808080808080u) == 0;
}

struct span
span_skip(struct span s, size_t n)
{
	if (n > s.length)
		n = s.length;
	return n == 0 ? s : (struct span){ s.data + n, s.length - n };
}

struct span
span_first(struct span s, size_t n)
{
	return (struct span){ s.data, n < s.length ? n : s.length };
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct span
span_trim_end(struct span s)
{
	while (s.length > 0 && is_blank(s.data[s.length - 1]))
		s.length--;
	return s;
}

struct span
span_trim(struct span s)
{
	while (s.length > 0 && is_blank(s.data[0]))
		s = span_skip(s, 1);
	return span_trim_end(s);
}

bool
span_cut(struct span *rest, char separator, struct span *part)
{
	size_t at;

	if (rest->data == NULL)
		return false;
	at = span_find(*rest, separator);
	*part = span_first(*rest, at);
	if (at == rest->length)
		*rest = (struct span){ NULL, 0 };
	else
		*rest = span_skip(*rest, at + 1);
	return true;
}

bool
span_to_u64(struct span s, uint64_t most, uint64_t *out)
{
	uint64_t value = 0;

	if (s.length == 0)
		return false;
	for (size_t i = 0; i < s.length; i++) {
		unsigned digit = (unsigned char)s.data[i] - '0';

		if (digit > 9 || value > UINT64_MAX / 10 || value * 10 > UINT64_MAX - digit)
			return false;
		value = value * 10 + digit;
	}
	if (value > most)
		return false;
	*out = value;
	return true;
}
