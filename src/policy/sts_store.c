/* The table `sts`. Keys are domains in lower case and A-labels. */
#include "policy/sts_store.h"

#include <stdio.h>
#include <string.h>

#include "store/query.h"

#define DAY_S 86400

struct span
sts_store_join(const struct sts_policy *policy, struct arena *arena)
{
	size_t length = 0;
	char *out;

	for (uint32_t i = 0; i < policy->mx_count; i++)
		length += policy->mx[i].length + 1;
	out = arena_alloc(arena, length + 1);
	length = 0;
	for (uint32_t i = 0; i < policy->mx_count; i++) {
		memcpy(out + length, policy->mx[i].data, policy->mx[i].length);
		length += policy->mx[i].length;
		out[length++] = '\n';
	}
	return span_make(out, length);
}

void
sts_store_split(struct span lines, struct arena *arena, struct sts_policy *policy)
{
	struct span line, rest = arena_span(arena, lines);

	policy->mx = arena_alloc(arena, STS_PATTERNS * sizeof(*policy->mx));
	policy->mx_count = 0;
	while (policy->mx_count < STS_PATTERNS && span_cut(&rest, '\n', &line))
		if (sts_pattern_is_valid(line))
			policy->mx[policy->mx_count++] = line;
}

static void
copy_id(char id[STS_ID], struct span text)
{
	snprintf(id, STS_ID, "%.*s", SPAN_ARG(text));
}

/* Every column is looked at as if somebody else had written it: a number out of range means that there is no row. */
static bool
row_read(struct query *query, struct arena *arena, struct sts_row *row)
{
	int64_t mode = query_number(query, 1), age = query_number(query, 2);

	*row = (struct sts_row){ .due_s = query_number(query, 7), .next_try_s = query_number(query, 10) };
	if (mode < 0 || mode >= STS_MODES || age < 0 || age > STS_AGE_MOST_S)
		return false;
	copy_id(row->id, query_text(query, 0));
	row->policy.mode = (enum sts_mode)mode;
	row->policy.max_age_s = (uint64_t)age;
	sts_store_split(query_text(query, 3), arena, &row->policy);
	row->fetched.wall_s = query_number(query, 4);
	row->fetched.up_s = query_number(query, 5);
	snprintf(row->fetched.boot, sizeof(row->fetched.boot), "%.*s", SPAN_ARG(query_text(query, 6)));
	copy_id(row->failed_id, query_text(query, 8));
	row->failures = (unsigned)query_number(query, 9);
	row->lines = sts_policy_lines(query_text(query, 11), arena);
	snprintf(row->fault, sizeof(row->fault), "%.*s", SPAN_ARG(query_text(query, 12)));
	return true;
}

bool
sts_store_get(struct store *store, struct span domain, struct arena *arena, struct sts_row *row)
{
	static const char sql[] = "SELECT id, mode, max_age, patterns, wall, up, boot, due, failed_id, failures, next_try, lines, fault FROM sts"
	    " WHERE domain = ?";
	struct query *query = query_begin(store, sql);
	bool found;

	query_put_text(query, domain);
	found = query_next(query) && row_read(query, arena, row);
	(void)query_end(query);
	return found;
}

void
sts_store_put(struct store *store, struct span domain, const struct sts_row *row, int64_t now_s)
{
	static const char sql[] = "INSERT OR REPLACE INTO sts (domain, id, mode, max_age, patterns, wall, up, boot, due, failed_id,"
	    " failures, next_try, used, lines, fault) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
	struct query *query = query_begin_change(store, sql);
	struct arena *arena = arena_new();

	query_put_text(query, domain);
	query_put_text(query, span_of(row->id));
	query_put_number(query, row->policy.mode);
	query_put_number(query, (int64_t)row->policy.max_age_s);
	query_put_text(query, sts_store_join(&row->policy, arena));
	query_put_number(query, row->fetched.wall_s);
	query_put_number(query, row->fetched.up_s);
	query_put_text(query, span_of(row->fetched.boot));
	query_put_number(query, row->due_s);
	query_put_text(query, span_of(row->failed_id));
	query_put_number(query, row->failures);
	query_put_number(query, row->next_try_s);
	query_put_number(query, now_s);
	query_put_text(query, row->lines);
	query_put_text(query, span_of(row->fault));
	(void)query_run(query);
	arena_free(&arena);
}

