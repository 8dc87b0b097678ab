/* Who asks, may they, and what is done. */
#include "control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/sys/queue.h>
#include <fcntl.h>

#include "base/fatal.h"
#include "base/log.h"
#include "census.h"
#include "ipc/channel.h"
#include "keys.h"
#include "listeners.h"
#include "loop/loop.h"
#include "loop/reap.h"
#include "loop/timer.h"
#include "privileged.h"
#include "supervise.h"

#define CONNECTIONS_MAX 64
#define FEEDERS_MAX 32		/* of them by the door of facts: operators always find room */
#define FEEDING "ledger add"	/* the one verb that this door is for */
#define REQUEST_MS 10000	/* for the one request of a connection */
#define GROUPS_MAX 1024

struct connection {
	TAILQ_ENTRY(connection) entry;
	int fd;				/* the channel's */
	struct channel *channel;
	struct timer *timer;		/* for the request to come */
	bool may_change, may_ask;	/* who it is */
	bool is_feeder, may_feed;	/* it came by the door of facts */
	bool is_waiting;		/* for a census */
	uid_t uid;
};

static TAILQ_HEAD(, connection) connections = TAILQ_HEAD_INITIALIZER(connections);
static unsigned connections_count, feeders_count;
static const struct control_handler *owner;
static struct watch *door, *facts_door;
static struct connection *asking;	/* waits for supervise_ask(); NULL when it went away meanwhile */

static void
connection_release(void *thing)
{
	struct connection *connection = thing;

	timer_free(&connection->timer);
	free(connection);
}

/* Let go of it; what was queued is still sent when it is finished. */
static void
connection_close(struct connection *connection, bool is_finished)
{
	if (asking == connection)
		asking = NULL;
	census_cancel(connection);
	if (is_finished)
		channel_finish(&connection->channel);
	else
		channel_free(&connection->channel);
	timer_cancel(connection->timer);
	TAILQ_REMOVE(&connections, connection, entry);
	connections_count--;
	feeders_count -= connection->is_feeder;
	reap_later(connection_release, connection);
}

static void
answer_row(struct connection *connection, const struct row *row)
{
	struct buf *out = channel_scratch();

	row_encode(out, row);
	channel_send(connection->channel, CTL_ROW, buf_span(out), -1);
}

static void
answer_end(struct connection *connection, int code, const char *text)
{
	struct buf *out = channel_scratch();

	end_encode(out, &(struct end){ (uint8_t)code, span_of(text) });
	channel_send(connection->channel, CTL_END, buf_span(out), -1);
	connection_close(connection, true);
}

static void
on_status_row(void *unused, const struct row *row)
{
	(void)unused;
	if (asking != NULL)
		answer_row(asking, row);
}

static void
on_status_end(void *unused)
{
	(void)unused;
	if (asking != NULL)
		answer_end(asking, EX_OK, keys_are_locked() ? "the spool is locked" : "");
}

static void
verb_status(struct connection *connection, const struct request *request, struct span payload)
{
	struct row row = { .fields_count = 0 };

	(void)request;
	(void)payload;
	row_text(&row, "room", SPAN("master"));
	row_number(&row, "index", 0);
	row_number(&row, "pid", getpid());
	owner->on_status(&row);
	row_flag(&row, "locked", keys_are_locked());
	answer_row(connection, &row);
	/* The one who asked last may have gone away; the inquiry goes on without. */
	if (asking == NULL) {
		asking = connection;
		if (supervise_ask(on_status_row, on_status_end, NULL))
			return;
		asking = NULL;
	}
	answer_end(connection, EX_TEMPFAIL, "somebody else is being answered just now");
}

static void
on_census(void *arg, struct span census)
{
	struct connection *connection = arg;
	struct row row = { .fields_count = 0 };

	row_text(&row, "census", census);
	answer_row(connection, &row);
	answer_end(connection, EX_OK, "");
}

static void
verb_metrics(struct connection *connection, const struct request *request, struct span payload)
{
	(void)request;
	(void)payload;
	connection->is_waiting = true;
	census_ask(on_census, connection);
}

static void
verb_unlock(struct connection *connection, const struct request *request, struct span payload)
{
	const char *why = request->arguments_count == 1 ? keys_unlock(request->arguments[0]) : "one passphrase is expected";

	(void)payload;
	if (why != NULL) {
		answer_end(connection, 1, why);
		return;
	}
	owner->on_unlocked();
	answer_end(connection, EX_OK, "the spool is unlocked");
}

static void
verb_reload(struct connection *connection, const struct request *request, struct span payload)
{
	struct complaints *complaints = must_alloc(sizeof(*complaints));

	(void)request;
	(void)payload;
	complaints_init(complaints);
	owner->on_reload(complaints);
	for (size_t i = 0; i < complaints->count; i++) {
		const struct complaint *complaint = &complaints->at[i];
		struct row row = { .fields_count = 0 };

		row_text(&row, "file", span_of(complaint->file));
		row_number(&row, "line", complaint->line);
		row_text(&row, "level", complaint->is_warning ? SPAN("warning") : SPAN("error"));
		row_text(&row, "text", span_of(complaint->text));
		answer_row(connection, &row);
	}
	if (complaints->errors > 0)
		answer_end(connection, EX_CONFIG, "nothing was changed");
	else
		answer_end(connection, EX_OK, "the configuration was read and applied");
	complaints_clear(complaints);
	free(complaints);
}

