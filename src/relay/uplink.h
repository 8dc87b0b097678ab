/*
 * Is it our own way to the Internet? Of the last networks where a connection failed: how, and for which domain. As soon as one succeeds
 * anywhere, what failed before is the fault of each network alone, and goes on being that when it fails in the same way again: a relay
 * with little to do would else take three broken hosts in a row for a broken way.
 */
#ifndef RELAY_UPLINK_H
#define RELAY_UPLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/span.h"

#define UPLINK_NETWORKS 64		/* kept; the oldest goes first */
#define UPLINK_MINUTES 10		/* how far back counts */
#define UPLINK_OWN_HOURS 24		/* so long after it failed last a network's fault is still taken for its own */

struct uplink_failure {
	struct ip network;
	const char *reason;		/* static; NULL = an empty place */
	uint64_t domain, site;		/* digests: hosts of one domain, or of one provider, have much to do with each other */
	int64_t at_ms;
	bool is_its_own;		/* it failed so while others succeeded */
};

struct uplink {
	struct uplink_failure failures[UPLINK_NETWORKS];
};

/* A connection to a host (its name, for a domain's mail) failed. reason is kept, and static. */
void uplink_failed(struct uplink *uplink, struct ip ip, struct span domain, struct span host, const char *reason, int64_t now_ms);

/* One got through, there. */
void uplink_succeeded(struct uplink *uplink, struct ip ip);

/*
 * At how many networks, each of another domain and another provider, has this failed since, and within UPLINK_MINUTES? None, where the
 * network's own fault is all that is seen of it.
 */
unsigned uplink_count(const struct uplink *uplink, const char *reason, int64_t now_ms);

#endif
