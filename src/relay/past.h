/*
 * What hosts have offered and proved when TLS was laid there: in memory, the one used longest ago forgotten first. It is a cache of what the
 * policy room keeps for all relays (recall.c tells and asks). A verdict without it is weaker, and nothing else depends on it.
 */
#ifndef RELAY_PAST_H
#define RELAY_PAST_H

#include <sys/queue.h>

#include "base/tree.h"
#include "policy/verdict.h"

#define PAST_HOSTS 10000
#define PAST_TOLD_S 3600		/* a host that is as it was is told so often, */
#define PAST_CHANGED_S 60		/* and one that is not, so often: some change with each session */

struct past_host {
	RB_ENTRY(past_host) of_tree;
	TAILQ_ENTRY(past_host) of_list, of_due;
	char *name;			/* owned */
	struct verdict_past known;
	/* what the policy room has not been told */
	uint64_t untold;		/* sessions */
	int64_t told_s;			/* the last of those that it knows of; 0 = none */
	bool has_changed;		/* what it offers or proves is not what was told */
	bool is_due;			/* on the list */
};

RB_HEAD(past_tree, past_host);
TAILQ_HEAD(past_list, past_host);

struct past {
	struct past_tree tree;
	struct past_list list;		/* the one used longest ago first */
	struct past_list due;		/* to be told */
	unsigned count;
};

void past_init(struct past *past);
void past_clear(struct past *past);	/* usable again */

/* What is known of a host; borrowed until the next call; NULL = nothing. */
const struct verdict_past *past_get(const struct past *past, const char *host);

/*
 * TLS was laid there: `now` takes the place of what was known, but for the count of sessions and the first of them, and for the certificate
 * where it has none (a session was resumed). Returns whether the policy room is to be told.
 */
bool past_note(struct past *past, const char *host, const struct verdict_past *now);

/* What the policy room says of a host. What was seen here later than that stays. */
void past_learn(struct past *past, const char *host, const struct verdict_past *kept);

/* Everything that the policy room has not heard is to be told. Returns whether there is any. */
bool past_tell_all(struct past *past);

/* The next that is to be told, as if it were now; borrowed until the next call; NULL = none. *sessions = how many are new. */
const struct past_host *past_take_due(struct past *past, uint64_t *sessions);

#endif
