/* Tests of src/policy/sts_store.c. */
#include "tests/unit/policy/folder.h"

#include <sqlite3.h>

#include "policy/sts_store.h"

static struct span patterns[] = { { "mx.example.org", 14 }, { "*.mail.example.org", 18 } };

static struct sts_row
row_make(enum sts_mode mode, int64_t due_s)
{
	struct sts_row row = { .id = "20260301", .policy = { mode, 86400, patterns, 2 }, .due_s = due_s, .lines = SPAN("x: y\nmode: none") };

	row.fetched.wall_s = FAKE_WALL_START;
	row.fetched.up_s = 77;
	snprintf(row.fetched.boot, sizeof(row.fetched.boot), "boot");
	return row;
}

static void
put(const char *domain, enum sts_mode mode, int64_t due_s, int64_t used_s)
{
	struct sts_row row = row_make(mode, due_s);

	sts_store_put(store, span_of(domain), &row, used_s);
}

static bool
has(const char *domain)
{
	struct arena *arena = arena_new();
	struct sts_row row;
	bool found = sts_store_get(store, span_of(domain), arena, &row);

	arena_free(&arena);
	return found;
}

START_TEST(a_policy_comes_back_as_it_was)
{
	struct arena *arena = arena_new();
	struct sts_row row;

	folder_begin();
	ck_assert(!has("example.org"));
	put("example.org", STS_ENFORCE, 5, 6);
	store_again();
	ck_assert(sts_store_get(store, SPAN("example.org"), arena, &row));
	ck_assert_int_eq(row.policy.mode, STS_ENFORCE);
	ck_assert_uint_eq(row.policy.max_age_s, 86400);
	ck_assert_uint_eq(row.policy.mx_count, 2);
	ck_span_eq(row.policy.mx[0], "mx.example.org");
	ck_span_eq(row.policy.mx[1], "*.mail.example.org");
	ck_assert_str_eq(row.id, "20260301");
	ck_assert_int_eq(row.fetched.wall_s, FAKE_WALL_START);
	ck_assert_int_eq(row.fetched.up_s, 77);
	ck_assert_str_eq(row.fetched.boot, "boot");
	ck_assert_int_eq(row.due_s, 5);
	ck_assert_uint_eq(row.failures, 0);
	ck_span_eq(row.lines, "x: y\nmode: none");
	ck_assert_str_eq(row.fault, "");
	arena_free(&arena);
	folder_end();
}
END_TEST

/* What the first version of the tables has of it, and no more. */
START_TEST(a_policy_of_the_first_version_has_no_lines)
{
	static const char sql[] = "CREATE TABLE sts (domain TEXT PRIMARY KEY, id TEXT NOT NULL, mode INTEGER NOT NULL, max_age INTEGER NOT NULL,"
	    " patterns TEXT NOT NULL, wall INTEGER NOT NULL, up INTEGER NOT NULL, boot TEXT NOT NULL, due INTEGER NOT NULL,"
	    " failed_id TEXT NOT NULL DEFAULT '', failures INTEGER NOT NULL DEFAULT 0, next_try INTEGER NOT NULL DEFAULT 0,"
	    " used INTEGER NOT NULL DEFAULT 0);"
	    "INSERT INTO sts VALUES ('example.org', 'one', 2, 86400, 'mx.example.org', 1, 2, 'boot', 3, 'two', 4, 5, 6);"
	    "PRAGMA user_version = 1;";
	struct arena *arena = arena_new();
	struct sts_row row;
	sqlite3 *database;
	char path[100];

	folder_begin();
	store_close(&store);
	snprintf(path, sizeof(path), "%s/policy.db", folder);
	ck_assert_int_eq(remove(path), 0);
	ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(database);
	store_begin();
	ck_assert(sts_store_get(store, SPAN("example.org"), arena, &row));
	ck_assert_int_eq(row.policy.mode, STS_ENFORCE);
	ck_assert_str_eq(row.failed_id, "two");
	ck_assert_uint_eq(row.failures, 4);
	ck_assert_int_eq(row.next_try_s, 5);
	ck_assert_uint_eq(row.lines.length, 0);
	ck_assert_str_eq(row.fault, "");
	arena_free(&arena);
	folder_end();
}
END_TEST

START_TEST(trouble_leaves_the_policy)
{
	struct arena *arena = arena_new();
	struct sts_row row = row_make(STS_NONE, 1000);

	folder_begin();
	put("example.org", STS_ENFORCE, 5, 6);
	row.failures = 3;
	row.next_try_s = 999;
	snprintf(row.failed_id, sizeof(row.failed_id), "other");
	snprintf(row.fault, sizeof(row.fault), "sts-policy-fetch-error: why");
	sts_store_put_trouble(store, SPAN("example.org"), &row);
	ck_assert(sts_store_get(store, SPAN("example.org"), arena, &row));
	ck_assert_int_eq(row.policy.mode, STS_ENFORCE);
	ck_assert_uint_eq(row.failures, 3);
	ck_assert_str_eq(row.failed_id, "other");
	ck_assert_str_eq(row.fault, "sts-policy-fetch-error: why");
	ck_span_eq(row.lines, "x: y\nmode: none");
	ck_assert_int_eq(row.next_try_s, 999);
	ck_assert_int_eq(row.due_s, 1000);
	arena_free(&arena);
	folder_end();
}
END_TEST

