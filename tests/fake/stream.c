/* Streams without sockets. What the owner sees happens in the order of lib-loop/stream.c. */
#include "loop/stream.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/un.h>

#include "base/buf.h"
#include "base/fatal.h"
#include "loop/loop.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_stream.h"

#define SENT_CEILING ((size_t)1 << 30)

enum state { CONNECTING, LAYING, OPEN, CLOSED };

struct stream {
	TAILQ_ENTRY(stream) entry;
	enum state state;
	enum fake_fate fate;
	int fd;
	bool paused, blocked, want_drained, work_is_soon;
	bool read_again;	/* octets that waited through a pause are to be handed out */
	const struct stream_handler *handler;
	stream_connected_fn *on_connected;
	void *arg;
	struct transport *transport;	/* owned */
	struct buf coming;		/* said by the peer, not read yet */
	struct buf pending;		/* read, not consumed by the owner */
	struct buf unsent;		/* written in this turn, or blocked */
	struct buf sent;		/* gone to the peer */
	struct sockaddr_storage address;
};

static TAILQ_HEAD(streams, stream) streams = TAILQ_HEAD_INITIALIZER(streams);
static int connect_error;

static void
transport_drop(struct stream *stream)
{
	if (stream->transport != NULL)
		stream->transport->free(stream->transport);
	stream->transport = NULL;
}

static void
streams_reset(void)
{
	struct stream *stream;

	while ((stream = TAILQ_FIRST(&streams)) != NULL) {
		TAILQ_REMOVE(&streams, stream, entry);
		transport_drop(stream);
		buf_clear(&stream->coming);
		buf_clear(&stream->pending);
		buf_clear(&stream->unsent);
		buf_clear(&stream->sent);
		free(stream);
	}
	connect_error = 0;
}

static void
must_add(struct buf *buf, struct span octets)
{
	if (!buf_add(buf, octets))
		fake_fail("a fake stream holds too much");
}

static bool
may_read(const struct stream *stream)
{
	return stream->state == OPEN && stream->fate == FAKE_STREAM_OPEN && !stream->paused;
}

/* Hand all unconsumed octets to the owner. */
static void
deliver(struct stream *stream)
{
	struct span all = buf_span(&stream->pending);
	char *copy = must_copy(all.data, all.length);	/* of its exact size: a step beyond is seen */
	size_t consumed;

	consumed = stream->handler->on_bytes(stream->arg, span_make(copy, all.length));
	free(copy);
	if (consumed > all.length)
		fake_fail("on_bytes consumed %zu of %zu octets", consumed, all.length);
	if (stream->state == LAYING)
		buf_empty(&stream->pending);
	else if (stream->state == OPEN)
		buf_consume(&stream->pending, consumed);
}

static void
read_on(struct stream *stream)
{
	if (buf_length(&stream->pending) > 0 && may_read(stream))
		deliver(stream);
	while (may_read(stream) && buf_length(&stream->coming) > 0) {
		size_t room = stream->pending.ceiling - buf_length(&stream->pending);
		struct span fresh = span_first(buf_span(&stream->coming), room);

		if (room == 0)
			return;
		must_add(&stream->pending, fresh);
		buf_consume(&stream->coming, fresh.length);
		deliver(stream);
	}
}

static void
flush(struct stream *stream)
{
	if (stream->blocked)
		return;
	must_add(&stream->sent, buf_span(&stream->unsent));
	buf_empty(&stream->unsent);
}

/* What the real stream does when it is restless. */
static void
on_work(void *arg)
{
	struct stream *stream = arg;

	stream->work_is_soon = false;
	flush(stream);
	if (stream->state == OPEN && stream->want_drained && buf_length(&stream->unsent) == 0) {
		stream->want_drained = false;
		stream->handler->on_drained(stream->arg);
	}
	if (stream->read_again) {
		stream->read_again = false;
		read_on(stream);
	}
}

static void
work_soon(struct stream *stream)
{
	if (!stream->work_is_soon)
		loop_soon(on_work, stream);
	stream->work_is_soon = true;
}

static struct stream *
stream_make(int fd, size_t ceiling, const struct stream_handler *handler, void *arg)
{
	struct stream *stream = must_alloc(sizeof(*stream));

	fake_on_reset(streams_reset);
	stream->fd = fd;
	stream->handler = handler;
	stream->arg = arg;
	buf_init(&stream->coming, SENT_CEILING);
	buf_init(&stream->pending, ceiling);
	buf_init(&stream->unsent, SENT_CEILING);
	buf_init(&stream->sent, SENT_CEILING);
	TAILQ_INSERT_TAIL(&streams, stream, entry);
	return stream;
}

/* loop/stream.h */

struct stream *
stream_new(int fd, size_t ceiling, const struct stream_handler *handler, void *arg)
{
	struct stream *stream = stream_make(fd, ceiling, handler, arg);

	stream->state = OPEN;
	return stream;
}

struct stream *
stream_connect(const struct sockaddr *address, unsigned length, const struct sockaddr *source, unsigned source_length,
    size_t ceiling, stream_connected_fn *on_connected, const struct stream_handler *handler, void *arg)
{
	struct stream *stream;

	(void)source;
	(void)source_length;
	if (connect_error != 0) {
		errno = connect_error;
		connect_error = 0;
		return NULL;
	}
	stream = stream_make(fake_fd(), ceiling, handler, arg);
	stream->state = CONNECTING;
	stream->on_connected = on_connected;
	memcpy(&stream->address, address, length < sizeof(stream->address) ? length : sizeof(stream->address));
	return stream;
}

