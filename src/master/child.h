/*
 * One process of a room: started, told what is its, watched, started again when it ends.
 *
 *   down --child_start--> starting --READY--> ready
 *    ^                       |                  |
 *    +---- ended, waits -----+------------------+
 *
 * child_stop() leads from any of them to stopping, and from there to gone.
 */
#ifndef MASTER_CHILD_H
#define MASTER_CHILD_H

#include <bsd/sys/queue.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "ipc/channel.h"
#include "ipc/ctl_rooms.h"
#include "ipc/master_rooms.h"
#include "loop/timer.h"
#include "rooms.h"

enum child_state { CHILD_DOWN, CHILD_STARTING, CHILD_READY, CHILD_STOPPING, CHILD_GONE, CHILD_STATES };

struct child {
	TAILQ_ENTRY(child) entry;	/* in its owner's list */
	const struct room_row *row;
	unsigned index;
	enum child_state state;
	pid_t pid;			/* 0 = no process */
	struct channel *channel;	/* NULL = none */
	struct timer *timer;		/* down: until it is started again; else: until it is killed */
	int64_t started_ms;		/* clock_ms() */
	int64_t pinged_ms;		/* when PING was said and not answered yet; 0 = nothing is outstanding */
	int64_t wait_ms;		/* before it is started again */
	unsigned restarts;
	bool has_refused;		/* its last process ended before it was ready, with EX_CONFIG */
	bool is_asked;			/* STATUS was said and not answered yet */
	struct buf answer;		/* to the last STATUS, an encoded row; its owner's */
	bool is_counting;		/* COUNT was said and not answered yet */
	struct buf counted;		/* the answer to the last COUNT, struct room_counted; census.c's */
};

/* What the owner of children wants to know. */
struct child_handler {
	void (*on_started)(struct child *child);	/* a process and a channel are there: tell it everything */
	void (*on_ready)(struct child *child);
	void (*on_status)(struct child *child, const struct row *row);
	void (*on_peer_gone)(struct child *child, const struct peer *peer);	/* its channel to that room has ended */
	void (*on_counted)(struct child *child, struct span counted);
	void (*on_wants_census)(struct child *child);
	void (*on_ended)(struct child *child);		/* down or gone */
};

/* Whom to tell; kept. */
void children_open(const struct child_handler *handler);

struct child *child_new(const struct room_row *row, unsigned index);
void child_free(struct child **child);	/* one without a process */

const char *child_state_name(const struct child *child);
bool child_is_running(const struct child *child);

/* Start its process; when that fails, it is tried again later. */
void child_start(struct child *child);

/* Ask it to stop, with a grace period, and kill it some time after that. Without a process it is gone at once. May be called again. */
void child_stop(struct child *child, uint32_t grace_ms);

void child_send(struct child *child, uint16_t type, struct span payload, int fd);	/* fd becomes the channel's */

/* Say PING, or kill it when it has not answered the last one for silence_ms. */
void child_ping(struct child *child, int64_t silence_ms);

/* Its process ended, as waitpid() has it. */
void child_ended(struct child *child, int status);

#endif
