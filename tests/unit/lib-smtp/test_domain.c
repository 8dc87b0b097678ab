/* Tests of src/lib-smtp/domain.c. */
#include "smtp/domain.h"

#include "tests/unit/unit.h"

#define LABEL63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"

START_TEST(labels_are_letters_digits_and_inner_hyphens)
{
	static const struct { struct span name; bool good; } rows[] = {
		{ SPAN("example.org"), true },
		{ SPAN("EXAMPLE.org"), true },
		{ SPAN("a"), true },
		{ SPAN("1.2.3.4"), true },
		{ SPAN("xn--bcher-kva.example"), true },
		{ SPAN(LABEL63 ".org"), true },
		{ SPAN(LABEL63 "x.org"), false },
		{ SPAN(LABEL63 "." LABEL63 "." LABEL63 "." LABEL63), true },
		{ SPAN(LABEL63 "." LABEL63 "." LABEL63 "." LABEL63 ".a"), false },
		{ SPAN(""), false },
		{ SPAN("."), false },
		{ SPAN("a."), false },
		{ SPAN(".a"), false },
		{ SPAN("a..b"), false },
		{ SPAN("-a.b"), false },
		{ SPAN("a-.b"), false },
		{ SPAN("a_b.c"), false },
		{ SPAN("a b.c"), false },
		{ SPAN("a\tb"), false },
		{ SPAN("<script>"), false },
		{ SPAN("\xc3\xbc.example"), false },
		{ SPAN("a\0b"), false },
		{ SPAN("[192.0.2.1]"), false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(domain_is_valid(rows[i].name) == rows[i].good, "row %zu", i);
}
END_TEST

START_TEST(names_become_a_labels_in_lower_case)
{
	static const struct { struct span name; const char *ascii; } rows[] = {
		{ SPAN("Example.ORG"), "example.org" },
		{ SPAN("b\xc3\xbc" "cher.example"), "xn--bcher-kva.example" },
		{ SPAN("B\xc3\x9c" "CHER.Example"), "xn--bcher-kva.example" },
		{ SPAN("XN--BCHER-KVA.example"), "xn--bcher-kva.example" },
		{ SPAN("fa\xc3\x9f.example"), "xn--fa-hia.example" },		/* IDNA2008 keeps the sharp s */
		{ SPAN("\xc0\x80.example"), NULL },
		{ SPAN("\xed\xa0\x80.example"), NULL },
		{ SPAN("\xf5\x80\x80\x80.example"), NULL },
		{ SPAN("\xc3\xbc\0.example"), NULL },
		{ SPAN("\xc3\xbc_x.example"), NULL },
		{ SPAN("a\xe2\x80\xa8" "b.example"), NULL },			/* U+2028 */
		{ SPAN("a_b"), NULL },
		{ SPAN(""), NULL },
	};
	char ascii[DOMAIN_TEXT];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		bool good = domain_to_ascii(rows[i].name, ascii);

		ck_assert_msg(good == (rows[i].ascii != NULL), "row %zu", i);
		if (good)
			ck_assert_str_eq(ascii, rows[i].ascii);
	}
}
END_TEST

START_TEST(names_that_grow_too_long_in_a_labels_are_refused)
{
	char long_name[DOMAIN_OCTETS + 2], ascii[DOMAIN_TEXT];

	memset(long_name, 'a', sizeof(long_name));
	for (size_t i = 50; i < sizeof(long_name); i += 50)
		long_name[i] = '.';
	memcpy(long_name, "\xc3\xbc", 2);
	ck_assert(!domain_to_ascii(span_make(long_name, DOMAIN_OCTETS), ascii));
	ck_assert(!domain_to_ascii(span_make(long_name, DOMAIN_OCTETS + 1), ascii));
}
END_TEST

START_TEST(one_name_in_two_scripts_is_one_name)
{
	ck_assert(domain_equal(SPAN("b\xc3\xbc" "cher.example"), SPAN("xn--BCHER-kva.EXAMPLE")));
	ck_assert(domain_equal(SPAN("a.example"), SPAN("A.example")));
	ck_assert(!domain_equal(SPAN("a.example"), SPAN("b.example")));
	ck_assert(!domain_equal(SPAN("a_b"), SPAN("a_b")));
}
END_TEST

START_TEST(one_label_is_not_qualified)
{
	ck_assert(domain_is_qualified(SPAN("a.b")));
	ck_assert(!domain_is_qualified(SPAN("localhost")));
}
END_TEST

UNIT_MAIN("domain", labels_are_letters_digits_and_inner_hyphens, names_become_a_labels_in_lower_case,
    names_that_grow_too_long_in_a_labels_are_refused, one_name_in_two_scripts_is_one_name, one_label_is_not_qualified)
