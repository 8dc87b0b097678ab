/* Tests of src/lib-spool/record.c, writer.c, segment.c and reader.c: what is committed can be read again. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "loop/loop.h"
#include "spool_fixture.h"
#include "spool_reading.h"

START_TEST(messages_of_every_size_come_back_octet_for_octet)
{
	static const size_t sizes[] = { 0, 1, 4096, 65535, 65536, 65537, 131072, 262144, 262145, 400000, 3000000 };
	struct fixture fixture;
	struct reading reading;
	struct writer *writer;
	char sender[32];

	fixture_begin(&fixture);
	writer = fixture_writer(&fixture);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		snprintf(sender, sizeof(sender), "s%zu@example.org", sizes[i]);
		ck_assert_int_eq(fixture_commit(writer, sender, sizes[i], i, NULL), 0);
	}
	ck_assert_uint_eq(writer_staged(writer), 0);
	writer_close(&writer);
	reading_begin(&reading, &fixture, 4);
	ck_assert_uint_eq(reading.findings_count, 0);
	ck_assert_uint_eq(reading.messages_count, sizeof(sizes) / sizeof(*sizes));
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		snprintf(sender, sizeof(sender), "s%zu@example.org", sizes[i]);
		ck_assert_msg(reading_body_is(&reading, reading_of(&reading, sender), sizes[i], i), "%zu octets", sizes[i]);
	}
	reading_end(&reading);
	fixture_end(&fixture);
}
END_TEST

START_TEST(an_aborted_message_is_no_message)
{
	struct fixture fixture;
	struct reading reading;
	struct writer *writer;
	struct record *staged, *streaming;
	static char content[600000];

	fixture_begin(&fixture);
	writer = fixture_writer(&fixture);
	staged = record_new(writer);
	streaming = record_new(writer);
	ck_assert_int_eq(record_add(staged, SPAN("small")), 0);
	ck_assert_int_eq(record_add(streaming, span_make(content, sizeof(content))), 0);
	record_abort(&staged);
	record_abort(&streaming);
	ck_assert_ptr_null(streaming);
	ck_assert_uint_eq(writer_staged(writer), 0);
	/* The next large message follows in the same segment. */
	ck_assert_int_eq(fixture_commit(writer, "after@example.org", 500000, 5, NULL), 0);
	writer_close(&writer);
	reading_begin(&reading, &fixture, 4);
	ck_assert_uint_eq(reading.messages_count, 1);
	ck_assert_uint_eq(reading.findings_count, 0);
	ck_assert(reading_body_is(&reading, reading_of(&reading, "after@example.org"), 500000, 5));
	reading_end(&reading);
	fixture_end(&fixture);
}
END_TEST

static uint64_t
all_of(const struct histogram *histogram)
{
	uint64_t all = 0;

	for (size_t i = 0; i < HISTOGRAM_CELLS; i++)
		all += histogram->cells[i];
	return all;
}

START_TEST(what_commits_take_is_measured)
{
	const struct writer_figures *figures;
	struct fixture fixture;
	struct writer *writer;

	fixture_begin(&fixture);
	writer = fixture_writer(&fixture);
	figures = writer_figures(writer);
	ck_assert_uint_eq(all_of(&figures->commit_us), 0);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(fixture_commit(writer, "a@example.org", 100000, i, NULL), 0);
	ck_assert_uint_eq(all_of(&figures->commit_us), 3);
	ck_assert_uint_gt(figures->commit_us.sum, 0);
	ck_assert_uint_eq(all_of(&figures->sync_octets), 3);
	ck_assert_uint_gt(figures->sync_octets.sum, 300000);
	ck_assert_uint_lt(figures->sync_octets.sum, 400000);
	ck_assert_uint_eq(figures->errors, 0);
	writer_close(&writer);
	fixture_end(&fixture);
}
END_TEST

