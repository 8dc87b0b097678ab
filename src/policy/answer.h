/* From a relay's question to everything that is known of the domain: once, and in bounded time. */
#ifndef POLICY_ROOM_ANSWER_H
#define POLICY_ROOM_ANSWER_H

#include "ipc/relay_policy.h"
#include "policy/peers.h"

#define ANSWER_HURRY_MS 15000	/* a search may take so long when a policy in force is known; what it finds is told as a change */
#define ANSWER_WAIT_MS 75000	/* when none is, or it is doubted: a look-up and a whole fetch */

void answer_ask(struct peer_relay *relay, const struct policy_question *question);
void answer_leave(struct peer_relay *relay);	/* its questions are nobody's any more */

/*
 * What is known now, without looking for anything; texts are borrowed or the arena's. is_asked_for: the store is told that the domain
 * is used, and a change will be told to relays.
 */
void answer_fill(struct policy *policy, struct span domain, bool by_mx, bool is_asked_for, struct arena *arena,
    struct knowledge *knowledge);

#endif
