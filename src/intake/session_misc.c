/* The commands that carry no mail: RSET, NOOP, QUIT, VRFY, HELP, and those that are none of ours. */
#include "intake/session.h"

void
session_rset(struct session *session, struct span arguments)
{
	if (arguments.length > 0) {
		session_reply(session, STATUS_NO_ARGUMENT, SPAN(""));
		return;
	}
	session_reset(session);
	if (session->state != SESSION_GREETED)
		session_enter(session, SESSION_READY);
	session_reply(session, STATUS_OK, SPAN(""));
}

/* Its argument is ignored (RFC 5321 4.1.1.9). */
void
session_noop(struct session *session, struct span arguments)
{
	(void)arguments;
	session_reply(session, STATUS_OK, SPAN(""));
}

void
session_quit(struct session *session, struct span arguments)
{
	if (arguments.length > 0)
		session_reply(session, STATUS_NO_ARGUMENT, SPAN(""));
	else
		session_close(session, STATUS_BYE, "quit");
}

/* The same for everybody: nothing is learnt (RFC 5321 3.5.3, 7.3). */
void
session_vrfy(struct session *session, struct span arguments)
{
	session_reply(session, arguments.length > 0 ? STATUS_CANNOT_VERIFY : STATUS_MISSING_ARGUMENT, SPAN(""));
}

void
session_help(struct session *session, struct span arguments)
{
	(void)arguments;
	session_reply(session, STATUS_HELP, SPAN(""));
}

void
session_absent(struct session *session, struct span arguments)
{
	(void)arguments;
	session_reply(session, STATUS_NOT_OFFERED, SPAN(""));
}

void
session_unknown(struct session *session, struct span arguments)
{
	(void)arguments;
	session_reply(session, STATUS_UNKNOWN_COMMAND, SPAN(""));
}

/* A browser or a TLS client that was led here (standards.md SX14): not one line more of it. */
void
session_foreign(struct session *session, struct span arguments)
{
	(void)arguments;
	session_close(session, STATUS_NOT_SMTP, "not-smtp");
}
