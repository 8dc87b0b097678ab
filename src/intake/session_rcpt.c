/* RCPT TO:<path> (RFC 5321 4.1.1.3), its parameters, and relay control. */
#include <stdio.h>
#include <string.h>

#include "intake/authentication.h"
#include "intake/permit.h"
#include "intake/room.h"
#include "intake/session.h"
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
recipient_fault(const struct session *session, struct path *path)
{
	struct permit_client client = session_client(session);

	if (path->had_8bit && !session->tx->params.is_smtputf8)
		return STATUS_NEEDS_SMTPUTF8;
	if (path_is_bare_postmaster(path))
		return postmaster_complete(path, session->room->conf->hostname) ? STATUS_NONE : STATUS_BAD_RECIPIENT;
	if (!path->is_literal && !domain_is_qualified(path_domain(path)))
		return STATUS_RECIPIENT_UNQUALIFIED;
	return permit_may_send(session->room->permit, &client, path) ? STATUS_NONE : STATUS_NO_RELAY;
}

static enum status
rcpt_parse(const struct session *session, struct span arguments, struct path *path, struct rcpt_params *params)
{
	struct span rest = span_skip(arguments, 3);
	enum status status;

	if (!span_starts_nocase(arguments, SPAN("TO:")) || path_parse(&rest, path) != PATH_GOOD || path->length == 0)
		return STATUS_BAD_RECIPIENT;
	status = rcpt_params_parse(rest, session->tx->params.is_smtputf8, params);
	return status == STATUS_NONE ? recipient_fault(session, path) : status;
}

void
session_rcpt(struct session *session, struct span arguments)
{
	struct transaction *tx = session->tx;
	struct rcpt_params params;
	struct path path = { .length = 0 };
	enum status status;

	/* RFC 9422 4.2: failed ones count. Those that were accepted stay (RFC 5321 4.5.3.1.10). */
	if (tx->rcpt_commands++ >= session->room->conf->recipients)
		status = STATUS_TOO_MANY_RECIPIENTS;
	else
		status = rcpt_parse(session, arguments, &path, &params);
	if (status != STATUS_NONE) {
		session_refuse(session, status, tx->sender, path_mailbox(&path));
		return;
	}
	transaction_add(tx, path_mailbox(&path), &params);
	if (tx->is_foreign && tx->authentication == NULL && session->room->conf->authentication)
		tx->authentication = authentication_new(session);
	session_reply(session, STATUS_RECIPIENT_OK, SPAN(""));
}