void
stream_write(struct stream *stream, struct span octets)
{
	if (stream->state != OPEN || stream->fate != FAKE_STREAM_OPEN)
		return;
	must_add(&stream->unsent, octets);
	work_soon(stream);
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
	work_soon(stream);
}

void
stream_pause(struct stream *stream)
{
	stream->paused = true;
}

void
stream_resume(struct stream *stream)
{
	if (!stream->paused)
		return;
	stream->paused = false;
	stream->read_again = true;
	work_soon(stream);
}

size_t
stream_pending(const struct stream *stream)
{
	return buf_length(&stream->pending);
}

void
stream_lay(struct stream *stream, struct transport *transport)
{
	assert(stream->transport == NULL);
	stream->transport = transport;
	if (stream->state != OPEN || stream->fate != FAKE_STREAM_OPEN)
		return;
	flush(stream);
	stream->state = LAYING;
	buf_empty(&stream->coming);
}

struct transport *
stream_transport(struct stream *stream)
{
	return stream->transport;
}

static void
stream_shut(struct stream **handle, enum fake_fate fate)
{
	struct stream *stream = *handle;

	*handle = NULL;
	if (stream == NULL)
		return;
	if (stream->fate >= FAKE_STREAM_FINISHED)
		fake_fail("a stream was closed twice");
	if (fate == FAKE_STREAM_FINISHED && stream->state == OPEN)
		flush(stream);
	stream->state = CLOSED;
	stream->fate = fate;
	transport_drop(stream);
}

void
stream_finish(struct stream **stream, int64_t linger_ms)
{
	(void)linger_ms;
	stream_shut(stream, FAKE_STREAM_FINISHED);
}

void
stream_abort(struct stream **stream)
{
	stream_shut(stream, FAKE_STREAM_ABORTED);
}

int
stream_fd(const struct stream *stream)
{
	return stream->fd;
}

/* Of one that was made for a peer that called, nothing is known. */
struct ip
stream_source(const struct stream *stream)
{
	static const char *const sources[] = { [0] = "", [4] = FAKE_STREAM_SOURCE4, [6] = FAKE_STREAM_SOURCE6 };
	struct ip ip = ip_from_sockaddr((const struct sockaddr *)&stream->address);

	(void)ip_parse(span_of(sources[ip.family]), &ip);
	return ip;
}

/* the peer's side */

struct stream *
fake_stream_last(void)
{
	return TAILQ_LAST(&streams, streams);
}

struct stream *
fake_stream_next(const struct stream *stream)
{
	return stream == NULL ? TAILQ_FIRST(&streams) : TAILQ_NEXT(stream, entry);
}

enum fake_fate
fake_stream_fate(const struct stream *stream)
{
	return stream->fate;
}

void
fake_stream_feed(struct stream *stream, struct span octets)
{
	if (stream->state != OPEN)
		return;
	must_add(&stream->coming, octets);
	read_on(stream);
}

struct span
fake_stream_sent(const struct stream *stream)
{
	return buf_span(&stream->sent);
}

void
fake_stream_consume(struct stream *stream, size_t octets)
{
	buf_consume(&stream->sent, octets);
}

void
fake_stream_block(struct stream *stream, bool blocked)
{
	stream->blocked = blocked;
	work_soon(stream);
}

void
fake_stream_end(struct stream *stream, enum stream_end why, int code)
{
	if (stream->fate != FAKE_STREAM_OPEN)
		return;
	stream->fate = FAKE_STREAM_ENDED;
	stream->handler->on_end(stream->arg, why, code);
}

bool
fake_stream_is_laying(const struct stream *stream)
{
	return stream->state == LAYING;
}

void
fake_stream_laid(struct stream *stream, enum transport_result result)
{
	if (stream->state != LAYING)
		fake_fail("no handshake is under way");
	if (result != TRANSPORT_OK) {
		fake_stream_end(stream, result == TRANSPORT_CLOSED ? STREAM_PEER_CLOSED :
		    result == TRANSPORT_TRUNCATED ? STREAM_TRUNCATED :
		    result == TRANSPORT_RESET ? STREAM_RESET : STREAM_TLS_ERROR, 0);
		return;
	}
	stream->state = OPEN;
	stream->handler->on_laid(stream->arg);
}

bool
fake_stream_is_secure(const struct stream *stream)
{
	return stream->transport != NULL && stream->state == OPEN;
}

bool
fake_stream_is_paused(const struct stream *stream)
{
	return stream->paused || buf_length(&stream->pending) == stream->pending.ceiling;
}

struct ip
fake_stream_address(const struct stream *stream, uint16_t *port)
{
	const struct sockaddr_storage *address = &stream->address;

	/* The port stands at the same place for both families. */
	*port = ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port);
	return ip_from_sockaddr((const struct sockaddr *)address);
}

const char *
fake_stream_path(const struct stream *stream)
{
	const struct sockaddr_un *address = (const struct sockaddr_un *)(const void *)&stream->address;

	return address->sun_family == AF_UNIX ? address->sun_path : "";
}

void
fake_stream_connected(struct stream *stream, int error)
{
	if (stream->state != CONNECTING)
		fake_fail("no connect is under way");
	stream->state = error == 0 ? OPEN : CLOSED;
	if (error != 0)
		stream->fate = FAKE_STREAM_ENDED;
	stream->on_connected(stream->arg, error);
}

void
fake_stream_refuse_connect(int error)
{
	connect_error = error;
}
