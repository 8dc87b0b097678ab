/* Tests of src/policy/host_store.c. */
#include "tests/unit/policy/folder.h"

#include "policy/host_store.h"

#define DAY INT64_C(86400)
#define START FAKE_WALL_START

static struct policy_host
seen(const char *name, uint64_t sessions, int64_t first_s, int64_t last_s, const char *fingerprint)
{
	static const struct ip ip = { { 192, 0, 2, 1 }, 4 };

	return (struct policy_host){ .host = span_of(name), .sessions = sessions, .first_s = first_s, .last_s = last_s, .has_starttls = true,
		.keywords = SPAN("PIPELINING SIZE"), .level = POLICY_SECURE, .version = SPAN("TLSv1.3"), .fingerprint = span_of(fingerprint),
		.issuer = *fingerprint == '\0' ? SPAN("") : SPAN("CN=A"), .ip = ip };
}

static void
note(const char *name, uint64_t sessions, int64_t first_s, int64_t last_s, const char *fingerprint)
{
	struct policy_host host = seen(name, sessions, first_s, last_s, fingerprint);

	host_store_note(store, &host, last_s);
}

static bool
known_at(const char *name, int64_t now_s)
{
	struct arena *arena = arena_new();
	struct policy_host host;
	bool known = host_store_get(store, span_of(name), now_s, arena, &host);

	arena_free(&arena);
	return known;
}

START_TEST(what_hosts_were_like_is_known_after_a_restart)
{
	struct policy_host host = seen("2001:db8::1", 1, START, START, "aa");
	struct arena *arena = arena_new();

	folder_begin();
	note("mx.example.org", 400, START, START + DAY, "aa");
	note("mx.example.org", 12, START + DAY, START + 2 * DAY, "bb");
	host.ip = (struct ip){ { 0x20, 1, 0xd, 0xb8, [15] = 1 }, 6 };
	host.has_starttls = false;
	host_store_note(store, &host, START);
	store_again();
	ck_assert(host_store_get(store, SPAN("mx.example.org"), START + 3 * DAY, arena, &host));
	ck_assert(host.sessions == 412 && host.first_s == START && host.last_s == START + 2 * DAY);
	ck_assert(host.has_starttls && host.level == POLICY_SECURE && host.ip.family == 4 && host.ip.octets[3] == 1);
	ck_span_eq(host.host, "mx.example.org");
	ck_span_eq(host.keywords, "PIPELINING SIZE");
	ck_span_eq(host.version, "TLSv1.3");
	ck_span_eq(host.fingerprint, "bb");
	ck_span_eq(host.issuer, "CN=A");
	ck_assert(host_store_get(store, SPAN("2001:db8::1"), START, arena, &host));
	ck_assert(!host.has_starttls && host.ip.family == 6 && host.ip.octets[15] == 1);
	ck_assert(!known_at("mx.example.net", START));
	arena_free(&arena);
	folder_end();
}
END_TEST

/* Told in turn, of one host; what is known then. */
START_TEST(the_latest_counts_whoever_tells_first)
{
	static const struct { int64_t last_s, now_s; const char *fingerprint; uint64_t sessions; int64_t known_s; const char *known; } rows[] = {
		{ START, START, "aa", 1, START, "aa" },
		{ START + 100, START + 100, "bb", 2, START + 100, "bb" },
		/* another relay tells late of an earlier session */
		{ START + 50, START + 110, "aa", 3, START + 100, "bb" },
		/* a session that was resumed has no certificate */
		{ START + 200, START + 200, "", 4, START + 200, "bb" },
		/* the clock was ahead, and was set back since: what is kept of then does not count for months */
		{ START + 90 * DAY, START + 90 * DAY, "cc", 5, START + 90 * DAY, "cc" },
		{ START + 300, START + 300, "dd", 6, START + 300, "dd" },
	};
	struct arena *arena = arena_new();

	folder_begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct policy_host host = seen("mx.example.org", 1, rows[i].last_s, rows[i].last_s, rows[i].fingerprint);

		host_store_note(store, &host, rows[i].now_s);
		ck_assert(host_store_get(store, SPAN("mx.example.org"), rows[i].now_s, arena, &host));
		ck_assert_msg(host.sessions == rows[i].sessions && host.first_s == START && host.last_s == rows[i].known_s, "row %zu", i);
		ck_assert_msg(span_equal(host.fingerprint, span_of(rows[i].known)), "row %zu: %.*s", i, SPAN_ARG(host.fingerprint));
		ck_span_eq(host.issuer, "CN=A");
	}
	arena_free(&arena);
	folder_end();
}
END_TEST

