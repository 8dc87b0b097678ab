/* Picking work for relays, and handing it over: envelope, body's descriptor, body's key. */
#include "queue/dispatch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "queue/destination.h"
#include "queue/message.h"
#include "queue/state.h"
#include "queue/task.h"

#define TURN_JOBS 1000	/* handed over in one turn of the loop, at most */
#define AGAIN_MS 1000	/* until a task is looked at again that could not be handed over just now */

/* Nobody can deliver what does not open: it is kept, and the operator is told. */
static void
damaged(struct queue *queue, struct message *message)
{
	struct task *task;

	log_error("damaged", LOG_MID("id", message->mid), LOG_TEXT("directory", stored_directory(message->place.segment)),
	    LOG_NUMBER("segment", stored_number(message->place.segment)), LOG_NUMBER("offset", message->place.offset));
	message->flags |= MESSAGE_HELD | MESSAGE_DAMAGED;
	SLIST_FOREACH(task, &message->tasks, of_message)
		if (task->state != TASK_RUNNING)
			task_hold(queue, task);
	state_note(queue, message);
}

/* The envelope with only the recipients of this task. */
static void
pick_recipients(const struct task *task, struct arena *arena, struct envelope *envelope)
{
	struct recipient *all = envelope->recipients;
	uint32_t count = envelope->recipients_count;

	envelope->recipients = arena_alloc(arena, task->recipients * sizeof(*all));
	envelope->recipients_count = 0;
	for (uint32_t i = 0; i < count; i++)
		if (task->message->fates[i].task == task)
			envelope->recipients[envelope->recipients_count++] = all[i];
}

static void
hand_over(struct queue *queue, struct task *task, uint16_t relay, struct job *job, int fd)
{
	struct buf *out = channel_scratch();

	job->id = ++queue->next_job;
	job->hop = span_of(task->destination->hop);
	job->connections = destination_share(queue, task->destination);
	job_encode(out, job);
	task_run(queue, task, job->id, relay);
	channel_send(queue->relays[relay].channel, QUEUE_JOB, buf_span(out), fd);
	explicit_bzero(job->envelope.body.key, sizeof(job->envelope.body.key));
}

/* Hand a ready task to a relay, or find out why not. */
static void
dispatch_task(struct queue *queue, struct task *task, uint16_t relay)
{
	struct message *message = task->message;
	struct arena *arena = arena_new();
	struct job job;
	int fd = -1;

	if (message->flags & MESSAGE_MOVING) {
		task_wait(queue, task, clock_wall_ms() + AGAIN_MS);
	} else if (!store_read(queue->store, message->place, arena, &job.envelope)) {
		damaged(queue, message);
	} else if (message->version != queue->routes_version) {
		message_regroup(queue, message, &job.envelope);
	} else if ((fd = store_body_fd(message->place.segment)) < 0) {
		log_error("dispatch", LOG_TEXT("what", "no descriptor for a body"), LOG_TEXT("reason", strerror(errno)));
		task_wait(queue, task, clock_wall_ms() + AGAIN_MS);
	} else {
		pick_recipients(task, arena, &job.envelope);
		hand_over(queue, task, relay, &job, fd);
	}
	arena_free(&arena);
}

/* The destination whose turn it is, now the last in line; NULL = none may have a job. */
static struct destination *
next_in_turn(struct queue *queue)
{
	for (uint64_t left = queue->active_count; left > 0; left--) {
		struct destination *destination = TAILQ_FIRST(&queue->active);

		TAILQ_REMOVE(&queue->active, destination, of_active);
		TAILQ_INSERT_TAIL(&queue->active, destination, of_active);
		if (destination_is_fair(queue, destination))
			return destination;
	}
	return NULL;
}

static void
dispatch(void *arg)
{
	struct queue *queue = arg;
	struct destination *destination;

	queue->is_dispatching = false;
	if (queue->is_stopping || queue->is_broken || !queue->has_scanned)
		return;
	for (unsigned i = 0; i < TURN_JOBS; i++) {
		destination = next_in_turn(queue);
		if (destination == NULL)
			return;
		dispatch_task(queue, destination_next(destination), (uint16_t)destination_relay(queue, destination));
	}
	dispatch_soon(queue);
}

void
dispatch_soon(struct queue *queue)
{
	if (queue->is_dispatching)
		return;
	queue->is_dispatching = true;
	loop_soon(dispatch, queue);
}
