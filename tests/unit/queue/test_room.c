/* Tests of the queue room as a whole: what comes in, what is tried when, what outlives a crash. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <sysexits.h>

#include "house.h"
#include "loop/clock.h"
#include "queue/message.h"
#include "queue/room.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_channel.h"
#include "tests/fake/fake_file.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_room.h"

#define MINUTE (60 * 1000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static struct house house;
static struct job job, other;
static struct outcome outcome;

/* A running queue. */
static void
begin(void)
{
	house_begin(&house);
	house_start(&house);
}

static void
restart(void)
{
	house_kill_queue(&house);
	house_start(&house);
}

static void
map_set(struct conf_map *map, struct conf_pair *pairs, size_t count)
{
	map->pairs = pairs;
	map->count = count;
}

/* --- in and out --- */

START_TEST(a_message_is_handed_to_a_relay_with_all_it_needs)
{
	const char *const to[] = { "bob@Example.ORG", NULL };
	struct mid mid;

	begin();
	ck_assert_int_eq(house_accept(&house, "alice@sender.example", to, 5000, &mid), 0);
	ck_assert(house_job(&house, &job));
	ck_span_eq(job.hop, "mx:example.org");
	ck_span_eq(job.envelope.sender, "alice@sender.example");
	ck_assert_uint_eq(job.envelope.recipients_count, 1);
	ck_span_eq(job.envelope.recipients[0].address, "bob@Example.ORG");
	ck_assert_int_eq(mid_compare(job.envelope.mid, mid), 0);
	ck_assert_uint_eq(job.envelope.body.length, 5000);
	ck_assert_uint_eq(job.connections, 5);
	ck_assert(!house_job(&house, &job));
	house_end(&house);
}
END_TEST

START_TEST(what_is_delivered_is_gone_and_its_segment_is_used_again)
{
	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	ck_assert(house_job(&house, &job));
	outcome = house_delivered();
	house_conclude(&house, &job, &outcome);
	ck_assert_uint_eq(house_messages(&house), 0);
	/* The segment is given up when it is old; then it is erased and free. */
	fake_advance(2 * HOUR);
	house_pump(&house);
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	ck_assert_ptr_null(fake_file_content(house.intake_folder, "segment-00000002").data);
	house_end(&house);
}
END_TEST

START_TEST(recipients_are_grouped_by_next_hop)
{
	const char *const to[] = { "a@one.example", "b@two.example", "c@one.example", "d@sub.three.example", "e@[192.0.2.1]", NULL };
	struct conf_pair routes[] = { { (char[]){ "two.example" }, (char[]){ "smtp:hub.example:26" } },
		{ (char[]){ ".three.example" }, (char[]){ "smtp:hub.example:26" } } };
	unsigned seen = 0;

	house_begin(&house);
	map_set(&house.conf.routes, routes, 2);
	house_start(&house);
	ck_assert_int_eq(house_accept(&house, "s@x.example", to, 100, NULL), 0);
	while (house_job(&house, &job)) {
		if (span_equal(job.hop, SPAN("mx:one.example"))) {
			ck_assert_uint_eq(job.envelope.recipients_count, 2);
			ck_span_eq(job.envelope.recipients[1].address, "c@one.example");
			seen |= 1;
		} else if (span_equal(job.hop, SPAN("smtp:hub.example:26"))) {
			ck_assert_uint_eq(job.envelope.recipients_count, 2);
			ck_span_eq(job.envelope.recipients[0].address, "b@two.example");
			ck_span_eq(job.envelope.recipients[1].address, "d@sub.three.example");
			seen |= 2;
		} else {
			ck_span_eq(job.hop, "mx:[192.0.2.1]");
			seen |= 4;
		}
	}
	ck_assert_uint_eq(seen, 7);
	house_end(&house);
}
END_TEST

START_TEST(a_relayhost_takes_everything_that_has_no_other_way)
{
	const char *const to[] = { "a@one.example", "b@two.example", "c@mine.example", NULL };
	struct conf_pair accept[] = { { (char[]){ "mine.example" }, (char[]){ "lmtp:/run/lmtp" } } };

	house_begin(&house);
	map_set(&house.conf.accept, accept, 1);
	house.conf.relayhost = (char[]){ "smtp:relay.example" };
	house_start(&house);
	ck_assert_int_eq(house_accept(&house, "s@x.example", to, 100, NULL), 0);
	ck_assert(house_job(&house, &job));
	ck_assert(house_job(&house, &other));
	ck_assert(!house_job(&house, &other));
	ck_assert_uint_eq(job.envelope.recipients_count + other.envelope.recipients_count, 3);
	house_end(&house);
}
END_TEST

/* --- later --- */

START_TEST(a_deferred_message_comes_again_in_time_and_not_before)
{
	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	outcome = house_deferred();
	for (int64_t wait = 5 * MINUTE, i = 0; i < 4; i++, wait *= 2) {
		ck_assert(house_job(&house, &job));
		house_conclude(&house, &job, &outcome);
		fake_advance(wait * 8 / 10 - 1000);
		ck_assert_msg(!house_job(&house, &job), "too early, try %d", (int)i);
		fake_advance(wait * 4 / 10 + 2000);
	}
	ck_assert(house_job(&house, &job));
	outcome = house_delivered();
	house_conclude(&house, &job, &outcome);
	ck_assert_uint_eq(house_messages(&house), 0);
	house_end(&house);
}
END_TEST

START_TEST(only_recipients_without_an_end_are_tried_again)
{
	const char *const to[] = { "a@y.example", "b@y.example", "c@y.example", NULL };
	struct outcome each[3];
	struct notification notification;

	begin();
	ck_assert_int_eq(house_accept(&house, "s@x.example", to, 100, NULL), 0);
	ck_assert(house_job(&house, &job));
	each[0] = house_delivered();
	each[1] = house_deferred();
	each[2] = house_refused();
	house_conclude_each(&house, &job, each);
	/* The one that failed is told of at once: the other is only waiting. */
	ck_assert(house_notification(&house, &notification));
	ck_assert_uint_eq(notification.envelope.recipients_count, 1);
	ck_span_eq(notification.envelope.recipients[0].address, "c@y.example");
	house_notified(&house, &notification, true);
	fake_advance(10 * MINUTE);
	ck_assert(house_job(&house, &job));
	ck_assert_uint_eq(job.envelope.recipients_count, 1);
	ck_span_eq(job.envelope.recipients[0].address, "b@y.example");
	outcome = house_delivered();
	house_conclude(&house, &job, &outcome);
	ck_assert_uint_eq(house_messages(&house), 0);
	house_end(&house);
}
END_TEST

START_TEST(a_site_that_is_down_is_left_in_peace_by_all_messages)
{
	unsigned tries = 0;

	begin();
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@down.example"), 0);
	outcome = house_site_down();
	/* What was under way at once fails at once; then nothing more is begun. */
	while (house_job(&house, &job)) {
		tries++;
		house_conclude(&house, &job, &outcome);
	}
	ck_assert_uint_le(tries, 10);
	/* Others are not touched by it. */
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@up.example"), 0);
	ck_assert(house_job(&house, &job));
	ck_span_eq(job.hop, "mx:up.example");
	/* In a day, the site sees a few tries, not one per message. */
	tries = 0;
	for (int64_t passed = 0; passed < DAY; passed += MINUTE) {
		fake_advance(MINUTE);
		while (house_job(&house, &job)) {
			tries++;
			house_conclude(&house, &job, &outcome);
		}
	}
	ck_assert_uint_ge(tries, 20);
	ck_assert_uint_le(tries, 400);
	fake_log_take("event=rest *");
	house_end(&house);
}
END_TEST

START_TEST(a_site_that_is_up_again_gets_its_mail)
{
	unsigned delivered = 0;

	begin();
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	outcome = house_site_down();
	while (house_job(&house, &job))
		house_conclude(&house, &job, &outcome);
	outcome = house_delivered();
	for (int64_t passed = 0; passed < HOUR; passed += 10 * 1000) {
		fake_advance(10 * 1000);
		while (house_job(&house, &job)) {
			house_conclude(&house, &job, &outcome);
			delivered++;
		}
	}
	ck_assert_uint_eq(delivered, 50);
	ck_assert_uint_eq(house_messages(&house), 0);
	house_end(&house);
}
END_TEST

/* --- turns and windows --- */

START_TEST(connections_begin_few_and_grow_with_success)
{
	unsigned first = 0, later = 0;

	begin();
	for (int i = 0; i < 200; i++)
		ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	while (house_job(&house, &job))
		first++;
	ck_assert_uint_eq(first, 10);
	ck_assert_uint_eq(job.connections, 5);
	outcome = house_delivered();
	for (int i = 0; i < 30; i++) {
		house_conclude(&house, &job, &outcome);
		ck_assert(house_job(&house, &job));
		while (house_job(&house, &other))
			later++;
	}
	ck_assert_uint_eq(house.queue.running, 40);
	ck_assert_uint_eq(other.connections, 20);
	ck_assert_uint_gt(later, 0);
	house_end(&house);
}
END_TEST

