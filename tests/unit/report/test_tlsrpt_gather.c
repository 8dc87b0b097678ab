/* Tests of src/report/tlsrpt_gather.c: what was counted, by policy and by what failed (RFC 8460 4). */
#include "report/tlsrpt_gather.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/fake/fake.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#define DAY ((uint32_t)(FAKE_WALL_START / LEDGER_DAY_S))
#define STS "version: STSv1\nmode: enforce\nmx: *.a.example\nmax_age: 86400"
#define TLSA "3 1 1 00FF"

static char folder[SCRATCH_PATH], organization[] = "relay", contact[] = "postmaster@relay.example", hostname[] = "relay.example";
static const struct conf_report conf = { .hostname = hostname, .tlsrpt_organization = organization, .tlsrpt_contact = contact };
static struct ledger *ledger;
static struct arena *arena;
static struct tlsrpt_report report;

/* What a session was like; empty fields say nothing. */
struct seen {
	const char *domain, *peer, *ip, *reason, *observed, *detail, *published, *policy;
	uint64_t sessions;
	int day;			/* 0 = the one asked for, -1 = the one before */
	bool is_own, is_inbound, is_testing, is_by_dane, is_shared, is_resumed;
	const char *tlsa, *base, *sts_fault, *tlsa_fault, *source, *helo;	/* tlsa: beside `policy`, where that is of MTA-STS */
};

static struct span
text_of(const char *text)
{
	return text == NULL ? SPAN("") : span_of(text);
}

static void
add(const struct seen *seen, size_t count)
{
	static uint64_t sender;
	struct tls_fact facts[20];
	const struct facts_batch batch = { ++sender, 1, facts, (uint32_t)count };

	ck_assert_uint_le(count, 20);
	for (size_t i = 0; i < count; i++) {
		facts[i] = (struct tls_fact){ .direction = seen[i].is_inbound ? FACT_IN : FACT_OUT, .day = DAY + (uint32_t)seen[i].day,
			.is_own = seen[i].is_own, .is_resumed = seen[i].is_resumed, .is_testing = seen[i].is_testing,
			.is_shared = seen[i].is_shared,
			.is_by_dane = seen[i].is_by_dane || span_equal(text_of(seen[i].published), SPAN("tlsa")), .sessions = seen[i].sessions, .messages = 9 };
		facts[i].text[FACT_DOMAIN] = text_of(seen[i].domain);
		facts[i].text[FACT_PEER] = text_of(seen[i].peer);
		facts[i].text[FACT_IP] = text_of(seen[i].ip);
		facts[i].text[FACT_REASON] = text_of(seen[i].reason);
		facts[i].text[FACT_OBSERVED] = text_of(seen[i].observed);
		facts[i].text[FACT_DETAIL] = text_of(seen[i].detail);
		facts[i].text[FACT_PUBLISHED] = text_of(seen[i].published);
		facts[i].text[FACT_TLSA] = text_of(seen[i].tlsa);
		facts[i].text[span_equal(text_of(seen[i].published), SPAN("tlsa")) ? FACT_TLSA : FACT_STS] = text_of(seen[i].policy);
		facts[i].text[FACT_BASE] = text_of(seen[i].base);
		facts[i].text[FACT_STS_FAULT] = text_of(seen[i].sts_fault);
		facts[i].text[FACT_TLSA_FAULT] = text_of(seen[i].tlsa_fault);
		facts[i].text[FACT_SOURCE] = text_of(seen[i].source);
		facts[i].text[FACT_HELO] = text_of(seen[i].helo);
	}
	ck_assert(ledger_take(ledger, &batch));
}

static void
begin(void)
{
	char why[300];

	fake_reset();
	scratch_make(folder);
	ledger = ledger_open(folder, why, sizeof(why));
	ck_assert_msg(ledger != NULL, "%s", why);
	arena = arena_new();
}

static void
end(void)
{
	ledger_close(&ledger);
	arena_free(&arena);
	fake_settle();
	scratch_remove(folder);
	fake_finish();
}

static bool
gather(const char *domain)
{
	const struct tlsrpt_scope scope = { .name = span_of(domain) };

	return tlsrpt_gather(ledger, &conf, &scope, DAY, arena, &report);
}

