/* One sight after the other; only a ratchet that comes into force is worth a line. */
#include "policy/sights.h"

#include "base/arena.h"
#include "loop/clock.h"
#include "mail/pattern.h"
#include "policy/changes.h"
#include "policy/observed.h"
#include "policy/ratchet_store.h"

static void
note_success(struct policy *policy, const struct policy_sight *sight)
{
	struct arena *arena = arena_new();
	enum policy_level before, after;
	int64_t until_s, now_s = clock_wall();

	(void)ratchet_store_level(policy->store, sight->domain, &policy->ratchet, now_s, &before, &until_s);
	ratchet_store_note(policy->store, sight->domain, sight->host, sight->level, &policy->ratchet, now_s);
	(void)ratchet_store_level(policy->store, sight->domain, &policy->ratchet, now_s, &after, &until_s);
	if (after > before)
		changes_note(policy, &(struct change){ .domain = arena_copy(arena, sight->domain), .what = "ratchet",
		    .was = before == POLICY_ENCRYPT ? "" : policy_level_name(before), .now = policy_level_name(after), .is_told = true });
	arena_free(&arena);
}

void
sights_note(struct policy *policy, const struct policy_sight *sight)
{
	if (!pattern_is_name(sight->domain))
		return;
	if (sight->is_delivered && policy->ratchet.is_on && sight->level > POLICY_ENCRYPT)
		note_success(policy, sight);
	if (sight->is_observed && sight->reason.length > 0)
		observed_note(policy->store, sight->domain, sight->reason, sight->because, clock_wall());
}
