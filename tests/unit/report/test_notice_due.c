/* Tests of src/report/notice_due.c: who is told, reminded, left alone; a life of days, a row for each rule. */
#include "report/notice_due.h"

#include <stdio.h>

#include "tests/unit/unit.h"

#define HOUR 3600
#define DAY 86400
#define BEGIN (20000LL * DAY)
#define STEPS 12

static const struct notice_limits usual = { .after_s = 2 * DAY, .sessions = 3, .remind_s = 14 * DAY, .silence_s = 180 * DAY, .most = 50,
	.bounces = 30, .lookups = 500 };
static const struct notice_limits never_reminded = { .after_s = 2 * DAY, .remind_s = 0, .silence_s = 180 * DAY };
static const struct notice_limits of_tests = { .after_s = 8, .remind_s = 20, .silence_s = 60 };
static const struct notice_limits without_silence = { .after_s = 0, .remind_s = 0, .silence_s = 0 };
static const struct notice_limits late_reminder = { .after_s = 2 * DAY, .remind_s = 300 * DAY, .silence_s = 180 * DAY };

/* What happens at a time, and what is due before it does. */
enum act { END, LOOK, SENT, TAKEN, UNREACHED, UNPROVED, MENDED, LATER, SILENT, LOST };

static const struct {
	const char *name;
	const struct notice_limits *limits;
	struct { int64_t at_s; enum notice_step due; enum act act; } steps[STEPS];
	enum notice_state state;
} lives[] = {
	{ "a party that was never told is told", &usual, { { 0, NOTICE_STEP_FIRST, LOOK } }, NOTICE_WATCHED },
	/* Issue: one notice, one reminder after 14 days, then silence for 180 days. */
	{ "one notice, one reminder after 14 days, silence of 180 days, then anew", &usual, {
		{ 0, NOTICE_STEP_FIRST, SENT }, { HOUR, NOTICE_STEP_NONE, TAKEN }, { 14 * DAY, NOTICE_STEP_NONE, LOOK },
		{ 14 * DAY + HOUR, NOTICE_STEP_REMINDER, SENT }, { 14 * DAY + 2 * HOUR, NOTICE_STEP_NONE, TAKEN },
		{ 28 * DAY + 2 * HOUR, NOTICE_STEP_NONE, LOOK }, { 180 * DAY + HOUR, NOTICE_STEP_NONE, LOOK },
		{ 194 * DAY + HOUR, NOTICE_STEP_NONE, LOOK }, { 194 * DAY + 2 * HOUR, NOTICE_STEP_FIRST, SENT },
		{ 194 * DAY + 3 * HOUR, NOTICE_STEP_NONE, TAKEN } }, NOTICE_TOLD },
	{ "a reminder that is sent is the last", &usual, { { 0, NOTICE_STEP_FIRST, SENT }, { 0, NOTICE_STEP_NONE, TAKEN },
		{ 20 * DAY, NOTICE_STEP_REMINDER, SENT }, { 20 * DAY, NOTICE_STEP_NONE, TAKEN }, { 100 * DAY, NOTICE_STEP_NONE, LOOK } },
		NOTICE_REMINDED },
	{ "without reminders the silence follows the notice", &never_reminded, { { 0, NOTICE_STEP_FIRST, SENT }, { 0, NOTICE_STEP_NONE, TAKEN },
		{ 100 * DAY, NOTICE_STEP_NONE, LOOK }, { 180 * DAY, NOTICE_STEP_FIRST, LOOK } }, NOTICE_TOLD },
	{ "a reminder that would come after the silence is a notice", &late_reminder, { { 0, NOTICE_STEP_FIRST, SENT },
		{ 0, NOTICE_STEP_NONE, TAKEN }, { 180 * DAY, NOTICE_STEP_FIRST, SENT }, { 180 * DAY, NOTICE_STEP_NONE, TAKEN } }, NOTICE_TOLD },
	{ "a relay that was away for the reminder and the silence tells anew", &usual, { { 0, NOTICE_STEP_FIRST, SENT },
		{ 0, NOTICE_STEP_NONE, TAKEN }, { 200 * DAY, NOTICE_STEP_FIRST, SENT }, { 200 * DAY, NOTICE_STEP_NONE, TAKEN } }, NOTICE_TOLD },
	/* N51: never two within seven days. */
	{ "a notice whose end is unknown is waited for seven days", &usual, { { 0, NOTICE_STEP_FIRST, SENT },
		{ 7 * DAY - 1, NOTICE_STEP_NONE, LOOK }, { 7 * DAY, NOTICE_STEP_FIRST, LOOK } }, NOTICE_WATCHED },
	{ "silence and reminder that are switched off are no floods", &without_silence, { { 0, NOTICE_STEP_FIRST, SENT },
		{ 0, NOTICE_STEP_NONE, TAKEN }, { 7 * DAY - 1, NOTICE_STEP_NONE, LOOK }, { 7 * DAY, NOTICE_STEP_FIRST, LOOK } }, NOTICE_TOLD },
	{ "periods of tests are shorter than that", &of_tests, { { 0, NOTICE_STEP_FIRST, SENT }, { 1, NOTICE_STEP_NONE, TAKEN },
		{ 20, NOTICE_STEP_NONE, LOOK }, { 21, NOTICE_STEP_REMINDER, SENT }, { 22, NOTICE_STEP_NONE, TAKEN },
		{ 81, NOTICE_STEP_NONE, LOOK }, { 82, NOTICE_STEP_FIRST, LOOK } }, NOTICE_REMINDED },
	{ "who cannot be reached is tried anew after a silence", &usual, { { 0, NOTICE_STEP_FIRST, SENT }, { HOUR, NOTICE_STEP_NONE, UNREACHED },
		{ 15 * DAY, NOTICE_STEP_NONE, LOOK }, { 180 * DAY, NOTICE_STEP_NONE, LOOK }, { 180 * DAY + HOUR, NOTICE_STEP_FIRST, LOOK } },
		NOTICE_UNREACHED },
	{ "who refuses the reminder is told anew after a silence", &usual, { { 0, NOTICE_STEP_FIRST, SENT }, { 0, NOTICE_STEP_NONE, TAKEN },
		{ 14 * DAY, NOTICE_STEP_REMINDER, SENT }, { 15 * DAY, NOTICE_STEP_NONE, UNREACHED }, { 194 * DAY, NOTICE_STEP_NONE, LOOK },
		{ 195 * DAY, NOTICE_STEP_FIRST, SENT }, { 195 * DAY, NOTICE_STEP_NONE, TAKEN } }, NOTICE_TOLD },
	{ "of whom nobody knows who it is is asked again after a day", &usual, { { 0, NOTICE_STEP_FIRST, UNPROVED },
		{ DAY - 1, NOTICE_STEP_NONE, LOOK }, { DAY, NOTICE_STEP_FIRST, LOOK } }, NOTICE_UNPROVED },
	{ "who was told and is not to be known any more was told", &usual, { { 0, NOTICE_STEP_FIRST, SENT }, { 0, NOTICE_STEP_NONE, TAKEN },
		{ 14 * DAY, NOTICE_STEP_REMINDER, UNPROVED }, { 15 * DAY, NOTICE_STEP_REMINDER, LOOK } }, NOTICE_TOLD },
	/* Issue: a peer that mends itself gets none. */
	{ "a fault that is gone at the fresh look has to last anew", &usual, { { 0, NOTICE_STEP_FIRST, MENDED },
		{ 2 * DAY - 1, NOTICE_STEP_NONE, LOOK }, { 2 * DAY, NOTICE_STEP_FIRST, LOOK } }, NOTICE_MENDED },
	{ "a fault that was mended and comes back within the silence gets nothing", &usual, { { 0, NOTICE_STEP_FIRST, SENT },
		{ 0, NOTICE_STEP_NONE, TAKEN }, { 14 * DAY, NOTICE_STEP_REMINDER, MENDED }, { 15 * DAY, NOTICE_STEP_NONE, LOOK },
		{ 180 * DAY - 1, NOTICE_STEP_NONE, LOOK }, { 180 * DAY, NOTICE_STEP_FIRST, LOOK } }, NOTICE_MENDED },
	{ "what has come since the notice is not reminded of", &usual, { { 0, NOTICE_STEP_FIRST, SENT }, { 0, NOTICE_STEP_NONE, TAKEN },
		{ 14 * DAY, NOTICE_STEP_REMINDER, SILENT }, { 180 * DAY - 1, NOTICE_STEP_NONE, LOOK }, { 180 * DAY, NOTICE_STEP_FIRST, LOOK } },
		NOTICE_TOLD },
	{ "what may have been taken is not sent again", &usual, { { 0, NOTICE_STEP_FIRST, SENT }, { 7 * DAY - 1, NOTICE_STEP_NONE, LOST },
		{ 14 * DAY, NOTICE_STEP_NONE, LOOK }, { 180 * DAY - 1, NOTICE_STEP_NONE, LOOK }, { 180 * DAY, NOTICE_STEP_FIRST, LOOK } },
		NOTICE_TOLD },
	/* Issue: never while the classifier doubts. */
	{ "a doubt is looked at again after an hour", &usual, { { 0, NOTICE_STEP_FIRST, LATER }, { HOUR - 1, NOTICE_STEP_NONE, LOOK },
		{ HOUR, NOTICE_STEP_FIRST, LOOK } }, NOTICE_WATCHED },
	{ "or after a quarter of the time that a fault has to last", &of_tests, { { 0, NOTICE_STEP_FIRST, LATER }, { 1, NOTICE_STEP_NONE, LOOK },
		{ 2, NOTICE_STEP_FIRST, LOOK } }, NOTICE_WATCHED },
	{ "never at once", &without_silence, { { 0, NOTICE_STEP_FIRST, LATER }, { 0, NOTICE_STEP_NONE, LOOK }, { 1, NOTICE_STEP_FIRST, MENDED },
		{ 1, NOTICE_STEP_NONE, LOOK } }, NOTICE_MENDED },
};

