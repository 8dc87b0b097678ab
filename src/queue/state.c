/* What is true of a message, as a journal entry; and back. */
#include "queue/state.h"

#include <string.h>

#include "base/codec.h"
#include "loop/clock.h"
#include "queue/entry.h"
#include "queue/message.h"
#include "queue/notices.h"
#include "queue/task.h"
#include "queue/why.h"

#define FLAGS_KEPT (MESSAGE_HELD | MESSAGE_DELAY_TOLD | MESSAGE_DAMAGED | MESSAGE_REMOVED)
#define WAIT_MOST(conf) ((int64_t)(conf)->retry_most_s * 1200)	/* ms, jitter included: whoever waits longer waits for a wrong clock */
#define ENTRY_CEILING (4u * 1024 * 1024)

/* A scratch buffer for one entry: emptied at every call. */
static struct buf *
scratch(void)
{
	static struct buf buf = { .ceiling = ENTRY_CEILING };

	buf_empty(&buf);
	return &buf;
}

static void
place_put(struct buf *out, struct place place)
{
	put_u64(out, stored_generation(place.segment));
	put_u64(out, place.offset);
}

static void
why_put(struct buf *out, const struct why *why)
{
	put_bool(out, why != NULL);
	if (why == NULL)
		return;
	put_u64(out, (uint64_t)why->when_ms);
	outcome_encode(out, &why->outcome);
}

static struct why *
why_get(struct codec *in)
{
	struct outcome outcome;
	int64_t when_ms;

	if (!get_bool(in))
		return NULL;
	when_ms = (int64_t)get_u64(in);
	outcome_decode(in, &outcome);
	return in->bad ? NULL : why_new(&outcome, when_ms);
}

static uint32_t
tasks_count(const struct message *message)
{
	const struct task *task;
	uint32_t count = 0;

	SLIST_FOREACH(task, &message->tasks, of_message)
		count++;
	return count;
}

/* One per task: when it is due, how often it failed and why, and which recipients it has. */
static void
tasks_put(struct buf *out, const struct message *message)
{
	const struct task *task;

	put_u32(out, tasks_count(message));
	SLIST_FOREACH(task, &message->tasks, of_message) {
		put_u64(out, task->state == TASK_WAITING ? (uint64_t)task->due_ms : 0);
		put_u16(out, task->attempts);
		why_put(out, task->why);
		put_u32(out, task->recipients);
		for (uint32_t i = 0; i < message->recipients_count; i++)
			if (message->fates[i].task == task)
				put_u32(out, i);
	}
}

static void
notices_put(struct buf *out, const struct message *message)
{
	const struct notice *notice;
	uint32_t count = 0;

	STAILQ_FOREACH(notice, &message->notices, entry)
		count++;
	put_u32(out, count);
	STAILQ_FOREACH(notice, &message->notices, entry) {
		put_u32(out, notice->recipient);
		put_u8(out, (uint8_t)notice->action);
		why_put(out, notice->why);
	}
}

static void
over_put(struct buf *out, const struct message *message)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < message->recipients_count; i++)
		count += message->fates[i].state == RECIPIENT_OVER;
	put_u32(out, count);
	for (uint32_t i = 0; i < message->recipients_count; i++)
		if (message->fates[i].state == RECIPIENT_OVER)
			put_u32(out, i);
}

static void
state_put(struct buf *out, const struct message *message)
{
	place_put(out, message->place);
	put_u16(out, message->flags & FLAGS_KEPT);
	over_put(out, message);
	notices_put(out, message);
	tasks_put(out, message);
}

bool
state_is_fresh(const struct message *message)
{
	const struct task *task;

	SLIST_FOREACH(task, &message->tasks, of_message)
		if (task->attempts > 0)
			return false;
	return message->pending == message->recipients_count && !(message->flags & FLAGS_KEPT);
}

void
state_note(struct queue *queue, struct message *message)
{
	struct buf *out = scratch();

	put_u8(out, ENTRY_STATE);
	state_put(out, message);
	journal_add(queue->journal, buf_span(out));
}

void
state_note_place_done(struct queue *queue, struct place place)
{
	struct buf *out = scratch();

	put_u8(out, ENTRY_DONE);
	place_put(out, place);
	journal_add(queue->journal, buf_span(out));
}

void
state_note_done(struct queue *queue, const struct message *message)
{
	state_note_place_done(queue, message->place);
}

void
state_note_moved(struct queue *queue, struct message *message, struct place former)
{
	struct buf *out = scratch();

	put_u8(out, ENTRY_MOVED);
	place_put(out, former);
	state_put(out, message);
	journal_add(queue->journal, buf_span(out));
}

/* --- back --- */

static void
over_apply(struct queue *queue, struct message *message, struct codec *in)
{
	uint32_t count = get_count(in, 4);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t recipient = get_u32(in);

		if (recipient >= message->recipients_count)
			in->bad = true;
		else
			message_recipient_over(queue, message, recipient, false);
	}
}

static void
notices_apply(struct queue *queue, struct message *message, struct codec *in)
{
	uint32_t count = get_count(in, 6);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t recipient = get_u32(in);
		enum notice_action action = get_enum(in, ACTIONS);
		struct why *why = why_get(in);

		if (recipient >= message->recipients_count || why == NULL) {
			in->bad = true;
			return;
		}
		message_notice(message, recipient, action, why);
		message_recipient_over(queue, message, recipient, true);
		why_release(&why);
	}
}

/* What is said of a recipient goes to the task that has it now: the routes may have changed since. */
static void
tasks_apply(struct queue *queue, struct message *message, struct codec *in)
{
	uint32_t count = get_count(in, 15);

	for (uint32_t i = 0; i < count; i++) {
		int64_t due_ms = (int64_t)get_u64(in), most_ms = clock_wall_ms() + WAIT_MOST(queue->conf);
		uint16_t attempts = get_u16(in);
		struct why *why = why_get(in);
		uint32_t recipients = get_count(in, 4);

		for (uint32_t j = 0; j < recipients; j++) {
			uint32_t recipient = get_u32(in);
			struct task *task = recipient < message->recipients_count ? message->fates[recipient].task : NULL;

			if (task == NULL || task->attempts > attempts)
				continue;
			task->attempts = attempts;
			why_set(&task->why, why);
			if (due_ms > 0 && task->state == TASK_READY)
				task_wait(queue, task, due_ms < most_ms ? due_ms : most_ms);
		}
		why_release(&why);
	}
}

static void
hold_all(struct queue *queue, struct message *message)
{
	struct task *task;

	SLIST_FOREACH(task, &message->tasks, of_message)
		task_hold(queue, task);
}

bool
state_apply(struct queue *queue, struct message *message, struct span state)
{
	struct codec in = codec_read(state);

	(void)get_u64(&in);
	(void)get_u64(&in);
	message->flags |= get_u16(&in) & FLAGS_KEPT;
	over_apply(queue, message, &in);
	notices_apply(queue, message, &in);
	tasks_apply(queue, message, &in);
	/* The relay that had the rest of it is gone. */
	if (message->flags & MESSAGE_REMOVED)
		message_remove_rest(queue, message);
	if (message->flags & MESSAGE_HELD)
		hold_all(queue, message);
	return codec_done(&in);
}
