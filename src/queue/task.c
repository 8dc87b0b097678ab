/* Where tasks are: on flows, in the tree of due times, in the tree of jobs, or held. */
#include "queue/task.h"

#include <assert.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "loop/clock.h"
#include "queue/destination.h"
#include "queue/dispatch.h"
#include "queue/why.h"

#define TURN_TASKS 5000		/* made ready in one turn of the loop, at most */

static int
due_compare(struct task *a, struct task *b)
{
	if (a->due_ms != b->due_ms)
		return a->due_ms < b->due_ms ? -1 : 1;
	return a < b ? -1 : a > b;
}

static int
job_compare(struct task *a, struct task *b)
{
	return a->job < b->job ? -1 : a->job > b->job;
}

TREE_GENERATE(due_tree, task, of_due, due_compare)
TREE_GENERATE(job_tree, task, of_jobs, job_compare)

struct task *
task_new(struct message *message, struct destination *destination)
{
	struct task *task = must_alloc(sizeof(*task));

	task->message = message;
	task->destination = destination;
	task->state = TASK_OVER;
	destination->tasks++;
	SLIST_INSERT_HEAD(&message->tasks, task, of_message);
	return task;
}

/* Run the timer for the earliest due time. */
static void
due_timer_set(struct queue *queue)
{
	struct task *first = RB_MIN(due_tree, &queue->due);

	if (first == NULL)
		timer_cancel(queue->due_timer);
	else
		timer_start(queue->due_timer, first->due_ms - clock_wall_ms());
}

/* Out of wherever it is. */
static void
task_leave(struct queue *queue, struct task *task)
{
	bool was_first;

	switch ((enum task_state)task->state) {
	case TASK_READY:
		destination_drop(queue, task);
		break;
	case TASK_WAITING:
		was_first = RB_MIN(due_tree, &queue->due) == task;
		RB_REMOVE(due_tree, &queue->due, task);
		if (was_first)
			due_timer_set(queue);
		break;
	case TASK_RUNNING:
		RB_REMOVE(job_tree, &queue->jobs, task);
		destination_stopped(queue, task->destination, task->relay);
		break;
	case TASK_HELD:
	case TASK_OVER:
		break;
	}
	if (task->state != TASK_OVER)
		queue->tasks[task->state]--;
	task->state = TASK_OVER;
}

static void
task_enter(struct queue *queue, struct task *task, enum task_state state)
{
	task_leave(queue, task);
	task->state = state;
	queue->tasks[state]++;
}

void
task_free(struct queue *queue, struct task *task)
{
	task_leave(queue, task);
	SLIST_REMOVE(&task->message->tasks, task, task, of_message);
	task->destination->tasks--;
	destination_rest_if_unused(queue, task->destination);
	why_release(&task->why);
	free(task);
}

void
task_ready(struct queue *queue, struct task *task)
{
	task_enter(queue, task, TASK_READY);
	destination_add(queue, task);
	dispatch_soon(queue);
}

void
task_wait(struct queue *queue, struct task *task, int64_t due_ms)
{
	task_enter(queue, task, TASK_WAITING);
	task->due_ms = due_ms;
	RB_INSERT(due_tree, &queue->due, task);
	if (RB_MIN(due_tree, &queue->due) == task)
		due_timer_set(queue);
}

void
task_run(struct queue *queue, struct task *task, uint64_t job, uint16_t relay)
{
	task_enter(queue, task, TASK_RUNNING);
	task->job = job;
	task->relay = (uint8_t)relay;
	RB_INSERT(job_tree, &queue->jobs, task);
	destination_started(queue, task->destination, relay);
}

void
task_hold(struct queue *queue, struct task *task)
{
	task_enter(queue, task, TASK_HELD);
}

struct task *
task_of_job(struct queue *queue, uint64_t job)
{
	struct task wanted = { .job = job };

	return RB_FIND(job_tree, &queue->jobs, &wanted);
}

struct task *
task_next_job(struct queue *queue, struct task *after)
{
	return after == NULL ? RB_MIN(job_tree, &queue->jobs) : RB_NEXT(job_tree, &queue->jobs, after);
}

void
task_shift(struct queue *queue, int64_t by_ms)
{
	struct task *task;

	/* All alike: the order stays. */
	RB_FOREACH(task, due_tree, &queue->due)
		task->due_ms += by_ms;
	due_timer_set(queue);
}

static void
on_due(void *arg)
{
	struct queue *queue = arg;
	int64_t now = clock_wall_ms();
	struct task *task;

	for (unsigned i = 0; i < TURN_TASKS && (task = RB_MIN(due_tree, &queue->due)) != NULL && task->due_ms <= now; i++)
		task_ready(queue, task);
	due_timer_set(queue);
}

void
task_init(struct queue *queue)
{
	RB_INIT(&queue->due);
	RB_INIT(&queue->jobs);
	queue->due_timer = timer_new(on_due, queue);
}
