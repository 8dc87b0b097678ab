/* Tests of src/lib-base/utf8.c. */
#include "base/utf8.h"

#include "tests/unit/unit.h"

START_TEST(only_well_formed_characters_have_a_length)
{
	static const struct { struct span text; size_t length; } rows[] = {
		{ SPAN(""), 0 },
		{ SPAN("a"), 0 },
		{ SPAN("\xc3\xbc"), 2 },
		{ SPAN("\xc3\xbcx"), 2 },
		{ SPAN("\xe2\x82\xac"), 3 },
		{ SPAN("\xf0\x9f\x98\x80"), 4 },
		{ SPAN("\xf4\x8f\xbf\xbf"), 4 },
		{ SPAN("\xc3"), 0 },
		{ SPAN("\xe2\x82"), 0 },
		{ SPAN("\xf0\x9f\x98"), 0 },
		{ SPAN("\xc0\x80"), 0 },		/* overlong NUL */
		{ SPAN("\xc1\xbf"), 0 },
		{ SPAN("\xe0\x80\x80"), 0 },
		{ SPAN("\xf0\x80\x80\x80"), 0 },
		{ SPAN("\xed\xa0\x80"), 0 },		/* surrogate */
		{ SPAN("\xf4\x90\x80\x80"), 0 },	/* beyond U+10FFFF */
		{ SPAN("\xf5\x80\x80\x80"), 0 },
		{ SPAN("\xff\xff"), 0 },
		{ SPAN("\x80\x80"), 0 },
		{ SPAN("\xc2\x85"), 0 },		/* C1 control NEL */
		{ SPAN("\xc2\xa0"), 2 },
		{ SPAN("\xc3\x28"), 0 },
		{ SPAN("\xe2\x28\xa1"), 0 },
		{ SPAN("\xe2\x82\x28"), 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(utf8_length(rows[i].text) == rows[i].length, "row %zu", i);
}
END_TEST

UNIT_MAIN("utf8", only_well_formed_characters_have_a_length)
