/* One request of the operator, and its answer: rows and an end. */
#ifndef REPORT_QUESTION_H
#define REPORT_QUESTION_H

#include "ipc/channel.h"
#include "ipc/ctl_rooms.h"
#include "report/ledger.h"
#include "report/room.h"
#include "report/summary.h"

#define QUESTION_ROWS_MOST 10000	/* of an answer */
#define QUESTION_WORST 5		/* peers that `stats` names */

struct question {
	LIST_ENTRY(question) entry;	/* of the report's */
	struct report *report;
	struct channel *channel;
	struct arena *arena;		/* the question is in it, too */
	struct ledger_filter filter;
	struct span fault;		/* "" = whatever they are like; "any" = those with any */
	const struct request *request;	/* borrowed: NULL once the call is over */
	uint32_t day;			/* since the epoch, UTC: of a report */
	struct span what;		/* in lower case: the peer of a notice, or who is to get none */
	struct span notice_template;	/* in place of the configured one; "" = that */
	struct summary *summary;	/* of the peer at hand */
	char peer[256];
	bool has_peer;
	bool has_fault;			/* it has the one that is asked for, which its summary may count among others */
	uint64_t rows, passed_over;
	/* A way through the facts: with each of them, and at the end. NULL = the verb has none. */
	void (*on_fact)(void *question, const struct tls_fact *fact);
	void (*on_walked)(struct question *question);
	struct ledger_place place;
	struct timer *breath;		/* between two pieces of it */
	/* stats */
	struct summary *totals[FACT_DIRECTIONS];
	uint64_t peers[FACT_DIRECTIONS], faulty[FACT_DIRECTIONS];
	struct { char peer[80]; uint64_t failed; } worst[FACT_DIRECTIONS][QUESTION_WORST];
};

/* Questions whose answer is not complete end with that. */
void questions_end(struct report *report, int code, const char *text);

void question_row(struct question *question, const struct row *row);
void question_end(struct question *question, int code, const char *text);

/* Verbs of reports on TLS: each ends the question. */
void question_tlsrpt_preview(struct question *question);
void question_tlsrpt_list(struct question *question);
void question_tlsrpt_send(struct question *question);

/* Verbs of notices, where there is notices.db: each ends the question. */
void question_notice_list(struct question *question);
void question_notice_preview(struct question *question);
void question_notice_send(struct question *question);
void question_notice_suppress(struct question *question);
void question_notice_allow(struct question *question);
void question_notice_stats(struct question *question);

#endif