/* The one entry of this type and domain. */
static const struct tlsrpt_policy *
policy(enum tlsrpt_policy_type type, const char *domain)
{
	const struct tlsrpt_policy *found = NULL;

	for (uint32_t i = 0; i < report.policies_count; i++)
		if (report.policies[i].type == type && span_equal(report.policies[i].domain, span_of(domain))) {
			ck_assert_ptr_null(found);
			found = &report.policies[i];
		}
	ck_assert_msg(found != NULL, "no entry of type %d for %s", type, domain);
	return found;
}

static uint64_t
failed_so(const struct tlsrpt_policy *policy, const char *reason, const char *peer)
{
	uint64_t sessions = 0;

	for (uint32_t i = 0; i < policy->failures_count; i++)
		if (span_equal(policy->failures[i].reason, span_of(reason)) && span_equal(policy->failures[i].mx_host, span_of(peer)))
			sessions += policy->failures[i].sessions;
	return sessions;
}

/* R11, R12: each session once, in the entry of the policy that counted, be its TLS anew or resumed (peers.md 2.10). */
START_TEST(sessions_are_counted_by_the_policy_that_counted)
{
	static const struct seen seen[] = {
		{ "a.example", "mx.a.example", "192.0.2.1", "", NULL, NULL, "sts", STS, .sessions = 7 },
		{ "a.example", "mx2.a.example", "192.0.2.2", "", NULL, NULL, "sts", STS, .sessions = 2, .is_resumed = true },
		{ "a.example", "mx.a.example", "192.0.2.1", "certificate-expired", NULL, "ended yesterday", "sts", STS, .sessions = 3 },
		{ "a.example", "dane.b.example", "192.0.2.3", "", NULL, NULL, "tlsa", TLSA, .sessions = 4 },
		{ "a.example", "dane.b.example", "192.0.2.3", "dane-mismatch", NULL, NULL, "tlsa", TLSA, .sessions = 1 },
		{ "a.example", "old.a.example", "192.0.2.4", "starttls-not-supported", NULL, NULL, "", "", .sessions = 5 },
		{ "other.example", "mx.a.example", "192.0.2.1", "", NULL, NULL, "sts", STS, .sessions = 100 },
	};
	const struct tlsrpt_policy *sts, *tlsa, *none;

	begin();
	add(seen, sizeof(seen) / sizeof(*seen));
	ck_assert(gather("a.example"));
	ck_assert_uint_eq(report.policies_count, 3);
	ck_assert(!report.is_host);
	sts = policy(TLSRPT_POLICY_STS, "a.example");
	ck_assert_uint_eq(sts->successful, 9);
	ck_assert_uint_eq(sts->failed, 3);
	ck_assert_uint_eq(sts->strings_count, 4);
	ck_span_eq(sts->strings[1], "mode: enforce");
	ck_assert_uint_eq(sts->mx_hosts_count, 1);
	ck_span_eq(sts->mx_hosts[0], "*.a.example");
	ck_assert_uint_eq(sts->failures_count, 1);
	ck_span_eq(sts->failures[0].detail, "ended yesterday");
	/* R3: by DANE the entry is the host's. */
	tlsa = policy(TLSRPT_POLICY_TLSA, "dane.b.example");
	ck_assert_uint_eq(tlsa->successful, 4);
	ck_assert_uint_eq(failed_so(tlsa, "dane-mismatch", "dane.b.example"), 1);
	ck_span_eq(tlsa->strings[0], TLSA);
	none = policy(TLSRPT_POLICY_NONE, "a.example");
	ck_assert_uint_eq(none->successful, 0);
	ck_assert_uint_eq(none->failed, 5);
	ck_assert_uint_eq(none->strings_count, 0);
	ck_span_eq(report.domain, "a.example");
	ck_assert_int_eq(report.begin_s, (int64_t)DAY * LEDGER_DAY_S);
	ck_assert_int_eq(report.end_s, report.begin_s + 86399);
	ck_assert_ptr_nonnull(strstr(arena_copy(arena, report.id), ".a.example"));
	end();
}
END_TEST