START_TEST(senders_take_turns)
{
	begin();
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(house_accept_one(&house, "bulk@x.example", "b@y.example"), 0);
	for (int i = 0; i < 10; i++)
		ck_assert(house_job(&house, &job));
	ck_assert(!house_job(&house, &other));
	ck_assert_int_eq(house_accept_one(&house, "person@x.example", "b@y.example"), 0);
	outcome = house_delivered();
	house_conclude(&house, &job, &outcome);
	/* The very next or the one after: not behind ninety others. */
	ck_assert(house_job(&house, &job));
	ck_assert(house_job(&house, &other));
	ck_assert(span_equal(job.envelope.sender, SPAN("person@x.example")) ||
	    span_equal(other.envelope.sender, SPAN("person@x.example")));
	house_end(&house);
}
END_TEST

START_TEST(a_full_destination_does_not_hold_up_another)
{
	begin();
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@slow.example"), 0);
	while (house_job(&house, &job))
		;
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@quick.example"), 0);
	ck_assert(house_job(&house, &job));
	ck_span_eq(job.hop, "mx:quick.example");
	house_end(&house);
}
END_TEST

START_TEST(many_slow_destinations_leave_room_for_a_quick_one)
{
	char to[64];
	unsigned slow = 0;

	house_begin(&house);
	house.conf.jobs = 100;
	house_start(&house);
	for (int i = 0; i < 400; i++) {
		snprintf(to, sizeof(to), "b@slow%d.example", i % 40);
		ck_assert_int_eq(house_accept_one(&house, "a@x.example", to), 0);
	}
	while (house_job(&house, &job))
		slow++;
	ck_assert_uint_ge(slow, 40);
	/* None of them comes back; the quick one gets through, message after message. */
	outcome = house_delivered();
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@quick.example"), 0);
		ck_assert(house_job(&house, &job));
		ck_span_eq(job.hop, "mx:quick.example");
		house_conclude(&house, &job, &outcome);
	}
	house_end(&house);
}
END_TEST

START_TEST(what_a_dead_relay_had_is_given_to_the_next)
{
	struct peer peer = { ROOM_RELAY, 0 };

	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	ck_assert(house_job(&house, &job));
	fake_channel_break(house.relay);
	ck_assert_uint_eq(fake_room_peers_gone(), 1);
	fake_log_expect("event=peer-gone *");
	queue_room_handler.on_peer(&house.queue, &peer, fake_fd());
	house.relay = fake_channel_find("relay");
	ck_assert(house_job(&house, &other));
	ck_assert_int_eq(mid_compare(job.envelope.mid, other.envelope.mid), 0);
	/* A word from the dead about its job means nothing. */
	outcome = house_delivered();
	house_conclude(&house, &job, &outcome);
	ck_assert_uint_eq(house_messages(&house), 1);
	house_end(&house);
}
END_TEST

static void
ask_all(const char *verb)
{
	const char *const all[] = { "--all", NULL };
	static struct house_rows rows;

	ck_assert_int_eq(house_ask(&house, verb, all, &rows), 0);
}

static void
relay_dies_and_comes_back(void)
{
	struct peer peer = { ROOM_RELAY, 0 };

	fake_channel_break(house.relay);
	fake_log_expect("event=peer-gone *");
	queue_room_handler.on_peer(&house.queue, &peer, fake_fd());
	house.relay = fake_channel_find("relay");
}

START_TEST(what_is_held_while_a_relay_has_it_stays_held_when_that_dies)
{
	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	ck_assert(house_job(&house, &job));
	ask_all("queue hold");
	relay_dies_and_comes_back();
	ck_assert(!house_job(&house, &other));
	fake_advance(DAY);
	ck_assert(!house_job(&house, &other));
	ask_all("queue release");
	ck_assert(house_job(&house, &other));
	house_end(&house);
}
END_TEST

START_TEST(what_is_removed_while_a_relay_has_it_is_gone_when_that_dies)
{
	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	ck_assert(house_job(&house, &job));
	ask_all("queue remove");
	ck_assert_uint_eq(house_messages(&house), 1);
	relay_dies_and_comes_back();
	ck_assert(!house_job(&house, &other));
	ck_assert_uint_eq(house_messages(&house), 0);
	fake_log_take("event=removed *");
	house_end(&house);
}
END_TEST

START_TEST(what_is_removed_while_a_relay_has_it_is_gone_when_everything_dies)
{
	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	ck_assert(house_job(&house, &job));
	ask_all("queue remove");
	fake_log_take("event=removed *");
	restart();
	ck_assert_uint_eq(house_messages(&house), 0);
	ck_assert(!house_job(&house, &other));
	house_end(&house);
}
END_TEST

START_TEST(a_clock_that_is_set_back_does_not_make_mail_wait_until_it_has_caught_up)
{
	for (int is_restarted = 0; is_restarted < 2; is_restarted++) {
		bool came = false;

		begin();
		ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
		ck_assert(house_job(&house, &job));
		outcome = house_deferred();
		house_conclude(&house, &job, &outcome);
		fake_advance(1000);
		fake_wall_step(-400 * (int64_t)DAY);
		if (is_restarted)
			restart();
		for (int64_t passed = 0; !came && passed < (is_restarted ? 5 * HOUR : 10 * MINUTE); passed += MINUTE) {
			fake_advance(MINUTE);
			came = house_job(&house, &job);
		}
		ck_assert_msg(came, "not tried again, restarted %d", is_restarted);
		/* And it does not become older than others, either way. */
		ck_assert_int_le(message_find(&house.queue, job.envelope.mid)->arrival_ms, clock_wall_ms());
		fake_log_take("event=clock *");
		house_end(&house);
	}
}
END_TEST

/* Reading fails once, wherever it is, while queue starts; nothing is lost for it, and nothing that was done comes back. */
START_TEST(a_read_that_fails_at_the_start_loses_nothing)
{
	static const struct {
		enum fake_file_call call;
		int error;
		unsigned first, last;	/* call that fails */
	} rows[] = {
		/* Without a page of the journal, or one to read, queue does not go on: master starts it again. */
		{ FAKE_FILE_READ, EIO, 1, 4 }, { FAKE_FILE_READ, EIO, 6, 9 }, { FAKE_FILE_SIZE, EIO, 3, 6 },
		{ FAKE_FILE_OPEN, EMFILE, 1, 1 },
	};

	for (size_t row = 0; row < sizeof(rows) / sizeof(*rows); row++)
		for (unsigned nth = rows[row].first; nth <= rows[row].last; nth++) {
			bool is_journal;

			begin();
			for (int i = 0; i < 3; i++)
				ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
			ck_assert(house_job(&house, &job));
			outcome = house_delivered();
			house_conclude(&house, &job, &outcome);
			fake_advance(1000);
			house_kill_queue(&house);
			/* Nor may intake's end make an unread segment look empty. */
			writer_close(&house.intake);
			fake_file_fail(rows[row].call, nth, rows[row].error);
			house_start(&house);
			is_journal = fake_log_take("event=finding kind=unreadable directory=queue*");
			fake_advance(5 * MINUTE);
			house_pump(&house);
			while (fake_log_take("event=finding kind=unreadable *"))
				;
			ck_assert_msg(house_messages(&house) == 2 || (is_journal && house_messages(&house) == 3),
			    "row %zu, call %u: %u messages", row, nth, house_messages(&house));
			house_end(&house);
		}
}
END_TEST

START_TEST(a_bounce_is_not_forgotten_because_the_envelope_could_not_be_read)
{
	struct notification notification;

	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	ck_assert(house_job(&house, &job));
	fake_file_fail(FAKE_FILE_READ, 1, EIO);
	outcome = house_refused();
	house_conclude(&house, &job, &outcome);
	fake_log_expect("event=finding kind=damaged *");
	fake_advance(2 * MINUTE);
	ck_assert(house_notification(&house, &notification));
	ck_span_eq(notification.envelope.recipients[0].address, "b@y.example");
	house_notified(&house, &notification, true);
	ck_assert_uint_eq(house_messages(&house), 0);
	house_end(&house);
}
END_TEST

START_TEST(a_bounce_is_asked_for_again_when_the_envelope_opens_again)
{
	struct notification notification;

	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	ck_assert(house_job(&house, &job));
	/* The first read is for who wants to know, the second for what report is told. */
	fake_file_fail(FAKE_FILE_READ, 2, EIO);
	outcome = house_refused();
	house_conclude(&house, &job, &outcome);
	fake_log_expect("event=finding kind=damaged *");
	ck_assert(!house_notification(&house, &notification));
	fake_advance(2 * MINUTE);
	ck_assert(house_notification(&house, &notification));
	house_notified(&house, &notification, true);
	ck_assert_uint_eq(house_messages(&house), 0);
	house_end(&house);
}
END_TEST

/* --- ends --- */

START_TEST(a_failure_is_told_and_then_the_message_is_over)
{
	struct notification notification;

	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	ck_assert(house_job(&house, &job));
	outcome = house_refused();
	house_conclude(&house, &job, &outcome);
	ck_assert(house_notification(&house, &notification));
	ck_assert_int_eq(notification.recipients[0].action, ACTION_FAILED);
	ck_span_eq(notification.recipients[0].outcome.text, "5.1.1 no such user");
	ck_assert_uint_eq(house_messages(&house), 1);
	/* Report could not: it is asked again. */
	house_notified(&house, &notification, false);
	ck_assert(!house_notification(&house, &notification));
	fake_advance(2 * MINUTE);
	ck_assert(house_notification(&house, &notification));
	house_notified(&house, &notification, true);
	ck_assert_uint_eq(house_messages(&house), 0);
	house_end(&house);
}
END_TEST

