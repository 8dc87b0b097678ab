/* Plans: order, keys, holders. */
#include "relay/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/random.h"
#include "loop/clock.h"

struct plan *
plan_new(void)
{
	struct plan *plan = must_alloc(sizeof(*plan));

	plan->holders = 1;
	plan->arena = arena_new();
	return plan;
}

struct plan *
plan_hold(struct plan *plan)
{
	plan->holders++;
	return plan;
}

void
plan_release(struct plan **handle)
{
	struct plan *plan = *handle;

	*handle = NULL;
	if (plan == NULL || --plan->holders > 0)
		return;
	plan_release(&plan->base);
	arena_free(&plan->arena);
	free(plan);
}

char *
plan_key(const struct plan *plan, const struct candidate *candidate, const struct proof *proof, char out[PLAN_KEY])
{
	char address[IP_TEXT], digest[PROOF_DIGEST];

	if (candidate->host == NULL)
		snprintf(out, PLAN_KEY, "lmtp %.*s", SPAN_ARG(plan->route.host));
	else
		snprintf(out, PLAN_KEY, "%s %s %u %s", plan->route.scheme == ROUTE_SMTPS ? "smtps" : "smtp",
		    ip_format(candidate->ip, address), plan->port, proof_digest(proof, digest));
	return out;
}

/* Put the hosts of one preference into any order; the addresses of a host stay together, as the resolver gave them. */
static void
hosts_shuffle(const struct plan_host **hosts, unsigned count)
{
	for (unsigned i = count; i > 1; i--) {
		unsigned other = random_below(i);
		const struct plan_host *host = hosts[i - 1];

		hosts[i - 1] = hosts[other];
		hosts[other] = host;
	}
}

static unsigned
host_add(const struct plan *plan, const struct plan_host *host, int64_t now_ms, uint16_t *order, unsigned count, unsigned room)
{
	for (unsigned i = 0; i < plan->count && count < room; i++)
		if (plan->candidates[i].host == host && plan->candidates[i].rest_until_ms <= now_ms)
			order[count++] = (uint16_t)i;
	return count;
}

static uint16_t
candidate_preference(const struct candidate *candidate)
{
	return candidate->host == NULL ? 0 : candidate->host->preference;
}

bool
plan_holds(const struct plan *plan)
{
	return plan->policy_until_s == 0 || plan->policy_until_s > clock_wall();
}

unsigned
plan_order(const struct plan *plan, int64_t now_ms, uint16_t *order, unsigned room)
{
	const struct plan_host *hosts[PLAN_CANDIDATES];
	unsigned ordered = 0;

	for (unsigned i = 0; i < plan->count && ordered < room;) {
		uint16_t preference = candidate_preference(&plan->candidates[i]);
		unsigned hosts_count = 0;

		for (; i < plan->count && candidate_preference(&plan->candidates[i]) == preference; i++)
			if (hosts_count == 0 || hosts[hosts_count - 1] != plan->candidates[i].host)
				hosts[hosts_count++] = plan->candidates[i].host;
		hosts_shuffle(hosts, hosts_count);
		for (unsigned k = 0; k < hosts_count; k++)
			ordered = host_add(plan, hosts[k], now_ms, order, ordered, room);
	}
	return ordered;
}

void
plan_end(struct plan *plan)
{
	plan->policy_until_s = 1;
}

bool
plan_is_good(const struct plan *plan)
{
	return plan->expires_ms > clock_ms() && plan_holds(plan);
}

/* Candidates stand by preference. */
bool
plan_has_better(const struct plan *plan, const struct plan_host *host)
{
	return host->preference > plan->candidates[0].host->preference || (plan->has_missed && host->preference > plan->missed);
}

const char *
plan_refusal(const struct plan_host *host, char out[PLAN_REFUSAL])
{
	const char *reason = host->decision.demand.reason;

	if (strcmp(reason, "dane-lookup-failed") == 0)
		return host->facts.dane.why;
	if (strcmp(reason, "sts-dns-failed") != 0)
		return host->facts.host;
	snprintf(out, PLAN_REFUSAL, "TXT of _mta-sts.%s", host->facts.domain);
	return out;
}

int64_t
plan_rest_ends(const struct plan *plan)
{
	int64_t first = INT64_MAX;

	for (unsigned i = 0; i < plan->count; i++)
		if (plan->candidates[i].rest_until_ms < first)
			first = plan->candidates[i].rest_until_ms;
	return first;
}

void
plan_inherit_rests(struct plan *plan, const struct plan *old)
{
	plan->failure = old->failure;
	for (unsigned i = 0; i < plan->count; i++)
		for (unsigned k = 0; k < old->count; k++)
			if (ip_equal(plan->candidates[i].ip, old->candidates[k].ip))
				plan->candidates[i].rest_until_ms = old->candidates[k].rest_until_ms;
}