/* R10, R13, R35, R37, and RFC 8461 5: what is in a report, and what is not. */
START_TEST(only_what_says_something_of_tls_is_counted)
{
	static const struct seen left_out[] = {
		{ "a.example", "mx.a.example", "192.0.2.1", "connect-timeout", .sessions = 1 },
		{ "a.example", "mx.a.example", "192.0.2.1", "greeting-refused", .sessions = 1 },
		{ "a.example", "mx.a.example", "192.0.2.1", "", .sessions = 1, .is_own = true },
		{ "a.example", "mx.a.example", "192.0.2.1", "certificate-expired", .sessions = 1, .is_own = true },
		{ "a.example", "mx.a.example", "192.0.2.1", "", .sessions = 0 },
		{ "a.example", "mx.a.example", "192.0.2.1", "", .sessions = 1, .day = -1 },
		{ "a.example", "mx.a.example", "192.0.2.1", "", .sessions = 1, .day = 1 },
		{ "a.example", "client.example", "192.0.2.9", "plaintext-inbound", .sessions = 1, .is_inbound = true },
	};
	static const struct seen testing[] = {
		{ "a.example", "mx.a.example", "192.0.2.1", "", "sts-mx-mismatch", NULL, "sts", STS, .sessions = 6, .is_testing = true },
		{ "a.example", "mx.a.example", "192.0.2.1", "", "", NULL, "sts", STS, .sessions = 2, .is_testing = true },
	};
	const struct tlsrpt_policy *sts;

	begin();
	add(left_out, sizeof(left_out) / sizeof(*left_out));
	ck_assert(!gather("a.example"));
	add(testing, sizeof(testing) / sizeof(*testing));
	ck_assert(gather("a.example"));
	ck_assert_uint_eq(report.policies_count, 1);
	sts = policy(TLSRPT_POLICY_STS, "a.example");
	ck_assert_uint_eq(sts->successful, 2);
	ck_assert_uint_eq(sts->failed, 6);
	ck_assert_uint_eq(failed_so(sts, "sts-mx-mismatch", "mx.a.example"), 6);
	end();
}
END_TEST

/* R12, R16: both policies are entries; what fails one of them fails that one. */
#define BOTH(...) { "a.example", "mx.a.example", "192.0.2.1", __VA_ARGS__, .published = "sts+tlsa", .policy = STS, .tlsa = TLSA }

START_TEST(two_policies_are_two_entries_and_each_fails_by_its_own)
{
	static const struct seen seen[] = {
		BOTH("", .sessions = 5, .is_by_dane = true),
		BOTH("dane-mismatch", .sessions = 20, .is_by_dane = true),
		BOTH("", .observed = "sts-mx-mismatch", .sessions = 300, .is_by_dane = true),
		BOTH("starttls-not-supported", .sessions = 4000, .is_by_dane = true),
		BOTH("certificate-expired", .sessions = 50000, .is_by_dane = true),
		BOTH("certificate-expired", .detail = "by authorities", .sessions = 600000),
		BOTH("ratchet-mx-mismatch", .sessions = 7000000),
		BOTH("", .observed = "dane-mismatch", .sessions = 80000000, .is_by_dane = true),
		BOTH("connect-timeout", .sessions = 1),
		BOTH("", .sessions = 1, .is_own = true),
	};
	const struct tlsrpt_policy *sts, *tlsa;

	begin();
	add(seen, sizeof(seen) / sizeof(*seen));
	ck_assert(gather("a.example"));
	ck_assert_uint_eq(report.policies_count, 2);
	tlsa = policy(TLSRPT_POLICY_TLSA, "mx.a.example");
	ck_assert_uint_eq(tlsa->successful, 305);
	ck_assert_uint_eq(tlsa->failed, 87054020);
	ck_assert_uint_eq(failed_so(tlsa, "dane-mismatch", "mx.a.example"), 80000020);
	ck_assert_uint_eq(tlsa->strings_count, 1);
	ck_span_eq(tlsa->strings[0], TLSA);
	ck_assert_uint_eq(tlsa->mx_hosts_count, 0);
	sts = policy(TLSRPT_POLICY_STS, "a.example");
	ck_assert_uint_eq(sts->successful, 80000005);
	ck_assert_uint_eq(sts->failed, 7604300);
	ck_assert_uint_eq(failed_so(sts, "sts-mx-mismatch", "mx.a.example"), 300);
	ck_assert_uint_eq(failed_so(sts, "certificate-expired", "mx.a.example"), 600000);
	ck_assert_uint_eq(sts->strings_count, 4);
	ck_span_eq(sts->mx_hosts[0], "*.a.example");
	end();
}
END_TEST

