/*
 * A room's memory: one SQLite database in a folder of its own. Group commit: what is written in a tenth of a second is one
 * transaction, synced. A database that is damaged is moved aside and begun anew; it is never a reason to end.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "loop/timer.h"

#define STORE_QUERIES 64	/* texts of SQL in the program, at most */

struct store;

/* Which database, and what is to be said of it. All static. */
struct store_kind {
	const char *file;		/* its name in the folder, "policy.db" */
	const char *event;		/* of log lines about what could not be written */
	const char *damaged_event;	/* of those about damage, */
	const char *loss;		/* and what that means, in words */
	const char *const *migrations;	/* from nothing to version 1, from 1 to 2, ...: each once, in a transaction of its own */
	int version;			/* of the schema, kept in user_version: how many there are */
	int64_t checked_most;		/* octets: a larger one is not looked at whole at the start; 0 = it is, however large */
};

/* A prepared statement, being used or at rest. */
struct query {
	struct store *store;
	const char *sql;	/* a literal: known by its address */
	sqlite3_stmt *statement;
	int bound;		/* parameters so far */
	bool is_failed;
};

struct store {
	const struct store_kind *kind;
	sqlite3 *database;
	char path[4096];
	struct query queries[STORE_QUERIES];
	unsigned queries_count;
	struct timer *timer;	/* runs while a transaction is open */
	bool is_writing;	/* a transaction is open */
	bool is_failing;	/* the last transaction could not be committed */
	bool is_damaged;	/* found since the last turn: to be moved aside */
	bool is_closed;		/* as soon as that is done */
	void (*on_replaced)(void *arg);	/* it was: what was read of it is no longer there */
	void *arg;
	int64_t complained_ms;	/* when the log was last told that it cannot be written */
	uint64_t replaced;	/* since the start */
};

/*
 * Open the database in the folder, make or migrate it. Returns NULL and a sentence in why when that cannot be done at all: no
 * folder, no permission, or it was made by a newer program.
 */
struct store *store_open(const struct store_kind *kind, const char *folder, void (*on_replaced)(void *arg), void *arg, char *why,
    size_t size);
void store_close(struct store **store);		/* commits; tolerates NULL, leaves NULL */

/* Make what was written durable now. False when it is not: it may be lost. */
bool store_commit(struct store *store);

/* What was written since the last commit was not meant. */
void store_rollback(struct store *store);

/* For query.c: begin a transaction unless one is open; look at what a call came to that is not good. */
void store_write(struct store *store);
void store_fault(struct store *store, int code);

#endif
