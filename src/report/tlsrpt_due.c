/* The table tlsrpt of ledger.db. */
#include "report/tlsrpt_due.h"

#include <stdio.h>

#include "store/query.h"

#define MARGIN_PART 16		/* of the delay passes before the first report */
#define DOUBLINGS 6		/* of the time between two tries */
#define KNOWN_DAYS 30

const char *
due_state_name(enum due_state state)
{
	static const char *const names[DUE_STATES] = { "waiting", "sent", "unwanted", "given-up" };

	return names[state];
}

const char *
due_kind_name(enum due_kind kind)
{
	return kind == DUE_HOST ? "host" : "domain";
}

static void
put_key(struct query *query, uint32_t day, enum due_kind kind, struct span name)
{
	query_put_number(query, day);
	query_put_number(query, kind);
	query_put_text(query, name);
}

static int64_t
wait_s(unsigned tries, int64_t least_s)
{
	unsigned doublings = tries == 0 ? 0 : tries - 1;

	return least_s << (doublings < DOUBLINGS ? doublings : DOUBLINGS);
}

/* --- planning --- */

/*
 * Those that are there already stay. random() is SQLite's: it spreads, no secret depends on it. A name that comes again, with another
 * moment, is there already.
 */
static bool
plan(struct ledger *ledger, const char *sql, uint32_t day, int64_t from_s, int64_t span_s)
{
	struct query *query = query_begin_change(ledger_store(ledger), sql);

	query_put_number(query, from_s);
	query_put_number(query, span_s > 0 ? span_s : 1);
	query_put_number(query, day);
	return query_run(query);
}

static bool
plan_end(struct ledger *ledger, uint32_t day, uint64_t expire_s)
{
	static const char sql[] = "UPDATE tlsrpt SET until = due + ? WHERE day = ? AND until = 0";
	struct query *query = query_begin_change(ledger_store(ledger), sql);

	query_put_number(query, (int64_t)expire_s);
	query_put_number(query, day);
	return query_run(query) && store_commit(ledger_store(ledger));
}

bool
due_plan(struct ledger *ledger, uint32_t day, const struct due_times *times)
{
	static const char domains[] = "INSERT OR IGNORE INTO tlsrpt (day, kind, name, due, until)"
	    " SELECT day, 0, domain, ? + abs(random() % ?), 0 FROM fact WHERE day = ? AND direction = 1 AND own = 0 AND domain <> ''";
	static const char hosts[] = "INSERT OR IGNORE INTO tlsrpt (day, kind, name, due, until)"
	    " SELECT day, 1, base, ? + abs(random() % ?), 0 FROM fact WHERE day = ? AND direction = 1 AND own = 0 AND base <> ''";
	int64_t delay_s = (int64_t)times->delay_s, settle_s = (int64_t)times->settle_s;
	int64_t margin_s = settle_s > delay_s / MARGIN_PART ? settle_s : delay_s / MARGIN_PART;
	int64_t from_s = ((int64_t)day + 1) * LEDGER_DAY_S + margin_s, half_s = margin_s < delay_s ? (delay_s - margin_s) / 2 : 0;

	if (from_s < times->now_s)
		from_s = times->now_s;
	return plan(ledger, domains, day, from_s, half_s) && plan(ledger, hosts, day, from_s + half_s, half_s) &&
	    plan_end(ledger, day, times->expire_s);
}

/* --- one of them --- */

static void
row_read(struct query *query, struct due_row *row)
{
	int64_t kind = query_number(query, 1), state = query_number(query, 5);

	*row = (struct due_row){ .due = { .day = (uint32_t)query_number(query, 0), .kind = kind == DUE_HOST ? DUE_HOST : DUE_DOMAIN,
		.until_s = query_number(query, 3), .tries = (unsigned)query_number(query, 4) },
		.state = state < 0 || state >= DUE_STATES ? DUE_GIVEN_UP : (enum due_state)state,
		.due_s = query_number(query, 6), .sent_s = query_number(query, 7), .target = query_text(query, 8), .text = query_text(query, 9) };
	snprintf(row->due.name, sizeof(row->due.name), "%.*s", SPAN_ARG(query_text(query, 2)));
}

#define COLUMNS "day, kind, name, until, tries, state, due, sent, target, text"

static bool
row_find(struct ledger *ledger, uint32_t day, enum due_kind kind, struct span name, struct due_row *row)
{
	static const char sql[] = "SELECT " COLUMNS " FROM tlsrpt WHERE day = ? AND kind = ? AND name = ?";
	struct query *query = query_begin(ledger_store(ledger), sql);
	bool is_there;

	put_key(query, day, kind, name);
	is_there = query_next(query);
	if (is_there)
		row_read(query, row);
	row->target = row->text = SPAN("");	/* the query's */
	(void)query_end(query);
	return is_there;
}

