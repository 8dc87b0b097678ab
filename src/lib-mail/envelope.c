/* Envelopes as octets: sealed in the spool, and in jobs and notifications between rooms. */
#include "mail/envelope.h"

#define RECIPIENT_OCTETS_LEAST 9	/* a recipient with both texts empty */

static void
body_put(struct buf *out, const struct body_place *body)
{
	put_u64(out, body->offset);
	put_u64(out, body->length);
	put_u32(out, body->chunks);
	put_raw(out, body->key, sizeof(body->key));
}

static void
body_get(struct codec *in, struct body_place *body)
{
	body->offset = get_u64(in);
	body->length = get_u64(in);
	body->chunks = get_u32(in);
	get_raw(in, body->key, sizeof(body->key));
}

void
envelope_encode(struct buf *out, const struct envelope *envelope)
{
	bool has_prefix = !span_is_empty(envelope->prefix);

	put_mid(out, envelope->mid);
	put_u64(out, (uint64_t)envelope->arrival_ms);
	put_u32(out, (envelope->flags & ~(uint32_t)ENVELOPE_PREFIX) | (has_prefix ? ENVELOPE_PREFIX : 0u));
	put_u8(out, (uint8_t)envelope->ret);
	put_span(out, envelope->envid);
	put_span(out, envelope->sender);
	put_span(out, envelope->client_name);
	put_ip(out, envelope->client_ip);
	put_u32(out, envelope->client_uid);
	body_put(out, &envelope->body);
	put_u32(out, envelope->recipients_count);
	for (uint32_t i = 0; i < envelope->recipients_count; i++) {
		put_span(out, envelope->recipients[i].address);
		put_span(out, envelope->recipients[i].orcpt);
		put_u8(out, envelope->recipients[i].notify);
	}
	if (has_prefix)
		put_span(out, envelope->prefix);
}

/* A flag that lies would be another record than the one that was written. */
static struct span
prefix_get(struct codec *in)
{
	struct span prefix = get_span(in);

	if (span_is_empty(prefix) || prefix.length > ENVELOPE_PREFIX_MAX)
		in->bad = true;
	return prefix;
}

bool
envelope_decode(struct span octets, struct arena *arena, struct envelope *envelope)
{
	struct codec in = codec_read(arena_span(arena, octets));

	envelope->mid = get_mid(&in);
	envelope->arrival_ms = (int64_t)get_u64(&in);
	envelope->flags = get_u32(&in);
	envelope->ret = get_enum(&in, RET_KINDS);
	envelope->envid = get_span(&in);
	envelope->sender = get_span(&in);
	envelope->client_name = get_span(&in);
	envelope->client_ip = get_ip(&in);
	envelope->client_uid = get_u32(&in);
	body_get(&in, &envelope->body);
	envelope->recipients_count = get_count(&in, RECIPIENT_OCTETS_LEAST);
	envelope->recipients = arena_alloc(arena, envelope->recipients_count * sizeof(*envelope->recipients));
	for (uint32_t i = 0; i < envelope->recipients_count; i++) {
		envelope->recipients[i].address = get_span(&in);
		envelope->recipients[i].orcpt = get_span(&in);
		envelope->recipients[i].notify = get_enum(&in, 16);
	}
	envelope->prefix = envelope->flags & ENVELOPE_PREFIX ? prefix_get(&in) : SPAN("");
	return codec_done(&in) && envelope->recipients_count > 0;
}
