/* Facts of a day sorted by policy, and by what failed. */
#include "report/tlsrpt_gather.h"

#include <stdio.h>
#include <string.h>

#include "mail/date.h"
#include "policy/because.h"
#include "policy/reason.h"

#define FIRST_ROOM 8

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

static uint32_t
lines_count(struct span text)
{
	struct span line;
	uint32_t count = 0;

	while (span_cut(&text, '\n', &line))
		count++;
	return count;
}

/* "mx: *.example.org", however it is spaced. */
static struct span
pattern_of(struct span line)
{
	struct span name, value = line;

	return span_find(line, ':') < line.length && span_cut(&value, ':', &name) && span_equal(name, SPAN("mx")) ? span_trim(value) : SPAN("");
}

/* The lines of a policy, and the patterns among them (RFC 8460 4.4: policy-string, mx-host). */
static void
policy_read(struct arena *arena, struct span text, struct tlsrpt_policy *policy)
{
	uint32_t count = lines_count(text);
	struct span *strings = arena_alloc(arena, count * sizeof(*strings)), *hosts = arena_alloc(arena, count * sizeof(*hosts));
	struct span line, pattern;

	while (span_cut(&text, '\n', &line)) {
		if (line.length == 0)
			continue;
		strings[policy->strings_count++] = line;
		pattern = policy->type == TLSRPT_POLICY_STS ? pattern_of(line) : SPAN("");
		if (pattern.length > 0)
			hosts[policy->mx_hosts_count++] = pattern;
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

/* Whose policy it is: of TLSA records the name that they stand under (RFC 8460 1.1, RFC 7672 2.2.3), or would. */
static struct span
domain_of(const struct gathering *gathering, enum tlsrpt_policy_type type, const struct tls_fact *fact)
{
	if (type != TLSRPT_POLICY_TLSA)
		return gathering->domain;
	return fact->text[span_is_empty(fact->text[FACT_BASE]) ? FACT_PEER : FACT_BASE];
}

/* The entry of a session's policy of this type; TLSRPT_POLICIES = there are too many. */
static uint32_t
policy_of(struct gathering *gathering, struct tlsrpt_report *report, enum tlsrpt_policy_type type, const struct tls_fact *fact)
{
	struct span domain = domain_of(gathering, type, fact);
	struct span text = type == TLSRPT_POLICY_NONE ? SPAN("") : fact->text[type == TLSRPT_POLICY_TLSA ? FACT_TLSA : FACT_STS];

	for (uint32_t i = 0; i < report->policies_count; i++)
		if (gathering->policies[i].type == type && span_equal(gathering->policies[i].domain, domain) &&
		    span_equal(gathering->texts[i], text))
			return i;
	return report->policies_count == TLSRPT_POLICIES ? TLSRPT_POLICIES : policy_add(gathering, report, type, domain, text);
}

/* --- failures --- */

static struct ip
address_of(struct span text)
{
	struct ip ip = { .family = 0 };

	(void)ip_parse(text, &ip);
	return ip;
}

static bool
failure_is(const struct tlsrpt_failure *a, const struct tlsrpt_failure *b)
{
	return span_equal(a->reason, b->reason) && span_equal(a->detail, b->detail) && span_equal(a->mx_host, b->mx_host) &&
	    ip_equal(a->receiving, b->receiving) && ip_equal(a->sending_mta, b->sending_mta) && span_equal(a->mx_helo, b->mx_helo);
}

static void
failure_add(struct gathering *gathering, uint32_t at, const struct tlsrpt_failure *failure)
{
	struct tlsrpt_policy *policy = &gathering->policies[at];
	struct tlsrpt_failure *failures = gathering->failures[at], *added;
	struct arena *arena = gathering->arena;

	for (uint32_t i = 0; i < policy->failures_count; i++)
		if (failure_is(&failures[i], failure)) {
			failures[i].sessions += failure->sessions;
			return;
		}
	if (policy->failures_count == TLSRPT_FAILURES)
		return;
	failures = room_for(arena, failures, policy->failures_count, sizeof(*failures));
	added = &failures[policy->failures_count++];
	*added = *failure;
	added->reason = arena_span(arena, failure->reason);
	added->detail = arena_span(arena, failure->detail);
	added->mx_host = arena_span(arena, failure->mx_host);
	added->mx_helo = arena_span(arena, failure->mx_helo);
	gathering->failures[at] = failures;
	policy->failures = failures;
}

/* Of a session that failed: between these two, in these words. */
static void
failure_of_session(struct gathering *gathering, uint32_t at, const struct tls_fact *fact, struct span reason)
{
	failure_add(gathering, at, &(struct tlsrpt_failure){ .reason = reason, .detail = fact->text[FACT_DETAIL],
	    .sending_mta = address_of(fact->text[FACT_SOURCE]), .mx_host = fact->text[FACT_PEER], .mx_helo = fact->text[FACT_HELO],
	    .receiving = address_of(fact->text[FACT_IP]), .sessions = fact->sessions });
}

/* Of a policy that could not be had, or not be used: no connection was at fault. "WORD: more about it" */
static void
failure_of_policy(struct gathering *gathering, uint32_t at, const struct tls_fact *fact, struct span fault, struct span host)
{
	size_t colon = span_find(fault, ':');

	failure_add(gathering, at, &(struct tlsrpt_failure){ .reason = span_first(fault, colon),
	    .detail = span_trim(span_skip(fault, colon + 1)), .mx_host = host, .sessions = fact->sessions });
}

/* --- facts --- */

enum { OF_TLSA = 1 << 0, OF_STS = 1 << 1 };

struct turn {
	struct gathering gathering;
	const struct tlsrpt_scope *scope;
	struct tlsrpt_report *report;
	const struct tls_fact *fact;	/* at hand */
	struct span reason;		/* "" = the session was good */
	bool is_observed;		/* good but for what a policy would have said that stands in nobody's way */
};

/* What is wrong with a certificate is so by TLSA records, or by authorities, which MTA-STS asks. */
static bool
is_of_certificate(struct span reason)
{
	return span_starts(reason, SPAN("certificate-")) || span_starts(reason, SPAN("key-")) || span_starts(reason, SPAN("signature-")) ||
	    span_equal(reason, SPAN("mx-insecure"));
}

/* The policy that a reason speaks of by its name, be it that there is none ("dane-required"). */
static unsigned
policy_named(struct span reason)
{
	struct span because = because_of(reason, SPAN(""));

	return span_equal(because, SPAN("dane")) ? OF_TLSA : span_equal(because, SPAN("sts")) ? OF_STS : 0;
}

/* Which policies a session that failed so has failed: without TLS each. */
static unsigned
policies_meant(const struct tls_fact *fact, struct span reason)
{
	unsigned named = policy_named(reason);

	if (named != 0)
		return named;
	if (is_of_certificate(reason))
		return fact->is_by_dane ? OF_TLSA : OF_STS;
	return OF_TLSA | OF_STS;
}

/* Which policies there are: those that count, those that could not be had, and the one that is named. */
static unsigned
policies_there(const struct tls_fact *fact, struct span reason)
{
	struct span published = fact->text[FACT_PUBLISHED];
	unsigned there = policy_named(reason);

	if (span_starts(published, SPAN("sts")) || !span_is_empty(fact->text[FACT_STS_FAULT]))
		there |= OF_STS;
	if (span_ends_nocase(published, SPAN("tlsa")) || !span_is_empty(fact->text[FACT_TLSA_FAULT]))
		there |= OF_TLSA;
	return there;
}

/* A session in the entry of one policy: failed by it, however often; good; or failed by another one, which says nothing of this. */
static void
policy_count(struct turn *turn, enum tlsrpt_policy_type type, bool is_meant, struct span fault, struct span host)
{
	const struct tls_fact *fact = turn->fact;
	uint32_t at = policy_of(&turn->gathering, turn->report, type, fact);
	/* Said once already, with more about it. */
	bool has_fault = !span_is_empty(fault) && !(is_meant && span_equal(fault, turn->reason));
	struct tlsrpt_policy *policy;

	if (at == TLSRPT_POLICIES)
		return;
	policy = &turn->gathering.policies[at];
	if (is_meant || has_fault)
		policy->failed += fact->sessions;
	else if (span_is_empty(turn->reason) || turn->is_observed)
		policy->successful += fact->sessions;
	if (is_meant)
		failure_of_session(&turn->gathering, at, fact, turn->reason);
	if (has_fault)
		failure_of_policy(&turn->gathering, at, fact, fault, host);
}

/* Of a host's report: its TLSA records, and sessions whose domain was not told of them itself (R3). */
static unsigned
scope_of(const struct tlsrpt_scope *scope, const struct tls_fact *fact)
{
	if (!scope->is_host)
		return OF_TLSA | OF_STS;
	return scope->is_told == NULL || !scope->is_told(scope->arg, fact->text[FACT_DOMAIN]) ? OF_TLSA : 0;
}

/* What has failed by none of the policies that are there, but by a rule of ours, has failed nevertheless: in all of them. */
static void
session_count(struct turn *turn)
{
	const struct tls_fact *fact = turn->fact;
	bool has_failed = !span_is_empty(turn->reason);
	unsigned there = policies_there(fact, turn->reason), meant = has_failed ? policies_meant(fact, turn->reason) & there : 0;
	unsigned scope = scope_of(turn->scope, fact);

	if (has_failed && meant == 0)
		meant = there;
	if (there & scope & OF_TLSA)
		policy_count(turn, TLSRPT_POLICY_TLSA, meant & OF_TLSA, fact->text[FACT_TLSA_FAULT], fact->text[FACT_PEER]);
	if (there & scope & OF_STS)
		policy_count(turn, TLSRPT_POLICY_STS, meant & OF_STS, fact->text[FACT_STS_FAULT], SPAN(""));
	if (there == 0 && !turn->scope->is_host)
		policy_count(turn, TLSRPT_POLICY_NONE, has_failed, SPAN(""), SPAN(""));
}

/* A host saw one connection, whosever mail came by it; each domain has a session of its own (R11). */
static uint64_t
sessions_of(const struct tlsrpt_scope *scope, const struct tls_fact *fact)
{
	return scope->is_host ? fact_host_sessions(fact) : fact->sessions;
}

static void
on_fact(void *arg, const struct tls_fact *fact)
{
	struct turn *turn = arg;

	turn->fact = fact;
	turn->is_observed = span_is_empty(fact->text[FACT_REASON]);
	turn->reason = fact->text[turn->is_observed ? FACT_OBSERVED : FACT_REASON];
	if (fact->is_own || sessions_of(turn->scope, fact) == 0 || (!span_is_empty(turn->reason) && *reason_find(turn->reason)->report == '\0'))
		return;
	session_count(turn);
}

/*
 * "2026-11-28.example.org": the same for the same day and domain, however often it is made. Another relay that reports from the same
 * domain says the same day and name: behind a "+", which is in no name, is whose report it is, where the submitter does not say so.
 */
static struct span
id_make(struct arena *arena, const struct conf_report *conf, uint32_t day, const struct tlsrpt_report *report)
{
	char text[TLSRPT_ID_OCTETS], date[DATE_TEXT];
	bool is_said = span_equal_nocase(span_of(conf->hostname), tlsrpt_json_submitter(report));
	int length = snprintf(text, sizeof(text), "%s%s.%.*s%s%s", date_format_end((int64_t)(day + 1) * LEDGER_DAY_S, date),
	    span_is_empty(report->part) ? "" : "+tlsa", SPAN_ARG(report->domain), is_said ? "" : "+", is_said ? "" : conf->hostname);

	return arena_span(arena, span_make(text, (size_t)length < sizeof(text) ? (size_t)length : sizeof(text) - 1));
}

bool
tlsrpt_gather(struct ledger *ledger, const struct conf_report *conf, const struct tlsrpt_scope *scope, uint32_t day, struct arena *arena,
    struct tlsrpt_report *report)
{
	const struct ledger_filter filter = { .has_direction = true, .direction = FACT_OUT, .first_day = day, .last_day = day,
		.domain = scope->is_host ? SPAN("") : scope->name, .base = scope->is_host ? scope->name : SPAN("") };
	struct turn turn = { .gathering = { .arena = arena, .domain = scope->name }, .scope = scope, .report = report };

	/* A reload may come before all of it has been said. */
	*report = (struct tlsrpt_report){ .organization = arena_span(arena, span_of(conf->tlsrpt_organization)),
		.contact = arena_span(arena, span_of(conf->tlsrpt_contact)),
		.part = scope->is_host ? SPAN("tlsa") : SPAN(""), .domain = scope->name, .is_host = scope->is_host,
		.begin_s = (int64_t)day * LEDGER_DAY_S, .end_s = (int64_t)(day + 1) * LEDGER_DAY_S - 1 };
	report->id = id_make(arena, conf, day, report);
	ledger_each(ledger, &filter, on_fact, &turn);
	report->policies = turn.gathering.policies;
	return report->policies_count > 0;
}
