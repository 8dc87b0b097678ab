/* The tables of ledger.db: facts and their counts, and which batches are among them. */
#include "report/ledger.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/hex.h"
#include "base/log.h"
#include "loop/clock.h"
#include "store/query.h"

#define KEY_OCTETS 16		/* of the digest that tells facts apart */
#define EXPIRED_AT_ONCE 5000
#define SENDER_DAYS 30		/* of a room that has ended: it says nothing again */
#define CHECKED_MOST (64 * 1024 * 1024)	/* a second or so; a year of a busy relay takes minutes, and notifications wait for none of it */
#define PIECE_ROWS 20000		/* of an index that are looked at in one piece, */
#define PIECE_FACTS 1000	/* and facts that are read: some milliseconds */
#define DAYS_COUNTED (FACT_FED_DAYS + 1)	/* so many days are written at the same time, at most */

/* Columns in the order of facts: what is counted, and how often. */
#define COLUMNS "direction, day, tls, own, resumed, testing, by_dane, shared, offers, expires, peer, ip, domain, reason, observed, detail, " \
	"applied, published, sts, tlsa, base, sts_fault, tlsa_fault, evidence, version, cipher, key_exchange, certificate, fingerprint, " \
	"source, helo, sessions, messages"
#define VALUES "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"

static const char *const migrations[] = {
	/* key: of fact_key_encode(), a digest. tls: enum fact_tls. day: since the epoch. offers: enum fact_offers. */
	"CREATE TABLE fact (key TEXT PRIMARY KEY, direction INTEGER NOT NULL, day INTEGER NOT NULL, tls INTEGER NOT NULL,"
	" own INTEGER NOT NULL, resumed INTEGER NOT NULL, testing INTEGER NOT NULL, offers INTEGER NOT NULL, expires INTEGER NOT NULL,"
	" peer TEXT NOT NULL, ip TEXT NOT NULL, domain TEXT NOT NULL, reason TEXT NOT NULL, observed TEXT NOT NULL, detail TEXT NOT NULL,"
	" applied TEXT NOT NULL, published TEXT NOT NULL, policy TEXT NOT NULL, evidence TEXT NOT NULL, version TEXT NOT NULL,"
	" cipher TEXT NOT NULL, key_exchange TEXT NOT NULL, certificate TEXT NOT NULL, fingerprint TEXT NOT NULL,"
	" sessions INTEGER NOT NULL, messages INTEGER NOT NULL);"
	"CREATE INDEX fact_day ON fact (day);"
	"CREATE INDEX fact_peer ON fact (direction, peer, day);"
	"CREATE INDEX fact_domain ON fact (domain, day);"
	/* The last batch of each life of a room. */
	"CREATE TABLE sender (id INTEGER PRIMARY KEY, last INTEGER NOT NULL, day INTEGER NOT NULL);",

	/* Reports: kind is enum due_kind, state enum due_state; times are seconds since the epoch. */
	"CREATE TABLE tlsrpt (day INTEGER NOT NULL, kind INTEGER NOT NULL, name TEXT NOT NULL, due INTEGER NOT NULL, until INTEGER NOT NULL,"
	" tries INTEGER NOT NULL DEFAULT 0, state INTEGER NOT NULL DEFAULT 0, target TEXT NOT NULL DEFAULT '', host TEXT NOT NULL DEFAULT '',"
	" sent INTEGER NOT NULL DEFAULT 0, text TEXT NOT NULL DEFAULT '', PRIMARY KEY (day, kind, name)) WITHOUT ROWID;"
	"CREATE INDEX tlsrpt_due ON tlsrpt (state, due);"
	"CREATE INDEX tlsrpt_host ON tlsrpt (host, sent);",

	/*
	 * What reports need (RFC 8460 4.4). policy was the lines of whichever counted, and with TLSA records it was by these that the
	 * host was judged. Keys stay: a fact that is counted anew is another row, and the sums are the same.
	 */
	"ALTER TABLE fact RENAME COLUMN policy TO sts;"
	"ALTER TABLE fact ADD COLUMN tlsa TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE fact ADD COLUMN base TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE fact ADD COLUMN sts_fault TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE fact ADD COLUMN tlsa_fault TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE fact ADD COLUMN source TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE fact ADD COLUMN helo TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE fact ADD COLUMN by_dane INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE fact ADD COLUMN shared INTEGER NOT NULL DEFAULT 0;"
	"UPDATE fact SET tlsa = sts, sts = '', base = peer, by_dane = 1 WHERE published = 'tlsa';"
	"CREATE INDEX fact_base ON fact (base, day) WHERE base <> '';",

	/* Reports that a host was tried with count, whatever came of it: tlsrpt.host was that of those which it took. */
	"DROP INDEX tlsrpt_host;"
	"ALTER TABLE tlsrpt DROP COLUMN host;"
	"CREATE TABLE tlsrpt_tried (host TEXT NOT NULL, day INTEGER NOT NULL, kind INTEGER NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL,"
	" PRIMARY KEY (host, day, kind, name)) WITHOUT ROWID;"
};

