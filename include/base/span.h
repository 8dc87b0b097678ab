/*
 * Borrowed bytes: a pointer and a length, never freed, not NUL-terminated.
 * A span is valid as long as whatever it points into.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
	const char *data;	/* may be NULL when length is 0 */
	size_t length;		/* octets */
};

/* A span of a string literal, its NUL left out. */
#define SPAN(literal) ((struct span){ (literal), sizeof(literal) - 1 })

/* printf("%.*s", SPAN_ARG(s)) */
#define SPAN_ARG(s) (int)(s).length, (s).data

static inline struct span
span_make(const void *data, size_t length)
{
	return (struct span){ data, length };
}

static inline bool
span_is_empty(struct span s)
{
	return s.length == 0;
}

/* The octets of a NUL-terminated string; NULL gives an empty span. */
struct span span_of(const char *string);

/* Octet for octet, or with ASCII letters of either case taken as equal. */
bool span_equal(struct span a, struct span b);
bool span_equal_nocase(struct span a, struct span b);
bool span_starts(struct span s, struct span prefix);
bool span_starts_nocase(struct span s, struct span prefix);
bool span_ends_nocase(struct span s, struct span suffix);

/* Order as memcmp, the shorter first when one is the other's beginning: <0, 0, >0. */
int span_compare(struct span a, struct span b);

/* Where the octet stands first, or s.length. */
size_t span_find(struct span s, char octet);

/* What stands behind the last of these octets: of an address, behind '@', the domain. "" where there is none. */
struct span span_behind_last(struct span s, char octet);

/* FNV-1a, for tables in memory: whoever chooses the octets can choose the hash. */
uint64_t span_hash(struct span s);

/* No octet above 127. True of what is empty. */
bool span_is_ascii(struct span s);

/* Without the first n octets; the first n octets. n beyond the end is cut to it. */
struct span span_skip(struct span s, size_t n);
struct span span_first(struct span s, size_t n);

/* Without spaces and tabs at both ends, or at the end only. */
struct span span_trim(struct span s);
struct span span_trim_end(struct span s);

/*
 * Cut the part before the next separator off *rest.
 * Returns false when *rest was already exhausted (data NULL); a text without separator is one part.
 */
bool span_cut(struct span *rest, char separator, struct span *part);

/*
 * A whole span of decimal digits as a number, at most `most`.
 * Returns false when it is empty, has another octet, or is larger; *out is then untouched.
 */
bool span_to_u64(struct span s, uint64_t most, uint64_t *out);

#endif
