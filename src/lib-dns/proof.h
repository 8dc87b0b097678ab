/* Whether DNS servers validate, for resolver.c. */
#ifndef LIB_DNS_PROOF_H
#define LIB_DNS_PROOF_H

#include <stddef.h>

#include "dns/resolver.h"

struct proof;

/*
 * Begin to ask each of the servers for the canaries (copied), and never cease. It is proved when all have shown that
 * they validate, disproved when one has shown that it does not; undecided to begin with. on_trust comes for the first result
 * and for each other one, never before this returns; whoever is told may free the proof. why_off (copied), when it is not
 * NULL, says why nobody is to be believed: then nothing is asked, and that is the only result.
 */
struct proof *proof_new(const char *const *servers, size_t count, int timeout_ms, int tries, const struct dns_canaries *canaries,
    const char *why_off, void (*on_trust)(void *arg, enum dns_trust trust, const char *why), void *arg);
void proof_free(struct proof **proof);	/* tolerates NULL, leaves NULL */

/* Of resolver.c: AD is handed on as it came. */
void resolver_believe(struct resolver *resolver);

#endif
