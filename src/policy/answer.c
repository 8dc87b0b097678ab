/* Knowledge for relay. What cannot be learnt in time is not waited for: an old policy counts until it ends. */
#include "policy/answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "loop/clock.h"
#include "mail/pattern.h"
#include "policy/exceptions.h"
#include "policy/preload.h"
#include "policy/ratchet_store.h"
#include "policy/seek.h"

#define GOOD_S 300		/* an answer, at most */
#define GOOD_MISSING_S 30	/* one that says that something could not be learnt */
#define USED_MS (12 * 3600 * 1000)

/* A question that waits for a search. */
struct ask {
	LIST_ENTRY(ask) entry;
	struct peer_relay *relay;
	uint64_t id;
	struct seeker seeker;
	struct timer *timer;
	char domain[DOMAIN_TEXT];
};

/* --- knowledge --- */

static void
until(struct knowledge *knowledge, int64_t until_s)
{
	if (until_s < knowledge->until_s)
		knowledge->until_s = until_s;
}

static void
fill_exception(struct policy *policy, struct span domain, struct knowledge *knowledge)
{
	struct exception exception;

	knowledge->has_exception = exceptions_find(policy->exceptions, domain, &exception);
	if (!knowledge->has_exception)
		return;
	knowledge->exception = exception.level;
	knowledge->exception_why = exception.why;
	knowledge->exception_until_s = exception.until_s;
	until(knowledge, exception.until_s);
}

static void
fill_preload(struct policy *policy, struct span domain, struct arena *arena, struct knowledge *knowledge)
{
	knowledge->has_preload = preload_get(policy->store, domain, clock_wall(), arena, &knowledge->preload,
	    &knowledge->preload_until_s);
	if (knowledge->has_preload && knowledge->preload_until_s != 0)
		until(knowledge, knowledge->preload_until_s);
}

static void
fill_ratchet(struct policy *policy, struct span domain, struct arena *arena, struct knowledge *knowledge)
{
	knowledge->has_ratchet = ratchet_store_level(policy->store, domain, &policy->ratchet, clock_wall(), &knowledge->ratchet,
	    &knowledge->ratchet_until_s);
	if (!knowledge->has_ratchet)
		return;
	if (knowledge->ratchet == POLICY_VERIFY)
		knowledge->ratchet_mx_count = ratchet_store_hosts(policy->store, domain, &policy->ratchet, clock_wall(), arena,
		    &knowledge->ratchet_mx);
	until(knowledge, knowledge->ratchet_until_s);
}

/* What failed was for the id that the record has now: of another one it is not known yet. */
static bool
has_fault(const struct domain *domain)
{
	return domain->txt == TXT_FOUND && domain->sts.failures > 0 && strcmp(domain->sts.failed_id, domain->id) == 0;
}

/* Its policy stays as it is until the next turn of the loop, and so do its spans. */
static void
fill_sts(struct domain *domain, bool is_asked_for, struct knowledge *knowledge)
{
	int64_t until_s;

	knowledge->has_sts = domain_holds(domain, &until_s);
	if (knowledge->has_sts) {
		knowledge->sts = domain->sts.policy;
		knowledge->sts_id = span_of(domain->sts.id);
		knowledge->sts_until_s = until_s;
		knowledge->sts_lines = domain->sts.lines;
		until(knowledge, until_s);
	} else if (domain->txt == TXT_FAILED || domain->txt == TXT_UNKNOWN || domain->state != SEARCH_NONE) {
		/* Nothing is known, and it is not known that there is nothing. */
		knowledge->missing = SPAN("sts-dns-failed");
		until(knowledge, clock_wall() + GOOD_MISSING_S);
	}
	if (has_fault(domain)) {
		knowledge->sts_fault = span_of(domain->sts.fault);
		if (!domain->has_sts)
			knowledge->sts_lines = domain->sts.lines;
	}
	if (!is_asked_for)
		return;
	domain->is_told = true;
	if (knowledge->has_sts && (domain->used_ms == 0 || clock_ms() - domain->used_ms > USED_MS)) {
		domain->used_ms = clock_ms();
		sts_store_used(domain->policy->store, span_of(domain->name), clock_wall());
	}
}

