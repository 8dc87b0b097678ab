/*
 * The file calls that the spool is made of. Thin on purpose: the crash tests put
 * a recording layer in their place and cut it at every call.
 * All return -1 with errno, or a descriptor, a count or 0; interrupted calls are repeated.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/* openat(2) with O_CLOEXEC added; mode 0660 for what is created. */
int file_open(int directory, const char *name, int flags);
void file_close(int *fd);	/* leaves -1 */

/* Another descriptor of the same open file. */
int file_copy(int fd);

/* Open a folder in a directory for the calls below; mode 0700 when it is made. */
int file_folder(int directory, const char *name);

/*
 * Have the file for oneself as long as this descriptor is open, which the end of the process ends too: flock(2). Fails with
 * EWOULDBLOCK when somebody has it.
 */
int file_lock(int fd);

/* Does somebody have it, through another descriptor? When that cannot be told, yes. */
bool file_is_locked(int fd);

/* Write all octets at offset, or fail with nothing said about how many were written. */
int file_write_at(int fd, const void *octets, size_t length, uint64_t offset);

/* Read up to length octets at offset; fewer only at the end of the file. */
ssize_t file_read_at(int fd, void *octets, size_t length, uint64_t offset);

/* fdatasync(2). After a failure the octets must be taken for lost: never asked twice. */
int file_sync(int fd);

/* Make names in a directory durable. */
int file_sync_directory(int directory);

int file_truncate(int fd, uint64_t length);
int file_rename(int directory, const char *from, const char *to);
int file_unlink(int directory, const char *name);

/* Have space for the first `length` octets, so that writing them cannot fail for want of it; the size stays. */
int file_reserve(int fd, uint64_t length);

/* Size in octets. */
int file_size(int fd, uint64_t *out);

/* Call each with every name in the directory but . and .. (in no order). Returns -1 when it cannot be read. */
int file_list(int directory, void (*each)(void *arg, const char *name), void *arg);

#endif
