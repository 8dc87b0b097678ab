/* Messages between queue and relay. */
#include "ipc/queue_relay.h"

#define OUTCOME_OCTETS_LEAST 31		/* an outcome with every text empty */

void
job_encode(struct buf *out, const struct job *job)
{
	put_u64(out, job->id);
	put_span(out, job->hop);
	put_u16(out, job->connections);
	envelope_encode(out, &job->envelope);
}

bool
job_decode(struct span payload, struct arena *arena, struct job *job)
{
	/* One copy of the whole message: every span of the job points into it. */
	struct codec in = codec_read(arena_span(arena, payload));

	job->id = get_u64(&in);
	job->hop = get_span(&in);
	job->connections = get_u16(&in);
	return !in.bad && envelope_decode(in.rest, arena, &job->envelope);
}

void
forget_encode(struct buf *out, const struct forget *forget)
{
	put_span(out, forget->hop);
}

bool
forget_decode(struct span payload, struct forget *forget)
{
	struct codec in = codec_read(payload);

	forget->hop = get_span(&in);
	return codec_done(&in);
}

void
concluded_encode(struct buf *out, const struct concluded *concluded)
{
	put_u64(out, concluded->job);
	put_u32(out, concluded->delay_ms);
	put_u32(out, concluded->outcomes_count);
	for (uint32_t i = 0; i < concluded->outcomes_count; i++)
		outcome_encode(out, &concluded->outcomes[i]);
	put_u32(out, concluded->recipients_count);
	for (uint32_t i = 0; i < concluded->recipients_count; i++)
		put_u16(out, concluded->which[i]);
}

bool
concluded_decode(struct span payload, struct arena *arena, struct concluded *concluded)
{
	struct codec in = codec_read(payload);

	concluded->job = get_u64(&in);
	concluded->delay_ms = get_u32(&in);
	concluded->outcomes_count = get_count(&in, OUTCOME_OCTETS_LEAST);
	concluded->outcomes = arena_alloc(arena, concluded->outcomes_count * sizeof(*concluded->outcomes));
	for (uint32_t i = 0; i < concluded->outcomes_count; i++)
		outcome_decode(&in, &concluded->outcomes[i]);
	concluded->recipients_count = get_count(&in, sizeof(uint16_t));
	concluded->which = arena_alloc(arena, concluded->recipients_count * sizeof(*concluded->which));
	for (uint32_t i = 0; i < concluded->recipients_count; i++) {
		concluded->which[i] = get_u16(&in);
		if (concluded->which[i] >= concluded->outcomes_count)
			in.bad = true;
	}
	return codec_done(&in);
}
