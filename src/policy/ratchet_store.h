/* What domains have proved: successes for each level, and the mail hosts seen. The rules are policy/ratchet.h's. */
#ifndef POLICY_ROOM_RATCHET_STORE_H
#define POLICY_ROOM_RATCHET_STORE_H

#include "base/arena.h"
#include "policy/knowledge.h"
#include "policy/ratchet.h"
#include "store/store.h"

#define RATCHET_STORE_DOMAINS 500000	/* remembered, at most: those seen longest ago go */

void ratchet_store_get(struct store *store, struct span domain, struct ratchet_memory memories[POLICY_LEVELS]);

/* A delivery at a level, by that host: it counts for every level up to it. */
void ratchet_store_note(struct store *store, struct span domain, struct span host, enum policy_level level,
    const struct ratchet_rules *rules, int64_t now_s);

/* The level in force and until when; false when there is none. */
bool ratchet_store_level(struct store *store, struct span domain, const struct ratchet_rules *rules, int64_t now_s,
    enum policy_level *level, int64_t *until_s);

/* Hosts seen within the period, the latest KNOWLEDGE_MX of them; memory of the arena. Returns how many. */
uint32_t ratchet_store_hosts(struct store *store, struct span domain, const struct ratchet_rules *rules, int64_t now_s,
    struct arena *arena, struct span **hosts);

bool ratchet_store_forget(struct store *store, struct span domain);	/* was there anything? */

/*
 * What no success has renewed within the period is forgotten; each domain that had a level in force is told, at most `most` at a time.
 * Returns false when there may be more.
 */
bool ratchet_store_expire(struct store *store, const struct ratchet_rules *rules, int64_t now_s, uint32_t most,
    void (*on_ended)(void *arg, struct span domain, enum policy_level level), void *arg);

uint64_t ratchet_store_count(struct store *store);	/* domains that something is remembered of */
uint32_t ratchet_store_list(struct store *store, struct span after, uint32_t most, struct arena *arena, struct span *domains);
uint64_t ratchet_store_evict(struct store *store, uint64_t most);

#endif
