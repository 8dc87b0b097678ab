/* Tests of src/lib-auth/dkim_field.c: headers cut into fields, and fields picked from the bottom up (RFC 6376 5.4.2). */
#include "src/lib-auth/dkim_field.h"

#include "base/buf.h"
#include "tests/unit/unit.h"

#define NO_FIELD "a line of the header is no field"
#define NO_LINE_END "a line of the header does not end with CRLF"

/* A header, and its fields with "|" behind each; or the beginning of what is wrong with it. */
static const struct {
	const char *header, *fields, *why;
} rows[] = {
	{ "", "", NULL },
	{ "A: 1\r\n", "A: 1|", NULL },
	{ "A: 1\r\nB:2\r\n\tb\r\n  \r\nC :\r\n", "A: 1|B:2\r\n\tb\r\n  |C :|", NULL },
	{ "A: \xc3\xa4:\r\n", "A: \xc3\xa4:|", NULL },
	{ "A: 1", "", NO_LINE_END },
	{ "A: 1\n", "", NO_LINE_END },
	{ "A: 1\r", "", NO_LINE_END },
	{ "A: 1\r\n b", "", NO_LINE_END },
	{ "A: 1\r\n b\n", "", NO_LINE_END },
	{ "A: 1\rb\r\n", "", NO_LINE_END },
	{ "\n", "", NO_LINE_END },
	{ "\r\n", "", NO_FIELD },
	{ " A: 1\r\n", "", NO_FIELD },
	{ "A\r\n", "", NO_FIELD },
	{ "A\r\n :1\r\n", "", NO_FIELD },
	{ ": 1\r\n", "", NO_FIELD },
	{ "A B: 1\r\n", "", NO_FIELD },
	{ "\xc3\xa4: 1\r\n", "", NO_FIELD },
	{ "A: 1\r\n\r\nbody\r\n", "", NO_FIELD },
};

START_TEST(headers_are_cut_into_fields)
{
	struct arena *arena = arena_new();
	struct dkim_fields fields;
	const char *why = dkim_fields_read(span_of(rows[_i].header), arena, &fields);
	struct buf text;

	buf_init(&text, 1000);
	ck_assert_msg((why == NULL) == (rows[_i].why == NULL), "%s", why);
	if (why != NULL)
		ck_assert_msg(strncmp(why, rows[_i].why, strlen(rows[_i].why)) == 0, "%s", why);
	for (size_t i = 0; why == NULL && i < fields.count; i++)
		ck_assert(buf_add(&text, fields.at[i]) && buf_add(&text, SPAN("|")));
	ck_span_eq(buf_span(&text), rows[_i].fields);
	buf_clear(&text);
	arena_free(&arena);
}
END_TEST

START_TEST(fields_are_taken_from_the_bottom_up_and_once)
{
	struct arena *arena = arena_new();
	struct dkim_fields fields;
	struct span field;

	/* P32 */
	ck_assert_ptr_null(dkim_fields_read(SPAN("To: 1\r\nTop: 2\r\nTO : 3\r\nT: 4\r\nto:5\r\n"), arena, &fields));
	ck_assert_uint_eq(dkim_fields_count(&fields, SPAN("To")), 3);
	ck_assert(dkim_fields_take(&fields, SPAN("tO"), &field));
	ck_span_eq(field, "to:5");
	ck_assert(dkim_fields_take(&fields, SPAN("To"), &field));
	ck_span_eq(field, "TO : 3");
	ck_assert(dkim_fields_take(&fields, SPAN("To"), &field));
	ck_span_eq(field, "To: 1");
	ck_assert(!dkim_fields_take(&fields, SPAN("To"), &field));
	ck_assert(!dkim_fields_take(&fields, SPAN("From"), &field));
	ck_assert_uint_eq(dkim_fields_count(&fields, SPAN("To")), 3);
	arena_free(&arena);
}
END_TEST

UNIT_MAIN_LOOPED("dkim_field", headers_are_cut_into_fields, rows, fields_are_taken_from_the_bottom_up_and_once)
