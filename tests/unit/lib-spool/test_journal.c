/* Tests of src/lib-spool/journal.c. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/file.h"
#include "spool/journal.h"
#include "spool_fixture.h"

#define ENTRIES_MAX 4096

/* What a journal told, and what it is to be told in a snapshot. */
struct told {
	struct journal *journal;
	char entries[ENTRIES_MAX][16];
	unsigned entries_count, findings_count, pages;
	bool has_page, is_durable, is_slow;	/* is_slow: a snapshot is not over when it has begun */
	int error;
	const char *snapshot;		/* one entry; NULL = nothing is to be said */
};

static void
on_entry(void *arg, struct span entry)
{
	struct told *told = arg;

	ck_assert_uint_lt(told->entries_count, ENTRIES_MAX);
	snprintf(told->entries[told->entries_count++], 16, "%.*s", SPAN_ARG(entry));
}

static void
on_finding(void *arg, const struct spool_finding *finding)
{
	struct told *told = arg;

	(void)finding;
	told->findings_count++;
}

static void
on_page(void *arg)
{
	struct told *told = arg;

	told->pages++;
	told->has_page = true;
	if (told->is_slow)
		return;
	if (told->snapshot != NULL)
		journal_add(told->journal, span_of(told->snapshot));
	journal_snapshot_end(told->journal);
}

static void
on_broken(void *arg, int error)
{
	struct told *told = arg;

	told->error = error;
}

static const struct journal_handler handler = { on_entry, on_finding, on_page, on_broken };

static void
on_durable(void *arg, int error)
{
	struct told *told = arg;

	told->is_durable = true;
	told->error = error;
}

static struct seal_pair *pair;

static void
told_begin(struct told *told, struct fixture *fixture, const char *snapshot)
{
	char why[128] = "";

	pair = seal_pair_private(fixture->private_key, why, sizeof(why));
	*told = (struct told){ .snapshot = snapshot };
	told->journal = journal_open(fixture->directory, pair, 10, &handler, told, why, sizeof(why));
	ck_assert_msg(told->journal != NULL, "%s", why);
}

static void
told_settle(struct told *told)
{
	told->is_durable = false;
	journal_wait(told->journal, on_durable, told);
	ck_assert(!told->is_durable);
	fixture_run_until(&told->is_durable);
	fixture_run_for(20);
}

static void
told_end(struct told *told)
{
	journal_close(&told->journal);
	seal_pair_free(&pair);
}

static unsigned files;

static void
count_file(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	files++;
}

START_TEST(entries_come_back_in_their_order)
{
	struct fixture fixture;
	static struct told told;
	char entry[16];

	fixture_begin(&fixture);
	told_begin(&told, &fixture, NULL);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(entry, sizeof(entry), "entry %u", i);
		journal_add(told.journal, span_of(entry));
	}
	told_settle(&told);
	ck_assert_int_eq(told.error, 0);
	told_end(&told);
	told_begin(&told, &fixture, NULL);
	ck_assert_uint_eq(told.entries_count, 1000);
	ck_assert_str_eq(told.entries[0], "entry 0");
	ck_assert_str_eq(told.entries[999], "entry 999");
	ck_assert_uint_eq(told.findings_count, 0);
	told_settle(&told);
	told_end(&told);
	fixture_end(&fixture);
}
END_TEST

START_TEST(a_snapshot_replaces_what_was_before_it)
{
	struct fixture fixture;
	static struct told told;

	fixture_begin(&fixture);
	told_begin(&told, &fixture, NULL);
	journal_add(told.journal, SPAN("old"));
	told_settle(&told);
	told_end(&told);
	told_begin(&told, &fixture, "all there is");
	ck_assert_uint_eq(told.entries_count, 1);
	fixture_run_until(&told.has_page);
	told_settle(&told);
	fixture_run_for(50);
	told_end(&told);
	files = 0;
	ck_assert_int_eq(file_list(fixture.directory, count_file, NULL), 0);
	ck_assert_uint_eq(files, 1);
	told_begin(&told, &fixture, NULL);
	ck_assert_uint_eq(told.entries_count, 1);
	ck_assert_str_eq(told.entries[0], "all there is");
	told_settle(&told);
	told_end(&told);
	fixture_end(&fixture);
}
END_TEST

START_TEST(what_a_new_page_has_not_yet_is_kept_on_the_old_one)
{
	struct fixture fixture;
	static struct told told;

	fixture_begin(&fixture);
	told_begin(&told, &fixture, NULL);
	journal_add(told.journal, SPAN("old"));
	told_settle(&told);
	told_end(&told);
	told_begin(&told, &fixture, NULL);
	/* A snapshot that was begun for another page ends before this one was spoken of. */
	told.is_slow = true;
	journal_snapshot_end(told.journal);
	told_settle(&told);
	fixture_run_for(50);
	ck_assert(told.has_page);
	told_end(&told);
	told_begin(&told, &fixture, NULL);
	ck_assert_uint_eq(told.entries_count, 1);
	ck_assert_str_eq(told.entries[0], "old");
	told_settle(&told);
	told_end(&told);
	fixture_end(&fixture);
}
END_TEST

