/* Jobs and their outcomes. */
#include "relay/delivery.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "loop/clock.h"

#define LOOK_BACK 8	/* outcomes that a new one is compared with, so that equal ones are said once */

struct delivery *
delivery_new(struct relay *relay, struct span payload, int fd)
{
	struct delivery *delivery = must_alloc(sizeof(*delivery));
	uint32_t count;

	delivery->relay = relay;
	delivery->epoch = relay->epoch;
	delivery->fd = fd;
	delivery->arena = arena_new();
	delivery->since_ms = clock_ms();
	relay->deliveries++;
	if (!job_decode(payload, delivery->arena, &delivery->job) || delivery->job.envelope.recipients_count >= DELIVERY_UNDECIDED) {
		delivery_free(&delivery);
		return NULL;
	}
	count = delivery->job.envelope.recipients_count;
	delivery->undecided = count;
	delivery->which = arena_alloc(delivery->arena, count * sizeof(*delivery->which));
	memset(delivery->which, 0xff, count * sizeof(*delivery->which));
	return delivery;
}

void
delivery_free(struct delivery **handle)
{
	struct delivery *delivery = *handle;

	if (delivery == NULL)
		return;
	*handle = NULL;
	delivery->relay->deliveries--;
	body_reader_free(&delivery->reader);
	if (delivery->fd >= 0)
		close(delivery->fd);
	explicit_bzero(delivery->job.envelope.body.key, sizeof(delivery->job.envelope.body.key));
	arena_free(&delivery->arena);
	free(delivery);
}

enum message_wish
delivery_wish(const struct delivery *delivery)
{
	uint32_t flags = delivery->job.envelope.flags;

	if (flags & ENVELOPE_REQUIRETLS && !(flags & ENVELOPE_OWN) && delivery->job.envelope.sender.length > 0)
		return WISH_REQUIRETLS;
	return flags & ENVELOPE_TLS_OPTIONAL && !(flags & ENVELOPE_REQUIRETLS) ? WISH_TLS_OPTIONAL : WISH_NONE;
}

static bool
outcome_equal(const struct outcome *a, const struct outcome *b)
{
	return a->kind == b->kind && a->scope == b->scope && a->is_policy == b->is_policy && a->is_provisional == b->is_provisional &&
	    a->is_remote == b->is_remote && a->relayed == b->relayed && a->code == b->code &&
	    span_equal(a->status, b->status) && span_equal(a->reason, b->reason) &&
	    span_equal(a->text, b->text) && span_equal(a->mx, b->mx) && span_equal(a->address, b->address) && span_equal(a->tls, b->tls) &&
	    span_equal(a->because, b->because) && span_equal(a->verdict, b->verdict) && span_equal(a->evidence, b->evidence);
}

static void
outcome_copy(struct arena *arena, const struct outcome *from, struct outcome *to)
{
	*to = *from;
	to->status = arena_span(arena, from->status);
	to->reason = arena_span(arena, from->reason);
	to->text = arena_span(arena, from->text);
	to->mx = arena_span(arena, from->mx);
	to->address = arena_span(arena, from->address);
	to->tls = arena_span(arena, from->tls);
	to->because = arena_span(arena, from->because);
	to->verdict = arena_span(arena, from->verdict);
	to->evidence = arena_span(arena, from->evidence);
}

/* The old room stays in the arena: doubling bounds what that costs. */
static void
outcomes_make_room(struct delivery *delivery)
{
	uint32_t room = delivery->outcomes_room == 0 ? 4 : delivery->outcomes_room * 2;
	struct outcome *outcomes = arena_alloc(delivery->arena, room * sizeof(*outcomes));

	if (delivery->outcomes_count > 0)
		memcpy(outcomes, delivery->outcomes, delivery->outcomes_count * sizeof(*outcomes));
	delivery->outcomes = outcomes;
	delivery->outcomes_room = room;
}

/* The number of an equal outcome among the last ones, or of a new one. */
static uint32_t
outcome_number(struct delivery *delivery, const struct outcome *outcome)
{
	uint32_t count = delivery->outcomes_count;

	for (uint32_t i = count; i > 0 && i + LOOK_BACK > count; i--)
		if (outcome_equal(&delivery->outcomes[i - 1], outcome))
			return i - 1;
	if (count == delivery->outcomes_room)
		outcomes_make_room(delivery);
	outcome_copy(delivery->arena, outcome, &delivery->outcomes[count]);
	delivery->outcomes_count++;
	return count;
}

void
delivery_decide(struct delivery *delivery, uint32_t recipient, const struct outcome *outcome)
{
	delivery->which[recipient] = (uint16_t)outcome_number(delivery, outcome);
	delivery->undecided--;
}

struct body_reader *
delivery_body(struct delivery *delivery)
{
	if (delivery->reader == NULL) {
		delivery->reader = body_reader_new(delivery->fd, &delivery->job.envelope.body);
		delivery->fd = -1;
	} else {
		body_reader_rewind(delivery->reader);
	}
	return delivery->reader;
}