/* R14, R11: a policy that could not be had, or not be used, is a failure, whatever became of the mail; two faults in one session are one. */
START_TEST(what_could_not_be_had_has_failed)
{
	static const char sts_fault[] = "sts-policy-fetch-error: another status: 404";
	static const struct seen seen[] = {
		{ "a.example", "mx.a.example", "192.0.2.1", "", .sts_fault = sts_fault, .sessions = 3 },
		{ "a.example", "mx2.a.example", "192.0.2.2", "", .sts_fault = sts_fault, .sessions = 4 },
		{ "a.example", "mx.a.example", "192.0.2.1", "starttls-not-supported", .sts_fault = sts_fault, .sessions = 10 },
		{ "a.example", "mx.a.example", "192.0.2.1", "", .sts_fault = "sts-policy-invalid: no mode", .policy = "mode: maybe\n<x>", .sessions = 1 },
		{ "a.example", "mx.a.example", "192.0.2.1", "", .published = "sts", .policy = STS, .sts_fault = "sts-webpki-invalid: expired", .sessions = 2 },
		{ "a.example", "mx3.a.example", "192.0.2.3", "", .tlsa_fault = "dane-unusable", .sessions = 6 },
		{ "a.example", "mx4.a.example", "192.0.2.4", "dane-lookup-failed", .detail = "mx4.a.example", .tlsa_fault = "dane-lookup-failed", .sessions = 7 },
		{ "a.example", "mx5.a.example", "192.0.2.5", "dane-required", .sessions = 8 },
		{ "a.example", "mx.a.example", "192.0.2.1", "connect-timeout", .sts_fault = sts_fault, .sessions = 1 },
	};
	unsigned entries = 0;

	begin();
	add(seen, sizeof(seen) / sizeof(*seen));
	ck_assert(gather("a.example"));
	ck_assert_uint_eq(report.policies_count, 6);
	for (uint32_t i = 0; i < report.policies_count; i++) {
		const struct tlsrpt_policy *entry = &report.policies[i];

		ck_assert_uint_eq(entry->successful, 0);
		if (entry->type == TLSRPT_POLICY_STS && entry->strings_count == 0) {
			ck_assert_uint_eq(entry->failed, 17);
			ck_assert_uint_eq(entry->failures_count, 2);
			ck_assert_uint_eq(failed_so(entry, "sts-policy-fetch-error", ""), 17);
			ck_assert_uint_eq(failed_so(entry, "starttls-not-supported", "mx.a.example"), 10);
			entries++;
		} else if (entry->type == TLSRPT_POLICY_STS && entry->strings_count == 2) {
			ck_span_eq(entry->strings[1], "<x>");
			ck_span_eq(entry->failures[0].detail, "no mode");
			ck_assert_uint_eq(failed_so(entry, "sts-policy-invalid", ""), 1);
			entries++;
		} else if (entry->type == TLSRPT_POLICY_STS) {
			ck_assert_uint_eq(entry->strings_count, 4);
			ck_assert_uint_eq(failed_so(entry, "sts-webpki-invalid", ""), 2);
			entries++;
		}
	}
	ck_assert_uint_eq(entries, 3);
	ck_assert_uint_eq(failed_so(policy(TLSRPT_POLICY_TLSA, "mx3.a.example"), "dane-unusable", "mx3.a.example"), 6);
	ck_assert_uint_eq(policy(TLSRPT_POLICY_TLSA, "mx4.a.example")->failures_count, 1);
	ck_assert_uint_eq(failed_so(policy(TLSRPT_POLICY_TLSA, "mx4.a.example"), "dane-lookup-failed", "mx4.a.example"), 7);
	ck_assert_uint_eq(failed_so(policy(TLSRPT_POLICY_TLSA, "mx5.a.example"), "dane-required", "mx5.a.example"), 8);
	end();
}
END_TEST

/* R3: the name that the records stand under; R15: from where, to whom. RFC 8460 4: a domain's share of a connection is its session. */
START_TEST(where_and_whose_it_was_is_kept)
{
	static const struct seen seen[] = {
		{ "a.example", "alias.a.example", "192.0.2.1", "", .published = "tlsa", .policy = TLSA, .base = "real.b.example", .sessions = 1 },
		{ "a.example", "mx.a.example", "192.0.2.1", "peer-alert", .source = "198.51.100.1", .helo = "one", .sessions = 1 },
		{ "a.example", "mx.a.example", "192.0.2.1", "peer-alert", .source = "2001:db8::1", .helo = "one", .sessions = 2 },
		{ "a.example", "mx.a.example", "192.0.2.1", "peer-alert", .source = "2001:db8::1", .helo = "two", .sessions = 4 },
		{ "a.example", "mx.a.example", "192.0.2.1", "", .sessions = 16, .is_shared = true },
	};
	const struct tlsrpt_policy *none;
	bool found = false;

	begin();
	add(seen, sizeof(seen) / sizeof(*seen));
	ck_assert(gather("a.example"));
	ck_assert_uint_eq(policy(TLSRPT_POLICY_TLSA, "real.b.example")->successful, 1);
	none = policy(TLSRPT_POLICY_NONE, "a.example");
	ck_assert_uint_eq(none->successful, 16);
	ck_assert_uint_eq(none->failures_count, 3);
	for (uint32_t i = 0; i < 3; i++)
		if (none->failures[i].sessions == 4) {
			ck_span_eq(none->failures[i].mx_helo, "two");
			ck_assert_uint_eq(none->failures[i].sending_mta.family, 6);
			found = true;
		}
	ck_assert(found);
	end();
}
END_TEST

