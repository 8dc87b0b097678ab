/* What time does to messages. */
#include "queue/age.h"

#include <stdlib.h>

#include "base/fatal.h"
#include "base/log.h"
#include "loop/clock.h"
#include "queue/destination.h"
#include "queue/notices.h"
#include "queue/task.h"

#define LOOK_MS 5000		/* between looks at the hands, at most */
#define STEP_MS 5000		/* a clock that is set back by less only waits a little longer */
#define TURN_MESSAGES 5000	/* passed in one turn, at most */

#define SETTLED_S 300		/* a first try has come by then, or its next hop is busy, at rest or away */
#define BRIEF_S 86400		/* RFC 8460 5.5 */

enum hand { HAND_SETTLED, HAND_DELAY, HAND_POLICY, HAND_BRIEF, HAND_EXPIRE, HANDS };

_Static_assert(HANDS == sizeof(((struct queue *)0)->age_hands) / sizeof(struct message *), "queue has each hand's place");

static int64_t
hand_age_ms(const struct queue *queue, enum hand hand)
{
	const struct conf_queue *conf = queue->conf;
	const uint64_t seconds[HANDS] = { SETTLED_S, conf->delay_notice_s, conf->expire_policy_s, BRIEF_S, conf->expire_s };

	/* No delay notice: the hand never gets there. */
	return seconds[hand] == 0 ? INT64_MAX / 2 : (int64_t)seconds[hand] * 1000;
}

int64_t
age_limit_ms(const struct queue *queue, const struct message *message, bool is_policy)
{
	int64_t age_ms = hand_age_ms(queue, is_policy ? HAND_POLICY : HAND_EXPIRE), brief_ms = hand_age_ms(queue, HAND_BRIEF);

	return message->arrival_ms + (message->flags & MESSAGE_BRIEF && brief_ms < age_ms ? brief_ms : age_ms);
}

bool
age_is_settled(const struct message *message)
{
	return clock_wall_ms() >= message->arrival_ms + INT64_C(1000) * SETTLED_S;
}

bool
age_is_over(const struct queue *queue, const struct message *message, const struct outcome *outcome)
{
	return clock_wall_ms() >= age_limit_ms(queue, message, outcome->is_policy);
}

void
age_add(struct queue *queue, struct message *message)
{
	TAILQ_INSERT_TAIL(&queue->ages, message, of_ages);
	for (int hand = 0; hand < HANDS; hand++)
		if (queue->age_hands[hand] == NULL)
			queue->age_hands[hand] = message;
}

void
age_remove(struct queue *queue, struct message *message)
{
	for (int hand = 0; hand < HANDS; hand++)
		if (queue->age_hands[hand] == message)
			queue->age_hands[hand] = TAILQ_NEXT(message, of_ages);
	TAILQ_REMOVE(&queue->ages, message, of_ages);
}

/* Waiting tasks get their last try now. */
static void
last_try(struct queue *queue, struct message *message, bool policy_only)
{
	struct task *task, *next;

	for (task = SLIST_FIRST(&message->tasks); task != NULL; task = next) {
		next = SLIST_NEXT(task, of_message);
		if (task->state == TASK_WAITING && (!policy_only || (task->why != NULL && task->why->outcome.is_policy)))
			task_ready(queue, task);
	}
}

static void
hand_pass(struct queue *queue, enum hand hand, struct message *message)
{
	if (hand == HAND_SETTLED)
		notices_look(queue, message);
	else if (hand == HAND_DELAY)
		notices_delay(queue, message);
	else if (hand != HAND_BRIEF || message->flags & MESSAGE_BRIEF)
		last_try(queue, message, hand == HAND_POLICY);
}

/* Move a hand. Returns false when there is more to pass than one turn allows. */
static bool
hand_move(struct queue *queue, enum hand hand, int64_t now)
{
	int64_t age = hand_age_ms(queue, hand);

	for (unsigned i = 0; i < TURN_MESSAGES; i++) {
		struct message *message = queue->age_hands[hand];

		if (message == NULL || message->arrival_ms + age > now)
			return true;
		queue->age_hands[hand] = TAILQ_NEXT(message, of_ages);
		hand_pass(queue, hand, message);
	}
	return false;
}

/*
 * Times to come are kept by the wall clock, because they are written down. When somebody sets it back, they move with it:
 * else everything would wait until the clock had caught up. Set forward, it makes some tries early.
 */
static void
clock_look(struct queue *queue)
{
	int64_t now_ms = clock_ms(), now = clock_wall_ms(), step = now - queue->seen_wall_ms - (now_ms - queue->seen_ms);
	struct message *message;

	queue->seen_ms = now_ms;
	queue->seen_wall_ms = now;
	if (step > -STEP_MS)
		return;
	log_warn("clock", LOG_TEXT("what", "the clock was set back"), LOG_SECONDS("by", -step));
	task_shift(queue, step);
	destination_shift(queue, step);
	TAILQ_FOREACH(message, &queue->ages, of_ages)
		if (message->arrival_ms > now)
			message->arrival_ms = now;
}

static void
on_age(void *arg)
{
	struct queue *queue = arg;
	bool all = true;

	clock_look(queue);
	for (enum hand hand = 0; hand < HANDS; hand++)
		all = hand_move(queue, hand, clock_wall_ms()) && all;
	timer_start(queue->age_timer, all ? LOOK_MS : 1);
}

void
age_reset(struct queue *queue)
{
	for (int hand = 0; hand < HANDS; hand++)
		queue->age_hands[hand] = TAILQ_FIRST(&queue->ages);
}

static int
by_arrival(const void *a, const void *b)
{
	const struct message *const *x = a, *const *y = b;

	return (*x)->arrival_ms < (*y)->arrival_ms ? -1 : (*x)->arrival_ms > (*y)->arrival_ms;
}

void
age_sort(struct queue *queue)
{
	size_t count = 0;
	struct message **all, *message;

	if (TAILQ_EMPTY(&queue->ages))
		return;
	all = must_alloc(queue->messages_count * sizeof(struct message *));
	TAILQ_FOREACH(message, &queue->ages, of_ages)
		all[count++] = message;
	qsort(all, count, sizeof(struct message *), by_arrival);
	TAILQ_INIT(&queue->ages);
	for (size_t i = 0; i < count; i++)
		TAILQ_INSERT_TAIL(&queue->ages, all[i], of_ages);
	free(all);
	age_reset(queue);
}

void
age_init(struct queue *queue)
{
	TAILQ_INIT(&queue->ages);
	queue->seen_ms = clock_ms();
	queue->seen_wall_ms = clock_wall_ms();
	queue->age_timer = timer_new(on_age, queue);
	timer_start(queue->age_timer, LOOK_MS);
}
