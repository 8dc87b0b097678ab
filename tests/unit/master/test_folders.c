/* Tests of src/master/folders.c. */
#include "src/master/folders.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"

static dev_t synced_device;
static ino_t synced_inode;	/* of what was synced last */

/* In place of the C library's. */
int
fsync(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	synced_device = st.st_dev;
	synced_inode = st.st_ino;
	return 0;
}

static const struct room_row *
row_of(enum room_kind kind)
{
	for (size_t i = 0; i < rooms_count; i++)
		if (rooms[i].kind == kind)
			return &rooms[i];
	return NULL;
}

static void
begin(void)
{
	folder_make();
	settings_begin("");
	/* As anybody: tests of folders as the superuser are in test_daemon. */
	if (geteuid() == 0) {
		ck_assert_int_eq(chmod(folder, 0777), 0);
		ck_assert_int_eq(seteuid(65534), 0);
	}
	ck_assert(folders_open(&settings, &complaints));
}

static void
end(void)
{
	folders_close();
	(void)!seteuid(0);
	folder_remove();
}

START_TEST(names_are_those_of_the_rooms)
{
	char name[FOLDER_NAME];

	ck_assert_str_eq(folder_name(row_of(ROOM_INTAKE), 3, name), "intake-3");
	ck_assert_str_eq(folder_name(row_of(ROOM_REPORT), 0, name), "report-0");
	ck_assert_str_eq(folder_name(row_of(ROOM_QUEUE), 0, name), "queue");
}
END_TEST

START_TEST(a_writers_folder_is_made_once)
{
	struct stat root, first, second;
	bool is_new;
	int fd;

	begin();
	ck_assert_int_eq(stat(path_of("spool"), &root), 0);
	ck_assert_uint_eq(root.st_mode & 07777, 0711);
	fd = folder_take(row_of(ROOM_INTAKE), 0, &is_new);
	ck_assert_int_ge(fd, 0);
	ck_assert(is_new);
	ck_assert_msg(synced_device == root.st_dev && synced_inode == root.st_ino, "its name is not durable");
	ck_assert_int_eq(fstat(fd, &first), 0);
	ck_assert_uint_eq(first.st_mode & 07777, 0700);
	close(fd);
	fd = folder_take(row_of(ROOM_INTAKE), 0, &is_new);
	ck_assert(!is_new);
	ck_assert_int_eq(fstat(fd, &second), 0);
	ck_assert_uint_eq(first.st_ino, second.st_ino);
	close(fd);
	end();
}
END_TEST

/* One that was there before is not new. */
START_TEST(folders_of_before_are_found)
{
	bool is_new;
	int fd;

	begin();
	ck_assert_int_eq(mkdir(path_of("spool/intake-0"), 0700), 0);
	fd = folder_take(row_of(ROOM_INTAKE), 0, &is_new);
	ck_assert_int_ge(fd, 0);
	ck_assert(!is_new);
	close(fd);
	end();
}
END_TEST

static char seen[1024];

static void
on_folder(void *arg, const char *name, int fd)
{
	ck_assert_ptr_eq(arg, seen);
	ck_assert_int_ge(fcntl(fd, F_GETFD), 0);
	/* Another open file than the writer's: it has no part in the lock. */
	ck_assert_int_eq(openat(fd, ".", O_RDONLY) >= 0, 1);
	close(fd);
	strcat(strcat(seen, name), " ");
}

