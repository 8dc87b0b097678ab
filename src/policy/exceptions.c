/* The operator's exceptions: all in memory, in one table of patterns that has those in force. */
#include "policy/exceptions.h"

#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/log.h"
#include "loop/clock.h"
#include "mail/pattern.h"
#include "store/query.h"

struct exceptions {
	struct store *store;
	const struct conf_list *configured;
	struct arena *arena;		/* of all */
	struct exception *all;		/* by command first: the first of two equal patterns counts */
	size_t count, capacity;
	struct pattern_table *in_force;	/* values are indexes into all, as octets */
	int64_t changes_s;		/* when the first of those in force ends */
	int64_t built_s;		/* when the table was made: a clock that was set back makes it anew */
	char **ended;			/* those that the log was told of */
	size_t ended_count;
};

static struct exception *
exception_new(struct exceptions *exceptions)
{
	if (exceptions->count == exceptions->capacity) {
		exceptions->capacity = exceptions->capacity == 0 ? 16 : exceptions->capacity * 2;
		exceptions->all = must_realloc(exceptions->all, exceptions->capacity * sizeof(*exceptions->all));
	}
	return &exceptions->all[exceptions->count++];
}

/* --- where they come from --- */

static void
read_store(struct exceptions *exceptions)
{
	static const char sql[] = "SELECT domain, level, until, why FROM exception ORDER BY domain";
	struct query *query = query_begin(exceptions->store, sql);

	while (query_next(query)) {
		int64_t level = query_number(query, 1);

		if (level < 0 || level >= POLICY_LEVELS)
			continue;
		*exception_new(exceptions) = (struct exception){ arena_span(exceptions->arena, query_text(query, 0)),
			(enum policy_level)level, query_number(query, 2), arena_span(exceptions->arena, query_text(query, 3)), false };
	}
	(void)query_end(query);
}

/* "domain level end why": master has checked it. */
static bool
read_line(struct span line, struct exception *exception)
{
	struct span level, until;
	uint64_t until_s;

	*exception = (struct exception){ .is_configured = true };
	if (!span_cut(&line, ' ', &exception->domain) || !span_cut(&line, ' ', &level) || !span_cut(&line, ' ', &until) ||
	    !policy_level_parse(level, &exception->level) || !span_to_u64(until, INT64_MAX, &until_s))
		return false;
	exception->until_s = (int64_t)until_s;
	exception->why = line;
	return true;
}

static void
read_configured(struct exceptions *exceptions)
{
	for (size_t i = 0; exceptions->configured != NULL && i < exceptions->configured->count; i++) {
		struct exception exception;

		if (read_line(span_of(exceptions->configured->items[i]), &exception))
			*exception_new(exceptions) = exception;
		else
			log_error("exception", LOG_TEXT("line", exceptions->configured->items[i]), LOG_TEXT("what", "is none: ignored"));
	}
}

/* --- which are in force --- */

static void
log_end(struct exceptions *exceptions, const struct exception *exception)
{
	for (size_t i = 0; i < exceptions->ended_count; i++)
		if (span_equal(span_of(exceptions->ended[i]), exception->domain))
			return;
	exceptions->ended = must_realloc(exceptions->ended, (exceptions->ended_count + 1) * sizeof(*exceptions->ended));
	exceptions->ended[exceptions->ended_count++] = must_copy(exception->domain.data, exception->domain.length);
	log_warn("exception-ended", LOG_SPAN("domain", exception->domain), LOG_TEXT("require", policy_level_name(exception->level)),
	    LOG_NUMBER("until", exception->until_s), LOG_SPAN("why", exception->why),
	    LOG_TEXT("what", "it is ignored from now on"));
}

static void
ended_forget(struct exceptions *exceptions)
{
	while (exceptions->ended_count > 0)
		free(exceptions->ended[--exceptions->ended_count]);
	free(exceptions->ended);
	exceptions->ended = NULL;
}