static bool
was_told(void *arg, struct span domain)
{
	(void)arg;
	return span_equal(domain, SPAN("told.example"));
}

/* R3: a report to the name that records stand under tells of these alone, whosever host it is, and not what a domain was told itself. */
START_TEST(the_owner_of_records_is_told_of_them_alone)
{
	static const struct seen seen[] = {
		{ "a.example", "mx.a.example", "192.0.2.1", "", .published = "sts+tlsa", .policy = STS, .tlsa = TLSA, .base = "real.example", .sessions = 1 },
		{ "b.example", "mx.b.example", "192.0.2.1", "", .published = "tlsa", .policy = TLSA, .base = "real.example", .sessions = 2 },
		{ "b.example", "mx.b.example", "192.0.2.1", "", "sts-mx-mismatch", .published = "sts+tlsa", .policy = STS, .tlsa = TLSA,
		    .base = "real.example", .sessions = 4 },
		{ "b.example", "real.example", "192.0.2.1", "starttls-not-supported", .sts_fault = "sts-policy-invalid: x", .published = "tlsa",
		    .policy = TLSA, .base = "real.example", .sessions = 8 },
		{ "told.example", "real.example", "192.0.2.1", "", .published = "tlsa", .policy = TLSA, .base = "real.example", .sessions = 16 },
		{ "b.example", "real.example", "192.0.2.1", "", .sessions = 32 },
		{ "b.example", "mx.b.example", "192.0.2.1", "", .published = "tlsa", .policy = TLSA, .base = "mx.b.example", .sessions = 64 },
	};
	/* Domains whose mail came by a connection that was counted already: theirs, and no other of the host's. */
	static const struct seen shared[] = {
		{ "c.example", "real.example", "192.0.2.1", "", .published = "tlsa", .policy = TLSA, .base = "real.example", .sessions = 128,
		    .is_shared = true },
	};
	const struct tlsrpt_scope scope = { .name = SPAN("real.example"), .is_host = true, .is_told = was_told };

	begin();
	add(seen, sizeof(seen) / sizeof(*seen));
	add(shared, 1);
	ck_assert(tlsrpt_gather(ledger, &conf, &scope, DAY, arena, &report));
	ck_assert(report.is_host);
	ck_assert_uint_eq(report.policies_count, 1);
	ck_assert_uint_eq(policy(TLSRPT_POLICY_TLSA, "real.example")->successful, 7);
	ck_assert_uint_eq(policy(TLSRPT_POLICY_TLSA, "real.example")->failed, 8);
	ck_assert_uint_eq(policy(TLSRPT_POLICY_TLSA, "real.example")->failures_count, 1);
	end();
}
END_TEST

/* Names are as long as they are (RFC 1035 2.3.4), and several relays may report from one domain: each report has an id of its own. */
#define LABEL "a23456789-123456789-123456789-123456789-123456789-123456789-123."

