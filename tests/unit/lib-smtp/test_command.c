/* Tests of src/lib-smtp/command.c. */
#include "smtp/command.h"

#include <stdint.h>

#include "tests/unit/unit.h"

static struct command command;
static const char *why;
static size_t used;

static enum parse_result
read_once(struct span octets)
{
	struct command_reader reader = { false };

	return command_read(&reader, octets, &used, &command, &why);
}

START_TEST(a_line_is_a_verb_and_its_arguments)
{
	static const struct { const char *line; enum command_verb verb; const char *arguments; } rows[] = {
		{ "NOOP\r\n", COMMAND_NOOP, "" },
		{ "noop\r\n", COMMAND_NOOP, "" },
		{ "NOOP   \r\n", COMMAND_NOOP, "" },
		{ "NOOP\t\r\n", COMMAND_NOOP, "" },
		{ "NOOP \"x y\"\r\n", COMMAND_NOOP, "\"x y\"" },
		{ "mAiL fRoM:<A@b>\r\n", COMMAND_MAIL, "fRoM:<A@b>" },
		{ "RCPT TO:<a@b> \t \r\n", COMMAND_RCPT, "TO:<a@b>" },
		{ "EHLO  two.spaces\r\n", COMMAND_EHLO, " two.spaces" },
		{ "HELO x\r\n", COMMAND_HELO, "x" },
		{ "STARTTLS\r\n", COMMAND_STARTTLS, "" },
		{ "DATA\r\n", COMMAND_DATA, "" },
		{ "BDAT 5 LAST\r\n", COMMAND_BDAT, "5 LAST" },
		{ "RSET\r\n", COMMAND_RSET, "" },
		{ "QUIT\r\n", COMMAND_QUIT, "" },
		{ "VRFY x\r\n", COMMAND_VRFY, "x" },
		{ "HELP\r\n", COMMAND_HELP, "" },
		{ "EXPN list\r\n", COMMAND_ABSENT, "list" },
		{ "AUTH PLAIN AAAA\r\n", COMMAND_ABSENT, "PLAIN AAAA" },
		{ "ETRN x\r\n", COMMAND_ABSENT, "x" },
		{ "\r\n", COMMAND_UNKNOWN, "" },
		{ " NOOP\r\n", COMMAND_UNKNOWN, "NOOP" },
		{ "NOOPS\r\n", COMMAND_UNKNOWN, "" },
		{ "MAIL\tFROM:<>\r\n", COMMAND_UNKNOWN, "" },
		{ "XCLIENT ADDR=192.0.2.1\r\n", COMMAND_UNKNOWN, "ADDR=192.0.2.1" },
		{ "PROXY TCP4 192.0.2.1 192.0.2.2 1 25\r\n", COMMAND_UNKNOWN, "TCP4 192.0.2.1 192.0.2.2 1 25" },
		{ "GET / HTTP/1.1\r\n", COMMAND_FOREIGN, "/ HTTP/1.1" },
		{ "POST / HTTP/1.1\r\n", COMMAND_FOREIGN, "/ HTTP/1.1" },
		{ "Host: mx.example\r\n", COMMAND_FOREIGN, "mx.example" },
		{ "Subject:\r\n", COMMAND_FOREIGN, "" },
		{ ": x\r\n", COMMAND_UNKNOWN, "x" },
		{ "\x16\x03\x01\x02", COMMAND_FOREIGN, "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_msg(read_once(span_of(rows[i].line)) == PARSE_DONE, "row %zu", i);
		ck_assert_msg(command.verb == rows[i].verb, "row %zu", i);
		ck_span_eq(command.arguments, rows[i].arguments);
		ck_assert_uint_eq(used, strlen(rows[i].line));
	}
}
END_TEST

START_TEST(only_crlf_ends_a_line)
{
	static const struct { struct span octets; enum parse_result result; size_t used; } rows[] = {
		{ SPAN(""), PARSE_MORE, 0 },
		{ SPAN("NOOP"), PARSE_MORE, 0 },
		{ SPAN("NOOP\r"), PARSE_MORE, 0 },
		{ SPAN("NOOP\n"), PARSE_MORE, 0 },
		{ SPAN("\n"), PARSE_MORE, 0 },
		{ SPAN("NOOP\nNOOP\r\n"), PARSE_BAD, 11 },
		{ SPAN("NOOP\rNOOP\r\n"), PARSE_BAD, 11 },
		{ SPAN("NOOP\r\r\n"), PARSE_BAD, 7 },
		{ SPAN("\nNOOP\r\n"), PARSE_BAD, 7 },
		{ SPAN("NOOP\0\r\n"), PARSE_BAD, 7 },
		{ SPAN("NOOP \x1b[31m\r\n"), PARSE_BAD, 12 },
		{ SPAN("NOOP\x0b\r\n"), PARSE_BAD, 7 },
		{ SPAN("NOOP\x7f\r\n"), PARSE_BAD, 7 },
		{ SPAN("RCPT TO:<a@b>\nRCPT TO:<c@d>\r\n"), PARSE_BAD, 29 },
		{ SPAN("EHLO x\rMAIL FROM:<>\r\n"), PARSE_BAD, 21 },
		{ SPAN("NOOP\r\nQUIT\r\n"), PARSE_DONE, 6 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_msg(read_once(rows[i].octets) == rows[i].result, "row %zu", i);
		ck_assert_msg(used == rows[i].used, "row %zu: %zu used", i, used);
	}
}
END_TEST

/* A line of exactly n octets with its CRLF. */
static struct span
line_of(char *room, const char *start, size_t n)
{
	memset(room, 'x', n);
	memcpy(room, start, strlen(start));
	memcpy(room + n - 2, "\r\n", 2);
	return span_make(room, n);
}

START_TEST(lines_have_the_length_that_their_verb_allows)
{
	static const struct { const char *start; size_t octets; enum parse_result result; } rows[] = {
		{ "NOOP ", 512, PARSE_DONE }, { "NOOP ", 513, PARSE_BAD },
		{ "EHLO ", 512, PARSE_DONE }, { "EHLO ", 513, PARSE_BAD },
		{ "MAIL FROM:<>", 4096, PARSE_DONE }, { "MAIL FROM:<>", 4097, PARSE_BAD },
		{ "rcpt TO:<>", 4096, PARSE_DONE }, { "rcpt TO:<>", 4097, PARSE_BAD },
		{ "NOSUCH ", 512, PARSE_DONE }, { "NOSUCH ", 4096, PARSE_BAD }, { "NOOP ", 60000, PARSE_BAD },
	};
	static char room[65536];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_msg(read_once(line_of(room, rows[i].start, rows[i].octets)) == rows[i].result, "row %zu", i);
		ck_assert_uint_eq(used, rows[i].octets);
	}
}
END_TEST

START_TEST(an_overlong_line_is_consumed_as_it_comes_and_answered_once)
{
	struct command_reader reader = { false };
	static char room[8192];

	memset(room, 'x', sizeof(room));
	ck_assert_int_eq(command_read(&reader, span_make(room, 4095), &used, &command, &why), PARSE_MORE);
	ck_assert_uint_eq(used, 0);
	for (int i = 0; i < 1000; i++) {
		ck_assert_int_eq(command_read(&reader, span_make(room, sizeof(room)), &used, &command, &why), PARSE_MORE);
		ck_assert_uint_eq(used, sizeof(room));
	}
	/* A TLS record's octet in the middle of a line is only an octet. */
	ck_assert_int_eq(command_read(&reader, SPAN("\x16"), &used, &command, &why), PARSE_MORE);
	/* Half of the end is kept until the other half comes. */
	ck_assert_int_eq(command_read(&reader, SPAN("x\r"), &used, &command, &why), PARSE_MORE);
	ck_assert_uint_eq(used, 1);
	ck_assert_int_eq(command_read(&reader, SPAN("\r\nNOOP\r\n"), &used, &command, &why), PARSE_BAD);
	ck_assert_uint_eq(used, 2);
	ck_assert_int_eq(command_read(&reader, SPAN("NOOP\r\n"), &used, &command, &why), PARSE_DONE);
	ck_assert_int_eq(command.verb, COMMAND_NOOP);
}
END_TEST

START_TEST(the_cut_into_segments_does_not_matter)
{
	static const struct span octets = SPAN("EHLO a\r\nNOOP\nx\r\nMAIL FROM:<>\r\n\r\r\nQUIT\r\n");
	static const enum parse_result results[] = { PARSE_DONE, PARSE_BAD, PARSE_DONE, PARSE_BAD, PARSE_DONE };

	for (size_t cut = 0; cut <= octets.length; cut++) {
		struct command_reader reader = { false };
		size_t at = 0, n = 0, end = cut;

		while (at < octets.length) {
			struct span seen = span_first(span_skip(octets, at), end - at);
			enum parse_result result = command_read(&reader, seen, &used, &command, &why);

			at += used;
			if (result == PARSE_MORE)
				end = octets.length;
			else
				ck_assert_int_eq(result, results[n++]);
		}
		ck_assert_uint_eq(n, sizeof(results) / sizeof(*results));
	}
}
END_TEST

START_TEST(chunk_sizes_are_decimal_and_bounded)
{
	static const struct { const char *text; enum bdat_result result; uint64_t octets; bool last; } rows[] = {
		{ "0", BDAT_GOOD, 0, false },
		{ "0 LAST", BDAT_GOOD, 0, true },
		{ "1 last", BDAT_GOOD, 1, true },
		{ "0001", BDAT_GOOD, 1, false },
		{ "4294967295", BDAT_GOOD, UINT32_MAX, false },
		{ "4294967296", BDAT_GOOD, 4294967296u, false },
		{ "9223372036854775808", BDAT_GOOD, 9223372036854775808u, false },
		{ "18446744073709551615 LAST", BDAT_GOOD, UINT64_MAX, true },
		{ "18446744073709551616", BDAT_OVERFLOW, 0, false },
		{ "18446744073709551616 LAST", BDAT_OVERFLOW, 0, true },
		{ "9999999999999999999999999999999999999999", BDAT_OVERFLOW, 0, false },
		{ "", BDAT_MALFORMED, 0, false },
		{ "LAST", BDAT_MALFORMED, 0, false },
		{ "+5", BDAT_MALFORMED, 0, false },
		{ "-1", BDAT_MALFORMED, 0, false },
		{ "0x10", BDAT_MALFORMED, 0, false },
		{ "1e3", BDAT_MALFORMED, 0, false },
		{ "5LAST", BDAT_MALFORMED, 0, false },
		{ "5  LAST", BDAT_MALFORMED, 0, false },
		{ "5 LAST x", BDAT_MALFORMED, 0, false },
		{ "5 6", BDAT_MALFORMED, 0, false },
		{ " 5", BDAT_MALFORMED, 0, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint64_t octets = 0;
		bool last = false;

		ck_assert_msg(command_bdat_parse(span_of(rows[i].text), &octets, &last) == rows[i].result, "row %zu", i);
		if (rows[i].result == BDAT_GOOD) {
			ck_assert_uint_eq(octets, rows[i].octets);
			ck_assert(last == rows[i].last);
		}
	}
}
END_TEST

START_TEST(every_verb_has_a_name)
{
	for (int verb = 0; verb < COMMAND_VERBS; verb++)
		ck_assert_str_ne(command_name((enum command_verb)verb), "-");
	ck_assert_str_eq(command_name(COMMAND_MAIL), "MAIL");
}
END_TEST

UNIT_MAIN("command", a_line_is_a_verb_and_its_arguments, only_crlf_ends_a_line,
    lines_have_the_length_that_their_verb_allows, an_overlong_line_is_consumed_as_it_comes_and_answered_once,
    the_cut_into_segments_does_not_matter, chunk_sizes_are_decimal_and_bounded, every_verb_has_a_name)
