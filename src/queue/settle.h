/* Outcomes come back: what they mean for recipients, message and destination; the journal is told. */
#ifndef QUEUE_SETTLE_H
#define QUEUE_SETTLE_H

#include "queue/queue.h"

/* A relay has concluded a job. Returns false when that makes no sense. */
bool settle_concluded(struct queue *queue, uint16_t relay, const struct concluded *concluded);

/* A relay is gone: what it had is tried again, unless the operator has said otherwise meanwhile. */
void settle_relay_gone(struct queue *queue, uint16_t relay);

/* Give up every pending recipient that no relay has, with this outcome, and tell the sender as it is wanted. */
void settle_fail(struct queue *queue, struct message *message, const struct outcome *outcome);

/* A site has failed: what waits for it and is past its time fails with it. */
void settle_overdue(struct queue *queue, struct destination *destination);

#endif
