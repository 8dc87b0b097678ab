/* What policies would have held back, had they been enforced: counts for each domain, reason and day. No addresses of people. */
#ifndef POLICY_ROOM_OBSERVED_H
#define POLICY_ROOM_OBSERVED_H

#include "base/span.h"
#include "store/store.h"

#define OBSERVED_DAYS 90	/* are kept */

void observed_note(struct store *store, struct span domain, struct span reason, struct span because, int64_t now_s);

/* Sums since a moment, most first; texts are borrowed for the call. */
void observed_each(struct store *store, int64_t since_s,
    void (*each)(void *arg, struct span domain, struct span reason, struct span because, int64_t count, int64_t last_day_s), void *arg);

void observed_expire(struct store *store, int64_t now_s);

#endif
