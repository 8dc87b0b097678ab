/*
 * Stripping, outage or misconfiguration? What a failed connection looks like: judged by what was seen, by what the host offered before,
 * and by what happens at the same time elsewhere. Pure: facts in, words out. A verdict is for people: it makes nothing weaker and no
 * mail final (design P3), for whoever is on the way can write most of what it is made from.
 */
#ifndef POLICY_VERDICT_H
#define POLICY_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/span.h"
#include "policy/level.h"
#include "policy/reason.h"

struct verdict {
	struct span word;	/* "stripping-suspected" */
	const char *plain;	/* for somebody who has never heard of any of this: whole sentences; "" of "unknown" */
	const char *fault;	/* "network", "peer", "nobody"; "" = as the reason has it */
	const char *blame;	/* the same as a sentence */
	const char *sender, *postmaster;	/* what either can do; "" = as the reason has it */
};

/* Never NULL: a word that is not in the table is "unknown", which says nothing. */
const struct verdict *verdict_find(struct span word);
const struct verdict *verdict_at(size_t index);	/* NULL behind the last */

/*
 * What the sender and whoever runs the receiving side can do about a failure of that reason that looks so: the reason's sentences, but
 * nobody is told to mend what is not at fault.
 */
const char *verdict_advise_sender(struct span word, const struct reason *reason);
const char *verdict_advise_postmaster(struct span word, const struct reason *reason);

/* What one attempt saw. Strings are borrowed and never NULL. */
struct verdict_seen {
	struct span reason;		/* a word of policy/reason.h */
	unsigned code;			/* of the reply that refused; 0 = it was none */
	bool is_starred;		/* the greeting was of asterisks */
	bool is_mangled;		/* a keyword had the looks of a STARTTLS that was blotted out */
	bool has_said_starttls;		/* STARTTLS was said, and no handshake had begun */
	bool has_keywords;		/* EHLO was answered, */
	unsigned keywords;		/* by these, in clear: bits, any that mean the same each time, STARTTLS left out */
	const char *fingerprint, *issuer;	/* of the certificate that was refused; "" = none was shown */
	struct ip ip;
};

#define VERDICT_VERSION 16
#define VERDICT_FINGERPRINT 65
#define VERDICT_ISSUER 128

/* What a host offered and proved when TLS was laid there, the last time. */
struct verdict_past {
	uint64_t sessions;		/* so far; 0 = nothing is known */
	int64_t first_s, last_s;	/* since the epoch; first_s may be 0 = the same */
	bool has_starttls;		/* it came by STARTTLS, and not at once */
	unsigned keywords;		/* as above */
	enum policy_level level;	/* that was proved */
	char version[VERDICT_VERSION];	/* of TLS */
	char fingerprint[VERDICT_FINGERPRINT], issuer[VERDICT_ISSUER];	/* "" = without a certificate: the session was resumed */
	struct ip ip;
};

/* The same failure elsewhere. */
struct verdict_elsewhere {
	unsigned networks;		/* that have nothing to do with each other, this one included, since anything succeeded */
	unsigned minutes;		/* that was looked back */
};

#define VERDICT_NETWORKS 3		/* so many fail alike, and it is our own way to the Internet */
#define VERDICT_PAST_S (180 * 86400)	/* what was longer ago says nothing, and is forgotten */
#define VERDICT_EVIDENCE 400		/* octets, NUL included */

/* Is the reason one of a connection, so that there is anything to judge, here and elsewhere? */
bool verdict_is_of_way(struct span reason);

/*
 * Judge.
 *   past      NULL = the host is not known
 *   now_s     since the epoch
 *   evidence  filled on every return: sentences; "" when the verdict is "unknown"
 */
const struct verdict *verdict_make(const struct verdict_seen *seen, const struct verdict_past *past,
    const struct verdict_elsewhere *elsewhere, int64_t now_s, char evidence[VERDICT_EVIDENCE]);

#endif
