/*
 * The ratchet: a level that a domain has proved often enough, on enough days, becomes the least it must prove, for a period
 * that every further success begins anew. A policy learnt from what was seen, and enforced as if it had been published.
 * Pure. Failures never loosen it: it ends by expiry, or by the operator.
 */
#ifndef POLICY_RATCHET_H
#define POLICY_RATCHET_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/level.h"

struct ratchet_rules {
	bool is_on;
	uint64_t successes;	/* deliveries at a level, */
	uint64_t days;		/* on so many different days (UTC), until it counts */
	uint64_t period_s;	/* from the last success on */
};

/* What is remembered of a domain at one level: successes at that level or above. */
struct ratchet_memory {
	uint64_t successes;
	uint64_t days;		/* different ones */
	int64_t last_s;		/* of the last success, since the epoch; 0 = there was none */
};

/* One delivery at that level or above. After a pause longer than the period all begins anew. */
void ratchet_note(struct ratchet_memory *memory, const struct ratchet_rules *rules, int64_t now_s);

/* Is it in force? */
bool ratchet_holds(const struct ratchet_memory *memory, const struct ratchet_rules *rules, int64_t now_s);

/* The highest level in force and until when; POLICY_ENCRYPT and 0 without one. memories[POLICY_ENCRYPT] does not matter. */
enum policy_level ratchet_level(const struct ratchet_memory memories[POLICY_LEVELS], const struct ratchet_rules *rules,
    int64_t now_s, int64_t *until_s);

#endif
