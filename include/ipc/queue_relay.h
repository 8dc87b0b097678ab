/* queue and relay: deliver this there; what became of it. */
#ifndef IPC_QUEUE_RELAY_H
#define IPC_QUEUE_RELAY_H

#include "base/arena.h"
#include "base/codec.h"
#include "mail/outcome.h"
#include "mail/envelope.h"

enum queue_to_relay {
	QUEUE_JOB = 1,		/* struct job; with a descriptor: the segment, for reading */
	QUEUE_FORGET,		/* struct forget: the operator wants it tried afresh */
	QUEUE_TO_RELAY_MESSAGES
};

enum relay_to_queue {
	RELAY_CONCLUDED = 1,	/* struct concluded */
	RELAY_MESSAGES
};

/* One message for one next hop. */
struct job {
	uint64_t id;		/* queue's, echoed in the conclusion */
	struct span hop;	/* next hop as route_format() writes it: "mx:example.org", "smtp:host:25" */
	uint16_t connections;	/* how many connections this relay may have to that hop, from now on */
	struct envelope envelope;	/* recipients: only those to be tried; index below refers to them */
};

struct forget {
	struct span hop;	/* empty = every hop */
};

/* Which outcome each recipient of the job had. */
struct concluded {
	uint64_t job;
	uint32_t delay_ms;	/* from taking the job to its end */
	struct outcome *outcomes;
	uint32_t outcomes_count;
	uint16_t *which;	/* per recipient of the job, in its order: index into outcomes */
	uint32_t recipients_count;
};

void job_encode(struct buf *out, const struct job *job);
bool job_decode(struct span payload, struct arena *arena, struct job *job);
void forget_encode(struct buf *out, const struct forget *forget);
bool forget_decode(struct span payload, struct forget *forget);
void concluded_encode(struct buf *out, const struct concluded *concluded);
bool concluded_decode(struct span payload, struct arena *arena, struct concluded *concluded);

#endif
