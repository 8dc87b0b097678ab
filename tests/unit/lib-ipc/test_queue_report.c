/* Tests of src/lib-ipc/queue_report.c. */
#include "ipc/queue_report.h"

#include <stdlib.h>

#include "ipc/channel.h"

#include "again_check.h"
#include "samples.h"

AGAIN_IN_ARENA(notification)
AGAIN(notified)

static struct noticed_recipient recipients[3];

static struct notification
notification_sample(void)
{
	for (unsigned i = 0; i < 3; i++)
		recipients[i] = (struct noticed_recipient){ (enum notice_action)i, sample_outcomes[i], INT64_C(1800000001000) + i, -1 };
	return (struct notification){ 77, sample_envelope, recipients };
}

START_TEST(notifications_go_there_and_back)
{
	struct notification notification = notification_sample(), back;
	struct arena *arena = arena_new();
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	notification_encode(&out, &notification);
	ck_assert(notification_decode(buf_span(&out), arena, &back));
	ck_assert_uint_eq(back.id, 77);
	ck_assert_uint_eq(back.envelope.recipients_count, 3);
	ck_assert_int_eq(back.recipients[1].action, ACTION_DELAYED);
	ck_span_eq(back.recipients[1].outcome.reason, "certificate-expired");
	ck_assert_int_eq(back.recipients[2].attempt_ms, INT64_C(1800000001002));
	ck_assert_int_eq(back.recipients[2].retry_until_ms, -1);
	again_refuses(notification_again, &out, 8, ACTIONS + 1);
	again_check(notification_again, &out);
	arena_free(&arena);
}
END_TEST

START_TEST(every_recipient_has_its_notice)
{
	struct notification notification = notification_sample();
	struct arena *arena = arena_new();
	struct buf out, other;

	/* Three notices, but an envelope of two recipients behind them. */
	buf_init(&out, AGAIN_CEILING);
	buf_init(&other, AGAIN_CEILING);
	notification_encode(&out, &notification);
	envelope_encode(&other, &notification.envelope);
	out.end -= buf_length(&other);
	buf_empty(&other);
	notification.envelope.recipients_count = 2;
	envelope_encode(&other, &notification.envelope);
	ck_assert(buf_add(&out, buf_span(&other)));
	ck_assert(!notification_decode(buf_span(&out), arena, &notification));
	buf_clear(&out);
	buf_clear(&other);
	arena_free(&arena);
}
END_TEST

START_TEST(answers_go_there_and_back)
{
	const struct notified notified = { 77, true };
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	notified_encode(&out, &notified);
	again_refuses(notified_again, &out, 8, 2);
	again_check(notified_again, &out);
}
END_TEST

/* As many recipients as limits.recipients allows, and every text as long as it may be (RFC 5321 4.5.3.1.3, RFC 3461 5.4, queue/why.h). */
START_TEST(the_largest_notification_fits_in_a_message)
{
	enum { MANY = 5000 };
	static char text[512];
	struct recipient *many = calloc(MANY, sizeof(*many));
	struct noticed_recipient *ends = calloc(MANY, sizeof(*ends));
	struct notification notification = { .id = 1, .envelope = sample_envelope, .recipients = ends };
	struct buf out;

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < MANY; i++) {
		many[i] = (struct recipient){ .address = span_make(text, 254), .orcpt = span_make(text, 500) };
		ends[i].outcome = (struct outcome){ .status = SPAN("5.123.123"), .reason = span_make(text, 32), .text = span_make(text, 400),
			.mx = span_make(text, 255), .address = span_make(text, 45), .tls = span_make(text, 16),
			.because = span_make(text, 12), .verdict = span_make(text, 19), .evidence = span_make(text, 399) };
	}
	notification.envelope.recipients = many;
	notification.envelope.recipients_count = MANY;
	buf_init(&out, 2 * CHANNEL_PAYLOAD_MAX);
	notification_encode(&out, &notification);
	ck_assert_uint_le(buf_length(&out), CHANNEL_PAYLOAD_MAX);
	buf_clear(&out);
	free(many);
	free(ends);
}
END_TEST

UNIT_MAIN("queue_report", notifications_go_there_and_back, every_recipient_has_its_notice, answers_go_there_and_back,
    the_largest_notification_fits_in_a_message)
