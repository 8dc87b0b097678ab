/* Pairs of rooms whose channel is to be made anew. */
#include "mend.h"

#include <stdlib.h>

#include "base/fatal.h"

#define PAUSE_MS 1000

struct pair {
	STAILQ_ENTRY(pair) entry;
	struct mend_side a, b;
};

static STAILQ_HEAD(, pair) pairs = STAILQ_HEAD_INITIALIZER(pairs);
static struct timer *pause_timer;
static void (*tell)(const struct mend_side *a, const struct mend_side *b);

static struct mend_side
side_of(const struct child *child)
{
	return (struct mend_side){ child->row->kind, child->index, child->pid };
}

static bool
side_equal(const struct mend_side *a, const struct mend_side *b)
{
	return a->kind == b->kind && a->index == b->index && a->pid == b->pid;
}

static void
on_pause_over(void *unused)
{
	struct pair *pair;

	(void)unused;
	while ((pair = STAILQ_FIRST(&pairs)) != NULL) {
		STAILQ_REMOVE_HEAD(&pairs, entry);
		tell(&pair->a, &pair->b);
		free(pair);
	}
}

void
mend_open(void (*on_mend)(const struct mend_side *a, const struct mend_side *b))
{
	tell = on_mend;
	pause_timer = timer_new(on_pause_over, NULL);
}

void
mend_later(const struct child *a, const struct child *b)
{
	struct mend_side one = side_of(a), other = side_of(b);
	struct pair *pair;

	STAILQ_FOREACH(pair, &pairs, entry)
		if ((side_equal(&pair->a, &one) && side_equal(&pair->b, &other)) ||
		    (side_equal(&pair->a, &other) && side_equal(&pair->b, &one)))
			return;
	pair = must_alloc(sizeof(*pair));
	pair->a = one;
	pair->b = other;
	STAILQ_INSERT_TAIL(&pairs, pair, entry);
	if (!timer_is_running(pause_timer))
		timer_start(pause_timer, PAUSE_MS);
}
