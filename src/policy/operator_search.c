/* Searches for the operator: so many domains at a time that neither resolver nor memory notices how long the list is. */
#include "policy/operator_search.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/fatal.h"
#include "loop/clock.h"
#include "mail/pattern.h"
#include "policy/operator_rows.h"

#define WINDOW 2	/* searches under way, for each fetch there may be */

struct warm {
	LIST_ENTRY(warm) entry;		/* on the room's warms */
	struct task *task;		/* NULL = nobody waits for the answer */
	struct policy *policy;
	struct arena *arena;		/* of names, when nobody waits */
	struct span *domains;
	uint32_t count, next;
	uint32_t under_way;
	struct warm_search *searches;	/* each with a search under way, or none */
	uint32_t window;
	bool is_forced;			/* refresh: of the one domain */
	int64_t began_ms;
	uint64_t policies, enforce, none, failed;
};

/* One of those under way. */
struct warm_search {
	struct warm *warm;
	struct seeker seeker;
	struct domain *domain;
	int64_t began_s;
};

static void
warm_free(struct warm *warm)
{
	for (uint32_t i = 0; i < warm->window; i++)
		seek_leave(&warm->searches[i].seeker);
	if (warm->task != NULL)
		warm->task->warm = NULL;
	LIST_REMOVE(warm, entry);
	arena_free(&warm->arena);
	free(warm->searches);
	free(warm);
}

static void
warm_count(struct warm *warm, const struct domain *domain)
{
	int64_t until_s;

	if (domain_holds(domain, &until_s)) {
		warm->policies++;
		warm->enforce += domain->sts.policy.mode == STS_ENFORCE;
	} else if (domain->txt == TXT_ABSENT) {
		warm->none++;
	} else {
		warm->failed++;
	}
}

static void
warm_say(struct warm *warm)
{
	struct row row = { .fields_count = 0 };
	int64_t took_ms = clock_ms() - warm->began_ms;

	row_number(&row, "domains", warm->count);
	row_number(&row, "policies", (int64_t)warm->policies);
	row_number(&row, "enforce", (int64_t)warm->enforce);
	row_number(&row, "none", (int64_t)warm->none);
	row_number(&row, "failed", (int64_t)warm->failed);
	row_number(&row, "took_ms", took_ms);
	row_number(&row, "per_second", took_ms == 0 ? 0 : (int64_t)warm->count * 1000 / took_ms);
	task_send_row(warm->task, &row);
}

static void
refresh_say(struct task *task, const struct domain *domain)
{
	int64_t until_s;
	bool holds = domain_holds(domain, &until_s);

	operator_row_record(task, domain);
	if (domain->has_sts)
		operator_row_sts(task, domain);
	if (holds && domain->sts.failures == 0)
		task_end(task, 0, "the policy was fetched");
	else if (!holds && domain->txt == TXT_ABSENT)
		task_end(task, 1, "the domain publishes no policy");
	else
		task_end(task, 2, holds ? "it could not be fetched: the log says why; the policy that is known counts until it ends" :
		    "the record could not be looked up, or the policy could not be fetched: the log says why");
}

static void
warm_end(struct warm *warm)
{
	struct task *task = warm->task;
	struct domain *domain = warm->is_forced ? domain_get(warm->policy, warm->domains[0]) : NULL;

	if (task != NULL && domain == NULL)
		warm_say(warm);
	warm_free(warm);
	if (task == NULL)
		return;
	if (domain != NULL)
		refresh_say(task, domain);
	else
		task_end(task, 0, "");
}

static void warm_fill(struct warm *warm);

static void
on_found(void *arg)
{
	struct warm_search *search = arg;
	struct warm *warm = search->warm;

	warm_count(warm, search->domain);
	search->domain = NULL;
	warm->under_way--;
	warm_fill(warm);
}

static void
search_begin(struct warm_search *search, struct span name)
{
	struct warm *warm = search->warm;

	search->domain = domain_get(warm->policy, name);
	search->seeker = (struct seeker){ .on_found = on_found, .arg = search };
	warm->under_way++;
	if (seek_start(search->domain, warm->is_forced ? SEEK_FORCED : SEEK_FETCHED, &search->seeker))
		return;
	warm_count(warm, search->domain);
	search->domain = NULL;
	warm->under_way--;
}

/* As many as the window has room for. */
static void
warm_fill(struct warm *warm)
{
	for (uint32_t i = 0; i < warm->window; i++)
		while (warm->searches[i].domain == NULL && warm->next < warm->count)
			search_begin(&warm->searches[i], warm->domains[warm->next++]);
	if (warm->under_way == 0 && warm->next == warm->count)
		warm_end(warm);
}

static struct warm *
warm_new(struct task *task, struct span *domains, uint32_t count)
{
	struct warm *warm = must_alloc(sizeof(*warm));

	warm->task = task;
	task->warm = warm;
	warm->policy = task->policy;
	LIST_INSERT_HEAD(&warm->policy->warms, warm, entry);
	warm->domains = domains;
	warm->count = count;
	warm->window = (uint32_t)(WINDOW * task->policy->conf->fetches);
	if (warm->window > count)
		warm->window = count;
	warm->searches = must_alloc((warm->window + 1) * sizeof(*warm->searches));
	for (uint32_t i = 0; i < warm->window; i++)
		warm->searches[i].warm = warm;
	warm->began_ms = clock_ms();
	return warm;
}

static bool
is_off(struct task *task)
{
	if (task->policy->conf->mta_sts)
		return false;
	task_end(task, EX_UNAVAILABLE, "MTA-STS is off: policy.mta_sts");
	return true;
}

void
operator_refresh(struct task *task)
{
	struct span *domain = arena_alloc(task->arena, sizeof(*domain));
	struct warm *warm;

	if (is_off(task) || !task_domain(task, 0, domain))
		return;
	warm = warm_new(task, domain, 1);
	warm->is_forced = true;
	warm_fill(warm);
}

/* Those that are names; the rest is counted as failed. */
static uint32_t
names_take(struct task *task, struct span *domains)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < task->request.arguments_count; i++) {
		struct span name = task->request.arguments[i];

		if (!pattern_is_name(name) || name.length >= DOMAIN_TEXT)
			continue;
		domains[count] = arena_span(task->arena, name);
		count++;
	}
	return count;
}

void
operator_warm(struct task *task)
{
	bool waits = !task_option(task, "--no-wait", NULL);
	struct span *domains = arena_alloc(task->arena, (task->request.arguments_count + 1) * sizeof(*domains));
	uint32_t count = names_take(task, domains);
	struct warm *warm;

	if (is_off(task))
		return;
	if (count == 0 || count < task->request.arguments_count) {
		task_end(task, EX_USAGE, count == 0 ? "which domains?" : "one of the names is not a domain");
		return;
	}
	warm = warm_new(task, domains, count);
	if (!waits) {
		/* The names outlive the request. */
		warm->arena = task->arena;
		task->arena = arena_new();
		warm->task = NULL;
		task->warm = NULL;
		task_end(task, 0, "begun");
	}
	warm_fill(warm);
}

void
operator_search_free(struct policy *policy)
{
	while (!LIST_EMPTY(&policy->warms))
		warm_free(LIST_FIRST(&policy->warms));
}

void
operator_search_gone(struct task *task)
{
	if (task->warm != NULL)
		warm_free(task->warm);
}
