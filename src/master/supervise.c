/* All rooms together. */
#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "census.h"
#include "child.h"
#include "folders.h"
#include "keys.h"
#include "listeners.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/reap.h"
#include "mend.h"

#define PINGS_PER_SILENCE 6
#define START_SILENCES 10	/* whoever reads a large spool at start is given more time */
#define ANSWER_MS 2000		/* for a room to say how it is */
#define LAST_GRACE_MS 10000	/* for the rooms that only have to finish writing */

TAILQ_HEAD(children, child);

static struct {
	const struct plan *plan;
	const struct supervise_handler *handler;
	struct children children;
	int64_t silence_ms;
	struct timer *ping;
	bool was_ready;			/* on_ready was called */
	bool is_stopping, is_hurried;
	unsigned phase;			/* of stopping */
	/* An inquiry; on_end is NULL when there is none. */
	struct timer *inquiry;
	void (*on_row)(void *arg, const struct row *row);
	void (*on_end)(void *arg);
	void *arg;
} all = { .children = TAILQ_HEAD_INITIALIZER(all.children) };

static void
tell_setup(struct child *child)
{
	struct buf *out = channel_scratch();
	const struct setup setup = {
		.kind = child->row->kind, .index = (uint16_t)child->index,
		.count = (uint16_t)rooms_wanted(child->row, &all.plan->settings),
		.slice = buf_span(&all.plan->slices[child->row->kind])
	};

	setup_encode(out, &setup);
	child_send(child, MASTER_SETUP, buf_span(out), -1);
}

static void
tell_key(struct child *child)
{
	struct buf *out = channel_scratch();

	if (!child->row->knows_public)
		return;
	spool_key_encode(out, &(struct spool_key){
		span_of(keys_public()), span_of(child->row->knows_private ? keys_private() : "") });
	child_send(child, MASTER_KEY, buf_span(out), -1);
	buf_wipe(out);
}

static void
tell_folder(struct child *child, const char *name, int fd, bool is_own)
{
	struct buf *out = channel_scratch();

	directory_encode(out, &(struct directory){ span_of(name), is_own });
	child_send(child, MASTER_DIRECTORY, buf_span(out), fd);
}

static struct child *
child_find(enum room_kind kind, unsigned index)
{
	struct child *child;

	TAILQ_FOREACH(child, &all.children, entry)
		if (child->row->kind == kind && child->index == index && child->state != CHILD_GONE)
			return child;
	return NULL;
}

/* A folder that queue has not seen is announced to it before its writer is. */
static void
tell_queue_of_folder(const char *name)
{
	struct child *queue = child_find(ROOM_QUEUE, 0);
	int fd;

	if (queue == NULL || !child_is_running(queue))
		return;
	fd = folder_open_other(name);
	if (fd < 0)
		log_error("folder", LOG_TEXT("name", name), LOG_TEXT("reason", strerror(errno)));
	else
		tell_folder(queue, name, fd, false);
}

static void
tell_queue_folder(void *arg, const char *name, int fd)
{
	struct child *queue = arg;
	char own[FOLDER_NAME];

	if (strcmp(name, folder_name(queue->row, queue->index, own)) == 0)
		close(fd);
	else
		tell_folder(queue, name, fd, false);
}

static void
tell_folders(struct child *child)
{
	char name[FOLDER_NAME];
	bool is_new;
	int fd;

	if (!child->row->has_folder)
		return;
	fd = folder_take(child->row, child->index, &is_new);
	if (fd >= 0)
		tell_folder(child, folder_name(child->row, child->index, name), fd, true);
	if (child->row->kind == ROOM_QUEUE)
		folders_each(tell_queue_folder, child);
}

/* Make the folder of a room that is going to be started. */
static void
folder_ensure(const struct child *child)
{
	char name[FOLDER_NAME];
	bool is_new;
	int fd;

	if (child->row->keeps != NULL)
		folder_keep(child->row);
	if (!child->row->has_folder)
		return;
	fd = folder_take(child->row, child->index, &is_new);
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && is_new)
		tell_queue_of_folder(folder_name(child->row, child->index, name));
}

