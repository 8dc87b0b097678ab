/*
 * The whole queue room on fakes, with an intake that writes real sealed segments in memory, and the test in the
 * places of relay, report and the operator's tool.
 */
#ifndef TESTS_UNIT_QUEUE_HOUSE_H
#define TESTS_UNIT_QUEUE_HOUSE_H

#include "base/arena.h"
#include "conf/queue.h"
#include "ipc/queue_relay.h"
#include "ipc/queue_report.h"
#include "queue/queue.h"
#include "spool/writer.h"

struct house {
	int intake_folder, queue_folder;	/* descriptors of the spool's folders */
	struct conf_queue conf;
	struct queue queue;
	struct writer *intake;			/* the writer in intake's place */
	struct channel *intake_side;		/* where it speaks to queue */
	struct channel *relay, *report;		/* queue's ends; the test is the other */
	bool is_congested;			/* as queue said last to intake */
	struct arena *arena;			/* of what was taken */
};

/* The keys of every spool of this process, made once; PEM. */
struct span house_public_key(void);
struct span house_private_key(void);

/* Folders without files. Tests change house->conf before house_start(). */
void house_begin(struct house *house);

/* Queue starts over what the folders hold; one relay, one intake with nothing open, one report. */
void house_start(struct house *house);

/* Queue is killed: its memory is forgotten, the files stay. */
void house_kill_queue(struct house *house);

/* Everything is given back; the log must hold no unexpected warning. */
void house_end(struct house *house);

/* Carry what intake and queue say to each other until both are silent. */
void house_pump(struct house *house);

/* Intake takes a message to these recipients (a list ended by NULL) and commits it; returns the commit's error. */
int house_accept(struct house *house, const char *sender, const char *const *recipients, size_t octets, struct mid *mid);
int house_accept_one(struct house *house, const char *sender, const char *recipient);

/* As house_accept() with an envelope of the test's own (recipients, flags, ...). */
int house_accept_envelope(struct house *house, struct envelope *envelope, size_t octets);

/* The next job that relay was given; false when there is none. Valid until house_end(). */
bool house_job(struct house *house, struct job *job);

/* Relay concludes a job: every recipient alike. */
void house_conclude(struct house *house, const struct job *job, const struct outcome *outcome);

/* ... or each its own (one outcome per recipient). */
void house_conclude_each(struct house *house, const struct job *job, struct outcome *outcomes);

/* Outcomes for the usual cases. */
struct outcome house_delivered(void);
struct outcome house_refused(void);		/* 550 5.1.1 by the peer */
struct outcome house_deferred(void);		/* 451 4.3.0 by the peer */
struct outcome house_site_down(void);		/* no connection */
struct outcome house_untrusted(void);		/* certificate-expired: policy */
struct outcome house_unproven(void);		/* a proof that only this message asks for is not there yet: policy, of the message */

/* The next notification that report was asked for; false when there is none. */
bool house_notification(struct house *house, struct notification *notification);
void house_notified(struct house *house, const struct notification *notification, bool done);

/* The operator asks; the rows' ids and states are gathered. Returns the exit code. */
struct house_rows {
	char ids[64][MID_TEXT];
	char states[64][16], recipients[64][64], reasons[64][32];
	bool requiretls[64], tls_optional[64];
	unsigned count;
	char text[200];
};
int house_ask(struct house *house, const char *verb, const char *const *arguments, struct house_rows *rows);

/* Messages that queue holds. */
unsigned house_messages(const struct house *house);

#endif
