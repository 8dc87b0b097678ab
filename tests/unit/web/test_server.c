/* Tests of src/web/server.c: libevent's server on the real loop, asked over a Unix-domain socket. */
#include "web/server.h"

#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "loop/loop.h"
#include "loop/timer.h"
#include "tests/unit/unit.h"

#define ASK "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define ANSWER_OCTETS 4096

static unsigned wanted;
static bool is_silent;		/* nobody has the numbers */
static struct sockaddr_un place;
static struct timer *over;

static void
on_wanted(void)
{
	wanted++;
	if (!is_silent)
		server_tell(SPAN("numbers\n"));
}

static void
on_over(void *unused)
{
	(void)unused;
	loop_stop();
}

static void
run_ms(int64_t ms)
{
	timer_start(over, ms);
	loop_run();
}

static void
begin(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	place.sun_family = AF_UNIX;
	snprintf(place.sun_path, sizeof(place.sun_path), "/tmp/test-server-%d", getpid());
	unlink(place.sun_path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&place, sizeof(place)), 0);
	ck_assert_int_eq(listen(fd, 200), 0);
	signal(SIGPIPE, SIG_IGN);	/* as room_run() does */
	loop_init();
	over = timer_new(on_over, NULL);
	server_open(on_wanted);
	server_add(1, fd);
	wanted = 0;
	is_silent = false;
}

static void
end(void)
{
	server_close();
	ck_assert_uint_eq(server_connections(), 0);
	timer_free(&over);
	unlink(place.sun_path);
}

static int
visit(const char *octets)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&place, sizeof(place)), 0);
	if (octets != NULL)
		ck_assert_int_eq(write(fd, octets, strlen(octets)), (ssize_t)strlen(octets));
	return fd;
}

/* All that came until the end; the connection is closed. Returns answer. */
static char *
hear(int fd, char answer[ANSWER_OCTETS])
{
	size_t length = 0;
	ssize_t n;

	while ((n = recv(fd, answer + length, ANSWER_OCTETS - 1 - length, MSG_DONTWAIT)) > 0)
		length += (size_t)n;
	ck_assert_msg(n == 0, "the connection is still there");
	answer[length] = '\0';
	close(fd);
	return answer;
}

START_TEST(one_request_has_one_answer_and_then_it_ends)
{
	char answer[ANSWER_OCTETS];
	int fd;

	begin();
	fd = visit(ASK ASK);
	run_ms(100);
	hear(fd, answer);
	ck_assert_msg(strncmp(answer, "HTTP/1.1 200 OK\r\n", 17) == 0, "%s", answer);
	ck_assert_ptr_nonnull(strstr(answer, "\r\nContent-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"));
	ck_assert_ptr_nonnull(strstr(answer, "\r\nContent-Length: 8\r\n"));
	ck_assert_ptr_nonnull(strstr(answer, "\r\nConnection: close\r\n"));
	ck_assert_ptr_nonnull(strstr(answer, "\r\n\r\nnumbers\n"));
	ck_assert_uint_eq(wanted, 1);
	ck_assert_uint_eq(server_connections(), 0);
	end();
}
END_TEST

START_TEST(all_who_ask_meanwhile_are_answered_by_one_asking)
{
	char answer[ANSWER_OCTETS];
	int fds[10];

	begin();
	is_silent = true;
	for (size_t i = 0; i < 10; i++)
		fds[i] = visit(ASK);
	run_ms(100);
	ck_assert_uint_eq(wanted, 1);
	close(fds[3]);		/* this one does not wait */
	run_ms(50);
	server_tell(SPAN("numbers\n"));
	run_ms(100);
	for (size_t i = 0; i < 10; i++)
		if (i != 3)
			ck_assert_ptr_nonnull(strstr(hear(fds[i], answer), "numbers\n"));
	/* The next one is asked for anew. */
	is_silent = false;
	fds[0] = visit(ASK);
	run_ms(100);
	ck_assert_ptr_nonnull(strstr(hear(fds[0], answer), "200 OK"));
	ck_assert_uint_eq(wanted, 2);
	end();
}
END_TEST

