/*
 * Everything the relay room holds, and how its parts lead to each other.
 *
 *   queue => delivery -> hop -> route (MX, addresses) -> evidence -> plan
 *                         |              policy => known, recall              |
 *                         +--- client: connect, greet, STARTTLS, envelope, body <--+
 *                                |                                |
 *                                +-> rest: reuse, QUIT            +-> conclude => queue
 *
 * A delivery is one message for one next hop. It is in one place at a time: on its hop's list, or with a transaction of
 * a client. A client is one outgoing connection; it works for one hop at a time, or rests in reuse until a hop
 * wants what it has proved.
 */
#ifndef RELAY_RELAY_H
#define RELAY_RELAY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/ip.h"
#include "base/tree.h"
#include "conf/relay.h"
#include "dns/resolver.h"
#include "ipc/channel.h"
#include "loop/timer.h"
#include "mail/pattern.h"
#include "relay/past.h"
#include "relay/uplink.h"
#include "tls/context.h"

struct client;
struct delivery;
struct hop;
struct inquiry;
struct place;
struct plan;
struct tally;

RB_HEAD(hop_tree, hop);
RB_HEAD(place_tree, place);
TAILQ_HEAD(client_list, client);
TAILQ_HEAD(inquiry_list, inquiry);
TAILQ_HEAD(delivery_list, delivery);
TAILQ_HEAD(place_list, place);

struct relay {
	const struct conf_relay *conf;	/* borrowed from the helper that reads master's messages */
	unsigned generation;		/* of the configuration: connections of an earlier one end after their message */
	struct channel *queue;		/* NULL = queue is away */
	struct channel *policy;		/* NULL = policy is away */
	struct inquiry_list inquiries;	/* questions to it, open */
	uint64_t last_inquiry;
	unsigned epoch;			/* of queue: jobs of an earlier one are nobody's */
	struct tls_context *tls;
	struct tally *tally;		/* of connections, for the ledger; NULL before SETUP */
	struct resolver *resolver;
	struct pattern_table *levels;	/* domain -> "encrypt", "verify", "secure", "dane" */
	struct ip *own;			/* addresses that lead back to us */
	size_t own_count;
	struct hop_tree hops;
	struct client_list clients;	/* all, idle ones too */
	struct place_tree places;	/* what is kept for reuse */
	struct client_list resting;	/* the one that came to rest longest ago first */
	unsigned resting_count;
	struct place_list places_with_session; /* the one used longest ago first */
	unsigned sessions;		/* kept for reuse */
	uint64_t last_client;		/* number of the newest */
	unsigned deliveries;		/* jobs under way */
	bool is_proving;		/* what the resolver's word is worth will be known in a moment: look-ups wait */
	bool has_started, is_ready;	/* master has said START; and was told READY */
	bool is_unfit;			/* without the resolver that the configuration demands */
	struct past past;		/* what hosts have offered and proved */
	struct timer *telling;		/* runs while the policy room is to be told of that; NULL before */
	struct uplink uplink;		/* failures and successes of the last minutes */
	unsigned probes;		/* begun so far, to tell their hops apart */
	bool is_stopping;
	struct timer *grace;		/* runs while stopping */
	struct timer *proving;		/* runs while a resolver that must validate has not shown that it does */
	void (*on_idle)(struct relay *relay);	/* while stopping: the last client has gone */
	/* since the start, for `sealpost status` */
	uint64_t delivered, later, failed, connections, resumed;
};

#endif
