/* Tests of src/lib-ipc/ctl_rooms.c. */
#include "ipc/ctl_rooms.h"

#include "again_check.h"

AGAIN_IN_ARENA(request)
AGAIN(row)
AGAIN(end)

START_TEST(requests_go_there_and_back)
{
	struct span arguments[] = { SPAN("--json"), SPAN(""), SPAN("to=*@example.org") };
	struct request request = { SPAN("queue list"), arguments, 3 };
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	request_encode(&out, &request);
	again_check(request_again, &out);
	request.arguments_count = 0;
	request_encode(&out, &request);
	again_check(request_again, &out);
}
END_TEST

START_TEST(rows_go_there_and_back_with_every_kind_of_field)
{
	struct row row = { .fields_count = 0 };
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	row_encode(&out, &row);
	again_check(row_again, &out);
	row_text(&row, "id", SPAN("0000000001-1"));
	row_number(&row, "octets", INT64_MIN);
	row_flag(&row, "held", true);
	while (row.fields_count < ROW_FIELDS_MAX)
		row_number(&row, "n", row.fields_count);
	row_encode(&out, &row);
	again_refuses(row_again, &out, 0, ROW_FIELDS_MAX + 1);
	again_refuses(row_again, &out, 0, 255);
	again_refuses(row_again, &out, 1 + 4 + 2, ROW_KINDS);
	again_check(row_again, &out);
}
END_TEST

START_TEST(a_row_is_read_field_by_field)
{
	struct row row = { .fields_count = 0 }, back;
	struct buf out;

	row_text(&row, "id", SPAN("x"));
	row_number(&row, "octets", -5);
	row_flag(&row, "held", true);
	buf_init(&out, AGAIN_CEILING);
	row_encode(&out, &row);
	ck_assert(row_decode(buf_span(&out), &back));
	ck_assert_uint_eq(back.fields_count, 3);
	ck_span_eq(back.fields[0].name, "id");
	ck_span_eq(back.fields[0].text, "x");
	ck_assert_int_eq(back.fields[0].kind, ROW_TEXT);
	ck_assert_int_eq(back.fields[1].number, -5);
	ck_assert_int_eq(back.fields[1].kind, ROW_NUMBER);
	ck_assert_int_eq(back.fields[2].number, 1);
	ck_assert_int_eq(back.fields[2].kind, ROW_FLAG);
	buf_clear(&out);
}
END_TEST

START_TEST(ends_go_there_and_back)
{
	const struct end end = { 64, SPAN("no such message") };
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	end_encode(&out, &end);
	again_check(end_again, &out);
}
END_TEST

UNIT_MAIN("ctl_rooms", requests_go_there_and_back, rows_go_there_and_back_with_every_kind_of_field, a_row_is_read_field_by_field,
    ends_go_there_and_back)
