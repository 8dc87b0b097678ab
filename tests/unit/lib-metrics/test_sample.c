/* Tests of src/lib-metrics/sample.c. */
#include "metrics/sample.h"

#include "tests/unit/unit.h"

START_TEST(samples_go_there_and_back)
{
	const struct sample rows[] = {
		{ METRIC_BUILD, { 0 }, 0, 1 }, { METRIC_TLS_SESSIONS, { 1, 3, 40 }, 0, UINT64_MAX }, { METRIC_SYNC_OCTETS, { 0 }, 8, 17 },
		{ METRIC_WEB_CONNECTIONS, { 0 }, 0, 0 }
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct sample back;
		struct codec in;
		struct buf out;

		buf_init(&out, 1000);
		sample_encode(&out, &rows[i]);
		ck_assert_uint_eq(buf_length(&out), SAMPLE_OCTETS);
		in = codec_read(buf_span(&out));
		ck_assert(sample_get(&in, &back) && codec_done(&in));
		ck_assert_int_eq(sample_compare(&back, &rows[i]), 0);
		ck_assert_uint_eq(back.value, rows[i].value);
		/* Cut off, it is none. */
		for (size_t length = 1; length < SAMPLE_OCTETS; length++) {
			in = codec_read(span_first(buf_span(&out), length));
			ck_assert(!sample_get(&in, &back) && in.bad);
		}
		buf_clear(&out);
	}
}
END_TEST

START_TEST(what_is_not_of_the_table_is_refused)
{
	const struct sample rows[] = {
		{ METRICS, { 0 }, 0, 1 }, { (enum metric)65535, { 0 }, 0, 1 }, { METRIC_BUILD, { 1 }, 0, 1 }, { METRIC_QUEUE_MESSAGES, { 1 }, 0, 1 },
		{ METRIC_TLS_SESSIONS, { 2, 0, 0 }, 0, 1 }, { METRIC_TLS_SESSIONS, { 0, 4, 0 }, 0, 1 }, { METRIC_TLS_SESSIONS, { 0, 0, 65535 }, 0, 1 },
		{ METRIC_TLS_SESSIONS, { 0, 0, 0 }, 1, 1 }, { METRIC_COMMIT_TIME, { 0 }, 16, 1 }, { METRIC_SYNC_OCTETS, { 0 }, 10, 1 }
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct sample back;
		struct codec in;
		struct buf out;

		buf_init(&out, 1000);
		sample_encode(&out, &rows[i]);
		in = codec_read(buf_span(&out));
		ck_assert_msg(!sample_get(&in, &back) && !codec_done(&in), "row %zu", i);
		buf_clear(&out);
	}
}
END_TEST

START_TEST(a_histogram_is_told_in_all_its_parts)
{
	struct histogram histogram = { .sum = 0 };
	struct sample sample;
	struct codec in;
	struct buf out;
	unsigned parts = 0;

	histogram_add(&histogram, HISTOGRAM_OCTETS, 5000);
	buf_init(&out, 1000);
	sample_put_histogram(&out, METRIC_SYNC_OCTETS, &histogram);
	in = codec_read(buf_span(&out));
	while (sample_get(&in, &sample)) {
		ck_assert_uint_eq(sample.part, parts);
		ck_assert_uint_eq(sample.value, parts == 1 ? 1 : parts == histogram_cells(HISTOGRAM_OCTETS) ? 5000 : 0);
		parts++;
	}
	ck_assert(codec_done(&in));
	ck_assert_uint_eq(parts, histogram_cells(HISTOGRAM_OCTETS) + 1);
	buf_clear(&out);
}
END_TEST

START_TEST(the_order_is_that_of_the_table)
{
	const struct sample rows[] = {
		{ METRIC_BUILD, { 0 }, 0, 9 }, { METRIC_TLS_SESSIONS, { 0, 0, 5 }, 0, 8 }, { METRIC_TLS_SESSIONS, { 0, 1, 0 }, 0, 7 },
		{ METRIC_TLS_SESSIONS, { 1, 0, 0 }, 0, 6 }, { METRIC_COMMIT_TIME, { 0 }, 0, 5 }, { METRIC_COMMIT_TIME, { 0 }, 1, 4 }
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (size_t j = 0; j < sizeof(rows) / sizeof(*rows); j++)
			ck_assert_int_eq(sample_compare(&rows[i], &rows[j]), i < j ? -1 : i > j);
}
END_TEST

UNIT_MAIN("sample", samples_go_there_and_back, what_is_not_of_the_table_is_refused, a_histogram_is_told_in_all_its_parts,
    the_order_is_that_of_the_table)
