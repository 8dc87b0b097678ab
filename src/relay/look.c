/* Looks for report: a search as for mail, then one probe after the other until a host has shown something. */
#include "relay/look.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/log.h"
#include "ipc/tally.h"
#include "loop/reap.h"
#include "relay/client.h"
#include "relay/probe.h"
#include "smtp/domain.h"

#define CERTIFICATE_TEXT (TLS_ISSUER_TEXT + TLS_FINGERPRINT_TEXT + 30)

struct looking {
	TAILQ_ENTRY(looking) entry;
	struct relay *relay;
	uint64_t id;
	char domain[DOMAIN_TEXT], host[DOMAIN_TEXT];	/* host: "" = any */
	bool is_open;			/* on that list */
	struct search *search;		/* under way */
	struct plan *plan;		/* held; NULL = not found so far */
	unsigned next;			/* of its candidates */
	bool has_host;			/* one of them is of the host */
	struct probe *probe;		/* under way */
	struct timer *timer;
	char detail[LOOK_TEXT];		/* of the last address that could not be reached */
};

TAILQ_HEAD(looking_list, looking);
static struct looking_list waiting = TAILQ_HEAD_INITIALIZER(waiting), open = TAILQ_HEAD_INITIALIZER(open);
static unsigned waiting_count, open_count;

static void look_next(struct looking *looking);

/* --- a look's end --- */

static void
looking_free(void *thing)
{
	struct looking *looking = thing;

	timer_free(&looking->timer);
	plan_release(&looking->plan);
	free(looking);
}

static void
looking_close(struct looking *looking)
{
	search_cancel(&looking->search);
	probe_cancel(&looking->probe);
	timer_cancel(looking->timer);
	TAILQ_REMOVE(looking->is_open ? &open : &waiting, looking, entry);
	*(looking->is_open ? &open_count : &waiting_count) -= 1;
	reap_later(looking_free, looking);
}

static void
looked_say(struct relay *relay, const struct looked *looked)
{
	struct buf *out = channel_scratch();

	looked_encode(out, looked);
	(void)tally_say(relay->tally, ASKS_LOOKED, buf_span(out));
}

/* The answer is what is said of it, with the number of the question. */
static void
looking_answer(struct looking *looking, struct looked *looked)
{
	static const char *const names[LOOK_ENDS] = { [LOOK_SEEN] = "seen", [LOOK_GONE] = "gone", [LOOK_UNKNOWN] = "unknown" };

	looked->id = looking->id;
	if (span_is_empty(looked->host))
		looked->host = span_of(looking->host);
	log_info("look", LOG_TEXT("domain", looking->domain), LOG_SPAN("mx", looked->host), LOG_TEXT("end", names[looked->end]),
	    LOG_SPAN("reason", looked->reason), LOG_SPAN("verdict", looked->verdict), LOG_SPAN("text", looked->detail));
	looked_say(looking->relay, looked);
	looking_close(looking);
}

/* And the next may begin. */
static void
looking_end(struct looking *looking, struct looked *looked)
{
	struct relay *relay = looking->relay;

	looking_answer(looking, looked);
	look_pump(relay);
}

static void
looking_end_blind(struct looking *looking, enum look_end end, const char *detail)
{
	looking_end(looking, &(struct looked){ .end = end, .detail = span_of(detail) });
}

/* --- what a host has shown --- */

static void
looked_begin(struct looked *looked, const struct candidate *candidate, const struct probe_talk *talk)
{
	*looked = (struct looked){ .end = LOOK_SEEN, .host = span_of(candidate->host->facts.host), .ip = candidate->ip };
	if (talk == NULL)
		return;
	looked->banner = span_make(talk->banner, talk->banner_length);
	looked->transcript = span_make(talk->transcript, talk->transcript_length);
}

static void
looked_certificate(struct looked *looked, const char *issuer, const char *fingerprint, int64_t expires_s, char text[CERTIFICATE_TEXT])
{
	if (*fingerprint == '\0')
		return;
	snprintf(text, CERTIFICATE_TEXT, "issued by %s, SHA-256 %s", *issuer == '\0' ? "nobody" : issuer, fingerprint);
	looked->certificate = span_of(text);
	looked->expires_s = expires_s;
}

