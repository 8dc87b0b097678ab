/*
 * The messages of master to a room, decoded and handed to the room's callbacks (one row each). What
 * the callbacks do is the room's; when the channel ends, so does the room: what matters is on disk.
 */
#include "ipc/room.h"

#include <assert.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/self.h"
#include "conf/log.h"
#include "ipc/channel.h"
#include "loop/clock.h"
#include "loop/loop.h"

#define KEPT_OCTETS (8 * 1024 * 1024)	/* of memory that was freed: not given back to the kernel */

static struct {
	enum room_kind kind;
	const struct room_handler *handler;
	void *arg;
	struct channel *master;
	struct setup setup;		/* its slice is not kept */
	void *slice;			/* NULL before the first SETUP */
	int64_t since_ms, started_ms;	/* by the clock for time-outs, and since the epoch */
	bool is_ready, is_done;
} room;

/* As they stand before "event=" on every line. */
static const char *const log_names[ROOM_KINDS] = {
	"sealpostd", "sealpost-intake", "sealpost-queue", "sealpost-relay", "sealpost-report", "sealpost-policy", "sealpost-web"
};

static void
slice_free(void *slice)
{
	if (slice == NULL)
		return;
	conf_clear(room.handler->slice, slice);
	free(slice);
}

/* What a message said must not be found in memory later. */
static void
payload_wipe(struct span payload)
{
	explicit_bzero((void *)(uintptr_t)payload.data, payload.length);
}

static bool
on_setup(void *arg, struct span payload, int fd)
{
	struct setup setup;
	void *slice, *former = room.slice;
	const struct conf_log *log;

	(void)fd;
	if (!setup_decode(payload, &setup) || setup.kind != room.kind)
		return false;
	slice = must_alloc(room.handler->slice->size);
	if (!conf_decode(setup.slice, room.handler->slice, slice)) {
		free(slice);
		return false;
	}
	payload_wipe(payload);
	log = slice;
	log_open(log_names[room.kind], (enum log_target)log->target, (enum log_level)log->level,
	    (enum log_addresses)log->addresses);
	room.setup = setup;
	room.setup.slice = SPAN("");
	room.slice = slice;
	room.handler->on_setup(arg, &room.setup, slice);
	slice_free(former);
	return true;
}

static bool
on_directory(void *arg, struct span payload, int fd)
{
	struct directory directory;

	if (room.slice == NULL || room.handler->on_directory == NULL || !directory_decode(payload, &directory)) {
		close(fd);
		return false;
	}
	room.handler->on_directory(arg, &directory, fd);
	return true;
}

static bool
on_listener(void *arg, struct span payload, int fd)
{
	struct listener listener;

	if (room.slice == NULL || room.handler->on_listener == NULL || !listener_decode(payload, &listener)) {
		close(fd);
		return false;
	}
	room.handler->on_listener(arg, &listener, fd);
	return true;
}

static bool
on_listener_gone(void *arg, struct span payload, int fd)
{
	struct listener_gone gone;

	(void)fd;
	if (room.handler->on_listener_gone == NULL || !listener_gone_decode(payload, &gone))
		return false;
	room.handler->on_listener_gone(arg, gone.id);
	return true;
}

static bool
on_peer(void *arg, struct span payload, int fd)
{
	struct peer peer;

	if (room.slice == NULL || room.handler->on_peer == NULL || !peer_decode(payload, &peer)) {
		close(fd);
		return false;
	}
	room.handler->on_peer(arg, &peer, fd);
	return true;
}

static bool
on_key(void *arg, struct span payload, int fd)
{
	struct spool_key key;

	(void)fd;
	if (room.slice == NULL || room.handler->on_key == NULL || !spool_key_decode(payload, &key))
		return false;
	room.handler->on_key(arg, &key);
	payload_wipe(payload);
	return true;
}

static bool
on_start(void *arg, struct span payload, int fd)
{
	(void)fd;
	if (room.slice == NULL || !span_is_empty(payload))
		return false;
	if (room.handler->on_start == NULL)
		room_ready();
	else
		room.handler->on_start(arg);
	return true;
}

static bool
on_stop(void *arg, struct span payload, int fd)
{
	struct stop stop;

	(void)fd;
	if (!stop_decode(payload, &stop))
		return false;
	if (room.handler->on_stop == NULL)
		room_done();
	else
		room.handler->on_stop(arg, stop.grace_ms);
	return true;
}

static bool
on_ping(void *arg, struct span payload, int fd)
{
	(void)arg;
	(void)fd;
	channel_send(room.master, ROOM_PONG, SPAN(""), -1);
	return span_is_empty(payload);
}

static bool
on_request(void *arg, struct span payload, int fd)
{
	struct arena *arena = arena_new();
	struct request request;
	bool makes_sense = room.slice != NULL && room.handler->on_request != NULL &&
	    request_decode(payload, arena, &request);

	if (makes_sense)
		room.handler->on_request(arg, &request, fd);
	else
		close(fd);
	arena_free(&arena);
	return makes_sense;
}

