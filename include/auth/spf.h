/*
 * May a host send mail in the name of a domain? check_host() of RFC 7208, with all its limits, as a machine that asks questions for
 * the DNS to answer, and is fed the answers in any order. No I/O, no clock.
 *
 *   spf = spf_new(&asked);
 *   while (!spf_is_done(spf)) {
 *	while (spf_ask(spf, &question))
 *		...;					look it up
 *	spf_answer(spf, question.number, &answer, now_ms);	when it is there; spf_expire() when there was no time
 *   }
 *   finding = spf_finding(spf);
 *   spf_free(&spf);
 */
#ifndef AUTH_SPF_H
#define AUTH_SPF_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/question.h"
#include "base/ip.h"
#include "base/span.h"

enum spf_result {	/* RFC 7208 2.6 */
	SPF_NONE,	/* no domain, or it has no record */
	SPF_NEUTRAL,	/* the record says nothing of the address: to be treated as none (8.2) */
	SPF_PASS,
	SPF_FAIL,
	SPF_SOFTFAIL,
	SPF_TEMPERROR,	/* the DNS failed, or time was over: may be known later */
	SPF_PERMERROR,	/* the record cannot be understood, or goes beyond a limit */
	SPF_RESULTS
};

const char *spf_result_name(enum spf_result result);	/* "softfail", as RFC 8601 2.7.2 has it */

/* Whose domain is asked: that of HELO is a question of its own (RFC 7208 2.3), with a result of its own. */
enum spf_identity { SPF_MAIL_FROM, SPF_HELO };

#define SPF_TERMS_MOST 10	/* that ask the DNS, of all records together (RFC 7208 4.6.4) */
#define SPF_VOIDS_MOST 2	/* look-ups that found nothing, unless told otherwise (4.6.4) */
#define SPF_TIME_MS 20000	/* what an evaluation should be given at least (4.6.4) */
#define SPF_QUESTIONS_MOST 128	/* all that the limits allow is less */
#define SPF_RECORD_MAX 16384	/* octets; a longer one cannot be understood */
#define SPF_MECHANISMS_MOST 1000	/* of a record; nor can one with more */
#define SPF_NAME_TEXT 254	/* of a name that is asked for, with a NUL */
#define SPF_EXPLANATION_MAX 400	/* octets: what a reply of SMTP has room for */

struct spf_asked {
	enum spf_identity identity;
	struct ip ip;			/* of the client; IPv4-mapped addresses are IPv4 already */
	struct span helo;		/* as the client said it; internationalised names in their ASCII form */
	struct span mail_from;		/* without <>, the domain in its ASCII form; "" = the null reverse path */
	struct span receiver;		/* our own name, for %{r}; "" = unknown */
	int64_t now_s;			/* for %{t}: seconds since the epoch */
	int64_t deadline_ms;		/* on the caller's clock: what is not known then is not waited for */
	unsigned voids_most;		/* usually SPF_VOIDS_MOST */
};

struct spf;

/* Begin. The texts are copied. Without a domain that could have a record it is done at once (RFC 7208 4.3). */
struct spf *spf_new(const struct spf_asked *asked);
void spf_free(struct spf **spf);

/* The next question that was not given out yet. Returns false when there is none for now. */
bool spf_ask(struct spf *spf, struct auth_question *question);

/*
 * The answer to a question that was given out: copied. Whatever comes when all is decided, or twice, changes nothing.
 * When the deadline is over, all that is known is all that counts.
 */
void spf_answer(struct spf *spf, unsigned number, const struct auth_answer *answer, int64_t now_ms);

/* Time goes by without an answer: at the deadline it ends, with temperror, or as it would but for an explanation. */
void spf_expire(struct spf *spf, int64_t now_ms);

bool spf_is_done(const struct spf *spf);

/* Octets of memory so far, for budgets. What the DNS says costs some, and whoever writes may have written that, too. */
size_t spf_used(const struct spf *spf);

struct spf_finding {
	enum spf_result result;
	const char *sender;	/* whom %{s} meant: "postmaster@..." of HELO, or where MAIL FROM had none */
	const char *domain;	/* whose record it was: behind redirects, and where an error is, within includes; "" = none */
	const char *mechanism;	/* the term that matched or is wrong, as the record has it; "" = none */
	const char *why;	/* why there is no, or no good, record: a sentence, and what of; "" otherwise */
	const char *explanation;	/* THE SENDER'S words, of fail only: printable ASCII, to be marked as theirs (11.5.2); "" = none */
	unsigned terms, voids;	/* against the limits */
	unsigned questions;	/* asked in all */
};

/* When it is done; borrowed as long as spf is there. */
const struct spf_finding *spf_finding(const struct spf *spf);

#endif
