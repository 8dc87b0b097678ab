/* Tests of src/lib-mail/outcome.c. */
#include "mail/outcome.h"

#include "tests/unit/unit.h"

static const struct outcome sample = {
	.kind = OUTCOME_LATER, .scope = OUTCOME_OF_SITE, .is_policy = true, .is_provisional = true, .relayed = true, .code = 451,
	.status = SPAN("4.7.5"),
	.reason = SPAN("certificate-expired"), .text = SPAN("the certificate expired"), .mx = SPAN("mx.example"),
	.address = SPAN("192.0.2.1"), .tls = SPAN("verify:default"), .because = SPAN("sts"), .verdict = SPAN("misconfiguration"),
	.evidence = SPAN("It was so before.")
};

START_TEST(an_outcome_comes_back_as_it_was)
{
	struct outcome after;
	struct codec in;
	struct buf out;

	buf_init(&out, 1024);
	outcome_encode(&out, &sample);
	in = codec_read(buf_span(&out));
	outcome_decode(&in, &after);
	ck_assert(codec_done(&in));
	ck_assert_int_eq(after.kind, OUTCOME_LATER);
	ck_assert_int_eq(after.scope, OUTCOME_OF_SITE);
	ck_assert(after.is_policy && after.is_provisional && !after.is_remote && after.relayed);
	ck_assert_uint_eq(after.code, 451);
	ck_span_eq(after.status, "4.7.5");
	ck_span_eq(after.reason, "certificate-expired");
	ck_span_eq(after.text, "the certificate expired");
	ck_span_eq(after.mx, "mx.example");
	ck_span_eq(after.address, "192.0.2.1");
	ck_span_eq(after.tls, "verify:default");
	ck_span_eq(after.because, "sts");
	ck_span_eq(after.verdict, "misconfiguration");
	ck_span_eq(after.evidence, "It was so before.");
	buf_clear(&out);
}
END_TEST

/* What the journal of an earlier version has. */
START_TEST(an_outcome_without_a_verdict_is_written_as_ever)
{
	struct outcome before = { .kind = OUTCOME_FAILED, .is_remote = true, .code = 550, .status = SPAN("5.1.1") }, after;
	const unsigned char wanted[] = { OUTCOME_FAILED, 0, 0, 1, 0 };
	struct codec in;
	struct buf out;

	buf_init(&out, 1024);
	outcome_encode(&out, &before);
	ck_assert_mem_eq(buf_span(&out).data, wanted, sizeof(wanted));
	in = codec_read(buf_span(&out));
	outcome_decode(&in, &after);
	ck_assert(codec_done(&in) && after.is_remote && after.verdict.length == 0 && after.because.length == 0);
	buf_clear(&out);
}
END_TEST

START_TEST(every_truncation_marks_the_codec)
{
	struct outcome after;
	struct buf out;

	buf_init(&out, 1024);
	outcome_encode(&out, &sample);
	for (size_t length = 0; length < buf_length(&out); length++) {
		struct codec in = codec_read(span_first(buf_span(&out), length));

		outcome_decode(&in, &after);
		ck_assert_msg(!codec_done(&in), "%zu octets", length);
	}
	buf_clear(&out);
}
END_TEST

START_TEST(a_kind_that_does_not_exist_marks_the_codec)
{
	struct outcome after;
	struct buf out;
	struct codec in;

	buf_init(&out, 1024);
	outcome_encode(&out, &sample);
	out.data[out.start] = OUTCOME_KINDS;
	in = codec_read(buf_span(&out));
	outcome_decode(&in, &after);
	ck_assert(!codec_done(&in));
	buf_clear(&out);
}
END_TEST

START_TEST(a_verdict_of_nothing_marks_the_codec)
{
	struct outcome before = { .kind = OUTCOME_LATER, .because = SPAN("x") }, after;
	struct buf out;
	struct codec in;

	buf_init(&out, 1024);
	outcome_encode(&out, &before);
	in = codec_read(buf_span(&out));
	outcome_decode(&in, &after);
	ck_assert(codec_done(&in));
	buf_empty(&out);
	before.because = SPAN("");
	outcome_encode(&out, &before);
	out.data[out.start + 3] = 2;
	for (int i = 0; i < 3; i++)
		put_span(&out, SPAN(""));
	in = codec_read(buf_span(&out));
	outcome_decode(&in, &after);
	ck_assert(!codec_done(&in));
	buf_clear(&out);
}
END_TEST

UNIT_MAIN("outcome", an_outcome_comes_back_as_it_was, an_outcome_without_a_verdict_is_written_as_ever, every_truncation_marks_the_codec,
    a_kind_that_does_not_exist_marks_the_codec, a_verdict_of_nothing_marks_the_codec)
