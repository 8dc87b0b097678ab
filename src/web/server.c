/*
 * libevent's HTTP server, held tight. It tells nobody when it is done with a connection: a reference to each is kept here, and when a
 * turn is over those that it has let go of are closed.
 */
#include "web/server.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "base/fatal.h"
#include "base/log.h"
#include "loop/base.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "metrics/count.h"
#include "metrics/text.h"
#include "web/host.h"

#define METHODS_ANY 0xffff	/* what is not GET or HEAD hears so from us */

/* A connection. */
struct visitor {
	TAILQ_ENTRY(visitor) entry;	/* the one that came first is first */
	struct bufferevent *socket;	/* the server's; counted for us as well */
	struct timer *life;
	bool has_asked, is_ending;
	bool is_unwelcome;		/* one too many: what it asks is not waited for */
};

/* A request that waits for the numbers. */
struct pending {
	STAILQ_ENTRY(pending) entry;
	struct evhttp_request *request;
};

/* A socket that listens. */
struct door {
	LIST_ENTRY(door) entry;
	uint32_t id;
	struct evhttp_bound_socket *bound;
};

TAILQ_HEAD(visitors, visitor);
STAILQ_HEAD(pendings, pending);

static struct {
	struct evhttp *http;
	void (*on_wanted)(void);
	LIST_HEAD(, door) doors;
	struct visitors visitors;
	size_t visitors_count, staying;	/* those that are not ending */
	struct pendings pendings;
	struct timer *patience;
} server;

/* --- connections --- */

/* The HTTP server sees the end of the connection, and frees it. */
static void
visitor_end(struct visitor *visitor)
{
	evutil_socket_t fd = bufferevent_getfd(visitor->socket);

	server.staying -= !visitor->is_ending;
	visitor->is_ending = true;
	if (fd >= 0)
		(void)shutdown(fd, SHUT_RDWR);
}

static void
on_life_over(void *arg)
{
	visitor_end(arg);
}

static void
visitor_free(struct visitor *visitor)
{
	TAILQ_REMOVE(&server.visitors, visitor, entry);
	server.visitors_count--;
	server.staying -= !visitor->is_ending;
	timer_free(&visitor->life);
	(void)bufferevent_decref(visitor->socket);
	free(visitor);
}

/* The server hears of errors as long as it has the connection. */
static bool
visitor_is_gone(const struct visitor *visitor)
{
	bufferevent_event_cb on_event = NULL;

	bufferevent_getcb(visitor->socket, NULL, NULL, &on_event, NULL);
	return on_event == NULL;
}

static void
on_turn_end(void *unused)
{
	struct visitor *visitor, *next;

	(void)unused;
	for (visitor = TAILQ_FIRST(&server.visitors); visitor != NULL; visitor = next) {
		next = TAILQ_NEXT(visitor, entry);
		if (visitor_is_gone(visitor))
			visitor_free(visitor);
	}
}

