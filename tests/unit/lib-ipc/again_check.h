/*
 * What every message between rooms must stand: it comes out as it went in, no beginning of it is taken
 * for the whole, and neither is anything longer.
 */
#ifndef TESTS_UNIT_LIB_IPC_AGAIN_CHECK_H
#define TESTS_UNIT_LIB_IPC_AGAIN_CHECK_H

#include "tests/unit/lib-ipc/again.h"
#include "tests/unit/unit.h"

/* Try the first `length` octets, in memory of just that size. */
static inline bool
again_is_message(again_fn *again, struct span whole, size_t length, struct buf *out)
{
	char *copy = malloc(length == 0 ? 1 : length);
	bool good;

	if (length > 0)
		memcpy(copy, whole.data, length);
	good = again(span_make(copy, length), out);
	free(copy);
	return good;
}

/* Checks the message in `in`, and clears it. */
static inline void
again_check(again_fn *again, struct buf *in)
{
	struct buf out;

	buf_init(&out, in->ceiling);
	ck_assert(again_is_message(again, buf_span(in), buf_length(in), &out));
	ck_assert(span_equal(buf_span(in), buf_span(&out)));
	for (size_t length = 0; length < buf_length(in); length++)
		ck_assert_msg(!again_is_message(again, buf_span(in), length, &out), "%zu octets", length);
	ck_assert(buf_add(in, SPAN("\0")));
	ck_assert_msg(!again_is_message(again, buf_span(in), buf_length(in), &out), "one octet more");
	buf_clear(&out);
	buf_clear(in);
}

/* The octet at this place of the message in `in`, set to value, must make it none. */
static inline void
again_refuses(again_fn *again, struct buf *in, size_t place, unsigned char value)
{
	struct buf out;
	char *octet = in->data + in->start + place, was = *octet;

	buf_init(&out, in->ceiling);
	*octet = (char)value;
	ck_assert_msg(!again_is_message(again, buf_span(in), buf_length(in), &out), "octet %zu = %u", place, value);
	*octet = was;
	ck_assert(again_is_message(again, buf_span(in), buf_length(in), &out));
	buf_clear(&out);
}

#endif
