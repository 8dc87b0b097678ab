/* Tests of src/lib-ipc/writer_queue.c. */
#include "ipc/writer_queue.h"

#include "again_check.h"

AGAIN(writer_segment)
AGAIN(writer_committed)
AGAIN(queue_congestion)

static bool
writer_hello_again(struct span payload, struct buf *out)
{
	struct writer_segment open[10];
	struct writer_hello hello;

	if (!writer_hello_decode(payload, &hello))
		return false;
	ck_assert_uint_le(hello.open_count, 10);
	for (uint32_t i = 0; i < hello.open_count; i++)
		open[i] = writer_segment_get(&hello.rest);
	ck_assert(codec_done(&hello.rest));
	hello.open = open;
	writer_hello_encode(out, &hello);
	return true;
}

START_TEST(hellos_go_there_and_back)
{
	static const struct writer_segment open[] = { { 1, UINT64_MAX, 0 }, { UINT32_MAX, 2, UINT64_C(1) << 40 } };
	struct writer_hello hello = { .directory = SPAN("report-0"), .open_count = 2, .open = open };
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	writer_hello_encode(&out, &hello);
	again_refuses(writer_hello_again, &out, 12, 3);
	again_refuses(writer_hello_again, &out, 12, 1);
	again_check(writer_hello_again, &out);
	hello.open_count = 0;
	writer_hello_encode(&out, &hello);
	again_check(writer_hello_again, &out);
}
END_TEST

START_TEST(places_go_there_and_back)
{
	const struct writer_segment segment = { 5, 6, 7 };
	const struct writer_committed committed = { { 5, 6, UINT64_MAX }, UINT64_C(0x123456789a) };
	const struct queue_congestion congestion = { true };
	struct writer_committed back;
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	writer_segment_encode(&out, &segment);
	again_check(writer_segment_again, &out);
	writer_committed_encode(&out, &committed);
	ck_assert(writer_committed_decode(buf_span(&out), &back));
	ck_assert_uint_eq(back.segment.number, 5);
	ck_assert_uint_eq(back.segment.generation, 6);
	ck_assert_uint_eq(back.segment.committed, UINT64_MAX);
	ck_assert_uint_eq(back.offset, UINT64_C(0x123456789a));
	again_check(writer_committed_again, &out);
	queue_congestion_encode(&out, &congestion);
	again_refuses(queue_congestion_again, &out, 0, 2);
	again_check(queue_congestion_again, &out);
}
END_TEST

UNIT_MAIN("writer_queue", hellos_go_there_and_back, places_go_there_and_back)
