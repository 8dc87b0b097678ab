/* dns/resolver.h without a network. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "base/fatal.h"
#include "base/hex.h"
#include "loop/loop.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_resolver.h"

#define RECORDS 64	/* of one name and type */
#define ALIASES 8	/* in a row */

/* What is known of a name and type. */
struct entry {
	TAILQ_ENTRY(entry) entry;
	char name[300];
	enum dns_type type;
	enum dns_status status;
	bool secure;
	char *data[RECORDS];
	unsigned count;
};

struct resolver {
	TAILQ_ENTRY(resolver) entry;
	enum dns_trust told;	/* to on_trust */
	bool is_told;
	void (*on_trust)(void *arg, enum dns_trust trust, const char *why);	/* NULL = nobody asked for a proof */
	void *arg;
};

struct lookup {
	TAILQ_ENTRY(lookup) entry;
	struct resolver *resolver;
	char name[300];
	enum dns_type type;
	void (*on_answer)(void *arg, const struct dns_answer *answer);	/* NULL = cancelled */
	void *arg;
};

TAILQ_HEAD(lookups, lookup);

static TAILQ_HEAD(, entry) entries = TAILQ_HEAD_INITIALIZER(entries);
static struct lookups waiting = TAILQ_HEAD_INITIALIZER(waiting);	/* while held */
static TAILQ_HEAD(, resolver) resolvers = TAILQ_HEAD_INITIALIZER(resolvers);
static struct dns_canaries canaries;
static bool are_canaries_known;
static enum dns_trust trust = DNS_TRUST_PROVED;
static unsigned questions, lookups_open;
static uint32_t ttl = 300;
static bool is_held;
static const char *refusal;

static void
resolver_reset(void)
{
	struct entry *entry;
	struct lookup *lookup;

	while ((entry = TAILQ_FIRST(&entries)) != NULL) {
		TAILQ_REMOVE(&entries, entry, entry);
		while (entry->count > 0)
			free(entry->data[--entry->count]);
		free(entry);
	}
	while ((lookup = TAILQ_FIRST(&waiting)) != NULL) {
		TAILQ_REMOVE(&waiting, lookup, entry);
		free(lookup);
	}
	questions = lookups_open = 0;
	ttl = 300;
	is_held = false;
	refusal = NULL;
	trust = DNS_TRUST_PROVED;
	are_canaries_known = false;
}

static struct entry *
entry_find(const char *name, enum dns_type type)
{
	struct entry *entry;

	TAILQ_FOREACH(entry, &entries, entry)
		if (entry->type == type && strcasecmp(entry->name, name) == 0)
			return entry;
	return NULL;
}

static bool
name_exists(const char *name)
{
	const struct entry *entry;

	TAILQ_FOREACH(entry, &entries, entry)
		if (strcasecmp(entry->name, name) == 0)
			return true;
	return false;
}

static struct entry *
entry_get(const char *name, enum dns_type type)
{
	struct entry *entry = entry_find(name, type);

	fake_on_reset(resolver_reset);
	if (entry != NULL)
		return entry;
	entry = must_alloc(sizeof(*entry));
	snprintf(entry->name, sizeof(entry->name), "%s", name);
	entry->type = type;
	TAILQ_INSERT_TAIL(&entries, entry, entry);
	return entry;
}

void
fake_dns_add(const char *name, enum dns_type type, const char *data)
{
	struct entry *entry = entry_get(name, type);

	if (entry->count == RECORDS)
		fake_fail("more than %d records of %s", RECORDS, name);
	entry->data[entry->count++] = must_copy(data, strlen(data));
}

void
fake_dns_secure(const char *name, enum dns_type type)
{
	entry_get(name, type)->secure = true;
}

void
fake_dns_status(const char *name, enum dns_type type, enum dns_status status)
{
	entry_get(name, type)->status = status;
}

bool
fake_dns_has(const char *name, enum dns_type type)
{
	return entry_find(name, type) != NULL;
}

void
fake_dns_remove(const char *name, enum dns_type type)
{
	struct entry *entry = entry_find(name, type);

	if (entry == NULL)
		fake_fail("nothing is known of %s", name);
	TAILQ_REMOVE(&entries, entry, entry);
	while (entry->count > 0)
		free(entry->data[--entry->count]);
	free(entry);
}

void
fake_dns_ttl(uint32_t ttl_s)
{
	ttl = ttl_s;
}

unsigned
fake_dns_questions(void)
{
	return questions;
}

unsigned
fake_dns_open(void)
{
	return lookups_open;
}

void
fake_dns_refuse(const char *why)
{
	fake_on_reset(resolver_reset);
	refusal = why;
}

