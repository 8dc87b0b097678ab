/* Tests of src/lib-policy/level.c. */
#include "policy/level.h"

#include "tests/unit/unit.h"

START_TEST(every_level_has_a_name_and_no_other_word_is_one)
{
	static const char *const others[] = { "", "Verify", "verify ", "none", "may", "dane-only", "encryp" };
	enum policy_level level = POLICY_LEVELS;

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		ck_assert_msg(!policy_level_parse(span_of(others[i]), &level), "%s", others[i]);
	ck_assert_int_eq(level, POLICY_LEVELS);
	for (int i = 0; i < POLICY_LEVELS; i++) {
		ck_assert(policy_level_parse(span_of(policy_level_name((enum policy_level)i)), &level));
		ck_assert_int_eq(level, i);
	}
}
END_TEST

/* The operator's words, and their order: what is stored and compared as a number. */
START_TEST(levels_rise)
{
	ck_assert_str_eq(policy_level_name(POLICY_ENCRYPT), "encrypt");
	ck_assert(POLICY_ENCRYPT < POLICY_VERIFY && POLICY_VERIFY < POLICY_SECURE && POLICY_SECURE < POLICY_DANE);
	ck_assert_str_eq(policy_level_name(POLICY_DANE), "dane");
}
END_TEST

UNIT_MAIN("level", every_level_has_a_name_and_no_other_word_is_one, levels_rise)
