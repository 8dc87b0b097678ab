/* DATA (RFC 5321 4.1.1.4): content until a line that is only a dot. */
#include "intake/content.h"
#include "intake/session.h"
#include "intake/transaction.h"

void
session_data(struct session *session, struct span arguments)
{
	enum status status = STATUS_NONE;

	if (arguments.length > 0)
		status = STATUS_NO_ARGUMENT;
	else if (session->tx->recipients_count == 0)
		status = STATUS_NEEDS_RECIPIENT;
	if (status == STATUS_NONE)
		status = content_begin(session, true);
	if (status != STATUS_NONE) {
		session_refuse(session, status, session->tx->sender, SPAN(""));
		return;
	}
	session_enter(session, SESSION_DATA);
	session_reply(session, STATUS_START_CONTENT, SPAN(""));
}

size_t
session_take_data(struct session *session, struct span octets)
{
	size_t used = content_take(session, octets);

	if (session->tx->data.is_ended)
		content_end(session);
	return used;
}
