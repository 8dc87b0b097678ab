/* One search for a domain at a time: TXT, then HTTPS where that is worth it, then whoever waits is told. */
#include "policy/seek.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "policy/changes.h"
#include "policy/fetch.h"
#include "policy/now.h"
#include "policy/sts_lookup.h"

#define PAUSE_LEAST_S 300		/* after a failed GET, for the same id (M24) */
#define PAUSE_MOST_S 86400
#define PAUSE_DOUBLINGS 9

/* --- the end --- */

static void
search_end(struct domain *domain)
{
	struct seeker *seeker;

	domain->state = SEARCH_NONE;
	domain->is_urgent = domain->wants_fetch = domain->is_forced = false;
	while ((seeker = LIST_FIRST(&domain->seekers)) != NULL) {
		seek_leave(seeker);
		seeker->on_found(seeker->arg);
	}
}

void
seek_leave(struct seeker *seeker)
{
	if (seeker->domain == NULL)
		return;
	LIST_REMOVE(seeker, entry);
	seeker->domain = NULL;
}

/* --- what was fetched --- */

/* Long before it ends: at the configured age, or half of its own; up to a quarter earlier, so that not all come at once (M23). */
static int64_t
due_s(const struct domain *domain, uint64_t max_age_s)
{
	uint64_t after_s = domain->policy->conf->refresh_s;

	if (after_s > max_age_s / 2)
		after_s = max_age_s / 2;
	if (after_s < PAUSE_LEAST_S)
		after_s = PAUSE_LEAST_S;
	return clock_wall() + (int64_t)(after_s - random_below((uint32_t)(after_s / 4) + 1));
}

static bool
policies_equal(const struct sts_policy *a, const struct sts_policy *b)
{
	if (a->mode != b->mode || a->mx_count != b->mx_count)
		return false;
	for (uint32_t i = 0; i < a->mx_count; i++)
		if (!span_equal_nocase(a->mx[i], b->mx[i]))
			return false;
	return true;
}

/* The policy as a text for the log: "enforce", and its patterns when those alone have changed. */
static void
policy_taken(struct domain *domain, const struct sts_row *row)
{
	struct policy *policy = domain->policy;
	int64_t until_s;
	bool held = domain_holds(domain, &until_s);
	enum sts_mode was = domain->sts.policy.mode;
	bool is_same = held && policies_equal(&domain->sts.policy, &row->policy);

	domain_set_sts(domain, row);
	sts_store_put(policy->store, span_of(domain->name), row, clock_wall());
	if (!is_same)
		changes_note(policy, &(struct change){ .domain = domain->name, .what = "sts", .was = held ? sts_mode_name(was) : "",
		    .now = sts_mode_name(row->policy.mode), .id = row->id, .is_weaker = held && row->policy.mode < was,
		    .is_told = domain->is_told });
	domain->is_told = domain->is_told && is_same;
}

/* --- what was not --- */

static int64_t
pause_s(unsigned failures)
{
	unsigned doublings = failures > PAUSE_DOUBLINGS ? PAUSE_DOUBLINGS : failures - 1;
	int64_t pause = (int64_t)PAUSE_LEAST_S << doublings;

	if (pause > PAUSE_MOST_S)
		pause = PAUSE_MOST_S;
	return pause + random_below((uint32_t)(pause / 8));
}

/* It has ended, and what would have come after it could not be had. */
static void
policy_ended(struct domain *domain)
{
	changes_note(domain->policy, &(struct change){ .domain = domain->name, .what = "sts",
	    .was = sts_mode_name(domain->sts.policy.mode), .now = "", .id = domain->sts.id,
	    .is_weaker = domain->sts.policy.mode != STS_NONE, .is_told = domain->is_told });
	domain->is_told = false;
	(void)sts_store_forget(domain->policy->store, span_of(domain->name));
	domain_forget_sts(domain);
}

/* An administrator has to know that a policy will end (8461 3.3), unless it asks for nothing. */
static void
trouble_log(const struct domain *domain, const char *reason, const char *fetch, const char *seen, int64_t left_s)
{
	if (domain->has_sts && domain->sts.policy.mode != STS_NONE)
		log_warn("policy-refresh-failed", LOG_TEXT("domain", domain->name), LOG_TEXT("mode", sts_mode_name(domain->sts.policy.mode)),
		    LOG_TEXT("id", domain->id), LOG_TEXT("reason", reason), LOG_TEXT("fetch", fetch), LOG_TEXT("seen", seen),
		    LOG_NUMBER("holds_s", left_s), LOG_NUMBER("failures", domain->sts.failures));
	else
		log_info("policy-fetch-failed", LOG_TEXT("domain", domain->name), LOG_TEXT("id", domain->id), LOG_TEXT("reason", reason),
		    LOG_TEXT("fetch", fetch), LOG_TEXT("seen", seen), LOG_NUMBER("failures", domain->sts.failures));
}

/* For reports: "sts-policy-fetch-error: the policy host answers with another status than 200: 404". */
static void
fault_note(struct domain *domain, const char *reason, enum fetch_end end, const char *seen)
{
	const char *text = end == FETCH_DONE ? "" : fetch_text(end);

	snprintf(domain->sts.fault, sizeof(domain->sts.fault), "%s: %s%s%s", reason, text, *text == '\0' || *seen == '\0' ? "" : ": ", seen);
}

