/* The mails that notices were, one for each contact that was written to, and how often contacts were looked up. */
#include <stdio.h>

#include "report/notice_tables.h"

#define DAY_S 86400

static void
mid_put(struct query *query, struct mid mid)
{
	char text[MID_TEXT];

	query_put_text(query, span_of(mid_format(mid, text)));
}

bool
notices_mail_add(struct notices *notices, struct mid mid, const char *party_key, const struct contact *contact, int64_t now_s)
{
	static const char sql[] = "INSERT INTO mail (mid, party, kind, address, sent, state, ended) VALUES (?, ?, ?, ?, ?, 0, 0)";
	struct query *query = query_begin_change(notices->store, sql);
	char key[NOTICE_KEY];

	notices_key(notices, NOTICE_OF_ADDRESS, contact->address, key);
	mid_put(query, mid);
	query_put_text(query, span_of(party_key));
	query_put_number(query, contact->kind);
	query_put_text(query, span_of(key));
	query_put_number(query, now_s);
	return query_run(query) && store_commit(notices->store);
}

bool
notices_mail_remove(struct notices *notices, struct mid mid)
{
	static const char sql[] = "DELETE FROM mail WHERE mid = ? AND state = 0";
	struct query *query = query_begin_change(notices->store, sql);

	mid_put(query, mid);
	return query_run(query) && store_commit(notices->store);
}

bool
notices_mail_waits(struct notices *notices, int64_t before_s, struct mid *mid, char party_key[NOTICE_KEY])
{
	static const char sql[] = "SELECT mid, party FROM mail WHERE sent < ? AND state = 0 LIMIT 1";
	struct query *query = query_begin(notices->store, sql);
	bool is_there;

	query_put_number(query, before_s);
	is_there = query_next(query) && mid_parse(query_text(query, 0), mid);
	if (is_there)
		snprintf(party_key, NOTICE_KEY, "%.*s", SPAN_ARG(query_text(query, 1)));
	return query_end(query) && is_there;
}

static bool
mail_find(struct notices *notices, struct mid mid, bool *is_known, char party_key[NOTICE_KEY])
{
	static const char sql[] = "SELECT party FROM mail WHERE mid = ? AND state = 0";
	struct query *query = query_begin(notices->store, sql);

	mid_put(query, mid);
	*is_known = query_next(query);
	if (*is_known)
		snprintf(party_key, NOTICE_KEY, "%.*s", SPAN_ARG(query_text(query, 0)));
	return query_end(query);
}

bool
notices_mail_end(struct notices *notices, struct mid mid, enum notice_mail_state state, int64_t now_s, bool *is_known,
    char party_key[NOTICE_KEY])
{
	static const char sql[] = "UPDATE mail SET state = ?, ended = ? WHERE mid = ? AND state = 0";
	struct query *query;

	*party_key = '\0';
	if (!mail_find(notices, mid, is_known, party_key) || !*is_known)
		return !notices->store->is_damaged;
	query = query_begin_change(notices->store, sql);
	query_put_number(query, state);
	query_put_number(query, now_s);
	mid_put(query, mid);
	return query_run(query);
}

void
notices_rollback(struct notices *notices)
{
	store_rollback(notices->store);
}

bool
notices_address_is_told(struct notices *notices, struct span address, int64_t since_s)
{
	static const char sql[] = "SELECT 1 FROM mail WHERE address = ? AND sent > ? LIMIT 1";
	struct query *query = query_begin(notices->store, sql);
	char key[NOTICE_KEY];
	bool is_there;

	notices_key(notices, NOTICE_OF_ADDRESS, address, key);
	query_put_text(query, span_of(key));
	query_put_number(query, since_s);
	is_there = query_next(query);
	/* When it cannot be told, none is sent. */
	return !query_end(query) || is_there;
}

bool
notices_mail_is_under_way(struct notices *notices, const char *party_key)
{
	static const char sql[] = "SELECT 1 FROM mail WHERE party = ? AND state = 0 LIMIT 1";
	struct query *query = query_begin(notices->store, sql);
	bool is_there;

	query_put_text(query, span_of(party_key));
	is_there = query_next(query);
	/* When it cannot be told, none is sent. */
	return !query_end(query) || is_there;
}

bool
notices_count(struct notices *notices, int64_t since_s, struct notice_counts *counts)
{
	static const char sent[] = "SELECT COUNT(*) FROM mail WHERE sent >= ?";
	static const char ended[] = "SELECT state, COUNT(*) FROM mail WHERE ended >= ? AND ended > 0 AND state <> 0 GROUP BY state";
	uint64_t by_state[NOTICE_MAIL_STATES] = { 0 };
	struct query *query = query_begin(notices->store, sent);

	*counts = (struct notice_counts){ 0 };
	query_put_number(query, since_s);
	if (query_next(query))
		counts->sent = (uint64_t)query_number(query, 0);
	if (!query_end(query))
		return false;
	query = query_begin(notices->store, ended);
	query_put_number(query, since_s);
	while (query_next(query)) {
		int64_t state = query_number(query, 0);

		if (state > NOTICE_MAIL_QUEUED && state < NOTICE_MAIL_STATES)
			by_state[state] = (uint64_t)query_number(query, 1);
	}
	if (!query_end(query))
		return false;
	counts->taken = by_state[NOTICE_MAIL_TAKEN];
	counts->bounced = by_state[NOTICE_MAIL_BOUNCED];
	counts->no_tls = by_state[NOTICE_MAIL_NO_TLS];
	counts->ended = counts->taken + counts->bounced + counts->no_tls;
	return true;
}

uint64_t
notices_lookups_count(struct notices *notices, int64_t now_s)
{
	static const char today[] = "SELECT count FROM lookup WHERE day = ?";
	struct query *query = query_begin(notices->store, today);

	query_put_number(query, now_s / DAY_S);
	return query_count(query);
}

bool
notices_lookup_take(struct notices *notices, const struct notice_limits *limits, int64_t now_s)
{
	static const char add[] = "INSERT INTO lookup (day, count) VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1";
	struct query *query;

	if (notices_lookups_count(notices, now_s) >= limits->lookups)
		return false;
	query = query_begin_change(notices->store, add);
	query_put_number(query, now_s / DAY_S);
	return query_run(query) && store_commit(notices->store);
}
