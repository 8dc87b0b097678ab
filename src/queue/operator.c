/*
 * The operator's verbs. A request walks over the messages in the order of their identities, some per turn, as
 * fast as the tool reads the rows; a verb that changes something ends when the journal is durable.
 */
#include "queue/operator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/fatal.h"
#include "base/log.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "queue/age.h"
#include "queue/destination.h"
#include "queue/dispatch.h"
#include "queue/filter.h"
#include "queue/message.h"
#include "queue/settle.h"
#include "queue/state.h"
#include "queue/task.h"

#define TURN_MESSAGES 500		/* looked at in one turn */
#define UNSENT_OCTETS (256u * 1024)	/* waiting to be read by the tool: the walk rests */

struct walk;

struct verb {
	struct span name;
	bool changes;		/* needs a stated filter */
	/* Do it; the rows that say what was matched are made before. May free the message. */
	void (*act)(struct walk *walk, struct message *message);
};

/* One request being answered. */
struct walk {
	struct queue *queue;
	struct channel *channel;
	struct arena *arena;		/* of the request */
	struct request request;
	const struct verb *verb;
	struct filter filter;
	bool is_dry, is_long;
	struct mid next;		/* the first identity not looked at yet */
	struct mid last;		/* none behind this one is asked for */
	uint64_t matched;
	bool is_gone;			/* the tool has hung up */
	bool is_scheduled;		/* walk_step() will be called */
	bool is_waiting;		/* for the journal: on_durable() will be called */
};

/* --- what the verbs do --- */

static void
act_hold(struct walk *walk, struct message *message)
{
	struct task *task;

	message->flags |= MESSAGE_HELD;
	SLIST_FOREACH(task, &message->tasks, of_message)
		if (task->state != TASK_RUNNING)
			task_hold(walk->queue, task);
	state_note(walk->queue, message);
}

/* Ready at once, whatever it waited for; and its destinations are forgiven what they did. */
static void
make_ready(struct queue *queue, struct message *message)
{
	struct task *task, *next;

	for (task = SLIST_FIRST(&message->tasks); task != NULL; task = next) {
		next = SLIST_NEXT(task, of_message);
		if (task->state == TASK_RUNNING)
			continue;
		destination_forgive(queue, task->destination);
		if (task->state != TASK_READY)
			task_ready(queue, task);
	}
}

static void
act_release(struct walk *walk, struct message *message)
{
	if (!(message->flags & MESSAGE_HELD))
		return;
	message->flags &= (uint16_t)~(MESSAGE_HELD | MESSAGE_DAMAGED);
	make_ready(walk->queue, message);
	state_note(walk->queue, message);
}

static void
act_retry(struct walk *walk, struct message *message)
{
	if (message->flags & MESSAGE_HELD)
		return;
	make_ready(walk->queue, message);
}

static void
act_remove(struct walk *walk, struct message *message)
{
	struct queue *queue = walk->queue;

	log_info("removed", LOG_MID("id", message->mid), LOG_TEXT("by", "operator"));
	/* What a relay has is removed when it comes back. */
	message->flags |= MESSAGE_REMOVED;
	message_remove_rest(queue, message);
	if (message->pending == 0)
		message_finish(queue, message);
	else
		state_note(queue, message);
}

static void
act_bounce(struct walk *walk, struct message *message)
{
	static const struct outcome returned = {
		.kind = OUTCOME_FAILED, .scope = OUTCOME_OF_MESSAGE, .status = { "5.0.0", 5 },
		.reason = { "returned-by-operator", 20 }, .text = { "returned by the operator of this relay", 38 }
	};

	message->flags &= (uint16_t)~MESSAGE_HELD;
	settle_fail(walk->queue, message, &returned);
}

static const struct verb verbs[] = {
	{ { "queue list", 10 }, false, NULL },
	{ { "queue show", 10 }, false, NULL },
	{ { "queue hold", 10 }, true, act_hold },
	{ { "queue release", 13 }, true, act_release },
	{ { "queue retry", 11 }, true, act_retry },
	{ { "queue remove", 12 }, true, act_remove },
	{ { "queue bounce", 12 }, true, act_bounce },
};

/* --- rows --- */

static void
send_row(struct walk *walk, const struct row *row)
{
	struct buf *out = channel_scratch();

	row_encode(out, row);
	channel_send(walk->channel, CTL_ROW, buf_span(out), -1);
}

static void
row_why(struct row *row, const struct why *why)
{
	row_text(row, "reason", why == NULL ? SPAN("") : why->outcome.reason);
	row_text(row, "mx", why == NULL ? SPAN("") : why->outcome.mx);
	row_text(row, "ip", why == NULL ? SPAN("") : why->outcome.address);
	row_text(row, "tls", why == NULL ? SPAN("") : why->outcome.tls);
	row_number(row, "code", why == NULL ? 0 : why->outcome.code);
	row_text(row, "dsn", why == NULL ? SPAN("") : why->outcome.status);
	row_text(row, "reply", why == NULL ? SPAN("") : why->outcome.text);
	row_text(row, "because", why == NULL ? SPAN("") : why->outcome.because);
	row_text(row, "judged", why == NULL ? SPAN("") : why->outcome.verdict);
	row_text(row, "evidence", why == NULL ? SPAN("") : why->outcome.evidence);
	row_number(row, "tried", why == NULL ? 0 : why->when_ms / 1000);
}

