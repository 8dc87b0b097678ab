/* The operator's verbs. Whatever changes is a line in the log, and relays are told. */
#include "policy/operator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "loop/clock.h"
#include "mail/date.h"
#include "policy/changes.h"
#include "policy/observed.h"
#include "policy/operator_rows.h"
#include "policy/operator_search.h"
#include "policy/preload.h"
#include "policy/ratchet_store.h"

#define DAY_S 86400
#define OBSERVED_DAYS_SHOWN 7

/* --- policy list, policy show --- */

enum { LIST_STS, LIST_RATCHET };

static void
list_say(struct task *task, struct span name)
{
	struct domain *domain;

	if (task->source == LIST_RATCHET) {
		operator_rows_ratchet(task, name);
		return;
	}
	domain = domain_get(task->policy, name);
	if (domain->has_sts && (task->mode.length == 0 || span_equal(task->mode, span_of(sts_mode_name(domain->sts.policy.mode)))))
		operator_row_sts(task, domain);
}

static bool
list_wants_ratchets(const struct task *task)
{
	return task->mode.length == 0 || span_equal(task->mode, SPAN("ratchet"));
}

static void
list_end(struct task *task)
{
	char text[64];

	snprintf(text, sizeof(text), "%llu polic%s", (unsigned long long)task->rows, task->rows == 1 ? "y" : "ies");
	task_end(task, 0, text);
}

static void
list_step(struct task *task)
{
	struct span names[TASK_NAMES];
	struct arena *arena = arena_new();
	uint32_t count = task->source == LIST_STS ? sts_store_list(task->policy->store, task->after, TASK_NAMES, arena, names) :
	    ratchet_store_list(task->policy->store, task->after, TASK_NAMES, arena, names);

	for (uint32_t i = 0; i < count; i++)
		list_say(task, names[i]);
	task->after = count == 0 ? SPAN("") : arena_span(task->arena, names[count - 1]);
	arena_free(&arena);
	if (count == TASK_NAMES) {
		task_walk(task, list_step);
	} else if (task->source == LIST_STS && list_wants_ratchets(task)) {
		task->source = LIST_RATCHET;
		task->after = SPAN("");
		task_walk(task, list_step);
	} else {
		list_end(task);
	}
}

static void
policy_list(struct task *task)
{
	enum sts_mode mode;

	task->after = SPAN("");
	if (task_option(task, "--mode", &task->mode) && !sts_mode_parse(task->mode, &mode) && !span_equal(task->mode, SPAN("ratchet")))
		task_end(task, EX_USAGE, "--mode enforce, testing, none or ratchet");
	else if (task->request.arguments_count > 0)
		task_end(task, EX_USAGE, "policy list [--mode MODE]");
	else
		task_walk(task, list_step);
}

static void
policy_show(struct task *task)
{
	struct exception exception;
	struct domain *domain;
	struct span name;

	if (!task_domain(task, 0, &name))
		return;
	domain = domain_get(task->policy, name);
	operator_row_record(task, domain);
	if (domain->has_sts)
		operator_row_sts(task, domain);
	operator_row_preload(task, name);
	operator_rows_ratchet(task, name);
	if (exceptions_find(task->policy->exceptions, name, &exception))
		operator_row_exception(task, &exception);
	task_end(task, task->rows > 1 ? 0 : 1, task->rows > 1 ? "" : "nothing is known of the domain");
}

/* --- policy forget --- */

static bool
forget_sts(struct policy *policy, struct domain *domain)
{
	bool found = sts_store_forget(policy->store, span_of(domain->name)) || domain->has_sts;

	if (found)
		changes_note(policy, &(struct change){ .domain = domain->name, .what = "sts", .was = sts_mode_name(domain->sts.policy.mode),
		    .now = "", .why = "forgotten by the operator", .is_weaker = domain->sts.policy.mode != STS_NONE, .is_told = true });
	domain_forget_sts(domain);
	/* What is published counts again: it is looked for when mail comes. */
	domain->txt = TXT_UNKNOWN;
	domain->sts.failures = 0;
	return found;
}

static bool
forget_ratchet(struct policy *policy, struct domain *domain)
{
	enum policy_level level;
	int64_t until_s;

	(void)ratchet_store_level(policy->store, span_of(domain->name), &policy->ratchet, clock_wall(), &level, &until_s);
	if (!ratchet_store_forget(policy->store, span_of(domain->name)))
		return false;
	changes_note(policy, &(struct change){ .domain = domain->name, .what = "ratchet",
	    .was = level == POLICY_ENCRYPT ? "" : policy_level_name(level), .now = "", .why = "forgotten by the operator",
	    .is_weaker = level > POLICY_ENCRYPT, .is_told = true });
	return true;
}

