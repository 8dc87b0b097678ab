/* What a resolver said, typed: absent is not failed, and secure is a property of the whole answer. */
#ifndef DNS_ANSWER_H
#define DNS_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/ip.h"
#include "base/span.h"

enum dns_type { DNS_A = 1, DNS_CNAME = 5, DNS_SOA = 6, DNS_PTR = 12, DNS_MX = 15, DNS_TXT = 16, DNS_AAAA = 28, DNS_TLSA = 52 };

enum dns_status {
	DNS_FOUND,		/* records of the type asked for, behind whatever CNAMEs */
	DNS_NO_DATA,		/* the name is there, records of this type are not */
	DNS_NO_NAME,		/* NXDOMAIN */
	DNS_BOGUS,		/* SERVFAIL that goes away with CD set: validation failed */
	DNS_FAILED		/* time-out, SERVFAIL, refused, malformed: nothing is known */
};

struct dns_mx {
	uint16_t preference;
	const char *host;	/* lower case, no final dot; "" for the root (null MX) */
};

struct dns_tlsa {
	uint8_t usage, selector, matching;
	struct span data;
};

/* Where a zone begins, and who is responsible for it (RFC 1035 3.3.13). Both names as hosts of DNS_MX. */
struct dns_soa {
	const char *mname;
	const char *rname;	/* a mailbox: its first label is the local part, a dot within that stands as \046 */
};

struct dns_answer {
	enum dns_status status;
	const char *why;		/* DNS_FAILED, DNS_BOGUS: what came instead of an answer, static words; of others nothing */
	bool secure;			/* AD was set, by a resolver we may believe */
	uint32_t ttl_s;			/* smallest of all records; for negative answers min(SOA TTL, MINIMUM) */
	const char *name;		/* where the CNAMEs led, lower case; the name asked for without any */
	uint32_t count;			/* of the records that type says */
	enum dns_type type;
	const char *alias;		/* DNS_CNAME: where the alias leads; "" otherwise */
	union {
		void *records;
		struct ip *addresses;	/* DNS_A, DNS_AAAA */
		struct dns_mx *mx;
		const char **names;	/* DNS_PTR, as hosts of DNS_MX */
		struct span *texts;	/* DNS_TXT, strings of one record joined */
		struct dns_tlsa *tlsa;
		struct dns_soa *soa;	/* DNS_SOA: of the zone that begins at `name` */
	};
};

/*
 * Decode a whole DNS response to a question (name, type). Memory of the arena. Bounds: 8 CNAMEs, 100 records,
 * a TTL of a week. Anything malformed, for another question, truncated, beyond the bounds, or a mere referral gives
 * DNS_FAILED. Aliases are followed within the response, except for a question of type DNS_CNAME. Octets that no
 * host name has, and dots within labels, stand as \DDD in names. `secure` is the AD bit as it came: whether
 * it may be believed is the resolver's to say.
 */
void dns_answer_decode(struct span response, const char *name, enum dns_type type, struct arena *arena,
    struct dns_answer *answer);

#endif
