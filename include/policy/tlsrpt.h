/*
 * Where a domain wants reports on TLS sent (RFC 8460 3): the TXT records of _smtp._tls.DOMAIN, read without I/O.
 * Which domains to ask for, and whether an address may be connected to (R42), is for others to say.
 */
#ifndef POLICY_TLSRPT_H
#define POLICY_TLSRPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

#define TLSRPT_TARGETS 8		/* that are kept of one record; more are passed over */
#define TLSRPT_URI_OCTETS 1024		/* of one URI; a longer one is passed over */
#define TLSRPT_ADDRESS_OCTETS 254	/* of an address (RFC 5321 4.5.3.1.3) */

enum tlsrpt_scheme { TLSRPT_MAILTO, TLSRPT_HTTPS };

struct tlsrpt_target {
	enum tlsrpt_scheme scheme;
	/*
	 * TLSRPT_MAILTO: the one address, "reports@example.org", the domain in lower case: never more, whatever stood behind it.
	 * TLSRPT_HTTPS: the URL without fragment, scheme and host in lower case; printable ASCII without spaces, double quotes and
	 * backslashes.
	 */
	struct span text;
	struct span host;		/* the domain of the address, the host of the URL: a name in A-labels, never an IP address */
	uint16_t port;			/* of an URL: 443, or the one that is written there */
};

struct tlsrpt_record {
	struct tlsrpt_target *targets;	/* in the order of the record, each once */
	uint32_t count;
	uint32_t passed_over;		/* URIs that are of no use, or too many */
	const char *wrong;		/* of what is refused, or of the first URI passed over: a static sentence; NULL = nothing is */
};

enum tlsrpt_found {
	TLSRPT_FOUND,	/* count is 1 at least */
	TLSRPT_NONE,	/* no record: the domain wants no reports */
	TLSRPT_BAD	/* more than one record, one that is malformed, or no URI of any use: no reports either; wrong says why */
};

/*
 * What the TXT records of _smtp._tls.DOMAIN come to; the strings of each are joined already. Records that do not begin with
 * "v=TLSRPTv1;" are not meant. Targets are copied into the arena; *record is filled on every return.
 */
enum tlsrpt_found tlsrpt_record_find(const struct span *texts, uint32_t count, struct arena *arena, struct tlsrpt_record *record);

/*
 * Is it an address that a report may go to or come from: a dot-string, "@", a name in A-labels (RFC 5321 4.1.2)? Quoted local parts,
 * addresses in brackets, what begins with "/", "|" or "-" and what is not ASCII are refused: where
 * an address is written, in a header or a command, it needs no quoting.
 */
bool tlsrpt_address_is_valid(struct span address);

/* Is it a domain name in A-labels, or one label? "_" is let pass, as DNS does. No final dot. */
bool tlsrpt_domain_is_valid(struct span domain);

#endif
