/* Tests of src/lib-smtp/data.c. */
#include "smtp/data.h"

#include <stdio.h>

#include "base/buf.h"
#include "tests/unit/unit.h"

/* What came of some octets. */
struct result {
	char content[4096];
	size_t length;
	struct data data;
	size_t left;		/* octets behind the end */
};

static void
feed(struct data *data, struct span *octets, struct result *result)
{
	struct span content;

	while (data_next(data, octets, &content)) {
		ck_assert_uint_gt(content.length, 0);
		memcpy(result->content + result->length, content.data, content.length);
		result->length += content.length;
	}
}

/* Feed in three segments, cut at a and b. */
static struct result
receive(struct span octets, size_t a, size_t b, bool is_dotted, bool normalise)
{
	const size_t cuts[] = { 0, a, b, octets.length };
	struct result result = { .length = 0 };

	data_init(&result.data, is_dotted, normalise);
	for (int i = 0; i < 3; i++) {
		struct span segment = span_first(span_skip(octets, cuts[i]), cuts[i + 1] - cuts[i]);

		if (result.data.is_ended)
			result.left += segment.length;
		else
			feed(&result.data, &segment, &result), result.left += segment.length;
	}
	if (!is_dotted)
		data_end(&result.data);
	return result;
}

START_TEST(dots_are_unstuffed_and_end_the_content)
{
	static const struct { const char *octets, *content; size_t left; bool ended; } rows[] = {
		{ ".\r\n", "", 0, true },
		{ ".\r\nQUIT\r\n", "", 6, true },
		{ "a\r\n.\r\n", "a\r\n", 0, true },
		{ "\r\n.\r\n", "\r\n", 0, true },
		{ "..\r\n.\r\n", ".\r\n", 0, true },
		{ ".a\r\n.\r\n", "a\r\n", 0, true },
		{ "...\r\n.\r\n", "..\r\n", 0, true },
		{ "H: x\r\n\r\n..\r\n.\r\n", "H: x\r\n\r\n.\r\n", 0, true },
		{ "a.\r\n.\r\n", "a.\r\n", 0, true },
		{ "a\r\n", "a\r\n", 0, false },
		{ "a\r\n.", "a\r\n", 0, false },
		{ "a\r\n.\r", "a\r\n", 0, false },
		{ "a\r\n. \r\n", "a\r\n \r\n", 0, false },
		{ "a\r\n.\t\r\n", "a\r\n\t\r\n", 0, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct span octets = span_of(rows[i].octets);

		for (size_t a = 0; a <= octets.length; a++)
			for (size_t b = a; b <= octets.length; b++) {
				struct result result = receive(octets, a, b, true, false);

				ck_span_eq(span_make(result.content, result.length), rows[i].content);
				ck_assert(result.data.is_ended == rows[i].ended);
				ck_assert_uint_eq(result.left, rows[i].left);
				ck_assert_uint_eq(result.data.faults, 0);
				ck_assert_uint_eq(result.data.length, result.length);
			}
	}
}
END_TEST

/* The end-of-data variants of standards.md SX1: none may end the content. */
static const struct variant {
	struct span octets;
	unsigned faults, faults_normalised;
	const char *normalised;		/* content between "a" and "b", NULL when refused */
} variants[] = {
	{ SPAN("\n.\n"), DATA_BARE_LF, 0, "\r\n.\r\n" },
	{ SPAN("\n.\r"), DATA_BARE_LF | DATA_BARE_CR, DATA_BARE_CR, NULL },
	{ SPAN("\r.\n"), DATA_BARE_LF | DATA_BARE_CR, DATA_BARE_CR, NULL },
	{ SPAN("\r.\r"), DATA_BARE_CR, DATA_BARE_CR, NULL },
	{ SPAN("\n.\r\n"), DATA_BARE_LF, 0, "\r\n.\r\n" },
	{ SPAN("\r.\r\n"), DATA_BARE_CR, DATA_BARE_CR, NULL },
	{ SPAN("\r\n\0.\r\n"), DATA_NUL, DATA_NUL, NULL },
	{ SPAN("\r\n.\r\r\n"), DATA_BARE_CR, DATA_BARE_CR, NULL },
	{ SPAN("\r\r\n.\r\r\n"), DATA_BARE_CR, DATA_BARE_CR, NULL },
	{ SPAN("\r\n.\n"), DATA_BARE_LF, 0, "\r\n\r\n" },
	{ SPAN("\r\n.\r"), DATA_BARE_CR, DATA_BARE_CR, NULL },
	{ SPAN("\r\n. \r\n"), 0, 0, "\r\n \r\n" },
	{ SPAN("\r\n.\t\r\n"), 0, 0, "\r\n\t\r\n" },
	{ SPAN("\r\n.\0\r\n"), DATA_NUL, DATA_NUL, NULL },
	{ SPAN("\r\n..\r\n"), 0, 0, "\r\n.\r\n" },
	{ SPAN("\n\n.\n\n"), DATA_BARE_LF, 0, "\r\n\r\n.\r\n\r\n" },
	{ SPAN("\r\n\r.\r\n"), DATA_BARE_CR, DATA_BARE_CR, NULL },
	{ SPAN("\x0b.\x0b"), 0, 0, "\x0b.\x0b" },
	{ SPAN("\x0c.\x0c"), 0, 0, "\x0c.\x0c" },
	{ SPAN("\xc2\x85.\xc2\x85"), 0, 0, "\xc2\x85.\xc2\x85" },
	{ SPAN("\xe2\x80\xa8.\xe2\x80\xa8"), 0, 0, "\xe2\x80\xa8.\xe2\x80\xa8" },
};

static void
check_variant(const struct variant *variant, bool normalise)
{
	unsigned faults = normalise ? variant->faults_normalised : variant->faults;
	char octets[128], expected[128];
	size_t length = 0;

	octets[length++] = 'a';
	memcpy(octets + length, variant->octets.data, variant->octets.length);
	length += variant->octets.length;
	memcpy(octets + length, "b\r\n.\r\nX", 7);
	length += 7;
	if (faults == 0)
		snprintf(expected, sizeof(expected), "a%sb\r\n", variant->normalised);
	for (size_t a = 0; a <= length; a++)
		for (size_t b = a; b <= length; b++) {
			struct result result = receive(span_make(octets, length), a, b, true, normalise);

			ck_assert_msg(result.data.is_ended && result.left == 1, "variant %td cut %zu %zu", variant - variants, a, b);
			ck_assert_msg(result.data.faults == faults, "variant %td cut %zu %zu: %u", variant - variants, a, b,
			    result.data.faults);
			if (faults == 0)
				ck_span_eq(span_make(result.content, result.length), expected);
		}
}

START_TEST(no_variant_of_the_end_is_the_end)
{
	for (size_t i = 0; i < sizeof(variants) / sizeof(*variants); i++) {
		check_variant(&variants[i], false);
		check_variant(&variants[i], true);
	}
}
END_TEST

START_TEST(chunks_have_no_dots_and_the_same_faults)
{
	static const struct { struct span octets; bool normalise; unsigned faults; const char *content; } rows[] = {
		{ SPAN("a\r\n.\r\nb"), false, 0, "a\r\n.\r\nb" },
		{ SPAN("..\r\n"), false, 0, "..\r\n" },
		{ SPAN(".\r\n"), false, 0, ".\r\n" },
		{ SPAN("a"), false, 0, "a" },
		{ SPAN(""), false, 0, "" },
		{ SPAN("a\r"), false, DATA_BARE_CR, NULL },
		{ SPAN("a\rb"), false, DATA_BARE_CR, NULL },
		{ SPAN("a\r\r\n"), false, DATA_BARE_CR, NULL },
		{ SPAN("a\n"), false, DATA_BARE_LF, NULL },
		{ SPAN("\n.\r\n"), false, DATA_BARE_LF, NULL },
		{ SPAN("\n.\r\n"), true, 0, "\r\n.\r\n" },
		{ SPAN("a\r"), true, DATA_BARE_CR, NULL },
		{ SPAN("a\0b"), false, DATA_NUL, NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (size_t a = 0; a <= rows[i].octets.length; a++)
			for (size_t b = a; b <= rows[i].octets.length; b++) {
				struct result result = receive(rows[i].octets, a, b, false, rows[i].normalise);

				ck_assert_msg(result.data.faults == rows[i].faults, "row %zu", i);
				if (rows[i].content != NULL)
					ck_span_eq(span_make(result.content, result.length), rows[i].content);
			}
}
END_TEST

START_TEST(lengths_and_high_bits_are_noticed)
{
	static const struct { const char *octets; uint64_t longest; bool has_8bit; } rows[] = {
		{ ".\r\n", 0, false },
		{ "12345\r\n123\r\n.\r\n", 5, false },
		{ "123\r\n..45\r\n.\r\n", 3, false },	/* the stuffed dot does not count */
		{ "12\xc3\xbc\r\n.\r\n", 4, true },
		{ "12345678901234567\x80\r\n.\r\n", 18, true },
		{ "1234567\x80" "12345678901\r\n.\r\n", 19, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct span octets = span_of(rows[i].octets);

		for (size_t a = 0; a <= octets.length; a++) {
			struct result result = receive(octets, a, a, true, false);

			ck_assert_msg(result.data.longest == rows[i].longest, "row %zu cut %zu", i, a);
			ck_assert(result.data.has_8bit == rows[i].has_8bit);
		}
	}
}
END_TEST

START_TEST(content_without_dots_comes_in_one_piece)
{
	struct span octets = SPAN("one\r\ntwo\r\n\r\nthree. four\r\n"), content;
	struct data data;

	data_init(&data, true, true);
	ck_assert(data_next(&data, &octets, &content));
	ck_assert_uint_eq(content.length, 25);
	ck_assert(!data_next(&data, &octets, &content));
}
END_TEST

START_TEST(refused_content_is_not_handed_out_any_more)
{
	struct span octets = SPAN("good\r\n"), content;
	struct data data;

	data_init(&data, true, false);
	ck_assert(data_next(&data, &octets, &content));
	octets = SPAN("bad\nworse\r\n.\r\n");
	ck_assert(!data_next(&data, &octets, &content));
	ck_assert(data.is_ended);
	ck_assert_uint_eq(data.faults, DATA_BARE_LF);
}
END_TEST

UNIT_MAIN("data", dots_are_unstuffed_and_end_the_content, no_variant_of_the_end_is_the_end,
    chunks_have_no_dots_and_the_same_faults, lengths_and_high_bits_are_noticed, content_without_dots_comes_in_one_piece,
    refused_content_is_not_handed_out_any_more)
