/* From a next hop to a plan: DNS questions and one to the policy room, pruning, decisions. */
#include "relay/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/log.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "relay/evidence.h"
#include "relay/known.h"
#include "relay/recall.h"
#include "relay/tlsa.h"

#define TTL_LEAST_S 5		/* a plan is good for this long, whatever the records say, */
#define TTL_MOST_S 300		/* and for no longer than this */

enum family { FAMILY_6, FAMILY_4, FAMILIES };

/* A host on its way to become one of the plan. */
struct found_host {
	struct search *search;
	const char *name;
	uint16_t preference;
	enum name_source source;
	struct lookup *lookups[FAMILIES];	/* under way */
	enum dns_status statuses[FAMILIES];
	const char *whys[FAMILIES];		/* of those that failed */
	bool secure[FAMILIES];			/* the answer was validated, aliases and all */
	const char *expanded;			/* where the aliases led; the name itself without any */
	struct tlsa_search *tlsa;		/* under way */
	struct dane_set dane;
	const char *dane_base;
	struct ip addresses[FAMILIES][PLAN_ADDRESSES];
	unsigned counts[FAMILIES];
};

struct search {
	struct relay *relay;
	struct plan *plan;
	const char *domain;		/* of the recipients, or the operator's host */
	void (*on_found)(void *arg, struct plan *plan, const struct failure *failure);	/* NULL = nobody waits any more */
	void *arg;
	enum message_wish wish;
	bool is_doubted;		/* policy looks for something newer */
	struct lookup *mx;		/* under way */
	struct inquiry *inquiry;	/* under way */
	const struct knowledge *knowledge;	/* NULL before it has come */
	const char *domain_expanded;	/* where the aliases of the domain led */
	struct found_host hosts[PLAN_HOSTS];
	unsigned hosts_count;
	unsigned pending;		/* look-ups of addresses or TLSA records under way */
	bool is_signed;			/* what makes a failure final is: the answer about MX records, and those about addresses */
	bool is_named;			/* by the operator, so that no question about addresses is needed */
	bool has_hosts;			/* all that the DNS is to tell has come */
	bool is_told;			/* search_tell() is about to be called */
	uint32_t ttl_s;
	struct failure failure;		/* when there is no plan */
};

static void
search_free(struct search *search)
{
	lookup_cancel(&search->mx);
	known_cancel(&search->inquiry);
	for (unsigned i = 0; i < search->hosts_count; i++) {
		tlsa_cancel(&search->hosts[i].tlsa);
		for (int family = 0; family < FAMILIES; family++)
			lookup_cancel(&search->hosts[i].lookups[family]);
	}
	plan_release(&search->plan);
	free(search);
}

/* In a call of its own, so that whoever started the search has its handle. */
static void
search_tell(void *arg)
{
	struct search *search = arg;

	if (search->on_found != NULL) {
		struct plan *plan = search->failure.reason == NULL ? search->plan : NULL;

		if (plan != NULL)
			search->plan = NULL;
		search->on_found(search->arg, plan, plan == NULL ? &search->failure : NULL);
	}
	search_free(search);
}

static void
search_conclude(struct search *search)
{
	uint32_t ttl_s = search->ttl_s < TTL_LEAST_S ? TTL_LEAST_S : search->ttl_s;

	search->plan->expires_ms = clock_ms() + (int64_t)ttl_s * 1000;
	search->plan->is_provisional = search->knowledge != NULL && search->knowledge->has_sts &&
	    search->knowledge->sts.mode == STS_ENFORCE && !search->is_doubted;
	search->failure.is_provisional = search->plan->is_provisional;
	search->is_told = true;
	loop_soon(search_tell, search);
}

static void
search_fail(struct search *search, const char *word, const char *seen)
{
	known_cancel(&search->inquiry);
	failure_make(&search->failure, word, seen);
	search_conclude(search);
}

/*
 * What the DNS says for good is final (RFC 5321 5.1): there is nobody to ask again. But an answer that is not signed can be
 * forged, and a domain of which something is known, be it a policy, what was learnt, or a rule of the operator's that asks for a
 * name that is vouched for, is not given up for one: its mail waits (P3).
 */