START_TEST(nobody_waits_for_ever)
{
	char answer[ANSWER_OCTETS];
	int fd;

	begin();
	is_silent = true;
	fd = visit(ASK);
	run_ms(SERVER_PATIENCE_MS - 500);
	ck_assert_uint_eq(server_connections(), 1);
	run_ms(800);
	ck_assert_ptr_nonnull(strstr(hear(fd, answer), "503 Service Unavailable"));
	end();
}
END_TEST

START_TEST(numbers_that_make_no_sense_are_an_error)
{
	char answer[ANSWER_OCTETS];
	int fd;

	begin();
	is_silent = true;
	fd = visit(ASK);
	run_ms(100);
	server_tell(SPAN(""));
	run_ms(100);
	ck_assert_ptr_nonnull(strstr(hear(fd, answer), "500 Internal Server Error"));
	end();
}
END_TEST

START_TEST(who_asks_nothing_makes_room)
{
	char answer[ANSWER_OCTETS];
	int fds[100];

	begin();
	is_silent = true;
	fds[0] = visit(ASK);
	run_ms(50);
	for (size_t i = 1; i < 100; i++)
		fds[i] = visit(NULL);
	run_ms(200);
	ck_assert_uint_eq(server_connections(), SERVER_CONNECTIONS);
	/* The first has asked: it stays. */
	server_tell(SPAN("numbers\n"));
	run_ms(100);
	ck_assert_ptr_nonnull(strstr(hear(fds[0], answer), "200 OK"));
	for (size_t i = 1; i < 100; i++)
		close(fds[i]);
	run_ms(100);
	ck_assert_uint_eq(server_connections(), 0);
	end();
}
END_TEST

START_TEST(when_all_have_asked_one_more_has_to_go)
{
	char answer[ANSWER_OCTETS];
	int fds[SERVER_CONNECTIONS], more;

	begin();
	is_silent = true;
	for (size_t i = 0; i < SERVER_CONNECTIONS; i++)
		fds[i] = visit(ASK);
	run_ms(100);
	more = visit(NULL);
	run_ms(100);
	ck_assert_str_eq(hear(more, answer), "");
	server_tell(SPAN("numbers\n"));
	run_ms(100);
	for (size_t i = 0; i < SERVER_CONNECTIONS; i++)
		ck_assert_ptr_nonnull(strstr(hear(fds[i], answer), "200 OK"));
	end();
}
END_TEST

START_TEST(who_has_left_makes_room)
{
	char answer[ANSWER_OCTETS];
	int fd;

	begin();
	is_silent = true;
	for (size_t i = 0; i < SERVER_CONNECTIONS + 10; i++) {
		close(visit(ASK));
		run_ms(5);
	}
	fd = visit(ASK);
	run_ms(100);
	server_tell(SPAN("numbers\n"));
	run_ms(100);
	ck_assert_ptr_nonnull(strstr(hear(fd, answer), "200 OK"));
	ck_assert_uint_eq(server_connections(), 0);
	end();
}
END_TEST

START_TEST(there_is_an_end_to_those_who_leave)
{
	begin();
	is_silent = true;
	for (size_t i = 0; i < SERVER_VISITORS + 50; i++) {
		close(visit(ASK));
		run_ms(2);
	}
	ck_assert_uint_le(server_connections(), SERVER_VISITORS + 1);
	server_tell(SPAN("numbers\n"));
	run_ms(100);
	ck_assert_uint_eq(server_connections(), 0);
	end();
}
END_TEST

START_TEST(a_socket_that_is_dropped_takes_nobody_any_more)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	begin();
	server_drop(7);		/* is not there */
	server_drop(1);
	ck_assert_int_lt(connect(fd, (struct sockaddr *)&place, sizeof(place)), 0);
	close(fd);
	end();
}
END_TEST

UNIT_MAIN("server", one_request_has_one_answer_and_then_it_ends, all_who_ask_meanwhile_are_answered_by_one_asking, nobody_waits_for_ever,
    numbers_that_make_no_sense_are_an_error, who_asks_nothing_makes_room, when_all_have_asked_one_more_has_to_go, who_has_left_makes_room,
    there_is_an_end_to_those_who_leave,
    a_socket_that_is_dropped_takes_nobody_any_more)
