/*
 * What one next hop must prove before it is handed mail. Pure: facts in, decision out, no I/O.
 *
 * Levels. At `encrypt` the peer is not authenticated: TLS keeps listeners out, and nothing more. At `verify` a
 * certificate must be valid for the host's name, whoever named the host. At `secure` it must be valid for a name that
 * no forged DNS answer can have brought in (RFC 9325 7.1). Everything that satisfies a level satisfies those below.
 * (`dane` will stand above; MTA-STS, DANE, the ratchet and REQUIRETLS are facts, and rows of the table, to come.)
 *
 * Where a host's name may come from, and what a certificate for it then proves:
 *
 *   named by the operator   (smtp:, smtps:, relayhost)   the name is what was meant: secure:static
 *   the domain itself       (no MX records)              the same, the sender wrote it: secure:domain
 *   MX, validated by DNSSEC                              the domain's owner wrote it: secure:dnssec
 *   MX, not validated                                    an on-path attacker may have written it (RFC 7672 1.3.2):
 *                                                        verify:mx, and no more than that
 *
 * With MX names that were not validated `secure` is not lost: a certificate valid for the domain of the
 * recipients itself proves as much as if there were no MX records (RFC 6125 6.2.1: the reference identity is the name that
 * the user meant). So at `secure` such a host is tried, with the domain as the only name and as SNI; if its certificate
 * does not carry it, the mail waits with the reason mx-insecure. Names below the domain do not count: whoever has a
 * certificate for shop.example.org need not be trusted with the mail of example.org.
 */
#ifndef POLICY_DECIDE_H
#define POLICY_DECIDE_H

#include <stdbool.h>

#include "policy/level.h"

/* Where the name of the host comes from. */
enum name_source { NAME_BY_OPERATOR, NAME_IS_DOMAIN, NAME_BY_SECURE_MX, NAME_BY_INSECURE_MX, NAME_SOURCES };

struct facts {
	const char *domain;		/* of the recipients, for hosts found by DNS; the host's name for those named by the operator */
	const char *host;		/* lower case, A-labels, no final dot; an address as text */
	enum name_source source;
	bool host_is_address;		/* the operator wrote an address */
	enum policy_level level;	/* demanded, by a rule for `domain` or by default */
	bool has_rule;			/* a rule, not the default, demands it */
};

enum decide_verdict {
	DECIDE_TRY,
	DECIDE_SKIP			/* not this host; another of the domain may do */
};

/* One way to satisfy the decision. */
struct proof {
	const char *name;		/* the certificate is valid for it; NULL = nothing is asked of the certificate */
	enum policy_level level;	/* what that amounts to */
	const char *evidence;		/* for the log: "secure:static" */
};

#define DECIDE_PROOFS 2
#define PROOF_DIGEST 262		/* octets, NUL included */

struct decision {
	enum decide_verdict verdict;
	const char *reason;		/* a word of policy/reason.h: why it is skipped; or what a certificate without the name means */
	enum policy_level level;	/* demanded */
	const char *sni;		/* "" = none */
	struct proof proofs[DECIDE_PROOFS];	/* any one is enough; the first is what is hoped for */
	unsigned proofs_count;
};

/* Decide about one host. The decision borrows from facts and from static memory. */
void decide(const struct facts *facts, struct decision *decision);

/*
 * What a connection has proved, as a text. Connections and TLS sessions may serve a decision only if their text
 * is that of one of its proofs: the same name under the same authorities, or nothing at all. Returns out.
 */
char *proof_digest(const struct proof *proof, char out[PROOF_DIGEST]);

#endif
