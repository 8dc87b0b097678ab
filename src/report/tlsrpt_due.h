/*
 * Which reports on TLS are to be sent, and which were: the table tlsrpt of ledger.db, so that each is sent once, whatever ends
 * meanwhile (RFC 8460 4.1, 5.5). README has its columns.
 */
#ifndef REPORT_TLSRPT_DUE_H
#define REPORT_TLSRPT_DUE_H

#include "policy/tlsrpt.h"
#include "report/ledger.h"

#define DUE_NAME 256		/* octets of a domain and its NUL */

/* Whom a report is for (RFC 8460 1.1): the domain of recipients; or the host whose TLSA records counted. */
enum due_kind { DUE_DOMAIN, DUE_HOST, DUE_KINDS };

enum due_state {
	DUE_WAITING,
	DUE_SENT,		/* mailed: it is in the spool; posted: it was taken */
	DUE_UNWANTED,		/* nobody asks for it, or there is nothing to tell */
	DUE_GIVEN_UP,
	DUE_STATES
};

struct due {
	uint32_t day;		/* that it tells of; since the epoch, UTC */
	enum due_kind kind;
	char name[DUE_NAME];
	int64_t until_s;	/* it is tried so long; seconds since the epoch */
	unsigned tries;		/* this one too */
};

/* How reports are spread. */
struct due_times {
	int64_t now_s;
	uint64_t delay_s;	/* over so long; those of hosts in the later half, as they leave out what domains were told */
	uint64_t expire_s;	/* tried for so long */
	uint64_t settle_s;	/* behind the day's end the ledger may not have all of it for so long */
};

const char *due_state_name(enum due_state state);
const char *due_kind_name(enum due_kind kind);

/*
 * Plan reports of the day for all domains and hosts with sessions that are in the ledger; those that are planned stay as they are. False
 * when it could not be written.
 */
bool due_plan(struct ledger *ledger, uint32_t day, const struct due_times *times);

/* Is it the operator's wish: now, or again if it was given up. Returns NULL, or why not: a static sentence. */
const char *due_hurry(struct ledger *ledger, uint32_t day, struct span domain, const struct due_times *times);

/*
 * Take one that is due and that is_busy() says nothing about. Unless it is settled it is due again later: after least_s, and twice that
 * with each try. Those whose time is over are given up here. False: there is none. What it writes may wait for others: due_begin().
 */
bool due_take(struct ledger *ledger, int64_t now_s, int64_t least_s, bool (*is_busy)(void *arg, const struct due *due), void *arg,
    struct due *due);

/* Seconds until the next is due, 0 = one is; -1 = none will be. */
int64_t due_wait(struct ledger *ledger, int64_t now_s);

/*
 * It is about to leave for this target. That it is due no sooner than its next try is on disk on return, so that a ledger that cannot be
 * written has nobody told the same again and again; and that the target's host was tried. False: it is not, and nothing may leave.
 */
bool due_begin(struct ledger *ledger, const struct due *due, const struct tlsrpt_target *target, int64_t now_s, int64_t least_s);

/*
 * It is over. target: where it went, or NULL; text: in words. What was sent is so on disk on return, and is not sent again; that nobody asks
 * for one, as most domains do not, may wait for others, and be found out again.
 */
bool due_settle(struct ledger *ledger, const struct due *due, enum due_state state, const struct tlsrpt_target *target, int64_t now_s,
    struct span text);

/* It will be tried again; what was in the way. */
void due_note(struct ledger *ledger, const struct due *due, struct span text);

/* Would the last try be the next? */
bool due_is_last(const struct due *due, int64_t now_s, int64_t least_s);

/* For a host: are there domains with sessions there whose own report is not settled? */
bool due_is_early(struct ledger *ledger, const struct due *due);

/* Did, or may, the domain's own report go to one of these targets? */
bool due_is_told(struct ledger *ledger, uint32_t day, struct span domain, const struct tlsrpt_target *targets, uint32_t count);

/* How many others the host was tried with within a day, whatever came of it: who never asked for any takes none. */
uint64_t due_tried_at(struct ledger *ledger, const struct due *due, struct span host, int64_t now_s);

struct due_row {
	struct due due;
	enum due_state state;
	int64_t due_s, sent_s;
	struct span target, text;
};

/* Rows of the days, by day and name; "" = all names. Each is borrowed for the call. */
void due_each(struct ledger *ledger, uint32_t first_day, uint32_t last_day, struct span name,
    void (*each)(void *arg, const struct due_row *row), void *arg);

/* Forget those of a month ago; those that were sent, when the sessions of their day are forgotten: a clock may be set, and set back. */
void due_expire(struct ledger *ledger, int64_t now_s);

#endif
