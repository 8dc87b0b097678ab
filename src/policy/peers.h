/* Relays: what they ask and saw. */
#ifndef POLICY_ROOM_PEERS_H
#define POLICY_ROOM_PEERS_H

#include "policy/policy.h"

struct peer_relay {
	LIST_ENTRY(peer_relay) entry;
	struct policy *policy;
	uint16_t index;
	struct channel *channel;
};

/* A fresh channel to relay number index; the former one is closed. */
void peers_add_relay(struct policy *policy, uint16_t index, int fd);
void peers_free(struct policy *policy);

#endif
