/* Outcomes: delivered, failed, or later. */
#include "queue/settle.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "loop/clock.h"
#include "mail/route.h"
#include "metrics/count.h"
#include "queue/age.h"
#include "queue/destination.h"
#include "queue/dispatch.h"
#include "queue/message.h"
#include "queue/notices.h"
#include "queue/schedule.h"
#include "queue/state.h"
#include "queue/task.h"
#include "queue/why.h"

/* The envelope, read from the spool when the first end makes it necessary. */
struct lazy {
	struct arena *arena;	/* NULL = not read yet */
	bool is_good;
	struct envelope envelope;
};

static const struct recipient *
lazy_recipient(struct queue *queue, const struct message *message, struct lazy *lazy, uint32_t recipient)
{
	if (lazy->arena == NULL) {
		lazy->arena = arena_new();
		lazy->is_good = store_read(queue->store, message->place, lazy->arena, &lazy->envelope);
	}
	return lazy->is_good ? &lazy->envelope.recipients[recipient] : NULL;
}

/* Does the operator want failures of policy for this domain bounced at once? */
static bool
bounces_at_once(const struct queue *queue, const struct recipient *recipient)
{
	return recipient != NULL &&
	    span_equal(route_table_find(queue->on_failure, span_behind_last(recipient->address, '@')), SPAN("mx:bounce"));
}

/*
 * Is this failure, which could be tried again, the last one? Returns why the recipient failed, NULL when it is tried again.
 * What has grown too old keeps the status of its last attempt, and so does a notice to a peer where no TLS can be laid: report writes to
 * somebody else then. What the operator wants bounced has failed for good (RFC 3463 2), but by MTA-STS not before relays have asked
 * whether there is a newer policy (RFC 8461 5.1): the next attempt does.
 */
static struct why *
last_why(struct queue *queue, const struct message *message, struct lazy *lazy, uint32_t recipient, struct why *why)
{
	if (age_is_over(queue, message, &why->outcome) || (message->flags & MESSAGE_TOLD && why->outcome.is_policy))
		return why_hold(why);
	if (why->outcome.is_policy && !why->outcome.is_provisional && queue->has_on_failure &&
	    bounces_at_once(queue, lazy_recipient(queue, message, lazy, recipient)))
		return why_for_good(why);
	return NULL;
}

static void
log_end(const struct message *message, const struct recipient *recipient, const struct outcome *outcome, const char *what)
{
	log_info(what, LOG_MID("id", message->mid), LOG_ADDRESS("to", recipient == NULL ? SPAN("") : recipient->address),
	    LOG_SPAN("dsn", outcome->status), LOG_SPAN("reason", outcome->reason),
	    LOG_SECONDS("age", clock_wall_ms() - message->arrival_ms));
}

/* In the order of the label's words. */
enum recipient_end { END_DELIVERED, END_FAILED, END_EXPIRED };

static enum recipient_end
end_of(const struct why *why, enum outcome_kind kind)
{
	if (kind == OUTCOME_DELIVERED)
		return END_DELIVERED;
	return why->outcome.kind == OUTCOME_LATER ? END_EXPIRED : END_FAILED;
}

/* What a store took by LMTP is where it was going (RFC 2033 2); what anybody else took goes on from there (RFC 3464 2.3.3). */
static enum notice_action
end_action(const struct message *message, uint32_t recipient, enum outcome_kind kind)
{
	const char *hop = message->fates[recipient].task->destination->hop;
	struct route route;

	if (kind == OUTCOME_FAILED)
		return ACTION_FAILED;
	return route_parse(span_of(hop), &route) == NULL && route.scheme == ROUTE_LMTP ? ACTION_DELIVERED : ACTION_RELAYED;
}

/* A recipient has its end. */
static void
recipient_end(struct queue *queue, struct message *message, struct lazy *lazy, uint32_t recipient, struct why *why,
    enum outcome_kind kind)
{
	struct outcome outcome = why->outcome;
	const struct recipient *address = NULL;
	bool is_told;

