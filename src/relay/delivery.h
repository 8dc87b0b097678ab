/* A job as relay has it: one message for one next hop, and what each recipient's outcome is so far. */
#ifndef RELAY_DELIVERY_H
#define RELAY_DELIVERY_H

#include "ipc/queue_relay.h"
#include "policy/decide.h"
#include "relay/relay.h"
#include "spool/reader.h"

#define DELIVERY_UNDECIDED UINT16_MAX

struct delivery {
	TAILQ_ENTRY(delivery) entry;	/* on its hop's list, while no client has it */
	struct relay *relay;
	struct hop *hop;
	unsigned epoch;			/* of the queue that it came from */
	struct arena *arena;
	struct job job;			/* in the arena */
	int fd;				/* the segment; -1 once reader has it */
	struct body_reader *reader;	/* NULL until the body is first read */
	int64_t since_ms;		/* when it was taken */
	uint16_t *which;		/* per recipient: index into outcomes, or DELIVERY_UNDECIDED */
	uint32_t undecided;		/* recipients without an outcome */
	struct outcome *outcomes;	/* in the arena */
	uint32_t outcomes_count, outcomes_room;
	unsigned losses;		/* connections that ended under it */
};

/* From a message of queue; fd becomes the delivery's. NULL when the payload makes no sense; fd is closed then. */
struct delivery *delivery_new(struct relay *relay, struct span payload, int fd);
void delivery_free(struct delivery **delivery);	/* tolerates NULL, leaves NULL; the body's key is wiped */

/*
 * What the message asks for (RFC 8689 2, 3). With a null sender, or of our own, it asks for REQUIRETLS where
 * that is offered, and goes without (RFC 8689 4.2.1, 5). Queue tells destinations apart by the same question.
 */
enum message_wish delivery_wish(const struct delivery *delivery);

/* Give a recipient its outcome; everything is copied. It must not have one yet. */
void delivery_decide(struct delivery *delivery, uint32_t recipient, const struct outcome *outcome);

static inline bool
delivery_is_decided(const struct delivery *delivery, uint32_t recipient)
{
	return delivery->which[recipient] != DELIVERY_UNDECIDED;
}

/* The body from its beginning. */
struct body_reader *delivery_body(struct delivery *delivery);

#endif
