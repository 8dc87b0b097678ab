/* What the policy room knows of a domain: asked for, waited for, and told apart from what could not be learnt. */
#ifndef RELAY_KNOWN_H
#define RELAY_KNOWN_H

#include "policy/knowledge.h"
#include "relay/relay.h"

struct inquiry;

/*
 * Ask about a domain (ipc/relay_policy.h says what by_mx and is_doubted mean). on_known comes later, once, never before this
 * returns; what is known is borrowed for the call. A policy room that is away is waited for, then `missing` says so;
 * about a host that the operator named nothing is known then, since exceptions only allow.
 */
struct inquiry *known_ask(struct relay *relay, const char *domain, bool by_mx, bool is_doubted,
    void (*on_known)(void *arg, const struct knowledge *knowledge), void *arg);
void known_cancel(struct inquiry **inquiry);	/* silent; tolerates NULL, leaves NULL */

/* A copy that lives as long as the arena; `missing` is a word of the table then, NUL-terminated. */
const struct knowledge *known_copy(const struct knowledge *knowledge, struct arena *arena);

/* The policy room is there (its end of a channel), or has gone. */
void known_attach(struct relay *relay, int fd);
void known_detach(struct relay *relay);

/* A connection has taken mail, or something of a policy stood in its way. May be lost. */
struct policy_sight;
void known_tell(struct relay *relay, const struct policy_sight *sight);

#endif
