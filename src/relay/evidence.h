/* What is known about a host, gathered for policy/decide.h: rules, how its name came to us, TLSA records, what policy knows. */
#ifndef RELAY_EVIDENCE_H
#define RELAY_EVIDENCE_H

#include "relay/plan.h"

/* Which level a rule or the default demands for a domain. */
enum policy_level evidence_level(const struct relay *relay, const char *domain, bool *has_rule);

/* Fill in what the operator has said to host->facts, which has all that was found out, and decide. Texts go into the arena. */
void evidence_decide(const struct relay *relay, struct plan_host *host, struct arena *arena);

/* Is the name one of ours? */
bool evidence_is_own_name(const struct relay *relay, const char *name);

/* Does the address lead back to us (RFC 5321 5.1)? Loopback and unspecified ones do, unless such destinations are wanted. */
bool evidence_is_own_address(const struct relay *relay, struct ip ip);

#endif