/* What is common to a message's rows. */
static void
row_message(struct row *row, const struct message *message, const struct envelope *envelope, char id[MID_TEXT])
{
	row_text(row, "id", span_of(mid_format(message->mid, id)));
	row_text(row, "state", span_of(message_state(message)));
	row_number(row, "arrival", message->arrival_ms / 1000);
	row_text(row, "sender", envelope == NULL ? SPAN("(unreadable)") : envelope->sender);
	row_number(row, "size", (int64_t)message->size);
	row_number(row, "recipients", message->recipients_count);
}

static void
row_task(struct row *row, const struct queue *queue, const struct message *message, const struct task *task)
{
	const struct why *why = task == NULL ? NULL : task->why != NULL ? task->why : task->destination->why;
	bool is_policy = why != NULL && why->outcome.is_policy;

	row_text(row, "next_hop", task == NULL ? SPAN("") : span_of(task->destination->hop));
	row_number(row, "attempts", task == NULL ? 0 : task->attempts);
	row_number(row, "next_try", task != NULL && task->state == TASK_WAITING ? task->due_ms / 1000 : 0);
	row_why(row, why);
	row_number(row, "expires", age_limit_ms(queue, message, is_policy) / 1000);
}

/* `list`: one row a message, its first pending recipient standing for all. */
static void
say_short(struct walk *walk, const struct message *message, const struct envelope *envelope)
{
	struct row row = { .fields_count = 0 };
	const struct task *task = SLIST_FIRST(&message->tasks);
	struct span recipient = SPAN("");
	char id[MID_TEXT];

	row_message(&row, message, envelope, id);
	for (uint32_t i = 0; envelope != NULL && i < message->recipients_count && recipient.length == 0; i++)
		if (message->fates[i].state != RECIPIENT_OVER) {
			recipient = envelope->recipients[i].address;
			task = message->fates[i].task;
		}
	row_text(&row, "recipient", recipient);
	row_task(&row, walk->queue, message, task);
	send_row(walk, &row);
}

/* `show`: one row a recipient. */
static void
say_long(struct walk *walk, const struct message *message, const struct envelope *envelope)
{
	static const char *const states[] = {
		[RECIPIENT_PENDING] = "pending", [RECIPIENT_UNTOLD] = "notifying", [RECIPIENT_OVER] = "over"
	};

	for (uint32_t i = 0; i < message->recipients_count; i++) {
		struct row row = { .fields_count = 0 };
		char id[MID_TEXT];

		row_message(&row, message, envelope, id);
		row_text(&row, "recipient", envelope == NULL ? SPAN("(unreadable)") : envelope->recipients[i].address);
		row_text(&row, "recipient_state", span_of(states[message->fates[i].state]));
		row_task(&row, walk->queue, message, message->fates[i].task);
		row_text(&row, "client", envelope == NULL ? SPAN("") : envelope->client_name);
		row_flag(&row, "requiretls", envelope != NULL && envelope->flags & ENVELOPE_REQUIRETLS);
		row_flag(&row, "tls_optional", envelope != NULL && envelope->flags & ENVELOPE_TLS_OPTIONAL);
		send_row(walk, &row);
	}
}

/* --- the walk --- */

static void
walk_free(struct walk *walk)
{
	channel_finish(&walk->channel);
	arena_free(&walk->arena);
	free(walk);
}

static void
walk_end(struct walk *walk, uint8_t code, const char *text)
{
	struct end end = { code, span_of(text) };
	struct buf *out = channel_scratch();

	end_encode(out, &end);
	channel_send(walk->channel, CTL_END, buf_span(out), -1);
	walk_free(walk);
}

static void
walk_say_end(struct walk *walk)
{
	char text[96];

	snprintf(text, sizeof(text), "%llu message%s", (unsigned long long)walk->matched, walk->matched == 1 ? "" : "s");
	/* An identity that is not there is the answer "no". */
	walk_end(walk, walk->matched == 0 && walk->filter.ids_count > 0 ? 1 : 0, text);
}

static void
on_durable(void *arg, int error)
{
	struct walk *walk = arg;

	if (walk->is_gone)
		walk_free(walk);
	else if (error != 0)
		walk_end(walk, EX_IOERR, "done, but the journal could not be synced: a crash may undo it");
	else
		walk_say_end(walk);
}

static void
look_at(struct walk *walk, struct message *message)
{
	struct arena *arena = arena_new();
	struct envelope envelope, *read = NULL;
	bool needs = filter_needs_envelope(&walk->filter);

	/* Cheap conditions first: the envelope is on disk. */
	if (!filter_matches(&walk->filter, message, NULL)) {
		arena_free(&arena);
		return;
	}
	if (store_read(walk->queue->store, message->place, arena, &envelope))
		read = &envelope;
	if (!needs || (read != NULL && filter_matches(&walk->filter, message, read))) {
		walk->matched++;
		if (walk->is_long)
			say_long(walk, message, read);
		else
			say_short(walk, message, read);
		if (walk->verb->act != NULL && !walk->is_dry)
			walk->verb->act(walk, message);
	}
	arena_free(&arena);
}

