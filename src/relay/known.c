/* Questions to the policy room, open until they are answered; said again to a policy room that was started anew. */
#include "relay/known.h"

#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/log.h"
#include "ipc/relay_policy.h"
#include "ipc/room.h"
#include "policy/reason.h"
#include "relay/hop.h"
#include "relay/recall.h"

#define PATIENCE_MS 75000	/* longer than a fetch of a policy may take */
#define PATIENCE_NAMED_MS 2000	/* for hosts that the operator named */

struct inquiry {
	TAILQ_ENTRY(inquiry) entry;
	struct relay *relay;
	uint64_t id;
	char *domain;
	bool by_mx, is_doubted;
	struct timer *timer;
	void (*on_known)(void *arg, const struct knowledge *knowledge);
	void *arg;
};

static void
inquiry_free(struct inquiry *inquiry)
{
	TAILQ_REMOVE(&inquiry->relay->inquiries, inquiry, entry);
	timer_free(&inquiry->timer);
	free(inquiry->domain);
	free(inquiry);
}

static void
inquiry_say(const struct inquiry *inquiry)
{
	struct policy_question question = { inquiry->id, span_of(inquiry->domain), inquiry->by_mx, inquiry->is_doubted };
	struct buf *out = channel_scratch();

	policy_question_encode(out, &question);
	channel_send(inquiry->relay->policy, RELAY_ASK, buf_span(out), -1);
}

static void
inquiry_conclude(struct inquiry *inquiry, const struct knowledge *knowledge)
{
	void (*on_known)(void *arg, const struct knowledge *knowledge) = inquiry->on_known;
	void *arg = inquiry->arg;

	inquiry_free(inquiry);
	on_known(arg, knowledge);
}

static void
on_inquiry_timer(void *arg)
{
	struct inquiry *inquiry = arg;
	struct knowledge knowledge = { .missing = inquiry->by_mx ? SPAN("policy-unknown") : SPAN("") };

	log_warn("policy-unknown", LOG_TEXT("domain", inquiry->domain), LOG_TEXT("text", "the policy room does not answer"));
	inquiry_conclude(inquiry, &knowledge);
}

struct inquiry *
known_ask(struct relay *relay, const char *domain, bool by_mx, bool is_doubted,
    void (*on_known)(void *arg, const struct knowledge *knowledge), void *arg)
{
	struct inquiry *inquiry = must_alloc(sizeof(*inquiry));

	*inquiry = (struct inquiry){ .relay = relay, .id = ++relay->last_inquiry, .domain = must_copy(domain, strlen(domain)),
		.by_mx = by_mx, .is_doubted = is_doubted, .on_known = on_known, .arg = arg };
	inquiry->timer = timer_new(on_inquiry_timer, inquiry);
	timer_start(inquiry->timer, by_mx ? PATIENCE_MS : PATIENCE_NAMED_MS);
	TAILQ_INSERT_TAIL(&relay->inquiries, inquiry, entry);
	if (relay->policy != NULL)
		inquiry_say(inquiry);
	return inquiry;
}

void
known_cancel(struct inquiry **inquiry)
{
	if (*inquiry != NULL)
		inquiry_free(*inquiry);
	*inquiry = NULL;
}

static struct span *
spans_copy(struct arena *arena, const struct span *from, uint32_t count)
{
	struct span *to = arena_alloc(arena, count * sizeof(*to));

	for (uint32_t i = 0; i < count; i++)
		to[i] = arena_span(arena, from[i]);
	return to;
}

const struct knowledge *
known_copy(const struct knowledge *knowledge, struct arena *arena)
{
	struct knowledge *copy = arena_alloc(arena, sizeof(*copy));

	*copy = *knowledge;
	if (knowledge->missing.length > 0)
		copy->missing = reason_find(knowledge->missing)->word;
	copy->sts.mx = spans_copy(arena, knowledge->sts.mx, knowledge->sts.mx_count);
	copy->sts_id = arena_span(arena, knowledge->sts_id);
	copy->sts_lines = arena_span(arena, knowledge->sts_lines);
	copy->sts_fault = arena_span(arena, knowledge->sts_fault);
	copy->preload.mx = spans_copy(arena, knowledge->preload.mx, knowledge->preload.mx_count);
	copy->exception_why = arena_span(arena, knowledge->exception_why);
	copy->ratchet_mx = spans_copy(arena, knowledge->ratchet_mx, knowledge->ratchet_mx_count);
	return copy;
}

/* --- the policy room --- */

static bool
on_told(void *arg, struct span payload, int fd)
{
	struct relay *relay = arg;
	struct arena *arena = arena_new();
	struct policy_answer told;
	struct inquiry *inquiry;
	bool good = policy_answer_decode(payload, arena, &told);

	(void)fd;
	/* One that nobody waits for any more is passed over. */
	TAILQ_FOREACH(inquiry, &relay->inquiries, entry)
		if (good && inquiry->id == told.id)
			break;
	if (good && inquiry != NULL)
		inquiry_conclude(inquiry, &told.knowledge);
	arena_free(&arena);
	return good;
}

static bool
on_changed(void *arg, struct span payload, int fd)
{
	struct relay *relay = arg;
	struct policy_change change;

	(void)fd;
	if (!policy_change_decode(payload, &change))
		return false;
	hop_void_domain(relay, change.domain);
	return true;
}

static bool
on_recalled(void *arg, struct span payload, int fd)
{
	(void)fd;
	return recall_heard(arg, payload);
}

static const struct channel_row rows[POLICY_TO_RELAY_MESSAGES] = {
	[POLICY_TOLD] = { "told", false, on_told },
	[POLICY_CHANGED] = { "changed", false, on_changed },
	[POLICY_RECALLED] = { "recalled", false, on_recalled },
};

static void
on_policy_gone(void *arg)
{
	struct relay *relay = arg;

	log_info("peer-gone", LOG_TEXT("room", "policy"));
	known_detach(relay);
	room_peer_gone(ROOM_POLICY, 0);
}

static const struct channel_handler handler = { rows, POLICY_TO_RELAY_MESSAGES, on_policy_gone };

void
known_attach(struct relay *relay, int fd)
{
	struct inquiry *inquiry;

	channel_free(&relay->policy);
	relay->policy = channel_new(fd, "policy", &handler, relay);
	TAILQ_FOREACH(inquiry, &relay->inquiries, entry)
		inquiry_say(inquiry);
	recall_attach(relay);
}

void
known_detach(struct relay *relay)
{
	channel_free(&relay->policy);
}

void
known_tell(struct relay *relay, const struct policy_sight *sight)
{
	struct buf *out = channel_scratch();

	if (relay->policy == NULL)
		return;
	policy_sight_encode(out, sight);
	channel_send(relay->policy, RELAY_SAW, buf_span(out), -1);
}
