/* Tests of src/lib-loop/loop.c, clock.c and reap.c: what happens in a turn, and in which order. */
#include "loop/loop.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loop/clock.h"
#include "loop/reap.h"
#include "tests/unit/unit.h"
#include "turns.h"

static char order[100];

#define LETTER(c) ((void *)(uintptr_t)(c))

static void
note(void *letter)
{
	order[strlen(order)] = (char)(uintptr_t)letter;
}

static void
soon_once_more(void *letter)
{
	note(letter);
	loop_soon(note, LETTER('c'));
	reap_later(note, LETTER('z'));
}

START_TEST(soon_is_in_this_turn_and_what_it_asks_for_in_the_next)
{
	loop_on_turn_end(note, LETTER('|'));
	loop_soon(note, LETTER('a'));
	loop_soon(soon_once_more, LETTER('b'));
	ck_assert_str_eq(order, "");
	run_turns(2);
	ck_assert_str_eq(order, "ab|zc|");
}
END_TEST

static void
reap_more(void *letter)
{
	note(letter);
	reap_later(note, LETTER('y'));
}

START_TEST(what_freeing_gives_up_is_freed_in_the_same_turn)
{
	reap_later(reap_more, LETTER('x'));
	run_turns(1);
	ck_assert_str_eq(order, "xy");
}
END_TEST

struct side {
	int fd;
	unsigned calls, seen;
	struct watch *watch;
	char take[16];
};

static void
on_ready(void *arg, unsigned ready)
{
	struct side *side = arg;

	side->calls++;
	side->seen |= ready;
	if (ready & LOOP_READABLE)
		ck_assert_int_gt(read(side->fd, side->take, sizeof(side->take)), 0);
}

START_TEST(a_watch_tells_what_it_is_set_to)
{
	struct side side = { 0 };
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	side.fd = pair[0];
	side.watch = watch_new(pair[0], on_ready, &side);
	ck_assert_int_eq(write(pair[1], "x", 1), 1);
	run_turns(3);
	ck_assert_uint_eq(side.calls, 0);
	watch_set(side.watch, LOOP_READABLE);
	run_turns(3);
	ck_assert_uint_eq(side.calls, 1);
	ck_assert_uint_eq(side.seen, LOOP_READABLE);
	watch_set(side.watch, LOOP_WRITABLE);
	run_turns(3);
	ck_assert_uint_gt(side.calls, 2);
	ck_assert_uint_eq(side.seen, LOOP_READABLE | LOOP_WRITABLE);
	watch_set(side.watch, 0);
	side.calls = 0;
	run_turns(3);
	ck_assert_uint_eq(side.calls, 0);
	watch_free(&side.watch);
	ck_assert_ptr_null(side.watch);
	watch_free(&side.watch);
	close(pair[0]);
	close(pair[1]);
}
END_TEST

static void
on_ready_free(void *arg, unsigned ready)
{
	struct side *side = arg;

	(void)ready;
	side->calls++;
	watch_free(&side->watch);
}

START_TEST(a_watch_freed_in_its_call_is_not_called_again)
{
	struct side side = { 0 };
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	side.watch = watch_new(pair[0], on_ready_free, &side);
	watch_set(side.watch, LOOP_READABLE | LOOP_WRITABLE);
	ck_assert_int_eq(write(pair[1], "x", 1), 1);
	run_turns(3);
	ck_assert_uint_eq(side.calls, 1);
	close(pair[0]);
	close(pair[1]);
}
END_TEST

START_TEST(the_clock_stands_still_within_a_turn_and_goes_on_after_it)
{
	int64_t now, wall;

	run_turns(1);
	now = clock_ms();
	wall = clock_wall_ms();
	usleep(20000);
	ck_assert_int_eq(clock_ms(), now);
	ck_assert_int_eq(clock_wall_ms(), wall);
	ck_assert_int_eq(clock_wall(), wall / 1000);
	run_turns(1);
	ck_assert_int_ge(clock_ms(), now + 20);
	now = clock_ms();
	usleep(20000);
	clock_update();
	ck_assert_int_ge(clock_ms(), now + 20);
}
END_TEST

static bool
something_was_noted(void)
{
	return order[0] != '\0';
}

START_TEST(a_signal_is_an_event)
{
	loop_on_signal(SIGUSR1, note, LETTER('s'));
	ck_assert_int_eq(kill(getpid(), SIGUSR1), 0);
	ck_assert_str_eq(order, "");
	run_until(something_was_noted);
	ck_assert_str_eq(order, "s");
}
END_TEST

/* A child that forgets the loop must not take the parent's watches away from it. */
START_TEST(a_child_that_forgets_the_loop_leaves_the_parents_alone)
{
	struct side side = { 0 };
	int pair[2], status;
	pid_t child;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	side.fd = pair[0];
	side.watch = watch_new(pair[0], on_ready, &side);
	watch_set(side.watch, LOOP_READABLE);
	loop_soon(note, LETTER('p'));
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		loop_forget();
		run_turns(2);		/* its own loop, in which nothing was asked for */
		_exit(order[0] == '\0' ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(write(pair[1], "x", 1), 1);
	run_turns(2);
	ck_assert_str_eq(order, "p");
	ck_assert_uint_eq(side.calls, 1);
	watch_free(&side.watch);
	close(pair[0]);
	close(pair[1]);
}
END_TEST

UNIT_MAIN("loop", soon_is_in_this_turn_and_what_it_asks_for_in_the_next, what_freeing_gives_up_is_freed_in_the_same_turn,
    a_watch_tells_what_it_is_set_to, a_watch_freed_in_its_call_is_not_called_again,
    the_clock_stands_still_within_a_turn_and_goes_on_after_it, a_signal_is_an_event,
    a_child_that_forgets_the_loop_leaves_the_parents_alone)