static bool
is_given_up(const struct search *search, bool is_signed)
{
	const struct knowledge *known = search->knowledge;
	bool has_rule;

	if (is_signed || known == NULL)
		return true;
	if (known->has_sts || known->has_preload || known->has_ratchet || known->missing.length > 0)
		return false;
	return evidence_level(search->relay, search->domain, &has_rule) < POLICY_SECURE || !has_rule;
}

/* Nobody knows: which question it was, and what came instead of an answer, so that an operator can ask the same by hand. */
static void
search_fail_unanswered(struct search *search, const char *records, const char *name, enum dns_status status, const char *why)
{
	char seen[FAILURE_TEXT];

	snprintf(seen, sizeof(seen), "%s of %s: %s", records, name, why);
	search_fail(search, status == DNS_BOGUS ? "dns-bogus" : "dns-failed", seen);
}

static void
search_settle(struct search *search)
{
	known_cancel(&search->inquiry);
	if (!is_given_up(search, search->is_signed))
		failure_make_later(&search->failure);
	search_conclude(search);
}

static void
search_fail_for_good(struct search *search, const char *word)
{
	failure_make_final(&search->failure, word, search->domain, OUTCOME_OF_SITE);
	if (search->is_signed || search->knowledge != NULL || search->inquiry == NULL)
		search_settle(search);
	/* else when on_known() comes */
}

static void
ttl_lower(struct search *search, uint32_t ttl_s)
{
	if (ttl_s < search->ttl_s)
		search->ttl_s = ttl_s;
}

static struct plan_host *
plan_host_new(struct search *search, const struct found_host *found)
{
	struct plan_host *host = arena_alloc(search->plan->arena, sizeof(*host));

	host->facts.domain = search->domain;
	host->facts.domain_expanded = search->domain_expanded;
	host->facts.host = found->name;
	host->facts.source = found->source;
	host->facts.wish = search->wish;
	host->facts.knowledge = search->knowledge;
	host->facts.dane = found->dane;
	host->facts.dane_base = found->dane_base;
	host->preference = found->preference;
	evidence_decide(search->relay, host, search->plan->arena);
	return host;
}

static void
candidate_add(struct search *search, const struct plan_host *host, struct ip ip)
{
	struct plan *plan = search->plan;

	plan->candidates[plan->count++] = (struct candidate){ .host = host, .ip = ip };
}

/* Does the host lead back to us by one of its addresses? That may be somebody else's word, unless it is signed. */
static bool
host_is_own(struct search *search, const struct found_host *host)
{
	for (int family = 0; family < FAMILIES; family++)
		for (unsigned i = 0; i < host->counts[family]; i++) {
			if (!evidence_is_own_address(search->relay, host->addresses[family][i]))
				continue;
			search->is_signed &= host->secure[family];
			return true;
		}
	return false;
}

/* Drop our own host and every one that is no better (RFC 5321 5.1). Returns false when nothing is left over it. */
static bool
hosts_prune(struct search *search)
{
	for (unsigned i = 0; i < search->hosts_count; i++) {
		uint16_t preference = search->hosts[i].preference;

		if (!host_is_own(search, &search->hosts[i]))
			continue;
		while (i > 0 && search->hosts[i - 1].preference == preference)
			i--;
		log_debug("pruned", LOG_TEXT("domain", search->domain), LOG_NUMBER("preference", preference));
		search->hosts_count = i;
		return i > 0;
	}
	return true;
}

/* Is that a host has no address to connect to something that may be otherwise the next time, or that somebody may have forged? */
static bool
host_is_missed(const struct search *search, const struct found_host *found)
{
	bool is_signed = true;

	for (int family = 0; family < FAMILIES; family++) {
		if (found->statuses[family] == DNS_FAILED || found->statuses[family] == DNS_BOGUS)
			return true;
		is_signed &= found->secure[family];
	}
	return !is_given_up(search, is_signed);
}

/* The best is noted: hosts come by preference. */
static void
plan_miss(struct plan *plan, const struct found_host *found)
{
	if (!plan->has_missed)
		plan->missed = found->preference;
	plan->has_missed = true;
}

