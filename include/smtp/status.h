/*
 * Every reply that our server gives: code, enhanced status (RFC 2034, RFC 3463, registry of RFC 5248), text. No other
 * file writes a reply; EHLO's list of keywords is the one that has lines of its own.
 */
#ifndef SMTP_STATUS_H
#define SMTP_STATUS_H

#include <stdbool.h>

#include "base/span.h"

enum status {
	STATUS_NONE,			/* nothing to say */
	STATUS_GREETING,		/* detail: host name */
	STATUS_HELO,			/* detail: host name */
	STATUS_BYE,
	STATUS_HANDSHAKE,
	STATUS_OK,
	STATUS_SENDER_OK,
	STATUS_RECIPIENT_OK,
	STATUS_CHUNK_OK,		/* detail: number of octets */
	STATUS_ACCEPTED,		/* detail: message identity */
	STATUS_STOPPED,
	STATUS_CANNOT_VERIFY,
	STATUS_HELP,
	STATUS_START_CONTENT,
	/* later */
	STATUS_SHUTTING_DOWN,
	STATUS_TIMEOUT,
	STATUS_SESSION_TOO_LONG,
	STATUS_TOO_MANY_SESSIONS,
	STATUS_TOO_MANY_FROM_CLIENT,
	STATUS_TOO_MANY_ERRORS,
	STATUS_TOO_MANY_MESSAGES,
	STATUS_NOT_SMTP,
	STATUS_TLS_UNAVAILABLE,
	STATUS_TOO_MANY_RECIPIENTS,
	STATUS_NO_ROOM,
	STATUS_SPOOL_FULL,
	STATUS_SPOOL_FAILED,
	STATUS_STOP_LATER,
	/* never */
	STATUS_UNKNOWN_COMMAND,
	STATUS_BAD_LINE,		/* detail: why */
	STATUS_NO_ARGUMENT,
	STATUS_BAD_NAME,
	STATUS_BAD_ARGUMENT,
	STATUS_MISSING_ARGUMENT,
	STATUS_BAD_SENDER,
	STATUS_BAD_RECIPIENT,
	STATUS_SENDER_UNQUALIFIED,
	STATUS_RECIPIENT_UNQUALIFIED,
	STATUS_NEEDS_SMTPUTF8,
	STATUS_BAD_PARAMETER,
	STATUS_UNKNOWN_PARAMETER,
	STATUS_BODY_NOT_OFFERED,
	STATUS_NOT_OFFERED,
	STATUS_NEEDS_EHLO,
	STATUS_HAS_TLS,
	STATUS_HAS_SENDER,
	STATUS_NEEDS_SENDER,
	STATUS_NEEDS_RECIPIENT,
	STATUS_IN_CHUNKS,
	STATUS_CHUNKS_FAILED,
	STATUS_TLS_REQUIRED,		/* detail: "; see URL" or "" */
	STATUS_NO_RELAY,
	STATUS_STOP_NO_SUCH,
	STATUS_TOO_LARGE,
	STATUS_CHUNK_TOO_LARGE,
	STATUS_BARE_CR,
	STATUS_BARE_LF,
	STATUS_NUL,
	STATUS_LOOP,
	STATUSES
};

#define STATUS_OCTETS 512	/* a reply line with its CRLF (RFC 5321 4.5.3.1.5) */

int status_code(enum status status);		/* 250 */
const char *status_enhanced(enum status status); /* "2.0.0"; "" where RFC 2034 has none */
const char *status_word(enum status status);	/* "no-relay": the same in every log line, "" for replies that refuse nothing */

/*
 * The reply line with its CRLF, not NUL-terminated; returns its length. What is not printable ASCII in detail is
 * replaced, what is too long is cut.
 */
size_t status_format(enum status status, struct span detail, char out[STATUS_OCTETS]);

#endif
