/* Tests of src/report/strangers.c: of mail that strangers brought, nobody is told too often. */
#include "report/strangers.h"

#include <stdio.h>

#include "mail/envelope.h"
#include "tests/unit/unit.h"

#define MOST 20

static struct strangers *strangers;

static const char *
take(const char *sender, uint32_t flags, int64_t now_ms)
{
	const struct envelope envelope = { .sender = span_of(sender), .flags = flags };

	return strangers_take(strangers, &envelope, true, MOST, true, now_ms);
}

/* So many are told of a thousand messages of that kind, that come within a minute. */
static unsigned
told_of_a_thousand(const char *sender, uint32_t flags, uint64_t most, bool tells_forged, int64_t now_ms)
{
	const struct envelope envelope = { .sender = span_of(sender), .flags = flags };
	unsigned told = 0;

	for (int i = 0; i < 1000; i++)
		told += strangers_take(strangers, &envelope, true, most, tells_forged, now_ms + i * 60) == NULL;
	return told;
}

/* standards.md NX1, N17: a thousand forged messages, and what their victim gets of it. */
START_TEST(a_thousand_forged_messages_are_few_notifications_or_none)
{
	static const struct { const char *name; uint32_t flags; uint64_t most; bool tells_forged; unsigned told; } rows[] = {
		{ "of a stranger", ENVELOPE_UNPROVED, MOST, true, MOST },
		{ "that fail SPF", ENVELOPE_UNPROVED | ENVELOPE_FORGED, MOST, true, MOST },
		{ "that fail SPF, where such are not told", ENVELOPE_UNPROVED | ENVELOPE_FORGED, MOST, false, 0 },
		{ "the same without a bound", ENVELOPE_UNPROVED | ENVELOPE_FORGED, 0, false, 0 },
		{ "that do not fail, where those are not told", ENVELOPE_UNPROVED, MOST, false, MOST },
		{ "of a stranger, one an hour", ENVELOPE_UNPROVED | ENVELOPE_8BIT, 1, true, 1 },
		{ "of a stranger, without a bound", ENVELOPE_UNPROVED, 0, true, 1000 },
		{ "of a client", 0, MOST, false, 1000 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unsigned told;

		strangers = strangers_new();
		told = told_of_a_thousand("victim@example.org", rows[i].flags, rows[i].most, rows[i].tells_forged, 5000);
		ck_assert_msg(told == rows[i].told, "%s: %u", rows[i].name, told);
		strangers_free(&strangers);
	}
}
END_TEST

START_TEST(an_hour_later_it_begins_anew)
{
	strangers = strangers_new();
	for (int hour = 0; hour < 5; hour++) {
		ck_assert_uint_eq(told_of_a_thousand("victim@example.org", ENVELOPE_UNPROVED, MOST, true, hour * INT64_C(3600000)), MOST);
		ck_assert_str_eq(take("victim@example.org", ENVELOPE_UNPROVED, hour * INT64_C(3600000) + 3599999), "flood");
	}
	strangers_free(&strangers);
}
END_TEST

START_TEST(each_sender_counts_alone_and_in_any_case)
{
	strangers = strangers_new();
	ck_assert_uint_eq(told_of_a_thousand("victim@example.org", ENVELOPE_UNPROVED, MOST, true, 0), MOST);
	ck_assert_str_eq(take("VICTIM@Example.ORG", ENVELOPE_UNPROVED, 60000), "flood");
	ck_assert_ptr_null(take("victim@example.or", ENVELOPE_UNPROVED, 60000));
	ck_assert_ptr_null(take("victim@example.orga", ENVELOPE_UNPROVED, 60000));
	ck_assert_ptr_null(take("other@example.org", ENVELOPE_UNPROVED, 60000));
	/* The same person's own mail, which a client has brought. */
	ck_assert_ptr_null(take("victim@example.org", 0, 60000));
	strangers_free(&strangers);
}
END_TEST

/* P2: that mail will not be delivered is said, however much of delays was said before. */
START_TEST(delays_do_not_take_the_place_of_failures)
{
	const struct envelope envelope = { .sender = SPAN("a@example.org"), .flags = ENVELOPE_UNPROVED };

	strangers = strangers_new();
	for (int i = 0; i < MOST; i++)
		ck_assert_ptr_null(strangers_take(strangers, &envelope, false, MOST, true, i));
	ck_assert_str_eq(strangers_take(strangers, &envelope, false, MOST, true, MOST), "flood");
	ck_assert_uint_eq(told_of_a_thousand("a@example.org", ENVELOPE_UNPROVED, MOST, true, 1000), MOST);
	strangers_give_back(strangers, envelope.sender, true);
	ck_assert_str_eq(strangers_take(strangers, &envelope, false, MOST, true, 2000), "flood");
	ck_assert_ptr_null(take("a@example.org", ENVELOPE_UNPROVED, 2000));
	strangers_free(&strangers);
}
END_TEST

/* A notification that could not be written is asked for again: a full disk takes nothing from anybody. */
START_TEST(what_came_to_nothing_does_not_count)
{
	strangers = strangers_new();
	for (int i = 0; i < 100; i++) {
		ck_assert_ptr_null(take("a@example.org", ENVELOPE_UNPROVED, i));
		strangers_give_back(strangers, SPAN("a@example.org"), true);
	}
	strangers_give_back(strangers, SPAN("a@example.org"), true);
	strangers_give_back(strangers, SPAN("nobody@example.org"), true);
	ck_assert_uint_eq(told_of_a_thousand("a@example.org", ENVELOPE_UNPROVED, MOST, true, 1000), MOST);
	strangers_free(&strangers);
}
END_TEST

START_TEST(so_many_senders_are_counted_and_the_oldest_goes)
{
	char sender[40];

	strangers = strangers_new();
	ck_assert_uint_eq(told_of_a_thousand("oldest@example.org", ENVELOPE_UNPROVED, MOST, true, 0), MOST);
	for (int i = 1; i < STRANGERS_KEPT; i++) {
		snprintf(sender, sizeof(sender), "a%d@example.org", i);
		ck_assert_ptr_null(take(sender, ENVELOPE_UNPROVED, 60000));
	}
	ck_assert_str_eq(take("oldest@example.org", ENVELOPE_UNPROVED, 60000), "flood");
	ck_assert_ptr_null(take("one.more@example.org", ENVELOPE_UNPROVED, 60000));
	ck_assert_ptr_null(take("oldest@example.org", ENVELOPE_UNPROVED, 60000));
	strangers_free(&strangers);
}
END_TEST

UNIT_MAIN("strangers", a_thousand_forged_messages_are_few_notifications_or_none, an_hour_later_it_begins_anew,
    each_sender_counts_alone_and_in_any_case, delays_do_not_take_the_place_of_failures, what_came_to_nothing_does_not_count,
    so_many_senders_are_counted_and_the_oldest_goes)
