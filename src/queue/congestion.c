/* Congestion: on at the limit, off again below nine tenths of it. */
#include "queue/congestion.h"

#include "base/log.h"

void
congestion_tell(struct queue *queue, struct writer_peer *writer)
{
	struct queue_congestion congestion = { queue->is_congested };
	struct buf *out = channel_scratch();

	/* What report writes ends messages: it is never held up. */
	if (writer->channel == NULL || writer->kind != ROOM_INTAKE)
		return;
	queue_congestion_encode(out, &congestion);
	channel_send(writer->channel, QUEUE_CONGESTION, buf_span(out), -1);
}

void
congestion_look(struct queue *queue)
{
	uint64_t limit = queue->conf->messages;
	bool is_congested = queue->messages_count >= (queue->is_congested ? limit - limit / 10 : limit);
	struct writer_peer *writer;

	if (is_congested == queue->is_congested)
		return;
	queue->is_congested = is_congested;
	log_warn("congestion", LOG_TEXT("state", is_congested ? "on" : "off"), LOG_NUMBER("messages", queue->messages_count),
	    LOG_NUMBER("limit", limit));
	LIST_FOREACH(writer, &queue->writers, entry)
		congestion_tell(queue, writer);
}
