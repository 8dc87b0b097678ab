/* Next hops: fairness between senders, slow start, rest after failures of the site. */
#include "queue/destination.h"

#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/random.h"
#include "loop/clock.h"
#include "queue/dispatch.h"
#include "queue/schedule.h"
#include "queue/why.h"

#define JOBS_PER_CONNECTION 2	/* one under way, one waiting to be pipelined behind it */
#define FAIR_PART 8		/* a destination may have this part of the places for jobs that are free */

static int
hop_compare(struct destination *a, struct destination *b)
{
	int order = strcmp(a->hop, b->hop);

	return order != 0 ? order : a->tls < b->tls ? -1 : a->tls > b->tls;
}

static int
rest_compare(struct destination *a, struct destination *b)
{
	if (a->rest_until_ms != b->rest_until_ms)
		return a->rest_until_ms < b->rest_until_ms ? -1 : 1;
	return a < b ? -1 : a > b;
}

static int
sender_compare(struct flow *a, struct flow *b)
{
	return a->sender < b->sender ? -1 : a->sender > b->sender;
}

TREE_GENERATE(hop_tree, destination, of_hops, hop_compare)
TREE_GENERATE(rest_tree, destination, of_resting, rest_compare)
TREE_GENERATE(flow_tree, flow, of_senders, sender_compare)

static struct destination *
destination_find(struct queue *queue, struct span hop, uint32_t tls)
{
	struct destination wanted = { .hop = must_copy(hop.data, hop.length), .tls = tls }, *found;

	found = RB_FIND(hop_tree, &queue->hops, &wanted);
	free(wanted.hop);
	return found;
}

struct destination *
destination_get(struct queue *queue, struct span hop, uint32_t tls)
{
	struct destination *destination = destination_find(queue, hop, tls);

	if (destination != NULL)
		return destination;
	destination = must_alloc(sizeof(*destination));
	destination->hop = must_copy(hop.data, hop.length);
	destination->tls = tls;
	destination->window = (uint32_t)queue->conf->connections_first;
	RB_INIT(&destination->senders);
	TAILQ_INIT(&destination->flows);
	RB_INSERT(hop_tree, &queue->hops, destination);
	return destination;
}

void
destination_rest_if_unused(struct queue *queue, struct destination *destination)
{
	if (destination->tasks > 0 || destination->rest_until_ms > 0)
		return;
	/* Without tasks it is not active. */
	RB_REMOVE(hop_tree, &queue->hops, destination);
	why_release(&destination->why);
	free(destination->hop);
	free(destination);
}

static struct flow *
flow_get(struct destination *destination, uint32_t sender)
{
	struct flow wanted = { .sender = sender }, *flow = RB_FIND(flow_tree, &destination->senders, &wanted);

	if (flow != NULL)
		return flow;
	flow = must_alloc(sizeof(*flow));
	flow->sender = sender;
	TAILQ_INIT(&flow->tasks);
	RB_INSERT(flow_tree, &destination->senders, flow);
	TAILQ_INSERT_TAIL(&destination->flows, flow, entry);
	return flow;
}

void
destination_add(struct queue *queue, struct task *task)
{
	struct destination *destination = task->destination;

	task->flow = flow_get(destination, task->message->sender);
	TAILQ_INSERT_TAIL(&task->flow->tasks, task, of_flow);
	destination->ready++;
	destination_wake(queue, destination);
}

void
destination_drop(struct queue *queue, struct task *task)
{
	struct destination *destination = task->destination;
	struct flow *flow = task->flow;

	TAILQ_REMOVE(&flow->tasks, task, of_flow);
	task->flow = NULL;
	destination->ready--;
	if (TAILQ_EMPTY(&flow->tasks)) {
		TAILQ_REMOVE(&destination->flows, flow, entry);
		RB_REMOVE(flow_tree, &destination->senders, flow);
		free(flow);
	}
	destination_wake(queue, destination);
}

struct task *
destination_next(struct destination *destination)
{
	struct flow *flow = TAILQ_FIRST(&destination->flows);

	if (flow == NULL)
		return NULL;
	/* The next sender's turn comes next time. */
	TAILQ_REMOVE(&destination->flows, flow, entry);
	TAILQ_INSERT_TAIL(&destination->flows, flow, entry);
	return TAILQ_FIRST(&flow->tasks);
}

void
destination_started(struct queue *queue, struct destination *destination, uint16_t relay)
{
	destination->running[relay]++;
	destination->running_all++;
	queue->relays[relay].running++;
	queue->running++;
	destination_wake(queue, destination);
}

void
destination_stopped(struct queue *queue, struct destination *destination, uint16_t relay)
{
	destination->running[relay]--;
	destination->running_all--;
	queue->relays[relay].running--;
	queue->running--;
	destination_wake(queue, destination);
	dispatch_soon(queue);
}

uint16_t
destination_share(const struct queue *queue, const struct destination *destination)
{
	uint32_t relays = queue->relays_count > 0 ? queue->relays_count : 1;
	uint32_t share = (destination->window + relays - 1) / relays;

	return (uint16_t)(share > UINT16_MAX ? UINT16_MAX : share);
}

