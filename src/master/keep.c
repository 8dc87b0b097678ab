/* Files made whole, or not at all. */
#include "keep.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* The folder of the path, opened; *name is the rest of it. */
static int
folder_open(const char *path, const char **name)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int fd;

	*name = slash == NULL ? path : slash + 1;
	snprintf(folder, sizeof(folder), "%.*s", slash == NULL ? 1 : (int)(slash - path), slash == NULL ? "." : path);
	if (slash == path)
		snprintf(folder, sizeof(folder), "/");
	(void)mkdir(folder, 0700);
	do
		fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd;
}

static bool
file_write(int folder, const char *name, struct span octets, mode_t mode)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool good = fd >= 0 && fchmod(fd, mode) == 0 && file_write_at(fd, octets.data, octets.length, 0) == 0 &&
	    fsync(fd) == 0;
	int error = errno;

	file_close(&fd);
	errno = error;
	return good;
}

const char *
keep(const char *path, struct span octets, mode_t mode)
{
	const char *name, *why = NULL;
	int folder = folder_open(path, &name);
	char fresh[NAME_MAX + 1];

	if (folder < 0)
		return strerror(errno);
	snprintf(fresh, sizeof(fresh), ".%.*s.new", (int)sizeof(fresh) - 6, name);
	(void)file_unlink(folder, fresh);
	if (!file_write(folder, fresh, octets, mode) || file_rename(folder, fresh, name) < 0 ||
	    file_sync_directory(folder) < 0) {
		why = strerror(errno);
		(void)file_unlink(folder, fresh);
	}
	file_close(&folder);
	return why;
}