static void
looked_failure(struct looked *looked, const struct failure *failure)
{
	looked->reason = failure->reason->word;
	looked->detail = span_of(failure->text);
	looked->verdict = failure->verdict == NULL ? SPAN("") : failure->verdict->word;
}

static void
looked_secure(struct looked *looked, const struct client *client, char certificate[CERTIFICATE_TEXT])
{
	const struct tls_facts *facts = &client->facts;

	looked->version = span_of(facts->version);
	looked->cipher = span_of(facts->cipher);
	looked_certificate(looked, facts->peer_issuer, facts->peer_fingerprint, facts->peer_expires_s, certificate);
}

/* TLS was laid. What a policy that is only observed has to say comes before what the certificate would be worth if anybody asked. */
static void
on_proved(void *arg, struct probe *probe, struct client *client)
{
	struct looking *looking = arg;
	const char *fault = *client->observed != '\0' ? client->observed : client->facts.doubt;
	char certificate[CERTIFICATE_TEXT];
	struct failure failure;
	struct looked looked;

	looking->probe = NULL;
	looked_begin(&looked, probe->candidate, &probe->talk);
	looked_secure(&looked, client, certificate);
	if (fault != NULL && *fault != '\0') {
		failure_make(&failure, fault, NULL);
		client_judge_doubt(client, &failure);
		looked_failure(&looked, &failure);
	}
	looking_end(looking, &looked);
}

/* Has the host said a word, or is it policy that speaks? Else it is as if it were not there: another address may be. */
static bool
is_seen(const struct probe *probe, const struct failure *failure)
{
	return failure->reason->is_policy || probe->talk.transcript_length > 0;
}

static void
on_failed(void *arg, struct probe *probe, struct client *client, const struct failure *failure)
{
	struct looking *looking = arg;
	char certificate[CERTIFICATE_TEXT];
	struct looked looked;

	looking->probe = NULL;
	if (client == NULL) {
		looking_end_blind(looking, LOOK_UNKNOWN, failure->text);
		return;
	}
	if (!is_seen(probe, failure)) {
		snprintf(looking->detail, sizeof(looking->detail), "%s", failure->text);
		look_next(looking);
		return;
	}
	looked_begin(&looked, probe->candidate, &probe->talk);
	looked_certificate(&looked, client->told.peer_issuer, client->told.peer_fingerprint, client->told.peer_expires_s, certificate);
	if (client->is_secure)
		looked_secure(&looked, client, certificate);
	looked_failure(&looked, failure);
	looking_end(looking, &looked);
}

static const struct probe_handler probing = { .on_proved = on_proved, .on_failed = on_failed, .is_thorough = true };

/* --- which host --- */

/* No mail would be handed to it, nor is it connected to: that is what is seen, unless it is we who do not know enough. */
static void
look_refused(struct looking *looking, const struct candidate *candidate)
{
	struct failure failure;
	struct looked looked;

	failure_make(&failure, candidate->host->decision.demand.reason, NULL);
	looked_begin(&looked, candidate, NULL);
	looked_failure(&looked, &failure);
	if (failure.reason->fault != FAULT_OF_PEER)
		looked = (struct looked){ .end = LOOK_UNKNOWN, .detail = span_of(failure.text) };
	looking_end(looking, &looked);
}

static bool
is_wanted(const struct looking *looking, const struct candidate *candidate)
{
	return *looking->host == '\0' || span_equal_nocase(span_of(looking->host), span_of(candidate->host->facts.host));
}

static void
look_next(struct looking *looking)
{
	struct plan *plan = looking->plan;

	while (looking->next < plan->count) {
		const struct candidate *candidate = &plan->candidates[looking->next++];

		if (!is_wanted(looking, candidate))
			continue;
		looking->has_host = true;
		if (candidate->host->decision.demand.verdict != DECIDE_TRY)
			look_refused(looking, candidate);
		else
			looking->probe = probe_start(looking->relay, "look", plan, candidate, &probing, looking);
		return;
	}
	looking_end_blind(looking, looking->has_host || plan->has_missed ? LOOK_UNKNOWN : LOOK_GONE, looking->detail);
}

