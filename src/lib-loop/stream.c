/*
 * Streams: bytes in, bytes out, over the kernel directly or over a transport laid on top.
 * Everything a stream has to do later in the turn (send, read on after a pause) is on one list.
 */
#include "loop/stream.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fatal.h"
#include "loop/loop.h"
#include "loop/reap.h"
#include "loop/timer.h"

#define READ_OCTETS (64 * 1024)		/* most octets read at once */
#define TURN_OCTETS (256 * 1024)	/* most octets read from one stream in one turn */
#define DISCARD_OCTETS (1024 * 1024)	/* most octets read and dropped while lingering */
#define UNSENT_CEILING (64 * 1024 * 1024)
#define TURN_LAYING 4			/* steps of handshakes in one turn, of all streams: one takes as long as several messages */

enum state {
	CONNECTING,	/* connect(2) is under way */
	LAYING,		/* the transport's handshake is under way */
	OPEN,
	ENDED,		/* on_end was called; waiting to be closed by the owner */
	FINISHING,	/* the owner is gone; sending what is left */
	DISCARDING,	/* our side is shut; waiting for the peer's end */
	CLOSED		/* waiting to be freed */
};

struct stream {
	TAILQ_ENTRY(stream) entry;	/* on restless, if is_restless */
	enum state state;
	bool is_restless, paused, read_again, want_drained;
	bool is_deaf;			/* paused, and something has come since: not watched for more */
	int fd;
	struct watch *watch;
	struct timer *linger;
	struct transport *transport;	/* owned; NULL in clear */
	struct transport *next;		/* owned; to be laid when what is unsent has left in clear */
	const struct stream_handler *handler;
	stream_connected_fn *on_connected;
	void *arg;
	struct buf pending;		/* received and not consumed */
	struct buf unsent;		/* written and not yet sent */
	unsigned read_wants, write_wants; /* readiness that a blocked read or write waits for */
	size_t discarded;		/* octets, while DISCARDING */
	int cut;			/* errno of sending, when nothing more can be sent and only last words are read; 0 = it can */
};

static TAILQ_HEAD(, stream) restless = TAILQ_HEAD_INITIALIZER(restless);
static size_t restless_count;
static bool restless_is_scheduled;
static unsigned laying_left = TURN_LAYING;
static char scratch[READ_OCTETS];

static void stream_work(struct stream *stream, bool may_read);
static void stream_hear_last(struct stream *stream, int code);

static void
calm(struct stream *stream)
{
	if (!stream->is_restless)
		return;
	stream->is_restless = false;
	TAILQ_REMOVE(&restless, stream, entry);
	restless_count--;
}

/* Work off the list as it stands; what becomes restless meanwhile waits for its own call. */
static void
restless_run(void *unused)
{
	struct stream *stream;

	(void)unused;
	restless_is_scheduled = false;
	laying_left = TURN_LAYING;
	for (size_t left = restless_count; left > 0 && (stream = TAILQ_FIRST(&restless)) != NULL; left--) {
		bool may_read = stream->read_again;

		calm(stream);
		stream->read_again = false;
		stream_work(stream, may_read);
	}
}

static void
stream_is_restless(struct stream *stream)
{
	if (!stream->is_restless) {
		stream->is_restless = true;
		TAILQ_INSERT_TAIL(&restless, stream, entry);
		restless_count++;
	}
	if (!restless_is_scheduled) {
		restless_is_scheduled = true;
		loop_soon(restless_run, NULL);
	}
}

/*
 * What the descriptor is watched for follows from what the stream wants to do. A restless one is worked on later in this
 * turn, which comes here again: most of what it wants to write has left by then.
 */
static void
stream_watch(struct stream *stream)
{
	unsigned what = 0;

	if (stream->is_restless)
		return;
	if (stream->state == OPEN && !stream->is_deaf && buf_length(&stream->pending) < stream->pending.ceiling)
		what |= stream->read_wants;
	if (stream->state == DISCARDING)
		what |= LOOP_READABLE;
	if ((stream->state == OPEN || stream->state == FINISHING) && buf_length(&stream->unsent) > 0)
		what |= stream->write_wants;
	watch_set(stream->watch, what);
}

/* No more bytes either way: tell the owner, once. */
static void
stream_end(struct stream *stream, enum stream_end why, int code)
{
	const struct stream_handler *handler = stream->handler;

	stream->state = ENDED;
	watch_set(stream->watch, 0);
	handler->on_end(stream->arg, why, code);
}

static void
stream_release(void *thing)
{
	struct stream *stream = thing;

	buf_wipe(&stream->pending);
	buf_wipe(&stream->unsent);
	free(stream);
}

