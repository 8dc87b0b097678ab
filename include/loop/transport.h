/* What a stream's bytes go through: the kernel directly, or TLS over it (lib-tls makes those). */
#ifndef LOOP_TRANSPORT_H
#define LOOP_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum transport_result {
	TRANSPORT_OK,		/* *done octets were moved */
	TRANSPORT_WANT_READ,	/* again when the socket is readable */
	TRANSPORT_WANT_WRITE,	/* again when the socket is writable */
	TRANSPORT_CLOSED,	/* orderly end of the peer's side */
	TRANSPORT_TRUNCATED,	/* the connection ended without one */
	TRANSPORT_RESET,	/* errno says why */
	TRANSPORT_ERROR		/* the transport keeps the reason */
};

struct transport {
	/* One step of the handshake: TRANSPORT_OK when it is done, WANT_* when the peer must go on, else failed. */
	enum transport_result (*begin)(struct transport *transport);
	/* Move up to length octets; TRANSPORT_OK with *done > 0, or why not. */
	enum transport_result (*read)(struct transport *transport, void *octets, size_t length, size_t *done);
	enum transport_result (*write)(struct transport *transport, const void *octets, size_t length, size_t *done);
	/* After a read: there may be more without the socket becoming readable again. NULL = never known, read on. */
	bool (*has_more)(struct transport *transport);
	/* Say good-bye (close_notify); one try, the result does not matter. */
	void (*end)(struct transport *transport);
	void (*free)(struct transport *transport);
};

#endif
