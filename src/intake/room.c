/* What master and queue say to this room, in rows; starting and stopping. */
#include "intake/room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "ipc/ctl_rooms.h"
#include "ipc/master_rooms.h"
#include "ipc/writer_queue.h"
#include "loop/loop.h"

#define HELP_OCTETS 400		/* of the URL in a reply */

bool
room_has_room(const struct room *room)
{
	return !room->is_congested && writer_staged(room->writer) + room->held_octets < room->conf.memory_octets;
}

/* queue */

static bool
on_queue_freed(void *arg, struct span payload, int fd)
{
	struct room *room = arg;
	struct writer_segment segment;

	(void)fd;
	if (!writer_segment_decode(payload, &segment))
		return false;
	writer_freed(room->writer, &segment);
	return true;
}

static bool
on_queue_congestion(void *arg, struct span payload, int fd)
{
	struct room *room = arg;
	struct queue_congestion congestion;

	(void)fd;
	if (!queue_congestion_decode(payload, &congestion))
		return false;
	if (congestion.congested != room->is_congested)
		log_warn("congestion", LOG_NUMBER("congested", congestion.congested));
	room->is_congested = congestion.congested;
	return true;
}

/* A new queue finds on disk what it was not told, and says anew whether it is congested. */
static void
queue_leave(struct room *room)
{
	if (room->writer != NULL)
		writer_attach(room->writer, NULL);
	channel_free(&room->queue);
	room->is_congested = false;
}

static void
on_queue_closed(void *arg)
{
	queue_leave(arg);
}

static const struct channel_row queue_rows[QUEUE_TO_WRITER_MESSAGES] = {
	[QUEUE_FREED] = { "freed", false, on_queue_freed },
	[QUEUE_CONGESTION] = { "congestion", false, on_queue_congestion },
};

static const struct channel_handler queue_handler = {
	.rows = queue_rows, .rows_count = QUEUE_TO_WRITER_MESSAGES, .on_closed = on_queue_closed
};

/* master: set-up */

static void
room_configure(struct room *room)
{
	const struct conf_intake *conf = &room->conf;
	struct listener_socket *listener;
	char help[HELP_OCTETS] = "";

	log_open("sealpost-intake", (enum log_target)conf->log.target, (enum log_level)conf->log.level,
	    (enum log_addresses)conf->log.addresses);
	if (*conf->help_url != '\0')
		snprintf(help, sizeof(help), "; see %s", conf->help_url);
	free(room->help);
	room->help = must_copy(help, strlen(help));
	permit_free(&room->permit);
	room->permit = permit_new(&conf->clients, &conf->accept, conf->hostname);
	if (room->writer != NULL)
		writer_configure(room->writer, &conf->spool);
	TAILQ_FOREACH(listener, &room->listeners, entry)
		listener_configure(listener);
	room->is_configured = true;
}

static bool
on_setup(void *arg, struct span payload, int fd)
{
	struct room *room = arg;
	struct conf_intake conf;
	struct setup setup;

	(void)fd;
	if (!setup_decode(payload, &setup) || setup.kind != ROOM_INTAKE || !conf_decode(setup.slice, &conf_intake_slice, &conf))
		return false;
	if (room->is_configured)
		conf_clear(&conf_intake_slice, &room->conf);
	room->conf = conf;
	room->index = setup.index;
	room_configure(room);
	return true;
}

static bool
on_directory(void *arg, struct span payload, int fd)
{
	struct room *room = arg;
	struct directory directory;

	if (!directory_decode(payload, &directory) || !directory.is_own || room->directory >= 0) {
		close(fd);
		return false;
	}
	room->directory = fd;
	room->directory_name = must_copy(directory.name.data, directory.name.length);
	return true;
}

static bool
on_key(void *arg, struct span payload, int fd)
{
	struct room *room = arg;
	struct spool_key key;

	(void)fd;
	if (!spool_key_decode(payload, &key))
		return false;
	/* The writer is made for one key: with another, master starts a new room. */
	if (room->public_key != NULL)
		return span_equal(span_of(room->public_key), key.public_key);
	room->public_key = must_copy(key.public_key.data, key.public_key.length);
	return true;
}

static struct listener_socket *
listener_find(struct room *room, uint32_t id)
{
	struct listener_socket *listener;

	TAILQ_FOREACH(listener, &room->listeners, entry)
		if (listener->id == id)
			return listener;
	return NULL;
}

static bool
on_listener(void *arg, struct span payload, int fd)
{
	struct room *room = arg;
	struct listener_socket *listener;
	struct listener setup;

	if (!listener_decode(payload, &setup) || !room->is_configured || listener_find(room, setup.id) != NULL || room->is_stopping) {
		close(fd);
		return room->is_stopping;
	}
	listener = listener_new(room, &setup, fd);
	TAILQ_INSERT_TAIL(&room->listeners, listener, entry);
	listener_configure(listener);
	if (room->is_open)
		listener_open(listener);
	return true;
}

static void
listener_drop(struct room *room, struct listener_socket *listener)
{
	TAILQ_REMOVE(&room->listeners, listener, entry);
	listener_free(&listener);
}

static bool
on_listener_gone(void *arg, struct span payload, int fd)
{
	struct room *room = arg;
	struct listener_gone gone;
	struct listener_socket *listener;

	(void)fd;
	if (!listener_gone_decode(payload, &gone))
		return false;
	listener = listener_find(room, gone.id);
	if (listener != NULL)
		listener_drop(room, listener);
	return true;
}

