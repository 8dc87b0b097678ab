/* Tests of src/lib-spool/store.c. */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/file.h"
#include "spool_fixture.h"
#include "spool_reading.h"

/* What a writer in another process would say over its channel, said by hand. */
static void
hello(struct reading *reading, const struct writer_segment *open, uint32_t count)
{
	struct writer_hello said = { .directory = SPAN("intake-0"), .open_count = count, .open = open }, heard;
	struct buf octets;

	buf_init(&octets, 4096);
	writer_hello_encode(&octets, &said);
	ck_assert(writer_hello_decode(buf_span(&octets), &heard));
	store_hello(reading->store, heard.directory, &heard);
	buf_clear(&octets);
}

static struct writer_committed last;
static struct writer_segment last_closed;

static void
on_record(void *arg, const struct writer_committed *committed)
{
	(void)arg;
	last = *committed;
}

static void
on_closed(void *arg, const struct writer_segment *segment)
{
	(void)arg;
	last_closed = *segment;
}

START_TEST(a_record_is_told_of_once_whether_found_or_announced)
{
	struct fixture fixture;
	struct reading reading;
	struct writer *writer;

	fixture_begin(&fixture);
	writer = fixture_writer(&fixture);
	writer_attach_local(writer, on_record, on_closed, NULL);
	ck_assert_int_eq(fixture_commit(writer, "found@example.org", 100, 0, NULL), 0);
	writer_close(&writer);
	reading_begin(&reading, &fixture, 4);
	ck_assert_uint_eq(reading.messages_count, 1);
	store_committed(reading.store, SPAN("intake-0"), &last);
	ck_assert_uint_eq(reading.messages_count, 1);
	writer = fixture_writer(&fixture);
	writer_attach_local(writer, on_record, on_closed, NULL);
	ck_assert_int_eq(fixture_commit(writer, "announced@example.org", 100, 1, NULL), 0);
	store_committed(reading.store, SPAN("intake-0"), &last);
	store_committed(reading.store, SPAN("intake-0"), &last);
	ck_assert_uint_eq(reading.messages_count, 2);
	store_scan(reading.store);
	ck_assert_uint_eq(reading.messages_count, 2);
	ck_assert(reading_body_is(&reading, reading_of(&reading, "announced@example.org"), 100, 1));
	writer_close(&writer);
	reading_end(&reading);
	fixture_end(&fixture);
}
END_TEST

START_TEST(a_record_announced_before_the_scan_hides_none_before_it)
{
	struct fixture fixture;
	struct reading reading;
	struct writer *writer;
	struct writer_segment open;

	fixture_begin(&fixture);
	reading_begin(&reading, &fixture, 4);
	writer = fixture_writer(&fixture);
	writer_attach_local(writer, on_record, on_closed, NULL);
	ck_assert_int_eq(fixture_commit(writer, "before@example.org", 100, 0, NULL), 0);
	open = last.segment;
	hello(&reading, &open, 1);
	ck_assert_int_eq(fixture_commit(writer, "after@example.org", 100, 1, NULL), 0);
	store_committed(reading.store, SPAN("intake-0"), &last);
	store_scan(reading.store);
	ck_assert_uint_eq(reading.messages_count, 2);
	(void)reading_of(&reading, "before@example.org");
	(void)reading_of(&reading, "after@example.org");
	writer_close(&writer);
	reading_end(&reading);
	fixture_end(&fixture);
}
END_TEST

START_TEST(what_a_dead_writer_did_not_announce_is_found)
{
	struct fixture fixture;
	struct reading reading;
	struct writer *writer;

	fixture_begin(&fixture);
	reading_begin(&reading, &fixture, 4);
	writer = fixture_writer(&fixture);
	writer_attach_local(writer, on_record, on_closed, NULL);
	hello(&reading, NULL, 0);
	ck_assert_int_eq(fixture_commit(writer, "announced@example.org", 100, 0, NULL), 0);
	store_committed(reading.store, SPAN("intake-0"), &last);
	ck_assert_int_eq(fixture_commit(writer, "silent@example.org", 100, 1, NULL), 0);
	ck_assert_uint_eq(reading.messages_count, 1);
	writer_close(&writer);
	hello(&reading, NULL, 0);
	store_scan(reading.store);
	ck_assert_uint_eq(reading.messages_count, 2);
	ck_assert(reading_body_is(&reading, reading_of(&reading, "silent@example.org"), 100, 1));
	reading_end(&reading);
	fixture_end(&fixture);
}
END_TEST

