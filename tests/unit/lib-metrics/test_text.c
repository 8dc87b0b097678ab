/* Tests of src/lib-metrics/text.c; that other programs read it so is seen by tests/system/test_metrics.py. */
#include "metrics/text.h"

#include <stdio.h>

#include "ipc/master_rooms.h"
#include "metrics/sample.h"
#include "tests/unit/unit.h"

static struct buf census, samples, text;

static void
begin(void)
{
	buf_init(&census, 1u << 20);
	buf_init(&samples, ROOM_SAMPLES_MAX);
	buf_init(&text, TEXT_OCTETS_MAX);
}

/* A room with the samples that were put. */
static void
room_add(enum room_kind kind, uint16_t index, bool is_up, uint32_t restarts)
{
	census_room_encode(&census, &(struct census_room){ kind, index, is_up, restarts, { 1796000000250, 1500000, 4096, buf_span(&samples) } });
	buf_empty(&samples);
}

static void
write_good(void)
{
	ck_assert(text_write(&text, buf_span(&census)));
	ck_assert(buf_add(&text, span_make("", 1)));
}

static void
has(const char *line)
{
	ck_assert_msg(strstr(buf_span(&text).data, line) != NULL, "no \"%s\" in\n%s", line, buf_span(&text).data);
}

static void
lacks(const char *line)
{
	ck_assert_msg(strstr(buf_span(&text).data, line) == NULL, "\"%s\" in\n%s", line, buf_span(&text).data);
}

static void
end(void)
{
	buf_clear(&census);
	buf_clear(&samples);
	buf_clear(&text);
}

START_TEST(every_family_stands_there_once_and_in_order)
{
	const char *at;

	begin();
	write_good();
	at = buf_span(&text).data;
	for (enum metric metric = 0; metric < METRICS; metric++) {
		char line[200];

		snprintf(line, sizeof(line), "# TYPE %s ", metrics_row(metric)->name);
		at = strstr(at, line);
		ck_assert_msg(at != NULL, "%s", line);
		ck_assert_ptr_null(strstr(at + 1, line));
	}
	ck_assert_str_eq(strstr(at, "# EOF"), "# EOF\n");
	end();
}
END_TEST

START_TEST(a_room_is_written_with_what_it_tells)
{
	begin();
	sample_put(&samples, METRIC_BUILD, 1);
	room_add(ROOM_MASTER, 0, true, 0);
	sample_encode(&samples, &(struct sample){ METRIC_TLS_SESSIONS, { 1, 2, 0 }, 0, 12 });
	sample_put(&samples, METRIC_RELAY_JOBS, 3);
	room_add(ROOM_RELAY, 1, true, 2);
	sample_put(&samples, METRIC_QUEUE_OLDEST, 61005);
	room_add(ROOM_QUEUE, 0, true, 0);
	write_good();
	has("# TYPE sealpost_build info\n# HELP sealpost_build The release that runs.\nsealpost_build_info{room=\"master\",index=\"0\",version=\""
	    PACKAGE_VERSION "\"} 1\n");
	has("\nsealpost_tls_sessions_total{room=\"relay\",index=\"1\",direction=\"out\",version=\"TLSv1.3\",reason=\"none\"} 12\n");
	has("\nsealpost_deliveries{room=\"relay\",index=\"1\"} 3\n");
	has("\nsealpost_room_up{room=\"master\",index=\"0\"} 1\nsealpost_room_up{room=\"relay\",index=\"1\"} 1\n"
	    "sealpost_room_up{room=\"queue\",index=\"0\"} 1\n");
	has("\nsealpost_room_restarts_total{room=\"relay\",index=\"1\"} 2\n");
	has("# TYPE sealpost_room_start_time_seconds gauge\n# UNIT sealpost_room_start_time_seconds seconds\n");
	has("\nsealpost_room_start_time_seconds{room=\"relay\",index=\"1\"} 1796000000.25\n");
	has("\nsealpost_room_cpu_seconds_total{room=\"relay\",index=\"1\"} 1.5\n");
	has("\nsealpost_room_resident_memory_bytes{room=\"relay\",index=\"1\"} 4096\n");
	has("\nsealpost_queue_oldest_message_age_seconds{room=\"queue\",index=\"0\"} 61.005\n");
	end();
}
END_TEST

START_TEST(a_histogram_adds_up)
{
	struct histogram histogram = { .sum = 0 };

	begin();
	histogram_add(&histogram, HISTOGRAM_TIME, 400);
	histogram_add(&histogram, HISTOGRAM_TIME, 2000);
	histogram_add(&histogram, HISTOGRAM_TIME, 1000000);
	histogram_add(&histogram, HISTOGRAM_TIME, 99000000);
	sample_put_histogram(&samples, METRIC_COMMIT_TIME, &histogram);
	room_add(ROOM_INTAKE, 0, true, 0);
	write_good();
	has("\nsealpost_commit_seconds_bucket{room=\"intake\",index=\"0\",le=\"0.0005\"} 1\n");
	has("\nsealpost_commit_seconds_bucket{room=\"intake\",index=\"0\",le=\"0.001\"} 1\n");
	has("\nsealpost_commit_seconds_bucket{room=\"intake\",index=\"0\",le=\"0.0025\"} 2\n");
	has("\nsealpost_commit_seconds_bucket{room=\"intake\",index=\"0\",le=\"1.0\"} 3\n");
	has("\nsealpost_commit_seconds_bucket{room=\"intake\",index=\"0\",le=\"10.0\"} 3\n");
	has("\nsealpost_commit_seconds_bucket{room=\"intake\",index=\"0\",le=\"+Inf\"} 4\n"
	    "sealpost_commit_seconds_count{room=\"intake\",index=\"0\"} 4\nsealpost_commit_seconds_sum{room=\"intake\",index=\"0\"} 100.0024\n");
	end();
}
END_TEST

