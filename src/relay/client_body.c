/*
 * The content: by DATA with stuffed dots, by BDAT in chunks, or by one BDAT in the write that has the envelope. What is
 * read from the spool is sent before more is read: a slow peer costs a window, not a message.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "relay/client.h"
#include "relay/conclude.h"

#define WHOLE_OCTETS (64 * 1024)	/* a body up to this goes in one write with its envelope: one chunk of the spool */
#define WINDOW_OCTETS (128 * 1024)	/* written and not yet taken by the kernel: no more is read beyond it */

bool
client_body_is_small(const struct transaction *transaction)
{
	return transaction->delivery->job.envelope.body.length <= WHOLE_OCTETS;
}

/* Content that cannot be sent, and never will be, or not now: what was begun of it cannot be taken back. */
static void
body_failed(struct client *client, struct transaction *transaction, const struct failure *failure)
{
	struct failure lost;

	log_warn("body", LOG_MID("id", transaction->delivery->job.envelope.mid), LOG_SPAN("reason", failure->reason->word),
	    LOG_TEXT("text", failure->text));
	conclude_rest_failed(transaction->delivery, client, failure);
	failure_make(&lost, failure->reason->word.data, "the connection is given up");
	client_lost(client, &lost);
}

static void
body_unreadable(struct client *client, struct transaction *transaction)
{
	struct failure failure;

	failure_make(&failure, "body-unreadable", strerror(errno));
	failure.scope = OUTCOME_OF_MESSAGE;
	body_failed(client, transaction, &failure);
}

static void
body_malformed(struct client *client, struct transaction *transaction)
{
	struct failure failure;

	failure_make_final(&failure, "content-malformed", NULL, OUTCOME_OF_MESSAGE);
	body_failed(client, transaction, &failure);
}

/* A piece that is to be sent as it is, but not with a CR or a LF that stands alone. */
static bool
chunk_is_good(struct transaction *transaction, struct span chunk)
{
	struct span piece;

	while (dotstuff_next(&transaction->dotstuff, &chunk, &piece))
		;
	return !transaction->dotstuff.is_bad;
}

/* The last octet is written. By LMTP every recipient who was accepted has a reply (RFC 2033 4.2). */
static void
body_ended(struct client *client, struct transaction *transaction)
{
	transaction->is_ended = true;
	transaction->end = client->said;
	transaction->phase = TRANSACTION_END;
	if (!transaction->by_chunks)
		client->needs_reset = false;	/* a final dot ends the transaction, whatever is said of it */
	if (client->plan->route.scheme != ROUTE_LMTP)
		client_expect(client, CLIENT_END, transaction, 0);
	else
		for (uint32_t i = 0; i < transaction->count; i++)
			if (transaction->accepted[i])
				client_expect(client, CLIENT_END, transaction, i);
}

/* What stands above the content is said with its first octets. It is whole lines of our own, and none begins with a dot. */
static struct span
prefix_take(struct transaction *transaction)
{
	struct span prefix = transaction->prefix;

	transaction->prefix = SPAN("");
	return prefix;
}

/* A CRLF is never cut in two: a CR at the end of a chunk waits for the next (standards.md SX4). */
static void
chunk_say(struct client *client, struct transaction *transaction, struct span chunk, bool is_last)
{
	struct span prefix = prefix_take(transaction);
	bool had_cr = transaction->has_cr;
	char line[64];
	int length;

	transaction->sent += chunk.length;
	transaction->has_cr = !is_last && chunk.length > 0 && chunk.data[chunk.length - 1] == '\r';
	chunk.length -= transaction->has_cr;
	length = snprintf(line, sizeof(line), "BDAT %zu%s\r\n%s", prefix.length + chunk.length + had_cr, is_last ? " LAST" : "", had_cr ? "\r" : "");
	client_say(client, span_make(line, (size_t)length));
	client_say(client, prefix);
	client_say(client, chunk);
}

