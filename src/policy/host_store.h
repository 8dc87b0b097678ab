/*
 * What mail hosts offered and proved when TLS was laid there, for the verdicts of all relays and over restarts (policy/verdict.h). Names and
 * addresses of hosts, and nothing of people; nothing that is sent depends on it.
 */
#ifndef POLICY_ROOM_HOST_STORE_H
#define POLICY_ROOM_HOST_STORE_H

#include "base/arena.h"
#include "ipc/relay_policy.h"
#include "policy/verdict.h"
#include "store/store.h"

#define HOST_STORE_HOSTS 200000			/* remembered, at most: those seen longest ago go */
#define HOST_STORE_AGE_S VERDICT_PAST_S		/* and those not seen for so long */

/* A relay tells of a host: its sessions are added; the rest takes the place of what was known, unless that was seen later. */
void host_store_note(struct store *store, const struct policy_host *host, int64_t now_s);

/* What is known of a host; texts are the arena's. False when that is nothing. */
bool host_store_get(struct store *store, struct span name, int64_t now_s, struct arena *arena, struct policy_host *host);

uint64_t host_store_count(struct store *store);
void host_store_expire(struct store *store, int64_t now_s);
uint64_t host_store_evict(struct store *store, uint64_t most);	/* returns how many went */

#endif
