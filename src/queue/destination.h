/*
 * A next hop: its tasks by sender, its window, its rest.
 *
 * window: connections it may have. Slow start: begins with connections_first, one more for every job that
 * came back without a fault of the site, half after one that did.
 * rest: after a fault of the site nothing is begun for a while, for any message (RFC 5321 4.5.4.1).
 */
#ifndef QUEUE_DESTINATION_H
#define QUEUE_DESTINATION_H

#include "queue/queue.h"

/* Made when it is not there. `tls` is ENVELOPE_REQUIRETLS, ENVELOPE_TLS_OPTIONAL, or 0. */
struct destination *destination_get(struct queue *queue, struct span hop, uint32_t tls);
void destination_rest_if_unused(struct queue *queue, struct destination *destination);	/* frees it when nothing needs it */

/* A task becomes ready, or is not any more. */
void destination_add(struct queue *queue, struct task *task);
void destination_drop(struct queue *queue, struct task *task);

/* The task whose turn it is; NULL = none is ready. */
struct task *destination_next(struct destination *destination);

/* A job at a relay begins, ends. */
void destination_started(struct queue *queue, struct destination *destination, uint16_t relay);
void destination_stopped(struct queue *queue, struct destination *destination, uint16_t relay);

/*
 * Which relay may have another job of this destination; -1 = none now. A destination with little to do stays with
 * one relay, whose connections can be reused.
 */
int destination_relay(const struct queue *queue, const struct destination *destination);

/*
 * Is it fair that this destination has one more job? All share the places for jobs: one may have an eighth of those that
 * are free, so that however many are slow, a quick one finds room.
 */
bool destination_is_fair(const struct queue *queue, const struct destination *destination);

/* Connections the destination may have at each relay it uses. */
uint16_t destination_share(const struct queue *queue, const struct destination *destination);

/* The site took part in a job without a fault of its own; it failed; the operator says that it is well. */
void destination_answered(struct queue *queue, struct destination *destination);
void destination_failed(struct queue *queue, struct destination *destination, struct why *why);
void destination_forgive(struct queue *queue, struct destination *destination);

/* Is it worth looking at by dispatch? Puts it on the list of active ones, or takes it off. */
void destination_wake(struct queue *queue, struct destination *destination);

/* A relay has come or gone: every destination may have a place free, or none. */
void destination_wake_all(struct queue *queue);

/* For `sealpost status`. */
struct destination_figures {
	uint64_t destinations, resting, ready;
};
void destination_count(const struct queue *queue, struct destination_figures *figures);

/* Somebody has set the clock back: whoever rests rests as long as before. */
void destination_shift(struct queue *queue, int64_t by_ms);

void destination_init(struct queue *queue);

#endif
