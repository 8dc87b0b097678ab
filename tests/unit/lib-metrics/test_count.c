/* Tests of src/lib-metrics/count.c. */
#include "metrics/count.h"

#include "metrics/sample.h"
#include "tests/unit/unit.h"

#define AT(...) ((const size_t[1 + METRICS_LABELS_MAX]){ __VA_ARGS__ })

START_TEST(each_combination_of_words_is_counted_for_itself)
{
	size_t expired = metrics_find(METRICS_REASON, SPAN("certificate-expired"));

	count_forget();
	count(METRIC_TLS_SESSIONS, 1, 2, expired);
	count(METRIC_TLS_SESSIONS, 1, 2, expired);
	count(METRIC_TLS_SESSIONS, 1, 2, 0);
	count(METRIC_TLS_SESSIONS, 0, 2, expired);
	count_by(40, METRIC_RELOADS, 1);
	ck_assert_uint_eq(count_read(AT(METRIC_TLS_SESSIONS, 1, 2, expired)), 2);
	ck_assert_uint_eq(count_read(AT(METRIC_TLS_SESSIONS, 1, 2, 0)), 1);
	ck_assert_uint_eq(count_read(AT(METRIC_TLS_SESSIONS, 0, 2, expired)), 1);
	ck_assert_uint_eq(count_read(AT(METRIC_TLS_SESSIONS, 0, 2, 0)), 0);
	ck_assert_uint_eq(count_read(AT(METRIC_RELOADS, 1)), 40);
	ck_assert_uint_eq(count_read(AT(METRIC_NOTIFICATIONS, 1)), 0);
}
END_TEST

START_TEST(what_was_counted_is_told_with_its_words)
{
	struct buf out;
	struct sample sample;
	struct codec in;

	count_forget();
	buf_init(&out, 65536);
	count_tell(&out);
	ck_assert_uint_eq(buf_length(&out), 0);
	count_by(7, METRIC_RELAY_OUTCOMES, 2, 5);
	count_by(3, METRIC_NOTIFICATIONS, 3);
	count_tell(&out);
	in = codec_read(buf_span(&out));
	ck_assert(sample_get(&in, &sample));
	ck_assert(sample.metric == METRIC_RELAY_OUTCOMES && sample.labels[0] == 2 && sample.labels[1] == 5 && sample.labels[2] == 0);
	ck_assert_uint_eq(sample.value, 7);
	ck_assert(sample_get(&in, &sample));
	ck_assert(sample.metric == METRIC_NOTIFICATIONS && sample.labels[0] == 3 && sample.value == 3);
	ck_assert(!sample_get(&in, &sample) && codec_done(&in));
	buf_clear(&out);
}
END_TEST

/* Every cell that there is, told and read: first, last and those between. */
START_TEST(no_two_combinations_share_a_cell)
{
	static const enum metric metrics[] = { METRIC_TLS_SESSIONS, METRIC_OUTBOUND_SESSIONS, METRIC_INTAKE_REFUSALS };

	for (size_t m = 0; m < sizeof(metrics) / sizeof(*metrics); m++) {
		const struct metrics_row *row = metrics_row(metrics[m]);
		size_t words[METRICS_LABELS_MAX] = { 1, 1, 1 }, told = 0;
		struct sample sample;
		struct codec in;
		struct buf out;

		count_forget();
		for (size_t i = 0; i < metrics_labels(metrics[m]); i++)
			words[i] = metrics_words(row->labels[i]);
		for (size_t a = 0; a < words[0]; a++)
			for (size_t b = 0; b < words[1]; b++)
				for (size_t c = 0; c < words[2]; c++)
					count_by(1 + a + 100 * b + 10000 * c, metrics[m], a, b, c);
		buf_init(&out, 65536);
		count_tell(&out);
		in = codec_read(buf_span(&out));
		for (; sample_get(&in, &sample); told++)
			ck_assert_uint_eq(sample.value, 1u + sample.labels[0] + 100u * sample.labels[1] + 10000u * sample.labels[2]);
		ck_assert(codec_done(&in));
		ck_assert_uint_eq(told, metrics_cells(metrics[m]));
		buf_clear(&out);
	}
}
END_TEST

UNIT_MAIN("count", each_combination_of_words_is_counted_for_itself, what_was_counted_is_told_with_its_words,
    no_two_combinations_share_a_cell)
