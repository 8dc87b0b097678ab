/* A small table, one place for a network. */
#include "relay/uplink.h"

#include <string.h>

#define WINDOW_MS (INT64_C(60000) * UPLINK_MINUTES)
#define OWN_MS (INT64_C(3600000) * UPLINK_OWN_HOURS)
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

static struct ip
network_of(struct ip ip)
{
	return ip_mask(ip, ip.family == 4 ? PREFIX4 : PREFIX6);
}

/* The provider's part of a host's name: without the host's own label where two are left, and three labels at most. */
static struct span
site_of(struct span host)
{
	size_t labels = 1;

	for (size_t i = 0; i < host.length; i++)
		labels += host.data[i] == '.';
	for (size_t left = labels < 3 ? labels : labels == 3 ? 2 : 3; labels > left; labels--)
		host = span_skip(host, span_find(host, '.') + 1);
	return host;
}

void
uplink_failed(struct uplink *uplink, struct ip ip, struct span domain, struct span host, const char *reason, int64_t now_ms)
{
	struct uplink_failure *place = place_of(uplink, network_of(ip)), before = *place;
	bool is_again = before.reason != NULL && ip_equal(before.network, network_of(ip)) && strcmp(before.reason, reason) == 0 &&
	    now_ms - before.at_ms < OWN_MS;

	*place = (struct uplink_failure){ network_of(ip), reason, span_hash(domain), span_hash(site_of(host)), now_ms,
		is_again && before.is_its_own };
}

void
uplink_succeeded(struct uplink *uplink, struct ip ip)
{
	struct ip network = network_of(ip);

	for (unsigned i = 0; i < UPLINK_NETWORKS; i++) {
		struct uplink_failure *failure = &uplink->failures[i];

		failure->is_its_own = true;
		if (ip_equal(failure->network, network))
			failure->reason = NULL;
	}
}

static bool
is_counted(const struct uplink_failure *failure, const char *reason, int64_t now_ms)
{
	return failure->reason != NULL && !failure->is_its_own && strcmp(failure->reason, reason) == 0 && now_ms - failure->at_ms < WINDOW_MS;
}

static bool
is_related(const struct uplink_failure *a, const struct uplink_failure *b)
{
	return a->domain == b->domain || a->site == b->site;
}

unsigned
uplink_count(const struct uplink *uplink, const char *reason, int64_t now_ms)
{
	unsigned count = 0;

	for (unsigned i = 0; i < UPLINK_NETWORKS; i++) {
		bool is_new = is_counted(&uplink->failures[i], reason, now_ms);

		for (unsigned k = 0; k < i && is_new; k++)
			is_new = !is_counted(&uplink->failures[k], reason, now_ms) || !is_related(&uplink->failures[k], &uplink->failures[i]);
		count += is_new;
	}
	return count;
}
