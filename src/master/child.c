/* One process of a room. */
#include "child.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "loop/clock.h"
#include "spawn.h"

#define WAIT_FIRST_MS 1000
#define WAIT_MOST_MS 60000
#define LIFE_GOOD_MS 60000	/* whoever lived this long waits WAIT_FIRST_MS again */
#define KILL_AFTER_MS 5000	/* beyond the grace period */
#define KILL_HURRIED_MS 2000	/* without one, and when the channel is gone */

#define TO(state) (1u << CHILD_##state)

static const struct {
	const char *name;
	unsigned next;		/* states reachable from here */
} states[CHILD_STATES] = {
	[CHILD_DOWN] = { "down", TO(STARTING) | TO(GONE) },
	[CHILD_STARTING] = { "starting", TO(READY) | TO(DOWN) | TO(STOPPING) },
	[CHILD_READY] = { "ready", TO(DOWN) | TO(STOPPING) },
	[CHILD_STOPPING] = { "stopping", TO(GONE) },
	[CHILD_GONE] = { "gone", 0 },
};

static const struct child_handler *owner;

void
children_open(const struct child_handler *handler)
{
	owner = handler;
}

static void
child_enter(struct child *child, enum child_state to)
{
	assert((states[child->state].next & (1u << to)) != 0);
	log_debug("room", LOG_TEXT("room", room_name(child->row->kind)), LOG_NUMBER("index", child->index),
	    LOG_TEXT("state", states[to].name), LOG_TEXT("was", states[child->state].name));
	child->state = to;
}

const char *
child_state_name(const struct child *child)
{
	return states[child->state].name;
}

bool
child_is_running(const struct child *child)
{
	return child->channel != NULL;
}

static void
child_kill(struct child *child, const char *why)
{
	log_warn("room-killed", LOG_TEXT("room", room_name(child->row->kind)), LOG_NUMBER("index", child->index),
	    LOG_NUMBER("pid", child->pid), LOG_TEXT("reason", why));
	(void)kill(child->pid, SIGKILL);
}

static void
on_timer(void *arg)
{
	struct child *child = arg;

	if (child->state == CHILD_DOWN)
		child_start(child);
	else if (child->pid != 0)
		child_kill(child, "it did not end in time");
}

struct child *
child_new(const struct room_row *row, unsigned index)
{
	struct child *child = must_alloc(sizeof(*child));

	child->row = row;
	child->index = index;
	child->timer = timer_new(on_timer, child);
	buf_init(&child->answer, CHANNEL_PAYLOAD_MAX);
	buf_init(&child->counted, CHANNEL_PAYLOAD_MAX);
	return child;
}

void
child_free(struct child **child)
{
	if (*child == NULL)
		return;
	assert((*child)->pid == 0);
	timer_free(&(*child)->timer);
	buf_clear(&(*child)->answer);
	buf_clear(&(*child)->counted);
	free(*child);
	*child = NULL;
}

static bool
on_ready(void *arg, struct span payload, int fd)
{
	struct child *child = arg;

	(void)fd;
	/* A room that is to stop may just have become ready. */
	if (child->state == CHILD_STARTING) {
		child_enter(child, CHILD_READY);
		owner->on_ready(child);
	}
	return span_is_empty(payload);
}

static bool
on_pong(void *arg, struct span payload, int fd)
{
	struct child *child = arg;

	(void)fd;
	child->pinged_ms = 0;
	return span_is_empty(payload);
}

static bool
on_status(void *arg, struct span payload, int fd)
{
	struct child *child = arg;
	struct row row;

	(void)fd;
	if (!row_decode(payload, &row))
		return false;
	if (child->is_asked) {
		child->is_asked = false;
		owner->on_status(child, &row);
	}
	return true;
}

static bool
on_peer_gone(void *arg, struct span payload, int fd)
{
	struct peer peer;

	(void)fd;
	if (!peer_decode(payload, &peer))
		return false;
	owner->on_peer_gone(arg, &peer);
	return true;
}

static bool
on_counted(void *arg, struct span payload, int fd)
{
	struct room_counted counted;

	(void)fd;
	if (!room_counted_decode(payload, &counted) || counted.samples.length > ROOM_SAMPLES_MAX)
		return false;
	owner->on_counted(arg, payload);
	return true;
}

static bool
on_wants_census(void *arg, struct span payload, int fd)
{
	struct child *child = arg;

	(void)fd;
	if (child->row->kind != ROOM_WEB || !span_is_empty(payload))
		return false;
	owner->on_wants_census(child);
	return true;
}

static const struct channel_row rows[ROOM_MESSAGES] = {
	[ROOM_READY] = { "ready", false, on_ready },
	[ROOM_PONG] = { "pong", false, on_pong },
	[ROOM_STATUS] = { "status", false, on_status },
	[ROOM_PEER_GONE] = { "peer-gone", false, on_peer_gone },
	[ROOM_COUNTED] = { "counted", false, on_counted },
	[ROOM_WANTS_CENSUS] = { "wants-census", false, on_wants_census },
};