START_TEST(queue_sees_all_writers_those_of_earlier_configurations_too)
{
	begin();
	ck_assert_int_eq(mkdir(path_of("spool/intake-7"), 0700), 0);
	ck_assert_int_eq(mkdir(path_of("spool/report-0"), 0700), 0);
	ck_assert_int_eq(mkdir(path_of("spool/queue"), 0700), 0);
	ck_assert_int_eq(mkdir(path_of("spool/keys"), 0700), 0);
	ck_assert_int_eq(mkdir(path_of("spool/intake-07"), 0700), 0);
	ck_assert_int_eq(mkdir(path_of("spool/intake-x"), 0700), 0);
	ck_assert_int_eq(mkdir(path_of("spool/relay-0"), 0700), 0);
	ck_assert_int_eq(mkdir(path_of("spool/lost+found"), 0700), 0);
	ck_assert_int_eq(symlink("keys", path_of("spool/intake-8")), 0);
	folders_each(on_folder, seen);
	ck_assert_uint_eq(strlen(seen), strlen("intake-7 report-0 queue "));
	ck_assert_ptr_nonnull(strstr(seen, "intake-7 "));
	ck_assert_ptr_nonnull(strstr(seen, "report-0 "));
	ck_assert_ptr_nonnull(strstr(seen, "queue "));
	end();
}
END_TEST

START_TEST(what_a_room_keeps_is_its_own_and_no_writers)
{
	struct stat st;

	begin();
	folder_keep(row_of(ROOM_POLICY));
	folder_keep(row_of(ROOM_POLICY));
	ck_assert_int_eq(stat(path_of("spool/policy"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	folders_each(on_folder, seen);
	ck_assert_str_eq(seen, "");
	end();
}
END_TEST

START_TEST(a_spool_is_one_masters)
{
	int status;
	pid_t other;

	begin();
	other = fork();
	if (other == 0) {
		folders_close();
		_exit(folders_open(&settings, &complaints) ? 1 : strstr(said(), "another sealpostd has it") == NULL);
	}
	/* A child that closes its copies does not unlock ours. */
	ck_assert_int_eq(waitpid(other, &status, 0), other);
	ck_assert_int_eq(status, 0);
	end();
}
END_TEST

/* As long as a writer of an earlier master lives, its folder is not given to another. */
START_TEST(the_lock_of_a_folder_is_the_writers)
{
	int fd, gate[2], begun[2], status;
	char octet = 'x';
	bool is_new;
	pid_t writer;

	begin();
	ck_assert_int_eq(pipe(gate), 0);
	ck_assert_int_eq(pipe(begun), 0);
	fd = folder_take(row_of(ROOM_INTAKE), 0, &is_new);
	writer = fork();
	if (writer == 0) {
		/* As a room: it has its own folder and nothing else of master's. */
		folders_close();
		close(gate[1]);
		_exit(write(begun[1], &octet, 1) != 1 || read(gate[0], &octet, 1) != 0);
	}
	close(fd);
	ck_assert_int_eq(read(begun[0], &octet, 1), 1);
	/* The master ends; a new one finds the folder locked, and waits. */
	folders_close();
	ck_assert(folders_open(&settings, &complaints));
	fd = open(path_of("spool/intake-0"), O_RDONLY | O_DIRECTORY);
	ck_assert_int_ne(flock(fd, LOCK_EX | LOCK_NB), 0);
	close(fd);
	close(gate[1]);
	fd = folder_take(row_of(ROOM_INTAKE), 0, &is_new);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(waitpid(writer, &status, 0), writer);
	close(fd);
	end();
}
END_TEST

START_TEST(a_spool_that_is_no_folder_is_complained_of)
{
	FILE *file;

	folder_make();
	settings_begin("");
	file = fopen(path_of("spool"), "w");
	fclose(file);
	ck_assert(!folders_open(&settings, &complaints));
	ck_assert_ptr_nonnull(strstr(said(), "f:2: spool.directory: "));
	folder_remove();
}
END_TEST

UNIT_MAIN("folders", names_are_those_of_the_rooms, a_writers_folder_is_made_once, folders_of_before_are_found,
    queue_sees_all_writers_those_of_earlier_configurations_too,
    what_a_room_keeps_is_its_own_and_no_writers, a_spool_is_one_masters,
    the_lock_of_a_folder_is_the_writers, a_spool_that_is_no_folder_is_complained_of)
