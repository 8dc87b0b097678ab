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
void resolver_free(struct resolver **resolver);	/* lookups under way end silently */

/*
 * Ask. on_answer comes later, once, never before this returns; the answer is borrowed for the call.
 * EDNS with DO is sent; AD is believed only when every server is a loopback address.
 */
struct lookup *resolver_ask(struct resolver *resolver, const char *name, enum dns_type type,
    void (*on_answer)(void *arg, const struct dns_answer *answer), void *arg);
void lookup_cancel(struct lookup **lookup);	/* silent; tolerates NULL, leaves NULL */

#endif
