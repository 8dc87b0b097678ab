/* What a day is made of. */
#include "day.h"

#include "base/file.h"
#include "loop/clock.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_file.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_random.h"

#define GROUP_MAX 8

static const char content[] = "Subject: a test\r\n\r\nSome lines of text, again and again.\r\n";

const struct known *
world_find(const struct world *world, struct mid mid)
{
	for (unsigned i = 0; i < world->count; i++)
		if (mid_compare(world->messages[i].mid, mid) == 0)
			return &world->messages[i];
	return NULL;
}

static size_t
history(size_t since, size_t events)
{
	return since <= events ? 0 : NEVER;
}

void
world_at(const struct world *world, size_t events, struct world *out)
{
	*out = *world;
	for (unsigned i = 0; i < out->count; i++) {
		struct known *known = &out->messages[i];

		known->given = history(known->given, events);
		known->acked = history(known->acked, events);
		known->released = history(known->released, events);
		known->removed = history(known->removed, events);
		for (int r = 0; r < RECIPIENTS; r++) {
			known->ended[r] = history(known->ended[r], events);
			known->durable[r] = history(known->durable[r], events);
		}
	}
}

static size_t
now(const struct day *day)
{
	return disk_events(day->disk);
}

/* --- accepting --- */

static struct known *
known_new(struct day *day, struct mid mid, size_t octets)
{
	struct known *known;

	if (day->world.count == MESSAGES_MAX)
		fake_fail("more messages than a world has room for");
	known = &day->world.messages[day->world.count++];
	*known = (struct known){ .mid = mid, .octets = octets, .given = NEVER, .acked = NEVER, .ended = { NEVER, NEVER },
		.durable = { NEVER, NEVER }, .released = NEVER, .removed = NEVER };
	return known;
}

/* A message on its way in, as a session has it. */
struct incoming {
	struct day *day;
	struct known *known;
	struct record *record;
	size_t left;
	bool is_over;
};

static void
incoming_begin(struct day *day, size_t octets, struct incoming *incoming)
{
	struct record *record = record_new(day->house.intake);

	*incoming = (struct incoming){ day, known_new(day, record_mid(record), octets), record, octets, false };
}

/* Some octets more, at most; whole lines until the end. */
static void
incoming_add(struct incoming *incoming, size_t octets)
{
	for (size_t most = octets < incoming->left ? incoming->left - octets : 0; incoming->left > most; ) {
		struct span some = span_first(SPAN(content), incoming->left);

		if (record_add(incoming->record, some) != 0)
			fake_fail("a record takes no more");
		incoming->left -= some.length;
	}
}

static void
on_committed(void *arg, int error)
{
	struct incoming *incoming = arg;

	if (error != 0)
		fake_fail("a commit failed");
	incoming->is_over = true;
	incoming->known->acked = now(incoming->day);
}

static void
incoming_commit(struct incoming *incoming)
{
	struct recipient to[RECIPIENTS] = { { .address = SPAN("easy@now.example") }, { .address = SPAN("hard@later.example") } };
	struct envelope envelope = { .sender = SPAN("sender@x.example"), .client_uid = UINT32_MAX, .recipients = to,
		.recipients_count = RECIPIENTS, .arrival_ms = clock_wall_ms() };

	incoming_add(incoming, incoming->left);
	incoming->known->given = now(incoming->day) + 1;
	(void)record_commit(&incoming->record, &envelope, on_committed, incoming);
}

/* So many messages in the same turn: one write and one sync for all of them. */
static void
accept_group(struct day *day, size_t octets, unsigned count)
{
	struct incoming group[GROUP_MAX];

	for (unsigned i = 0; i < count; i++)
		incoming_begin(day, octets + i, &group[i]);
	for (unsigned i = 0; i < count; i++)
		incoming_commit(&group[i]);
	house_pump(&day->house);
	for (unsigned i = 0; i < count; i++)
		if (!group[i].is_over)
			fake_fail("a commit that never calls back");
}

static void
accept_one(struct day *day, size_t octets)
{
	accept_group(day, octets, 1);
}

