/*
 * A connected byte stream on a non-blocking socket, in clear or over a transport that
 * was laid over it (TLS). Reading hands out borrowed bytes; writing gathers and sends
 * at the end of the loop's turn, so that several replies leave as one record.
 *
 * An idle stream holds no buffers.
 */
#ifndef LOOP_STREAM_H
#define LOOP_STREAM_H

#include "base/ip.h"
#include "base/span.h"
#include "loop/transport.h"

struct stream;

enum stream_end {
	STREAM_PEER_CLOSED,	/* an orderly end of the peer's side: FIN, or close_notify */
	STREAM_TRUNCATED,	/* FIN without close_notify under TLS */
	STREAM_RESET,		/* a socket error: errno in code */
	STREAM_TLS_ERROR	/* the transport failed: ask it why */
};

/* Why a connection attempt ended; 0 = connected, else an errno. */
typedef void stream_connected_fn(void *arg, int error);

struct stream_handler {
	/*
	 * Bytes have come: all that are not consumed yet. Returns how many were consumed; the
	 * rest comes again in front of what comes next. Not called while the stream is paused.
	 */
	size_t (*on_bytes)(void *arg, struct span bytes);
	/* The transport laid over the stream has done its handshake: bytes flow again from the next turn on. */
	void (*on_laid)(void *arg);
	/* Everything written has gone to the kernel (after stream_want_drained()). */
	void (*on_drained)(void *arg);
	/*
	 * No more bytes will come, and none can be written; the stream is to be closed. Called once. When sending
	 * fails, what the peer said before comes first, unless the stream is paused.
	 * A failed handshake ends here as well. code is an errno where there is one.
	 */
	void (*on_end)(void *arg, enum stream_end why, int code);
};

/*
 * Take over a connected socket (made non-blocking, TCP_NODELAY set where it applies).
 *   ceiling  most unconsumed octets kept; a full stream stops reading
 *   handler  kept, with arg, until the stream is closed
 */
struct stream *stream_new(int fd, size_t ceiling, const struct stream_handler *handler, void *arg);

/*
 * Connect to address; on_connected comes later, once, unless the stream is closed first.
 * Returns NULL with errno when no socket can be made. `source` may be NULL.
 */
struct sockaddr;
struct stream *stream_connect(const struct sockaddr *address, unsigned length, const struct sockaddr *source,
    unsigned source_length, size_t ceiling, stream_connected_fn *on_connected, const struct stream_handler *handler,
    void *arg);

/*
 * Append to what is to be sent. Never fails; what cannot be sent is dropped and on_end tells.
 * While a transport's handshake is under way there is nothing to say: octets are dropped.
 */
void stream_write(struct stream *stream, struct span octets);

/* Octets written that the kernel has not taken yet. */
size_t stream_unsent(const struct stream *stream);

/* Call on_drained once when nothing is unsent; later in this turn when that is so already. */
void stream_want_drained(struct stream *stream);

/* Stop handing out bytes; start again (bytes that waited come later in this turn). */
void stream_pause(struct stream *stream);
void stream_resume(struct stream *stream);

/* Octets that were received and not consumed. What STARTTLS must find to be none. */
size_t stream_pending(const struct stream *stream);

/*
 * Send what is unsent in clear; from there on all bytes go through the transport, which becomes the
 * stream's. on_laid or on_end tells how the handshake ended. Must not be called twice.
 */
void stream_lay(struct stream *stream, struct transport *transport);
struct transport *stream_transport(struct stream *stream);	/* borrowed; NULL in clear */

/*
 * Send what is unsent, end the transport (close_notify), close. Bounded by linger_ms; silent from
 * here on: no handler is called again. Leaves NULL.
 */
void stream_finish(struct stream **stream, int64_t linger_ms);

/* Close at once, drop what is unsent. Silent from here on. Tolerates NULL, leaves NULL. */
void stream_abort(struct stream **stream);

/* The socket, borrowed. */
int stream_fd(const struct stream *stream);

/* This end's own address: where octets come from for the peer. Family 0 = it has none (a Unix-domain socket, or nothing is known). */
struct ip stream_source(const struct stream *stream);

#endif
