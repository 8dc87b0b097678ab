/* The content of a message, however it comes: DATA and BDAT meet here, behind smtp/data.h. */
#ifndef INTAKE_CONTENT_H
#define INTAKE_CONTENT_H

#include "base/span.h"
#include "smtp/status.h"

struct session;

/*
 * Content begins: a record, with our Received field at its top. Returns STATUS_NONE, or why no message may begin
 * now; there is no record then.
 */
enum status content_begin(struct session *session, bool is_dotted);

/* Octets as they came. Returns how many were content or its end; what cannot be kept is dropped and refused at the end. */
size_t content_take(struct session *session, struct span octets);

/* Why the content that came so far is refused; STATUS_NONE when it is not. */
enum status content_refusal(const struct session *session);

/* The content is complete: refuse it, or make it durable, when it is known who vouches for it. Enters the next state; the session may be CLOSING then. */
void content_end(struct session *session);

/* Who vouches for the message is waited for no longer: it is made durable with what is known. */
void content_late(struct session *session);

#endif
