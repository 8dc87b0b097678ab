/* Hosts in messages to and from the policy room; memory has keywords as bits, messages have them as words. */
#include "relay/recall.h"

#include <stdio.h>

#include "ipc/relay_policy.h"
#include "smtp/capability.h"

void
recall_ask(struct relay *relay, const char *const *hosts, unsigned count)
{
	struct span names[POLICY_HOSTS];
	struct policy_names asked = { names, count < POLICY_HOSTS ? count : POLICY_HOSTS };
	struct buf *out = channel_scratch();

	if (relay->policy == NULL)
		return;
	for (uint32_t i = 0; i < asked.count; i++)
		names[i] = span_of(hosts[i]);
	policy_names_encode(out, &asked);
	channel_send(relay->policy, RELAY_RECALL, buf_span(out), -1);
}

/* --- heard --- */

static void
text_set(char *out, size_t size, struct span text)
{
	snprintf(out, size, "%.*s", SPAN_ARG(text));
}

static void
host_learn(struct relay *relay, const char *name, const struct policy_host *host)
{
	struct verdict_past kept = { .sessions = host->sessions, .first_s = host->first_s, .last_s = host->last_s,
		.has_starttls = host->has_starttls, .keywords = capability_flags(host->keywords), .level = host->level, .ip = host->ip };

	text_set(kept.version, sizeof(kept.version), host->version);
	text_set(kept.fingerprint, sizeof(kept.fingerprint), host->fingerprint);
	text_set(kept.issuer, sizeof(kept.issuer), host->issuer);
	past_learn(&relay->past, name, &kept);
}

bool
recall_heard(struct relay *relay, struct span payload)
{
	struct arena *arena = arena_new();
	struct policy_hosts told;
	bool good = policy_hosts_decode(payload, arena, &told);

	for (uint32_t i = 0; good && i < told.count; i++)
		host_learn(relay, arena_copy(arena, told.hosts[i].host), &told.hosts[i]);
	arena_free(&arena);
	return good;
}

/* --- told --- */

static struct policy_host
host_made(const struct past_host *host, uint64_t sessions, struct arena *arena)
{
	const struct verdict_past *known = &host->known;

	return (struct policy_host){ .host = span_of(host->name), .sessions = sessions, .first_s = known->first_s, .last_s = known->last_s,
		.has_starttls = known->has_starttls,
		.keywords = span_of(capability_words(known->keywords, arena_alloc(arena, CAPABILITY_WORDS))), .level = known->level,
		.version = span_of(known->version), .fingerprint = span_of(known->fingerprint), .issuer = span_of(known->issuer), .ip = known->ip };
}

/* One message, as large as it may be. */
static void
tell_some(struct relay *relay)
{
	struct policy_host hosts[POLICY_HOSTS];
	struct policy_hosts told = { hosts, 0 };
	struct arena *arena = arena_new();
	const struct past_host *host;
	struct buf *out;
	uint64_t sessions;

	while (told.count < POLICY_HOSTS && (host = past_take_due(&relay->past, &sessions)) != NULL)
		hosts[told.count++] = host_made(host, sessions, arena);
	out = channel_scratch();
	policy_hosts_encode(out, &told);
	channel_send(relay->policy, RELAY_LAID, buf_span(out), -1);
	arena_free(&arena);
}

/* A policy room that is away is told when it is back. */
static void
tell(void *arg)
{
	struct relay *relay = arg;

	while (relay->policy != NULL && !TAILQ_EMPTY(&relay->past.due))
		tell_some(relay);
}

static void
tell_soon(struct relay *relay)
{
	if (relay->telling == NULL)
		relay->telling = timer_new(tell, relay);
	if (!timer_is_running(relay->telling))
		timer_start(relay->telling, RECALL_TELL_MS);
}

void
recall_note(struct relay *relay, const char *host, const struct verdict_past *now)
{
	if (past_note(&relay->past, host, now))
		tell_soon(relay);
}

void
recall_attach(struct relay *relay)
{
	if (!TAILQ_EMPTY(&relay->past.due))
		tell_soon(relay);
}

void
recall_finish(struct relay *relay)
{
	timer_free(&relay->telling);
	if (past_tell_all(&relay->past))
		tell(relay);
}
