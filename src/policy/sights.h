/* What relays saw: it feeds the ratchet, and the record of what would have been held back. */
#ifndef POLICY_ROOM_SIGHTS_H
#define POLICY_ROOM_SIGHTS_H

#include "ipc/relay_policy.h"
#include "policy/policy.h"

void sights_note(struct policy *policy, const struct policy_sight *sight);

#endif
