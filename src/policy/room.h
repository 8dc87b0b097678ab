/* The policy room: what is known of domains, kept and brought up to date. */
#ifndef POLICY_ROOM_ROOM_H
#define POLICY_ROOM_ROOM_H

#include "ipc/room.h"
#include "policy/policy.h"

extern const struct room_handler policy_room_handler;

void room_init(struct policy *policy);
void room_clear(struct policy *policy);	/* everything is given back, for tests that look for leaks */

#endif
