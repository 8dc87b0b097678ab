/* The loop, the clocks, timers, reaping and syncing without a kernel. */
#include "loop/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/fatal.h"
#include "base/file.h"
#include "loop/clock.h"
#include "loop/reap.h"
#include "loop/sync.h"
#include "loop/timer.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_file.h"
#include "tests/fake/fake_loop.h"

#define MONOTONIC_START 1000000	/* ms */
#define MANY_TURNS 100000	/* more without an end are a fault of the code under test */

struct call {
	TAILQ_ENTRY(call) entry;
	void (*fn)(void *arg);
	void *arg;
	int number;		/* of a signal */
};

TAILQ_HEAD(calls, call);

struct watch {
	TAILQ_ENTRY(watch) entry;
	int fd;
	unsigned what;
	void (*on_ready)(void *arg, unsigned ready);
	void *arg;
};

struct timer {
	TAILQ_ENTRY(timer) entry;	/* on running, in the order of due, if is_running */
	bool is_running;
	int64_t due;
	void (*on_timer)(void *arg);
	void *arg;
};

struct request {
	TAILQ_ENTRY(request) entry;
	int fd;
	uint64_t begun;		/* what happens to files from that number on is not covered */
	void (*on_synced)(void *arg, int error);
	void *arg;
};

static struct calls soon = TAILQ_HEAD_INITIALIZER(soon);
static struct calls hooks = TAILQ_HEAD_INITIALIZER(hooks);
static struct calls graves = TAILQ_HEAD_INITIALIZER(graves);
static struct calls signals = TAILQ_HEAD_INITIALIZER(signals);
static TAILQ_HEAD(, watch) watches = TAILQ_HEAD_INITIALIZER(watches);
static TAILQ_HEAD(timers, timer) running = TAILQ_HEAD_INITIALIZER(running);
static TAILQ_HEAD(, request) requests = TAILQ_HEAD_INITIALIZER(requests);
static int64_t monotonic_ms = MONOTONIC_START, wall_ms = (int64_t)FAKE_WALL_START * 1000;
static bool is_stopped, is_sync_held;
static void (*play)(void);

static void
calls_drop(struct calls *calls)
{
	struct call *call;

	while ((call = TAILQ_FIRST(calls)) != NULL) {
		TAILQ_REMOVE(calls, call, entry);
		free(call);
	}
}

static void
loop_reset(void)
{
	struct request *request;
	struct timer *timer;

	calls_drop(&soon);
	calls_drop(&hooks);
	calls_drop(&signals);
	while (!TAILQ_EMPTY(&graves))
		fake_turn();
	while ((timer = TAILQ_FIRST(&running)) != NULL)
		timer_cancel(timer);
	while ((request = TAILQ_FIRST(&requests)) != NULL) {
		TAILQ_REMOVE(&requests, request, entry);
		free(request);
	}
	monotonic_ms = MONOTONIC_START;
	wall_ms = (int64_t)FAKE_WALL_START * 1000;
	is_stopped = is_sync_held = false;
	play = NULL;
}

static void
calls_add(struct calls *calls, void (*fn)(void *arg), void *arg, int number)
{
	struct call *call = must_alloc(sizeof(*call));

	fake_on_reset(loop_reset);
	*call = (struct call){ .fn = fn, .arg = arg, .number = number };
	TAILQ_INSERT_TAIL(calls, call, entry);
}

/* Run and drop the calls that are there now; more may come meanwhile, behind them. */
static void
calls_run(struct calls *calls)
{
	struct call *last = TAILQ_LAST(calls, calls), *call;
	bool is_last = last == NULL;

	while (!is_last && (call = TAILQ_FIRST(calls)) != NULL) {
		is_last = call == last;
		TAILQ_REMOVE(calls, call, entry);
		call->fn(call->arg);
		free(call);
	}
}

void
fake_turn(void)
{
	struct call *hook;

	calls_run(&soon);
	TAILQ_FOREACH(hook, &hooks, entry)
		hook->fn(hook->arg);
	while (!TAILQ_EMPTY(&graves))
		calls_run(&graves);
}

void
fake_settle(void)
{
	int turns = 0;

	do {
		fake_turn();
		if (++turns > MANY_TURNS)
			fake_fail("the loop never comes to rest");
	} while (!TAILQ_EMPTY(&soon));
}

void
fake_advance(int64_t ms)
{
	int64_t end = monotonic_ms + ms;
	struct timer *timer;

	while ((timer = TAILQ_FIRST(&running)) != NULL && timer->due <= end) {
		if (timer->due > monotonic_ms) {
			wall_ms += timer->due - monotonic_ms;
			monotonic_ms = timer->due;
		}
		timer_cancel(timer);
		timer->on_timer(timer->arg);
		fake_settle();
	}
	wall_ms += end - monotonic_ms;
	monotonic_ms = end;
}

void
fake_wall_step(int64_t ms)
{
	wall_ms += ms;
}

bool
fake_ready(int fd, unsigned what)
{
	struct watch *watch;

	TAILQ_FOREACH(watch, &watches, entry)
		if (watch->fd == fd && (watch->what & what) != 0) {
			watch->on_ready(watch->arg, watch->what & what);
			return true;
		}
	return false;
}

void
fake_signal(int number)
{
	struct call *call;

	TAILQ_FOREACH(call, &signals, entry)
		if (call->number == number)
			call->fn(call->arg);
}

