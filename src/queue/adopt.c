/* Taking messages into the queue: new ones, those of before a restart, and copies that an evacuation made. */
#include "queue/adopt.h"

#include <string.h>

#include "base/log.h"
#include "queue/evacuate.h"
#include "queue/message.h"
#include "queue/notices.h"
#include "queue/room.h"
#include "queue/state.h"

static void
place_drop(struct queue *queue, struct mid mid, struct place place, uint32_t octets)
{
	log_info("copy", LOG_MID("id", mid), LOG_TEXT("directory", stored_directory(place.segment)),
	    LOG_NUMBER("segment", stored_number(place.segment)));
	state_note_place_done(queue, place);
	store_release(queue->store, place, octets);
}

static bool
is_own(struct place place)
{
	return strcmp(stored_directory(place.segment), EVACUATE_DIRECTORY) == 0;
}

/* Once all is known that lay there at the start, whatever comes to lie in queue's own folder is a copy. */
static bool
is_late_copy(const struct queue *queue, struct place place)
{
	return queue->has_scanned && queue->replay == NULL && is_own(place);
}

/* The copy of a message that is there already: where it lies now, or a leftover of a crash. */
static void
adopt_copy(struct queue *queue, struct message *message, struct place place, uint32_t octets)
{
	if (message->flags & MESSAGE_MOVING) {
		message_moved(queue, message, place, octets);
		return;
	}
	place_drop(queue, message->mid, place, octets);
}

static void
adopt_new(struct queue *queue, struct place place, uint32_t octets, const struct envelope *envelope, struct span state)
{
	struct message *message = message_new(queue, envelope, place, octets);

	message_group(queue, message, envelope);
	if (!span_is_empty(state) && !state_apply(queue, message, state))
		log_warn("journal", LOG_TEXT("what", "an entry does not fit its message: what it said is tried again"),
		    LOG_MID("id", message->mid));
	if (message_is_over(message))
		message_finish(queue, message);
	else
		notices_look(queue, message);
}

/*
 * The copy was found first: its segment is the older one. As long as the journal does not say that the message has moved,
 * what it says is of the original.
 */
static void
adopt_original(struct queue *queue, struct message *copy, struct place place, uint32_t octets,
    const struct envelope *envelope, struct span state)
{
	struct place former = copy->place;
	uint32_t former_octets = copy->octets;

	message_free(queue, copy);
	place_drop(queue, envelope->mid, former, former_octets);
	adopt_new(queue, place, octets, envelope, state);
}

static void
on_message(void *arg, struct place place, uint32_t octets, const struct envelope *envelope)
{
	struct queue *queue = arg;
	struct message *message = message_find(queue, envelope->mid);
	struct span state = SPAN("");
	enum replayed replayed = REPLAYED_NOTHING;

	if (queue->replay != NULL)
		replayed = replay_find(queue->replay, stored_generation(place.segment), place.offset, &state);
	if (replayed == REPLAYED_DONE)
		store_release(queue->store, place, octets);
	else if (message != NULL && !queue->has_scanned && is_own(message->place) && !is_own(place))
		adopt_original(queue, message, place, octets, envelope, state);
	else if (message != NULL)
		adopt_copy(queue, message, place, octets);
	else if (is_late_copy(queue, place))
		place_drop(queue, envelope->mid, place, octets);
	else
		adopt_new(queue, place, octets, envelope, state);
}

static void
on_finding(void *arg, const struct spool_finding *finding)
{
	(void)arg;
	/* A torn tail is what a crash leaves; everything else is for the operator. */
	const struct log_field fields[] = {
		LOG_TEXT("kind", finding_name(finding->kind)), LOG_TEXT("directory", finding->directory),
		LOG_NUMBER("segment", finding->segment), LOG_NUMBER("offset", finding->offset),
		LOG_NUMBER("octets", finding->length), LOG_MID("id", finding->mid), LOG_TEXT("what", finding->text), { .key = NULL }
	};

	log_write(finding->kind == FINDING_TORN ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "finding", fields);
}

static void
on_freed(void *arg, const char *directory, const struct writer_segment *segment)
{
	struct queue *queue = arg;
	struct writer_peer *writer;
	struct buf *out;

	if (strcmp(directory, EVACUATE_DIRECTORY) == 0) {
		writer_freed(queue->writer, segment);
		return;
	}
	LIST_FOREACH(writer, &queue->writers, entry) {
		if (writer->channel == NULL || strcmp(writer->directory, directory) != 0)
			continue;
		out = channel_scratch();
		writer_segment_encode(out, segment);
		channel_send(writer->channel, QUEUE_FREED, buf_span(out), -1);
	}
}

static void
on_whole(void *arg)
{
	room_knows_all(arg);
}

const struct store_handler adopt_handler = { on_message, on_finding, on_freed, on_whole };
