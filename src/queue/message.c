/* Messages: recipients grouped by next hop, and the lists every message is on. */
#include "queue/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "loop/clock.h"
#include "queue/age.h"
#include "queue/congestion.h"
#include "queue/destination.h"
#include "queue/evacuate.h"
#include "queue/notices.h"
#include "queue/state.h"
#include "queue/task.h"
#include "queue/why.h"
#include "smtp/domain.h"

static int
mid_tree_compare(struct message *a, struct message *b)
{
	return mid_compare(a->mid, b->mid);
}

TREE_GENERATE(mid_tree, message, of_mids, mid_tree_compare)

/* Which sender's turn it is: only equality matters. */
static uint32_t
sender_hash(struct span sender)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < sender.length; i++)
		hash = (hash ^ (unsigned char)sender.data[i]) * 16777619u;
	return hash;
}

static void
segment_link(struct message *message)
{
	void **user = stored_user(message->place.segment);
	struct in_segment *in_segment = *user;

	if (in_segment == NULL)
		in_segment = *user = must_alloc(sizeof(*in_segment));
	LIST_INSERT_HEAD(&in_segment->messages, message, of_segment);
}

static void
segment_unlink(struct message *message)
{
	void **user = stored_user(message->place.segment);
	struct in_segment *in_segment = *user;

	LIST_REMOVE(message, of_segment);
	if (!LIST_EMPTY(&in_segment->messages))
		return;
	free(in_segment);
	*user = NULL;
}

struct message *
message_new(struct queue *queue, const struct envelope *envelope, struct place place, uint32_t octets)
{
	struct message *message = must_alloc(sizeof(*message) + envelope->recipients_count * sizeof(message->fates[0]));

	message->mid = envelope->mid;
	message->place = place;
	message->octets = octets;
	/* A clock that was set back since must not keep it for longer. */
	message->arrival_ms = envelope->arrival_ms < clock_wall_ms() ? envelope->arrival_ms : clock_wall_ms();
	message->size = envelope->body.length;
	message->sender = sender_hash(envelope->sender);
	message->recipients_count = message->pending = envelope->recipients_count;
	if (span_is_empty(envelope->sender) || envelope->flags & ENVELOPE_OWN)
		message->flags |= MESSAGE_QUIET;
	if (envelope->flags & ENVELOPE_BRIEF)
		message->flags |= MESSAGE_BRIEF;
	if (envelope->flags & ENVELOPE_TOLD)
		message->flags |= MESSAGE_TOLD;
	for (uint32_t i = 0; i < envelope->recipients_count; i++)
		if (envelope->recipients[i].notify & NOTIFY_SUCCESS)
			message->flags |= MESSAGE_WANTS_SUCCESS;
	STAILQ_INIT(&message->notices);
	SLIST_INIT(&message->tasks);
	RB_INSERT(mid_tree, &queue->mids, message);
	age_add(queue, message);
	segment_link(message);
	queue->messages_count++;
	congestion_look(queue);
	return message;
}

struct message *
message_find(struct queue *queue, struct mid mid)
{
	struct message wanted = { .mid = mid };

	return RB_FIND(mid_tree, &queue->mids, &wanted);
}

struct message *
message_from(struct queue *queue, struct mid mid)
{
	struct message wanted = { .mid = mid };

	return RB_NFIND(mid_tree, &queue->mids, &wanted);
}

struct message *
message_next(struct message *message)
{
	return mid_tree_RB_NEXT(message);
}

/* The next hop of an address by the routes as they are now; the text lies in room or in the table. */
static struct span
hop_of(const struct queue *queue, struct span address, char room[DOMAIN_TEXT + 8])
{
	struct span domain = span_behind_last(address, '@');
	char ascii[DOMAIN_TEXT];
	struct span hop;
	int length;

	if (span_is_empty(domain))
		domain = span_of(queue->conf->hostname);
	if (domain_to_ascii(domain, ascii))
		domain = span_of(ascii);
	hop = route_table_find(queue->routes, domain);
	if (!span_is_empty(hop))
		return hop;
	length = snprintf(room, DOMAIN_TEXT + 8, "mx:%.*s", SPAN_ARG(span_first(domain, DOMAIN_OCTETS)));
	return span_make(room, (size_t)length);
}

/* What the message asks of its next hops. A notification goes on without REQUIRETLS where it has to (RFC 8689 4.2.1): as other mail. */
static uint32_t
tls_of(const struct envelope *envelope)
{
	bool is_notification = span_is_empty(envelope->sender) || envelope->flags & ENVELOPE_OWN;

	return envelope->flags & (ENVELOPE_TLS_OPTIONAL | (is_notification ? 0u : ENVELOPE_REQUIRETLS));
}

/* The task of this message for a destination that no relay has yet; made when there is none. */
static struct task *
task_for(struct message *message, struct destination *destination)
{
	struct task *task;

	SLIST_FOREACH(task, &message->tasks, of_message)
		if (task->destination == destination && task->state != TASK_RUNNING)
			return task;
	return task_new(message, destination);
}

