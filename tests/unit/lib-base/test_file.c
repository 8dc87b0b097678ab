/* Tests of src/lib-base/file.c, in a folder of its own. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static char path[] = "/tmp/sealpost-test-file-XXXXXX";
static int folder = -1;

static void
folder_make(void)
{
	strcpy(path + strlen(path) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(path));
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(folder, 0);
}

static void
folder_remove(void)
{
	close(folder);
	ck_assert_int_eq(rmdir(path), 0);
}

START_TEST(what_is_written_is_read_and_the_end_is_known)
{
	char octets[10];
	uint64_t size;
	int fd;

	folder_make();
	fd = file_open(folder, "a", O_RDWR | O_CREAT | O_EXCL);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(file_write_at(fd, "hello", 5, 3), 0);
	ck_assert_int_eq(file_sync(fd), 0);
	ck_assert_int_eq(file_size(fd, &size), 0);
	ck_assert_uint_eq(size, 8);
	ck_assert_int_eq(file_read_at(fd, octets, sizeof(octets), 2), 6);
	ck_assert_int_eq(memcmp(octets, "\0hello", 6), 0);
	ck_assert_int_eq(file_read_at(fd, octets, sizeof(octets), 8), 0);
	ck_assert_int_eq(file_truncate(fd, 4), 0);
	ck_assert_int_eq(file_read_at(fd, octets, sizeof(octets), 3), 1);
	file_close(&fd);
	ck_assert_int_eq(fd, -1);
	file_close(&fd);
	ck_assert_int_eq(file_rename(folder, "a", "b"), 0);
	ck_assert_int_eq(file_sync_directory(folder), 0);
	ck_assert_int_eq(file_unlink(folder, "a"), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(file_unlink(folder, "b"), 0);
	folder_remove();
}
END_TEST

START_TEST(others_cannot_read_what_is_created)
{
	struct stat st;
	int fd;

	folder_make();
	umask(0);
	fd = file_open(folder, "a", O_RDWR | O_CREAT | O_EXCL);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0660);
	file_close(&fd);
	ck_assert_int_eq(file_unlink(folder, "a"), 0);
	folder_remove();
}
END_TEST

START_TEST(a_full_device_is_said)
{
	int fd = open("/dev/full", O_RDWR);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(file_write_at(fd, "x", 1, 0), -1);
	ck_assert_int_eq(errno, ENOSPC);
	close(fd);
}
END_TEST

START_TEST(a_file_is_had_by_one_descriptor_until_that_is_closed)
{
	int one, other;

	folder_make();
	one = file_open(folder, "a", O_RDWR | O_CREAT | O_EXCL);
	other = file_open(folder, "a", O_RDONLY);
	ck_assert(!file_is_locked(other));
	ck_assert_int_eq(file_lock(one), 0);
	ck_assert(file_is_locked(other));
	ck_assert_int_eq(file_lock(other), -1);
	ck_assert_int_eq(errno, EWOULDBLOCK);
	file_close(&one);
	ck_assert(!file_is_locked(other));
	ck_assert_int_eq(file_lock(other), 0);
	file_close(&other);
	ck_assert_int_eq(file_unlink(folder, "a"), 0);
	folder_remove();
}
END_TEST

UNIT_MAIN("file", what_is_written_is_read_and_the_end_is_known, others_cannot_read_what_is_created, a_full_device_is_said,
    a_file_is_had_by_one_descriptor_until_that_is_closed)