START_TEST(the_longest_due_comes_first_and_what_is_not_due_does_not)
{
	struct arena *arena = arena_new();
	struct span domains[3];

	folder_begin();
	put("c.example", STS_ENFORCE, 30, 0);
	put("a.example", STS_ENFORCE, 20, 0);
	put("b.example", STS_NONE, 10, 0);
	put("later.example", STS_ENFORCE, 101, 0);
	ck_assert_uint_eq(sts_store_due(store, 100, 3, arena, domains), 3);
	ck_span_eq(domains[0], "b.example");
	ck_span_eq(domains[1], "a.example");
	ck_span_eq(domains[2], "c.example");
	ck_assert_uint_eq(sts_store_due(store, 100, 1, arena, domains), 1);
	ck_assert_uint_eq(sts_store_due(store, 9, 3, arena, domains), 0);
	ck_assert_uint_eq(sts_store_list(store, SPAN("b.example"), 3, arena, domains), 2);
	ck_span_eq(domains[0], "c.example");
	arena_free(&arena);
	folder_end();
}
END_TEST

START_TEST(when_there_are_too_many_the_unused_go_and_the_enforced_last)	/* M27 */
{
	char name[30];

	folder_begin();
	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "enforce%d.example", i);
		put(name, STS_ENFORCE, 0, i);
		snprintf(name, sizeof(name), "testing%d.example", i);
		put(name, STS_TESTING, 0, 100 + i);
	}
	sts_store_used(store, SPAN("testing0.example"), 1000 * 86400);
	ck_assert_uint_eq(sts_store_evict(store, 20), 0);
	ck_assert_uint_eq(sts_store_evict(store, 15), 5);
	ck_assert(has("testing0.example"));
	ck_assert(!has("testing1.example"));
	ck_assert(!has("testing5.example"));
	ck_assert(has("testing6.example"));
	ck_assert(has("enforce0.example"));
	ck_assert_uint_eq(sts_store_evict(store, 8), 7);
	ck_assert(!has("testing0.example"));
	ck_assert(!has("enforce1.example"));
	ck_assert(has("enforce2.example"));
	folder_end();
}
END_TEST

START_TEST(a_hundred_thousand_are_kept_within_the_bound)	/* M27 */
{
	char name[30];

	folder_begin();
	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "%d.attacker.example", i);
		put(name, i == 0 ? STS_ENFORCE : STS_NONE, i, i);
	}
	ck_assert_uint_eq(sts_store_evict(store, 1000), 99000);
	ck_assert(has("0.attacker.example"));
	ck_assert(has("99999.attacker.example"));
	folder_end();
}
END_TEST

START_TEST(they_are_counted_and_forgotten)
{
	struct sts_counts counts;

	folder_begin();
	put("a.example", STS_ENFORCE, 0, 0);
	put("b.example", STS_ENFORCE, 0, 0);
	put("c.example", STS_NONE, 0, 0);
	sts_store_count(store, &counts);
	ck_assert_uint_eq(counts.modes[STS_ENFORCE], 2);
	ck_assert_uint_eq(counts.modes[STS_TESTING], 0);
	ck_assert_uint_eq(counts.modes[STS_NONE], 1);
	ck_assert_uint_eq(counts.failing, 0);
	ck_assert(sts_store_forget(store, SPAN("a.example")));
	ck_assert(!sts_store_forget(store, SPAN("a.example")));
	ck_assert(!has("a.example"));
	folder_end();
}
END_TEST

START_TEST(a_row_that_makes_no_sense_is_none)
{
	folder_begin();
	put("a.example", STS_ENFORCE, 0, 0);
	ck_assert_int_eq(sqlite3_exec(store->database, "UPDATE sts SET mode = 9", NULL, NULL, NULL), SQLITE_OK);
	ck_assert(!has("a.example"));
	ck_assert_int_eq(sqlite3_exec(store->database, "UPDATE sts SET mode = 2, max_age = -1", NULL, NULL, NULL), SQLITE_OK);
	ck_assert(!has("a.example"));
	folder_end();
}
END_TEST

UNIT_MAIN("sts_store", a_policy_comes_back_as_it_was, a_policy_of_the_first_version_has_no_lines, trouble_leaves_the_policy,
    the_longest_due_comes_first_and_what_is_not_due_does_not,
    when_there_are_too_many_the_unused_go_and_the_enforced_last, a_hundred_thousand_are_kept_within_the_bound,
    they_are_counted_and_forgotten, a_row_that_makes_no_sense_is_none)
