/* Tests of src/lib-ipc/relay_policy.c. */
#include "ipc/relay_policy.h"

#include <stdio.h>

#include "ipc/channel.h"

#include "again_check.h"
#include "samples.h"

AGAIN(policy_question)
AGAIN_IN_ARENA(policy_answer)
AGAIN(policy_sight)
AGAIN(policy_change)
AGAIN_IN_ARENA(policy_names)
AGAIN_IN_ARENA(policy_hosts)

static struct span patterns[] = { SAMPLE("mx.example.org"), SAMPLE("*.example.org"), SAMPLE("") };
static struct span hosts[] = { SAMPLE("mx1.example.org"), SAMPLE("mx2.example.org") };

static const struct policy_answer answer_full = { UINT64_C(1) << 40, {
	.missing = SAMPLE("sts-dns-failed"),
	.has_sts = true, .sts = { STS_ENFORCE, 604800, patterns, 3 }, .sts_id = SAMPLE("20260101T000000"), .sts_until_s = INT64_C(1800000001),
	.sts_lines = SAMPLE("version: STSv1\nx: \"y\""), .sts_fault = SAMPLE("sts-webpki-invalid: expired"),
	.has_preload = true, .preload = { STS_TESTING, 1, patterns, 1 }, .preload_until_s = 0,
	.has_exception = true, .exception = POLICY_ENCRYPT, .exception_why = SAMPLE("certificate expired, told"), .exception_until_s = 1800000002,
	.has_ratchet = true, .ratchet = POLICY_VERIFY, .ratchet_mx = hosts, .ratchet_mx_count = 2, .ratchet_until_s = 1800000003,
	.until_s = -1,
} };

START_TEST(questions_go_there_and_back)
{
	const struct policy_question question = { 77, SAMPLE("example.org"), true, false };
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	policy_question_encode(&out, &question);
	again_refuses(policy_question_again, &out, buf_length(&out) - 1, 2);
	again_refuses(policy_question_again, &out, buf_length(&out) - 2, 2);
	again_check(policy_question_again, &out);
}
END_TEST

/* The octets that came are gone by the time the answer is used. */
START_TEST(answers_go_there_and_outlive_their_message)
{
	struct arena *arena = arena_new();
	struct policy_answer back;
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	policy_answer_encode(&out, &answer_full);
	ck_assert(policy_answer_decode(buf_span(&out), arena, &back));
	buf_wipe(&out);
	ck_assert_uint_eq(back.id, answer_full.id);
	ck_span_eq(back.knowledge.missing, "sts-dns-failed");
	ck_assert(back.knowledge.has_sts && back.knowledge.has_preload && back.knowledge.has_exception && back.knowledge.has_ratchet);
	ck_assert_int_eq(back.knowledge.sts.mode, STS_ENFORCE);
	ck_assert_uint_eq(back.knowledge.sts.max_age_s, 604800);
	ck_assert_uint_eq(back.knowledge.sts.mx_count, 3);
	ck_span_eq(back.knowledge.sts.mx[1], "*.example.org");
	ck_span_eq(back.knowledge.sts_id, "20260101T000000");
	ck_span_eq(back.knowledge.sts_lines, "version: STSv1\nx: \"y\"");
	ck_span_eq(back.knowledge.sts_fault, "sts-webpki-invalid: expired");
	ck_assert_int_eq(back.knowledge.sts_until_s, INT64_C(1800000001));
	ck_assert_int_eq(back.knowledge.preload.mode, STS_TESTING);
	ck_span_eq(back.knowledge.preload.mx[0], "mx.example.org");
	ck_assert_int_eq(back.knowledge.exception, POLICY_ENCRYPT);
	ck_span_eq(back.knowledge.exception_why, "certificate expired, told");
	ck_assert_int_eq(back.knowledge.ratchet, POLICY_VERIFY);
	ck_assert_uint_eq(back.knowledge.ratchet_mx_count, 2);
	ck_span_eq(back.knowledge.ratchet_mx[1], "mx2.example.org");
	ck_assert_int_eq(back.knowledge.ratchet_until_s, INT64_C(1800000003));
	ck_assert_int_eq(back.knowledge.until_s, -1);
	arena_free(&arena);
}
END_TEST

