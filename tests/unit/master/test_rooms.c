/* Tests of src/master/rooms.c: who gets what, as the table has it. */
#include "src/master/rooms.h"

#include "tests/unit/unit.h"

static const struct room_row *
row_of(enum room_kind kind)
{
	for (size_t i = 0; i < rooms_count; i++)
		if (rooms[i].kind == kind)
			return &rooms[i];
	abort();
}

START_TEST(every_room_has_one_row_and_a_user_of_its_own)
{
	for (int kind = ROOM_MASTER + 1; kind < ROOM_KINDS; kind++) {
		const struct room_row *row = row_of((enum room_kind)kind);

		ck_assert_uint_lt(row->stops_in, ROOMS_STOP_PHASES);
		for (size_t i = 0; i < rooms_count; i++)
			ck_assert(&rooms[i] == row || strcmp(rooms[i].user, row->user) != 0);
	}
	ck_assert_uint_eq(rooms_count, ROOM_KINDS - 1);
}
END_TEST

/* The promises of design.md section 2, as rows. */
START_TEST(only_queue_has_the_private_key_and_only_intake_and_web_listen)
{
	for (size_t i = 0; i < rooms_count; i++) {
		ck_assert_int_eq(rooms[i].knows_private, rooms[i].kind == ROOM_QUEUE);
		ck_assert_int_eq(rooms[i].listens != 0, rooms[i].kind == ROOM_INTAKE || rooms[i].kind == ROOM_WEB);
		ck_assert_int_eq(rooms[i].while_locked, rooms[i].kind == ROOM_INTAKE || rooms[i].kind == ROOM_WEB);
		ck_assert(!rooms[i].knows_private || !rooms[i].while_locked);
		ck_assert_int_eq(rooms[i].has_folder, rooms[i].kind != ROOM_RELAY && rooms[i].kind != ROOM_POLICY &&
		    rooms[i].kind != ROOM_WEB);
		ck_assert_int_eq(rooms[i].keeps != NULL, rooms[i].kind == ROOM_POLICY || rooms[i].kind == ROOM_REPORT);
	}
	/* What speaks HTTP has no door that mail comes by, no key and no folder; and no room has its door. */
	ck_assert_uint_eq(row_of(ROOM_WEB)->listens, 1u << LISTENER_METRICS);
	ck_assert_uint_eq(row_of(ROOM_WEB)->listens & row_of(ROOM_INTAKE)->listens, 0);
	ck_assert(!row_of(ROOM_WEB)->knows_public);
	ck_assert_uint_lt(row_of(ROOM_INTAKE)->stops_in, row_of(ROOM_RELAY)->stops_in);
	ck_assert_uint_lt(row_of(ROOM_RELAY)->stops_in, row_of(ROOM_QUEUE)->stops_in);
	ck_assert_uint_lt(row_of(ROOM_RELAY)->stops_in, row_of(ROOM_POLICY)->stops_in);
}
END_TEST

/*
 * Mail goes by queue; what is known of its way from policy to relay, what TLS came to from both ends to report, reports of it by policy,
 * and who vouches for mail from policy to intake.
 */
START_TEST(rooms_talk_to_whom_they_have_to)
{
	static const bool talks[ROOM_KINDS][ROOM_KINDS] = {
		[ROOM_INTAKE][ROOM_QUEUE] = true, [ROOM_QUEUE][ROOM_INTAKE] = true, [ROOM_REPORT][ROOM_QUEUE] = true,
		[ROOM_QUEUE][ROOM_REPORT] = true, [ROOM_RELAY][ROOM_QUEUE] = true, [ROOM_QUEUE][ROOM_RELAY] = true,
		[ROOM_RELAY][ROOM_POLICY] = true, [ROOM_POLICY][ROOM_RELAY] = true, [ROOM_INTAKE][ROOM_REPORT] = true,
		[ROOM_REPORT][ROOM_INTAKE] = true, [ROOM_RELAY][ROOM_REPORT] = true, [ROOM_REPORT][ROOM_RELAY] = true,
		[ROOM_REPORT][ROOM_POLICY] = true, [ROOM_POLICY][ROOM_REPORT] = true,
		[ROOM_INTAKE][ROOM_POLICY] = true, [ROOM_POLICY][ROOM_INTAKE] = true
	};

	for (int a = 0; a < ROOM_KINDS; a++)
		for (int b = 0; b < ROOM_KINDS; b++)
			ck_assert_msg(rooms_talk((enum room_kind)a, (enum room_kind)b) == talks[a][b], "%d %d", a, b);
}
END_TEST

START_TEST(workers_are_as_many_as_the_settings_say)
{
	struct settings settings = { .workers_intake = 3, .workers_relay = 5 };

	ck_assert_uint_eq(rooms_wanted(row_of(ROOM_INTAKE), &settings), 3);
	ck_assert_uint_eq(rooms_wanted(row_of(ROOM_RELAY), &settings), 5);
	ck_assert_uint_eq(rooms_wanted(row_of(ROOM_QUEUE), &settings), 1);
	ck_assert_uint_eq(rooms_wanted(row_of(ROOM_REPORT), &settings), 1);
	ck_assert_uint_eq(rooms_wanted(row_of(ROOM_POLICY), &settings), 1);
	ck_assert_uint_eq(rooms_wanted(row_of(ROOM_WEB), &settings), 0);
	settings.metrics_listen.count = 1;
	ck_assert_uint_eq(rooms_wanted(row_of(ROOM_WEB), &settings), 1);
}
END_TEST

UNIT_MAIN("rooms", every_room_has_one_row_and_a_user_of_its_own, only_queue_has_the_private_key_and_only_intake_and_web_listen,
    rooms_talk_to_whom_they_have_to, workers_are_as_many_as_the_settings_say)
