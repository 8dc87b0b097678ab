/* The tables `ratchet` and `ratchet_mx`. */
#include "policy/ratchet_store.h"

#include "store/query.h"

void
ratchet_store_get(struct store *store, struct span domain, struct ratchet_memory memories[POLICY_LEVELS])
{
	static const char sql[] = "SELECT level, successes, days, last FROM ratchet WHERE domain = ?";
	struct query *query = query_begin(store, sql);

	for (int level = 0; level < POLICY_LEVELS; level++)
		memories[level] = (struct ratchet_memory){ .last_s = 0 };
	query_put_text(query, domain);
	while (query_next(query)) {
		int64_t level = query_number(query, 0);

		if (level > POLICY_ENCRYPT && level < POLICY_LEVELS)
			memories[level] = (struct ratchet_memory){ (uint64_t)query_number(query, 1), (uint64_t)query_number(query, 2),
				query_number(query, 3) };
	}
	(void)query_end(query);
}

static void
put(struct store *store, struct span domain, enum policy_level level, const struct ratchet_memory *memory)
{
	static const char sql[] = "INSERT OR REPLACE INTO ratchet (domain, level, successes, days, last) VALUES (?, ?, ?, ?, ?)";
	struct query *query = query_begin_change(store, sql);

	query_put_text(query, domain);
	query_put_number(query, level);
	query_put_number(query, (int64_t)memory->successes);
	query_put_number(query, (int64_t)memory->days);
	query_put_number(query, memory->last_s);
	(void)query_run(query);
}

static void
put_host(struct store *store, struct span domain, struct span host, int64_t now_s)
{
	static const char insert[] = "INSERT OR REPLACE INTO ratchet_mx (domain, host, last) VALUES (?, ?, ?)";
	static const char trim[] = "DELETE FROM ratchet_mx WHERE domain = ?1 AND host IN"
	    " (SELECT host FROM ratchet_mx WHERE domain = ?1 ORDER BY last DESC LIMIT -1 OFFSET ?2)";
	struct query *query = query_begin_change(store, insert);

	query_put_text(query, domain);
	query_put_text(query, host);
	query_put_number(query, now_s);
	(void)query_run(query);
	query = query_begin_change(store, trim);
	query_put_text(query, domain);
	query_put_number(query, KNOWLEDGE_MX);
	(void)query_run(query);
}

void
ratchet_store_note(struct store *store, struct span domain, struct span host, enum policy_level level,
    const struct ratchet_rules *rules, int64_t now_s)
{
	struct ratchet_memory memories[POLICY_LEVELS];

	if (level == POLICY_ENCRYPT)
		return;
	ratchet_store_get(store, domain, memories);
	for (int i = POLICY_VERIFY; i <= (int)level; i++) {
		ratchet_note(&memories[i], rules, now_s);
		put(store, domain, (enum policy_level)i, &memories[i]);
	}
	if (host.length > 0)
		put_host(store, domain, host, now_s);
}

bool
ratchet_store_level(struct store *store, struct span domain, const struct ratchet_rules *rules, int64_t now_s,
    enum policy_level *level, int64_t *until_s)
{
	struct ratchet_memory memories[POLICY_LEVELS];

	ratchet_store_get(store, domain, memories);
	*level = ratchet_level(memories, rules, now_s, until_s);
	return *level > POLICY_ENCRYPT;
}

uint32_t
ratchet_store_hosts(struct store *store, struct span domain, const struct ratchet_rules *rules, int64_t now_s,
    struct arena *arena, struct span **hosts)
{
	static const char sql[] = "SELECT host FROM ratchet_mx WHERE domain = ? AND last >= ? ORDER BY last DESC, host LIMIT ?";
	struct query *query = query_begin(store, sql);
	uint32_t count = 0;

	*hosts = arena_alloc(arena, KNOWLEDGE_MX * sizeof(**hosts));
	query_put_text(query, domain);
	query_put_number(query, now_s - (int64_t)rules->period_s);
	query_put_number(query, KNOWLEDGE_MX);
	while (count < KNOWLEDGE_MX && query_next(query))
		(*hosts)[count++] = arena_span(arena, query_text(query, 0));
	(void)query_end(query);
	return count;
}

