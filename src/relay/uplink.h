/*
 * Is it our own way to the Internet? Of the last networks where a connection failed: how, and for which domain. As soon as one succeeds
 * anywhere, what failed before says nothing of us any more.
 */
#ifndef RELAY_UPLINK_H
#define RELAY_UPLINK_H

#include <stdint.h>

#include "base/ip.h"
#include "base/span.h"

#define UPLINK_NETWORKS 64		/* kept; the oldest goes first */
#define UPLINK_MINUTES 10		/* how far back counts */

struct uplink_failure {
	struct ip network;
	const char *reason;		/* static; NULL = an empty place */
	uint64_t domain;		/* a digest of its name: one domain's hosts have much to do with each other */
	int64_t at_ms;
};

struct uplink {
	struct uplink_failure failures[UPLINK_NETWORKS];
};

/* A connection failed. reason is kept, and static. */
void uplink_failed(struct uplink *uplink, struct ip ip, struct span domain, const char *reason, int64_t now_ms);

/* One got through. */
void uplink_succeeded(struct uplink *uplink);

/* At how many networks, each of another domain, has this failed since, and within UPLINK_MINUTES? */
unsigned uplink_count(const struct uplink *uplink, const char *reason, int64_t now_ms);

#endif
