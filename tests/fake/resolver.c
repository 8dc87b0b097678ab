/* dns/resolver.h without a network. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "base/fatal.h"
#include "loop/loop.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_resolver.h"

#define RECORDS 64	/* of one name and type */

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
	char unused;
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

/* "3 1 1 aabbcc" */
static void
tlsa_fill(const char *text, struct arena *arena, struct dns_tlsa *tlsa)
{
	unsigned usage, selector, matching;
	char digits[300] = "";
	size_t length;
	char *octets;

	if (sscanf(text, "%u %u %u %299s", &usage, &selector, &matching, digits) < 3)
		fake_fail("%s is no TLSA record", text);
	length = strlen(digits) / 2;
	octets = arena_alloc(arena, length + 1);
	for (size_t i = 0; i < length; i++)
		octets[i] = (char)strtoul((char[]){ digits[2 * i], digits[2 * i + 1], '\0' }, NULL, 16);
	*tlsa = (struct dns_tlsa){ (uint8_t)usage, (uint8_t)selector, (uint8_t)matching, span_make(octets, length) };
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
	case DNS_TXT:
		answer->texts[i] = span_of(entry->data[i]);
		break;
	case DNS_TLSA:
		tlsa_fill(entry->data[i], arena, &answer->tlsa[i]);
		break;
	case DNS_CNAME:
		answer->alias = arena_copy(arena, span_of(entry->data[i]));
		break;
	default:
		fake_fail("records of type %d cannot be scripted", (int)entry->type);
	}
}

static void
answer_fill(const struct lookup *lookup, struct arena *arena, struct dns_answer *answer)
{
	const char *name = lookup->name;
	const struct entry *entry = entry_find(name, lookup->type), *alias = NULL;
	bool is_secure = true;

	/* An answer is as secure as the weakest of the aliases on the way to it. */
	for (int steps = 0; entry == NULL && steps < 8 && (alias = entry_find(name, DNS_CNAME)) != NULL; steps++) {
		is_secure &= alias->secure;
		name = alias->data[0];
		entry = entry_find(name, lookup->type);
	}
	*answer = (struct dns_answer){ .type = lookup->type, .name = arena_copy(arena, span_of(name)), .alias = "", .ttl_s = ttl };
	answer->status = name_exists(name) ? DNS_NO_DATA : DNS_NO_NAME;
	if (entry == NULL)
		return;
	answer->secure = entry->secure && is_secure;
	if (entry->status != DNS_FOUND)
		answer->status = entry->status;
	else if (entry->count > 0)
		answer->status = DNS_FOUND;
	if (answer->status != DNS_FOUND)
		return;
	answer->records = arena_alloc(arena, entry->count * (sizeof(struct dns_mx) + sizeof(struct ip) + sizeof(struct dns_tlsa)));
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

/* dns/resolver.h */

struct resolver *
resolver_new(const char *const *servers, size_t count, int timeout_ms, int tries, char *why, size_t size)
{
	(void)servers;
	(void)count;
	(void)timeout_ms;
	(void)tries;
	fake_on_reset(resolver_reset);
	if (refusal != NULL) {
		snprintf(why, size, "%s", refusal);
		return NULL;
	}
	return must_alloc(sizeof(struct resolver));
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
