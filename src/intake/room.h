/* The room: what master gave it, and what all its sessions share. */
#ifndef INTAKE_ROOM_H
#define INTAKE_ROOM_H

#include <sys/queue.h>

#include "conf/intake.h"
#include "intake/crowd.h"
#include "intake/listener.h"
#include "intake/permit.h"
#include "intake/session.h"
#include "ipc/channel.h"
#include "ipc/room.h"
#include "ipc/tally.h"
#include "loop/timer.h"
#include "spool/writer.h"

struct room {
	const struct conf_intake *conf;	/* ipc/room.h keeps it */
	struct channel *queue;		/* NULL while queue is away: mail is accepted all the same */
	bool is_open;			/* START has come: listening */
	bool is_stopping;		/* STOP has come: no new sessions, no new messages */
	bool is_congested;		/* queue holds all it can */
	char *help;			/* "; see URL" or "" for the 530 text */
	struct permit *permit;
	struct names *names;		/* policy's, for who vouches for mail; NULL before SETUP */
	int directory;			/* the folder of our segments; -1 until it came */
	char *directory_name, *public_key;
	struct writer *writer;		/* NULL until is_open */
	TAILQ_HEAD(, listener_socket) listeners;
	TAILQ_HEAD(sessions, session) sessions;
	size_t sessions_count;
	struct crowd crowd;
	size_t commits;			/* messages being made durable */
	size_t held_octets;		/* input that sessions have not consumed yet, and what is known of who vouches for messages */
	struct timer *grace;		/* runs while stopping; made when that begins */
	struct tally *tally;		/* of sessions, for the ledger; NULL before SETUP */
	uint64_t stops;			/* of which report was asked: the last one's id */
	int64_t refused_next_ms;	/* report hears of no other refused sender before */
	uint64_t accepted, refused;	/* messages committed; connections turned away */
	uint64_t accepted_octets;	/* of content */
};

/* What master's messages do here; arg is the room. */
extern const struct room_handler room_handler;

/* Before room_run(), and after it: close what is open, without a word to anybody. */
void room_init(struct room *room);
void room_clear(struct room *room);

/* Whether another message may begin; false = 452 for now. */
bool room_has_room(const struct room *room);

/* A session or a commit has ended: the last one ends a stopping room. */
void room_maybe_done(struct room *room);

#endif
