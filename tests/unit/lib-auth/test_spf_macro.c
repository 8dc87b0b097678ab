/* Tests of src/lib-auth/spf_macro.c: texts and what they expand to (RFC 7208 7). */
#include "src/lib-auth/spf_macro.h"

#include <stdio.h>

#include "tests/unit/unit.h"

#define LABEL60 "123456789012345678901234567890123456789012345678901234567890"

/* P12: the examples of RFC 7208 7.4, for both of its clients. */
static const struct {
	const char *text, *expected, *expected6;	/* 6: NULL = the same */
} examples[] = {
	{ "%{s}", "strong-bad@email.example.com", NULL },
	{ "%{o}", "email.example.com", NULL },
	{ "%{d}", "email.example.com", NULL },
	{ "%{d4}", "email.example.com", NULL },
	{ "%{d3}", "email.example.com", NULL },
	{ "%{d2}", "example.com", NULL },
	{ "%{d1}", "com", NULL },
	{ "%{dr}", "com.example.email", NULL },
	{ "%{d2r}", "example.email", NULL },
	{ "%{l}", "strong-bad", NULL },
	{ "%{l-}", "strong.bad", NULL },
	{ "%{lr}", "strong-bad", NULL },
	{ "%{lr-}", "bad.strong", NULL },
	{ "%{l1r-}", "strong", NULL },
	{ "%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com",
	  "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com" },
	{ "%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com", NULL },
	{ "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com",
	  "bad.strong.lp.1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com" },
	{ "%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com",
	  "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.strong.lp._spf.example.com" },
	{ "%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net", NULL },
	/* the other letters, and either case of them */
	{ "%{h}", "mx.example.org", NULL },
	{ "%{D1}", "com", NULL },
	{ "%{dR}", "com.example.email", NULL },
	{ "%{p}", "unknown", NULL },
	{ "%{i}", "192.0.2.3", "2.0.0.1.0.d.b.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.b.0.1" },
	{ "%{i2}", "2.3", "0.1" },
	/* what is escaped, and what stands for itself */
	{ "a%%b%_c%-d", "a%b c%20d", NULL },
	{ "%{S}", "strong-bad%40email.example.com", NULL },
	/* any of several delimiters; empty parts are parts */
	{ "%{s-}", "strong.bad@email.example.com", NULL },
	{ "%{s3-.}", "bad@email.example.com", NULL },
	/* more parts than there are, than a number has room for */
	{ "%{d99999999999999999999}", "email.example.com", NULL },
	{ "%{d018r}", "com.example.email", NULL },
	/* a final dot is no part of the name */
	{ "%{d}.", "email.example.com", NULL },
	{ "", "", NULL },
};

static struct spf_macros
macros_of(const char *ip)
{
	struct spf_macros macros = { .sender = SPAN("strong-bad@email.example.com"), .local = SPAN("strong-bad"),
		.origin = SPAN("email.example.com"), .domain = SPAN("email.example.com"), .helo = SPAN("mx.example.org"),
		.receiver = SPAN("relay.example.net"), .validated = SPAN("unknown"), .now_s = 1772323200 };

	ck_assert(ip_parse(span_of(ip), &macros.ip));
	return macros;
}

START_TEST(macros_expand_as_in_the_rfc)
{
	struct spf_macros macros = macros_of("192.0.2.3"), macros6 = macros_of("2001:db8::cb01");
	struct arena *arena = arena_new();

	ck_assert_ptr_null(spf_macro_check(span_of(examples[_i].text), SPF_IN_DOMAIN));
	ck_span_eq(spf_macro_name(span_of(examples[_i].text), &macros, arena), examples[_i].expected);
	ck_span_eq(spf_macro_name(span_of(examples[_i].text), &macros6, arena),
	    examples[_i].expected6 == NULL ? examples[_i].expected : examples[_i].expected6);
	arena_free(&arena);
}
END_TEST

/* What is wrong with a text where it stands; NULL = nothing. */
static const struct {
	const char *text;
	enum spf_place place;
	const char *wrong;
} syntax[] = {
	/* P12: %{d0}; a stray % */
	{ "%{d0}", SPF_IN_DOMAIN, "keeps 0 parts" },
	{ "%{d00r}", SPF_IN_DOMAIN, "keeps 0 parts" },
	{ "%", SPF_IN_DOMAIN, "begins no macro" },
	{ "a%b", SPF_IN_DOMAIN, "begins no macro" },
	{ "%(d)", SPF_IN_DOMAIN, "begins no macro" },
	{ "%{", SPF_IN_DOMAIN, "no known letter" },
	{ "%{}", SPF_IN_DOMAIN, "no known letter" },
	{ "%{a}", SPF_IN_DOMAIN, "no known letter" },
	{ "%{d", SPF_IN_DOMAIN, "does not end" },
	{ "%{d2", SPF_IN_DOMAIN, "does not end" },
	{ "%{dr2}", SPF_IN_DOMAIN, "does not end" },
	{ "%{drr}", SPF_IN_DOMAIN, "does not end" },
	{ "%{d-x}", SPF_IN_DOMAIN, "does not end" },
	{ "%{d|}", SPF_IN_DOMAIN, "does not end" },
	{ "%{d2r.-+,/_=}", SPF_IN_DOMAIN, NULL },
	/* P12: c, r and t in explanations only */
	{ "%{c}", SPF_IN_DOMAIN, "only explanations" },
	{ "%{R}", SPF_IN_DOMAIN, "only explanations" },
	{ "%{t}", SPF_IN_DOMAIN, "only explanations" },
	{ "%{c} %{r} %{t}", SPF_IN_TEXT, NULL },
	{ "%{c}", SPF_IN_MODIFIER, NULL },
	/* visible characters; a space in explanations */
	{ "a b", SPF_IN_DOMAIN, "no visible character" },
	{ "a b", SPF_IN_MODIFIER, "no visible character" },
	{ "a b", SPF_IN_TEXT, NULL },
	{ "a\tb", SPF_IN_TEXT, "no visible character" },
	{ "a\r\nb", SPF_IN_TEXT, "no visible character" },
	{ "a\x7f", SPF_IN_TEXT, "no visible character" },
	{ "\xc3\xa4", SPF_IN_TEXT, "no visible character" },
};