START_TEST(nobody_is_told_who_does_not_want_to_know)
{
	static const struct {
		const char *sender;
		uint8_t notify;
		uint32_t flags;
		enum outcome_kind kind;
		bool told;
	} rows[] = {
		{ "a@x.example", NOTIFY_DEFAULT, 0, OUTCOME_FAILED, true },
		{ "a@x.example", NOTIFY_NEVER, 0, OUTCOME_FAILED, false },
		{ "a@x.example", NOTIFY_SUCCESS, 0, OUTCOME_FAILED, false },
		{ "a@x.example", NOTIFY_FAILURE, 0, OUTCOME_FAILED, true },
		{ "a@x.example", NOTIFY_SUCCESS | NOTIFY_FAILURE, 0, OUTCOME_FAILED, true },
		{ "a@x.example", NOTIFY_DELAY, 0, OUTCOME_FAILED, false },
		{ "", NOTIFY_DEFAULT, 0, OUTCOME_FAILED, false },
		{ "", NOTIFY_FAILURE, 0, OUTCOME_FAILED, false },
		{ "a@x.example", NOTIFY_DEFAULT, ENVELOPE_OWN, OUTCOME_FAILED, false },
		{ "a@x.example", NOTIFY_DEFAULT, 0, OUTCOME_DELIVERED, false },
		{ "a@x.example", NOTIFY_SUCCESS, 0, OUTCOME_DELIVERED, true },
		{ "a@x.example", NOTIFY_SUCCESS | NOTIFY_DELAY, 0, OUTCOME_DELIVERED, true },
		{ "a@x.example", NOTIFY_FAILURE, 0, OUTCOME_DELIVERED, false },
		{ "", NOTIFY_SUCCESS, 0, OUTCOME_DELIVERED, false },
	};
	struct notification notification;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct recipient recipient = { .address = SPAN("b@y.example"), .notify = rows[i].notify };
		struct envelope envelope = { .sender = span_of(rows[i].sender), .flags = rows[i].flags,
			.recipients = &recipient, .recipients_count = 1 };

		begin();
		ck_assert_int_eq(house_accept_envelope(&house, &envelope, 100), 0);
		ck_assert(house_job(&house, &job));
		outcome = rows[i].kind == OUTCOME_FAILED ? house_refused() : house_delivered();
		house_conclude(&house, &job, &outcome);
		ck_assert_msg(house_notification(&house, &notification) == rows[i].told, "row %zu", i);
		if (rows[i].told) {
			ck_assert_int_eq(notification.recipients[0].action,
			    rows[i].kind == OUTCOME_FAILED ? ACTION_FAILED : ACTION_RELAYED);
			house_notified(&house, &notification, true);
		}
		ck_assert_uint_eq(house_messages(&house), 0);
		house_end(&house);
	}
}
END_TEST

START_TEST(a_peer_that_tells_itself_is_not_told_for)
{
	struct recipient recipient = { .address = SPAN("b@y.example"), .notify = NOTIFY_SUCCESS };
	struct envelope envelope = { .sender = SPAN("a@x.example"), .recipients = &recipient, .recipients_count = 1 };
	struct notification notification;

	begin();
	ck_assert_int_eq(house_accept_envelope(&house, &envelope, 100), 0);
	ck_assert(house_job(&house, &job));
	outcome = house_delivered();
	outcome.relayed = false;
	house_conclude(&house, &job, &outcome);
	ck_assert(!house_notification(&house, &notification));
	ck_assert_uint_eq(house_messages(&house), 0);
	house_end(&house);
}
END_TEST

/* RFC 3464 2.3.3: what a store has taken is delivered, what another server has taken is on its way. */
START_TEST(what_a_store_took_is_delivered_and_not_relayed)
{
	struct conf_pair accept[] = { { (char[]){ "mine.example" }, (char[]){ "lmtp:/run/lmtp" } } };
	static const struct { const char *to; enum notice_action action; } rows[] = {
		{ "b@mine.example", ACTION_DELIVERED }, { "b@other.example", ACTION_RELAYED }
	};
	struct notification notification;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct recipient recipient = { .address = span_of(rows[i].to), .notify = NOTIFY_SUCCESS };
		struct envelope envelope = { .sender = SPAN("a@x.example"), .recipients = &recipient, .recipients_count = 1 };

		house_begin(&house);
		map_set(&house.conf.accept, accept, 1);
		house_start(&house);
		ck_assert_int_eq(house_accept_envelope(&house, &envelope, 100), 0);
		ck_assert(house_job(&house, &job));
		outcome = house_delivered();
		house_conclude(&house, &job, &outcome);
		ck_assert(house_notification(&house, &notification));
		ck_assert_msg(notification.recipients[0].action == rows[i].action, "%s", rows[i].to);
		house_notified(&house, &notification, true);
		house_end(&house);
	}
}
END_TEST

START_TEST(a_delay_is_told_once_after_four_hours)
{
	struct notification notification;
	unsigned told = 0;

	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	outcome = house_untrusted();
	for (int64_t passed = 0; passed < 40 * HOUR; passed += 10 * MINUTE) {
		while (house_job(&house, &job))
			house_conclude(&house, &job, &outcome);
		if (house_notification(&house, &notification)) {
			ck_assert_int_ge(passed, 4 * HOUR);
			ck_assert_int_le(passed, 4 * HOUR + 10 * MINUTE);
			ck_assert_int_eq(notification.recipients[0].action, ACTION_DELAYED);
			ck_span_eq(notification.recipients[0].outcome.reason, "certificate-expired");
			ck_assert_int_eq(notification.recipients[0].retry_until_ms,
			    notification.envelope.arrival_ms + 2 * DAY);
			house_notified(&house, &notification, true);
			told++;
		}
		fake_advance(10 * MINUTE);
	}
	ck_assert_uint_eq(told, 1);
	ck_assert_uint_eq(house_messages(&house), 1);
	house_end(&house);
}
END_TEST

/* 550 for one recipient is told while another waits behind a site that is down, though no try of it came first. */
START_TEST(an_end_does_not_wait_for_a_site_that_is_down)
{
	static const char *const to[] = { "b@good.example", "c@dead.example", NULL };
	struct notification notification;
	int64_t passed = 0;

	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "d@dead.example"), 0);
	ck_assert(house_job(&house, &job));
	outcome = house_site_down();
	for (int failures = 0; failures < 6; failures++) {
		house_conclude(&house, &job, &outcome);
		while (!house_job(&house, &job))
			fake_advance(MINUTE);
	}
	house_conclude(&house, &job, &outcome);
	while (house_notification(&house, &notification))
		house_notified(&house, &notification, true);
	ck_assert_int_eq(house_accept(&house, "a@x.example", to, 100, NULL), 0);
	ck_assert(house_job(&house, &job));
	ck_span_eq(job.hop, "mx:good.example");
	outcome = house_refused();
	house_conclude(&house, &job, &outcome);
	/* Ends that come at once come together. */
	ck_assert(!house_notification(&house, &notification));
	for (; passed < 10 * MINUTE && !house_notification(&house, &notification); passed += MINUTE)
		fake_advance(MINUTE);
	ck_assert_int_ge(passed, 5 * MINUTE);
	ck_assert_int_le(passed, 6 * MINUTE);
	ck_assert_uint_eq(notification.envelope.recipients_count, 1);
	ck_span_eq(notification.envelope.recipients[0].address, "b@good.example");
	house_notified(&house, &notification, true);
	ck_assert_uint_eq(house_messages(&house), 2);
	house_end(&house);
}
END_TEST

/* A site has answered since it failed: what comes later has not failed for that reason. */
START_TEST(what_a_site_failed_by_is_forgotten_when_it_answers)
{
	struct house_rows rows;

	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	ck_assert(house_job(&house, &job));
	outcome = house_untrusted();
	house_conclude(&house, &job, &outcome);
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "c@y.example"), 0);
	ck_assert_int_eq(house_ask(&house, "queue list", (const char *const[]){ NULL }, &rows), 0);
	ck_assert_uint_eq(rows.count, 2);
	/* It is at rest for both. */
	ck_assert_str_eq(rows.reasons[0], "certificate-expired");
	ck_assert_str_eq(rows.reasons[1], "certificate-expired");
	while (!house_job(&house, &job))
		fake_advance(MINUTE);
	outcome = house_delivered();
	house_conclude(&house, &job, &outcome);
	/* Mail that waits there keeps the site known. */
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "d@y.example"), 0);
	ck_assert_int_eq(house_ask(&house, "queue list", (const char *const[]){ NULL }, &rows), 0);
	ck_assert_uint_eq(rows.count, 2);
	ck_assert_str_eq(rows.reasons[1], "");
	house_end(&house);
}
END_TEST

