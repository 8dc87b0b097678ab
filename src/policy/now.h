/* Now, as moments that are kept have it: by both clocks, and in which boot of the machine (policy/age.h). */
#ifndef POLICY_ROOM_NOW_H
#define POLICY_ROOM_NOW_H

#include "policy/age.h"

void now_moment(struct moment *now);

/* Seconds left of an age that began then; 0 = it is over. */
int64_t now_left_s(const struct moment *then, uint64_t age_s);

/* The machine was booted again, for tests: another text than that of the kernel. */
void now_set_boot(const char *boot);

#endif
