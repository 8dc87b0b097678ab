/* The table `preload`. */
#include "policy/preload.h"


#include "mail/pattern.h"
#include "store/query.h"
#include "policy/sts_store.h"

const char *
preload_parse(struct span line, struct arena *arena, struct preload_row *row)
{
	struct span domain, mode, patterns, pattern, until;
	uint64_t until_s;

	*row = (struct preload_row){ .until_s = 0 };
	if (!span_cut(&line, ' ', &domain) || !span_cut(&line, ' ', &mode) || !span_cut(&line, ' ', &patterns) ||
	    !span_cut(&line, ' ', &until) || line.data != NULL)
		return "a line of the list is: domain mode pattern,pattern until";
	if (!pattern_is_name(domain))
		return "not a domain";
	if (!sts_mode_parse(mode, &row->policy.mode) || row->policy.mode == STS_NONE)
		return "the mode is enforce or testing";
	if (!span_to_u64(until, INT64_MAX, &until_s))
		return "the end is in seconds since 1970, or 0";
	row->domain = arena_lower(arena, domain);
	row->until_s = (int64_t)until_s;
	row->policy.mx = arena_alloc(arena, STS_PATTERNS * sizeof(*row->policy.mx));
	while (span_cut(&patterns, ',', &pattern)) {
		if (row->policy.mx_count == STS_PATTERNS || !sts_pattern_is_valid(pattern))
			return "not a pattern of mail hosts, or too many";
		row->policy.mx[row->policy.mx_count++] = arena_lower(arena, pattern);
	}
	return NULL;
}

static bool
clear(struct store *store)
{
	static const char sql[] = "DELETE FROM preload";

	return query_run(query_begin_change(store, sql));
}

static bool
insert(struct store *store, const struct preload_row *row)
{
	static const char sql[] = "INSERT OR REPLACE INTO preload (domain, mode, patterns, until) VALUES (?, ?, ?, ?)";
	struct query *query = query_begin_change(store, sql);
	struct arena *arena = arena_new();
	bool done;

	query_put_text(query, row->domain);
	query_put_number(query, row->policy.mode);
	query_put_text(query, sts_store_join(&row->policy, arena));
	query_put_number(query, row->until_s);
	done = query_run(query);
	arena_free(&arena);
	return done;
}

bool
preload_replace(struct store *store, const struct preload_row *rows, uint32_t count)
{
	bool done = store_commit(store) && clear(store);

	for (uint32_t i = 0; i < count && done; i++)
		done = insert(store, &rows[i]);
	if (!done)
		store_rollback(store);
	return done && store_commit(store);
}

bool
preload_get(struct store *store, struct span domain, int64_t now_s, struct arena *arena, struct sts_policy *policy,
    int64_t *until_s)
{
	static const char sql[] = "SELECT mode, patterns, until FROM preload WHERE domain = ? AND (until = 0 OR until > ?)";
	struct query *query = query_begin(store, sql);
	bool found;

	query_put_text(query, domain);
	query_put_number(query, now_s);
	found = query_next(query);
	if (found) {
		*policy = (struct sts_policy){ .mode = query_number(query, 0) == STS_TESTING ? STS_TESTING : STS_ENFORCE };
		sts_store_split(query_text(query, 1), arena, policy);
		*until_s = query_number(query, 2);
	}
	(void)query_end(query);
	return found;
}

uint64_t
preload_count(struct store *store)
{
	static const char sql[] = "SELECT COUNT(*) FROM preload";

	return query_count(query_begin(store, sql));
}