	outcome.kind = kind;
	if (kind == OUTCOME_FAILED || message->flags & MESSAGE_WANTS_SUCCESS)
		address = lazy_recipient(queue, message, lazy, recipient);
	/* Who wants to know stands in the envelope: if it does not open just now, report is asked when it does. */
	is_told = address != NULL || message->flags & MESSAGE_TOLD ? notices_wanted(message, address, &outcome) :
	    kind == OUTCOME_FAILED && !(message->flags & MESSAGE_QUIET);
	count(METRIC_QUEUE_ENDS, end_of(why, kind), metrics_find(METRICS_REASON, outcome.reason));
	if (kind == OUTCOME_FAILED) {
		queue->failed++;
		log_end(message, address, &outcome, end_of(why, kind) == END_EXPIRED ? "expired" : "failed");
	} else {
		queue->delivered++;
	}
	if (is_told)
		message_notice(message, recipient, end_action(message, recipient, kind), why);
	message_recipient_over(queue, message, recipient, is_told);
}

/* After a change: over, or noted; and the sender told when that is due. */
static void
settle_message(struct queue *queue, struct message *message)
{
	if (message_is_over(message)) {
		message_finish(queue, message);
		return;
	}
	state_note(queue, message);
	notices_look(queue, message);
}

/* What was decided without a word of the site, from the message alone, says nothing about the site. */
static bool
is_of_site(const struct outcome *outcome)
{
	return outcome->scope != OUTCOME_OF_MESSAGE || outcome->is_remote || outcome->kind == OUTCOME_DELIVERED;
}

/* What the site's part in a job says about it. */
static void
settle_destination(struct queue *queue, struct destination *destination, const struct concluded *concluded,
    struct why *const *whys)
{
	bool has_answered = false;

	for (uint32_t i = 0; i < concluded->outcomes_count; i++) {
		const struct outcome *outcome = &concluded->outcomes[i];

		if (outcome->kind == OUTCOME_LATER && outcome->scope == OUTCOME_OF_SITE) {
			destination_failed(queue, destination, whys[i]);
			settle_overdue(queue, destination);
			return;
		}
		has_answered |= is_of_site(outcome);
	}
	if (has_answered)
		destination_answered(queue, destination);
}

/* Give each pending recipient of the task its outcome. Returns the reason of those that stay, NULL when none does. */
static struct why *
settle_recipients(struct queue *queue, struct task *task, const struct concluded *concluded, struct why *const *whys)
{
	struct message *message = task->message;
	struct lazy lazy = { .arena = NULL };
	struct why *later = NULL, *last = NULL;
	uint32_t next = 0;

	for (uint32_t i = 0; i < message->recipients_count; i++) {
		struct why *why;

		if (message->fates[i].task != task)
			continue;
		why = whys[concluded->which[next++]];
		if (message->flags & MESSAGE_REMOVED)
			message_recipient_over(queue, message, i, false);
		else if (why->outcome.kind != OUTCOME_LATER)
			recipient_end(queue, message, &lazy, i, why, why->outcome.kind);
		else if ((last = last_why(queue, message, &lazy, i, why)) != NULL)
			recipient_end(queue, message, &lazy, i, last, OUTCOME_FAILED);
		else
			later = why;
		why_release(&last);
		/* The task goes with its last recipient. */
		if (next == concluded->recipients_count)
			break;
	}
	arena_free(&lazy.arena);
	return later;
}

/* Some recipients stay: try again later, or at once when only the peer's limit kept them from being tried. */
static void
settle_later(struct queue *queue, struct task *task, struct why *why)
{
	int64_t wait;

	queue->deferred += task->recipients;
	if (task->attempts < UINT16_MAX)
		task->attempts++;
	why_set(&task->why, why);
	wait = schedule_retry_ms(task->attempts, queue->conf->retry_first_s, queue->conf->retry_most_s, random_below(UINT32_MAX));
	if (task->message->flags & MESSAGE_HELD)
		task_hold(queue, task);
	else
		task_wait(queue, task, clock_wall_ms() + wait);
}

