/* A message on its way to one next hop: in one place at a time. Only task.c moves it. */
#ifndef QUEUE_TASK_H
#define QUEUE_TASK_H

#include "queue/queue.h"

/* In no place yet: task_ready() or another must follow. */
struct task *task_new(struct message *message, struct destination *destination);

/* Out of its place and gone; its recipients must have no task any more. */
void task_free(struct queue *queue, struct task *task);

void task_ready(struct queue *queue, struct task *task);
void task_wait(struct queue *queue, struct task *task, int64_t due_ms);
void task_run(struct queue *queue, struct task *task, uint64_t job, uint16_t relay);
void task_hold(struct queue *queue, struct task *task);

/* The task a relay speaks of; NULL = unknown. */
struct task *task_of_job(struct queue *queue, uint64_t job);

/* Every task that a relay has, in turn; NULL begins and ends. */
struct task *task_next_job(struct queue *queue, struct task *after);

/* Somebody has set the clock back: whoever waits waits as long as before. */
void task_shift(struct queue *queue, int64_t by_ms);

/* Called once at the start: the timer that makes waiting tasks ready. */
void task_init(struct queue *queue);

#endif
