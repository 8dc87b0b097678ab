/* What master says to this room, in rows; starting and stopping. */
#include "policy/room.h"

#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "loop/clock.h"
#include "metrics/count.h"
#include "metrics/sample.h"
#include "policy/changes.h"
#include "policy/contacts.h"
#include "policy/exceptions.h"
#include "policy/fetch.h"
#include "policy/host_store.h"
#include "policy/operator.h"
#include "policy/peers.h"
#include "policy/preload.h"
#include "policy/ratchet_store.h"
#include "policy/records.h"
#include "policy/refresh.h"
#include "policy/reports.h"
#include "policy/schema.h"
#include "policy/seek.h"

#define WHY_OCTETS 300

static void
keep_again(struct domain *domain)
{
	if (domain->has_sts)
		sts_store_put(domain->policy->store, span_of(domain->name), &domain->sts, domain->sts.fetched.wall_s);
}

/* The store was begun anew: what memory has of it is written again. */
static void
on_replaced(void *arg)
{
	struct policy *policy = arg;

	domain_each(policy, keep_again);
	exceptions_reload(policy->exceptions);
}

/* Without its memory this room would not know what must be enforced: it ends, master says why, and mail waits. */
static void
store_set(struct policy *policy)
{
	char why[WHY_OCTETS] = "";

	if (policy->store != NULL)
		return;
	policy->store = store_open(&policy_store_kind, policy->conf->directory, on_replaced, policy, why, sizeof(why));
	if (policy->store == NULL)
		fatal("%s", why);
	policy->exceptions = exceptions_new(policy->store);
}

/*
 * MTA-STS does not lean on signatures (RFC 8461 3.1, 10.2): what AD is worth is not asked here, and no answer has to wait until it is known.
 * Look-ups of the former resolver are asked anew of the next before it goes.
 */
static void
network_set(struct policy *policy)
{
	const struct conf_policy *conf = policy->conf;
	const struct conf_list *servers = &conf->dns_servers;
	char why[WHY_OCTETS] = "";
	struct resolver *former = policy->resolver;

	policy->resolver = resolver_new((const char *const *)servers->items, servers->count, (int)conf->dns_timeout_ms,
	    (int)conf->dns_tries, why, sizeof(why));
	if (policy->resolver == NULL)
		fatal("DNS: %s", why);
	if (policy->fetcher == NULL)
		policy->fetcher = fetcher_new();
	if (!fetcher_configure(policy->fetcher, conf, policy->resolver, why, sizeof(why)))
		fatal("TLS: %s", why);
	seek_ask_again(policy);
	reports_ask_again(policy);
	records_ask_again(policy);
	resolver_free(&former);
}

static void
on_setup(void *arg, const struct setup *setup, const void *slice)
{
	struct policy *policy = arg;
	const struct conf_policy *conf = slice;

	(void)setup;
	policy->conf = conf;
	policy->ratchet = (struct ratchet_rules){ conf->ratchet, conf->ratchet_successes, conf->ratchet_days, conf->ratchet_period_s };
	store_set(policy);
	network_set(policy);
	exceptions_configure(policy->exceptions, &conf->exceptions);
	refresh_start(policy);
	changes_tell(policy, "");
}

static void
on_peer(void *arg, const struct peer *peer, int fd)
{
	struct policy *policy = arg;

	if (peer->kind == ROOM_REPORT) {
		reports_attach(policy, fd);
		return;
	}
	if (peer->kind == ROOM_INTAKE) {
		records_attach(policy, peer->index, fd);
		return;
	}
	if (peer->kind != ROOM_RELAY) {
		log_error("peer", LOG_TEXT("what", "not a room that policy talks to"), LOG_TEXT("room", room_name(peer->kind)));
		close(fd);
		return;
	}
	peers_add_relay(policy, peer->index, fd);
}

/* What is under way is asked for again by whoever needs it; what was learnt is made durable. */
static void
on_stop(void *arg, uint32_t grace_ms)
{
	struct policy *policy = arg;

	(void)grace_ms;
	refresh_stop(policy);
	(void)store_commit(policy->store);
	room_done();
}

static void
on_request(void *arg, const struct request *request, int fd)
{
	operator_request(arg, request, fd);
}