void
message_group(struct queue *queue, struct message *message, const struct envelope *envelope)
{
	char room[DOMAIN_TEXT + 8];
	struct task *task;

	message->version = queue->routes_version;
	for (uint32_t i = 0; i < message->recipients_count; i++) {
		struct fate *fate = &message->fates[i];

		if (fate->state != RECIPIENT_PENDING || fate->task != NULL)
			continue;
		fate->task = task_for(message,
		    destination_get(queue, hop_of(queue, envelope->recipients[i].address, room), tls_of(envelope)));
		fate->task->recipients++;
	}
	SLIST_FOREACH(task, &message->tasks, of_message) {
		if (task->state != TASK_OVER)
			continue;
		if (message->flags & MESSAGE_HELD)
			task_hold(queue, task);
		else
			task_ready(queue, task);
	}
}

void
message_regroup(struct queue *queue, struct message *message, const struct envelope *envelope)
{
	struct task *task, *next;
	uint16_t attempts = 0;
	struct why *why = NULL;

	for (task = SLIST_FIRST(&message->tasks); task != NULL; task = next) {
		next = SLIST_NEXT(task, of_message);
		if (task->state == TASK_RUNNING)
			continue;
		if (task->attempts > attempts)
			attempts = task->attempts;
		if (task->why != NULL)
			why_set(&why, task->why);
		for (uint32_t i = 0; i < message->recipients_count; i++)
			if (message->fates[i].task == task)
				message->fates[i].task = NULL;
		task_free(queue, task);
	}
	message_group(queue, message, envelope);
	SLIST_FOREACH(task, &message->tasks, of_message)
		if (task->state != TASK_RUNNING) {
			task->attempts = attempts;
			why_set(&task->why, why);
		}
	why_release(&why);
}

void
message_recipient_over(struct queue *queue, struct message *message, uint32_t recipient, bool is_untold)
{
	struct fate *fate = &message->fates[recipient];
	struct task *task = fate->task;

	if (fate->state == RECIPIENT_PENDING)
		message->pending--;
	fate->state = is_untold ? RECIPIENT_UNTOLD : RECIPIENT_OVER;
	fate->task = NULL;
	if (task != NULL && --task->recipients == 0)
		task_free(queue, task);
}

static void
notices_drop(struct message *message)
{
	struct notice *notice;

	while ((notice = STAILQ_FIRST(&message->notices)) != NULL) {
		STAILQ_REMOVE_HEAD(&message->notices, entry);
		why_release(&notice->why);
		free(notice);
	}
}

void
message_remove_rest(struct queue *queue, struct message *message)
{
	for (uint32_t i = 0; i < message->recipients_count; i++) {
		const struct task *task = message->fates[i].task;

		if (task == NULL || task->state != TASK_RUNNING)
			message_recipient_over(queue, message, i, false);
	}
	notices_drop(message);
	if (message->ask != NULL)
		notices_forget(queue, message);
}

void
message_notice(struct message *message, uint32_t recipient, enum notice_action action, struct why *why)
{
	struct notice *notice = must_alloc(sizeof(*notice));

	notice->recipient = recipient;
	notice->action = action;
	notice->why = why_hold(why);
	STAILQ_INSERT_TAIL(&message->notices, notice, entry);
}

bool
message_is_over(const struct message *message)
{
	return message->pending == 0 && STAILQ_EMPTY(&message->notices) && message->ask == NULL;
}

/* Out of every list, and gone; the place is not touched. */
void
message_free(struct queue *queue, struct message *message)
{
	struct task *task;

	while ((task = SLIST_FIRST(&message->tasks)) != NULL)
		task_free(queue, task);
	notices_drop(message);
	notices_forget(queue, message);
	segment_unlink(message);
	age_remove(queue, message);
	RB_REMOVE(mid_tree, &queue->mids, message);
	queue->messages_count--;
	free(message);
}

void
message_finish(struct queue *queue, struct message *message)
{
	struct place place = message->place;
	uint32_t octets = message->octets;

	if (message->flags & MESSAGE_MOVING)
		evacuate_forget(queue, message);
	state_note_done(queue, message);
	message_free(queue, message);
	store_release(queue->store, place, octets);
	congestion_look(queue);
}

/* A place that is held until the journal's word that nothing lies there any more is durable. */
struct former {
	struct queue *queue;
	struct place place;
	uint32_t octets;
};

static void
on_move_durable(void *arg, int error)
{
	struct former *former = arg;

	/*
	 * Erasing the former place is durable at once: what the journal knew of it would be lost before what it says of
	 * the new one is there. If it cannot be said, the place stays held until the next start.
	 */
	if (error == 0)
		store_release(former->queue->store, former->place, former->octets);
	free(former);
}

void
message_moved(struct queue *queue, struct message *message, struct place place, uint32_t octets)
{
	struct former *former = must_alloc(sizeof(*former));

	*former = (struct former){ queue, message->place, message->octets };
	segment_unlink(message);
	message->place = place;
	message->octets = octets;
	segment_link(message);
	state_note_moved(queue, message, former->place);
	journal_wait(queue->journal, on_move_durable, former);
}

const char *
message_state(const struct message *message)
{
	static const char *const names[] = {
		[TASK_RUNNING] = "active", [TASK_READY] = "ready", [TASK_WAITING] = "deferred", [TASK_HELD] = "held",
		[TASK_OVER] = "done",
	};
	static const enum task_state order[] = { TASK_RUNNING, TASK_READY, TASK_WAITING, TASK_HELD };
	const struct task *task;

	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		SLIST_FOREACH(task, &message->tasks, of_message)
			if (task->state == order[i])
				return names[order[i]];
	return names[TASK_OVER];
}