static void
policy_forget(struct task *task)
{
	bool ratchet = task_option(task, "--ratchet", NULL), sts = task_option(task, "--sts", NULL), found = false;
	struct domain *domain;
	struct span name;

	if (!task_domain(task, 0, &name))
		return;
	domain = domain_get(task->policy, name);
	if (sts || !ratchet)
		found = forget_sts(task->policy, domain);
	if (ratchet || !sts)
		found = forget_ratchet(task->policy, domain) || found;
	if (!store_commit(task->policy->store))
		task_end(task, EX_IOERR, "forgotten, but that could not be written");
	else
		task_end(task, found ? 0 : 1, found ? "forgotten" : "nothing was known of the domain");
}

/* --- policy preload --- */

static void
preload_done(struct task *task, bool done, uint32_t count)
{
	char text[64];

	if (!done) {
		task_end(task, EX_IOERR, "the list could not be written: the former one counts");
		return;
	}
	snprintf(text, sizeof(text), "%u domain%s", count, count == 1 ? "" : "s");
	changes_note(task->policy, &(struct change){ .domain = "", .what = "preload", .was = "", .now = text, .why = "by the operator",
	    .is_told = true });
	task_end(task, 0, text);
}

static void
policy_preload(struct task *task)
{
	bool clear = task_option(task, "--clear", NULL);
	uint32_t count = task->request.arguments_count;
	struct preload_row *rows = arena_alloc(task->arena, (count + 1) * sizeof(*rows));
	char text[160];

	if (clear != (count == 0)) {
		task_end(task, EX_USAGE, "policy preload FILE, or --clear");
		return;
	}
	for (uint32_t i = 0; i < count; i++) {
		const char *fault = preload_parse(task->request.arguments[i], task->arena, &rows[i]);

		if (fault == NULL)
			continue;
		snprintf(text, sizeof(text), "entry %u: %s", i + 1, fault);
		task_end(task, EX_DATAERR, text);
		return;
	}
	preload_done(task, preload_replace(task->policy->store, rows, count), count);
}

/* --- policy observed: rows domain, reason, because, count, last (UTC, the day) --- */

static void
observed_say(void *arg, struct span domain, struct span reason, struct span because, int64_t count, int64_t last_day_s)
{
	struct task *task = arg;
	struct row row = { .fields_count = 0 };

	row_text(&row, "domain", domain);
	row_text(&row, "reason", reason);
	row_text(&row, "because", because);
	row_number(&row, "count", count);
	row_number(&row, "last", last_day_s);
	task_send_row(task, &row);
	task->rows++;
}

static void
policy_observed(struct task *task)
{
	uint64_t days = OBSERVED_DAYS_SHOWN;
	struct span given;

	if (task_option(task, "--since", &given) && (!span_to_u64(given, OBSERVED_DAYS, &days) || days == 0)) {
		task_end(task, EX_USAGE, "--since DAYS, 90 at most");
		return;
	}
	observed_each(task->policy->store, clock_wall() - (int64_t)(days - 1) * DAY_S, observed_say, task);
	task_end(task, 0, task->rows == 0 ? "nothing would have been held back" : "");
}

/* --- exceptions --- */

/* The words behind the third, with spaces between. */
static struct span
why_join(struct task *task)
{
	const struct request *request = &task->request;
	struct buf out;
	struct span why;
	bool fits = true;

	buf_init(&out, 1000);
	for (uint32_t i = 3; i < request->arguments_count && fits; i++)
		fits = (i == 3 || buf_add(&out, SPAN(" "))) && buf_add(&out, request->arguments[i]);
	why = fits ? arena_span(task->arena, buf_span(&out)) : SPAN("");
	buf_clear(&out);
	return why;
}

static void
exception_note(struct policy *policy, struct task *task, const struct exception *exception, bool is_added)
{
	/* A pattern is of many domains: relays forget all they know. */
	bool is_pattern = exception->domain.data[0] == '.';

	changes_note(policy, &(struct change){ .domain = arena_copy(task->arena, exception->domain), .what = "exception",
	    .was = is_added ? "" : policy_level_name(exception->level), .now = is_added ? policy_level_name(exception->level) : "",
	    .why = arena_copy(task->arena, exception->why), .is_weaker = is_added });
	changes_tell(policy, is_pattern ? "" : arena_copy(task->arena, exception->domain));
}

