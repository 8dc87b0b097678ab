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

#endif
