/* The spool's folders, opened, made and locked. */
#include "folders.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "privileged.h"

#define LOCK_TRIES 100		/* rooms of a master that was killed are given ten seconds to end */
#define LOCK_WAIT_MS 100

struct folder {
	struct folder *next;
	char name[FOLDER_NAME];
	int fd;			/* has the lock */
};

static int root = -1;
static struct folder *folders;

char *
folder_name(const struct room_row *row, unsigned index, char out[FOLDER_NAME])
{
	if (row->count_at == 0 && row->kind == ROOM_QUEUE)
		snprintf(out, FOLDER_NAME, "%s", room_name(row->kind));
	else
		snprintf(out, FOLDER_NAME, "%s-%u", room_name(row->kind), index);
	return out;
}

/* Make the spool's own folder: anybody may go through it, nobody may look. */
static int
root_open(const char *path)
{
	if (mkdir(path, 0700) == 0 && chmod(path, 0711) < 0)
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

bool
folders_open(const struct settings *settings, struct complaints *complaints)
{
	unsigned line = settings_line(settings, "spool.directory");

	root = root_open(settings->spool_directory);
	if (root < 0) {
		complaints_add(complaints, settings->file, line, "spool.directory: %s: %s", settings->spool_directory,
		    strerror(errno));
		return false;
	}
	if (flock(root, LOCK_EX | LOCK_NB) < 0) {
		complaints_add(complaints, settings->file, line, "spool.directory: %s: another sealpostd has it",
		    settings->spool_directory);
		folders_close();
		return false;
	}
	return true;
}

void
folders_close(void)
{
	struct folder *folder;

	while ((folder = folders) != NULL) {
		folders = folder->next;
		close(folder->fd);
		free(folder);
	}
	if (root >= 0)
		close(root);
	root = -1;
}

/* Wait for the lock a while: whoever has it is ending. */
static bool
folder_lock(int fd)
{
	const struct timespec wait = { .tv_nsec = LOCK_WAIT_MS * 1000000L };

	for (unsigned i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		if (errno != EWOULDBLOCK)
			return false;
		nanosleep(&wait, NULL);
	}
	return false;
}

static struct folder *
folder_find(const char *name)
{
	struct folder *folder = folders;

	while (folder != NULL && strcmp(folder->name, name) != 0)
		folder = folder->next;
	return folder;
}

static struct folder *
folder_add(const char *name, const struct room_row *row)
{
	int fd = privileged_folder(root, name, row);
	struct folder *folder;

	if (fd < 0) {
		log_error("folder", LOG_TEXT("name", name), LOG_TEXT("reason", strerror(errno)));
		return NULL;
	}
	if (!folder_lock(fd)) {
		log_error("folder", LOG_TEXT("name", name), LOG_TEXT("reason", "a process of an earlier sealpostd still has it"));
		close(fd);
		return NULL;
	}
	folder = must_alloc(sizeof(*folder));
	snprintf(folder->name, sizeof(folder->name), "%s", name);
	folder->fd = fd;
	folder->next = folders;
	folders = folder;
	return folder;
}

int
folder_take(const struct room_row *row, unsigned index, bool *is_new)
{
	char name[FOLDER_NAME];
	struct folder *folder = folder_find(folder_name(row, index, name));
	int fd;

	*is_new = folder == NULL && faccessat(root, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
	if (folder == NULL)
		folder = folder_add(name, row);
	if (folder == NULL)
		return -1;
	/* The same open file: it keeps the lock even if master ends first. */
	fd = fcntl(folder->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		fatal_errno("cannot duplicate a descriptor");
	return fd;
}

void
folder_keep(const struct room_row *row)
{
	int fd = privileged_folder(root, row->keeps, row);

	if (fd < 0)
		log_error("folder", LOG_TEXT("name", row->keeps), LOG_TEXT("reason", strerror(errno)));
	else
		close(fd);
}

int
folder_open_other(const char *name)
{
	return openat(root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Whether the name is one that folder_name() makes. */
static bool
is_writers(const char *name)
{
	for (size_t i = 0; i < rooms_count; i++) {
		char expected[FOLDER_NAME];
		struct span text = span_of(name);
		size_t dash = span_find(text, '-');
		uint64_t index = 0;

		if (dash < text.length && !span_to_u64(span_skip(text, dash + 1), UINT16_MAX, &index))
			continue;
		if (rooms[i].has_folder && strcmp(folder_name(&rooms[i], (unsigned)index, expected), name) == 0)
			return true;
	}
	return false;
}

void
folders_each(void (*on_folder)(void *arg, const char *name, int fd), void *arg)
{
	int copy = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;

	if (listing == NULL)
		fatal_errno("cannot read the spool's folder");
	while ((entry = readdir(listing)) != NULL) {
		int fd;

		if (!is_writers(entry->d_name))
			continue;
		fd = folder_open_other(entry->d_name);
		if (fd < 0)
			log_error("folder", LOG_TEXT("name", entry->d_name), LOG_TEXT("reason", strerror(errno)));
		else
			on_folder(arg, entry->d_name, fd);
	}
	closedir(listing);
}