START_TEST(an_open_segment_is_not_erased_and_a_closed_one_is)
{
	struct fixture fixture;
	struct reading reading;
	struct writer *writer;

	fixture_begin(&fixture);
	reading_begin(&reading, &fixture, 4);
	writer = fixture_writer(&fixture);
	writer_attach_local(writer, on_record, on_closed, NULL);
	hello(&reading, NULL, 0);
	ck_assert_int_eq(fixture_commit(writer, "a@example.org", 100, 0, NULL), 0);
	store_committed(reading.store, SPAN("intake-0"), &last);
	store_release(reading.store, reading.messages[0].place, reading.messages[0].octets);
	fixture_run_for(20);
	ck_assert_uint_eq(reading.freed_count, 0);
	writer_close(&writer);
	store_closed(reading.store, SPAN("intake-0"), &last.segment);
	fixture_run_until(&reading.was_freed);
	ck_assert_uint_eq(reading.freed_count, 1);
	ck_assert_uint_eq(reading.freed[0], last.segment.number);
	/* Nothing of it can be read again. */
	reading_end(&reading);
	reading_begin(&reading, &fixture, 4);
	ck_assert_uint_eq(reading.messages_count, 0);
	reading_end(&reading);
	fixture_end(&fixture);
}
END_TEST

/* A writer says hello, begins a segment, and then queue looks through the folder. */
START_TEST(a_segment_begun_between_hello_and_the_look_is_not_taken_for_closed)
{
	struct fixture fixture;
	struct reading reading;
	struct writer *writer;

	fixture_begin(&fixture);
	writer = fixture_writer(&fixture);
	writer_attach_local(writer, on_record, on_closed, NULL);
	ck_assert_int_eq(fixture_commit(writer, "a@example.org", 100, 0, NULL), 0);
	reading_begin(&reading, &fixture, 4);
	hello(&reading, NULL, 0);
	store_scan(reading.store);
	store_committed(reading.store, SPAN("intake-0"), &last);
	ck_assert_int_eq(fixture_commit(writer, "b@example.org", 100, 1, NULL), 0);
	store_committed(reading.store, SPAN("intake-0"), &last);
	ck_assert_uint_eq(reading.messages_count, 2);
	ck_assert(reading_body_is(&reading, reading_of(&reading, "a@example.org"), 100, 0));
	for (size_t i = 0; i < 2; i++)
		store_release(reading.store, reading.messages[i].place, reading.messages[i].octets);
	/* Not even when the writer seems to have said so. */
	store_closed(reading.store, SPAN("intake-0"), &last.segment);
	fixture_run_for(20);
	ck_assert_uint_eq(reading.freed_count, 0);
	writer_close(&writer);
	hello(&reading, NULL, 0);
	store_scan(reading.store);
	fixture_run_until(&reading.was_freed);
	ck_assert_uint_eq(reading.freed_count, 1);
	reading_end(&reading);
	fixture_end(&fixture);
}
END_TEST

/* It was killed between the sync of a new segment's first record and its word to queue. */
START_TEST(a_segment_that_a_dead_writer_never_spoke_of_is_found)
{
	struct fixture fixture;
	struct reading reading;
	struct writer *writer;

	fixture_begin(&fixture);
	reading_begin(&reading, &fixture, 4);
	writer = fixture_writer(&fixture);
	hello(&reading, NULL, 0);
	ck_assert_int_eq(fixture_commit(writer, "silent@example.org", 100, 1, NULL), 0);
	writer_close(&writer);
	hello(&reading, NULL, 0);
	store_scan(reading.store);
	ck_assert_uint_eq(reading.messages_count, 1);
	ck_assert(reading_body_is(&reading, reading_of(&reading, "silent@example.org"), 100, 1));
	reading_end(&reading);
	fixture_end(&fixture);
}
END_TEST