static const struct store_kind ledger_store_kind = {
	.file = "ledger.db", .event = "ledger-store", .damaged_event = "ledger-store-damaged",
	.loss = "what was counted is forgotten: the ledger is begun anew",
	.migrations = migrations, .version = sizeof(migrations) / sizeof(*migrations), .checked_most = CHECKED_MOST
};

struct ledger {
	struct store *store;
	/* How many facts these days have in each direction, so that it need not be asked for each. */
	struct counted_day { uint32_t day; uint64_t rows; bool is_known; } counted[FACT_DIRECTIONS][DAYS_COUNTED];
	uint64_t rows;			/* in all, once it was asked for: tens of millions take seconds to count */
	bool has_rows;
	struct buf key;
};

static void
counted_forget(struct ledger *ledger)
{
	memset(ledger->counted, 0, sizeof(ledger->counted));
	ledger->has_rows = false;
}

static void
on_replaced(void *arg)
{
	counted_forget(arg);
}

struct ledger *
ledger_open(const char *folder, char *why, size_t size)
{
	struct ledger *ledger = must_alloc(sizeof(*ledger));

	ledger->store = store_open(&ledger_store_kind, folder, on_replaced, ledger, why, size);
	buf_init(&ledger->key, FACT_ENCODED_MAX);
	if (ledger->store != NULL)
		return ledger;
	ledger_close(&ledger);
	return NULL;
}

void
ledger_close(struct ledger **ledger)
{
	if (*ledger == NULL)
		return;
	store_close(&(*ledger)->store);
	buf_clear(&(*ledger)->key);
	free(*ledger);
	*ledger = NULL;
}

struct store *
ledger_store(struct ledger *ledger)
{
	return ledger->store;
}

/* --- adding --- */

static struct span
key_of(struct ledger *ledger, const struct tls_fact *fact, char out[2 * EVP_MAX_MD_SIZE + 1])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;

	buf_empty(&ledger->key);
	fact_key_encode(&ledger->key, fact);
	if (EVP_Digest(buf_span(&ledger->key).data, buf_length(&ledger->key), digest, &length, EVP_sha256(), NULL) != 1)
		fatal("OpenSSL has no SHA-256");
	hex_format(span_make(digest, KEY_OCTETS), out);
	return span_make(out, 2 * KEY_OCTETS);
}

/* The index of days is the short way: "+" keeps SQLite from all that there ever was in the direction. */
static uint64_t
day_count(struct ledger *ledger, enum fact_direction direction, uint32_t day)
{
	static const char sql[] = "SELECT COUNT(*) FROM fact WHERE day = ? AND +direction = ?";
	struct query *query = query_begin(ledger->store, sql);

	query_put_number(query, day);
	query_put_number(query, direction);
	return query_count(query);
}

