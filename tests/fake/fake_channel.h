/* The other end of a channel: messages in, messages out. A channel stays valid for the test until fake_reset(). */
#ifndef TESTS_FAKE_FAKE_CHANNEL_H
#define TESTS_FAKE_FAKE_CHANNEL_H

#include "ipc/channel.h"

/* The newest channel of that name which is open; NULL when there is none. */
struct channel *fake_channel_find(const char *name);

/* The newest channel of that name, open or not. */
struct channel *fake_channel_last(const char *name);

bool fake_channel_is_open(const struct channel *channel);

/* A message comes. Returns false when the code under test took it for nonsense (its on_closed was called). */
bool fake_channel_deliver(struct channel *channel, uint16_t type, struct span payload, int fd);

/* The oldest message that was sent and not taken yet; payload is valid until fake_reset(). False when there is none. */
bool fake_channel_take(struct channel *channel, uint16_t *type, struct span *payload, int *fd);

/* The other side is gone. */
void fake_channel_break(struct channel *channel);

/* Octets that the other side leaves unread, for channel_unsent() and channel_want_room(). */
void fake_channel_clog(struct channel *channel, size_t octets);

#endif
