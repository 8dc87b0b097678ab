/* Our own Received field (RFC 5321 4.4, with the clauses of RFC 3848, RFC 6531 4.3 and RFC 8314 4.3). */
#ifndef MAIL_RECEIVED_H
#define MAIL_RECEIVED_H

#include "base/ident.h"
#include "base/ip.h"
#include "base/span.h"

/* What was said and seen when the message came. Absent text is empty. */
struct received {
	struct span client_name;	/* the name given with EHLO */
	struct span client_host;	/* forward-confirmed name of the address */
	struct ip client_ip;		/* family 0: a local submission */
	uint32_t client_uid;		/* of a local submission */
	struct span by;			/* our own name */
	bool is_esmtp;			/* EHLO, not HELO */
	bool is_tls;
	bool is_authenticated;		/* by AUTH */
	bool is_utf8;			/* MAIL had SMTPUTF8 */
	struct mid mid;
	struct span recipient;		/* the only one; empty when there are several (RFC 5321 7.2) */
	struct span tls_cipher;		/* IANA name */
	struct span tls_group;
	int64_t when;			/* seconds since the epoch */
};

#define RECEIVED_OCTETS 2048	/* of the longest field */

/* The field with its final CRLF, folded, not NUL-terminated; returns its length. */
size_t received_format(const struct received *received, char out[RECEIVED_OCTETS]);

/* "ESMTPS" and its like: the WITH clause. */
const char *received_protocol(const struct received *received);

#endif