static void
tell_listener(void *arg, const struct listener *listener, int fd)
{
	struct child *child = arg;
	struct buf *out;

	if (!(child->row->listens & 1u << listener->kind)) {
		close(fd);
		return;
	}
	out = channel_scratch();
	listener_encode(out, listener);
	child_send(child, MASTER_LISTENER, buf_span(out), fd);
}

static void
tell_peer(struct child *child, const struct child *peer, int fd)
{
	struct buf *out = channel_scratch();

	peer_encode(out, &(struct peer){ peer->row->kind, (uint16_t)peer->index });
	child_send(child, MASTER_PEER, buf_span(out), fd);
}

/* A fresh channel for two rooms; both ends are theirs. */
static void
connect_pair(struct child *a, struct child *b)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
		fatal_errno("cannot make a channel");
	tell_peer(a, b, ends[0]);
	tell_peer(b, a, ends[1]);
}

/* To every room that this one talks to and that runs. */
static void
connect_peers(struct child *child)
{
	struct child *peer;

	TAILQ_FOREACH(peer, &all.children, entry)
		if (peer != child && child_is_running(peer) && rooms_talk(child->row->kind, peer->row->kind))
			connect_pair(child, peer);
}

static void
on_peer_gone(struct child *child, const struct peer *peer)
{
	struct child *other = child_find(peer->kind, peer->index);

	if (other != NULL && other != child && child_is_running(other) && rooms_talk(child->row->kind, peer->kind))
		mend_later(child, other);
}

/* A second later: neither has ended since, which would have brought channels to its next life. */
static void
on_mend(const struct mend_side *a, const struct mend_side *b)
{
	struct child *one = child_find(a->kind, a->index), *other = child_find(b->kind, b->index);

	if (one == NULL || other == NULL || one->pid != a->pid || other->pid != b->pid || !child_is_running(one) ||
	    !child_is_running(other) || all.is_stopping)
		return;
	log_warn("channel-mended", LOG_TEXT("room", room_name(a->kind)), LOG_NUMBER("index", a->index),
	    LOG_TEXT("peer", room_name(b->kind)), LOG_NUMBER("peer_index", b->index));
	connect_pair(one, other);
}

static void
on_started(struct child *child)
{
	/* The order is promised in ipc/master_rooms.h. */
	tell_setup(child);
	tell_folders(child);
	tell_key(child);	/* behind the folders: a writer is opened with both */
	if (child->row->listens != 0)
		listeners_each(tell_listener, child);
	connect_peers(child);
	child_send(child, MASTER_START, SPAN(""), -1);
}

static void
on_ready(struct child *unused)
{
	struct child *child;

	(void)unused;
	TAILQ_FOREACH(child, &all.children, entry)
		if (child->state != CHILD_READY)
			return;
	if (all.was_ready || all.is_stopping)
		return;
	all.was_ready = true;
	all.handler->on_ready();
}

/* When all have answered, or are past waiting for: the rows, in the order of the table. */
static void
inquiry_step(void *unused)
{
	void (*on_end)(void *arg) = all.on_end;
	struct child *child;
	struct row row;

	(void)unused;
	TAILQ_FOREACH(child, &all.children, entry)
		if (child->is_asked)
			return;
	if (on_end == NULL)
		return;
	TAILQ_FOREACH(child, &all.children, entry) {
		if (row_decode(buf_span(&child->answer), &row))
			all.on_row(all.arg, &row);
		buf_clear(&child->answer);
	}
	all.on_end = NULL;
	timer_cancel(all.inquiry);
	on_end(all.arg);
}

static void
on_status(struct child *child, const struct row *row)
{
	struct row known = *row;

	if (all.on_end == NULL)
		return;
	if (known.fields_count + 2 <= ROW_FIELDS_MAX) {
		row_text(&known, "state", span_of(child_state_name(child)));
		row_number(&known, "restarts", child->restarts);
	}
	buf_empty(&child->answer);
	row_encode(&child->answer, &known);
	inquiry_step(NULL);
}

