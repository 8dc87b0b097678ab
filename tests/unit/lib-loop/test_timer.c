/* Tests of src/lib-loop/timer.c. */
#include "loop/timer.h"

#include <unistd.h>

#include "tests/unit/unit.h"
#include "turns.h"

static char order[100];

#define LETTER(c) ((void *)(uintptr_t)(c))

static void
note(void *letter)
{
	order[strlen(order)] = (char)(uintptr_t)letter;
}

static bool
three_were_noted(void)
{
	return strlen(order) >= 3;
}

START_TEST(timers_run_out_once_and_in_the_order_of_their_times)
{
	struct timer *a = timer_new(note, LETTER('a')), *b = timer_new(note, LETTER('b')), *c = timer_new(note, LETTER('c'));

	timer_start(c, 60);
	timer_start(a, -5);
	timer_start(b, 30);
	ck_assert(timer_is_running(a) && timer_is_running(b) && timer_is_running(c));
	ck_assert_str_eq(order, "");
	run_until(three_were_noted);
	ck_assert_str_eq(order, "abc");
	ck_assert(!timer_is_running(a) && !timer_is_running(c));
	usleep(70000);
	run_turns(3);
	ck_assert_str_eq(order, "abc");
	timer_free(&a);
	timer_free(&b);
	timer_free(&c);
}
END_TEST

START_TEST(a_timer_starts_anew_and_can_be_stopped)
{
	struct timer *a = timer_new(note, LETTER('a')), *b = timer_new(note, LETTER('b')), *end = timer_new(note, LETTER('e'));

	ck_assert(!timer_is_running(a));
	timer_start(a, 1);
	timer_start(a, 100000);
	timer_start(b, 1);
	timer_cancel(b);
	timer_cancel(b);
	ck_assert(!timer_is_running(b));
	timer_start(end, 1);
	usleep(20000);
	run_turns(3);
	ck_assert_str_eq(order, "e");
	ck_assert(timer_is_running(a));
	timer_free(&a);
	timer_free(&b);
	timer_free(&end);
	ck_assert_ptr_null(a);
	timer_free(&a);
}
END_TEST

static struct timer *own;

static void
free_own(void *letter)
{
	note(letter);
	timer_free(&own);
}

START_TEST(a_timer_may_be_freed_in_its_own_call)
{
	own = timer_new(free_own, LETTER('f'));
	timer_start(own, 0);
	usleep(5000);
	run_turns(3);
	ck_assert_str_eq(order, "f");
	ck_assert_ptr_null(own);
}
END_TEST

static bool
one_was_noted(void)
{
	return order[0] != '\0';
}

/* Rooms make their timers first and enter the loop last. */
START_TEST(a_timer_made_before_the_loop_is_begun_runs_out_too)
{
	struct timer *early = timer_new(note, LETTER('e')), *late;

	loop_init();
	late = timer_new(note, LETTER('l'));
	timer_start(late, 1000);
	timer_start(early, 1);
	run_until(one_was_noted);
	ck_assert_str_eq(order, "e");
	timer_free(&early);
	timer_free(&late);
}
END_TEST

UNIT_MAIN("timer", timers_run_out_once_and_in_the_order_of_their_times, a_timer_starts_anew_and_can_be_stopped,
    a_timer_may_be_freed_in_its_own_call, a_timer_made_before_the_loop_is_begun_runs_out_too)
