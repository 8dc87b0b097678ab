/*
 * What the steps of a pursuit share, and nobody else has: notice_pursuit.c its life, then whose the peer is (notice_whose.c), whether the
 * fault is still there (notice_look.c), and the message (notice_sending.c). A pursuit that has taken its last step is gone.
 */
#ifndef REPORT_NOTICE_STEPS_H
#define REPORT_NOTICE_STEPS_H

#include "metrics/count.h"
#include "report/notice_due.h"
#include "report/notice_pursuit.h"
#include "report/notice_store.h"
#include "spool/writer.h"

#define PURSUIT_ANSWER_MS 600000	/* for contacts, and for a fresh look: a relay takes 150 s for one, and a few at a time */

struct pursuit {
	LIST_ENTRY(pursuit) entry;
	struct report *report;
	enum pursuit_wish wish;
	uint64_t id;			/* of what was asked last */
	struct timer *timer;		/* until it is answered */
	struct arena *arena;		/* of what was answered */
	struct notice_case cases[NOTICE_CASES_SHOWN];	/* worst first; those that a fresh look found mended are taken out */
	size_t count;
	size_t at;			/* the case that is looked at: those before it have their fault still */
	size_t more;			/* cases of the party beside these */
	struct span operator;
	struct contact *contacts;
	uint32_t contacts_count;
	struct notice_party party;
	struct notice_party before;	/* as it was before its mail was noted: what is not handed over was not sent */
	struct looked looked;		/* of cases[0]; texts are the arena's */
	struct mid mid;			/* of the message */
	struct commit *commit;		/* NULL = none is waited for */
};

/* What the party is from now on (notice_due.h). */
typedef void party_change(struct notice_party *party, const struct notice_limits *limits, int64_t now_s);

/* --- steps: each leads to the next, or to an end --- */

void pursuit_ask(struct pursuit *pursuit);		/* policy, whose the peer of the first case is */
void pursuit_unknown(struct pursuit *pursuit, const char *text);	/* that cannot be learnt now */
void pursuit_look(struct pursuit *pursuit);		/* at the cases from `at` on */
void pursuit_tell(struct pursuit *pursuit);		/* the party, now, if it still may be */

/* --- ends --- */

void pursuit_free(struct pursuit *pursuit);
void pursuit_end(struct pursuit *pursuit);		/* and the next peer is looked for soon */

/* What it came to cannot be kept: it waits for the next look, or the peer would be looked at again and again. */
void pursuit_end_unkept(struct pursuit *pursuit);

/* What the party is now, on disk and in the log; and the end. */
void pursuit_conclude(struct pursuit *pursuit, party_change *change, enum notice_result result, const char *text);

/* --- on the way --- */

/* A line in the log, and a number. */
void pursuit_say(const struct pursuit *pursuit, enum notice_result result, struct span to, const char *text);

/* Who waits for this answer; NULL = nobody any more. It waits no longer. */
struct pursuit *pursuit_find(struct report *report, uint64_t id);

void pursuit_drop(struct pursuit *pursuit);		/* the case that is looked at: it is not told of */

/* The case was there when its party was told. */
bool pursuit_is_old(const struct pursuit *pursuit, const struct notice_case *of);

/* What is due now; at the operator's wish something is. */
enum notice_step pursuit_step(const struct pursuit *pursuit);

#endif
