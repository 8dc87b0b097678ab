/* Tests of src/lib-mail/route.c. */
#include "mail/route.h"

#include "tests/unit/unit.h"

START_TEST(next_hops_are_parsed)
{
	static const struct { const char *text; enum route_scheme scheme; const char *host; unsigned port; } rows[] = {
		{ "mx:example.org", ROUTE_MX, "example.org", 25 },
		{ "MX:example.org", ROUTE_MX, "example.org", 25 },
		{ "smtp:host", ROUTE_SMTP, "host", 25 },
		{ "smtp:host.example:2525", ROUTE_SMTP, "host.example", 2525 },
		{ "smtp:192.0.2.1:26", ROUTE_SMTP, "192.0.2.1", 26 },
		{ "smtp:[2001:db8::1]", ROUTE_SMTP, "2001:db8::1", 25 },
		{ "smtp:[2001:db8::1]:26", ROUTE_SMTP, "2001:db8::1", 26 },
		{ "smtp:[host.example]:26", ROUTE_SMTP, "host.example", 26 },
		{ "smtps:host.example", ROUTE_SMTPS, "host.example", 465 },
		{ "lmtp:/run/dovecot/lmtp", ROUTE_LMTP, "/run/dovecot/lmtp", 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct route route;

		ck_assert_msg(route_parse(span_of(rows[i].text), &route) == NULL, "row %zu", i);
		ck_assert_int_eq(route.scheme, rows[i].scheme);
		ck_span_eq(route.host, rows[i].host);
		ck_assert_uint_eq(route.port, rows[i].port);
	}
}
END_TEST

START_TEST(what_is_no_next_hop_is_refused_with_a_sentence)
{
	static const char *const rows[] = {
		"", "example.org", "http:host", "mx:", "mx:a..b", "mx:-a", "mx:a b", "smtp:", "smtp:host:", "smtp:host:0",
		"smtp:host:65536", "smtp:host:x", "smtp:2001:db8::1", "smtp:[2001:db8::1", "smtp:[]", "smtp:[a b]", "smtp:[::1]x",
		"lmtp:", "lmtp:/", "lmtp:relative", ("lmtp:/"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct route route;
		const char *why = route_parse(span_of(rows[i]), &route);

		ck_assert_msg(why != NULL && *why != '\0', "row %zu", i);
	}
}
END_TEST

START_TEST(the_most_exact_pattern_wins)
{
	static const struct { const char *domain, *route; } rows[] = {
		{ "example.org", "smtp:exact" },
		{ "EXAMPLE.org", "smtp:exact" },
		{ "a.example.org", "smtp:below" },
		{ "a.b.example.org", "smtp:below" },
		{ "x.deep.example.org", "smtp:deep" },
		{ "deep.example.org", "smtp:below" },
		{ "notexample.org", "smtp:all" },
		{ "org", "smtp:all" },
		{ "[192.0.2.1]", "smtp:all" },
		{ "[192.example.org]", "smtp:all" },
		{ "", "smtp:all" },
	};
	struct route_table *table = route_table_new();

	ck_assert_ptr_null(route_table_add(table, SPAN("example.org"), SPAN("smtp:exact")));
	ck_assert_ptr_null(route_table_add(table, SPAN(".Example.org"), SPAN("smtp:below")));
	ck_assert_ptr_null(route_table_add(table, SPAN(".deep.example.org"), SPAN("smtp:deep")));
	ck_assert_ptr_null(route_table_add(table, SPAN("example.org"), SPAN("smtp:second")));
	ck_span_eq(route_table_find(table, SPAN("other.net")), "");
	ck_assert_ptr_null(route_table_add(table, SPAN("*"), SPAN("smtp:all")));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_span_eq(route_table_find(table, span_of(rows[i].domain)), rows[i].route);
	route_table_free(&table);
	ck_assert_ptr_null(table);
	route_table_free(&table);
}
END_TEST

START_TEST(bad_patterns_and_routes_are_not_added)
{
	struct route_table *table = route_table_new();
	char domain[300];

	ck_assert_ptr_nonnull(route_table_add(table, SPAN("a b"), SPAN("smtp:x")));
	ck_assert_ptr_nonnull(route_table_add(table, SPAN("."), SPAN("smtp:x")));
	ck_assert_ptr_nonnull(route_table_add(table, SPAN("**"), SPAN("smtp:x")));
	ck_assert_ptr_nonnull(route_table_add(table, SPAN("a.example"), SPAN("nowhere")));
	memset(domain, 'a', sizeof(domain));
	ck_span_eq(route_table_find(table, span_make(domain, sizeof(domain))), "");
	route_table_free(&table);
}
END_TEST

UNIT_MAIN("route", next_hops_are_parsed, what_is_no_next_hop_is_refused_with_a_sentence, the_most_exact_pattern_wins,
    bad_patterns_and_routes_are_not_added)
