/*
 * What a Received field of anybody's says of TLS (RFC 5321 4.4, RFC 3848, RFC 8314 4.3). The keyword counts first; software
 * that writes no keyword, or says more, is known by its shape: one table of those, and one of the ways to write version and cipher.
 * Whether whoever wrote the field is to be believed is for the caller.
 */
#ifndef MAIL_RECEIVED_FACTS_H
#define MAIL_RECEIVED_FACTS_H

#include "base/arena.h"
#include "base/ip.h"
#include "base/span.h"

enum received_tls { RECEIVED_TLS_UNKNOWN, RECEIVED_TLS_NO, RECEIVED_TLS_YES };
enum received_verified { RECEIVED_UNSAID, RECEIVED_NOT_VERIFIED, RECEIVED_VERIFIED };

/* One hop. What the field does not say is empty. */
struct received_facts {
	struct span by;			/* who wrote it */
	struct span from;		/* the name given with HELO, EHLO or LHLO */
	struct span rdns;		/* the name of the address, as the writer looked it up */
	bool is_rdns_proved;		/* the software is known to write only names that lead back to the address: others the client chooses */
	struct ip ip;			/* family 0: not said */
	struct span with;		/* "ESMTPS", "Microsoft SMTP Server" */
	const char *software;		/* "postfix"; "" = of no shape that is known */
	enum received_tls tls;
	struct span version;		/* "TLSv1.3"; as written when it is none that is known */
	struct span cipher;		/* as written */
	uint32_t bits;			/* of the cipher; 0: not said */
	enum received_verified verified;	/* the client's certificate */
	bool has_when;
	int64_t when;			/* seconds since the epoch */
};

#define RECEIVED_FACTS_OCTETS (16u * 1024)	/* of the longest field that is read */

/*
 * Read the value of a Received field, folded or not; what facts hold lives in the arena. `tls` is YES when the keyword or a
 * known form of words says so; NO when the keyword is a plain one and the software is known to write another one with TLS;
 * UNKNOWN otherwise. Of an ambiguous field (a clause twice, an open comment) nothing is said but its date: part of it may be
 * the client's words.
 * Returns false, facts all empty, for a value longer than RECEIVED_FACTS_OCTETS.
 */
bool received_facts_read(struct span value, struct arena *arena, struct received_facts *facts);

#endif
