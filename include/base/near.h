/* The word that was meant, perhaps. */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H

#include "base/span.h"

/* Insertions, deletions, replacements and swaps of neighbours from one word to the other, case ignored; at most 64. */
unsigned near_distance(struct span a, struct span b);

/* Whether a word at that distance could have been meant by somebody who wrote this one. */
bool near_enough(struct span written, unsigned distance);

/* Which of the words it is, or `count` with the one that could have been meant; *meant is NULL when none could, or when it is one. */
size_t near_find(struct span written, const char *const *words, size_t count, const char **meant);

#endif
