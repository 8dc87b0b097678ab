/* Tests of src/lib-spool/scan.c: damage is found, named, and passed. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "spool_fixture.h"
#include "spool_reading.h"

/* Five messages of 1000 octets in one segment; where each begins and ends is looked up by an undamaged reading. */
struct five {
	struct fixture fixture;
	uint64_t body[5], envelope[5], end;
};

static const char *const senders[] = { "s0@example.org", "s1@example.org", "s2@example.org", "s3@example.org", "s4@example.org" };

static void
five_begin(struct five *five)
{
	struct reading reading;
	struct writer *writer;

	fixture_begin(&five->fixture);
	writer = fixture_writer(&five->fixture);
	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(fixture_commit(writer, senders[i], 1000, i, NULL), 0);
	writer_close(&writer);
	reading_begin(&reading, &five->fixture, 4);
	ck_assert_uint_eq(reading.messages_count, 5);
	ck_assert_uint_eq(reading.findings_count, 0);
	for (unsigned i = 0; i < 5; i++) {
		unsigned message = reading_of(&reading, senders[i]);

		five->body[i] = reading.messages[message].body.offset;
		five->envelope[i] = reading.messages[message].place.offset;
	}
	reading_end(&reading);
	five->end = fixture_file_size(&five->fixture, "segment-00000001");
}

START_TEST(a_damaged_frame_in_the_middle_is_named_and_the_rest_is_read)
{
	struct five five;
	struct reading reading;

	five_begin(&five);
	fixture_overwrite(&five.fixture, "segment-00000001", five.envelope[1] + 70, SPAN("damage"));
	reading_begin(&reading, &five.fixture, 4);
	ck_assert_uint_eq(reading.messages_count, 4);
	ck_assert_uint_eq(reading.findings_count, 1);
	ck_assert_int_eq(reading.findings[0], FINDING_DAMAGED);
	ck_assert_uint_eq(reading.finding_offsets[0], five.envelope[1]);
	for (unsigned i = 0; i < 5; i++)
		if (i != 1)
			ck_assert(reading_body_is(&reading, reading_of(&reading, senders[i]), 1000, i));
	reading_end(&reading);
	fixture_end(&five.fixture);
}
END_TEST

