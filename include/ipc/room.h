/*
 * A room's side of its channel to master, so that its main.c only wires:
 *
 *   int
 *   main(void)
 *   {
 *	sandbox_enter("intake", SANDBOX_ACCEPT | SANDBOX_PATHS);
 *	return room_run(ROOM_INTAKE, &handler, NULL);
 *   }
 *
 * room_run() opens the log, ignores SIGPIPE and the signals that are master's business, answers PING,
 * STATUS and COUNT, and comes back when the room is done or master is gone. Everything else is a callback, called
 * from the loop in the order in which master said things (ipc/master_rooms.h). A message whose callback
 * is NULL is not this room's: it ends the room, as any nonsense does.
 *
 * Secrets (keys in a slice, KEY) are overwritten here when their time is over; copies are the room's to wipe.
 */
#ifndef IPC_ROOM_H
#define IPC_ROOM_H

#include "conf/slice.h"
#include "ipc/ctl_rooms.h"
#include "ipc/master_rooms.h"

struct room_handler {
	const struct conf_slice *slice;	/* table of the room's slice: a struct that begins with a struct conf_log */
	/*
	 * The first message, and again with every new configuration; the log was opened as it says. The slice
	 * stays the helper's and valid until the next on_setup has returned.
	 */
	void (*on_setup)(void *arg, const struct setup *setup, const void *slice);
	/* Descriptors become the room's; everything else is borrowed for the call. */
	void (*on_directory)(void *arg, const struct directory *directory, int fd);
	void (*on_listener)(void *arg, const struct listener *listener, int fd);
	void (*on_listener_gone)(void *arg, uint32_t id);
	/* A fresh channel to that room, which was not there before or was restarted. */
	void (*on_peer)(void *arg, const struct peer *peer, int fd);
	void (*on_key)(void *arg, const struct spool_key *key);
	/* The first round is complete. The room calls room_ready() when it does its work; without on_start it is at once. */
	void (*on_start)(void *arg);
	/* Finish what is under way, then room_done(). Master kills a room some time after the grace period. NULL: done at once. */
	void (*on_stop)(void *arg, uint32_t grace_ms);
	/* The operator asks; fd is the connection to answer on (ctl_rooms.h). */
	void (*on_request)(void *arg, const struct request *request, int fd);
	/* Add fields to the room's row for `sealpost status`; texts made for it go to the arena. May be NULL. */
	void (*on_status)(void *arg, struct row *row, struct arena *arena);
	/* Add what it has counted to the samples (metrics/sample.h). May be NULL. */
	void (*on_count)(void *arg, struct buf *samples);
	/* Master says what all rooms have counted: asked for by room_want_census(). */
	void (*on_census)(void *arg, struct span census);
};

/*
 * Be this room until it is done. The channel is descriptor ROOM_CHANNEL_FD.
 * Returns the exit code for main: EX_OK after room_done(), EX_PROTOCOL when the channel ended before. A main that returns
 * EX_CONFIG instead, before it was ready, says that the room does not start by this configuration: at its own first start
 * master then ends as well.
 */
int room_run(enum room_kind kind, const struct room_handler *handler, void *arg);

/* Tell master that this room does its work; once, after on_start. */
void room_ready(void);

/*
 * Tell master that the channel to a peer has ended. When the peer has, too, its next life comes with a channel as always; when
 * it lives (one of both could not understand the other, or was out of descriptors), both are given a fresh one after a second.
 */
void room_peer_gone(enum room_kind kind, unsigned index);

/* Ask master what all rooms have counted; web alone may. */
void room_want_census(void);

/* End room_run() after this turn of the loop. */
void room_done(void);

#endif
