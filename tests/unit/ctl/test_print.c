/* Tests of src/ctl/print.c. */
#include "src/ctl/print.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static FILE *captured;
static int real_stdout;

static void
capture(void)
{
	captured = tmpfile();
	fflush(stdout);
	real_stdout = dup(STDOUT_FILENO);
	dup2(fileno(captured), STDOUT_FILENO);
}

/* What was printed since capture(). */
static const char *
printed(void)
{
	static char text[4096];
	size_t length;

	fflush(stdout);
	dup2(real_stdout, STDOUT_FILENO);
	close(real_stdout);
	rewind(captured);
	length = fread(text, 1, sizeof(text) - 1, captured);
	text[length] = '\0';
	fclose(captured);
	return text;
}

START_TEST(a_row_is_a_line_of_json)
{
	struct row row = { .fields_count = 0 };

	row_text(&row, "id", SPAN("mfzwizltoq-c"));
	row_number(&row, "size", -5);
	row_flag(&row, "ready", true);
	row_text(&row, "reply", SPAN("say \"no\"\n\x01"));
	row_text(&row, "empty", SPAN(""));
	capture();
	print_json(&row);
	ck_assert_str_eq(printed(),
	    "{\"id\":\"mfzwizltoq-c\",\"size\":-5,\"ready\":true,\"reply\":\"say \\\"no\\\"\\n\\u0001\",\"empty\":\"\"}\n");
}
END_TEST

START_TEST(what_is_not_utf8_is_replaced)
{
	static const struct { struct span text; const char *json; } rows[] = {
		{ { "\xc3\xbc\xe2\x82\xac\xf0\x9f\x93\xac", 9 }, "\xc3\xbc\xe2\x82\xac\xf0\x9f\x93\xac" },
		{ { "a\xff" "b", 3 }, "a\xef\xbf\xbd" "b" },
		{ { "\xc3", 1 }, "\xef\xbf\xbd" },
		{ { "\xed\xa0\x80", 3 }, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ { "\xc0\xafx", 3 }, "\xef\xbf\xbd\xef\xbf\xbdx" },
		{ { "\xf0\x9f\x93", 3 }, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ { "a\0b", 3 }, "a\\u0000b" },
		{ { "a\0\xff", 3 }, "a\\u0000\xef\xbf\xbd" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct row row = { .fields_count = 0 };
		char expected[100];

		row_text(&row, "t", rows[i].text);
		snprintf(expected, sizeof(expected), "{\"t\":\"%s\"}\n", rows[i].json);
		capture();
		print_json(&row);
		ck_assert_str_eq(printed(), expected);
	}
}
END_TEST

START_TEST(text_for_a_terminal_has_no_controls)
{
	capture();
	print_text(SPAN("a\x1b[31m\r\n\x7f" "b\x9b" "1m \xc3\xbc \xc2\x9b"));
	ck_assert_str_eq(printed(), "a\\x1b[31m\\x0d\\x0a\\x7fb\\x9b1m \xc3\xbc \\xc2\\x9b");
}
END_TEST

START_TEST(fields_are_found_by_name)
{
	struct row row = { .fields_count = 0 };

	row_text(&row, "sender", SPAN("a@b.example"));
	row_number(&row, "size", 7);
	ck_span_eq(print_field_text(&row, "sender"), "a@b.example");
	ck_span_eq(print_field_text(&row, "send"), "");
	ck_assert_int_eq(print_field_number(&row, "size"), 7);
	ck_assert_int_eq(print_field_number(&row, "siz"), 0);
	ck_assert_ptr_null(print_field(&row, "none"));
}
END_TEST

START_TEST(times_and_sizes_are_rough)
{
	static const struct { int64_t seconds; const char *text; } durations[] = {
		{ -5, "0s" }, { 0, "0s" }, { 120, "120s" }, { 121, "2m" }, { 7200, "120m" }, { 7201, "2h" }, { 172800, "48h" },
		{ 172801, "2d" }, { 8640000, "100d" }
	};
	static const struct { int64_t octets; const char *text; } sizes[] = {
		{ 0, "0" }, { 1023, "1023" }, { 1024, "1.0K" }, { 10240, "10K" }, { 1536000, "1.5M" }, { INT64_C(5) << 40, "5.0T" }
	};
	char text[PRINT_SPAN_TEXT], when[PRINT_TIME_TEXT];

	for (size_t i = 0; i < sizeof(durations) / sizeof(*durations); i++)
		ck_assert_str_eq(print_duration(durations[i].seconds, text), durations[i].text);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		ck_assert_str_eq(print_size(sizes[i].octets, text), sizes[i].text);
	setenv("TZ", "UTC", 1);
	ck_assert_str_eq(print_time(1795313901, when), "2026-11-22 02:18:21");
	ck_assert_str_eq(print_time(INT64_MAX, when), "9223372036854775807");
}
END_TEST

START_TEST(fields_stand_on_lines_or_in_columns)
{
	static const char *const times[] = { "until", "since", NULL };
	static const struct print_column columns[] = {
		{ "domain", "domain", 12, false }, { "until", "until", 19, true }, { "n", "n", 3, false }, { "none", "none", 0, false }
	};
	struct row row = { .fields_count = 0 };

	setenv("TZ", "UTC", 1);
	row_text(&row, "domain", SPAN("a.example\x1b"));
	row_text(&row, "id", SPAN(""));
	row_number(&row, "until", 1795313901);
	row_number(&row, "since", 0);
	row_number(&row, "n", 0);
	row_flag(&row, "live", true);
	capture();
	print_row(&row, times, false);
	ck_assert_str_eq(printed(), "domain           a.example\\x1b\nuntil            2026-11-22 02:18:21\n"
	    "n                0\nlive             yes\n");
	capture();
	print_row(&row, times, true);
	ck_assert_str_eq(printed(), "domain           a.example\\x1b\nid               \nuntil            2026-11-22 02:18:21\n"
	    "since            -\nn                0\nlive             yes\n");
	row.fields[0].text = SPAN("a.example");
	capture();
	print_titles(columns, 4);
	print_columns(&row, columns, 4);
	row.fields[0].text = SPAN("longer.than.its.column.example");
	print_columns(&row, columns, 4);
	ck_assert_str_eq(printed(), "domain        until                n    none\n"
	    "a.example     2026-11-22 02:18:21  0    -\nlonger.than.its.column.example  2026-11-22 02:18:21  0    -\n");
}
END_TEST

UNIT_MAIN("print", a_row_is_a_line_of_json, what_is_not_utf8_is_replaced, text_for_a_terminal_has_no_controls,
    fields_are_found_by_name, times_and_sizes_are_rough, fields_stand_on_lines_or_in_columns)