/* What is in the store, as it was counted last. */
static struct {
	int64_t until_ms;	/* clock_ms() when it is to be counted again */
	struct sts_counts sts;
	uint64_t ratchets, preloaded;
} held;

/* With some hundred thousand domains that takes a while: a hundredth of the time may go into it. */
static void
held_count(const struct policy *policy)
{
	int64_t begun_us = clock_us();

	if (clock_ms() < held.until_ms)
		return;
	sts_store_count(policy->store, &held.sts);
	held.ratchets = ratchet_store_count(policy->store);
	held.preloaded = preload_count(policy->store);
	held.until_ms = clock_ms() + (clock_us() - begun_us) / 10;
}

static void
on_count(void *arg, struct buf *samples)
{
	const struct policy *policy = arg;
	struct fetcher_load load;

	fetcher_load(policy->fetcher, &load);
	held_count(policy);
	count_tell(samples);
	sample_put(samples, METRIC_POLICY_DOMAINS, policy->domains_count);
	sample_put(samples, METRIC_POLICY_QUESTIONS, policy->questions);
	sample_put(samples, METRIC_POLICY_CHANGES, policy->changes);
	for (size_t mode = 0; mode < STS_MODES; mode++)
		sample_put_of(samples, METRIC_POLICY_HELD, mode, held.sts.modes[mode]);
	sample_put(samples, METRIC_POLICY_FAILING, held.sts.failing);
	sample_put(samples, METRIC_POLICY_RATCHETS, held.ratchets);
	sample_put(samples, METRIC_POLICY_PRELOADED, held.preloaded);
	sample_put(samples, METRIC_POLICY_FETCHING, load.running);
	sample_put(samples, METRIC_POLICY_WAITING, load.waiting);
}

static void
on_status(void *arg, struct row *row, struct arena *arena)
{
	const struct policy *policy = arg;
	struct fetcher_load load;
	struct sts_counts counts;

	(void)arena;
	fetcher_load(policy->fetcher, &load);
	sts_store_count(policy->store, &counts);
	row_number(row, "domains", (int64_t)(counts.modes[STS_ENFORCE] + counts.modes[STS_TESTING] + counts.modes[STS_NONE]));
	row_number(row, "enforce", (int64_t)counts.modes[STS_ENFORCE]);
	row_number(row, "testing", (int64_t)counts.modes[STS_TESTING]);
	row_number(row, "none", (int64_t)counts.modes[STS_NONE]);
	row_number(row, "failing", (int64_t)counts.failing);
	row_number(row, "ratchets", (int64_t)ratchet_store_count(policy->store));
	row_number(row, "hosts", (int64_t)host_store_count(policy->store));
	row_number(row, "preloaded", (int64_t)preload_count(policy->store));
	row_number(row, "fetching", load.running);
	row_number(row, "waiting", load.waiting);
	row_number(row, "fetched", (int64_t)load.done);
	row_number(row, "failed", (int64_t)load.failed);
	row_number(row, "questions", (int64_t)policy->questions);
	row_number(row, "changes", (int64_t)policy->changes);
}

const struct room_handler policy_room_handler = {
	.slice = &conf_policy_slice, .on_setup = on_setup, .on_peer = on_peer, .on_stop = on_stop, .on_request = on_request,
	.on_count = on_count, .on_status = on_status
};

void
room_init(struct policy *policy)
{
	*policy = (struct policy){ .store = NULL };
	RB_INIT(&policy->domains);
	TAILQ_INIT(&policy->used);
	LIST_INIT(&policy->relays);
	LIST_INIT(&policy->intakes);
	LIST_INIT(&policy->errands);
	policy->contacts = contacts_new();
	LIST_INIT(&policy->asks);
	LIST_INIT(&policy->tasks);
	LIST_INIT(&policy->warms);
}

void
room_clear(struct policy *policy)
{
	refresh_stop(policy);
	peers_free(policy);
	reports_free(policy);
	contacts_free(&policy->contacts);
	records_free(policy);
	operator_free(policy);
	domains_free(policy);
	fetcher_free(&policy->fetcher);
	resolver_free(&policy->resolver);
	exceptions_free(&policy->exceptions);
	store_close(&policy->store);
}
