/*
 * What is kept for another time: connections that rest, and TLS sessions, by address and by what was proved
 * (plan_key()). Nothing kept under one key is ever handed out under another (standards.md C31, CX10).
 */
#ifndef RELAY_REUSE_H
#define RELAY_REUSE_H

#include "relay/plan.h"
#include "tls/handshake.h"

/* A client comes to rest; it stays the client's to close. When there are too many, the one that rests longest leaves. */
void reuse_keep(struct relay *relay, struct client *client);

/* The client works again, or ends: it is not to be found any more. */
void reuse_drop(struct relay *relay, struct client *client);

/*
 * A resting client that serves the plan, NULL = none: it is at one of the best addresses that may be tried now, and
 * has proved what is asked for there. *candidate and *proof say which.
 */
struct client *reuse_find(struct relay *relay, const struct plan *plan, unsigned *candidate, unsigned *proof);

/* A session for later; it becomes the callee's. */
void reuse_keep_session(struct relay *relay, const char *key, struct tls_session *session);

/* A session for that key, which becomes the caller's; NULL = none. Each is used once (RFC 8446 C.4). */
struct tls_session *reuse_take_session(struct relay *relay, const char *key);

/* Forget all sessions. */
void reuse_forget_sessions(struct relay *relay);

#endif
