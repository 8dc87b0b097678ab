/* Messages between the writers of messages and queue. */
#include "ipc/writer_queue.h"

#define SEGMENT_OCTETS (4 + 8 + 8)

static void
segment_put(struct buf *out, const struct writer_segment *segment)
{
	put_u32(out, segment->number);
	put_u64(out, segment->generation);
	put_u64(out, segment->committed);
}

struct writer_segment
writer_segment_get(struct codec *in)
{
	struct writer_segment segment;

	segment.number = get_u32(in);
	segment.generation = get_u64(in);
	segment.committed = get_u64(in);
	return segment;
}

void
writer_hello_encode(struct buf *out, const struct writer_hello *hello)
{
	put_span(out, hello->directory);
	put_u32(out, hello->open_count);
	for (uint32_t i = 0; i < hello->open_count; i++)
		segment_put(out, &hello->open[i]);
}

bool
writer_hello_decode(struct span payload, struct writer_hello *hello)
{
	struct codec in = codec_read(payload);

	hello->directory = get_span(&in);
	hello->open_count = get_count(&in, SEGMENT_OCTETS);
	hello->open = NULL;
	hello->rest = in;
	return !in.bad && in.rest.length == (size_t)hello->open_count * SEGMENT_OCTETS;
}

void
writer_segment_encode(struct buf *out, const struct writer_segment *segment)
{
	segment_put(out, segment);
}

bool
writer_segment_decode(struct span payload, struct writer_segment *segment)
{
	struct codec in = codec_read(payload);

	*segment = writer_segment_get(&in);
	return codec_done(&in);
}

void
writer_committed_encode(struct buf *out, const struct writer_committed *committed)
{
	segment_put(out, &committed->segment);
	put_u64(out, committed->offset);
}

bool
writer_committed_decode(struct span payload, struct writer_committed *committed)
{
	struct codec in = codec_read(payload);

	committed->segment = writer_segment_get(&in);
	committed->offset = get_u64(&in);
	return codec_done(&in);
}

void
queue_congestion_encode(struct buf *out, const struct queue_congestion *congestion)
{
	put_bool(out, congestion->congested);
}

bool
queue_congestion_decode(struct span payload, struct queue_congestion *congestion)
{
	struct codec in = codec_read(payload);

	congestion->congested = get_bool(&in);
	return codec_done(&in);
}