static void
stream_shut(struct stream *stream)
{
	stream->state = CLOSED;
	calm(stream);
	watch_free(&stream->watch);
	timer_free(&stream->linger);
	if (stream->transport != NULL)
		stream->transport->free(stream->transport);
	if (stream->next != NULL)
		stream->next->free(stream->next);
	stream->transport = stream->next = NULL;
	close(stream->fd);
	reap_later(stream_release, stream);
}

static enum transport_result
clear_result(ssize_t n, size_t *done, enum transport_result blocked)
{
	if (n > 0) {
		*done = (size_t)n;
		return TRANSPORT_OK;
	}
	if (n == 0)
		return TRANSPORT_CLOSED;
	return errno == EAGAIN || errno == EINTR ? blocked : TRANSPORT_RESET;
}

static enum transport_result
stream_read_raw(struct stream *stream, void *octets, size_t length, size_t *done)
{
	if (stream->transport != NULL)
		return stream->transport->read(stream->transport, octets, length, done);
	return clear_result(recv(stream->fd, octets, length, 0), done, TRANSPORT_WANT_READ);
}

static enum transport_result
stream_write_raw(struct stream *stream, struct span octets, size_t *done)
{
	if (stream->transport != NULL)
		return stream->transport->write(stream->transport, octets.data, octets.length, done);
	return clear_result(send(stream->fd, octets.data, octets.length, MSG_NOSIGNAL), done, TRANSPORT_WANT_WRITE);
}

static bool
result_is_blocked(enum transport_result result, unsigned *wants)
{
	if (result == TRANSPORT_WANT_READ)
		*wants = LOOP_READABLE;
	else if (result == TRANSPORT_WANT_WRITE)
		*wants = LOOP_WRITABLE;
	else
		return false;
	return true;
}

/* A read, write or handshake failed: end the stream, or close it when nobody owns it any more. */
static void
stream_failed(struct stream *stream, enum transport_result result)
{
	int code = result == TRANSPORT_RESET ? errno : 0;

	if (stream->state >= FINISHING) {
		stream_shut(stream);
		return;
	}
	if (stream->cut != 0 && result != TRANSPORT_ERROR) {
		result = TRANSPORT_RESET;
		code = stream->cut;
	}
	stream_end(stream, result == TRANSPORT_CLOSED ? STREAM_PEER_CLOSED :
	    result == TRANSPORT_TRUNCATED ? STREAM_TRUNCATED :
	    result == TRANSPORT_RESET ? STREAM_RESET : STREAM_TLS_ERROR, code);
}

static bool
stream_may_read(const struct stream *stream)
{
	return stream->state == OPEN && !stream->paused;
}

/* Send what is unsent. Returns false when the stream ended or closed over it. */
static bool
stream_flush(struct stream *stream)
{
	while (buf_length(&stream->unsent) > 0) {
		size_t done = 0;
		enum transport_result result = stream_write_raw(stream, buf_span(&stream->unsent), &done);

		if (result_is_blocked(result, &stream->write_wants))
			return true;
		if (result == TRANSPORT_RESET && stream_may_read(stream)) {
			stream_hear_last(stream, errno);
			return false;
		}
		if (result != TRANSPORT_OK) {
			stream_failed(stream, result);
			return false;
		}
		buf_consume(&stream->unsent, done);
	}
	buf_clear(&stream->unsent);
	return true;
}

/* Hand bytes to the owner and keep what it leaves. Returns false when it closed the stream. */
static bool
stream_deliver(struct stream *stream, struct span fresh)
{
	bool is_pending = buf_length(&stream->pending) > 0;
	struct span all = fresh;
	size_t consumed;

	if (is_pending) {
		if (!buf_add(&stream->pending, fresh))
			fatal("a stream read past its ceiling");
		all = buf_span(&stream->pending);
	}
	consumed = stream->handler->on_bytes(stream->arg, all);
	assert(consumed <= all.length);
	if (stream->state != OPEN)
		return false;
	if (is_pending)
		buf_consume(&stream->pending, consumed);
	else if (!buf_add(&stream->pending, span_skip(all, consumed)))
		fatal("a stream read past its ceiling");
	if (buf_length(&stream->pending) == 0)
		buf_clear(&stream->pending);
	return true;
}

/* In clear a short read means that there is no more. */
static bool
stream_has_more(const struct stream *stream)
{
	struct transport *transport = stream->transport;

	return transport != NULL && (transport->has_more == NULL || transport->has_more(transport));
}