/* It has been in line for hours, behind a relay that does not come: no attempt is invented (RFC 3464 2.3.7). */
START_TEST(who_was_not_tried_is_not_said_to_have_been)
{
	struct notification notification;

	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	house_pump(&house);
	fake_advance(4 * HOUR + MINUTE);
	ck_assert(house_notification(&house, &notification));
	ck_assert_int_eq(notification.recipients[0].action, ACTION_DELAYED);
	ck_span_eq(notification.recipients[0].outcome.reason, "waiting");
	ck_assert_int_eq(notification.recipients[0].attempt_ms, 0);
	house_notified(&house, &notification, true);
	house_end(&house);
}
END_TEST

/* Queue was away for longer than the message may be tried: it has its last try, and what that comes to is told alone. */
START_TEST(nobody_is_told_of_a_delay_that_is_over)
{
	static const struct { int64_t away; struct outcome (*how)(void); bool is_delayed; } rows[] = {
		{ 6 * HOUR, house_deferred, true }, { 6 * DAY, house_deferred, false }, { 6 * HOUR, house_untrusted, true }, { 3 * DAY, house_untrusted, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct notification notification;
		unsigned delays = 0, failures = 0;

		begin();
		ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
		ck_assert(house_job(&house, &job));
		outcome = rows[i].how();
		house_conclude(&house, &job, &outcome);
		house_kill_queue(&house);
		fake_advance(rows[i].away);
		house_start(&house);
		for (int minutes = 0; minutes < 3; minutes++) {
			while (house_job(&house, &job))
				house_conclude(&house, &job, &outcome);
			while (house_notification(&house, &notification)) {
				delays += notification.recipients[0].action == ACTION_DELAYED;
				failures += notification.recipients[0].action == ACTION_FAILED;
				house_notified(&house, &notification, true);
			}
			fake_advance(MINUTE);
		}
		ck_assert_msg(delays == rows[i].is_delayed && failures == !rows[i].is_delayed, "row %zu: %u, %u", i, delays, failures);
		house_end(&house);
	}
}
END_TEST

/* Fail every try until the message ends; returns how long that took. */
static int64_t
fail_until_the_end(struct outcome how, struct notification *notification)
{
	for (int64_t passed = 0; passed < 10 * DAY; passed += 10 * MINUTE) {
		while (house_job(&house, &job))
			house_conclude(&house, &job, &how);
		while (house_notification(&house, notification)) {
			enum notice_action action = notification->recipients[0].action;

			house_notified(&house, notification, true);
			if (action == ACTION_FAILED)
				return passed;
		}
		fake_advance(10 * MINUTE);
	}
	return INT64_MAX;
}

START_TEST(an_outage_ends_after_five_days_and_a_failure_of_policy_after_two)
{
	struct notification notification;
	int64_t took;

	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	took = fail_until_the_end(house_site_down(), &notification);
	ck_assert_int_ge(took, 5 * DAY);
	ck_assert_int_le(took, 5 * DAY + HOUR);
	/* The cause is told, not the bare time-out. */
	ck_span_eq(notification.recipients[0].outcome.reason, "connect");
	ck_assert_uint_eq(house_messages(&house), 0);
	house_end(&house);

	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	took = fail_until_the_end(house_untrusted(), &notification);
	ck_assert_int_ge(took, 2 * DAY);
	ck_assert_int_le(took, 2 * DAY + HOUR);
	ck_assert_uint_eq(house_messages(&house), 0);
	house_end(&house);
}
END_TEST

START_TEST(messages_behind_a_dead_site_end_in_time_though_not_each_is_tried)
{
	struct notification notification;
	unsigned failed = 0;

	begin();
	for (int i = 0; i < 60; i++)
		ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@dead.example"), 0);
	outcome = house_site_down();
	for (int64_t passed = 0; passed < 5 * DAY + 2 * HOUR; passed += 10 * MINUTE) {
		while (house_job(&house, &job))
			house_conclude(&house, &job, &outcome);
		while (house_notification(&house, &notification)) {
			failed += notification.recipients[0].action == ACTION_FAILED;
			house_notified(&house, &notification, true);
		}
		fake_advance(10 * MINUTE);
	}
	ck_assert_uint_eq(failed, 60);
	ck_assert_uint_eq(house_messages(&house), 0);
	house_end(&house);
}
END_TEST

/* A report on TLS, as report makes one (RFC 8460 5.5); or other mail of our own. */
static void
accept_own(uint32_t brief)
{
	struct recipient to = { .address = SPAN("b@y.example"), .notify = NOTIFY_NEVER };
	struct envelope envelope = { .sender = SPAN(""), .flags = ENVELOPE_OWN | ENVELOPE_TLS_OPTIONAL | brief, .client_uid = UINT32_MAX,
		.recipients = &to, .recipients_count = 1 };

	ck_assert_int_eq(house_accept_envelope(&house, &envelope, 100), 0);
}

/* Fail every try, with restarts where asked for, until no message is left; returns how long that took. Nobody is told of anything. */
static int64_t
fail_until_it_is_gone(struct outcome how, int64_t restart_every)
{
	struct notification notification;

	for (int64_t passed = 0; passed < 10 * DAY; passed += 10 * MINUTE) {
		while (house_job(&house, &job))
			house_conclude(&house, &job, &how);
		ck_assert(!house_notification(&house, &notification));
		if (house_messages(&house) == 0)
			return passed;
		if (restart_every > 0 && passed % restart_every == 0)
			restart();
		fake_advance(10 * MINUTE);
	}
	return INT64_MAX;
}

START_TEST(what_is_of_use_for_a_day_ends_after_a_day)	/* R36 */
{
	static const struct {
		const char *name;
		uint32_t brief;
		bool is_policy;
		int64_t expire_s, expire_policy_s, restart_every, takes;
	} rows[] = {
		{ "an outage", ENVELOPE_BRIEF, false, 0, 0, 0, DAY },
		{ "a failure of policy", ENVELOPE_BRIEF, true, 0, 0, 0, DAY },
		{ "restarted every hour", ENVELOPE_BRIEF, false, 0, 0, HOUR, DAY },
		{ "restarted once", ENVELOPE_BRIEF, false, 0, 0, 20 * DAY, DAY },
		{ "all mail ends sooner", ENVELOPE_BRIEF, false, 6 * 3600, 2 * 3600, 0, 6 * HOUR },
		{ "and failures of policy sooner still", ENVELOPE_BRIEF, true, 6 * 3600, 2 * 3600, 0, 2 * HOUR },
		{ "all mail ends after a day, too", ENVELOPE_BRIEF, false, 86400, 86400, 0, DAY },
		{ "other mail of our own stays", 0, false, 0, 0, 0, 5 * DAY },
		{ "over restarts, too", 0, false, 0, 0, 7 * HOUR, 5 * DAY },
		{ "other mail of our own, and policy", 0, true, 0, 0, 0, 2 * DAY },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int64_t took;

		house_begin(&house);
		if (rows[i].expire_s > 0) {
			house.conf.expire_s = (uint64_t)rows[i].expire_s;
			house.conf.expire_policy_s = (uint64_t)rows[i].expire_policy_s;
		}
		house_start(&house);
		accept_own(rows[i].brief);
		took = fail_until_it_is_gone(rows[i].is_policy ? house_untrusted() : house_site_down(), rows[i].restart_every);
		ck_assert_msg(took >= rows[i].takes && took <= rows[i].takes + HOUR, "%s: %lld minutes", rows[i].name, (long long)(took / MINUTE));
		house_end(&house);
	}
}
END_TEST

/* A notice to a peer: report hears of the end, over restarts, until it has answered; of a lack of TLS at once, to write to somebody else. */
START_TEST(report_hears_what_became_of_a_notice)
{
	static const struct {
		const char *name;
		struct outcome (*how)(void);
		enum notice_action action;
		bool is_restarted, is_later;
	} rows[] = {
		{ "taken", house_delivered, ACTION_RELAYED, false, false },
		{ "refused", house_refused, ACTION_FAILED, false, false },
		{ "no TLS", house_untrusted, ACTION_FAILED, false, false },
		{ "the site is down for now", house_site_down, ACTION_FAILED, false, true },
		{ "report hears it after a restart", house_refused, ACTION_FAILED, true, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct notification notification;

		begin();
		accept_own(ENVELOPE_TOLD | ENVELOPE_BRIEF);
		ck_assert(house_job(&house, &job));
		outcome = rows[i].how();
		house_conclude(&house, &job, &outcome);
		ck_assert_msg(house_notification(&house, &notification) == !rows[i].is_later, "%s", rows[i].name);
		if (!rows[i].is_later) {
			ck_assert_int_eq(notification.recipients[0].action, rows[i].action);
			ck_assert(notification.envelope.flags & ENVELOPE_TOLD);
			if (rows[i].is_restarted) {
				restart();
				ck_assert(house_notification(&house, &notification));
			}
			house_notified(&house, &notification, true);
		}
		ck_assert_uint_eq(house_messages(&house), rows[i].is_later ? 1 : 0);
		house_end(&house);
	}
}
END_TEST

/* Queue was away on the day's last minute: what is past it has one try, and no other. */
START_TEST(what_a_restart_finds_past_its_day_has_one_try)
{
	begin();
	accept_own(ENVELOPE_BRIEF);
	accept_own(0);
	house_kill_queue(&house);
	fake_advance(DAY + HOUR);
	house_start(&house);
	outcome = house_deferred();
	for (int i = 0; i < 2; i++) {
		ck_assert(house_job(&house, &job));
		house_conclude(&house, &job, &outcome);
	}
	ck_assert_uint_eq(house_messages(&house), 1);
	house_end(&house);
}
END_TEST

/* It goes on for as long as other mail when it stands beside it, behind the same site. */
START_TEST(only_what_is_brief_is_given_up_behind_a_dead_site)
{
	struct notification notification;

	begin();
	for (int i = 0; i < 20; i++)
		accept_own(i % 2 == 0 ? ENVELOPE_BRIEF : 0);
	outcome = house_site_down();
	for (int64_t passed = 0; passed < DAY + 2 * HOUR; passed += 10 * MINUTE) {
		while (house_job(&house, &job))
			house_conclude(&house, &job, &outcome);
		if (passed == DAY - 10 * MINUTE)
			ck_assert_uint_eq(house_messages(&house), 20);
		fake_advance(10 * MINUTE);
	}
	ck_assert_uint_eq(house_messages(&house), 10);
	ck_assert(!house_notification(&house, &notification));
	house_end(&house);
}
END_TEST

START_TEST(a_clock_that_jumps_bounces_nothing_untried)
{
	struct notification notification;

	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	ck_assert(house_job(&house, &job));
	outcome = house_deferred();
	house_conclude(&house, &job, &outcome);
	fake_wall_step(366 * (int64_t)DAY);
	fake_advance(MINUTE);
	/* It is tried before it is given up; here the try succeeds. */
	ck_assert(house_job(&house, &job));
	while (house_notification(&house, &notification)) {
		ck_assert_int_ne(notification.recipients[0].action, ACTION_FAILED);
		house_notified(&house, &notification, true);
	}
	outcome = house_delivered();
	house_conclude(&house, &job, &outcome);
	ck_assert_uint_eq(house_messages(&house), 0);
	/* And backwards: nothing is stuck for a year. */
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	ck_assert(house_job(&house, &job));
	house_end(&house);
}
END_TEST

START_TEST(failures_of_policy_bounce_at_once_where_the_operator_says_so)
{
	struct conf_pair on_failure[] = { { (char[]){ "strict.example" }, (char[]){ "bounce" } }, { (char[]){ "soft.example" }, (char[]){ "queue" } } };
	struct notification notification;

	house_begin(&house);
	map_set(&house.conf.on_failure, on_failure, 2);
	house_start(&house);
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@strict.example"), 0);
	ck_assert(house_job(&house, &job));
	/* M34: not before it is known that there is no newer policy */
	outcome = house_untrusted();
	outcome.is_provisional = true;
	house_conclude(&house, &job, &outcome);
	ck_assert(!house_notification(&house, &notification));
	fake_advance(HOUR);
	ck_assert(house_job(&house, &job));
	outcome.is_provisional = false;
	house_conclude(&house, &job, &outcome);
	ck_assert(house_notification(&house, &notification));
	ck_assert_int_eq(notification.recipients[0].action, ACTION_FAILED);
	ck_assert(span_equal(notification.recipients[0].outcome.status, SPAN("5.7.5")));
	house_notified(&house, &notification, true);
	ck_assert_uint_eq(house_messages(&house), 0);
	/* An outage of the same domain waits, and so does policy of another. */
	fake_advance(HOUR);
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@strict.example"), 0);
	ck_assert(house_job(&house, &job));
	outcome = house_deferred();
	house_conclude(&house, &job, &outcome);
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@soft.example"), 0);
	ck_assert(house_job(&house, &job));
	outcome = house_untrusted();
	house_conclude(&house, &job, &outcome);
	ck_assert(!house_notification(&house, &notification));
	ck_assert_uint_eq(house_messages(&house), 2);
	house_end(&house);
}
END_TEST

/* --- what a message asks about TLS --- */

/* One message with those envelope flags. */
static struct mid
accept_with(uint32_t flags, const char *recipient)
{
	struct recipient to = { .address = span_of(recipient) };
	struct envelope envelope = { .sender = flags & ENVELOPE_OWN ? SPAN("") : SPAN("a@x.example"), .flags = flags, .client_uid = UINT32_MAX, .recipients = &to, .recipients_count = 1 };

	ck_assert_int_eq(house_accept_envelope(&house, &envelope, 3000), 0);
	return envelope.mid;
}

/* S57: in the job, after a restart, in a segment of queue's own, in the notification, for the operator. */
START_TEST(what_a_message_asks_about_tls_stays_with_it)
{
	static const uint32_t flags[] = { 0, ENVELOPE_REQUIRETLS, ENVELOPE_TLS_OPTIONAL, ENVELOPE_REQUIRETLS | ENVELOPE_OWN };
	struct notification notification;
	struct house_rows rows;

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		begin();
		accept_with(flags[i], "b@y.example");
		ck_assert(house_job(&house, &job));
		ck_assert_uint_eq(job.envelope.flags, flags[i]);
		outcome = house_deferred();
		house_conclude(&house, &job, &outcome);
		ck_assert_int_eq(house_ask(&house, "queue show", (const char *const[]){ "--all", NULL }, &rows), 0);
		ck_assert(rows.requiretls[0] == !!(flags[i] & ENVELOPE_REQUIRETLS));
		ck_assert(rows.tls_optional[0] == !!(flags[i] & ENVELOPE_TLS_OPTIONAL));
		restart();
		fake_advance(HOUR);
		ck_assert(house_job(&house, &job));
		ck_assert_uint_eq(job.envelope.flags, flags[i]);
		outcome = house_refused();
		house_conclude(&house, &job, &outcome);
		/* Nobody is told about mail of our own. */
		ck_assert(house_notification(&house, &notification) == !(flags[i] & ENVELOPE_OWN));
		if (!(flags[i] & ENVELOPE_OWN)) {
			ck_assert_uint_eq(notification.envelope.flags, flags[i]);
			house_notified(&house, &notification, true);
		}
		house_end(&house);
	}
}
END_TEST

/*
 * The hosts of a domain may do for one kind of mail and not for another: neither waits for the other. A notification may go
 * without REQUIRETLS (N16): as other mail.
 */
START_TEST(mail_with_other_wishes_about_tls_does_not_share_a_rest)
{
	static const uint32_t flags[] = { 0, ENVELOPE_REQUIRETLS, ENVELOPE_TLS_OPTIONAL, ENVELOPE_REQUIRETLS | ENVELOPE_OWN };

	for (size_t i = 0; i < 4; i++) {
		begin();
		accept_with(flags[i], "b@y.example");
		accept_with(flags[i], "b@y.example");
		ck_assert(house_job(&house, &job) && house_job(&house, &other));
		outcome = house_untrusted();
		house_conclude(&house, &job, &outcome);
		house_conclude(&house, &other, &outcome);
		fake_log_expect("event=rest hop=mx:y.example *");
		for (size_t k = 0; k < 4; k++) {
			bool is_shared = k % 3 == i % 3;

			accept_with(flags[k], "b@y.example");
			ck_assert_msg(house_job(&house, &job) == !is_shared, "%zu %zu", i, k);
			if (!is_shared)
				ck_span_eq(job.hop, "mx:y.example");
		}
		house_end(&house);
	}
}
END_TEST

/* C46: a proof that only this message asks for speaks of nobody else: no rest begins, and none ends; it expires as policy does. */
START_TEST(what_only_a_message_lacks_rests_nothing_and_wakes_nothing)
{
	struct notification notification;
	int64_t took;

	begin();
	accept_with(ENVELOPE_REQUIRETLS, "b@y.example");
	ck_assert(house_job(&house, &job));
	outcome = house_unproven();
	house_conclude(&house, &job, &outcome);
	fake_log_expect_none("event=rest *");
	accept_with(ENVELOPE_REQUIRETLS, "b@y.example");
	accept_with(ENVELOPE_REQUIRETLS, "b@y.example");
	ck_assert(house_job(&house, &job) && house_job(&house, &other));
	outcome = house_site_down();
	house_conclude(&house, &job, &outcome);
	outcome = house_unproven();
	house_conclude(&house, &other, &outcome);
	accept_with(ENVELOPE_REQUIRETLS, "b@y.example");
	ck_assert_msg(!house_job(&house, &job), "the site was silent: it rests on");
	fake_log_take("event=rest *");
	house_end(&house);

	begin();
	accept_with(ENVELOPE_REQUIRETLS, "b@y.example");
	took = fail_until_the_end(house_unproven(), &notification);
	ck_assert_int_ge(took, 2 * DAY);
	ck_assert_int_le(took, 2 * DAY + HOUR);
	ck_assert_uint_eq(notification.envelope.flags, ENVELOPE_REQUIRETLS);
	ck_assert_uint_eq(house_messages(&house), 0);
	house_end(&house);
}
END_TEST

/* --- what outlives a crash --- */

START_TEST(a_restarted_queue_goes_on_where_it_was)
{
	const char *const to[] = { "a@y.example", "b@y.example", NULL };
	struct outcome each[2];
	int64_t due;

	begin();
	/* one delivered, one half delivered and deferred, one untouched */
	ck_assert_int_eq(house_accept_one(&house, "one@x.example", "b@y.example"), 0);
	ck_assert(house_job(&house, &job));
	outcome = house_delivered();
	house_conclude(&house, &job, &outcome);
	ck_assert_int_eq(house_accept(&house, "two@x.example", to, 100, NULL), 0);
	ck_assert(house_job(&house, &job));
	each[0] = house_delivered();
	each[1] = house_deferred();
	house_conclude_each(&house, &job, each);
	due = RB_ROOT(&house.queue.due)->due_ms;
	ck_assert_int_eq(house_accept_one(&house, "three@x.example", "b@y.example"), 0);
	fake_advance(1000);
	restart();
	ck_assert_uint_eq(house_messages(&house), 2);
	ck_assert(house_job(&house, &job));
	ck_span_eq(job.envelope.sender, "three@x.example");
	ck_assert(!house_job(&house, &other));
	ck_assert_int_eq(RB_ROOT(&house.queue.due)->due_ms, due);
	fake_advance(due - clock_wall_ms() + 1000);
	ck_assert(house_job(&house, &job));
	ck_span_eq(job.envelope.sender, "two@x.example");
	ck_assert_uint_eq(job.envelope.recipients_count, 1);
	ck_span_eq(job.envelope.recipients[0].address, "b@y.example");
	house_end(&house);
}
END_TEST

START_TEST(what_is_done_stays_done_over_many_restarts_and_snapshots)
{
	begin();
	for (int i = 0; i < 40; i++)
		ck_assert_int_eq(house_accept_one(&house, "a@x.example", i % 4 == 0 ? "b@later.example" : "b@now.example"), 0);
	while (house_job(&house, &job)) {
		outcome = span_equal(job.hop, SPAN("mx:later.example")) ? house_deferred() : house_delivered();
		house_conclude(&house, &job, &outcome);
	}
	ck_assert_uint_eq(house_messages(&house), 10);
	for (int i = 0; i < 5; i++) {
		restart();
		fake_advance(1000);
		ck_assert_uint_eq(house_messages(&house), 10);
		ck_assert(!house_job(&house, &job));
	}
	house_end(&house);
}
END_TEST

START_TEST(a_notification_not_made_before_a_crash_is_made_after_it)
{
	struct notification notification;

	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	ck_assert(house_job(&house, &job));
	outcome = house_refused();
	house_conclude(&house, &job, &outcome);
	ck_assert(house_notification(&house, &notification));
	fake_advance(1000);
	restart();
	ck_assert(!house_job(&house, &job));
	ck_assert(house_notification(&house, &notification));
	ck_span_eq(notification.recipients[0].outcome.text, "5.1.1 no such user");
	ck_assert_uint_eq(notification.recipients[0].outcome.code, 550);
	house_notified(&house, &notification, true);
	ck_assert_uint_eq(house_messages(&house), 0);
	fake_advance(1000);
	restart();
	ck_assert_uint_eq(house_messages(&house), 0);
	house_end(&house);
}
END_TEST

START_TEST(report_that_comes_back_is_asked_again)
{
	struct peer peer = { ROOM_REPORT, 0 };
	struct notification notification;

	begin();
	fake_channel_break(house.report);
	ck_assert_uint_eq(fake_room_peers_gone(), 1);
	fake_log_expect("event=peer-gone *");
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	ck_assert(house_job(&house, &job));
	outcome = house_refused();
	house_conclude(&house, &job, &outcome);
	ck_assert_uint_eq(house_messages(&house), 1);
	queue_room_handler.on_peer(&house.queue, &peer, fake_fd());
	house.report = fake_channel_find("report");
	ck_assert(house_notification(&house, &notification));
	house_notified(&house, &notification, true);
	ck_assert_uint_eq(house_messages(&house), 0);
	house_end(&house);
}
END_TEST

/* Queue is out of descriptors when it is told of messages in a segment that it has not open; then it is not. */
START_TEST(messages_of_a_segment_that_could_not_be_opened_are_found_later)
{
	struct job jobs[3];

	for (unsigned failures = 1; failures <= 2; failures++) {
		begin();
		/* The writer looks for the file and makes it; the third is queue's. */
		for (unsigned i = 0; i < failures; i++) {
			fake_file_fail(FAKE_FILE_OPEN, i == 0 ? 3 : 1, EMFILE);
			ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
			fake_log_expect("event=spool what=\"a writer speaks of a segment that is not there\" *");
		}
		ck_assert_int_eq(house_accept_one(&house, "a@x.example", "c@y.example"), 0);
		fake_advance(11000);
		ck_assert_uint_eq(house_messages(&house), failures + 1);
		for (unsigned i = 0; i <= failures; i++)
			ck_assert(house_job(&house, &jobs[i]));
		ck_assert(!house_job(&house, &job));
		house_end(&house);
	}
}
END_TEST

/* A sync that failed is not asked for again: the segment ends, its clients hear of it, the next message begins another. */
START_TEST(a_segment_whose_sync_fails_is_given_up_and_what_was_durable_stays)
{
	static const struct { enum fake_file_call call; int error; } rows[] = {
		{ FAKE_FILE_SYNC, EIO }, { FAKE_FILE_SYNC, ENOSPC }, { FAKE_FILE_WRITE, ENOSPC }, { FAKE_FILE_WRITE, EIO }
	};
	unsigned messages = 0;

	begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char name[20];

		ck_assert_int_eq(house_accept_one(&house, "a@x.example", "held@y.example"), 0);
		fake_file_fail(rows[i].call, 1, rows[i].error);
		ck_assert_int_eq(house_accept_one(&house, "a@x.example", "lost@y.example"), rows[i].error);
		fake_log_expect("event=spool *");
		ck_assert_int_eq(house_accept_one(&house, "a@x.example", "next@y.example"), 0);
		snprintf(name, sizeof(name), "segment-%08zx", i + 2);
		ck_assert_ptr_nonnull(fake_file_content(house.intake_folder, name).data);
		messages += 2;
		ck_assert_uint_eq(house_messages(&house), messages);
	}
	/* A client that was told to come again may find its message there all the same; none of the others is missing. */
	restart();
	ck_assert_uint_ge(house_messages(&house), messages);
	house_end(&house);
}
END_TEST

