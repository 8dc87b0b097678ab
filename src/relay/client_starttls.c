/*
 * TLS, and what it proves (RFC 3207, RFC 8314). From here there is no way back to clear text: whatever fails, this
 * connection is over, and so is the address for now.
 */
#include <string.h>

#include "base/log.h"
#include "loop/clock.h"
#include "relay/client.h"
#include "relay/reuse.h"

void
client_send_starttls(struct client *client)
{
	client_enter(client, CLIENT_STARTTLS);
	client_say(client, SPAN("STARTTLS\r\n"));
	client_expect(client, CLIENT_STARTTLS_SAID, NULL, 0);
}

void
client_got_starttls(struct client *client, const struct expectation *expectation, const struct reply *reply)
{
	struct failure failure;

	(void)expectation;
	if (reply->code != 220) {
		failure_of_stranger(&failure, "starttls-refused", reply);
		client_fail_open(client, &failure);
	} else if (client->behind > 0) {
		/* Somebody wants it taken for what the host says under TLS (standards.md T13). */
		client_fail_with(client, "starttls-injection", NULL);
	} else {
		client_shake_hands(client);
	}
}

/* A session becomes useful when it is known what the connection has proved. */
static void
on_session(void *arg, struct tls_session *session)
{
	struct client *client = arg;

	if (client->is_secure && !client->is_thorough) {
		reuse_keep_session(client->relay, client->key, session);
		return;
	}
	tls_session_free(&client->session);
	client->session = session;
}

/* What is asked of the host. Where nothing is, what would be by a policy that is only observed: to see, not to insist. */
static const struct demand *
demand_asked(const struct decision *decision)
{
	bool is_soft = decision->demand.names_count == 0 && decision->has_observed && decision->observed.verdict == DECIDE_TRY;

	return is_soft ? &decision->observed : &decision->demand;
}

/* A session of an earlier connection there, by whichever proof. By TLSA records there is none: each connection is judged anew. */
static struct tls_session *
session_find(struct client *client)
{
	const struct demand *demand = &client_candidate(client)->host->decision.demand;
	struct tls_session *session = NULL;
	char key[PLAN_KEY];

	for (unsigned i = 0; i < demand->proofs_count && session == NULL && !demand->by_dane && !client->is_thorough; i++)
		session = reuse_take_session(client->relay, plan_key(client->plan, client_candidate(client), &demand->proofs[i], key));
	return session;
}

static void
wish_tlsa(struct tls_wish *wish, const struct dane_set *set, struct tls_tlsa records[DANE_RECORDS])
{
	for (uint32_t i = 0; i < set->count && i < DANE_RECORDS; i++)
		records[wish->tlsa_count++] = (struct tls_tlsa){ set->records[i].usage, set->records[i].selector, set->records[i].matching,
			set->records[i].data };
	wish->tlsa = records;
}

/* A thorough look judges what nobody here asks for, too: as it would be at `verify`, but softly. */
static void
wish_thorough(struct tls_wish *wish, const struct plan_host *host, const char *names[2])
{
	names[0] = host->facts.host;
	names[1] = host->facts.domain;
	wish->authenticate = wish->is_soft = true;
	wish->names = names;
	wish->names_count = 2;
	if (*wish->sni == '\0' && !host->facts.host_is_address)
		wish->sni = host->facts.host;
}

void
client_shake_hands(struct client *client)
{
	const struct plan_host *host = client_candidate(client)->host;
	const struct demand *demand = demand_asked(&host->decision);
	struct tls_tlsa records[DANE_RECORDS];
	const char *names[2];
	bool is_soft = demand != &host->decision.demand;
	struct tls_session *session = is_soft ? NULL : session_find(client);
	struct tls_wish wish = { .sni = demand->sni, .authenticate = demand->names_count > 0, .names = demand->names,
		.names_count = demand->names_count, .is_soft = is_soft, .resume = session, .on_session = on_session, .arg = client };

	memset(&client->facts, 0, sizeof(client->facts));
	client->observed = "";
	if (demand->by_dane)
		wish_tlsa(&wish, &host->facts.dane, records);
	else if (!wish.authenticate && client->is_thorough)
		wish_thorough(&wish, host, names);
	client_enter(client, CLIENT_HANDSHAKE);
	stream_lay(client->stream, tls_connect(client->relay->tls, stream_fd(client->stream), &wish));
	tls_session_free(&session);
}

