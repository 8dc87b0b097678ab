/* Tests of src/lib-auth/auth_name.c: names made ready, as rows, and their labels counted and cut. */
#include "src/lib-auth/auth_name.h"

#include "tests/unit/unit.h"

#define DIGITS50 "12345678901234567890123456789012345678901234567890"
#define LABEL63 DIGITS50 "1234567890123"

static const struct {
	const char *name, *ascii;	/* NULL = it is none */
} rows[] = {
	{ "example.org", "example.org" }, { "A.b_C.9-d", "a.b_c.9-d" }, { "localhost", "localhost" },
	{ LABEL63 ".a", LABEL63 ".a" }, { LABEL63 "4.a", NULL },
	{ LABEL63 "." LABEL63 "." LABEL63 "." DIGITS50 "12345678901", LABEL63 "." LABEL63 "." LABEL63 "." DIGITS50 "12345678901" },
	{ LABEL63 "." LABEL63 "." LABEL63 "." DIGITS50 "123456789012", NULL },
	{ "", NULL }, { ".", NULL }, { "a.", NULL }, { ".a", NULL }, { "a..b", NULL }, { "-a.b", NULL }, { "a-.b", NULL }, { "a b", NULL },
	{ "a\"b", NULL }, { "[192.0.2.1]", NULL }, { "a;b", NULL },
	/* P39a, P50 */
	{ "B\xc3\xbc" "cher.Example", "xn--bcher-kva.example" }, { "b\xc3\xbc" "cher..example", NULL }, { "b\xc3", NULL }, { "\xff.example",
	    NULL },
	{ "xn--bcher-kva.example", "xn--bcher-kva.example" },
};

START_TEST(names_are_made_ready)
{
	char out[AUTH_NAME_TEXT];
	bool is_name = auth_name_to_ascii(span_of(rows[_i].name), out);

	ck_assert_msg(is_name == (rows[_i].ascii != NULL), "%s", rows[_i].name);
	if (is_name)
		ck_assert_str_eq(out, rows[_i].ascii);
}
END_TEST

START_TEST(a_nul_is_in_no_name)
{
	char out[AUTH_NAME_TEXT];

	ck_assert(!auth_name_to_ascii(span_make("a\0b", 3), out));
	ck_assert(!auth_name_to_ascii(span_make("\xc3\xbc\0b", 4), out));
}
END_TEST

START_TEST(names_are_within_names)
{
	static const struct { const char *name, *above; bool is_within; } pairs[] = {
		{ "a.b", "a.b", true }, { "x.a.b", "a.b", true }, { "xa.b", "a.b", false }, { "b", "a.b", false }, { "a.b", "b", true },
		    { "b", "c", false },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		ck_assert(auth_name_is_within(span_of(pairs[i].name), span_of(pairs[i].above)) == pairs[i].is_within);
}
END_TEST

START_TEST(labels_are_counted_and_cut)
{
	ck_assert_uint_eq(auth_name_labels(SPAN("a.b.c")), 3);
	ck_assert_uint_eq(auth_name_labels(SPAN("c")), 1);
	ck_assert_uint_eq(auth_name_labels(SPAN("")), 0);
	ck_span_eq(auth_name_last(SPAN("a.b.c"), 2), "b.c");
	ck_span_eq(auth_name_last(SPAN("a.b.c"), 3), "a.b.c");
	ck_span_eq(auth_name_last(SPAN("a.b.c"), 9), "a.b.c");
	ck_span_eq(auth_name_last(SPAN("a.b.c"), 1), "c");
	ck_span_eq(auth_name_last(SPAN("a.b.c"), 0), "");
}
END_TEST

UNIT_MAIN_LOOPED("auth_name", names_are_made_ready, rows, a_nul_is_in_no_name, names_are_within_names, labels_are_counted_and_cut)
