/* Policies that change: for the log, and for the relays that were told something else. */
#ifndef POLICY_ROOM_CHANGES_H
#define POLICY_ROOM_CHANGES_H

#include "policy/policy.h"

struct change {
	const char *domain;	/* "" = every one */
	const char *what;	/* "sts", "ratchet", "exception", "preload" */
	const char *was, *now;	/* "enforce"; "" = nothing */
	const char *id, *why;	/* NULL = there is none */
	bool is_weaker;		/* less has to be proved: a warning */
	bool is_told;		/* relays may know of what was */
};

void changes_note(struct policy *policy, const struct change *change);

/* Relays are to ask anew. "" = whatever they know. */
void changes_tell(struct policy *policy, const char *domain);

#endif
