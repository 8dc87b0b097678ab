/* notices.db: opened, its keys, parties and cases. Mails are in notice_mails.c, who wants none in notice_stop.c. */
#include "report/notice_store.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/hex.h"
#include "base/log.h"
#include "loop/clock.h"
#include "report/notice_due.h"
#include "report/notice_tables.h"

#define DAY_S 86400
#define LOST_AT_ONCE 100	/* the others at the next look */
#define ROW_DAYS 4		/* that the ledger's days of a case are looked at after it has ended, and one more: it must not begin by them again */
#define MAC_TEXT 1024		/* octets of a label, a NUL and a name; longer names are cut */

static const char *const migrations[] = {
	/* key, party: notices_key(). state: enum notice_state. Times are seconds since the epoch. */
	"CREATE TABLE party (key TEXT PRIMARY KEY, state INTEGER NOT NULL, notices INTEGER NOT NULL, contact INTEGER NOT NULL,"
	" sent INTEGER NOT NULL, told INTEGER NOT NULL, again INTEGER NOT NULL, fault TEXT NOT NULL) WITHOUT ROWID;"
	/* first 0: it has ended. since: the first day that failed and good are sums of. */
	"CREATE TABLE cases (key TEXT PRIMARY KEY, party TEXT NOT NULL DEFAULT '', since INTEGER NOT NULL, failed INTEGER NOT NULL,"
	" good INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX cases_last ON cases (last);"
	/* state: enum notice_mail_state. kind: enum contact_kind. */
	"CREATE TABLE mail (mid TEXT PRIMARY KEY, party TEXT NOT NULL, kind INTEGER NOT NULL, address TEXT NOT NULL, sent INTEGER NOT NULL,"
	" state INTEGER NOT NULL, ended INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX mail_party ON mail (party, state);"
	"CREATE INDEX mail_sent ON mail (sent);"
	"CREATE INDEX mail_address ON mail (address, sent);"
	"CREATE INDEX mail_ended ON mail (ended);"
	/* Who wants none; the same as notices.stopped. */
	"CREATE TABLE stop (key TEXT PRIMARY KEY, who TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE lookup (day INTEGER PRIMARY KEY, count INTEGER NOT NULL);"
	/* scanned: first day of the last scan. held: parties that are not known are left alone until then. */
	"CREATE TABLE note (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
};

static const struct store_kind notices_store_kind = {
	.file = "notices.db", .event = "notices-store", .damaged_event = "notices-store-damaged",
	.loss = "who was told is forgotten, who wants no notices is not: it is begun anew, and nobody is told of anything for a week",
	.migrations = migrations, .version = sizeof(migrations) / sizeof(*migrations)
};

const char *
notice_about_name(enum notice_about about)
{
	static const char *const names[NOTICE_ABOUTS] = { "host", "domain", "client" };

	return names[about];
}

const char *
notice_state_name(enum notice_state state)
{
	static const char *const names[NOTICE_STATES] = { "watched", "told", "reminded", "unreached", "unproved", "mended", "composed" };

	return names[state];
}

/* --- notes --- */

static int64_t
note_get(struct notices *notices, const char *name)
{
	static const char sql[] = "SELECT value FROM note WHERE name = ?";
	struct query *query = query_begin(notices->store, sql);

	query_put_text(query, span_of(name));
	return (int64_t)query_count(query);
}

static bool
note_put(struct notices *notices, const char *name, int64_t value)
{
	static const char sql[] = "INSERT INTO note (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value";
	struct query *query = query_begin_change(notices->store, sql);

	query_put_text(query, span_of(name));
	query_put_number(query, value);
	return query_run(query);
}

uint32_t
notices_scanned_get(struct notices *notices)
{
	return (uint32_t)note_get(notices, "scanned");
}

bool
notices_scanned_put(struct notices *notices, uint32_t since_day)
{
	return note_put(notices, "scanned", since_day);
}

/* --- opening --- */

/* Nobody knows who was told within the last week: so nobody is told for a week (standards.md N51). */
static bool
begin_anew(struct notices *notices)
{
	return note_put(notices, "held", clock_wall() + NOTICE_LEAST_S) && notices_stops_restore(notices);
}

static void
on_replaced(void *arg)
{
	if (!begin_anew(arg))
		fatal("notices.db was begun anew, and who wants no notices could not be written there");
}

