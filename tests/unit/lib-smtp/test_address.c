/* Tests of src/lib-smtp/address.c. */
#include "smtp/address.h"

#include "tests/unit/unit.h"

#define TEN "aaaaaaaaaa"
#define LOCAL64 TEN TEN TEN TEN TEN TEN "aaaa"
#define LABEL60 TEN TEN TEN TEN TEN TEN

struct row {
	struct span text;
	enum path_fault fault;
	const char *mailbox, *local, *domain, *rest;
};

static void
check(const struct row *row, size_t i)
{
	struct span rest = row->text;
	struct path path;
	enum path_fault fault = path_parse(&rest, &path);

	ck_assert_msg(fault == row->fault, "row %zu: fault %d", i, fault);
	if (fault != PATH_GOOD)
		return;
	ck_span_eq(path_mailbox(&path), row->mailbox);
	ck_span_eq(path_local(&path), row->local);
	ck_span_eq(path_domain(&path), row->domain);
	ck_span_eq(rest, row->rest);
}

#define GOOD(text, mailbox, local, domain) { SPAN(text), PATH_GOOD, mailbox, local, domain, "" }
#define BAD(text) { SPAN(text), PATH_MALFORMED, NULL, NULL, NULL, NULL }
#define LONG(text) { SPAN(text), PATH_TOO_LONG, NULL, NULL, NULL, NULL }

