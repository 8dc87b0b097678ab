/* Tests of src/policy/refresh.c: what is fetched again, and when (M22, M23; peers.md 2.2). */
#include "tests/unit/policy/house.h"

#include <stdio.h>

#include "policy/host_store.h"

#define ENFORCE HOUSE_FILE("enforce", "604800")

START_TEST(a_policy_is_fetched_again_daily_and_lives_on)
{
	house_begin();
	house_publish("example.org", "1", ENFORCE);
	(void)house_know("example.org");
	/* The id does not change, and nobody asks: only a GET begins the age anew (M22). */
	for (int day = 0; day < 30; day++)
		fake_advance(HOUSE_DAY_MS);
	ck_assert_uint_ge(fake_fetches("example.org"), 30);
	ck_assert_uint_le(fake_fetches("example.org"), 45);
	fake_dns_status("_mta-sts.example.org", DNS_TXT, DNS_FAILED);
	ck_assert(house_know("example.org")->has_sts);
	house_end();
}
END_TEST

START_TEST(the_record_alone_extends_nothing)	/* peers.md 2.2: RS #109, #113 */
{
	house_begin();
	house_publish("example.org", "1", ENFORCE);
	(void)house_know("example.org");
	fake_fetch_fail("example.org", FETCH_CERTIFICATE);
	for (int day = 0; day < 8; day++) {
		(void)house_know("example.org");
		fake_advance(HOUSE_DAY_MS);
	}
	ck_assert(!house_know("example.org")->has_sts);
	/* An administrator could see it coming for days (M23). */
	for (int failure = 0; failure < 5; failure++)
		fake_log_expect("event=policy-refresh-failed domain=example.org mode=enforce id=1 reason=sts-webpki-invalid fetch=certificate * holds_s=*");
	fake_log_expect("event=policy-change domain=example.org what=sts was=enforce now=none-known *");
	while (fake_log_take("event=policy-refresh-failed *"))
		;
	house_end();
}
END_TEST

START_TEST(what_asks_for_nothing_fails_without_a_warning)	/* M23 */
{
	house_begin();
	house_publish("example.org", "1", HOUSE_FILE("none", "604800"));
	(void)house_know("example.org");
	fake_fetch_fail("example.org", FETCH_CERTIFICATE);
	for (int day = 0; day < 9; day++)
		fake_advance(HOUSE_DAY_MS);
	fake_log_expect("event=policy-fetch-failed domain=example.org * reason=sts-webpki-invalid fetch=certificate *");
	house_end();
}
END_TEST

START_TEST(hosts_that_were_not_seen_for_half_a_year_are_forgotten)
{
	const struct policy_host host = { .host = SPAN("mx.example.org"), .sessions = 1, .first_s = FAKE_WALL_START, .last_s = FAKE_WALL_START };

	house_begin();
	house_laid(&host, 1);
	for (int day = 0; day < 180; day++)
		fake_advance(HOUSE_DAY_MS);
	ck_assert_uint_eq(host_store_count(house_policy.store), 1);
	fake_advance(HOUSE_DAY_MS);
	ck_assert_uint_eq(host_store_count(house_policy.store), 0);
	house_end();
}
END_TEST

START_TEST(a_short_age_is_refreshed_at_half_of_it)
{
	house_begin();
	house_publish("example.org", "1", HOUSE_FILE("enforce", "7200"));
	(void)house_know("example.org");
	for (int i = 0; i < 24; i++) {
		fake_advance(3600 * 1000);
		fake_dns_status("_mta-sts.example.org", DNS_TXT, DNS_FAILED);
		ck_assert(house_know("example.org")->has_sts);
		fake_dns_status("_mta-sts.example.org", DNS_TXT, DNS_FOUND);
	}
	ck_assert_uint_ge(fake_fetches("example.org"), 24);
	ck_assert_uint_le(fake_fetches("example.org"), 40);
	house_end();
}
END_TEST

START_TEST(a_policy_without_its_record_is_still_fetched)
{
	house_begin();
	house_publish("example.org", "1", ENFORCE);
	(void)house_know("example.org");
	fake_dns_remove("_mta-sts.example.org", DNS_TXT);
	/* Somebody on the way may have taken the record away: what comes by HTTPS is proved. */
	for (int day = 0; day < 20; day++)
		fake_advance(HOUSE_DAY_MS);
	ck_assert(house_know("example.org")->has_sts);
	fake_log_expect("event=policy-record-missing domain=example.org mode=enforce *");
	house_end();
}
END_TEST

START_TEST(removal_is_honoured_in_the_background)
{
	house_begin();
	house_publish("example.org", "1", ENFORCE);
	(void)house_know("example.org");
	house_publish("example.org", "2", HOUSE_FILE("none", "86400"));
	for (int day = 0; day < 2; day++)
		fake_advance(HOUSE_DAY_MS);
	fake_log_expect("event=policy-change domain=example.org what=sts was=enforce now=none id=2");
	ck_assert_uint_eq(house_changes("example.org"), 1);
	house_end();
}
END_TEST

START_TEST(many_are_spread_and_never_more_than_the_fetcher_can_hold)
{
	char name[40];
	unsigned most = 0, hours_busy = 0, before;

	house_begin();
	house_conf.fetches = 20;
	for (int i = 0; i < 400; i++) {
		snprintf(name, sizeof(name), "d%d.example", i);
		house_publish(name, "1", HOUSE_FILE("enforce", "2592000"));
		(void)house_know(name);
	}
	for (int hour = 0; hour < 24; hour++) {
		before = fake_fetches(NULL);
		fake_advance(3600 * 1000);
		most = fake_fetches(NULL) - before > most ? fake_fetches(NULL) - before : most;
		hours_busy += fake_fetches(NULL) > before;
	}
	ck_assert_uint_ge(fake_fetches(NULL), 800);
	ck_assert_uint_ge(hours_busy, 5);
	ck_assert_uint_le(most, 200);
	house_end();
}
END_TEST

START_TEST(a_clock_that_jumps_ahead_does_not_take_policies_away)	/* peers.md 2.9 */
{
	house_begin();
	house_publish("example.org", "1", ENFORCE);
	(void)house_know("example.org");
	fake_wall_step(3 * HOUSE_DAY_MS);
	fake_advance(60 * 1000);
	/* It was fetched at once: it was due. */
	ck_assert_uint_eq(fake_fetches("example.org"), 2);
	ck_assert(house_know("example.org")->has_sts);
	house_end();
}
END_TEST

START_TEST(stopping_ends_the_background)
{
	house_begin();
	house_publish("example.org", "1", ENFORCE);
	(void)house_know("example.org");
	policy_room_handler.on_stop(&house_policy, 1000);
	fake_advance(2 * HOUSE_DAY_MS);
	ck_assert_uint_eq(fake_fetches("example.org"), 1);
	house_end();
}
END_TEST

UNIT_MAIN("refresh", a_policy_is_fetched_again_daily_and_lives_on, the_record_alone_extends_nothing,
    what_asks_for_nothing_fails_without_a_warning, a_short_age_is_refreshed_at_half_of_it, a_policy_without_its_record_is_still_fetched,
    removal_is_honoured_in_the_background, many_are_spread_and_never_more_than_the_fetcher_can_hold,
    a_clock_that_jumps_ahead_does_not_take_policies_away, stopping_ends_the_background,
    hosts_that_were_not_seen_for_half_a_year_are_forgotten)