START_TEST(what_was_long_ago_is_forgotten)
{
	struct arena *arena = arena_new();
	struct policy_host host;

	folder_begin();
	note("old.example.org", 7, START, START, "aa");
	note("mx.example.org", 1, START + DAY, START + DAY, "aa");
	ck_assert(known_at("old.example.org", START + HOST_STORE_AGE_S));
	ck_assert(!known_at("old.example.org", START + HOST_STORE_AGE_S + 1));
	host_store_expire(store, START + HOST_STORE_AGE_S);
	ck_assert_uint_eq(host_store_count(store), 2);
	host_store_expire(store, START + HOST_STORE_AGE_S + 1);
	ck_assert_uint_eq(host_store_count(store), 1);
	ck_assert(known_at("mx.example.org", START + HOST_STORE_AGE_S + 1));
	/* A host that comes back is a new one. */
	note("mx.example.org", 1, START + 400 * DAY, START + 400 * DAY, "bb");
	ck_assert(host_store_get(store, SPAN("mx.example.org"), START + 400 * DAY, arena, &host));
	ck_assert(host.sessions == 1 && host.first_s == START + 400 * DAY);
	arena_free(&arena);
	folder_end();
}
END_TEST

START_TEST(there_is_a_bound_and_the_ones_seen_longest_ago_go)
{
	char name[30];

	folder_begin();
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "mx%02d.example", i);
		note(name, 1, START + i, START + i, "aa");
	}
	note("mx00.example", 1, START + 100, START + 100, "aa");
	ck_assert_uint_eq(host_store_evict(store, 20), 0);
	ck_assert_uint_eq(host_store_evict(store, 5), 15);
	ck_assert_uint_eq(host_store_count(store), 5);
	ck_assert(known_at("mx00.example", START + 100) && known_at("mx16.example", START + 100) && !known_at("mx15.example", START + 100));
	folder_end();
}
END_TEST

START_TEST(nothing_but_hosts_is_kept)
{
	static const char *const others[] = { "", "somebody@example.org", "a b", "x/y", "..", "mx.example.org\n" };
	char longest[300];

	folder_begin();
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		note(others[i], 1, START, START, "aa");
	memset(longest, 'a', sizeof(longest));
	longest[299] = '\0';
	note(longest, 1, START, START, "aa");
	ck_assert_uint_eq(host_store_count(store), 0);
	folder_end();
}
END_TEST

/* It was made by the first version: all that was in it is, and it has room for hosts. */
START_TEST(a_database_of_an_earlier_version_is_brought_up_to_date)
{
	const char *const was[] = { policy_store_kind.migrations[0], "PRAGMA user_version = 1",
		"INSERT INTO preload (domain, mode, patterns, until) VALUES ('a.example', 2, '', 7)" };
	static const char count[] = "SELECT COUNT(*) FROM preload";
	struct query *query;
	sqlite3 *database;
	char path[100];

	folder_begin();
	store_close(&store);
	snprintf(path, sizeof(path), "%s/policy.db", folder);
	ck_assert_int_eq(remove(path), 0);
	ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
	for (size_t i = 0; i < sizeof(was) / sizeof(*was); i++)
		ck_assert_int_eq(sqlite3_exec(database, was[i], NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(database), SQLITE_OK);
	store_begin();
	note("mx.example.org", 1, START, START, "aa");
	ck_assert(known_at("mx.example.org", START));
	query = query_begin(store, count);
	ck_assert(query_next(query) && query_number(query, 0) == 1);
	(void)query_end(query);
	ck_assert_uint_eq(replaced, 0);
	folder_end();
}
END_TEST

START_TEST(a_damaged_database_is_begun_anew)
{
	char command[300];

	folder_begin();
	note("mx.example.org", 1, START, START, "aa");
	store_close(&store);
	snprintf(command, sizeof(command), "printf 'nothing of a database at all' > %s/policy.db; rm -f %s/policy.db-wal", folder, folder);
	ck_assert_int_eq(system(command), 0);
	store_begin();
	fake_log_expect("event=policy-store-damaged *what hosts were like*");
	ck_assert(!known_at("mx.example.org", START));
	note("mx.example.org", 1, START, START, "aa");
	ck_assert(known_at("mx.example.org", START));
	folder_end();
}
END_TEST

UNIT_MAIN("host_store", what_hosts_were_like_is_known_after_a_restart, the_latest_counts_whoever_tells_first,
    what_was_long_ago_is_forgotten, there_is_a_bound_and_the_ones_seen_longest_ago_go, nothing_but_hosts_is_kept,
    a_database_of_an_earlier_version_is_brought_up_to_date, a_damaged_database_is_begun_anew)
