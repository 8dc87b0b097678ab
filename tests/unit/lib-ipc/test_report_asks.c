/* Tests of src/lib-ipc/report_asks.c. */
#include "ipc/report_asks.h"

#include <stddef.h>

#include "again_check.h"
#include "samples.h"

AGAIN(look)
AGAIN(looked)
AGAIN(notices_stop)
AGAIN(notices_stopped)
AGAIN(refused_sender)

static const struct looked looked_full = { .id = UINT64_C(1) << 63, .end = LOOK_SEEN, .host = SAMPLE("mx.example.org"),
	.ip = { { 192, 0, 2, 1 }, 4 }, .reason = SAMPLE("certificate-expired"), .detail = SAMPLE("valid until 2026"),
	.verdict = SAMPLE("misconfiguration"), .banner = SAMPLE("220-mx\n220 \0\xff"), .transcript = SAMPLE("S: 220 mx\nC: EHLO us"),
	.version = SAMPLE("TLSv1.3"), .cipher = SAMPLE("TLS_AES_128_GCM_SHA256"), .certificate = SAMPLE("issued by CN=x"),
	.expires_s = INT64_C(1800000000) };

START_TEST(looks_go_there_and_back)
{
	static const struct look looks[] = { { UINT64_MAX, SAMPLE("example.org"), SAMPLE("mx.example.org") },
		{ 0, SAMPLE("example.org"), SAMPLE("") } };

	for (size_t i = 0; i < sizeof(looks) / sizeof(*looks); i++) {
		struct buf out;

		buf_init(&out, AGAIN_CEILING);
		look_encode(&out, &looks[i]);
		again_check(look_again, &out);
	}
}
END_TEST

START_TEST(what_was_seen_goes_there_and_back)
{
	const struct looked nothing = { .end = LOOK_UNKNOWN };
	struct looked back;
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	looked_encode(&out, &looked_full);
	ck_assert(looked_decode(buf_span(&out), &back));
	ck_assert(back.end == LOOK_SEEN && back.id == looked_full.id && back.expires_s == looked_full.expires_s);
	ck_assert(ip_equal(back.ip, looked_full.ip));
	ck_span_eq(back.host, "mx.example.org");
	ck_span_eq(back.reason, "certificate-expired");
	ck_span_eq(back.detail, "valid until 2026");
	ck_span_eq(back.verdict, "misconfiguration");
	ck_assert(span_equal(back.banner, looked_full.banner));
	ck_assert(span_equal(back.transcript, looked_full.transcript));
	ck_span_eq(back.version, "TLSv1.3");
	ck_span_eq(back.cipher, "TLS_AES_128_GCM_SHA256");
	ck_span_eq(back.certificate, "issued by CN=x");
	/* id, end */
	again_refuses(looked_again, &out, 8, LOOK_ENDS);
	again_check(looked_again, &out);
	looked_encode(&out, &nothing);
	again_check(looked_again, &out);
}
END_TEST

/* A stranger's octets do not grow on the way, and from whoever says more than there may be it is not taken. */
static const struct {
	const char *name;
	size_t field, bound;
} texts[] = {
	{ "host", offsetof(struct looked, host), LOOK_TEXT }, { "reason", offsetof(struct looked, reason), LOOK_TEXT },
	{ "detail", offsetof(struct looked, detail), LOOK_TEXT }, { "verdict", offsetof(struct looked, verdict), LOOK_TEXT },
	{ "banner", offsetof(struct looked, banner), LOOK_TEXT }, { "transcript", offsetof(struct looked, transcript), LOOK_TRANSCRIPT },
	{ "version", offsetof(struct looked, version), LOOK_TEXT }, { "cipher", offsetof(struct looked, cipher), LOOK_TEXT },
	{ "certificate", offsetof(struct looked, certificate), LOOK_TEXT },
};

/* The message with its first text one octet longer than it was. */
static void
lengthen(struct buf *message, size_t place)
{
	struct span whole = buf_span(message), rest = span_skip(whole, place + 4);
	struct codec in = codec_read(span_skip(whole, place));
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	put_raw(&out, whole.data, place);
	put_u32(&out, get_u32(&in) + 1);
	put_raw(&out, "x", 1);
	put_raw(&out, rest.data, rest.length);
	buf_empty(message);
	ck_assert(buf_add(message, buf_span(&out)));
	buf_clear(&out);
}

START_TEST(texts_are_bounded)
{
	static const char most[3000];
	struct looked looked = { .end = LOOK_SEEN }, back;
	struct span long_text = span_make(most, sizeof(most));
	size_t place;
	struct buf out;

	memcpy((char *)&looked + texts[_i].field, &long_text, sizeof(long_text));
	buf_init(&out, AGAIN_CEILING);
	looked_encode(&out, &looked);
	ck_assert_msg(looked_decode(buf_span(&out), &back), "%s", texts[_i].name);
	memcpy(&long_text, (char *)&back + texts[_i].field, sizeof(long_text));
	ck_assert_msg(long_text.length == texts[_i].bound, "%s: %zu", texts[_i].name, long_text.length);
	place = (size_t)(long_text.data - buf_span(&out).data) - 4;
	lengthen(&out, place);
	ck_assert_msg(!looked_decode(buf_span(&out), &back), "%s", texts[_i].name);
	buf_clear(&out);
}
END_TEST

/* N53: a token is as long as it is, whoever says so. */
static const struct {
	const char *token;
	bool is_good;
} tokens[] = {
	{ "0123456789abcdef0123456789abcdef", true }, { "0123456789abcdef0123456789abcde", false },
	{ "0123456789abcdef0123456789abcdef0", false }, { "", false },
};

START_TEST(tokens_go_there_and_back)
{
	for (size_t i = 0; i < sizeof(tokens) / sizeof(*tokens); i++) {
		const struct notices_stop stop = { 7, span_of(tokens[i].token) };
		struct notices_stop back;
		struct buf out;

		buf_init(&out, AGAIN_CEILING);
		notices_stop_encode(&out, &stop);
		ck_assert_msg(notices_stop_decode(buf_span(&out), &back) == tokens[i].is_good, "\"%s\"", tokens[i].token);
		if (tokens[i].is_good)
			again_check(notices_stop_again, &out);
		buf_clear(&out);
	}
}
END_TEST

START_TEST(answers_to_them_go_there_and_back)
{
	const struct notices_stopped stopped = { 7, STOP_LATER };
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	notices_stopped_encode(&out, &stopped);
	again_refuses(notices_stopped_again, &out, 8, STOP_ENDS);
	again_check(notices_stopped_again, &out);
}
END_TEST

START_TEST(refused_senders_go_there_and_back)
{
	const struct refused_sender refused = { { { 192, 0, 2, 1 }, 4 }, SPAN("a@example.org") };
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	refused_sender_encode(&out, &refused);
	again_check(refused_sender_again, &out);
}
END_TEST

UNIT_MAIN_LOOPED("report_asks", texts_are_bounded, texts, looks_go_there_and_back, what_was_seen_goes_there_and_back,
    tokens_go_there_and_back, answers_to_them_go_there_and_back, refused_senders_go_there_and_back)
