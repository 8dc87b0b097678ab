/*
 * What TLS came to, by day: one SQLite database, ledger.db, in the room's own folder. README has its tables.
 * A fact that is there already is a count; each batch is one transaction, and is known again by its sender and number.
 */
#ifndef REPORT_LEDGER_H
#define REPORT_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/report_facts.h"

#define LEDGER_DAY_S 86400
#define LEDGER_DAY_ROWS 100000	/* facts of one day and direction that are told apart; clients choose their names, and could fill the disk */

struct ledger;
struct store;

/* Open the ledger in that folder. NULL with a sentence in why (size octets) when that cannot be done at all. */
struct ledger *ledger_open(const char *folder, char *why, size_t size);
void ledger_close(struct ledger **ledger);	/* tolerates NULL, leaves NULL */

/* Add a batch. True when all of it is on disk, or was already; false when nothing of it is. */
bool ledger_take(struct ledger *ledger, const struct facts_batch *batch);

/* Its database, for tables beside the facts. */
struct store *ledger_store(struct ledger *ledger);

/* Which facts. */
struct ledger_filter {
	bool has_direction;
	enum fact_direction direction;
	uint32_t first_day, last_day;	/* since the epoch, UTC */
	struct span domain, base;	/* "" = all; one of the two at most */
};

/* Facts by direction, peer and day; fact is borrowed for the call. */
void ledger_each(struct ledger *ledger, const struct ledger_filter *filter, void (*each)(void *arg, const struct tls_fact *fact),
    void *arg);

/* A way through the facts in pieces: where the last one ended. Starts zeroed. */
struct ledger_place {
	bool has_begun;
	enum fact_direction direction;
	char peer[256];
	uint32_t day;
	int64_t row;
};

/*
 * The next piece of what ledger_each() says, a thousand facts or so: all of them take seconds when there are hundreds of thousands. What is
 * added meanwhile may be among them. Those of one domain or base are few, and one piece. True when there are more.
 */
bool ledger_each_some(struct ledger *ledger, const struct ledger_filter *filter, struct ledger_place *place,
    void (*each)(void *arg, const struct tls_fact *fact), void *arg);

/* Forget facts of days that ended more than keep_s ago, some thousands of them at once. True when there are more. */
bool ledger_expire(struct ledger *ledger, int64_t now_s, uint64_t keep_s);

/* Facts that are told apart in all: for the room's status. */
uint64_t ledger_count(struct ledger *ledger);

#endif
