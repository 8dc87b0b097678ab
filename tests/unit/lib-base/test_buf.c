/* Tests of src/lib-base/buf.c. */
#include "base/buf.h"
#include "tests/unit/unit.h"

START_TEST(what_is_added_comes_out_in_order)
{
	struct buf buf;

	buf_init(&buf, 100);
	ck_assert_uint_eq(buf_length(&buf), 0);
	ck_span_eq(buf_span(&buf), "");
	ck_assert(buf_add(&buf, SPAN("one ")));
	ck_assert(buf_add(&buf, SPAN("")));
	ck_assert(buf_printf(&buf, "%s %d", "two", 3));
	ck_span_eq(buf_span(&buf), "one two 3");
	buf_consume(&buf, 4);
	ck_span_eq(buf_span(&buf), "two 3");
	buf_empty(&buf);
	ck_span_eq(buf_span(&buf), "");
	buf_clear(&buf);
	ck_assert_ptr_null(buf.data);
}
END_TEST

START_TEST(the_ceiling_refuses_and_changes_nothing)
{
	struct buf buf;

	buf_init(&buf, 8);
	ck_assert(buf_add(&buf, SPAN("12345678")));
	ck_assert(!buf_add(&buf, SPAN("9")));
	ck_assert(!buf_printf(&buf, "9"));
	ck_assert_ptr_null(buf_reserve(&buf, 1));
	ck_span_eq(buf_span(&buf), "12345678");
	buf_consume(&buf, 3);
	ck_assert(!buf_printf(&buf, "%s", "abcd"));
	ck_assert(buf_printf(&buf, "%s", "abc"));
	ck_span_eq(buf_span(&buf), "45678abc");
	ck_assert_ptr_null(buf_reserve(&buf, SIZE_MAX));
	buf_clear(&buf);
	ck_assert_uint_eq(buf.ceiling, 8);
}
END_TEST

START_TEST(what_is_consumed_makes_room_again)
{
	struct buf buf;
	uint64_t in = 0, out = 0;

	buf_init(&buf, 4096);
	for (unsigned turn = 0; turn < 20000; turn++) {
		for (unsigned i = turn % 7; i > 0 && buf_add(&buf, span_make(&in, sizeof(in))); i--)
			in++;
		while (buf_length(&buf) > (turn * 31) % 2048) {
			ck_assert_int_eq(memcmp(buf_span(&buf).data, &out, sizeof(out)), 0);
			buf_consume(&buf, sizeof(out));
			out++;
		}
	}
	ck_assert_uint_gt(out, 10000);
	ck_assert_uint_le(buf.capacity, 8192);
	buf_clear(&buf);
}
END_TEST

START_TEST(reserved_room_counts_when_it_is_committed)
{
	struct buf buf;
	char *room;

	buf_init(&buf, 1000);
	room = buf_reserve(&buf, 600);
	ck_assert_ptr_nonnull(room);
	memset(room, 'x', 600);
	ck_assert_uint_eq(buf_length(&buf), 0);
	buf_commit(&buf, 2);
	ck_span_eq(buf_span(&buf), "xx");
	ck_assert_ptr_nonnull(buf_reserve(&buf, 998));
	ck_assert_ptr_null(buf_reserve(&buf, 999));
	buf_wipe(&buf);
	ck_assert_uint_eq(buf_length(&buf), 0);
}
END_TEST

UNIT_MAIN("buf", what_is_added_comes_out_in_order, the_ceiling_refuses_and_changes_nothing,
    what_is_consumed_makes_room_again, reserved_room_counts_when_it_is_committed)
