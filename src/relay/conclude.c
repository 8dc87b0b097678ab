/* The only file that writes event=delivery, and the only one that speaks to queue. */
#include "relay/conclude.h"

#include <stdio.h>

#include "base/log.h"
#include "ipc/relay_policy.h"
#include "loop/clock.h"
#include "metrics/count.h"
#include "relay/client.h"
#include "relay/known.h"

#define LOG_TEXT_OCTETS 300	/* of a reply in the log */

static const char *const results[OUTCOME_KINDS] = {
	[OUTCOME_DELIVERED] = "delivered", [OUTCOME_LATER] = "later", [OUTCOME_FAILED] = "failed"
};

static struct span
or_hyphen(struct span text)
{
	return text.length == 0 ? SPAN("-") : text;
}

static void
delivery_log(const struct delivery *delivery, uint32_t recipient, const struct client *client, const struct outcome *outcome)
{
	const struct envelope *envelope = &delivery->job.envelope;
	const struct tls_facts *facts = client == NULL || !client->is_secure ? NULL : &client->facts;
	char certificate[TLS_FINGERPRINT_TEXT + 8] = "-";

	if (facts != NULL && facts->peer_fingerprint[0] != '\0')
		snprintf(certificate, sizeof(certificate), "sha256:%s", facts->peer_fingerprint);
	log_info("delivery", LOG_MID("id", envelope->mid), LOG_TEXT("result", results[outcome->kind]),
	    LOG_ADDRESS("to", envelope->recipients[recipient].address), LOG_SPAN("hop", delivery->job.hop),
	    LOG_SPAN("mx", or_hyphen(outcome->mx)), LOG_SPAN("ip", or_hyphen(outcome->address)),
	    LOG_SPAN("tls", or_hyphen(outcome->tls)), LOG_TEXT("version", facts == NULL ? "-" : facts->version),
	    LOG_TEXT("cipher", facts == NULL ? "-" : facts->cipher), LOG_TEXT("cert", certificate),
	    LOG_NUMBER("code", outcome->code), LOG_SPAN("dsn", or_hyphen(outcome->status)),
	    LOG_SPAN("reason", or_hyphen(outcome->reason)), LOG_SECONDS("delay", clock_ms() - delivery->since_ms),
	    LOG_SPAN("text", span_first(outcome->text, LOG_TEXT_OCTETS)));
}

static void
recipient_conclude(struct delivery *delivery, uint32_t recipient, const struct client *client, struct outcome *outcome)
{
	struct relay *relay = delivery->relay;
	uint64_t *const counters[OUTCOME_KINDS] = {
		[OUTCOME_DELIVERED] = &relay->delivered, [OUTCOME_LATER] = &relay->later, [OUTCOME_FAILED] = &relay->failed
	};

	if (client != NULL) {
		outcome->mx = span_of(client_host(client));
		outcome->address = span_of(client->address);
		outcome->tls = span_of(client_evidence(client));
	}
	++*counters[outcome->kind];
	count(METRIC_RELAY_OUTCOMES, outcome->kind, metrics_find(METRICS_REASON, outcome->reason));
	delivery_log(delivery, recipient, client, outcome);
	delivery_decide(delivery, recipient, outcome);
}

void
conclude_failed(struct delivery *delivery, uint32_t recipient, const struct client *client, const struct failure *failure)
{
	struct outcome outcome;

	failure_outcome(failure, &outcome);
	recipient_conclude(delivery, recipient, client, &outcome);
}

void
conclude_rest_failed(struct delivery *delivery, const struct client *client, const struct failure *failure)
{
	for (uint32_t i = 0; i < delivery->job.envelope.recipients_count; i++)
		if (!delivery_is_decided(delivery, i))
			conclude_failed(delivery, i, client, failure);
}

/* Once for each plan and address: what was seen counts by the day. */
static void
conclude_sight(const struct client *client)
{
	const struct plan_host *host = client_candidate(client)->host;
	struct candidate *candidate = &client->plan->candidates[client->candidate];
	struct policy_sight sight;

	if (host == NULL || candidate->is_told || host->facts.source == NAME_BY_OPERATOR)
		return;
	candidate->is_told = true;
	sight = (struct policy_sight){ .domain = span_of(host->facts.domain), .host = span_of(host->facts.host),
		.level = host->decision.demand.proofs[client->proof].level, .is_delivered = true, .reason = span_of(client->observed),
		.because = span_of(*client->observed == '\0' ? host->decision.demand.because : host->decision.observed.because),
		.is_observed = *client->observed != '\0' };
	known_tell(client->relay, &sight);
}

void
conclude_delivered(struct delivery *delivery, uint32_t recipient, const struct client *client, const struct reply *reply)
{
	char text[FAILURE_TEXT];
	struct outcome outcome = {
		.kind = OUTCOME_DELIVERED, .scope = OUTCOME_OF_MESSAGE, .is_remote = true, .code = (uint16_t)reply->code,
		.relayed = (client->capability.flags & CAPABILITY_DSN) == 0,
		.status = reply->status.length == 0 ? SPAN("2.0.0") : reply->status, .reason = SPAN(""),
	};

	outcome.text = span_make(text, reply_join(reply, text, sizeof(text)));
	conclude_sight(client);
	recipient_conclude(delivery, recipient, client, &outcome);
}

bool
conclude_if_done(struct delivery **handle)
{
	struct delivery *delivery = *handle;
	struct relay *relay = delivery->relay;
	struct concluded concluded = {
		.job = delivery->job.id, .outcomes = delivery->outcomes, .outcomes_count = delivery->outcomes_count,
		.which = delivery->which, .recipients_count = delivery->job.envelope.recipients_count,
		.delay_ms = (uint32_t)(clock_ms() - delivery->since_ms)
	};

	if (delivery->undecided > 0)
		return false;
	/* A queue that was started anew does not know the job: it finds the message on disk and tries again. */
	if (relay->queue != NULL && delivery->epoch == relay->epoch) {
		struct buf *out = channel_scratch();

		concluded_encode(out, &concluded);
		channel_send(relay->queue, RELAY_CONCLUDED, buf_span(out), -1);
	}
	delivery_free(handle);
	return true;
}
