/* The event loop: turns of libevent's, with work for their end. */
#include "loop/loop.h"

#include <stdlib.h>

#include "base/fatal.h"
#include "base/log.h"
#include "internal.h"

struct call {
	void (*fn)(void *arg);
	void *arg;
};

struct calls {
	struct call *at;
	size_t count, capacity;
};

static struct event_base *base;
static struct calls soon, running, hooks;
static bool stopping;

struct watch {
	struct event *readable, *writable;
	unsigned what;
	void (*on_ready)(void *arg, unsigned ready);
	void *arg;
};

static void
calls_add(struct calls *calls, void (*fn)(void *arg), void *arg)
{
	if (calls->count == calls->capacity) {
		calls->capacity = calls->capacity == 0 ? 64 : calls->capacity * 2;
		calls->at = must_realloc(calls->at, calls->capacity * sizeof(*calls->at));
	}
	calls->at[calls->count++] = (struct call){ fn, arg };
}

struct event_base *
loop_base(void)
{
	if (base == NULL)
		loop_init();
	return base;
}

void
loop_init(void)
{
	struct event_config *config;

	if (base != NULL)
		return;
	config = event_config_new();
	if (config == NULL || event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) < 0 ||
	    (base = event_base_new_with_config(config)) == NULL)
		fatal("cannot make an event loop");
	event_config_free(config);
}

void
loop_forget(void)
{
	base = NULL;
	soon.count = running.count = hooks.count = 0;
}

/* Run what was asked for "soon"; what that asks for waits for the next turn. */
static void
run_soon(void)
{
	struct calls now = soon;

	soon = running;
	soon.count = 0;
	running = now;
	for (size_t i = 0; i < running.count; i++)
		running.at[i].fn(running.at[i].arg);
	running.count = 0;
}

static void
loop_turn(void)
{
	clock_forget();
	if (event_base_loop(base, EVLOOP_ONCE | (soon.count > 0 ? EVLOOP_NONBLOCK : 0)) < 0)
		fatal("the event loop failed");
	run_soon();
	for (size_t i = 0; i < hooks.count; i++)
		hooks.at[i].fn(hooks.at[i].arg);
	reap_run();
	log_flush();
}

void
loop_run(void)
{
	stopping = false;
	while (!stopping)
		loop_turn();
}

static void
do_nothing(void *unused)
{
	(void)unused;
}

void
loop_stop(void)
{
	stopping = true;
	loop_soon(do_nothing, NULL);	/* so that this turn does not wait */
}

void
loop_soon(void (*fn)(void *arg), void *arg)
{
	calls_add(&soon, fn, arg);
}

void
loop_on_turn_end(void (*fn)(void *arg), void *arg)
{
	calls_add(&hooks, fn, arg);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct watch *watch = arg;

	(void)fd;
	(void)what;
	watch->on_ready(watch->arg, LOOP_READABLE);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct watch *watch = arg;

	(void)fd;
	(void)what;
	watch->on_ready(watch->arg, LOOP_WRITABLE);
}

struct watch *
watch_new(int fd, void (*on_ready)(void *arg, unsigned ready), void *arg)
{
	struct watch *watch = must_alloc(sizeof(*watch));

	watch->on_ready = on_ready;
	watch->arg = arg;
	watch->readable = event_new(loop_base(), fd, EV_READ | EV_PERSIST, on_readable, watch);
	watch->writable = event_new(loop_base(), fd, EV_WRITE | EV_PERSIST, on_writable, watch);
	if (watch->readable == NULL || watch->writable == NULL)
		fatal("out of memory for an event");
	return watch;
}

static void
event_switch(struct event *event, bool was, bool wanted)
{
	if (wanted && !was && event_add(event, NULL) < 0)
		fatal_errno("cannot watch descriptor %d", (int)event_get_fd(event));
	if (!wanted && was)
		event_del(event);
}

void
watch_set(struct watch *watch, unsigned what)
{
	event_switch(watch->readable, watch->what & LOOP_READABLE, what & LOOP_READABLE);
	event_switch(watch->writable, watch->what & LOOP_WRITABLE, what & LOOP_WRITABLE);
	watch->what = what;
}

void
watch_free(struct watch **watch)
{
	if (*watch == NULL)
		return;
	event_free((*watch)->readable);
	event_free((*watch)->writable);
	free(*watch);
	*watch = NULL;
}

struct signal_call {
	void (*fn)(void *arg);
	void *arg;
};

static void
on_signal_event(evutil_socket_t number, short what, void *arg)
{
	struct signal_call *call = arg;

	(void)number;
	(void)what;
	call->fn(call->arg);
}

void
loop_on_signal(int number, void (*on_signal)(void *arg), void *arg)
{
	struct signal_call *call = must_alloc(sizeof(*call));
	struct event *event;

	*call = (struct signal_call){ on_signal, arg };
	event = evsignal_new(loop_base(), number, on_signal_event, call);
	if (event == NULL || event_add(event, NULL) < 0)
		fatal("cannot watch for signal %d", number);
}
