/* The table `host`. */
#include "policy/host_store.h"

#include "mail/pattern.h"
#include "policy/domain.h"
#include "store/query.h"

/* A name or an address: what else a relay may say is not kept. */
static bool
is_host(struct span name)
{
	struct ip ip;

	return name.length < DOMAIN_TEXT && (pattern_is_name(name) || ip_parse(name, &ip));
}

static void
row_read(struct query *query, struct span name, struct arena *arena, struct policy_host *host)
{
	int64_t level = query_number(query, 5);

	*host = (struct policy_host){ .host = name, .sessions = (uint64_t)query_number(query, 0), .first_s = query_number(query, 1),
		.last_s = query_number(query, 2), .has_starttls = query_number(query, 3) != 0,
		.keywords = arena_span(arena, query_text(query, 4)),
		.level = level > POLICY_ENCRYPT && level < POLICY_LEVELS ? (enum policy_level)level : POLICY_ENCRYPT,
		.version = arena_span(arena, query_text(query, 6)), .fingerprint = arena_span(arena, query_text(query, 7)),
		.issuer = arena_span(arena, query_text(query, 8)) };
	if (!ip_parse(query_text(query, 9), &host->ip))
		host->ip = (struct ip){ .family = 0 };
}

bool
host_store_get(struct store *store, struct span name, int64_t now_s, struct arena *arena, struct policy_host *host)
{
	static const char sql[] = "SELECT sessions, first, last, starttls, keywords, level, version, fingerprint, issuer, ip FROM host"
	    " WHERE host = ? AND last >= ?";
	struct query *query = query_begin(store, sql);
	bool found;

	query_put_text(query, name);
	query_put_number(query, now_s - HOST_STORE_AGE_S);
	found = query_next(query);
	if (found)
		row_read(query, name, arena, host);
	(void)query_end(query);
	return found;
}

static void
put(struct store *store, const struct policy_host *host)
{
	static const char sql[] = "INSERT OR REPLACE INTO host (host, sessions, first, last, starttls, keywords, level, version, fingerprint,"
	    " issuer, ip) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
	struct query *query = query_begin_change(store, sql);
	char address[IP_TEXT];

	query_put_text(query, host->host);
	query_put_number(query, (int64_t)host->sessions);
	query_put_number(query, host->first_s);
	query_put_number(query, host->last_s);
	query_put_number(query, host->has_starttls);
	query_put_text(query, host->keywords);
	query_put_number(query, host->level);
	query_put_text(query, host->version);
	query_put_text(query, host->fingerprint);
	query_put_text(query, host->issuer);
	query_put_text(query, span_of(ip_format(host->ip, address)));
	(void)query_run(query);
}

/* What was kept, and what is told of a later moment. One that is kept of a moment to come is of a clock that was set back since. */
static struct policy_host
merged(const struct policy_host *kept, const struct policy_host *told, int64_t now_s)
{
	struct policy_host host = told->last_s >= kept->last_s || kept->last_s > now_s ? *told : *kept;

	host.sessions = kept->sessions + told->sessions;
	host.first_s = kept->first_s < told->first_s ? kept->first_s : told->first_s;
	if (host.fingerprint.length == 0) {
		host.fingerprint = kept->fingerprint;
		host.issuer = kept->issuer;
	}
	return host;
}

void
host_store_note(struct store *store, const struct policy_host *told, int64_t now_s)
{
	struct arena *arena = arena_new();
	struct policy_host host = *told, kept;

	if (is_host(told->host)) {
		if (host_store_get(store, told->host, now_s, arena, &kept))
			host = merged(&kept, told, now_s);
		put(store, &host);
	}
	arena_free(&arena);
}

uint64_t
host_store_count(struct store *store)
{
	static const char sql[] = "SELECT COUNT(*) FROM host";

	return query_count(query_begin(store, sql));
}

void
host_store_expire(struct store *store, int64_t now_s)
{
	static const char sql[] = "DELETE FROM host WHERE last < ?";
	struct query *query = query_begin_change(store, sql);

	query_put_number(query, now_s - HOST_STORE_AGE_S);
	(void)query_run(query);
}

uint64_t
host_store_evict(struct store *store, uint64_t most)
{
	static const char sql[] = "DELETE FROM host WHERE host IN (SELECT host FROM host ORDER BY last LIMIT ?)";
	uint64_t count = host_store_count(store);
	struct query *query;

	if (count <= most)
		return 0;
	query = query_begin_change(store, sql);
	query_put_number(query, (int64_t)(count - most));
	(void)query_run(query);
	return count - most;
}