/* FETCH_DONE: it came, and is not understood. */
static void
policy_missed(struct domain *domain, const char *reason, enum fetch_end end, const char *seen)
{
	struct sts_row *row = &domain->sts;
	int64_t until_s, left_s;
	bool holds = domain_holds(domain, &until_s);

	row->failures = strcmp(row->failed_id, domain->id) == 0 ? row->failures + 1 : 1;
	snprintf(row->failed_id, sizeof(row->failed_id), "%s", domain->id);
	row->next_try_s = clock_wall() + pause_s(row->failures);
	/* Its end is looked at in time. */
	row->due_s = row->next_try_s < until_s ? row->next_try_s : until_s;
	left_s = until_s - clock_wall();
	fault_note(domain, reason, end, seen);
	trouble_log(domain, reason, fetch_word(end), seen, left_s);
	if (!domain->has_sts)
		return;
	if (holds)
		sts_store_put_trouble(domain->policy->store, span_of(domain->name), row);
	else
		policy_ended(domain);
}

static void
on_fetched(void *arg, const struct fetch_result *result)
{
	struct domain *domain = arg;
	struct arena *arena = arena_new();
	struct sts_row row = { .failures = 0 };
	const char *fault;

	domain->fetch = NULL;
	if (result->end != FETCH_DONE) {
		policy_missed(domain, fetch_report(result->end), result->end, result->seen);
		domain_set_wrong(domain, SPAN(""));
	} else if ((fault = sts_policy_parse(result->body, arena, &row.policy)) != NULL) {
		policy_missed(domain, "sts-policy-invalid", FETCH_DONE, fault);
		domain_set_wrong(domain, sts_policy_lines(result->body, arena));
	} else {
		/* Without a record the policy is that of the last one. */
		snprintf(row.id, sizeof(row.id), "%s", domain->txt == TXT_FOUND ? domain->id : domain->sts.id);
		now_moment(&row.fetched);
		row.due_s = due_s(domain, row.policy.max_age_s);
		row.lines = sts_policy_lines(result->body, arena);
		policy_taken(domain, &row);
	}
	arena_free(&arena);
	search_end(domain);
}

/* --- the search --- */

/* A pause after a failure is for that id alone; a clock that was set back makes none longer. */
static bool
is_pausing(const struct domain *domain)
{
	const struct sts_row *row = &domain->sts;
	int64_t now_s = clock_wall();

	return row->failures > 0 && strcmp(row->failed_id, domain->id) == 0 && now_s < row->next_try_s &&
	    row->next_try_s - now_s <= 2 * PAUSE_MOST_S;
}

static bool
fetch_is_due(const struct domain *domain)
{
	int64_t until_s;

	if (domain->is_forced)
		return domain->txt == TXT_FOUND || domain->has_sts;
	if (is_pausing(domain))
		return false;
	if (domain->wants_fetch)
		return domain->txt == TXT_FOUND || domain->has_sts;
	/* Ids have no order: any other one is news (M5). */
	return domain->txt == TXT_FOUND && (!domain_holds(domain, &until_s) || strcmp(domain->id, domain->sts.id) != 0);
}

static void
fetch_begin(struct domain *domain)
{
	domain->state = SEARCH_HTTPS;
	domain->fetch = fetch_start(domain->policy->fetcher, domain->name, domain->is_urgent, on_fetched, domain);
}

void
seek_looked_up(struct domain *domain)
{
	int64_t until_s;

	if (fetch_is_due(domain)) {
		fetch_begin(domain);
		return;
	}
	if (domain->has_sts && !domain_holds(domain, &until_s))
		policy_ended(domain);
	search_end(domain);
}

static bool
record_is_good_enough(const struct domain *domain, enum seek_what what)
{
	if (what == SEEK_DOUBTED && clock_ms() - domain->txt_asked_ms >= SEEK_DOUBT_MS)
		return false;
	return what <= SEEK_DOUBTED && sts_lookup_is_fresh(domain);
}

static void
search_hurry(struct domain *domain)
{
	if (!domain->is_urgent && domain->fetch != NULL)
		fetch_hurry(domain->fetch);
	domain->is_urgent = true;
}

static bool
search_begin(struct domain *domain, enum seek_what what)
{
	domain->wants_fetch = what >= SEEK_FETCHED;
	domain->is_forced = what == SEEK_FORCED;
	domain->is_urgent = what != SEEK_FETCHED;
	if (!record_is_good_enough(domain, what)) {
		domain->state = SEARCH_TXT;
		sts_lookup_start(domain);
	} else if (fetch_is_due(domain)) {
		fetch_begin(domain);
	}
	return domain->state != SEARCH_NONE;
}

static void
search_join(struct domain *domain, enum seek_what what)
{
	domain->wants_fetch = domain->wants_fetch || what >= SEEK_FETCHED;
	domain->is_forced = domain->is_forced || what == SEEK_FORCED;
	if (what != SEEK_FETCHED)
		search_hurry(domain);
}

bool
seek_start(struct domain *domain, enum seek_what what, struct seeker *seeker)
{
	if (domain->state != SEARCH_NONE)
		search_join(domain, what);
	else if (!search_begin(domain, what))
		return false;
	if (seeker != NULL) {
		seeker->domain = domain;
		LIST_INSERT_HEAD(&domain->seekers, seeker, entry);
	}
	return true;
}

static void
ask_again(struct domain *domain)
{
	domain->txt_until_ms = 0;
	if (domain->state != SEARCH_TXT)
		return;
	lookup_cancel(&domain->lookup);
	sts_lookup_start(domain);
}

void
seek_ask_again(struct policy *policy)
{
	domain_each(policy, ask_again);
}
