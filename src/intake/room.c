/* What master and queue say to this room; starting and stopping. */
#include "intake/room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "intake/names.h"
#include "intake/stop.h"
#include "ipc/writer_queue.h"
#include "loop/loop.h"
#include "metrics/count.h"
#include "metrics/sample.h"

#define HELP_OCTETS 400		/* of the URL in a reply */

bool
room_has_room(const struct room *room)
{
	return !room->is_congested && writer_staged(room->writer) + room->held_octets < room->conf->memory_octets;
}

/* queue */

static bool
on_queue_freed(void *arg, struct span payload, int fd)
{
	struct room *room = arg;
	struct writer_segment segment;

	(void)fd;
	if (room->writer == NULL || !writer_segment_decode(payload, &segment))
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
	room_peer_gone(ROOM_QUEUE, 0);
}

static const struct channel_row queue_rows[QUEUE_TO_WRITER_MESSAGES] = {
	[QUEUE_FREED] = { "freed", false, on_queue_freed },
	[QUEUE_CONGESTION] = { "congestion", false, on_queue_congestion },
};

static const struct channel_handler queue_handler = {
	.rows = queue_rows, .rows_count = QUEUE_TO_WRITER_MESSAGES, .on_closed = on_queue_closed
};

static void
on_peer(void *arg, const struct peer *peer, int fd)
{
	struct room *room = arg;

	if (peer->kind == ROOM_REPORT) {
		tally_attach(room->tally, fd);
		return;
	}
	if (peer->kind == ROOM_POLICY) {
		names_attach(room->names, fd);
		return;
	}
	if (peer->kind != ROOM_QUEUE)
		fatal("a channel to %s, which is no business of intake", room_name(peer->kind));
	queue_leave(room);
	room->queue = channel_new(fd, "queue", &queue_handler, room);
	if (room->writer != NULL)
		writer_attach(room->writer, room->queue);
}

/* Set-up */

static void
on_setup(void *arg, const struct setup *setup, const void *slice)
{
	const struct conf_intake *conf = slice;
	struct room *room = arg;
	struct listener_socket *listener;
	char help[HELP_OCTETS] = "";

	(void)setup;
	room->conf = conf;
	if (room->tally == NULL)
		room->tally = tally_new();
	tally_listen(room->tally, stop_hear, stop_gone, room);
	if (room->names == NULL)
		room->names = names_new();
	tally_configure(room->tally, conf->ledger_flush_s);
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
}

static void
on_directory(void *arg, const struct directory *directory, int fd)
{
	struct room *room = arg;

	if (!directory->is_own || room->directory >= 0)
		fatal("a second folder, or one of another room");
	room->directory = fd;
	room->directory_name = must_copy(directory->name.data, directory->name.length);
}

/* The writer is made for one key: master starts a new room for another. */
static void
on_key(void *arg, const struct spool_key *key)
{
	struct room *room = arg;

	if (room->public_key == NULL)
		room->public_key = must_copy(key->public_key.data, key->public_key.length);
	else if (!span_equal(span_of(room->public_key), key->public_key))
		fatal("the spool has another key now");
}

static void
on_listener(void *arg, const struct listener *setup, int fd)
{
	struct room *room = arg;
	struct listener_socket *listener;

	if (room->is_stopping) {
		close(fd);
		return;
	}
	listener = listener_new(room, setup, fd);
	TAILQ_INSERT_TAIL(&room->listeners, listener, entry);
	listener_configure(listener);
	if (room->is_open)
		listener_open(listener);
}

static void
listener_drop(struct room *room, struct listener_socket *listener)
{
	TAILQ_REMOVE(&room->listeners, listener, entry);
	listener_free(&listener);
}

static void
on_listener_gone(void *arg, uint32_t id)
{
	struct room *room = arg;
	struct listener_socket *listener;

	TAILQ_FOREACH(listener, &room->listeners, entry)
		if (listener->id == id) {
			listener_drop(room, listener);
			return;
		}
}