static void
build(struct exceptions *exceptions)
{
	int64_t now_s = clock_wall();

	pattern_table_free(&exceptions->in_force);
	exceptions->in_force = pattern_table_new();
	exceptions->built_s = now_s;
	exceptions->changes_s = INT64_MAX;
	for (size_t i = 0; i < exceptions->count; i++) {
		const struct exception *exception = &exceptions->all[i];

		if (exception->until_s <= now_s) {
			log_end(exceptions, exception);
			continue;
		}
		(void)pattern_table_add(exceptions->in_force, exception->domain, span_make(&i, sizeof(i)));
		if (exception->until_s < exceptions->changes_s)
			exceptions->changes_s = exception->until_s;
	}
}

void
exceptions_reload(struct exceptions *exceptions)
{
	arena_free(&exceptions->arena);
	exceptions->arena = arena_new();
	exceptions->count = 0;
	read_store(exceptions);
	read_configured(exceptions);
	build(exceptions);
}

/* --- for others --- */

struct exceptions *
exceptions_new(struct store *store)
{
	struct exceptions *exceptions = must_alloc(sizeof(*exceptions));

	exceptions->store = store;
	exceptions_reload(exceptions);
	return exceptions;
}

void
exceptions_free(struct exceptions **handle)
{
	struct exceptions *exceptions = *handle;

	*handle = NULL;
	if (exceptions == NULL)
		return;
	pattern_table_free(&exceptions->in_force);
	ended_forget(exceptions);
	arena_free(&exceptions->arena);
	free(exceptions->all);
	free(exceptions);
}

void
exceptions_configure(struct exceptions *exceptions, const struct conf_list *configured)
{
	exceptions->configured = configured;
	ended_forget(exceptions);
	exceptions_reload(exceptions);
}

bool
exceptions_find(struct exceptions *exceptions, struct span domain, struct exception *found)
{
	int64_t now_s = clock_wall();
	struct span value;
	size_t index;

	if (now_s >= exceptions->changes_s || now_s < exceptions->built_s)
		build(exceptions);
	value = pattern_table_find(exceptions->in_force, domain);
	if (value.length != sizeof(index))
		return false;
	memcpy(&index, value.data, sizeof(index));
	*found = exceptions->all[index];
	return true;
}

bool
exceptions_at(struct exceptions *exceptions, size_t index, struct exception *exception)
{
	if (index >= exceptions->count)
		return false;
	*exception = exceptions->all[index];
	return true;
}

const char *
exceptions_add(struct exceptions *exceptions, const struct exception *exception)
{
	static const char sql[] = "INSERT OR REPLACE INTO exception (domain, level, until, why) VALUES (?, ?, ?, ?)";
	struct pattern_table *table = pattern_table_new();
	const char *fault = pattern_table_add(table, exception->domain, SPAN("?"));
	struct query *query;

	pattern_table_free(&table);
	if (fault == NULL && span_equal(exception->domain, SPAN("*")))
		fault = "an exception is for a domain, not for all: policy.default is";
	if (fault == NULL && exception->until_s <= clock_wall())
		fault = "that end has passed";
	if (fault == NULL && exception->why.length == 0)
		fault = "an exception needs its reason";
	if (fault != NULL)
		return fault;
	query = query_begin_change(exceptions->store, sql);
	query_put_text(query, exception->domain);
	query_put_number(query, exception->level);
	query_put_number(query, exception->until_s);
	query_put_text(query, exception->why);
	if (!query_run(query) || !store_commit(exceptions->store))
		return "it could not be written";
	exceptions_reload(exceptions);
	return NULL;
}

bool
exceptions_remove(struct exceptions *exceptions, struct span domain)
{
	static const char sql[] = "DELETE FROM exception WHERE domain = ?";
	struct exception exception;
	struct query *query;
	bool found = false;

	for (size_t i = 0; !found && exceptions_at(exceptions, i, &exception); i++)
		found = !exception.is_configured && span_equal_nocase(exception.domain, domain);
	if (!found)
		return false;
	query = query_begin_change(exceptions->store, sql);
	query_put_text(query, exception.domain);
	found = query_run(query) && store_commit(exceptions->store);
	exceptions_reload(exceptions);
	return found;
}
