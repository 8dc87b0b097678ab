/*
 * Frames over a Unix-domain stream socket. A frame is type (2 octets), flags (2), length (4),
 * payload. Descriptors travel with the first octet of the write that carries their frame; the
 * kernel never merges octets across them, so they are taken in the order of the frames.
 */
#include "ipc/channel.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/codec.h"
#include "loop/loop.h"
#include "loop/reap.h"

#define HEADER_OCTETS 8
#define FLAG_FD 1
#define FDS_MAX 64			/* descriptors in one write */
#define READ_OCTETS (256 * 1024)
#define UNSENT_CEILING (1024u * 1024 * 1024)

struct fds {
	int *at;
	size_t start, end, capacity;
};

/* Where in the unsent octets a descriptor has to go with. */
struct passenger {
	STAILQ_ENTRY(passenger) entry;
	uint64_t position;		/* octets sent since the channel began, when its frame begins */
	int fd;
};

struct channel {
	TAILQ_ENTRY(channel) entry;	/* on restless, if is_restless */
	bool is_restless, is_closed;
	bool is_finishing;		/* the owner is gone: send what is left, hear nothing */
	bool is_mute;			/* the peer hears nothing any more: read what it said before */
	int fd;
	const char *name;
	struct watch *watch;
	const struct channel_handler *handler;
	void *arg;
	struct buf unsent, pending;
	uint64_t sent;			/* octets, since the channel began */
	STAILQ_HEAD(, passenger) passengers;
	struct fds received;		/* descriptors whose frame has not been handled yet */
	size_t room_below;		/* on_room is called when fewer octets are unsent */
	void (*on_room)(void *arg);
	void *room_arg;
};

static TAILQ_HEAD(, channel) restless = TAILQ_HEAD_INITIALIZER(restless);
static bool restless_is_scheduled;

static void channel_flush(struct channel *channel);

struct buf *
channel_scratch(void)
{
	static struct buf scratch = { .ceiling = CHANNEL_PAYLOAD_MAX };

	buf_empty(&scratch);
	return &scratch;
}

static void
calm(struct channel *channel)
{
	if (channel->is_restless)
		TAILQ_REMOVE(&restless, channel, entry);
	channel->is_restless = false;
}

static void
restless_run(void *unused)
{
	struct channel *channel;

	(void)unused;
	restless_is_scheduled = false;
	while ((channel = TAILQ_FIRST(&restless)) != NULL) {
		calm(channel);
		channel_flush(channel);
	}
}

static void
channel_is_restless(struct channel *channel)
{
	if (channel->is_restless)
		return;
	channel->is_restless = true;
	TAILQ_INSERT_TAIL(&restless, channel, entry);
	if (!restless_is_scheduled) {
		restless_is_scheduled = true;
		loop_soon(restless_run, NULL);
	}
}

static void
channel_release(void *thing)
{
	struct channel *channel = thing;

	buf_wipe(&channel->pending);
	free(channel->received.at);
	free(channel);
}

/* Drop what is unsent. */
static void
channel_drop_unsent(struct channel *channel)
{
	struct passenger *passenger;

	while ((passenger = STAILQ_FIRST(&channel->passengers)) != NULL) {
		STAILQ_REMOVE_HEAD(&channel->passengers, entry);
		close(passenger->fd);
		free(passenger);
	}
	buf_wipe(&channel->unsent);
}

static void
channel_drop_received(struct channel *channel)
{
	while (channel->received.start < channel->received.end)
		close(channel->received.at[channel->received.start++]);
}

/* Stop talking and listening; memory goes when the turn is over. */
static void
channel_shut(struct channel *channel)
{
	if (channel->is_closed)
		return;
	channel->is_closed = true;
	calm(channel);
	watch_free(&channel->watch);
	channel_drop_unsent(channel);
	channel_drop_received(channel);
	close(channel->fd);
	channel->fd = -1;
}

/* The other side is gone or spoke nonsense: tell the owner, who frees the channel. */
static void
channel_broken(struct channel *channel)
{
	bool is_owned = !channel->is_finishing;

	channel_shut(channel);
	if (is_owned)
		channel->handler->on_closed(channel->arg);
	else
		reap_later(channel_release, channel);
}

