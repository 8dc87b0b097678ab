/*
 * THE table: which rooms there are, whom they run as, what they are given, and whom they talk to. What
 * is not in a row or a pair here, no room has.
 */
#include "rooms.h"

const struct room_row rooms[] = {
	{ .kind = ROOM_QUEUE, .program = "queue", .user = "sealpost-queue", .has_folder = true, .knows_public = true,
	    .knows_private = true, .stops_in = 2 },
	{ .kind = ROOM_REPORT, .program = "report", .user = "sealpost-report", .has_folder = true, .keeps = "ledger", .knows_public = true,
	    .stops_in = 2 },
	{ .kind = ROOM_POLICY, .program = "policy", .user = "sealpost-policy", .keeps = "policy", .stops_in = 2 },
	{ .kind = ROOM_RELAY, .program = "relay", .user = "sealpost-relay",
	    .count_at = offsetof(struct settings, workers_relay), .stops_in = 1 },
	{ .kind = ROOM_INTAKE, .program = "intake", .user = "sealpost-intake",
	    .count_at = offsetof(struct settings, workers_intake), .has_folder = true, .knows_public = true,
	    .while_locked = true, .listens = 1u << LISTENER_STARTTLS | 1u << LISTENER_IMPLICIT | 1u << LISTENER_LOCAL, .stops_in = 0 },
	{ .kind = ROOM_WEB, .program = "web", .user = "sealpost-web", .needs_at = offsetof(struct settings, metrics_listen),
	    .while_locked = true, .listens = 1u << LISTENER_METRICS, .stops_in = 2 },
};

const size_t rooms_count = sizeof(rooms) / sizeof(*rooms);

static const enum room_kind pairs[][2] = {
	{ ROOM_INTAKE, ROOM_QUEUE },	/* writer_queue.h */
	{ ROOM_REPORT, ROOM_QUEUE },	/* queue_report.h */
	{ ROOM_QUEUE, ROOM_RELAY },	/* queue_relay.h */
	{ ROOM_RELAY, ROOM_POLICY },	/* relay_policy.h */
	{ ROOM_INTAKE, ROOM_REPORT },	/* report_facts.h */
	{ ROOM_RELAY, ROOM_REPORT },
	{ ROOM_REPORT, ROOM_POLICY },	/* report_policy.h */
	{ ROOM_INTAKE, ROOM_POLICY },	/* intake_policy.h */
};

unsigned
rooms_wanted(const struct room_row *row, const struct settings *settings)
{
	if (row->needs_at != 0 && ((const struct conf_list *)((const char *)settings + row->needs_at))->count == 0)
		return 0;
	if (row->count_at == 0)
		return 1;
	return (unsigned)*(const uint64_t *)((const char *)settings + row->count_at);
}

bool
rooms_talk(enum room_kind a, enum room_kind b)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		if ((pairs[i][0] == a && pairs[i][1] == b) || (pairs[i][0] == b && pairs[i][1] == a))
			return true;
	return false;
}
