/* Next hops, and which domain goes where. */
#include "mail/route.h"

#include <stdlib.h>

#include "base/fatal.h"
#include "base/ip.h"
#include "mail/pattern.h"

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
		if (!ip_parse(route->host, &ip) && !pattern_is_name(route->host))
			return "neither an address nor a host name between the brackets";
	} else {
		route->host = span_first(text, span_find(text, ':'));
		rest = span_skip(text, route->host.length);
		if (!pattern_is_name(route->host))
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
			return pattern_is_name(text) ? NULL : "not a domain name";
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

struct route_table {
	struct pattern_table *patterns;
};

struct route_table *
route_table_new(void)
{
	struct route_table *table = must_alloc(sizeof(*table));

	table->patterns = pattern_table_new();
	return table;
}

void
route_table_free(struct route_table **table)
{
	if (*table == NULL)
		return;
	pattern_table_free(&(*table)->patterns);
	free(*table);
	*table = NULL;
}

const char *
route_table_add(struct route_table *table, struct span pattern, struct span text)
{
	struct route route;
	const char *why = route_parse(text, &route);

	return why != NULL ? why : pattern_table_add(table->patterns, pattern, text);
}

struct span
route_table_find(const struct route_table *table, struct span domain)
{
	return pattern_table_find(table->patterns, domain);
}