/* What master knows of a room that does not tell itself. */
static void
status_without(struct child *child)
{
	struct row row = { .fields_count = 0 };

	child->is_asked = false;
	row_text(&row, "room", span_of(room_name(child->row->kind)));
	row_number(&row, "index", child->index);
	row_number(&row, "pid", child->pid);
	row_flag(&row, "ready", false);
	row_text(&row, "state", child_is_running(child) ? SPAN("silent") : span_of(child_state_name(child)));
	row_number(&row, "restarts", child->restarts);
	buf_empty(&child->answer);
	row_encode(&child->answer, &row);
}

static void
on_inquiry_late(void *unused)
{
	struct child *child;

	(void)unused;
	TAILQ_FOREACH(child, &all.children, entry)
		if (child->is_asked)
			status_without(child);
	inquiry_step(NULL);
}

bool
supervise_ask(void (*on_row)(void *arg, const struct row *row), void (*on_end)(void *arg), void *arg)
{
	struct child *child;

	if (all.on_end != NULL)
		return false;
	all.on_row = on_row;
	all.on_end = on_end;
	all.arg = arg;
	timer_start(all.inquiry, ANSWER_MS);
	TAILQ_FOREACH(child, &all.children, entry) {
		child->is_asked = child_is_running(child);
		if (child->is_asked)
			child_send(child, MASTER_STATUS, SPAN(""), -1);
		else
			status_without(child);
	}
	loop_soon(inquiry_step, NULL);
	return true;
}

static unsigned
running_in_phase(unsigned phase)
{
	struct child *child;
	unsigned count = 0;

	TAILQ_FOREACH(child, &all.children, entry)
		count += child->row->stops_in == phase && child->state != CHILD_GONE;
	return count;
}

static uint32_t
grace_ms(void)
{
	uint64_t grace = all.plan->settings.grace_s * 1000;

	if (all.is_hurried)
		return 0;
	return (uint32_t)(all.phase == ROOMS_STOP_PHASES - 1 && grace > LAST_GRACE_MS ? LAST_GRACE_MS : grace);
}

static void
phase_begin(void)
{
	struct child *child, *next;

	TAILQ_FOREACH_SAFE(child, &all.children, entry, next)
		if (child->row->stops_in == all.phase)
			child_stop(child, grace_ms());
}

/* When nothing of this phase is left, the next; when there is none, it is over. */
static void
phase_step(void *unused)
{
	(void)unused;
	while (all.phase < ROOMS_STOP_PHASES && running_in_phase(all.phase) == 0) {
		all.phase++;
		if (all.phase < ROOMS_STOP_PHASES)
			phase_begin();
	}
	if (all.phase == ROOMS_STOP_PHASES) {
		all.phase++;
		all.handler->on_stopped();
	}
}

static void
child_release(void *thing)
{
	struct child *child = thing;

	child_free(&child);
}

/* Start what the plan wants and is not there. Folders are there, and rooms are known, before the first is started. */
static void
start_missing(void *unused)
{
	struct child *child, *next;

	(void)unused;
	if (all.is_stopping)
		return;

	for (size_t i = 0; i < rooms_count; i++) {
		unsigned wanted = rooms_wanted(&rooms[i], &all.plan->settings);

		for (unsigned index = 0; index < wanted; index++)
			if (child_find(rooms[i].kind, index) == NULL && (rooms[i].while_locked || !keys_are_locked())) {
				child = child_new(&rooms[i], index);
				folder_ensure(child);
				TAILQ_INSERT_TAIL(&all.children, child, entry);
			}
	}
	TAILQ_FOREACH_SAFE(child, &all.children, entry, next)
		if (child->state == CHILD_DOWN && !timer_is_running(child->timer))
			child_start(child);
}

/* Web may have ended meanwhile: its next life asks anew. */
static void
on_census_for_web(void *unused, struct span census)
{
	struct child *web = child_find(ROOM_WEB, 0);

	(void)unused;
	if (web != NULL && child_is_running(web))
		child_send(web, MASTER_CENSUS, census, -1);
}

static void
on_wants_census(struct child *unused)
{
	(void)unused;
	census_cancel(&all);
	census_ask(on_census_for_web, &all);
}

static void
on_ended(struct child *child)
{
	census_without(child);
	if (child->is_asked) {
		status_without(child);
		inquiry_step(NULL);
	}
	if (child->state == CHILD_GONE) {
		TAILQ_REMOVE(&all.children, child, entry);
		reap_later(child_release, child);
	}
	/* One that was surplus may have become wanted again while it ended. */
	loop_soon(all.is_stopping ? phase_step : start_missing, NULL);
	/* Last: it may stop everything, this one too. */
	if (child->has_refused)
		all.handler->on_refused(child->row->kind);
}