/* A reload that reduces the workers. */
START_TEST(what_a_writer_left_open_that_does_not_come_back_is_read_and_freed)
{
	struct fixture fixture;
	struct reading reading;
	struct writer *writer;

	fixture_begin(&fixture);
	reading_begin(&reading, &fixture, 4);
	writer = fixture_writer(&fixture);
	writer_attach_local(writer, on_record, on_closed, NULL);
	hello(&reading, NULL, 0);
	ck_assert_int_eq(fixture_commit(writer, "announced@example.org", 100, 0, NULL), 0);
	store_committed(reading.store, SPAN("intake-0"), &last);
	ck_assert_int_eq(fixture_commit(writer, "silent@example.org", 100, 1, NULL), 0);
	/* Its channel ends first; then the process does. */
	store_gone(reading.store, SPAN("intake-0"));
	ck_assert_uint_eq(reading.messages_count, 1);
	writer_close(&writer);
	for (int ms = 0; reading.messages_count < 2 && ms < 5000; ms += 20)
		fixture_run_for(20);
	ck_assert(reading_body_is(&reading, reading_of(&reading, "silent@example.org"), 100, 1));
	for (size_t i = 0; i < 2; i++)
		store_release(reading.store, reading.messages[i].place, reading.messages[i].octets);
	fixture_run_until(&reading.was_freed);
	reading_end(&reading);
	fixture_end(&fixture);
}
END_TEST

START_TEST(a_segment_first_heard_of_when_it_is_closed_is_looked_into_before_it_is_erased)
{
	struct fixture fixture;
	struct reading reading;
	struct writer *writer;

	fixture_begin(&fixture);
	reading_begin(&reading, &fixture, 4);
	writer = fixture_writer(&fixture);
	writer_attach_local(writer, on_record, on_closed, NULL);
	hello(&reading, NULL, 0);
	ck_assert_int_eq(fixture_commit(writer, "unheard@example.org", 100, 0, NULL), 0);
	writer_close(&writer);
	store_closed(reading.store, SPAN("intake-0"), &last.segment);
	fixture_run_for(20);
	ck_assert_uint_eq(reading.freed_count, 0);
	ck_assert(reading_body_is(&reading, reading_of(&reading, "unheard@example.org"), 100, 0));
	reading_end(&reading);
	fixture_end(&fixture);
}
END_TEST

START_TEST(a_record_of_which_no_word_came_is_found_with_the_next)
{
	struct fixture fixture;
	struct reading reading;
	struct writer *writer;

	fixture_begin(&fixture);
	reading_begin(&reading, &fixture, 4);
	writer = fixture_writer(&fixture);
	writer_attach_local(writer, on_record, on_closed, NULL);
	hello(&reading, NULL, 0);
	ck_assert_int_eq(fixture_commit(writer, "unheard@example.org", 100, 0, NULL), 0);
	ck_assert_int_eq(fixture_commit(writer, "heard@example.org", 100, 1, NULL), 0);
	store_committed(reading.store, SPAN("intake-0"), &last);
	ck_assert_uint_eq(reading.messages_count, 2);
	ck_assert(reading_body_is(&reading, reading_of(&reading, "unheard@example.org"), 100, 0));
	ck_assert(reading_body_is(&reading, reading_of(&reading, "heard@example.org"), 100, 1));
	writer_close(&writer);
	reading_end(&reading);
	fixture_end(&fixture);
}
END_TEST

