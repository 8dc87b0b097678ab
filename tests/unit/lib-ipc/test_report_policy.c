/* Tests of src/lib-ipc/report_policy.c. */
#include "ipc/report_policy.h"

#include "ipc/channel.h"

#include "again_check.h"
#include "samples.h"

AGAIN(tlsrpt_question)
AGAIN_IN_ARENA(tlsrpt_answer)
AGAIN(tlsrpt_post)
AGAIN(tlsrpt_posted)
AGAIN(contact_question)
AGAIN_IN_ARENA(contacts_answer)

static struct tlsrpt_target targets[] = {
	{ TLSRPT_MAILTO, SAMPLE("reports@example.org"), SAMPLE("example.org"), 0 },
	{ TLSRPT_HTTPS, SAMPLE("https://rua.example.net:8443/v1?a=b"), SAMPLE("rua.example.net"), 8443 },
};

static const struct tlsrpt_answer answer_full = { .id = UINT64_C(1) << 40, .is_known = true, .found = TLSRPT_FOUND, .targets = targets,
	.count = 2, .text = SAMPLE("a URI is neither mailto nor https (RFC 8460 3)") };

static const struct tlsrpt_post post_full = { UINT64_MAX, { TLSRPT_HTTPS, SAMPLE("https://rua.example.net/"), SAMPLE("rua.example.net"), 443 },
	SAMPLE("application/tlsrpt+gzip"), SAMPLE("\x1f\x8b\0\r\n\xff"), true };

START_TEST(questions_go_there_and_back)
{
	static const struct tlsrpt_question questions[] = { { 77, SAMPLE("example.org") }, { 0, SAMPLE("") } };

	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
		struct buf out;

		buf_init(&out, AGAIN_CEILING);
		tlsrpt_question_encode(&out, &questions[i]);
		again_check(tlsrpt_question_again, &out);
	}
}
END_TEST

/* The octets that came are gone by the time the answer is used. */
START_TEST(answers_go_there_and_outlive_their_message)
{
	struct arena *arena = arena_new();
	struct tlsrpt_answer back;
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	tlsrpt_answer_encode(&out, &answer_full);
	ck_assert(tlsrpt_answer_decode(buf_span(&out), arena, &back));
	buf_wipe(&out);
	ck_assert_uint_eq(back.id, answer_full.id);
	ck_assert(back.is_known);
	ck_assert_int_eq(back.found, TLSRPT_FOUND);
	ck_span_eq(back.text, "a URI is neither mailto nor https (RFC 8460 3)");
	ck_assert_uint_eq(back.count, 2);
	ck_assert_int_eq(back.targets[0].scheme, TLSRPT_MAILTO);
	ck_span_eq(back.targets[0].text, "reports@example.org");
	ck_span_eq(back.targets[0].host, "example.org");
	ck_assert_int_eq(back.targets[1].scheme, TLSRPT_HTTPS);
	ck_span_eq(back.targets[1].text, "https://rua.example.net:8443/v1?a=b");
	ck_span_eq(back.targets[1].host, "rua.example.net");
	ck_assert_uint_eq(back.targets[1].port, 8443);
	arena_free(&arena);
}
END_TEST

START_TEST(answers_of_every_kind_go_there_and_back)
{
	for (uint32_t count = 0; count <= 2; count++)
		for (int found = TLSRPT_FOUND; found <= TLSRPT_BAD; found++) {
			struct tlsrpt_answer answer = answer_full;
			struct buf out;

			answer.count = count;
			answer.found = (enum tlsrpt_found)found;
			answer.is_known = count > 0;
			buf_init(&out, AGAIN_CEILING);
			tlsrpt_answer_encode(&out, &answer);
			again_check(tlsrpt_answer_again, &out);
		}
}
END_TEST

