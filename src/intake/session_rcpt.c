/* RCPT TO:<path> (RFC 5321 4.1.1.3), its parameters, and relay control. */
#include <stdio.h>
#include <string.h>

#include "intake/authentication.h"
#include "intake/permit.h"
#include "intake/room.h"
#include "intake/session.h"
#include "intake/stop.h"
#include "intake/transaction.h"
#include "smtp/address.h"
#include "smtp/domain.h"
#include "smtp/params.h"

/* <Postmaster> is ours (RFC 5321 4.5.1). Returns false when our name is too long for an address. */
static bool
postmaster_complete(struct path *path, const char *hostname)
{
	int length = snprintf(path->text + path->at, sizeof(path->text) - path->at, "@%s", hostname);

	path->length = path->at + (size_t)length;
	return path->length <= ADDRESS_OCTETS;
}

/* What is wrong with a well-formed recipient? */
static enum status
recipient_fault(const struct session *session, struct path *path, char *stop)
{
	struct permit_client client = session_client(session);

	if (path->had_8bit && !session->tx->params.is_smtputf8)
		return STATUS_NEEDS_SMTPUTF8;
	if (path_is_bare_postmaster(path))
		return postmaster_complete(path, session->room->conf->hostname) ? STATUS_NONE : STATUS_BAD_RECIPIENT;
	if (!path->is_literal && !domain_is_qualified(path_domain(path)))
		return STATUS_RECIPIENT_UNQUALIFIED;
	if (stop_token(session->room->conf->notices_stop, path, stop))
		return STATUS_NONE;	/* from whoever has it (standards.md N53) */
	return permit_may_send(session->room->permit, &client, path) ? STATUS_NONE : STATUS_NO_RELAY;
}

/* Whoever stops notices does so alone: of all others the message is to be kept. */
static enum status
company_fault(const struct transaction *tx, const char *stop)
{
	return tx->recipients_count > 0 && (*stop != '\0' || *tx->stop != '\0') ? STATUS_TOO_MANY_RECIPIENTS : STATUS_NONE;
}

static enum status
rcpt_parse(const struct session *session, struct span arguments, struct path *path, struct rcpt_params *params, char *stop)
{
	struct span rest = span_skip(arguments, 3);
	enum status status;

	if (!span_starts_nocase(arguments, SPAN("TO:")) || path_parse(&rest, path) != PATH_GOOD || path->length == 0)
		return STATUS_BAD_RECIPIENT;
	status = rcpt_params_parse(rest, session->tx->params.is_smtputf8, params);
	if (status == STATUS_NONE)
		status = recipient_fault(session, path, stop);
	return status == STATUS_NONE ? company_fault(session->tx, stop) : status;
}

void
session_rcpt(struct session *session, struct span arguments)
{
	struct transaction *tx = session->tx;
	struct rcpt_params params;
	struct path path = { .length = 0 };
	char stop[STOP_TOKEN + 1] = "";
	enum status status;

	/* RFC 9422 4.2: failed ones count. Those that were accepted stay (RFC 5321 4.5.3.1.10). */
	if (tx->rcpt_commands++ >= session->room->conf->recipients)
		status = STATUS_TOO_MANY_RECIPIENTS;
	else
		status = rcpt_parse(session, arguments, &path, &params, stop);
	if (status != STATUS_NONE) {
		session_refuse(session, status, tx->sender, path_mailbox(&path));
		return;
	}
	transaction_add(tx, path_mailbox(&path), &params);
	memcpy(tx->stop, stop, sizeof(stop));
	session_reply(session, STATUS_RECIPIENT_OK, SPAN(""));
}
