/*
 * What hosts have offered and proved when TLS was laid there: in memory, the least recently seen forgotten first. With this room it
 * begins anew: a verdict without it is weaker, and nothing else depends on it.
 */
#ifndef RELAY_PAST_H
#define RELAY_PAST_H

#include <sys/queue.h>

#include "base/tree.h"
#include "policy/verdict.h"

#define PAST_HOSTS 10000

RB_HEAD(past_tree, past_host);
TAILQ_HEAD(past_list, past_host);

struct past {
	struct past_tree tree;
	struct past_list list;		/* the one seen longest ago first */
	unsigned count;
};

void past_init(struct past *past);
void past_clear(struct past *past);	/* usable again */

/* What is known of a host; borrowed until the next call; NULL = nothing. */
const struct verdict_past *past_get(const struct past *past, const char *host);

/*
 * TLS was laid there: `now` takes the place of what was known, but for the count of sessions, and for the certificate where it has
 * none (a session was resumed).
 */
void past_note(struct past *past, const char *host, const struct verdict_past *now);

#endif