/* Read until blocked, paused, full, ended, or until this stream had its share of the turn. */
static void
stream_read(struct stream *stream)
{
	size_t total = 0;

	if (buf_length(&stream->pending) > 0 && !stream_deliver(stream, SPAN("")))
		return;
	while (stream_may_read(stream)) {
		size_t done = 0, room = stream->pending.ceiling - buf_length(&stream->pending);
		enum transport_result result;

		if (room == 0)
			return;
		if (total >= TURN_OCTETS) {
			stream->read_again = true;
			stream_is_restless(stream);
			return;
		}
		result = stream_read_raw(stream, scratch, room < READ_OCTETS ? room : READ_OCTETS, &done);
		if (result_is_blocked(result, &stream->read_wants))
			return;
		if (result != TRANSPORT_OK) {
			stream_failed(stream, result);
			return;
		}
		total += done;
		if (!stream_deliver(stream, span_make(scratch, done)))
			return;
		/* Spare a call that says that there is no more. */
		if (done < READ_OCTETS && done < room && !stream_has_more(stream)) {
			stream->read_wants = LOOP_READABLE;
			return;
		}
	}
}

/*
 * Nothing can be sent any more, but what the peer said before it cut us off still stands in the socket: a reply, or an alert, that
 * says why. A peer that closes without reading all that we sent cuts us off so.
 */
static void
stream_hear_last(struct stream *stream, int code)
{
	stream->cut = code;
	stream_read(stream);
	if (stream->state == OPEN)
		stream_end(stream, STREAM_RESET, code);
}

/* Send the rest in clear, then do one step of the transport's handshake. */
static void
stream_begin(struct stream *stream)
{
	enum transport_result result;
	unsigned wants;

	if (stream->next != NULL) {
		if (!stream_flush(stream))
			return;
		if (buf_length(&stream->unsent) > 0) {
			watch_set(stream->watch, LOOP_WRITABLE);
			return;
		}
		stream->transport = stream->next;
		stream->next = NULL;
		buf_clear(&stream->pending);	/* nothing received in clear survives (RFC 3207 4.2) */
	}
	result = stream->transport->begin(stream->transport);
	if (result_is_blocked(result, &wants)) {
		watch_set(stream->watch, wants);
	} else if (result != TRANSPORT_OK) {
		stream_failed(stream, result);
	} else {
		stream->state = OPEN;
		stream->read_again = true;
		stream_is_restless(stream);
		stream->handler->on_laid(stream->arg);
	}
}

/* The owner is gone and everything is sent: shut our side, then wait for the peer's end. */
static void
stream_say_goodbye(struct stream *stream)
{
	if (stream->transport != NULL)
		stream->transport->end(stream->transport);
	shutdown(stream->fd, SHUT_WR);
	stream->state = DISCARDING;
}

static void
stream_discard(struct stream *stream)
{
	ssize_t n;

	while ((n = recv(stream->fd, scratch, sizeof(scratch), 0)) > 0) {
		stream->discarded += (size_t)n;
		if (stream->discarded > DISCARD_OCTETS)
			break;
	}
	if (n >= 0 || (errno != EAGAIN && errno != EINTR))
		stream_shut(stream);
}

/* When many connect at once, those who have messages under way do not wait for all their handshakes. */
static void
stream_lay_on(struct stream *stream)
{
	if (laying_left == 0) {
		stream_is_restless(stream);
		return;
	}
	laying_left--;
	stream_begin(stream);
}

/* Do what the stream's state asks for. */
static void
stream_work(struct stream *stream, bool may_read)
{
	if (stream->state == LAYING) {
		stream_lay_on(stream);
		return;
	}
	if ((stream->state == OPEN || stream->state == FINISHING) && !stream_flush(stream))
		return;
	if (stream->state == FINISHING && buf_length(&stream->unsent) == 0)
		stream_say_goodbye(stream);
	if (stream->state == DISCARDING)
		stream_discard(stream);
	if (stream->state == OPEN && stream->want_drained && buf_length(&stream->unsent) == 0) {
		stream->want_drained = false;
		stream->handler->on_drained(stream->arg);
	}
	if (may_read && stream_may_read(stream))
		stream_read(stream);
	if (stream->state == OPEN || stream->state == FINISHING || stream->state == DISCARDING)
		stream_watch(stream);
}