START_TEST(paths_follow_the_grammar)
{
	static const struct row rows[] = {
		GOOD("<a@b.example>", "a@b.example", "a", "b.example"),
		{ SPAN("<a@b.example> SIZE=1"), PATH_GOOD, "a@b.example", "a", "b.example", " SIZE=1" },
		GOOD("<>", "", "", ""),
		GOOD("<A.b+c@Example.ORG>", "A.b+c@Example.ORG", "A.b+c", "Example.ORG"),
		GOOD("<!#$%&'*+-/=?^_`{|}~@b>", "!#$%&'*+-/=?^_`{|}~@b", "!#$%&'*+-/=?^_`{|}~", "b"),
		GOOD("<postmaster>", "postmaster", "postmaster", ""),
		GOOD("<a@[192.0.2.1]>", "a@[192.0.2.1]", "a", "[192.0.2.1]"),
		GOOD("<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]", "a", "[IPv6:2001:db8::1]"),
		BAD(""), BAD("a@b"), BAD("<a@b"), BAD("< a@b>"), BAD("<a@b >"), BAD("<a @b>"),
		BAD("<@b>"), BAD("<a@>"), BAD("<a@b@c>"), BAD("<.a@b>"), BAD("<a.@b>"), BAD("<a..b@c>"),
		BAD("<a@b..c>"), BAD("<a@-b>"), BAD("<a@b_c>"), BAD("<a@b.>"), BAD("<a,b@c>"), BAD("<a:b@c>"), BAD("<(x)a@b>"),
		BAD("<a@[192.0.2.256]>"), BAD("<a@[192.0.2.1>"), BAD("<a@[IPv6:192.0.2.1]>"), BAD("<a@[2001:db8::1]>"),
		BAD("<a@[tag:x]>"), BAD("<a@[]>"), BAD("<a\0@b>"), BAD("<a@b\0>"), BAD("<a\x01@b>"),
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(&rows[i], i);
}
END_TEST

START_TEST(source_routes_are_checked_and_dropped)
{
	static const struct row rows[] = {
		GOOD("<@a:u@c.example>", "u@c.example", "u", "c.example"),
		GOOD("<@a,@b.example:u@c.example>", "u@c.example", "u", "c.example"),
		GOOD("<@ours.example:a@b.example>", "a@b.example", "a", "b.example"),
		BAD("<@a:>"), BAD("<@a>"), BAD("<@a,b:u@c>"), BAD("<@a,@b,:u@c>"), BAD("<@:u@c>"), BAD("<@a_b:u@c>"),
		BAD("<@a:@b:u@c>"), BAD("<@a u@c>"),
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(&rows[i], i);
}
END_TEST

START_TEST(local_parts_get_the_least_quoting_that_is_legal)
{
	static const struct row rows[] = {
		GOOD("<\"a\"@x>", "a@x", "a", "x"),
		GOOD("<\"\\a\"@x>", "a@x", "a", "x"),
		GOOD("<\"a.b\"@x>", "a.b@x", "a.b", "x"),
		GOOD("<\"a..b\"@x>", "\"a..b\"@x", "\"a..b\"", "x"),
		GOOD("<\"a@b > c\"@x.example>", "\"a@b > c\"@x.example", "\"a@b > c\"", "x.example"),
		GOOD("<\"a\\\"b\\\\c\"@x>", "\"a\\\"b\\\\c\"@x", "\"a\\\"b\\\\c\"", "x"),
		GOOD("<\"\\ \"@x>", "\" \"@x", "\" \"", "x"),
		GOOD("<\"\"@x>", "\"\"@x", "\"\"", "x"),
		GOOD("<\"postmaster\">", "postmaster", "postmaster", ""),
		BAD("<\"a@x>"), BAD("<\"a\"b@x>"), BAD("<a\"b\"@x>"), BAD("<\"a\tb\"@x>"), BAD("<\"a\0b\"@x>"),
		BAD("<\"a\x7f\"@x>"), BAD("<\"a\\\"@x>"), BAD("<\"a\\"), BAD("<\"a\\\x01\"@x>"),
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(&rows[i], i);
}
END_TEST

START_TEST(lengths_are_those_of_rfc_5321)
{
	static const struct row rows[] = {
		GOOD("<" LOCAL64 "@b>", LOCAL64 "@b", LOCAL64, "b"),
		LONG("<" LOCAL64 "a@b>"),
		LONG("<\"" LOCAL64 " \"@b>"),
		/* 64 + 1 + 189 = 254, with its brackets a path of 256 */
		GOOD("<" LOCAL64 "@" LABEL60 "." LABEL60 "." LABEL60 ".bbbbbb>", LOCAL64 "@" LABEL60 "." LABEL60 "." LABEL60 ".bbbbbb",
		    LOCAL64, LABEL60 "." LABEL60 "." LABEL60 ".bbbbbb"),
		LONG("<" LOCAL64 "@" LABEL60 "." LABEL60 "." LABEL60 ".bbbbbbb>"),
		LONG("<a@" LABEL60 "." LABEL60 "." LABEL60 "." LABEL60 "." LABEL60 ">"),
		LONG("<" LOCAL64 LOCAL64 LOCAL64 LOCAL64 LOCAL64 "@b>"),
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(&rows[i], i);
}
END_TEST

START_TEST(other_scripts_are_well_formed_and_noticed)
{
	static const struct row rows[] = {
		GOOD("<\xc3\xbc@b.example>", "\xc3\xbc@b.example", "\xc3\xbc", "b.example"),
		GOOD("<\"\xc3\xbc x\"@b>", "\"\xc3\xbc x\"@b", "\"\xc3\xbc x\"", "b"),
		GOOD("<a@b\xc3\xbc" "cher.example>", "a@xn--bcher-kva.example", "a", "xn--bcher-kva.example"),
		BAD("<\xc0\x80@b>"), BAD("<\xed\xa0\x80@b>"), BAD("<\xf5\x80\x80\x80@b>"), BAD("<\xc3@b>"), BAD("<\xc2\x85@b>"),
		BAD("<a@\xc0\x80>"), BAD("<\"\\\xc3\xbc\"@b>"),
	};
	struct path path;
	struct span rest = SPAN("<a@b\xc3\xbc" "cher.example>");

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(&rows[i], i);
	ck_assert_int_eq(path_parse(&rest, &path), PATH_GOOD);
	ck_assert(path.had_8bit);
	rest = SPAN("<a@xn--bcher-kva.example> \xc3\xbc");
	ck_assert_int_eq(path_parse(&rest, &path), PATH_GOOD);
	ck_assert(!path.had_8bit);
}
END_TEST

START_TEST(postmaster_needs_no_domain)
{
	static const struct { const char *text; bool is_bare; } rows[] = {
		{ "<Postmaster>", true }, { "<pOsTmAsTeR>", true }, { "<\"postmaster\">", true },
		{ "<postmaster@b>", false }, { "<postmaste>", false }, { "<>", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct span rest = span_of(rows[i].text);
		struct path path;

		ck_assert_int_eq(path_parse(&rest, &path), PATH_GOOD);
		ck_assert_msg(path_is_bare_postmaster(&path) == rows[i].is_bare, "row %zu", i);
	}
}
END_TEST

START_TEST(literals_are_addresses_in_brackets)
{
	static const struct { const char *text; bool good; } rows[] = {
		{ "[127.0.0.1]", true }, { "[IPv6:::1]", true }, { "[ipv6:2001:db8::1]", true }, { "[IPv6:::ffff:192.0.2.1]", true },
		{ "[::1]", false }, { "[IPv6:127.0.0.1]", false }, { "[127.0.0.1", false }, { "127.0.0.1", false }, { "[]", false },
		{ "[", false }, { "", false }, { "[1.2.3]", false }, { "[01.2.3.4]", false }, { "[x:y]", false },
	};
	struct ip ip;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(address_literal_parse(span_of(rows[i].text), &ip) == rows[i].good, "row %zu", i);
}
END_TEST

UNIT_MAIN("address", paths_follow_the_grammar, source_routes_are_checked_and_dropped,
    local_parts_get_the_least_quoting_that_is_legal, lengths_are_those_of_rfc_5321, other_scripts_are_well_formed_and_noticed,
    postmaster_needs_no_domain, literals_are_addresses_in_brackets)
