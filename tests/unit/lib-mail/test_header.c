/* Tests of src/lib-mail/header.c. */
#include "mail/header.h"

#include "tests/unit/unit.h"

START_TEST(fields_are_counted_and_the_end_is_found)
{
	static const struct { struct span text; uint32_t received; uint64_t length; bool over; } rows[] = {
		{ SPAN("Received: x\r\n\r\nbody"), 1, 15, true },
		{ SPAN("RECEIVED:x\r\nreceived: y\r\n\r\n"), 2, 27, true },
		{ SPAN("Received : obsolete\r\n\r\n"), 1, 23, true },
		{ SPAN("Received\t: x\r\n"), 1, 14, false },
		{ SPAN("X-Received: x\r\n"), 0, 15, false },
		{ SPAN("Received-SPF: x\r\n"), 0, 17, false },
		{ SPAN("Receive: x\r\n"), 0, 12, false },
		{ SPAN("Receivedd: x\r\n"), 0, 14, false },
		{ SPAN("Subject: x\r\n Received: folded\r\n"), 0, 31, false },
		{ SPAN("Subject: x\r\n\tReceived: folded\r\n"), 0, 31, false },
		{ SPAN("Subject: Received: x\r\n"), 0, 22, false },
		{ SPAN("\r\nReceived: in the body\r\n"), 0, 2, true },
		{ SPAN("no field\r\nReceived: x\r\n"), 0, 0, true },
		{ SPAN("A: b\r\nno field\r\nReceived: x\r\n"), 0, 6, true },
		{ SPAN("A: b\r\nno\r\n"), 0, 6, true },
		{ SPAN("A: b\r\n: no name\r\n"), 0, 6, true },
		{ SPAN("A: b\r\nn\xc3\xbc: 8-bit\r\n"), 0, 6, true },
		{ SPAN("A: b\r\nn\0: NUL\r\n"), 0, 6, true },
		{ SPAN("A: b\r\n\rx: CR\r\n"), 0, 6, true },
		{ SPAN(""), 0, 0, false },
		{ SPAN("Rec"), 0, 3, false },
		{ SPAN("Received"), 0, 8, false },
		{ SPAN("Received:"), 1, 9, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (size_t cut = 0; cut <= rows[i].text.length; cut++) {
			struct header header = { 0 };

			header_look(&header, span_first(rows[i].text, cut));
			header_look(&header, span_skip(rows[i].text, cut));
			ck_assert_msg(header.count[HEADER_RECEIVED] == rows[i].received, "row %zu cut %zu", i, cut);
			ck_assert_msg(header_is_over(&header) == rows[i].over, "row %zu cut %zu", i, cut);
			ck_assert_msg(header.length == rows[i].length, "row %zu cut %zu: %llu", i, cut,
			    (unsigned long long)header.length);
		}
}
END_TEST

START_TEST(a_field_may_be_as_long_as_it_likes)
{
	struct header header = { 0 };
	static char long_value[65536];

	memset(long_value, 'x', sizeof(long_value));
	header_look(&header, SPAN("Received: ("));
	for (int i = 0; i < 1000; i++)
		header_look(&header, span_make(long_value, sizeof(long_value)));
	header_look(&header, SPAN(")\r\nReceived: y\r\n\r\n"));
	ck_assert_uint_eq(header.count[HEADER_RECEIVED], 2);
	ck_assert_uint_eq(header.length, 11 + 65536000 + 18);
	ck_assert(header_is_over(&header));
}
END_TEST

/* RFC 8689 3: [FWS] "No", once, in the header (S58). Cut at every octet, and fed octet by octet. */
START_TEST(tls_is_waived_by_one_field_that_says_no)
{
	static const struct { struct span text; bool waives; } rows[] = {
		{ SPAN("TLS-Required: No\r\n\r\n"), true },
		{ SPAN("TLS-Required:No\r\n\r\n"), true },
		{ SPAN("tls-required: no\r\n\r\n"), true },
		{ SPAN("TLS-REQUIRED: NO\r\n\r\n"), true },
		{ SPAN("Tls-Required:\t nO\r\n\r\n"), true },
		{ SPAN("TLS-Required : No\r\n\r\n"), true },
		{ SPAN("TLS-Required: No \t\r\n\r\n"), true },
		{ SPAN("TLS-Required:\r\n No\r\n\r\n"), true },
		{ SPAN("TLS-Required: \r\n\t \r\n  No\r\n\r\n"), true },
		{ SPAN("TLS-Required: No\r\n \r\n\r\n"), true },
		{ SPAN("From: a\r\nTLS-Required: No\r\nTo: b\r\n folded\r\n\r\nbody"), true },
		{ SPAN("TLS-Required: No\r\nno field, so body\r\n"), true },
		{ SPAN("TLS-Required: No"), true },
		{ SPAN("TLS-Required: No\r\n\r\nTLS-Required: No\r\n"), true },
		/* two fields */
		{ SPAN("TLS-Required: No\r\nTLS-Required: No\r\n\r\n"), false },
		{ SPAN("TLS-Required: No\r\nSubject: x\r\ntls-required: Yes\r\n\r\n"), false },
		{ SPAN("TLS-Required: Yes\r\nTLS-Required: No\r\n\r\n"), false },
		{ SPAN("TLS-Required:\r\nTLS-Required: No\r\n\r\n"), false },
		/* other values */
		{ SPAN("TLS-Required: Maybe\r\n\r\n"), false },
		{ SPAN("TLS-Required: Yes\r\n\r\n"), false },
		{ SPAN("TLS-Required:\r\n\r\n"), false },
		{ SPAN("TLS-Required:\r\n\r\nNo\r\n"), false },
		{ SPAN("TLS-Required: N\r\n\r\n"), false },
		{ SPAN("TLS-Required: N o\r\n\r\n"), false },
		{ SPAN("TLS-Required: N\r\n o\r\n\r\n"), false },
		{ SPAN("TLS-Required: None\r\n\r\n"), false },
		{ SPAN("TLS-Required: No No\r\n\r\n"), false },
		{ SPAN("TLS-Required: No\r\n No\r\n\r\n"), false },
		{ SPAN("TLS-Required: No\r\n x\r\n\r\n"), false },
		{ SPAN("TLS-Required: No (really)\r\n\r\n"), false },
		{ SPAN("TLS-Required: (really) No\r\n\r\n"), false },
		{ SPAN("TLS-Required: \"No\"\r\n\r\n"), false },
		{ SPAN("TLS-Required: No;\r\n\r\n"), false },
		{ SPAN("TLS-Required: xNo\r\n\r\n"), false },
		/* no such field of the header */
		{ SPAN("Subject: TLS-Required: No\r\n\r\n"), false },
		{ SPAN("Subject: x\r\n TLS-Required: No\r\n\r\n"), false },
		{ SPAN(" TLS-Required: No\r\n\r\n"), false },
		{ SPAN("X-TLS-Required: No\r\n\r\n"), false },
		{ SPAN("TLS-Required-X: No\r\n\r\n"), false },
		{ SPAN("TLS-Require: No\r\n\r\n"), false },
		{ SPAN("TLS Required: No\r\n\r\n"), false },
		{ SPAN("Received: x\r\n No\r\n\r\n"), false },
		{ SPAN("\r\nTLS-Required: No\r\n"), false },
		{ SPAN("From: a\r\n\r\nTLS-Required: No\r\n"), false },
		{ SPAN("no field\r\nTLS-Required: No\r\n"), false },
		{ SPAN("TLS-Required No\r\n\r\n"), false },
		{ SPAN(""), false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct header whole = { 0 };

		for (size_t cut = 0; cut <= rows[i].text.length; cut++) {
			struct header header = { 0 };

			header_look(&header, span_first(rows[i].text, cut));
			header_look(&header, span_skip(rows[i].text, cut));
			ck_assert_msg(header_waives_tls(&header) == rows[i].waives, "row %zu cut %zu", i, cut);
		}
		for (size_t at = 0; at < rows[i].text.length; at++)
			header_look(&whole, span_first(span_skip(rows[i].text, at), 1));
		ck_assert_msg(header_waives_tls(&whole) == rows[i].waives, "row %zu", i);
	}
}
END_TEST

UNIT_MAIN("header", fields_are_counted_and_the_end_is_found, tls_is_waived_by_one_field_that_says_no, a_field_may_be_as_long_as_it_likes)
