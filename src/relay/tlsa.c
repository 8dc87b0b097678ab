/* From a host's name to its TLSA records: the name that its aliases lead to first, then its own. */
#include "relay/tlsa.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "loop/loop.h"

#define NAME_MOST 253		/* octets of a name: what is longer with its prefix cannot be in the DNS */
#define PREFIX_ROOM 16
#define BASES 2
#define WHY_TEXT 400

struct tlsa_search {
	struct resolver *resolver;
	struct tlsa_host host;
	struct arena *arena;
	const char *bases[BASES];	/* still to be asked about */
	unsigned bases_count, at;
	struct lookup *lookup;		/* under way */
	bool is_unsigned;		/* an answer was, be it about addresses: what it says is not there may be */
	struct dane_set set;
	const char *base;
	uint32_t ttl_s;
	void (*on_found)(void *arg, const struct dane_set *set, const char *base, uint32_t ttl_s);	/* NULL = nobody waits any more */
	void *arg;
};

static void tlsa_ask(struct tlsa_search *search);

static void
tlsa_tell(void *arg)
{
	struct tlsa_search *search = arg;

	if (search->on_found != NULL)
		search->on_found(search->arg, &search->set, search->base, search->ttl_s);
	free(search);
}

static void
tlsa_conclude(struct tlsa_search *search, enum dane_status status)
{
	search->set.status = status;
	loop_soon(tlsa_tell, search);
}

/* An operator asks the same question by hand. */
static void
tlsa_fail(struct tlsa_search *search, const char *records, const struct dns_answer *answer)
{
	char why[WHY_TEXT];

	snprintf(why, sizeof(why), "%s of %s: %s", records, answer->name, answer->why);
	search->set.why = arena_copy(search->arena, span_of(why));
	tlsa_conclude(search, DANE_FAILED);
}

static void
on_tlsa(void *arg, const struct dns_answer *answer)
{
	struct tlsa_search *search = arg;

	search->lookup = NULL;
	if (answer->status == DNS_FAILED || answer->status == DNS_BOGUS) {
		tlsa_fail(search, "TLSA", answer);
		return;
	}
	if (answer->ttl_s < search->ttl_s)
		search->ttl_s = answer->ttl_s;
	if (answer->status == DNS_FOUND && answer->secure) {
		dane_judge(answer, search->arena, &search->set);
		search->base = search->bases[search->at];
		tlsa_conclude(search, search->set.status);
		return;
	}
	search->is_unsigned |= !answer->secure;
	search->at++;
	tlsa_ask(search);
}

/* The next of the host's names; none is left: there are no records. */
static void
tlsa_ask(struct tlsa_search *search)
{
	char name[NAME_MOST + PREFIX_ROOM];

	for (; search->at < search->bases_count; search->at++) {
		int length = snprintf(name, sizeof(name), "_%u._tcp.%s", search->host.port, search->bases[search->at]);

		if (length > NAME_MOST)
			continue;
		search->lookup = resolver_ask(search->resolver, name, DNS_TLSA, on_tlsa, search);
		return;
	}
	tlsa_conclude(search, search->is_unsigned ? DANE_UNSIGNED : DANE_ABSENT);
}

/* The addresses are not secure, but the alias itself may be: then the host's own name has its records (RFC 7672 2.2.2). */
static void
on_alias(void *arg, const struct dns_answer *answer)
{
	struct tlsa_search *search = arg;

	search->lookup = NULL;
	if (answer->status == DNS_FAILED || answer->status == DNS_BOGUS) {
		tlsa_fail(search, "CNAME", answer);
	} else if (answer->status == DNS_FOUND && answer->secure) {
		search->bases[search->bases_count++] = search->host.name;
		tlsa_ask(search);
	} else {
		tlsa_conclude(search, DANE_NOT_ASKED);
	}
}

struct tlsa_search *
tlsa_start(struct resolver *resolver, const struct tlsa_host *host, struct arena *arena,
    void (*on_found)(void *arg, const struct dane_set *set, const char *base, uint32_t ttl_s), void *arg)
{
	struct tlsa_search *search = must_alloc(sizeof(*search));
	bool is_alias = strcmp(host->name, host->expanded) != 0;

	*search = (struct tlsa_search){ .resolver = resolver, .host = *host, .arena = arena, .ttl_s = UINT32_MAX,
	    .is_unsigned = !host->is_secure, .on_found = on_found, .arg = arg };
	if (host->is_secure) {
		if (is_alias)
			search->bases[search->bases_count++] = host->expanded;
		search->bases[search->bases_count++] = host->name;
		tlsa_ask(search);
	} else if (is_alias) {
		search->lookup = resolver_ask(resolver, host->name, DNS_CNAME, on_alias, search);
	} else {
		tlsa_conclude(search, DANE_NOT_ASKED);
	}
	return search;
}

void
tlsa_cancel(struct tlsa_search **handle)
{
	struct tlsa_search *search = *handle;

	*handle = NULL;
	if (search == NULL)
		return;
	search->on_found = NULL;	/* tlsa_tell() frees it, if that is about to be called */
	if (search->lookup == NULL)
		return;
	lookup_cancel(&search->lookup);
	free(search);
}
