/* Explanations: a search as for mail, its plan in rows, and probes of its hosts. */
#include "relay/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/fatal.h"
#include "ipc/channel.h"
#include "loop/clock.h"
#include "loop/reap.h"
#include "relay/client.h"
#include "relay/evidence.h"
#include "relay/probe.h"
#include "smtp/capability.h"
#include "smtp/domain.h"

#define LIST_TEXT 1500		/* octets of a list in a row */
#define PROBES_MOST 40		/* addresses that are tried, at most */
#define LIVE_MS 120000		/* for all of them */

struct explanation {
	TAILQ_ENTRY(explanation) entry;
	struct relay *relay;
	struct channel *channel;	/* to the tool */
	struct search *search;		/* under way */
	struct plan *plan;
	bool is_live;
	struct probe *probes[PROBES_MOST];	/* under way; NULL = over */
	unsigned probes_count, open;
	bool has_way;			/* mail would go */
	struct timer *timer;
};

static TAILQ_HEAD(explanation_list, explanation) explanations = TAILQ_HEAD_INITIALIZER(explanations);

static void
explanation_release(void *thing)
{
	struct explanation *explanation = thing;

	timer_free(&explanation->timer);
	plan_release(&explanation->plan);
	free(explanation);
}

static void
explanation_close(struct explanation *explanation, bool is_finished)
{
	for (unsigned i = 0; i < explanation->probes_count; i++)
		probe_cancel(&explanation->probes[i]);
	search_cancel(&explanation->search);
	timer_cancel(explanation->timer);
	if (is_finished)
		channel_finish(&explanation->channel);
	else
		channel_free(&explanation->channel);
	TAILQ_REMOVE(&explanations, explanation, entry);
	reap_later(explanation_release, explanation);
}

static void
explanation_end(struct explanation *explanation, int code, const char *text)
{
	struct buf *out = channel_scratch();

	end_encode(out, &(struct end){ (uint8_t)code, span_of(text) });
	channel_send(explanation->channel, CTL_END, buf_span(out), -1);
	explanation_close(explanation, true);
}

static void
row_send(struct explanation *explanation, const struct row *row)
{
	struct buf *out = channel_scratch();

	row_encode(out, row);
	channel_send(explanation->channel, CTL_ROW, buf_span(out), -1);
}

/* --- what is known of the domain --- */

/* "a b c", cut where there is no more room. */
static struct span
list_text(const struct span *items, uint32_t count, char out[LIST_TEXT])
{
	size_t length = 0;

	out[0] = '\0';
	for (uint32_t i = 0; i < count && length < LIST_TEXT - 1; i++) {
		int more = snprintf(out + length, LIST_TEXT - length, "%s%.*s", i == 0 ? "" : " ", SPAN_ARG(items[i]));

		length = length + (size_t)more < LIST_TEXT ? length + (size_t)more : LIST_TEXT - 1;
	}
	return span_of(out);
}

static void
row_policy(struct row *row, const struct sts_policy *policy, const char *prefix, int64_t until_s, char names[3][40], char mx[LIST_TEXT])
{
	static const char *const parts[] = { "", "_mx", "_until" };

	for (int i = 0; i < 3; i++)
		snprintf(names[i], 40, "%s%s", prefix, parts[i]);
	row_text(row, names[0], span_of(sts_mode_name(policy->mode)));
	row_text(row, names[1], list_text(policy->mx, policy->mx_count, mx));
	row_number(row, names[2], until_s);
}