void
sts_store_put_trouble(struct store *store, struct span domain, const struct sts_row *row)
{
	static const char sql[] = "UPDATE sts SET due = ?, failed_id = ?, failures = ?, next_try = ?, fault = ? WHERE domain = ?";
	struct query *query = query_begin_change(store, sql);

	query_put_number(query, row->due_s);
	query_put_text(query, span_of(row->failed_id));
	query_put_number(query, row->failures);
	query_put_number(query, row->next_try_s);
	query_put_text(query, span_of(row->fault));
	query_put_text(query, domain);
	(void)query_run(query);
}

void
sts_store_used(struct store *store, struct span domain, int64_t now_s)
{
	static const char sql[] = "UPDATE sts SET used = ? WHERE domain = ? AND (used < ? OR used > ?)";
	struct query *query = query_begin_change(store, sql);

	query_put_number(query, now_s);
	query_put_text(query, domain);
	query_put_number(query, now_s - DAY_S);
	query_put_number(query, now_s);
	(void)query_run(query);
}

bool
sts_store_forget(struct store *store, struct span domain)
{
	static const char sql[] = "DELETE FROM sts WHERE domain = ? RETURNING 1";
	struct query *query = query_begin_change(store, sql);
	bool found;

	query_put_text(query, domain);
	found = query_next(query);
	while (query_next(query))
		;
	(void)query_end(query);
	return found;
}

/* The names that are a query's rows. */
static uint32_t
names_take(struct query *query, uint32_t most, struct arena *arena, struct span *domains)
{
	uint32_t count = 0;

	query_put_number(query, most);
	while (count < most && query_next(query))
		domains[count++] = arena_span(arena, query_text(query, 0));
	(void)query_end(query);
	return count;
}

uint32_t
sts_store_due(struct store *store, int64_t now_s, uint32_t most, struct arena *arena, struct span *domains)
{
	static const char sql[] = "SELECT domain FROM sts WHERE due <= ? ORDER BY due LIMIT ?";
	struct query *query = query_begin(store, sql);

	query_put_number(query, now_s);
	return names_take(query, most, arena, domains);
}

uint32_t
sts_store_list(struct store *store, struct span after, uint32_t most, struct arena *arena, struct span *domains)
{
	static const char sql[] = "SELECT domain FROM sts WHERE domain > ? ORDER BY domain LIMIT ?";
	struct query *query = query_begin(store, sql);

	query_put_text(query, after);
	return names_take(query, most, arena, domains);
}

void
sts_store_count(struct store *store, struct sts_counts *counts)
{
	static const char sql[] = "SELECT mode, COUNT(*), SUM(failures > 0) FROM sts GROUP BY mode";
	struct query *query = query_begin(store, sql);

	*counts = (struct sts_counts){ .failing = 0 };
	while (query_next(query)) {
		int64_t mode = query_number(query, 0);

		if (mode >= 0 && mode < STS_MODES)
			counts->modes[mode] = (uint64_t)query_number(query, 1);
		counts->failing += (uint64_t)query_number(query, 2);
	}
	(void)query_end(query);
}

static uint64_t
rows_count(struct store *store)
{
	static const char sql[] = "SELECT COUNT(*) FROM sts";

	return query_count(query_begin(store, sql));
}

uint64_t
sts_store_evict(struct store *store, uint64_t most)
{
	static const char sql[] = "DELETE FROM sts WHERE domain IN (SELECT domain FROM sts ORDER BY mode = 2, used LIMIT ?)";
	uint64_t count = rows_count(store);
	struct query *query;

	if (count <= most)
		return 0;
	query = query_begin_change(store, sql);
	query_put_number(query, (int64_t)(count - most));
	(void)query_run(query);
	return count - most;
}
