/* Messages between queue and report. */
#include "ipc/queue_report.h"

void
notification_encode(struct buf *out, const struct notification *notification)
{
	put_u64(out, notification->id);
	for (uint32_t i = 0; i < notification->envelope.recipients_count; i++) {
		const struct noticed_recipient *recipient = &notification->recipients[i];

		put_u8(out, (uint8_t)recipient->action);
		outcome_encode(out, &recipient->outcome);
		put_u64(out, (uint64_t)recipient->attempt_ms);
		put_u64(out, (uint64_t)recipient->retry_until_ms);
	}
	put_u8(out, ACTIONS);	/* ends the list */
	envelope_encode(out, &notification->envelope);
}

static void
recipient_decode(struct codec *in, uint8_t action, struct noticed_recipient *recipient)
{
	recipient->action = action;
	outcome_decode(in, &recipient->outcome);
	recipient->attempt_ms = (int64_t)get_u64(in);
	recipient->retry_until_ms = (int64_t)get_u64(in);
}

bool
notification_decode(struct span payload, struct arena *arena, struct notification *notification)
{
	struct codec in = codec_read(arena_span(arena, payload));
	struct codec again;
	uint32_t count = 0;
	uint8_t action;

	notification->id = get_u64(&in);
	/* Once to count, once to keep: the list comes first so that the envelope can take all the rest. */
	again = in;
	for (struct noticed_recipient unused; (action = get_enum(&in, ACTIONS + 1)) != ACTIONS && !in.bad; count++)
		recipient_decode(&in, action, &unused);
	if (in.bad || !envelope_decode(in.rest, arena, &notification->envelope) ||
	    notification->envelope.recipients_count != count)
		return false;
	notification->recipients = arena_alloc(arena, count * sizeof(*notification->recipients));
	for (uint32_t i = 0; i < count; i++)
		recipient_decode(&again, get_u8(&again), &notification->recipients[i]);
	return true;
}

void
notified_encode(struct buf *out, const struct notified *notified)
{
	put_u64(out, notified->id);
	put_bool(out, notified->done);
}

bool
notified_decode(struct span payload, struct notified *notified)
{
	struct codec in = codec_read(payload);

	notified->id = get_u64(&in);
	notified->done = get_bool(&in);
	return codec_done(&in);
}