START_TEST(without_a_journal_nothing_is_begun_and_with_one_it_goes_on)
{
	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	ck_assert(house_job(&house, &job));
	/* The sync fails, and so does the new page. */
	fake_file_fail(FAKE_FILE_SYNC, 1, EIO);
	fake_file_fail(FAKE_FILE_RESERVE, 1, EIO);
	outcome = house_deferred();
	house_conclude(&house, &job, &outcome);
	fake_advance(200);
	fake_log_expect("event=spool what=\"sync failed\" *");
	fake_log_expect("event=journal what=\"outcomes cannot be written*");
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "c@z.example"), 0);
	ck_assert(!house_job(&house, &job));
	fake_advance(2000);
	ck_assert(house_job(&house, &job));
	ck_span_eq(job.hop, "mx:z.example");
	/* What was said in between is said again: it outlives a restart. */
	fake_advance(1000);
	restart();
	ck_assert_uint_eq(house_messages(&house), 2);
	ck_assert(house_job(&house, &job));
	ck_span_eq(job.hop, "mx:z.example");
	ck_assert(!house_job(&house, &job));
	house_end(&house);
}
END_TEST

START_TEST(a_disk_that_is_full_at_the_start_is_waited_for)
{
	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	house_kill_queue(&house);
	fake_file_limit(0);
	house_start(&house);
	fake_log_expect("event=journal what=\"outcomes cannot be written: no delivery is begun\" reason=\"No space*");
	ck_assert_uint_eq(house_messages(&house), 1);
	fake_advance(10000);
	ck_assert(!house_job(&house, &job));
	fake_log_expect_none("event=journal *");
	fake_file_limit(SIZE_MAX);
	fake_advance(2000);
	fake_log_expect("event=journal what=\"outcomes can be written again\"*");
	ck_assert(house_job(&house, &job));
	outcome = house_delivered();
	house_conclude(&house, &job, &outcome);
	restart();
	ck_assert_uint_eq(house_messages(&house), 0);
	house_end(&house);
}
END_TEST

