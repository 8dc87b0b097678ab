/* Telling writers that queue has more than it may hold: new mail is then refused for now (452). */
#ifndef QUEUE_CONGESTION_H
#define QUEUE_CONGESTION_H

#include "queue/queue.h"

/* The number of messages has changed. */
void congestion_look(struct queue *queue);

/* A writer has come: it must know. */
void congestion_tell(struct queue *queue, struct writer_peer *writer);

#endif