START_TEST(answers_with_any_of_their_parts_go_there_and_back)
{
	for (unsigned parts = 0; parts < 16; parts++) {
		struct policy_answer answer = answer_full;
		struct buf out;

		answer.knowledge.has_sts = (parts & 1) != 0;
		answer.knowledge.has_preload = (parts & 2) != 0;
		answer.knowledge.has_exception = (parts & 4) != 0;
		answer.knowledge.has_ratchet = (parts & 8) != 0;
		buf_init(&out, AGAIN_CEILING);
		policy_answer_encode(&out, &answer);
		again_check(policy_answer_again, &out);
	}
}
END_TEST

/* What is not there is zero, whatever the sender had in its place. */
START_TEST(absent_parts_are_empty)
{
	struct policy_answer answer = answer_full, back;
	struct arena *arena = arena_new();
	struct buf out;

	answer.knowledge.has_sts = answer.knowledge.has_ratchet = false;
	buf_init(&out, AGAIN_CEILING);
	policy_answer_encode(&out, &answer);
	memset(&back, 0xff, sizeof(back));
	ck_assert(policy_answer_decode(buf_span(&out), arena, &back));
	ck_assert_uint_eq(back.knowledge.sts.mx_count, 0);
	ck_assert_uint_eq(back.knowledge.sts_id.length, 0);
	ck_assert_uint_eq(back.knowledge.ratchet_mx_count, 0);
	ck_assert_int_eq(back.knowledge.ratchet, POLICY_ENCRYPT);
	buf_clear(&out);
	arena_free(&arena);
}
END_TEST

START_TEST(answers_keep_to_their_bounds)
{
	struct policy_answer answer = { 1, { .has_sts = true, .sts = { STS_ENFORCE, 1, patterns, 1 } } };
	struct buf out;

	/* id, missing, has_sts, mode, max_age, count */
	buf_init(&out, AGAIN_CEILING);
	policy_answer_encode(&out, &answer);
	again_refuses(policy_answer_again, &out, 12, 2);
	again_refuses(policy_answer_again, &out, 13, STS_MODES);
	again_refuses(policy_answer_again, &out, 22, STS_PATTERNS + 1);
	again_refuses(policy_answer_again, &out, 25, 0xff);
	buf_clear(&out);
	answer = (struct policy_answer){ 1, { .has_exception = true } };
	policy_answer_encode(&out, &answer);
	again_refuses(policy_answer_again, &out, 15, POLICY_LEVELS);
	buf_clear(&out);
	answer = (struct policy_answer){ 1, { .has_ratchet = true } };
	policy_answer_encode(&out, &answer);
	again_refuses(policy_answer_again, &out, 16, POLICY_LEVELS);
	buf_clear(&out);
}
END_TEST

