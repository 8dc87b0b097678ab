/* Names and addresses that contacts are made of: pure. What a zone or a record says is a stranger's, and is written to (NX6). */
#ifndef POLICY_ROOM_CONTACT_NAMES_H
#define POLICY_ROOM_CONTACT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ip.h"
#include "base/span.h"

#define CONTACT_NAME 254	/* octets of a name in the DNS (RFC 1035 2.3.4), with a NUL */
#define CONTACT_ADDRESS 255	/* of a mail address (RFC 5321 4.5.3.1.3), with a NUL */
#define CONTACT_ZONE_LABELS 8	/* of a name, at most, that are looked at for the zone that it is in */

/*
 * "7.2.0.192.ZONE", or 32 digits of an IPv6 address with dots between (RFC 1035 3.5, RFC 3596 2.5); zone "" = in-addr.arpa, ip6.arpa.
 * Returns false when that is no name, or the family is unknown.
 */
bool contact_reverse_name(struct ip ip, struct span zone, char out[CONTACT_NAME]);

/* Is the name the domain, or below it? Letter case does not matter. */
bool contact_name_is_within(struct span name, struct span domain);

/* Two labels at least, in A-labels, and nothing that only has a meaning within a network, or none (RFC 6761). */
bool contact_name_is_public(struct span name);

/*
 * Where the zone that a name is in may begin: the name itself, without what is beyond so many labels, then each parent. NULL when there is
 * none any more: what has one label is a top-level domain, and nobody's to mend a server in. Both point into the name.
 */
const char *contact_zone_first(const char *name);
const char *contact_zone_next(const char *zone);

/*
 * "local@domain" with the domain in lower case, if a notice may go there: a plain address by its grammar, in a public domain, and none of
 * mailing lists, robots or nobody (standards.md N50). Returns false otherwise; out is then undefined.
 */
bool contact_address_make(struct span local, struct span domain, char out[CONTACT_ADDRESS]);

/* The mailbox of an SOA record: the first dot that is not escaped is the @ (RFC 1035 3.3.13, 8). Returns as contact_address_make(). */
bool contact_address_of_rname(const char *rname, char out[CONTACT_ADDRESS]);

/* The first address that is one, of records that have one each, or several with commas between (N62). */
bool contact_address_of_texts(const struct span *texts, size_t count, char out[CONTACT_ADDRESS]);

#endif
