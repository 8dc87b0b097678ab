/* Finding the hosts of a hop (RFC 5321 5.1): MX records, addresses, pruning of what leads back to us. */
#ifndef RELAY_SEARCH_H
#define RELAY_SEARCH_H

#include "relay/plan.h"

struct search;

/*
 * Find the hosts for a next hop as route_format() writes it. on_found comes later, once, never before this
 * returns: with a plan, which becomes the callee's, or with NULL and the failure why there is none.
 */
struct search *search_start(struct relay *relay, struct span hop,
    void (*on_found)(void *arg, struct plan *plan, const struct failure *failure), void *arg);
void search_cancel(struct search **search);	/* silent; tolerates NULL, leaves NULL */

#endif
