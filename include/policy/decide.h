/*
 * What one next hop must prove before it is handed mail. Pure: facts in, decision out, no I/O. THE one place that decides.
 *
 * Where a host's name may come from, and what a certificate for it then proves:
 *
 *   named by the operator   (smtp:, smtps:, relayhost)   the name is what was meant: secure:static
 *   the domain itself       (no MX records)              the same, the sender wrote it: secure:domain
 *   MX, validated by DNSSEC                              the domain's owner wrote it: secure:dnssec
 *   MX, in the domain's MTA-STS policy                   the same (RFC 8461 4.1): secure:sts, or secure:preload of a list
 *   MX, none of these                                    an on-path attacker may have written it (RFC 7672 1.3.2):
 *                                                        verify:mx, and no more than that
 *
 * With MX names that nobody vouches for `secure` is not lost: a certificate valid for the domain of the recipients itself
 * proves as much as if there were no MX records (RFC 6125 6.2.1: the reference identity is the name that the user meant). So at
 * `secure` such a host is tried, with the domain as the only name and as SNI; if its certificate does not carry it, the mail
 * waits with the reason mx-insecure. Names below the domain do not count: whoever has a certificate for shop.example.org
 * need not be trusted with the mail of example.org.
 *
 * TLSA records (RFC 7672) stand for the certificate, not for the name: where what they prove is enough, a host with usable ones is
 * proved by them alone, never by an authority in their place (RFC 8461 2). With a name that is vouched for that is `dane`, else it is
 * `verify`; where more than that is demanded of a name that nobody vouches for, only the domain's own certificate will do, as above.
 *
 * What is demanded is the highest of: the rule or the default, MTA-STS in force, a preload list, the ratchet, REQUIRETLS. An
 * exception of the operator's stands for all of them but REQUIRETLS; TLS-Required: No sets aside what the receiving side
 * has published, not what the operator here has ruled; and nothing goes below `encrypt`. A relay that only observes asks for no
 * more than `encrypt`, but for REQUIRETLS.
 */
#ifndef POLICY_DECIDE_H
#define POLICY_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/dane.h"
#include "policy/knowledge.h"
#include "policy/level.h"

/* Where the name of the host comes from. */
enum name_source { NAME_BY_OPERATOR, NAME_IS_DOMAIN, NAME_BY_SECURE_MX, NAME_BY_INSECURE_MX, NAME_SOURCES };

/* What the message asks for itself (RFC 8689). */
enum message_wish { WISH_NONE, WISH_REQUIRETLS, WISH_TLS_OPTIONAL, WISHES };

struct facts {
	const char *domain;		/* of the recipients, for hosts found by DNS; the host's name for those named by the operator */
	const char *domain_expanded;	/* where the domain's aliases led; NULL = nowhere */
	const char *host;		/* lower case, A-labels, no final dot; an address as text */
	enum name_source source;
	bool host_is_address;		/* the operator wrote an address */
	enum policy_level level;	/* demanded, by a rule for `domain` or by default */
	bool has_rule;			/* a rule, not the default, demands it */
	enum message_wish wish;
	bool is_observing;		/* policy.mode: observe */
	const struct knowledge *knowledge;	/* NULL = nothing is known beside */
	struct dane_set dane;
	const char *dane_base;		/* TLSA base domain (RFC 7672 2.2.3), with DANE_USABLE */
	const char *dane_digest;	/* of the records that count, as text; with DANE_USABLE */
};

enum decide_verdict {
	DECIDE_TRY,
	DECIDE_SKIP,			/* not this host, by a policy; another of the domain may do */
	DECIDE_LATER			/* something about this host that may exist could not be learnt: not now */
};

/* One way to satisfy a demand. */
struct proof {
	const char *name;		/* the certificate is valid for it; NULL = nothing is asked of the certificate */
	enum policy_level level;	/* what that amounts to */
	const char *evidence;		/* for the log: "secure:static" */
	const char *dane;		/* by TLSA records with this digest, of the base domain `name`; NULL = by authorities */
	const char *domain;		/* by TLSA: the name beside the base domain that a certificate may have; NULL = none */
};

#define DECIDE_PROOFS 2
#define DECIDE_NAMES 4			/* that a certificate may carry, any one: with TLSA records, RFC 7672 3.2.2 */
#define PROOF_DIGEST 640		/* octets, NUL included */

struct demand {
	enum decide_verdict verdict;
	const char *reason;		/* a word of policy/reason.h: why it is not tried; or what a certificate without the name means */
	enum policy_level level;	/* the least */
	const char *because;		/* "default", "rule", "exception", "sts", "preload", "dane", "ratchet", "requiretls", ... */
	const char *sni;		/* "" = none */
	struct proof proofs[DECIDE_PROOFS];	/* any one is enough; the first is what is hoped for */
	unsigned proofs_count;
	const char *names[DECIDE_NAMES];	/* to be asked for: of the proofs, or beside TLSA records */
	unsigned names_count;		/* 0 = the peer is not authenticated */
	bool by_dane;			/* facts.dane is what must be proved */
};

struct decision {
	struct demand demand;		/* what counts */
	struct demand observed;		/* what would count if testing policies were enforced, or if this relay did not only observe */
	bool has_observed;
};

/* Decide about one host. The decision borrows from facts and from static memory. */
void decide(const struct facts *facts, struct decision *decision);

/*
 * What a connection has proved, as a text: the policy digest. Connections and TLS sessions may serve a decision only if
 * their text is that of one of its proofs: the same name under the same authorities, the same TLSA records with
 * the same names, or nothing at all. Returns out.
 */
char *proof_digest(const struct proof *proof, char out[PROOF_DIGEST]);

#endif