START_TEST(too_long_texts_are_none)
{
	static char text[STS_LINES + 1];
	static const struct { size_t lines, fault; bool good; } rows[] = {
		{ STS_LINES, KNOWLEDGE_FAULT, true }, { STS_LINES + 1, 0, false }, { 0, KNOWLEDGE_FAULT + 1, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct policy_answer answer = { 1, { .sts_lines = span_make(text, rows[i].lines), .sts_fault = span_make(text, rows[i].fault) } };
		struct buf message, out;

		buf_init(&message, AGAIN_CEILING);
		buf_init(&out, AGAIN_CEILING);
		policy_answer_encode(&message, &answer);
		ck_assert_msg(again_is_message(policy_answer_again, buf_span(&message), buf_length(&message), &out) == rows[i].good, "row %zu", i);
		buf_clear(&message);
		buf_clear(&out);
	}
}
END_TEST

/* One pattern or host more than there may be, all of them whole. */
START_TEST(too_many_names_are_none)
{
	static const struct { size_t place; uint32_t most; } rows[] = { { 22, STS_PATTERNS }, { 17, KNOWLEDGE_MX } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (uint32_t over = 0; over < 2; over++) {
			static struct span many[STS_PATTERNS];
			struct policy_answer answer = { .id = 1 };
			struct buf message, out;
			struct span whole;

			if (rows[i].most == STS_PATTERNS) {
				answer.knowledge.has_sts = true;
				answer.knowledge.sts = (struct sts_policy){ STS_ENFORCE, 1, many, rows[i].most };
			} else {
				answer.knowledge.has_ratchet = true;
				answer.knowledge.ratchet_mx = many;
				answer.knowledge.ratchet_mx_count = rows[i].most;
			}
			buf_init(&message, AGAIN_CEILING);
			buf_init(&out, AGAIN_CEILING);
			policy_answer_encode(&out, &answer);
			whole = buf_span(&out);
			put_raw(&message, whole.data, rows[i].place);
			put_u32(&message, rows[i].most + over);
			for (uint32_t k = 0; k < over; k++)
				put_text(&message, "");
			put_raw(&message, whole.data + rows[i].place + 4, whole.length - rows[i].place - 4);
			buf_empty(&out);
			ck_assert_msg(again_is_message(policy_answer_again, buf_span(&message), buf_length(&message), &out) == (over == 0),
			    "row %zu, %u more", i, over);
			buf_clear(&message);
			buf_clear(&out);
		}
	}
}
END_TEST

START_TEST(the_largest_answer_fits_in_a_message)
{
	static char text[STS_LINES];
	struct span long_ones[STS_PATTERNS], name, why;
	struct policy_answer answer;
	struct buf out;

	memset(text, 'x', sizeof(text));
	name = span_make(text, 255);
	why = span_make(text, 512);
	for (unsigned i = 0; i < STS_PATTERNS; i++)
		long_ones[i] = name;
	answer = (struct policy_answer){ 1, { .missing = why, .has_sts = true, .sts = { STS_ENFORCE, 1, long_ones, STS_PATTERNS }, .sts_id = name,
		.has_preload = true, .preload = { STS_ENFORCE, 1, long_ones, STS_PATTERNS }, .has_exception = true, .exception_why = why,
		.has_ratchet = true, .ratchet_mx = long_ones, .ratchet_mx_count = KNOWLEDGE_MX,
		.sts_lines = span_make(text, STS_LINES), .sts_fault = span_make(text, KNOWLEDGE_FAULT) } };
	buf_init(&out, 2 * CHANNEL_PAYLOAD_MAX);
	policy_answer_encode(&out, &answer);
	ck_assert_uint_le(buf_length(&out), CHANNEL_PAYLOAD_MAX);
	buf_clear(&out);
}
END_TEST

START_TEST(sights_go_there_and_back)
{
	const struct policy_sight sight = { SAMPLE("example.org"), SAMPLE("mx.example.org"), POLICY_DANE, true, SAMPLE("sts-mx-mismatch"),
		SAMPLE("sts"), true };
	struct policy_sight back;
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	policy_sight_encode(&out, &sight);
	ck_assert(policy_sight_decode(buf_span(&out), &back));
	ck_span_eq(back.host, "mx.example.org");
	ck_assert_int_eq(back.level, POLICY_DANE);
	ck_assert(back.is_delivered && back.is_observed);
	ck_span_eq(back.because, "sts");
	again_refuses(policy_sight_again, &out, 4 + 11 + 4 + 14, POLICY_LEVELS);
	again_refuses(policy_sight_again, &out, buf_length(&out) - 1, 2);
	again_check(policy_sight_again, &out);
}
END_TEST

START_TEST(changes_go_there_and_back)
{
	static const struct policy_change changes[] = { { SAMPLE("example.org") }, { SAMPLE("") } };

	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		struct buf out;

		buf_init(&out, AGAIN_CEILING);
		policy_change_encode(&out, &changes[i]);
		again_check(policy_change_again, &out);
	}
}
END_TEST

