/* What comes next: another transaction, rest, QUIT; and what becomes of transactions when the connection is lost. */
#include <stdio.h>

#include "base/log.h"
#include "loop/clock.h"
#include "relay/account.h"
#include "relay/client.h"
#include "relay/conclude.h"
#include "relay/reuse.h"

#define LOSSES_MOST 3		/* connections that may end under a message before it is left for later */
#define LINGER_MS 1000		/* for the last octets to leave */
#define SHORT_REST_MS 5000	/* of an address that did its work and then had enough */
#define LONG_REST_MS 60000	/* of one that did not */
#define DOMAINS_FIRST 8

/* Is the connection good for another MAIL, whoever asks for it? */
static bool
client_is_good(const struct client *client)
{
	const struct conf_relay *conf = client->relay->conf;
	uint32_t limit = client->capability.mail_max;

	return !client->relay->is_stopping && client->generation == client->relay->generation && client->mails < conf->connection_messages &&
	    clock_ms() - client->since_ms < (int64_t)conf->connection_age_s * 1000 && (limit == 0 || client->mails < limit);
}

/* May it be said by this plan? When its policies have ended a new plan is made, which may find the connection at rest. */
static bool
client_may_go_on(const struct client *client)
{
	return client_is_good(client) && plan_holds(client->plan);
}

/* Do header or addresses need what RFC 6531 brought? A message that could have, but has not, does not. */
static bool
needs_smtputf8(const struct envelope *envelope)
{
	if (!(envelope->flags & ENVELOPE_SMTPUTF8))
		return false;
	if (envelope->flags & ENVELOPE_8BIT || !span_is_ascii(envelope->sender))
		return true;
	for (uint32_t i = 0; i < envelope->recipients_count; i++)
		if (!span_is_ascii(envelope->recipients[i].address))
			return true;
	return false;
}

/* A socket has no others beside it. */
static bool
client_is_at_backup(const struct client *client)
{
	const struct plan_host *here = client_candidate(client)->host;

	return here != NULL && plan_has_better(client->plan, here);
}

/* For good, unless a better host may take it: that one has its say first. */
static bool
failure_make_unwanted(struct failure *failure, const struct client *client, const char *word, const char *seen)
{
	failure_make_final(failure, word, seen, OUTCOME_OF_MESSAGE);
	if (client_is_at_backup(client)) {
		failure_make(failure, word, seen);
		failure->scope = OUTCOME_OF_MESSAGE;
	}
	return true;
}

/* What the message is or needs, and the peer does not take: there is no use in asking it (standards.md C44, S44, S53). */
static bool
delivery_is_unwanted(const struct client *client, const struct delivery *delivery, struct failure *failure)
{
	const struct capability *peer = &client->capability;
	const struct envelope *envelope = &delivery->job.envelope;
	char seen[100];

	if (peer->size > 0 && envelope_size(envelope) > peer->size) {
		snprintf(seen, sizeof(seen), "%llu octets, and it takes %llu", (unsigned long long)envelope_size(envelope),
		    (unsigned long long)peer->size);
		return failure_make_unwanted(failure, client, "size-exceeded", seen);
	}
	if (needs_smtputf8(envelope) && !(peer->flags & CAPABILITY_SMTPUTF8))
		return failure_make_unwanted(failure, client, "smtputf8-missing", NULL);
	if (envelope->flags & ENVELOPE_8BIT && !(peer->flags & CAPABILITY_8BITMIME))
		return failure_make_unwanted(failure, client, "8bitmime-missing", NULL);
	return false;
}

