/*
 * Opening, migrating, committing, and what is done about damage. The database is this process's alone (exclusive lock), so that
 * SQLite keeps its index of the log in memory and needs no shared file.
 */
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/log.h"
#include "loop/clock.h"
#include "loop/loop.h"

#define COMMIT_MS 100		/* a change waits so long for others, at most */
#define COMPLAIN_MS 60000	/* a database that cannot be written is in the log so often */
#define BUSY_MS 3000		/* the former process may still be ending */
#define CACHE_KIB 16384

static bool
is_damage(int code)
{
	return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

/* --- opening --- */

static int
run(sqlite3 *database, const char *sql)
{
	return sqlite3_exec(database, sql, NULL, NULL, NULL);
}

/* The one number, or the one text as a number: "ok" is 1. */
static int
ask_number(sqlite3 *database, const char *sql, int64_t *number)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(database, sql, -1, &statement, NULL);

	if (code != SQLITE_OK)
		return code;
	code = sqlite3_step(statement);
	*number = 0;
	if (code == SQLITE_ROW) {
		const unsigned char *text = sqlite3_column_text(statement, 0);

		*number = text != NULL && strcmp((const char *)text, "ok") == 0 ? 1 : sqlite3_column_int64(statement, 0);
		code = SQLITE_OK;
	}
	sqlite3_finalize(statement);
	return code;
}

/*
 * Every page is looked at once, at the start: damage shows then, and not when a policy is needed. A large database that nobody needs for that
 * would take minutes: its damage shows when it shows.
 */
static int
check(sqlite3 *database, const struct store_kind *kind)
{
	int64_t good, pages, page_octets;
	int code = ask_number(database, "PRAGMA page_count", &pages);

	if (code == SQLITE_OK)
		code = ask_number(database, "PRAGMA page_size", &page_octets);
	if (code != SQLITE_OK || (kind->checked_most > 0 && pages * page_octets > kind->checked_most))
		return code;
	code = ask_number(database, "PRAGMA quick_check(1)", &good);
	return code != SQLITE_OK ? code : good ? SQLITE_OK : SQLITE_CORRUPT;
}

static int
migrate(sqlite3 *database, const struct store_kind *kind, int64_t version)
{
	char text[64];
	int code = SQLITE_OK;

	for (; version < kind->version && code == SQLITE_OK; version++) {
		snprintf(text, sizeof(text), "PRAGMA user_version = %d; COMMIT", (int)version + 1);
		code = run(database, "BEGIN IMMEDIATE");
		if (code == SQLITE_OK)
			code = run(database, kind->migrations[version]);
		if (code == SQLITE_OK)
			code = run(database, text);
	}
	return code;
}

static int
prepare_file(sqlite3 *database, const struct store_kind *kind)
{
	static const char settings[] = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	    "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA foreign_keys = OFF";
	char cache[48];
	int64_t version;
	int code;

	sqlite3_extended_result_codes(database, 1);
	sqlite3_busy_timeout(database, BUSY_MS);
	snprintf(cache, sizeof(cache), "PRAGMA cache_size = -%d", CACHE_KIB);
	if ((code = run(database, settings)) != SQLITE_OK || (code = run(database, cache)) != SQLITE_OK ||
	    (code = check(database, kind)) != SQLITE_OK ||
	    (code = ask_number(database, "PRAGMA user_version", &version)) != SQLITE_OK)
		return code;
	if (version > kind->version)
		return SQLITE_SCHEMA;
	code = migrate(database, kind, version);
	/* A table of that name which is not ours: nothing in it can be relied on. */
	return code == SQLITE_ERROR ? SQLITE_CORRUPT : code;
}

static int
file_open_as(struct store *store)
{
	int code = sqlite3_open_v2(store->path, &store->database,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);

	if (code == SQLITE_OK)
		code = prepare_file(store->database, store->kind);
	return code;
}

static void
file_shut(struct store *store)
{
	for (unsigned i = 0; i < store->queries_count; i++)
		sqlite3_finalize(store->queries[i].statement);
	store->queries_count = 0;
	sqlite3_close_v2(store->database);
	store->database = NULL;
	store->is_writing = false;
	timer_cancel(store->timer);
}

