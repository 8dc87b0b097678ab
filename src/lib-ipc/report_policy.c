/* Messages between report and policy. */
#include "ipc/report_policy.h"

#include <assert.h>

#define CONTACT_OCTETS_LEAST (1 + sizeof(uint32_t))
#define TARGET_OCTETS_LEAST (1 + 2 * sizeof(uint32_t) + sizeof(uint16_t))	/* with empty texts */

void
tlsrpt_question_encode(struct buf *out, const struct tlsrpt_question *question)
{
	put_u64(out, question->id);
	put_span(out, question->domain);
}

bool
tlsrpt_question_decode(struct span payload, struct tlsrpt_question *question)
{
	struct codec in = codec_read(payload);

	question->id = get_u64(&in);
	question->domain = get_span(&in);
	return codec_done(&in);
}

static void
target_encode(struct buf *out, const struct tlsrpt_target *target)
{
	put_u8(out, (uint8_t)target->scheme);
	put_span(out, target->text);
	put_span(out, target->host);
	put_u16(out, target->port);
}

static void
target_decode(struct codec *in, struct tlsrpt_target *target)
{
	target->scheme = get_enum(in, TLSRPT_HTTPS + 1);
	target->text = get_span(in);
	target->host = get_span(in);
	target->port = get_u16(in);
}

void
tlsrpt_answer_encode(struct buf *out, const struct tlsrpt_answer *answer)
{
	assert(answer->count <= TLSRPT_TARGETS);
	put_u64(out, answer->id);
	put_bool(out, answer->is_known);
	put_u8(out, (uint8_t)answer->found);
	put_span(out, answer->text);
	put_u32(out, answer->count);
	for (uint32_t i = 0; i < answer->count; i++)
		target_encode(out, &answer->targets[i]);
}

bool
tlsrpt_answer_decode(struct span payload, struct arena *arena, struct tlsrpt_answer *answer)
{
	/* One copy of the whole message: every span points into it. */
	struct codec in = codec_read(arena_span(arena, payload));

	answer->id = get_u64(&in);
	answer->is_known = get_bool(&in);
	answer->found = get_enum(&in, TLSRPT_BAD + 1);
	answer->text = get_span(&in);
	answer->count = get_count(&in, TARGET_OCTETS_LEAST);
	if (answer->count > TLSRPT_TARGETS)
		return false;
	answer->targets = arena_alloc(arena, TLSRPT_TARGETS * sizeof(*answer->targets));
	for (uint32_t i = 0; i < answer->count; i++)
		target_decode(&in, &answer->targets[i]);
	return codec_done(&in);
}

void
tlsrpt_post_encode(struct buf *out, const struct tlsrpt_post *post)
{
	put_u64(out, post->id);
	target_encode(out, &post->target);
	put_span(out, post->type);
	put_span(out, post->body);
	put_bool(out, post->is_lax);
}

bool
tlsrpt_post_decode(struct span payload, struct tlsrpt_post *post)
{
	struct codec in = codec_read(payload);

	post->id = get_u64(&in);
	target_decode(&in, &post->target);
	post->type = get_span(&in);
	post->body = get_span(&in);
	post->is_lax = get_bool(&in);
	return codec_done(&in) && post->target.scheme == TLSRPT_HTTPS;
}

void
tlsrpt_posted_encode(struct buf *out, const struct tlsrpt_posted *posted)
{
	put_u64(out, posted->id);
	put_u8(out, (uint8_t)posted->end);
	put_span(out, posted->text);
}

bool
tlsrpt_posted_decode(struct span payload, struct tlsrpt_posted *posted)
{
	struct codec in = codec_read(payload);

	posted->id = get_u64(&in);
	posted->end = get_enum(&in, POSTED_ENDS);
	posted->text = get_span(&in);
	return codec_done(&in);
}

void
contact_question_encode(struct buf *out, const struct contact_question *question)
{
	put_u64(out, question->id);
	put_bool(out, question->is_inbound);
	put_span(out, question->domain);
	put_span(out, question->host);
	put_ip(out, question->ip);
	put_span(out, question->zone);
}

bool
contact_question_decode(struct span payload, struct contact_question *question)
{
	struct codec in = codec_read(payload);

	question->id = get_u64(&in);
	question->is_inbound = get_bool(&in);
	question->domain = get_span(&in);
	question->host = get_span(&in);
	question->ip = get_ip(&in);
	question->zone = get_span(&in);
	return codec_done(&in);
}

void
contacts_answer_encode(struct buf *out, const struct contacts_answer *answer)
{
	assert(answer->count <= CONTACTS_MOST);
	put_u64(out, answer->id);
	put_bool(out, answer->is_known);
	put_u8(out, (uint8_t)answer->proof);
	put_span(out, answer->operator);
	put_span(out, answer->text);
	put_u32(out, answer->count);
	for (uint32_t i = 0; i < answer->count; i++) {
		put_u8(out, (uint8_t)answer->contacts[i].kind);
		put_span(out, answer->contacts[i].address);
	}
}

bool
contacts_answer_decode(struct span payload, struct arena *arena, struct contacts_answer *answer)
{
	struct codec in = codec_read(arena_span(arena, payload));

	answer->id = get_u64(&in);
	answer->is_known = get_bool(&in);
	answer->proof = get_enum(&in, CONTACT_PROOFS);
	answer->operator = get_span(&in);
	answer->text = get_span(&in);
	answer->count = get_count(&in, CONTACT_OCTETS_LEAST);
	if (answer->count > CONTACTS_MOST)
		return false;
	answer->contacts = arena_alloc(arena, CONTACTS_MOST * sizeof(*answer->contacts));
	for (uint32_t i = 0; i < answer->count; i++) {
		answer->contacts[i].kind = get_enum(&in, CONTACT_KINDS);
		answer->contacts[i].address = get_span(&in);
	}
	return codec_done(&in);
}
