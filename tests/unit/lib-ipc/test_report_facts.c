/* Tests of src/lib-ipc/report_facts.c. */
#include "ipc/report_facts.h"

#include "ipc/channel.h"

#include "again_check.h"
#include "samples.h"

AGAIN_IN_ARENA(facts_batch)
AGAIN(facts_kept)

static struct tls_fact facts_full[] = {
	{ .direction = FACT_OUT, .day = 20513, .tls = FACT_TLS_YES, .is_own = true, .is_resumed = true, .is_testing = true,
	  .is_by_dane = true, .is_shared = true, .offers = FACT_STARTTLS | FACT_8BITMIME, .expires_s = INT64_C(1800000000), .sessions = 3, .messages = UINT64_C(1) << 40,
	  .text = { [FACT_PEER] = SAMPLE("mx.example.org"), [FACT_IP] = SAMPLE("2001:db8::25"), [FACT_DOMAIN] = SAMPLE("example.org"),
		[FACT_REASON] = SAMPLE("certificate-expired"), [FACT_OBSERVED] = SAMPLE("sts-mx-mismatch"), [FACT_DETAIL] = SAMPLE("valid until 2026"),
		[FACT_APPLIED] = SAMPLE("sts"), [FACT_PUBLISHED] = SAMPLE("sts+tlsa"), [FACT_STS] = SAMPLE("version: STSv1\nmode: testing"),
		[FACT_TLSA] = SAMPLE("3 1 1 00\n3 1 1 ff"), [FACT_BASE] = SAMPLE("mail.example.net"), [FACT_STS_FAULT] = SAMPLE("sts-webpki-invalid: x"),
		[FACT_TLSA_FAULT] = SAMPLE("dane-unusable"), [FACT_SOURCE] = SAMPLE("198.51.100.25"), [FACT_HELO] = SAMPLE("mx"),
		[FACT_EVIDENCE] = SAMPLE("verify:mx"), [FACT_VERSION] = SAMPLE("TLSv1.3"), [FACT_CIPHER] = SAMPLE("TLS_AES_128_GCM_SHA256"),
		[FACT_GROUP] = SAMPLE("x25519"), [FACT_CERTIFICATE] = SAMPLE("valid"), [FACT_FINGERPRINT] = SAMPLE("00ff") } },
	{ .direction = FACT_IN, .text = { [FACT_REASON] = SAMPLE("plaintext-inbound") }, .sessions = 1 },
};

START_TEST(batches_go_there_and_back)
{
	const struct facts_batch batch = { UINT64_C(1) << 63, 7, facts_full, 2 };
	struct facts_batch back;
	struct arena *arena = arena_new();
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	facts_batch_encode(&out, &batch);
	ck_assert(facts_batch_decode(buf_span(&out), arena, &back));
	ck_assert_uint_eq(back.count, 2);
	ck_span_eq(back.facts[0].text[FACT_PEER], "mx.example.org");
	ck_span_eq(back.facts[0].text[FACT_FINGERPRINT], "00ff");
	ck_assert_uint_eq(back.facts[0].messages, UINT64_C(1) << 40);
	ck_assert_int_eq(back.facts[0].expires_s, 1800000000);
	ck_assert_uint_eq(back.facts[0].offers, FACT_STARTTLS | FACT_8BITMIME);
	arena_free(&arena);
	/* sender, number, count; direction, day, tls, own, resumed, testing, by dane, shared */
	again_refuses(facts_batch_again, &out, 20, FACT_DIRECTIONS);
	again_refuses(facts_batch_again, &out, 25, FACT_TLS_ANSWERS);
	for (size_t flag = 26; flag <= 30; flag++)
		again_refuses(facts_batch_again, &out, flag, 2);
	again_refuses(facts_batch_again, &out, 19, 1);
	again_check(facts_batch_again, &out);
}
END_TEST

START_TEST(answers_go_there_and_back)
{
	const struct facts_kept kept = { UINT64_C(1) << 50 };
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	facts_kept_encode(&out, &kept);
	again_check(facts_kept_again, &out);
}
END_TEST

