/* Tests of src/lib-mail/pattern.c. */
#include "mail/pattern.h"
#include "tests/unit/unit.h"

START_TEST(the_nearest_pattern_counts)
{
	static const struct { const char *domain, *value; } rows[] = {
		{ "example.org", "exact" }, { "EXAMPLE.Org", "exact" }, { "a.example.org", "below" }, { "a.b.example.org", "below" },
		{ "b.a.example.org", "deeper" }, { "xexample.org", "any" }, { "org", "any" }, { "", "any" }, { "[192.0.2.1]", "any" },
	};
	struct pattern_table *table = pattern_table_new();

	ck_assert_ptr_null(pattern_table_add(table, SPAN("example.org"), SPAN("exact")));
	ck_assert_ptr_null(pattern_table_add(table, SPAN("Example.org"), SPAN("second")));
	ck_assert_ptr_null(pattern_table_add(table, SPAN(".example.org"), SPAN("below")));
	ck_assert_ptr_null(pattern_table_add(table, SPAN(".a.example.org"), SPAN("deeper")));
	ck_span_eq(pattern_table_find(table, SPAN("other.example")), "");
	ck_assert_ptr_null(pattern_table_add(table, SPAN("*"), SPAN("any")));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_span_eq(pattern_table_find(table, span_of(rows[i].domain)), rows[i].value);
	pattern_table_free(&table);
	ck_assert_ptr_null(table);
	pattern_table_free(&table);
}
END_TEST

START_TEST(what_is_no_pattern_is_refused)
{
	static const char *const bad[] = { "", ".", "..example.org", "a..b", "*.example.org", "exam ple", "-a.example", "[192.0.2.1]" };
	struct pattern_table *table = pattern_table_new();

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(pattern_table_add(table, span_of(bad[i]), SPAN("x")) != NULL, "row %zu", i);
	pattern_table_free(&table);
}
END_TEST

UNIT_MAIN("pattern", the_nearest_pattern_counts, what_is_no_pattern_is_refused)
