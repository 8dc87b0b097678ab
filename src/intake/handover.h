/*
 * From "received" to "responsible" (RFC 5321 4.2.5, 6.1): the record is committed, its sync awaited, queue told by
 * the writer, and only then is 250 said.
 */
#ifndef INTAKE_HANDOVER_H
#define INTAKE_HANDOVER_H

#include "smtp/status.h"

struct session;

/* Commit the session's message and enter COMMIT; session_settled() follows. The stream is paused meanwhile. */
void handover_start(struct session *session);

/* The session ends before its commit does: the message is committed all the same, and nobody is told. */
void handover_forget(struct session *session);

/* What a fault of the spool says to the client. */
enum status handover_status(int error);

#endif
