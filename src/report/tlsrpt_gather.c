/* Facts of a day sorted by policy, and by what failed. */
#include "report/tlsrpt_gather.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "policy/reason.h"

#define FIRST_ROOM 8
#define DAY_TEXT 16

struct gathering {
	struct arena *arena;
	struct span domain;
	struct tlsrpt_policy *policies;
	struct tlsrpt_failure **failures;	/* of each policy */
	struct span *texts;			/* of each policy: what is published, in lines */
};

/* Room for one more in an array of the arena's that doubles; what was there stays where it was, unused. */
static void *
room_for(struct arena *arena, void *at, uint32_t count, size_t octets)
{
	void *more;

	if (count > 0 && (count < FIRST_ROOM || (count & (count - 1)) != 0))
		return at;
	more = arena_alloc(arena, (count < FIRST_ROOM ? FIRST_ROOM : 2 * count) * octets);
	if (count > 0)
		memcpy(more, at, count * octets);
	return more;
}

/* --- policies --- */

static enum tlsrpt_policy_type
type_of(const struct tls_fact *fact)
{
	if (span_equal(fact->text[FACT_PUBLISHED], SPAN("tlsa")))
		return TLSRPT_POLICY_TLSA;
	return span_equal(fact->text[FACT_PUBLISHED], SPAN("sts")) ? TLSRPT_POLICY_STS : TLSRPT_POLICY_NONE;
}

static uint32_t
lines_count(struct span text)
{
	struct span line;
	uint32_t count = 0;

	while (span_cut(&text, '\n', &line))
		count++;
	return count;
}

/* The lines of a policy, and the patterns among them (RFC 8460 4.4: policy-string, mx-host). */
static void
policy_read(struct arena *arena, struct span text, struct tlsrpt_policy *policy)
{
	static const struct span mx = SPAN("mx: ");
	uint32_t count = lines_count(text);
	struct span *strings = arena_alloc(arena, count * sizeof(*strings)), *hosts = arena_alloc(arena, count * sizeof(*hosts));
	struct span line;

	while (span_cut(&text, '\n', &line)) {
		if (line.length == 0)
			continue;
		strings[policy->strings_count++] = line;
		if (policy->type == TLSRPT_POLICY_STS && span_starts(line, mx))
			hosts[policy->mx_hosts_count++] = span_skip(line, mx.length);
	}
	policy->strings = strings;
	policy->mx_hosts = hosts;
}

static uint32_t
policy_add(struct gathering *gathering, struct tlsrpt_report *report, enum tlsrpt_policy_type type, struct span domain, struct span text)
{
	uint32_t at = report->policies_count;
	struct tlsrpt_policy policy = { .type = type, .domain = arena_span(gathering->arena, domain) };

	gathering->policies = room_for(gathering->arena, gathering->policies, at, sizeof(*gathering->policies));
	gathering->failures = room_for(gathering->arena, gathering->failures, at, sizeof(*gathering->failures));
	gathering->texts = room_for(gathering->arena, gathering->texts, at, sizeof(*gathering->texts));
	gathering->texts[at] = arena_span(gathering->arena, text);
	gathering->failures[at] = NULL;
	policy_read(gathering->arena, gathering->texts[at], &policy);
	gathering->policies[at] = policy;
	report->policies_count++;
	return at;
}

/* The entry of the policy that counted for a session; TLSRPT_POLICIES = there are too many. By DANE it is the host's own (RFC 8460 1.1). */
static uint32_t
policy_of(struct gathering *gathering, struct tlsrpt_report *report, const struct tls_fact *fact)
{
	enum tlsrpt_policy_type type = type_of(fact);
	struct span domain = type == TLSRPT_POLICY_TLSA ? fact->text[FACT_PEER] : gathering->domain;
	struct span text = type == TLSRPT_POLICY_NONE ? SPAN("") : fact->text[FACT_POLICY];

	for (uint32_t i = 0; i < report->policies_count; i++)
		if (gathering->policies[i].type == type && span_equal(gathering->policies[i].domain, domain) &&
		    span_equal(gathering->texts[i], text))
			return i;
	return report->policies_count == TLSRPT_POLICIES ? TLSRPT_POLICIES : policy_add(gathering, report, type, domain, text);
}

/* --- failures --- */

static bool
failure_is(const struct tlsrpt_failure *failure, struct span reason, const struct tls_fact *fact, struct ip ip)
{
	return span_equal(failure->reason, reason) && span_equal(failure->detail, fact->text[FACT_DETAIL]) &&
	    span_equal(failure->mx_host, fact->text[FACT_PEER]) && ip_equal(failure->receiving, ip);
}

