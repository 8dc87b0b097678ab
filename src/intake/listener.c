/* Accepting connections, and turning away those that are too many. */
#include "intake/listener.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "intake/crowd.h"
#include "intake/room.h"
#include "intake/session.h"
#include "loop/stream.h"
#include "metrics/count.h"
#include "smtp/status.h"

#define ACCEPTS 64		/* connections taken from one socket in one turn */
#define REST_MS 1000		/* after descriptors or memory ran out */
#define REFUSAL_LINGER_MS 1000
#define CREDENTIALS 8		/* certificates of different key types */
#define REFUSED_INPUT 1024	/* octets read from a connection that is turned away */

static void
on_rest_over(void *arg)
{
	struct listener_socket *listener = arg;

	watch_set(listener->watch, LOOP_READABLE);
}

static uint32_t
peer_uid(int fd)
{
	struct ucred credentials;
	socklen_t length = sizeof(credentials);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0)
		return UINT32_MAX;
	return credentials.uid;
}

/* No descriptor is left: whoever waits is heard a little later. */
static void
listener_rest(struct listener_socket *listener, int error)
{
	log_warn("accept-failed", LOG_TEXT("listener", listener->name), LOG_TEXT("reason", strerror(error)));
	watch_set(listener->watch, 0);
	timer_start(listener->rest, REST_MS);
}

static void
on_listener_ready(void *arg, unsigned ready)
{
	struct listener_socket *listener = arg;

	(void)ready;
	for (int i = 0; i < ACCEPTS; i++) {
		struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
		socklen_t length = sizeof(address);
		int fd = accept4(listener->fd, (struct sockaddr *)&address, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
				listener_rest(listener, errno);
			return;		/* nobody waits, or whoever did has gone */
		}
		listener_admit(listener, fd, ip_from_sockaddr((struct sockaddr *)&address),
		    listener->kind == LISTENER_LOCAL ? peer_uid(fd) : UINT32_MAX);
	}
}

static size_t
drop_bytes(void *arg, struct span bytes)
{
	(void)arg;
	return bytes.length;
}

static void
nobody(void *arg)
{
	(void)arg;
}

static void
nobody_ends(void *arg, enum stream_end why, int code)
{
	(void)arg;
	(void)why;
	(void)code;
}

/* One line, in clear where the peer expects one: 421, and close (RFC 5321 3.1). */
static void
listener_refuse(struct listener_socket *listener, int fd, struct ip ip, enum status status)
{
	static const struct stream_handler handler = {
		.on_bytes = drop_bytes, .on_laid = nobody, .on_drained = nobody, .on_end = nobody_ends
	};
	struct stream *stream = stream_new(fd, REFUSED_INPUT, &handler, NULL);
	char client[IP_TEXT], line[STATUS_OCTETS];

	listener->room->refused++;
	count(METRIC_INTAKE_REFUSALS, status);
	log_info("refuse", LOG_TEXT("client", ip_format(ip, client)), LOG_TEXT("listener", listener->name),
	    LOG_TEXT("reason", status_word(status)));
	if (listener->kind != LISTENER_IMPLICIT)
		stream_write(stream, span_make(line, status_format(status, SPAN(""), line)));
	stream_finish(&stream, REFUSAL_LINGER_MS);
}

/* The part of an address that limits count by. */
static struct ip
client_network(const struct conf_intake *conf, struct ip ip)
{
	return ip_mask(ip, (unsigned)(ip.family == 4 ? conf->client_prefix4 : conf->client_prefix6));
}

void
listener_admit(struct listener_socket *listener, int fd, struct ip ip, uint32_t uid)
{
	struct room *room = listener->room;
	struct place *place = NULL;

	if (room->sessions_count >= room->conf->sessions) {
		listener_refuse(listener, fd, ip, STATUS_TOO_MANY_SESSIONS);
		return;
	}
	if (listener->kind != LISTENER_LOCAL) {
		place = crowd_enter(&room->crowd, client_network(room->conf, ip), room->conf->sessions_per_client);
		if (place == NULL) {
			listener_refuse(listener, fd, ip, STATUS_TOO_MANY_FROM_CLIENT);
			return;
		}
	}
	session_new(listener, fd, ip, uid, place);
}

struct listener_socket *
listener_new(struct room *room, const struct listener *setup, int fd)
{
	struct listener_socket *listener = must_alloc(sizeof(*listener));

	listener->room = room;
	listener->id = setup->id;
	listener->kind = setup->kind;
	listener->name = must_copy(setup->name.data, setup->name.length);
	listener->tickets = setup->tickets;
	listener->request_certificate = setup->request_certificate;
	listener->fd = fd;
	listener->watch = watch_new(fd, on_listener_ready, listener);
	listener->rest = timer_new(on_rest_over, listener);
	return listener;
}

void
listener_free(struct listener_socket **handle)
{
	struct listener_socket *listener = *handle;

	*handle = NULL;
	watch_free(&listener->watch);
	timer_free(&listener->rest);
	tls_context_free(&listener->tls);
	close(listener->fd);
	free(listener->name);
	free(listener);
}

void
listener_configure(struct listener_socket *listener)
{
	const struct conf_intake *conf = listener->room->conf;
	struct tls_choices choices = { conf->tls.ciphers, conf->tls.ciphersuites, conf->tls.groups };
	struct tls_credential credentials[CREDENTIALS];
	struct tls_context *context;
	size_t count = 0;
	char why[256];

	if (listener->kind == LISTENER_LOCAL)
		return;
	for (; count < CREDENTIALS && count < conf->certificates.count && count < conf->keys.count; count++)
		credentials[count] = (struct tls_credential){
			span_of(conf->certificates.items[count]), span_of(conf->keys.items[count])
		};
	context = tls_context_server(credentials, count, &choices, listener->tickets, listener->request_certificate, why, sizeof(why));
	if (context == NULL) {
		log_error("certificate", LOG_TEXT("listener", listener->name), LOG_TEXT("reason", why),
		    LOG_TEXT("kept", listener->tls == NULL ? "none" : "old"));
		return;
	}
	tls_context_free(&listener->tls);
	listener->tls = context;
}

void
listener_open(struct listener_socket *listener)
{
	watch_set(listener->watch, LOOP_READABLE);
}