static void
act(struct notice_party *party, const struct notice_limits *limits, enum act act, int64_t now_s)
{
	static void (*const steps[])(struct notice_party *, const struct notice_limits *, int64_t) = { [TAKEN] = notice_party_taken,
		[UNREACHED] = notice_party_unreached, [UNPROVED] = notice_party_unproved, [MENDED] = notice_party_mended,
		[LATER] = notice_party_later, [SILENT] = notice_party_silent };

	if (act == SENT)
		notice_party_sent(party, 1, "certificate-expired", now_s);
	else if (act == LOST)
		notice_party_lost(party, limits);
	else if (act != LOOK)
		steps[act](party, limits, now_s);
}

START_TEST(a_life_goes_as_the_rules_say)
{
	struct notice_party party = { .state = NOTICE_WATCHED };

	for (unsigned i = 0; i < STEPS && lives[_i].steps[i].act != END; i++) {
		int64_t now_s = BEGIN + lives[_i].steps[i].at_s;
		enum notice_step due = notice_due(&party, lives[_i].limits, now_s);

		ck_assert_msg(due == lives[_i].steps[i].due, "%s: step %u is %d", lives[_i].name, i, due);
		act(&party, lives[_i].limits, lives[_i].steps[i].act, now_s);
	}
	ck_assert_msg(party.state == lives[_i].state, "%s: %d", lives[_i].name, party.state);
}
END_TEST