/* While a request waits nothing is read, so that the server does not see that nobody waits for the answer. */
static bool
visitor_has_left(const struct visitor *visitor)
{
	char octet;

	return recv(bufferevent_getfd(visitor->socket), &octet, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/*
 * Who has asked nothing yet, and came first, makes room, or who has left. When all wait for an answer, the new one has to go, as soon as
 * it has a socket; and so it has when too many that have left are still to be answered.
 */
static void
room_make(struct visitor *newest)
{
	struct visitor *visitor;

	if (server.staying <= SERVER_CONNECTIONS && server.visitors_count <= SERVER_VISITORS)
		return;
	TAILQ_FOREACH(visitor, &server.visitors, entry)
		if (!visitor->is_ending && (!visitor->has_asked || visitor_has_left(visitor)))
			break;
	if (visitor == NULL || visitor == newest || server.visitors_count > SERVER_VISITORS) {
		newest->is_unwelcome = true;
		timer_start(newest->life, 0);
	} else {
		visitor_end(visitor);
	}
}

/* Asked for a bufferevent of a new connection; its socket is put into it afterwards. */
static struct bufferevent *
on_visitor(struct event_base *base, void *unused)
{
	struct visitor *visitor = must_alloc(sizeof(*visitor));

	(void)unused;
	visitor->life = timer_new(on_life_over, visitor);
	visitor->socket = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (visitor->socket == NULL)
		fatal("out of memory for a connection");
	bufferevent_incref(visitor->socket);
	TAILQ_INSERT_TAIL(&server.visitors, visitor, entry);
	server.visitors_count++;
	server.staying++;
	timer_start(visitor->life, SERVER_LIFE_MS);
	room_make(visitor);
	return visitor->socket;
}

size_t
server_connections(void)
{
	return server.visitors_count;
}

/* --- answers --- */

struct refusal {
	int status;
	const char *reason, *text;
};

static const struct refusal refusals[] = {
	{ HTTP_BADREQUEST, "Bad Request", "The request has no Host field.\n" },
	{ HTTP_NOTFOUND, "Not Found", "There is /metrics here, and nothing else.\n" },
	{ HTTP_BADMETHOD, "Method Not Allowed", "GET and HEAD are all that is done here.\n" },
	{ 421, "Misdirected Request", "This is not that host.\n" },
	{ HTTP_SERVUNAVAIL, "Service Unavailable", "The numbers cannot be had just now.\n" },
	{ HTTP_INTERNAL, "Internal Server Error", "The numbers make no sense.\n" },
};

static void
header_add(struct evhttp_request *request, const char *name, const char *value)
{
	(void)evhttp_add_header(evhttp_request_get_output_headers(request), name, value);
}

/* The answer, and the end of the connection; the request is gone then. One that nobody waits for any more is only forgotten. */
static void
answer(struct evhttp_request *request, int status, const char *reason, const char *type, struct span body)
{
	struct evbuffer *out = evbuffer_new();
	char code[12], length[24];

	snprintf(code, sizeof(code), "%d", status);
	snprintf(length, sizeof(length), "%zu", body.length);
	count(METRIC_WEB_REQUESTS, metrics_find(METRICS_STATUS, span_of(code)));
	header_add(request, "Content-Type", type);
	header_add(request, "Content-Length", length);
	header_add(request, "Connection", "close");
	header_add(request, "Cache-Control", "no-store");
	header_add(request, "X-Content-Type-Options", "nosniff");
	if (status == HTTP_BADMETHOD)
		header_add(request, "Allow", "GET, HEAD");
	if (out == NULL ||
	    (evhttp_request_get_command(request) != EVHTTP_REQ_HEAD && evbuffer_add(out, body.data, body.length) < 0))
		fatal("out of memory for an answer");
	evhttp_send_reply(request, status, reason, out);
	evbuffer_free(out);
}

static void
refuse(struct evhttp_request *request, int status)
{
	const struct refusal *refusal = refusals;

	while (refusal->status != status)
		refusal++;
	answer(request, status, refusal->reason, "text/plain; charset=utf-8", span_of(refusal->text));
}

/* Why this request is not answered with the numbers: a status, 0 = it is. Both places where it can name a host count. */
static int
refusal_of(struct evhttp_request *request)
{
	const char *host = evhttp_find_header(evhttp_request_get_input_headers(request), "Host");
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	enum evhttp_cmd_type method = evhttp_request_get_command(request);
	const char *named = uri == NULL ? NULL : evhttp_uri_get_host(uri), *path = uri == NULL ? NULL : evhttp_uri_get_path(uri);

	if (host == NULL)
		return HTTP_BADREQUEST;
	if (!host_is_loopback(span_of(host)) || (named != NULL && *named != '\0' && strcmp(named, "::1") != 0 &&
	    !host_is_loopback(span_of(named))))
		return 421;
	if (method != EVHTTP_REQ_GET && method != EVHTTP_REQ_HEAD)
		return HTTP_BADMETHOD;
	return path == NULL || strcmp(path, "/metrics") != 0 ? HTTP_NOTFOUND : 0;
}

static void
on_request(struct evhttp_request *request, void *unused)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(request);
	struct bufferevent *socket = evhttp_connection_get_bufferevent(connection);
	bool is_first = STAILQ_EMPTY(&server.pendings);
	struct pending *pending;
	struct visitor *visitor;
	int refused = refusal_of(request);

	(void)unused;
	TAILQ_FOREACH(visitor, &server.visitors, entry)
		if (visitor->socket == socket) {
			visitor->has_asked = true;
			refused = visitor->is_unwelcome ? HTTP_SERVUNAVAIL : refused;
		}
	if (refused != 0) {
		refuse(request, refused);
		return;
	}
	pending = must_alloc(sizeof(*pending));
	pending->request = request;
	STAILQ_INSERT_TAIL(&server.pendings, pending, entry);
	if (!is_first)
		return;		/* one asking is enough for all */
	timer_start(server.patience, SERVER_PATIENCE_MS);
	server.on_wanted();
}

static void
pending_answer(struct evhttp_request *request, struct span text)
{
	if (text.data == NULL)
		refuse(request, HTTP_SERVUNAVAIL);
	else if (text.length == 0)
		refuse(request, HTTP_INTERNAL);
	else
		answer(request, HTTP_OK, "OK", TEXT_MEDIA_TYPE, text);
}

void
server_tell(struct span text)
{
	struct pendings pendings = STAILQ_HEAD_INITIALIZER(pendings);
	struct pending *pending;

	timer_cancel(server.patience);
	STAILQ_CONCAT(&pendings, &server.pendings);
	while ((pending = STAILQ_FIRST(&pendings)) != NULL) {
		STAILQ_REMOVE_HEAD(&pendings, entry);
		pending_answer(pending->request, text);
		free(pending);
	}
}

static void
on_patience_over(void *unused)
{
	(void)unused;
	server_tell(span_make(NULL, 0));
}

/* --- sockets --- */

void
server_add(uint32_t id, int fd)
{
	struct evconnlistener *listener = evconnlistener_new(loop_base(), NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	struct door *door = must_alloc(sizeof(*door));

	if (listener == NULL || (door->bound = evhttp_bind_listener(server.http, listener)) == NULL)
		fatal("out of memory for a listener");
	door->id = id;
	LIST_INSERT_HEAD(&server.doors, door, entry);
}

void
server_drop(uint32_t id)
{
	struct door *door;

	LIST_FOREACH(door, &server.doors, entry)
		if (door->id == id)
			break;
	if (door == NULL)
		return;
	LIST_REMOVE(door, entry);
	evhttp_del_accept_socket(server.http, door->bound);
	free(door);
}

/* What libevent thinks worth saying of requests says nothing of us. */
static void
on_library_says(int severity, const char *text)
{
	(void)severity;
	log_debug("http", LOG_TEXT("text", text));
}

void
server_open(void (*on_wanted)(void))
{
	event_set_log_callback(on_library_says);
	loop_on_turn_end(on_turn_end, NULL);
	server.on_wanted = on_wanted;
	LIST_INIT(&server.doors);
	TAILQ_INIT(&server.visitors);
	STAILQ_INIT(&server.pendings);
	server.patience = timer_new(on_patience_over, NULL);
	server.http = evhttp_new(loop_base());
	if (server.http == NULL)
		fatal("out of memory for a server");
	evhttp_set_max_headers_size(server.http, SERVER_HEADER_OCTETS);
	evhttp_set_max_body_size(server.http, SERVER_BODY_OCTETS);
	evhttp_set_timeout(server.http, SERVER_LIFE_MS / 1000);
	evhttp_set_allowed_methods(server.http, METHODS_ANY);
	evhttp_set_default_content_type(server.http, NULL);
	evhttp_set_bevcb(server.http, on_visitor, NULL);
	evhttp_set_gencb(server.http, on_request, NULL);
}

void
server_close(void)
{
	if (server.http == NULL)
		return;
	server_tell(span_make(NULL, 0));
	while (!LIST_EMPTY(&server.doors))
		server_drop(LIST_FIRST(&server.doors)->id);
	evhttp_free(server.http);
	server.http = NULL;
	on_turn_end(NULL);
	timer_free(&server.patience);
}
