/* Datagrams of assignments to the socket in NOTIFY_SOCKET. */
#include "notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

static struct sockaddr_un address;
static socklen_t address_length;	/* 0 = nobody wants to know */
static int64_t watchdog_ms;

/* A path, or a name in the abstract namespace behind "@". */
static void
address_open(const char *name)
{
	size_t length = name == NULL ? 0 : strlen(name);

	if (length < 2 || length >= sizeof(address.sun_path) || (name[0] != '/' && name[0] != '@'))
		return;
	address.sun_family = AF_UNIX;
	memcpy(address.sun_path, name, length);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	address_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

static void
watchdog_open(const char *interval, const char *pid)
{
	uint64_t usec, number;

	if (interval == NULL || !span_to_u64(span_of(interval), INT64_MAX, &usec))
		return;
	if (pid != NULL && (!span_to_u64(span_of(pid), INT64_MAX, &number) || (pid_t)number != getpid()))
		return;
	watchdog_ms = (int64_t)(usec / 1000);
}

void
notify_open(void)
{
	address_open(getenv("NOTIFY_SOCKET"));
	watchdog_open(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

int64_t
notify_watchdog_ms(void)
{
	return watchdog_ms;
}

static void
notify(const char *text)
{
	int fd;

	if (address_length == 0)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&address, address_length) < 0)
		log_warn("notify", LOG_TEXT("reason", strerror(errno)));
	if (fd >= 0)
		close(fd);
}

void
notify_ready(const char *status)
{
	char text[512];

	snprintf(text, sizeof(text), "READY=1\nSTATUS=%s", status);
	notify(text);
}

void
notify_reloading(void)
{
	char text[128];
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\nSTATUS=Reading the configuration",
	    (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	notify(text);
}

void
notify_stopping(void)
{
	notify("STOPPING=1\nSTATUS=Finishing what is under way");
}

void
notify_status(const char *status)
{
	char text[512];

	snprintf(text, sizeof(text), "STATUS=%s", status);
	notify(text);
}

void
notify_watchdog(void)
{
	notify("WATCHDOG=1");
}
