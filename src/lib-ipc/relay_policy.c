/* Messages between relay and policy. */
#include "ipc/relay_policy.h"

void
policy_question_encode(struct buf *out, const struct policy_question *question)
{
	put_u64(out, question->id);
	put_span(out, question->domain);
	put_bool(out, question->by_mx);
	put_bool(out, question->is_doubted);
}

bool
policy_question_decode(struct span payload, struct policy_question *question)
{
	struct codec in = codec_read(payload);

	question->id = get_u64(&in);
	question->domain = get_span(&in);
	question->by_mx = get_bool(&in);
	question->is_doubted = get_bool(&in);
	return codec_done(&in);
}

static void
spans_encode(struct buf *out, const struct span *spans, uint32_t count)
{
	put_u32(out, count);
	for (uint32_t i = 0; i < count; i++)
		put_span(out, spans[i]);
}

/* At most so many: what has more is nonsense. */
static struct span *
spans_decode(struct codec *in, struct arena *arena, uint32_t most, uint32_t *count)
{
	struct span *spans;

	*count = get_count(in, sizeof(uint32_t));
	if (*count > most)
		in->bad = true;
	if (in->bad)
		*count = 0;
	spans = arena_alloc(arena, *count * sizeof(*spans));
	for (uint32_t i = 0; i < *count; i++)
		spans[i] = get_span(in);
	return spans;
}

static void
sts_policy_encode(struct buf *out, bool is_there, const struct sts_policy *policy)
{
	put_bool(out, is_there);
	if (!is_there)
		return;
	put_u8(out, (uint8_t)policy->mode);
	put_u64(out, policy->max_age_s);
	spans_encode(out, policy->mx, policy->mx_count);
}

static bool
sts_policy_decode(struct codec *in, struct arena *arena, struct sts_policy *policy)
{
	if (!get_bool(in))
		return false;
	policy->mode = get_enum(in, STS_MODES);
	policy->max_age_s = get_u64(in);
	policy->mx = spans_decode(in, arena, STS_PATTERNS, &policy->mx_count);
	return true;
}

static void
knowledge_encode(struct buf *out, const struct knowledge *known)
{
	put_span(out, known->missing);
	sts_policy_encode(out, known->has_sts, &known->sts);
	put_span(out, known->sts_id);
	put_u64(out, (uint64_t)known->sts_until_s);
	sts_policy_encode(out, known->has_preload, &known->preload);
	put_u64(out, (uint64_t)known->preload_until_s);
	put_bool(out, known->has_exception);
	put_u8(out, (uint8_t)known->exception);
	put_span(out, known->exception_why);
	put_u64(out, (uint64_t)known->exception_until_s);
	put_bool(out, known->has_ratchet);
	put_u8(out, (uint8_t)known->ratchet);
	spans_encode(out, known->ratchet_mx, known->ratchet_mx_count);
	put_u64(out, (uint64_t)known->ratchet_until_s);
	put_u64(out, (uint64_t)known->until_s);
}

static void
knowledge_decode(struct codec *in, struct arena *arena, struct knowledge *known)
{
	*known = (struct knowledge){ .missing = get_span(in) };
	known->has_sts = sts_policy_decode(in, arena, &known->sts);
	known->sts_id = get_span(in);
	known->sts_until_s = (int64_t)get_u64(in);
	known->has_preload = sts_policy_decode(in, arena, &known->preload);
	known->preload_until_s = (int64_t)get_u64(in);
	known->has_exception = get_bool(in);
	known->exception = get_enum(in, POLICY_LEVELS);
	known->exception_why = get_span(in);
	known->exception_until_s = (int64_t)get_u64(in);
	known->has_ratchet = get_bool(in);
	known->ratchet = get_enum(in, POLICY_LEVELS);
	known->ratchet_mx = spans_decode(in, arena, KNOWLEDGE_MX, &known->ratchet_mx_count);
	known->ratchet_until_s = (int64_t)get_u64(in);
	known->until_s = (int64_t)get_u64(in);
}

void
policy_answer_encode(struct buf *out, const struct policy_answer *answer)
{
	put_u64(out, answer->id);
	knowledge_encode(out, &answer->knowledge);
}

bool
policy_answer_decode(struct span payload, struct arena *arena, struct policy_answer *answer)
{
	struct codec in = codec_read(arena_span(arena, payload));

	answer->id = get_u64(&in);
	knowledge_decode(&in, arena, &answer->knowledge);
	return codec_done(&in);
}

void
policy_sight_encode(struct buf *out, const struct policy_sight *sight)
{
	put_span(out, sight->domain);
	put_span(out, sight->host);
	put_u8(out, (uint8_t)sight->level);
	put_bool(out, sight->is_delivered);
	put_span(out, sight->reason);
	put_span(out, sight->because);
	put_bool(out, sight->is_observed);
}

bool
policy_sight_decode(struct span payload, struct policy_sight *sight)
{
	struct codec in = codec_read(payload);

	sight->domain = get_span(&in);
	sight->host = get_span(&in);
	sight->level = get_enum(&in, POLICY_LEVELS);
	sight->is_delivered = get_bool(&in);
	sight->reason = get_span(&in);
	sight->because = get_span(&in);
	sight->is_observed = get_bool(&in);
	return codec_done(&in);
}

void
policy_change_encode(struct buf *out, const struct policy_change *change)
{
	put_span(out, change->domain);
}

bool
policy_change_decode(struct span payload, struct policy_change *change)
{
	struct codec in = codec_read(payload);

	change->domain = get_span(&in);
	return codec_done(&in);
}
