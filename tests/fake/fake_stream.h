/*
 * The other side of a stream: what the peer says, reads and does. A stream stays valid for the test after the code
 * under test has closed it, until fake_reset().
 */
#ifndef TESTS_FAKE_FAKE_STREAM_H
#define TESTS_FAKE_FAKE_STREAM_H

#include <sys/socket.h>

#include "base/ip.h"
#include "loop/stream.h"

/* Where connections come from: stream_source(). */
#define FAKE_STREAM_SOURCE4 "198.51.100.25"
#define FAKE_STREAM_SOURCE6 "2001:db8:25::25"

enum fake_fate {
	FAKE_STREAM_OPEN,
	FAKE_STREAM_ENDED,	/* on_end was called, the owner has not closed it yet */
	FAKE_STREAM_FINISHED,	/* stream_finish() */
	FAKE_STREAM_ABORTED	/* stream_abort() */
};

/* The stream that was made last; NULL when there is none. */
struct stream *fake_stream_last(void);

/* The one that was made after that one, or first of all (NULL); NULL when there is none. */
struct stream *fake_stream_next(const struct stream *stream);

enum fake_fate fake_stream_fate(const struct stream *stream);

/* Octets come from the peer; what the owner does not take waits, as in life. During a handshake they are lost. */
void fake_stream_feed(struct stream *stream, struct span octets);

/* What has left so far, without what the test has consumed; valid until the next turn. */
struct span fake_stream_sent(const struct stream *stream);
void fake_stream_consume(struct stream *stream, size_t octets);

/* The peer reads nothing for a while. */
void fake_stream_block(struct stream *stream, bool blocked);

/* Nothing more comes, and nothing can be written. */
void fake_stream_end(struct stream *stream, enum stream_end why, int code);

/* A handshake is under way; it ends well (TRANSPORT_OK) or not. */
bool fake_stream_is_laying(const struct stream *stream);
void fake_stream_laid(struct stream *stream, enum transport_result result);

/* Bytes go through a transport. */
bool fake_stream_is_secure(const struct stream *stream);

/* The owner has paused it, or it is full: what the peer says now waits. */
bool fake_stream_is_paused(const struct stream *stream);

/* For streams made by stream_connect(): whereto, and how it ends (0 or an errno). */
struct ip fake_stream_address(const struct stream *stream, uint16_t *port);
const char *fake_stream_path(const struct stream *stream);	/* of a Unix-domain socket */
void fake_stream_connected(struct stream *stream, int error);

/* The next stream_connect() returns NULL with this errno. */
void fake_stream_refuse_connect(int error);

#endif
