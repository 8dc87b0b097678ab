/* The word that was meant, perhaps. */
#ifndef LIB_CONF_NEAR_H
#define LIB_CONF_NEAR_H

#include "base/span.h"

/* Insertions, deletions, replacements and swaps of neighbours from one word to the other, case ignored; at most 64. */
unsigned near_distance(struct span a, struct span b);

/* Whether a word at that distance could have been meant by somebody who wrote this one. */
bool near_enough(struct span written, unsigned distance);

#endif
