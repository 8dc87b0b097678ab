/* Tests of src/report/quoted.c: RFC 2045 6.7 and RFC 2047. */
#include "report/quoted.h"

#include "tests/unit/unit.h"

static struct buf out = { .ceiling = 4096 };

START_TEST(lines_are_quoted_where_they_need_it)
{
	static const struct { const char *text, *quoted; } rows[] = {
		{ "", "" },
		{ "a b\r\n", "a b\r\n" },
		{ "a\nb", "a\r\nb\r\n" },
		{ "\r\n\r\n", "\r\n\r\n" },
		{ "x=y", "x=3Dy\r\n" },
		{ "f\xc3\xbcr", "f=C3=BCr\r\n" },
		{ "a \r\n", "a=20\r\n" },
		{ ".\r\n", "=2E\r\n" },
		{ "..x", "=2E.x\r\n" },
		{ "From a", "=46rom a\r\n" },
		{ "a\tb", "a=09b\r\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		buf_empty(&out);
		quoted_printable(&out, span_of(rows[i].text));
		ck_span_eq(buf_span(&out), rows[i].quoted);
	}
}
END_TEST

START_TEST(long_lines_are_broken_and_no_dot_begins_one)
{
	char text[400];
	struct span rest;

	memset(text, '.', sizeof(text));
	buf_empty(&out);
	quoted_printable(&out, span_make(text, sizeof(text)));
	rest = buf_span(&out);
	while (rest.length > 0) {
		size_t length = span_find(rest, '\n');

		ck_assert_uint_le(length - 1, 76);
		ck_assert(rest.data[0] != '.');
		rest = span_skip(rest, length + 1);
	}
}
END_TEST

START_TEST(words_of_a_field_are_encoded_when_they_must)
{
	static const struct { const char *text, *words; } rows[] = {
		{ "plain words", "plain words" },
		{ "w\xc3\xa4hlt ein", "=?utf-8?q?w=C3=A4hlt_ein?=" },
		{ "=?utf-8?q?x?=", "=?utf-8?q?=3D=3Futf-8=3Fq=3Fx=3F=3D?=" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		buf_empty(&out);
		quoted_words(&out, span_of(rows[i].text));
		ck_span_eq(buf_span(&out), rows[i].words);
	}
}
END_TEST

/* No encoded word is longer than 75 octets, and a character is in one (RFC 2047 2, 5). */
START_TEST(long_words_are_several)
{
	struct span rest, word;

	buf_empty(&out);
	quoted_words(&out, SPAN("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"));
	rest = buf_span(&out);
	while (rest.data != NULL && span_cut(&rest, ' ', &word)) {
		ck_assert_uint_le(word.length, 75);
		ck_assert_uint_eq((word.length - 12) % 6, 0);
	}
}
END_TEST

UNIT_MAIN("quoted", lines_are_quoted_where_they_need_it, long_lines_are_broken_and_no_dot_begins_one, words_of_a_field_are_encoded_when_they_must,
    long_words_are_several)