START_TEST(answers_keep_to_their_bounds)
{
	struct tlsrpt_answer answer = { .id = 1, .is_known = true, .text = SAMPLE(""), .targets = targets, .count = 1 };
	struct buf out;

	/* id, is_known, found, text, count, the first target's scheme */
	buf_init(&out, AGAIN_CEILING);
	tlsrpt_answer_encode(&out, &answer);
	again_refuses(tlsrpt_answer_again, &out, 8, 2);
	again_refuses(tlsrpt_answer_again, &out, 9, TLSRPT_BAD + 1);
	again_refuses(tlsrpt_answer_again, &out, 14, 2);
	again_refuses(tlsrpt_answer_again, &out, 17, 0xff);
	again_refuses(tlsrpt_answer_again, &out, 18, TLSRPT_HTTPS + 1);
	buf_clear(&out);
}
END_TEST

/* One target more than a record may have, all of them whole. */
START_TEST(too_many_targets_are_none)
{
	struct tlsrpt_target many[TLSRPT_TARGETS] = { { .port = 0 } };
	struct tlsrpt_answer answer = { .id = 1, .text = SAMPLE(""), .targets = many, .count = TLSRPT_TARGETS };

	for (uint32_t over = 0; over < 2; over++) {
		struct buf message, out;
		struct span whole;

		buf_init(&message, AGAIN_CEILING);
		buf_init(&out, AGAIN_CEILING);
		tlsrpt_answer_encode(&out, &answer);
		whole = buf_span(&out);
		put_raw(&message, whole.data, 14);
		put_u32(&message, TLSRPT_TARGETS + over);
		put_raw(&message, whole.data + 18, whole.length - 18);
		for (uint32_t i = 0; i < over; i++) {
			put_u8(&message, TLSRPT_MAILTO);
			put_text(&message, "");
			put_text(&message, "");
			put_u16(&message, 0);
		}
		buf_empty(&out);
		ck_assert_msg(again_is_message(tlsrpt_answer_again, buf_span(&message), buf_length(&message), &out) == (over == 0),
		    "%u more", over);
		buf_clear(&message);
		buf_clear(&out);
	}
}
END_TEST

START_TEST(posts_go_there_and_back)
{
	struct tlsrpt_post back;
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	tlsrpt_post_encode(&out, &post_full);
	ck_assert(tlsrpt_post_decode(buf_span(&out), &back));
	ck_assert_uint_eq(back.id, UINT64_MAX);
	ck_span_eq(back.target.text, "https://rua.example.net/");
	ck_span_eq(back.target.host, "rua.example.net");
	ck_assert_uint_eq(back.target.port, 443);
	ck_span_eq(back.type, "application/tlsrpt+gzip");
	ck_assert(span_equal(back.body, post_full.body));
	ck_assert(back.is_lax);
	again_refuses(tlsrpt_post_again, &out, buf_length(&out) - 1, 2);
	again_check(tlsrpt_post_again, &out);
}
END_TEST

/* Mail is report's own business: policy has no way to send it. */
START_TEST(only_https_is_posted_to)
{
	static const unsigned char schemes[] = { TLSRPT_MAILTO, TLSRPT_HTTPS + 1, 0xff };
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	tlsrpt_post_encode(&out, &post_full);
	for (size_t i = 0; i < sizeof(schemes); i++)
		again_refuses(tlsrpt_post_again, &out, 8, schemes[i]);
	buf_clear(&out);
}
END_TEST

START_TEST(what_became_of_a_post_goes_there_and_back)
{
	struct buf out;

	for (int end = 0; end < POSTED_ENDS; end++) {
		const struct tlsrpt_posted posted = { 5, (enum posted)end, SAMPLE("status: 503") };
		struct tlsrpt_posted back;

		buf_init(&out, AGAIN_CEILING);
		tlsrpt_posted_encode(&out, &posted);
		ck_assert(tlsrpt_posted_decode(buf_span(&out), &back));
		ck_assert_uint_eq(back.id, 5);
		ck_assert_int_eq(back.end, end);
		ck_span_eq(back.text, "status: 503");
		again_refuses(tlsrpt_posted_again, &out, 8, POSTED_ENDS);
		again_check(tlsrpt_posted_again, &out);
	}
}
END_TEST

