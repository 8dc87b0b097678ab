/* Tests of src/master/keep.c. */
#include "src/master/keep.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"

static void
file_is(const char *name, const char *expected, mode_t mode)
{
	char text[100] = "";
	struct stat st;
	int fd = open(path_of(name), O_RDONLY);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_ge(read(fd, text, sizeof(text) - 1), 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_str_eq(text, expected);
	ck_assert_uint_eq(st.st_mode & 07777, mode);
	close(fd);
}

START_TEST(a_file_is_there_whole_with_its_permissions)
{
	folder_make();
	umask(0);
	ck_assert_ptr_null(keep(path_of("secret"), SPAN("one"), 0600));
	file_is("secret", "one", 0600);
	ck_assert_ptr_null(keep(path_of("secret"), SPAN("two"), 0600));
	file_is("secret", "two", 0600);
	umask(0777);
	ck_assert_ptr_null(keep(path_of("public"), SPAN("three"), 0644));
	umask(0);
	file_is("public", "three", 0644);
	folder_remove();
}
END_TEST

START_TEST(its_folder_is_made_for_master_alone)
{
	struct stat st;

	folder_make();
	umask(0);
	ck_assert_ptr_null(keep(path_of("keys/key"), SPAN("x"), 0600));
	ck_assert_int_eq(stat(path_of("keys"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	folder_remove();
}
END_TEST

START_TEST(leftovers_of_a_crash_are_no_hindrance)
{
	int fd;

	folder_make();
	fd = open(path_of(".key.new"), O_CREAT | O_WRONLY, 0666);
	ck_assert_int_eq(write(fd, "half", 4), 4);
	close(fd);
	ck_assert_ptr_null(keep(path_of("key"), SPAN("whole"), 0600));
	file_is("key", "whole", 0600);
	ck_assert_int_ne(access(path_of(".key.new"), F_OK), 0);
	folder_remove();
}
END_TEST

START_TEST(what_cannot_be_written_says_why)
{
	folder_make();
	ck_assert_str_eq(keep("/nonexistent/folder/key", SPAN("x"), 0600), "No such file or directory");
	ck_assert_int_eq(mkdir(path_of("taken"), 0700), 0);
	ck_assert_str_eq(keep(path_of("taken"), SPAN("x"), 0600), "Is a directory");
	ck_assert_int_ne(access(path_of(".taken.new"), F_OK), 0);
	folder_remove();
}
END_TEST

UNIT_MAIN("keep", a_file_is_there_whole_with_its_permissions, its_folder_is_made_for_master_alone,
    leftovers_of_a_crash_are_no_hindrance, what_cannot_be_written_says_why)