/* The connection becomes the room's: what it answers does not come by here. */
static void
hand_over(struct connection *connection, enum room_kind kind, struct span payload)
{
	int fd = fcntl(connection->fd, F_DUPFD_CLOEXEC, 0);
	char text[80];

	if (fd < 0)
		fatal_errno("cannot duplicate a descriptor");
	if (supervise_hand_over(kind, payload, fd)) {
		connection_close(connection, false);
		return;
	}
	close(fd);
	snprintf(text, sizeof(text), "the %s room is not ready: see sealpost status, or the log", room_name(kind));
	answer_end(connection, EX_TEMPFAIL, keys_are_locked() ? "the spool is locked: sealpost unlock" : text);
}

/* A verb is ours, or a room's: run is NULL then, and the first room of the kind answers. */
static const struct verb {
	const char *name;
	void (*run)(struct connection *connection, const struct request *request, struct span payload);
	enum room_kind room;
	bool changes;		/* for the superuser, and the user that we run as; others of the group may only ask */
	const char *acts_by;	/* an argument that makes it one that changes something; NULL = none does */
} verbs[] = {
	{ "status", verb_status, ROOM_MASTER, false, NULL },
	{ "metrics", verb_metrics, ROOM_MASTER, false, NULL },
	{ "reload", verb_reload, ROOM_MASTER, true, NULL },
	{ "unlock", verb_unlock, ROOM_MASTER, true, NULL },
	{ "queue list", NULL, ROOM_QUEUE, false, NULL },
	{ "queue show", NULL, ROOM_QUEUE, false, NULL },
	{ "queue hold", NULL, ROOM_QUEUE, true, NULL },
	{ "queue release", NULL, ROOM_QUEUE, true, NULL },
	{ "queue retry", NULL, ROOM_QUEUE, true, NULL },
	{ "queue remove", NULL, ROOM_QUEUE, true, NULL },
	{ "queue bounce", NULL, ROOM_QUEUE, true, NULL },
	{ "policy list", NULL, ROOM_POLICY, false, NULL },
	{ "policy show", NULL, ROOM_POLICY, false, NULL },
	{ "policy observed", NULL, ROOM_POLICY, false, NULL },
	{ "policy refresh", NULL, ROOM_POLICY, true, NULL },
	{ "policy forget", NULL, ROOM_POLICY, true, NULL },
	{ "policy preload", NULL, ROOM_POLICY, true, NULL },
	{ "policy warm", NULL, ROOM_POLICY, true, NULL },
	{ "exception list", NULL, ROOM_POLICY, false, NULL },
	{ "exception add", NULL, ROOM_POLICY, true, NULL },
	{ "exception remove", NULL, ROOM_POLICY, true, NULL },
	{ FEEDING, NULL, ROOM_REPORT, true, NULL },
	{ "peers", NULL, ROOM_REPORT, false, NULL },
	{ "stats", NULL, ROOM_REPORT, false, NULL },
	{ "tlsrpt preview", NULL, ROOM_REPORT, false, NULL },
	{ "tlsrpt list", NULL, ROOM_REPORT, false, NULL },
	{ "tlsrpt send", NULL, ROOM_REPORT, true, NULL },
	{ "notice list", NULL, ROOM_REPORT, false, NULL },
	{ "notice preview", NULL, ROOM_REPORT, false, NULL },
	{ "notice send", NULL, ROOM_REPORT, true, NULL },
	{ "notice suppress", NULL, ROOM_REPORT, true, NULL },
	{ "notice allow", NULL, ROOM_REPORT, true, NULL },
	{ "notice stats", NULL, ROOM_REPORT, false, NULL },
	{ "explain", NULL, ROOM_RELAY, false, "--live" },	/* it connects to somebody */
};

static bool
verb_changes(const struct verb *verb, const struct request *request)
{
	for (uint32_t i = 0; verb->acts_by != NULL && i < request->arguments_count; i++)
		if (span_equal(request->arguments[i], span_of(verb->acts_by)))
			return true;
	return verb->changes;
}

/* Who came by the door of facts may do what that is for, and nothing else, whoever it is. */
static bool
verb_is_allowed(const struct connection *connection, const struct verb *verb, bool changes)
{
	if (connection->is_feeder)
		return connection->may_feed && strcmp(verb->name, FEEDING) == 0;
	return changes ? connection->may_change : connection->may_ask;
}

