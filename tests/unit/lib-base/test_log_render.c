/* Tests of src/lib-base/log_render.c. */
#include "base/log.h"

#include <stdio.h>

#include "tests/unit/unit.h"

#define rendered(out, ...) (log_render(LOG_FIELDS(__VA_ARGS__), LOG_ADDRESSES_FULL, (out), sizeof(out)), (out))

START_TEST(plain_text_is_bare_and_other_text_is_quoted)
{
	static const struct { struct span in; const char *out; } rows[] = {
		{ SPAN("mx.example.org:25"), " k=mx.example.org:25" },
		{ SPAN("<a+b@x>"), " k=<a+b@x>" },
		{ SPAN(""), " k=-" },
		{ SPAN("two words"), " k=\"two words\"" },
		{ SPAN("a=b"), " k=\"a=b\"" },
		{ SPAN("say \"no\" \\"), " k=\"say \\\"no\\\" \\\\\"" },
		{ SPAN("one\r\ntwo\tthree"), " k=\"one\\r\\ntwo\\tthree\"" },
		{ SPAN("\x1b[31m\x7f\x80\xff"), " k=\"\\x1b[31m\\x7f\\x80\\xff\"" },
		{ SPAN("nul\0inside"), " k=\"nul\\x00inside\"" },
	};
	char out[200];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_str_eq(rendered(out, LOG_SPAN("k", rows[i].in)), rows[i].out);
}
END_TEST

START_TEST(numbers_seconds_and_names_have_their_forms)
{
	char out[200];

	ck_assert_str_eq(rendered(out, LOG_NUMBER("n", -5), LOG_TEXT("t", NULL)), " n=-5 t=-");
	ck_assert_str_eq(rendered(out, LOG_SECONDS("s", 0)), " s=0.00");
	ck_assert_str_eq(rendered(out, LOG_SECONDS("s", 61019)), " s=61.01");
	ck_assert_str_eq(rendered(out, LOG_SECONDS("s", -1500)), " s=-1.50");
	ck_assert_str_eq(rendered(out, LOG_SECONDS("s", -50)), " s=-0.05");
	ck_assert_str_eq(rendered(out, LOG_IDENT("i", 32)), " i=0000000010");
	ck_assert_str_eq(rendered(out, LOG_MID("m", ((struct mid){ 32, 33 }))), " m=0000000010-11");
}
END_TEST

START_TEST(addresses_show_as_much_as_is_wanted)
{
	static const struct { const char *in, *full, *domain, *none; } rows[] = {
		{ "a@b.example", "<a@b.example>", "<*@b.example>", "<*>" },
		{ "\"x@y\"@b.example", "\"<\\\"x@y\\\"@b.example>\"", "<*@b.example>", "<*>" },
		{ "postmaster", "<postmaster>", "<*>", "<*>" },
		{ "", "<>", "<>", "<>" },
	};
	static const enum log_addresses wanted[] = { LOG_ADDRESSES_FULL, LOG_ADDRESSES_DOMAIN, LOG_ADDRESSES_NONE };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *const expected[] = { rows[i].full, rows[i].domain, rows[i].none };

		for (size_t n = 0; n < 3; n++) {
			char out[100], line[100];

			log_render(LOG_FIELDS(LOG_ADDRESS("to", span_of(rows[i].in))), wanted[n], out, sizeof(out));
			snprintf(line, sizeof(line), " to=%s", expected[n]);
			ck_assert_str_eq(out, line);
		}
	}
}
END_TEST

START_TEST(whatever_the_room_the_text_stays_in_it)
{
	char whole[400], out[400];
	size_t length = log_render(LOG_FIELDS(LOG_TEXT("text", "a \x01\n\"b\""), LOG_NUMBER("n", 12345)), LOG_ADDRESSES_FULL,
	    whole, sizeof(whole));

	ck_assert_uint_eq(length, strlen(whole));
	for (size_t size = 1; size <= length + 1; size++) {
		memset(out, 'X', sizeof(out));
		ck_assert_uint_eq(log_render(LOG_FIELDS(LOG_TEXT("text", "a \x01\n\"b\""), LOG_NUMBER("n", 12345)),
		    LOG_ADDRESSES_FULL, out, size), size - 1);
		ck_assert_int_eq(strncmp(out, whole, size - 1), 0);
		ck_assert_int_eq(out[size - 1], '\0');
		ck_assert_int_eq(out[size], 'X');
	}
	ck_assert_uint_eq(log_render(LOG_FIELDS(LOG_NUMBER("n", 1)), LOG_ADDRESSES_FULL, out, 0), 0);
}
END_TEST

/* An address of any length or content is escaped and closed like any other (standards.md E6). */
START_TEST(no_address_breaks_its_line)
{
	char address[2000], out[4096];

	memset(address, 'a', sizeof(address));
	log_render(LOG_FIELDS(LOG_ADDRESS("to", span_make(address, sizeof(address))), LOG_NUMBER("n", 1)), LOG_ADDRESSES_FULL,
	    out, sizeof(out));
	ck_assert_ptr_nonnull(strstr(out, " n=1"));
	log_render(LOG_FIELDS(LOG_ADDRESS("to", SPAN("a\r\nevent=forged\0b"))), LOG_ADDRESSES_FULL, out, sizeof(out));
	ck_assert_str_eq(out, " to=\"<a\\r\\nevent=forged\\x00b>\"");
}
END_TEST

UNIT_MAIN("log_render", plain_text_is_bare_and_other_text_is_quoted, numbers_seconds_and_names_have_their_forms,
    addresses_show_as_much_as_is_wanted, whatever_the_room_the_text_stays_in_it, no_address_breaks_its_line)
