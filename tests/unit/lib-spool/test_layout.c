/* Tests of src/lib-spool/layout.c. */
#include "tests/unit/unit.h"

#include "lib-spool/layout.h"

START_TEST(a_header_comes_back_as_it_was)
{
	struct header header = { .state = SEGMENT_IN_USE, .kind = SEGMENT_JOURNAL, .number = 7, .generation = 1234567890123,
		.created_ms = 99, .wrapped_length = 384 }, again;
	char octets[HEADER_OCTETS];

	memset(header.wrapped, 'w', header.wrapped_length);
	header.key_id[3] = 4;
	header_encode(&header, octets);
	ck_assert(header_decode(span_make(octets, sizeof(octets)), &again));
	ck_assert_int_eq(again.state, SEGMENT_IN_USE);
	ck_assert_int_eq(again.kind, SEGMENT_JOURNAL);
	ck_assert_uint_eq(again.number, 7);
	ck_assert_uint_eq(again.generation, 1234567890123);
	ck_assert_int_eq(again.created_ms, 99);
	ck_assert_uint_eq(again.wrapped_length, 384);
	ck_assert_mem_eq(again.wrapped, header.wrapped, 384);
	ck_assert_mem_eq(again.key_id, header.key_id, sizeof(header.key_id));
}
END_TEST

START_TEST(a_header_with_any_octet_changed_is_none)
{
	struct header header = { .state = SEGMENT_IN_USE, .kind = SEGMENT_MAIL, .generation = 5, .wrapped_length = 384 }, again;
	char octets[HEADER_OCTETS];

	header_encode(&header, octets);
	for (size_t i = 0; i < sizeof(octets); i++) {
		octets[i] ^= 0x40;
		ck_assert_msg(!header_decode(span_make(octets, sizeof(octets)), &again), "octet %zu", i);
		octets[i] ^= 0x40;
	}
	ck_assert(!header_decode(span_make(octets, sizeof(octets) - 1), &again));
}
END_TEST

START_TEST(an_erased_header_has_no_key)
{
	struct header header = { .wrapped_length = 1 };
	char octets[HEADER_OCTETS];

	header_erased(3, SEGMENT_FREE, octets);
	ck_assert(header_decode(span_make(octets, sizeof(octets)), &header));
	ck_assert_int_eq(header.state, SEGMENT_FREE);
	ck_assert_uint_eq(header.number, 3);
	ck_assert_uint_eq(header.wrapped_length, 0);
	ck_assert_uint_eq(header.generation, 0);
}
END_TEST

START_TEST(a_frame_belongs_to_its_generation_and_its_place)
{
	struct frame frame = { .type = FRAME_BODY, .last = true, .part = 3, .length = 100, .generation = 42, .offset = 8192,
		.record = 4096, .synced = 4096 }, again;
	char octets[FRAME_HEAD_OCTETS];

	frame_encode(&frame, octets);
	ck_assert(frame_decode(span_make(octets, sizeof(octets)), 42, 8192, &again));
	ck_assert_int_eq(again.type, FRAME_BODY);
	ck_assert(again.last);
	ck_assert_uint_eq(again.part, 3);
	ck_assert_uint_eq(again.length, 100);
	ck_assert_uint_eq(again.record, 4096);
	ck_assert_uint_eq(again.synced, 4096);
	ck_assert(!frame_decode(span_make(octets, sizeof(octets)), 43, 8192, &again));
	ck_assert(!frame_decode(span_make(octets, sizeof(octets)), 42, 8256, &again));
	ck_assert(!frame_decode(span_make(octets, sizeof(octets) - 1), 42, 8192, &again));
}
END_TEST

START_TEST(a_frame_with_senseless_numbers_is_none)
{
	static const struct frame rows[] = {
		{ .type = 0, .length = 100, .generation = 42, .offset = 8192 },
		{ .type = 4, .length = 100, .generation = 42, .offset = 8192 },
		{ .type = FRAME_BODY, .length = SEAL_TAG_OCTETS - 1, .generation = 42, .offset = 8192 },
		{ .type = FRAME_BODY, .length = FRAME_PAYLOAD_MAX + 1, .generation = 42, .offset = 8192 },
		{ .type = FRAME_BODY, .length = 100, .generation = 42, .offset = 8192, .record = 8193 },
		{ .type = FRAME_BODY, .length = 100, .generation = 42, .offset = 8192, .synced = 8193 },
	};
	char octets[FRAME_HEAD_OCTETS];
	struct frame again;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		frame_encode(&rows[i], octets);
		ck_assert_msg(!frame_decode(span_make(octets, sizeof(octets)), 42, 8192, &again), "row %zu", i);
	}
}
END_TEST

START_TEST(frames_are_padded_to_the_alignment)
{
	ck_assert_uint_eq(frame_span(8), 64);
	ck_assert_uint_eq(frame_span(9), 128);
	ck_assert_uint_eq(frame_span(65536 + SEAL_TAG_OCTETS) % FRAME_ALIGN, 0);
}
END_TEST

START_TEST(only_segment_names_have_numbers)
{
	static const char *const others[] = { "segment-", "segment-1", "segment-0000000g", "segment-0000000A", "segment-000000011",
		"lock", "", "segment-0000001f.bak" };
	char name[LAYOUT_NAME];
	uint32_t number = 0;

	ck_assert(layout_number(layout_name(0x1f, name), &number));
	ck_assert_uint_eq(number, 0x1f);
	ck_assert_str_eq(name, "segment-0000001f");
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		ck_assert_msg(!layout_number(others[i], &number), "%s", others[i]);
}
END_TEST

UNIT_MAIN("layout", a_header_comes_back_as_it_was, a_header_with_any_octet_changed_is_none, an_erased_header_has_no_key,
    a_frame_belongs_to_its_generation_and_its_place, a_frame_with_senseless_numbers_is_none,
    frames_are_padded_to_the_alignment, only_segment_names_have_numbers)
