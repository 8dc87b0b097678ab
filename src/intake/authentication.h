/*
 * Who vouches for a message of others for an accepted domain: SPF and DKIM while its content streams by, DMARC
 * behind both; and the Authentication-Results field of it (RFC 8601). What the DNS does not say in time is temperror.
 *
 *   authentication_new()		when the content begins
 *   authentication_octets()		all of the content, as it was received
 *   authentication_end()		done, or on_done is called later; authentication_expire() when it is waited no longer
 *   authentication_sender(), authentication_field()
 */
#ifndef INTAKE_AUTHENTICATION_H
#define INTAKE_AUTHENTICATION_H

#include <stdbool.h>

#include "auth/spf.h"
#include "base/arena.h"
#include "base/span.h"

struct authentication;
struct room;
struct session;
struct transaction;

/* Of the session's transaction, with its name, address and sender; memory of the transaction's arena, and some of its own. */
struct authentication *authentication_new(struct session *session);
void authentication_free(struct authentication **authentication);	/* tolerates NULL, leaves NULL; what is under way is cancelled */

/* More of the content. What is kept of its header counts against the room's budget. */
void authentication_octets(struct authentication *authentication, struct span octets);

/* Is the header kept, and grows with the content? */
bool authentication_holds_header(const struct authentication *authentication);

/* The content is over; called once. Returns true when all is known; else on_done is called when it is, never before this returns. */
bool authentication_end(struct authentication *authentication, void (*on_done)(struct session *session));

/* The end of waiting: what is not known by now will not be. on_done is not called any more. */
void authentication_expire(struct authentication *authentication);

/* Once all is known: may the client send in the name of the sender's domain (RFC 7208 2.6)? SPF_NONE of the null sender. */
enum spf_result authentication_sender(const struct authentication *authentication);

/* The whole field with its CRLF, once all is known, and a line in the log; memory of the arena. */
struct span authentication_field(const struct authentication *authentication, struct arena *arena);

#endif
