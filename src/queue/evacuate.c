/*
 * Evacuation: one message at a time is read and written anew, a chunk per turn. When the copy is durable the store
 * tells of it as of any message, and adopt sees that it is one that is moving.
 */
#include "queue/evacuate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/log.h"
#include "loop/loop.h"
#include "queue/message.h"
#include "spool/reader.h"

#define LOOK_MS 60000		/* between looks for sparse segments */
#define AGE_MS (10 * 60000)	/* of a segment before it is looked at */

struct evacuation {
	struct queue *queue;
	uint32_t number;		/* of the segment; it lives while it has messages */
	struct stored *segment;
	struct mid mid;			/* of the message being moved */
	struct arena *arena;		/* of its envelope */
	struct envelope envelope;
	struct body_reader *reader;
	struct record *record;
	struct commit *commit;
	uint64_t moved;			/* messages */
};

static void evacuate_next(void *arg);

static void
evacuation_end(struct evacuation *evacuation)
{
	struct queue *queue = evacuation->queue;

	if (evacuation->moved > 0)
		log_info("evacuated", LOG_NUMBER("segment", evacuation->number), LOG_NUMBER("messages", evacuation->moved));
	queue->evacuation = NULL;
	free(evacuation);
	timer_start(queue->evacuate_timer, LOOK_MS);
}

/* What a message in hand holds is given back. */
static void
message_put_down(struct evacuation *evacuation)
{
	struct message *message = message_find(evacuation->queue, evacuation->mid);

	if (message != NULL)
		message->flags &= (uint16_t)~MESSAGE_MOVING;
	body_reader_free(&evacuation->reader);
	record_abort(&evacuation->record);
	commit_cancel(&evacuation->commit);
	arena_free(&evacuation->arena);
}

static void
on_copied(void *arg, int error)
{
	struct evacuation *evacuation = arg;

	evacuation->commit = NULL;
	message_put_down(evacuation);
	if (error != 0) {
		log_warn("evacuate", LOG_TEXT("reason", strerror(error)));
		evacuation_end(evacuation);
		return;
	}
	evacuation->moved++;
	loop_soon(evacuate_next, evacuation->queue);
}

/* One chunk per turn; then the envelope. */
static void
copy_step(void *arg)
{
	struct queue *queue = arg;
	struct evacuation *evacuation = queue->evacuation;
	struct span chunk;
	int more;

	if (evacuation == NULL || evacuation->reader == NULL)
		return;		/* stopped meanwhile */
	more = body_reader_next(evacuation->reader, &chunk);
	if (more > 0 && record_add(evacuation->record, chunk) == 0) {
		loop_soon(copy_step, queue);
	} else if (more == 0) {
		evacuation->commit = record_commit(&evacuation->record, &evacuation->envelope, on_copied, evacuation);
	} else {
		log_warn("evacuate", LOG_MID("id", evacuation->mid), LOG_TEXT("reason", strerror(errno)));
		message_put_down(evacuation);
		evacuation_end(evacuation);
	}
}

/* Nobody else may be reading it, or about to. */
static bool
may_move(const struct message *message)
{
	const struct task *task;

	if (message->ask != NULL || !STAILQ_EMPTY(&message->notices) || message->flags & MESSAGE_DAMAGED)
		return false;
	SLIST_FOREACH(task, &message->tasks, of_message)
		if (task->state == TASK_RUNNING || task->state == TASK_READY)
			return false;
	return true;
}

static bool
message_pick_up(struct evacuation *evacuation, struct message *message)
{
	struct queue *queue = evacuation->queue;
	int fd;

	evacuation->arena = arena_new();
	evacuation->mid = message->mid;
	fd = store_read(queue->store, message->place, evacuation->arena, &evacuation->envelope) ?
	    store_body_fd(message->place.segment) : -1;
	if (fd < 0) {
		arena_free(&evacuation->arena);
		return false;
	}
	message->flags |= MESSAGE_MOVING;
	evacuation->reader = body_reader_new(fd, &evacuation->envelope.body);
	evacuation->record = record_copy(queue->writer, message->mid);
	loop_soon(copy_step, queue);
	return true;
}

/* The next message of the segment that can be moved. */
static void
evacuate_next(void *arg)
{
	struct queue *queue = arg;
	struct evacuation *evacuation = queue->evacuation;
	struct in_segment *in_segment;
	struct message *message;

	if (evacuation == NULL)
		return;
	/* The segment may have gone with its last message: look whether it is still there. */
	for (struct stored *segment = NULL; (segment = store_next(queue->store, segment)) != evacuation->segment; )
		if (segment == NULL) {
			evacuation_end(evacuation);
			return;
		}
	in_segment = *stored_user(evacuation->segment);
	if (in_segment != NULL)
		LIST_FOREACH(message, &in_segment->messages, of_segment)
			if (may_move(message) && message_pick_up(evacuation, message))
				return;
	evacuation_end(evacuation);
}

void
evacuate_forget(struct queue *queue, const struct message *message)
{
	struct evacuation *evacuation = queue->evacuation;

	/* What is being synced already is dropped when it is adopted. */
	if (evacuation == NULL || evacuation->reader == NULL || evacuation->commit != NULL ||
	    mid_compare(evacuation->mid, message->mid) != 0)
		return;
	message_put_down(evacuation);
	loop_soon(evacuate_next, queue);
}

static void
on_look(void *arg)
{
	struct queue *queue = arg;
	struct stored *segment;

	if (queue->is_stopping || queue->is_broken || !queue->has_scanned ||
	    (segment = store_sparse(queue->store, AGE_MS)) == NULL) {
		timer_start(queue->evacuate_timer, LOOK_MS);
		return;
	}
	queue->evacuation = must_alloc(sizeof(*queue->evacuation));
	queue->evacuation->queue = queue;
	queue->evacuation->segment = segment;
	queue->evacuation->number = stored_number(segment);
	evacuate_next(queue);
}

void
evacuate_init(struct queue *queue)
{
	queue->evacuate_timer = timer_new(on_look, queue);
	timer_start(queue->evacuate_timer, LOOK_MS);
}

void
evacuate_stop(struct queue *queue)
{
	timer_cancel(queue->evacuate_timer);
	if (queue->evacuation == NULL)
		return;
	message_put_down(queue->evacuation);
	free(queue->evacuation);
	queue->evacuation = NULL;
}