static void
stream_connected(struct stream *stream)
{
	stream_connected_fn *on_connected = stream->on_connected;
	int error = 0;
	socklen_t length = sizeof(error);

	if (getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		error = errno;
	stream->state = error == 0 ? OPEN : ENDED;
	stream->read_again = error == 0;
	watch_set(stream->watch, 0);
	stream_is_restless(stream);
	on_connected(stream->arg, error);
}

static void
on_stream_ready(void *arg, unsigned ready)
{
	struct stream *stream = arg;
	bool may_read;

	if (stream->state == CONNECTING) {
		stream_connected(stream);
		return;
	}
	may_read = (ready & stream->read_wants) != 0;
	stream->is_deaf = stream->paused && may_read;
	stream_work(stream, may_read);
}

static struct stream *
stream_make(int fd, size_t ceiling, const struct stream_handler *handler, void *arg)
{
	struct stream *stream = must_alloc(sizeof(*stream));

	stream->fd = fd;
	stream->handler = handler;
	stream->arg = arg;
	stream->read_wants = LOOP_READABLE;
	stream->write_wants = LOOP_WRITABLE;
	buf_init(&stream->pending, ceiling);
	buf_init(&stream->unsent, UNSENT_CEILING);
	stream->watch = watch_new(fd, on_stream_ready, stream);
	return stream;
}

static void
socket_prepare(int fd)
{
	const int on = 1;

	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
		fatal_errno("cannot make a socket non-blocking");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));	/* fails on Unix-domain sockets: no matter */
}

struct stream *
stream_new(int fd, size_t ceiling, const struct stream_handler *handler, void *arg)
{
	struct stream *stream;

	socket_prepare(fd);
	stream = stream_make(fd, ceiling, handler, arg);
	stream->state = OPEN;
	stream_watch(stream);
	return stream;
}

struct stream *
stream_connect(const struct sockaddr *address, unsigned length, const struct sockaddr *source, unsigned source_length,
    size_t ceiling, stream_connected_fn *on_connected, const struct stream_handler *handler, void *arg)
{
	struct stream *stream;
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return NULL;
	socket_prepare(fd);
	if ((source != NULL && bind(fd, source, source_length) < 0) ||
	    (connect(fd, address, length) < 0 && errno != EINPROGRESS)) {
		int error = errno;

		close(fd);
		errno = error;
		return NULL;
	}
	stream = stream_make(fd, ceiling, handler, arg);
	stream->state = CONNECTING;
	stream->on_connected = on_connected;
	watch_set(stream->watch, LOOP_WRITABLE);
	return stream;
}

void
stream_write(struct stream *stream, struct span octets)
{
	if (stream->state != OPEN)
		return;
	if (!buf_add(&stream->unsent, octets))
		fatal("more than %d octets unsent on one stream", UNSENT_CEILING);
	stream_is_restless(stream);
}

size_t
stream_unsent(const struct stream *stream)
{
	return buf_length(&stream->unsent);
}

void
stream_want_drained(struct stream *stream)
{
	stream->want_drained = true;
	stream_is_restless(stream);
}

void
stream_pause(struct stream *stream)
{
	/* Most peers wait for what the pause is for: as long as nothing comes, there is nothing to be changed. */
	stream->paused = true;
}

void
stream_resume(struct stream *stream)
{
	if (!stream->paused)
		return;
	/* What is in the socket, and only there, is told of by the loop. */
	if (stream->is_deaf || buf_length(&stream->pending) > 0 || stream_has_more(stream))
		stream->read_again = true;
	stream->paused = stream->is_deaf = false;
	stream_is_restless(stream);
}

size_t
stream_pending(const struct stream *stream)
{
	return buf_length(&stream->pending);
}

void
stream_lay(struct stream *stream, struct transport *transport)
{
	assert(stream->transport == NULL && stream->next == NULL);
	stream->next = transport;
	if (stream->state != OPEN)
		return;
	stream->state = LAYING;
	stream_is_restless(stream);
}

struct transport *
stream_transport(struct stream *stream)
{
	return stream->transport;
}

static void
on_linger_over(void *arg)
{
	stream_shut(arg);
}

void
stream_finish(struct stream **handle, int64_t linger_ms)
{
	struct stream *stream = *handle;

	if (stream == NULL)
		return;
	*handle = NULL;
	if (stream->state != OPEN || linger_ms <= 0) {
		if (stream->state == OPEN && stream->transport != NULL)
			stream->transport->end(stream->transport);
		stream_shut(stream);
		return;
	}
	stream->state = FINISHING;
	stream->linger = timer_new(on_linger_over, stream);
	timer_start(stream->linger, linger_ms);
	stream_is_restless(stream);
}

void
stream_abort(struct stream **stream)
{
	if (*stream != NULL)
		stream_shut(*stream);
	*stream = NULL;
}

int
stream_fd(const struct stream *stream)
{
	return stream->fd;
}

struct ip
stream_source(const struct stream *stream)
{
	struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
	socklen_t length = sizeof(address);

	if (getsockname(stream->fd, (struct sockaddr *)&address, &length) != 0)
		return (struct ip){ .family = 0 };
	return ip_from_sockaddr((struct sockaddr *)&address);
}
