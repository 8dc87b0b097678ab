/* Tests of src/lib-base/sandbox.c: a process enters, tries, and says by its exit code what it could. */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

/* Each returns whether the call was let through. */
static bool
makes_internet_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EPERM;
}

static bool
makes_inet6_socket(void)
{
	return socket(AF_INET6, SOCK_DGRAM, 0) >= 0 || errno != EPERM;
}

static bool
makes_unix_socket(void)
{
	return socket(AF_UNIX, SOCK_DGRAM, 0) >= 0;
}

static bool
starts_programs(void)
{
	execl("/nonexistent", "x", (char *)NULL);
	return errno != EPERM;
}

static bool
accepts(void)
{
	return accept(-1, NULL, NULL) >= 0 || errno != EPERM;
}

static bool
mounts(void)
{
	return mount("none", "/nonexistent", "tmpfs", 0, NULL) == 0 || errno != EPERM;
}

static bool
opens_paths(void)
{
	return open("/etc/hostname", O_RDONLY) >= 0 || errno != EPERM;
}

static bool
gains_privileges(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1;
}

#ifdef SEALPOST_SANITIZED
#define PATHS true	/* the sanitizers' own */
#else
#define PATHS false
#endif

static const struct {
	unsigned may;
	bool (*tries)(void);
	bool expected;
} rows[] = {
	{ 0, makes_internet_socket, false },
	{ 0, makes_inet6_socket, false },
	{ 0, makes_unix_socket, true },		/* syslog's */
	{ 0, starts_programs, false },
	{ 0, accepts, false },
	{ 0, mounts, false },
	{ 0, opens_paths, PATHS },
	{ 0, gains_privileges, false },
	{ SANDBOX_SOCKETS, makes_internet_socket, true },
	{ SANDBOX_SOCKETS, accepts, false },
	{ SANDBOX_ACCEPT, accepts, true },
	{ SANDBOX_ACCEPT, makes_internet_socket, false },
	{ SANDBOX_PATHS, opens_paths, true },
	{ SANDBOX_PATHS, mounts, false },
	{ SANDBOX_FORK, starts_programs, true },
	{ SANDBOX_SOCKETS | SANDBOX_ACCEPT | SANDBOX_PATHS | SANDBOX_FORK, mounts, false },
	{ SANDBOX_SOCKETS | SANDBOX_ACCEPT | SANDBOX_PATHS | SANDBOX_FORK, gains_privileges, false },
};

START_TEST(a_process_may_what_its_set_names)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		sandbox_enter("test", rows[_i].may);
		_exit(rows[_i].tries());
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), rows[_i].expected);
}
END_TEST

UNIT_MAIN_LOOPED("sandbox", a_process_may_what_its_set_names, rows)