START_TEST(syntax_is_checked_where_it_stands)
{
	for (size_t i = 0; i < sizeof(syntax) / sizeof(*syntax); i++) {
		const char *why = spf_macro_check(span_of(syntax[i].text), syntax[i].place);

		ck_assert_msg((why == NULL) == (syntax[i].wrong == NULL), "%s: %s", syntax[i].text, why == NULL ? "good" : why);
		ck_assert_msg(why == NULL || strstr(why, syntax[i].wrong) != NULL, "%s: %s", syntax[i].text, why);
	}
	ck_assert_str_eq(spf_macro_check(span_make("a\0b", 3), SPF_IN_TEXT), "an octet that is no visible character of ASCII (RFC 7208 7.1)");
}
END_TEST

START_TEST(the_tail_is_what_stands_behind_the_last_macro)
{
	ck_span_eq(spf_macro_tail(SPAN("a.%{d}.example")), ".example");
	ck_span_eq(spf_macro_tail(SPAN("a.example")), "a.example");
	ck_span_eq(spf_macro_tail(SPAN("a.%{d}")), "");
	ck_span_eq(spf_macro_tail(SPAN("a%-b")), "b");
	ck_span_eq(spf_macro_tail(SPAN("a%%{d}")), "{d}");
	ck_assert(spf_macro_uses(SPAN("a.%{P}.b"), 'p'));
	ck_assert(!spf_macro_uses(SPAN("p.%%{p}.%{d}"), 'p'));
}
END_TEST

/* P12: labels are dropped from the left, whole ones; what cannot be cut at a dot is nothing. */
START_TEST(long_names_lose_labels_from_the_left)
{
	const char *four = LABEL60 "." LABEL60 "." LABEL60 "." LABEL60;	/* 243 octets */
	struct spf_macros macros = macros_of("192.0.2.3");
	struct arena *arena = arena_new();
	char text[8000] = "";

	snprintf(text, sizeof(text), "a.23456789.%s", four);
	ck_assert_uint_eq(spf_macro_name(span_of(text), &macros, arena).length, 252);
	snprintf(text, sizeof(text), "a.234567890.%s", four);
	ck_assert_uint_eq(spf_macro_name(span_of(text), &macros, arena).length, 253);
	snprintf(text, sizeof(text), "aa.234567890.%s", four);
	ck_assert_uint_eq(spf_macro_name(span_of(text), &macros, arena).length, 253);
	ck_assert(span_starts(spf_macro_name(span_of(text), &macros, arena), SPAN("2345")));
	snprintf(text, sizeof(text), "%s%s%s%s%s", LABEL60, LABEL60, LABEL60, LABEL60, LABEL60);
	ck_assert_uint_eq(spf_macro_name(span_of(text), &macros, arena).length, 0);
	arena_free(&arena);
}
END_TEST

/* PX1: a bomb takes no more memory than a name, and what it ends with is right. */
START_TEST(bombs_are_bounded)
{
	struct spf_macros macros = macros_of("2001:db8::cb01");
	char text[16000] = "", local[512];
	struct arena *arena = arena_new();
	struct span name;
	struct buf out;

	memset(local, '&', sizeof(local));
	macros.sender = span_make(local, sizeof(local));
	for (size_t i = 0; i + 16 < sizeof(text); i += 8)
		memcpy(text + i, "%{S}%{i}", 9);
	strcat(text, ".%{d}");
	name = spf_macro_name(span_of(text), &macros, arena);
	ck_assert_uint_le(name.length, 253);
	ck_assert(span_ends_nocase(name, SPAN(".c.b.0.1.email.example.com")));
	ck_assert_uint_lt(arena_used(arena), 1000);
	buf_init(&out, 400);
	spf_macro_text(span_of(text), &macros, &out);
	ck_assert_uint_eq(buf_length(&out), 400);
	ck_assert(span_starts(buf_span(&out), SPAN("%26%26%26")));
	buf_clear(&out);
	arena_free(&arena);
}
END_TEST

START_TEST(explanations_have_letters_of_their_own)
{
	struct spf_macros macros = macros_of("2001:db8::cb01");
	struct buf out;

	buf_init(&out, 400);
	spf_macro_text(SPAN("%{c} is not one of %{d}'s (%{r}, %{t})"), &macros, &out);
	ck_span_eq(buf_span(&out), "2001:db8::cb01 is not one of email.example.com's (relay.example.net, 1772323200)");
	buf_clear(&out);
}
END_TEST

UNIT_MAIN_LOOPED("spf_macro", macros_expand_as_in_the_rfc, examples, syntax_is_checked_where_it_stands,
    the_tail_is_what_stands_behind_the_last_macro, long_names_lose_labels_from_the_left, bombs_are_bounded,
    explanations_have_letters_of_their_own)
