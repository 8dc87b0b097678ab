/* Moving the last messages out of almost empty old segments, so that those can be erased and used again. */
#ifndef QUEUE_EVACUATE_H
#define QUEUE_EVACUATE_H

#include "queue/queue.h"

#define EVACUATE_DIRECTORY "queue"

/* Called at START, when the writer is there: looks every now and then. */
void evacuate_init(struct queue *queue);

/* The message has come to its end while it was being moved: no copy of it may become one again. */
void evacuate_forget(struct queue *queue, const struct message *message);

/* Can the process end? A copy under way is no message yet: it is given up. */
void evacuate_stop(struct queue *queue);

#endif
