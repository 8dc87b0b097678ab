/* One message in memory: its recipients, grouped in tasks by next hop. */
#ifndef QUEUE_MESSAGE_H
#define QUEUE_MESSAGE_H

#include "queue/queue.h"

/*
 * Make a message with every recipient pending and no task yet; it is in the trees and lists of all messages. The
 * place is held already (store_handler.on_message).
 */
struct message *message_new(struct queue *queue, const struct envelope *envelope, struct place place, uint32_t octets);

struct message *message_find(struct queue *queue, struct mid mid);	/* NULL = none */

/* The next one in the order of identities, from this one on; a message of that identity need not exist. NULL = none. */
struct message *message_from(struct queue *queue, struct mid mid);
struct message *message_next(struct message *message);

/*
 * Give every pending recipient without a task one, by the routes as they are now. New tasks are READY, or HELD as the
 * message is.
 */
void message_group(struct queue *queue, struct message *message, const struct envelope *envelope);

/* The routes have changed since its tasks were made: make those that no relay has anew. */
void message_regroup(struct queue *queue, struct message *message, const struct envelope *envelope);

/* A recipient has its end; its task is over with the last one. A notice about it, if any, was added before. */
void message_recipient_over(struct queue *queue, struct message *message, uint32_t recipient, bool is_untold);

/* The operator wants none of it any more: what no relay has is over, and nobody is told. */
void message_remove_rest(struct queue *queue, struct message *message);

/* Remember to tell the sender. */
void message_notice(struct message *message, uint32_t recipient, enum notice_action action, struct why *why);

/* Nothing is left to do for it: the journal is told, the place released, the message freed. */
void message_finish(struct queue *queue, struct message *message);

/* Nothing is pending, untold or being asked. */
bool message_is_over(const struct message *message);

/* It lies elsewhere now; the former place is released when the journal has that durably. */
void message_moved(struct queue *queue, struct message *message, struct place place, uint32_t octets);

/* "ready", "deferred", "active", "held", "done": the liveliest of its tasks. */
const char *message_state(const struct message *message);

/* Forget a message without touching the spool: at the end of the process. */
void message_free(struct queue *queue, struct message *message);

/* Where the messages of one segment hang (stored_user()). */
struct in_segment {
	LIST_HEAD(, message) messages;
};

#endif
