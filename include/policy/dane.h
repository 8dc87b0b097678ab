/* DANE for SMTP without I/O (RFC 7672, RFC 7671): which TLSA records count. */
#ifndef POLICY_DANE_H
#define POLICY_DANE_H

#include <stdint.h>

#include "base/arena.h"
#include "dns/answer.h"

#define DANE_RECORDS 32		/* that one host may be proved by; of more the first are taken */

/* What is known of the TLSA records of a host. */
enum dane_status {
	DANE_NOT_ASKED,		/* the host's addresses are not secure (RFC 7672 2.2.2), or DANE is off */
	DANE_ABSENT,		/* proved: there are none */
	DANE_UNSIGNED,		/* none, but the zone that would have them is not signed: nothing is proved */
	DANE_FAILED,		/* bogus, or no answer: there may be some (2.1.2): the host is not to be used */
	DANE_UNUSABLE,		/* there are, and none of them can be used (2.2): TLS, and no more */
	DANE_USABLE,
	DANE_STATUSES
};

struct dane_set {
	enum dane_status status;
	const struct dns_tlsa *records;	/* DANE_USABLE: those that count, strongest digests only (RFC 7671 9) */
	uint32_t count;
	const char *why;		/* DANE_FAILED: what was asked, and what came instead of an answer; in the arena */
};

/*
 * Judge an answer to a question for TLSA records. Usages 0 and 1 are not used (RFC 7672 3.1.3), nor is what is not known
 * or has the wrong length. Records are copied into the arena in a fixed order, so that equal sets look equal.
 */
void dane_judge(const struct dns_answer *answer, struct arena *arena, struct dane_set *set);

/* Does any record name the end of the chain itself (usage 3)? Any an authority (usage 2)? */
bool dane_has_usage(const struct dane_set *set, unsigned usage);

#endif
