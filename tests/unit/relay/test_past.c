/* Tests of src/relay/past.c. */
#include "relay/past.h"

#include <stdio.h>

#include "tests/unit/unit.h"

static const struct ip ip = { { 192, 0, 2, 1 }, 4 };

static void
note(struct past *past, const char *host, int64_t now_s, const char *fingerprint)
{
	struct verdict_past now = { .last_s = now_s, .has_starttls = true, .keywords = 7, .level = POLICY_SECURE, .ip = ip };

	snprintf(now.fingerprint, sizeof(now.fingerprint), "%s", fingerprint);
	(void)past_note(past, host, &now);
}

START_TEST(hosts_are_known_by_what_they_did_last)
{
	struct past past;
	const struct verdict_past *known;

	past_init(&past);
	ck_assert_ptr_null(past_get(&past, "mx.example.org"));
	note(&past, "mx.example.org", 100, "aa");
	note(&past, "mx.example.net", 150, "cc");
	note(&past, "mx.example.org", 200, "bb");
	known = past_get(&past, "mx.example.org");
	ck_assert(known->sessions == 2 && known->first_s == 100 && known->last_s == 200 && known->level == POLICY_SECURE);
	ck_assert_str_eq(known->fingerprint, "bb");
	ck_assert_uint_eq(past_get(&past, "mx.example.net")->sessions, 1);
	past_clear(&past);
	ck_assert_ptr_null(past_get(&past, "mx.example.org"));
}
END_TEST

START_TEST(a_session_that_was_resumed_leaves_the_certificate)
{
	struct past past;

	past_init(&past);
	note(&past, "mx.example.org", 100, "aa");
	note(&past, "mx.example.org", 200, "");
	ck_assert_str_eq(past_get(&past, "mx.example.org")->fingerprint, "aa");
	past_clear(&past);
}
END_TEST

START_TEST(the_one_seen_longest_ago_is_forgotten_first)
{
	struct past past;
	char host[40];

	past_init(&past);
	note(&past, "first.example", 1, "aa");
	note(&past, "second.example", 2, "aa");
	for (int i = 2; i < PAST_HOSTS; i++) {
		snprintf(host, sizeof(host), "mx%d.example", i);
		note(&past, host, i, "aa");
	}
	note(&past, "first.example", 20000, "aa");
	note(&past, "one-more.example", 20001, "aa");
	ck_assert_uint_eq(past.count, PAST_HOSTS);
	ck_assert_ptr_nonnull(past_get(&past, "first.example"));
	ck_assert_ptr_null(past_get(&past, "second.example"));
	ck_assert_ptr_nonnull(past_get(&past, "mx2.example"));
	past_clear(&past);
}
END_TEST

/* In turn: a session, when, as a host that is given; is the policy room to be told? */
START_TEST(the_policy_room_is_told_of_changes_and_otherwise_once_an_hour)
{
	static const struct { const char *host; int64_t at_s; const char *fingerprint; unsigned keywords; bool told; uint64_t sessions; } rows[] = {
		{ "mx.example.org", 1000, "aa", 7, true, 1 },
		{ "mx.example.org", 1001, "aa", 7, false, 0 },
		{ "mx.example.org", 1059, "", 7, false, 0 },		/* a session that was resumed is no change */
		{ "mx.example.net", 1059, "aa", 7, true, 1 },
		{ "mx.example.org", 1000 + PAST_TOLD_S - 1, "aa", 7, false, 0 },
		{ "mx.example.org", 1000 + PAST_TOLD_S, "aa", 7, true, 4 },
		/* another certificate, soon after: with the next session that is late enough, whatever that one shows */
		{ "mx.example.org", 1000 + PAST_TOLD_S + 1, "bb", 7, false, 0 },
		{ "mx.example.org", 1000 + PAST_TOLD_S + PAST_CHANGED_S, "bb", 7, true, 2 },
		{ "mx.example.org", 1000 + PAST_TOLD_S + 3 * PAST_CHANGED_S, "bb", 3, true, 1 },
		/* the clock was set back */
		{ "mx.example.org", 500, "bb", 3, true, 1 },
	};
	struct past past;

	past_init(&past);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct verdict_past now = { .last_s = rows[i].at_s, .has_starttls = true, .keywords = rows[i].keywords, .level = POLICY_SECURE };
		const struct past_host *host;
		uint64_t sessions;

		snprintf(now.fingerprint, sizeof(now.fingerprint), "%s", rows[i].fingerprint);
		ck_assert_msg(past_note(&past, rows[i].host, &now) == rows[i].told, "row %zu", i);
		host = past_take_due(&past, &sessions);
		ck_assert_msg((host != NULL) == rows[i].told, "row %zu", i);
		if (host == NULL)
			continue;
		ck_assert_str_eq(host->name, rows[i].host);
		ck_assert_msg(sessions == rows[i].sessions, "row %zu: %llu", i, (unsigned long long)sessions);
		ck_assert_ptr_null(past_take_due(&past, &sessions));
	}
	past_clear(&past);
}
END_TEST