static void
on_child_signal(void *unused)
{
	int status;
	pid_t pid;

	(void)unused;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct child *child;

		TAILQ_FOREACH(child, &all.children, entry)
			if (child->pid == pid)
				break;
		if (child != NULL)
			child_ended(child, status);
	}
}

static void
on_ping_due(void *unused)
{
	struct child *child;

	(void)unused;
	TAILQ_FOREACH(child, &all.children, entry)
		child_ping(child, child->state == CHILD_STARTING ? START_SILENCES * all.silence_ms : all.silence_ms);
	timer_start(all.ping, all.silence_ms / PINGS_PER_SILENCE);
}

bool
supervise_is_answering(void)
{
	const struct child *child;

	TAILQ_FOREACH(child, &all.children, entry)
		if (child->state == CHILD_READY && child->pinged_ms != 0 &&
		    clock_ms() - child->pinged_ms > all.silence_ms + all.silence_ms / PINGS_PER_SILENCE)
			return false;
	return true;
}

void
supervise_begin(const struct plan *plan, int64_t silence_ms, const struct supervise_handler *handler)
{
	static const struct child_handler children = { on_started, on_ready, on_status, on_peer_gone, census_counted,
		on_wants_census, on_ended };

	all.plan = plan;
	all.handler = handler;
	all.silence_ms = silence_ms;
	children_open(&children);
	loop_on_signal(SIGCHLD, on_child_signal, NULL);
	all.ping = timer_new(on_ping_due, NULL);
	timer_start(all.ping, silence_ms / PINGS_PER_SILENCE);
	all.inquiry = timer_new(on_inquiry_late, NULL);
	mend_open(on_mend);
	census_open(plan);
	start_missing(NULL);
}

void
supervise_apply(const struct plan *plan)
{
	struct child *child, *next;

	all.plan = plan;
	census_configure(plan);
	TAILQ_FOREACH_SAFE(child, &all.children, entry, next) {
		if (child->index >= rooms_wanted(child->row, &plan->settings))
			child_stop(child, grace_ms());
		else if (child_is_running(child) && child->state != CHILD_STOPPING)
			tell_setup(child);
	}
	start_missing(NULL);
}

void
supervise_unlocked(void)
{
	all.was_ready = false;
	start_missing(NULL);
}

void
supervise_listener_new(void *unused, const struct listener *listener, int fd)
{
	struct child *child;

	(void)unused;
	TAILQ_FOREACH(child, &all.children, entry) {
		int copy;

		if (!(child->row->listens & 1u << listener->kind) || !child_is_running(child) || child->state == CHILD_STOPPING)
			continue;
		copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (copy < 0)
			fatal_errno("cannot duplicate a descriptor");
		tell_listener(child, listener, copy);
	}
	close(fd);
}

void
supervise_listener_gone(void *unused, uint32_t id)
{
	struct buf *out = channel_scratch();
	struct child *child;

	(void)unused;
	listener_gone_encode(out, &(struct listener_gone){ id });
	TAILQ_FOREACH(child, &all.children, entry)
		if (child->row->listens != 0 && child_is_running(child) && child->state != CHILD_STOPPING)
			child_send(child, MASTER_LISTENER_GONE, buf_span(out), -1);
}

void
supervise_stop(void)
{
	all.is_hurried = all.is_stopping;
	all.is_stopping = true;
	phase_begin();
	loop_soon(phase_step, NULL);
}

bool
supervise_hand_over(enum room_kind kind, struct span request, int fd)
{
	struct child *child = child_find(kind, 0);

	if (child == NULL || child->state != CHILD_READY || !child_is_running(child))
		return false;
	child_send(child, MASTER_REQUEST, request, fd);
	return true;
}

struct child *
supervise_find(enum room_kind kind, unsigned index)
{
	return child_find(kind, index);
}

unsigned
supervise_wanted(const struct room_row *row)
{
	return rooms_wanted(row, &all.plan->settings);
}
