/* Tests of src/policy/answer.c, peers.c, sights.c and changes.c: what relays are told, and when. */
#include "tests/unit/policy/house.h"

#include "ipc/relay_policy.h"
#include "policy/preload.h"
#include "tests/fake/fake_room.h"

#define ENFORCE HOUSE_FILE("enforce", "604800")
#define TESTING HOUSE_FILE("testing", "604800")

static const struct knowledge *
ask_otherwise(const char *domain, bool by_mx)
{
	static uint64_t last = 5000;
	const struct policy_question question = { ++last, span_of(domain), by_mx, false };
	struct buf out = { .ceiling = 4096 };
	const struct knowledge *knowledge;

	policy_question_encode(&out, &question);
	ck_assert(fake_channel_deliver(house_relay, RELAY_ASK, buf_span(&out), -1));
	buf_clear(&out);
	fake_settle();
	knowledge = house_told(last);
	ck_assert_msg(knowledge != NULL, "%s", domain);
	return knowledge;
}

/* Nothing that is no domain of mail is looked for (M26). */
static const struct { const char *name, *domain; bool by_mx; } not_looked_for[] = {
	{ "an address literal", "[192.0.2.1]", true },
	{ "an IPv6 literal", "[IPv6:2001:db8::1]", true },
	{ "an address", "192.0.2.1", true },
	{ "what is no name", "exa mple.org", true },
	{ "nothing", "", true },
	{ "a host that the operator named", "example.org", false },
};

START_TEST(nothing_is_looked_for)
{
	const struct knowledge *known;

	house_begin();
	house_publish("example.org", "1", ENFORCE);
	known = ask_otherwise(not_looked_for[_i].domain, not_looked_for[_i].by_mx);
	ck_assert_msg(!known->has_sts && known->missing.length == 0, "%s", not_looked_for[_i].name);
	ck_assert_uint_eq(fake_dns_questions(), 0);
	ck_assert_int_eq(known->until_s, FAKE_WALL_START + 300);
	house_end();
}
END_TEST

START_TEST(a_policy_in_force_is_waited_for_fifteen_seconds_and_the_new_one_is_told)
{
	house_begin();
	house_publish("example.org", "1", ENFORCE);
	(void)house_know("example.org");
	(void)house_changes("example.org");
	fake_advance(3601 * 1000);
	house_publish("example.org", "2", TESTING);
	fake_fetch_hold();
	house_ask(1, "example.org");
	fake_advance(14999);
	ck_assert_ptr_null(house_told(1));
	fake_advance(1);
	ck_assert_int_eq(house_told(1)->sts.mode, STS_ENFORCE);
	ck_assert_uint_eq(house_changes("example.org"), 0);
	fake_fetch_release();
	fake_settle();
	ck_assert_uint_eq(house_changes("example.org"), 1);
	ck_assert_int_eq(house_know("example.org")->sts.mode, STS_TESTING);
	fake_log_expect("event=policy-change * was=enforce now=testing *");
	house_end();
}
END_TEST

START_TEST(nothing_known_is_waited_for_longer_and_then_something_is_missing)
{
	const struct knowledge *known;

	house_begin();
	house_publish("example.org", "1", ENFORCE);
	fake_dns_hold();
	house_ask(1, "example.org");
	fake_advance(ANSWER_WAIT_MS - 1);
	ck_assert_ptr_null(house_told(1));
	fake_advance(1);
	known = house_told(1);
	ck_span_eq(known->missing, "sts-dns-failed");
	ck_assert(!known->has_sts);
	fake_dns_release();
	fake_settle();
	/* Whoever was told so is told that it is otherwise. */
	ck_assert_uint_eq(house_changes("example.org"), 1);
	ck_assert(house_know("example.org")->has_sts);
	house_end();
}
END_TEST

START_TEST(nobody_is_told_who_did_not_ask)
{
	house_begin();
	house_publish("example.org", "1", ENFORCE);
	(void)house_know("example.org");
	ck_assert_uint_eq(house_changes("example.org"), 0);
	house_end();
}
END_TEST