START_TEST(a_destroyed_head_does_not_hide_what_follows)
{
	struct five five;
	struct reading reading;

	five_begin(&five);
	fixture_overwrite(&five.fixture, "segment-00000001", five.body[2], SPAN("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
	reading_begin(&reading, &five.fixture, 4);
	/* The envelope behind is whole: the message is there, its content is not. */
	ck_assert_uint_eq(reading.messages_count, 5);
	ck_assert_int_ge(reading.findings_count, 1);
	ck_assert_int_eq(reading.findings[0], FINDING_DAMAGED);
	ck_assert(!reading_body_is(&reading, reading_of(&reading, "s2@example.org"), 1000, 2));
	ck_assert(reading_body_is(&reading, reading_of(&reading, "s4@example.org"), 1000, 4));
	reading_end(&reading);
	fixture_end(&five.fixture);
}
END_TEST

START_TEST(a_tail_torn_anywhere_is_cut_at_the_last_whole_message)
{
	struct five five;
	struct reading reading;

	five_begin(&five);
	/* From the end towards the beginning of the last message, as a crash may have left it. */
	for (uint64_t length = five.end - 1; length > five.body[4]; length -= length > five.body[4] + 97 ? 97 : 1) {
		char path[96];

		snprintf(path, sizeof(path), "%s/segment-00000001", five.fixture.path);
		ck_assert_int_eq(truncate(path, (off_t)length), 0);
		reading_begin(&reading, &five.fixture, 4);
		if (reading.messages_count == 5) {
			/* Only padding was cut off. */
			ck_assert(reading_body_is(&reading, reading_of(&reading, senders[4]), 1000, 4));
			ck_assert_uint_gt(length + 64, five.end);
		} else {
			ck_assert_uint_eq(reading.messages_count, 4);
			for (unsigned i = 0; i < reading.findings_count; i++)
				ck_assert_int_eq(reading.findings[i], FINDING_TORN);
		}
		reading_end(&reading);
	}
	fixture_end(&five.fixture);
}
END_TEST

START_TEST(a_message_whose_content_was_torn_before_it_was_durable_is_none)
{
	struct five five;
	struct reading reading;

	/* The last message was acknowledged here, but nothing in the file says so: its frames may be a torn group. */
	five_begin(&five);
	fixture_overwrite(&five.fixture, "segment-00000001", five.body[4] + 100, SPAN("zzzz"));
	reading_begin(&reading, &five.fixture, 4);
	ck_assert_uint_eq(reading.messages_count, 4);
	ck_assert_uint_eq(reading.findings_count, 1);
	ck_assert_int_eq(reading.findings[0], FINDING_TORN);
	reading_end(&reading);
	fixture_end(&five.fixture);
}
END_TEST

START_TEST(octets_of_an_earlier_generation_are_never_taken_for_new_ones)
{
	struct five five;
	struct reading reading;
	struct writer *writer;
	bool freed;

	five_begin(&five);
	/* Finish all five: the segment is erased and free. */
	reading_begin(&reading, &five.fixture, 4);
	for (unsigned i = 0; i < 5; i++)
		store_release(reading.store, reading.messages[i].place, reading.messages[i].octets);
	fixture_run_until(&reading.was_freed);
	freed = reading.was_freed;
	ck_assert(freed);
	reading_end(&reading);
	/* A shorter new generation lies over it; four whole old messages are still behind it. */
	writer = fixture_writer(&five.fixture);
	ck_assert_int_eq(fixture_commit(writer, "new@example.org", 10, 9, NULL), 0);
	writer_close(&writer);
	ck_assert_uint_eq(fixture_file_size(&five.fixture, "segment-00000001"), five.end);
	reading_begin(&reading, &five.fixture, 4);
	ck_assert_uint_eq(reading.messages_count, 1);
	ck_assert_uint_eq(reading.findings_count, 0);
	ck_assert(reading_body_is(&reading, reading_of(&reading, "new@example.org"), 10, 9));
	reading_end(&reading);
	fixture_end(&five.fixture);
}
END_TEST

START_TEST(every_octet_flipped_is_survived_and_costs_at_most_its_own_message)
{
	struct five five;
	struct reading reading;
	char path[96], octet, flipped;
	int file;

	five_begin(&five);
	snprintf(path, sizeof(path), "%s/segment-00000001", five.fixture.path);
	file = open(path, O_RDWR | O_CLOEXEC);
	for (uint64_t at = 4096; at < five.end; at += 13) {
		ck_assert_int_eq(pread(file, &octet, 1, (off_t)at), 1);
		flipped = (char)(octet ^ 0x10);
		ck_assert_int_eq(pwrite(file, &flipped, 1, (off_t)at), 1);
		reading_begin(&reading, &five.fixture, 4);
		ck_assert_msg(reading.messages_count >= 4, "octet %lu: %u messages", (unsigned long)at, reading.messages_count);
		reading_end(&reading);
		ck_assert_int_eq(pwrite(file, &octet, 1, (off_t)at), 1);
	}
	close(file);
	fixture_end(&five.fixture);
}
END_TEST

UNIT_MAIN("scan", a_damaged_frame_in_the_middle_is_named_and_the_rest_is_read,
    a_destroyed_head_does_not_hide_what_follows, a_tail_torn_anywhere_is_cut_at_the_last_whole_message,
    a_message_whose_content_was_torn_before_it_was_durable_is_none,
    octets_of_an_earlier_generation_are_never_taken_for_new_ones,
    every_octet_flipped_is_survived_and_costs_at_most_its_own_message)