START_TEST(nobody_is_notified_of_what_cannot_be_noted)
{
	struct notification notification;

	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	ck_assert(house_job(&house, &job));
	fake_file_fail(FAKE_FILE_SYNC, 1, EIO);
	fake_file_fail(FAKE_FILE_RESERVE, 1, EIO);
	outcome = house_deferred();
	house_conclude(&house, &job, &outcome);
	fake_advance(200);
	fake_log_expect("event=spool what=\"sync failed\" *");
	fake_log_expect("event=journal what=\"outcomes cannot be written*");
	{
		const char *const all[] = { "--all", NULL };
		struct house_rows rows;

		ck_assert_int_eq(house_ask(&house, "queue bounce", all, &rows), EX_IOERR);
	}
	ck_assert(!house_notification(&house, &notification));
	fake_advance(2000);
	ck_assert(house_notification(&house, &notification));
	house_end(&house);
}
END_TEST

START_TEST(a_disk_with_little_room_has_a_smaller_journal)
{
	unsigned before;

	begin();
	before = fake_file_count(FAKE_FILE_RESERVE);
	fake_file_limit(20 << 20);
	restart();
	/* 64 MiB, 32, 16. */
	ck_assert_uint_eq(fake_file_count(FAKE_FILE_RESERVE), before + 3);
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	ck_assert(house_job(&house, &job));
	house_end(&house);
}
END_TEST

