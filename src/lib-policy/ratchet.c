/* Learning a level: enough successes, on enough days, not too long ago. */
#include "policy/ratchet.h"

#define DAY_S 86400

/* A last success in the future is one of a clock that was set back since: it counts as of now, and makes nothing immortal. */
static int64_t
last_seen(const struct ratchet_memory *memory, int64_t now_s)
{
	return memory->last_s > now_s ? now_s : memory->last_s;
}

static bool
is_forgotten(const struct ratchet_memory *memory, const struct ratchet_rules *rules, int64_t now_s)
{
	return memory->last_s == 0 || (uint64_t)(now_s - last_seen(memory, now_s)) > rules->period_s;
}

void
ratchet_note(struct ratchet_memory *memory, const struct ratchet_rules *rules, int64_t now_s)
{
	if (is_forgotten(memory, rules, now_s))
		*memory = (struct ratchet_memory){ .days = 1 };
	else if (memory->last_s / DAY_S < now_s / DAY_S)
		memory->days++;
	memory->successes++;
	/* A clock that goes back and forth counts no day twice: the last success stays the last. One beyond the period is nonsense. */
	if (memory->last_s < now_s || (uint64_t)(memory->last_s - now_s) > rules->period_s)
		memory->last_s = now_s;
}

bool
ratchet_holds(const struct ratchet_memory *memory, const struct ratchet_rules *rules, int64_t now_s)
{
	return rules->is_on && memory->successes >= rules->successes && memory->days >= rules->days && !is_forgotten(memory, rules, now_s);
}

enum policy_level
ratchet_level(const struct ratchet_memory memories[POLICY_LEVELS], const struct ratchet_rules *rules, int64_t now_s, int64_t *until_s)
{
	*until_s = 0;
	for (int level = POLICY_LEVELS - 1; level > POLICY_ENCRYPT; level--) {
		if (!ratchet_holds(&memories[level], rules, now_s))
			continue;
		*until_s = last_seen(&memories[level], now_s) + (int64_t)rules->period_s;
		return (enum policy_level)level;
	}
	return POLICY_ENCRYPT;
}