/* The octets that may go in one write: up to the next frame that has a descriptor beyond the first FDS_MAX. */
static struct span
channel_batch(struct channel *channel, int fds[FDS_MAX], size_t *fds_count)
{
	struct span all = buf_span(&channel->unsent);
	struct passenger *passenger = STAILQ_FIRST(&channel->passengers);

	*fds_count = 0;
	if (passenger == NULL)
		return all;
	/* A descriptor goes with the first octet of a write: octets before its frame leave first. */
	if (passenger->position > channel->sent)
		return span_first(all, (size_t)(passenger->position - channel->sent));
	for (; passenger != NULL && *fds_count < FDS_MAX; passenger = STAILQ_NEXT(passenger, entry))
		fds[(*fds_count)++] = passenger->fd;
	return passenger == NULL ? all : span_first(all, (size_t)(passenger->position - channel->sent));
}

static ssize_t
channel_send_batch(struct channel *channel, struct span octets, const int *fds, size_t fds_count)
{
	union {
		char space[CMSG_SPACE(FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_base = channel->unsent.data + channel->unsent.start, .iov_len = octets.length };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fds_count > 0) {
		struct cmsghdr *header;

		memset(&control, 0, sizeof(control));
		message.msg_control = control.space;
		message.msg_controllen = CMSG_SPACE(fds_count * sizeof(int));
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(fds_count * sizeof(int));
		memcpy(CMSG_DATA(header), fds, fds_count * sizeof(int));
	}
	return sendmsg(channel->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
channel_sent(struct channel *channel, size_t octets, size_t fds_count)
{
	channel->sent += octets;
	buf_consume(&channel->unsent, octets);
	while (fds_count-- > 0) {
		struct passenger *passenger = STAILQ_FIRST(&channel->passengers);

		STAILQ_REMOVE_HEAD(&channel->passengers, entry);
		close(passenger->fd);
		free(passenger);
	}
}

static void
channel_flush(struct channel *channel)
{
	while (buf_length(&channel->unsent) > 0) {
		int fds[FDS_MAX];
		size_t fds_count;
		struct span octets = channel_batch(channel, fds, &fds_count);
		ssize_t n = channel_send_batch(channel, octets, fds, fds_count);

		if (n < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == ETOOMANYREFS)) {
			watch_set(channel->watch, (channel->is_finishing ? 0 : LOOP_READABLE) | LOOP_WRITABLE);
			break;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			/* What it said before it died is still to be read; the end comes behind that. */
			channel_drop_unsent(channel);
			channel->is_mute = true;
			break;
		}
		channel_sent(channel, (size_t)n, fds_count);
	}
	if (buf_length(&channel->unsent) == 0) {
		buf_clear(&channel->unsent);
		watch_set(channel->watch, LOOP_READABLE);
	}
	if (channel->on_room != NULL && !channel->is_mute && buf_length(&channel->unsent) < channel->room_below) {
		void (*on_room)(void *arg) = channel->on_room;

		channel->on_room = NULL;
		on_room(channel->room_arg);
	} else if (channel->is_finishing && buf_length(&channel->unsent) == 0) {
		channel_shut(channel);
		reap_later(channel_release, channel);
	}
}

static void
fds_add(struct fds *fds, int fd)
{
	if (fds->start == fds->end)
		fds->start = fds->end = 0;
	if (fds->end == fds->capacity) {
		fds->capacity = fds->capacity == 0 ? FDS_MAX : fds->capacity * 2;
		fds->at = must_realloc(fds->at, fds->capacity * sizeof(*fds->at));
	}
	fds->at[fds->end++] = fd;
}

/* Read octets and descriptors. Returns false when nothing more can be read now, or the channel broke. */
static bool
channel_fill(struct channel *channel)
{
	union {
		char space[CMSG_SPACE(FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	char *room = buf_reserve(&channel->pending, READ_OCTETS);
	struct iovec iov = { .iov_base = room, .iov_len = READ_OCTETS };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof(control.space)
	};
	ssize_t n = recvmsg(channel->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	for (struct cmsghdr *header = n < 0 ? NULL : CMSG_FIRSTHDR(&message); header != NULL;
	    header = CMSG_NXTHDR(&message, header)) {
		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < (header->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
			fds_add(&channel->received, fd);
		}
	}
	if (n <= 0 || message.msg_flags & MSG_CTRUNC) {
		channel_broken(channel);
		return false;
	}
	buf_commit(&channel->pending, (size_t)n);
	return true;
}

static bool
channel_nonsense(struct channel *channel, uint16_t type, const char *what)
{
	log_warn("channel", LOG_TEXT("peer", channel->name), LOG_NUMBER("type", type), LOG_TEXT("reason", what));
	return false;
}

/* Hand one frame to its row. Returns false when that made no sense. */
static bool
channel_dispatch(struct channel *channel, uint16_t type, uint16_t flags, struct span payload)
{
	const struct channel_row *row = type < channel->handler->rows_count ? &channel->handler->rows[type] : NULL;
	int fd = -1;

	if (row == NULL || row->on_message == NULL)
		return channel_nonsense(channel, type, "unknown message");
	if (row->has_fd != ((flags & FLAG_FD) != 0))
		return channel_nonsense(channel, type, "descriptor missing or not expected");
	if (row->has_fd) {
		if (channel->received.start == channel->received.end)
			return channel_nonsense(channel, type, "descriptor did not arrive");
		fd = channel->received.at[channel->received.start++];
	}
	if (!row->on_message(channel->arg, payload, fd))
		return channel_nonsense(channel, type, "malformed message");
	return true;
}

/* Handle every whole frame; stop when the owner closes the channel over one. */
static bool
channel_drain(struct channel *channel)
{
	while (!channel->is_closed && !channel->is_finishing && buf_length(&channel->pending) >= HEADER_OCTETS) {
		struct span all = buf_span(&channel->pending);
		struct codec header = codec_read(span_first(all, HEADER_OCTETS));
		uint16_t type = get_u16(&header), flags = get_u16(&header);
		uint32_t length = get_u32(&header);
		bool made_sense;

		if (length > CHANNEL_PAYLOAD_MAX)
			return channel_nonsense(channel, type, "message too long");
		if (all.length - HEADER_OCTETS < length)
			break;
		made_sense = channel_dispatch(channel, type, flags, span_first(span_skip(all, HEADER_OCTETS), length));
		if (channel->is_closed)
			return true;
		if (!made_sense)
			return false;
		buf_consume(&channel->pending, HEADER_OCTETS + length);
	}
	return true;
}

static void
on_channel_ready(void *arg, unsigned ready)
{
	struct channel *channel = arg;

	if (ready & LOOP_WRITABLE)
		channel_is_restless(channel);
	if (!(ready & LOOP_READABLE) || channel->is_finishing)
		return;
	if (!channel_fill(channel))
		return;
	if (!channel_drain(channel))
		channel_broken(channel);
	else if (!channel->is_closed && buf_length(&channel->pending) == 0)
		buf_clear(&channel->pending);
}

struct channel *
channel_new(int fd, const char *name, const struct channel_handler *handler, void *arg)
{
	struct channel *channel = must_alloc(sizeof(*channel));

	channel->fd = fd;
	channel->name = name;
	channel->handler = handler;
	channel->arg = arg;
	STAILQ_INIT(&channel->passengers);
	buf_init(&channel->unsent, UNSENT_CEILING);
	buf_init(&channel->pending, CHANNEL_PAYLOAD_MAX + HEADER_OCTETS + READ_OCTETS);
	channel->watch = watch_new(fd, on_channel_ready, channel);
	watch_set(channel->watch, LOOP_READABLE);
	return channel;
}

void
channel_send(struct channel *channel, uint16_t type, struct span payload, int fd)
{
	assert(payload.length <= CHANNEL_PAYLOAD_MAX);
	if (channel->is_closed || channel->is_mute) {
		if (fd >= 0)
			close(fd);
		return;
	}
	if (fd >= 0) {
		struct passenger *passenger = must_alloc(sizeof(*passenger));

		passenger->position = channel->sent + buf_length(&channel->unsent);
		passenger->fd = fd;
		STAILQ_INSERT_TAIL(&channel->passengers, passenger, entry);
	}
	put_u16(&channel->unsent, type);
	put_u16(&channel->unsent, fd >= 0 ? FLAG_FD : 0);
	put_u32(&channel->unsent, (uint32_t)payload.length);
	put_raw(&channel->unsent, payload.data, payload.length);
	channel_is_restless(channel);
}

size_t
channel_unsent(const struct channel *channel)
{
	return buf_length(&channel->unsent);
}

void
channel_want_room(struct channel *channel, size_t octets, void (*on_room)(void *arg), void *arg)
{
	channel->room_below = octets;
	channel->on_room = on_room;
	channel->room_arg = arg;
	if (!channel->is_closed)
		channel_is_restless(channel);
}

void
channel_finish(struct channel **handle)
{
	struct channel *channel = *handle;

	if (channel == NULL)
		return;
	*handle = NULL;
	if (channel->is_closed) {
		reap_later(channel_release, channel);
		return;
	}
	channel->is_finishing = true;
	channel->on_room = NULL;
	channel_is_restless(channel);
}

void
channel_free(struct channel **handle)
{
	if (*handle == NULL)
		return;
	channel_shut(*handle);
	reap_later(channel_release, *handle);
	*handle = NULL;
}
