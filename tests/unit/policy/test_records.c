/* Tests of src/policy/records.c: what intake asks for, and nothing else (ipc/intake_policy.h). */
#include "tests/unit/policy/house.h"

#include <stdio.h>

#include "ipc/intake_policy.h"
#include "tests/fake/fake_room.h"

static struct channel *intake;
static struct arena *memory;

static struct channel *
intake_comes(uint16_t index)
{
	const struct peer peer = { ROOM_INTAKE, index };

	policy_room_handler.on_peer(&house_policy, &peer, fake_fd());
	return fake_channel_find("intake");
}

static void
begin(void)
{
	house_begin();
	memory = arena_new();
	intake = intake_comes(0);
}

static void
end(void)
{
	arena_free(&memory);
	house_end();
}

static bool
look(uint64_t id, const char *name, enum auth_type type)
{
	const struct record_question question = { id, span_of(name), type };
	struct buf out = { .ceiling = 4096 };
	bool good;

	record_question_encode(&out, &question);
	good = fake_channel_deliver(intake, INTAKE_LOOK, buf_span(&out), -1);
	buf_clear(&out);
	return good;
}

/* The next that an intake was told. False when there is nothing. */
static bool
looked(struct channel *channel, struct record_answer *answer)
{
	struct span payload;
	uint16_t type;
	int fd;

	fake_settle();
	if (!fake_channel_take(channel, &type, &payload, &fd))
		return false;
	ck_assert_int_eq(type, POLICY_LOOKED);
	ck_assert(record_answer_decode(payload, memory, answer));
	return true;
}

START_TEST(records_of_every_type_are_looked_up)
{
	static const struct {
		enum auth_type type;
		enum dns_type asked;
		const char *record;
	} rows[] = {
		{ AUTH_A, DNS_A, "192.0.2.1" }, { AUTH_AAAA, DNS_AAAA, "2001:db8::1" }, { AUTH_MX, DNS_MX, "10 mx.example.org" },
		{ AUTH_PTR, DNS_PTR, "host.example.org" }, { AUTH_TXT, DNS_TXT, "v=spf1 -all" },
	};
	struct record_answer answer;
	char ip[IP_TEXT];

	begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		fake_dns_add("a.example.org", rows[i].asked, rows[i].record);
		ck_assert(look(i, "a.example.org", rows[i].type));
		ck_assert(looked(intake, &answer));
		ck_assert_uint_eq(answer.id, i);
		ck_assert_int_eq(answer.type, rows[i].type);
		ck_assert_int_eq(answer.answer.status, AUTH_FOUND);
		ck_assert_uint_eq(answer.answer.count, 1);
		if (rows[i].type == AUTH_MX)
			ck_assert_str_eq(answer.answer.mx[0].host, "mx.example.org");
		else if (rows[i].type == AUTH_PTR)
			ck_assert_str_eq(answer.answer.names[0], "host.example.org");
		else if (rows[i].type == AUTH_TXT)
			ck_span_eq(answer.answer.texts[0], "v=spf1 -all");
		else
			ck_assert_str_eq(ip_format(answer.answer.addresses[0], ip), rows[i].record);
	}
	end();
}
END_TEST

/* What is bogus, or not answered, is not absent. */
START_TEST(what_is_not_there_is_told_from_what_is_not_known)
{
	static const struct {
		enum dns_status status;
		enum auth_status expected;
	} rows[] = {
		{ DNS_NO_DATA, AUTH_NO_DATA }, { DNS_NO_NAME, AUTH_NO_NAME }, { DNS_BOGUS, AUTH_FAILED }, { DNS_FAILED, AUTH_FAILED },
	};
	struct record_answer answer;

	begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char name[32];

		snprintf(name, sizeof(name), "n%zu.example.org", i);
		fake_dns_status(name, DNS_TXT, rows[i].status);
		ck_assert(look(i, name, AUTH_TXT));
		ck_assert(looked(intake, &answer));
		ck_assert_int_eq(answer.answer.status, rows[i].expected);
		ck_assert_uint_eq(answer.answer.count, 0);
	}
	end();
}
END_TEST

START_TEST(each_intake_hears_its_own_and_one_that_is_gone_nothing)
{
	struct channel *first, *other;
	struct record_answer answer;

	begin();
	first = intake;
	other = intake_comes(1);
	fake_dns_add("a.example.org", DNS_TXT, "one");
	ck_assert(look(7, "a.example.org", AUTH_TXT));
	intake = other;
	ck_assert(look(8, "a.example.org", AUTH_TXT));
	ck_assert(looked(first, &answer));
	ck_assert_uint_eq(answer.id, 7);
	ck_assert(looked(other, &answer));
	ck_assert_uint_eq(answer.id, 8);
	ck_assert(!looked(first, &answer));
	/* Its questions go with it; it comes back on another channel. */
	ck_assert(look(9, "a.example.org", AUTH_TXT));
	fake_channel_break(other);
	fake_settle();
	ck_assert_uint_eq(fake_room_peers_gone(), 1);
	intake = intake_comes(0);
	ck_assert(!fake_channel_is_open(first));
	ck_assert(!looked(intake, &answer));
	ck_assert(look(10, "a.example.org", AUTH_TXT));
	ck_assert(looked(intake, &answer));
	ck_assert_uint_eq(answer.id, 10);
	end();
}
END_TEST

START_TEST(more_than_may_be_under_way_is_not_known)
{
	struct record_answer answer;
	unsigned failed = 0, found = 0;

	begin();
	fake_dns_add("a.example.org", DNS_TXT, "one");
	for (uint64_t id = 0; id < 2010; id++)
		ck_assert(look(id, "a.example.org", AUTH_TXT));
	while (looked(intake, &answer)) {
		failed += answer.answer.status == AUTH_FAILED;
		found += answer.answer.status == AUTH_FOUND;
	}
	ck_assert_uint_eq(failed, 10);
	ck_assert_uint_eq(found, 2000);
	end();
}
END_TEST

START_TEST(nonsense_ends_the_channel)
{
	begin();
	ck_assert(!fake_channel_deliver(intake, INTAKE_LOOK, SPAN("x"), -1));
	fake_settle();
	ck_assert(!fake_channel_is_open(intake));
	end();
}
END_TEST

START_TEST(another_resolver_is_asked_what_is_open)
{
	const struct setup setup = { 0 };
	struct record_answer answer;

	begin();
	fake_dns_add("a.example.org", DNS_TXT, "one");
	ck_assert(look(1, "a.example.org", AUTH_TXT));
	policy_room_handler.on_setup(&house_policy, &setup, &house_conf);
	ck_assert(looked(intake, &answer));
	ck_assert_int_eq(answer.answer.status, AUTH_FOUND);
	ck_assert(!looked(intake, &answer));
	end();
}
END_TEST

UNIT_MAIN("records", records_of_every_type_are_looked_up, what_is_not_there_is_told_from_what_is_not_known,
    each_intake_hears_its_own_and_one_that_is_gone_nothing, more_than_may_be_under_way_is_not_known, nonsense_ends_the_channel,
    another_resolver_is_asked_what_is_open)
