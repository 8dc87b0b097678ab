/* Tests of src/lib-base/log.c: what arrives behind stderr, and when. */
#include "base/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

/* Run fn in a child whose stderr is a pipe; its lines go to out. */
static void
stderr_of(void (*fn)(void), char *out, size_t size)
{
	size_t length = 0;
	ssize_t n;
	int pipes[2];
	pid_t child;

	ck_assert_int_eq(pipe(pipes), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		dup2(pipes[1], STDERR_FILENO);
		close(pipes[0]);
		close(pipes[1]);
		fn();
		_exit(0);
	}
	close(pipes[1]);
	while (length < size - 1 && (n = read(pipes[0], out + length, size - 1 - length)) > 0)
		length += (size_t)n;
	out[length] = '\0';
	close(pipes[0]);
	waitpid(child, NULL, 0);
}

static void
say_three(void)
{
	setenv("JOURNAL_STREAM", "8:1", 1);
	log_open("relay", LOG_TO_STDERR, LOG_LEVEL_INFO, LOG_ADDRESSES_FULL);
	log_info("first", LOG_NUMBER("n", 1));
	log_debug("unwanted");
	log_warn("second");
	log_info("never flushed");
}

START_TEST(lines_are_gathered_and_a_warning_takes_them_along)
{
	char out[1000];

	stderr_of(say_three, out, sizeof(out));
	ck_assert_str_eq(out, "relay: event=first n=1\nrelay: event=second level=warn\n");
}
END_TEST

static void
say_much(void)
{
	setenv("JOURNAL_STREAM", "8:1", 1);
	log_open("relay", LOG_TO_STDERR, LOG_LEVEL_DEBUG, LOG_ADDRESSES_FULL);
	for (int i = 0; i < 1000; i++)
		log_debug("line", LOG_NUMBER("n", i));
	log_flush();
}

START_TEST(many_lines_arrive_whole_and_in_order)
{
	static char out[100000];
	char *at = out, expected[64];

	stderr_of(say_much, out, sizeof(out));
	for (int i = 0; i < 1000; i++) {
		size_t length = (size_t)snprintf(expected, sizeof(expected), "relay: event=line n=%d\n", i);

		ck_assert_int_eq(strncmp(at, expected, length), 0);
		at += length;
	}
	ck_assert_str_eq(at, "");
}
END_TEST

static void
say_too_much(void)
{
	static char text[10000];

	setenv("JOURNAL_STREAM", "8:1", 1);
	memset(text, '\n', sizeof(text) - 1);
	log_open("relay", LOG_TO_STDERR, LOG_LEVEL_INFO, LOG_ADDRESSES_FULL);
	log_info("big", LOG_TEXT("text", text));
	log_error("next");
}

START_TEST(a_line_is_cut_and_still_ends)
{
	static char out[20000];

	stderr_of(say_too_much, out, sizeof(out));
	ck_assert_ptr_nonnull(strchr(out, '\n'));
	ck_assert_int_le(strchr(out, '\n') - out, 4096);
	ck_assert_str_eq(strchr(out, '\n'), "\nrelay: event=next level=error\n");
}
END_TEST

static void
say_with_time(void)
{
	unsetenv("JOURNAL_STREAM");
	log_open("relay", LOG_TO_STDERR, LOG_LEVEL_INFO, LOG_ADDRESSES_FULL);
	log_warn("timed");
}

START_TEST(the_time_is_added_when_nobody_else_does)
{
	char out[200];
	int year, month, day, hour, minute, second, ms, length = 0;

	stderr_of(say_with_time, out, sizeof(out));
	ck_assert_int_eq(sscanf(out, "%d-%d-%dT%d:%d:%d.%dZ relay: event=timed level=warn%n", &year, &month, &day, &hour, &minute,
	    &second, &ms, &length), 7);
	ck_assert_str_eq(out + length, "\n");
}
END_TEST

UNIT_MAIN("log", lines_are_gathered_and_a_warning_takes_them_along, many_lines_arrive_whole_and_in_order,
    a_line_is_cut_and_still_ends, the_time_is_added_when_nobody_else_does)
