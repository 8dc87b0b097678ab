/* Tests of src/lib-auth/spf_record.c: records as rows, and what they say (RFC 7208 4.5, 4.6.1, 5, 6, 12). */
#include "src/lib-auth/spf_record.h"

#include <stdio.h>

#include "base/buf.h"
#include "tests/unit/unit.h"

/* A record, and its terms as terms_write() has them; or NULL, and the term that is wrong. */
static const struct {
	const char *record, *terms, *wrong;
} records[] = {
	{ "v=spf1", "", NULL },
	{ "v=spf1 ", "", NULL },
	{ "V=SPF1  a   -all  ", "pass a/32//128 fail all", NULL },
	{ "v=spf1 mx ptr +all", "pass mx/32//128 pass ptr pass all", NULL },
	{ "v=spf1 ?include:a.example ~EXISTS:%{i}.b.example -All", "neutral include:a.example softfail exists:%{i}.b.example fail all", NULL },
	/* P3: an error anywhere, even after a term that would match */
	{ "v=spf1 +all foo!", NULL, "foo!" },
	{ "v=spf1 ip4:192.0.2.1 -all moo", NULL, "moo" },
	/* P10: unknown mechanisms; names that only begin with, or end with, a known one */
	{ "v=spf1 alle", NULL, "alle" },
	{ "v=spf1 aa:b.example", NULL, "aa:b.example" },
	{ "v=spf1 -", NULL, "-" },
	{ "v=spf1 ++all", NULL, "++all" },
	{ "v=spf1 :a", NULL, ":a" },
	{ "v=spf1 redirect:a.example", NULL, "redirect:a.example" },
	{ "v=spf1 all:a.example", NULL, "all:a.example" },
	{ "v=spf1 all/8", NULL, "all/8" },
	{ "v=spf1 all.", NULL, "all." },
	{ "v=spf1 ptr/24", NULL, "ptr/24" },
	/* P10: modifiers: unknown ones are ignored, once their syntax is good; known ones are there once */
	{ "v=spf1 moo.cow-far_out=man:dog/cat a", "pass a/32//128", NULL },
	{ "v=spf1 x=", "", NULL },
	{ "v=spf1 x=%{c}", "", NULL },
	{ "v=spf1 x=%{q}", NULL, "x=%{q}" },
	{ "v=spf1 x=1 x=2", "", NULL },
	{ "v=spf1 1x=2", NULL, "1x=2" },
	{ "v=spf1 =2", NULL, "=2" },
	{ "v=spf1 -x=2", NULL, "-x=2" },
	{ "v=spf1 -exp=a.example", NULL, "-exp=a.example" },
	{ "v=spf1 moo.cow/far_out=man", NULL, "moo.cow/far_out=man" },
	{ "v=spf1 moo.cow:far_out=man", NULL, "moo.cow:far_out=man" },
	{ "v=spf1 redirect=a.example exp=b.example", "redirect=a.example exp=b.example", NULL },
	{ "v=spf1 ReDirect=%{d}", "redirect=%{d}", NULL },
	{ "v=spf1 redirect=a.example a redirect=a.example", NULL, "redirect=a.example" },
	{ "v=spf1 exp=a.example exp=a.example", NULL, "exp=a.example" },
	{ "v=spf1 redirect=", NULL, "redirect=" },
	{ "v=spf1 exp=", NULL, "exp=" },
	{ "v=spf1 redirect=%{c}.example", NULL, "redirect=%{c}.example" },
	{ "v=spf1 exp=%{r}.example", NULL, "exp=%{r}.example" },
	{ "v=spf1 redirect=example", NULL, "redirect=example" },
	/* P12: a domain-spec ends with a macro, or a dot and a label that is no number */
	{ "v=spf1 a:", NULL, "a:" },
	{ "v=spf1 a:b.example.", "pass a:b.example./32//128", NULL },
	{ "v=spf1 a:b.example..", NULL, "a:b.example.." },
	{ "v=spf1 a:museum", NULL, "a:museum" },
	{ "v=spf1 a:museum.", NULL, "a:museum." },
	{ "v=spf1 a:.museum", "pass a:.museum/32//128", NULL },
	{ "v=spf1 a:192.0.2.1", NULL, "a:192.0.2.1" },
	{ "v=spf1 a:b.123", NULL, "a:b.123" },
	{ "v=spf1 a:b.1a3", "pass a:b.1a3/32//128", NULL },
	{ "v=spf1 a:b.1-3", "pass a:b.1-3/32//128", NULL },
	{ "v=spf1 a:b.xn--zckzah", "pass a:b.xn--zckzah/32//128", NULL },
	{ "v=spf1 a:b.-com", NULL, "a:b.-com" },
	{ "v=spf1 a:b.com-", NULL, "a:b.com-" },
	{ "v=spf1 a:b.c_m", NULL, "a:b.c_m" },
	{ "v=spf1 a:example.com:8080", NULL, "a:example.com:8080" },
	{ "v=spf1 a:foo:bar/baz.example.com", "pass a:foo:bar/baz.example.com/32//128", NULL },
	{ "v=spf1 a:%{d}", "pass a:%{d}/32//128", NULL },
	{ "v=spf1 a:b%%", "pass a:b%%/32//128", NULL },
	{ "v=spf1 a:%{d}com", NULL, "a:%{d}com" },
	{ "v=spf1 a:%{d}.com", "pass a:%{d}.com/32//128", NULL },
	{ "v=spf1 a:%{d0}.com", NULL, "a:%{d0}.com" },
	{ "v=spf1 include", NULL, "include" },
	{ "v=spf1 include:", NULL, "include:" },
	{ "v=spf1 include:a.example/24", NULL, "include:a.example/24" },
	{ "v=spf1 include/24", NULL, "include/24" },
	{ "v=spf1 exists", NULL, "exists" },
	{ "v=spf1 exists:a.example/24", NULL, "exists:a.example/24" },
	{ "v=spf1 exists:%{c}.example", NULL, "exists:%{c}.example" },
	/* P11: lengths: both kinds, no leading zero, not too long */
	{ "v=spf1 a/24 mx//64 a:b.example/0//0", "pass a/24//128 pass mx/32//64 pass a:b.example/0//0", NULL },
	{ "v=spf1 a/24//64", "pass a/24//64", NULL },
	{ "v=spf1 mx:%{d}/8", "pass mx:%{d}/8//128", NULL },
	{ "v=spf1 a/33", NULL, "a/33" },
	{ "v=spf1 a//129", NULL, "a//129" },
	{ "v=spf1 a//33", "pass a/32//33", NULL },
	{ "v=spf1 a/24/64", NULL, "a/24/64" },
	{ "v=spf1 a//64/24", NULL, "a//64/24" },
	{ "v=spf1 a/024", NULL, "a/024" },
	{ "v=spf1 a//064", NULL, "a//064" },
	{ "v=spf1 a/00", NULL, "a/00" },
	{ "v=spf1 a/", NULL, "a/" },
	{ "v=spf1 a//", NULL, "a//" },
	{ "v=spf1 a/x", NULL, "a/x" },
	{ "v=spf1 a:b.example/", NULL, "a:b.example/" },
	{ "v=spf1 a:/24", NULL, "a:/24" },
	{ "v=spf1 a///64", NULL, "a///64" },
	{ "v=spf1 a/4294967320", NULL, "a/4294967320" },
	{ "v=spf1 ip4:192.0.2.0/24", "pass ip4:192.0.2.0/24", NULL },
	{ "v=spf1 ip4:192.0.2.77", "pass ip4:192.0.2.77/32", NULL },
	{ "v=spf1 ip4:192.0.2.0/0", "pass ip4:192.0.2.0/0", NULL },
	{ "v=spf1 ip4:192.0.2.0/33", NULL, "ip4:192.0.2.0/33" },
	{ "v=spf1 ip4:192.0.2.0/032", NULL, "ip4:192.0.2.0/032" },
	{ "v=spf1 ip4:192.0.2.0//32", NULL, "ip4:192.0.2.0//32" },
	{ "v=spf1 ip4:192.0.2.0/", NULL, "ip4:192.0.2.0/" },
	{ "v=spf1 ip4:192.0.2", NULL, "ip4:192.0.2" },
	{ "v=spf1 ip4:192.0.2.010", NULL, "ip4:192.0.2.010" },
	{ "v=spf1 ip4:192.0.2.1:25", NULL, "ip4:192.0.2.1:25" },
	{ "v=spf1 ip4:2001:db8::1", NULL, "ip4:2001:db8::1" },
	{ "v=spf1 ip4", NULL, "ip4" },
	{ "v=spf1 ip4:", NULL, "ip4:" },
	{ "v=spf1 ip4/8", NULL, "ip4/8" },
	{ "v=spf1 ip4:%{i}", NULL, "ip4:%{i}" },
	{ "v=spf1 ip6:2001:DB8::/32", "pass ip6:20010db8000000000000000000000000/32", NULL },
	{ "v=spf1 ip6:::1.1.1.1/0", "pass ip6:00000000000000000000000001010101/0", NULL },
	{ "v=spf1 ip6:::ffff:1.1.1.1", "pass ip6:00000000000000000000ffff01010101/128", NULL },
	{ "v=spf1 ip6:2001:db8::/129", NULL, "ip6:2001:db8::/129" },
	{ "v=spf1 ip6:2001:db8:://64", NULL, "ip6:2001:db8:://64" },
	{ "v=spf1 ip6::CAFE::BABE", NULL, "ip6::CAFE::BABE" },
	{ "v=spf1 ip6:[2001:db8::1]", NULL, "ip6:[2001:db8::1]" },
	{ "v=spf1 ip6:fe80::1%eth0", NULL, "ip6:fe80::1%eth0" },
	{ "v=spf1 ip6:192.0.2.1", NULL, "ip6:192.0.2.1" },
	{ "v=spf1 ip6", NULL, "ip6" },
	/* P1: ASCII, and spaces between terms: nothing else will do */
	{ "v=spf1 a\tmx", NULL, "a\tmx" },
	{ "v=spf1 a\r", NULL, "a\r" },
	{ "v=spf1 a:b.example\x01", NULL, "a:b.example\x01" },
	{ "v=spf1 \x80" "a", NULL, "\x80" "a" },
	{ "v=spf1 a:\xef\xbb\xbf.example", NULL, "a:\xef\xbb\xbf.example" },
	{ "v=spf1 x=\x96", NULL, "x=\x96" },
	{ "v=spf1 exp=\xc3\xa4.example", NULL, "exp=\xc3\xa4.example" },
};

