/* How often senders of mail that strangers brought were told within the hour: in memory, by their addresses. */
#include "report/strangers.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/queue.h>

#include "base/fatal.h"
#include "base/tree.h"
#include "mail/envelope.h"

struct told {
	RB_ENTRY(told) of_tree;
	TAILQ_ENTRY(told) of_age;
	struct span sender;	/* ours */
	uint64_t counts[2];	/* of failures [true], of all else [false] */
	int64_t until_ms;
};

RB_HEAD(told_tree, told);
TAILQ_HEAD(told_list, told);

struct strangers {
	struct told_tree tree;
	struct told_list ages;	/* the oldest first */
	unsigned count;
};

/* Letters of another case are another way to write to the same person. */
static int
told_compare(const struct told *a, const struct told *b)
{
	size_t length = a->sender.length < b->sender.length ? a->sender.length : b->sender.length;
	int order = strncasecmp(a->sender.data, b->sender.data, length);

	return order != 0 ? order : (a->sender.length > b->sender.length) - (a->sender.length < b->sender.length);
}

TREE_GENERATE(told_tree, told, of_tree, told_compare)

struct strangers *
strangers_new(void)
{
	struct strangers *strangers = must_alloc(sizeof(*strangers));

	RB_INIT(&strangers->tree);
	TAILQ_INIT(&strangers->ages);
	return strangers;
}

static void
told_free(struct strangers *strangers, struct told *told)
{
	RB_REMOVE(told_tree, &strangers->tree, told);
	TAILQ_REMOVE(&strangers->ages, told, of_age);
	strangers->count--;
	free((char *)(uintptr_t)told->sender.data);
	free(told);
}

void
strangers_free(struct strangers **strangers)
{
	if (*strangers == NULL)
		return;
	while (!TAILQ_EMPTY(&(*strangers)->ages))
		told_free(*strangers, TAILQ_FIRST(&(*strangers)->ages));
	free(*strangers);
	*strangers = NULL;
}

static struct told *
told_find(struct strangers *strangers, struct span sender)
{
	struct told wanted = { .sender = sender };

	return RB_FIND(told_tree, &strangers->tree, &wanted);
}

static struct told *
told_add(struct strangers *strangers, struct span sender, int64_t now_ms)
{
	struct told *told = must_alloc(sizeof(*told));

	if (strangers->count == STRANGERS_KEPT)
		told_free(strangers, TAILQ_FIRST(&strangers->ages));
	told->sender = span_make(must_copy(sender.data, sender.length), sender.length);
	told->until_ms = now_ms + STRANGERS_MS;
	RB_INSERT(told_tree, &strangers->tree, told);
	TAILQ_INSERT_TAIL(&strangers->ages, told, of_age);
	strangers->count++;
	return told;
}

/* Whose hour is over is forgotten: all hours are as long, so that the oldest are the first. */
static void
told_expire(struct strangers *strangers, int64_t now_ms)
{
	struct told *told;

	while ((told = TAILQ_FIRST(&strangers->ages)) != NULL && told->until_ms <= now_ms)
		told_free(strangers, told);
}

const char *
strangers_take(struct strangers *strangers, const struct envelope *envelope, bool is_failure, uint64_t most, bool tells_forged,
    int64_t now_ms)
{
	struct told *told;

	if (envelope->flags & ENVELOPE_FORGED && !tells_forged)
		return "forged";
	if (!(envelope->flags & ENVELOPE_UNPROVED) || most == 0)
		return NULL;
	told_expire(strangers, now_ms);
	told = told_find(strangers, envelope->sender);
	if (told == NULL)
		told = told_add(strangers, envelope->sender, now_ms);
	if (told->counts[is_failure] >= most)
		return "flood";
	told->counts[is_failure]++;
	return NULL;
}

void
strangers_give_back(struct strangers *strangers, struct span sender, bool is_failure)
{
	struct told *told = told_find(strangers, sender);

	if (told != NULL && told->counts[is_failure] > 0)
		told->counts[is_failure]--;
}
