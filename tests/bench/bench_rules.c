/* What decisions cost: which route, what a next hop must prove, when to try again; an envelope into octets and back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "bench.h"
#include "mail/envelope.h"
#include "mail/route.h"
#include "policy/decide.h"
#include "queue/schedule.h"

#define PATTERNS 100000

static struct route_table *table;

static void
must(bool good)
{
	if (!good)
		abort();
}

static void
table_make(void)
{
	char pattern[64];

	table = route_table_new();
	for (unsigned i = 0; i < PATTERNS; i++) {
		snprintf(pattern, sizeof(pattern), "%sdomain%u.example", i % 2 == 0 ? "" : ".", i);
		must(route_table_add(table, span_of(pattern), SPAN("smtp:relay.example")) == NULL);
	}
}

static void
route_find(const char *before, const char *behind, uint64_t count)
{
	char name[64];

	for (uint64_t i = 0; i < count; i++) {
		int length = snprintf(name, sizeof(name), "%s%u%s", before, (unsigned)(i * 2654435761U % PATTERNS), behind);
		struct span route = route_table_find(table, span_make(name, (size_t)length));

		bench_keep(route.data);
	}
}

static void
route_exact(uint64_t count)
{
	route_find("domain", ".example", count);
}

static void
route_below(uint64_t count)
{
	route_find("a.host.below.domain", ".example", count);
}

static void
route_none(uint64_t count)
{
	route_find("elsewhere", ".invalid", count);
}

/* A domain with everything: a policy, a ratchet, TLSA records. */
static void
decide_with(uint64_t count, const struct knowledge *knowledge)
{
	static const struct dns_tlsa record = { 3, 1, 1, { "0123456789abcdef0123456789abcdef", 32 } };

	for (uint64_t i = 0; i < count; i++) {
		struct facts facts = { .domain = "dest.example", .host = "mx.dest.example", .source = (enum name_source)(i % NAME_SOURCES),
			.level = (enum policy_level)(i / NAME_SOURCES % POLICY_LEVELS), .knowledge = knowledge };
		struct decision decision;

		if (knowledge != NULL && i % 2 == 0) {
			facts.dane = (struct dane_set){ DANE_USABLE, &record, 1 };
			facts.dane_base = facts.host;
			facts.dane_digest = "0123456789abcdef0123456789abcdef";
		}
		decide(&facts, &decision);
		bench_keep(&decision);
	}
}

static void
decide_bare(uint64_t count)
{
	decide_with(count, NULL);
}

static void
decide_full(uint64_t count)
{
	static struct span patterns[] = { SPAN("*.elsewhere.example"), SPAN("*.other.example"), SPAN("*.dest.example") },
	    hosts[] = { SPAN("mx2.dest.example"), SPAN("mx.dest.example") };
	static const struct knowledge known = { .missing = SPAN(""), .has_sts = true, .sts = { STS_ENFORCE, 604800, patterns, 3 },
		.has_ratchet = true, .ratchet = POLICY_VERIFY, .ratchet_mx = hosts, .ratchet_mx_count = 2 };

	decide_with(count, &known);
}

static void
schedule_retry(uint64_t count)
{
	int64_t sum = 0;

	for (uint64_t i = 0; i < count; i++)
		sum += schedule_retry_ms((unsigned)(i % 20) + 1, 300, 14400, (uint32_t)(i * 2654435761U));
	bench_keep(&sum);
}

static struct recipient recipient = { .address = SPAN("recipient@dest.example") };
static const struct envelope sample = { .mid = { 1, 2 }, .arrival_ms = 1795341600000, .sender = SPAN("sender@client.example"),
	.client_name = SPAN("client.example"), .client_uid = UINT32_MAX, .body = { 4096, 4096, 1, { 0 } }, .recipients = &recipient,
	.recipients_count = 1 };

static void
envelope_both_ways(uint64_t count)
{
	struct buf octets;

	buf_init(&octets, 4096);
	for (uint64_t i = 0; i < count; i++) {
		struct arena *arena = arena_new();
		struct envelope envelope;

		buf_clear(&octets);
		envelope_encode(&octets, &sample);
		must(envelope_decode(buf_span(&octets), arena, &envelope));
		arena_free(&arena);
	}
	buf_clear(&octets);
}

static const struct bench benches[] = {
	{ .name = "route: exact name among 100,000", .run = route_exact },
	{ .name = "route: name below a pattern, 100,000", .run = route_below },
	{ .name = "route: none matches, 100,000", .run = route_none },
	{ .name = "policy: decide about a host", .run = decide_bare },
	{ .name = "policy: decide, with all there may be", .run = decide_full },
	{ .name = "schedule: next try", .run = schedule_retry },
	{ .name = "envelope: encode and decode", .run = envelope_both_ways },
	{ .name = NULL }
};

int
main(int argc, char **argv)
{
	table_make();
	return bench_main(argc, argv, benches);
}
