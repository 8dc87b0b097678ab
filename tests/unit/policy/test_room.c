/* Tests of src/policy/room.c and domain.c: set-up, damage, status, what is kept in memory. */
#include "tests/unit/policy/house.h"

#include <stdio.h>

#include "store/query.h"
#include "store/store.h"
#include "tests/fake/fake_room.h"

#define ENFORCE HOUSE_FILE("enforce", "604800")

static int64_t
status(const char *name)
{
	struct row row = { .fields_count = 0 };
	struct arena *arena = arena_new();
	int64_t number = -1;

	policy_room_handler.on_status(&house_policy, &row, arena);
	for (uint32_t i = 0; i < row.fields_count; i++)
		if (span_equal(row.fields[i].name, span_of(name)))
			number = row.fields[i].number;
	arena_free(&arena);
	return number;
}

START_TEST(the_status_counts_what_there_is)
{
	house_begin();
	house_publish("a.example", "1", ENFORCE);
	house_publish("b.example", "1", HOUSE_FILE("none", "100000"));
	house_publish("c.example", "1", ENFORCE);
	fake_fetch_fail("c.example", FETCH_CERTIFICATE);
	(void)house_know("a.example");
	(void)house_know("b.example");
	(void)house_know("c.example");
	house_saw("d.example", "mx.d.example", POLICY_VERIFY);
	ck_assert_int_eq(status("domains"), 2);
	ck_assert_int_eq(status("enforce"), 1);
	ck_assert_int_eq(status("none"), 1);
	ck_assert_int_eq(status("ratchets"), 1);
	ck_assert_int_eq(status("fetched"), 2);
	ck_assert_int_eq(status("failed"), 1);
	ck_assert_int_eq(status("fetching"), 0);
	ck_assert_int_eq(status("questions"), 3);
	house_end();
}
END_TEST

START_TEST(a_damaged_store_is_begun_anew_with_what_is_in_memory)	/* M25 */
{
	static const char drop[] = "DROP TABLE preload";

	house_begin();
	house_publish("a.example", "1", ENFORCE);
	(void)house_know("a.example");
	(void)query_run(query_begin_change(house_policy.store, drop));
	ck_assert(store_commit(house_policy.store));
	ck_assert(house_know("a.example")->has_sts);
	fake_log_expect("event=policy-store *");
	fake_log_expect("event=policy-store-damaged *");
	fake_advance(1000);
	house_restart();
	fake_dns_status("_mta-sts.a.example", DNS_TXT, DNS_FAILED);
	ck_assert(house_know("a.example")->has_sts);
	house_end();
}
END_TEST

START_TEST(memory_has_a_bound_and_the_store_the_rest)
{
	char name[40];

	house_begin();
	house_publish("first.example", "1", ENFORCE);
	(void)house_know("first.example");
	for (int i = 0; i < DOMAINS_KEPT + 100; i++) {
		snprintf(name, sizeof(name), "d%d.example", i);
		(void)house_know(name);
	}
	ck_assert_uint_le(house_policy.domains_count, DOMAINS_KEPT + 1);
	ck_assert_ptr_null(domain_find(&house_policy, SPAN("first.example")));
	ck_assert(house_know("first.example")->has_sts);
	ck_assert_uint_eq(fake_fetches("first.example"), 1);
	house_end();
}
END_TEST

START_TEST(only_relays_and_report_are_talked_to)
{
	const struct peer peer = { ROOM_QUEUE, 0 };

	house_begin();
	policy_room_handler.on_peer(&house_policy, &peer, fake_fd());
	fake_log_expect("event=peer * room=queue");
	house_end();
}
END_TEST

START_TEST(stopping_is_at_once_and_durable)
{
	house_begin();
	house_publish("a.example", "1", ENFORCE);
	(void)house_know("a.example");
	policy_room_handler.on_stop(&house_policy, 1000);
	ck_assert(fake_room_is_done());
	house_restart();
	fake_dns_status("_mta-sts.a.example", DNS_TXT, DNS_FAILED);
	ck_assert(house_know("a.example")->has_sts);
	house_end();
}
END_TEST

UNIT_MAIN("room", the_status_counts_what_there_is, a_damaged_store_is_begun_anew_with_what_is_in_memory,
    memory_has_a_bound_and_the_store_the_rest, only_relays_and_report_are_talked_to, stopping_is_at_once_and_durable)
