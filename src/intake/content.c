/* Octets of a message on their way into its record, and every reason to refuse them. */
#include "intake/content.h"

#include "auth/authres.h"
#include "base/log.h"
#include "intake/authentication.h"
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

/* What claims to be our own word on a message of others is left out of it (RFC 8601 5). */
static void
content_filter(struct session *session)
{
	struct transaction *tx = session->tx;

	if (!tx->is_foreign)
		return;
	/* Not sooner: a client that goes through MAIL and RCPT again and again is not to have the DNS asked each time. */
	if (tx->authentication == NULL && session->room->conf->authentication && session->room->conf->accept.count > 0)
		tx->authentication = authentication_new(session);
	tx->strip = arena_alloc(tx->arena, sizeof(*tx->strip));
	authres_strip_init(tx->strip, arena_copy(tx->arena, span_of(session->room->conf->authserv_id)));
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
	content_filter(session);
	return tx->refusal;
}

/*
 * A small message is staged in memory: it may not grow when the room's budget is used up. One that streams to disk
 * costs no memory, but for a header that is looked for signatures.
 */
static bool
may_grow(const struct session *session)
{
	const struct room *room = session->room;
	const struct transaction *tx = session->tx;
	bool holds_header = tx->authentication != NULL && authentication_holds_header(tx->authentication);

	return (record_length(tx->record) > room->conf->spool.staged_octets && !holds_header) || room_has_room(room);
}

/* What stays of a piece goes into the record; who vouches for the message is asked of all of it, as it came. */
static void
content_keep(struct session *session, struct span octets)
{
	struct transaction *tx = session->tx;
	struct span rest = octets, piece;

	if (tx->strip == NULL) {
		content_add(session, octets);
		return;
	}
	while (tx->refusal == STATUS_NONE && authres_strip_next(tx->strip, &rest, &piece))
		content_add(session, piece);
	if (tx->refusal == STATUS_NONE && tx->authentication != NULL)
		authentication_octets(tx->authentication, octets);
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
		content_keep(session, piece);
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

/* All is known of it: the field that says so stands above our Received field (RFC 8601 4.1). */
static void
content_authenticated(struct session *session)
{
	session->tx->is_vouched = authentication_sender(session->tx->authentication) == SPF_PASS;
	session->tx->is_forged = authentication_sender(session->tx->authentication) == SPF_FAIL;
	session->tx->prefix = authentication_field(session->tx->authentication, session->tx->arena);
	authentication_free(&session->tx->authentication);
	handover_start(session);
}

void
content_late(struct session *session)
{
	authentication_expire(session->tx->authentication);
	content_authenticated(session);
}

/* The content is good. */
static void
content_accept(struct session *session)
{
	struct transaction *tx = session->tx;

	if (tx->strip != NULL && tx->strip->removed > 0)
		log_info("forged", LOG_IDENT("sid", session->sid), LOG_TEXT("field", "Authentication-Results"),
		    LOG_NUMBER("n", tx->strip->removed));
	if (tx->authentication == NULL) {
		handover_start(session);
	} else if (authentication_end(tx->authentication, content_authenticated)) {
		content_authenticated(session);
	} else {
		session_enter(session, SESSION_AUTHENTICATION);
		stream_pause(session->stream);
	}
}

void
content_end(struct session *session)
{
	enum status status;

	data_end(&session->tx->data);
	if (session->tx->strip != NULL && session->tx->record != NULL)
		content_add(session, authres_strip_end(session->tx->strip));
	status = content_refusal(session);
	if (status == STATUS_NONE) {
		if (*session->tx->stop != '\0')
			stop_start(session);
		else
			content_accept(session);
		return;
	}
	session_log_refusal(session, status, session->tx->sender, session->tx->recipients[0].address);
	session_settled(session, status, SPAN(""));
}