static void
knowledge_say(struct explanation *explanation, const struct knowledge *known, const char *domain)
{
	char lists[3][LIST_TEXT], names[2][3][40];
	bool has_rule;
	enum policy_level level = evidence_level(explanation->relay, domain, &has_rule);
	struct row row = { .fields_count = 0 };

	row_text(&row, "row", SPAN("domain"));
	row_text(&row, "domain", span_of(domain));
	row_text(&row, "route", explanation->plan->route.scheme == ROUTE_MX ? SPAN("mx") : SPAN("named"));
	row_text(&row, has_rule ? "rule" : "default", span_of(policy_level_name(level)));
	row_text(&row, "dns", span_of(dns_trust_name(resolver_trust(explanation->relay->resolver))));
	if (known->missing.length > 0)
		row_text(&row, "missing", known->missing);
	if (known->has_exception) {
		row_text(&row, "exception", span_of(policy_level_name(known->exception)));
		row_text(&row, "exception_why", known->exception_why);
		row_number(&row, "exception_until", known->exception_until_s);
	}
	if (known->has_sts) {
		row_policy(&row, &known->sts, "sts", known->sts_until_s, names[0], lists[0]);
		row_text(&row, "sts_id", known->sts_id);
	}
	if (known->has_preload)
		row_policy(&row, &known->preload, "preload", known->preload_until_s, names[1], lists[1]);
	if (known->has_ratchet) {
		row_text(&row, "ratchet", span_of(policy_level_name(known->ratchet)));
		row_text(&row, "ratchet_mx", list_text(known->ratchet_mx, known->ratchet_mx_count, lists[2]));
		row_number(&row, "ratchet_until", known->ratchet_until_s);
	}
	row_send(explanation, &row);
}

/* --- what its hosts must prove --- */

static const char *const verdicts[] = { [DECIDE_TRY] = "try", [DECIDE_SKIP] = "skip", [DECIDE_LATER] = "later" };

static const char *const sources[NAME_SOURCES] = {
	[NAME_BY_OPERATOR] = "configuration", [NAME_IS_DOMAIN] = "domain", [NAME_BY_SECURE_MX] = "mx, validated",
	[NAME_BY_INSECURE_MX] = "mx, not validated"
};

static const char *const dane_words[DANE_STATUSES] = {
	[DANE_NOT_ASKED] = "not asked", [DANE_ABSENT] = "none", [DANE_UNSIGNED] = "not signed", [DANE_FAILED] = "failed",
	[DANE_UNUSABLE] = "unusable", [DANE_USABLE] = "usable"
};

/* The text is the reason's, and what was seen behind it. */
static void
row_advice(struct row *row, const struct reason *reason, const char *text)
{
	row_text(row, "reason", reason->word);
	row_text(row, "text", span_of(text));
	row_text(row, "advice", span_of(reason->postmaster));
}

/* What it offered and proved when TLS was laid there the last time; nothing when that is not known. */
static void
row_past(struct row *row, const struct verdict_past *past, char words[CAPABILITY_WORDS], char address[IP_TEXT])
{
	if (past == NULL)
		return;
	row_number(row, "past_sessions", (int64_t)past->sessions);
	row_number(row, "past_first", past->first_s);
	row_number(row, "past_last", past->last_s);
	row_text(row, "past_offer", span_of(capability_words(past->keywords | (past->has_starttls ? CAPABILITY_STARTTLS : 0), words)));
	row_text(row, "past_version", span_of(past->version));
	row_text(row, "past_level", span_of(policy_level_name(past->level)));
	row_text(row, "past_cert", span_of(past->fingerprint));
	row_text(row, "past_issuer", span_of(past->issuer));
	row_text(row, "past_ip", span_of(ip_format(past->ip, address)));
}