/* Every URI as long as it may be; a text of ours is none of a stranger's. */
START_TEST(the_largest_answer_fits_in_a_message)
{
	static char text[TLSRPT_URI_OCTETS];
	struct tlsrpt_target many[TLSRPT_TARGETS];
	struct tlsrpt_answer answer = { .id = 1, .text = SAMPLE(""), .targets = many, .count = TLSRPT_TARGETS };
	struct buf out;

	memset(text, 'x', sizeof(text));
	for (unsigned i = 0; i < TLSRPT_TARGETS; i++)
		many[i] = (struct tlsrpt_target){ TLSRPT_HTTPS, span_make(text, sizeof(text)), span_make(text, 253), 443 };
	buf_init(&out, 2 * CHANNEL_PAYLOAD_MAX);
	tlsrpt_answer_encode(&out, &answer);
	ck_assert_uint_le(buf_length(&out), CHANNEL_PAYLOAD_MAX);
	buf_clear(&out);
}
END_TEST

/* --- whom a notice may go to --- */

static const struct ip ip4 = { .family = 4, .octets = { 192, 0, 2, 7 } };
static const struct ip ip6 = { .family = 6, .octets = { 0x20, 0x01, 0x0d, 0xb8, [15] = 7 } };

static struct contact contacts[] = {
	{ CONTACT_POSTMASTER, SAMPLE("postmaster@example.org") },
	{ CONTACT_OPERATOR, SAMPLE("postmaster@example.net") },
	{ CONTACT_RNAME, SAMPLE("hostmaster@example.net") },
	{ CONTACT_ABUSE, SAMPLE("abuse@example.com") },
	{ CONTACT_SENDER, SAMPLE("somebody@example.org") },
};
#define CONTACTS (sizeof(contacts) / sizeof(*contacts))

static const struct contacts_answer contacts_full = { .id = UINT64_C(1) << 50, .is_known = true, .proof = CONTACT_BY_MX,
	.operator = SAMPLE("example.net"), .contacts = contacts, .count = CONTACTS, .text = SAMPLE("the MX records name the host") };

START_TEST(questions_for_contacts_go_there_and_back)
{
	const struct contact_question questions[] = {
		{ 7, false, SAMPLE("example.org"), SAMPLE("mx.example.net"), ip4, SAMPLE("abuse-contacts.example") },
		{ UINT64_MAX, true, SAMPLE("example.org"), SAMPLE(""), ip6, SAMPLE("") },
		{ 0, false, SAMPLE(""), SAMPLE(""), { .family = 0 }, SAMPLE("") },
	};

	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
		struct contact_question back;
		struct buf out;

		buf_init(&out, AGAIN_CEILING);
		contact_question_encode(&out, &questions[i]);
		ck_assert(contact_question_decode(buf_span(&out), &back));
		ck_assert_uint_eq(back.id, questions[i].id);
		ck_assert(back.is_inbound == questions[i].is_inbound);
		ck_assert(span_equal(back.domain, questions[i].domain));
		ck_assert(span_equal(back.host, questions[i].host));
		ck_assert(ip_equal(back.ip, questions[i].ip));
		ck_assert(span_equal(back.zone, questions[i].zone));
		again_refuses(contact_question_again, &out, 8, 2);
		again_check(contact_question_again, &out);
	}
}
END_TEST