static void
verb_run(struct connection *connection, const struct verb *verb, const struct request *request, struct span payload)
{
	bool changes = verb_changes(verb, request), is_allowed = verb_is_allowed(connection, verb, changes);

	/* A line for each mail that another server had would be a line too many. */
	if (connection->is_feeder ? !is_allowed : changes)
		log_info("operator", LOG_TEXT("verb", verb->name), LOG_NUMBER("uid", connection->uid),
		    LOG_TEXT("result", is_allowed ? "allowed" : "refused"));
	if (!is_allowed)
		answer_end(connection, EX_NOPERM, "you may not do that");
	else if (verb->run == NULL)
		hand_over(connection, verb->room, payload);
	else
		verb->run(connection, request, payload);
}

static void
request_run(struct connection *connection, const struct request *request, struct span payload)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (!span_equal(request->verb, span_of(verbs[i].name)))
			continue;
		verb_run(connection, &verbs[i], request, payload);
		return;
	}
	answer_end(connection, EX_USAGE, "this sealpostd does not know that command");
}

static bool
on_request(void *arg, struct span payload, int fd)
{
	struct connection *connection = arg;
	struct arena *arena = arena_new();
	struct request request;
	bool makes_sense = connection != asking && !connection->is_waiting && request_decode(payload, arena, &request);

	(void)fd;
	timer_cancel(connection->timer);
	if (makes_sense)
		request_run(connection, &request, payload);
	/* It may have had a passphrase. */
	for (uint32_t i = 0; makes_sense && i < request.arguments_count; i++)
		explicit_bzero((void *)(uintptr_t)request.arguments[i].data, request.arguments[i].length);
	explicit_bzero((void *)(uintptr_t)payload.data, payload.length);
	arena_free(&arena);
	return makes_sense;
}

static void
on_closed(void *arg)
{
	connection_close(arg, false);
}

static void
on_request_late(void *arg)
{
	connection_close(arg, false);
}

static const struct channel_row rows[CTL_MESSAGES] = { [CTL_REQUEST] = { "request", false, on_request } };
static const struct channel_handler handler = { .rows = rows, .rows_count = CTL_MESSAGES, .on_closed = on_closed };

/* Whether the peer is in the group, by its own group or one beside it. */
static bool
is_member(int fd, gid_t gid, gid_t wanted)
{
	gid_t groups[GROUPS_MAX];
	socklen_t length = sizeof(groups);

	if (wanted == (gid_t)-1)
		return false;
	if (gid == wanted)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &length) < 0)
		return false;
	for (size_t i = 0; i < length / sizeof(*groups); i++)
		if (groups[i] == wanted)
			return true;
	return false;
}

static void
connection_begin(int fd, bool is_feeder)
{
	struct connection *connection;
	struct ucred peer;
	socklen_t length = sizeof(peer);
	bool is_us;

	if (connections_count == CONNECTIONS_MAX || (is_feeder && feeders_count == FEEDERS_MAX) || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0) {
		close(fd);
		return;
	}
	connection = must_alloc(sizeof(*connection));
	connection->fd = fd;
	connection->uid = peer.uid;
	is_us = peer.uid == 0 || peer.uid == geteuid();
	connection->is_feeder = is_feeder;
	connection->may_feed = is_feeder && (is_us || is_member(fd, peer.gid, privileged_feeders()));
	connection->may_change = !is_feeder && is_us;
	connection->may_ask = !is_feeder && (is_us || is_member(fd, peer.gid, privileged_operators()));
	connection->channel = channel_new(fd, "operator", &handler, connection);
	connection->timer = timer_new(on_request_late, connection);
	timer_start(connection->timer, REQUEST_MS);
	TAILQ_INSERT_TAIL(&connections, connection, entry);
	connections_count++;
	feeders_count += is_feeder;
}

static void
door_take(int listening, bool is_feeder)
{
	int fd;

	while ((fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
		connection_begin(fd, is_feeder);
	if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
		log_warn("control", LOG_TEXT("reason", strerror(errno)));
}

static void
on_door(void *unused, unsigned ready)
{
	(void)unused;
	(void)ready;
	door_take(listeners_control(), false);
}

static void
on_facts_door(void *unused, unsigned ready)
{
	(void)unused;
	(void)ready;
	door_take(listeners_facts(), true);
}

void
control_open(const struct control_handler *with)
{
	owner = with;
	control_again();
}

static struct watch *
door_open(int listening, void (*on_ready)(void *unused, unsigned ready))
{
	struct watch *watch;

	if (listening < 0)
		return NULL;
	watch = watch_new(listening, on_ready, NULL);
	watch_set(watch, LOOP_READABLE);
	return watch;
}

void
control_again(void)
{
	watch_free(&door);
	watch_free(&facts_door);
	door = door_open(listeners_control(), on_door);
	facts_door = door_open(listeners_facts(), on_facts_door);
}

void
control_close(void)
{
	struct connection *connection;

	watch_free(&door);
	watch_free(&facts_door);
	while ((connection = TAILQ_FIRST(&connections)) != NULL)
		connection_close(connection, true);
}
