/*
 * Bringing what is known of a domain's MTA-STS up to date: the TXT record when it is not fresh, then, where its id is new or nothing
 * is known, the policy file. Nothing that fails here takes anything away: a policy in force stays so until it ends (M20).
 */
#ifndef POLICY_ROOM_SEEK_H
#define POLICY_ROOM_SEEK_H

#include "policy/domain.h"

enum seek_what {
	SEEK_KNOWN,	/* for mail: what is fresh is good enough */
	SEEK_DOUBTED,	/* mail failed by what is known: the record is looked up again, if that was not just done (M34) */
	SEEK_FETCHED,	/* in the background: the file is fetched whatever the id is, for only that restarts max_age (M22) */
	SEEK_FORCED	/* the same for the operator, who waits for it, and in spite of earlier failures */
};

#define SEEK_DOUBT_MS 30000

/*
 * Returns false when nothing is to be done. Else on_found of the seeker, which is the caller's until then, is called once when the
 * search is over, never before this returns; seeker may be NULL.
 */
bool seek_start(struct domain *domain, enum seek_what what, struct seeker *seeker);
void seek_leave(struct seeker *seeker);		/* waits no longer; tolerates one that does not wait */

/* The resolver is about to be another one: look-ups are asked anew. */
void seek_ask_again(struct policy *policy);

/* For sts_lookup.c: the record was looked up. */
void seek_looked_up(struct domain *domain);

#endif
