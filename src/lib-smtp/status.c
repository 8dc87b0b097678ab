/* The table of replies. `$` in a text is where the detail goes. */
#include "smtp/status.h"

#include <string.h>

static const struct {
	const char *code, *enhanced;
	const char *word;	/* for logs; "" when nothing is refused */
	const char *text;
} rows[STATUSES] = {
	[STATUS_NONE]			= { "", "", "", "" },
	[STATUS_GREETING]		= { "220", "", "", "$ ESMTP" },
	[STATUS_HELO]			= { "250", "", "", "$" },
	[STATUS_BYE]			= { "221", "2.0.0", "", "Bye" },
	[STATUS_HANDSHAKE]		= { "220", "2.0.0", "", "Ready to start TLS" },
	[STATUS_OK]			= { "250", "2.0.0", "", "Ok" },
	[STATUS_SENDER_OK]		= { "250", "2.1.0", "", "Ok" },
	[STATUS_RECIPIENT_OK]		= { "250", "2.1.5", "", "Ok" },
	[STATUS_CHUNK_OK]		= { "250", "2.0.0", "", "$ octets received" },
	[STATUS_ACCEPTED]		= { "250", "2.0.0", "", "Accepted as $" },
	[STATUS_STOPPED]		= { "250", "2.0.0", "", "No more notices will be sent to you" },
	[STATUS_CANNOT_VERIFY]		= { "252", "2.0.0", "", "Cannot verify; send some mail and see" },
	[STATUS_HELP]			= { "214", "2.0.0", "", "RFC 5321 tells; this is a relay that speaks only TLS" },
	[STATUS_START_CONTENT]		= { "354", "", "", "End with <CRLF>.<CRLF>" },

	[STATUS_SHUTTING_DOWN]		= { "421", "4.3.0", "shutting-down", "Going down, come back soon" },
	[STATUS_TIMEOUT]		= { "421", "4.4.2", "timeout", "Nothing heard for too long" },
	[STATUS_SESSION_TOO_LONG]	= { "421", "4.4.2", "session-time", "This session has lasted too long, open another" },
	[STATUS_TOO_MANY_SESSIONS]	= { "421", "4.7.0", "sessions", "Too many sessions, come back later" },
	[STATUS_TOO_MANY_FROM_CLIENT]	= { "421", "4.7.0", "sessions-per-client", "Too many sessions from your network, come back later" },
	[STATUS_TOO_MANY_ERRORS]	= { "421", "4.7.0", "errors", "Too many errors" },
	[STATUS_TOO_MANY_MESSAGES]	= { "421", "4.7.0", "messages", "Too many messages in this session, open another" },
	[STATUS_NOT_SMTP]		= { "421", "4.7.0", "not-smtp", "This is not SMTP" },
	[STATUS_TLS_UNAVAILABLE]	= { "454", "4.7.0", "tls-unavailable", "TLS is not available for a fault on our side" },
	[STATUS_TOO_MANY_RECIPIENTS]	= { "452", "4.5.3", "recipients", "Too many recipients, send to the others separately" },
	[STATUS_NO_ROOM]		= { "452", "4.3.1", "no-room", "No room for more mail just now" },
	[STATUS_SPOOL_FULL]		= { "452", "4.3.1", "spool-full", "The spool's disk is full" },
	[STATUS_SPOOL_FAILED]		= { "451", "4.3.0", "spool-failed", "The message could not be made durable" },
	[STATUS_STOP_LATER]		= { "451", "4.3.0", "stop-later", "This could not be written down just now: send it again later" },

	[STATUS_UNKNOWN_COMMAND]	= { "500", "5.5.1", "unknown-command", "No such command" },
	[STATUS_BAD_LINE]		= { "500", "5.5.2", "bad-line", "$" },
	[STATUS_NO_ARGUMENT]		= { "501", "5.5.4", "argument", "This command takes no argument" },
	[STATUS_BAD_NAME]		= { "501", "5.5.4", "bad-name", "Neither a host name nor an address literal" },
	[STATUS_BAD_ARGUMENT]		= { "501", "5.5.4", "bad-argument", "The argument is malformed" },
	[STATUS_MISSING_ARGUMENT]	= { "501", "5.5.4", "missing-argument", "An argument is missing" },
	[STATUS_BAD_SENDER]		= { "501", "5.1.7", "bad-sender", "Malformed sender; the form is MAIL FROM:<address>" },
	[STATUS_BAD_RECIPIENT]		= { "501", "5.1.3", "bad-recipient", "Malformed recipient; the form is RCPT TO:<address>" },
	[STATUS_SENDER_UNQUALIFIED]	= { "501", "5.1.8", "sender-unqualified", "The sender needs a fully qualified domain" },
	[STATUS_RECIPIENT_UNQUALIFIED]	= { "550", "5.1.2", "recipient-unqualified", "The recipient needs a fully qualified domain" },
	[STATUS_NEEDS_SMTPUTF8]		= { "553", "5.6.7", "needs-smtputf8", "An address that is not ASCII needs MAIL with SMTPUTF8" },
	[STATUS_BAD_PARAMETER]		= { "501", "5.5.4", "bad-parameter", "A parameter is malformed or given twice" },
	[STATUS_UNKNOWN_PARAMETER]	= { "555", "5.5.4", "unknown-parameter", "No such parameter" },
	[STATUS_BODY_NOT_OFFERED]	= { "504", "5.5.4", "body-not-offered", "BODY is 7BIT or 8BITMIME here" },
	[STATUS_NOT_OFFERED]		= { "502", "5.5.0", "not-offered", "This command is not offered" },
	[STATUS_NEEDS_EHLO]		= { "503", "5.5.1", "needs-ehlo", "Say EHLO first" },
	[STATUS_HAS_TLS]		= { "503", "5.5.1", "has-tls", "TLS is on already" },
	[STATUS_HAS_SENDER]		= { "503", "5.5.1", "has-sender", "A message is under way already" },
	[STATUS_NEEDS_SENDER]		= { "503", "5.5.1", "needs-sender", "Say MAIL first" },
	[STATUS_NEEDS_RECIPIENT]	= { "503", "5.5.1", "needs-recipient", "There is no valid recipient" },
	[STATUS_IN_CHUNKS]		= { "503", "5.5.1", "in-chunks", "Only BDAT or RSET can follow BDAT" },
	[STATUS_CHUNKS_FAILED]		= { "503", "5.5.1", "chunks-failed", "An earlier BDAT was refused" },
	[STATUS_TLS_REQUIRED]		= { "530", "5.7.0", "tls-required", "Say STARTTLS first: mail is taken only over TLS$" },
	[STATUS_NO_RELAY]		= { "550", "5.7.1", "no-relay", "You may not send to this address here" },
	[STATUS_STOP_NO_SUCH]		= { "550", "5.1.1", "no-such-notice", "No notice of ours has this address" },
	[STATUS_TOO_LARGE]		= { "552", "5.3.4", "too-large", "The message is too large" },
	[STATUS_CHUNK_TOO_LARGE]	= { "552", "5.3.4", "chunk-too-large", "No chunk can be that large" },
	[STATUS_BARE_CR]		= { "550", "5.6.0", "bare-cr", "The message has a CR without LF (RFC 5321 2.3.8)" },
	[STATUS_BARE_LF]		= { "550", "5.6.0", "bare-lf", "The message has a LF without CR (RFC 5321 2.3.8)" },
	[STATUS_NUL]			= { "550", "5.6.0", "nul", "The message has a NUL octet (RFC 5321 4.5.2)" },
	[STATUS_LOOP]			= { "554", "5.4.6", "loop", "Too many Received fields: the message goes round in a loop" },
};

