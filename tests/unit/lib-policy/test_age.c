/* Tests of src/lib-policy/age.c. */
#include "policy/age.h"

#include "tests/unit/unit.h"

#define DAY 86400
#define NOON INT64_C(1800000000)

static const struct {
	const char *what;
	struct moment then, now;
	int64_t age_s;
} rows[] = {
	/* the same start of the machine: only the clock that nobody sets */
	{ "the same moment", { NOON, 100, "a" }, { NOON, 100, "a" }, 0 },
	{ "an hour", { NOON, 100, "a" }, { NOON + 3600, 3700, "a" }, 3600 },
	{ "wall set back", { NOON, 100, "a" }, { NOON - 365 * DAY, 3700, "a" }, 3600 },		/* M25 */
	{ "wall set forward", { NOON, 100, "a" }, { NOON + 365 * DAY, 3700, "a" }, 3600 },
	{ "wall stands still", { NOON, 100, "a" }, { NOON, 3700, "a" }, 3600 },
	{ "up goes back, which it cannot", { NOON, 100, "a" }, { NOON + 3600, 50, "a" }, 0 },
	/* another one: there is only the wall's */
	{ "restarted", { NOON, 100000, "a" }, { NOON + 3600, 10, "b" }, 3600 },
	{ "restarted, wall set back", { NOON, 100, "a" }, { NOON - DAY, 200, "b" }, 0 },
	{ "restarted, wall set forward", { NOON, 100, "a" }, { NOON + 365 * DAY, 200, "b" }, 365 * DAY },
	{ "restarted in 1970", { NOON, 100, "a" }, { 0, 10, "b" }, 0 },
	{ "which start is not known now", { NOON, 100, "a" }, { NOON + 60, 10000, "" }, 60 },
	{ "nor then", { NOON, 100, "" }, { NOON + 60, 10000, "a" }, 60 },
	{ "nor ever", { NOON, 100, "" }, { NOON + 60, 10000, "" }, 60 },
	/* what a damaged disk may say */
	{ "as old as can be", { INT64_MIN, 0, "a" }, { INT64_MAX, 0, "b" }, INT64_MAX },
	{ "as new as can be", { INT64_MAX, 0, "a" }, { INT64_MIN, 0, "b" }, 0 },
	{ "up as old as can be", { 0, INT64_MIN, "a" }, { 0, 1, "a" }, INT64_MAX },
};

START_TEST(age_is_by_the_clock_that_can_be_believed)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int64_t age_s = moment_age_s(&rows[i].then, &rows[i].now);

		ck_assert_msg(age_s == rows[i].age_s, "%s: %lld", rows[i].what, (long long)age_s);
	}
}
END_TEST

START_TEST(what_is_left_ends_with_the_life)
{
	const struct moment then = { NOON, 100, "a" };
	struct moment now = then;

	ck_assert_int_eq(moment_left_s(&then, DAY, &now), DAY);
	now.up_s += DAY - 1;
	ck_assert_int_eq(moment_left_s(&then, DAY, &now), 1);
	now.up_s++;
	ck_assert_int_eq(moment_left_s(&then, DAY, &now), 0);
	now.up_s++;
	ck_assert_int_eq(moment_left_s(&then, DAY, &now), 0);
	ck_assert_int_eq(moment_left_s(&then, 0, &then), 0);
	ck_assert_int_eq(moment_left_s(&then, -5, &then), 0);
	/* M25: set back by a year, and started anew */
	ck_assert_int_eq(moment_left_s(&then, DAY, &(struct moment){ NOON - 365 * DAY, 1, "b" }), DAY);
}
END_TEST

/* A small generator of its own: the same numbers at every run. */
static uint64_t
next(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed ^ *seed >> 29;
}

/* Small numbers, large ones, and any at all. */
static int64_t
any(uint64_t *seed)
{
	unsigned shift = (unsigned)(next(seed) >> 32) % 64;

	return (int64_t)(next(seed) >> shift) - (shift % 3 == 0 ? 1 : 0);
}

START_TEST(age_is_never_negative_and_nothing_is_left_beyond_its_life)
{
	uint64_t seed = 5;

	for (int i = 0; i < 200000; i++) {
		struct moment then = { any(&seed), any(&seed), "a" }, now = { any(&seed), any(&seed), "a" }, later;
		int64_t life_s = any(&seed), left_s;

		now.boot[0] = (char)(next(&seed) >> 40 & 1 ? 'a' : 'b');
		left_s = moment_left_s(&then, life_s, &now);
		ck_assert_int_ge(moment_age_s(&then, &now), 0);
		ck_assert(left_s >= 0 && left_s <= (life_s < 0 ? 0 : life_s));
		/* Time does not make it younger. */
		later = now;
		later.wall_s += later.wall_s < INT64_MAX - 1000 ? 1000 : 0;
		later.up_s += later.up_s < INT64_MAX - 1000 ? 1000 : 0;
		ck_assert_int_ge(moment_age_s(&then, &later), moment_age_s(&then, &now));
		ck_assert_int_le(moment_left_s(&then, life_s, &later), left_s);
	}
}
END_TEST

UNIT_MAIN("age", age_is_by_the_clock_that_can_be_believed, what_is_left_ends_with_the_life,
    age_is_never_negative_and_nothing_is_left_beyond_its_life)