static bool
has_prefix4(const struct spf_term *term)
{
	return term->kind == SPF_A || term->kind == SPF_MX || term->kind == SPF_IP4;
}

static void
term_write(struct buf *out, const struct spf_term *term)
{
	static const char *const names[SPF_KINDS] = { "all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists" };

	ck_assert(buf_printf(out, "%s%s %s", buf_length(out) > 0 ? " " : "", spf_result_name(term->result), names[term->kind]));
	if (term->target.length > 0)
		ck_assert(buf_printf(out, ":%.*s", SPAN_ARG(term->target)));
	if (term->kind == SPF_IP4)
		ck_assert(buf_printf(out, ":%u.%u.%u.%u", term->network[0], term->network[1], term->network[2], term->network[3]));
	for (size_t i = 0; term->kind == SPF_IP6 && i < 16; i++)
		ck_assert(buf_printf(out, "%s%02x", i == 0 ? ":" : "", term->network[i]));
	if (has_prefix4(term))
		ck_assert(buf_printf(out, "/%u", term->prefix4));
	if (term->kind == SPF_A || term->kind == SPF_MX)
		ck_assert(buf_printf(out, "//%u", term->prefix6));
	if (term->kind == SPF_IP6)
		ck_assert(buf_printf(out, "/%u", term->prefix6));
}