/* Nothing that is made of a mailbox, and nothing that could be a line of its own; of the policy, lines are what it consists of. */
static const struct {
	const char *name;
	enum fact_text text;
	struct span said, kept;
} texts[] = {
	{ "an address loses its @", FACT_DETAIL, SAMPLE("ask bob@example.org"), SAMPLE("ask bob?example.org") },
	{ "lines end nowhere", FACT_DETAIL, SAMPLE("a\r\nb\0c\x7f\xc3\xa9"), SAMPLE("a??b?c???") },
	{ "but in a policy", FACT_STS, SAMPLE("version: STSv1\nmx: a@b\r"), SAMPLE("version: STSv1\nmx: a?b?") },
	{ "and in records", FACT_TLSA, SAMPLE("3 1 1 00\n3 1 1 ff"), SAMPLE("3 1 1 00\n3 1 1 ff") },
	{ "a host calls itself by an address", FACT_HELO, SAMPLE("me@[192.0.2.1]\x01"), SAMPLE("me?[192.0.2.1]?") },
	{ "what is long is cut", FACT_PUBLISHED, SAMPLE("0123456789"), SAMPLE("01234567") },
};

START_TEST(texts_are_clean_and_bounded)
{
	struct tls_fact fact = { .sessions = 1 };
	const struct facts_batch batch = { 1, 1, &fact, 1 };
	struct arena *arena = arena_new();
	struct facts_batch back;
	struct buf out;

	fact.text[texts[_i].text] = texts[_i].said;
	buf_init(&out, AGAIN_CEILING);
	facts_batch_encode(&out, &batch);
	ck_assert_msg(facts_batch_decode(buf_span(&out), arena, &back), "%s", texts[_i].name);
	ck_assert_msg(span_equal(back.facts[0].text[texts[_i].text], texts[_i].kept), "%s", texts[_i].name);
	/* From whoever says it unclean it is not taken. */
	for (size_t i = 0; i < buf_length(&out); i++)
		if (out.data[out.start + i] == texts[_i].kept.data[0] && i > 60) {
			out.data[out.start + i] = '@';
			ck_assert(!facts_batch_decode(buf_span(&out), arena, &back));
			break;
		}
	buf_clear(&out);
	arena_free(&arena);
}
END_TEST

START_TEST(what_is_folded_tells_no_peer)
{
	struct tls_fact folded;

	fact_fold(&facts_full[0], &folded);
	ck_span_eq(folded.text[FACT_PEER], FACT_OTHERS);
	ck_span_eq(folded.text[FACT_REASON], "certificate-expired");
	for (int i = 0; i < FACT_TEXTS; i++)
		ck_assert(i == FACT_PEER || i == FACT_REASON || span_is_empty(folded.text[i]));
	ck_assert(folded.is_own && folded.is_shared);
	ck_assert_uint_eq(fact_host_sessions(&folded), 0);
	ck_assert_uint_eq(folded.sessions, 3);
	ck_assert_uint_eq(folded.day, facts_full[0].day);
}
END_TEST

START_TEST(the_largest_batch_of_a_tally_fits_in_a_message)
{
	static char text[4096];
	struct tls_fact fact = { .sessions = 1 };
	struct buf out;

	memset(text, 'x', sizeof(text));
	for (int i = 0; i < FACT_TEXTS; i++)
		fact.text[i] = span_make(text, sizeof(text));
	buf_init(&out, FACT_ENCODED_MAX);
	fact_key_encode(&out, &fact);
	ck_assert_uint_le((buf_length(&out) + 16) * FACTS_MOST, CHANNEL_PAYLOAD_MAX);
	buf_clear(&out);
}
END_TEST

UNIT_MAIN_LOOPED("report_facts", texts_are_clean_and_bounded, texts, batches_go_there_and_back, answers_go_there_and_back,
    what_is_folded_tells_no_peer, the_largest_batch_of_a_tally_fits_in_a_message)
