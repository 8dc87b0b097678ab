/* Tests of src/lib-ipc/master_rooms.c. */
#include "ipc/master_rooms.h"

#include "again_check.h"

AGAIN(setup)
AGAIN(directory)
AGAIN(listener)
AGAIN(listener_gone)
AGAIN(peer)
AGAIN(spool_key)
AGAIN(stop)
AGAIN(room_counted)

START_TEST(every_room_has_its_name)
{
	static const char *const names[] = { "master", "intake", "queue", "relay", "report", "policy", "web" };

	ck_assert_uint_eq(sizeof(names) / sizeof(*names), ROOM_KINDS);
	for (unsigned i = 0; i < ROOM_KINDS; i++)
		ck_assert_str_eq(room_name((enum room_kind)i), names[i]);
}
END_TEST

START_TEST(setups_go_there_and_back)
{
	const struct setup setup = { ROOM_RELAY, 3, UINT16_MAX, SPAN("slice\0with a nul") };
	struct buf out;
	struct setup back;

	buf_init(&out, AGAIN_CEILING);
	setup_encode(&out, &setup);
	ck_assert(setup_decode(buf_span(&out), &back));
	ck_assert_int_eq(back.kind, ROOM_RELAY);
	ck_assert_uint_eq(back.index, 3);
	ck_assert_uint_eq(back.count, UINT16_MAX);
	ck_assert(span_equal(back.slice, setup.slice));
	again_refuses(setup_again, &out, 0, ROOM_KINDS);
	again_check(setup_again, &out);
}
END_TEST

START_TEST(descriptors_companions_go_there_and_back)
{
	const struct directory directory = { SPAN("intake-0"), true };
	const struct listener listener = { 7, LISTENER_LOCAL, SPAN("[::]:25"), true, false };
	const struct listener_gone gone = { UINT32_MAX };
	const struct peer peer = { ROOM_QUEUE, 1 };
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	directory_encode(&out, &directory);
	again_refuses(directory_again, &out, 12, 2);
	again_check(directory_again, &out);
	listener_encode(&out, &listener);
	again_refuses(listener_again, &out, 4, LISTENER_KINDS);
	again_check(listener_again, &out);
	listener_gone_encode(&out, &gone);
	again_check(listener_gone_again, &out);
	peer_encode(&out, &peer);
	again_refuses(peer_again, &out, 0, ROOM_KINDS);
	again_check(peer_again, &out);
}
END_TEST

START_TEST(keys_and_stops_go_there_and_back)
{
	const struct spool_key key = { SPAN("-----BEGIN PUBLIC KEY-----"), SPAN("") };
	const struct stop stop = { 30000 };
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	spool_key_encode(&out, &key);
	again_check(spool_key_again, &out);
	stop_encode(&out, &stop);
	again_check(stop_again, &out);
}
END_TEST

START_TEST(what_was_counted_goes_there_and_back)
{
	const struct room_counted counted = { 1796000000123, 1500000, 1u << 24, SPAN("samples\0with a nul") };
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	room_counted_encode(&out, &counted);
	again_check(room_counted_again, &out);
}
END_TEST

START_TEST(a_census_is_one_room_after_the_other)
{
	struct census_room rooms[] = {
		{ ROOM_MASTER, 0, true, 0, { 1796000000123, 1, 2, SPAN("one") } }, { ROOM_WEB, 7, false, UINT32_MAX, { 0, 0, 0, SPAN("") } }
	}, back;
	struct codec in;
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	for (size_t i = 0; i < 2; i++)
		census_room_encode(&out, &rooms[i]);
	in = codec_read(buf_span(&out));
	for (size_t i = 0; i < 2; i++) {
		ck_assert(census_room_get(&in, &back));
		ck_assert(back.kind == rooms[i].kind && back.index == rooms[i].index && back.is_up == rooms[i].is_up);
		ck_assert(back.restarts == rooms[i].restarts && back.counted.started_ms == rooms[i].counted.started_ms);
		ck_assert(span_equal(back.counted.samples, rooms[i].counted.samples));
	}
	ck_assert(!census_room_get(&in, &back) && codec_done(&in));
	for (size_t length = 1; length < buf_length(&out); length++) {
		unsigned count = 0;

		in = codec_read(span_first(buf_span(&out), length));
		while (census_room_get(&in, &back))
			count++;
		ck_assert_msg(count < 2 && (!codec_done(&in) || count == 1), "%zu octets", length);
	}
	buf_clear(&out);
}
END_TEST

UNIT_MAIN("master_rooms", every_room_has_its_name, setups_go_there_and_back, descriptors_companions_go_there_and_back,
    keys_and_stops_go_there_and_back, what_was_counted_goes_there_and_back, a_census_is_one_room_after_the_other)