void
answer_fill(struct policy *policy, struct span domain, bool by_mx, bool is_asked_for, struct arena *arena,
    struct knowledge *knowledge)
{
	*knowledge = (struct knowledge){ .missing = SPAN(""), .until_s = clock_wall() + GOOD_S };
	fill_exception(policy, domain, knowledge);
	if (!by_mx)
		return;
	fill_preload(policy, domain, arena, knowledge);
	if (policy->ratchet.is_on)
		fill_ratchet(policy, domain, arena, knowledge);
	if (policy->conf->mta_sts)
		fill_sts(domain_get(policy, domain), is_asked_for, knowledge);
}

/* --- answers --- */

static void
answer_send(struct peer_relay *relay, uint64_t id, const struct knowledge *knowledge)
{
	const struct policy_answer answer = { id, *knowledge };
	struct buf *out = channel_scratch();

	policy_answer_encode(out, &answer);
	channel_send(relay->channel, POLICY_TOLD, buf_span(out), -1);
}

static void
answer_now(struct peer_relay *relay, uint64_t id, struct span domain, bool by_mx)
{
	struct arena *arena = arena_new();
	struct knowledge knowledge;

	answer_fill(relay->policy, domain, by_mx, true, arena, &knowledge);
	answer_send(relay, id, &knowledge);
	arena_free(&arena);
}

/* Address literals, and what is no name, have no policies (M26). */
static void
answer_nothing(struct peer_relay *relay, uint64_t id)
{
	const struct knowledge knowledge = { .missing = SPAN(""), .until_s = clock_wall() + GOOD_S };

	answer_send(relay, id, &knowledge);
}

static void
ask_free(struct ask *ask)
{
	seek_leave(&ask->seeker);
	timer_free(&ask->timer);
	LIST_REMOVE(ask, entry);
	free(ask);
}

static void
ask_answer(void *arg)
{
	struct ask *ask = arg;

	answer_now(ask->relay, ask->id, span_of(ask->domain), true);
	ask_free(ask);
}

static void
ask_wait(struct peer_relay *relay, struct domain *domain, const struct policy_question *question)
{
	struct ask *ask = must_alloc(sizeof(*ask));
	int64_t until_s;

	ask->relay = relay;
	ask->id = question->id;
	ask->seeker = (struct seeker){ .on_found = ask_answer, .arg = ask };
	memcpy(ask->domain, domain->name, sizeof(ask->domain));
	ask->timer = timer_new(ask_answer, ask);
	timer_start(ask->timer, domain_holds(domain, &until_s) && !question->is_doubted ? ANSWER_HURRY_MS : ANSWER_WAIT_MS);
	LIST_INSERT_HEAD(&relay->policy->asks, ask, entry);
	if (!seek_start(domain, question->is_doubted ? SEEK_DOUBTED : SEEK_KNOWN, &ask->seeker))
		ask_answer(ask);
}

void
answer_ask(struct peer_relay *relay, const struct policy_question *question)
{
	struct policy *policy = relay->policy;
	struct ip ip;

	policy->questions++;
	if (!pattern_is_name(question->domain) || question->domain.length >= DOMAIN_TEXT)
		answer_nothing(relay, question->id);
	else if (!question->by_mx || !policy->conf->mta_sts || ip_parse(question->domain, &ip))
		answer_now(relay, question->id, question->domain, question->by_mx && !policy->conf->mta_sts);
	else
		ask_wait(relay, domain_get(policy, question->domain), question);
}

void
answer_leave(struct peer_relay *relay)
{
	struct ask *ask, *next;

	for (ask = LIST_FIRST(&relay->policy->asks); ask != NULL; ask = next) {
		next = LIST_NEXT(ask, entry);
		if (ask->relay == relay)
			ask_free(ask);
	}
}
