/* Messages between report and the rooms that see TLS, besides facts. */
#include "ipc/report_asks.h"

void
look_encode(struct buf *out, const struct look *look)
{
	put_u64(out, look->id);
	put_span(out, look->domain);
	put_span(out, look->host);
}

bool
look_decode(struct span payload, struct look *look)
{
	struct codec in = codec_read(payload);

	look->id = get_u64(&in);
	look->domain = get_span(&in);
	look->host = get_span(&in);
	return codec_done(&in);
}

void
looked_encode(struct buf *out, const struct looked *looked)
{
	put_u64(out, looked->id);
	put_u8(out, (uint8_t)looked->end);
	put_span(out, span_first(looked->host, LOOK_TEXT));
	put_ip(out, looked->ip);
	put_span(out, span_first(looked->reason, LOOK_TEXT));
	put_span(out, span_first(looked->detail, LOOK_TEXT));
	put_span(out, span_first(looked->verdict, LOOK_TEXT));
	put_span(out, span_first(looked->banner, LOOK_TEXT));
	put_span(out, span_first(looked->transcript, LOOK_TRANSCRIPT));
	put_span(out, span_first(looked->version, LOOK_TEXT));
	put_span(out, span_first(looked->cipher, LOOK_TEXT));
	put_span(out, span_first(looked->certificate, LOOK_TEXT));
	put_u64(out, (uint64_t)looked->expires_s);
}

/* The bounds that looked_encode() cuts to are the receiver's, too. */
static bool
looked_is_bounded(const struct looked *looked)
{
	const struct span texts[] = { looked->host, looked->reason, looked->detail, looked->verdict, looked->banner, looked->version,
		looked->cipher, looked->certificate };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (texts[i].length > LOOK_TEXT)
			return false;
	return looked->transcript.length <= LOOK_TRANSCRIPT;
}

bool
looked_decode(struct span payload, struct looked *looked)
{
	struct codec in = codec_read(payload);

	looked->id = get_u64(&in);
	looked->end = get_enum(&in, LOOK_ENDS);
	looked->host = get_span(&in);
	looked->ip = get_ip(&in);
	looked->reason = get_span(&in);
	looked->detail = get_span(&in);
	looked->verdict = get_span(&in);
	looked->banner = get_span(&in);
	looked->transcript = get_span(&in);
	looked->version = get_span(&in);
	looked->cipher = get_span(&in);
	looked->certificate = get_span(&in);
	looked->expires_s = (int64_t)get_u64(&in);
	return codec_done(&in) && looked_is_bounded(looked);
}

void
notices_stop_encode(struct buf *out, const struct notices_stop *stop)
{
	put_u64(out, stop->id);
	put_span(out, stop->token);
}

bool
notices_stop_decode(struct span payload, struct notices_stop *stop)
{
	struct codec in = codec_read(payload);

	stop->id = get_u64(&in);
	stop->token = get_span(&in);
	return codec_done(&in) && stop->token.length == STOP_TOKEN;
}

void
notices_stopped_encode(struct buf *out, const struct notices_stopped *stopped)
{
	put_u64(out, stopped->id);
	put_u8(out, (uint8_t)stopped->end);
}

bool
notices_stopped_decode(struct span payload, struct notices_stopped *stopped)
{
	struct codec in = codec_read(payload);

	stopped->id = get_u64(&in);
	stopped->end = get_enum(&in, STOP_ENDS);
	return codec_done(&in);
}

void
refused_sender_encode(struct buf *out, const struct refused_sender *refused)
{
	put_ip(out, refused->ip);
	put_span(out, refused->sender);
}

bool
refused_sender_decode(struct span payload, struct refused_sender *refused)
{
	struct codec in = codec_read(payload);

	refused->ip = get_ip(&in);
	refused->sender = get_span(&in);
	return codec_done(&in);
}
