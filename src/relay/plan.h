/*
 * Where mail of a hop may go, best first: hosts with what each must prove, and their addresses. Made by search.c,
 * shared by the hop and its connections, never changed but for the rest that addresses take after a failure.
 */
#ifndef RELAY_PLAN_H
#define RELAY_PLAN_H

#include "base/arena.h"
#include "mail/route.h"
#include "policy/decide.h"
#include "relay/failure.h"
#include "relay/relay.h"

#define PLAN_HOSTS 20		/* hosts of a domain, at most: strangers write MX sets (standards.md C9) */
#define PLAN_ADDRESSES 8	/* addresses of a host, of each family */
#define PLAN_CANDIDATES (PLAN_HOSTS * 2 * PLAN_ADDRESSES)

struct plan_host {
	struct facts facts;		/* what the decision was made from; its strings are in the arena */
	struct decision decision;
	uint16_t preference;
};

struct candidate {
	const struct plan_host *host;	/* NULL for LMTP */
	struct ip ip;			/* family 0 for LMTP */
	int64_t rest_until_ms;		/* nothing is tried there before */
	bool is_told;			/* the policy room knows that mail went there by this plan */
};

struct plan {
	unsigned holders;
	struct arena *arena;
	struct plan *base;		/* held: its hosts are another plan's; NULL = its own */
	struct route route;		/* its text is in the arena */
	uint16_t port;
	struct candidate *candidates;	/* by preference; the order of equal ones is drawn anew for each connection */
	unsigned count;			/* 1 .. PLAN_CANDIDATES */
	bool has_missed;		/* there are hosts whose addresses could not be learnt, or may have been kept from us; */
	uint16_t missed;		/* the best preference among them */
	int64_t expires_ms;		/* on the loop's clock: DNS answers are good until then */
	int64_t policy_until_s;		/* since the epoch: what hosts must prove is known until then; 0 = for ever */
	bool is_provisional;		/* an MTA-STS policy counts, for which nothing newer was looked for yet (RFC 8461 5.1) */
	struct failure failure;		/* the last of an address that rests */
};

struct plan *plan_new(void);
struct plan *plan_hold(struct plan *plan);
void plan_release(struct plan **plan);	/* tolerates NULL, leaves NULL */

#define PLAN_KEY 760	/* octets, NUL included */

/* What connections and sessions are kept under: address, port, how TLS begins, what was proved. Returns out. */
char *plan_key(const struct plan *plan, const struct candidate *candidate, const struct proof *proof, char out[PLAN_KEY]);

/*
 * Numbers of the candidates in the order in which one connection shall try them: by preference, hosts of equal
 * preference shuffled (RFC 5321 5.1), those that rest left out. Returns how many, at most `room`.
 */
unsigned plan_order(const struct plan *plan, int64_t now_ms, uint16_t *order, unsigned room);

/* Addresses that rest by the old plan do so by the new. */
void plan_inherit_rests(struct plan *plan, const struct plan *old);

/* Is what it says of policies still true? Asked at each MAIL, too (RFC 8461 5.1: a policy that has ended is none). */
bool plan_holds(const struct plan *plan);

/* It does not hold any more. */
void plan_end(struct plan *plan);

/* Are its answers from the DNS still good, too? */
bool plan_is_good(const struct plan *plan);

/* Does the domain have hosts that are better than this one, and were not reached, or that somebody kept us from reaching (P3)? */
bool plan_has_better(const struct plan *plan, const struct plan_host *host);

#define PLAN_REFUSAL 280	/* octets, NUL included */

/*
 * What was seen of a host that no mail may go to, by what is known without a connection: the question of the DNS that was not answered, or
 * the host's name. Borrowed, of the plan or out.
 */
const char *plan_refusal(const struct plan_host *host, char out[PLAN_REFUSAL]);

/* When the first of the resting candidates may be tried again. */
int64_t plan_rest_ends(const struct plan *plan);

#endif