static void
terms_write(struct buf *out, const struct spf_record *record)
{
	for (size_t i = 0; i < record->count; i++)
		term_write(out, &record->terms[i]);
	if (record->redirect.length > 0)
		ck_assert(buf_printf(out, "%sredirect=%.*s", buf_length(out) > 0 ? " " : "", SPAN_ARG(record->redirect)));
	if (record->explanation.length > 0)
		ck_assert(buf_printf(out, "%sexp=%.*s", buf_length(out) > 0 ? " " : "", SPAN_ARG(record->explanation)));
}

START_TEST(records_are_read_whole_or_not_at_all)
{
	struct arena *arena = arena_new();
	struct spf_record record;
	struct span where;
	const char *why;
	struct buf out;

	buf_init(&out, 1000);
	ck_assert(spf_record_is(span_of(records[_i].record)));
	why = spf_record_read(span_of(records[_i].record), arena, &record, &where);
	ck_assert_msg((why == NULL) == (records[_i].wrong == NULL), "%s: %s", records[_i].record, why == NULL ? "good" : why);
	if (why != NULL) {
		ck_span_eq(where, records[_i].wrong);
	} else {
		terms_write(&out, &record);
		ck_span_eq(buf_length(&out) == 0 ? SPAN("") : buf_span(&out), records[_i].terms);
	}
	buf_clear(&out);
	arena_free(&arena);
}
END_TEST