/* For this domain alone: others of a day long past are not to hear of it now. */
static bool
plan_one(struct ledger *ledger, uint32_t day, struct span domain)
{
	static const char sql[] = "INSERT OR IGNORE INTO tlsrpt (day, kind, name, due, until) SELECT day, 0, domain, 0, 0 FROM fact"
	    " WHERE domain = ? AND day = ? AND direction = 1 AND own = 0 AND domain <> '' LIMIT 1";
	struct query *query = query_begin_change(ledger_store(ledger), sql);

	query_put_text(query, domain);
	query_put_number(query, day);
	return query_run(query);
}

const char *
due_hurry(struct ledger *ledger, uint32_t day, struct span domain, const struct due_times *times)
{
	static const char sql[] = "UPDATE tlsrpt SET state = 0, due = ?, until = ?, tries = 0 WHERE day = ? AND kind = 0 AND name = ?";
	struct due_row row = { .state = DUE_WAITING };
	struct query *query;

	if (!plan_one(ledger, day, domain))
		return "the ledger cannot be written";
	if (!row_find(ledger, day, DUE_DOMAIN, domain, &row))
		return "no session of that day is in the ledger: there is no report";
	if (row.state == DUE_SENT)
		return "it was sent already: see \"sealpost tlsrpt list\"";
	query = query_begin_change(ledger_store(ledger), sql);
	query_put_number(query, times->now_s);
	query_put_number(query, times->now_s + (int64_t)times->expire_s);
	query_put_number(query, day);
	query_put_text(query, domain);
	return query_run(query) && store_commit(ledger_store(ledger)) ? NULL : "the ledger cannot be written";
}

/* What nobody took in time is given up. At its end each is due: those that are not need not be looked at. */
static void
give_up_late(struct ledger *ledger, int64_t now_s)
{
	static const char sql[] = "UPDATE tlsrpt SET state = 3 WHERE state = 0 AND due <= ? AND until <= ? AND tries > 0";
	struct query *query = query_begin_change(ledger_store(ledger), sql);

	query_put_number(query, now_s);
	query_put_number(query, now_s);
	(void)query_run(query);
}

static bool
postpone(struct ledger *ledger, const struct due *due, int64_t now_s, int64_t least_s)
{
	static const char sql[] = "UPDATE tlsrpt SET due = ?, tries = ? WHERE day = ? AND kind = ? AND name = ?";
	struct query *query = query_begin_change(ledger_store(ledger), sql);
	int64_t due_s = now_s + wait_s(due->tries, least_s);

	query_put_number(query, due_s < due->until_s || due->until_s <= now_s ? due_s : due->until_s);
	query_put_number(query, due->tries);
	put_key(query, due->day, due->kind, span_of(due->name));
	return query_run(query);
}

bool
due_take(struct ledger *ledger, int64_t now_s, int64_t least_s, bool (*is_busy)(void *arg, const struct due *due), void *arg,
    struct due *due)
{
	static const char sql[] = "SELECT " COLUMNS " FROM tlsrpt WHERE state = 0 AND due <= ? ORDER BY due";
	struct query *query;
	bool is_found = false;

	give_up_late(ledger, now_s);
	query = query_begin(ledger_store(ledger), sql);
	query_put_number(query, now_s);
	while (!is_found && query_next(query)) {
		struct due_row row;

		row_read(query, &row);
		*due = row.due;
		is_found = !is_busy(arg, due);
	}
	if (!query_end(query) || !is_found)
		return false;
	due->tries++;
	return postpone(ledger, due, now_s, least_s);
}

static bool
host_note(struct ledger *ledger, const struct due *due, struct span host, int64_t now_s)
{
	static const char sql[] = "INSERT OR REPLACE INTO tlsrpt_tried (host, day, kind, name, at) VALUES (?, ?, ?, ?, ?)";
	struct query *query = query_begin_change(ledger_store(ledger), sql);

	query_put_text(query, host);
	put_key(query, due->day, due->kind, span_of(due->name));
	query_put_number(query, now_s);
	return query_run(query);
}

bool
due_begin(struct ledger *ledger, const struct due *due, const struct tlsrpt_target *target, int64_t now_s, int64_t least_s)
{
	return postpone(ledger, due, now_s, least_s) && host_note(ledger, due, target->host, now_s) && store_commit(ledger_store(ledger));
}

int64_t
due_wait(struct ledger *ledger, int64_t now_s)
{
	static const char sql[] = "SELECT due FROM tlsrpt WHERE state = 0 ORDER BY due LIMIT 1";
	struct query *query = query_begin(ledger_store(ledger), sql);
	int64_t wait = -1;

	if (query_next(query))
		wait = query_number(query, 0) > now_s ? query_number(query, 0) - now_s : 0;
	(void)query_end(query);
	return wait;
}