/* The addresses of a host, one family and the other in turn (RFC 5321 5.2 leaves the order to us). */
static void
host_enlist(struct search *search, const struct found_host *found)
{
	bool any = found->source == NAME_BY_OPERATOR || search->relay->conf->private_destinations;
	const struct plan_host *host = plan_host_new(search, found);
	unsigned before = search->plan->count;

	for (unsigned i = 0; i < PLAN_ADDRESSES; i++)
		for (int family = 0; family < FAMILIES; family++)
			if (i < found->counts[family] && (any || !ip_is_special(found->addresses[family][i])))
				candidate_add(search, host, found->addresses[family][i]);
	if (search->plan->count == before && host_is_missed(search, found))
		plan_miss(search->plan, found);
}

/* No host has an address to connect to: why? An answer that may come later outweighs those that are for good. */
static void
search_fail_addresses(struct search *search)
{
	static const char *const records[FAMILIES] = { [FAMILY_6] = "AAAA", [FAMILY_4] = "A" };
	bool is_named = search->hosts[0].source == NAME_BY_OPERATOR;
	const char *host = search->hosts[0].name;
	bool has_address = false;

	for (unsigned i = 0; i < search->hosts_count; i++)
		for (int family = 0; family < FAMILIES; family++) {
			enum dns_status status = search->hosts[i].statuses[family];

			if (status == DNS_BOGUS || status == DNS_FAILED) {
				search_fail_unanswered(search, records[family], search->hosts[i].name, status,
				    search->hosts[i].whys[family]);
				return;
			}
			has_address |= search->hosts[i].counts[family] > 0;
			search->is_signed &= search->hosts[i].secure[family];
		}
	if (has_address)
		search_fail(search, "address-special", host);
	else if (is_named)
		search_fail(search, "host-not-found", host);
	else
		search_fail_for_good(search, search->hosts[0].source == NAME_IS_DOMAIN ? "domain-without-host" : "mx-unusable");
}

/* A host that the operator named, by address or by a socket: there is nothing to look up. */
static void
search_complete_named(struct search *search)
{
	struct plan *plan = search->plan;
	struct ip ip;

	plan->candidates = arena_alloc(plan->arena, sizeof(*plan->candidates));
	plan->count = 1;
	if (plan->route.scheme != ROUTE_LMTP && ip_parse(plan->route.host, &ip)) {
		struct plan_host *host = plan_host_new(search, &search->hosts[0]);

		host->facts.host_is_address = true;
		evidence_decide(search->relay, host, plan->arena);
		plan->candidates[0] = (struct candidate){ .host = host, .ip = ip };
	}
	search_conclude(search);
}

/* Everything is known. */
static void
search_complete(struct search *search)
{
	search->has_hosts = true;
	if (search->knowledge == NULL)
		return;		/* until on_known() */
	if (search->knowledge->until_s > 0)
		search->plan->policy_until_s = search->knowledge->until_s;
	if (search->is_named) {
		search_complete_named(search);
		return;
	}
	search->plan->candidates = arena_alloc(search->plan->arena,
	    search->hosts_count * FAMILIES * PLAN_ADDRESSES * sizeof(*search->plan->candidates));
	for (unsigned i = 0; i < search->hosts_count; i++)
		host_enlist(search, &search->hosts[i]);
	if (search->plan->count == 0)
		search_fail_addresses(search);
	else
		search_conclude(search);
}

static void
on_tlsa(void *arg, const struct dane_set *set, const char *base, uint32_t ttl_s)
{
	struct found_host *host = arg;
	struct search *search = host->search;

	host->tlsa = NULL;
	host->dane = *set;
	host->dane_base = base;
	ttl_lower(search, ttl_s);
	if (--search->pending == 0)
		search_complete(search);
}

/* Every address that was found came by a validated answer, and there is one. */
static bool
host_is_secure(const struct found_host *host)
{
	for (int family = 0; family < FAMILIES; family++)
		if (host->statuses[family] == DNS_FOUND && !host->secure[family])
			return false;
	return host->counts[FAMILY_6] + host->counts[FAMILY_4] > 0;
}

/* Every address look-up has ended: what remains is pruned, and asked about. */
static void
search_tlsa(struct search *search)
{
	if (search->hosts[0].source != NAME_BY_OPERATOR && !hosts_prune(search)) {
		search_fail_for_good(search, "mail-loop");
		return;
	}
	if (search->relay->conf->dane && resolver_trust(search->relay->resolver) == DNS_TRUST_PROVED)
		search->pending = search->hosts_count;
	for (unsigned i = 0; i < search->pending; i++) {
		struct found_host *host = &search->hosts[i];
		struct tlsa_host wanted = { host->name, host->expanded, host_is_secure(host), search->plan->port };

		host->tlsa = tlsa_start(search->relay->resolver, &wanted, search->plan->arena, on_tlsa, host);
	}
	if (search->pending == 0)
		search_complete(search);
}