/* A writer whose first sync failed unlinks its file; its next life may give another one that number. */
START_TEST(erasing_never_touches_another_generation_of_the_file)
{
	struct fixture fixture;
	struct reading reading, again;
	struct writer *writer;

	fixture_begin(&fixture);
	writer = fixture_writer(&fixture);
	ck_assert_int_eq(fixture_commit(writer, "old@example.org", 100, 0, NULL), 0);
	writer_close(&writer);
	reading_begin(&reading, &fixture, 4);
	ck_assert_int_eq(file_unlink(fixture.directory, "segment-00000001"), 0);
	writer = fixture_writer(&fixture);
	ck_assert_int_eq(fixture_commit(writer, "new@example.org", 100, 1, NULL), 0);
	writer_close(&writer);
	store_release(reading.store, reading.messages[0].place, reading.messages[0].octets);
	fixture_run_for(50);
	reading_end(&reading);
	reading_begin(&again, &fixture, 4);
	ck_assert(reading_body_is(&again, reading_of(&again, "new@example.org"), 100, 1));
	reading_end(&again);
	fixture_end(&fixture);
}
END_TEST

START_TEST(a_segment_with_damage_in_it_is_never_erased)
{
	struct fixture fixture;
	struct reading reading;
	struct writer *writer;

	fixture_begin(&fixture);
	writer = fixture_writer(&fixture);
	writer_attach_local(writer, on_record, on_closed, NULL);
	ck_assert_int_eq(fixture_commit(writer, "damaged@example.org", 100, 0, NULL), 0);
	/* In the envelope's payload. */
	fixture_overwrite(&fixture, "segment-00000001", last.offset + 70, SPAN("xx"));
	ck_assert_int_eq(fixture_commit(writer, "whole@example.org", 100, 1, NULL), 0);
	writer_close(&writer);
	reading_begin(&reading, &fixture, 4);
	ck_assert_uint_eq(reading.messages_count, 1);
	ck_assert_uint_eq(reading.findings_count, 1);
	store_release(reading.store, reading.messages[0].place, reading.messages[0].octets);
	fixture_run_for(50);
	ck_assert_uint_eq(reading.freed_count, 0);
	reading_end(&reading);
	fixture_end(&fixture);
}
END_TEST

START_TEST(more_free_files_than_are_kept_are_unlinked)
{
	struct fixture fixture;
	struct reading reading;
	struct writer *writer;
	struct store_figures figures;

	fixture_begin(&fixture);
	fixture.conf.segment_octets = 5000;
	writer = fixture_writer(&fixture);
	for (unsigned i = 0; i < 6; i++)
		ck_assert_int_eq(fixture_commit(writer, "a@example.org", 1000, i, NULL), 0);
	writer_close(&writer);
	reading_begin(&reading, &fixture, 2);
	ck_assert_uint_eq(reading.messages_count, 6);
	for (unsigned i = 0; i < 6; i++) {
		reading.was_freed = false;
		store_release(reading.store, reading.messages[i].place, reading.messages[i].octets);
		fixture_run_for(20);
	}
	store_count(reading.store, &figures);
	ck_assert_uint_eq(figures.segments, 0);
	ck_assert_uint_eq(figures.free_files, 2);
	reading_end(&reading);
	fixture_end(&fixture);
}
END_TEST

START_TEST(freed_files_are_used_again_in_place)
{
	struct fixture fixture;
	struct reading reading;
	struct writer *writer;

	fixture_begin(&fixture);
	writer = fixture_writer(&fixture);
	ck_assert_int_eq(fixture_commit(writer, "a@example.org", 1000, 0, NULL), 0);
	writer_close(&writer);
	reading_begin(&reading, &fixture, 4);
	store_release(reading.store, reading.messages[0].place, reading.messages[0].octets);
	fixture_run_until(&reading.was_freed);
	reading_end(&reading);
	writer = fixture_writer(&fixture);
	writer_attach_local(writer, on_record, on_closed, NULL);
	ck_assert_int_eq(fixture_commit(writer, "b@example.org", 1000, 1, NULL), 0);
	ck_assert_uint_eq(last.segment.number, 1);
	writer_close(&writer);
	fixture_end(&fixture);
}
END_TEST

