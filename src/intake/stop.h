/*
 * The address that stops notices (notices.stop): LOCAL+TOKEN@DOMAIN, where the token stands in one notice of ours. Mail to it is taken
 * from anybody, over TLS as all mail, read and dropped, and answered when report has it on disk (ipc/report_asks.h). What it says does
 * not matter, nor that it may be an answer by a machine (Auto-Submitted, RFC 3834): whoever has the token got the notice, and a machine
 * that answers notices is served best by none.
 */
#ifndef INTAKE_STOP_H
#define INTAKE_STOP_H

#include "ipc/report_asks.h"
#include "smtp/address.h"

struct session;

/*
 * Is this a recipient to stop notices? Then its token is in lower case in `token`. `address` is notices.stop; "" = there is none.
 * Anything else behind the "+" is an unknown recipient as any other.
 */
bool stop_token(const char *address, const struct path *path, char token[STOP_TOKEN + 1]);

/* The message is complete: ask report. session_settled() follows, at once when report is away. */
void stop_start(struct session *session);

/* Report has not answered in time. */
void stop_late(struct session *session);

/* For tally_listen(), arg is the room: what report answers; report has ended. */
bool stop_hear(void *arg, unsigned type, struct span payload);
void stop_gone(void *arg);

#endif
