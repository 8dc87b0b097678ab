/* A message comes in: announced by its writer, or found by a scan. */
#ifndef QUEUE_ADOPT_H
#define QUEUE_ADOPT_H

#include "queue/queue.h"

/* What the store tells, arg being the queue: messages, damage, files that are free again. */
extern const struct store_handler adopt_handler;

#endif
