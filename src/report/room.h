/* The report room: notifications asked for by queue, written into its own segments. */
#ifndef REPORT_ROOM_H
#define REPORT_ROOM_H

#include "conf/report.h"
#include "ipc/channel.h"
#include "ipc/room.h"
#include "loop/timer.h"
#include "report/notice_scan.h"
#include "report/notice_pursuit.h"
#include "report/tellers.h"
#include "report/tlsrpt_sending.h"
#include "spool/writer.h"

struct question;
struct strangers;

LIST_HEAD(question_list, question);

struct report {
	const struct conf_report *conf;	/* the room helper's */
	int directory;			/* -1 before DIRECTORY */
	char name[32];			/* of that folder */
	struct writer *writer;		/* NULL before KEY */
	struct channel *queue;		/* NULL = it is away */
	uint64_t life;			/* of queue: counts its channels */
	unsigned committing;		/* notifications and reports waiting for their sync */
	struct strangers *strangers;	/* senders of their mail that were told; NULL = none was so far */
	struct ledger *ledger;		/* NULL = there is none */
	struct teller_list tellers;	/* rooms that count for it */
	struct question_list questions;	/* of the operator: those whose answer is not complete */
	struct timer *expiry;		/* of what is in it; NULL before SETUP */
	struct channel *policy;		/* NULL = it is away */
	struct sending_list sendings;	/* reports on TLS that are on their way */
	unsigned sendings_count;
	uint64_t tlsrpt_id;		/* of what policy was asked last */
	struct timer *tlsrpt_timer;	/* the next look at what is due; NULL before SETUP */
	uint32_t tlsrpt_planned_day;	/* the last whose reports are planned, */
	int64_t tlsrpt_plan_again_ms;	/* and when that is looked at again */
	struct notices *notices;	/* notices.db; NULL = nobody is told */
	struct notice_cases notice_cases;	/* of the last look at the ledger */
	struct timer *notice_timer;	/* the next; NULL before SETUP */
	struct pursuit_list pursuits;	/* peers that are being told, or looked up */
	unsigned pursuits_count;
	uint64_t notices_id;		/* of what was asked last for one */
	bool notices_are_braked;	/* the log has said so */
	struct refused *refused;	/* whose mail was refused; NULL = none is kept */
	unsigned refused_next;
	struct timer *grace;		/* runs while stopping: for the last word of rooms that have ended */
	bool is_stopping;
	uint64_t notifications, tlsrpt_sent, notices_sent;	/* since the start */
	uint64_t feed_sender, feed_number;	/* of batches of other mail servers; 0 = there was none yet */
	uint64_t batches;		/* taken into the ledger, since then */
};

extern const struct room_handler report_room_handler;

/* Before room_run(), and after it. */
void room_init(struct report *report);
void room_clear(struct report *report);

/* A commit or a teller has ended: the last one ends a stopping room. */
void room_maybe_done(struct report *report);

#endif
