/*
 * One peer that is told of its fault, or about to be: contacts from policy, a fresh look by a relay, the message into the spool. What
 * becomes of it comes later, by queue (notice_schedule.h); then it is another pursuit that writes to the next contact.
 */
#ifndef REPORT_NOTICE_PURSUIT_H
#define REPORT_NOTICE_PURSUIT_H

#include <bsd/sys/queue.h>

#include "report/notice.h"

struct report;
struct pursuit;
LIST_HEAD(pursuit_list, pursuit);

enum pursuit_wish {
	PURSUIT_WHOSE,		/* only whose the peer is: which party its case belongs to */
	PURSUIT_TELL,		/* the party is to be told */
	PURSUIT_HURRY		/* at the operator's wish */
};

/*
 * Begin, with cases of one party (or one of none), worst first; they are copied. Of more than NOTICE_CASES_SHOWN only so many are there to
 * be read, and the others are counted.
 */
void pursuit_start(struct report *report, enum pursuit_wish wish, const struct notice_case *const *cases, size_t count);

/* Is the case, or the party, pursued already? */
bool pursuit_is_under_way(const struct report *report, const struct notice_case *of);

/* Answers: of policy, and of a relay. */
void pursuit_contacts(struct report *report, const struct contacts_answer *answer);
void notice_looked(struct report *report, const struct looked *looked);

/* Intake tells whose mail was refused for want of TLS: kept in memory, the last REFUSED_KEPT of them, and nowhere else. */
#define REFUSED_KEPT 100
void notice_refused(struct report *report, const struct refused_sender *refused);

void pursuits_policy_gone(struct report *report);	/* what was asked is not answered any more */
void pursuits_free(struct report *report);
void refused_forget(struct report *report);

#endif