/* The database and its log get a name that says when; what is in them may still be worth something to somebody. */
static void
file_move_aside(struct store *store)
{
	static const char *const tails[] = { "", "-wal", "-shm", "-journal" };
	char from[sizeof(store->path) + 16], to[sizeof(store->path) + 48];

	for (size_t i = 0; i < sizeof(tails) / sizeof(*tails); i++) {
		snprintf(from, sizeof(from), "%s%s", store->path, tails[i]);
		snprintf(to, sizeof(to), "%s.damaged-%lld%s", store->path, (long long)clock_wall(), tails[i]);
		if (rename(from, to) < 0 && errno != ENOENT && remove(from) < 0)
			fatal_errno("%s is damaged, and cannot be moved aside", from);
	}
	store->replaced++;
	log_error(store->kind->damaged_event, LOG_TEXT("file", store->path), LOG_NUMBER("moved_to_suffix", clock_wall()),
	    LOG_TEXT("what", store->kind->loss));
}

/* Open it; what is damaged is moved aside, once. */
static int
file_begin(struct store *store)
{
	int code = file_open_as(store);

	if (is_damage(code)) {
		file_shut(store);
		file_move_aside(store);
		code = file_open_as(store);
	}
	return code;
}

static void
store_free(struct store *store)
{
	timer_free(&store->timer);
	free(store);
}

static void
on_commit_due(void *arg)
{
	(void)store_commit(arg);
}

struct store *
store_open(const struct store_kind *kind, const char *folder, void (*on_replaced)(void *arg), void *arg, char *why, size_t size)
{
	struct store *store = must_alloc(sizeof(*store));
	int code;

	store->kind = kind;
	store->on_replaced = on_replaced;
	store->arg = arg;
	store->complained_ms = -COMPLAIN_MS;
	snprintf(store->path, sizeof(store->path), "%s/%s", folder, kind->file);
	store->timer = timer_new(on_commit_due, store);
	code = file_begin(store);
	if (code == SQLITE_OK)
		return store;
	snprintf(why, size, "%s: %s", store->path,
	    code == SQLITE_SCHEMA ? "was made by a newer sealpost" : sqlite3_errstr(code));
	file_shut(store);
	store_free(store);
	return NULL;
}

static void
on_damage(void *arg)
{
	struct store *store = arg;
	int code;

	file_shut(store);
	file_move_aside(store);
	if (store->is_closed) {
		store_free(store);
		return;
	}
	code = file_begin(store);
	if (code != SQLITE_OK)
		fatal("%s cannot be begun anew: %s", store->path, sqlite3_errstr(code));
	store->is_damaged = false;
	store->on_replaced(store->arg);
}

void
store_close(struct store **store)
{
	if (*store == NULL)
		return;
	(void)store_commit(*store);
	if ((*store)->is_damaged) {
		(*store)->is_closed = true;	/* on_damage() is on its way */
	} else {
		file_shut(*store);
		store_free(*store);
	}
	*store = NULL;
}

/* --- faults and transactions --- */

/* Damage is dealt with when the turn is over, for statements may be in use. */
void
store_fault(struct store *store, int code)
{
	if (store->is_damaged)
		return;
	if (is_damage(code)) {
		store->is_damaged = true;
		loop_soon(on_damage, store);
	}
	if (clock_ms() - store->complained_ms < COMPLAIN_MS && !store->is_damaged)
		return;
	store->complained_ms = clock_ms();
	log_error(store->kind->event, LOG_TEXT("file", store->path), LOG_TEXT("what", sqlite3_errmsg(store->database)));
}

bool
store_commit(struct store *store)
{
	int code;

	timer_cancel(store->timer);
	if (!store->is_writing || store->is_damaged)
		return !store->is_damaged;
	store->is_writing = false;
	code = run(store->database, "COMMIT");
	store->is_failing = code != SQLITE_OK;
	if (!store->is_failing)
		return true;
	store_fault(store, code);
	/* A full disk: what memory has of it still counts, and the next change tries again. */
	if (!store->is_damaged && !sqlite3_get_autocommit(store->database))
		(void)run(store->database, "ROLLBACK");
	return false;
}

void
store_rollback(struct store *store)
{
	timer_cancel(store->timer);
	if (store->is_writing && !store->is_damaged && !sqlite3_get_autocommit(store->database))
		(void)run(store->database, "ROLLBACK");
	store->is_writing = false;
}

void
store_write(struct store *store)
{
	int code;

	if (store->is_damaged)
		return;
	/* An error may have ended the transaction already. */
	if (store->is_writing && !sqlite3_get_autocommit(store->database))
		return;
	code = run(store->database, "BEGIN IMMEDIATE");
	store->is_writing = code == SQLITE_OK;
	if (!store->is_writing)
		store_fault(store, code);
	else
		timer_start(store->timer, COMMIT_MS);
}
