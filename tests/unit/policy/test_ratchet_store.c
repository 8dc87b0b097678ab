/* Tests of src/policy/ratchet_store.c; the rules themselves are tested in lib-policy. */
#include "tests/unit/policy/folder.h"

#include "policy/ratchet_store.h"

#define DAY 86400
#define START FAKE_WALL_START

static const struct ratchet_rules rules = { true, 3, 2, 10 * DAY };

static void
note(const char *domain, const char *host, enum policy_level level, int64_t now_s)
{
	ratchet_store_note(store, span_of(domain), span_of(host), level, &rules, now_s);
}

static enum policy_level
level_at(const char *domain, int64_t now_s)
{
	enum policy_level level;
	int64_t until_s;

	return ratchet_store_level(store, span_of(domain), &rules, now_s, &level, &until_s) ? level : POLICY_ENCRYPT;
}

static void
note_enough(const char *domain, const char *host, enum policy_level level)
{
	note(domain, host, level, START);
	note(domain, host, level, START + 1);
	note(domain, host, level, START + DAY);
}

START_TEST(enough_successes_are_a_level_over_a_restart)
{
	struct ratchet_memory memories[POLICY_LEVELS];

	folder_begin();
	note("example.org", "mx.example.org", POLICY_SECURE, START);
	note("example.org", "mx.example.org", POLICY_SECURE, START + 1);
	ck_assert_int_eq(level_at("example.org", START + 2), POLICY_ENCRYPT);
	note("example.org", "mx.example.org", POLICY_VERIFY, START + DAY);
	ck_assert_int_eq(level_at("example.org", START + DAY), POLICY_VERIFY);
	note("example.org", "mx.example.org", POLICY_SECURE, START + DAY);
	store_again();
	ck_assert_int_eq(level_at("example.org", START + DAY), POLICY_SECURE);
	ck_assert_int_eq(level_at("other.example", START + DAY), POLICY_ENCRYPT);
	ratchet_store_get(store, SPAN("example.org"), memories);
	ck_assert_uint_eq(memories[POLICY_VERIFY].successes, 4);
	ck_assert_uint_eq(memories[POLICY_SECURE].successes, 3);
	ck_assert_uint_eq(memories[POLICY_DANE].successes, 0);
	folder_end();
}
END_TEST

START_TEST(encrypt_is_no_success)
{
	folder_begin();
	for (int day = 0; day < 20; day++)
		note("example.org", "mx.example.org", POLICY_ENCRYPT, START + day * DAY);
	ck_assert_uint_eq(ratchet_store_count(store), 0);
	folder_end();
}
END_TEST

START_TEST(the_latest_hosts_are_remembered_and_only_for_the_period)
{
	struct arena *arena = arena_new();
	struct span *hosts;
	char host[30];

	folder_begin();
	note("example.org", "old.example.org", POLICY_VERIFY, START);
	for (int i = 0; i < KNOWLEDGE_MX; i++) {
		snprintf(host, sizeof(host), "mx%d.example.org", i);
		note("example.org", host, POLICY_VERIFY, START + DAY + i);
	}
	ck_assert_uint_eq(ratchet_store_hosts(store, SPAN("example.org"), &rules, START + DAY + 100, arena, &hosts), KNOWLEDGE_MX);
	ck_span_eq(hosts[0], "mx49.example.org");
	ck_span_eq(hosts[KNOWLEDGE_MX - 1], "mx0.example.org");
	ck_assert_uint_eq(ratchet_store_hosts(store, SPAN("example.org"), &rules, START + 11 * DAY + 40, arena, &hosts), 10);
	arena_free(&arena);
	folder_end();
}
END_TEST

static struct { char domain[40]; enum policy_level level; unsigned count; } ended;

static void
on_ended(void *arg, struct span domain, enum policy_level level)
{
	(void)arg;
	snprintf(ended.domain, sizeof(ended.domain), "%.*s", SPAN_ARG(domain));
	ended.level = level;
	ended.count++;
}

START_TEST(what_nothing_renews_ends_and_is_told)
{
	struct arena *arena = arena_new();
	struct span *hosts;

	folder_begin();
	note_enough("example.org", "mx.example.org", POLICY_VERIFY);
	note("learning.example", "mx.example.org", POLICY_VERIFY, START);
	ck_assert_int_eq(level_at("example.org", START + 11 * DAY), POLICY_VERIFY);
	ck_assert(ratchet_store_expire(store, &rules, START + 11 * DAY, 10, on_ended, NULL));
	ck_assert_uint_eq(ended.count, 0);	/* the one that learned was forgotten in silence */
	ck_assert_uint_eq(ratchet_store_count(store), 1);
	ck_assert(ratchet_store_expire(store, &rules, START + 12 * DAY, 10, on_ended, NULL));
	ck_assert_uint_eq(ended.count, 1);
	ck_assert_str_eq(ended.domain, "example.org");
	ck_assert_int_eq(ended.level, POLICY_VERIFY);
	ck_assert_uint_eq(ratchet_store_count(store), 0);
	ck_assert_uint_eq(ratchet_store_hosts(store, SPAN("example.org"), &rules, START, arena, &hosts), 0);
	arena_free(&arena);
	folder_end();
}
END_TEST

START_TEST(there_is_a_bound)
{
	struct arena *arena = arena_new();
	struct span domains[20];
	char name[30];

	folder_begin();
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "d%02d.example", i);
		note(name, "mx.example.org", POLICY_DANE, START + i);
	}
	ck_assert_uint_eq(ratchet_store_evict(store, 20), 0);
	ck_assert_uint_eq(ratchet_store_evict(store, 5), 15);
	ck_assert_uint_eq(ratchet_store_list(store, SPAN(""), 20, arena, domains), 5);
	ck_span_eq(domains[0], "d15.example");
	ck_assert(ratchet_store_forget(store, SPAN("d15.example")));
	ck_assert(!ratchet_store_forget(store, SPAN("d15.example")));
	ck_assert(!ratchet_store_forget(store, SPAN("d00.example")));
	arena_free(&arena);
	folder_end();
}
END_TEST

UNIT_MAIN("ratchet_store", enough_successes_are_a_level_over_a_restart, encrypt_is_no_success,
    the_latest_hosts_are_remembered_and_only_for_the_period, what_nothing_renews_ends_and_is_told, there_is_a_bound)
