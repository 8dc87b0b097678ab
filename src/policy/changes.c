/* event=policy-change: one line for each, wherever it came from. */
#include "policy/changes.h"

#include "base/log.h"
#include "ipc/relay_policy.h"
#include "policy/peers.h"

#define FIELDS_MOST 8

static const char *
or_none(const char *text)
{
	return *text == '\0' ? "none-known" : text;
}

void
changes_note(struct policy *policy, const struct change *change)
{
	struct log_field fields[FIELDS_MOST] = {
		LOG_TEXT("domain", change->domain), LOG_TEXT("what", change->what), LOG_TEXT("was", or_none(change->was)),
		LOG_TEXT("now", or_none(change->now))
	};
	unsigned count = 4;

	if (change->id != NULL)
		fields[count++] = (struct log_field)LOG_TEXT("id", change->id);
	if (change->why != NULL)
		fields[count++] = (struct log_field)LOG_TEXT("why", change->why);
	log_write(change->is_weaker ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, "policy-change", fields);
	policy->changes++;
	if (change->is_told)
		changes_tell(policy, change->domain);
}

void
changes_tell(struct policy *policy, const char *domain)
{
	const struct policy_change change = { span_of(domain) };
	struct peer_relay *relay;

	LIST_FOREACH(relay, &policy->relays, entry) {
		struct buf *out = channel_scratch();

		policy_change_encode(out, &change);
		channel_send(relay->channel, POLICY_CHANGED, buf_span(out), -1);
	}
}