static void
tlsa_fill(const char *data, struct arena *arena, struct dns_tlsa *tlsa)
{
	unsigned usage, selector, matching;
	int digits_at = 0;
	char *octets;
	size_t length;

	if (sscanf(data, "%u %u %u%n", &usage, &selector, &matching, &digits_at) < 3)
		fake_fail("%s is no TLSA record", data);
	while (data[digits_at] == ' ')
		digits_at++;
	length = strlen(data + digits_at) / 2;
	octets = arena_alloc(arena, length + 1);
	if (!hex_parse(span_of(data + digits_at), octets, length))
		fake_fail("%s is no TLSA record", data);
	*tlsa = (struct dns_tlsa){ (uint8_t)usage, (uint8_t)selector, (uint8_t)matching, span_make(octets, length) };
}

/* "ns.example hostmaster.example" */
static void
soa_fill(const char *data, struct arena *arena, struct dns_soa *soa)
{
	struct span rest = span_of(data), mname;

	if (!span_cut(&rest, ' ', &mname) || span_is_empty(rest))
		fake_fail("%s is no SOA record", data);
	soa->mname = arena_copy(arena, mname);
	soa->rname = span_equal(rest, SPAN(".")) ? "" : arena_copy(arena, rest);
}

static void
record_fill(const struct entry *entry, unsigned i, struct arena *arena, struct dns_answer *answer)
{
	char *end;

	switch (entry->type) {
	case DNS_A:
	case DNS_AAAA:
		if (!ip_parse(span_of(entry->data[i]), &answer->addresses[i]))
			fake_fail("%s is no address", entry->data[i]);
		break;
	case DNS_MX:
		answer->mx[i].preference = (uint16_t)strtoul(entry->data[i], &end, 10);
		while (*end == ' ')
			end++;
		answer->mx[i].host = strcmp(end, ".") == 0 ? "" : arena_copy(arena, span_of(end));
		break;
	case DNS_PTR:
		answer->names[i] = entry->data[i];
		break;
	case DNS_TXT:
		answer->texts[i] = span_of(entry->data[i]);
		break;
	case DNS_TLSA:
		tlsa_fill(entry->data[i], arena, &answer->tlsa[i]);
		break;
	case DNS_SOA:
		soa_fill(entry->data[i], arena, &answer->soa[i]);
		break;
	default:
		fake_fail("records of type %d cannot be scripted", (int)entry->type);
	}
}

/* To the end of the aliases, or to one that has no answer. Returns what is known there. */
static const struct entry *
aliases_follow(enum dns_type type, struct dns_answer *answer)
{
	const struct entry *alias;

	for (int i = 0; type != DNS_CNAME && (alias = entry_find(answer->name, DNS_CNAME)) != NULL; i++) {
		if (alias->status == DNS_FOUND && alias->count == 0)
			break;	/* it is said to be none */
		answer->secure = answer->secure && alias->secure;
		if (alias->status != DNS_FOUND)
			return alias;
		if (i == ALIASES)
			fake_fail("%s is an alias of itself", answer->name);
		answer->name = alias->data[0];
	}
	return entry_find(answer->name, type);
}

/* As the resolver does, by what it has shown. */
static void
answer_weigh(const struct lookup *lookup, struct dns_answer *answer)
{
	answer->why = "SERVFAIL";
	if (answer->status == DNS_BOGUS || answer->status == DNS_FAILED)
		answer->secure = false;
	if (!answer->secure || trust == DNS_TRUST_PROVED)
		return;
	answer->secure = false;
	if (trust != DNS_TRUST_UNDECIDED)
		return;
	answer->status = DNS_FAILED;
	answer->name = lookup->name;
}

static void
answer_fill(const struct lookup *lookup, struct arena *arena, struct dns_answer *answer)
{
	const struct entry *entry;

	*answer = (struct dns_answer){ .type = lookup->type, .name = lookup->name, .alias = "", .ttl_s = ttl, .secure = true };
	entry = aliases_follow(lookup->type, answer);
	answer->status = name_exists(answer->name) ? DNS_NO_DATA : DNS_NO_NAME;
	answer->secure = answer->secure && entry != NULL && entry->secure;
	if (entry != NULL && entry->status != DNS_FOUND)
		answer->status = entry->status;
	else if (entry != NULL && entry->count > 0)
		answer->status = DNS_FOUND;
	answer_weigh(lookup, answer);
	if (answer->status != DNS_FOUND)
		return;
	if (lookup->type == DNS_CNAME) {
		answer->count = 1;
		answer->alias = entry->data[0];
		return;
	}
	answer->records = arena_alloc(arena, entry->count * (sizeof(struct dns_mx) + sizeof(struct ip) + sizeof(struct dns_tlsa) + sizeof(struct dns_soa)));
	for (; answer->count < entry->count; answer->count++)
		record_fill(entry, answer->count, arena, answer);
}

