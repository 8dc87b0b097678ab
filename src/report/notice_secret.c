/* notices.secret: made once, never again. */
#include "report/notice_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"

#define FRESH NOTICE_SECRET_FILE ".new"

/* What was named by a secret that is not there. */
static const char *const named[] = { "notices.stopped", "notices.db" };

static bool
complain(char *why, size_t size, const char *folder, const char *what)
{
	snprintf(why, size, "%s/" NOTICE_SECRET_FILE ": %s", folder, what);
	return false;
}

static bool
secret_write(int folder, const unsigned char secret[NOTICE_SECRET])
{
	int fd = openat(folder, FRESH, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool good = fd >= 0 && write(fd, secret, NOTICE_SECRET) == NOTICE_SECRET && fsync(fd) == 0;

	if (fd >= 0 && close(fd) < 0)
		good = false;
	return good && renameat(folder, FRESH, folder, NOTICE_SECRET_FILE) == 0 && fsync(folder) == 0;
}

static bool
secret_make(int folder, const char *path, unsigned char secret[NOTICE_SECRET], char *why, size_t size)
{
	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++)
		if (faccessat(folder, named[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
			snprintf(why, size, "%s/" NOTICE_SECRET_FILE " is gone, and without it %s does not tell who wants no notices: put it back",
			    path, named[i]);
			return false;
		}
	random_bytes(secret, NOTICE_SECRET);
	(void)unlinkat(folder, FRESH, 0);
	if (secret_write(folder, secret))
		return true;
	complain(why, size, path, strerror(errno));
	(void)unlinkat(folder, FRESH, 0);
	return false;
}

static bool
secret_take(int fd, const char *path, unsigned char secret[NOTICE_SECRET], char *why, size_t size)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return complain(why, size, path, strerror(errno));
	if (!S_ISREG(status.st_mode) || status.st_size != NOTICE_SECRET || read(fd, secret, NOTICE_SECRET) != NOTICE_SECRET)
		return complain(why, size, path, "is not 32 octets long, and without the right ones nobody knows who wants no notices: put it back");
	return true;
}

bool
notice_secret_read(const char *folder, unsigned char secret[NOTICE_SECRET], char *why, size_t size)
{
	int directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good;
	int fd;

	if (directory < 0)
		return complain(why, size, folder, strerror(errno));
	fd = openat(directory, NOTICE_SECRET_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		good = secret_take(fd, folder, secret, why, size);
	else if (errno == ENOENT)
		good = secret_make(directory, folder, secret, why, size);
	else
		good = complain(why, size, folder, strerror(errno));
	if (fd >= 0)
		close(fd);
	close(directory);
	return good;
}
