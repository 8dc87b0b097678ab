/* Tests of src/lib-base/ident.c. */
#include "base/ident.h"
#include "tests/unit/unit.h"

START_TEST(an_ident_is_at_least_ten_digits)
{
	static const struct { uint64_t ident; const char *text; } rows[] = {
		{ 0, "0000000000" },
		{ 31, "000000000v" },
		{ 32, "0000000010" },
		{ (UINT64_C(1) << 50) - 1, "vvvvvvvvvv" },
		{ UINT64_C(1) << 50, "10000000000" },
		{ UINT64_MAX, "fvvvvvvvvvvvv" },
	};
	char text[IDENT_TEXT];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_str_eq(ident_format(rows[i].ident, text), rows[i].text);
}
END_TEST

START_TEST(a_message_identity_survives_its_text)
{
	static const struct mid rows[] = {
		{ 0, 0 }, { 1, 1 }, { (UINT64_C(1) << 50) - 1, 74 }, { UINT64_MAX, UINT64_MAX }, { 12345678901234, 32 },
	};
	char text[MID_TEXT];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct mid back = { 99, 99 };

		ck_assert_msg(mid_parse(span_of(mid_format(rows[i], text)), &back), "%s", text);
		ck_assert_int_eq(mid_compare(back, rows[i]), 0);
	}
	ck_assert_str_eq(mid_format((struct mid){ (UINT64_C(1) << 50) - 1, 74 }, text), "vvvvvvvvvv-2a");
}
END_TEST

START_TEST(only_what_is_written_is_read)
{
	static const struct span rows[] = {
		SPAN(""), SPAN("-"), SPAN("0000000000"), SPAN("0000000000-"), SPAN("-1"), SPAN("000000000-1"),
		SPAN("0000000000-01"), SPAN("00000000000-1"), SPAN("0000000000-W"), SPAN("000000000V-1"),
		SPAN("0000000000--1"), SPAN("0000000000-1 "), SPAN(" 0000000000-1"), SPAN("0000000000-1-1"),
		SPAN("gvvvvvvvvvvvv-1"), SPAN("0000000000-gvvvvvvvvvvvv"), SPAN("0000000000-1\0"), SPAN("00000\00000-1"),
		SPAN("0000000000-10000000000000000000000000000000000000"),
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct mid mid = { 7, 8 };

		ck_assert_msg(!mid_parse(rows[i], &mid), "row %zu", i);
		ck_assert_uint_eq(mid.origin, 7);
		ck_assert_uint_eq(mid.number, 8);
	}
}
END_TEST

START_TEST(order_is_by_origin_then_number)
{
	ck_assert_int_lt(mid_compare((struct mid){ 1, 9 }, (struct mid){ 2, 1 }), 0);
	ck_assert_int_gt(mid_compare((struct mid){ 2, 2 }, (struct mid){ 2, 1 }), 0);
	ck_assert_int_eq(mid_compare((struct mid){ 2, 2 }, (struct mid){ 2, 2 }), 0);
}
END_TEST

START_TEST(random_idents_have_fifty_bits_and_differ)
{
	uint64_t seen = 0, before = 0;

	for (int i = 0; i < 200; i++) {
		uint64_t ident = ident_random();

		ck_assert_uint_eq(ident >> 50, 0);
		ck_assert_uint_ne(ident, before);
		seen |= before = ident;
	}
	ck_assert_uint_eq(seen, (UINT64_C(1) << 50) - 1);
}
END_TEST

UNIT_MAIN("ident", an_ident_is_at_least_ten_digits, a_message_identity_survives_its_text, only_what_is_written_is_read,
    order_is_by_origin_then_number, random_idents_have_fifty_bits_and_differ)
