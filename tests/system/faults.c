/*
 * What a disk and a clock may do to a room, on demand: preloaded into it by house/faults.py, told by a file that is mapped
 * before the sandbox closes. Nothing is in it that a room could notice as long as all is zero.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct faults {
	int32_t sync_error;	/* an errno for fsync(2) and fdatasync(2) */
	int32_t write_error;	/* for pwrite(2), and openat(2) of a file that is to be written to */
	int64_t clock_s;	/* the wall clock is so many seconds ahead */
	int64_t syncs;		/* that failed; counted */
};

static struct faults none, *faults = &none;

__attribute__((constructor)) static void
faults_find(void)
{
	const char *path = getenv("SEALPOST_FAULTS");
	int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
	void *map = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(*faults), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		abort();
	faults = map;
	close(fd);
}

static int
sync_or_fail(long call, int fd)
{
	if (faults->sync_error == 0)
		return (int)syscall(call, fd);
	__atomic_add_fetch(&faults->syncs, 1, __ATOMIC_SEQ_CST);
	errno = faults->sync_error;
	return -1;
}

int
fsync(int fd)
{
	return sync_or_fail(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	return sync_or_fail(SYS_fdatasync, fd);
}

ssize_t
pwrite64(int fd, const void *octets, size_t length, off64_t offset)
{
	if (faults->write_error == 0)
		return syscall(SYS_pwrite64, fd, octets, length, offset);
	errno = faults->write_error;
	return -1;
}

ssize_t
pwrite(int fd, const void *octets, size_t length, off_t offset)
{
	return pwrite64(fd, octets, length, offset);
}

/* The mode is read even where there is none, as the kernel does. */
static int
open_or_fail(int folder, const char *path, int flags, unsigned mode)
{
	if (faults->write_error == 0 || (flags & O_ACCMODE) == O_RDONLY)
		return (int)syscall(SYS_openat, folder, path, flags, mode);
	errno = faults->write_error;
	return -1;
}

int
openat64(int folder, const char *path, int flags, ...)
{
	__builtin_va_list arguments;
	unsigned mode = 0;

	__builtin_va_start(arguments, flags);
	if (flags & (O_CREAT | O_TMPFILE))
		mode = __builtin_va_arg(arguments, unsigned);
	__builtin_va_end(arguments);
	return open_or_fail(folder, path, flags, mode);
}

int
openat(int folder, const char *path, int flags, ...)
{
	__builtin_va_list arguments;
	unsigned mode = 0;

	__builtin_va_start(arguments, flags);
	if (flags & (O_CREAT | O_TMPFILE))
		mode = __builtin_va_arg(arguments, unsigned);
	__builtin_va_end(arguments);
	return open_or_fail(folder, path, flags, mode);
}

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = (int)syscall(SYS_clock_gettime, clock, now);

	if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		now->tv_sec += faults->clock_s;
	return result;
}