START_TEST(names_of_hosts_go_there_and_back)
{
	static struct span many[POLICY_HOSTS];
	const struct policy_names rows[] = { { hosts, 2 }, { hosts, 0 }, { many, POLICY_HOSTS } };
	struct buf out;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		buf_init(&out, AGAIN_CEILING);
		policy_names_encode(&out, &rows[i]);
		again_refuses(policy_names_again, &out, 0, POLICY_HOSTS + 1);
		again_check(policy_names_again, &out);
	}
}
END_TEST

static const struct policy_host host_full = { SAMPLE("mx.example.org"), 412, INT64_C(1772323200), INT64_C(1795737600), true,
	SAMPLE("PIPELINING SIZE 8BITMIME"), POLICY_SECURE, SAMPLE("TLSv1.3"), SAMPLE("aabb"), SAMPLE("CN=A,O=Example"),
	{ { 192, 0, 2, 1 }, 4 } };

START_TEST(hosts_go_there_and_back)
{
	struct policy_host two[] = { host_full, { .host = SAMPLE("2001:db8::1"), .ip = { { 0x20, 1 }, 6 } } };
	const struct policy_hosts hosts_told = { two, 2 };
	struct arena *arena = arena_new();
	struct policy_hosts back;
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	policy_hosts_encode(&out, &hosts_told);
	ck_assert(policy_hosts_decode(buf_span(&out), arena, &back));
	ck_assert_uint_eq(back.count, 2);
	ck_span_eq(back.hosts[0].host, "mx.example.org");
	ck_assert(back.hosts[0].sessions == 412 && back.hosts[0].first_s == 1772323200 && back.hosts[0].last_s == 1795737600);
	ck_assert(back.hosts[0].has_starttls && back.hosts[0].level == POLICY_SECURE && ip_equal(back.hosts[0].ip, host_full.ip));
	ck_span_eq(back.hosts[0].keywords, "PIPELINING SIZE 8BITMIME");
	ck_span_eq(back.hosts[0].version, "TLSv1.3");
	ck_span_eq(back.hosts[0].fingerprint, "aabb");
	ck_span_eq(back.hosts[0].issuer, "CN=A,O=Example");
	ck_span_eq(back.hosts[1].host, "2001:db8::1");
	ck_assert(!back.hosts[1].has_starttls && back.hosts[1].ip.family == 6);
	/* count; host, three numbers; STARTTLS, keywords, level */
	again_refuses(policy_hosts_again, &out, 4 + 4 + 14 + 24, 2);
	again_refuses(policy_hosts_again, &out, 4 + 4 + 14 + 24 + 1 + 4 + 24, POLICY_LEVELS);
	again_refuses(policy_hosts_again, &out, buf_length(&out) - 17, 5);
	again_check(policy_hosts_again, &out);
	arena_free(&arena);
}
END_TEST

START_TEST(too_many_hosts_are_none)
{
	static struct policy_host many[POLICY_HOSTS];
	const struct policy_hosts most = { many, POLICY_HOSTS };
	struct buf out, over;

	buf_init(&out, AGAIN_CEILING);
	buf_init(&over, AGAIN_CEILING);
	policy_hosts_encode(&out, &most);
	put_u32(&over, POLICY_HOSTS + 1);
	put_raw(&over, buf_span(&out).data + 4, buf_length(&out) - 4);
	put_raw(&over, buf_span(&out).data + 4, (buf_length(&out) - 4) / POLICY_HOSTS);
	again_check(policy_hosts_again, &out);
	ck_assert(!again_is_message(policy_hosts_again, buf_span(&over), buf_length(&over), &out));
	buf_clear(&over);
	buf_clear(&out);
}
END_TEST

UNIT_MAIN("relay_policy", questions_go_there_and_back, answers_go_there_and_outlive_their_message,
    answers_with_any_of_their_parts_go_there_and_back, absent_parts_are_empty, answers_keep_to_their_bounds, too_long_texts_are_none, too_many_names_are_none,
    the_largest_answer_fits_in_a_message, sights_go_there_and_back, changes_go_there_and_back,
    names_of_hosts_go_there_and_back, hosts_go_there_and_back, too_many_hosts_are_none)
