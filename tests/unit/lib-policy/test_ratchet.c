/* Tests of src/lib-policy/ratchet.c. Failures are no input: there is nothing here by which they could loosen anything. */
#include "policy/ratchet.h"

#include "tests/unit/unit.h"

#define DAY INT64_C(86400)
#define START (20000 * DAY)	/* midnight (UTC) */
#define PERIOD (60 * DAY)
#define MOST 12

static const struct ratchet_rules rules = { true, 10, 7, PERIOD };

static struct ratchet_memory
after(const int64_t *at_s, size_t count)
{
	struct ratchet_memory memory = { 0, 0, 0 };

	for (size_t i = 0; i < count; i++)
		ratchet_note(&memory, &rules, START + at_s[i]);
	return memory;
}

static const struct {
	const char *what;
	int64_t at_s[MOST];	/* successes, since START */
	size_t count;
	uint64_t successes, days;
	int64_t last_s;
} rows[] = {
	{ "nothing", { 0 }, 0, 0, 0, -START },
	{ "one", { 5 }, 1, 1, 1, 5 },
	{ "one day", { 0, 1, DAY - 1 }, 3, 3, 1, DAY - 1 },
	{ "midnight is between days", { DAY - 1, DAY }, 2, 2, 2, DAY },
	{ "days need not follow each other", { 0, 10 * DAY, 10 * DAY, 40 * DAY }, 4, 4, 3, 40 * DAY },
	{ "a pause as long as the period", { 0, PERIOD }, 2, 2, 2, PERIOD },
	{ "a longer pause begins all anew", { 0, DAY, 2 * DAY, 2 * DAY + PERIOD + 1 }, 4, 1, 1, 2 * DAY + PERIOD + 1 },
	/* the clock set back: nothing is lost, no day counts twice, and the last success stays the last */
	{ "set back within the day", { 100, 50 }, 2, 2, 1, 100 },
	{ "set back by days", { 5 * DAY, 3 * DAY, 4 * DAY, 5 * DAY }, 4, 4, 1, 5 * DAY },
	{ "back and forth", { 5 * DAY, 4 * DAY, 5 * DAY, 4 * DAY, 5 * DAY }, 5, 5, 1, 5 * DAY },
	{ "back and on", { 5 * DAY, 4 * DAY, 6 * DAY }, 3, 3, 2, 6 * DAY },
	{ "set back by the period", { PERIOD, 0 }, 2, 2, 1, PERIOD },
	/* beyond the period it is the clock of then that was wrong */
	{ "from far in the future", { 10000 * DAY, 0, DAY }, 3, 3, 2, DAY },
	{ "far forward begins anew", { 0, DAY, 10000 * DAY }, 3, 1, 1, 10000 * DAY },
};

START_TEST(successes_and_days_are_counted)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct ratchet_memory memory = after(rows[i].at_s, rows[i].count);

		ck_assert_msg(memory.successes == rows[i].successes && memory.days == rows[i].days && memory.last_s == START + rows[i].last_s, "%s",
		    rows[i].what);
	}
}
END_TEST

static const struct {
	const char *what;
	struct ratchet_memory memory;
	bool is_off;
	int64_t now_s;
	bool holds;
} holding[] = {
	{ "enough", { 10, 7, START }, false, START, true },
	{ "more", { 1000, 100, START }, false, START, true },
	{ "a success too few", { 9, 7, START }, false, START, false },
	{ "a day too few", { 10, 6, START }, false, START, false },
	{ "many on few days", { 1000000, 1, START }, false, START, false },
	{ "rules are off", { 1000, 100, START }, true, START, false },
	{ "no last success", { 1000, 100, 0 }, false, START, false },
	{ "nothing", { 0, 0, 0 }, false, START, false },
	{ "to the end of the period", { 10, 7, START }, false, START + PERIOD, true },
	{ "and not longer", { 10, 7, START }, false, START + PERIOD + 1, false },
	{ "clock set back", { 10, 7, START }, false, START - 30 * DAY, true },
	{ "clock set far back", { 10, 7, START }, false, 1, true },
	{ "clock far forward", { 10, 7, START }, false, 3 * START, false },
};

START_TEST(it_holds_when_there_was_enough_not_too_long_ago)
{
	for (size_t i = 0; i < sizeof(holding) / sizeof(*holding); i++) {
		struct ratchet_rules these = rules;

		these.is_on = !holding[i].is_off;
		ck_assert_msg(ratchet_holds(&holding[i].memory, &these, holding[i].now_s) == holding[i].holds, "%s", holding[i].what);
	}
}
END_TEST