/* Everything is there: open the writer and the doors. */
static void
on_start(void *arg)
{
	struct room *room = arg;
	struct listener_socket *listener;
	char why[256];

	if (room->is_open || room->directory < 0 || room->public_key == NULL)
		fatal("started twice, or without folder or key");
	room->writer = writer_open(room->directory, span_of(room->directory_name), span_of(room->public_key), &room->conf->spool,
	    why, sizeof(why));
	if (room->writer == NULL)
		fatal("the spool cannot be written: %s", why);
	if (room->queue != NULL)
		writer_attach(room->writer, room->queue);
	room->is_open = true;
	TAILQ_FOREACH(listener, &room->listeners, entry)
		listener_open(listener);
	room_ready();
}

/* Stopping */

static void
on_over(void *unused)
{
	(void)unused;
	room_done();
}

/* Later, so that the last replies have left when the loop ends. */
void
room_maybe_done(struct room *room)
{
	if (!room->is_stopping || room->sessions_count > 0 || room->commits > 0)
		return;
	tally_finish(room->tally);
	loop_soon(on_over, NULL);
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
static void
on_stop(void *arg, uint32_t grace_ms)
{
	struct room *room = arg;

	if (room->is_stopping)
		return;
	room->is_stopping = true;
	while (!TAILQ_EMPTY(&room->listeners))
		listener_drop(room, TAILQ_FIRST(&room->listeners));
	room->grace = timer_new(on_grace_over, room);
	timer_start(room->grace, grace_ms);
	room_end_sessions(room, false);
	room_maybe_done(room);
}

static void
on_count(void *arg, struct buf *samples)
{
	const struct room *room = arg;
	const struct writer_figures *figures = room->writer == NULL ? NULL : writer_figures(room->writer);
	size_t staged = room->writer == NULL ? 0 : writer_staged(room->writer);

	count_tell(samples);
	sample_put(samples, METRIC_INTAKE_SESSIONS, room->sessions_count);
	sample_put(samples, METRIC_INTAKE_ACCEPTED, room->accepted);
	sample_put(samples, METRIC_INTAKE_OCTETS, room->accepted_octets);
	sample_put(samples, METRIC_INTAKE_MEMORY, room->held_octets + staged);
	sample_put(samples, METRIC_INTAKE_CONGESTED, room->is_congested);
	if (figures == NULL)
		return;
	sample_put_histogram(samples, METRIC_COMMIT_TIME, &figures->commit_us);
	sample_put_histogram(samples, METRIC_SYNC_OCTETS, &figures->sync_octets);
	sample_put(samples, METRIC_COMMIT_ERRORS, figures->errors);
}

static void
on_status(void *arg, struct row *row, struct arena *arena)
{
	const struct room *room = arg;
	size_t staged = room->writer == NULL ? 0 : writer_staged(room->writer);

	(void)arena;
	row_number(row, "sessions", (int64_t)room->sessions_count);
	row_number(row, "committing", (int64_t)room->commits);
	row_number(row, "accepted", (int64_t)room->accepted);
	row_number(row, "refused_connections", (int64_t)room->refused);
	row_number(row, "memory_octets", (int64_t)(room->held_octets + staged));
	row_flag(row, "congested", room->is_congested);
	row_flag(row, "has_queue", room->queue != NULL);
}

const struct room_handler room_handler = {
	.slice = &conf_intake_slice,
	.on_setup = on_setup,
	.on_directory = on_directory,
	.on_listener = on_listener,
	.on_listener_gone = on_listener_gone,
	.on_peer = on_peer,
	.on_key = on_key,
	.on_start = on_start,
	.on_stop = on_stop,
	.on_count = on_count,
	.on_status = on_status,
};

void
room_init(struct room *room)
{
	memset(room, 0, sizeof(*room));
	room->directory = -1;
	TAILQ_INIT(&room->listeners);
	TAILQ_INIT(&room->sessions);
}

void
room_clear(struct room *room)
{
	room_end_sessions(room, true);
	while (!TAILQ_EMPTY(&room->listeners))
		listener_drop(room, TAILQ_FIRST(&room->listeners));
	queue_leave(room);
	if (room->commits == 0)
		writer_close(&room->writer);
	timer_free(&room->grace);
	permit_free(&room->permit);
	tally_free(&room->tally);
	names_free(&room->names);
	free(room->help);
	free(room->directory_name);
	free(room->public_key);
}
