/* What is known, as rows. */
#include "policy/operator_rows.h"

#include <stdio.h>
#include <string.h>

#include "loop/clock.h"
#include "policy/preload.h"
#include "policy/ratchet_store.h"

/* What a row says; what is left out is "" or 0. */
struct known {
	struct span domain;
	const char *source, *mode, *state, *id;
	int64_t since_s, until_s, due_s;
	uint64_t failures, successes, days;
	struct span mx, why;
};

static void
say(struct task *task, const struct known *known)
{
	struct row row = { .fields_count = 0 };

	row_text(&row, "domain", known->domain);
	row_text(&row, "source", span_of(known->source));
	row_text(&row, "mode", span_of(known->mode));
	row_text(&row, "state", span_of(known->state));
	row_text(&row, "id", span_of(known->id));
	row_number(&row, "since", known->since_s);
	row_number(&row, "until", known->until_s);
	row_number(&row, "due", known->due_s);
	row_number(&row, "failures", (int64_t)known->failures);
	row_number(&row, "successes", (int64_t)known->successes);
	row_number(&row, "days", (int64_t)known->days);
	row_text(&row, "mx", known->mx);
	row_text(&row, "why", known->why);
	task_send_row(task, &row);
	task->rows++;
}

static struct span
join(const struct span *texts, uint32_t count, struct arena *arena)
{
	size_t length = 0;
	char *out;

	for (uint32_t i = 0; i < count; i++)
		length += texts[i].length + 1;
	out = arena_alloc(arena, length + 1);
	length = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (i > 0)
			out[length++] = ' ';
		memcpy(out + length, texts[i].data, texts[i].length);
		length += texts[i].length;
	}
	return span_make(out, length);
}

static const char *
state_name(bool holds)
{
	return holds ? "in-force" : "ended";
}

void
operator_row_record(struct task *task, const struct domain *domain)
{
	static const char *const states[] = {
		[TXT_UNKNOWN] = "unknown", [TXT_FOUND] = "found", [TXT_ABSENT] = "absent", [TXT_FAILED] = "failed"
	};
	int64_t since_s = domain->txt == TXT_UNKNOWN ? 0 : clock_wall() - (clock_ms() - domain->txt_asked_ms) / 1000;

	say(task, &(struct known){ .domain = span_of(domain->name), .source = "record", .mode = states[domain->txt], .id = domain->id,
	    .since_s = since_s, .failures = domain->has_sts ? 0 : domain->sts.failures });
}

void
operator_row_sts(struct task *task, const struct domain *domain)
{
	const struct sts_row *sts = &domain->sts;
	struct arena *arena = arena_new();
	int64_t until_s;
	bool holds = domain_holds(domain, &until_s);

	say(task, &(struct known){ .domain = span_of(domain->name), .source = "sts", .mode = sts_mode_name(sts->policy.mode),
	    .state = state_name(holds), .id = sts->id, .since_s = sts->fetched.wall_s, .until_s = until_s, .due_s = sts->due_s,
	    .failures = sts->failures, .mx = join(sts->policy.mx, sts->policy.mx_count, arena) });
	arena_free(&arena);
}

void
operator_row_preload(struct task *task, struct span domain)
{
	struct arena *arena = arena_new();
	struct sts_policy policy;
	int64_t until_s;

	if (preload_get(task->policy->store, domain, clock_wall(), arena, &policy, &until_s))
		say(task, &(struct known){ .domain = domain, .source = "preload", .mode = sts_mode_name(policy.mode), .state = "in-force",
		    .until_s = until_s, .mx = join(policy.mx, policy.mx_count, arena) });
	arena_free(&arena);
}

void
operator_rows_ratchet(struct task *task, struct span domain)
{
	const struct ratchet_rules *rules = &task->policy->ratchet;
	struct ratchet_memory memories[POLICY_LEVELS];
	struct arena *arena = arena_new();
	int64_t now_s = clock_wall();
	struct span *hosts;
	uint32_t count = ratchet_store_hosts(task->policy->store, domain, rules, now_s, arena, &hosts);

	ratchet_store_get(task->policy->store, domain, memories);
	for (int level = POLICY_VERIFY; level < POLICY_LEVELS; level++) {
		const struct ratchet_memory *memory = &memories[level];
		bool holds = ratchet_holds(memory, rules, now_s);

		if (memory->last_s == 0)
			continue;
		say(task, &(struct known){ .domain = domain, .source = "ratchet", .mode = policy_level_name((enum policy_level)level),
		    .state = holds ? "in-force" : "learning", .since_s = memory->last_s,
		    .until_s = holds ? memory->last_s + (int64_t)rules->period_s : 0, .successes = memory->successes,
		    .days = memory->days, .mx = level == POLICY_VERIFY ? join(hosts, count, arena) : SPAN("") });
	}
	arena_free(&arena);
}

void
operator_row_exception(struct task *task, const struct exception *exception)
{
	char why[400];

	snprintf(why, sizeof(why), "%s%.*s", exception->is_configured ? "(configuration) " : "",
	    (int)(exception->why.length < 300 ? exception->why.length : 300), exception->why.data);
	say(task, &(struct known){ .domain = exception->domain, .source = "exception", .mode = policy_level_name(exception->level),
	    .state = state_name(exception->until_s > clock_wall()), .until_s = exception->until_s, .why = span_of(why) });
}
