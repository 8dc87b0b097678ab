/*
 * Finding the hosts of a hop (RFC 5321 5.1): MX records, addresses, pruning of what leads back to us; TLSA records where addresses
 * are secure (RFC 7672 2.2.2); and what the policy room knows.
 */
#ifndef RELAY_SEARCH_H
#define RELAY_SEARCH_H

#include "relay/plan.h"

struct search;

/* What is looked for. */
struct search_wish {
	struct span hop;		/* as route_format() writes it */
	enum message_wish message;	/* what the messages ask for that are to go there */
	bool is_doubted;		/* mail failed by what was known of the domain: see whether there is anything newer */
};

/*
 * Find the hosts for a next hop, and what each must prove. on_found comes later, once, never before this
 * returns: with a plan, which becomes the callee's, or with NULL and the failure why there is none.
 */
struct search *search_start(struct relay *relay, const struct search_wish *wish,
    void (*on_found)(void *arg, struct plan *plan, const struct failure *failure), void *arg);
void search_cancel(struct search **search);	/* silent; tolerates NULL, leaves NULL */

#endif
