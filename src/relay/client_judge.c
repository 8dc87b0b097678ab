/*
 * What a failure looks like: what is seen on the way to TLS, and remembered of hosts where it was laid, for policy/verdict.h. Nothing
 * else reads it: what is sent where is decided without (P3).
 */
#include <stdio.h>

#include "loop/clock.h"
#include "policy/because.h"
#include "relay/client.h"
#include "relay/recall.h"

#define STARS 10	/* in a greeting, at least: what is left of a name and a version */

_Static_assert(VERDICT_FINGERPRINT == TLS_FINGERPRINT_TEXT && VERDICT_ISSUER == TLS_ISSUER_TEXT, "what is copied is as long");

void
client_saw_greeting(struct client *client, const struct reply *reply)
{
	size_t stars = 0;

	for (size_t i = 0; i < reply->lines.length; i++)
		stars += reply->lines.data[i] == '*';
	client->seen.is_starred = stars >= STARS;
}

void
client_saw_keywords(struct client *client, const struct capability *offered)
{
	client->seen.has_keywords = true;
	client->seen.keywords = offered->flags & ~(unsigned)CAPABILITY_STARTTLS;
	client->seen.is_mangled = offered->is_mangled;
}

void
client_saw_certificate(struct client *client, const struct tls_failure *told)
{
	client->told = *told;
}

/* TLSA records stand for the certificate whatever it is that asks for one. */
static const char *
demand_word(const struct plan_host *host)
{
	return host->decision.demand.by_dane ? "dane" : host->decision.demand.because;
}

/* Where nothing was tried (a policy speaks against the host), nothing was seen. */
void
client_judge(struct client *client, struct failure *failure)
{
	const struct candidate *candidate = client_candidate(client);
	struct verdict_seen *seen = &client->seen;
	struct verdict_elsewhere elsewhere = { .minutes = UPLINK_MINUTES };
	struct uplink uplink = client->relay->uplink;
	const char *reason = failure->reason->word.data;

	failure->verdict = verdict_find(SPAN(""));
	failure->evidence[0] = '\0';
	failure->because = candidate->host == NULL ? NULL : because_of(failure->reason->word, span_of(demand_word(candidate->host))).data;
	if (candidate->host == NULL || candidate->host->decision.demand.verdict != DECIDE_TRY || !verdict_is_of_way(failure->reason->word))
		return;
	uplink_failed(&uplink, candidate->ip, span_of(candidate->host->facts.domain), span_of(client_host(client)), reason, clock_ms());
	elsewhere.networks = uplink_count(&uplink, reason, clock_ms());
	if (!client->is_thorough)
		client->relay->uplink = uplink;
	seen->reason = failure->reason->word;
	seen->code = failure->code;
	seen->has_said_starttls = client->state == CLIENT_STARTTLS;
	seen->fingerprint = client->told.peer_fingerprint;
	seen->issuer = client->told.peer_issuer;
	seen->ip = candidate->ip;
	failure->verdict = verdict_make(seen, past_get(&client->relay->past, client_host(client)), &elsewhere, clock_wall(), failure->evidence);
}

void
client_judge_doubt(struct client *client, struct failure *failure)
{
	client->told = (struct tls_failure){ .reason = client->facts.doubt, .peer_expires_s = client->facts.peer_expires_s };
	snprintf(client->told.peer_fingerprint, sizeof(client->told.peer_fingerprint), "%s", client->facts.peer_fingerprint);
	snprintf(client->told.peer_issuer, sizeof(client->told.peer_issuer), "%s", client->facts.peer_issuer);
	client_judge(client, failure);
}

void
client_remember(struct client *client)
{
	const struct candidate *candidate = client_candidate(client);
	struct verdict_past now = { .last_s = clock_wall(), .has_starttls = client->seen.has_keywords, .keywords = client->seen.keywords,
		.level = candidate->host->decision.demand.proofs[client->proof].level, .ip = candidate->ip };

	snprintf(now.version, sizeof(now.version), "%s", client->facts.version);
	snprintf(now.fingerprint, sizeof(now.fingerprint), "%s", client->facts.peer_fingerprint);
	snprintf(now.issuer, sizeof(now.issuer), "%s", client->facts.peer_issuer);
	uplink_succeeded(&client->relay->uplink, candidate->ip);
	recall_note(client->relay, client_host(client), &now);
}
