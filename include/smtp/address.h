/*
 * Mailboxes and paths (RFC 5321 4.1.2, RFC 6531 3.3), parsed by their grammar and written with the least
 * quoting that is legal. A source route is checked and thrown away (RFC 5321 app. C). The domain of a path comes
 * out in A-labels when it had others, so that everyone behind compares octets.
 */
#ifndef SMTP_ADDRESS_H
#define SMTP_ADDRESS_H

#include "base/ip.h"
#include "base/span.h"

#define ADDRESS_LOCAL_OCTETS 64		/* RFC 5321 4.5.3.1.1 */
#define ADDRESS_OCTETS 254		/* a path of 256 without < > (RFC 5321 4.5.3.1.3) */

enum path_fault { PATH_GOOD, PATH_MALFORMED, PATH_TOO_LONG };

struct path {
	char text[ADDRESS_OCTETS + 1];	/* normalised mailbox, NUL-terminated; "" for the null path */
	size_t length;
	size_t at;			/* where its @ stands; length when there is no domain (Postmaster) */
	bool is_literal;		/* the domain is an address in brackets */
	bool had_8bit;			/* something in it was not ASCII: SMTPUTF8 is needed (RFC 6531 3.2) */
};

/*
 * Parse `<...>` at the front of *rest and move *rest behind it. The null path and a path without a domain
 * come out good: whether they are welcome is the caller's to say. *rest is undefined after a fault.
 */
enum path_fault path_parse(struct span *rest, struct path *path);

/* Borrowed from the path; the domain is empty when there is none. */
struct span path_mailbox(const struct path *path);
struct span path_local(const struct path *path);
struct span path_domain(const struct path *path);

/* `<Postmaster>` in any letter case (RFC 5321 4.1.1.3). */
bool path_is_bare_postmaster(const struct path *path);

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 4.1.3). Other tags are not known: false. */
bool address_literal_parse(struct span text, struct ip *out);

#endif