bool
due_settle(struct ledger *ledger, const struct due *due, enum due_state state, const struct tlsrpt_target *target, int64_t now_s,
    struct span text)
{
	static const char sql[] = "UPDATE tlsrpt SET state = ?, target = ?, sent = ?, text = ? WHERE day = ? AND kind = ? AND name = ?";
	struct query *query = query_begin_change(ledger_store(ledger), sql);

	query_put_number(query, state);
	query_put_text(query, target == NULL ? SPAN("") : target->text);
	query_put_number(query, state == DUE_SENT ? now_s : 0);
	query_put_text(query, text);
	put_key(query, due->day, due->kind, span_of(due->name));
	return query_run(query) && (state != DUE_SENT || store_commit(ledger_store(ledger)));
}

void
due_note(struct ledger *ledger, const struct due *due, struct span text)
{
	static const char sql[] = "UPDATE tlsrpt SET text = ? WHERE day = ? AND kind = ? AND name = ?";
	struct query *query = query_begin_change(ledger_store(ledger), sql);

	query_put_text(query, text);
	put_key(query, due->day, due->kind, span_of(due->name));
	(void)query_run(query);
}

bool
due_is_last(const struct due *due, int64_t now_s, int64_t least_s)
{
	return now_s + wait_s(due->tries, least_s) >= due->until_s;
}

/* --- what others were told --- */

bool
due_is_early(struct ledger *ledger, const struct due *due)
{
	static const char sql[] = "SELECT 1 FROM fact WHERE direction = 1 AND base = ? AND base <> '' AND day = ? AND EXISTS"
	    " (SELECT 1 FROM tlsrpt WHERE tlsrpt.day = fact.day AND kind = 0 AND name = domain AND state = 0) LIMIT 1";
	struct query *query = query_begin(ledger_store(ledger), sql);
	bool is_early;

	query_put_text(query, span_of(due->name));
	query_put_number(query, due->day);
	is_early = query_next(query);
	(void)query_end(query);
	return is_early;
}

bool
due_is_told(struct ledger *ledger, uint32_t day, struct span domain, const struct tlsrpt_target *targets, uint32_t count)
{
	static const char sql[] = "SELECT state, target FROM tlsrpt WHERE day = ? AND kind = 0 AND name = ?";
	struct query *query = query_begin(ledger_store(ledger), sql);
	bool is_told = false;

	query_put_number(query, day);
	query_put_text(query, domain);
	if (query_next(query)) {
		is_told = query_number(query, 0) == DUE_WAITING;
		for (uint32_t i = 0; i < count && query_number(query, 0) == DUE_SENT; i++)
			is_told = is_told || span_equal(query_text(query, 1), targets[i].text);
	}
	(void)query_end(query);
	return is_told;
}

uint64_t
due_tried_at(struct ledger *ledger, const struct due *due, struct span host, int64_t now_s)
{
	static const char sql[] = "SELECT COUNT(*) FROM tlsrpt_tried WHERE host = ? AND at BETWEEN ? AND ?"
	    " AND NOT (day = ? AND kind = ? AND name = ?)";
	struct query *query = query_begin(ledger_store(ledger), sql);

	query_put_text(query, host);
	query_put_number(query, now_s - LEDGER_DAY_S);
	query_put_number(query, now_s);
	put_key(query, due->day, due->kind, span_of(due->name));
	return query_count(query);
}

/* --- all of them --- */

void
due_each(struct ledger *ledger, uint32_t first_day, uint32_t last_day, struct span name,
    void (*each)(void *arg, const struct due_row *row), void *arg)
{
	static const char sql[] = "SELECT " COLUMNS " FROM tlsrpt WHERE day BETWEEN ? AND ? AND (? = '' OR name = ?) ORDER BY day, name, kind";
	struct query *query = query_begin(ledger_store(ledger), sql);

	query_put_number(query, first_day);
	query_put_number(query, last_day);
	query_put_text(query, name);
	query_put_text(query, name);
	while (query_next(query)) {
		struct due_row row;

		row_read(query, &row);
		each(arg, &row);
	}
	(void)query_end(query);
}

void
due_expire(struct ledger *ledger, int64_t now_s)
{
	static const char reports[] = "DELETE FROM tlsrpt WHERE day < ?"
	    " AND (state <> 1 OR day < ifnull((SELECT MIN(fact.day) FROM fact), tlsrpt.day + 1))";
	static const char hosts[] = "DELETE FROM tlsrpt_tried WHERE at < ?";
	struct query *query = query_begin_change(ledger_store(ledger), reports);

	query_put_number(query, now_s / LEDGER_DAY_S - KNOWN_DAYS);
	(void)query_run(query);
	query = query_begin_change(ledger_store(ledger), hosts);
	query_put_number(query, now_s - LEDGER_DAY_S);
	(void)query_run(query);
}