void
fake_loop_play(void (*the_play)(void))
{
	fake_on_reset(loop_reset);
	play = the_play;
}

bool
fake_loop_is_stopped(void)
{
	return is_stopped;
}

unsigned
fake_timers(void)
{
	struct timer *timer;
	unsigned count = 0;

	TAILQ_FOREACH(timer, &running, entry)
		count++;
	return count;
}

void
fake_loop_kill(void)
{
	struct request *request;
	struct timer *timer;

	calls_drop(&soon);
	while ((timer = TAILQ_FIRST(&running)) != NULL)
		timer_cancel(timer);
	while ((request = TAILQ_FIRST(&requests)) != NULL) {
		TAILQ_REMOVE(&requests, request, entry);
		free(request);
	}
}

/* loop/loop.h */

void
loop_init(void)
{
	is_stopped = false;
}

void
loop_run(void)
{
	if (play != NULL) {
		play();
		return;
	}
	while (!is_stopped) {
		if (TAILQ_EMPTY(&soon))
			fake_fail("loop_run() would wait for ever");
		fake_turn();
	}
}

void
loop_stop(void)
{
	is_stopped = true;
}

void
loop_forget(void)
{
}

struct watch *
watch_new(int fd, void (*on_ready)(void *arg, unsigned ready), void *arg)
{
	struct watch *watch = must_alloc(sizeof(*watch));

	watch->fd = fd;
	watch->on_ready = on_ready;
	watch->arg = arg;
	TAILQ_INSERT_TAIL(&watches, watch, entry);
	return watch;
}

void
watch_set(struct watch *watch, unsigned what)
{
	watch->what = what;
}

void
watch_free(struct watch **watch)
{
	if (*watch == NULL)
		return;
	TAILQ_REMOVE(&watches, *watch, entry);
	free(*watch);
	*watch = NULL;
}

void
loop_on_signal(int number, void (*on_signal)(void *arg), void *arg)
{
	calls_add(&signals, on_signal, arg, number);
}

void
loop_soon(void (*fn)(void *arg), void *arg)
{
	calls_add(&soon, fn, arg, 0);
}

void
loop_on_turn_end(void (*fn)(void *arg), void *arg)
{
	calls_add(&hooks, fn, arg, 0);
}

void
reap_later(void (*free_it)(void *thing), void *thing)
{
	calls_add(&graves, free_it, thing, 0);
}

/* loop/clock.h */

int64_t
clock_ms(void)
{
	return monotonic_ms;
}

int64_t
clock_us(void)
{
	return clock_ms() * 1000;
}

int64_t
clock_up(void)
{
	return clock_ms() / 1000;
}

int64_t
clock_wall_ms(void)
{
	return wall_ms;
}

int64_t
clock_wall(void)
{
	return wall_ms / 1000;
}

void
clock_update(void)
{
}

/* loop/timer.h */

struct timer *
timer_new(void (*on_timer)(void *arg), void *arg)
{
	struct timer *timer = must_alloc(sizeof(*timer));

	timer->on_timer = on_timer;
	timer->arg = arg;
	return timer;
}

void
timer_start(struct timer *timer, int64_t ms)
{
	struct timer *other;

	fake_on_reset(loop_reset);
	timer_cancel(timer);
	timer->is_running = true;
	timer->due = monotonic_ms + (ms < 0 ? 0 : ms);
	TAILQ_FOREACH(other, &running, entry)
		if (other->due > timer->due)
			break;
	if (other == NULL)
		TAILQ_INSERT_TAIL(&running, timer, entry);
	else
		TAILQ_INSERT_BEFORE(other, timer, entry);
}

void
timer_cancel(struct timer *timer)
{
	if (timer->is_running)
		TAILQ_REMOVE(&running, timer, entry);
	timer->is_running = false;
}

bool
timer_is_running(const struct timer *timer)
{
	return timer->is_running;
}

void
timer_free(struct timer **timer)
{
	if (*timer == NULL)
		return;
	timer_cancel(*timer);
	free(*timer);
	*timer = NULL;
}

/* loop/sync.h */

static void
request_serve(void)
{
	struct request *request = TAILQ_FIRST(&requests);

	TAILQ_REMOVE(&requests, request, entry);
	fake_file_sync_begun(request->begun);
	request->on_synced(request->arg, file_sync(request->fd) == 0 ? 0 : errno);
	free(request);
}

static void
on_sync_turn(void *unused)
{
	(void)unused;
	if (!is_sync_held && !TAILQ_EMPTY(&requests))
		request_serve();
}

void
sync_start(int fd, void (*on_synced)(void *arg, int error), void *arg)
{
	struct request *request = must_alloc(sizeof(*request));

	*request = (struct request){ .fd = fd, .begun = fake_file_now(), .on_synced = on_synced, .arg = arg };
	TAILQ_INSERT_TAIL(&requests, request, entry);
	loop_soon(on_sync_turn, NULL);
}

void
fake_sync_hold(bool hold)
{
	fake_on_reset(loop_reset);
	is_sync_held = hold;
	if (!hold)
		fake_sync_release();
}

void
fake_sync_release(void)
{
	for (unsigned waiting = fake_syncs_waiting(); waiting > 0; waiting--)
		request_serve();
}

unsigned
fake_syncs_waiting(void)
{
	struct request *request;
	unsigned count = 0;

	TAILQ_FOREACH(request, &requests, entry)
		count++;
	return count;
}
