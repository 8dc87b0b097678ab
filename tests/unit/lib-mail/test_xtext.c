/* Tests of src/lib-mail/xtext.c. */
#include "mail/xtext.h"

#include "tests/unit/unit.h"

START_TEST(only_well_formed_xtext_is_valid)
{
	static const struct { struct span text; const char *decoded; } rows[] = {
		{ SPAN(""), "" },
		{ SPAN("plain@x.example"), "plain@x.example" },
		{ SPAN("a+2Bb+3Dc+20d"), "a+b=c d" },
		{ SPAN("!~"), "!~" },
		{ SPAN("+C3+BC"), "\xc3\xbc" },
		{ SPAN("a+2b"), NULL },
		{ SPAN("a+4"), NULL },
		{ SPAN("a+"), NULL },
		{ SPAN("a+4G"), NULL },
		{ SPAN("a=b"), NULL },
		{ SPAN("a b"), NULL },
		{ SPAN("a+0D+0A"), NULL },
		{ SPAN("a+00"), NULL },
		{ SPAN("a+7F"), NULL },
		{ SPAN("a\x7f"), NULL },
		{ SPAN("a\xc3\xbc"), NULL },
		{ SPAN("a\0"), NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct buf out;

		ck_assert_msg(xtext_is_valid(rows[i].text) == (rows[i].decoded != NULL), "row %zu", i);
		if (rows[i].decoded == NULL)
			continue;
		buf_init(&out, 100);
		ck_assert(xtext_decode(rows[i].text, &out));
		ck_span_eq(buf_span(&out), rows[i].decoded);
		buf_clear(&out);
	}
}
END_TEST

START_TEST(decoding_stops_at_the_ceiling_and_at_nonsense)
{
	struct buf out;

	buf_init(&out, 3);
	ck_assert(!xtext_decode(SPAN("abcd"), &out));
	buf_empty(&out);
	ck_assert(!xtext_decode(SPAN("a+4"), &out));
	buf_clear(&out);
}
END_TEST

START_TEST(addresses_beyond_ascii_are_escaped_as_rfc_6533_says)
{
	static const struct { const char *address, *expected; } rows[] = {
		{ "user@example.org", "user@example.org" },
		{ "\xc3\xbcser@example.org", "\\x{FC}ser@example.org" },
		{ "a+b=c\\d@x", "a\\x{2B}b\\x{3D}c\\x{5C}d@x" },
		{ "\xe4\xb8\xad@\xf0\x9f\x98\x80", "\\x{4E2D}@\\x{1F600}" },
		{ "a b", "a\\x{20}b" },
		{ "\xc3", "\\x{FFFD}" },
		{ "\x80x", "\\x{FFFD}x" },
		{ "a\x01\x1f\x7f", "a\\x{01}\\x{1F}\\x{7F}" },
		/* a surrogate, a CR that is overlong, what is beyond U+10FFFF: no characters (RFC 3629 3, 4) */
		{ "\xed\xa0\x80x", "\\x{FFFD}\\x{FFFD}\\x{FFFD}x" },
		{ "\xc0\x8dx", "\\x{FFFD}\\x{FFFD}x" },
		{ "\xf4\x90\x80\x80x", "\\x{FFFD}\\x{FFFD}\\x{FFFD}\\x{FFFD}x" },
	};

	struct buf out;

	buf_init(&out, 100);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		buf_empty(&out);
		xtext_escape_address(&out, span_of(rows[i].address));
		ck_span_eq(buf_span(&out), rows[i].expected);
	}
	buf_clear(&out);
}
END_TEST

/* RFC 6533 3: what is escaped already stays as it is. */
START_TEST(what_servers_with_smtputf8_were_told_is_made_ascii_for_all_others)
{
	static const struct { const char *text, *expected; } rows[] = {
		{ "user@example.org", "user@example.org" },
		{ "\xc3\xbcser\\x{2B}x@example.org", "\\x{FC}ser\\x{2B}x@example.org" },
		{ "\xe4\xb8\xad@\xf0\x9f\x98\x80", "\\x{4E2D}@\\x{1F600}" },
		{ "\xed\xa0\x80\xc0\x8dx", "\\x{FFFD}\\x{FFFD}\\x{FFFD}\\x{FFFD}\\x{FFFD}x" },
	};
	struct buf out;

	buf_init(&out, 100);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		buf_empty(&out);
		xtext_escape_unitext(&out, span_of(rows[i].text));
		ck_span_eq(buf_span(&out), rows[i].expected);
	}
	buf_clear(&out);
}
END_TEST

UNIT_MAIN("xtext", only_well_formed_xtext_is_valid, decoding_stops_at_the_ceiling_and_at_nonsense,
    addresses_beyond_ascii_are_escaped_as_rfc_6533_says, what_servers_with_smtputf8_were_told_is_made_ascii_for_all_others)
