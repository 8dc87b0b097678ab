/* Tests of src/lib-base/codec.c. */
#include "base/codec.h"
#include "tests/unit/unit.h"

/* One of everything, in the order of the readers below. */
static void
everything_put(struct buf *out)
{
	put_u8(out, 0xfe);
	put_u16(out, 0xfedc);
	put_u32(out, 0xfedcba98);
	put_u64(out, UINT64_C(0xfedcba9876543210));
	put_bool(out, true);
	put_span(out, span_make("a\0b", 3));
	put_text(out, NULL);
	put_mid(out, (struct mid){ 5, UINT64_MAX });
	put_ip(out, (struct ip){ { 192, 0, 2, 1 }, 4 });
	put_raw(out, "raw", 3);
}

START_TEST(everything_goes_there_and_back)
{
	struct buf out;
	struct codec in;
	struct span text;
	struct mid mid;
	struct ip ip;
	char raw[3];

	buf_init(&out, 1000);
	everything_put(&out);
	in = codec_read(buf_span(&out));
	ck_assert_uint_eq(get_u8(&in), 0xfe);
	ck_assert_uint_eq(get_u16(&in), 0xfedc);
	ck_assert_uint_eq(get_u32(&in), 0xfedcba98);
	ck_assert_uint_eq(get_u64(&in), UINT64_C(0xfedcba9876543210));
	ck_assert(get_bool(&in));
	text = get_span(&in);
	ck_assert(span_equal(text, span_make("a\0b", 3)));
	ck_assert_uint_eq(get_span(&in).length, 0);
	mid = get_mid(&in);
	ck_assert(mid.origin == 5 && mid.number == UINT64_MAX);
	ip = get_ip(&in);
	ck_assert(ip.family == 4 && memcmp(ip.octets, "\xc0\x00\x02\x01", 4) == 0);
	ck_assert(!codec_done(&in));
	get_raw(&in, raw, 3);
	ck_assert_int_eq(memcmp(raw, "raw", 3), 0);
	ck_assert(codec_done(&in));
	buf_clear(&out);
}
END_TEST

START_TEST(every_truncation_marks_the_reader)
{
	struct buf out;
	struct span whole;

	buf_init(&out, 1000);
	everything_put(&out);
	whole = buf_span(&out);
	for (size_t length = 0; length < whole.length; length++) {
		/* A copy of exact size, so that reading beyond it is seen. */
		char *copy = malloc(length + 1), raw[3];
		struct codec in;

		memcpy(copy, whole.data, length);
		in = codec_read(span_make(copy, length));
		get_u8(&in);
		get_u16(&in);
		get_u32(&in);
		get_u64(&in);
		get_bool(&in);
		get_span(&in);
		get_span(&in);
		get_mid(&in);
		get_ip(&in);
		get_raw(&in, raw, 3);
		ck_assert_msg(in.bad, "%zu octets", length);
		ck_assert(!codec_done(&in));
		free(copy);
	}
	buf_clear(&out);
}
END_TEST

START_TEST(a_bad_field_gives_zeros_and_so_does_all_behind_it)
{
	struct codec in = codec_read(SPAN("\x05\x00\x00\x00" "abc"));
	struct codec ip = codec_read(SPAN("\x05" "0123456789abcdef" "z"));

	ck_assert_uint_eq(get_span(&in).length, 0);
	ck_assert(in.bad);
	ck_assert_uint_eq(get_u8(&in), 0);
	ck_assert_uint_eq(get_mid(&in).number, 0);
	ck_assert_int_eq(get_ip(&ip).family, 0);
	ck_assert(ip.bad);
	ck_assert_uint_eq(get_u8(&ip), 0);
}
END_TEST

START_TEST(enums_bools_and_counts_have_bounds)
{
	struct codec in;

	in = codec_read(SPAN("\x02\x03"));
	ck_assert_uint_eq(get_enum(&in, 3), 2);
	ck_assert(!in.bad);
	ck_assert_uint_eq(get_enum(&in, 3), 0);
	ck_assert(in.bad);
	in = codec_read(SPAN("\x02"));
	ck_assert(!get_bool(&in));
	ck_assert(in.bad);
	in = codec_read(SPAN("\x02\x00\x00\x00" "1234"));
	ck_assert_uint_eq(get_count(&in, 2), 2);
	ck_assert(!in.bad);
	in = codec_read(SPAN("\x03\x00\x00\x00" "1234"));
	ck_assert_uint_eq(get_count(&in, 2), 0);
	ck_assert(in.bad);
	in = codec_read(SPAN("\xff\xff\xff\xff"));
	ck_assert_uint_eq(get_count(&in, 1), 0);
	ck_assert(in.bad);
}
END_TEST

START_TEST(octets_left_over_are_not_done)
{
	struct codec in = codec_read(SPAN("ab"));

	get_u8(&in);
	ck_assert(!codec_done(&in));
	get_u8(&in);
	ck_assert(codec_done(&in));
}
END_TEST

UNIT_MAIN("codec", everything_goes_there_and_back, every_truncation_marks_the_reader,
    a_bad_field_gives_zeros_and_so_does_all_behind_it, enums_bools_and_counts_have_bounds, octets_left_over_are_not_done)