static void
host_say(struct explanation *explanation, const struct plan_host *host)
{
	const struct demand *demand = &host->decision.demand, *observed = &host->decision.observed;
	struct span names[DECIDE_NAMES];
	char list[LIST_TEXT], words[CAPABILITY_WORDS], address[IP_TEXT], seen[PLAN_REFUSAL];
	struct row row = { .fields_count = 0 };
	struct failure failure;

	for (unsigned i = 0; i < demand->names_count; i++)
		names[i] = span_of(demand->names[i]);
	row_text(&row, "row", SPAN("host"));
	row_text(&row, "mx", span_of(host->facts.host));
	row_number(&row, "preference", host->preference);
	row_text(&row, "source", span_of(sources[host->facts.source]));
	row_text(&row, "tlsa", span_of(dane_words[host->facts.dane.status]));
	row_text(&row, "verdict", span_of(verdicts[demand->verdict]));
	row_text(&row, "level", span_of(policy_level_name(demand->level)));
	row_text(&row, "because", span_of(demand->because));
	if (demand->verdict != DECIDE_TRY) {
		failure_make(&failure, demand->reason, plan_refusal(host, seen));
		row_advice(&row, failure.reason, failure.text);
	} else {
		row_text(&row, "tls", span_of(demand->proofs[0].evidence));
		row_text(&row, "proof", demand->by_dane ? SPAN("TLSA records") : demand->names_count > 0 ? SPAN("certificate") : SPAN("none"));
		row_text(&row, "names", list_text(names, demand->names_count, list));
		row_text(&row, "sni", span_of(demand->sni));
	}
	if (host->decision.has_observed) {
		row_text(&row, "observed_level", span_of(policy_level_name(observed->level)));
		row_text(&row, "observed_because", span_of(observed->because));
		row_text(&row, "observed_reason", observed->verdict == DECIDE_TRY ? SPAN("") : span_of(observed->reason));
	}
	row_past(&row, past_get(&explanation->relay->past, host->facts.host), words, address);
	row_send(explanation, &row);
	explanation->has_way |= demand->verdict == DECIDE_TRY;
}

/* --- what happens now --- */

static void
live_begin(struct row *row, const struct probe *probe, char address[IP_TEXT])
{
	row_text(row, "row", SPAN("live"));
	row_text(row, "mx", span_of(probe->candidate->host->facts.host));
	row_text(row, "ip", span_of(ip_format(probe->candidate->ip, address)));
}

static void
live_end(struct explanation *explanation, const struct probe *probe, const struct row *row)
{
	for (unsigned i = 0; i < explanation->probes_count; i++)
		if (explanation->probes[i] == probe)
			explanation->probes[i] = NULL;
	row_send(explanation, row);
	if (--explanation->open == 0)
		explanation_end(explanation, explanation->has_way ? EX_OK : 1, explanation->has_way ? "" :
		    "no host takes mail of this domain now: it would wait");
}

static void
on_proved(void *arg, struct probe *probe, struct client *client)
{
	struct explanation *explanation = arg;
	struct row row = { .fields_count = 0 };
	char address[IP_TEXT];

	live_begin(&row, probe, address);
	row_text(&row, "result", SPAN("proved"));
	row_text(&row, "tls", span_of(client_evidence(client)));
	row_text(&row, "version", span_of(client->facts.version));
	row_text(&row, "cipher", span_of(client->facts.cipher));
	row_text(&row, "cert", span_of(client->facts.peer_fingerprint));
	row_flag(&row, "requiretls", (client->capability.flags & CAPABILITY_REQUIRETLS) != 0);
	if (*client->observed != '\0')
		row_text(&row, "observed", span_of(client->observed));
	explanation->has_way = true;
	live_end(explanation, probe, &row);
}

static void
on_failed(void *arg, struct probe *probe, struct client *client, const struct failure *failure)
{
	struct row row = { .fields_count = 0 };
	char address[IP_TEXT];

	(void)client;
	live_begin(&row, probe, address);
	row_text(&row, "result", SPAN("failed"));
	row_text(&row, "reason", failure->reason->word);
	row_number(&row, "code", failure->code);
	row_text(&row, "text", span_of(failure->text));
	if (failure->verdict != NULL && *failure->evidence != '\0') {
		row_text(&row, "judged", failure->verdict->word);
		row_text(&row, "evidence", span_of(failure->evidence));
		row_text(&row, "blame", span_of(failure->verdict->blame));
	}
	row_text(&row, "advice", span_of(verdict_advise_postmaster(failure->verdict == NULL ? SPAN("") : failure->verdict->word,
	    failure->reason)));
	live_end(arg, probe, &row);
}

static const struct probe_handler probing = { .on_proved = on_proved, .on_failed = on_failed };