START_TEST(every_report_has_an_id_of_its_own)
{
	static char lent[] = "mx1.relay.example", other[] = "mx2.relay.example";
	static const struct { const char *domain; bool is_host; char *hostname; const char *id; } ids[] = {
		{ "a.example", false, hostname, "2026-03-01.a.example" },
		{ "a.example", true, hostname, "2026-03-01+tlsa.a.example" },
		{ "tlsa.a.example", false, hostname, "2026-03-01.tlsa.a.example" },
		{ "a.example", false, lent, "2026-03-01.a.example+mx1.relay.example" },
		{ "a.example", false, other, "2026-03-01.a.example+mx2.relay.example" },
		{ LABEL "example.net", false, hostname, "2026-03-01." LABEL "example.net" },
		{ LABEL LABEL LABEL "example.net", true, other, "2026-03-01+tlsa." LABEL LABEL LABEL "example.net+mx2.relay.example" },
	};
	struct seen seen = { NULL, "mx.a.example", "192.0.2.1", "", .published = "tlsa", .policy = TLSA, .sessions = 1 };

	begin();
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		const struct tlsrpt_scope scope = { .name = span_of(ids[i].domain), .is_host = ids[i].is_host };
		struct conf_report one = conf;

		one.hostname = ids[i].hostname;
		seen.domain = seen.base = ids[i].domain;
		add(&seen, 1);
		ck_assert(tlsrpt_gather(ledger, &one, &scope, DAY, arena, &report));
		ck_span_eq(report.id, ids[i].id);
		ck_assert_ptr_null(tlsrpt_json_refuse(&report));
	}
	end();
}
END_TEST

/* A policy that changed during the day is two entries; a failure is told apart by reason, words, host and address. */
START_TEST(what_differs_is_told_apart_and_what_does_not_is_added_up)
{
	static const struct seen seen[] = {
		{ "a.example", "mx.a.example", "192.0.2.1", "", NULL, NULL, "sts", STS, .sessions = 1 },
		{ "a.example", "mx.a.example", "192.0.2.1", "", NULL, NULL, "sts", "version: STSv1\nmode: none", .sessions = 1 },
		{ "a.example", "mx.a.example", "192.0.2.1", "peer-alert", NULL, "one", "", "", .sessions = 1 },
		{ "a.example", "mx.a.example", "192.0.2.2", "peer-alert", NULL, "one", "", "", .sessions = 1 },
		{ "a.example", "mx.a.example", "192.0.2.1", "peer-alert", NULL, "two", "", "", .sessions = 1 },
		{ "a.example", "mx.b.example", "192.0.2.1", "peer-alert", NULL, "one", "", "", .sessions = 1 },
	};
	static const struct seen again[] = {
		{ "a.example", "mx.a.example", "192.0.2.1", "peer-alert", NULL, "one", "", "", .sessions = 40, .is_testing = true },
	};

	begin();
	add(seen, sizeof(seen) / sizeof(*seen));
	add(again, 1);
	ck_assert(gather("a.example"));
	ck_assert_uint_eq(report.policies_count, 3);
	ck_assert_uint_eq(policy(TLSRPT_POLICY_NONE, "a.example")->failures_count, 4);
	ck_assert_uint_eq(policy(TLSRPT_POLICY_NONE, "a.example")->failed, 44);
	end();
}
END_TEST

/* Hosts and failures without end: the sum is right, the list is bounded. */
START_TEST(a_day_of_many_failures_is_bounded)
{
	struct seen seen = { "a.example", "mx.a.example", "192.0.2.1", "peer-alert", .sessions = 1 };
	char detail[20], peer[40];

	begin();
	for (int i = 0; i < TLSRPT_FAILURES + 50; i++) {
		snprintf(detail, sizeof(detail), "%d", i);
		seen.detail = detail;
		add(&seen, 1);
	}
	seen = (struct seen){ "a.example", peer, "192.0.2.1", "", .published = "tlsa", .policy = TLSA, .sessions = 1 };
	for (int i = 0; i < TLSRPT_POLICIES + 5; i++) {
		snprintf(peer, sizeof(peer), "mx%d.a.example", i);
		add(&seen, 1);
	}
	ck_assert(gather("a.example"));
	ck_assert_uint_eq(report.policies_count, TLSRPT_POLICIES);
	ck_assert_uint_eq(policy(TLSRPT_POLICY_NONE, "a.example")->failures_count, TLSRPT_FAILURES);
	ck_assert_uint_eq(policy(TLSRPT_POLICY_NONE, "a.example")->failed, TLSRPT_FAILURES + 50);
	end();
}
END_TEST

UNIT_MAIN("tlsrpt_gather", sessions_are_counted_by_the_policy_that_counted, only_what_says_something_of_tls_is_counted,
    two_policies_are_two_entries_and_each_fails_by_its_own, what_could_not_be_had_has_failed, where_and_whose_it_was_is_kept,
    the_owner_of_records_is_told_of_them_alone, every_report_has_an_id_of_its_own,
    what_differs_is_told_apart_and_what_does_not_is_added_up, a_day_of_many_failures_is_bounded)
