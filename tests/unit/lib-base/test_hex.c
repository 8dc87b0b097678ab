/* Tests of src/lib-base/hex.c. */
#include "base/hex.h"
#include "tests/unit/unit.h"

START_TEST(every_octet_is_two_digits)
{
	unsigned char all[256], back[256];
	char text[513];

	for (unsigned i = 0; i < 256; i++)
		all[i] = (unsigned char)i;
	hex_format(span_make(all, 256), text);
	ck_assert_uint_eq(strlen(text), 512);
	ck_assert_int_eq(strncmp(text, "000102", 6), 0);
	ck_assert_str_eq(text + 506, "fdfeff");
	ck_assert(hex_parse(span_of(text), back, 256));
	ck_assert_int_eq(memcmp(all, back, 256), 0);
	ck_assert_str_eq(hex_format(SPAN(""), text), "");
}
END_TEST

START_TEST(only_digits_of_the_right_number_are_read)
{
	static const struct { const char *text; size_t length; bool good; } rows[] = {
		{ "00fF", 2, true }, { "", 0, true }, { "00f", 2, false }, { "00ff0", 2, false }, { "00fg", 2, false },
		{ "0 ff", 2, false }, { "0x12", 2, false }, { "", 1, false }, { "/0", 1, false }, { ":0", 1, false }, { "@0", 1, false },
		{ "`0", 1, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unsigned char out[2] = { 7, 7 };

		ck_assert_msg(hex_parse(span_of(rows[i].text), out, rows[i].length) == rows[i].good, "row %zu", i);
		if (!rows[i].good)
			ck_assert(out[0] == 7 && out[1] == 7);
	}
}
END_TEST

UNIT_MAIN("hex", every_octet_is_two_digits, only_digits_of_the_right_number_are_read)
