/* Tests of src/lib-store/store.c and query.c, with the tables of policy: group commit, restarts, damage. */
#include "tests/unit/policy/folder.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

static void
write_one(const char *domain)
{
	static const char sql[] = "INSERT INTO preload (domain, mode, patterns, until) VALUES (?, 2, '', ?)";
	struct query *query = query_begin_change(store, sql);

	query_put_text(query, span_of(domain));
	query_put_number(query, 7);
	(void)query_run(query);
}

static int64_t
count(void)
{
	static const char sql[] = "SELECT COUNT(*), MAX(domain) FROM preload";
	struct query *query = query_begin(store, sql);
	int64_t found = query_next(query) ? query_number(query, 0) : -1;

	(void)query_end(query);
	return found;
}

/* As a crash leaves it: nothing that is open is committed. */
static void
crash(void)
{
	char command[400];

	snprintf(command, sizeof(command), "mkdir %s/copy && cp %s/policy.db* %s/copy/", folder, folder, folder);
	ck_assert_int_eq(system(command), 0);
	store_close(&store);
	snprintf(command, sizeof(command), "rm %s/policy.db*; mv %s/copy/* %s/ && rmdir %s/copy", folder, folder, folder, folder);
	ck_assert_int_eq(system(command), 0);
	store_begin();
}

static void
file_path(char path[100], const char *name)
{
	snprintf(path, 100, "%s/%s", folder, name);
}

static bool
has_damaged_copy(void)
{
	char pattern[100];
	glob_t found;
	bool has;

	file_path(pattern, "policy.db.damaged-*");
	has = glob(pattern, 0, NULL, &found) == 0;
	globfree(&found);
	return has;
}

START_TEST(what_was_written_is_there_after_a_restart)
{
	folder_begin();
	write_one("a.example");
	ck_assert_int_eq(count(), 1);
	store_again();
	ck_assert_int_eq(count(), 1);
	folder_end();
}
END_TEST

START_TEST(a_tenth_of_a_second_of_changes_is_one_commit)
{
	folder_begin();
	write_one("a.example");
	write_one("b.example");
	ck_assert(store->is_writing);
	fake_advance(100);
	ck_assert(!store->is_writing);
	write_one("c.example");
	crash();
	ck_assert_int_eq(count(), 2);
	write_one("d.example");
	ck_assert(store_commit(store));
	crash();
	ck_assert_int_eq(count(), 3);
	folder_end();
}
END_TEST

START_TEST(what_was_not_meant_is_taken_back)
{
	folder_begin();
	write_one("a.example");
	ck_assert(store_commit(store));
	write_one("b.example");
	store_rollback(store);
	ck_assert_int_eq(count(), 1);
	store_rollback(store);
	write_one("c.example");
	ck_assert(store_commit(store));
	ck_assert_int_eq(count(), 2);
	folder_end();
}
END_TEST

START_TEST(texts_are_octets)
{
	static const char put[] = "INSERT INTO exception (domain, level, until, why) VALUES (?, 0, 0, ?)";
	static const char get[] = "SELECT why FROM exception WHERE domain = ?";
	struct query *query;

	folder_begin();
	query = query_begin_change(store, put);
	query_put_text(query, SPAN("a'; DROP TABLE sts; --"));
	query_put_text(query, SPAN("told \"2026\" \xc3\xa9"));
	ck_assert(query_run(query));
	query = query_begin(store, get);
	query_put_text(query, SPAN("a'; DROP TABLE sts; --"));
	ck_assert(query_next(query));
	ck_span_eq(query_text(query, 0), "told \"2026\" \xc3\xa9");
	ck_assert(!query_next(query));
	ck_assert(query_end(query));
	folder_end();
}
END_TEST

/* Ways for the file to be no database of ours (M25). */
static const struct damage {
	const char *name;
	const char *command;	/* in the folder */
} damages[] = {
	{ "it is no database", "echo not a database, but long enough to be looked at as one > policy.db" },
	{ "its header is overwritten", "printf 'garbage garbage garbage' | dd of=policy.db conv=notrunc status=none" },
	{ "its pages are", "yes garbage | head -c 60000 | dd of=policy.db bs=1 seek=5000 conv=notrunc status=none" },
	{ "it is cut off", "truncate -s 5000 policy.db" },
	{ "it has other tables", "rm policy.db; cp other.db policy.db" },
};

