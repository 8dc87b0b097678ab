/* Tests of src/lib-loop/sync.c. */
#include "loop/sync.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "tests/unit/unit.h"
#include "turns.h"

static int results[10];
static unsigned results_count;

static void
on_synced(void *arg, int error)
{
	ck_assert_uint_eq(results_count, (uintptr_t)arg);
	results[results_count++] = error;
}

static bool
all_are_synced(void)
{
	return results_count == 4;
}

START_TEST(requests_are_answered_in_order_with_their_errno)
{
	char path[] = "/tmp/sealpost-test-sync-XXXXXX";
	int file = mkstemp(path), ends[2];

	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(file, "x", 1), 1);
	sync_start(file, on_synced, (void *)0);
	sync_start(ends[1], on_synced, (void *)1);
	sync_start(file, on_synced, (void *)2);
	sync_start(-1, on_synced, (void *)3);
	ck_assert_uint_eq(results_count, 0);
	run_until(all_are_synced);
	ck_assert_int_eq(results[0], 0);
	ck_assert_int_eq(results[1], EINVAL);
	ck_assert_int_eq(results[2], 0);
	ck_assert_int_eq(results[3], EBADF);
	close(file);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

static int again_fd;

static void
sync_again(void *arg, int error)
{
	ck_assert_int_eq(error, 0);
	results[results_count++] = error;
	if (!all_are_synced())
		sync_start(again_fd, sync_again, arg);
}

START_TEST(a_group_may_start_the_next)
{
	char path[] = "/tmp/sealpost-test-sync-XXXXXX";

	again_fd = mkstemp(path);
	ck_assert_int_ge(again_fd, 0);
	ck_assert_int_eq(unlink(path), 0);
	sync_start(again_fd, sync_again, NULL);
	run_until(all_are_synced);
	close(again_fd);
}
END_TEST

UNIT_MAIN("sync", requests_are_answered_in_order_with_their_errno, a_group_may_start_the_next)