/* Which of the proofs asked for has the host given? None: -1. */
static int
proof_given(const struct demand *demand, const struct tls_facts *facts)
{
	for (unsigned i = 0; i < demand->proofs_count; i++) {
		const struct proof *proof = &demand->proofs[i];

		if (proof->name == NULL)
			return (int)i;
		if (facts->authenticated && (proof->dane != NULL) == (*facts->dane != '\0') &&
		    (proof->dane != NULL || strcmp(facts->name, proof->name) == 0))
			return (int)i;
	}
	return -1;
}

/* What a name that does not match means depends on which names would have done. */
static const char *
fault_word(const struct demand *demand, const char *word)
{
	return strcmp(word, "certificate-name-mismatch") == 0 && !demand->by_dane && demand->reason != NULL ? demand->reason : word;
}

/* What a policy that is only observed would have said; "" = nothing. */
static const char *
observed_fault(const struct client *client)
{
	const struct decision *decision = &client_candidate(client)->host->decision;
	const struct demand *observed = &decision->observed;

	if (!decision->has_observed)
		return "";
	if (observed->verdict != DECIDE_TRY)
		return observed->reason;
	/* Nor is anything said by a connection that somebody made who did not look. */
	if (proof_given(observed, &client->facts) >= 0 || (!client->facts.authenticated && *client->facts.doubt == '\0'))
		return "";
	return *client->facts.doubt == '\0' ? observed->reason : fault_word(observed, client->facts.doubt);
}

void
client_observe(struct client *client)
{
	const struct candidate *candidate = client_candidate(client);

	client->observed = candidate->host == NULL ? "" : observed_fault(client);
	if (*client->observed != '\0' && !candidate->is_told)
		log_warn("observed", LOG_NUMBER("conn", client->number), LOG_TEXT("hop", client->hop->name), LOG_TEXT("mx", client_host(client)),
		    LOG_TEXT("reason", client->observed), LOG_TEXT("because", candidate->host->decision.observed.because));
}

static void
client_secured(struct client *client, unsigned proof)
{
	const struct demand *demand = &client_candidate(client)->host->decision.demand;

	client->proof = proof;
	client->is_secure = true;
	client->since_ms = clock_ms();
	plan_key(client->plan, client_candidate(client), &demand->proofs[proof], client->key);
	client->relay->connections++;
	client->relay->resumed += client->facts.resumed;
	if (client->session != NULL && !client->is_thorough) {
		reuse_keep_session(client->relay, client->key, client->session);
		client->session = NULL;
	}
	log_info("connected", LOG_NUMBER("conn", client->number), LOG_TEXT("hop", client->hop->name), LOG_TEXT("mx", client_host(client)),
	    LOG_TEXT("ip", client->address), LOG_TEXT("tls", client_evidence(client)), LOG_TEXT("version", client->facts.version),
	    LOG_TEXT("cipher", client->facts.cipher), LOG_NUMBER("resumed", client->facts.resumed));
	client_observe(client);
	if (!client->is_thorough)
		client_remember(client);
}

void
client_laid(struct client *client)
{
	int proof;

	tls_describe(stream_transport(client->stream), &client->facts);
	proof = proof_given(&client_candidate(client)->host->decision.demand, &client->facts);
	if (proof < 0) {
		client_fail_with(client, "tls-error", "the handshake ended without the proof that was asked for");
		return;
	}
	client_secured(client, (unsigned)proof);
	if (client->plan->route.scheme == ROUTE_SMTPS)
		client_await_greeting(client);
	else
		client_send_ehlo(client, CLIENT_EHLO);
}

void
client_tls_failed(struct client *client)
{
	struct tls_failure told = { .reason = "handshake-closed", .text = "before the TLS handshake" };

	if (stream_transport(client->stream) != NULL)
		tls_explain(stream_transport(client->stream), &told);
	client_saw_certificate(client, &told);
	client_fail_with(client, fault_word(&client_candidate(client)->host->decision.demand, told.reason), told.text);
}