static void
on_addresses(struct found_host *host, enum family family, const struct dns_answer *answer)
{
	struct search *search = host->search;

	host->lookups[family] = NULL;
	host->statuses[family] = answer->status;
	host->whys[family] = answer->why;
	host->secure[family] = answer->secure;
	if (answer->status == DNS_FOUND)
		host->expanded = arena_copy(search->plan->arena, span_of(answer->name));
	for (uint32_t i = 0; i < answer->count && i < PLAN_ADDRESSES; i++)
		host->addresses[family][host->counts[family]++] = answer->addresses[i];
	if (answer->status == DNS_FOUND)
		ttl_lower(search, answer->ttl_s);
	if (--search->pending == 0)
		search_tlsa(search);
}

static void
on_addresses6(void *arg, const struct dns_answer *answer)
{
	on_addresses(arg, FAMILY_6, answer);
}

static void
on_addresses4(void *arg, const struct dns_answer *answer)
{
	on_addresses(arg, FAMILY_4, answer);
}

/* By the time that one of them fails it is known what it was like before. */
static void
search_recall(const struct search *search)
{
	const char *names[PLAN_HOSTS];

	for (unsigned i = 0; i < search->hosts_count; i++)
		names[i] = search->hosts[i].name;
	recall_ask(search->relay, names, search->hosts_count);
}

static void
search_addresses(struct search *search)
{
	search_recall(search);
	search->pending = search->hosts_count * FAMILIES;
	for (unsigned i = 0; i < search->hosts_count; i++) {
		struct found_host *host = &search->hosts[i];

		host->lookups[FAMILY_6] = resolver_ask(search->relay->resolver, host->name, DNS_AAAA, on_addresses6, host);
		host->lookups[FAMILY_4] = resolver_ask(search->relay->resolver, host->name, DNS_A, on_addresses4, host);
	}
}

/* A host once; of two preferences the better. Beyond PLAN_HOSTS the worst are left out. */
static void
host_add(struct search *search, const char *name, uint16_t preference, enum name_source source)
{
	unsigned at = search->hosts_count;

	for (unsigned i = 0; i < search->hosts_count; i++)
		if (strcmp(search->hosts[i].name, name) == 0)
			return;
	if (at == PLAN_HOSTS)
		return;
	search->hosts[at] = (struct found_host){ .search = search, .preference = preference, .source = source,
		.name = arena_copy(search->plan->arena, span_of(name)) };
	search->hosts[at].expanded = search->hosts[at].name;
	search->hosts_count++;
}

static int
mx_compare(const void *a, const void *b)
{
	const struct dns_mx *left = a, *right = b;

	return (int)left->preference - (int)right->preference;
}

/* The hosts before the first that is ours; the root is a host only of a domain that wants no mail (RFC 7505 3). */
static void
mx_take(struct search *search, const struct dns_answer *answer)
{
	enum name_source source = answer->secure ? NAME_BY_SECURE_MX : NAME_BY_INSECURE_MX;
	uint32_t first_own = answer->count;

	qsort(answer->mx, answer->count, sizeof(*answer->mx), mx_compare);
	for (uint32_t i = answer->count; i-- > 0;)
		if (evidence_is_own_name(search->relay, answer->mx[i].host))
			first_own = i;
	for (uint32_t i = 0; i < answer->count; i++) {
		if (first_own < answer->count && answer->mx[i].preference >= answer->mx[first_own].preference)
			break;
		if (answer->mx[i].host[0] != '\0')
			host_add(search, answer->mx[i].host, answer->mx[i].preference, source);
	}
	if (search->hosts_count > 0)
		search_addresses(search);
	else
		search_fail_for_good(search, first_own < answer->count ? "mail-loop" : "mx-unusable");
}

