/* The loop's turns and the clock, moved by hand. */
#ifndef TESTS_FAKE_FAKE_LOOP_H
#define TESTS_FAKE_FAKE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#define FAKE_WALL_START 1772323200	/* Sun, 1 Mar 2026 00:00:00 UTC: where the wall clock begins */

/* One turn: what was asked for "soon" before it, the hooks of the turn's end, what was given to reap_later(). */
void fake_turn(void);

/* Turns until nothing is left for the next. */
void fake_settle(void);

/* Move both clocks; timers run when they are due, each followed by fake_settle(). */
void fake_advance(int64_t ms);

/* Move the wall clock alone: somebody set it. */
void fake_wall_step(int64_t ms);

/* The descriptor has become ready. False when nobody watches it for any of `what`. */
bool fake_ready(int fd, unsigned what);

void fake_signal(int number);

/* What loop_run() plays: room_run() and its like come back when it has returned. */
void fake_loop_play(void (*play)(void));

/* loop_stop() was called. */
bool fake_loop_is_stopped(void);

/* Timers that run. */
unsigned fake_timers(void);

/* The code under test was killed: what it had asked for "soon", its timers, and syncs under way come to nothing. */
void fake_loop_kill(void);

/*
 * From now on sync_start() waits until fake_sync_release(); before, and after fake_sync_hold(false), it is done in the
 * next turn. What comes of it is what file_sync() says then.
 */
void fake_sync_hold(bool hold);
void fake_sync_release(void);	/* all that wait */
unsigned fake_syncs_waiting(void);

#endif
