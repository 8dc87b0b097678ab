/* Hops: who waits, who works, when another connection is made. */
#include "relay/hop.h"

#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/log.h"
#include "loop/clock.h"
#include "relay/client.h"
#include "relay/conclude.h"
#include "relay/probe.h"
#include "relay/reuse.h"

#define LINGER_MS 60000		/* an unused hop is forgotten after that */
#define LINGER_DOUBTED_MS (5 * 60 * 60 * 1000)	/* and one whose mail failed by a policy after that: queue tries again before (M34) */
#define PATIENCE_MS 10000	/* the longest rest of all addresses that deliveries are kept waiting for */

static int
hop_compare(struct hop *a, struct hop *b)
{
	return a->wish == b->wish ? strcmp(a->name, b->name) : a->wish < b->wish ? -1 : 1;
}

TREE_GENERATE(hop_tree, hop, entry, hop_compare)

struct hop *
hop_find(struct relay *relay, struct span name, enum message_wish wish)
{
	struct hop wanted = { .wish = wish, .name = must_copy(name.data, name.length) };
	struct hop *hop = RB_FIND(hop_tree, &relay->hops, &wanted);

	free(wanted.name);
	return hop;
}

void
hop_free(struct hop *hop)
{
	hop_abandon(hop);
	RB_REMOVE(hop_tree, &hop->relay->hops, hop);
	search_cancel(&hop->search);
	plan_release(&hop->plan);
	timer_free(&hop->timer);
	free(hop->name);
	free(hop);
}

static bool
hop_is_unused(const struct hop *hop)
{
	return hop->waiting_count == 0 && hop->clients_count == 0;
}

/* Addresses have rested long enough, or nobody wants the hop any more. */
static void
on_hop_timer(void *arg)
{
	struct hop *hop = arg;

	if (hop_is_unused(hop))
		hop_free(hop);
	else
		hop_pump(hop);
}

static void
hop_linger(struct hop *hop)
{
	timer_start(hop->timer, hop->is_doubted ? LINGER_DOUBTED_MS : LINGER_MS);
}

struct hop *
hop_new(struct relay *relay, struct span name, enum message_wish wish)
{
	struct hop *hop = must_alloc(sizeof(*hop));

	hop->relay = relay;
	hop->name = must_copy(name.data, name.length);
	hop->wish = wish;
	TAILQ_INIT(&hop->waiting);
	TAILQ_INIT(&hop->clients);
	hop->timer = timer_new(on_hop_timer, hop);
	RB_INSERT(hop_tree, &relay->hops, hop);
	return hop;
}

static struct hop *
hop_get(struct relay *relay, struct span name, enum message_wish wish)
{
	struct hop *hop = hop_find(relay, name, wish);

	return hop == NULL ? hop_new(relay, name, wish) : hop;
}

void
hop_add(struct relay *relay, struct delivery *delivery)
{
	struct hop *hop = hop_get(relay, delivery->job.hop, delivery_wish(delivery));

	hop->connections = delivery->job.connections == 0 ? 1 : delivery->job.connections;
	delivery->hop = hop;
	TAILQ_INSERT_TAIL(&hop->waiting, delivery, entry);
	hop->waiting_count++;
	hop_pump(hop);
}

struct delivery *
hop_take(struct hop *hop)
{
	struct delivery *delivery = TAILQ_FIRST(&hop->waiting);

	if (delivery == NULL || hop->relay->is_stopping)
		return NULL;
	TAILQ_REMOVE(&hop->waiting, delivery, entry);
	hop->waiting_count--;
	return delivery;
}

/* While stopping: what some recipients have is said; of a delivery that none has any of, queue knows as much as we. */
static void
hop_let_go(struct delivery *delivery)
{
	struct failure failure;

	if (delivery->undecided < delivery->job.envelope.recipients_count) {
		failure_make(&failure, "stopping", NULL);
		failure.scope = OUTCOME_OF_MESSAGE;
		conclude_rest_failed(delivery, NULL, &failure);
		conclude_if_done(&delivery);
	} else {
		delivery_free(&delivery);
	}
}

void
hop_return(struct hop *hop, struct delivery *delivery)
{
	if (hop->relay->is_stopping || delivery->epoch != hop->relay->epoch) {
		hop_let_go(delivery);
		return;
	}
	TAILQ_INSERT_HEAD(&hop->waiting, delivery, entry);
	hop->waiting_count++;
}

void
hop_client_add(struct hop *hop, struct client *client)
{
	client->hop = hop;
	client->is_starting = true;
	TAILQ_INSERT_TAIL(&hop->clients, client, of_hop);
	hop->clients_count++;
	hop->starting_count++;
}

void
hop_client_started(struct client *client)
{
	if (client->is_starting)
		client->hop->starting_count--;
	client->is_starting = false;
}

void
hop_client_drop(struct client *client)
{
	struct hop *hop = client->hop;

	if (hop == NULL)
		return;
	probe_stopped(hop);
	hop_client_started(client);
	client->hop = NULL;
	TAILQ_REMOVE(&hop->clients, client, of_hop);
	hop->clients_count--;
	if (hop_is_unused(hop))
		hop_linger(hop);
}

