/* Everything said again on a new page of the journal: segments at once, messages some at a time. */
#include <stdlib.h>

#include "base/codec.h"
#include "base/fatal.h"
#include "loop/loop.h"
#include "queue/entry.h"
#include "queue/message.h"
#include "queue/state.h"

#define TURN_MESSAGES 2000	/* said in one turn of the loop */

struct snapshot {
	struct mid next;	/* the first identity not said yet */
	bool is_again;		/* another page has begun meanwhile: from the beginning, when this step is over */
};

static int
by_offset(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Which records of a segment live. The others are done, though nothing else says so any more. */
static void
say_segment(struct queue *queue, struct stored *segment)
{
	static struct buf out = { .ceiling = 4u * 1024 * 1024 };
	struct in_segment *in_segment = *stored_user(segment);
	struct message *message;
	uint64_t *offsets = NULL;
	uint32_t count = 0;

	if (in_segment != NULL)
		LIST_FOREACH(message, &in_segment->messages, of_segment) {
			if (count % 1024 == 0)
				offsets = must_realloc(offsets, (count + 1024) * sizeof(*offsets));
			offsets[count++] = message->place.offset;
		}
	if (count > 0)
		qsort(offsets, count, sizeof(*offsets), by_offset);
	buf_empty(&out);
	put_u8(&out, ENTRY_SEGMENT);
	put_u64(&out, stored_generation(segment));
	put_u64(&out, stored_scanned(segment));
	put_u32(&out, count);
	for (uint32_t i = 0; i < count; i++)
		put_u64(&out, offsets[i]);
	free(offsets);
	journal_add(queue->journal, buf_span(&out));
}

static void
snapshot_start(struct queue *queue)
{
	queue->snapshot->next = (struct mid){ 0, 0 };
	queue->snapshot->is_again = false;
	for (struct stored *segment = NULL; (segment = store_next(queue->store, segment)) != NULL; )
		say_segment(queue, segment);
}

static void
snapshot_step(void *arg)
{
	struct queue *queue = arg;
	struct snapshot *snapshot = queue->snapshot;
	struct message *message;

	if (snapshot->is_again)
		snapshot_start(queue);
	message = message_from(queue, snapshot->next);
	for (unsigned i = 0; i < TURN_MESSAGES && message != NULL; i++) {
		if (!state_is_fresh(message))
			state_note(queue, message);
		message = message_next(message);
	}
	if (message != NULL) {
		snapshot->next = message->mid;
		loop_soon(snapshot_step, queue);
		return;
	}
	free(snapshot);
	queue->snapshot = NULL;
	journal_snapshot_end(queue->journal);
}

void
snapshot_begin(struct queue *queue)
{
	/* Before all is known that lay there, nobody knows what lives: then the room begins it. */
	if (!queue->has_scanned || queue->replay != NULL)
		return;
	if (queue->snapshot != NULL) {
		queue->snapshot->is_again = true;
		return;
	}
	queue->snapshot = must_alloc(sizeof(*queue->snapshot));
	queue->snapshot->is_again = true;
	loop_soon(snapshot_step, queue);
}