/* Behind MAIL and RCPT in the same write (RFC 3030 2, RFC 2920): when they are refused, so is this. */
void
client_send_whole(struct client *client, struct transaction *transaction)
{
	struct span chunk = SPAN("");
	int got = body_reader_next(delivery_body(transaction->delivery), &chunk);

	dotstuff_init(&transaction->dotstuff, false);
	transaction->prefix = transaction->delivery->job.envelope.prefix;
	if (got < 0) {
		body_unreadable(client, transaction);
	} else if (!chunk_is_good(transaction, chunk) || (dotstuff_end(&transaction->dotstuff), transaction->dotstuff.is_bad)) {
		body_malformed(client, transaction);
	} else {
		chunk_say(client, transaction, chunk, true);
		body_ended(client, transaction);
	}
}

/* One chunk of the spool as one BDAT. Returns false when the connection was given up over it. */
static bool
chunk_send(struct client *client, struct transaction *transaction, struct span chunk)
{
	bool is_last = transaction->sent + chunk.length == transaction->delivery->job.envelope.body.length;

	if (!chunk_is_good(transaction, chunk) || (is_last && (dotstuff_end(&transaction->dotstuff), transaction->dotstuff.is_bad))) {
		body_malformed(client, transaction);
		return false;
	}
	chunk_say(client, transaction, chunk, is_last);
	if (is_last)
		body_ended(client, transaction);
	else
		client_expect(client, CLIENT_CHUNK, transaction, 0);
	return true;
}

static bool
lines_send(struct client *client, struct transaction *transaction, struct span chunk)
{
	struct span piece;

	transaction->sent += chunk.length;
	client_say(client, prefix_take(transaction));
	while (dotstuff_next(&transaction->dotstuff, &chunk, &piece))
		client_say(client, piece);
	if (!transaction->dotstuff.is_bad)
		return true;
	body_malformed(client, transaction);
	return false;
}

/* Nothing more to read: say the end. */
static bool
lines_end(struct client *client, struct transaction *transaction)
{
	struct span end = dotstuff_end(&transaction->dotstuff);

	client_say(client, prefix_take(transaction));
	if (transaction->dotstuff.is_bad) {
		body_malformed(client, transaction);
		return false;
	}
	client_say(client, end);
	body_ended(client, transaction);
	return true;
}

/* Read and say one chunk more. Returns false when that was the last, or when the connection was given up. */
static bool
body_step(struct client *client, struct transaction *transaction)
{
	struct span chunk = SPAN("");
	int got = body_reader_next(transaction->body, &chunk);

	if (got == 0 && transaction->sent < transaction->delivery->job.envelope.body.length) {
		errno = EBADMSG;
		got = -1;
	}
	if (got < 0) {
		body_unreadable(client, transaction);
		return false;
	}
	if (transaction->by_chunks)
		return chunk_send(client, transaction, chunk) && transaction->phase == TRANSACTION_CONTENT;
	if (got > 0)
		return lines_send(client, transaction, chunk);
	(void)lines_end(client, transaction);
	return false;
}

void
client_send_body(struct client *client)
{
	struct transaction *transaction = client->current;

	if (transaction == NULL || client->state != CLIENT_BUSY)
		return;
	if (transaction->phase == TRANSACTION_ENVELOPE) {
		transaction->phase = TRANSACTION_CONTENT;
		transaction->body = delivery_body(transaction->delivery);
		transaction->prefix = transaction->delivery->job.envelope.prefix;
		dotstuff_init(&transaction->dotstuff, !transaction->by_chunks);
	}
	if (transaction->phase != TRANSACTION_CONTENT)
		return;
	while (stream_unsent(client->stream) < WINDOW_OCTETS)
		if (!body_step(client, transaction)) {
			if (client->state == CLIENT_BUSY)
				client_go_on(client);
			return;
		}
	if (client->expected_count == 0)
		client_arm(client, client->relay->conf->block_s);
	stream_want_drained(client->stream);
}

/* 354, but nobody to send it to: an empty message, whose reply does not matter (RFC 2920 3.1). */
void
client_send_nothing(struct client *client, struct transaction *transaction)
{
	client_say(client, SPAN(".\r\n"));
	client->needs_reset = false;
	transaction->phase = TRANSACTION_OVER;
	client_expect(client, CLIENT_END, transaction, 0);
}

