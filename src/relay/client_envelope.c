/*
 * MAIL and RCPT (RFC 5321 4.1.1.2, 4.1.1.3) with the parameters that the peer has offered, all in one write where it
 * offers PIPELINING (RFC 2920), one after the other where it does not: the stream sends what is said in one turn in one go.
 */
#include <stdio.h>

#include "base/log.h"
#include "mail/xtext.h"
#include "relay/client.h"
#include "relay/conclude.h"

#define ORCPT_OCTETS 500	/* RFC 3461 5.4 */
#define ESCAPED_OCTETS (8 * ORCPT_OCTETS)	/* more than that comes to in the form of RFC 6533 3 */

static bool
offers(const struct client *client, enum capability_flag flag)
{
	return (client->capability.flags & flag) != 0;
}

/* RET and ENVID, as they came (RFC 3461 5.2.1). */
static void
mail_say_dsn(struct client *client, const struct envelope *envelope)
{
	static const char *const rets[RET_KINDS] = { [RET_DEFAULT] = "", [RET_FULL] = " RET=FULL", [RET_HDRS] = " RET=HDRS" };

	client_say(client, span_of(rets[envelope->ret]));
	if (envelope->envid.length > 0) {
		client_say(client, SPAN(" ENVID="));
		client_say(client, envelope->envid);
	}
}

static void
mail_say(struct client *client, struct transaction *transaction)
{
	const struct envelope *envelope = &transaction->delivery->job.envelope;
	char size[32];

	client_say(client, SPAN("MAIL FROM:<"));
	client_say(client, envelope->sender);
	client_say(client, SPAN(">"));
	if (offers(client, CAPABILITY_SIZE))
		client_say(client, span_make(size, (size_t)snprintf(size, sizeof(size), " SIZE=%llu", (unsigned long long)envelope_size(envelope))));
	if (envelope->flags & ENVELOPE_8BIT)
		client_say(client, SPAN(" BODY=8BITMIME"));
	if (envelope->flags & ENVELOPE_SMTPUTF8 && offers(client, CAPABILITY_SMTPUTF8))
		client_say(client, SPAN(" SMTPUTF8"));
	if (envelope->flags & ENVELOPE_REQUIRETLS && offers(client, CAPABILITY_REQUIRETLS))
		client_say(client, SPAN(" REQUIRETLS"));
	if (offers(client, CAPABILITY_DSN))
		mail_say_dsn(client, envelope);
	client_say(client, SPAN("\r\n"));
	client_expect(client, CLIENT_MAIL, transaction, 0);
	client->mails++;
}

/*
 * As it came; but characters beyond ASCII, which may stand in it as they are under SMTPUTF8, are escaped for whoever does not offer that
 * (RFC 6533 3). What is too long then is left out: it could cost the recipient the mail.
 */
static void
orcpt_say(struct client *client, struct span orcpt)
{
	struct buf escaped;

	buf_init(&escaped, ESCAPED_OCTETS);
	if (!span_is_ascii(orcpt) && !offers(client, CAPABILITY_SMTPUTF8)) {
		xtext_escape_unitext(&escaped, orcpt);
		orcpt = buf_span(&escaped);
	}
	if (orcpt.length > 0 && orcpt.length <= ORCPT_OCTETS) {
		client_say(client, SPAN(" ORCPT="));
		client_say(client, orcpt);
	}
	buf_clear(&escaped);
}

/* NOTIFY and ORCPT. */
static void
rcpt_say_dsn(struct client *client, const struct recipient *recipient)
{
	static const struct {
		uint8_t bit;
		struct span word;
	} words[] = { { NOTIFY_NEVER, { "NEVER", 5 } }, { NOTIFY_SUCCESS, { "SUCCESS", 7 } }, { NOTIFY_FAILURE, { "FAILURE", 7 } },
		{ NOTIFY_DELAY, { "DELAY", 5 } } };
	bool is_first = true;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!(recipient->notify & words[i].bit))
			continue;
		client_say(client, is_first ? SPAN(" NOTIFY=") : SPAN(","));
		client_say(client, words[i].word);
		is_first = false;
	}
	orcpt_say(client, recipient->orcpt);
}

/* The next RCPT of the transaction. */
static void
rcpt_say(struct client *client, struct transaction *transaction)
{
	const struct recipient *recipient = transaction_recipient(transaction, transaction->said);

	client_say(client, SPAN("RCPT TO:<"));
	client_say(client, recipient->address);
	client_say(client, SPAN(">"));
	if (offers(client, CAPABILITY_DSN))
		rcpt_say_dsn(client, recipient);
	client_say(client, SPAN("\r\n"));
	client_expect(client, CLIENT_RCPT, transaction, transaction->said++);
}

static void
rset_say(struct client *client, struct transaction *transaction)
{
	client_say(client, SPAN("RSET\r\n"));
	client_expect(client, CLIENT_RSET, transaction, 0);
}

static void
data_say(struct client *client, struct transaction *transaction)
{
	client_say(client, SPAN("DATA\r\n"));
	client_expect(client, CLIENT_DATA, transaction, 0);
}

/* By BDAT where it is offered: no octet of the content has to be looked at for a dot (RFC 3030). */
static bool
is_by_chunks(const struct client *client)
{
	return offers(client, CAPABILITY_CHUNKING) && client->plan->route.scheme != ROUTE_LMTP;
}

