/*
 * All rooms together: which there are, what each is told, whom it talks to, and the order in which they stop.
 */
#ifndef MASTER_SUPERVISE_H
#define MASTER_SUPERVISE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "ipc/ctl_rooms.h"
#include "ipc/master_rooms.h"
#include "child.h"
#include "plan.h"

/* What happened that others want to know. Kept; called from the loop. */
struct supervise_handler {
	void (*on_ready)(void);		/* all rooms do their work: once after supervise_begin() */
	void (*on_refused)(enum room_kind kind);	/* it does not start by this configuration (ipc/room.h) */
	void (*on_stopped)(void);	/* none is left after supervise_stop() */
};

/*
 * Start the rooms (only those that run while the spool is locked, when it is). The plan is borrowed until
 * supervise_apply() or the end. silence_ms: a room that does its work and does not answer for so long is killed; one that
 * is still starting has ten times as long.
 */
void supervise_begin(const struct plan *plan, int64_t silence_ms, const struct supervise_handler *handler);

/* A new plan counts: rooms are told, surplus ones stopped, missing ones started. Listeners are told on their own. */
void supervise_apply(const struct plan *plan);

/* The spool was unlocked: start what waited for that. */
void supervise_unlocked(void);

/* For listeners_commit(): tell every room that runs and has such. */
void supervise_listener_new(void *unused, const struct listener *listener, int fd);
void supervise_listener_gone(void *unused, uint32_t id);

/* The room of that kind and index; NULL when there is none just now. And how many the plan wants. */
struct child *supervise_find(enum room_kind kind, unsigned index);
unsigned supervise_wanted(const struct room_row *row);

/* Stop the rooms, phase by phase (rooms.h), each with the grace period. Called again, it hurries. */
void supervise_stop(void);

/* Every room that does its work has answered within the silence allowed. */
bool supervise_is_answering(void);

/*
 * Give a request and the operator's connection, which becomes the room's, to the first room of the kind. Returns
 * false, the connection still the caller's, when it does not run.
 */
bool supervise_hand_over(enum room_kind kind, struct span request, int fd);

/*
 * Ask every room how it is; later on_row for each, also for those that do not run or do not answer in time, then
 * on_end. Returns false when an inquiry is under way already.
 */
bool supervise_ask(void (*on_row)(void *arg, const struct row *row), void (*on_end)(void *arg), void *arg);

#endif