START_TEST(an_exception_is_told_and_its_end_is_the_answers)
{
	const struct knowledge *known;

	house_begin();
	house_request("exception add", "example.org|encrypt|2026-02-28T00:01Z|too|late");
	ck_assert_int_eq(house_code(), 64);
	house_request("exception add", "example.org|encrypt|2026-03-01T00:02Z|certificate expired");
	ck_assert_int_eq(house_code(), 0);
	fake_log_expect("event=policy-change domain=example.org what=exception was=none-known now=encrypt why=\"certificate expired\"");
	ck_assert_uint_eq(house_changes("example.org"), 1);
	known = ask_otherwise("example.org", false);
	ck_assert(known->has_exception);
	ck_assert_int_eq(known->exception, POLICY_ENCRYPT);
	ck_span_eq(known->exception_why, "certificate expired");
	ck_assert_int_eq(known->exception_until_s, FAKE_WALL_START + 120);
	ck_assert_int_eq(known->until_s, FAKE_WALL_START + 120);
	fake_advance(120 * 1000);
	ck_assert(!ask_otherwise("example.org", false)->has_exception);
	fake_log_expect("event=exception-ended domain=example.org *");
	house_end();
}
END_TEST

START_TEST(a_preloaded_policy_is_told)
{
	const struct knowledge *known;

	house_begin();
	house_request("policy preload", "example.org enforce mx.example.org,*.x.example.org 0|b.example testing mx.b.example 1772323300");
	ck_assert_int_eq(house_code(), 0);
	ck_assert_str_eq(house_text(), "2 domains");
	ck_assert_uint_eq(house_changes(""), 1);
	known = house_know("example.org");
	ck_assert(known->has_preload);
	ck_assert_int_eq(known->preload.mode, STS_ENFORCE);
	ck_span_eq(known->preload.mx[1], "*.x.example.org");
	known = house_know("b.example");
	ck_assert_int_eq(known->until_s, FAKE_WALL_START + 100);
	fake_advance(100 * 1000);
	ck_assert(!house_know("b.example")->has_preload);
	house_end();
}
END_TEST

/* --- sights --- */

START_TEST(a_ratchet_comes_into_force_and_is_told)	/* design: the ratchet */
{
	const struct knowledge *known;

	house_begin();
	(void)house_know("example.org");
	for (int day = 0; day < 7; day++) {
		ck_assert(!house_know("example.org")->has_ratchet);
		house_saw("example.org", "mx1.example.org", POLICY_VERIFY);
		house_saw("example.org", "mx2.example.org", POLICY_VERIFY);
		if (day < 6)
			fake_advance(HOUSE_DAY_MS);
	}
	fake_log_expect("event=policy-change domain=example.org what=ratchet was=none-known now=verify");
	ck_assert_uint_eq(house_changes("example.org"), 1);
	known = house_know("example.org");
	ck_assert(known->has_ratchet);
	ck_assert_int_eq(known->ratchet, POLICY_VERIFY);
	ck_assert_uint_eq(known->ratchet_mx_count, 2);
	ck_assert_int_eq(known->ratchet_until_s, FAKE_WALL_START + (6 + 60) * 86400);
	/* It outlives the process. */
	fake_advance(1000);
	house_restart();
	ck_assert(house_know("example.org")->has_ratchet);
	/* Nothing that fails loosens it; time does, and says so. */
	fake_advance(61 * HOUSE_DAY_MS);
	fake_log_expect("event=policy-change domain=example.org what=ratchet was=verify now=none-known *");
	ck_assert(!house_know("example.org")->has_ratchet);
	house_end();
}
END_TEST

START_TEST(failures_and_encrypt_teach_nothing)
{
	const struct policy_sight failed = { .domain = SPAN("example.org"), .host = SPAN("mx.example.org"), .level = POLICY_VERIFY,
		.reason = SPAN("certificate-expired"), .because = SPAN("sts") };
	struct buf out = { .ceiling = 4096 };

	house_begin();
	policy_sight_encode(&out, &failed);
	for (int day = 0; day < 20; day++) {
		ck_assert(fake_channel_deliver(house_relay, RELAY_SAW, buf_span(&out), -1));
		house_saw("example.org", "mx.example.org", POLICY_ENCRYPT);
		fake_advance(HOUSE_DAY_MS);
	}
	buf_clear(&out);
	ck_assert(!house_know("example.org")->has_ratchet);
	/* What stood in somebody's way is no news here. */
	house_request("policy observed", "--since|90");
	ck_assert_ptr_null(house_row());
	house_end();
}
END_TEST

START_TEST(the_ratchet_may_be_off)
{
	house_begin();
	house_conf.ratchet = false;
	house_restart();
	for (int day = 0; day < 20; day++) {
		house_saw("example.org", "mx.example.org", POLICY_DANE);
		fake_advance(HOUSE_DAY_MS);
	}
	ck_assert(!house_know("example.org")->has_ratchet);
	house_end();
}
END_TEST