START_TEST(entries_are_written_without_anybody_waiting)
{
	struct fixture fixture;
	static struct told told;

	fixture_begin(&fixture);
	told_begin(&told, &fixture, NULL);
	journal_add(told.journal, SPAN("unawaited"));
	fixture_run_for(60);
	told_end(&told);
	told_begin(&told, &fixture, NULL);
	ck_assert_uint_eq(told.entries_count, 1);
	told_settle(&told);
	told_end(&told);
	fixture_end(&fixture);
}
END_TEST

static void
writes_may_reach(rlim_t octets)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = octets;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* All before it was durable, and nobody waits: it is noticed all the same, and nothing that was dropped counts as written. */
START_TEST(a_write_that_fails_between_two_syncs_ends_the_page)
{
	struct fixture fixture;
	static struct told told;
	int broken_by, waited;

	fixture_begin(&fixture);
	told_begin(&told, &fixture, "all of it");
	journal_add(told.journal, SPAN("durable"));
	told_settle(&told);
	fixture_run_for(60);
	ck_assert_int_eq(told.error, 0);
	signal(SIGXFSZ, SIG_IGN);
	writes_may_reach(0);
	journal_add(told.journal, SPAN("dropped"));
	told.is_durable = false;
	fixture_run_for(1);
	journal_wait(told.journal, on_durable, &told);
	fixture_run_until(&told.is_durable);
	waited = told.error;
	told.error = 0;
	journal_add(told.journal, SPAN("dropped, too"));
	fixture_run_for(100);
	broken_by = told.error;
	writes_may_reach(RLIM_INFINITY);
	ck_assert_int_ne(waited, 0);
	ck_assert(broken_by != 0 || told.pages > 1);
	/* It goes on by itself, and begins with all that is true. */
	told.pages = 0;
	fixture_run_for(1500);
	ck_assert_uint_eq(told.pages, 1);
	told_settle(&told);
	ck_assert_int_eq(told.error, 0);
	told_end(&told);
	fixture_end(&fixture);
}
END_TEST

START_TEST(a_damaged_batch_is_named_and_the_others_are_read)
{
	struct fixture fixture;
	static struct told told;

	fixture_begin(&fixture);
	told_begin(&told, &fixture, NULL);
	journal_add(told.journal, SPAN("first"));
	told_settle(&told);
	journal_add(told.journal, SPAN("second"));
	told_settle(&told);
	journal_add(told.journal, SPAN("third"));
	told_settle(&told);
	told_end(&told);
	/* Every batch is one frame of 128 octets: head 56, entry and tag. */
	fixture_overwrite(&fixture, "segment-00000001", 4096 + 128 + 60, SPAN("xx"));
	told_begin(&told, &fixture, NULL);
	ck_assert_uint_eq(told.entries_count, 2);
	ck_assert_str_eq(told.entries[1], "third");
	ck_assert_uint_eq(told.findings_count, 1);
	told_settle(&told);
	told_end(&told);
	fixture_end(&fixture);
}
END_TEST

START_TEST(a_page_whose_header_is_damaged_is_named_and_left_alone)
{
	struct fixture fixture;
	static struct told told;

	fixture_begin(&fixture);
	told_begin(&told, &fixture, NULL);
	journal_add(told.journal, SPAN("first"));
	told_settle(&told);
	told_end(&told);
	fixture_overwrite(&fixture, "segment-00000001", 20, SPAN("xx"));
	for (unsigned starts = 0; starts < 2; starts++) {
		told_begin(&told, &fixture, NULL);
		ck_assert_uint_eq(told.entries_count, 0);
		ck_assert_uint_eq(told.findings_count, 1);
		told_settle(&told);
		told_end(&told);
	}
	fixture_end(&fixture);
}
END_TEST

/* Killed between the reservation of a page and its first entry: else each such end keeps 64 MiB for ever. */
START_TEST(a_page_that_was_never_written_to_is_no_damage_and_goes)
{
	struct fixture fixture;
	static struct told told;
	static const char zeros[10000];
	int fd;

	fixture_begin(&fixture);
	for (int i = 0; i < 2; i++) {
		fd = file_open(fixture.directory, i == 0 ? "segment-00000001" : "segment-00000002", O_RDWR | O_CREAT);
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(file_write_at(fd, zeros, i * sizeof(zeros), 0), 0);
		ck_assert_int_eq(file_reserve(fd, 1024 * 1024), 0);
		file_close(&fd);
	}
	told_begin(&told, &fixture, NULL);
	ck_assert_uint_eq(told.findings_count, 0);
	told_settle(&told);
	told_end(&told);
	files = 0;
	ck_assert_int_eq(file_list(fixture.directory, count_file, NULL), 0);
	ck_assert_uint_eq(files, 1);
	fixture_end(&fixture);
}
END_TEST

UNIT_MAIN("journal", entries_come_back_in_their_order, a_snapshot_replaces_what_was_before_it,
    what_a_new_page_has_not_yet_is_kept_on_the_old_one,
    entries_are_written_without_anybody_waiting,
    a_write_that_fails_between_two_syncs_ends_the_page, a_damaged_batch_is_named_and_the_others_are_read,
    a_page_whose_header_is_damaged_is_named_and_left_alone, a_page_that_was_never_written_to_is_no_damage_and_goes)