static void
lookup_answer(void *arg)
{
	struct lookup *lookup = arg;
	struct arena *arena = arena_new();
	struct dns_answer answer;

	if (lookup->on_answer != NULL) {
		lookups_open--;
		answer_fill(lookup, arena, &answer);
		lookup->on_answer(lookup->arg, &answer);
	}
	arena_free(&arena);
	free(lookup);
}

void
fake_dns_hold(void)
{
	fake_on_reset(resolver_reset);
	is_held = true;
}

void
fake_dns_release(void)
{
	struct lookup *lookup;

	is_held = false;
	while ((lookup = TAILQ_FIRST(&waiting)) != NULL) {
		TAILQ_REMOVE(&waiting, lookup, entry);
		loop_soon(lookup_answer, lookup);
	}
}

/* Once for each change, and for the first result. */
static void
trust_tell(void *arg)
{
	struct resolver *resolver, *next;

	(void)arg;
	for (resolver = TAILQ_FIRST(&resolvers); resolver != NULL; resolver = next) {
		next = TAILQ_NEXT(resolver, entry);
		if (resolver->on_trust == NULL || (resolver->is_told && resolver->told == trust))
			continue;
		resolver->is_told = true;
		resolver->told = trust;
		resolver->on_trust(resolver->arg, trust, "scripted");
	}
}

void
fake_dns_trust(enum dns_trust now)
{
	fake_on_reset(resolver_reset);
	trust = now;
	loop_soon(trust_tell, NULL);
}

const struct dns_canaries *
fake_dns_canaries(void)
{
	return are_canaries_known ? &canaries : NULL;
}

/* dns/resolver.h */

const char *
dns_trust_name(enum dns_trust which)
{
	static const char *const names[DNS_TRUSTS] = { "off", "undecided", "proved", "disproved" };

	return names[which];
}

struct resolver *
resolver_new(const char *const *servers, size_t count, int timeout_ms, int tries, char *why, size_t size)
{
	struct resolver *resolver;

	(void)servers;
	(void)count;
	(void)timeout_ms;
	(void)tries;
	fake_on_reset(resolver_reset);
	if (refusal != NULL) {
		snprintf(why, size, "%s", refusal);
		return NULL;
	}
	resolver = must_alloc(sizeof(*resolver));
	TAILQ_INSERT_TAIL(&resolvers, resolver, entry);
	return resolver;
}

void
resolver_prove(struct resolver *resolver, const struct dns_canaries *asked,
    void (*on_trust)(void *arg, enum dns_trust found, const char *why), void *arg)
{
	canaries = *asked;
	are_canaries_known = true;
	resolver->is_told = false;
	resolver->on_trust = on_trust;
	resolver->arg = arg;
	loop_soon(trust_tell, NULL);
}

enum dns_trust
resolver_trust(const struct resolver *resolver)
{
	(void)resolver;
	return trust;
}

/* Lookups that are held end silently; one whose answer is on its way must have been cancelled. */
void
resolver_free(struct resolver **resolver)
{
	struct lookup *lookup, *next;

	for (lookup = TAILQ_FIRST(&waiting); *resolver != NULL && lookup != NULL; lookup = next) {
		next = TAILQ_NEXT(lookup, entry);
		if (lookup->resolver != *resolver)
			continue;
		TAILQ_REMOVE(&waiting, lookup, entry);
		lookups_open -= lookup->on_answer != NULL;
		free(lookup);
	}
	if (*resolver != NULL)
		TAILQ_REMOVE(&resolvers, *resolver, entry);
	free(*resolver);
	*resolver = NULL;
}

struct lookup *
resolver_ask(struct resolver *resolver, const char *name, enum dns_type type,
    void (*on_answer)(void *arg, const struct dns_answer *answer), void *arg)
{
	struct lookup *lookup = must_alloc(sizeof(*lookup));

	lookup->resolver = resolver;
	snprintf(lookup->name, sizeof(lookup->name), "%s", name);
	lookup->type = type;
	lookup->on_answer = on_answer;
	lookup->arg = arg;
	questions++;
	lookups_open++;
	if (is_held)
		TAILQ_INSERT_TAIL(&waiting, lookup, entry);
	else
		loop_soon(lookup_answer, lookup);
	return lookup;
}

void
lookup_cancel(struct lookup **lookup)
{
	if (*lookup != NULL) {
		(*lookup)->on_answer = NULL;
		lookups_open--;
	}
	*lookup = NULL;
}
