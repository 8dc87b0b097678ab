/* Tests of src/report/field.c. */
#include "tests/unit/unit.h"

#include "base/buf.h"
#include "report/field.h"

static struct buf out = { .ceiling = 65536 };

START_TEST(text_of_a_peer_stays_text)
{
	static const struct { const char *text, *expected; } rows[] = {
		{ "550 no such user", "550 no such user" },
		{ "a\r\nAction: delivered", "a Action: delivered" },
		{ "a\n\n--boundary", "a --boundary" },
		{ "tab\tand  two", "tab and two" },
		{ "\x1b[31mred", "?[31mred" },
		{ "caf\xc3\xa9", "caf??" },
		{ "  leading", "leading" },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		buf_empty(&out);
		field_text(&out, span_of(rows[i].text), 100);
		ck_span_eq(buf_span(&out), rows[i].expected);
	}
	buf_empty(&out);
	field_text(&out, SPAN("abcdef"), 3);
	ck_span_eq(buf_span(&out), "abc");
	buf_empty(&out);
	field_text(&out, SPAN("a\0b"), 100);
	ck_span_eq(buf_span(&out), "a?b");
}
END_TEST

START_TEST(long_values_are_folded_at_spaces_only)
{
	struct span rest, line;
	char value[600];

	for (size_t i = 0; i < sizeof(value) - 1; i++)
		value[i] = i % 9 == 8 ? ' ' : 'x';
	value[sizeof(value) - 1] = '\0';
	buf_empty(&out);
	field_write(&out, "Diagnostic-Code", span_of(value));
	rest = buf_span(&out);
	ck_assert(span_starts(rest, SPAN("Diagnostic-Code: xxxxxxxx xxxxxxxx")));
	while (span_cut(&rest, '\n', &line) && line.length > 0) {
		ck_assert_uint_le(line.length, 79);
		ck_assert_int_eq(line.data[line.length - 1], '\r');
		ck_assert(line.data[0] == 'D' || (line.data[0] == ' ' && line.data[1] == 'x'));
	}
	buf_empty(&out);
	memset(value, 'y', sizeof(value) - 1);
	field_write(&out, "X", span_of(value));
	ck_assert_uint_eq(buf_length(&out), 3 + sizeof(value) - 1 + 2);
}
END_TEST

UNIT_MAIN("field", text_of_a_peer_stays_text, long_values_are_folded_at_spaces_only)
