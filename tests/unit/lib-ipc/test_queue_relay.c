/* Tests of src/lib-ipc/queue_relay.c. */
#include "ipc/queue_relay.h"

#include <stdlib.h>

#include "ipc/channel.h"

#include "again_check.h"
#include "samples.h"

AGAIN_IN_ARENA(job)
AGAIN(forget)
AGAIN_IN_ARENA(concluded)

START_TEST(jobs_go_there_and_back)
{
	const struct job job = { UINT64_MAX, SPAN("mx:example.org"), 20, sample_envelope };
	struct arena *arena = arena_new();
	struct buf out;
	struct job back;

	buf_init(&out, AGAIN_CEILING);
	job_encode(&out, &job);
	ck_assert(job_decode(buf_span(&out), arena, &back));
	ck_assert_uint_eq(back.id, UINT64_MAX);
	ck_span_eq(back.hop, "mx:example.org");
	ck_assert_uint_eq(back.connections, 20);
	ck_assert_int_eq(mid_compare(back.envelope.mid, sample_envelope.mid), 0);
	ck_assert_int_eq(back.envelope.arrival_ms, sample_envelope.arrival_ms);
	ck_assert_uint_eq(back.envelope.flags, sample_envelope.flags);
	ck_assert_int_eq(back.envelope.ret, RET_HDRS);
	ck_span_eq(back.envelope.sender, "sender@example.com");
	ck_assert(ip_equal(back.envelope.client_ip, sample_envelope.client_ip));
	ck_assert_uint_eq(back.envelope.body.offset, sample_envelope.body.offset);
	ck_assert_uint_eq(back.envelope.body.chunks, sample_envelope.body.chunks);
	ck_assert_int_eq(memcmp(back.envelope.body.key, sample_envelope.body.key, BODY_KEY_OCTETS), 0);
	ck_assert_uint_eq(back.envelope.recipients_count, 3);
	ck_span_eq(back.envelope.recipients[1].address, "\"b c\"@example.org");
	ck_assert_uint_eq(back.envelope.recipients[0].notify, NOTIFY_SUCCESS | NOTIFY_DELAY);
	again_refuses(job_again, &out, buf_length(&out) - 1, 16);
	again_check(job_again, &out);
	arena_free(&arena);
}
END_TEST

START_TEST(a_job_without_recipients_is_none)
{
	struct job job = { 1, SPAN("mx:example.org"), 20, sample_envelope };
	struct arena *arena = arena_new();
	struct buf out;

	job.envelope.recipients_count = 0;
	buf_init(&out, AGAIN_CEILING);
	job_encode(&out, &job);
	ck_assert(!job_decode(buf_span(&out), arena, &job));
	buf_clear(&out);
	arena_free(&arena);
}
END_TEST

START_TEST(forgets_go_there_and_back)
{
	const struct forget one = { SPAN("smtp:host:25") }, all = { SPAN("") };
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	forget_encode(&out, &one);
	again_check(forget_again, &out);
	forget_encode(&out, &all);
	again_check(forget_again, &out);
}
END_TEST

START_TEST(conclusions_go_there_and_back)
{
	struct outcome outcomes[3];
	uint16_t which[] = { 2, 0, 1, 0 };
	struct concluded concluded = { 9, 410, outcomes, 3, which, 4 };
	struct buf out;

	memcpy(outcomes, sample_outcomes, sizeof(outcomes));
	buf_init(&out, AGAIN_CEILING);
	concluded_encode(&out, &concluded);
	again_refuses(concluded_again, &out, buf_length(&out) - 2, 3);
	again_refuses(concluded_again, &out, 8 + 4, 255);
	again_check(concluded_again, &out);
}
END_TEST

/* The shortest outcomes there can be, many of them: a bound on their number must not refuse them. */
START_TEST(conclusions_without_any_text_go_there_and_back)
{
	struct outcome outcomes[100];
	uint16_t which[] = { 99 };
	struct concluded concluded = { 9, 410, outcomes, 100, which, 1 };
	struct buf out;

	memset(outcomes, 0, sizeof(outcomes));
	buf_init(&out, AGAIN_CEILING);
	concluded_encode(&out, &concluded);
	again_check(concluded_again, &out);
}
END_TEST

/* As many recipients as limits.recipients allows, each refused in words of its own, as long as relay keeps them (relay/failure.h). */
START_TEST(the_largest_conclusion_fits_in_a_message)
{
	enum { MANY = 5000 };
	static char text[512];
	static uint16_t which[MANY];
	struct outcome *outcomes = calloc(MANY, sizeof(*outcomes));
	struct concluded concluded = { .job = 1, .outcomes = outcomes, .outcomes_count = MANY, .which = which, .recipients_count = MANY };
	struct buf out;

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < MANY; i++) {
		which[i] = (uint16_t)i;
		outcomes[i] = (struct outcome){ .status = SPAN("5.123.123"), .reason = span_make(text, 32), .text = span_make(text, 511),
			.mx = span_make(text, 255), .address = span_make(text, 45), .tls = span_make(text, 16),
			.because = span_make(text, 12), .verdict = span_make(text, 19), .evidence = span_make(text, 399) };
	}
	buf_init(&out, 2 * CHANNEL_PAYLOAD_MAX);
	concluded_encode(&out, &concluded);
	ck_assert_uint_le(buf_length(&out), CHANNEL_PAYLOAD_MAX);
	buf_clear(&out);
	free(outcomes);
}
END_TEST

UNIT_MAIN("queue_relay", jobs_go_there_and_back, a_job_without_recipients_is_none, forgets_go_there_and_back,
    conclusions_go_there_and_back, conclusions_without_any_text_go_there_and_back, the_largest_conclusion_fits_in_a_message)