/* It is ending, or spoke nonsense: either way its process has to go. */
static void
on_closed(void *arg)
{
	struct child *child = arg;

	channel_free(&child->channel);
	if (child->pid != 0)
		timer_start(child->timer, KILL_HURRIED_MS);
}

static const struct channel_handler handler = { .rows = rows, .rows_count = ROOM_MESSAGES, .on_closed = on_closed };

/* Down, until the wait is over. */
static void
child_wait(struct child *child)
{
	child->wait_ms = child->wait_ms == 0 || clock_ms() - child->started_ms >= LIFE_GOOD_MS ? WAIT_FIRST_MS :
	    child->wait_ms * 2 > WAIT_MOST_MS ? WAIT_MOST_MS : child->wait_ms * 2;
	timer_start(child->timer, child->wait_ms);
}

void
child_start(struct child *child)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
		fatal_errno("cannot make a channel");
	child->started_ms = clock_ms();
	child->pid = spawn(child->row, ends[1]);
	close(ends[1]);
	if (child->pid < 0) {
		log_error("room", LOG_TEXT("room", room_name(child->row->kind)), LOG_TEXT("reason", strerror(errno)));
		child->pid = 0;
		close(ends[0]);
		child_wait(child);
		return;
	}
	child->pinged_ms = 0;
	child_enter(child, CHILD_STARTING);
	child->channel = channel_new(ends[0], room_name(child->row->kind), &handler, child);
	log_info("room-started", LOG_TEXT("room", room_name(child->row->kind)), LOG_NUMBER("index", child->index),
	    LOG_NUMBER("pid", child->pid));
	owner->on_started(child);
}

void
child_send(struct child *child, uint16_t type, struct span payload, int fd)
{
	if (child->channel != NULL)
		channel_send(child->channel, type, payload, fd);
	else if (fd >= 0)
		close(fd);
}

void
child_stop(struct child *child, uint32_t grace_ms)
{
	struct buf *out = channel_scratch();

	if (child->state == CHILD_GONE)
		return;
	if (child->state == CHILD_DOWN) {
		timer_cancel(child->timer);
		child_enter(child, CHILD_GONE);
		owner->on_ended(child);
		return;
	}
	if (child->state != CHILD_STOPPING)
		child_enter(child, CHILD_STOPPING);
	stop_encode(out, &(struct stop){ grace_ms });
	child_send(child, MASTER_STOP, buf_span(out), -1);
	timer_start(child->timer, grace_ms == 0 ? KILL_HURRIED_MS : (int64_t)grace_ms + KILL_AFTER_MS);
}

void
child_ping(struct child *child, int64_t silence_ms)
{
	if (child->channel == NULL || child->state == CHILD_STOPPING)
		return;
	if (child->pinged_ms == 0) {
		child->pinged_ms = clock_ms();
		child_send(child, MASTER_PING, SPAN(""), -1);
	} else if (clock_ms() - child->pinged_ms >= silence_ms && child->pid != 0) {
		child_kill(child, "it does not answer");
	}
}

/* "status=70", "signal=11", and what comes next. */
static void
ended_log(const struct child *child, int status)
{
	bool is_signal = WIFSIGNALED(status), is_wanted = child->state != CHILD_STOPPING;
	const struct log_field fields[] = {
		LOG_TEXT("room", room_name(child->row->kind)), LOG_NUMBER("index", child->index),
		LOG_NUMBER("pid", child->pid),
		LOG_NUMBER(is_signal ? "signal" : "status", is_signal ? WTERMSIG(status) : WEXITSTATUS(status)),
		LOG_TEXT("reason", is_signal ? strsignal(WTERMSIG(status)) : is_wanted ? "-" : "stopped"),
		{ .key = is_wanted ? "restart" : NULL, .kind = LOG_KIND_SECONDS, .number = child->wait_ms },
		{ .key = NULL }
	};

	log_write(is_wanted || status != 0 ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, "room-ended", fields);
}

void
child_ended(struct child *child, int status)
{
	bool is_wanted = child->state != CHILD_STOPPING;

	channel_free(&child->channel);
	timer_cancel(child->timer);
	if (is_wanted)
		child_wait(child);
	ended_log(child, status);
	child->has_refused = child->state == CHILD_STARTING && WIFEXITED(status) && WEXITSTATUS(status) == EX_CONFIG;
	child->pid = 0;
	child->pinged_ms = 0;
	child->restarts += is_wanted;
	child_enter(child, is_wanted ? CHILD_DOWN : CHILD_GONE);
	owner->on_ended(child);
}
