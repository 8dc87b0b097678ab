/* Octets that claim to be messages of ipc/writer_queue.h. */
#include "ipc/writer_queue.h"

#include "messages.h"

AGAIN(writer_segment)
AGAIN(writer_committed)
AGAIN(queue_congestion)

/* The segments of a HELLO are read one by one, by whoever decoded it. */
static bool
writer_hello_again(struct span payload, struct buf *out)
{
	struct writer_segment segment;
	struct writer_hello hello;
	struct buf segments;

	if (!writer_hello_decode(payload, &hello))
		return false;
	buf_init(&segments, AGAIN_CEILING);
	for (uint32_t i = 0; i < hello.open_count; i++) {
		segment = writer_segment_get(&hello.rest);
		writer_segment_encode(&segments, &segment);
	}
	if (!codec_done(&hello.rest))
		abort();
	put_span(out, hello.directory);
	put_u32(out, hello.open_count);
	put_raw(out, segments.data, buf_length(&segments));
	buf_clear(&segments);
	return true;
}

MESSAGES_TARGET(writer_segment_again, writer_committed_again, queue_congestion_again, writer_hello_again)