START_TEST(mta_sts_may_be_off)
{
	house_begin();
	house_conf.mta_sts = false;
	house_restart();
	house_publish("example.org", "1", ENFORCE);
	ck_assert(!house_know("example.org")->has_sts);
	ck_assert_uint_eq(fake_dns_questions(), 0);
	house_request("policy refresh", "example.org");
	ck_assert_int_eq(house_code(), 69);
	house_end();
}
END_TEST

/* --- peers --- */

START_TEST(a_relay_that_is_gone_is_not_answered)
{
	const struct peer peer = { ROOM_RELAY, 0 };
	struct channel *former;

	house_begin();
	house_publish("example.org", "1", ENFORCE);
	fake_fetch_hold();
	house_ask(1, "example.org");
	fake_settle();
	former = house_relay;
	fake_channel_break(house_relay);
	ck_assert_uint_eq(fake_room_peers_gone(), 1);
	policy_room_handler.on_peer(&house_policy, &peer, fake_fd());
	house_relay = fake_channel_find("relay");
	ck_assert_ptr_ne(former, house_relay);
	house_ask(2, "example.org");
	fake_fetch_release();
	fake_settle();
	ck_assert_ptr_null(house_told(1));
	ck_assert(house_told(2)->has_sts);
	house_end();
}
END_TEST

START_TEST(nonsense_ends_the_channel_alone)
{
	for (uint16_t message = RELAY_ASK; message < RELAY_TO_POLICY_MESSAGES; message++) {
		house_begin();
		ck_assert(!fake_channel_deliver(house_relay, message, SPAN("nonsense"), -1));
		ck_assert(!fake_room_is_done());
		ck_assert(LIST_EMPTY(&house_policy.relays));
		house_end();
	}
}
END_TEST

static struct policy_host
host_laid(const char *name, int64_t last_s)
{
	return (struct policy_host){ .host = span_of(name), .sessions = 1, .first_s = last_s, .last_s = last_s, .has_starttls = true,
		.keywords = SPAN("PIPELINING"), .level = POLICY_VERIFY, .version = SPAN("TLSv1.3"), .fingerprint = SPAN("aa"),
		.issuer = SPAN("CN=A") };
}

/* The relay that tells may be gone by then, and so may the room. */
START_TEST(what_hosts_were_like_is_told_to_every_relay_that_asks)
{
	const struct peer another = { ROOM_RELAY, 1 };
	const struct policy_hosts *recalled;
	struct policy_host hosts[2] = { host_laid("mx.example.org", FAKE_WALL_START), host_laid("mx.example.net", FAKE_WALL_START) };

	house_begin();
	ck_assert_uint_eq(house_recall("mx.example.org|mx.example.net")->count, 0);
	house_laid(hosts, 2);
	house_laid(hosts, 1);
	policy_room_handler.on_peer(&house_policy, &another, fake_fd());
	house_relay = fake_channel_last("relay");
	recalled = house_recall("mx.example.org|never.example.org|mx.example.net");
	ck_assert_uint_eq(recalled->count, 2);
	ck_span_eq(recalled->hosts[0].host, "mx.example.org");
	ck_assert(recalled->hosts[0].sessions == 2 && recalled->hosts[0].last_s == FAKE_WALL_START);
	ck_span_eq(recalled->hosts[0].keywords, "PIPELINING");
	ck_assert_uint_eq(recalled->hosts[1].sessions, 1);
	house_restart();
	recalled = house_recall("mx.example.net|mx.example.org");
	ck_assert(recalled->count == 2 && recalled->hosts[1].sessions == 2);
	ck_assert_uint_eq(house_recall("never.example.org")->count, 0);
	ck_assert_uint_eq(house_recall("")->count, 0);
	house_end();
}
END_TEST

UNIT_MAIN_LOOPED("answer", nothing_is_looked_for, not_looked_for,
    a_policy_in_force_is_waited_for_fifteen_seconds_and_the_new_one_is_told,
    nothing_known_is_waited_for_longer_and_then_something_is_missing, nobody_is_told_who_did_not_ask,
    an_exception_is_told_and_its_end_is_the_answers, a_preloaded_policy_is_told, a_ratchet_comes_into_force_and_is_told,
    failures_and_encrypt_teach_nothing, the_ratchet_may_be_off, mta_sts_may_be_off, a_relay_that_is_gone_is_not_answered,
    nonsense_ends_the_channel_alone, what_hosts_were_like_is_told_to_every_relay_that_asks)