START_TEST(a_room_that_is_silent_is_down)
{
	begin();
	sample_put(&samples, METRIC_QUEUE_MESSAGES, 7);
	room_add(ROOM_QUEUE, 0, false, 4);
	write_good();
	has("\nsealpost_room_up{room=\"queue\",index=\"0\"} 0\n");
	has("\nsealpost_room_restarts_total{room=\"queue\",index=\"0\"} 4\n");
	lacks("sealpost_queue_messages{");
	lacks("sealpost_room_cpu_seconds_total{");
	end();
}
END_TEST

/* What a room makes up must not spoil the text for all others. */
START_TEST(a_room_that_tells_nonsense_is_down)
{
	static const struct { const char *what; struct sample rows[2]; } cases[] = {
		{ "twice", { { METRIC_QUEUE_MESSAGES, { 0 }, 0, 1 }, { METRIC_QUEUE_MESSAGES, { 0 }, 0, 2 } } },
		{ "a word that there is not", { { METRIC_QUEUE_TASKS, { 99 }, 0, 1 }, { METRIC_QUEUE_MESSAGES, { 0 }, 0, 2 } } },
		{ "what is of every room", { { METRIC_ROOM_UP, { 0 }, 0, 1 }, { METRIC_QUEUE_MESSAGES, { 0 }, 0, 2 } } },
		{ "a part of a histogram", { { METRIC_COMMIT_TIME, { 0 }, 0, 1 }, { METRIC_COMMIT_TIME, { 0 }, 1, 2 } } },
		{ "a histogram without its beginning", { { METRIC_COMMIT_TIME, { 0 }, 14, 1 }, { METRIC_COMMIT_TIME, { 0 }, 15, 2 } } },
		{ "a histogram with a hole", { { METRIC_SYNC_OCTETS, { 0 }, 0, 1 }, { METRIC_SYNC_OCTETS, { 0 }, 9, 2 } } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin();
		sample_encode(&samples, &cases[i].rows[0]);
		sample_encode(&samples, &cases[i].rows[1]);
		room_add(ROOM_QUEUE, 0, true, 0);
		sample_put(&samples, METRIC_RELAY_JOBS, 3);
		room_add(ROOM_RELAY, 0, true, 0);
		write_good();
		has("\nsealpost_room_up{room=\"queue\",index=\"0\"} 0\nsealpost_room_up{room=\"relay\",index=\"0\"} 1\n");
		has("\nsealpost_deliveries{room=\"relay\",index=\"0\"} 3\n");
		lacks("sealpost_queue_messages{");
		lacks("_bucket{");
		end();
	}
}
END_TEST

START_TEST(a_census_that_is_cut_is_refused)
{
	size_t whole;

	begin();
	sample_put(&samples, METRIC_RELAY_JOBS, 3);
	room_add(ROOM_RELAY, 0, true, 0);
	whole = buf_length(&census);
	for (size_t length = 1; length < whole; length++)
		ck_assert(!text_write(&text, span_first(buf_span(&census), length)));
	end();
}
END_TEST

START_TEST(a_text_that_does_not_fit_is_refused)
{
	begin();
	buf_init(&text, 1000);
	ck_assert(!text_write(&text, buf_span(&census)));
	end();
}
END_TEST

START_TEST(numbers_lose_nothing)
{
	static const struct { uint64_t value; uint32_t parts; const char *text; } rows[] = {
		{ 0, 0, "0" }, { 7, 1, "7" }, { UINT64_MAX, 0, "18446744073709551615" }, { 0, 1000, "0" }, { 1, 1000, "0.001" }, { 10, 1000, "0.01" },
		{ 1000, 1000, "1" }, { 1500, 1000, "1.5" }, { 123456789, 1000000, "123.456789" }, { 1000001, 1000000, "1.000001" },
		{ UINT64_MAX, 1000000, "18446744073709.551615" }
	};
	char out[TEXT_NUMBER];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_str_eq(text_number(rows[i].value, rows[i].parts, out), rows[i].text);
}
END_TEST

START_TEST(what_would_end_a_line_or_a_label_is_escaped)
{
	static const struct { const char *from, *quoted, *bare; } rows[] = {
		{ "plain", "plain", "plain" }, { "a\"b", "a\\\"b", "a\"b" }, { "a\\b", "a\\\\b", "a\\\\b" }, { "a\nb", "a\\nb", "a\\nb" },
		{ "\"\n\\", "\\\"\\n\\\\", "\"\\n\\\\" }, { "", "", "" }
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		buf_init(&text, 1000);
		ck_assert(text_escape(&text, span_of(rows[i].from), true));
		ck_span_eq(buf_span(&text), rows[i].quoted);
		buf_empty(&text);
		ck_assert(text_escape(&text, span_of(rows[i].from), false));
		ck_span_eq(buf_span(&text), rows[i].bare);
		buf_clear(&text);
	}
}
END_TEST

UNIT_MAIN("text", every_family_stands_there_once_and_in_order, a_room_is_written_with_what_it_tells, a_histogram_adds_up,
    a_room_that_is_silent_is_down, a_room_that_tells_nonsense_is_down, a_census_that_is_cut_is_refused, a_text_that_does_not_fit_is_refused,
    numbers_lose_nothing, what_would_end_a_line_or_a_label_is_escaped)