START_TEST(identities_are_never_given_twice)
{
	struct fixture fixture;
	struct writer *writer;
	struct mid first, second, third;

	fixture_begin(&fixture);
	writer = fixture_writer(&fixture);
	ck_assert_int_eq(fixture_commit(writer, "a@example.org", 10, 0, &first), 0);
	ck_assert_int_eq(fixture_commit(writer, "b@example.org", 10, 0, &second), 0);
	writer_close(&writer);
	writer = fixture_writer(&fixture);
	ck_assert_int_eq(fixture_commit(writer, "c@example.org", 10, 0, &third), 0);
	writer_close(&writer);
	ck_assert_int_ne(mid_compare(first, second), 0);
	ck_assert_int_ne(mid_compare(first, third), 0);
	fixture_end(&fixture);
}
END_TEST

/* Does any file of the folder hold the octets? */
struct search {
	int directory;
	struct span wanted;
	bool found;
};

static void
search_file(void *arg, const char *name)
{
	struct search *search = arg;
	static char octets[1 << 20];
	int fd = file_open(search->directory, name, O_RDONLY);
	ssize_t n = file_read_at(fd, octets, sizeof(octets), 0);

	file_close(&fd);
	ck_assert_int_gt(n, 0);
	if (memmem(octets, (size_t)n, search->wanted.data, search->wanted.length) != NULL)
		search->found = true;
}

START_TEST(nothing_readable_is_on_disk)
{
	static const char *const secrets[] = { "sender@example.org", "user@example.org", "abcdefgh", "ahovc" };
	struct fixture fixture;
	struct writer *writer;

	fixture_begin(&fixture);
	writer = fixture_writer(&fixture);
	ck_assert_int_eq(fixture_commit(writer, "sender@example.org", 5000, 0, NULL), 0);
	ck_assert_int_eq(fixture_commit(writer, "sender@example.org", 300000, 0, NULL), 0);
	writer_close(&writer);
	for (size_t i = 0; i < sizeof(secrets) / sizeof(*secrets); i++) {
		struct search search = { fixture.directory, span_of(secrets[i]), false };

		ck_assert_int_eq(file_list(fixture.directory, search_file, &search), 0);
		ck_assert_msg(!search.found, "%s is on disk", secrets[i]);
	}
	fixture_end(&fixture);
}
END_TEST

START_TEST(a_segment_that_has_grown_gives_way_to_another)
{
	struct fixture fixture;
	struct reading reading;
	struct writer *writer;

	fixture_begin(&fixture);
	fixture.conf.segment_octets = 20000;
	writer = fixture_writer(&fixture);
	for (unsigned i = 0; i < 20; i++)
		ck_assert_int_eq(fixture_commit(writer, "s@example.org", 4000, i, NULL), 0);
	ck_assert_uint_lt(fixture_file_size(&fixture, "segment-00000001"), 30000);
	ck_assert_uint_gt(fixture_file_size(&fixture, "segment-00000003"), 4096);
	writer_close(&writer);
	reading_begin(&reading, &fixture, 4);
	ck_assert_uint_eq(reading.messages_count, 20);
	reading_end(&reading);
	fixture_end(&fixture);
}
END_TEST

START_TEST(a_body_with_a_chunk_changed_cut_or_swapped_does_not_open)
{
	struct fixture fixture;
	struct reading reading;
	struct writer *writer;
	static char frames[2][65536 + 128];
	const uint64_t first = 4096, step = 65536 + 128;
	int fd;

	fixture_begin(&fixture);
	writer = fixture_writer(&fixture);
	ck_assert_int_eq(fixture_commit(writer, "a@example.org", 200000, 1, NULL), 0);
	writer_close(&writer);
	reading_begin(&reading, &fixture, 4);
	ck_assert(reading_body_is(&reading, 0, 200000, 1));
	fd = openat(fixture.directory, "segment-00000001", O_RDWR);
	ck_assert_int_eq(pread(fd, frames[0], step, (off_t)first), (ssize_t)step);
	ck_assert_int_eq(pread(fd, frames[1], step, (off_t)(first + step)), (ssize_t)step);
	/* two chunks swapped */
	ck_assert_int_eq(pwrite(fd, frames[1], step, (off_t)first), (ssize_t)step);
	ck_assert_int_eq(pwrite(fd, frames[0], step, (off_t)(first + step)), (ssize_t)step);
	ck_assert(!reading_body_is(&reading, 0, 200000, 1));
	/* as it was, but one bit */
	ck_assert_int_eq(pwrite(fd, frames[0], step, (off_t)first), (ssize_t)step);
	frames[1][80] ^= 1;
	ck_assert_int_eq(pwrite(fd, frames[1], step, (off_t)(first + step)), (ssize_t)step);
	ck_assert(!reading_body_is(&reading, 0, 200000, 1));
	/* a place that says fewer chunks than there are */
	frames[1][80] ^= 1;
	ck_assert_int_eq(pwrite(fd, frames[1], step, (off_t)(first + step)), (ssize_t)step);
	ck_assert(reading_body_is(&reading, 0, 200000, 1));
	reading.messages[0].body.chunks = 2;
	reading.messages[0].body.length = 131072;
	ck_assert(!reading_body_is(&reading, 0, 131072, 1));
	close(fd);
	reading_end(&reading);
	fixture_end(&fixture);
}
END_TEST