int
status_code(enum status status)
{
	const char *code = rows[status].code;

	return code[0] == '\0' ? 0 : (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
}

const char *
status_enhanced(enum status status)
{
	return rows[status].enhanced;
}

const char *
status_word(enum status status)
{
	return rows[status].word;
}

struct line {
	char *out;
	size_t length;
};

/* Whatever a client said is shown as printable ASCII (RFC 5321 4.2, RFC 6531 3.7.4). */
static void
line_add(struct line *line, struct span text)
{
	for (size_t i = 0; i < text.length && line->length < STATUS_OCTETS - 2; i++) {
		char c = text.data[i];

		line->out[line->length++] = c >= 0x20 && c < 0x7f ? c : '?';
	}
}

size_t
status_format(enum status status, struct span detail, char out[STATUS_OCTETS])
{
	struct line line = { .out = out };
	struct span text = span_of(rows[status].text);
	size_t dollar = span_find(text, '$');

	line_add(&line, span_of(rows[status].code));
	line_add(&line, SPAN(" "));
	if (*rows[status].enhanced != '\0') {
		line_add(&line, span_of(rows[status].enhanced));
		line_add(&line, SPAN(" "));
	}
	line_add(&line, span_first(text, dollar));
	if (dollar < text.length)
		line_add(&line, detail);
	line_add(&line, span_skip(text, dollar + 1));
	memcpy(out + line.length, "\r\n", 2);
	return line.length + 2;
}
