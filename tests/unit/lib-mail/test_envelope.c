/* Tests of src/lib-mail/envelope.c. */
#include "mail/envelope.h"

#include "tests/unit/unit.h"

static struct recipient recipients[] = {
	{ SPAN("a@b.example"), SPAN("rfc822;a+40b"), NOTIFY_SUCCESS | NOTIFY_DELAY },
	{ SPAN("c@d.example"), SPAN(""), NOTIFY_NEVER },
	{ SPAN("\"x y\"@z.example"), SPAN(""), NOTIFY_DEFAULT },
};

static struct envelope
sample(void)
{
	struct envelope envelope = {
		.mid = { 7, 9 }, .arrival_ms = 1772323200123, .flags = ENVELOPE_8BIT | ENVELOPE_REQUIRETLS | ENVELOPE_TLS_OPTIONAL, .ret = RET_HDRS,
		.envid = SPAN("QQ+20x"), .sender = SPAN("s@example.net"), .client_name = SPAN("client.example"), .client_uid = UINT32_MAX,
		.body = { .offset = 4096, .length = 1234567890123, .chunks = 3 }, .recipients = recipients, .recipients_count = 3
	};

	ip_parse(SPAN("2001:db8::25"), &envelope.client_ip);
	for (size_t i = 0; i < BODY_KEY_OCTETS; i++)
		envelope.body.key[i] = (unsigned char)(i * 7);
	return envelope;
}

START_TEST(an_envelope_comes_back_as_it_was)
{
	struct envelope before = sample(), after;
	struct arena *arena = arena_new();
	struct buf out;

	buf_init(&out, 4096);
	envelope_encode(&out, &before);
	ck_assert(envelope_decode(buf_span(&out), arena, &after));
	ck_assert_int_eq(mid_compare(before.mid, after.mid), 0);
	ck_assert_int_eq(before.arrival_ms, after.arrival_ms);
	ck_assert_uint_eq(before.flags, after.flags);
	ck_assert_int_eq(before.ret, after.ret);
	ck_span_eq(after.envid, "QQ+20x");
	ck_span_eq(after.sender, "s@example.net");
	ck_span_eq(after.client_name, "client.example");
	ck_assert(ip_equal(before.client_ip, after.client_ip));
	ck_assert_uint_eq(after.client_uid, UINT32_MAX);
	ck_assert_uint_eq(after.body.offset, 4096);
	ck_assert_uint_eq(after.body.length, 1234567890123);
	ck_assert_uint_eq(after.body.chunks, 3);
	ck_assert_mem_eq(after.body.key, before.body.key, BODY_KEY_OCTETS);
	ck_assert_uint_eq(after.recipients_count, 3);
	for (size_t i = 0; i < 3; i++) {
		ck_assert(span_equal(after.recipients[i].address, recipients[i].address));
		ck_assert(span_equal(after.recipients[i].orcpt, recipients[i].orcpt));
		ck_assert_uint_eq(after.recipients[i].notify, recipients[i].notify);
	}
	arena_free(&arena);
	buf_clear(&out);
}
END_TEST

START_TEST(every_truncation_and_every_addition_is_refused)
{
	struct envelope before = sample(), after;
	struct buf out;

	buf_init(&out, 4096);
	envelope_encode(&out, &before);
	put_u8(&out, 0);
	for (size_t length = 0; length <= buf_length(&out); length++) {
		struct arena *arena = arena_new();
		bool good = envelope_decode(span_first(buf_span(&out), length), arena, &after);

		ck_assert_msg(good == (length + 1 == buf_length(&out)), "%zu octets", length);
		arena_free(&arena);
	}
	buf_clear(&out);
}
END_TEST

/* Records of before there were prefixes are as they were; a flag that says what is not there is no envelope. */
START_TEST(a_prefix_is_there_or_not)
{
	static char long_one[ENVELOPE_PREFIX_MAX + 1];
	struct envelope before = sample(), after;
	struct arena *arena = arena_new();
	struct buf without, with, out;

	buf_init(&without, 4096);
	buf_init(&with, 4096);
	buf_init(&out, 2 * ENVELOPE_PREFIX_MAX);
	before.flags |= ENVELOPE_PREFIX;	/* a word of the codec, and of nobody else */
	envelope_encode(&without, &before);
	ck_assert(envelope_decode(buf_span(&without), arena, &after));
	ck_assert_uint_eq(after.flags & ENVELOPE_PREFIX, 0);
	ck_span_eq(after.prefix, "");
	ck_assert_uint_eq(envelope_size(&after), 1234567890123);
	before.prefix = SPAN("A: b\r\n");
	envelope_encode(&with, &before);
	ck_assert_uint_eq(buf_length(&with), buf_length(&without) + 4 + 6);
	ck_assert(envelope_decode(buf_span(&with), arena, &after));
	ck_span_eq(after.prefix, "A: b\r\n");
	ck_assert_uint_eq(envelope_size(&after), 1234567890123 + 6);
	/* flag without, prefix without flag, empty, too long */
	ck_assert(!envelope_decode(span_first(buf_span(&with), buf_length(&with) - 10), arena, &after));
	put_span(&without, SPAN("A: b\r\n"));
	ck_assert(!envelope_decode(buf_span(&without), arena, &after));
	ck_assert(buf_add(&out, span_first(buf_span(&with), buf_length(&with) - 10)));
	put_u32(&out, 0);
	ck_assert(!envelope_decode(buf_span(&out), arena, &after));
	buf_empty(&out);
	before.prefix = span_make(long_one, sizeof(long_one));
	envelope_encode(&out, &before);
	ck_assert(!envelope_decode(buf_span(&out), arena, &after));
	arena_free(&arena);
	buf_clear(&without);
	buf_clear(&with);
	buf_clear(&out);
}
END_TEST

START_TEST(an_envelope_without_recipients_is_none)
{
	struct envelope before = sample(), after;
	struct arena *arena = arena_new();
	struct buf out;

	before.recipients_count = 0;
	buf_init(&out, 4096);
	envelope_encode(&out, &before);
	ck_assert(!envelope_decode(buf_span(&out), arena, &after));
	arena_free(&arena);
	buf_clear(&out);
}
END_TEST

UNIT_MAIN("envelope", an_envelope_comes_back_as_it_was, every_truncation_and_every_addition_is_refused,
    a_prefix_is_there_or_not, an_envelope_without_recipients_is_none)