/* --- groups: who shares a sync with the first */

#define COMERS_MOST 1000

static struct {
	struct writer *writer;
	unsigned turns;			/* in which somebody comes, at most */
	unsigned came;
	uint64_t offsets[COMERS_MOST];	/* of their envelopes, in their order, as they were told of */
	unsigned told;
	uint64_t durable;		/* octets, when the first was told of */
	bool is_over;			/* all who came are durable */
} group;

static void
on_record(void *unused, const struct writer_committed *committed)
{
	(void)unused;
	if (group.told == 0)
		group.durable = committed->segment.committed;
	group.offsets[group.told++] = committed->offset;
}

static void
on_closed(void *unused, const struct writer_segment *segment)
{
	(void)unused;
	(void)segment;
}

static void
on_one_durable(void *unused, int error)
{
	(void)unused;
	ck_assert_int_eq(error, 0);
	group.is_over = group.told == group.came;
}

/* One message, and another one in the next turn. */
static void
one_comes(void *unused)
{
	struct recipient recipient = { .address = SPAN("user@example.org") };
	struct envelope envelope = { .sender = SPAN("s@example.org"), .recipients = &recipient, .recipients_count = 1 };
	struct record *record = record_new(group.writer);

	ck_assert_int_eq(record_add(record, SPAN("content\r\n")), 0);
	record_commit(&record, &envelope, on_one_durable, NULL);
	/* Whoever comes after the first was told of says nothing of its group. */
	if (++group.came < group.turns && group.told == 0)
		loop_soon(one_comes, NULL);
	(void)unused;
}

/* How many were durable with the first, when one comes in each of so many turns. */
static unsigned
group_of(unsigned turns)
{
	struct fixture fixture;
	unsigned shared = 0;

	fixture_begin(&fixture);
	memset(&group, 0, sizeof(group));
	group.writer = fixture_writer(&fixture);
	/* The name of a new file is synced apart. */
	ck_assert_int_eq(fixture_commit(group.writer, "before@example.org", 10, 1, NULL), 0);
	writer_attach_local(group.writer, on_record, on_closed, NULL);
	group.turns = turns;
	one_comes(NULL);
	fixture_run_until(&group.is_over);
	for (unsigned i = 0; i < group.told; i++)
		shared += group.offsets[i] < group.durable;
	writer_close(&group.writer);
	fixture_end(&fixture);
	return shared;
}

START_TEST(a_group_grows_while_every_turn_brings_more)
{
	ck_assert_uint_eq(group_of(1), 1);
	ck_assert_uint_eq(group_of(2), 2);
	ck_assert_uint_eq(group_of(3), 3);
}
END_TEST

/* Nobody waits for those who would come for ever. */
START_TEST(a_group_has_an_end)
{
	ck_assert_uint_le(group_of(COMERS_MOST), 5);
}
END_TEST

UNIT_MAIN("record", messages_of_every_size_come_back_octet_for_octet, an_aborted_message_is_no_message,
    what_commits_take_is_measured, identities_are_never_given_twice, nothing_readable_is_on_disk,
    a_segment_that_has_grown_gives_way_to_another,
    a_body_with_a_chunk_changed_cut_or_swapped_does_not_open, a_group_grows_while_every_turn_brings_more, a_group_has_an_end)
