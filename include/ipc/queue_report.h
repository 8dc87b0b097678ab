/*
 * queue and report: tell the sender what became of a message. Report answers when the notification
 * is committed to its own segment (announced as in writer_queue.h), not before: queue then records that
 * the sender was told. Type numbers continue those of writer_queue.h: both share one channel.
 */
#ifndef IPC_QUEUE_REPORT_H
#define IPC_QUEUE_REPORT_H

#include "base/arena.h"
#include "base/codec.h"
#include "ipc/writer_queue.h"
#include "mail/outcome.h"
#include "mail/envelope.h"

enum queue_to_report {
	QUEUE_NOTIFY = QUEUE_TO_WRITER_MESSAGES,	/* struct notification; with a descriptor: the segment */
	QUEUE_TO_REPORT_MESSAGES
};

enum report_to_queue {
	REPORT_NOTIFIED = WRITER_MESSAGES,	/* struct notified */
	REPORT_MESSAGES
};

/* RFC 3464 2.3.3 */
enum notice_action { ACTION_FAILED, ACTION_DELAYED, ACTION_DELIVERED, ACTION_RELAYED, ACTIONS };

struct noticed_recipient {
	enum notice_action action;
	struct outcome outcome;		/* of the last attempt */
	int64_t attempt_ms;		/* when that was, since the epoch; 0 = there was none */
	int64_t retry_until_ms;		/* for ACTION_DELAYED */
};

struct notification {
	uint64_t id;			/* queue's, echoed */
	struct envelope envelope;	/* recipients: those the notification is about */
	struct noticed_recipient *recipients;	/* in the order of envelope.recipients */
};

struct notified {
	uint64_t id;
	bool done;			/* false: could not be made now; ask again later */
};

void notification_encode(struct buf *out, const struct notification *notification);
bool notification_decode(struct span payload, struct arena *arena, struct notification *notification);
void notified_encode(struct buf *out, const struct notified *notified);
bool notified_decode(struct span payload, struct notified *notified);

#endif