void
client_send_envelope(struct client *client, struct transaction *transaction)
{
	bool is_pipelined = offers(client, CAPABILITY_PIPELINING);

	if (client->needs_reset && !is_pipelined) {
		rset_say(client, transaction);
		return;		/* until client_got_rset() */
	}
	transaction->by_chunks = is_by_chunks(client);
	/* What a peer that may have gone away was sent whole could not be said again without asking for a duplicate. */
	transaction->is_whole = transaction->by_chunks && is_pipelined && !client->may_be_gone && client_body_is_small(transaction);
	if (client->needs_reset)
		rset_say(client, NULL);
	mail_say(client, transaction);
	while (is_pipelined && transaction->said < transaction->count)
		rcpt_say(client, transaction);
	if (is_pipelined && !transaction->by_chunks)
		data_say(client, transaction);
	if (transaction->is_whole)
		client_send_whole(client, transaction);
}

/* The peer wants none of it: nothing of the transaction matters any more. */
static void
mail_refused(struct client *client, struct transaction *transaction, const struct reply *reply)
{
	struct failure failure;

	failure_of_reply(&failure, "sender-refused", reply, OUTCOME_OF_MESSAGE);
	for (uint32_t i = 0; i < transaction->count; i++)
		conclude_failed(transaction->delivery, transaction->recipients[i], client, &failure);
	transaction->is_refused = true;
}

/* Everything said is answered, and nothing more is worth saying. */
static void
envelope_over(struct client *client, struct transaction *transaction)
{
	transaction->phase = TRANSACTION_OVER;
	client_go_on(client);
}

void
client_got_mail(struct client *client, const struct expectation *expectation, const struct reply *reply)
{
	struct transaction *transaction = expectation->transaction;

	if (reply->code == 421) {
		client_closing(client, reply);
	} else if (reply->code / 100 == 3) {
		client_fail_with(client, "reply-unexpected", NULL);
	} else if (reply->code / 100 != 2) {
		mail_refused(client, transaction, reply);
		if (transaction->expected == 0)
			envelope_over(client, transaction);
	} else {
		client->needs_reset = true;
		if (transaction->said == 0)
			rcpt_say(client, transaction);
	}
}

/*
 * RFC 5321 4.5.3.1.10: after others were accepted 452 means, and 552 is taken for, "too many recipients": those
 * without an outcome are said again in a transaction of their own.
 */
static bool
is_one_too_many(const struct transaction *transaction, const struct reply *reply)
{
	return (reply->code == 452 || reply->code == 552) && transaction->accepted_count > 0;
}

static void
rcpt_judge(struct client *client, struct transaction *transaction, uint32_t recipient, const struct reply *reply)
{
	struct failure failure;

	if (reply->code / 100 == 2) {
		transaction->accepted[recipient] = true;
		transaction->accepted_count++;
	} else if (!is_one_too_many(transaction, reply)) {
		failure_of_reply(&failure, "recipient-refused", reply, OUTCOME_OF_RECIPIENT);
		conclude_failed(transaction->delivery, transaction->recipients[recipient], client, &failure);
	}
}

/* No reply is open: what comes behind the RCPTs? */
static void
rcpts_heard(struct client *client, struct transaction *transaction)
{
	if (transaction->said < transaction->count)
		rcpt_say(client, transaction);
	else if (transaction->accepted_count == 0)
		envelope_over(client, transaction);
	else if (transaction->by_chunks)
		client_send_body(client);
	else
		data_say(client, transaction);
}

void
client_got_rcpt(struct client *client, const struct expectation *expectation, const struct reply *reply)
{
	struct transaction *transaction = expectation->transaction;

	if (reply->code == 421) {
		client_closing(client, reply);
		return;
	}
	if (reply->code / 100 == 3) {
		client_fail_with(client, "reply-unexpected", NULL);
		return;
	}
	if (!transaction->is_refused)
		rcpt_judge(client, transaction, expectation->recipient, reply);
	if (transaction->expected > 0)
		return;
	if (transaction->is_refused)
		envelope_over(client, transaction);
	else
		rcpts_heard(client, transaction);
}

/* DATA was refused: for want of recipients, or for something that those who were accepted have to know. */
static void
data_refused(struct client *client, struct transaction *transaction, const struct reply *reply)
{
	struct failure failure;

	failure_of_reply(&failure, "message-refused", reply, OUTCOME_OF_MESSAGE);
	for (uint32_t i = 0; i < transaction->count; i++)
		if (transaction->accepted[i])
			conclude_failed(transaction->delivery, transaction->recipients[i], client, &failure);
	envelope_over(client, transaction);
}

void
client_got_data(struct client *client, const struct expectation *expectation, const struct reply *reply)
{
	struct transaction *transaction = expectation->transaction;

	if (reply->code == 421)
		client_closing(client, reply);
	else if (reply->code >= 400)
		data_refused(client, transaction, reply);
	else if (reply->code != 354)
		client_fail_with(client, "reply-unexpected", NULL);
	else if (transaction->accepted_count == 0)
		client_send_nothing(client, transaction);
	else
		client_send_body(client);
}