/* P1: the version, in either case, with a space or nothing behind it. */
START_TEST(records_begin_with_their_version)
{
	static const struct { const char *text; bool is; } rows[] = {
		{ "v=spf1", true }, { "V=SpF1 ", true }, { "v=spf1 a", true }, { "v=spf10", false }, { "v=spf1\ta", false }, { "v=spf1a", false },
		{ " v=spf1", false }, { "v=spf", false }, { "", false }, { "spf2.0/mfrom", false }, { "v=spf1,a", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(spf_record_is(span_of(rows[i].text)) == rows[i].is, "%s", rows[i].text);
	ck_assert(!spf_record_is(span_make("v=spf1\0", 7)));
}
END_TEST

/* PX1, PX5: as long as may be, and one octet more. */
START_TEST(long_records_are_refused_and_others_are_linear)
{
	struct arena *arena = arena_new();
	char text[SPF_RECORD_MAX + 2];
	struct spf_record record;
	struct span where;

	for (size_t i = 0; i < sizeof(text) - 1; i += 2)
		memcpy(text + i, " a", 2);
	memcpy(text, "v=spf1", 6);
	ck_assert_ptr_null(spf_record_read(span_make(text, 6 + 2 * SPF_MECHANISMS_MOST), arena, &record, &where));
	ck_assert_uint_eq(record.count, SPF_MECHANISMS_MOST);
	ck_assert_str_eq(spf_record_read(span_make(text, 6 + 2 * SPF_MECHANISMS_MOST + 2), arena, &record, &where),
	    "the record has more than 1000 mechanisms");
	for (size_t i = 6; i < sizeof(text) - 1; i += 3)
		memcpy(text + i, " x=", sizeof(text) - 1 - i < 3 ? sizeof(text) - 1 - i : 3);
	ck_assert_ptr_null(spf_record_read(span_make(text, SPF_RECORD_MAX), arena, &record, &where));
	ck_assert_uint_eq(record.count, 0);
	ck_assert_str_eq(spf_record_read(span_make(text, SPF_RECORD_MAX + 1), arena, &record, &where), "the record is longer than 16 KiB");
	memset(text + 7, '%', SPF_RECORD_MAX - 7);
	ck_assert_ptr_nonnull(spf_record_read(span_make(text, SPF_RECORD_MAX), arena, &record, &where));
	memset(text + 7, '/', SPF_RECORD_MAX - 7);
	ck_assert_ptr_nonnull(spf_record_read(span_make(text, SPF_RECORD_MAX), arena, &record, &where));
	ck_assert_ptr_nonnull(spf_record_read(span_make("v=spf1 a:b.example\0", 19), arena, &record, &where));
	arena_free(&arena);
}
END_TEST

UNIT_MAIN_LOOPED("spf_record", records_are_read_whole_or_not_at_all, records, records_begin_with_their_version,
    long_records_are_refused_and_others_are_linear)
