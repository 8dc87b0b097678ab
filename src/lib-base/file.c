/* The file calls of the spool, on the real disk. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
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
file_size(int fd, uint64_t *out)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	*out = (uint64_t)st.st_size;
	return 0;
}
