/* Tests of src/lib-base/span.c. */
#include "tests/unit/unit.h"

START_TEST(a_cut_gives_parts_until_there_is_nothing_left)
{
	struct span rest = SPAN("a,,b"), part;

	ck_assert(span_cut(&rest, ',', &part));
	ck_span_eq(part, "a");
	ck_assert(span_cut(&rest, ',', &part));
	ck_span_eq(part, "");
	ck_assert(span_cut(&rest, ',', &part));
	ck_span_eq(part, "b");
	ck_assert(!span_cut(&rest, ',', &part));
}
END_TEST

START_TEST(numbers_are_digits_only_and_bounded)
{
	static const struct { const char *text; uint64_t most; bool good; uint64_t value; } rows[] = {
		{ "0", 10, true, 0 },
		{ "007", 10, true, 7 },
		{ "10", 10, true, 10 },
		{ "11", 10, false, 0 },
		{ "", 10, false, 0 },
		{ "+5", 10, false, 0 },
		{ "-1", 10, false, 0 },
		{ "0x10", 100, false, 0 },
		{ "1e3", 10000, false, 0 },
		{ " 1", 10, false, 0 },
		{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, false, 0 },
		{ "99999999999999999999999999999999999999999", UINT64_MAX, false, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint64_t value = 0;

		ck_assert_msg(span_to_u64(span_of(rows[i].text), rows[i].most, &value) == rows[i].good, "row %zu", i);
		ck_assert_uint_eq(value, rows[i].value);
	}
}
END_TEST

START_TEST(comparisons_know_case_and_length)
{
	ck_assert(span_equal_nocase(SPAN("EHLO"), SPAN("ehlo")));
	ck_assert(!span_equal(SPAN("EHLO"), SPAN("ehlo")));
	ck_assert(span_starts_nocase(SPAN("MAIL FROM:<>"), SPAN("mail from:")));
	ck_assert(!span_starts(SPAN("MA"), SPAN("MAIL")));
	ck_assert(span_ends_nocase(SPAN("a.Example.ORG"), SPAN(".example.org")));
	ck_assert_int_lt(span_compare(SPAN("a"), SPAN("ab")), 0);
	ck_assert_int_gt(span_compare(SPAN("b"), SPAN("ab")), 0);
	ck_assert_int_eq(span_compare(SPAN(""), span_of(NULL)), 0);
}
END_TEST

START_TEST(trimming_takes_spaces_and_tabs_only)
{
	ck_span_eq(span_trim(SPAN(" \ta b\t ")), "a b");
	ck_span_eq(span_trim_end(SPAN(" a \t")), " a");
	ck_span_eq(span_trim(SPAN(" \t ")), "");
	ck_span_eq(span_trim(SPAN("a\r")), "a\r");
}
END_TEST

START_TEST(what_stands_behind_the_last_is_the_domain)
{
	static const struct { struct span address; const char *domain; } rows[] = {
		{ SPAN("a@example.org"), "example.org" }, { SPAN("\"a@b\"@example.org"), "example.org" }, { SPAN("postmaster"), "" },
		{ SPAN("a@"), "" }, { SPAN("@"), "" }, { SPAN(""), "" }, { { NULL, 0 }, "" }
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_span_eq(span_behind_last(rows[i].address, '@'), rows[i].domain);
}
END_TEST

/* Known answers of FNV-1a, 64 bits. */
START_TEST(hashes_are_those_of_fnv)
{
	ck_assert_uint_eq(span_hash(SPAN("")), UINT64_C(0xcbf29ce484222325));
	ck_assert_uint_eq(span_hash(SPAN("a")), UINT64_C(0xaf63dc4c8601ec8c));
	ck_assert_uint_eq(span_hash(SPAN("foobar")), UINT64_C(0x85944171f73967e8));
}
END_TEST

START_TEST(an_octet_above_127_is_found_wherever_it_stands)
{
	char text[40];

	ck_assert(span_is_ascii(span_make(NULL, 0)));
	for (size_t length = 1; length < sizeof(text); length++)
		for (size_t at = 0; at < length; at++) {
			memset(text, 0x7f, sizeof(text));
			ck_assert(span_is_ascii(span_make(text, length)));
			text[at] = (char)0x80;
			ck_assert(!span_is_ascii(span_make(text, length)));
			ck_assert(span_is_ascii(span_make(text, at)));
		}
}
END_TEST

UNIT_MAIN("span", a_cut_gives_parts_until_there_is_nothing_left, numbers_are_digits_only_and_bounded,
    comparisons_know_case_and_length, trimming_takes_spaces_and_tabs_only,
    an_octet_above_127_is_found_wherever_it_stands,
    what_stands_behind_the_last_is_the_domain, hashes_are_those_of_fnv)
