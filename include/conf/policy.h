/* What the policy room is configured with. */
#ifndef CONF_POLICY_H
#define CONF_POLICY_H

#include "conf/log.h"
#include "conf/slice.h"
#include "conf/tls.h"

struct conf_policy {
	struct conf_log log;
	struct conf_tls tls;		/* of the connections to policy hosts */
	char *hostname;			/* in User-Agent */
	char *directory;		/* where it keeps what it knows: a folder of its own below the spool's */
	char *trust;			/* PEM texts of the certificate authorities */
	bool mta_sts;			/* policies are looked for, and those that are known count */
	bool ratchet;
	uint64_t ratchet_successes, ratchet_days, ratchet_period_s;
	uint64_t refresh_s;		/* a policy is fetched again when it is so old, long before it ends */
	uint64_t fetches;		/* at the same time, at most */
	struct conf_list exceptions;	/* "old.example encrypt 1801353600 certificate expired": domain or .pattern, level, end (UTC), why */
	struct conf_list dns_servers;	/* "127.0.0.1:53", "[::1]:53" */
	uint64_t dns_timeout_ms;	/* of one try */
	uint64_t dns_tries;
	bool private_destinations;	/* policy hosts may have loopback, private and other special addresses */
};

extern const struct conf_slice conf_policy_slice;

#endif