/* Connections that have got through: whatever fails meanwhile, they take what waits. */
static bool
hop_has_workers(const struct hop *hop)
{
	return hop->clients_count > hop->starting_count;
}

/* Every delivery that waits has the same outcome. */
static void
hop_fail(struct hop *hop, const struct failure *failure)
{
	struct delivery *delivery;

	plan_release(&hop->plan);
	hop->is_doubted = failure->reason->is_policy && hop->waiting_count > 0;
	while ((delivery = TAILQ_FIRST(&hop->waiting)) != NULL) {
		TAILQ_REMOVE(&hop->waiting, delivery, entry);
		hop->waiting_count--;
		conclude_rest_failed(delivery, NULL, failure);
		conclude_if_done(&delivery);
	}
	hop_linger(hop);
}

void
hop_client_failed(struct client *client, const struct failure *failure)
{
	struct hop *hop = client->hop;

	hop_client_drop(client);
	if (!hop_has_workers(hop) && hop->starting_count == 0)
		hop_fail(hop, failure);
}

static void
on_plan_found(void *arg, struct plan *plan, const struct failure *failure)
{
	struct hop *hop = arg;

	hop->search = NULL;
	hop->is_doubted = false;
	if (failure == NULL) {
		if (hop->plan != NULL)
			plan_inherit_rests(plan, hop->plan);
		plan_release(&hop->plan);
		hop->plan = plan;
		hop_pump(hop);
		return;
	}
	log_info("no-host", LOG_TEXT("hop", hop->name), LOG_SPAN("reason", failure->reason->word),
	    LOG_TEXT("text", failure->text), LOG_NUMBER("waiting", hop->waiting_count));
	if (!hop_has_workers(hop))
		hop_fail(hop, failure);
}

/* All addresses rest after failures: wait a little while, or give up for now. */
static void
hop_rest(struct hop *hop)
{
	int64_t wait_ms = plan_rest_ends(hop->plan) - clock_ms();
	struct failure failure;

	if (wait_ms <= PATIENCE_MS) {
		timer_start(hop->timer, wait_ms);
		return;
	}
	/* It is the failure of one of them. */
	failure = hop->plan->failure;
	failure.is_provisional = hop->plan->is_provisional;
	if (hop->plan->count > 1 || hop->plan->has_missed)
		failure_make_later(&failure);
	hop_fail(hop, &failure);
}

/* One more connection: one that rests, or a new one. Returns false when there is nowhere to go now. */
static bool
hop_connect(struct hop *hop)
{
	unsigned candidate, proof;
	uint16_t order[1];
	struct client *client = reuse_find(hop->relay, hop->plan, &candidate, &proof);

	if (client != NULL) {
		client_wake(client, hop, candidate, proof);
		return true;
	}
	if (plan_order(hop->plan, clock_ms(), order, 1) == 0)
		return false;
	client_start(hop);
	return true;
}

void
hop_pump(struct hop *hop)
{
	const struct relay *relay = hop->relay;

	if (relay->is_stopping || relay->is_proving || relay->queue == NULL || hop->waiting_count == 0 || hop->search != NULL)
		return;
	timer_cancel(hop->timer);
	if (hop->plan == NULL || !plan_is_good(hop->plan)) {
		hop->search = search_start(hop->relay, &(struct search_wish){ span_of(hop->name), hop->wish, hop->is_doubted },
		    on_plan_found, hop);
		return;
	}
	while (hop->plan != NULL && hop->starting_count < hop->waiting_count && hop->clients_count < hop->connections) {
		if (hop_connect(hop))
			continue;
		if (hop->clients_count == 0)
			hop_rest(hop);
		return;
	}
}

void
hop_forget(struct hop *hop)
{
	search_cancel(&hop->search);
	plan_release(&hop->plan);
}

void
hop_void(struct hop *hop)
{
	struct client *client;

	if (hop->plan != NULL)
		plan_end(hop->plan);
	TAILQ_FOREACH(client, &hop->clients, of_hop)
		plan_end(client->plan);
	hop_forget(hop);
}

/* "mx:DOMAIN", or a host of that name. */
static bool
hop_is_of(const struct hop *hop, struct span domain)
{
	struct route route;

	return domain.length == 0 || (route_parse(span_of(hop->name), &route) == NULL && span_equal_nocase(route.host, domain));
}

void
hop_void_domain(struct relay *relay, struct span domain)
{
	struct hop *hop, *next;

	RB_FOREACH_SAFE(hop, hop_tree, &relay->hops, next) {
		if (!hop_is_of(hop, domain))
			continue;
		hop_void(hop);
		hop_pump(hop);
	}
}

void
hop_abandon(struct hop *hop)
{
	struct delivery *delivery;

	while ((delivery = TAILQ_FIRST(&hop->waiting)) != NULL) {
		TAILQ_REMOVE(&hop->waiting, delivery, entry);
		hop->waiting_count--;
		hop_let_go(delivery);
	}
	if (hop_is_unused(hop))
		hop_linger(hop);
}

void
hop_each(struct relay *relay, void (*fn)(struct hop *hop))
{
	struct hop *hop, *next;

	RB_FOREACH_SAFE(hop, hop_tree, &relay->hops, next)
		fn(hop);
}
