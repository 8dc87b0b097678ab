/* What the operator's tool asks of the queue: list, show, hold, release, retry, remove, bounce. */
#ifndef QUEUE_OPERATOR_H
#define QUEUE_OPERATOR_H

#include "queue/queue.h"

/* Answer a request on its own connection, which becomes ours. */
void operator_request(struct queue *queue, const struct request *request, int fd);

#endif
