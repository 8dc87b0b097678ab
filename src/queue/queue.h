/*
 * Everything the queue room holds, and what its files call of each other.
 *
 *   adopt -> message, task -> dispatch -> (relay) -> settle -> (report) -> finished
 *                       ^         |                    |
 *                       |         v                    v
 *                     due <--- destination           state (journal)
 *
 * A message has a task per next hop. A task is in one place at a time:
 *
 *   READY     on a flow of its destination: to be dispatched when that may
 *   WAITING   in the tree of due times: a try failed, the next is not due yet
 *   RUNNING   in the tree of jobs: a relay has it
 *   HELD      in no list: the operator holds the message
 *   OVER      every recipient of it has an end
 */
#ifndef QUEUE_QUEUE_H
#define QUEUE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/arena.h"
#include "base/tree.h"
#include "conf/queue.h"
#include "ipc/channel.h"
#include "ipc/ctl_rooms.h"
#include "ipc/master_rooms.h"
#include "ipc/queue_relay.h"
#include "ipc/queue_report.h"
#include "ipc/writer_queue.h"
#include "loop/timer.h"
#include "mail/envelope.h"
#include "mail/outcome.h"
#include "mail/route.h"
#include "spool/journal.h"
#include "spool/store.h"
#include "spool/writer.h"

#define RELAYS_MAX 64

/* Why a try failed, shared by every task it failed for: kept for the operator and for notifications. */
struct why {
	unsigned holders;
	int64_t when_ms;		/* since the epoch */
	struct outcome outcome;		/* its texts lie behind the struct */
};

enum task_state { TASK_READY, TASK_WAITING, TASK_RUNNING, TASK_HELD, TASK_OVER };

struct task {
	SLIST_ENTRY(task) of_message;
	union {
		TAILQ_ENTRY(task) of_flow;	/* READY */
		RB_ENTRY(task) of_due;		/* WAITING */
		RB_ENTRY(task) of_jobs;		/* RUNNING */
	};
	struct message *message;
	struct destination *destination;
	struct flow *flow;		/* READY; else NULL */
	struct why *why;		/* of the last try that failed; NULL = none did */
	int64_t due_ms;			/* WAITING: when to try again, since the epoch */
	uint64_t job;			/* RUNNING: what the relay knows it by */
	uint32_t recipients;		/* pending ones of this task */
	uint16_t attempts;		/* tries that failed */
	uint8_t state;			/* enum task_state */
	uint8_t relay;			/* RUNNING: which one */
};

enum recipient_state {
	RECIPIENT_PENDING,
	RECIPIENT_UNTOLD,	/* has an end; a notification about it is due or under way */
	RECIPIENT_OVER
};

/* What queue remembers of one recipient; the address is in the envelope, on disk. */
struct fate {
	struct task *task;	/* NULL when not pending */
	uint8_t state;		/* enum recipient_state */
};

/* An end that the sender is to be told of. */
struct notice {
	STAILQ_ENTRY(notice) entry;	/* on message->notices */
	uint32_t recipient;		/* index in the envelope */
	enum notice_action action;
	struct why *why;		/* outcome and time */
};

enum message_flag {
	MESSAGE_HELD = 1 << 0,		/* by the operator */
	MESSAGE_DELAY_TOLD = 1 << 1,	/* the delay notification was made, or was not wanted */
	MESSAGE_REMOVED = 1 << 2,	/* by the operator, while a relay had it */
	MESSAGE_MOVING = 1 << 3,	/* is being evacuated: not to be dispatched */
	MESSAGE_QUIET = 1 << 4,		/* null sender, or our own: nobody is notified about it */
	MESSAGE_WANTS_SUCCESS = 1 << 5,	/* some recipient has NOTIFY=SUCCESS */
	MESSAGE_DAMAGED = 1 << 6,	/* envelope or content does not open: held, for the operator to look at */
	MESSAGE_BRIEF = 1 << 7,		/* of no use after a day */
	MESSAGE_TOLD = 1 << 8		/* report hears of each end, and that TLS cannot be laid is one: a notice to a peer */
};

struct message {
	RB_ENTRY(message) of_mids;
	TAILQ_ENTRY(message) of_ages;	/* by arrival */
	LIST_ENTRY(message) of_segment;
	struct mid mid;
	struct place place;
	int64_t arrival_ms;
	uint64_t size;			/* octets of content */
	struct ask *ask;		/* what report is, or is to be, asked to tell; NULL = nothing */
	SLIST_HEAD(, task) tasks;
	STAILQ_HEAD(, notice) notices;
	uint32_t octets;		/* on disk */
	uint32_t sender;		/* hash of the reverse path: whose turn it is */
	uint32_t recipients_count;
	uint32_t pending;		/* recipients */
	uint16_t flags;			/* enum message_flag bits */
	uint16_t version;		/* of the routes its tasks were made by */
	struct fate fates[];
};

