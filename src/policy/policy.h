/*
 * Everything the policy room holds, and how its parts lead to each other.
 *
 *   relay => answer -> domain <- seek: TXT (sts_lookup), then HTTPS (fetch) -> sts_store
 *              |         ^
 *              |         +-- refresh: what is due; operator: what was asked for
 *              +-> exceptions, preload, ratchet_store => relay
 *   relay => sights -> ratchet_store, observed
 *   report => reports -> TXT, fetch, contact_search (with contacts, what that found) => report
 *   intake => records -> DNS => intake
 *   relay <=> peers <-> host_store: what hosts were like
 *
 * A domain is in memory while somebody asks for it or lately did; what has to outlive that is in the store. One search at a time
 * is under way for a domain, and everybody who wants to know shares it.
 */
#ifndef POLICY_ROOM_POLICY_H
#define POLICY_ROOM_POLICY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/arena.h"
#include "base/tree.h"
#include "conf/policy.h"
#include "dns/resolver.h"
#include "ipc/channel.h"
#include "loop/timer.h"
#include "policy/ratchet.h"

struct ask;
struct contacts;
struct domain;
struct errand;
struct exceptions;
struct fetcher;
struct peer_intake;
struct peer_relay;
struct store;
struct task;
struct warm;

RB_HEAD(domain_tree, domain);
TAILQ_HEAD(domain_list, domain);
LIST_HEAD(ask_list, ask);
LIST_HEAD(errand_list, errand);
LIST_HEAD(intake_list, peer_intake);
LIST_HEAD(relay_list, peer_relay);
LIST_HEAD(task_list, task);
LIST_HEAD(warm_list, warm);

struct policy {
	const struct conf_policy *conf;	/* borrowed from the helper that reads master's messages */
	struct store *store;		/* NULL before the first SETUP */
	struct resolver *resolver;
	struct fetcher *fetcher;
	struct exceptions *exceptions;
	struct ratchet_rules ratchet;
	struct domain_tree domains;
	struct domain_list used;	/* the one used longest ago first */
	unsigned domains_count;
	struct relay_list relays;
	struct intake_list intakes;
	struct channel *report;		/* NULL = it is away */
	struct errand_list errands;	/* of its, not done yet */
	struct contacts *contacts;	/* that were found for it */
	struct ask_list asks;		/* questions not answered yet */
	struct task_list tasks;		/* requests of the operator not answered yet */
	struct warm_list warms;		/* lists of domains being fetched */
	struct timer *refresh;
	unsigned ticks;
	/* since the start, for `sealpost status` */
	uint64_t questions, changes;
};

#endif
