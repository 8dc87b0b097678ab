/*
 * Telling senders: which notification is due, asking report to make it, and what then is over (RFC 3461 5.2, RFC 3464).
 * One notification at a time per message; ends are told together once no try is under way, and none is due for the first time or that
 * has been waited for long enough; a delay once.
 */
#ifndef QUEUE_NOTICES_H
#define QUEUE_NOTICES_H

#include "queue/queue.h"

/* Is the sender to be told of such an end of this recipient? `recipient` is the envelope's. */
bool notices_wanted(const struct message *message, const struct recipient *recipient, const struct outcome *outcome);

/* A try is over, or the first ones have been waited for: tell of ends when nothing is under way that may have another soon. */
void notices_look(struct queue *queue, struct message *message);

/* The message is late: tell of it, if anybody wants to know. */
void notices_delay(struct queue *queue, struct message *message);

/* Report has answered. Returns false when it was not asked that. */
bool notices_answered(struct queue *queue, const struct notified *notified);

/* Report has come (again): ask everything that is due. */
void notices_ask_all(struct queue *queue);

/* The message is going: nobody is to be asked about it any more. */
void notices_forget(struct queue *queue, struct message *message);

void notices_init(struct queue *queue);

#endif
