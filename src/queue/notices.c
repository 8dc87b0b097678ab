/* Asking report for notifications. */
#include "queue/notices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "loop/clock.h"
#include "queue/age.h"
#include "queue/message.h"
#include "queue/state.h"
#include "queue/why.h"

#define AGAIN_MS 60000	/* until report is asked again for what it could not make */

bool
notices_wanted(const struct message *message, const struct recipient *recipient, const struct outcome *outcome)
{
	if (message->flags & MESSAGE_TOLD)
		return outcome->kind != OUTCOME_LATER;
	/* Never about a null sender's mail or our own (RFC 5321 4.5.5); NEVER means never (RFC 3461 4.1). */
	if (message->flags & MESSAGE_QUIET || recipient->notify & NOTIFY_NEVER)
		return false;
	switch (outcome->kind) {
	case OUTCOME_DELIVERED:
		return recipient->notify & NOTIFY_SUCCESS && outcome->relayed;
	case OUTCOME_LATER:
		return recipient->notify == NOTIFY_DEFAULT || recipient->notify & NOTIFY_DELAY;
	case OUTCOME_FAILED:
		return recipient->notify == NOTIFY_DEFAULT || recipient->notify & NOTIFY_FAILURE;
	case OUTCOME_KINDS:
		break;
	}
	return false;
}

/* What is said of a delayed recipient: the last failure, or that its turn has not come. */
static struct noticed_recipient
delayed(const struct queue *queue, const struct message *message, const struct task *task)
{
	static const struct outcome waiting = {
		.kind = OUTCOME_LATER, .scope = OUTCOME_OF_SITE, .status = { "4.4.1", 5 }, .reason = { "waiting", 7 },
		.text = { "the message waits for its turn", 30 }
	};
	const struct why *why = task->why != NULL ? task->why : task->destination->why;
	struct noticed_recipient noticed = {
		.action = ACTION_DELAYED, .outcome = why == NULL ? waiting : why->outcome,
		.attempt_ms = why == NULL ? 0 : why->when_ms,
	};

	noticed.retry_until_ms = age_limit_ms(queue, message, noticed.outcome.is_policy);
	return noticed;
}

/* Put the envelope's recipient behind those the notification is about already. */
static void
notification_add(struct notification *notification, const struct recipient *recipient, struct noticed_recipient noticed)
{
	uint32_t count = notification->envelope.recipients_count++;

	notification->envelope.recipients[count] = *recipient;
	notification->recipients[count] = noticed;
}

/* Where the time is over already, as after an outage of our own, the last try is what counts, and what it comes to is told. */
static void
gather_delayed(const struct queue *queue, const struct message *message, const struct recipient *all,
    struct notification *notification)
{
	static const struct outcome later = { .kind = OUTCOME_LATER };

	for (uint32_t i = 0; i < message->recipients_count; i++) {
		struct noticed_recipient noticed;

		if (message->fates[i].state != RECIPIENT_PENDING || !notices_wanted(message, &all[i], &later))
			continue;
		noticed = delayed(queue, message, message->fates[i].task);
		if (noticed.retry_until_ms > clock_wall_ms())
			notification_add(notification, &all[i], noticed);
	}
}

static bool
is_failure_wanted(const struct message *message, const struct recipient *recipient)
{
	static const struct outcome failed = { .kind = OUTCOME_FAILED };

	return notices_wanted(message, recipient, &failed);
}

static void
gather_ends(const struct message *message, const struct recipient *all, struct notification *notification, uint32_t *told)
{
	const struct notice *notice;

	*told = 0;
	STAILQ_FOREACH(notice, &message->notices, entry) {
		struct noticed_recipient noticed = {
			.action = notice->action, .outcome = notice->why->outcome, .attempt_ms = notice->why->when_ms
		};

		(*told)++;
		/* It was not known when the notice was made, if the envelope did not open then. */
		if (notice->action != ACTION_FAILED || is_failure_wanted(message, &all[notice->recipient]))
			notification_add(notification, &all[notice->recipient], noticed);
	}
}

static void
ask_free(struct queue *queue, struct ask *ask)
{
	TAILQ_REMOVE(&queue->asks, ask, entry);
	ask->message->ask = NULL;
	free(ask);
}

/* The sender has been told: the first `told` notices are over. */
static void
notices_over(struct queue *queue, struct message *message, uint32_t told)
{
	while (told-- > 0) {
		struct notice *notice = STAILQ_FIRST(&message->notices);

		STAILQ_REMOVE_HEAD(&message->notices, entry);
		message_recipient_over(queue, message, notice->recipient, false);
		why_release(&notice->why);
		free(notice);
	}
}

/* It has been answered, or nobody wants to know: the message goes on, or is finished. */
static void
ask_over(struct queue *queue, struct ask *ask)
{
	struct message *message = ask->message;
	uint32_t told = ask->is_delay ? 0 : ask->told;

	ask_free(queue, ask);
	notices_over(queue, message, told);
	if (message_is_over(message)) {
		message_finish(queue, message);
		return;
	}
	state_note(queue, message);
	notices_look(queue, message);
}

