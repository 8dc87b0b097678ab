/* A look at what is due, twice a minute. As many fetches are begun as the fetcher is not busy with already. */
#include "policy/refresh.h"

#include "base/log.h"
#include "base/random.h"
#include "loop/clock.h"
#include "policy/changes.h"
#include "policy/fetch.h"
#include "policy/host_store.h"
#include "policy/observed.h"
#include "policy/ratchet_store.h"
#include "policy/seek.h"

#define CLAIM_S 900		/* one that was begun is not looked at again before, whatever becomes of this process */
#define EXPIRE_MOST 500		/* ratchets in one tick */
#define HOUSEKEEPING_TICKS 120

static void
fetch_again(struct policy *policy, struct span name)
{
	struct domain *domain = domain_get(policy, name);

	if (!domain->has_sts)
		return;
	domain->sts.due_s = clock_wall() + CLAIM_S;
	sts_store_put_trouble(policy->store, name, &domain->sts);
	(void)seek_start(domain, SEEK_FETCHED, NULL);
}

static void
fetch_due(struct policy *policy)
{
	uint64_t most = policy->conf->fetches;
	struct arena *arena = arena_new();
	struct span *domains = arena_alloc(arena, most * sizeof(*domains));
	struct fetcher_load load;
	uint32_t count;

	fetcher_load(policy->fetcher, &load);
	count = load.waiting >= most ? 0 :
	    sts_store_due(policy->store, clock_wall(), (uint32_t)(most - load.waiting), arena, domains);
	for (uint32_t i = 0; i < count; i++)
		fetch_again(policy, domains[i]);
	arena_free(&arena);
}

static void
on_ratchet_ended(void *arg, struct span domain, enum policy_level level)
{
	struct arena *arena = arena_new();

	changes_note(arg, &(struct change){ .domain = arena_copy(arena, domain), .what = "ratchet", .was = policy_level_name(level),
	    .now = "", .why = "no delivery has renewed it", .is_weaker = true, .is_told = true });
	arena_free(&arena);
}

static void
keep_house(struct policy *policy)
{
	uint64_t evicted = sts_store_evict(policy->store, STS_STORE_DOMAINS) +
	    ratchet_store_evict(policy->store, RATCHET_STORE_DOMAINS);

	host_store_expire(policy->store, clock_wall());
	observed_expire(policy->store, clock_wall());
	if (evicted > 0)
		log_warn("policy-store-full", LOG_NUMBER("forgotten", evicted),
		    LOG_TEXT("what", "the domains asked for the longest ago, those that enforce nothing before others"));
}

static void
on_tick(void *arg)
{
	struct policy *policy = arg;

	if (policy->conf->mta_sts)
		fetch_due(policy);
	(void)host_store_evict(policy->store, HOST_STORE_HOSTS);
	(void)ratchet_store_expire(policy->store, &policy->ratchet, clock_wall(), EXPIRE_MOST, on_ratchet_ended, policy);
	if (policy->ticks++ % HOUSEKEEPING_TICKS == 0)
		keep_house(policy);
	timer_start(policy->refresh, REFRESH_TICK_MS);
}

void
refresh_start(struct policy *policy)
{
	if (policy->refresh != NULL)
		return;
	policy->refresh = timer_new(on_tick, policy);
	timer_start(policy->refresh, 1000 + random_below(REFRESH_TICK_MS));
}

void
refresh_stop(struct policy *policy)
{
	timer_free(&policy->refresh);
}
