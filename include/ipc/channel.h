/*
 * A message channel between two rooms (or the operator's tool and a room): frames over a
 * Unix-domain stream socket, with a descriptor beside a frame where the message has one.
 *
 * Any message may be lost with its sender: what matters is on disk before it is said.
 * A frame that cannot be understood ends the channel, not the receiver.
 */
#ifndef IPC_CHANNEL_H
#define IPC_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

struct channel;

/* One message one may receive. A table of these, by type, is all the dispatching there is. */
struct channel_row {
	const char *name;	/* for the log; NULL in rows not used */
	bool has_fd;		/* a descriptor comes beside it */
	/*
	 * Returns false when the message makes no sense: that ends the channel.
	 *   payload  borrowed for the call
	 *   fd       the handler's from here on; -1 unless has_fd
	 */
	bool (*on_message)(void *arg, struct span payload, int fd);
};

struct channel_handler {
	const struct channel_row *rows;	/* indexed by message type */
	unsigned rows_count;
	/* The other side is gone, or spoke nonsense; the channel is to be freed. Called once. */
	void (*on_closed)(void *arg);
};

#define CHANNEL_PAYLOAD_MAX (12u * 1024 * 1024)	/* octets of one message */

/* Take over a connected Unix-domain stream socket. `name` (for the log), handler and arg are kept. */
struct channel *channel_new(int fd, const char *name, const struct channel_handler *handler, void *arg);

/*
 * Queue a message; it leaves at the end of the loop's turn, in order. fd, when not -1, becomes
 * the channel's and is closed when it was sent. On a closed channel the message is dropped.
 */
void channel_send(struct channel *channel, uint16_t type, struct span payload, int fd);

/* Octets queued and not yet taken by the kernel: for those who can wait. */
size_t channel_unsent(const struct channel *channel);

/*
 * Call on_room once when less than `octets` are unsent, later in this turn if so already; never after channel_finish().
 */
void channel_want_room(struct channel *channel, size_t octets, void (*on_room)(void *arg), void *arg);

/* Close when everything queued has been sent; silent from here on. Leaves NULL. */
void channel_finish(struct channel **channel);

/* Close at once; silent from here on. Tolerates NULL, leaves NULL. */
void channel_free(struct channel **channel);

/* A scratch buffer to encode one message in: emptied at every call, valid until the next. */
struct buf *channel_scratch(void);

#endif