static void
settle_task(struct queue *queue, struct task *task, const struct concluded *concluded, struct why *const *whys)
{
	struct message *message = task->message;
	struct why *later;

	settle_destination(queue, task->destination, concluded, whys);
	later = settle_recipients(queue, task, concluded, whys);
	if (later != NULL)
		settle_later(queue, task, later);
	settle_message(queue, message);
}

bool
settle_concluded(struct queue *queue, uint16_t relay, const struct concluded *concluded)
{
	struct task *task = task_of_job(queue, concluded->job);
	struct why **whys;

	if (task == NULL)
		return true;	/* given to another relay after this one had been taken for dead */
	if (task->relay != relay || concluded->recipients_count != task->recipients)
		return false;
	whys = calloc(concluded->outcomes_count + 1, sizeof(*whys));
	for (uint32_t i = 0; whys != NULL && i < concluded->outcomes_count; i++)
		whys[i] = why_new(&concluded->outcomes[i], clock_wall_ms());
	if (whys != NULL)
		settle_task(queue, task, concluded, whys);
	for (uint32_t i = 0; whys != NULL && i < concluded->outcomes_count; i++)
		why_release(&whys[i]);
	free(whys);
	return true;
}

static void
task_came_back(struct queue *queue, struct task *task)
{
	struct message *message = task->message;

	if (message->flags & (MESSAGE_HELD | MESSAGE_REMOVED))
		task_hold(queue, task);
	else
		task_ready(queue, task);
	if (!(message->flags & MESSAGE_REMOVED))
		return;
	message_remove_rest(queue, message);
	if (message_is_over(message))
		message_finish(queue, message);
}

void
settle_relay_gone(struct queue *queue, uint16_t relay)
{
	struct task *task, *next;

	/* A message goes with its last task only: the next one stays. */
	for (task = task_next_job(queue, NULL); task != NULL; task = next) {
		next = task_next_job(queue, task);
		if (task->relay == relay)
			task_came_back(queue, task);
	}
}

/* Fail every pending recipient of those tasks that `picks` says, with one reason. */
static void
fail_tasks(struct queue *queue, struct message *message, struct why *why, bool (*picks)(const struct task *task, void *arg),
    void *arg)
{
	struct lazy lazy = { .arena = NULL };

	for (uint32_t i = 0; i < message->recipients_count; i++)
		if (message->fates[i].task != NULL && picks(message->fates[i].task, arg))
			recipient_end(queue, message, &lazy, i, why, OUTCOME_FAILED);
	arena_free(&lazy.arena);
	settle_message(queue, message);
}

static bool
is_not_running(const struct task *task, void *unused)
{
	(void)unused;
	return task->state != TASK_RUNNING;
}

void
settle_fail(struct queue *queue, struct message *message, const struct outcome *outcome)
{
	struct why *why = why_new(outcome, clock_wall_ms());

	fail_tasks(queue, message, why, is_not_running, NULL);
	why_release(&why);
}

static bool
is_this(const struct task *task, void *arg)
{
	return task == arg;
}

void
settle_overdue(struct queue *queue, struct destination *destination)
{
	struct why *why = why_hold(destination->why);
	struct flow *flow, *next_flow;
	struct task *task, *next;

	for (flow = TAILQ_FIRST(&destination->flows); flow != NULL; flow = next_flow) {
		next_flow = TAILQ_NEXT(flow, entry);
		for (task = TAILQ_FIRST(&flow->tasks); task != NULL; task = next) {
			next = TAILQ_NEXT(task, of_flow);
			/* The flow goes with its last task. */
			if (age_is_over(queue, task->message, &why->outcome))
				fail_tasks(queue, task->message, why, is_this, task);
		}
	}
	why_release(&why);
}