START_TEST(a_file_that_is_not_free_is_never_begun_again)
{
	struct fixture fixture;
	struct reading reading;
	struct writer *writer;
	struct writer_segment lie = { 1, 1, 0 };

	fixture_begin(&fixture);
	writer = fixture_writer(&fixture);
	ck_assert_int_eq(fixture_commit(writer, "kept@example.org", 1000, 0, NULL), 0);
	writer_close(&writer);
	writer = fixture_writer(&fixture);
	/* A late or wrong message says the file were free. */
	writer_freed(writer, &lie);
	ck_assert_int_eq(fixture_commit(writer, "other@example.org", 1000, 1, NULL), 0);
	writer_close(&writer);
	reading_begin(&reading, &fixture, 4);
	ck_assert_uint_eq(reading.messages_count, 2);
	ck_assert(reading_body_is(&reading, reading_of(&reading, "kept@example.org"), 1000, 0));
	reading_end(&reading);
	fixture_end(&fixture);
}
END_TEST

START_TEST(an_almost_empty_segment_is_offered_for_evacuation_once)
{
	struct fixture fixture;
	struct reading reading;
	struct writer *writer;

	fixture_begin(&fixture);
	writer = fixture_writer(&fixture);
	for (unsigned i = 0; i < 20; i++)
		ck_assert_int_eq(fixture_commit(writer, "a@example.org", 1000, i, NULL), 0);
	writer_close(&writer);
	reading_begin(&reading, &fixture, 4);
	ck_assert_ptr_null(store_sparse(reading.store, 0));
	for (unsigned i = 0; i < 19; i++)
		store_release(reading.store, reading.messages[i].place, reading.messages[i].octets);
	ck_assert_ptr_null(store_sparse(reading.store, 3600 * 1000));
	ck_assert_ptr_eq(store_sparse(reading.store, -1000), reading.messages[19].place.segment);
	ck_assert_ptr_null(store_sparse(reading.store, -1000));
	reading_end(&reading);
	fixture_end(&fixture);
}
END_TEST

START_TEST(a_segment_sealed_to_another_key_is_left_alone)
{
	struct fixture fixture, other;
	struct reading reading;
	struct writer *writer;
	char why[128];
	struct span public_key = SPAN("-----BEGIN PUBLIC KEY-----\n"
	    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAsrS+F8GEM6Gv65Pc4Zme\n"
	    "-----END PUBLIC KEY-----\n");

	fixture_begin(&fixture);
	ck_assert_ptr_null(writer_open(fixture.directory, SPAN("intake-0"), public_key, &fixture.conf, why, sizeof(why)));
	writer = fixture_writer(&fixture);
	ck_assert_int_eq(fixture_commit(writer, "a@example.org", 1000, 0, NULL), 0);
	writer_close(&writer);
	other = fixture;
	other.private_key = fixture_other_key();
	reading_begin(&reading, &other, 4);
	ck_assert_uint_eq(reading.messages_count, 0);
	ck_assert_uint_eq(reading.findings_count, 1);
	ck_assert_int_eq(reading.findings[0], FINDING_KEY);
	reading_end(&reading);
	/* And with the right key everything is still there. */
	reading_begin(&reading, &fixture, 4);
	ck_assert_uint_eq(reading.messages_count, 1);
	reading_end(&reading);
	fixture_end(&fixture);
}
END_TEST

UNIT_MAIN("store", a_record_is_told_of_once_whether_found_or_announced,
    a_record_announced_before_the_scan_hides_none_before_it, what_a_dead_writer_did_not_announce_is_found,
    an_open_segment_is_not_erased_and_a_closed_one_is,
    a_segment_begun_between_hello_and_the_look_is_not_taken_for_closed,
    a_segment_that_a_dead_writer_never_spoke_of_is_found,
    what_a_writer_left_open_that_does_not_come_back_is_read_and_freed,
    a_segment_first_heard_of_when_it_is_closed_is_looked_into_before_it_is_erased,
    a_record_of_which_no_word_came_is_found_with_the_next, erasing_never_touches_another_generation_of_the_file,
    a_segment_with_damage_in_it_is_never_erased, more_free_files_than_are_kept_are_unlinked,
    freed_files_are_used_again_in_place, a_file_that_is_not_free_is_never_begun_again,
    an_almost_empty_segment_is_offered_for_evacuation_once, a_segment_sealed_to_another_key_is_left_alone)