/* RFC 9422 4.3: a session may have recipients in so many domains, and no more. */
static bool
domain_may_be(void *arg, struct span domain)
{
	struct client *client = arg;

	for (unsigned i = 0; i < client->domains_count; i++)
		if (span_equal_nocase(client->domains[i], domain))
			return true;
	if (client->domains_count >= client->capability.rcpt_domain_max)
		return false;
	if (client->domains_arena == NULL)
		client->domains_arena = arena_new();
	if (client->domains_count == client->domains_room) {
		unsigned room = client->domains_room == 0 ? DOMAINS_FIRST : client->domains_room * 2;
		struct span *domains = arena_alloc(client->domains_arena, room * sizeof(*domains));

		for (unsigned i = 0; i < client->domains_count; i++)
			domains[i] = client->domains[i];
		client->domains = domains;
		client->domains_room = room;
	}
	client->domains[client->domains_count++] = arena_span(client->domains_arena, domain);
	return true;
}

static struct transaction *
transaction_begin(struct client *client, struct delivery *delivery)
{
	const struct capability *peer = &client->capability;
	uint64_t most = client->relay->conf->recipients;
	struct transaction_bounds bounds = { .arg = client };

	if (peer->rcpt_max > 0 && peer->rcpt_max < most)
		most = peer->rcpt_max;
	bounds.recipients = (uint32_t)most;
	if (peer->rcpt_domain_max > 0)
		bounds.may_have = domain_may_be;
	return transaction_new(delivery, &bounds);
}

/* The next transaction of the hop that can be begun here; NULL = none waits, or not on this connection. */
static struct transaction *
transaction_next(struct client *client)
{
	struct delivery *delivery;

	while (client_may_go_on(client) && (delivery = hop_take(client->hop)) != NULL) {
		struct transaction *transaction;
		struct failure failure;

		if (delivery_is_unwanted(client, delivery, &failure)) {
			conclude_rest_failed(delivery, client, &failure);
			conclude_if_done(&delivery);
			continue;
		}
		transaction = transaction_begin(client, delivery);
		if (transaction != NULL) {
			account_carry(client, delivery);
			return transaction;
		}
		/* The domains of this session are used up. */
		hop_return(client->hop, delivery);
		return NULL;
	}
	return NULL;
}

/* Nothing more is to come of a transaction: its delivery is concluded, or waits for another. */
static void
transaction_finish(struct client *client, struct transaction **transaction)
{
	struct delivery *delivery = (*transaction)->delivery;

	transaction_free(transaction);
	if (!conclude_if_done(&delivery))
		hop_return(client->hop, delivery);
}

/* Nothing waits: rest, to be found by whoever wants what is proved here, or leave. */
static void
client_rest(struct client *client)
{
	struct hop *hop = client->hop;
	bool has_work = hop->waiting_count > 0 && plan_holds(client->plan);

	if (!client_is_good(client) || has_work) {
		client_leave(client);
		return;
	}
	account_end(client);
	hop_client_drop(client);
	client->rested_ms = clock_ms();
	reuse_keep(client->relay, client);
	client_enter(client, CLIENT_IDLE);
	hop_pump(hop);
}

void
client_go_on(struct client *client)
{
	struct failure failure;

	if (client->current != NULL && client->current->phase == TRANSACTION_OVER && client->current->expected == 0) {
		transaction_finish(client, &client->current);
		client->current = client->next;
		client->next = NULL;
	}
	if (client->current != NULL && client->current->delivery->epoch != client->relay->epoch && !client->current->is_ended) {
		/* The queue that gave it is gone, and another will give it again: it must not be taken by then. */
		failure_make(&failure, "stopping", NULL);
		client_lost(client, &failure);
	} else if (client->current == NULL) {
		client->current = transaction_next(client);
		if (client->current == NULL)
			client_rest(client);
		else
			client_send_envelope(client, client->current);
	} else if (client->next == NULL && client->current->phase == TRANSACTION_END && !client->current->by_chunks &&
	    client->capability.flags & CAPABILITY_PIPELINING) {
		/* Behind the final dot nothing of this transaction is left at the peer (RFC 5321 4.1.1.4). */
		client->next = transaction_next(client);
		if (client->next != NULL)
			client_send_envelope(client, client->next);
	}
}

