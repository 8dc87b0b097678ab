/* Next hops, and which domain goes where. */
#include "mail/route.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/ip.h"
#include "base/tree.h"

static const struct {
	struct span name;
	enum route_scheme scheme;
	uint16_t port;		/* when none is given */
} schemes[] = {
	{ { "mx:", 3 }, ROUTE_MX, 25 },
	{ { "smtp:", 5 }, ROUTE_SMTP, 25 },
	{ { "smtps:", 6 }, ROUTE_SMTPS, 465 },
	{ { "lmtp:", 5 }, ROUTE_LMTP, 0 },
};

static bool
is_host(struct span host)
{
	if (host.length == 0 || host.length > 255 || host.data[0] == '.' || host.data[0] == '-')
		return false;
	for (size_t i = 0; i < host.length; i++) {
		char c = host.data[i];

		if (!isalnum((unsigned char)c) && c != '-' && c != '.' && c != '_')
			return false;
		if (c == '.' && i + 1 < host.length && host.data[i + 1] == '.')
			return false;
	}
	return true;
}

/* host, host:port, [address], [address]:port */
static const char *
host_and_port_parse(struct span text, struct route *route)
{
	struct span rest;
	struct ip ip;
	uint64_t port;

	if (text.length > 0 && text.data[0] == '[') {
		size_t close = span_find(text, ']');

		if (close == text.length)
			return "the address has no closing bracket";
		route->host = span_first(span_skip(text, 1), close - 1);
		rest = span_skip(text, close + 1);
		/* Brackets round a name mean what they mean to Postfix: this host, no MX look-up. Here that is always so. */
		if (!ip_parse(route->host, &ip) && !is_host(route->host))
			return "neither an address nor a host name between the brackets";
	} else {
		route->host = span_first(text, span_find(text, ':'));
		rest = span_skip(text, route->host.length);
		if (!is_host(route->host))
			return "not a host name (an IPv6 address needs brackets)";
	}
	if (rest.length == 0)
		return NULL;
	if (rest.data[0] != ':' || !span_to_u64(span_skip(rest, 1), 65535, &port) || port == 0)
		return "not a port between 1 and 65535";
	route->port = (uint16_t)port;
	return NULL;
}

const char *
route_parse(struct span text, struct route *route)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		if (!span_starts_nocase(text, schemes[i].name))
			continue;
		text = span_skip(text, schemes[i].name.length);
		*route = (struct route){ schemes[i].scheme, text, schemes[i].port };
		switch (route->scheme) {
		case ROUTE_MX:
			return is_host(text) ? NULL : "not a domain name";
		case ROUTE_LMTP:
			return text.length > 1 && text.length < 108 && text.data[0] == '/' ?
			    NULL : "not the full path of a socket (at most 107 octets)";
		case ROUTE_SMTP:
		case ROUTE_SMTPS:
			return host_and_port_parse(text, route);
		}
	}
	return "a next hop begins with mx:, smtp:, smtps: or lmtp:";
}

struct entry {
	RB_ENTRY(entry) entry;
	struct span pattern;	/* lower case, owned */
	struct span route;	/* owned */
};

static int
entry_compare(struct entry *a, struct entry *b)
{
	return span_compare(a->pattern, b->pattern);
}

RB_HEAD(entries, entry);

struct route_table {
	struct entries entries;
};

TREE_GENERATE(entries, entry, entry, entry_compare)

static struct span
lower_copy(struct span text)
{
	char *copy = must_copy(text.data, text.length);

	for (size_t i = 0; i < text.length; i++)
		copy[i] = (char)tolower((unsigned char)copy[i]);
	return span_make(copy, text.length);
}

struct route_table *
route_table_new(void)
{
	struct route_table *table = must_alloc(sizeof(*table));

	RB_INIT(&table->entries);
	return table;
}

static void
entry_free(struct entry *entry)
{
	free((void *)(uintptr_t)entry->pattern.data);
	free((void *)(uintptr_t)entry->route.data);
	free(entry);
}

void
route_table_free(struct route_table **table)
{
	struct entry *entry;

	if (*table == NULL)
		return;
	while ((entry = RB_MIN(entries, &(*table)->entries)) != NULL) {
		RB_REMOVE(entries, &(*table)->entries, entry);
		entry_free(entry);
	}
	free(*table);
	*table = NULL;
}

const char *
route_table_add(struct route_table *table, struct span pattern, struct span text)
{
	struct route route;
	struct entry *entry;
	const char *why = route_parse(text, &route);
	struct span name = pattern.length > 0 && pattern.data[0] == '.' ? span_skip(pattern, 1) : pattern;

	if (why != NULL)
		return why;
	if (!span_equal(pattern, SPAN("*")) && !is_host(name))
		return "a pattern is example.org, .example.org or *";
	entry = must_alloc(sizeof(*entry));
	entry->pattern = lower_copy(pattern);
	entry->route = span_make(must_copy(text.data, text.length), text.length);
	if (RB_INSERT(entries, &table->entries, entry) != NULL)
		entry_free(entry);
	return NULL;
}

static const struct entry *
entry_find(const struct route_table *table, struct span pattern)
{
	struct entry wanted = { .pattern = pattern };

	/* RB_FIND does not change the tree; its type says otherwise. */
	return RB_FIND(entries, (struct entries *)(uintptr_t)&table->entries, &wanted);
}

struct span
route_table_find(const struct route_table *table, struct span domain)
{
	char lower[256];
	struct span name = span_make(lower, domain.length);
	const struct entry *entry;

	if (domain.length >= sizeof(lower))
		return SPAN("");
	for (size_t i = 0; i < domain.length; i++)
		lower[i] = (char)tolower((unsigned char)domain.data[i]);
	entry = entry_find(table, name);
	/* An address literal has no parent domains. */
	while (entry == NULL && name.length > 0 && lower[0] != '[') {
		name = span_skip(name, 1);
		name = span_skip(name, span_find(name, '.'));
		if (name.length > 0)
			entry = entry_find(table, name);
	}
	if (entry == NULL)
		entry = entry_find(table, SPAN("*"));
	return entry == NULL ? SPAN("") : entry->route;
}
