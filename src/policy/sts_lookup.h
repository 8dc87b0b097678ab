/* The TXT record that says whether a domain has a policy, and which. */
#ifndef POLICY_ROOM_STS_LOOKUP_H
#define POLICY_ROOM_STS_LOOKUP_H

#include "policy/domain.h"

/* Is what was found of it still to be believed (its TTL, within 60 s and an hour)? */
bool sts_lookup_is_fresh(const struct domain *domain);

/* Look it up; seek_looked_up() comes later. */
void sts_lookup_start(struct domain *domain);

#endif