void
client_got_rset(struct client *client, const struct expectation *expectation, const struct reply *reply)
{
	if (reply->code == 421) {
		client_closing(client, reply);
	} else if (reply->code / 100 != 2) {
		client_fail_with(client, "reply-unexpected", "RSET was refused");
	} else {
		client->needs_reset = false;
		if (expectation->transaction != NULL)
			client_send_envelope(client, expectation->transaction);
	}
}

void
client_leave(struct client *client)
{
	struct hop *hop = client->hop;

	account_end(client);
	reuse_drop(client->relay, client);
	hop_client_drop(client);
	client_enter(client, CLIENT_LEAVING);
	client_say(client, SPAN("QUIT\r\n"));
	client_expect(client, CLIENT_QUIT, NULL, 0);
	if (hop != NULL)
		hop_pump(hop);
}

void
client_got_quit(struct client *client, const struct expectation *expectation, const struct reply *reply)
{
	(void)expectation;
	(void)reply;
	if (stream_transport(client->stream) != NULL)
		tls_forget_owner(stream_transport(client->stream));
	stream_finish(&client->stream, LINGER_MS);
	client_close(client, "quit");
}

/* Everything was said, and has left, but no reply came: the message may be there, or not (RFC 1047). */
static void
transaction_doubt(struct client *client, struct transaction *transaction)
{
	struct failure failure;

	failure_make(&failure, "status-unknown", NULL);
	failure.scope = OUTCOME_OF_MESSAGE;
	for (uint32_t i = 0; i < transaction->count; i++)
		if ((transaction->accepted[i] || transaction->is_whole) &&
		    !delivery_is_decided(transaction->delivery, transaction->recipients[i]))
			conclude_failed(transaction->delivery, transaction->recipients[i], client, &failure);
}

/* The connection is lost: conclude what is certain, or in doubt; the rest goes back to be tried elsewhere. */
static void
transaction_lost(struct client *client, struct transaction **transaction, const struct failure *failure)
{
	struct delivery *delivery = (*transaction)->delivery;
	struct failure final = *failure;

	if (client_has_sent(client, *transaction))
		transaction_doubt(client, *transaction);
	if (!client->is_fresh && *transaction == client->current && ++delivery->losses >= LOSSES_MOST && delivery->undecided > 0) {
		final.kind = OUTCOME_LATER;
		final.scope = OUTCOME_OF_MESSAGE;
		conclude_rest_failed(delivery, client, &final);
	}
	transaction_free(transaction);
	if (!conclude_if_done(&delivery))
		hop_return(client->hop, delivery);
}

void
client_lost(struct client *client, const struct failure *failure)
{
	struct candidate *candidate = &client->plan->candidates[client->candidate];
	bool is_tired = client->messages > 0 && !span_equal(failure->reason->word, SPAN("timeout"));
	bool is_ours = failure->reason->fault == FAULT_OF_US || failure->reason->fault == FAULT_OF_SENDER;

	/* A connection that had rested may have been closed by then, or one message was not wanted: that says nothing of the host. */
	if (!client->is_fresh && !is_ours && failure->scope == OUTCOME_OF_SITE) {
		candidate->rest_until_ms = clock_ms() + (is_tired ? SHORT_REST_MS : LONG_REST_MS);
		client->plan->failure = *failure;
		failure_at(&client->plan->failure, client_host(client), client->address);
	}
	/* The one that was begun last goes back first: the other is then in front of it. */
	if (client->next != NULL)
		transaction_lost(client, &client->next, failure);
	if (client->current != NULL)
		transaction_lost(client, &client->current, failure);
	client_close(client, failure->reason->word.data);
}

/* 421 (RFC 5321 3.8): the peer ends the session. What it has not acknowledged goes elsewhere, or waits. */
void
client_closing(struct client *client, const struct reply *reply)
{
	struct failure failure;

	failure_of_reply(&failure, "service-closing", reply, OUTCOME_OF_SITE);
	client_lost(client, &failure);
}