struct notices *
notices_open(const char *folder, char *why, size_t size)
{
	struct notices *notices = must_alloc(sizeof(*notices));
	bool good = notice_secret_read(folder, notices->secret, why, size);

	notices->folder = good ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (good)
		notices->store = store_open(&notices_store_kind, folder, on_replaced, notices, why, size);
	if (notices->store == NULL) {
		notices_close(&notices);
		return NULL;
	}
	if (notices->store->replaced > 0 ? begin_anew(notices) : notices_stops_restore(notices))
		return notices;
	snprintf(why, size, "%s: who wants no notices cannot be read, or not be written", folder);
	notices_close(&notices);
	return NULL;
}

void
notices_close(struct notices **notices)
{
	if (*notices == NULL)
		return;
	store_close(&(*notices)->store);
	if ((*notices)->folder >= 0)
		close((*notices)->folder);
	OPENSSL_cleanse((*notices)->secret, sizeof((*notices)->secret));
	free(*notices);
	*notices = NULL;
}

/* --- keys --- */

void
notices_mac(const struct notices *notices, const char *label, struct span text, unsigned char mac[NOTICE_MAC])
{
	unsigned char octets[MAC_TEXT];
	size_t at = strlen(label) + 1;
	unsigned length = 0;

	text = span_first(text, sizeof(octets) - at);
	memcpy(octets, label, at);
	for (size_t i = 0; i < text.length; i++)
		octets[at++] = (unsigned char)(text.data[i] >= 'A' && text.data[i] <= 'Z' ? text.data[i] + ('a' - 'A') : text.data[i]);
	if (HMAC(EVP_sha256(), notices->secret, NOTICE_SECRET, octets, at, mac, &length) == NULL || length != NOTICE_MAC)
		fatal("OpenSSL has no HMAC-SHA-256");
}

void
notices_key(const struct notices *notices, enum notice_key_of of, struct span name, char key[NOTICE_KEY])
{
	static const char *const labels[] = {
		[NOTICE_OF_CASE_HOST] = "case-host", [NOTICE_OF_CASE_DOMAIN] = "case-domain", [NOTICE_OF_CASE_CLIENT] = "case-client",
		[NOTICE_OF_PARTY] = "party", [NOTICE_OF_ADDRESS] = "address", [NOTICE_OF_DOMAIN] = "domain", [NOTICE_OF_NETWORK] = "network"
	};
	unsigned char mac[NOTICE_MAC];

	notices_mac(notices, labels[of], name, mac);
	hex_format(span_make(mac, sizeof(mac)), key);
}

/* --- parties --- */

static void
text_copy(char *out, size_t size, struct span text)
{
	snprintf(out, size, "%.*s", SPAN_ARG(text));
}

/* Somebody else may have written there. */
static enum notice_state
state_read(struct query *query, int column)
{
	int64_t number = query_number(query, column);

	return number < 0 || number >= NOTICE_STATES ? NOTICE_WATCHED : (enum notice_state)number;
}

bool
notices_party_get(struct notices *notices, const char *key, struct notice_party *party)
{
	static const char sql[] = "SELECT state, notices, contact, sent, told, again, fault FROM party WHERE key = ?";
	struct query *query = query_begin(notices->store, sql);
	bool is_known;

	*party = (struct notice_party){ .state = NOTICE_WATCHED };
	snprintf(party->key, sizeof(party->key), "%s", key);
	query_put_text(query, span_of(key));
	is_known = query_next(query);
	if (is_known) {
		party->state = state_read(query, 0);
		party->notices = (unsigned)query_number(query, 1);
		party->contact = (unsigned)query_number(query, 2);
		party->sent_s = query_number(query, 3);
		party->told_s = query_number(query, 4);
		party->again_s = query_number(query, 5);
		text_copy(party->fault, sizeof(party->fault), query_text(query, 6));
	}
	if (!query_end(query))
		return false;
	if (!is_known)
		party->again_s = note_get(notices, "held");
	return !notices->store->is_damaged;
}

bool
notices_party_put(struct notices *notices, const struct notice_party *party)
{
	static const char sql[] = "INSERT INTO party (key, state, notices, contact, sent, told, again, fault) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
	    " ON CONFLICT DO UPDATE SET state = excluded.state, notices = excluded.notices, contact = excluded.contact, sent = excluded.sent,"
	    " told = excluded.told, again = excluded.again, fault = excluded.fault";
	struct query *query = query_begin_change(notices->store, sql);

	query_put_text(query, span_of(party->key));
	query_put_number(query, party->state);
	query_put_number(query, party->notices);
	query_put_number(query, party->contact);
	query_put_number(query, party->sent_s);
	query_put_number(query, party->told_s);
	query_put_number(query, party->again_s);
	query_put_text(query, span_of(party->fault));
	return query_run(query) && store_commit(notices->store);
}