int
destination_relay(const struct queue *queue, const struct destination *destination)
{
	uint32_t most = destination_share(queue, destination) * JOBS_PER_CONNECTION, hash = 5381;

	if (destination->running_all >= destination->window * JOBS_PER_CONNECTION)
		return -1;
	for (const char *c = destination->hop; *c != '\0'; c++)
		hash = hash * 33 + (unsigned char)*c;
	for (uint16_t i = 0; i < queue->relays_count; i++) {
		uint16_t relay = (uint16_t)((hash + i) % queue->relays_count);

		if (queue->relays[relay].channel != NULL && destination->running[relay] < most)
			return relay;
	}
	return -1;
}

bool
destination_is_fair(const struct queue *queue, const struct destination *destination)
{
	uint64_t free_places = queue->conf->jobs > queue->running ? queue->conf->jobs - queue->running : 0;

	return free_places > 0 && destination->running_all <= free_places / FAIR_PART;
}

void
destination_wake(struct queue *queue, struct destination *destination)
{
	bool is_active = destination->ready > 0 && destination->rest_until_ms == 0 && destination_relay(queue, destination) >= 0;

	if (is_active == destination->is_active)
		return;
	destination->is_active = is_active;
	if (is_active) {
		TAILQ_INSERT_TAIL(&queue->active, destination, of_active);
		queue->active_count++;
	} else {
		TAILQ_REMOVE(&queue->active, destination, of_active);
		queue->active_count--;
	}
}

void
destination_wake_all(struct queue *queue)
{
	struct destination *destination;

	RB_FOREACH(destination, hop_tree, &queue->hops)
		destination_wake(queue, destination);
	dispatch_soon(queue);
}

void
destination_count(const struct queue *queue, struct destination_figures *figures)
{
	struct destination *destination;

	*figures = (struct destination_figures){ 0 };
	/* Walking does not change the tree; its type says otherwise. */
	RB_FOREACH(destination, hop_tree, (struct hop_tree *)(uintptr_t)&queue->hops) {
		figures->destinations++;
		figures->ready += destination->ready;
		figures->resting += destination->rest_until_ms > 0;
	}
}

static void
rest_timer_set(struct queue *queue)
{
	struct destination *first = RB_MIN(rest_tree, &queue->resting);

	if (first == NULL)
		timer_cancel(queue->rest_timer);
	else
		timer_start(queue->rest_timer, first->rest_until_ms - clock_wall_ms());
}

static void
rest_end(struct queue *queue, struct destination *destination)
{
	RB_REMOVE(rest_tree, &queue->resting, destination);
	destination->rest_until_ms = 0;
	destination_wake(queue, destination);
	destination_rest_if_unused(queue, destination);
	dispatch_soon(queue);
}

static void
on_rest_over(void *arg)
{
	struct queue *queue = arg;
	struct destination *destination;

	while ((destination = RB_MIN(rest_tree, &queue->resting)) != NULL && destination->rest_until_ms <= clock_wall_ms())
		rest_end(queue, destination);
	rest_timer_set(queue);
}

void
destination_answered(struct queue *queue, struct destination *destination)
{
	destination->failures = 0;
	why_release(&destination->why);
	if (destination->window < queue->conf->connections)
		destination->window++;
	if (destination->rest_until_ms > 0) {
		rest_end(queue, destination);
		rest_timer_set(queue);
	}
}

void
destination_failed(struct queue *queue, struct destination *destination, struct why *why)
{
	/* The jobs that were under way together fail together: one rest for all of them. */
	why_set(&destination->why, why);
	if (destination->rest_until_ms > 0)
		return;
	destination->failures++;
	destination->window = destination->window > 1 ? destination->window / 2 : 1;
	destination->rest_until_ms = clock_wall_ms() + schedule_rest_ms(destination->failures,
	    queue->conf->retry_first_s, queue->conf->retry_most_s, random_below(UINT32_MAX));
	RB_INSERT(rest_tree, &queue->resting, destination);
	rest_timer_set(queue);
	destination_wake(queue, destination);
	log_info("rest", LOG_TEXT("hop", destination->hop), LOG_NUMBER("failures", destination->failures),
	    LOG_SECONDS("for", destination->rest_until_ms - clock_wall_ms()), LOG_SPAN("reason", why->outcome.reason),
	    LOG_NUMBER("ready", destination->ready));
}

void
destination_forgive(struct queue *queue, struct destination *destination)
{
	destination->failures = 0;
	if (destination->window < queue->conf->connections_first)
		destination->window = (uint32_t)queue->conf->connections_first;
	if (destination->rest_until_ms == 0)
		return;
	rest_end(queue, destination);
	rest_timer_set(queue);
}

void
destination_shift(struct queue *queue, int64_t by_ms)
{
	struct destination *destination;

	RB_FOREACH(destination, rest_tree, &queue->resting)
		destination->rest_until_ms += by_ms;
	rest_timer_set(queue);
}

void
destination_init(struct queue *queue)
{
	RB_INIT(&queue->hops);
	RB_INIT(&queue->resting);
	TAILQ_INIT(&queue->active);
	queue->rest_timer = timer_new(on_rest_over, queue);
}
