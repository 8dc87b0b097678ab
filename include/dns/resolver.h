/* Asking the configured recursive resolvers, by c-ares on the loop. No cache: callers keep what they need. */
#ifndef DNS_RESOLVER_H
#define DNS_RESOLVER_H

#include "dns/answer.h"

struct resolver;
struct lookup;

/*
 *   servers     "127.0.0.1:53", "[::1]:53"; tried in turn
 *   timeout_ms  of one try of one server; tries: rounds over all servers
 * Returns NULL and a sentence in why when a server is not an address and port.
 */
struct resolver *resolver_new(const char *const *servers, size_t count, int timeout_ms, int tries, char *why, size_t size);
void resolver_free(struct resolver **resolver);	/* lookups under way end silently: nothing may be done with them any more */

/*
 * AD is worth something only from a resolver on this machine that validates (standards.md D50, D53). Whether it does is
 * shown by three names: one that is signed has to come with AD, one that is not without, one whose signatures are broken not at all.
 */
enum dns_trust {
	DNS_TRUST_OFF,		/* not to be believed, by configuration, or because a server is elsewhere: nothing is secure */
	DNS_TRUST_UNDECIDED,	/* nothing was proved or disproved yet: an answer with AD is DNS_FAILED, for what it is worth is not known */
	DNS_TRUST_PROVED,
	DNS_TRUST_DISPROVED,	/* it does not validate: nothing is secure */
	DNS_TRUSTS
};

const char *dns_trust_name(enum dns_trust trust);	/* "proved" */

struct dns_canaries {
	const char *signed_name, *unsigned_name, *broken_name;	/* questions for A records: absence proves as much */
};

/*
 * Begin to prove the resolver, and do so again every ten minutes, sooner while it is undecided. Each of its servers has to show
 * that it validates, for any may be the one that answers. What cannot be looked up decides nothing, nor does a canary that is
 * bogus without reason: only a contradiction takes back what was proved (P3). on_trust comes with every change, and
 * with the first result; why is a sentence that names server and canary, borrowed; whoever is told may free the resolver. Called
 * again, it begins anew. A resolver that is never told to is DNS_TRUST_OFF.
 */
void resolver_prove(struct resolver *resolver, const struct dns_canaries *canaries,
    void (*on_trust)(void *arg, enum dns_trust trust, const char *why), void *arg);
enum dns_trust resolver_trust(const struct resolver *resolver);

/*
 * Ask. on_answer comes later, once, never before this returns; the answer is borrowed for the call.
 * EDNS with DO is sent; AD is believed only as resolver_trust() says.
 */
struct lookup *resolver_ask(struct resolver *resolver, const char *name, enum dns_type type,
    void (*on_answer)(void *arg, const struct dns_answer *answer), void *arg);
void lookup_cancel(struct lookup **lookup);	/* silent; tolerates NULL, leaves NULL */

#endif
