/*
 * The spool and queue's journal, cut off after every write, sync, making and unlinking of a file (issue "never lost").
 *
 * A day in the life of a spool is played once and recorded: messages small and large come in, are delivered, deferred,
 * fail, are notified of; segments fill, are erased, used again, evacuated; queue is restarted. Then, for every event
 * of the recording and for several choices of what an interrupted disk may have kept, queue starts over what is left:
 *
 *   every message whose commit had called back with 0, and which has no end yet, is there, every octet of it
 *   no recipient whose delivery was recorded and synced is pending again
 *   nothing is held that was released, and nothing is there that was removed
 *   nothing is there that was never handed to record_commit()
 *   nothing is called damaged: a crash is not damage
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "disk.h"
#include "loop/clock.h"
#include "queue/message.h"
#include "queue/room.h"
#include "spool/reader.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_file.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/unit/queue/house.h"

#define MESSAGES_MAX 128
#ifdef SEALPOST_SANITIZED
#define STEP 7		/* every seventh event: what sanitizers find does not hide between two of them */
#else
#define STEP 1
#endif
#define RECIPIENTS 2	/* of every message: one that is easy to deliver, one that is not */

/* What the world knows of a message, and since which event. 0 = never. */
static struct known {
	struct mid mid;
	size_t octets;
	size_t given;			/* handed to record_commit() after so many events, at the latest */
	size_t acked;			/* 250 */
	size_t ended[RECIPIENTS];	/* an end was reported to queue */
	size_t durable[RECIPIENTS];	/* and is certainly synced */
	size_t released;		/* the operator was told so, having held it */
	size_t removed;			/* the operator was told so, while a relay had it */
} messages[MESSAGES_MAX];
static unsigned messages_count;

static struct house house;
static int queue_folder, intake_folder, journal_folder;	/* numbers for disk_put() */

static struct known *
known_of(struct mid mid)
{
	for (unsigned i = 0; i < messages_count; i++)
		if (mid_compare(messages[i].mid, mid) == 0)
			return &messages[i];
	return NULL;
}

/* --- the day --- */

static void
accept_one(size_t octets)
{
	const char *const to[RECIPIENTS + 1] = { "easy@now.example", "hard@later.example", NULL };
	struct known *known = &messages[messages_count++];
	size_t before = disk_events();

	known->octets = octets;
	if (house_accept(&house, "sender@x.example", to, octets, &known->mid) != 0)
		fake_fail("a commit failed");
	known->given = before + 1;
	known->acked = disk_events();
}

/* Everything reported so far is in the journal, synced. */
static void
let_journal_sync(void)
{
	fake_advance(200);
	house_pump(&house);
	for (unsigned i = 0; i < messages_count; i++)
		for (int r = 0; r < RECIPIENTS; r++)
			if (messages[i].ended[r] != 0 && messages[i].durable[r] == 0)
				messages[i].durable[r] = disk_events();
}

/* Conclude every job there is: easy ones are delivered; hard ones as `how` says. */
static void
deliver_all(struct outcome how)
{
	struct outcome delivered = house_delivered();
	struct job job;

	while (house_job(&house, &job)) {
		bool is_easy = span_equal(job.hop, SPAN("mx:now.example"));
		struct known *known = known_of(job.envelope.mid);

		/* An end is known to have been reported from the moment it is said. */
		if (is_easy || how.kind != OUTCOME_LATER)
			known->ended[is_easy ? 0 : 1] = disk_events() + 1;
		house_conclude(&house, &job, is_easy ? &delivered : &how);
	}
}

static void
notify_all(void)
{
	struct notification notification;

	while (house_notification(&house, &notification))
		house_notified(&house, &notification, true);
}

static void
hold_all(const char *verb)
{
	const char *const all[] = { "--all", NULL };
	static struct house_rows rows;

	if (house_ask(&house, verb, all, &rows) != 0)
		fake_fail("%s: %s", verb, rows.text);
}

static void
release_all(void)
{
	hold_all("queue release");
	for (unsigned i = 0; i < messages_count; i++)
		messages[i].released = disk_events();
}

/* Everything that relays have is removed; they never come back. */
static void
remove_under_way(void)
{
	static struct house_rows rows;
	struct job job;

	while (house_job(&house, &job)) {
		struct known *known = known_of(job.envelope.mid);
		char id[MID_TEXT];
		const char *const one[] = { mid_format(job.envelope.mid, id), NULL };

		if (known == NULL)
			fake_fail("a job that nobody sent");
		known->ended[0] = known->ended[1] = disk_events() + 1;
		if (known->removed == 0 && house_ask(&house, "queue remove", one, &rows) != 0)
			fake_fail("queue remove: %s", rows.text);
		known->removed = disk_events();
	}
}

