/* Tests of src/lib-smtp/dotstuff.c. */
#include "smtp/dotstuff.h"
#include "tests/unit/unit.h"

/* What leaves when the content comes in pieces of step octets; NULL when it is refused. */
static char *
stuff(struct span content, size_t step, bool is_dotted)
{
	static char out[256];
	struct dotstuff dotstuff;
	struct span piece;
	size_t length = 0;

	dotstuff_init(&dotstuff, is_dotted);
	while (content.length > 0) {
		struct span part = span_first(content, step);

		content = span_skip(content, step);
		while (dotstuff_next(&dotstuff, &part, &piece)) {
			memcpy(out + length, piece.data, piece.length);
			length += piece.length;
		}
	}
	piece = dotstuff_end(&dotstuff);
	memcpy(out + length, piece.data, piece.length);
	length += piece.length;
	out[length] = '\0';
	if (dotstuff.is_bad)
		ck_assert_uint_eq(piece.length, 0);
	return dotstuff.is_bad ? NULL : out;
}

/* standards.md C42, RFC 5321 4.5.2 */
START_TEST(dots_are_stuffed_and_the_end_is_exact)
{
	static const struct { const char *content, *by_data; } rows[] = {
		{ "", ".\r\n" },
		{ "a\r\n", "a\r\n.\r\n" },
		{ "a", "a\r\n.\r\n" },
		{ ".", "..\r\n.\r\n" },
		{ ".\r\n", "..\r\n.\r\n" },
		{ "..\r\n", "...\r\n.\r\n" },
		{ ".a\r\n", "..a\r\n.\r\n" },
		{ "a.\r\n", "a.\r\n.\r\n" },
		{ "a\r\n.", "a\r\n..\r\n.\r\n" },
		{ "a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n.\r\n" },
		{ "\r\n", "\r\n.\r\n" },
		{ "\r\n.\r\n.\r\n", "\r\n..\r\n..\r\n.\r\n" },
		{ "a\r\n\r\n", "a\r\n\r\n.\r\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (size_t step = 1; step < 12; step++) {
			const char *out = stuff(span_of(rows[i].content), step, true);

			ck_assert_msg(out != NULL && strcmp(out, rows[i].by_data) == 0, "row %zu step %zu: %s", i, step, out);
			out = stuff(span_of(rows[i].content), step, false);
			ck_assert_msg(out != NULL && strcmp(out, rows[i].content) == 0, "row %zu step %zu", i, step);
		}
	}
}
END_TEST

/* standards.md SX4: what a sloppy receiver could take for an end never leaves. */
START_TEST(a_lone_cr_or_lf_is_refused)
{
	static const char *const contents[] = { "\n", "\r", "a\n", "a\r", "a\nb\r\n", "a\rb\r\n", "a\r\n\nb", "\r\r\n", "a\r\n.\n", "a\n.\r\n",
		"a\r.\r\n", "a\r\n.\r", "a\r\n.\r\r\n", "\r\r", "\n.\n", "a\r\n\r.\r\n" };

	for (size_t i = 0; i < sizeof(contents) / sizeof(*contents); i++)
		for (size_t step = 1; step < 12; step++)
			for (int is_dotted = 0; is_dotted < 2; is_dotted++)
				ck_assert_msg(stuff(span_of(contents[i]), step, is_dotted) == NULL, "row %zu step %zu", i, step);
}
END_TEST

START_TEST(runs_are_as_long_as_can_be)
{
	struct span content = SPAN("one\r\ntwo\r\nthree\r\n.four\r\nfive\r\n"), piece;
	struct dotstuff dotstuff;

	dotstuff_init(&dotstuff, true);
	ck_assert(dotstuff_next(&dotstuff, &content, &piece));
	ck_span_eq(piece, "one\r\ntwo\r\nthree\r\n");
	ck_assert(dotstuff_next(&dotstuff, &content, &piece));
	ck_span_eq(piece, ".");
	ck_assert(dotstuff_next(&dotstuff, &content, &piece));
	ck_span_eq(piece, ".four\r\nfive\r\n");
	ck_assert(!dotstuff_next(&dotstuff, &content, &piece));
}
END_TEST

UNIT_MAIN("dotstuff", dots_are_stuffed_and_the_end_is_exact, a_lone_cr_or_lf_is_refused, runs_are_as_long_as_can_be)