static void
on_live_over(void *arg)
{
	explanation_end(arg, 2, "not every host answered in time");
}

static void
live_start(struct explanation *explanation)
{
	const struct plan *plan = explanation->plan;

	explanation->has_way = false;
	for (unsigned i = 0; i < plan->count && explanation->probes_count < PROBES_MOST; i++)
		if (plan->candidates[i].host->decision.demand.verdict == DECIDE_TRY)
			explanation->probes[explanation->probes_count++] = probe_start(explanation->relay, "explain", explanation->plan,
			    &plan->candidates[i], &probing, explanation);
	explanation->open = explanation->probes_count;
	if (explanation->open == 0)
		explanation_end(explanation, 1, "no host may be tried: mail would wait");
	else
		timer_start(explanation->timer, LIVE_MS);
}

/* --- the request --- */

static void
on_plan_found(void *arg, struct plan *plan, const struct failure *failure)
{
	struct explanation *explanation = arg;
	struct row row = { .fields_count = 0 };

	explanation->search = NULL;
	if (plan == NULL) {
		row_text(&row, "row", SPAN("domain"));
		row_advice(&row, failure->reason, failure->text);
		row_send(explanation, &row);
		explanation_end(explanation, failure->kind == OUTCOME_FAILED ? 1 : 2, failure->text);
		return;
	}
	explanation->plan = plan;
	knowledge_say(explanation, plan->candidates[0].host->facts.knowledge, plan->candidates[0].host->facts.domain);
	for (unsigned i = 0; i < plan->count; i++)
		if (i == 0 || plan->candidates[i].host != plan->candidates[i - 1].host)
			host_say(explanation, plan->candidates[i].host);
	if (explanation->is_live)
		live_start(explanation);
	else
		explanation_end(explanation, explanation->has_way ? EX_OK : 1, explanation->has_way ? "" :
		    "no host may be tried: mail would wait");
}

static void
on_tool_gone(void *arg)
{
	explanation_close(arg, false);
}

static const struct channel_handler handler = { .on_closed = on_tool_gone };

/* "example.org", or a hop as `sealpost queue list` shows it; "" when it is neither. */
static const char *
hop_of(struct span word, char hop[300])
{
	char domain[DOMAIN_TEXT];
	struct route route;

	hop[0] = '\0';
	if (route_parse(word, &route) == NULL && route.scheme != ROUTE_LMTP && word.length < 300)
		snprintf(hop, 300, "%.*s", SPAN_ARG(word));
	else if (domain_to_ascii(word, domain))
		snprintf(hop, 300, "mx:%s", domain);
	return hop;
}

void
explain_request(void *arg, const struct request *request, int fd)
{
	struct relay *relay = arg;
	struct explanation *explanation = must_alloc(sizeof(*explanation));
	uint32_t count = request->arguments_count;
	bool is_live = count == 2 && span_equal(request->arguments[1], SPAN("--live"));
	char hop[300];

	explanation->relay = relay;
	explanation->is_live = is_live;
	explanation->timer = timer_new(on_live_over, explanation);
	explanation->channel = channel_new(fd, "operator", &handler, explanation);
	TAILQ_INSERT_TAIL(&explanations, explanation, entry);
	if (count == 0 || count > (is_live ? 2u : 1u) || *hop_of(request->arguments[0], hop) == '\0')
		explanation_end(explanation, EX_USAGE, "explain: a domain is expected, or a next hop like smtp:host:25, and perhaps --live");
	else
		explanation->search = search_start(relay, &(struct search_wish){ span_of(hop), WISH_NONE, is_live }, on_plan_found, explanation);
}

void
explain_interrupt(void)
{
	struct explanation *explanation;

	while ((explanation = TAILQ_FIRST(&explanations)) != NULL)
		explanation_end(explanation, 2, "the configuration has changed meanwhile: ask again");
}

void
explain_forget(void)
{
	struct explanation *explanation;

	while ((explanation = TAILQ_FIRST(&explanations)) != NULL)
		explanation_close(explanation, false);
}
