/* Tests of src/report/room.c: queue's question, the sync, the answer. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "report/room.h"
#include "ipc/queue_report.h"
#include "metrics/count.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_channel.h"
#include "tests/fake/fake_file.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_reader.h"
#include "tests/fake/fake_room.h"
#include "tests/fake/fake_writer.h"

static char hostname[] = "relay.example.net", postmaster[] = "postmaster@example.net";
static struct conf_report conf = { .hostname = hostname, .postmaster = postmaster, .returned_octets = 1000 };
static struct report report;
static struct channel *queue;

static void
queue_comes(void)
{
	const struct peer peer = { ROOM_QUEUE, 0 };

	report_room_handler.on_peer(&report, &peer, fake_fd());
	queue = fake_channel_find("queue");
}

static void
begin(void)
{
	const struct directory directory = { SPAN("report-0"), true };
	const struct spool_key key = { SPAN("public"), SPAN("") };
	const struct setup setup = { 0 };

	fake_reset();
	fake_room_forget();
	room_init(&report);
	report_room_handler.on_setup(&report, &setup, &conf);
	report_room_handler.on_directory(&report, &directory, fake_fd());
	queue_comes();
	report_room_handler.on_key(&report, &key);
}

static bool
ask_of(uint64_t id, uint32_t flags, int fd)
{
	struct recipient recipient = { .address = SPAN("bob@example.org") };
	struct noticed_recipient noticed = { .action = ACTION_FAILED, .outcome = { .kind = OUTCOME_FAILED, .status = SPAN("5.1.1"),
		.reason = SPAN("recipient-refused"), .text = SPAN("no") } };
	struct notification notification = { .id = id, .recipients = &noticed, .envelope = { .sender = SPAN("alice@sender.example"),
		.flags = flags, .recipients = &recipient, .recipients_count = 1, .body = { .length = 5 } } };
	struct buf out = { .ceiling = 100000 };
	bool understood;

	fake_body(fd, SPAN("S: x\r\n"), 100);
	notification_encode(&out, &notification);
	understood = fake_channel_deliver(queue, QUEUE_NOTIFY, buf_span(&out), fd);
	buf_clear(&out);
	return understood;
}

static bool
ask(uint64_t id)
{
	return ask_of(id, 0, fake_fd());
}

/* What report answered: 1 done, 0 not, -1 nothing (yet). */
static int
answered(uint64_t id)
{
	struct notified notified;
	struct span payload;
	uint16_t type;
	int fd;

	while (fake_channel_take(queue, &type, &payload, &fd))
		if (type == REPORT_NOTIFIED && notified_decode(payload, &notified)) {
			ck_assert_uint_eq(notified.id, id);
			return notified.done;
		}
	return -1;
}

START_TEST(the_answer_comes_behind_the_sync)
{
	begin();
	fake_writer_hold(true);
	ck_assert(ask(7));
	fake_settle();
	ck_assert_int_eq(answered(7), -1);
	fake_writer_release(0);
	ck_assert_int_eq(answered(7), 1);
	ck_assert_uint_eq(fake_writer_count(), 1);
	ck_assert_uint_eq(fake_writer_message(0)->envelope.sender.length, 0);
	fake_log_expect("event=notification *");
	ck_assert_uint_eq(report.notifications, 1);
}
END_TEST

START_TEST(what_could_not_be_written_is_to_be_asked_again)
{
	begin();
	fake_writer_refuse_content(ENOSPC);
	ck_assert(ask(8));
	ck_assert_int_eq(answered(8), 0);
	ck_assert_uint_eq(fake_writer_records(), 0);
	ck_assert_uint_eq(fake_body_readers(), 0);
	fake_log_expect("event=notification * reason=*No*space*");
	fake_writer_refuse_content(0);
	fake_writer_result(EIO);
	ck_assert(ask(9));
	fake_settle();
	ck_assert_int_eq(answered(9), 0);
	fake_log_expect("event=notification * reason=*");
	ck_assert_uint_eq(fake_writer_count(), 0);
}
END_TEST

