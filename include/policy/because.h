/*
 * What it is that asks a host for TLS, or for a proof, in words for people: the words are those of struct demand (policy/decide.h),
 * the sentences name the mechanism as whoever looks for it would write it.
 */
#ifndef POLICY_BECAUSE_H
#define POLICY_BECAUSE_H

#include "base/span.h"

/*
 * The word of the mechanism that a reason speaks of by itself ("sts-mx-mismatch": "sts"), else `because`. What is demanded by a rule
 * may fail by what DANE or MTA-STS say, and then it is these that have to be mended.
 */
struct span because_of(struct span reason, struct span because);

/* "MTA-STS"; "" for a word that is none. */
const char *because_name(struct span because);

/* Whole sentences; "" for a word that is none. */
const char *because_text(struct span because);

/* The words, in the order of the table; "" behind the last. */
struct span because_at(size_t index);

#endif
