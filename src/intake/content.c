/* Octets of a message on their way into its record, and every reason to refuse them. */
#include "intake/content.h"

#include "intake/handover.h"
#include "intake/room.h"
#include "intake/session.h"
#include "intake/stop.h"
#include "intake/transaction.h"
#include "loop/clock.h"
#include "mail/received.h"

/* FOR names a recipient only when there is no other (RFC 5321 7.2). */
static struct received
received_of(const struct session *session)
{
	const struct transaction *tx = session->tx;

	return (struct received){
		.client_name = span_of(session->name),
		.client_ip = session->ip,
		.client_uid = session->uid,
		.by = span_of(session->room->conf->hostname),
		.is_esmtp = session->is_esmtp,
		.is_tls = session->tls_version != NULL,
		.is_utf8 = tx->params.is_smtputf8,
		.mid = record_mid(tx->record),
		.recipient = tx->recipients_count == 1 ? tx->recipients[0].address : SPAN(""),
		.tls_cipher = span_of(session->tls_cipher),
		.tls_group = span_of(session->tls_group),
		.when = clock_wall(),
	};
}

/* Refused from here on: what was kept so far is given up at once. */
static void
content_refuse(struct transaction *tx, enum status status)
{
	tx->refusal = status;
	record_abort(&tx->record);
}

static void
content_add(struct session *session, struct span octets)
{
	int error = record_add(session->tx->record, octets);

	if (error != 0)
		content_refuse(session->tx, handover_status(error));
}

enum status
content_begin(struct session *session, bool is_dotted)
{
	struct transaction *tx = session->tx;
	struct received received;
	char field[RECEIVED_OCTETS];

	tx->refusal = STATUS_NONE;
	if (!room_has_room(session->room))
		return STATUS_NO_ROOM;
	data_init(&tx->data, is_dotted, session->room->conf->bare_lf == CONF_BARE_LF_NORMALISE);
	if (*tx->stop != '\0')
		return STATUS_NONE;	/* nothing of it is kept */
	tx->record = record_new(session->room->writer);
	received = received_of(session);
	content_add(session, span_make(field, received_format(&received, field)));
	return tx->refusal;
}

/*
 * A small message is staged in memory: it may not grow when the room's budget is used up. One that streams to disk
 * costs no memory.
 */
static bool
may_grow(const struct session *session)
{
	const struct room *room = session->room;

	return record_length(session->tx->record) > room->conf->spool.staged_octets || room_has_room(room);
}

static void
content_piece(struct session *session, struct span piece)
{
	const struct conf_intake *conf = session->room->conf;
	struct transaction *tx = session->tx;

	if (tx->refusal != STATUS_NONE)
		return;
	if (!header_is_over(&tx->header))
		header_look(&tx->header, piece);
	if (tx->header.count[HEADER_RECEIVED] > conf->received)
		content_refuse(tx, STATUS_LOOP);
	else if (conf->size_octets > 0 && tx->data.length > conf->size_octets)
		content_refuse(tx, STATUS_TOO_LARGE);
	else if (*tx->stop != '\0')
		return;		/* dropped */
	else if (!may_grow(session))
		content_refuse(tx, STATUS_NO_ROOM);
	else
		content_add(session, piece);
}

size_t
content_take(struct session *session, struct span octets)
{
	struct transaction *tx = session->tx;
	size_t length = octets.length;
	struct span piece;

	while (data_next(&tx->data, &octets, &piece))
		content_piece(session, piece);
	if (tx->data.faults != 0)
		record_abort(&tx->record);
	return length - octets.length;
}

enum status
content_refusal(const struct session *session)
{
	const struct transaction *tx = session->tx;

	if (tx->refusal != STATUS_NONE)
		return tx->refusal;
	if (tx->data.faults & DATA_NUL)
		return STATUS_NUL;
	if (tx->data.faults & DATA_BARE_CR)
		return STATUS_BARE_CR;
	return tx->data.faults & DATA_BARE_LF ? STATUS_BARE_LF : STATUS_NONE;
}

void
content_end(struct session *session)
{
	enum status status;

	data_end(&session->tx->data);
	status = content_refusal(session);
	if (status == STATUS_NONE) {
		if (*session->tx->stop != '\0')
			stop_start(session);
		else
			handover_start(session);
		return;
	}
	session_log_refusal(session, status, session->tx->sender, session->tx->recipients[0].address);
	session_settled(session, status, SPAN(""));
}
