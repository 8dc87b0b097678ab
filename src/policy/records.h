/* What intake asks for: records of the DNS, for who vouches for mail (ipc/intake_policy.h). Nothing is remembered of them. */
#ifndef POLICY_ROOM_RECORDS_H
#define POLICY_ROOM_RECORDS_H

#include "policy/policy.h"

#define RECORDS_UNDER_WAY 2000	/* look-ups for one intake at a time: further questions are answered at once, that nothing is known */

/* A fresh channel to an intake; what it asked for on a former one is dropped. */
void records_attach(struct policy *policy, uint16_t index, int fd);

/* There is another resolver: look-ups that are under way are asked of it. */
void records_ask_again(struct policy *policy);

void records_free(struct policy *policy);

#endif