static void walk_step(void *arg);

static void
walk_on(void *arg)
{
	struct walk *walk = arg;

	if (walk->is_scheduled)
		return;
	walk->is_scheduled = true;
	loop_soon(walk_step, walk);
}

/* Nothing more is to be looked at. */
static void
walk_over(struct walk *walk)
{
	if (walk->verb->act == NULL || walk->is_dry || walk->matched == 0) {
		walk_say_end(walk);
		return;
	}
	walk->is_waiting = true;
	journal_wait(walk->queue->journal, on_durable, walk);
}

static bool
is_asked_for(const struct walk *walk, const struct message *message)
{
	return message != NULL && (walk->filter.ids_count == 0 || mid_compare(message->mid, walk->last) <= 0);
}

static void
walk_step(void *arg)
{
	struct walk *walk = arg;
	struct message *message, *next;

	walk->is_scheduled = false;
	if (walk->is_gone) {
		walk_free(walk);
		return;
	}
	message = message_from(walk->queue, walk->next);
	for (unsigned i = 0; i < TURN_MESSAGES && is_asked_for(walk, message); i++) {
		next = message_next(message);
		look_at(walk, message);
		message = next;
		if (channel_unsent(walk->channel) > UNSENT_OCTETS)
			break;
	}
	if (!is_asked_for(walk, message)) {
		walk_over(walk);
		return;
	}
	walk->next = message->mid;
	channel_want_room(walk->channel, UNSENT_OCTETS, walk_on, walk);
}

static void
on_tool_gone(void *arg)
{
	struct walk *walk = arg;

	/* The next step frees it, or the journal's answer does. */
	walk->is_gone = true;
	if (!walk->is_waiting)
		walk_on(walk);
}

static const struct channel_handler handler = { .on_closed = on_tool_gone };

static const struct verb *
verb_find(struct span name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (span_equal(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

/* Options that are not the filter's. */
static void
take_own_options(struct walk *walk)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < walk->request.arguments_count; i++) {
		struct span argument = walk->request.arguments[i];

		if (span_equal(argument, SPAN("--dry-run")))
			walk->is_dry = true;
		else
			walk->request.arguments[kept++] = argument;
	}
	walk->request.arguments_count = kept;
	walk->is_long = span_equal(walk->verb->name, SPAN("queue show"));
}

/* From the first identity asked for to the last. */
static void
walk_narrow(struct walk *walk)
{
	const struct filter *filter = &walk->filter;

	if (filter->ids_count == 0)
		return;
	walk->next = walk->last = filter->ids[0];
	for (uint32_t i = 1; i < filter->ids_count; i++) {
		if (mid_compare(filter->ids[i], walk->next) < 0)
			walk->next = filter->ids[i];
		if (mid_compare(filter->ids[i], walk->last) > 0)
			walk->last = filter->ids[i];
	}
}

static void
forget_all(struct queue *queue)
{
	struct forget forget = { SPAN("") };

	for (uint16_t i = 0; i < queue->relays_count; i++) {
		struct buf *out = channel_scratch();

		forget_encode(out, &forget);
		if (queue->relays[i].channel != NULL)
			channel_send(queue->relays[i].channel, QUEUE_FORGET, buf_span(out), -1);
	}
}

/* The request's own copy: it outlives the message that brought it. */
static void
request_keep(struct walk *walk, const struct request *request)
{
	walk->request = *request;
	walk->request.verb = arena_span(walk->arena, request->verb);
	walk->request.arguments = arena_alloc(walk->arena, request->arguments_count * sizeof(struct span));
	for (uint32_t i = 0; i < request->arguments_count; i++)
		walk->request.arguments[i] = arena_span(walk->arena, request->arguments[i]);
}

void
operator_request(struct queue *queue, const struct request *request, int fd)
{
	struct walk *walk = must_alloc(sizeof(*walk));
	const char *why;

	walk->queue = queue;
	walk->arena = arena_new();
	walk->channel = channel_new(fd, "operator", &handler, walk);
	request_keep(walk, request);
	walk->verb = verb_find(request->verb);
	if (walk->verb == NULL) {
		walk_end(walk, EX_USAGE, "the queue does not know this verb");
		return;
	}
	if (!queue->has_scanned) {
		walk_end(walk, EX_TEMPFAIL, "the queue is still reading its spool: try again");
		return;
	}
	take_own_options(walk);
	why = filter_parse(&walk->request, &walk->filter);
	if (why == NULL && walk->verb->changes && !filter_is_stated(&walk->filter))
		why = "say which messages: identities, a filter, or --all";
	if (why == NULL && walk->is_long && !filter_is_stated(&walk->filter))
		why = "say which messages to show";
	if (why != NULL) {
		walk_end(walk, EX_USAGE, why);
		return;
	}
	if (walk->verb->act == act_retry || walk->verb->act == act_release)
		forget_all(queue);
	walk_narrow(walk);
	walk_on(walk);
}
