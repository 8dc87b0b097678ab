/* Asking, waiting for a second, and one message for all who wanted to know. */
#include "census.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "base/fatal.h"
#include "base/self.h"
#include "keys.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "metrics/count.h"
#include "metrics/sample.h"
#include "supervise.h"

#define ANSWER_MS 1000

struct waiter {
	TAILQ_ENTRY(waiter) entry;
	void (*on_census)(void *arg, struct span census);
	void *arg;
};

TAILQ_HEAD(waiters, waiter);

static struct waiters waiters = TAILQ_HEAD_INITIALIZER(waiters);
static const struct plan *current;
static struct timer *patience;
static int64_t started_ms;	/* since the epoch */
static bool is_asking;

void
census_configure(const struct plan *plan)
{
	current = plan;
}

/* --- what is said --- */

static void
certificates_count(struct buf *samples)
{
	const struct conf_list *certificates = &current->material.certificates;

	for (size_t i = 0; i < certificates->count && i < metrics_words(METRICS_NUMBER); i++)
		sample_put_of(samples, METRIC_CERTIFICATE_EXPIRY, i, (uint64_t)material_expires_s(span_of(certificates->items[i])));
}

static void
put_master(struct buf *out)
{
	struct census_room master = { .kind = ROOM_MASTER, .is_up = true, .counted = { started_ms, self_cpu_us(), self_memory_octets() } };
	struct buf samples;

	buf_init(&samples, ROOM_SAMPLES_MAX);
	sample_put(&samples, METRIC_BUILD, 1);
	sample_put(&samples, METRIC_LOCKED, keys_are_locked());
	certificates_count(&samples);
	count_tell(&samples);
	master.counted.samples = buf_span(&samples);
	census_room_encode(out, &master);
	buf_clear(&samples);
}

/* One that is wanted and does not run is there, too: it is not up. */
static void
put_room(struct buf *out, const struct room_row *row, unsigned index)
{
	const struct child *child = supervise_find(row->kind, index);
	struct census_room room = { .kind = row->kind, .index = (uint16_t)index };

	if (child != NULL) {
		room.restarts = child->restarts;
		room.is_up = buf_length(&child->counted) > 0 && room_counted_decode(buf_span(&child->counted), &room.counted);
	}
	census_room_encode(out, &room);
}

static void
census_tell(void)
{
	struct waiters asked = TAILQ_HEAD_INITIALIZER(asked);
	struct waiter *waiter;
	struct buf census;

	buf_init(&census, CHANNEL_PAYLOAD_MAX);
	put_master(&census);
	for (size_t i = 0; i < rooms_count; i++)
		for (unsigned index = 0; index < supervise_wanted(&rooms[i]); index++)
			put_room(&census, &rooms[i], index);
	/* Who is told may ask again. */
	is_asking = false;
	TAILQ_CONCAT(&asked, &waiters, entry);
	while ((waiter = TAILQ_FIRST(&asked)) != NULL) {
		TAILQ_REMOVE(&asked, waiter, entry);
		waiter->on_census(waiter->arg, buf_span(&census));
		free(waiter);
	}
	buf_clear(&census);
}

/* --- asking --- */

static void
each_child(void (*fn)(struct child *child))
{
	for (size_t i = 0; i < rooms_count; i++)
		for (unsigned index = 0; index < supervise_wanted(&rooms[i]); index++) {
			struct child *child = supervise_find(rooms[i].kind, index);

			if (child != NULL)
				fn(child);
		}
}

static unsigned missing;

static void
count_missing(struct child *child)
{
	missing += child->is_counting;
}

static void
census_step(void *unused)
{
	(void)unused;
	missing = 0;
	each_child(count_missing);
	if (!is_asking || missing > 0)
		return;
	timer_cancel(patience);
	census_tell();
}

static void
child_give_up(struct child *child)
{
	child->is_counting = false;
}

static void
on_late(void *unused)
{
	(void)unused;
	each_child(child_give_up);
	census_step(NULL);
}

static void
child_ask(struct child *child)
{
	buf_empty(&child->counted);
	child->is_counting = child_is_running(child);
	if (child->is_counting)
		child_send(child, MASTER_COUNT, SPAN(""), -1);
}

void
census_open(const struct plan *plan)
{
	census_configure(plan);
	started_ms = clock_wall_ms();
	patience = timer_new(on_late, NULL);
}

void
census_ask(void (*on_census)(void *arg, struct span census), void *arg)
{
	struct waiter *waiter = must_alloc(sizeof(*waiter));

	waiter->on_census = on_census;
	waiter->arg = arg;
	TAILQ_INSERT_TAIL(&waiters, waiter, entry);
	if (is_asking)
		return;
	is_asking = true;
	each_child(child_ask);
	timer_start(patience, ANSWER_MS);
	loop_soon(census_step, NULL);
}

void
census_cancel(void *arg)
{
	struct waiter *waiter, *next;

	for (waiter = TAILQ_FIRST(&waiters); waiter != NULL; waiter = next) {
		next = TAILQ_NEXT(waiter, entry);
		if (waiter->arg != arg)
			continue;
		TAILQ_REMOVE(&waiters, waiter, entry);
		free(waiter);
	}
}

void
census_counted(struct child *child, struct span counted)
{
	/* An answer to a census that is over is of no use any more. */
	if (!child->is_counting)
		return;
	child->is_counting = false;
	put_raw(&child->counted, counted.data, counted.length);
	census_step(NULL);
}

void
census_without(struct child *child)
{
	child->is_counting = false;
	buf_empty(&child->counted);
	census_step(NULL);
}
