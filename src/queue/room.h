/* The queue room: set-up, start, stop. */
#ifndef QUEUE_ROOM_H
#define QUEUE_ROOM_H

#include "ipc/room.h"
#include "queue/queue.h"

extern const struct room_handler queue_room_handler;

/* A room with nothing in it yet. */
void room_init(struct queue *queue);

/* A writer has said HELLO, or has gone: the first scan may begin, or what is new is looked into. */
void room_heard_hello(struct queue *queue);

/* What could not be read at the start has been read now: from here on the journal's past is not needed any more. */
void room_knows_all(struct queue *queue);

#endif