static void
failure_add(struct gathering *gathering, uint32_t at, struct span reason, const struct tls_fact *fact)
{
	struct tlsrpt_policy *policy = &gathering->policies[at];
	struct tlsrpt_failure *failures = gathering->failures[at];
	struct ip ip = { .family = 0 };

	(void)ip_parse(fact->text[FACT_IP], &ip);
	for (uint32_t i = 0; i < policy->failures_count; i++)
		if (failure_is(&failures[i], reason, fact, ip)) {
			failures[i].sessions += fact->sessions;
			return;
		}
	if (policy->failures_count == TLSRPT_FAILURES)
		return;
	failures = room_for(gathering->arena, failures, policy->failures_count, sizeof(*failures));
	failures[policy->failures_count++] = (struct tlsrpt_failure){ .reason = arena_span(gathering->arena, reason),
		.detail = arena_span(gathering->arena, fact->text[FACT_DETAIL]), .mx_host = arena_span(gathering->arena, fact->text[FACT_PEER]),
		.receiving = ip, .sessions = fact->sessions };
	gathering->failures[at] = failures;
	policy->failures = failures;
}

/* --- facts --- */

struct turn {
	struct gathering gathering;
	const struct tlsrpt_scope *scope;
	struct tlsrpt_report *report;
};

/* Of a host's report: of sessions by its TLSA records, those whose domain was not told itself (R3). */
static bool
is_in_scope(const struct tlsrpt_scope *scope, const struct tls_fact *fact)
{
	if (!scope->is_host)
		return true;
	return type_of(fact) == TLSRPT_POLICY_TLSA && (scope->is_told == NULL || !scope->is_told(scope->arg, fact->text[FACT_DOMAIN]));
}

static void
on_fact(void *arg, const struct tls_fact *fact)
{
	struct turn *turn = arg;
	struct span reason = fact->text[span_is_empty(fact->text[FACT_REASON]) ? FACT_OBSERVED : FACT_REASON];
	uint32_t at;

	if (fact->is_own || fact->sessions == 0 || !is_in_scope(turn->scope, fact) || (!span_is_empty(reason) && *reason_find(reason)->report == '\0'))
		return;
	at = policy_of(&turn->gathering, turn->report, fact);
	if (at == TLSRPT_POLICIES)
		return;
	if (span_is_empty(reason)) {
		turn->gathering.policies[at].successful += fact->sessions;
	} else {
		turn->gathering.policies[at].failed += fact->sessions;
		failure_add(&turn->gathering, at, reason, fact);
	}
}

/* "2026-11-28.example.org": the same for the same day and domain, however often it is made. */
static struct span
id_make(struct arena *arena, uint32_t day, const struct tlsrpt_scope *scope)
{
	time_t begin = (time_t)day * LEDGER_DAY_S;
	char text[DAY_TEXT + 256];
	struct tm tm;
	int length;

	gmtime_r(&begin, &tm);
	length = snprintf(text, sizeof(text), "%04d-%02d-%02d%s.%.*s", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
	    scope->is_host ? ".tlsa" : "", SPAN_ARG(scope->name));
	return arena_span(arena, span_make(text, (size_t)length < sizeof(text) ? (size_t)length : sizeof(text) - 1));
}

bool
tlsrpt_gather(struct ledger *ledger, const struct conf_report *conf, const struct tlsrpt_scope *scope, uint32_t day, struct arena *arena,
    struct tlsrpt_report *report)
{
	const struct ledger_filter filter = { .has_direction = true, .direction = FACT_OUT, .first_day = day, .last_day = day,
		.domain = scope->is_host ? SPAN("") : scope->name, .peer = scope->is_host ? scope->name : SPAN("") };
	struct turn turn = { .gathering = { .arena = arena, .domain = scope->name }, .scope = scope, .report = report };

	*report = (struct tlsrpt_report){ .organization = span_of(conf->tlsrpt_organization), .contact = span_of(conf->tlsrpt_contact),
		.id = id_make(arena, day, scope), .part = scope->is_host ? SPAN("tlsa") : SPAN(""), .domain = scope->name,
		.begin_s = (int64_t)day * LEDGER_DAY_S, .end_s = (int64_t)(day + 1) * LEDGER_DAY_S - 1 };
	ledger_each(ledger, &filter, on_fact, &turn);
	report->policies = turn.gathering.policies;
	return report->policies_count > 0;
}