/* A fault of the domain's own policy, as the policy room has just found it: there is no host to see. False: there is none. */
static bool
look_at_domain(struct looking *looking)
{
	const struct knowledge *known = looking->plan->candidates[0].host->facts.knowledge;
	struct span word, rest = known == NULL ? SPAN("") : known->sts_fault;
	struct looked looked = { .end = LOOK_SEEN };

	if (*looking->host != '\0' || span_is_empty(rest) || !span_cut(&rest, ':', &word))
		return false;
	looked.reason = word;
	looked.detail = span_trim(rest);
	looking_end(looking, &looked);
	return true;
}

static void
on_plan_found(void *arg, struct plan *plan, const struct failure *failure)
{
	struct looking *looking = arg;

	looking->search = NULL;
	looking->plan = plan;
	if (plan == NULL)
		looking_end_blind(looking, failure->kind == OUTCOME_FAILED ? LOOK_GONE : LOOK_UNKNOWN, failure->text);
	else if (!look_at_domain(looking))
		look_next(looking);
}

/* --- questions --- */

static void
on_look_over(void *arg)
{
	looking_end_blind(arg, LOOK_UNKNOWN, "nothing was seen in time");
}

static void
look_begin(struct looking *looking)
{
	char hop[DOMAIN_TEXT + 4];

	TAILQ_REMOVE(&waiting, looking, entry);
	waiting_count--;
	TAILQ_INSERT_TAIL(&open, looking, entry);
	open_count++;
	looking->is_open = true;
	snprintf(hop, sizeof(hop), "mx:%s", looking->domain);
	timer_start(looking->timer, LOOK_MS);
	/* Whatever was known of it, the domain is doubted: fresh is what was found out now. */
	looking->search = search_start(looking->relay, &(struct search_wish){ span_of(hop), WISH_NONE, true }, on_plan_found, looking);
}

void
look_pump(struct relay *relay)
{
	while (!relay->is_proving && open_count < LOOKS_OPEN && !TAILQ_EMPTY(&waiting))
		look_begin(TAILQ_FIRST(&waiting));
}

static void
look_add(struct relay *relay, uint64_t id, const char *domain, const char *host)
{
	struct looking *looking = must_alloc(sizeof(*looking));

	looking->relay = relay;
	looking->id = id;
	snprintf(looking->domain, sizeof(looking->domain), "%s", domain);
	snprintf(looking->host, sizeof(looking->host), "%s", host);
	looking->timer = timer_new(on_look_over, looking);
	TAILQ_INSERT_TAIL(&waiting, looking, entry);
	waiting_count++;
	look_pump(relay);
}

bool
look_hear(void *arg, unsigned type, struct span payload)
{
	struct relay *relay = arg;
	char domain[DOMAIN_TEXT], host[DOMAIN_TEXT] = "";
	struct look look;

	if (type != ASKS_LOOK || !look_decode(payload, &look))
		return false;
	if (relay->is_stopping || waiting_count >= LOOKS_WAITING || !domain_to_ascii(look.domain, domain) ||
	    (look.host.length > 0 && !domain_to_ascii(look.host, host)))
		looked_say(relay, &(struct looked){ .id = look.id, .end = LOOK_UNKNOWN, .host = look.host });
	else
		look_add(relay, look.id, domain, host);
	return true;
}

void
look_interrupt(void)
{
	struct looking *looking;

	while ((looking = TAILQ_FIRST(&open)) != NULL)
		looking_answer(looking, &(struct looked){ .end = LOOK_UNKNOWN, .detail = SPAN("interrupted") });
}

void
look_stop(void)
{
	struct looking *looking;

	look_interrupt();
	while ((looking = TAILQ_FIRST(&waiting)) != NULL)
		looking_answer(looking, &(struct looked){ .end = LOOK_UNKNOWN, .detail = SPAN("stopping") });
}

void
look_forget(void)
{
	struct looking *looking;

	while ((looking = TAILQ_FIRST(&open)) != NULL)
		looking_close(looking);
	while ((looking = TAILQ_FIRST(&waiting)) != NULL)
		looking_close(looking);
}

void
look_report_gone(void *arg)
{
	(void)arg;
	look_forget();
}
