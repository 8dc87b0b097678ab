/* A small table, one place for a network. */
#include "relay/uplink.h"

#include <string.h>

#define WINDOW_MS (INT64_C(60000) * UPLINK_MINUTES)
#define PREFIX4 16
#define PREFIX6 32

/* Where the network stands, or else the place of the oldest. */
static struct uplink_failure *
place_of(struct uplink *uplink, struct ip network)
{
	struct uplink_failure *oldest = &uplink->failures[0];

	for (unsigned i = 0; i < UPLINK_NETWORKS; i++) {
		struct uplink_failure *failure = &uplink->failures[i];

		if (failure->reason != NULL && ip_equal(failure->network, network))
			return failure;
		if (failure->reason == NULL || (oldest->reason != NULL && failure->at_ms < oldest->at_ms))
			oldest = failure;
	}
	return oldest;
}

void
uplink_failed(struct uplink *uplink, struct ip ip, struct span domain, const char *reason, int64_t now_ms)
{
	struct ip network = ip_mask(ip, ip.family == 4 ? PREFIX4 : PREFIX6);

	*place_of(uplink, network) = (struct uplink_failure){ network, reason, span_hash(domain), now_ms };
}

void
uplink_succeeded(struct uplink *uplink)
{
	memset(uplink, 0, sizeof(*uplink));
}

static bool
is_counted(const struct uplink_failure *failure, const char *reason, int64_t now_ms)
{
	return failure->reason != NULL && strcmp(failure->reason, reason) == 0 && now_ms - failure->at_ms < WINDOW_MS;
}

unsigned
uplink_count(const struct uplink *uplink, const char *reason, int64_t now_ms)
{
	unsigned count = 0;

	for (unsigned i = 0; i < UPLINK_NETWORKS; i++) {
		bool is_new = is_counted(&uplink->failures[i], reason, now_ms);

		for (unsigned k = 0; k < i && is_new; k++)
			is_new = !is_counted(&uplink->failures[k], reason, now_ms) || uplink->failures[k].domain != uplink->failures[i].domain;
		count += is_new;
	}
	return count;
}