START_TEST(everything_is_told_at_the_end)
{
	struct past past;
	uint64_t sessions;

	past_init(&past);
	ck_assert(!past_tell_all(&past));
	note(&past, "mx.example.org", 100, "aa");
	note(&past, "mx.example.net", 100, "aa");
	ck_assert_ptr_nonnull(past_take_due(&past, &sessions));
	note(&past, "mx.example.org", 101, "aa");
	note(&past, "mx.example.org", 102, "aa");
	ck_assert(past_tell_all(&past));
	ck_assert_str_eq(past_take_due(&past, &sessions)->name, "mx.example.net");
	ck_assert_str_eq(past_take_due(&past, &sessions)->name, "mx.example.org");
	ck_assert_uint_eq(sessions, 2);
	ck_assert(!past_tell_all(&past));
	past_clear(&past);
}
END_TEST

static struct verdict_past
kept_of(uint64_t sessions, int64_t first_s, int64_t last_s, const char *fingerprint)
{
	struct verdict_past kept = { .sessions = sessions, .first_s = first_s, .last_s = last_s, .has_starttls = true, .keywords = 3,
		.level = POLICY_DANE, .ip = ip };

	snprintf(kept.fingerprint, sizeof(kept.fingerprint), "%s", fingerprint);
	return kept;
}

START_TEST(what_the_policy_room_says_counts_unless_it_was_seen_later_here)
{
	struct verdict_past kept = kept_of(400, 50, 90, "kk");
	const struct verdict_past *known;
	struct past past;
	uint64_t sessions;

	past_init(&past);
	past_learn(&past, "mx.example.org", &kept);
	known = past_get(&past, "mx.example.org");
	ck_assert(known->sessions == 400 && known->first_s == 50 && known->last_s == 90 && known->level == POLICY_DANE);
	ck_assert_str_eq(known->fingerprint, "kk");
	ck_assert_ptr_null(past_take_due(&past, &sessions));
	/* a session here, of which the policy room does not know yet when it answers */
	note(&past, "mx.example.org", 100, "aa");
	ck_assert_uint_eq(past_get(&past, "mx.example.org")->sessions, 401);
	past_learn(&past, "mx.example.org", &kept);
	known = past_get(&past, "mx.example.org");
	ck_assert(known->sessions == 401 && known->first_s == 50 && known->last_s == 100 && known->level == POLICY_SECURE);
	ck_assert_str_eq(known->fingerprint, "aa");
	/* another relay was there since, in a session that was resumed */
	kept = kept_of(410, 50, 200, "");
	past_learn(&past, "mx.example.org", &kept);
	known = past_get(&past, "mx.example.org");
	ck_assert(known->sessions == 411 && known->last_s == 200 && known->level == POLICY_DANE);
	ck_assert_str_eq(known->fingerprint, "aa");
	past_clear(&past);
}
END_TEST

/* Whoever was told within the hour by another relay is not told again by this one. */
START_TEST(what_the_policy_room_knows_is_not_told_again)
{
	struct verdict_past kept = kept_of(400, 50, 10000, "aa"), now = kept;
	struct past past;

	past_init(&past);
	past_learn(&past, "mx.example.org", &kept);
	now.last_s = 10100;
	ck_assert(!past_note(&past, "mx.example.org", &now));
	now.last_s = 10000 + PAST_TOLD_S;
	ck_assert(past_note(&past, "mx.example.org", &now));
	past_clear(&past);
}
END_TEST

UNIT_MAIN("past", hosts_are_known_by_what_they_did_last, a_session_that_was_resumed_leaves_the_certificate,
    the_one_seen_longest_ago_is_forgotten_first, the_policy_room_is_told_of_changes_and_otherwise_once_an_hour,
    everything_is_told_at_the_end, what_the_policy_room_says_counts_unless_it_was_seen_later_here,
    what_the_policy_room_knows_is_not_told_again)