static void
live_a_day(void)
{
	static const size_t sizes[] = { 100, 4000, 20000, 100000, 300000, 1, 9000, 0 };

	house_begin(&house);
	house.conf.spool = (struct conf_spool){ 48 << 10, 600, 64 << 10 };
	disk_record();
	house_start(&house);
	for (size_t i = 0; i < 8; i++)
		accept_one(sizes[i]);
	deliver_all(house_deferred());
	let_journal_sync();
	for (size_t i = 0; i < 6; i++)
		accept_one(3000);
	deliver_all(house_deferred());
	let_journal_sync();
	house_kill_queue(&house);
	house_start(&house);
	let_journal_sync();
	/* The deferred ones are due: half of them is refused, and their senders are told. */
	fake_advance(700 * 1000);
	deliver_all(house_refused());
	let_journal_sync();
	notify_all();
	let_journal_sync();
	/* Segments are old now: erased and used again. */
	fake_advance(1300 * 1000);
	house_pump(&house);
	for (size_t i = 0; i < 8; i++)
		accept_one(sizes[7 - i]);
	deliver_all(house_deferred());
	/* A few are left in big old segments: evacuated. */
	for (size_t i = 0; i < 30; i++)
		accept_one(1500);
	deliver_all(house_refused());
	notify_all();
	let_journal_sync();
	accept_one(700);
	deliver_all(house_deferred());
	hold_all("queue hold");
	fake_advance(1300 * 1000);
	house_pump(&house);
	fake_advance(700 * 1000);
	house_pump(&house);
	let_journal_sync();
	house_kill_queue(&house);
	house_start(&house);
	let_journal_sync();
	release_all();
	remove_under_way();
	let_journal_sync();
	/* Killed before its new page says everything: the next start has two pages to erase. */
	house_kill_queue(&house);
	fake_sync_hold(true);
	house_start(&house);
	house_kill_queue(&house);
	fake_sync_hold(false);
	house_start(&house);
	let_journal_sync();
	journal_folder = disk_folder(fake_file_folder_of(house.queue.journal_directory));
	queue_folder = disk_folder(house.queue_folder);
	intake_folder = disk_folder(house.intake_folder);
	house_end(&house);
}

/* --- the night --- */

static const char *where;	/* for complaints */

__attribute__((format(printf, 1, 2))) static void
complain(const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s: ", where);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	fake_log_print();
	exit(EXIT_FAILURE);
}

/* Does the message's content open, all of it and the right one? */
static bool
content_is_whole(struct message *message, const struct known *known)
{
	static const char content[] = "Subject: a test\r\n\r\nSome lines of text, again and again.\r\n";
	struct arena *arena = arena_new();
	struct envelope envelope;
	struct body_reader *reader;
	struct span chunk;
	size_t at = 0;
	int more;

	if (!store_read(house.queue.store, message->place, arena, &envelope))
		complain("an envelope does not open");
	reader = body_reader_new(store_body_fd(message->place.segment), &envelope.body);
	while ((more = body_reader_next(reader, &chunk)) > 0)
		for (size_t i = 0; i < chunk.length; i++, at++)
			if (chunk.data[i] != content[at % (sizeof(content) - 1)])
				complain("octet %zu is another", at);
	body_reader_free(&reader);
	arena_free(&arena);
	return more == 0 && at == known->octets;
}

static void
check_message(const struct known *known, size_t events)
{
	struct message *message = message_find(&house.queue, known->mid);
	bool is_acked = known->acked != 0 && known->acked <= events;
	bool may_be_over = true;

	for (int r = 0; r < RECIPIENTS; r++)
		if (known->ended[r] == 0 || known->ended[r] > events)
			may_be_over = false;
	if (message == NULL && is_acked && !may_be_over)
		complain("a message that was answered 250 is lost");
	if (message == NULL)
		return;
	if (known->given > events)
		complain("a message is there that was not yet sent");
	if (known->released != 0 && known->released <= events && message->flags & MESSAGE_HELD)
		complain("a message is held that was released");
	if (known->removed != 0 && known->removed <= events)
		complain("a message is there that was removed");
	if (!content_is_whole(message, known))
		complain("the content of a message is not whole");
	for (int r = 0; r < RECIPIENTS; r++)
		if (known->durable[r] != 0 && known->durable[r] <= events && message->fates[r].state == RECIPIENT_PENDING)
			complain("recipient %d, whose end was synced, is tried again", r);
}

static void
check_nothing_else(void)
{
	struct message *message = message_from(&house.queue, (struct mid){ 0, 0 });

	for (; message != NULL; message = message_next(message))
		if (known_of(message->mid) == NULL)
			complain("a message is there that nobody sent");
}

/* Start over what a crash after so many events left, and look. */
static void
recover(size_t events, enum disk_kept kept, unsigned seed)
{
	static const char *const names[] = { "nothing", "everything", "some", "torn" };
	char here[100];
	int journal;

	snprintf(here, sizeof(here), "crash after event %zu of %zu, kept %s, seed %u", events, disk_events(), names[kept], seed);
	where = here;
	house_begin(&house);
	house.conf.spool = (struct conf_spool){ 48 << 10, 600, 64 << 10 };
	disk_put(events, kept, seed, intake_folder, house.intake_folder);
	disk_put(events, kept, seed, queue_folder, house.queue_folder);
	journal = file_folder(house.queue_folder, "journal");
	disk_put(events, kept, seed, journal_folder, journal);
	house_start(&house);
	for (unsigned i = 0; i < messages_count; i++)
		check_message(&messages[i], events);
	check_nothing_else();
	if (fake_log_take("event=finding kind=damaged*") || fake_log_take("event=finding kind=header*") ||
	    fake_log_take("event=finding kind=body*") || fake_log_take("event=finding kind=key*"))
		complain("a crash was taken for damage");
	house_kill_queue(&house);
	house_end(&house);
}

int
main(int argc, char **argv)
{
	size_t step = argc > 1 ? strtoul(argv[1], NULL, 10) : STEP, recoveries = 0;

	live_a_day();
	if (journal_folder < 0 || queue_folder < 0 || intake_folder < 0 || step == 0) {
		fprintf(stderr, "the recording lacks a folder, or the step is no number\n");
		return EXIT_FAILURE;
	}
	for (size_t events = 0; events <= disk_events(); events += step)
		for (enum disk_kept kept = 0; kept < DISK_KEPT; kept++, recoveries++)
			recover(events, kept, (unsigned)events);
	printf("%zu crashes, %zu events, %u messages: none lost, none undone, none invented\n", recoveries, disk_events(),
	    messages_count);
	return EXIT_SUCCESS;
}