/* The count of a day's facts in the direction of this one, to be kept up by whoever adds it. */
static uint64_t *
day_rows(struct ledger *ledger, const struct tls_fact *fact)
{
	struct counted_day *counted = &ledger->counted[fact->direction][fact->day % DAYS_COUNTED];

	if (!counted->is_known || counted->day != fact->day)
		*counted = (struct counted_day){ fact->day, day_count(ledger, fact->direction, fact->day), true };
	return &counted->rows;
}

/* Is it there already? Then it is counted. */
static bool
fact_count(struct ledger *ledger, const struct tls_fact *fact, struct span key, bool *good)
{
	static const char sql[] = "UPDATE fact SET sessions = sessions + ?, messages = messages + ? WHERE key = ?";
	struct query *query = query_begin_change(ledger->store, sql);

	query_put_number(query, (int64_t)fact->sessions);
	query_put_number(query, (int64_t)fact->messages);
	query_put_text(query, key);
	*good = query_run(query);
	return *good && sqlite3_changes(ledger->store->database) > 0;
}

static bool
fact_insert(struct ledger *ledger, const struct tls_fact *fact, struct span key)
{
	static const char sql[] = "INSERT INTO fact (key, " COLUMNS ") VALUES (?, " VALUES ")";
	struct query *query = query_begin_change(ledger->store, sql);
	const int64_t numbers[] = { fact->direction, fact->day, fact->tls, fact->is_own, fact->is_resumed, fact->is_testing, fact->is_by_dane,
		fact->is_shared, fact->offers, fact->expires_s };

	query_put_text(query, key);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		query_put_number(query, numbers[i]);
	for (int i = 0; i < FACT_TEXTS; i++)
		query_put_text(query, fact->text[i]);
	query_put_number(query, (int64_t)fact->sessions);
	query_put_number(query, (int64_t)fact->messages);
	++*day_rows(ledger, fact);
	ledger->rows++;
	return query_run(query);
}

/* A day that is full in a direction tells new ones no longer apart there; reasons are few. */
static bool
fact_add(struct ledger *ledger, const struct tls_fact *fact)
{
	char text[2 * EVP_MAX_MD_SIZE + 1];
	struct span key = key_of(ledger, fact, text);
	struct tls_fact folded;
	bool good;

	if (fact_count(ledger, fact, key, &good) || !good)
		return good;
	if (*day_rows(ledger, fact) < LEDGER_DAY_ROWS)
		return fact_insert(ledger, fact, key);
	fact_fold(fact, &folded);
	key = key_of(ledger, &folded, text);
	if (fact_count(ledger, &folded, key, &good) || !good)
		return good;
	log_warn("ledger", LOG_NUMBER("facts", LEDGER_DAY_ROWS), LOG_TEXT("what", "the day is full: new peers are counted among others"));
	return fact_insert(ledger, &folded, key);
}

static uint64_t
sender_last(struct ledger *ledger, uint64_t sender)
{
	static const char sql[] = "SELECT last FROM sender WHERE id = ?";
	struct query *query = query_begin(ledger->store, sql);

	query_put_number(query, (int64_t)sender);
	return query_count(query);
}

static bool
sender_note(struct ledger *ledger, const struct facts_batch *batch)
{
	static const char sql[] = "INSERT INTO sender (id, last, day) VALUES (?, ?, ?)"
	    " ON CONFLICT DO UPDATE SET last = excluded.last, day = excluded.day";
	struct query *query = query_begin_change(ledger->store, sql);

	query_put_number(query, (int64_t)batch->sender);
	query_put_number(query, (int64_t)batch->number);
	query_put_number(query, clock_wall() / LEDGER_DAY_S);
	return query_run(query);
}

bool
ledger_take(struct ledger *ledger, const struct facts_batch *batch)
{
	bool good = true;

	if (batch->number <= sender_last(ledger, batch->sender))
		return true;
	for (uint32_t i = 0; i < batch->count && good; i++)
		good = fact_add(ledger, &batch->facts[i]);
	good = good && sender_note(ledger, batch);
	if (good && store_commit(ledger->store))
		return true;
	/* All of it or nothing: it is said again. */
	store_rollback(ledger->store);
	counted_forget(ledger);
	return false;
}

