/* Why a try failed: one outcome, copied once, shared by the tasks and notices it explains. */
#ifndef QUEUE_WHY_H
#define QUEUE_WHY_H

#include "queue/queue.h"

#define WHY_TEXT_MAX 400	/* octets kept of what a peer said */

struct why *why_new(const struct outcome *outcome, int64_t when_ms);	/* held once */
struct why *why_for_good(const struct why *why);	/* the same as a failure for good: status 5.x.x; held once */
struct why *why_hold(struct why *why);	/* tolerates NULL */
void why_release(struct why **why);	/* tolerates NULL, leaves NULL */

/* Keep this one in *slot instead of what was there. */
void why_set(struct why **slot, struct why *why);

#endif
