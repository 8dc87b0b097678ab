/* MAIL FROM:<path> (RFC 5321 4.1.1.2) and its parameters. */
#include <assert.h>

#include "intake/permit.h"
#include "intake/room.h"
#include "intake/session.h"
#include "intake/transaction.h"
#include "smtp/address.h"
#include "smtp/domain.h"
#include "smtp/params.h"

/* What is wrong with a well-formed sender? The null path is always right (RFC 5321 4.5.5). */
static enum status
sender_fault(const struct path *path, const struct mail_params *params)
{
	if (path->had_8bit && !params->is_smtputf8)
		return STATUS_NEEDS_SMTPUTF8;
	if (path->length > 0 && !path->is_literal && !domain_is_qualified(path_domain(path)))
		return STATUS_SENDER_UNQUALIFIED;
	return STATUS_NONE;
}

/* In the order of RFC 5321 and RFC 1870: syntax, parameters, size, room. */
static enum status
mail_parse(const struct session *session, struct span arguments, struct path *path, struct mail_params *params)
{
	const struct conf_intake *conf = session->room->conf;
	struct span rest = span_skip(arguments, 5);
	enum status status;

	if (!span_starts_nocase(arguments, SPAN("FROM:")) || path_parse(&rest, path) != PATH_GOOD)
		return STATUS_BAD_SENDER;
	status = mail_params_parse(rest, params);
	if (status == STATUS_NONE)
		status = sender_fault(path, params);
	if (status != STATUS_NONE)
		return status;
	if (conf->size_octets > 0 && params->size_octets > conf->size_octets)
		return STATUS_TOO_LARGE;
	return room_has_room(session->room) ? STATUS_NONE : STATUS_NO_ROOM;
}

/* Whoever may relay is of the house, and what its relays have said of a message stays (RFC 8601 5). */
static bool
is_foreign(const struct session *session)
{
	struct permit_client client = session_client(session);

	return !permit_is_client(session->room->permit, &client);
}

void
session_mail(struct session *session, struct span arguments)
{
	struct mail_params params;
	struct path path = { .length = 0 };
	enum status status;

	/* RFC 9422 4.1: failed ones count. */
	if (session->mails++ >= session->room->conf->messages) {
		session_close(session, STATUS_TOO_MANY_MESSAGES, "messages");
		return;
	}
	status = mail_parse(session, arguments, &path, &params);
	if (status != STATUS_NONE) {
		session_refuse(session, status, path_mailbox(&path), SPAN(""));
		return;
	}
	/* Promise P1, whatever becomes of the table of states: an envelope comes over TLS, or from this machine. */
	assert(session->kind == LISTENER_LOCAL || stream_transport(session->stream) != NULL);
	session->tx = transaction_new(session, path_mailbox(&path), &params);
	session->tx->is_foreign = is_foreign(session);
	session_enter(session, SESSION_ENVELOPE);
	session_reply(session, STATUS_SENDER_OK, SPAN(""));
}
