/*
 * BDAT n [LAST] (RFC 3030): n octets of content follow at once, whatever the reply will be. A chunk that is refused is
 * read to its end all the same, and so is every later one of its transaction.
 */
#include <inttypes.h>
#include <stdio.h>

#include "intake/content.h"
#include "intake/room.h"
#include "intake/session.h"
#include "intake/transaction.h"

/* Content that is announced to be larger than any message may be. */
static bool
is_too_large(const struct session *session, uint64_t octets)
{
	uint64_t most = session->room->conf->size_octets, have = session->tx->data.length;

	return most > 0 && (octets > most || have > most - octets);
}

/* The first chunk begins the content, or spoils the transaction for all later ones. */
static enum status
first_chunk_refusal(struct session *session, uint64_t octets)
{
	struct transaction *tx = session->tx;

	if (tx->recipients_count == 0)
		tx->refusal = STATUS_NEEDS_RECIPIENT;
	else if (is_too_large(session, octets))
		tx->refusal = STATUS_TOO_LARGE;
	else
		tx->refusal = content_begin(session, false);
	return tx->refusal;
}

static enum status
chunk_refusal(struct session *session, uint64_t octets)
{
	if (session->state == SESSION_ENVELOPE)
		return first_chunk_refusal(session, octets);
	if (session->state != SESSION_CHUNKS)
		return session_unwelcome(session);
	if (session->tx->refusal != STATUS_NONE)
		return STATUS_CHUNKS_FAILED;
	if (is_too_large(session, octets))
		session->tx->refusal = STATUS_TOO_LARGE;
	return session->tx->refusal;
}

/* A chunk that is refused, whole now: its reply. A last one is the end of its transaction. */
static void
chunk_refused(struct session *session)
{
	enum status status = session->chunk.refusal;

	if (session->tx != NULL)
		session_log_refusal(session, status, session->tx->sender, SPAN(""));
	if (session->chunk.is_last)
		session_reset(session);
	session_enter(session, session->tx != NULL ? SESSION_CHUNKS : session->chunk.back);
	session_reply(session, status, span_of(session->room->help));
}

/* The chunk is whole. */
static void
chunk_end(struct session *session)
{
	char number[24];
	int length;

	if (session->chunk.refusal == STATUS_NONE && session->chunk.is_last) {
		content_end(session);
		return;
	}
	if (session->chunk.refusal == STATUS_NONE)
		session->chunk.refusal = session->tx->refusal = content_refusal(session);
	if (session->chunk.refusal != STATUS_NONE) {
		chunk_refused(session);
		return;
	}
	length = snprintf(number, sizeof(number), "%" PRIu64, session->chunk.octets);
	session_enter(session, SESSION_CHUNKS);
	session_reply(session, STATUS_CHUNK_OK, span_make(number, (size_t)length));
}

void
session_bdat(struct session *session, struct span arguments)
{
	struct chunk chunk = { .back = session->tx == NULL ? session->state : SESSION_READY };

	switch (command_bdat_parse(arguments, &chunk.octets, &chunk.is_last)) {
	case BDAT_MALFORMED:
		if (session->state == SESSION_PLAIN)
			session_reply(session, STATUS_TLS_REQUIRED, span_of(session->room->help));
		else
			session_reply(session, STATUS_BAD_ARGUMENT, SPAN(""));
		return;
	case BDAT_OVERFLOW:
		/* Where the next command begins is beyond counting. */
		session_close(session, STATUS_CHUNK_TOO_LARGE, "chunk-too-large");
		return;
	case BDAT_GOOD:
		break;
	}
	chunk.left = chunk.octets;
	chunk.refusal = chunk_refusal(session, chunk.octets);
	session->chunk = chunk;
	session_enter(session, SESSION_CHUNK);
	if (chunk.left == 0)
		chunk_end(session);
}

size_t
session_take_chunk(struct session *session, struct span octets)
{
	struct chunk *chunk = &session->chunk;

	if (octets.length > chunk->left)
		octets = span_first(octets, (size_t)chunk->left);
	if (chunk->refusal == STATUS_NONE)
		(void)content_take(session, octets);
	chunk->left -= octets.length;
	if (chunk->left == 0)
		chunk_end(session);
	return octets.length;
}
