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
	past_note(past, host, &now);
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
	ck_assert(known->sessions == 2 && known->last_s == 200 && known->level == POLICY_SECURE);
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

UNIT_MAIN("past", hosts_are_known_by_what_they_did_last, a_session_that_was_resumed_leaves_the_certificate,
    the_one_seen_longest_ago_is_forgotten_first)
