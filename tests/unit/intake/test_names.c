/* Tests of src/intake/names.c. */
#include "intake/names.h"

#include <stdio.h>

#include "ipc/intake_policy.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_channel.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_room.h"
#include "tests/unit/unit.h"

static struct names *names;
static struct channel *policy;
static unsigned answered;
static enum auth_status last;
static struct name_ask *again;
static bool asks_again;

static void
on_answer(void *arg, const struct auth_answer *answer)
{
	answered++;
	last = answer->status;
	if (asks_again)
		again = names_ask(arg, "again.example", AUTH_A, on_answer, arg);
}

static void
begin(void)
{
	fake_reset();
	names = names_new();
	names_attach(names, fake_fd());
	policy = fake_channel_find("policy");
	answered = 0;
	asks_again = false;
	again = NULL;
}

static void
end(void)
{
	names_free(&names);
	ck_assert_ptr_null(names);
	names_free(&names);
	fake_settle();
	fake_finish();
}

static bool
tell(uint64_t id, enum auth_type type)
{
	const struct span text = SPAN("v=spf1");
	struct record_answer answer = { id, type, { .status = AUTH_FOUND } };
	struct buf out = { .ceiling = 4096 };
	bool good;

	if (type == AUTH_TXT) {
		answer.answer.count = 1;
		answer.answer.texts = &text;
	}
	record_answer_encode(&out, &answer);
	good = fake_channel_deliver(policy, POLICY_LOOKED, buf_span(&out), -1);
	buf_clear(&out);
	return good;
}

static uint64_t
asked(const char *name, enum auth_type type)
{
	struct record_question question;
	struct span payload;
	uint16_t kind;
	int fd;

	ck_assert(fake_channel_take(policy, &kind, &payload, &fd));
	ck_assert_int_eq(kind, INTAKE_LOOK);
	ck_assert(record_question_decode(payload, &question));
	ck_span_eq(question.name, name);
	ck_assert_int_eq(question.type, type);
	return question.id;
}

START_TEST(each_is_answered_once_and_those_that_do_not_ask_any_more_never)
{
	struct name_ask *first, *second;
	uint64_t one, two;

	begin();
	first = names_ask(names, "a.example", AUTH_TXT, on_answer, NULL);
	second = names_ask(names, "b.example", AUTH_A, on_answer, NULL);
	ck_assert(first != NULL && second != NULL);
	one = asked("a.example", AUTH_TXT);
	two = asked("b.example", AUTH_A);
	names_cancel(&second);
	ck_assert_ptr_null(second);
	names_cancel(&second);
	ck_assert(tell(two, AUTH_A));
	ck_assert_uint_eq(answered, 0);
	ck_assert(tell(one, AUTH_TXT));
	ck_assert_uint_eq(answered, 1);
	ck_assert_int_eq(last, AUTH_FOUND);
	ck_assert(tell(one, AUTH_TXT));
	ck_assert_uint_eq(answered, 1);
	end();
}
END_TEST

START_TEST(without_policy_nobody_can_be_asked)
{
	fake_reset();
	names = names_new();
	ck_assert_ptr_null(names_ask(names, "a.example", AUTH_TXT, on_answer, NULL));
	end();
}
END_TEST

START_TEST(what_is_no_name_is_not_asked_for)
{
	char name[RECORD_NAME_MAX + 2] = "";

	begin();
	ck_assert_ptr_null(names_ask(names, name, AUTH_TXT, on_answer, NULL));
	memset(name, 'a', sizeof(name) - 1);
	ck_assert_ptr_null(names_ask(names, name, AUTH_TXT, on_answer, NULL));
	end();
}
END_TEST

START_TEST(when_policy_goes_or_another_comes_nothing_is_known)
{
	begin();
	for (int i = 0; i < 600; i++)
		ck_assert_ptr_nonnull(names_ask(names, "a.example", AUTH_TXT, on_answer, names));
	asks_again = true;	/* whoever asks in its answer finds nobody */
	fake_channel_break(policy);
	fake_settle();
	ck_assert_uint_eq(answered, 600);
	ck_assert_int_eq(last, AUTH_FAILED);
	ck_assert_ptr_null(again);
	ck_assert_uint_eq(fake_room_peers_gone(), 1);
	asks_again = false;
	names_attach(names, fake_fd());
	policy = fake_channel_find("policy");
	ck_assert_ptr_nonnull(names_ask(names, "b.example", AUTH_TXT, on_answer, NULL));
	names_attach(names, fake_fd());
	ck_assert_uint_eq(answered, 601);
	policy = fake_channel_find("policy");
	ck_assert_ptr_nonnull(names_ask(names, "c.example", AUTH_TXT, on_answer, NULL));
	end();
	ck_assert_uint_eq(answered, 601);
}
END_TEST

START_TEST(no_more_than_a_number_are_under_way)
{
	begin();
	for (int i = 0; i < NAMES_UNDER_WAY; i++)
		ck_assert_ptr_nonnull(names_ask(names, "a.example", AUTH_TXT, on_answer, NULL));
	ck_assert_ptr_null(names_ask(names, "a.example", AUTH_TXT, on_answer, NULL));
	ck_assert(tell(asked("a.example", AUTH_TXT), AUTH_TXT));
	ck_assert_ptr_nonnull(names_ask(names, "a.example", AUTH_TXT, on_answer, NULL));
	end();
}
END_TEST

/* Questions that were taken back are still on their way. */
START_TEST(a_policy_that_does_not_read_is_not_asked)
{
	struct name_ask *ask;

	begin();
	fake_channel_clog(policy, 256 * 1024);
	ck_assert_ptr_null(names_ask(names, "a.example", AUTH_TXT, on_answer, NULL));
	fake_channel_clog(policy, 0);
	ask = names_ask(names, "a.example", AUTH_TXT, on_answer, NULL);
	ck_assert_ptr_nonnull(ask);
	end();
}
END_TEST

START_TEST(nonsense_and_answers_of_another_type_end_the_channel)
{
	begin();
	ck_assert_ptr_nonnull(names_ask(names, "a.example", AUTH_TXT, on_answer, NULL));
	ck_assert(!tell(asked("a.example", AUTH_TXT), AUTH_A));
	fake_settle();
	ck_assert(!fake_channel_is_open(policy));
	ck_assert_uint_eq(answered, 1);
	ck_assert_int_eq(last, AUTH_FAILED);
	names_attach(names, fake_fd());
	policy = fake_channel_find("policy");
	ck_assert(!fake_channel_deliver(policy, POLICY_LOOKED, SPAN("x"), -1));
	end();
}
END_TEST

UNIT_MAIN("names", each_is_answered_once_and_those_that_do_not_ask_any_more_never, without_policy_nobody_can_be_asked,
    what_is_no_name_is_not_asked_for, when_policy_goes_or_another_comes_nothing_is_known, no_more_than_a_number_are_under_way,
    a_policy_that_does_not_read_is_not_asked,
    nonsense_and_answers_of_another_type_end_the_channel)
