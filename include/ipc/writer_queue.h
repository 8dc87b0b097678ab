/*
 * Whoever writes messages (intake, report) and queue: which records are durable, which segments
 * are whole, which files may be used again. All of it can be found on disk; this only saves the search.
 */
#ifndef IPC_WRITER_QUEUE_H
#define IPC_WRITER_QUEUE_H

#include "base/span.h"
#include "base/codec.h"

enum writer_to_queue {
	WRITER_HELLO = 1,	/* struct writer_hello: first on every channel */
	WRITER_COMMITTED,	/* struct writer_committed */
	WRITER_CLOSED,		/* struct writer_segment: nothing will be appended any more */
	WRITER_MESSAGES
};

enum queue_to_writer {
	QUEUE_FREED = 1,	/* struct writer_segment: the file may be reused */
	QUEUE_CONGESTION,	/* struct queue_congestion */
	QUEUE_TO_WRITER_MESSAGES
};

/* One generation of one segment file of the writer's own directory. */
struct writer_segment {
	uint32_t number;	/* of the file */
	uint64_t generation;	/* of its contents; random */
	uint64_t committed;	/* octets known to be durable, from the file's beginning */
};

struct writer_hello {
	struct span directory;	/* "intake-0" */
	uint32_t open_count;	/* segments the writer may still append to */
	const struct writer_segment *open;	/* encode only */
	struct codec rest;	/* decode only: writer_segment_get() each */
};

/* A record is durable: its envelope frame lies at offset. */
struct writer_committed {
	struct writer_segment segment;
	uint64_t offset;
};

/* Queue has more than it can hold: new mail is to be refused for now (452). */
struct queue_congestion {
	bool congested;
};

void writer_hello_encode(struct buf *out, const struct writer_hello *hello);
bool writer_hello_decode(struct span payload, struct writer_hello *hello);
struct writer_segment writer_segment_get(struct codec *in);
void writer_segment_encode(struct buf *out, const struct writer_segment *segment);
bool writer_segment_decode(struct span payload, struct writer_segment *segment);
void writer_committed_encode(struct buf *out, const struct writer_committed *committed);
bool writer_committed_decode(struct span payload, struct writer_committed *committed);
void queue_congestion_encode(struct buf *out, const struct queue_congestion *congestion);
bool queue_congestion_decode(struct span payload, struct queue_congestion *congestion);

#endif