/* Everyone who was accepted, and has no outcome yet, is refused with that reply. */
static void
message_refused(struct client *client, struct transaction *transaction, const struct reply *reply)
{
	struct failure failure;

	failure_of_reply(&failure, "message-refused", reply, OUTCOME_OF_MESSAGE);
	for (uint32_t i = 0; i < transaction->count; i++)
		if (transaction->accepted[i] && !delivery_is_decided(transaction->delivery, transaction->recipients[i]))
			conclude_failed(transaction->delivery, transaction->recipients[i], client, &failure);
}

/* A chunk was taken, or the whole message refused: the rest of it is then not sent (RFC 3030 2). */
void
client_got_chunk(struct client *client, const struct expectation *expectation, const struct reply *reply)
{
	struct transaction *transaction = expectation->transaction;

	if (reply->code == 421) {
		client_closing(client, reply);
	} else if (reply->code / 100 == 3) {
		client_fail_with(client, "reply-unexpected", NULL);
	} else if (reply->code >= 400 && transaction->phase != TRANSACTION_OVER) {
		message_refused(client, transaction, reply);
		transaction->phase = TRANSACTION_OVER;
	}
	if (client->state == CLIENT_BUSY)
		client_go_on(client);
}

static void
message_taken(struct client *client, struct transaction *transaction, const struct reply *reply)
{
	for (uint32_t i = 0; i < transaction->count; i++)
		if (transaction->accepted[i])
			conclude_delivered(transaction->delivery, transaction->recipients[i], client, reply);
}

/* What the peer says of the message, or under LMTP of one recipient. */
static void
end_judge(struct client *client, struct transaction *transaction, uint32_t recipient, const struct reply *reply)
{
	bool is_taken = reply->code / 100 == 2;
	struct failure failure;

	if (client->plan->route.scheme != ROUTE_LMTP) {
		if (is_taken && transaction->accepted_count > 0)
			message_taken(client, transaction, reply);
		else if (!is_taken)
			message_refused(client, transaction, reply);
	} else if (is_taken) {
		conclude_delivered(transaction->delivery, transaction->recipients[recipient], client, reply);
	} else {
		failure_of_reply(&failure, "recipient-refused", reply, OUTCOME_OF_RECIPIENT);
		conclude_failed(transaction->delivery, transaction->recipients[recipient], client, &failure);
	}
	client->messages += is_taken && transaction->expected == 0;
	/* After a BDAT that failed the peer's state is anybody's guess (RFC 3030 2). */
	if (transaction->by_chunks)
		client->needs_reset = !is_taken;
}

void
client_got_end(struct client *client, const struct expectation *expectation, const struct reply *reply)
{
	struct transaction *transaction = expectation->transaction;

	if (reply->code == 421) {
		transaction->is_ended = false;	/* it was not taken: no doubt about that */
		client_closing(client, reply);
		return;
	}
	if (reply->code / 100 == 3) {
		transaction->is_ended = false;
		client_fail_with(client, "reply-unexpected", NULL);
		return;
	}
	/* By DATA it is one in the middle of the content: who knows whether there is another for the dot to come (RFC 5321 4.1.1.4). */
	if (transaction->phase == TRANSACTION_END && !transaction->by_chunks && !client_has_sent(client, transaction)) {
		client_heard_early(client, reply);
		return;
	}
	if (transaction->phase == TRANSACTION_END)
		end_judge(client, transaction, expectation->recipient, reply);
	if (transaction->expected == 0)
		transaction->phase = TRANSACTION_OVER;
	client_go_on(client);
}

/* A reply in the middle of the content: the peer will have none of it, and what is sent of it cannot be ended. */
void
client_heard_early(struct client *client, const struct reply *reply)
{
	struct failure lost;

	if (reply->code == 421) {
		client_closing(client, reply);
	} else if (reply->code >= 400) {
		message_refused(client, client->current, reply);
		failure_make(&lost, "message-refused", "in the middle of it");
		lost.scope = OUTCOME_OF_MESSAGE;
		client_lost(client, &lost);
	} else {
		client_fail_with(client, "reply-unexpected", NULL);
	}
}