START_TEST(what_was_sent_is_noted)
{
	struct notice_party party = { .state = NOTICE_WATCHED };

	notice_party_sent(&party, 2, "protocol-old", BEGIN);
	ck_assert_uint_eq(party.contact, 2);
	ck_assert_str_eq(party.fault, "protocol-old");
	ck_assert_int_eq(party.sent_s, BEGIN);
	ck_assert_int_eq(party.told_s, 0);
	notice_party_taken(&party, &usual, BEGIN + 5);
	ck_assert_int_eq(party.told_s, BEGIN + 5);
	ck_assert_int_eq(party.again_s, BEGIN + 5 + 14 * DAY);
	ck_assert_uint_eq(party.notices, 1);
}
END_TEST

/* A year of looks, one each hour, at a party whose fault is always there and whose contact takes everything: N50, N51. */
START_TEST(a_year_of_a_fault_is_two_notices_and_two_reminders_at_most)
{
	struct notice_party party = { .state = NOTICE_WATCHED };
	unsigned counts[3] = { 0 };
	int64_t last_s = 0;

	for (int64_t now_s = BEGIN; now_s < BEGIN + 365 * DAY; now_s += HOUR) {
		enum notice_step due = notice_due(&party, &usual, now_s);

		counts[due]++;
		if (due == NOTICE_STEP_NONE)
			continue;
		ck_assert(last_s == 0 || now_s - last_s >= NOTICE_LEAST_S);
		last_s = now_s;
		notice_party_sent(&party, 0, "starttls-not-supported", now_s);
		notice_party_taken(&party, &usual, now_s);
	}
	ck_assert_uint_eq(counts[NOTICE_STEP_FIRST], 2);
	ck_assert_uint_eq(counts[NOTICE_STEP_REMINDER], 2);
}
END_TEST

/* Issue: everything stops by itself when bounces pass 30 %. */
START_TEST(the_brake_is_for_more_than_so_many_percent_of_at_least_ten)
{
	static const struct { uint64_t ended, bounced; bool is_braked; } rows[] = {
		{ 0, 0, false }, { 9, 9, false }, { 10, 3, false }, { 10, 4, true }, { 100, 30, false }, { 100, 31, true }, { 1000, 0, false }
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert(notice_brake(rows[i].ended, rows[i].bounced, &usual) == rows[i].is_braked);
}
END_TEST

UNIT_MAIN_LOOPED("notice_due", a_life_goes_as_the_rules_say, lives, what_was_sent_is_noted,
    a_year_of_a_fault_is_two_notices_and_two_reminders_at_most, the_brake_is_for_more_than_so_many_percent_of_at_least_ten)
