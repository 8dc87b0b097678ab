/* What relays say, in rows. A relay that is gone is not answered, and asks again when it is back. */
#include "policy/peers.h"

#include <stdlib.h>

#include "base/fatal.h"
#include "base/log.h"
#include "ipc/relay_policy.h"
#include "ipc/room.h"
#include "loop/clock.h"
#include "policy/answer.h"
#include "policy/host_store.h"
#include "policy/sights.h"

static bool
on_ask(void *arg, struct span payload, int fd)
{
	struct peer_relay *relay = arg;
	struct policy_question question;

	(void)fd;
	if (!policy_question_decode(payload, &question))
		return false;
	answer_ask(relay, &question);
	return true;
}

static bool
on_saw(void *arg, struct span payload, int fd)
{
	struct peer_relay *relay = arg;
	struct policy_sight sight;

	(void)fd;
	if (!policy_sight_decode(payload, &sight))
		return false;
	sights_note(relay->policy, &sight);
	return true;
}

/* Hosts of which nothing is known are left out, and an answer without any is none. */
static bool
on_recall(void *arg, struct span payload, int fd)
{
	struct peer_relay *relay = arg;
	struct arena *arena = arena_new();
	struct policy_host hosts[POLICY_HOSTS];
	struct policy_hosts known = { hosts, 0 };
	struct policy_names names;
	bool good = policy_names_decode(payload, arena, &names);

	(void)fd;
	for (uint32_t i = 0; good && i < names.count; i++)
		known.count += host_store_get(relay->policy->store, names.names[i], clock_wall(), arena, &hosts[known.count]);
	if (known.count > 0) {
		struct buf *out = channel_scratch();

		policy_hosts_encode(out, &known);
		channel_send(relay->channel, POLICY_RECALLED, buf_span(out), -1);
	}
	arena_free(&arena);
	return good;
}

static bool
on_laid(void *arg, struct span payload, int fd)
{
	struct peer_relay *relay = arg;
	struct arena *arena = arena_new();
	struct policy_hosts told;
	bool good = policy_hosts_decode(payload, arena, &told);

	(void)fd;
	for (uint32_t i = 0; good && i < told.count; i++)
		host_store_note(relay->policy->store, &told.hosts[i], clock_wall());
	arena_free(&arena);
	return good;
}

static void
relay_free(struct peer_relay *relay)
{
	answer_leave(relay);
	channel_free(&relay->channel);
	LIST_REMOVE(relay, entry);
	free(relay);
}

static void
on_relay_gone(void *arg)
{
	struct peer_relay *relay = arg;
	uint16_t index = relay->index;

	log_info("peer-gone", LOG_TEXT("room", "relay"), LOG_NUMBER("index", index));
	relay_free(relay);
	room_peer_gone(ROOM_RELAY, index);
}

static const struct channel_row rows[RELAY_TO_POLICY_MESSAGES] = {
	[RELAY_ASK] = { "ask", false, on_ask },
	[RELAY_SAW] = { "saw", false, on_saw },
	[RELAY_RECALL] = { "recall", false, on_recall },
	[RELAY_LAID] = { "laid", false, on_laid },
};

static const struct channel_handler handler = { rows, RELAY_TO_POLICY_MESSAGES, on_relay_gone };

void
peers_add_relay(struct policy *policy, uint16_t index, int fd)
{
	struct peer_relay *relay, *next;

	for (relay = LIST_FIRST(&policy->relays); relay != NULL; relay = next) {
		next = LIST_NEXT(relay, entry);
		if (relay->index == index)
			relay_free(relay);
	}
	relay = must_alloc(sizeof(*relay));
	relay->policy = policy;
	relay->index = index;
	relay->channel = channel_new(fd, "relay", &handler, relay);
	LIST_INSERT_HEAD(&policy->relays, relay, entry);
}

void
peers_free(struct policy *policy)
{
	while (!LIST_EMPTY(&policy->relays))
		relay_free(LIST_FIRST(&policy->relays));
}