/* Mail for a segment of which a tenth is needed later; the last one of it is held. */
static struct mid
fill_sparse(void)
{
	const char *const to[] = { "b@later.example", NULL };
	struct mid kept = { 0, 0 };

	for (int i = 0; i < 40; i++) {
		if (i == 20)
			ck_assert_int_eq(house_accept(&house, "kept@x.example", to, 3000, &kept), 0);
		ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@now.example"), 0);
	}
	while (house_job(&house, &job)) {
		outcome = span_equal(job.hop, SPAN("mx:later.example")) ? house_deferred() : house_delivered();
		house_conclude(&house, &job, &outcome);
	}
	ask_all("queue hold");
	return kept;
}

/* The copy lies in a segment that is older than where it came from. */
START_TEST(a_copy_that_the_journal_does_not_know_of_never_counts_for_more_than_what_it_was_made_of)
{
	struct mid kept;
	struct conf_spool conf;

	begin();
	house.conf.spool.segment_s = 1;
	writer_configure(house.intake, &house.conf.spool);
	(void)fill_sparse();
	fake_advance(9 * MINUTE);
	house_pump(&house);
	conf = house.conf.spool;
	conf.segment_s = 86400;
	writer_configure(house.queue.writer, &conf);
	fake_advance(3 * MINUTE);
	house_pump(&house);
	fake_log_expect("event=evacuated *");
	kept = fill_sparse();
	fake_advance(9 * MINUTE);
	house_pump(&house);
	fake_sync_hold(true);
	for (int i = 0; i < 6 && !(message_find(&house.queue, kept)->flags & MESSAGE_MOVING); i++)
		fake_advance(MINUTE);
	ck_assert(message_find(&house.queue, kept)->flags & MESSAGE_MOVING);
	/* The copy is durable; queue is killed before it has written that down. */
	fake_sync_release();
	house_kill_queue(&house);
	fake_sync_hold(false);
	house_start(&house);
	fake_log_expect("event=copy *");
	ck_assert_uint_eq(house_messages(&house), 2);
	ck_assert_str_eq(stored_directory(message_find(&house.queue, kept)->place.segment), "intake-0");
	ck_assert(message_find(&house.queue, kept)->flags & MESSAGE_HELD);
	ck_assert(!house_job(&house, &job));
	house_end(&house);
}
END_TEST

/* Its copy is being synced when it comes to its end. */
START_TEST(what_comes_to_its_end_while_it_is_moved_does_not_come_back)
{
	struct message *message;
	struct mid kept;

	begin();
	kept = fill_sparse();
	house.conf.spool.segment_s = 1;
	writer_configure(house.intake, &house.conf.spool);
	fake_advance(2 * HOUR);
	house_pump(&house);
	fake_sync_hold(true);
	fake_advance(2 * MINUTE);
	message = message_find(&house.queue, kept);
	ck_assert_msg(message->flags & MESSAGE_MOVING, "not being moved");
	message_remove_rest(&house.queue, message);
	message_finish(&house.queue, message);
	fake_sync_release();
	fake_sync_hold(false);
	fake_advance(5 * MINUTE);
	house_pump(&house);
	fake_log_take("event=evacuated *");
	ck_assert_uint_eq(house_messages(&house), 0);
	restart();
	ck_assert_uint_eq(house_messages(&house), 0);
	house_end(&house);
}
END_TEST

START_TEST(almost_empty_segments_are_evacuated)
{
	struct mid kept = { 0, 0 };

	begin();
	for (int i = 0; i < 60; i++) {
		if (i == 30)
			kept = accept_with(ENVELOPE_REQUIRETLS, "b@later.example");
		ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@now.example"), 0);
	}
	while (house_job(&house, &job)) {
		outcome = span_equal(job.hop, SPAN("mx:later.example")) ? house_deferred() : house_delivered();
		outcome.kind = span_equal(job.hop, SPAN("mx:later.example")) ? OUTCOME_LATER : OUTCOME_DELIVERED;
		house_conclude(&house, &job, &outcome);
	}
	ck_assert_uint_eq(house_messages(&house), 1);
	/* The operator holds it, so that it is not tried while time passes. */
	house.conf.spool.segment_s = 1;
	writer_configure(house.intake, &house.conf.spool);
	{
		const char *const all[] = { "--all", NULL };
		struct house_rows rows;

		ck_assert_int_eq(house_ask(&house, "queue hold", all, &rows), 0);
	}
	fake_advance(2 * HOUR);
	house_pump(&house);
	fake_advance(5 * MINUTE);
	house_pump(&house);
	fake_log_expect("event=evacuated *");
	ck_assert_str_eq(stored_directory(message_find(&house.queue, kept)->place.segment), "queue");
	/* It is whole there, held still, and after a restart as well. */
	fake_advance(1000);
	restart();
	ck_assert_uint_eq(house_messages(&house), 1);
	ck_assert_str_eq(stored_directory(message_find(&house.queue, kept)->place.segment), "queue");
	{
		const char *const all[] = { "--all", NULL };
		struct house_rows rows;

		ck_assert_int_eq(house_ask(&house, "queue release", all, &rows), 0);
		ck_assert_str_eq(rows.states[0], "held");
	}
	ck_assert(house_job(&house, &job));
	ck_assert_uint_eq(job.envelope.body.length, 3000);
	ck_assert_uint_eq(job.envelope.flags, ENVELOPE_REQUIRETLS);
	ck_assert_int_eq(mid_compare(job.envelope.mid, kept), 0);
	house_end(&house);
}
END_TEST

/* --- the operator --- */

#define ASK(verb, ...) house_ask(&house, (verb), (const char *const[]){ __VA_ARGS__ __VA_OPT__(,) NULL }, &rows)

START_TEST(the_operator_sees_and_changes_what_is_queued)
{
	struct house_rows rows;
	struct notification notification;
	char id[MID_TEXT];

	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	ck_assert(house_job(&house, &job));
	outcome = house_untrusted();
	house_conclude(&house, &job, &outcome);
	ck_assert_int_eq(ASK("queue list"), 0);
	ck_assert_uint_eq(rows.count, 1);
	ck_assert_str_eq(rows.states[0], "deferred");
	ck_assert_str_eq(rows.reasons[0], "certificate-expired");
	ck_assert_str_eq(rows.recipients[0], "b@y.example");
	snprintf(id, sizeof(id), "%s", rows.ids[0]);
	ck_assert_int_eq(ASK("queue show", id), 0);
	ck_assert_uint_eq(rows.count, 1);
	/* retry: at once, though the site rests */
	ck_assert(!house_job(&house, &job));
	ck_assert_int_eq(ASK("queue retry", id), 0);
	ck_assert(house_job(&house, &job));
	house_conclude(&house, &job, &outcome);
	/* hold: not even when it is due */
	ck_assert_int_eq(ASK("queue hold", id), 0);
	fake_advance(HOUR);
	ck_assert(!house_job(&house, &job));
	ck_assert_int_eq(ASK("queue list", "--state", "held"), 0);
	ck_assert_uint_eq(rows.count, 1);
	ck_assert_int_eq(ASK("queue retry", id), 0);
	ck_assert(!house_job(&house, &job));
	restart();
	ck_assert(!house_job(&house, &job));
	ck_assert_int_eq(ASK("queue release", id), 0);
	ck_assert(house_job(&house, &job));
	house_conclude(&house, &job, &outcome);
	/* bounce: the sender is told */
	ck_assert_int_eq(ASK("queue bounce", id), 0);
	ck_assert(house_notification(&house, &notification));
	ck_span_eq(notification.recipients[0].outcome.reason, "returned-by-operator");
	house_notified(&house, &notification, true);
	ck_assert_uint_eq(house_messages(&house), 0);
	ck_assert_int_eq(ASK("queue show", id), 1);
	house_end(&house);
}
END_TEST

START_TEST(a_removed_message_is_gone_even_if_a_relay_has_it)
{
	struct house_rows rows;
	struct notification notification;

	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	ck_assert(house_job(&house, &job));
	ck_assert_int_eq(ASK("queue remove", "--all"), 0);
	ck_assert_uint_eq(house_messages(&house), 1);
	outcome = house_deferred();
	house_conclude(&house, &job, &outcome);
	ck_assert_uint_eq(house_messages(&house), 0);
	ck_assert(!house_notification(&house, &notification));
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@z.example"), 0);
	ck_assert_int_eq(ASK("queue hold", "--all"), 0);
	ck_assert(house_job(&house, &job));
	ck_assert_int_eq(ASK("queue remove", "--to-domain", "other.example"), 0);
	ck_assert_uint_eq(house_messages(&house), 1);
	house_end(&house);
}
END_TEST