/* Large ones that are written before they are whole, beside each other; one of them is given up by its client. */
static void
accept_streams(struct day *day)
{
	struct incoming kept, lost;

	incoming_begin(day, 600000, &kept);
	incoming_begin(day, 700000, &lost);
	for (int i = 0; i < 6; i++) {
		incoming_add(&kept, 90000);
		incoming_add(&lost, 90000);
		house_pump(&day->house);
	}
	record_abort(&lost.record);
	incoming_commit(&kept);
	accept_one(day, 300);
	if (!kept.is_over)
		fake_fail("a commit that never calls back");
}

/* --- what becomes of it --- */

/* Everything reported in this life is in the journal, synced; what was reported before a crash may be lost. */
static void
let_journal_sync(struct day *day)
{
	fake_advance(200);
	house_pump(&day->house);
	for (unsigned i = 0; i < day->world.count; i++)
		for (int r = 0; r < RECIPIENTS; r++) {
			struct known *known = &day->world.messages[i];

			if (known->ended[r] != 0 && known->ended[r] != NEVER && known->durable[r] == NEVER)
				known->durable[r] = now(day);
		}
}

static struct known *
known_of(struct day *day, const struct job *job)
{
	const struct known *known = world_find(&day->world, job->envelope.mid);

	if (known == NULL)
		fake_fail("a job that nobody sent");
	return &day->world.messages[known - day->world.messages];
}

/* An end is known to have been reported from the moment it is said. */
static void
known_end(struct day *day, struct known *known, int recipient)
{
	if (known->ended[recipient] == NEVER)
		known->ended[recipient] = now(day) + 1;
}

/* Conclude a job, if there is one: easy ones are delivered; hard ones as `how` says. */
static bool
deliver_one(struct day *day, struct outcome how)
{
	struct outcome delivered = house_delivered();
	struct known *known;
	struct job job;
	bool is_easy;

	if (!house_job(&day->house, &job))
		return false;
	is_easy = span_equal(job.hop, SPAN("mx:now.example"));
	known = known_of(day, &job);
	if (known->durable[is_easy ? 0 : 1] != NEVER)
		fake_fail("a recipient whose end was synced is tried again");
	if (is_easy || how.kind != OUTCOME_LATER)
		known_end(day, known, is_easy ? 0 : 1);
	house_conclude(&day->house, &job, is_easy ? &delivered : &how);
	return true;
}

static void
deliver_all(struct day *day, struct outcome how)
{
	while (deliver_one(day, how))
		;
}

/* Outcomes come while those before them are being synced, and then no more for a while. */
static void
deliver_during_a_sync(struct day *day)
{
	accept_group(day, 400, 3);
	fake_sync_hold(true);
	if (!deliver_one(day, house_refused()))
		fake_fail("nothing to deliver");
	fake_advance(60);
	if (fake_syncs_waiting() == 0)
		fake_fail("nothing is being synced");
	deliver_all(day, house_refused());
	fake_sync_hold(false);
	let_journal_sync(day);
}

static void
notify_all(struct day *day)
{
	struct notification notification;

	while (house_notification(&day->house, &notification))
		house_notified(&day->house, &notification, true);
}

static void
ask_for_all(struct day *day, const char *verb)
{
	const char *const all[] = { "--all", NULL };
	static struct house_rows rows;

	if (house_ask(&day->house, verb, all, &rows) != 0)
		fake_fail("%s: %s", verb, rows.text);
}

static void
release_all(struct day *day)
{
	ask_for_all(day, "queue release");
	for (unsigned i = 0; i < day->world.count; i++)
		if (day->world.messages[i].acked != NEVER)
			day->world.messages[i].released = now(day);
}

/* Everything that relays have is removed; they never come back. */
static void
remove_under_way(struct day *day)
{
	static struct house_rows rows;
	struct job job;

	while (house_job(&day->house, &job)) {
		struct known *known = known_of(day, &job);
		char id[MID_TEXT];
		const char *const one[] = { mid_format(job.envelope.mid, id), NULL };

		known_end(day, known, 0);
		known_end(day, known, 1);
		if (known->removed == NEVER && house_ask(&day->house, "queue remove", one, &rows) != 0)
			fake_fail("queue remove: %s", rows.text);
		known->removed = now(day);
	}
}

