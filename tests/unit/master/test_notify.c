/* Tests of src/master/notify.c. */
#include "src/master/notify.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "loop/loop.h"
#include "loop/timer.h"
#include "tests/unit/unit.h"

static int receiver;
static const bool kinds[] = { false, true };	/* of address: abstract or not */

/* A receiver at a path, or at a name of the abstract namespace. */
static void
begin(bool is_abstract)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char name[80];
	socklen_t length;

	snprintf(name, sizeof(name), "%ssealpost-test-notify-%d", is_abstract ? "@" : "/tmp/", getpid());
	strcpy(address.sun_path, name);
	length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	if (is_abstract)
		address.sun_path[0] = '\0';
	else
		unlink(name);
	receiver = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(receiver, (struct sockaddr *)&address, length), 0);
	setenv("NOTIFY_SOCKET", name, 1);
}

static void
hears(const char *expected)
{
	char text[512] = "";
	ssize_t n = recv(receiver, text, sizeof(text) - 1, 0);

	ck_assert_int_eq(n, (ssize_t)strlen(expected));
	ck_assert_str_eq(text, expected);
}

START_TEST(everything_is_one_datagram_of_assignments)
{
	begin(kinds[_i]);
	notify_open();
	ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
	notify_ready("Taking mail");
	hears("READY=1\nSTATUS=Taking mail");
	notify_status("Locked");
	hears("STATUS=Locked");
	notify_watchdog();
	hears("WATCHDOG=1");
	notify_stopping();
	hears("STOPPING=1\nSTATUS=Finishing what is under way");
	if (!kinds[_i]) {
		char path[80];

		snprintf(path, sizeof(path), "/tmp/sealpost-test-notify-%d", getpid());
		unlink(path);
	}
}
END_TEST

START_TEST(reloading_says_when)
{
	struct timespec before, after;
	char text[512] = "";
	long long usec;

	begin(true);
	notify_open();
	clock_gettime(CLOCK_MONOTONIC, &before);
	notify_reloading();
	clock_gettime(CLOCK_MONOTONIC, &after);
	ck_assert_int_gt(recv(receiver, text, sizeof(text) - 1, 0), 0);
	ck_assert_int_eq(sscanf(text, "RELOADING=1\nMONOTONIC_USEC=%lld\n", &usec), 1);
	ck_assert_int_ge(usec, before.tv_sec * 1000000LL + before.tv_nsec / 1000);
	ck_assert_int_le(usec, after.tv_sec * 1000000LL + after.tv_nsec / 1000);
}
END_TEST

static void
stop_loop(void *unused)
{
	(void)unused;
	loop_stop();
}

/* Turn the loop for so long. */
static void
pass(int64_t ms)
{
	struct timer *timer = timer_new(stop_loop, NULL);

	timer_start(timer, ms);
	loop_run();
	timer_free(&timer);
}

START_TEST(a_service_manager_that_does_not_listen_holds_up_nobody)
{
	char text[512];
	unsigned before = 0;

	begin(true);
	notify_open();
	loop_init();
	/* Far more than its queue takes; the last ones count. */
	for (unsigned i = 0; i < 1000; i++)
		notify_status("old");
	notify_reloading();
	notify_watchdog();
	notify_ready("new");
	pass(300);
	while (recv(receiver, text, sizeof(text), 0) > 0)
		before++;
	ck_assert_uint_gt(before, 0);
	pass(300);
	for (ssize_t n = 0; (n = recv(receiver, text, sizeof(text) - 1, 0)) > 0; ) {
		text[n] = '\0';
		if (strcmp(text, "STATUS=old") != 0)
			break;
	}
	ck_assert_int_eq(strncmp(text, "RELOADING=1\n", 12), 0);
	hears("READY=1\nSTATUS=new");
}
END_TEST

START_TEST(without_a_service_manager_nothing_is_said)
{
	unsetenv("NOTIFY_SOCKET");
	notify_open();
	notify_ready("x");
	setenv("NOTIFY_SOCKET", "relative", 1);
	notify_open();
	notify_ready("x");
	setenv("NOTIFY_SOCKET", "", 1);
	notify_open();
	notify_ready("x");
}
END_TEST

START_TEST(the_watchdog_is_ours_only_if_it_says_so)
{
	char own[20];

	snprintf(own, sizeof(own), "%d", getpid());
	setenv("WATCHDOG_USEC", "30000000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	notify_open();
	ck_assert_int_eq(notify_watchdog_ms(), 0);
	setenv("WATCHDOG_USEC", "nonsense", 1);
	notify_open();
	ck_assert_int_eq(notify_watchdog_ms(), 0);
	setenv("WATCHDOG_USEC", "30000000", 1);
	setenv("WATCHDOG_PID", own, 1);
	notify_open();
	ck_assert_int_eq(notify_watchdog_ms(), 30000);
	ck_assert_ptr_null(getenv("WATCHDOG_USEC"));
	ck_assert_ptr_null(getenv("WATCHDOG_PID"));
}
END_TEST

UNIT_MAIN_LOOPED("notify", everything_is_one_datagram_of_assignments, kinds, reloading_says_when,
    a_service_manager_that_does_not_listen_holds_up_nobody, without_a_service_manager_nothing_is_said, the_watchdog_is_ours_only_if_it_says_so)