START_TEST(filters_choose_and_verbs_that_change_need_one)
{
	static const struct { const char *option, *value; unsigned count; } rows_wanted[] = {
		{ "--from", "a@x.example", 2 }, { "--from", "<>", 1 }, { "--from", "nobody@x.example", 0 },
		{ "--from-domain", "X.example", 2 }, { "--from-domain", ".example", 2 }, { "--from-domain", "y.example", 0 },
		{ "--newer", "3600", 3 },
		{ "--to", "b@y.example", 1 }, { "--to-domain", "y.example", 2 }, { "--to-domain", ".example", 3 },
		{ "--to-domain", ".y.example", 0 }, { "--hop", "mx:y.example", 2 }, { "--state", "active", 3 },
		{ "--state", "held", 0 }, { "--older", "0", 3 }, { "--older", "3600", 0 },
	};
	struct house_rows rows;

	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "c@y.example"), 0);
	ck_assert_int_eq(house_accept_one(&house, "", "d@z.example"), 0);
	for (size_t i = 0; i < sizeof(rows_wanted) / sizeof(*rows_wanted); i++) {
		ck_assert_int_eq(ASK("queue list", rows_wanted[i].option, rows_wanted[i].value), 0);
		ck_assert_msg(rows.count == rows_wanted[i].count, "%s %s: %u", rows_wanted[i].option, rows_wanted[i].value, rows.count);
	}
	ck_assert_int_eq(ASK("queue list", "--from", "a@x.example", "--to", "c@y.example"), 0);
	ck_assert_uint_eq(rows.count, 1);
	fake_advance(10000);
	ck_assert_int_eq(ASK("queue list", "--newer", "5"), 0);
	ck_assert_uint_eq(rows.count, 0);
	ck_assert_int_eq(ASK("queue remove"), 64);
	ck_assert_int_eq(ASK("queue bounce"), 64);
	ck_assert_int_eq(ASK("queue show"), 64);
	ck_assert_int_eq(ASK("queue remove", "--to"), 64);
	ck_assert_int_eq(ASK("queue remove", "--nonsense"), 64);
	ck_assert_int_eq(ASK("queue remove", "not-an-id!"), 64);
	ck_assert_int_eq(ASK("queue explode", "--all"), 64);
	ck_assert_int_eq(ASK("queue remove", "--all", "--dry-run"), 0);
	ck_assert_uint_eq(rows.count, 3);
	ck_assert_uint_eq(house_messages(&house), 3);
	house_end(&house);
}
END_TEST

START_TEST(new_routes_take_what_waits_elsewhere)
{
	struct conf_pair routes[] = { { (char[]){ "y.example" }, (char[]){ "smtp:new.example" } } };
	struct setup setup = { .kind = ROOM_QUEUE, .count = 1 };

	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	ck_assert(house_job(&house, &job));
	outcome = house_deferred();
	house_conclude(&house, &job, &outcome);
	map_set(&house.conf.routes, routes, 1);
	queue_room_handler.on_setup(&house.queue, &setup, &house.conf);
	fake_advance(10 * MINUTE);
	ck_assert(house_job(&house, &job));
	ck_span_eq(job.hop, "smtp:new.example");
	house_end(&house);
}
END_TEST

START_TEST(a_full_queue_says_so_to_intake)
{
	house_begin(&house);
	house.conf.messages = 10;
	house_start(&house);
	for (int i = 0; i < 10; i++) {
		ck_assert(!house.is_congested);
		ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	}
	fake_log_expect("event=congestion state=on *");
	ck_assert(house.is_congested);
	outcome = house_delivered();
	for (int i = 0; i < 2; i++) {
		ck_assert(house.is_congested);
		ck_assert(house_job(&house, &job));
		house_conclude(&house, &job, &outcome);
	}
	fake_log_expect("event=congestion state=off *");
	ck_assert(!house.is_congested);
	house_end(&house);
}
END_TEST

START_TEST(stopping_waits_for_what_is_under_way)
{
	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	ck_assert(house_job(&house, &job));
	queue_room_handler.on_stop(&house.queue, 5000);
	fake_advance(1000);
	ck_assert(!fake_room_is_done());
	/* Nothing new is begun. */
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@z.example"), 0);
	ck_assert(!house_job(&house, &other));
	outcome = house_delivered();
	house_conclude(&house, &job, &outcome);
	fake_advance(1000);
	ck_assert(fake_room_is_done());
	house_end(&house);

	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "b@y.example"), 0);
	ck_assert(house_job(&house, &job));
	queue_room_handler.on_stop(&house.queue, 5000);
	fake_advance(6000);
	ck_assert(fake_room_is_done());
	house_end(&house);
}
END_TEST

START_TEST(outcomes_that_come_during_a_sync_are_synced_after_it)
{
	struct outcome delivered = house_delivered();
	unsigned syncs;

	begin();
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "one@a.example"), 0);
	ck_assert_int_eq(house_accept_one(&house, "a@x.example", "one@b.example"), 0);
	fake_sync_hold(true);
	ck_assert(house_job(&house, &job));
	house_conclude(&house, &job, &delivered);
	fake_advance(100);
	ck_assert_uint_gt(fake_syncs_waiting(), 0);
	ck_assert(house_job(&house, &job));
	house_conclude(&house, &job, &delivered);
	fake_sync_hold(false);
	fake_settle();
	syncs = fake_file_count(FAKE_FILE_SYNC);
	/* No outcome follows that would begin another. */
	fake_advance(100);
	ck_assert_uint_gt(fake_file_count(FAKE_FILE_SYNC), syncs);
	house_end(&house);
}
END_TEST

START_TEST(the_journals_folder_is_durable_before_its_first_page)
{
	begin();
	ck_assert_uint_eq(fake_file_count(FAKE_FILE_SYNC_DIRECTORY), 2);	/* queue's folder, then the journal's */
	house_end(&house);
}
END_TEST

UNIT_MAIN("room", a_message_is_handed_to_a_relay_with_all_it_needs,
    what_is_delivered_is_gone_and_its_segment_is_used_again, recipients_are_grouped_by_next_hop,
    a_relayhost_takes_everything_that_has_no_other_way, a_deferred_message_comes_again_in_time_and_not_before,
    only_recipients_without_an_end_are_tried_again, a_site_that_is_down_is_left_in_peace_by_all_messages,
    a_site_that_is_up_again_gets_its_mail, connections_begin_few_and_grow_with_success, senders_take_turns,
    a_full_destination_does_not_hold_up_another, many_slow_destinations_leave_room_for_a_quick_one,
    what_a_dead_relay_had_is_given_to_the_next,
    a_failure_is_told_and_then_the_message_is_over, nobody_is_told_who_does_not_want_to_know,
    a_peer_that_tells_itself_is_not_told_for, what_a_store_took_is_delivered_and_not_relayed, a_delay_is_told_once_after_four_hours,
    an_end_does_not_wait_for_a_site_that_is_down, what_a_site_failed_by_is_forgotten_when_it_answers, who_was_not_tried_is_not_said_to_have_been, nobody_is_told_of_a_delay_that_is_over,
    an_outage_ends_after_five_days_and_a_failure_of_policy_after_two,
    messages_behind_a_dead_site_end_in_time_though_not_each_is_tried, what_is_of_use_for_a_day_ends_after_a_day,
    report_hears_what_became_of_a_notice, what_a_restart_finds_past_its_day_has_one_try, only_what_is_brief_is_given_up_behind_a_dead_site, a_clock_that_jumps_bounces_nothing_untried,
    failures_of_policy_bounce_at_once_where_the_operator_says_so, what_a_message_asks_about_tls_stays_with_it,
    mail_with_other_wishes_about_tls_does_not_share_a_rest, what_only_a_message_lacks_rests_nothing_and_wakes_nothing, a_restarted_queue_goes_on_where_it_was,
    what_is_done_stays_done_over_many_restarts_and_snapshots, a_notification_not_made_before_a_crash_is_made_after_it,
    report_that_comes_back_is_asked_again, messages_of_a_segment_that_could_not_be_opened_are_found_later,
    a_segment_whose_sync_fails_is_given_up_and_what_was_durable_stays,
    outcomes_that_come_during_a_sync_are_synced_after_it, the_journals_folder_is_durable_before_its_first_page,
    without_a_journal_nothing_is_begun_and_with_one_it_goes_on,
    a_disk_that_is_full_at_the_start_is_waited_for, nobody_is_notified_of_what_cannot_be_noted,
    a_disk_with_little_room_has_a_smaller_journal,
    what_is_held_while_a_relay_has_it_stays_held_when_that_dies,
    what_is_removed_while_a_relay_has_it_is_gone_when_that_dies,
    what_is_removed_while_a_relay_has_it_is_gone_when_everything_dies,
    a_clock_that_is_set_back_does_not_make_mail_wait_until_it_has_caught_up, a_read_that_fails_at_the_start_loses_nothing,
    a_bounce_is_not_forgotten_because_the_envelope_could_not_be_read,
    a_bounce_is_asked_for_again_when_the_envelope_opens_again,
    almost_empty_segments_are_evacuated, what_comes_to_its_end_while_it_is_moved_does_not_come_back,
    a_copy_that_the_journal_does_not_know_of_never_counts_for_more_than_what_it_was_made_of, the_operator_sees_and_changes_what_is_queued,
    a_removed_message_is_gone_even_if_a_relay_has_it, filters_choose_and_verbs_that_change_need_one,
    new_routes_take_what_waits_elsewhere, a_full_queue_says_so_to_intake, stopping_waits_for_what_is_under_way)
