/* One-shot timers on libevent's heap. */
#include "loop/timer.h"

#include <stdlib.h>

#include "base/fatal.h"
#include "internal.h"

struct timer {
	struct event *event;
	void (*on_timer)(void *arg);
	void *arg;
};

static void
on_timer_event(evutil_socket_t fd, short what, void *arg)
{
	struct timer *timer = arg;

	(void)fd;
	(void)what;
	timer->on_timer(timer->arg);
}

struct timer *
timer_new(void (*on_timer)(void *arg), void *arg)
{
	struct timer *timer = must_alloc(sizeof(*timer));

	timer->on_timer = on_timer;
	timer->arg = arg;
	timer->event = evtimer_new(loop_base(), on_timer_event, timer);
	if (timer->event == NULL)
		fatal("out of memory for a timer");
	return timer;
}

void
timer_start(struct timer *timer, int64_t ms)
{
	struct timeval in;

	if (ms < 0)
		ms = 0;
	in.tv_sec = ms / 1000;
	in.tv_usec = ms % 1000 * 1000;
	if (evtimer_add(timer->event, &in) < 0)
		fatal("cannot start a timer");
}

void
timer_cancel(struct timer *timer)
{
	evtimer_del(timer->event);
}

bool
timer_is_running(const struct timer *timer)
{
	return evtimer_pending(timer->event, NULL) != 0;
}

void
timer_free(struct timer **timer)
{
	if (*timer == NULL)
		return;
	event_free((*timer)->event);
	free(*timer);
	*timer = NULL;
}
