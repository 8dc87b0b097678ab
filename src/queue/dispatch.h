/* Picking work for relays: destinations take turns, senders take turns within each. */
#ifndef QUEUE_DISPATCH_H
#define QUEUE_DISPATCH_H

#include "queue/queue.h"

/* Look for work at the end of this turn of the loop. */
void dispatch_soon(struct queue *queue);

#endif
