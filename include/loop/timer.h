/* One-shot timers. */
#ifndef LOOP_TIMER_H
#define LOOP_TIMER_H

#include <stdbool.h>
#include <stdint.h>

struct timer;

/* A timer that is not running. The callback comes from the loop, never from timer_start(). */
struct timer *timer_new(void (*on_timer)(void *arg), void *arg);

/* Run out in ms milliseconds from now, instead of whenever it would have. */
void timer_start(struct timer *timer, int64_t ms);
void timer_cancel(struct timer *timer);
bool timer_is_running(const struct timer *timer);
void timer_free(struct timer **timer);	/* tolerates NULL, leaves NULL; cancels */

#endif