static bool
on_peer(void *arg, struct span payload, int fd)
{
	struct room *room = arg;
	struct peer peer;

	if (!peer_decode(payload, &peer) || peer.kind != ROOM_QUEUE) {
		close(fd);
		return false;
	}
	queue_leave(room);
	room->queue = channel_new(fd, "queue", &queue_handler, room);
	if (room->writer != NULL)
		writer_attach(room->writer, room->queue);
	return true;
}

/* Everything is there: open the writer and the doors. */
static bool
on_start(void *arg, struct span payload, int fd)
{
	struct room *room = arg;
	struct listener_socket *listener;
	char why[256];

	(void)payload;
	(void)fd;
	if (room->is_open || !room->is_configured || room->directory < 0 || room->public_key == NULL)
		return false;
	room->writer = writer_open(room->directory, span_of(room->directory_name), span_of(room->public_key), &room->conf.spool,
	    why, sizeof(why));
	if (room->writer == NULL)
		fatal("the spool cannot be written: %s", why);
	if (room->queue != NULL)
		writer_attach(room->writer, room->queue);
	room->is_open = true;
	TAILQ_FOREACH(listener, &room->listeners, entry)
		listener_open(listener);
	channel_send(room->master, ROOM_READY, SPAN(""), -1);
	return true;
}

/* master: stopping */

void
room_maybe_done(struct room *room)
{
	if (room->is_stopping && room->sessions_count == 0 && room->commits == 0)
		loop_stop();
}

static void
room_end_sessions(struct room *room, bool all)
{
	struct session *session, *next;

	for (session = TAILQ_FIRST(&room->sessions); session != NULL; session = next) {
		next = TAILQ_NEXT(session, entry);
		session_stop(session, all);
	}
}

static void
on_grace_over(void *arg)
{
	room_end_sessions(arg, true);
}

/* 421 to whoever is idle; a message under way may come to its end within the grace (RFC 5321 3.8). */
static bool
on_stop(void *arg, struct span payload, int fd)
{
	struct room *room = arg;
	struct listener_socket *listener;
	struct stop stop;

	(void)fd;
	if (!stop_decode(payload, &stop))
		return false;
	if (room->is_stopping)
		return true;
	room->is_stopping = true;
	while ((listener = TAILQ_FIRST(&room->listeners)) != NULL)
		listener_drop(room, listener);
	timer_start(room->grace, stop.grace_ms);
	room_end_sessions(room, false);
	room_maybe_done(room);
	return true;
}

/* master: are you there? */

static bool
on_ping(void *arg, struct span payload, int fd)
{
	struct room *room = arg;

	(void)payload;
	(void)fd;
	channel_send(room->master, ROOM_PONG, SPAN(""), -1);
	return true;
}

static bool
on_status(void *arg, struct span payload, int fd)
{
	struct room *room = arg;
	struct row row = { .fields_count = 0 };
	struct buf *out = channel_scratch();

	(void)payload;
	(void)fd;
	row_text(&row, "room", SPAN("intake"));
	row_number(&row, "index", room->index);
	row_number(&row, "sessions", (int64_t)room->sessions_count);
	row_number(&row, "committing", (int64_t)room->commits);
	row_number(&row, "accepted", (int64_t)room->accepted);
	row_number(&row, "refused_connections", (int64_t)room->refused);
	row_number(&row, "memory_octets", (int64_t)(room->held_octets + (room->writer == NULL ? 0 : writer_staged(room->writer))));
	row_flag(&row, "congested", room->is_congested);
	row_flag(&row, "queue_connected", room->queue != NULL);
	row_encode(out, &row);
	channel_send(room->master, ROOM_STATUS, buf_span(out), -1);
	return true;
}

/* Without master there is nobody to stop us, and nobody to tell queue: end at once. What was said 250 is on disk. */
static void
on_master_closed(void *arg)
{
	struct room *room = arg;

	log_warn("master-gone", LOG_NUMBER("sessions", room->sessions_count));
	loop_stop();
}

static const struct channel_row master_rows[MASTER_MESSAGES] = {
	[MASTER_SETUP] = { "setup", false, on_setup },
	[MASTER_DIRECTORY] = { "directory", true, on_directory },
	[MASTER_LISTENER] = { "listener", true, on_listener },
	[MASTER_LISTENER_GONE] = { "listener-gone", false, on_listener_gone },
	[MASTER_PEER] = { "peer", true, on_peer },
	[MASTER_KEY] = { "key", false, on_key },
	[MASTER_START] = { "start", false, on_start },
	[MASTER_STOP] = { "stop", false, on_stop },
	[MASTER_PING] = { "ping", false, on_ping },
	[MASTER_STATUS] = { "status", false, on_status },
};

static const struct channel_handler master_handler = {
	.rows = master_rows, .rows_count = MASTER_MESSAGES, .on_closed = on_master_closed
};

struct room *
room_new(int fd)
{
	struct room *room = must_alloc(sizeof(*room));

	room->directory = -1;
	TAILQ_INIT(&room->listeners);
	TAILQ_INIT(&room->sessions);
	room->grace = timer_new(on_grace_over, room);
	room->master = channel_new(fd, "master", &master_handler, room);
	return room;
}

void
room_free(struct room **handle)
{
	struct room *room = *handle;
	struct listener_socket *listener;

	if (room == NULL)
		return;
	*handle = NULL;
	room->is_stopping = true;
	room_end_sessions(room, true);
	while ((listener = TAILQ_FIRST(&room->listeners)) != NULL)
		listener_drop(room, listener);
	queue_leave(room);
	writer_close(&room->writer);
	channel_free(&room->master);
	timer_free(&room->grace);
	permit_free(&room->permit);
	if (room->is_configured)
		conf_clear(&conf_intake_slice, &room->conf);
	free(room->help);
	free(room->directory_name);
	free(room->public_key);
	free(room);
}