/* --- reading --- */

/* Somebody else may have written there. */
static enum fact_tls
enum_read(struct query *query, int column)
{
	int64_t number = query_number(query, column);

	return number < 0 || number >= FACT_TLS_ANSWERS ? FACT_TLS_UNKNOWN : (enum fact_tls)number;
}

static void
fact_read(struct query *query, struct tls_fact *fact)
{
	int at = 10;

	*fact = (struct tls_fact){ .direction = query_number(query, 0) == FACT_OUT ? FACT_OUT : FACT_IN,
		.day = (uint32_t)query_number(query, 1), .tls = enum_read(query, 2), .is_own = query_number(query, 3) != 0,
		.is_resumed = query_number(query, 4) != 0, .is_testing = query_number(query, 5) != 0,
		.is_by_dane = query_number(query, 6) != 0, .is_shared = query_number(query, 7) != 0,
		.offers = (uint16_t)query_number(query, 8), .expires_s = query_number(query, 9) };
	for (int i = 0; i < FACT_TEXTS; i++)
		fact->text[i] = query_text(query, at++);
	fact->sessions = (uint64_t)query_number(query, at++);
	fact->messages = (uint64_t)query_number(query, at);
}

void
ledger_each(struct ledger *ledger, const struct ledger_filter *filter, void (*each)(void *arg, const struct tls_fact *fact),
    void *arg)
{
	static const char of_peers[] = "SELECT " COLUMNS " FROM fact WHERE direction BETWEEN ? AND ? AND day BETWEEN ? AND ?"
	    " ORDER BY direction, peer, day";
	static const char of_domain[] = "SELECT " COLUMNS " FROM fact WHERE direction BETWEEN ? AND ? AND day BETWEEN ? AND ?"
	    " AND domain = ? ORDER BY direction, peer, day";
	static const char of_base[] = "SELECT " COLUMNS " FROM fact WHERE direction BETWEEN ? AND ? AND day BETWEEN ? AND ?"
	    " AND base = ? AND base <> '' ORDER BY direction, peer, day";
	struct span name = filter->domain.length > 0 ? filter->domain : filter->base;
	struct query *query = query_begin(ledger->store, filter->domain.length > 0 ? of_domain : name.length > 0 ? of_base : of_peers);

	query_put_number(query, filter->has_direction ? filter->direction : FACT_IN);
	query_put_number(query, filter->has_direction ? filter->direction : FACT_OUT);
	query_put_number(query, filter->first_day);
	query_put_number(query, filter->last_day);
	if (name.length > 0)
		query_put_text(query, name);
	while (query_next(query)) {
		struct tls_fact fact;

		fact_read(query, &fact);
		each(arg, &fact);
	}
	(void)query_end(query);
}

/* --- reading in pieces --- */

static void
place_begin(struct ledger_place *place, const struct ledger_filter *filter)
{
	if (place->has_begun)
		return;
	*place = (struct ledger_place){ .has_begun = true, .direction = filter->has_direction ? filter->direction : FACT_IN, .row = -1 };
}

static struct query *
place_query(struct ledger *ledger, const struct ledger_place *place)
{
	static const char sql[] = "SELECT direction, peer, day, rowid FROM fact WHERE (direction, peer, day, rowid) > (?, ?, ?, ?)"
	    " ORDER BY direction, peer, day, rowid LIMIT ?";
	struct query *query = query_begin(ledger->store, sql);

	query_put_number(query, place->direction);
	query_put_text(query, span_of(place->peer));
	query_put_number(query, place->day);
	query_put_number(query, place->row);
	query_put_number(query, PIECE_ROWS);
	return query;
}