/* ".old.example" as a pattern, or a domain. */
static bool
exception_domain(struct task *task, struct span *pattern)
{
	struct request *request = &task->request;
	bool is_pattern = request->arguments_count > 0 && request->arguments[0].length > 1 && request->arguments[0].data[0] == '.';
	char *text;

	if (is_pattern)
		request->arguments[0] = span_skip(request->arguments[0], 1);
	if (!task_domain(task, 0, pattern) || !is_pattern)
		return pattern->data != NULL;
	text = arena_alloc(task->arena, pattern->length + 2);
	snprintf(text, pattern->length + 2, ".%.*s", SPAN_ARG(*pattern));
	*pattern = span_of(text);
	return true;
}

static void
exception_add(struct task *task)
{
	const struct request *request = &task->request;
	struct exception exception = { .until_s = 0 };
	const char *fault;

	if (request->arguments_count < 4) {
		task_end(task, EX_USAGE, "exception add DOMAIN LEVEL UNTIL WHY...");
		return;
	}
	if (!exception_domain(task, &exception.domain))
		return;
	fault = !policy_level_parse(request->arguments[1], &exception.level) ? "the level is encrypt, verify, secure or dane" :
	    !date_parse_end(request->arguments[2], &exception.until_s) ? "the end is a day: 2027-01-31" : NULL;
	exception.why = why_join(task);
	if (fault == NULL)
		fault = exceptions_add(task->policy->exceptions, &exception);
	if (fault != NULL) {
		task_end(task, EX_USAGE, fault);
		return;
	}
	exception_note(task->policy, task, &exception, true);
	operator_row_exception(task, &exception);
	task_end(task, 0, "");
}

static void
exception_list(struct task *task)
{
	struct exception exception;

	for (size_t i = 0; exceptions_at(task->policy->exceptions, i, &exception); i++)
		operator_row_exception(task, &exception);
	task_end(task, 0, task->rows == 0 ? "no exceptions" : "");
}

/* Find it as it is, by command or in the configuration. */
static bool
exception_get(struct task *task, struct span domain, bool is_configured, struct exception *found)
{
	for (size_t i = 0; exceptions_at(task->policy->exceptions, i, found); i++)
		if (found->is_configured == is_configured && span_equal_nocase(found->domain, domain))
			return true;
	return false;
}

static void
exception_remove(struct task *task)
{
	struct exception found = { .until_s = 0 };
	struct span domain = { NULL, 0 };

	if (!exception_domain(task, &domain))
		return;
	if (!exception_get(task, domain, false, &found)) {
		task_end(task, 1, exception_get(task, domain, true, &found) ?
		    "it stands in the configuration: remove it there" : "there is no such exception");
		return;
	}
	found.why = arena_span(task->arena, found.why);
	found.domain = domain;
	if (!exceptions_remove(task->policy->exceptions, domain)) {
		task_end(task, EX_IOERR, "it could not be removed from the store");
		return;
	}
	exception_note(task->policy, task, &found, false);
	task_end(task, 0, "removed");
}

/* --- the table --- */

static const struct verb verbs[] = {
	{ { "policy list", 11 }, policy_list, NULL },
	{ { "policy show", 11 }, policy_show, NULL },
	{ { "policy refresh", 14 }, operator_refresh, operator_search_gone },
	{ { "policy forget", 13 }, policy_forget, NULL },
	{ { "policy preload", 14 }, policy_preload, NULL },
	{ { "policy warm", 11 }, operator_warm, operator_search_gone },
	{ { "policy observed", 15 }, policy_observed, NULL },
	{ { "exception add", 13 }, exception_add, NULL },
	{ { "exception list", 14 }, exception_list, NULL },
	{ { "exception remove", 16 }, exception_remove, NULL },
};

void
operator_request(struct policy *policy, const struct request *request, int fd)
{
	task_begin(policy, request, fd, verbs, sizeof(verbs) / sizeof(*verbs));
}

void
operator_free(struct policy *policy)
{
	operator_search_free(policy);
	while (!LIST_EMPTY(&policy->tasks))
		task_free(LIST_FIRST(&policy->tasks));
}
