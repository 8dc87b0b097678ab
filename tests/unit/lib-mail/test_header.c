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
			ck_assert_msg(header.received == rows[i].received, "row %zu cut %zu", i, cut);
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
	ck_assert_uint_eq(header.received, 2);
	ck_assert_uint_eq(header.length, 11 + 65536000 + 18);
	ck_assert(header_is_over(&header));
}
END_TEST

UNIT_MAIN("header", fields_are_counted_and_the_end_is_found, a_field_may_be_as_long_as_it_likes)
