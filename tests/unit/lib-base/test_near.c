/* Tests of src/lib-base/near.c. */
#include "base/near.h"

#include "tests/unit/unit.h"

START_TEST(distance_counts_what_fingers_do)
{
	static const struct { const char *a, *b; unsigned distance; } rows[] = {
		{ "", "", 0 }, { "", "abc", 3 }, { "abc", "", 3 }, { "size", "size", 0 }, { "Size", "sIZE", 0 },
		{ "sise", "size", 1 }, { "sze", "size", 1 }, { "sizes", "size", 1 }, { "szie", "size", 1 },
		{ "hostnaem", "hostname", 1 }, { "kitten", "sitting", 3 }, { "ca", "abc", 3 },
		{ "0123456789012345678901234567890123456789012345678901234567890123x", "0", 64 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_msg(near_distance(span_of(rows[i].a), span_of(rows[i].b)) == rows[i].distance, "row %zu", i);
		ck_assert_msg(near_distance(span_of(rows[i].b), span_of(rows[i].a)) == rows[i].distance, "row %zu back", i);
	}
}
END_TEST

START_TEST(short_words_must_be_nearer_than_long_ones)
{
	ck_assert(near_enough(SPAN("to"), 1));
	ck_assert(!near_enough(SPAN("to"), 2));
	ck_assert(near_enough(SPAN("sessions_per_host"), 5));
	ck_assert(!near_enough(SPAN("sessions_per_host"), 6));
}
END_TEST

START_TEST(a_word_is_found_or_guessed)
{
	static const char *const words[] = { "domain", "require", "until", "why" };
	const char *meant;

	ck_assert_uint_eq(near_find(SPAN("until"), words, 4, &meant), 2);
	ck_assert_ptr_null(meant);
	ck_assert_uint_eq(near_find(SPAN("untill"), words, 4, &meant), 4);
	ck_assert_str_eq(meant, "until");
	ck_assert_uint_eq(near_find(SPAN("xyzzy"), words, 4, &meant), 4);
	ck_assert_ptr_null(meant);
}
END_TEST

UNIT_MAIN("near", distance_counts_what_fingers_do, short_words_must_be_nearer_than_long_ones, a_word_is_found_or_guessed)