static void
place_read(struct query *query, struct ledger_place *place)
{
	place->direction = query_number(query, 0) == FACT_OUT ? FACT_OUT : FACT_IN;
	snprintf(place->peer, sizeof(place->peer), "%.*s", SPAN_ARG(query_text(query, 1)));
	place->day = (uint32_t)query_number(query, 2);
	place->row = query_number(query, 3);
}

static void
fact_say(struct ledger *ledger, int64_t row, void (*each)(void *arg, const struct tls_fact *fact), void *arg)
{
	static const char sql[] = "SELECT " COLUMNS " FROM fact WHERE rowid = ?";
	struct query *query = query_begin(ledger->store, sql);
	struct tls_fact fact;

	query_put_number(query, row);
	if (query_next(query)) {
		fact_read(query, &fact);
		each(arg, &fact);
	}
	(void)query_end(query);
}

/* The index has all that chooses: a fact of another day is not read. */
bool
ledger_each_some(struct ledger *ledger, const struct ledger_filter *filter, struct ledger_place *place,
    void (*each)(void *arg, const struct tls_fact *fact), void *arg)
{
	unsigned rows = 0, facts = 0;
	bool is_over = false;
	struct query *query;

	if (filter->domain.length + filter->base.length > 0) {
		ledger_each(ledger, filter, each, arg);
		return false;
	}
	place_begin(place, filter);
	query = place_query(ledger, place);
	while (!is_over && facts < PIECE_FACTS && query_next(query)) {
		place_read(query, place);
		rows++;
		is_over = filter->has_direction && place->direction != filter->direction;
		if (is_over || place->day < filter->first_day || place->day > filter->last_day)
			continue;
		facts++;
		fact_say(ledger, place->row, each, arg);
	}
	(void)query_end(query);
	return !is_over && (facts == PIECE_FACTS || rows == PIECE_ROWS);
}

uint64_t
ledger_count(struct ledger *ledger)
{
	static const char sql[] = "SELECT COUNT(*) FROM fact";
	struct query *query;

	if (ledger->has_rows)
		return ledger->rows;
	query = query_begin(ledger->store, sql);
	ledger->has_rows = query_next(query);
	ledger->rows = ledger->has_rows ? (uint64_t)query_number(query, 0) : 0;
	(void)query_end(query);
	return ledger->rows;
}

/* --- forgetting --- */

/* So many facts have gone, all of days before that one. */
static void
counted_expire(struct ledger *ledger, int64_t first_day, uint64_t forgotten)
{
	ledger->rows -= ledger->has_rows ? forgotten : 0;
	for (unsigned i = 0; i < FACT_DIRECTIONS * DAYS_COUNTED; i++) {
		struct counted_day *counted = &ledger->counted[i / DAYS_COUNTED][i % DAYS_COUNTED];

		counted->is_known = counted->is_known && counted->day >= first_day;
	}
}

bool
ledger_expire(struct ledger *ledger, int64_t now_s, uint64_t keep_s)
{
	static const char facts[] = "DELETE FROM fact WHERE rowid IN (SELECT rowid FROM fact WHERE day < ? LIMIT ?)";
	static const char senders[] = "DELETE FROM sender WHERE day < ?";
	struct query *query = query_begin_change(ledger->store, facts);
	int64_t today = now_s / LEDGER_DAY_S, first_day = today - (int64_t)((keep_s + LEDGER_DAY_S - 1) / LEDGER_DAY_S);
	int forgotten;

	query_put_number(query, first_day);
	query_put_number(query, EXPIRED_AT_ONCE);
	forgotten = query_run(query) ? sqlite3_changes(ledger->store->database) : 0;
	query = query_begin_change(ledger->store, senders);
	query_put_number(query, today - SENDER_DAYS);
	(void)query_run(query);
	if (!store_commit(ledger->store)) {
		/* They are all there again. A disk that is full is so for longer than a breath. */
		counted_forget(ledger);
		return false;
	}
	counted_expire(ledger, first_day, (uint64_t)forgotten);
	return forgotten == EXPIRED_AT_ONCE;
}