/* --- cases --- */

bool
notices_case_join(struct notices *notices, const char *case_key, const char *party_key)
{
	static const char sql[] = "UPDATE cases SET party = ? WHERE key = ?";
	struct query *query = query_begin_change(notices->store, sql);

	query_put_text(query, span_of(party_key));
	query_put_text(query, span_of(case_key));
	return query_run(query);
}

bool
notices_row_get(struct notices *notices, const char *key, struct notice_row *row, bool *is_known)
{
	static const char sql[] = "SELECT since, failed, good, first, last, party FROM cases WHERE key = ?";
	struct query *query = query_begin(notices->store, sql);

	*row = (struct notice_row){ .since_day = 0 };
	query_put_text(query, span_of(key));
	*is_known = query_next(query);
	if (*is_known) {
		row->since_day = (uint32_t)query_number(query, 0);
		row->failed = (uint64_t)query_number(query, 1);
		row->good = (uint64_t)query_number(query, 2);
		row->first_s = query_number(query, 3);
		row->last_s = query_number(query, 4);
		text_copy(row->party, sizeof(row->party), query_text(query, 5));
	}
	return query_end(query);
}

bool
notices_row_put(struct notices *notices, const char *key, const struct notice_row *row)
{
	static const char sql[] = "INSERT INTO cases (key, since, failed, good, first, last, party) VALUES (?, ?, ?, ?, ?, ?, ?)"
	    " ON CONFLICT DO UPDATE SET since = excluded.since, failed = excluded.failed, good = excluded.good, first = excluded.first,"
	    " last = excluded.last, party = excluded.party";
	struct query *query = query_begin_change(notices->store, sql);

	query_put_text(query, span_of(key));
	query_put_number(query, row->since_day);
	query_put_number(query, (int64_t)row->failed);
	query_put_number(query, (int64_t)row->good);
	query_put_number(query, row->first_s);
	query_put_number(query, row->last_s);
	query_put_text(query, span_of(row->party));
	return query_run(query);
}

bool
notices_rows_forget(struct notices *notices, int64_t before_s)
{
	static const char sql[] = "DELETE FROM cases WHERE last < ?";
	struct query *query = query_begin_change(notices->store, sql);

	query_put_number(query, before_s);
	return query_run(query);
}

/* --- forgetting --- */

static void
forget(struct notices *notices, const char *sql, int64_t before)
{
	struct query *query = query_begin_change(notices->store, sql);

	query_put_number(query, before);
	(void)query_run(query);
}

/* The party first: told twice of a loss, it is as it was. */
static bool
mail_is_lost(struct notices *notices, const struct notice_limits *limits, struct mid mid, const char *party_key)
{
	struct notice_party party;

	if (!notices_party_get(notices, party_key, &party))
		return false;
	if (party.sent_s > party.told_s) {
		notice_party_lost(&party, limits);
		if (!notices_party_put(notices, &party))
			return false;
	}
	return notices_mail_remove(notices, mid);
}

/* No queue holds one so long. */
static void
mails_lost(struct notices *notices, const struct notice_limits *limits, int64_t before_s)
{
	char party_key[NOTICE_KEY];
	struct mid mid;

	for (unsigned i = 0; i < LOST_AT_ONCE && notices_mail_waits(notices, before_s, &mid, party_key); i++)
		if (!mail_is_lost(notices, limits, mid, party_key))
			return;
}

/* A party: twice its silence after the last word to it, and after what it waits for. Of who wants none nothing is ever forgotten. */
void
notices_expire(struct notices *notices, const struct notice_limits *limits, int64_t now_s)
{
	static const char parties[] = "DELETE FROM party WHERE max(sent, told, again) < ?";
	static const char mails[] = "DELETE FROM mail WHERE sent < ? AND state <> 0";
	static const char lookups[] = "DELETE FROM lookup WHERE day < ?";
	int64_t silence_s = (int64_t)limits->silence_s > NOTICE_LEAST_S ? (int64_t)limits->silence_s : NOTICE_LEAST_S;

	forget(notices, parties, now_s - 2 * silence_s);
	forget(notices, mails, now_s - (silence_s > NOTICE_MAIL_KEPT_S ? silence_s : NOTICE_MAIL_KEPT_S));
	mails_lost(notices, limits, now_s - NOTICE_MAIL_LOST_S);
	forget(notices, lookups, now_s / DAY_S - 1);
	(void)notices_rows_forget(notices, now_s - 3 * (int64_t)limits->after_s - ROW_DAYS * DAY_S);
}