START_TEST(contacts_go_there_and_outlive_their_message)
{
	struct arena *arena = arena_new();
	struct contacts_answer back;
	struct buf out;

	buf_init(&out, AGAIN_CEILING);
	contacts_answer_encode(&out, &contacts_full);
	ck_assert(contacts_answer_decode(buf_span(&out), arena, &back));
	buf_wipe(&out);
	ck_assert_uint_eq(back.id, contacts_full.id);
	ck_assert(back.is_known);
	ck_assert_int_eq(back.proof, CONTACT_BY_MX);
	ck_span_eq(back.operator, "example.net");
	ck_span_eq(back.text, "the MX records name the host");
	ck_assert_uint_eq(back.count, CONTACTS);
	for (size_t i = 0; i < CONTACTS; i++) {
		ck_assert_int_eq(back.contacts[i].kind, contacts[i].kind);
		ck_assert(span_equal(back.contacts[i].address, contacts[i].address));
	}
	arena_free(&arena);
}
END_TEST

START_TEST(contacts_of_every_proof_go_there_and_back)
{
	for (int proof = 0; proof < CONTACT_PROOFS; proof++)
		for (uint32_t count = 0; count <= CONTACTS; count++) {
			struct contacts_answer answer = contacts_full;
			struct buf out;

			answer.proof = (enum contact_proof)proof;
			answer.count = count;
			answer.is_known = count > 0;
			buf_init(&out, AGAIN_CEILING);
			contacts_answer_encode(&out, &answer);
			again_check(contacts_answer_again, &out);
		}
}
END_TEST

START_TEST(contacts_keep_to_their_bounds)
{
	struct contacts_answer answer = { .id = 1, .is_known = true, .operator = SAMPLE(""), .text = SAMPLE(""), .contacts = contacts,
		.count = 1 };
	struct buf out;

	/* id, is_known, proof, operator, text, count, the first contact's kind */
	buf_init(&out, AGAIN_CEILING);
	contacts_answer_encode(&out, &answer);
	again_refuses(contacts_answer_again, &out, 8, 2);
	again_refuses(contacts_answer_again, &out, 9, CONTACT_PROOFS);
	again_refuses(contacts_answer_again, &out, 18, 2);
	again_refuses(contacts_answer_again, &out, 21, 0xff);
	again_refuses(contacts_answer_again, &out, 22, CONTACT_KINDS);
	buf_clear(&out);
}
END_TEST

/* One contact more than there may be, all of them whole. */
START_TEST(too_many_contacts_are_none)
{
	struct contact many[CONTACTS_MOST] = { { .kind = CONTACT_ABUSE } };
	struct contacts_answer answer = { .id = 1, .operator = SAMPLE(""), .text = SAMPLE(""), .contacts = many, .count = CONTACTS_MOST };

	for (uint32_t over = 0; over < 2; over++) {
		struct buf message, out;
		struct span whole;

		buf_init(&message, AGAIN_CEILING);
		buf_init(&out, AGAIN_CEILING);
		contacts_answer_encode(&out, &answer);
		whole = buf_span(&out);
		put_raw(&message, whole.data, 18);
		put_u32(&message, CONTACTS_MOST + over);
		put_raw(&message, whole.data + 22, whole.length - 22);
		for (uint32_t i = 0; i < over; i++) {
			put_u8(&message, CONTACT_ABUSE);
			put_text(&message, "");
		}
		buf_empty(&out);
		ck_assert_msg(again_is_message(contacts_answer_again, buf_span(&message), buf_length(&message), &out) == (over == 0),
		    "%u more", over);
		buf_clear(&message);
		buf_clear(&out);
	}
}
END_TEST

UNIT_MAIN("report_policy", questions_go_there_and_back, answers_go_there_and_outlive_their_message,
    answers_of_every_kind_go_there_and_back, answers_keep_to_their_bounds, too_many_targets_are_none, posts_go_there_and_back,
    only_https_is_posted_to, what_became_of_a_post_goes_there_and_back, the_largest_answer_fits_in_a_message,
    questions_for_contacts_go_there_and_back, contacts_go_there_and_outlive_their_message, contacts_of_every_proof_go_there_and_back,
    contacts_keep_to_their_bounds, too_many_contacts_are_none)
