/* What needs the superuser, in one file. */
#include "privileged.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fatal.h"

#define BACKLOG 1024

/* Users of the rooms, by kind. */
static struct {
	uid_t uid;
	gid_t gid;
} users[ROOM_KINDS];

bool
privileged_is_root(void)
{
	return geteuid() == 0;
}

void
privileged_find_users(struct complaints *complaints)
{
	for (size_t i = 0; privileged_is_root() && i < rooms_count; i++) {
		const struct passwd *user = getpwnam(rooms[i].user);

		if (user == NULL)
			complaints_add(complaints, "", 0, "there is no user \"%s\": run systemd-sysusers, or add the users of "
			    "sysusers.d/sealpost.conf by hand", rooms[i].user);
		else if (user->pw_uid == 0)
			complaints_add(complaints, "", 0, "the user \"%s\" is the superuser", rooms[i].user);
		else
			users[rooms[i].kind] = (__typeof__(*users)){ user->pw_uid, user->pw_gid };
	}
}

static gid_t
group_find(const char *name)
{
	const struct group *group = getgrnam(name);

	return group == NULL ? (gid_t)-1 : group->gr_gid;
}

gid_t
privileged_operators(void)
{
	return group_find(OPERATORS_GROUP);
}

gid_t
privileged_feeders(void)
{
	return group_find(FEEDERS_GROUP);
}

void
privileged_raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* Owner, group and mode of a folder that has been opened. */
static int
folder_settle(int fd, const char *name, const struct room_row *owner)
{
	mode_t mode = 0700;

	if (privileged_is_root() && owner != NULL) {
		bool is_kept = owner->keeps != NULL && strcmp(owner->keeps, name) == 0;
		bool is_shared = owner->has_folder && owner->kind != ROOM_QUEUE && !is_kept;

		/* Files of the writers get queue's group by the bit 02000; other folders are their owner's alone. */
		mode = is_shared ? 02770 : 0700;
		if (fchown(fd, users[owner->kind].uid, users[is_shared ? ROOM_QUEUE : owner->kind].gid) < 0)
			return -1;
	} else if (privileged_is_root() && fchown(fd, 0, 0) < 0) {
		return -1;
	}
	return fchmod(fd, mode);
}

int
privileged_folder(int parent, const char *name, const struct room_row *owner)
{
	int fd, error;

	if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return -1;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* What is synced in it is of no use when a crash takes the folder; perhaps it was made by a start that was interrupted here. */
	if (fd >= 0 && (folder_settle(fd, name, owner) < 0 || fsync(parent) < 0)) {
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/* Close and keep errno; always -1. */
static int
give_up(int fd)
{
	int error = errno;

	if (fd >= 0)
		close(fd);
	errno = error;
	return -1;
}

int
privileged_listen(struct ip ip, uint16_t port)
{
	struct sockaddr_storage address;
	socklen_t length = ip_to_sockaddr(ip, port, &address);
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    (ip.family == 6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0) ||
	    bind(fd, (struct sockaddr *)&address, length) < 0 || listen(fd, BACKLOG) < 0)
		return give_up(fd);
	return fd;
}

static struct sockaddr_un
path_address(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	return address;
}

/* Remove a socket that nobody listens on. Whatever else is at the path stays, and is an error. */
static int
stale_remove(const char *path)
{
	struct sockaddr_un address = path_address(path);
	struct stat st;
	int fd, is_alive;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISSOCK(st.st_mode)) {
		errno = EEXIST;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	/* A full backlog (EAGAIN) is somebody, too. */
	is_alive = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno != ECONNREFUSED;
	close(fd);
	if (is_alive) {
		errno = EADDRINUSE;
		return -1;
	}
	return unlink(path);
}

/* The folder of the socket, if it is not there: it is where run-time files go. */
static void
parent_make(const char *path)
{
	char *copy = must_copy(path, strlen(path)), *slash = strrchr(copy, '/');

	if (slash != NULL && slash != copy) {
		*slash = '\0';
		if (mkdir(copy, 0755) == 0)
			(void)chmod(copy, 0755);	/* whatever the umask */
	}
	free(copy);
}

int
privileged_listen_path(const char *path, mode_t mode, gid_t group)
{
	struct sockaddr_un address = path_address(path);
	int fd, bound;
	mode_t umask_before;

	parent_make(path);
	if (stale_remove(path) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	/* Made with these permissions: nobody can connect in between. */
	umask_before = umask(0777 & ~mode);
	bound = bind(fd, (struct sockaddr *)&address, sizeof(address));
	umask(umask_before);
	if (bound < 0 || listen(fd, BACKLOG) < 0)
		return give_up(fd);
	if (privileged_is_root() && group != (gid_t)-1 && chown(path, 0, group) < 0)
		return give_up(fd);
	return fd;
}

void
privileged_become(const struct room_row *row)
{
	uid_t uid = users[row->kind].uid;
	gid_t gid = users[row->kind].gid;

	if (!privileged_is_root())
		return;
	if (uid == 0 || initgroups(row->user, gid) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		fatal_errno("cannot become %s", row->user);
	if (setresuid(0, 0, 0) == 0 || setresgid(0, 0, 0) == 0)
		fatal("privilege was not dropped for good");
}