/* A notification that is due: report is asked, or will be when it is there. */
struct ask {
	TAILQ_ENTRY(ask) entry;		/* on queue->asks */
	struct message *message;
	uint64_t id;			/* 0 = not asked yet */
	bool is_delay;
	uint32_t told;			/* notices that were on the list when it was asked: the first so many */
};

RB_HEAD(mid_tree, message);
TAILQ_HEAD(age_list, message);
RB_HEAD(due_tree, task);
RB_HEAD(job_tree, task);

/* The tasks of one sender at one destination: senders take turns. */
struct flow {
	TAILQ_ENTRY(flow) entry;	/* on destination->flows, in turn */
	RB_ENTRY(flow) of_senders;
	uint32_t sender;
	TAILQ_HEAD(, task) tasks;
};

RB_HEAD(flow_tree, flow);

/*
 * A next hop: how much it takes at once, and whether it is to be left in peace. Mail that asks for TLS on every hop, mail that
 * waives its proof, and all other mail may find the same hosts good or not: each has a destination, and a rest, of its own.
 */
struct destination {
	RB_ENTRY(destination) of_hops;
	TAILQ_ENTRY(destination) of_active;	/* when is_active */
	RB_ENTRY(destination) of_resting;	/* when rest_until_ms > 0 */
	char *hop;			/* as route_parse() takes it */
	uint32_t tls;			/* ENVELOPE_REQUIRETLS, ENVELOPE_TLS_OPTIONAL, or 0: what its messages ask */
	uint32_t tasks;			/* all, whatever their state */
	uint32_t ready;			/* READY ones */
	uint32_t running[RELAYS_MAX];	/* jobs at each relay */
	uint32_t running_all;
	uint32_t window;		/* connections it may have now */
	uint32_t failures;		/* of the site, in a row */
	int64_t rest_until_ms;		/* since the epoch; 0 = it is not resting */
	struct why *why;		/* of its last failure; NULL = none since it answered */
	struct flow_tree senders;
	TAILQ_HEAD(, flow) flows;
	bool is_active;
};

RB_HEAD(hop_tree, destination);
RB_HEAD(rest_tree, destination);
TAILQ_HEAD(active_list, destination);

struct queue;

/* A relay, a writer, or report, as long as its channel lives. */
struct relay_peer {
	struct queue *queue;
	uint16_t index;
	struct channel *channel;	/* NULL = it is away */
	uint32_t running;		/* jobs */
};

struct writer_peer {
	LIST_ENTRY(writer_peer) entry;
	struct queue *queue;
	enum room_kind kind;
	uint16_t index;
	char directory[32];		/* as HELLO said; "" before */
	struct channel *channel;
};

struct queue {
	const struct conf_queue *conf;	/* the room helper's */
	struct route_table *routes;	/* accept before routes before relayhost */
	struct route_table *on_failure;	/* domain -> "mx:queue" or "mx:bounce": the table of routes knows patterns */
	bool has_on_failure;
	uint16_t routes_version;	/* counts configurations */
	struct seal_pair *pair;		/* for the journal; the store has its own */
	struct store *store;		/* NULL before START */
	struct journal *journal;
	struct writer *writer;		/* for what is evacuated */
	struct replay *replay;		/* what the journal said, until all that lay there at the start is known */
	int own_directory, journal_directory;
	SLIST_HEAD(, folder_fd) folders;	/* before START */
	STAILQ_HEAD(, early_peer) early_peers;	/* not listened to before START: what they say is about those folders */
	LIST_HEAD(, writer_peer) writers;
	struct writer_peer *report;	/* borrowed from writers; NULL = away */
	struct relay_peer relays[RELAYS_MAX];
	uint16_t relays_count;
	struct mid_tree mids;
	struct age_list ages;
	int64_t seen_ms, seen_wall_ms;	/* both clocks, when age.c looked last */
	struct message *age_hands[5];	/* next to reach each age; NULL = the list's end was reached */
	struct due_tree due;
	struct job_tree jobs;
	struct hop_tree hops;
	struct rest_tree resting;
	struct active_list active;
	TAILQ_HEAD(, ask) asks;
	uint64_t next_job, next_ask;
	uint64_t messages_count, running;
	uint64_t tasks[TASK_OVER];	/* by state */
	uint64_t active_count;		/* destinations on active */
	bool is_dispatching;		/* dispatch_soon() was called */
	bool is_congested;
	bool is_stopping;
	bool is_broken;			/* the journal cannot be written: begin no delivery, ask for no notification */
	bool has_scanned;		/* what lay in the spool at the start is known */
	int64_t stop_deadline_ms;
	struct timer *due_timer, *rest_timer, *age_timer, *ask_timer, *hello_timer, *evacuate_timer, *stop_timer;
	struct snapshot *snapshot;	/* under way; else NULL */
	struct evacuation *evacuation;	/* under way; else NULL */
	uint64_t delivered, failed, deferred;	/* recipients, since the start */
};

#endif
