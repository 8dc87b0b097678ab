/*
 * Does a message come from the domain that its From names, as that domain has it (DMARC, RFC 9989)? What SPF and DKIM have proved goes
 * in, TXT records are asked for, and one of five results comes out. No I/O.
 *
 *   why = dmarc_author(header, author);
 *   dmarc = dmarc_new(author, identifiers, count);
 *   while (dmarc_ask(dmarc, &question)) ...;
 *   dmarc_answer(dmarc, number, &answer);		each answer; further questions may come of it
 *   finding = dmarc_finding(dmarc);			when dmarc_is_done()
 *   dmarc_free(&dmarc);
 *
 * Where RFC 7489 with a list of public suffixes (libpsl, as OpenDMARC and Mail::DMARC have it) comes to another result:
 *   - An organisation's domain is where a record says so, or the shortest name that has one; there it is the name below a public
 *     suffix. So names below a suffix with a record of its own, as blogspot.com or co.uk could have one without "psd=y", are of one
 *     organisation here, and of many there. And without a record above, a.example.org and b.example.org are two here, and one there.
 *   - The records of names between the author's domain and the organisation's count as much as no record, in both; but here "psd=n"
 *     in one of them makes it the organisation's.
 *   - "psd=y" of a suffix has its "sp" and "np" apply to all below that have none; there a suffix is never asked.
 *   - Here "np" is for domains that do not exist; there it is not known, and "sp" counts.
 *   - Here "t=y" makes the policy one level weaker; there "pct" is a share of messages. Neither knows the other's.
 *   - A name of more than eight labels is looked up at seven labels next, there at the organisation's domain at once.
 *   - A record without a valid "p" counts as "p=none" when it has a good "rua", in both; without, there is no DMARC, in both: here that
 *     is "permerror".
 */
#ifndef AUTH_DMARC_H
#define AUTH_DMARC_H

#include <stdbool.h>
#include <stddef.h>

#include "auth/question.h"

#define DMARC_DOMAIN_TEXT 254
#define DMARC_IDENTIFIERS_MAX 16
#define DMARC_WALK_MAX 8	/* questions of one walk up the tree (RFC 9989 4.10) */
#define DMARC_REPORTS_MAX 1024	/* octets of rua= that are kept */

enum dmarc_result {		/* RFC 9989 9.3, RFC 8601 */
	DMARC_NONE,		/* nobody has published a policy for the domain */
	DMARC_PASS,
	DMARC_FAIL,
	DMARC_TEMPERROR,	/* the DNS gave no answer, and without it nothing is certain: no policy applies (RFC 9989 5.3.6) */
	DMARC_PERMERROR,	/* a record that is none, and asks for nothing */
	DMARC_RESULTS
};

/* What the domain's owner thinks of mail that fails (RFC 9989 4.7): an opinion, alone no reason to refuse mail (7.4). */
enum dmarc_policy { DMARC_POLICY_NONE, DMARC_POLICY_QUARANTINE, DMARC_POLICY_REJECT, DMARC_POLICIES };

const char *dmarc_result_name(enum dmarc_result result);	/* "pass" */
const char *dmarc_policy_name(enum dmarc_policy policy);	/* "quarantine" */

enum dmarc_method { DMARC_SPF, DMARC_DKIM, DMARC_METHODS };

/* A domain that SPF (of MAIL FROM, never of HELO: RFC 9989 4.4.2) or one DKIM signature (its d=) has something to say of. */
struct dmarc_identifier {
	enum dmarc_method method;
	struct span domain;	/* any letter case, A- or U-labels; what is no name is never aligned */
	bool is_proved;		/* it passed */
	bool is_unknown;	/* temperror: it may pass tomorrow */
};

/*
 * The one domain that the From field of a header names, in A-labels and lower case (RFC 9989 5.3.1). Returns NULL; or why there is no
 * such domain, as a static sentence: From is not there exactly once, no address has a domain, or two have different ones. An address
 * list that another program may read in another way is none (RFC 9989 11.5).
 */
const char *dmarc_author(struct span header, char author[DMARC_DOMAIN_TEXT]);

struct dmarc;

/* author as dmarc_author() makes it; both are copied. At most DMARC_IDENTIFIERS_MAX identifiers, of more the first. */
struct dmarc *dmarc_new(const char *author, const struct dmarc_identifier *identifiers, size_t count);
void dmarc_free(struct dmarc **dmarc);			/* tolerates NULL, leaves NULL */

/* The next question that was not given out yet. Returns false when there is none for now. A name is asked for once. */
bool dmarc_ask(struct dmarc *dmarc, struct auth_question *question);
void dmarc_answer(struct dmarc *dmarc, unsigned number, const struct auth_answer *answer);

bool dmarc_is_done(const struct dmarc *dmarc);

size_t dmarc_used(const struct dmarc *dmarc);		/* octets of memory so far, for budgets */

/* Strings live as long as dmarc; "" is what is not known, or was not needed. */
struct dmarc_finding {
	enum dmarc_result result;
	const char *why;			/* a static sentence */
	const char *author;
	const char *policy_domain;		/* where the record is that applies */
	const char *organization;		/* of the author's domain */
	enum dmarc_policy policy;		/* that applies to the author's domain, for mail that fails */
	enum dmarc_policy disposition;		/* the same for this message: none unless it fails, one level weaker with t=y */
	bool is_testing;			/* t=y */
	bool is_strict[DMARC_METHODS];		/* adkim=s, aspf=s */
	bool is_aligned[DMARC_METHODS];		/* a proved identifier of the method is aligned */
	const char *aggregate_reports;		/* the beginning of rua=, as it was published */
	unsigned questions;			/* asked in all */
};

/* When it is done. */
const struct dmarc_finding *dmarc_finding(const struct dmarc *dmarc);

#endif
