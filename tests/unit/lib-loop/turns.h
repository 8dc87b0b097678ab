/* Running the real loop in a test until something is so, with a guard against waiting for ever. */
#ifndef TESTS_UNIT_LIB_LOOP_TURNS_H
#define TESTS_UNIT_LIB_LOOP_TURNS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "loop/loop.h"
#include "loop/timer.h"

#define TURNS_GUARD_MS 20000

static bool (*turns_until)(void);
static unsigned turns_left;

static void
turns_check(void *unused)
{
	(void)unused;
	if ((turns_until != NULL && turns_until()) || (turns_left > 0 && --turns_left == 0))
		loop_stop();
}

static void
turns_expired(void *unused)
{
	(void)unused;
	fputs("the loop waited in vain\n", stderr);
	abort();
}

static inline void
turns_go(void)
{
	static bool known;
	struct timer *guard = timer_new(turns_expired, NULL);

	if (!known)
		loop_on_turn_end(turns_check, NULL);
	known = true;
	timer_start(guard, TURNS_GUARD_MS);
	loop_run();
	timer_free(&guard);
}

/* Until the question is answered with yes at the end of a turn. */
static inline void
run_until(bool (*is_so)(void))
{
	turns_until = is_so;
	turns_left = 0;
	turns_go();
}

static void
turns_nudge(void *unused)
{
	(void)unused;
	if (turns_left > 0)
		loop_soon(turns_nudge, NULL);	/* no turn waits */
}

/* So many turns, without waiting for anything. */
static inline void
run_turns(unsigned turns)
{
	turns_until = NULL;
	turns_left = turns;
	loop_soon(turns_nudge, NULL);
	turns_go();
}

#endif
