/* Channels without sockets. */
#include "ipc/channel.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/arena.h"
#include "base/fatal.h"
#include "loop/loop.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_channel.h"

struct message {
	STAILQ_ENTRY(message) entry;
	uint16_t type;
	struct span payload;
	int fd;
};

struct channel {
	TAILQ_ENTRY(channel) entry;
	const char *name;
	const struct channel_handler *handler;
	void *arg;
	bool is_closed, is_freed;
	STAILQ_HEAD(, message) sent;
	size_t clogged, room_below;
	void (*on_room)(void *arg);
	void *room_arg;
};

static TAILQ_HEAD(channels, channel) channels = TAILQ_HEAD_INITIALIZER(channels);
static struct arena *arena;	/* all messages */
static struct buf scratch = { .ceiling = CHANNEL_PAYLOAD_MAX };

static void
channels_reset(void)
{
	struct channel *channel;

	while ((channel = TAILQ_FIRST(&channels)) != NULL) {
		TAILQ_REMOVE(&channels, channel, entry);
		free(channel);
	}
	arena_free(&arena);
	buf_clear(&scratch);
}

struct buf *
channel_scratch(void)
{
	fake_on_reset(channels_reset);
	buf_empty(&scratch);
	return &scratch;
}

struct channel *
channel_new(int fd, const char *name, const struct channel_handler *handler, void *arg)
{
	struct channel *channel = must_alloc(sizeof(*channel));

	(void)fd;
	fake_on_reset(channels_reset);
	channel->name = name;
	channel->handler = handler;
	channel->arg = arg;
	STAILQ_INIT(&channel->sent);
	TAILQ_INSERT_TAIL(&channels, channel, entry);
	return channel;
}

void
channel_send(struct channel *channel, uint16_t type, struct span payload, int fd)
{
	struct message *message;

	if (channel->is_freed)
		fake_fail("a message for %s, which was freed", channel->name);
	if (channel->is_closed)
		return;
	if (arena == NULL)
		arena = arena_new();
	message = arena_alloc(arena, sizeof(*message));
	*message = (struct message){ .type = type, .payload = arena_span(arena, payload), .fd = fd };
	STAILQ_INSERT_TAIL(&channel->sent, message, entry);
}

size_t
channel_unsent(const struct channel *channel)
{
	return channel->clogged;
}

static void
on_room_turn(void *arg)
{
	struct channel *channel = arg;
	void (*on_room)(void *room_arg) = channel->on_room;

	if (on_room == NULL || channel->is_closed || channel->clogged >= channel->room_below)
		return;
	channel->on_room = NULL;
	on_room(channel->room_arg);
}

void
channel_want_room(struct channel *channel, size_t octets, void (*on_room)(void *arg), void *arg)
{
	channel->room_below = octets;
	channel->on_room = on_room;
	channel->room_arg = arg;
	loop_soon(on_room_turn, channel);
}

void
channel_finish(struct channel **channel)
{
	channel_free(channel);
}

void
channel_free(struct channel **channel)
{
	if (*channel == NULL)
		return;
	if ((*channel)->is_freed)
		fake_fail("the channel to %s was freed twice", (*channel)->name);
	(*channel)->is_closed = (*channel)->is_freed = true;
	*channel = NULL;
}

/* the other end */

struct channel *
fake_channel_find(const char *name)
{
	struct channel *channel;

	TAILQ_FOREACH_REVERSE(channel, &channels, channels, entry)
		if (!channel->is_closed && strcmp(channel->name, name) == 0)
			return channel;
	return NULL;
}

struct channel *
fake_channel_last(const char *name)
{
	struct channel *channel;

	TAILQ_FOREACH_REVERSE(channel, &channels, channels, entry)
		if (strcmp(channel->name, name) == 0)
			return channel;
	return NULL;
}

bool
fake_channel_is_open(const struct channel *channel)
{
	return !channel->is_closed;
}

void
fake_channel_break(struct channel *channel)
{
	if (channel->is_closed)
		return;
	channel->is_closed = true;
	channel->handler->on_closed(channel->arg);
}

bool
fake_channel_deliver(struct channel *channel, uint16_t type, struct span payload, int fd)
{
	const struct channel_row *row = type < channel->handler->rows_count ? &channel->handler->rows[type] : NULL;
	char *copy;
	bool good;

	if (channel->is_closed)
		fake_fail("a message on the channel to %s, which is closed", channel->name);
	if (row == NULL || row->on_message == NULL || row->has_fd != (fd >= 0)) {
		fake_channel_break(channel);
		return false;
	}
	copy = must_copy(payload.data, payload.length);
	good = row->on_message(channel->arg, span_make(copy, payload.length), fd);
	free(copy);
	if (!good)
		fake_channel_break(channel);
	return good;
}

bool
fake_channel_take(struct channel *channel, uint16_t *type, struct span *payload, int *fd)
{
	struct message *message = STAILQ_FIRST(&channel->sent);

	if (message == NULL)
		return false;
	STAILQ_REMOVE_HEAD(&channel->sent, entry);
	*type = message->type;
	*payload = message->payload;
	*fd = message->fd;
	return true;
}

void
fake_channel_clog(struct channel *channel, size_t octets)
{
	channel->clogged = octets;
	loop_soon(on_room_turn, channel);
}