static void
ask_send(struct queue *queue, struct ask *ask, struct notification *notification)
{
	struct buf *out = channel_scratch();
	int fd = store_body_fd(ask->message->place.segment);

	if (fd < 0) {
		log_error("notices", LOG_TEXT("what", "no descriptor for a body"), LOG_TEXT("reason", strerror(errno)));
		timer_start(queue->ask_timer, AGAIN_MS);
		return;
	}
	ask->id = notification->id = ++queue->next_ask;
	notification_encode(out, notification);
	channel_send(queue->report->channel, QUEUE_NOTIFY, buf_span(out), fd);
}

/*
 * Ask report, if it is there, and if it can be noted that it has told somebody. Nothing is left to be asked when nobody
 * wants to know.
 */
static void
ask_now(struct queue *queue, struct ask *ask)
{
	struct message *message = ask->message;
	struct notification notification = { .id = 0 };
	struct arena *arena;
	const struct recipient *all;

	if (queue->report == NULL || queue->report->channel == NULL || queue->is_broken || ask->id != 0)
		return;
	arena = arena_new();
	if (!store_read(queue->store, message->place, arena, &notification.envelope)) {
		/* It may open later; until then the message stays, for the operator to look at. */
		timer_start(queue->ask_timer, AGAIN_MS);
		arena_free(&arena);
		return;
	}
	all = notification.envelope.recipients;
	notification.envelope.recipients = arena_alloc(arena, message->recipients_count * sizeof(*all));
	notification.envelope.recipients_count = 0;
	notification.recipients = arena_alloc(arena, message->recipients_count * sizeof(*notification.recipients));
	if (ask->is_delay)
		gather_delayed(queue, message, all, &notification);
	else
		gather_ends(message, all, &notification, &ask->told);
	if (notification.envelope.recipients_count > 0)
		ask_send(queue, ask, &notification);
	else
		ask_over(queue, ask);
	explicit_bzero(notification.envelope.body.key, sizeof(notification.envelope.body.key));
	arena_free(&arena);
}

static void
ask_new(struct queue *queue, struct message *message, bool is_delay)
{
	struct ask *ask = must_alloc(sizeof(*ask));

	ask->message = message;
	ask->is_delay = is_delay;
	message->ask = ask;
	TAILQ_INSERT_TAIL(&queue->asks, ask, entry);
	ask_now(queue, ask);
}

/* A first try comes at once, unless its next hop is busy, or at rest: that may take days, and nobody waits so long for another's end. */
static bool
may_end_soon(const struct message *message, const struct task *task)
{
	return task->state == TASK_RUNNING || (task->state == TASK_READY && task->attempts == 0 && !age_is_settled(message));
}

void
notices_look(struct queue *queue, struct message *message)
{
	const struct task *task;

	if (message->ask != NULL || STAILQ_EMPTY(&message->notices))
		return;
	/* Ends that come together are told together: wait for what is under way. */
	SLIST_FOREACH(task, &message->tasks, of_message)
		if (may_end_soon(message, task))
			return;
	ask_new(queue, message, false);
}

void
notices_delay(struct queue *queue, struct message *message)
{
	if (message->flags & (MESSAGE_DELAY_TOLD | MESSAGE_QUIET | MESSAGE_HELD) || message->ask != NULL || message->pending == 0)
		return;
	message->flags |= MESSAGE_DELAY_TOLD;
	state_note(queue, message);
	ask_new(queue, message, true);
}

static struct ask *
ask_of_id(struct queue *queue, uint64_t id)
{
	struct ask *ask;

	TAILQ_FOREACH(ask, &queue->asks, entry)
		if (ask->id == id)
			return ask;
	return NULL;
}

bool
notices_answered(struct queue *queue, const struct notified *notified)
{
	struct ask *ask = notified->id == 0 ? NULL : ask_of_id(queue, notified->id);

	if (ask == NULL)
		return true;	/* the message was removed meanwhile */
	if (!notified->done) {
		ask->id = 0;
		timer_start(queue->ask_timer, AGAIN_MS);
		return true;
	}
	ask_over(queue, ask);
	return true;
}

void
notices_ask_all(struct queue *queue)
{
	struct ask *ask, *next;

	for (ask = TAILQ_FIRST(&queue->asks); ask != NULL; ask = next) {
		next = TAILQ_NEXT(ask, entry);
		ask_now(queue, ask);
	}
}

void
notices_forget(struct queue *queue, struct message *message)
{
	if (message->ask != NULL)
		ask_free(queue, message->ask);
}

static void
on_ask_again(void *arg)
{
	notices_ask_all(arg);
}

void
notices_init(struct queue *queue)
{
	TAILQ_INIT(&queue->asks);
	queue->ask_timer = timer_new(on_ask_again, queue);
}
