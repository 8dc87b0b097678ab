/* Messages between intake and policy. */
#include "ipc/intake_policy.h"

#include <assert.h>

void
record_question_encode(struct buf *out, const struct record_question *question)
{
	put_u64(out, question->id);
	put_u8(out, (uint8_t)question->type);
	put_span(out, question->name);
}

bool
record_question_decode(struct span payload, struct record_question *question)
{
	struct codec in = codec_read(payload);

	question->id = get_u64(&in);
	question->type = get_enum(&in, AUTH_TYPES);
	question->name = get_span(&in);
	return codec_done(&in) && question->name.length > 0 && question->name.length <= RECORD_NAME_MAX &&
	    span_find(question->name, '\0') == question->name.length;
}

/* --- records, by their type --- */

static void
address_put(struct buf *out, const struct auth_answer *answer, size_t i)
{
	put_ip(out, answer->addresses[i]);
}

static void
mx_put(struct buf *out, const struct auth_answer *answer, size_t i)
{
	put_u16(out, answer->mx[i].preference);
	put_text(out, answer->mx[i].host);
}

static void
name_put(struct buf *out, const struct auth_answer *answer, size_t i)
{
	put_text(out, answer->names[i]);
}

static void
text_put(struct buf *out, const struct auth_answer *answer, size_t i)
{
	put_span(out, answer->texts[i]);
}

static void
addresses_get(struct codec *in, struct arena *arena, struct auth_answer *answer)
{
	struct ip *addresses = arena_alloc(arena, answer->count * sizeof(*addresses));

	for (size_t i = 0; i < answer->count; i++)
		addresses[i] = get_ip(in);
	answer->addresses = addresses;
}

/* A NUL within would be the end of another name. */
static const char *
host_get(struct codec *in, struct arena *arena)
{
	struct span host = get_span(in);

	if (span_find(host, '\0') < host.length)
		in->bad = true;
	return arena_copy(arena, host);
}

static void
mx_get(struct codec *in, struct arena *arena, struct auth_answer *answer)
{
	struct auth_mx *mx = arena_alloc(arena, answer->count * sizeof(*mx));

	for (size_t i = 0; i < answer->count; i++) {
		mx[i].preference = get_u16(in);
		mx[i].host = host_get(in, arena);
	}
	answer->mx = mx;
}

static void
names_get(struct codec *in, struct arena *arena, struct auth_answer *answer)
{
	const char **names = arena_alloc(arena, answer->count * sizeof(*names));

	for (size_t i = 0; i < answer->count; i++)
		names[i] = host_get(in, arena);
	answer->names = names;
}

static void
texts_get(struct codec *in, struct arena *arena, struct auth_answer *answer)
{
	struct span *texts = arena_alloc(arena, answer->count * sizeof(*texts));

	for (size_t i = 0; i < answer->count; i++)
		texts[i] = get_span(in);
	answer->texts = texts;
}

static const struct {
	void (*put)(struct buf *out, const struct auth_answer *answer, size_t i);
	void (*get)(struct codec *in, struct arena *arena, struct auth_answer *answer);
} types[AUTH_TYPES] = {
	[AUTH_A] = { address_put, addresses_get }, [AUTH_AAAA] = { address_put, addresses_get }, [AUTH_MX] = { mx_put, mx_get },
	[AUTH_PTR] = { name_put, names_get }, [AUTH_TXT] = { text_put, texts_get },
};

void
record_answer_encode(struct buf *out, const struct record_answer *answer)
{
	assert(answer->answer.count <= RECORDS_MAX);
	put_u64(out, answer->id);
	put_u8(out, (uint8_t)answer->type);
	put_u8(out, (uint8_t)answer->answer.status);
	put_u32(out, (uint32_t)answer->answer.count);
	for (size_t i = 0; i < answer->answer.count; i++)
		types[answer->type].put(out, &answer->answer, i);
}

bool
record_answer_decode(struct span payload, struct arena *arena, struct record_answer *answer)
{
	/* One copy of the whole message: every span points into it. */
	struct codec in = codec_read(arena_span(arena, payload));

	answer->id = get_u64(&in);
	answer->type = get_enum(&in, AUTH_TYPES);
	answer->answer.status = get_enum(&in, AUTH_FAILED + 1);
	answer->answer.count = get_count(&in, 1);
	if (answer->answer.count > RECORDS_MAX)
		return false;
	types[answer->type].get(&in, arena, &answer->answer);
	return codec_done(&in);
}