static void
on_mx(void *arg, const struct dns_answer *answer)
{
	struct search *search = arg;

	search->mx = NULL;
	search->is_signed = answer->secure;
	ttl_lower(search, answer->ttl_s);
	search->domain_expanded = arena_copy(search->plan->arena, span_of(answer->name));
	switch (answer->status) {
	case DNS_FOUND:
		if (answer->count == 1 && answer->mx[0].host[0] == '\0' && answer->mx[0].preference == 0)
			search_fail_for_good(search, "null-mx");
		else
			mx_take(search, answer);
		break;
	case DNS_NO_DATA:	/* the domain is its own host (RFC 5321 5.1) */
		host_add(search, search->domain, 0, NAME_IS_DOMAIN);
		search_addresses(search);
		break;
	case DNS_NO_NAME:
		search_fail_for_good(search, "domain-not-found");
		break;
	case DNS_BOGUS:
	case DNS_FAILED:
		search_fail_unanswered(search, "MX", search->domain, answer->status, answer->why);
		break;
	}
}

/* A host that the operator named: by name, by address, or a socket on this machine. */
static void
search_named(struct search *search)
{
	struct plan *plan = search->plan;
	struct ip ip;

	host_add(search, search->domain, 0, NAME_BY_OPERATOR);
	search->is_named = plan->route.scheme == ROUTE_LMTP || ip_parse(plan->route.host, &ip);
	if (!search->is_named) {
		search_addresses(search);
		return;
	}
	if (plan->route.scheme != ROUTE_LMTP)
		search_recall(search);
	search_complete(search);
}

static void
on_known(void *arg, const struct knowledge *knowledge)
{
	struct search *search = arg;

	search->inquiry = NULL;
	search->knowledge = known_copy(knowledge, search->plan->arena);
	if (search->failure.reason != NULL)
		search_settle(search);
	else if (search->has_hosts)
		search_complete(search);
}

/* A socket of this machine proves nothing, so that nothing has to be known. */
static void
search_ask(struct search *search)
{
	static const struct knowledge nothing;

	if (search->plan->route.scheme == ROUTE_LMTP)
		search->knowledge = &nothing;
	else
		search->inquiry = known_ask(search->relay, search->domain, search->plan->route.scheme == ROUTE_MX, search->is_doubted, on_known, search);
}

struct search *
search_start(struct relay *relay, const struct search_wish *wish,
    void (*on_found)(void *arg, struct plan *plan, const struct failure *failure), void *arg)
{
	struct search *search = must_alloc(sizeof(*search));
	const char *why;

	search->relay = relay;
	search->on_found = on_found;
	search->arg = arg;
	search->ttl_s = TTL_MOST_S;
	search->plan = plan_new();
	search->wish = wish->message;
	search->is_doubted = wish->is_doubted;
	why = route_parse(arena_span(search->plan->arena, wish->hop), &search->plan->route);
	/* user@[192.0.2.1]: nobody publishes what such a host would have to prove, so nothing is tried (RFC 5321 4.1.3, standards.md C10). */
	if (why != NULL && span_starts(wish->hop, SPAN("mx:["))) {
		search_fail_for_good(search, "address-literal");
		return search;
	}
	if (why != NULL) {
		search_fail(search, "route-invalid", why);
		return search;
	}
	search->domain = search->plan->route.scheme == ROUTE_LMTP ? arena_copy(search->plan->arena, search->plan->route.host) :
	    arena_lower(search->plan->arena, search->plan->route.host).data;
	search->plan->port = search->plan->route.scheme == ROUTE_MX ? (uint16_t)relay->conf->mx_port : search->plan->route.port;
	/* Mail that waits for its domain's signatures to be believed is not sent without (P3). */
	if (relay->conf->dnssec == CONF_DNSSEC_REQUIRED && resolver_trust(relay->resolver) != DNS_TRUST_PROVED &&
	    search->plan->route.scheme != ROUTE_LMTP) {
		search_fail(search, "dnssec-unproved", NULL);
		return search;
	}
	search_ask(search);
	if (search->plan->route.scheme == ROUTE_MX)
		search->mx = resolver_ask(relay->resolver, search->domain, DNS_MX, on_mx, search);
	else
		search_named(search);
	return search;
}

void
search_cancel(struct search **handle)
{
	struct search *search = *handle;

	*handle = NULL;
	if (search == NULL)
		return;
	if (search->is_told)
		search->on_found = NULL;	/* search_tell() is about to be called: it frees */
	else
		search_free(search);
}
