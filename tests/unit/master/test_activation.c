/* Tests of src/master/activation.c: sockets put where the service manager puts them, from descriptor 3 on. */
#include "src/master/activation.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

/* The framework's own assertions talk over descriptors that are overwritten here. */
static void
must(bool holds)
{
	if (!holds)
		_exit(100);
}

static int
listening(const char *text, bool both_families, uint16_t *port)
{
	struct sockaddr_storage address;
	struct ip ip;
	socklen_t length;
	int fd, only = !both_families;

	must(ip_parse(span_of(text), &ip));
	length = ip_to_sockaddr(ip, 0, &address);
	fd = socket(address.ss_family, SOCK_STREAM, 0);
	if (ip.family == 6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
	must(bind(fd, (struct sockaddr *)&address, length) == 0);
	must(listen(fd, 1) == 0);
	must(getsockname(fd, (struct sockaddr *)&address, &length) == 0);
	*port = ntohs(((struct sockaddr_in *)&address)->sin_port);
	return fd;
}

/* Move descriptors to 3, 4, ... and announce them. */
static void
announce(const int *fds, int count, const char *names)
{
	char text[20];

	for (int i = 0; i < count; i++)
		must(dup2(fds[i], 200 + i) >= 0);
	for (int i = 0; i < count; i++)
		must(dup2(200 + i, 3 + i) >= 0);
	snprintf(text, sizeof(text), "%d", count);
	setenv("LISTEN_FDS", text, 1);
	snprintf(text, sizeof(text), "%d", getpid());
	setenv("LISTEN_PID", text, 1);
	setenv("LISTEN_FDNAMES", names, 1);
}

static struct ip
address(const char *text)
{
	struct ip ip;

	must(ip_parse(span_of(text), &ip));
	return ip;
}

static int
taken_by_address(void)
{
	struct sockaddr_un path = { .sun_family = AF_UNIX };
	uint16_t four, six;
	int fds[3] = { listening("127.0.0.1", false, &four), listening("::1", false, &six), -1 };

	snprintf(path.sun_path, sizeof(path.sun_path), "/tmp/sealpost-test-activation-%d", getpid());
	unlink(path.sun_path);
	fds[2] = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(fds[2], (struct sockaddr *)&path, sizeof(path)) < 0 || listen(fds[2], 1) < 0)
		return 1;
	announce(fds, 3, "a:b:c");
	activation_open();
	unlink(path.sun_path);
	if (getenv("LISTEN_FDS") != NULL || getenv("LISTEN_PID") != NULL || getenv("LISTEN_FDNAMES") != NULL)
		return 2;
	if (activation_take_ip(address("127.0.0.2"), four) != -1 || activation_take_ip(address("127.0.0.1"), 1) != -1)
		return 3;
	if (activation_take_ip(address("127.0.0.1"), four) != 3 || activation_take_ip(address("::1"), six) != 4)
		return 4;
	if (activation_take_ip(address("127.0.0.1"), four) != -1)
		return 5;
	if (activation_take_path("/tmp/other") != -1 || activation_take_path(path.sun_path) != 5)
		return 6;
	if ((fcntl(3, F_GETFD) & FD_CLOEXEC) == 0 || activation_covers(address("0.0.0.0"), six))
		return 7;
	for (int fd = 3; fd < 6; fd++)
		if ((fcntl(fd, F_GETFL) & O_NONBLOCK) == 0)
			return 9;
	activation_close();
	return fcntl(3, F_GETFD) < 0 ? 8 : 0;
}

static int
both_families_are_one_socket(void)
{
	uint16_t port;
	int fds[1] = { listening("::", true, &port) };

	announce(fds, 1, "mail");
	activation_open();
	if (!activation_covers(address("0.0.0.0"), port) || activation_covers(address("127.0.0.1"), port) ||
	    activation_covers(address("0.0.0.0"), (uint16_t)(port + 1)))
		return 1;
	return activation_take_ip(address("::"), port) == 3 ? 0 : 2;
}

static int
others_are_closed(void)
{
	uint16_t port;
	int fds[2] = { socket(AF_INET, SOCK_DGRAM, 0), listening("127.0.0.1", false, &port) };

	announce(fds, 2, "datagram:surplus");
	activation_open();
	if (fcntl(3, F_GETFD) >= 0)
		return 1;
	activation_close();
	return fcntl(4, F_GETFD) >= 0 ? 2 : 0;
}

static int
those_of_another_process_are_left_alone(void)
{
	uint16_t port;
	int fds[1] = { listening("127.0.0.1", false, &port) };

	announce(fds, 1, "mail");
	setenv("LISTEN_PID", "1", 1);
	activation_open();
	return activation_take_ip(address("127.0.0.1"), port) == -1 && getenv("LISTEN_FDS") == NULL ? 0 : 1;
}

/* In a process of its own, so that the framework's descriptors are not in the way; its exit code says what failed. */
static void
apart(int (*test)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(test());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}

START_TEST(sockets_are_taken_by_address)
{
	apart(taken_by_address);
}
END_TEST

START_TEST(one_for_both_families_covers_ipv4)
{
	apart(both_families_are_one_socket);
}
END_TEST

START_TEST(what_nobody_takes_is_closed)
{
	apart(others_are_closed);
}
END_TEST

START_TEST(what_is_for_another_process_is_not_ours)
{
	apart(those_of_another_process_are_left_alone);
}
END_TEST

UNIT_MAIN("activation", sockets_are_taken_by_address, one_for_both_families_covers_ipv4, what_nobody_takes_is_closed,
    what_is_for_another_process_is_not_ours)
