/* Statements: prepared once, found again by the address of their text. */
#include "store/query.h"

#include "base/fatal.h"

/* SQL of ours that makes no sense to the database: a table or a column is not there. */
static void
fault(struct query *query, int code)
{
	query->is_failed = true;
	store_fault(query->store, code == SQLITE_ERROR ? SQLITE_CORRUPT : code);
}

struct query *
query_begin(struct store *store, const char *sql)
{
	struct query *query;
	unsigned i;
	int code;

	for (i = 0; i < store->queries_count && store->queries[i].sql != sql; i++)
		;
	if (i == STORE_QUERIES)
		fatal("more than %d texts of SQL", STORE_QUERIES);
	query = &store->queries[i];
	if (i == store->queries_count)
		*query = (struct query){ .store = store, .sql = sql };
	query->bound = 0;
	query->is_failed = store->is_damaged;
	if (i < store->queries_count || store->is_damaged)
		return query;
	code = sqlite3_prepare_v3(store->database, sql, -1, SQLITE_PREPARE_PERSISTENT, &query->statement, NULL);
	if (code == SQLITE_OK)
		store->queries_count++;
	else
		fault(query, code);
	return query;
}

struct query *
query_begin_change(struct store *store, const char *sql)
{
	store_write(store);
	return query_begin(store, sql);
}

void
query_put_text(struct query *query, struct span text)
{
	if (!query->is_failed)
		sqlite3_bind_text(query->statement, ++query->bound, text.length == 0 ? "" : text.data, (int)text.length,
		    SQLITE_TRANSIENT);
}

void
query_put_number(struct query *query, int64_t number)
{
	if (!query->is_failed)
		sqlite3_bind_int64(query->statement, ++query->bound, number);
}

bool
query_next(struct query *query)
{
	int code;

	if (query->is_failed)
		return false;
	code = sqlite3_step(query->statement);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		fault(query, code);
	return code == SQLITE_ROW;
}

struct span
query_text(struct query *query, int column)
{
	const unsigned char *text = sqlite3_column_text(query->statement, column);

	return text == NULL ? SPAN("") : span_make(text, (size_t)sqlite3_column_bytes(query->statement, column));
}

int64_t
query_number(struct query *query, int column)
{
	return sqlite3_column_int64(query->statement, column);
}

bool
query_end(struct query *query)
{
	if (query->statement != NULL) {
		sqlite3_reset(query->statement);
		sqlite3_clear_bindings(query->statement);
	}
	return !query->is_failed;
}

uint64_t
query_count(struct query *query)
{
	uint64_t count = query_next(query) ? (uint64_t)query_number(query, 0) : 0;

	return query_end(query) ? count : 0;
}

bool
query_run(struct query *query)
{
	(void)query_next(query);
	return query_end(query);
}
