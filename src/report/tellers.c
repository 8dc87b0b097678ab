/* A batch that is on disk is answered; one that is not is said again. */
#include "report/tellers.h"

#include <stdlib.h>

#include "base/fatal.h"
#include "base/log.h"
#include "loop/clock.h"
#include "report/ledger.h"
#include "report/notice_pursuit.h"
#include "report/notice_store.h"
#include "report/room.h"

struct teller {
	LIST_ENTRY(teller) entry;
	struct report *report;
	struct peer peer;
	struct channel *channel;
};

static void
teller_free(struct teller *teller)
{
	LIST_REMOVE(teller, entry);
	channel_free(&teller->channel);
	free(teller);
}

static void
answer(struct teller *teller, uint64_t number)
{
	struct facts_kept kept = { number };
	struct buf *out = channel_scratch();

	facts_kept_encode(out, &kept);
	channel_send(teller->channel, FACTS_KEPT, buf_span(out), -1);
}

/* Without a ledger it is heard and forgotten: whoever counts is to go on. */
static bool
on_batch(void *arg, struct span payload, int fd)
{
	struct teller *teller = arg;
	struct ledger *ledger = teller->report->ledger;
	struct arena *arena = arena_new();
	struct facts_batch batch;
	bool good = facts_batch_decode(payload, arena, &batch);

	(void)fd;
	if (good && (ledger == NULL || ledger_take(ledger, &batch))) {
		teller->report->batches += ledger != NULL;
		answer(teller, batch.number);
	}
	arena_free(&arena);
	return good;
}

static void
on_teller_gone(void *arg)
{
	struct teller *teller = arg;
	struct report *report = teller->report;
	struct peer peer = teller->peer;

	log_info("peer-gone", LOG_TEXT("room", room_name(peer.kind)), LOG_NUMBER("index", peer.index));
	teller_free(teller);
	room_peer_gone(peer.kind, peer.index);
	room_maybe_done(report);
}

static bool
on_looked(void *arg, struct span payload, int fd)
{
	struct teller *teller = arg;
	struct looked looked;

	(void)fd;
	if (teller->peer.kind != ROOM_RELAY || !looked_decode(payload, &looked))
		return false;
	notice_looked(teller->report, &looked);
	return true;
}

static bool
on_refused(void *arg, struct span payload, int fd)
{
	struct teller *teller = arg;
	struct refused_sender refused;

	(void)fd;
	if (teller->peer.kind != ROOM_INTAKE || !refused_sender_decode(payload, &refused))
		return false;
	notice_refused(teller->report, &refused);
	return true;
}

/* Without notices.db, nobody can be sure that it is kept: the mail comes again. */
static bool
on_stop(void *arg, struct span payload, int fd)
{
	struct teller *teller = arg;
	struct report *report = teller->report;
	struct notices_stop stop;
	struct notices_stopped stopped = { .end = STOP_LATER };
	struct buf *out = channel_scratch();

	(void)fd;
	if (teller->peer.kind != ROOM_INTAKE || !notices_stop_decode(payload, &stop))
		return false;
	stopped.id = stop.id;
	if (report->notices != NULL)
		stopped.end = notices_token_stop(report->notices, stop.token, clock_wall());
	notices_stopped_encode(out, &stopped);
	channel_send(teller->channel, ASKS_STOPPED, buf_span(out), -1);
	return true;
}

static const struct channel_row rows[ASKS_TO_REPORT_MESSAGES] = {
	[FACTS_BATCH] = { "facts", false, on_batch },
	[ASKS_LOOKED] = { "looked", false, on_looked },
	[ASKS_STOP] = { "stop", false, on_stop },
	[ASKS_REFUSED] = { "refused", false, on_refused },
};
static const struct channel_handler handler = { rows, ASKS_TO_REPORT_MESSAGES, on_teller_gone };

bool
tellers_look(struct report *report, const struct look *look)
{
	struct teller *teller;
	struct buf *out;

	LIST_FOREACH(teller, &report->tellers, entry)
		if (teller->peer.kind == ROOM_RELAY)
			break;
	if (teller == NULL)
		return false;
	out = channel_scratch();
	look_encode(out, look);
	channel_send(teller->channel, ASKS_LOOK, buf_span(out), -1);
	return true;
}

void
teller_add(struct report *report, const struct peer *peer, int fd)
{
	struct teller *teller, *next;

	for (teller = LIST_FIRST(&report->tellers); teller != NULL; teller = next) {
		next = LIST_NEXT(teller, entry);
		if (teller->peer.kind == peer->kind && teller->peer.index == peer->index)
			teller_free(teller);
	}
	teller = must_alloc(sizeof(*teller));
	teller->report = report;
	teller->peer = *peer;
	teller->channel = channel_new(fd, room_name(peer->kind), &handler, teller);
	LIST_INSERT_HEAD(&report->tellers, teller, entry);
}

void
tellers_free(struct report *report)
{
	while (!LIST_EMPTY(&report->tellers))
		teller_free(LIST_FIRST(&report->tellers));
}
