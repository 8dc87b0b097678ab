/* fork and exec, with nothing left over. */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "loop/loop.h"
#include "privileged.h"

static char programs[PATH_MAX];	/* folder of the rooms' programs */

/* What of the environment a room needs: how to log, and what sanitizers and C library are told. */
static const char *const passed[] = {
	"PATH", "LANG", "TZ", "JOURNAL_STREAM", "OPENSSL_CONF", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS",
	"MALLOC_ARENA_MAX", NULL
};
#define PASSED_MAX (sizeof(passed) / sizeof(*passed))

static void
program_path(const struct room_row *row, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%.*s/%s", PATH_MAX - 64, programs, row->program);
}

void
spawn_open(const char *libexec, struct complaints *complaints)
{
	char path[PATH_MAX];

	if (realpath(libexec, programs) == NULL) {
		complaints_add(complaints, "", 0, "%s: %s", libexec, strerror(errno));
		return;
	}
	for (size_t i = 0; i < rooms_count; i++) {
		program_path(&rooms[i], path);
		if (access(path, X_OK) < 0)
			complaints_add(complaints, "", 0, "%s: %s", path, strerror(errno));
	}
}

static void
signals_reset(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* 0 is nothing, 1 and 2 are the log, 3 is the channel, all others are gone. */
static void
descriptors_settle(int channel)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* dup2 to the same number would leave the flag that closes it. */
	if (channel == ROOM_CHANNEL_FD)
		channel = fcntl(channel, F_DUPFD, ROOM_CHANNEL_FD + 1);
	if (null < 0 || channel < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0 ||
	    dup2(channel, ROOM_CHANNEL_FD) < 0 || close_range(ROOM_CHANNEL_FD + 1, UINT_MAX, 0) < 0)
		fatal_errno("cannot arrange descriptors");
}

static void
environment_settle(char *environment[PASSED_MAX])
{
	size_t count = 0;

	for (size_t i = 0; passed[i] != NULL; i++) {
		const char *value = getenv(passed[i]);

		if (value != NULL && asprintf(&environment[count], "%s=%s", passed[i], value) >= 0)
			count++;
	}
	environment[count] = NULL;
}

__attribute__((noreturn)) static void
become_room(const struct room_row *row, int channel)
{
	char *environment[PASSED_MAX], path[PATH_MAX], name[64];
	char *arguments[] = { name, NULL };

	loop_forget();
	signals_reset();
	descriptors_settle(channel);
	program_path(row, path);
	snprintf(name, sizeof(name), "sealpost-%s", row->program);
	environment_settle(environment);
	umask(0007);
	if (chdir("/") < 0)
		fatal_errno("cannot leave the folder");
	privileged_become(row);
	execve(path, arguments, environment);
	fatal_errno("%s", path);
}

pid_t
spawn(const struct room_row *row, int channel)
{
	pid_t pid;

	log_flush();	/* what was gathered must not be written twice */
	pid = fork();
	if (pid == 0)
		become_room(row, channel);
	return pid;
}
