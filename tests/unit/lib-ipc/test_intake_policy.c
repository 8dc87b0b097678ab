/* Tests of src/lib-ipc/intake_policy.c. */
#include "ipc/intake_policy.h"

#include "ipc/channel.h"

#include "again_check.h"
#include "samples.h"

AGAIN(record_question)
AGAIN_IN_ARENA(record_answer)

static const struct ip addresses[] = { { .family = 4, .octets = { 192, 0, 2, 1 } }, { .family = 6, .octets = { 0x20, 1, 0xd, 0xb8 } } };
static const struct auth_mx mx[] = { { 10, "mx.example.org" }, { 0, "" } };
static const char *const names[] = { "a.example", "b.example" };
static const struct span texts[] = { SAMPLE("v=spf1 -all"), SAMPLE("\0\xff") };

static struct record_answer
answer_of(enum auth_type type, size_t count)
{
	struct record_answer answer = { UINT64_C(1) << 40, type, { .status = AUTH_FOUND, .count = count } };

	if (type == AUTH_MX)
		answer.answer.mx = mx;
	else if (type == AUTH_PTR)
		answer.answer.names = names;
	else if (type == AUTH_TXT)
		answer.answer.texts = texts;
	else
		answer.answer.addresses = addresses;
	return answer;
}

START_TEST(questions_go_there_and_back)
{
	static const struct record_question questions[] = { { 77, SAMPLE("_dmarc.example.org"), AUTH_TXT }, { 0, SAMPLE("a b\xff"), AUTH_A } };

	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
		struct buf out;

		buf_init(&out, AGAIN_CEILING);
		record_question_encode(&out, &questions[i]);
		again_check(record_question_again, &out);
	}
}
END_TEST

START_TEST(what_is_no_name_is_not_asked_for)
{
	static char long_name[RECORD_NAME_MAX + 1];
	const struct span bad[] = { SPAN(""), SPAN("a\0b"), span_make(memset(long_name, 'a', sizeof(long_name)), sizeof(long_name)) };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct record_question question = { 1, bad[i], AUTH_TXT };
		struct buf out;

		buf_init(&out, AGAIN_CEILING);
		record_question_encode(&out, &question);
		ck_assert(!record_question_decode(buf_span(&out), &question));
		buf_clear(&out);
	}
}
END_TEST

/* The octets that came are gone by the time the answer is used. */
START_TEST(answers_of_every_type_go_there_and_outlive_their_message)
{
	for (int type = 0; type < AUTH_TYPES; type++)
		for (size_t count = 0; count <= 2; count++) {
			struct record_answer answer = answer_of((enum auth_type)type, count), back;
			struct arena *arena = arena_new();
			struct buf out, again;

			buf_init(&out, AGAIN_CEILING);
			buf_init(&again, AGAIN_CEILING);
			record_answer_encode(&out, &answer);
			ck_assert(buf_add(&again, buf_span(&out)));
			ck_assert(record_answer_decode(buf_span(&out), arena, &back));
			buf_wipe(&out);
			ck_assert_uint_eq(back.answer.count, count);
			record_answer_encode(&out, &back);
			ck_assert(span_equal(buf_span(&out), buf_span(&again)));
			again_check(record_answer_again, &out);
			buf_clear(&again);
			arena_free(&arena);
		}
}
END_TEST

START_TEST(answers_that_say_nothing_go_there_and_back)
{
	for (int status = AUTH_FOUND; status <= AUTH_FAILED; status++) {
		struct record_answer answer = { 3, AUTH_TXT, { .status = (enum auth_status)status } };
		struct buf out;

		buf_init(&out, AGAIN_CEILING);
		record_answer_encode(&out, &answer);
		again_check(record_answer_again, &out);
	}
}
END_TEST

UNIT_MAIN("intake_policy", questions_go_there_and_back, what_is_no_name_is_not_asked_for,
    answers_of_every_type_go_there_and_outlive_their_message, answers_that_say_nothing_go_there_and_back)