static void
pass(struct day *day, int64_t seconds)
{
	fake_advance(seconds * 1000);
	house_pump(&day->house);
}

static void
restart(struct day *day)
{
	house_kill_queue(&day->house);
	house_start(&day->house);
}

/* Queue and intake die at once, with commits under way that are written and not synced, and one that streams. */
static void
kill_everything(struct day *day)
{
	struct incoming under_way[4];

	fake_sync_hold(true);
	for (size_t i = 0; i < 4; i++)
		incoming_begin(day, i == 3 ? 560000 : 1000 * (i + 1), &under_way[i]);
	for (size_t i = 0; i < 3; i++)
		incoming_commit(&under_way[i]);
	incoming_add(&under_way[3], 550000);
	house_pump(&day->house);
	house_kill_queue(&day->house);
	fake_file_die(day->house.intake_folder);
	day->house.intake = NULL;
	fake_sync_hold(false);
	house_start(&day->house);
}

/* --- days --- */

void
day_house(struct house *house, enum life life)
{
	house_begin(house);
	fake_random_seed(life);
	house->conf.spool = (struct conf_spool){ 48 << 10, 600, 64 << 10 };
}

static void
morning(struct day *day)
{
	static const size_t sizes[] = { 100, 4000, 20000, 100000, 1, 9000, 0 };

	for (size_t i = 0; i < 7; i++)
		accept_one(day, sizes[i]);
	accept_streams(day);
	deliver_all(day, house_deferred());
	let_journal_sync(day);
	for (size_t i = 0; i < 3; i++)
		accept_group(day, 1500, 2 + (unsigned)i);
	deliver_all(day, house_deferred());
	let_journal_sync(day);
	restart(day);
	let_journal_sync(day);
	day->noon = now(day);
	/* The deferred ones are due: they are refused, and their senders are told. */
	pass(day, 700);
	deliver_all(day, house_refused());
	let_journal_sync(day);
	notify_all(day);
	let_journal_sync(day);
	/* Segments are old now: erased and used again. */
	pass(day, 1300);
	for (size_t i = 0; i < 7; i++)
		accept_one(day, sizes[6 - i]);
	deliver_all(day, house_deferred());
}

static void
evening(struct day *day)
{
	/* A few are left in big old segments: evacuated. */
	for (size_t i = 0; i < 6; i++)
		accept_group(day, 1500, 5);
	deliver_all(day, house_refused());
	notify_all(day);
	let_journal_sync(day);
	accept_one(day, 700);
	deliver_all(day, house_deferred());
	ask_for_all(day, "queue hold");
	pass(day, 1300);
	pass(day, 700);
	let_journal_sync(day);
	deliver_during_a_sync(day);
	kill_everything(day);
	let_journal_sync(day);
	release_all(day);
	remove_under_way(day);
	let_journal_sync(day);
	/* Killed before its new page says everything: the next start has two pages to erase. */
	house_kill_queue(&day->house);
	fake_sync_hold(true);
	house_start(&day->house);
	house_kill_queue(&day->house);
	fake_sync_hold(false);
	house_start(&day->house);
	let_journal_sync(day);
}

void
day_live(struct day *day)
{
	int folders[DISK_FOLDERS];

	*day = (struct day){ .noon = 0 };
	day_house(&day->house, LIFE_FIRST);
	folders[DISK_INTAKE] = day->house.intake_folder;
	folders[DISK_QUEUE] = day->house.queue_folder;
	folders[DISK_JOURNAL] = -1;
	day->disk = disk_record(folders);
	house_start(&day->house);
	morning(day);
	evening(day);
	house_kill_queue(&day->house);
	house_end(&day->house);
}

void
day_go_on(struct day *day)
{
	house_start(&day->house);
	accept_group(day, 900, 2);
	deliver_all(day, house_deferred());
	let_journal_sync(day);
	/* Old segments are erased, used again, evacuated. */
	pass(day, 1300);
	accept_one(day, 2500);
	deliver_all(day, house_refused());
	let_journal_sync(day);
	pass(day, 700);
	let_journal_sync(day);
}
