/* What queue is configured with. */
#ifndef CONF_QUEUE_H
#define CONF_QUEUE_H

#include "conf/log.h"
#include "conf/slice.h"
#include "conf/spool.h"

struct conf_queue {
	struct conf_log log;
	struct conf_spool spool;
	char *hostname;
	struct conf_map accept;		/* domain or .pattern -> next hop */
	struct conf_map routes;		/* pattern -> next hop */
	char *relayhost;		/* next hop of everything else; "" = MX */
	struct conf_map on_failure;	/* domain or .pattern -> "queue" or "bounce", for failures of policy */
	uint64_t retry_first_s;		/* wait after the first failure */
	uint64_t retry_most_s;		/* longest wait */
	uint64_t delay_notice_s;	/* age at which a delay notification is due; 0 = none */
	uint64_t expire_s;		/* age at which an outage becomes a failure */
	uint64_t expire_policy_s;	/* age at which a failure of policy does */
	uint64_t connections_first;	/* per next hop, to begin with */
	uint64_t connections;		/* per next hop, at most */
	uint64_t jobs;			/* under way in all, at most */
	uint64_t messages;		/* held, at most: beyond it new mail gets 452 */
};

extern const struct conf_slice conf_queue_slice;

#endif
