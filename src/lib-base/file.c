/* The file calls of the spool, on the real disk. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int
file_open(int directory, const char *name, int flags)
{
	int fd;

	do
		fd = openat(directory, name, flags | O_CLOEXEC, 0660);
	while (fd < 0 && errno == EINTR);
	return fd;
}

void
file_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int
file_copy(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

int
file_folder(int directory, const char *name)
{
	if (mkdirat(directory, name, 0700) < 0 && errno != EEXIST)
		return -1;
	return openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int
file_lock(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB);
}

bool
file_is_locked(int fd)
{
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		return true;
	(void)flock(fd, LOCK_UN);
	return false;
}

int
file_write_at(int fd, const void *octets, size_t length, uint64_t offset)
{
	const char *at = octets;

	while (length > 0) {
		ssize_t n = pwrite(fd, at, length, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ENOSPC;
		if (n <= 0)
			return -1;
		at += n;
		length -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

ssize_t
file_read_at(int fd, void *octets, size_t length, uint64_t offset)
{
	char *at = octets;
	size_t done = 0;

	while (done < length) {
		ssize_t n = pread(fd, at + done, length - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int
file_sync(int fd)
{
	return fdatasync(fd);
}

int
file_sync_directory(int directory)
{
	return fsync(directory);
}

int
file_truncate(int fd, uint64_t length)
{
	return ftruncate(fd, (off_t)length);
}

int
file_rename(int directory, const char *from, const char *to)
{
	return renameat(directory, from, directory, to);
}

int
file_unlink(int directory, const char *name)
{
	return unlinkat(directory, name, 0);
}

int
file_reserve(int fd, uint64_t length)
{
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)length) == 0)
		return 0;
	/* A file system that cannot reserve is no reason not to write. */
	return errno == EOPNOTSUPP || errno == ENOSYS ? 0 : -1;
}

int
file_size(int fd, uint64_t *out)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	*out = (uint64_t)st.st_size;
	return 0;
}

int
file_list(int directory, void (*each)(void *arg, const char *name), void *arg)
{
	int copy = file_copy(directory);
	DIR *names = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	if (names == NULL) {
		if (copy >= 0)
			close(copy);
		return -1;
	}
	rewinddir(names);
	while (errno = 0, (entry = readdir(names)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			each(arg, entry->d_name);
	int error = errno;
	closedir(names);
	errno = error;
	return error == 0 ? 0 : -1;
}
