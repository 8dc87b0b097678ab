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
#include "loop/timer.h"

#define TEXT_OCTETS 512
#define WAITING_MAX 8		/* texts; when there are more the oldest are left out */
#define AGAIN_MS 100

static struct sockaddr_un address;
static socklen_t address_length;	/* 0 = nobody wants to know */
static int64_t watchdog_ms;
static char waiting[WAITING_MAX][TEXT_OCTETS];	/* what the service manager had no room for yet, oldest first */
static unsigned waiting_count;
static struct timer *again;

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

/* Returns false when the service manager has no room for it now: its queue is short, and master waits for nobody. */
static bool
say(const char *text)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_over = true;

	if (fd < 0 || sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&address,
	    address_length) < 0) {
		is_over = errno != EAGAIN;
		if (is_over)
			log_warn("notify", LOG_TEXT("reason", strerror(errno)));
	}
	if (fd >= 0)
		close(fd);
	return is_over;
}

static void
drop_first(void)
{
	memmove(waiting[0], waiting[1], sizeof(waiting) - sizeof(waiting[0]));
	waiting_count--;
}

static void
on_again(void *unused)
{
	(void)unused;
	while (waiting_count > 0 && say(waiting[0]))
		drop_first();
	if (waiting_count > 0)
		timer_start(again, AGAIN_MS);
}

static void
say_later(const char *text)
{
	if (waiting_count == WAITING_MAX)
		drop_first();
	snprintf(waiting[waiting_count++], TEXT_OCTETS, "%s", text);
	if (again == NULL)
		again = timer_new(on_again, NULL);
	if (!timer_is_running(again))
		timer_start(again, AGAIN_MS);
}

/* In the order of the calls. */
static void
notify(const char *text)
{
	if (address_length > 0 && (waiting_count > 0 || !say(text)))
		say_later(text);
}

void
notify_ready(const char *status)
{
	char text[TEXT_OCTETS];

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
	char text[TEXT_OCTETS];

	snprintf(text, sizeof(text), "STATUS=%s", status);
	notify(text);
}

void
notify_watchdog(void)
{
	/* It is said again soon: late it would mean nothing. */
	if (address_length > 0 && waiting_count == 0)
		(void)say("WATCHDOG=1");
}