static bool
on_status(void *arg, struct span payload, int fd)
{
	struct row row = { .fields_count = 0 };
	struct arena *arena = arena_new();
	struct buf *out = channel_scratch();

	(void)fd;
	row_text(&row, "room", span_of(room_name(room.kind)));
	row_number(&row, "index", room.setup.index);
	row_number(&row, "pid", getpid());
	row_number(&row, "up_s", (clock_ms() - room.since_ms) / 1000);
	row_flag(&row, "ready", room.is_ready);
	if (room.handler->on_status != NULL && room.slice != NULL)
		room.handler->on_status(arg, &row, arena);
	row_encode(out, &row);
	channel_send(room.master, ROOM_STATUS, buf_span(out), -1);
	arena_free(&arena);
	return span_is_empty(payload);
}

static bool
on_count(void *arg, struct span payload, int fd)
{
	struct room_counted counted = { room.started_ms, self_cpu_us(), self_memory_octets(), SPAN("") };
	struct buf samples, *out;

	(void)fd;
	buf_init(&samples, ROOM_SAMPLES_MAX);
	if (room.handler->on_count != NULL && room.slice != NULL)
		room.handler->on_count(arg, &samples);
	counted.samples = buf_span(&samples);
	out = channel_scratch();
	room_counted_encode(out, &counted);
	channel_send(room.master, ROOM_COUNTED, buf_span(out), -1);
	buf_clear(&samples);
	return span_is_empty(payload);
}

static bool
on_census(void *arg, struct span payload, int fd)
{
	(void)fd;
	if (room.slice == NULL || room.handler->on_census == NULL)
		return false;
	room.handler->on_census(arg, payload);
	return true;
}

static const struct channel_row rows[MASTER_MESSAGES] = {
	[MASTER_SETUP] = { "setup", false, on_setup },
	[MASTER_DIRECTORY] = { "directory", true, on_directory },
	[MASTER_LISTENER] = { "listener", true, on_listener },
	[MASTER_LISTENER_GONE] = { "listener-gone", false, on_listener_gone },
	[MASTER_PEER] = { "peer", true, on_peer },
	[MASTER_KEY] = { "key", false, on_key },
	[MASTER_START] = { "start", false, on_start },
	[MASTER_STOP] = { "stop", false, on_stop },
	[MASTER_PING] = { "ping", false, on_ping },
	[MASTER_REQUEST] = { "request", true, on_request },
	[MASTER_STATUS] = { "status", false, on_status },
	[MASTER_COUNT] = { "count", false, on_count },
	[MASTER_CENSUS] = { "census", false, on_census },
};

/* Master is gone, or said something that is not for us (the channel has logged what). */
static void
on_master_closed(void *arg)
{
	(void)arg;
	if (!room.is_done)
		log_warn("end", LOG_TEXT("reason", "the channel to master ended"));
	loop_stop();
}

static const struct channel_handler channel_handler = {
	.rows = rows, .rows_count = MASTER_MESSAGES, .on_closed = on_master_closed
};

void
room_ready(void)
{
	assert(!room.is_ready);
	room.is_ready = true;
	channel_send(room.master, ROOM_READY, SPAN(""), -1);
}

void
room_peer_gone(enum room_kind kind, unsigned index)
{
	struct buf *out = channel_scratch();

	peer_encode(out, &(struct peer){ kind, (uint16_t)index });
	channel_send(room.master, ROOM_PEER_GONE, buf_span(out), -1);
}

void
room_want_census(void)
{
	channel_send(room.master, ROOM_WANTS_CENSUS, SPAN(""), -1);
}

void
room_done(void)
{
	room.is_done = true;
	loop_stop();
}

/* Signals to the whole process group (a terminal's ^C) are for master, who then tells us. */
static void
signals_leave_to_master(void)
{
	static const int numbers[] = { SIGPIPE, SIGINT, SIGTERM, SIGHUP };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		signal(numbers[i], SIG_IGN);
}

/*
 * Buffers of a chunk or a record come and go with every message. By default their memory goes back to the kernel each time, and a page
 * fault for every 4 KiB brings it again: a fifth of relay's time with messages of 64 KiB.
 */
static void
memory_is_kept(void)
{
	mallopt(M_TRIM_THRESHOLD, KEPT_OCTETS);
	mallopt(M_MMAP_THRESHOLD, KEPT_OCTETS);
}

int
room_run(enum room_kind kind, const struct room_handler *handler, void *arg)
{
	room.kind = kind;
	room.handler = handler;
	room.arg = arg;
	log_open(log_names[kind], LOG_TO_STDERR, LOG_LEVEL_INFO, LOG_ADDRESSES_FULL);
	signals_leave_to_master();
	memory_is_kept();
	loop_init();
	room.since_ms = clock_ms();
	room.started_ms = clock_wall_ms();
	room.master = channel_new(ROOM_CHANNEL_FD, "master", &channel_handler, arg);
	loop_run();
	channel_free(&room.master);
	slice_free(room.slice);
	room.slice = NULL;
	log_flush();
	return room.is_done ? EX_OK : EX_PROTOCOL;
}