static void
make_other(void)
{
	char path[100];
	sqlite3 *other;

	file_path(path, "other.db");
	ck_assert_int_eq(sqlite3_open(path, &other), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(other, "CREATE TABLE sts (x); INSERT INTO sts VALUES (1)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
}

START_TEST(damage_is_moved_aside_and_all_begun_anew)
{
	char command[400], name[20];

	folder_begin();
	make_other();
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "d%d.example", i);
		write_one(name);
	}
	store_close(&store);
	snprintf(command, sizeof(command), "cd %s && %s", folder, damages[_i].command);
	ck_assert_int_eq(system(command), 0);
	store_begin();
	fake_log_expect("event=policy-store-damaged file=*/policy.db *");
	ck_assert_msg(has_damaged_copy(), "%s", damages[_i].name);
	ck_assert_int_eq(count(), 0);
	write_one("again.example");
	store_again();
	ck_assert_int_eq(count(), 1);
	folder_end();
}
END_TEST

START_TEST(damage_that_shows_later_ends_nothing)
{
	static const char drop[] = "DROP TABLE preload";
	static const char get[] = "SELECT mode FROM preload";

	folder_begin();
	write_one("a.example");
	(void)query_run(query_begin_change(store, drop));
	ck_assert(store_commit(store));
	ck_assert(!query_next(query_begin(store, get)));
	/* Until the turn is over nothing is found, and nothing is written. */
	write_one("b.example");
	ck_assert_int_eq(count(), -1);
	ck_assert(!store_commit(store));
	ck_assert_uint_eq(replaced, 0);
	fake_settle();
	ck_assert_uint_eq(replaced, 1);
	fake_log_expect("event=policy-store *");
	fake_log_expect("event=policy-store-damaged *");
	ck_assert_int_eq(count(), 0);
	write_one("c.example");
	ck_assert_int_eq(count(), 1);
	folder_end();
}
END_TEST

START_TEST(a_store_that_is_closed_before_that_is_closed)
{
	static const char drop[] = "DROP TABLE preload";
	static const char get[] = "SELECT mode, until FROM preload";

	folder_begin();
	(void)query_run(query_begin_change(store, drop));
	ck_assert(store_commit(store));
	ck_assert(!query_next(query_begin(store, get)));
	store_close(&store);
	fake_settle();
	fake_log_expect("event=policy-store *");
	fake_log_expect("event=policy-store-damaged *");
	folder_end();
}
END_TEST

START_TEST(a_newer_schema_is_not_touched)
{
	char why[300];

	folder_begin();
	ck_assert_int_eq(sqlite3_exec(store->database, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
	store_close(&store);
	ck_assert_ptr_null(store_open(&policy_store_kind, folder, on_replaced, NULL, why, sizeof(why)));
	ck_assert_ptr_nonnull(strstr(why, "newer"));
	ck_assert(!has_damaged_copy());
	folder_end();
}
END_TEST

START_TEST(without_its_folder_there_is_no_store)
{
	char why[300];

	fake_reset();
	ck_assert_ptr_null(store_open(&policy_store_kind, "/nonexistent/folder", on_replaced, NULL, why, sizeof(why)));
	ck_assert_ptr_nonnull(strstr(why, "/nonexistent/folder/policy.db"));
	fake_finish();
}
END_TEST

START_TEST(a_full_disk_is_said_once_a_minute_and_gets_over)
{
	folder_begin();
	write_one("a.example");
	ck_assert(store_commit(store));
	/* As large as it is, and no page more. */
	ck_assert_int_eq(sqlite3_exec(store->database, "PRAGMA max_page_count = 1", NULL, NULL, NULL), SQLITE_OK);
	for (int i = 0; i < 2000; i++) {
		char name[40];

		snprintf(name, sizeof(name), "a-longer-name-than-others-%d.example", i);
		write_one(name);
	}
	(void)store_commit(store);
	fake_log_expect("event=policy-store * what=*full*");
	ck_assert_int_eq(sqlite3_exec(store->database, "PRAGMA max_page_count = 100000", NULL, NULL, NULL), SQLITE_OK);
	write_one("b.example");
	ck_assert(store_commit(store));
	ck_assert_int_ge(count(), 2);
	folder_end();
}
END_TEST

UNIT_MAIN_LOOPED("store", damage_is_moved_aside_and_all_begun_anew, damages, what_was_written_is_there_after_a_restart,
    a_tenth_of_a_second_of_changes_is_one_commit, what_was_not_meant_is_taken_back, texts_are_octets,
    damage_that_shows_later_ends_nothing, a_store_that_is_closed_before_that_is_closed, a_newer_schema_is_not_touched,
    without_its_folder_there_is_no_store, a_full_disk_is_said_once_a_minute_and_gets_over)