/* N17, NX1: of mail that strangers brought, so many; what is not told is over, as if it were, and was not for want of a disk. */
START_TEST(of_mail_of_strangers_so_much_is_told)
{
	conf.strangers = 2;
	conf.forged = true;
	begin();
	fake_writer_refuse_content(ENOSPC);
	for (uint64_t id = 1; id <= 5; id++) {
		ck_assert(ask_of(id, ENVELOPE_UNPROVED, fake_fd()));
		ck_assert_int_eq(answered(id), 0);
		fake_log_expect("event=notification * reason=*No*space*");
	}
	fake_writer_refuse_content(0);
	fake_writer_result(EIO);
	ck_assert(ask_of(6, ENVELOPE_UNPROVED, fake_fd()));
	fake_settle();
	ck_assert_int_eq(answered(6), 0);
	fake_log_expect("event=notification * reason=*");
	fake_writer_result(0);
	for (uint64_t id = 7; id <= 9; id++) {
		ck_assert(ask_of(id, ENVELOPE_UNPROVED, id < 9 ? fake_fd() : fake_file_folder()));
		fake_settle();
		ck_assert_int_eq(answered(id), 1);
	}
	ck_assert_uint_eq(fake_writer_count(), 2);
	fake_log_expect("event=withheld about=* to=<alice@sender.example> action=failed recipients=1 why=flood");
	ck_assert_uint_eq(count_read((const size_t[1 + METRICS_LABELS_MAX]){ METRIC_NOTIFICATIONS_WITHHELD, ACTION_FAILED }), 1);
	/* The same sender's mail by a client. */
	ck_assert(ask(10));
	fake_settle();
	ck_assert_int_eq(answered(10), 1);
	ck_assert_uint_eq(fake_writer_count(), 3);
	room_clear(&report);
	conf.strangers = 0;
	conf.forged = false;
	begin();
	ck_assert(ask_of(11, ENVELOPE_UNPROVED | ENVELOPE_FORGED, fake_file_folder()));
	fake_settle();
	ck_assert_int_eq(answered(11), 1);
	fake_log_expect("event=withheld about=* to=<alice@sender.example> action=failed recipients=1 why=forged");
	ck_assert_uint_eq(fake_writer_count(), 0);
	room_clear(&report);
}
END_TEST

START_TEST(a_queue_that_went_away_is_not_answered_and_a_new_one_not_for_the_old)
{
	begin();
	fake_writer_hold(true);
	ck_assert(ask(10));
	fake_channel_break(queue);
	ck_assert_ptr_null(report.queue);
	ck_assert_ptr_null(fake_writer_queue());
	fake_writer_release(0);
	queue_comes();
	ck_assert_ptr_eq(fake_writer_queue(), queue);
	ck_assert(ask(11));
	fake_writer_release(0);
	ck_assert_int_eq(answered(11), 1);
}
END_TEST

START_TEST(what_makes_no_sense_ends_the_channel_alone)
{
	begin();
	ck_assert(!fake_channel_deliver(queue, QUEUE_NOTIFY, SPAN("nonsense"), fake_file_folder()));
	ck_assert(!fake_room_is_done());
	queue_comes();
	ck_assert(ask(12));
	fake_settle();
	ck_assert_int_eq(answered(12), 1);
}
END_TEST

START_TEST(stopping_waits_for_what_is_under_way)
{
	begin();
	fake_writer_hold(true);
	ck_assert(ask(13));
	report_room_handler.on_stop(&report, 1000);
	ck_assert(!fake_room_is_done());
	fake_writer_release(0);
	ck_assert_int_eq(answered(13), 1);
	ck_assert(fake_room_is_done());
	room_clear(&report);
	begin();
	report_room_handler.on_stop(&report, 1000);
	ck_assert(fake_room_is_done());
	room_clear(&report);
}
END_TEST

UNIT_MAIN("room", the_answer_comes_behind_the_sync, what_could_not_be_written_is_to_be_asked_again,
    of_mail_of_strangers_so_much_is_told,
    a_queue_that_went_away_is_not_answered_and_a_new_one_not_for_the_old, what_makes_no_sense_ends_the_channel_alone,
    stopping_waits_for_what_is_under_way)