/* Even rules that ask for nothing need one success. */
START_TEST(nothing_learnt_is_nothing_held)
{
	const struct ratchet_rules none = { true, 0, 0, PERIOD };
	struct ratchet_memory memory = { 0, 0, 0 };

	ck_assert(!ratchet_holds(&memory, &none, START));
	ratchet_note(&memory, &none, START);
	ck_assert(ratchet_holds(&memory, &none, START));
}
END_TEST

START_TEST(the_highest_level_in_force_counts)
{
	struct ratchet_memory memories[POLICY_LEVELS] = { { 0, 0, 0 } };
	struct ratchet_rules off = rules;
	int64_t until_s = 1;

	ck_assert_int_eq(ratchet_level(memories, &rules, START, &until_s), POLICY_ENCRYPT);
	ck_assert_int_eq(until_s, 0);
	memories[POLICY_ENCRYPT] = (struct ratchet_memory){ 1000, 100, START };
	ck_assert_int_eq(ratchet_level(memories, &rules, START, &until_s), POLICY_ENCRYPT);
	memories[POLICY_VERIFY] = (struct ratchet_memory){ 20, 10, START };
	ck_assert_int_eq(ratchet_level(memories, &rules, START, &until_s), POLICY_VERIFY);
	ck_assert_int_eq(until_s, START + PERIOD);
	memories[POLICY_DANE] = (struct ratchet_memory){ 10, 7, START - 10 * DAY };
	ck_assert_int_eq(ratchet_level(memories, &rules, START, &until_s), POLICY_DANE);
	ck_assert_int_eq(until_s, START - 10 * DAY + PERIOD);
	/* When the higher one ends, the lower one is left. */
	ck_assert_int_eq(ratchet_level(memories, &rules, until_s + 1, &until_s), POLICY_VERIFY);
	off.is_on = false;
	ck_assert_int_eq(ratchet_level(memories, &off, START, &until_s), POLICY_ENCRYPT);
	ck_assert_int_eq(until_s, 0);
}
END_TEST

/* By a clock that was set back, or forward at the last success: it ends a period from now, at the latest. */
START_TEST(no_clock_makes_it_last_longer_than_from_now_on)
{
	struct ratchet_memory memories[POLICY_LEVELS] = { [POLICY_SECURE] = { 10, 7, 1000 * START } };
	int64_t until_s;

	ck_assert_int_eq(ratchet_level(memories, &rules, START, &until_s), POLICY_SECURE);
	ck_assert_int_eq(until_s, START + PERIOD);
}
END_TEST

/* A small generator of its own: the same numbers at every run. */
static uint32_t
next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/*
 * Any course of successes, by a clock that is also set back (by less than the period) and jumps: it never holds without that many
 * successes on that many different days, and what holds goes on holding, until nothing was seen for longer than the period.
 */
START_TEST(random_courses_never_hold_without_enough_days_and_never_loosen)
{
	enum { STEPS = 300, DAYS = 30000 };
	uint32_t seed = 99;

	for (int round = 0; round < 500; round++) {
		static unsigned char seen[DAYS];
		struct ratchet_memory memory = { 0, 0, 0 };
		int64_t now_s = START;
		uint64_t successes = 0, days = 0;

		memset(seen, 0, sizeof(seen));
		for (int step = 0; step < STEPS; step++) {
			static const int64_t strides[] = { 1, 3600, DAY / 2, DAY, DAY, 5 * DAY, 61 * DAY, -3600, -DAY, -20 * DAY };
			int64_t before_s = now_s;
			bool held;

			now_s += strides[next(&seed) % 10] + (int64_t)(next(&seed) % 3600);
			if (now_s < START || now_s >= DAYS * DAY)
				now_s = before_s;
			held = ratchet_holds(&memory, &rules, now_s);
			ratchet_note(&memory, &rules, now_s);
			successes++;
			days += !seen[now_s / DAY];
			seen[now_s / DAY] = 1;
			ck_assert_uint_le(memory.successes, successes);
			ck_assert_uint_le(memory.days, days);
			ck_assert_uint_ge(memory.days, 1);
			ck_assert_int_ge(memory.last_s, now_s);
			if (ratchet_holds(&memory, &rules, now_s))
				ck_assert(successes >= rules.successes && days >= rules.days);
			if (held)
				ck_assert_msg(ratchet_holds(&memory, &rules, now_s), "a success has loosened it");
			if (ratchet_holds(&memory, &rules, now_s))
				ck_assert(ratchet_holds(&memory, &rules, now_s + PERIOD) && !ratchet_holds(&memory, &rules, memory.last_s + PERIOD + 1));
		}
	}
}
END_TEST

UNIT_MAIN("ratchet", successes_and_days_are_counted, it_holds_when_there_was_enough_not_too_long_ago, nothing_learnt_is_nothing_held,
    the_highest_level_in_force_counts, no_clock_makes_it_last_longer_than_from_now_on,
    random_courses_never_hold_without_enough_days_and_never_loosen)