static bool
forget_by(struct store *store, const char *sql, struct span domain)
{
	struct query *query = query_begin_change(store, sql);
	bool found;

	query_put_text(query, domain);
	found = query_next(query);
	while (query_next(query))
		;
	(void)query_end(query);
	return found;
}

bool
ratchet_store_forget(struct store *store, struct span domain)
{
	static const char levels[] = "DELETE FROM ratchet WHERE domain = ? RETURNING 1";
	static const char hosts[] = "DELETE FROM ratchet_mx WHERE domain = ? RETURNING 1";
	bool found = forget_by(store, levels, domain);

	return forget_by(store, hosts, domain) || found;
}

static void
forget_level(struct store *store, struct span domain, int64_t level)
{
	static const char sql[] = "DELETE FROM ratchet WHERE domain = ? AND level = ?";
	static const char hosts[] = "DELETE FROM ratchet_mx WHERE domain = ?1 AND NOT EXISTS"
	    " (SELECT 1 FROM ratchet WHERE domain = ?1)";
	struct query *query = query_begin_change(store, sql);

	query_put_text(query, domain);
	query_put_number(query, level);
	(void)query_run(query);
	query = query_begin_change(store, hosts);
	query_put_text(query, domain);
	(void)query_run(query);
}

bool
ratchet_store_expire(struct store *store, const struct ratchet_rules *rules, int64_t now_s, uint32_t most,
    void (*on_ended)(void *arg, struct span domain, enum policy_level level), void *arg)
{
	static const char sql[] = "SELECT domain, level, successes, days FROM ratchet WHERE last < ? LIMIT ?";
	struct query *query = query_begin(store, sql);
	struct arena *arena = arena_new();
	struct { struct span domain; int64_t level; bool counted; } *rows = NULL;
	uint32_t count = 0;

	query_put_number(query, now_s - (int64_t)rules->period_s);
	query_put_number(query, most);
	for (; count < most && query_next(query); count++) {
		/* Most of the time there are none. */
		if (rows == NULL)
			rows = arena_alloc(arena, most * sizeof(*rows));
		rows[count].domain = arena_span(arena, query_text(query, 0));
		rows[count].level = query_number(query, 1);
		rows[count].counted = (uint64_t)query_number(query, 2) >= rules->successes &&
		    (uint64_t)query_number(query, 3) >= rules->days;
	}
	(void)query_end(query);
	for (uint32_t i = 0; i < count; i++) {
		forget_level(store, rows[i].domain, rows[i].level);
		if (rows[i].counted && rows[i].level > POLICY_ENCRYPT && rows[i].level < POLICY_LEVELS)
			on_ended(arg, rows[i].domain, (enum policy_level)rows[i].level);
	}
	arena_free(&arena);
	return count < most;
}

uint64_t
ratchet_store_count(struct store *store)
{
	static const char sql[] = "SELECT COUNT(*) FROM ratchet WHERE level = 1";

	return query_count(query_begin(store, sql));
}

uint32_t
ratchet_store_list(struct store *store, struct span after, uint32_t most, struct arena *arena, struct span *domains)
{
	static const char sql[] = "SELECT DISTINCT domain FROM ratchet WHERE domain > ? ORDER BY domain LIMIT ?";
	struct query *query = query_begin(store, sql);
	uint32_t count = 0;

	query_put_text(query, after);
	query_put_number(query, most);
	while (count < most && query_next(query))
		domains[count++] = arena_span(arena, query_text(query, 0));
	(void)query_end(query);
	return count;
}

uint64_t
ratchet_store_evict(struct store *store, uint64_t most)
{
	static const char levels[] = "DELETE FROM ratchet WHERE domain IN"
	    " (SELECT domain FROM ratchet WHERE level = 1 ORDER BY last LIMIT ?)";
	static const char hosts[] = "DELETE FROM ratchet_mx WHERE domain NOT IN (SELECT domain FROM ratchet)";
	uint64_t count = ratchet_store_count(store);
	struct query *query;

	if (count <= most)
		return 0;
	query = query_begin_change(store, levels);
	query_put_number(query, (int64_t)(count - most));
	(void)query_run(query);
	(void)query_run(query_begin_change(store, hosts));
	return count - most;
}
