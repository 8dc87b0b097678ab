/*
 * Next hops as operators write them, and the table that says which domain goes where.
 * Pure: queue groups by it, relay connects by it, the configuration is checked with it.
 */
#ifndef MAIL_ROUTE_H
#define MAIL_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum route_scheme {
	ROUTE_MX,	/* the domain's MX hosts, port 25, STARTTLS */
	ROUTE_SMTP,	/* one host, STARTTLS */
	ROUTE_SMTPS,	/* one host, TLS from the first octet */
	ROUTE_LMTP	/* a Unix-domain socket, LMTP */
};

struct route {
	enum route_scheme scheme;
	struct span host;	/* domain of ROUTE_MX; host name or address of the others, without brackets; path of ROUTE_LMTP */
	uint16_t port;		/* 0 for ROUTE_LMTP */
};

/*
 * Parse `mx:example.org`, `smtp:host`, `smtp:host:port`, `smtp:[2001:db8::1]:port`, `smtps:...` (port 465
 * unless given), `lmtp:/socket`. The host stays as written.
 * Returns NULL, or what is wrong as a static sentence; *route borrows from text.
 */
const char *route_parse(struct span text, struct route *route);

/* Which route a recipient's domain takes: patterns as in mail/pattern.h. */
struct route_table;

struct route_table *route_table_new(void);
void route_table_free(struct route_table **table);	/* tolerates NULL, leaves NULL */

/*
 * Add a pattern and its route; both are copied. Returns NULL, or what is wrong as a static sentence.
 * The first of two equal patterns counts.
 */
const char *route_table_add(struct route_table *table, struct span pattern, struct span route);

/*
 * The route text for a domain (A-label form or address literal, any letter case), borrowed from the
 * table; an empty span when no pattern matches: the caller then uses "mx:" and the domain in lower case.
 */
struct span route_table_find(const struct route_table *table, struct span domain);

#endif
