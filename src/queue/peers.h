/* The rooms that queue talks to: relays, writers, report. */
#ifndef QUEUE_PEERS_H
#define QUEUE_PEERS_H

#include "queue/queue.h"

/* A fresh channel to a room, which was not there before or was restarted. The descriptor becomes ours. */
void peers_come(struct queue *queue, const struct peer *peer, int fd);

/* Has every writer that is there said which segments it has open? */
bool peers_have_said_hello(const struct queue *queue);


#endif
