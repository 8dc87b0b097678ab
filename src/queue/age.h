/*
 * Messages in the order of their arrival, and five hands that move along it as time goes by: ends wait for no other any more; a
 * delay notification is due; a failure of policy is final; what is of use for a day only is of none; any failure is final. Every message is passed once by each hand.
 *
 * Age alone ends nothing: the hand brings a last try forward, and a try (or a fault of the whole site) that comes
 * after the time is over ends the message. So a clock that jumps does not bounce what was never tried.
 */
#ifndef QUEUE_AGE_H
#define QUEUE_AGE_H

#include "queue/queue.h"

void age_init(struct queue *queue);

void age_add(struct queue *queue, struct message *message);
void age_remove(struct queue *queue, struct message *message);

/* Put the list in order after a scan, and let the hands begin anew. */
void age_sort(struct queue *queue);

/* The ages have been configured anew: the hands begin anew. */
void age_reset(struct queue *queue);

/* Has every next hop had time for a first try, if it takes any at all? Until then ends may wait for each other, to be told together. */
bool age_is_settled(const struct message *message);

/* Is a message that failed like this, now, past its time? */
bool age_is_over(const struct queue *queue, const struct message *message, const struct outcome *outcome);

/* When it will be, since the epoch. */
int64_t age_limit_ms(const struct queue *queue, const struct message *message, bool is_policy);

#endif
