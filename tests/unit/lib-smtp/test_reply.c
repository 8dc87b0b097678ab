/* Tests of src/lib-smtp/reply.c. */
#include "smtp/reply.h"
#include "tests/unit/unit.h"

static struct reply_parser parser;
static struct reply reply;

static enum parse_result
parse(const char *text, size_t length)
{
	struct span octets = span_make(text, length);

	reply_parser_clear(&parser);
	return reply_next(&parser, &octets, &reply);
}

START_TEST(replies_are_taken_by_the_letter)
{
	static const struct { const char *octets; enum parse_result result; int code; unsigned count; const char *status, *lines; } rows[] = {
		{ "250 Ok\r\n", PARSE_DONE, 250, 1, "", "Ok" },
		{ "250\r\n", PARSE_DONE, 250, 1, "", "" },
		{ "250 \r\n", PARSE_DONE, 250, 1, "", "" },
		{ "250-\r\n250\r\n", PARSE_DONE, 250, 2, "", "\n" },
		{ "550 5.1.1 No such user\r\n", PARSE_DONE, 550, 1, "5.1.1", "5.1.1 No such user" },
		{ "550-5.1.1 No\r\n550 5.1.1 user\r\n", PARSE_DONE, 550, 2, "5.1.1", "5.1.1 No\n5.1.1 user" },
		{ "250 2.1.5\r\n", PARSE_DONE, 250, 1, "2.1.5", "2.1.5" },
		{ "571 5.7.1 x\r\n", PARSE_DONE, 571, 1, "5.7.1", "5.7.1 x" },
		{ "450 5.1.1 other class\r\n", PARSE_DONE, 450, 1, "", "5.1.1 other class" },
		{ "550 5.1.1x\r\n", PARSE_DONE, 550, 1, "", "5.1.1x" },
		{ "550 5.1234.1 x\r\n", PARSE_DONE, 550, 1, "", "5.1234.1 x" },
		{ "550 5..1 x\r\n", PARSE_DONE, 550, 1, "", "5..1 x" },
		{ "550 5.1. x\r\n", PARSE_DONE, 550, 1, "", "5.1. x" },
		{ "550 5.0.0 x\r\n", PARSE_DONE, 550, 1, "5.0.0", "5.0.0 x" },
		{ "550 5.10.100 x\r\n", PARSE_DONE, 550, 1, "5.10.100", "5.10.100 x" },
		{ "550 5.01.1 x\r\n", PARSE_DONE, 550, 1, "", "5.01.1 x" },		/* N7 */
		{ "550 5.1.01 x\r\n", PARSE_DONE, 550, 1, "", "5.1.01 x" },
		{ "550 5.1.00 x\r\n", PARSE_DONE, 550, 1, "", "5.1.00 x" },
		{ "550 5.123.456 x\r\n", PARSE_DONE, 550, 1, "5.123.456", "5.123.456 x" },
		{ "250  two spaces\r\n", PARSE_DONE, 250, 1, "", " two spaces" },
		{ "25", PARSE_MORE, 0, 0, NULL, NULL },
		{ "250 Ok\r", PARSE_MORE, 0, 0, NULL, NULL },
		{ "250-Ok\r\n", PARSE_MORE, 0, 0, NULL, NULL },
		{ "250-a\r\n550 b\r\n", PARSE_BAD, 0, 0, NULL, NULL },
		{ "250-a\r\n251 b\r\n", PARSE_BAD, 0, 0, NULL, NULL },
		{ "2a0 x\r\n", PARSE_BAD, 0, 0, NULL, NULL },
		{ "199 x\r\n", PARSE_BAD, 0, 0, NULL, NULL },
		{ "600 x\r\n", PARSE_BAD, 0, 0, NULL, NULL },
		{ "25 x\r\n", PARSE_BAD, 0, 0, NULL, NULL },
		{ "2500 x\r\n", PARSE_BAD, 0, 0, NULL, NULL },
		{ "250x\r\n", PARSE_BAD, 0, 0, NULL, NULL },
		{ " 250 x\r\n", PARSE_BAD, 0, 0, NULL, NULL },
		{ "\r\n", PARSE_BAD, 0, 0, NULL, NULL },
		{ "250 x\n", PARSE_BAD, 0, 0, NULL, NULL },
		{ "250 a\rb\r\n", PARSE_BAD, 0, 0, NULL, NULL },
		{ "250 a\r\r\n", PARSE_BAD, 0, 0, NULL, NULL },
		{ "\x16\x03\x01\x02\r\n", PARSE_BAD, 0, 0, NULL, NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_msg(parse(rows[i].octets, strlen(rows[i].octets)) == rows[i].result, "row %zu", i);
		ck_assert((rows[i].result == PARSE_BAD) == (parser.why != NULL));
		if (rows[i].result != PARSE_DONE)
			continue;
		ck_assert_int_eq(reply.code, rows[i].code);
		ck_assert_uint_eq(reply.count, rows[i].count);
		ck_span_eq(reply.status, rows[i].status);
		ck_span_eq(reply.lines, rows[i].lines);
	}
	reply_parser_clear(&parser);
}
END_TEST

START_TEST(it_does_not_matter_how_octets_are_cut)
{
	static const char octets[] = "250-one\r\n250 two\r\n354 go\r\n550 5.1.1 no\r\n";
	static const int codes[] = { 250, 354, 550 };

	for (size_t step = 1; step < sizeof(octets); step++) {
		struct span rest = span_make(octets, sizeof(octets) - 1);
		size_t replies = 0;

		reply_parser_clear(&parser);
		while (rest.length > 0) {
			struct span part = span_first(rest, step);

			rest = span_skip(rest, step);
			while (reply_next(&parser, &part, &reply) == PARSE_DONE)
				ck_assert_int_eq(reply.code, codes[replies++]);
			ck_assert_uint_eq(part.length, 0);
		}
		ck_assert_uint_eq(replies, 3);
	}
	reply_parser_clear(&parser);
}
END_TEST

START_TEST(what_stands_behind_a_reply_is_left)
{
	struct span octets = SPAN("220 go\r\n250-evil\r\n");

	reply_parser_clear(&parser);
	ck_assert_int_eq(reply_next(&parser, &octets, &reply), PARSE_DONE);
	ck_span_eq(octets, "250-evil\r\n");
}
END_TEST

/* standards.md C24, CX3: whatever comes, memory and patience have an end. */
START_TEST(replies_without_end_are_cut_off)
{
	static const struct { const char *unit; size_t times; enum parse_result result; } rows[] = {
		{ "250-x\r\n", 499, PARSE_MORE },
		{ "250-x\r\n", 500, PARSE_MORE },
		{ "250-x\r\n", 501, PARSE_BAD },
		{ "x", 4097, PARSE_MORE },
		{ "x", 4098, PARSE_BAD },
		{ "x", 10000, PARSE_BAD },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		enum parse_result result = PARSE_MORE;

		reply_parser_clear(&parser);
		for (size_t k = 0; k < rows[i].times && result != PARSE_BAD; k++) {
			struct span octets = span_of(rows[i].unit);

			result = reply_next(&parser, &octets, &reply);
		}
		ck_assert_msg(result == rows[i].result, "row %zu", i);
	}
	/* Lines of nearly 4096 octets: sixteen are too much. */
	reply_parser_clear(&parser);
	for (int k = 0; k < 17; k++) {
		char line[4098];
		struct span octets = span_make(line, sizeof(line));
		enum parse_result result;

		memset(line, 'x', sizeof(line));
		memcpy(line, "250-", 4);
		memcpy(line + 4096, "\r\n", 2);
		result = reply_next(&parser, &octets, &reply);
		ck_assert_msg((result == PARSE_BAD) == (k == 16), "line %d", k);
	}
	reply_parser_clear(&parser);
}
END_TEST

START_TEST(a_bad_parser_stays_bad)
{
	struct span octets = SPAN("250 fine\r\n");

	ck_assert_int_eq(parse("2x0\r\n", 5), PARSE_BAD);
	ck_assert_int_eq(reply_next(&parser, &octets, &reply), PARSE_BAD);
	ck_assert_ptr_nonnull(strstr(parser.why, "RFC 5321"));
	reply_parser_clear(&parser);
}
END_TEST

START_TEST(lines_are_joined_for_people)
{
	static const struct { const char *octets, *text; } rows[] = {
		{ "250 Ok\r\n", "Ok" },
		{ "250\r\n", "" },
		{ "550-5.1.1 No such\r\n550-5.1.1 user\r\n550 5.1.1 here\r\n", "5.1.1 No such user here" },
		{ "550-5.1.1 No\r\n550 5.7.1 other\r\n", "5.1.1 No 5.7.1 other" },
		{ "550-\r\n550-a \r\n550 \r\n", "a" },
		{ "550 a long text that does not fit into the room there is\r\n", "a long text that does not f" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[28];

		ck_assert_int_eq(parse(rows[i].octets, strlen(rows[i].octets)), PARSE_DONE);
		ck_assert_uint_eq(reply_join(&reply, text, sizeof(text)), strlen(rows[i].text));
		ck_assert_str_eq(text, rows[i].text);
	}
	reply_parser_clear(&parser);
}
END_TEST

UNIT_MAIN("reply", replies_are_taken_by_the_letter, it_does_not_matter_how_octets_are_cut, what_stands_behind_a_reply_is_left,
    replies_without_end_are_cut_off, a_bad_parser_stays_bad, lines_are_joined_for_people)
