/*
 * The TLSA records of a host, and under which of its names they stand (RFC 7672 2.2.2, 2.2.3). They are asked for only where
 * the addresses are secure: servers of unsigned zones that fail at such questions stop no mail.
 */
#ifndef RELAY_TLSA_H
#define RELAY_TLSA_H

#include "base/arena.h"
#include "dns/resolver.h"
#include "policy/dane.h"

struct tlsa_host {
	const char *name;		/* as the MX record or the operator has it */
	const char *expanded;		/* where its aliases led; equal without any */
	bool is_secure;			/* all of the way to its addresses is validated */
	uint16_t port;
};

struct tlsa_search;

/*
 * Strings of host are kept, until the end; records go into the arena. on_found comes later, once, never before this returns;
 * base is the TLSA base domain, one of the host's names, NULL unless the set is DANE_USABLE or DANE_UNUSABLE.
 */
struct tlsa_search *tlsa_start(struct resolver *resolver, const struct tlsa_host *host, struct arena *arena,
    void (*on_found)(void *arg, const struct dane_set *set, const char *base, uint32_t ttl_s), void *arg);
void tlsa_cancel(struct tlsa_search **search);	/* silent; tolerates NULL, leaves NULL */

#endif
