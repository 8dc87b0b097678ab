/* Channels to relays, writers and report, and what comes over them. */
#include "queue/peers.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/log.h"
#include "queue/congestion.h"
#include "queue/destination.h"
#include "queue/notices.h"
#include "queue/room.h"
#include "queue/settle.h"

/* --- relays --- */

static bool
on_concluded(void *arg, struct span payload, int fd)
{
	struct relay_peer *relay = arg;
	struct arena *arena = arena_new();
	struct concluded concluded;
	bool good;

	(void)fd;
	good = concluded_decode(payload, arena, &concluded) && settle_concluded(relay->queue, relay->index, &concluded);
	arena_free(&arena);
	return good;
}

static const struct channel_row relay_rows[RELAY_MESSAGES] = {
	[RELAY_CONCLUDED] = { "concluded", false, on_concluded },
};

static void
relay_leave(struct relay_peer *relay)
{
	log_info("peer-gone", LOG_TEXT("room", "relay"), LOG_NUMBER("index", relay->index), LOG_NUMBER("jobs", relay->running));
	channel_free(&relay->channel);
	settle_relay_gone(relay->queue, relay->index);
	destination_wake_all(relay->queue);
}

static void
on_relay_gone(void *arg)
{
	struct relay_peer *relay = arg;

	relay_leave(relay);
	room_peer_gone(ROOM_RELAY, relay->index);
}

static const struct channel_handler relay_handler = { relay_rows, RELAY_MESSAGES, on_relay_gone };

static void
relay_come(struct queue *queue, uint16_t index, int fd)
{
	struct relay_peer *relay = &queue->relays[index];

	if (index >= RELAYS_MAX) {
		log_error("peer", LOG_TEXT("what", "more relays than queue can use"), LOG_NUMBER("index", index));
		file_close(&fd);
		return;
	}
	if (relay->channel != NULL)
		relay_leave(relay);
	relay->queue = queue;
	relay->index = index;
	relay->channel = channel_new(fd, "relay", &relay_handler, relay);
	if (index >= queue->relays_count)
		queue->relays_count = (uint16_t)(index + 1);
	destination_wake_all(queue);
}

/* --- writers --- */

static bool
on_hello(void *arg, struct span payload, int fd)
{
	struct writer_peer *writer = arg;
	struct queue *queue = writer->queue;
	struct writer_hello hello;

	(void)fd;
	if (!writer_hello_decode(payload, &hello) || hello.directory.length == 0 ||
	    hello.directory.length >= sizeof(writer->directory) || writer->directory[0] != '\0')
		return false;
	snprintf(writer->directory, sizeof(writer->directory), "%.*s", SPAN_ARG(hello.directory));
	store_hello(queue->store, hello.directory, &hello);
	room_heard_hello(queue);
	return true;
}

static bool
on_committed(void *arg, struct span payload, int fd)
{
	struct writer_peer *writer = arg;
	struct writer_committed committed;

	(void)fd;
	if (!writer_committed_decode(payload, &committed) || writer->directory[0] == '\0')
		return false;
	store_committed(writer->queue->store, span_of(writer->directory), &committed);
	return true;
}

static bool
on_closed_segment(void *arg, struct span payload, int fd)
{
	struct writer_peer *writer = arg;
	struct writer_segment segment;

	(void)fd;
	if (!writer_segment_decode(payload, &segment) || writer->directory[0] == '\0')
		return false;
	store_closed(writer->queue->store, span_of(writer->directory), &segment);
	return true;
}

static bool
on_notified(void *arg, struct span payload, int fd)
{
	struct writer_peer *writer = arg;
	struct notified notified;

	(void)fd;
	return writer->kind == ROOM_REPORT && notified_decode(payload, &notified) &&
	    notices_answered(writer->queue, &notified);
}

static const struct channel_row writer_rows[REPORT_MESSAGES] = {
	[WRITER_HELLO] = { "hello", false, on_hello },
	[WRITER_COMMITTED] = { "committed", false, on_committed },
	[WRITER_CLOSED] = { "closed", false, on_closed_segment },
	[REPORT_NOTIFIED] = { "notified", false, on_notified },
};

/* What report was asked is asked again when it is back. */
static void
report_gone(struct queue *queue)
{
	struct ask *ask;

	queue->report = NULL;
	TAILQ_FOREACH(ask, &queue->asks, entry)
		ask->id = 0;
}

static void
writer_gone(struct writer_peer *writer)
{
	struct queue *queue = writer->queue;

	if (queue->report == writer)
		report_gone(queue);
	LIST_REMOVE(writer, entry);
	channel_free(&writer->channel);
	if (writer->directory[0] != '\0')
		store_gone(queue->store, span_of(writer->directory));
	free(writer);
	room_heard_hello(queue);
}

static void
on_writer_gone(void *arg)
{
	struct writer_peer *writer = arg;

	log_info("peer-gone", LOG_TEXT("room", room_name(writer->kind)), LOG_NUMBER("index", writer->index));
	room_peer_gone(writer->kind, writer->index);
	writer_gone(writer);
}

static const struct channel_handler writer_handler = { writer_rows, REPORT_MESSAGES, on_writer_gone };

static void
writer_come(struct queue *queue, const struct peer *peer, int fd)
{
	struct writer_peer *writer, *next;

	for (writer = LIST_FIRST(&queue->writers); writer != NULL; writer = next) {
		next = LIST_NEXT(writer, entry);
		if (writer->kind == peer->kind && writer->index == peer->index)
			writer_gone(writer);
	}
	writer = must_alloc(sizeof(*writer));
	writer->queue = queue;
	writer->kind = peer->kind;
	writer->index = peer->index;
	writer->channel = channel_new(fd, room_name(peer->kind), &writer_handler, writer);
	LIST_INSERT_HEAD(&queue->writers, writer, entry);
	congestion_tell(queue, writer);
	if (peer->kind == ROOM_REPORT) {
		queue->report = writer;
		if (queue->has_scanned)
			notices_ask_all(queue);
	}
}

void
peers_come(struct queue *queue, const struct peer *peer, int fd)
{
	if (peer->kind == ROOM_RELAY) {
		relay_come(queue, peer->index, fd);
	} else if (peer->kind == ROOM_INTAKE || peer->kind == ROOM_REPORT) {
		writer_come(queue, peer, fd);
	} else {
		log_error("peer", LOG_TEXT("what", "queue does not talk to this room"), LOG_TEXT("room", room_name(peer->kind)));
		file_close(&fd);
	}
}

bool
peers_have_said_hello(const struct queue *queue)
{
	const struct writer_peer *writer;

	LIST_FOREACH(writer, &queue->writers, entry)
		if (writer->directory[0] == '\0')
			return false;
	return true;
}
