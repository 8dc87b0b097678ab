/* The queue room on fakes. */
#include "house.h"

#include <stdio.h>
#include <string.h>

#include "base/fatal.h"
#include "base/file.h"
#include "loop/clock.h"
#include "queue/room.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_channel.h"
#include "tests/fake/fake_file.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_room.h"
#include "tests/unit/spool_keys.h"

/* A killed queue leaves its memory behind, here as in life: that is no leak of anything that goes on running. */
const char *__lsan_default_options(void);

const char *
__lsan_default_options(void)
{
	return "detect_leaks=0";
}

struct span
house_public_key(void)
{
	return spool_pem(spool_public_pem);
}

struct span
house_private_key(void)
{
	return spool_pem(spool_private_pem);
}

static void
conf_make(struct conf_queue *conf)
{
	*conf = (struct conf_queue){
		.spool = { 64 << 10, 3600, 256 << 10 }, .hostname = must_copy("mx.example.net", 14), .relayhost = must_copy("", 0),
		.retry_first_s = 300, .retry_most_s = 14400, .delay_notice_s = 4 * 3600, .expire_s = 5 * 86400,
		.expire_policy_s = 2 * 86400, .connections_first = 5, .connections = 20, .jobs = 1000, .messages = 1000000
	};
}

void
house_begin(struct house *house)
{
	memset(house, 0, sizeof(*house));
	house->intake_folder = fake_file_folder();
	house->queue_folder = fake_file_folder();
	house->arena = arena_new();
	conf_make(&house->conf);
}

static bool
never(void *arg, struct span payload, int fd)
{
	(void)arg;
	(void)payload;
	(void)fd;
	fake_fail("the writer's side of a channel was spoken to");
}

static const struct channel_row no_rows[] = { { "never", false, never } };

static void
on_never(void *arg)
{
	(void)arg;
}

static const struct channel_handler side_handler = { no_rows, 1, on_never };

static void
peer_come(struct house *house, enum room_kind kind)
{
	struct peer peer = { kind, 0 };

	queue_room_handler.on_peer(&house->queue, &peer, fake_fd());
}

/* Report has written nothing and has nothing open. */
static void
report_says_hello(struct house *house)
{
	struct writer_hello hello = { .directory = SPAN("report-0") };
	struct buf octets;

	buf_init(&octets, 1000);
	writer_hello_encode(&octets, &hello);
	fake_channel_deliver(house->report, WRITER_HELLO, buf_span(&octets), -1);
	buf_clear(&octets);
}

static void
directory_come(struct house *house, const char *name, int folder, bool is_own)
{
	struct directory directory = { span_of(name), is_own };

	queue_room_handler.on_directory(&house->queue, &directory, file_copy(folder));
}

void
house_start(struct house *house)
{
	struct setup setup = { .kind = ROOM_QUEUE, .count = 1 };
	struct spool_key key = { house_public_key(), house_private_key() };
	char why[160];

	room_init(&house->queue);
	queue_room_handler.on_setup(&house->queue, &setup, &house->conf);
	directory_come(house, "queue", house->queue_folder, true);
	directory_come(house, "intake-0", house->intake_folder, false);
	queue_room_handler.on_key(&house->queue, &key);
	peer_come(house, ROOM_RELAY);
	peer_come(house, ROOM_INTAKE);
	peer_come(house, ROOM_REPORT);
	if (fake_channel_find("intake") != NULL)
		fake_fail("a writer is heard before the folders are known that it speaks of");
	queue_room_handler.on_start(&house->queue);
	house->relay = fake_channel_find("relay");
	house->report = fake_channel_find("report");
	report_says_hello(house);
	if (house->intake == NULL)
		house->intake = writer_open(house->intake_folder, SPAN("intake-0"), house_public_key(), &house->conf.spool, why,
		    sizeof(why));
	if (house->intake == NULL)
		fake_fail("no writer: %s", why);
	house->intake_side = channel_new(-1, "intake-side", &side_handler, house);
	writer_attach(house->intake, house->intake_side);
	house_pump(house);
	if (!fake_room_is_ready())
		fake_fail("queue did not become ready");
}

/* What queue says to intake. Returns false when it said nothing. */
static bool
intake_listens(struct house *house)
{
	struct channel *queue_side = fake_channel_find("intake");
	struct writer_segment segment;
	struct queue_congestion congestion;
	struct span payload;
	uint16_t type;
	int fd;

	if (queue_side == NULL || !fake_channel_take(queue_side, &type, &payload, &fd))
		return false;
	if (type == QUEUE_FREED && writer_segment_decode(payload, &segment))
		writer_freed(house->intake, &segment);
	else if (type == QUEUE_CONGESTION && queue_congestion_decode(payload, &congestion))
		house->is_congested = congestion.congested;
	else
		fake_fail("intake did not understand queue");
	return true;
}

void
house_pump(struct house *house)
{
	struct span payload;
	uint16_t type;
	bool more;
	int fd;

	do {
		more = false;
		fake_settle();
		while (fake_channel_take(house->intake_side, &type, &payload, &fd)) {
			struct channel *queue_side = fake_channel_find("intake");

			more = true;
			if (queue_side != NULL && !fake_channel_deliver(queue_side, type, payload, -1))
				fake_fail("queue did not understand intake");
		}
		while (intake_listens(house))
			more = true;
	} while (more);
	fake_settle();
}

void
house_kill_queue(struct house *house)
{
	static const char *const names[] = { "intake", "relay", "report" };

	/* Memory is left behind, as a killed process leaves it; timers of the dead must not run. */
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct channel *channel = fake_channel_find(names[i]);

		channel_free(&channel);
	}
	writer_attach(house->intake, NULL);
	fake_file_die(house->queue_folder);
	fake_room_forget();
	fake_loop_kill();
}

void
house_end(struct house *house)
{
	arena_free(&house->arena);
	fake_finish();
}

struct waiting {
	bool is_over;
	int error;
};

static void
on_committed(void *arg, int error)
{
	struct waiting *waiting = arg;

	waiting->is_over = true;
	waiting->error = error;
}

int
house_accept_envelope(struct house *house, struct envelope *envelope, size_t octets)
{
	static const char content[] = "Subject: a test\r\n\r\nSome lines of text, again and again.\r\n";
	struct record *record = record_new(house->intake);
	struct waiting waiting = { false, 0 };

	for (size_t left = octets; left > 0; ) {
		struct span some = span_first(SPAN(content), left);

		if ((waiting.error = record_add(record, some)) != 0) {
			record_abort(&record);
			return waiting.error;
		}
		left -= some.length;
	}
	envelope->arrival_ms = clock_wall_ms();
	record_commit(&record, envelope, on_committed, &waiting);
	for (int i = 0; i < 100 && !waiting.is_over; i++)
		fake_settle();
	house_pump(house);
	if (!waiting.is_over)
		fake_fail("a commit that never calls back");
	return waiting.error;
}

int
house_accept(struct house *house, const char *sender, const char *const *recipients, size_t octets, struct mid *mid)
{
	struct recipient to[64];
	struct envelope envelope = { .sender = span_of(sender), .client_uid = UINT32_MAX, .recipients = to };
	int error;

	for (; *recipients != NULL; recipients++)
		to[envelope.recipients_count++] = (struct recipient){ .address = span_of(*recipients) };
	error = house_accept_envelope(house, &envelope, octets);
	if (mid != NULL)
		*mid = envelope.mid;
	return error;
}

int
house_accept_one(struct house *house, const char *sender, const char *recipient)
{
	const char *const recipients[] = { recipient, NULL };

	return house_accept(house, sender, recipients, 500, NULL);
}

bool
house_job(struct house *house, struct job *job)
{
	struct span payload;
	uint16_t type;
	int fd;

	house_pump(house);
	while (fake_channel_take(house->relay, &type, &payload, &fd)) {
		if (type != QUEUE_JOB)
			continue;
		file_close(&fd);
		if (!job_decode(payload, house->arena, job))
			fake_fail("a job that does not decode");
		return true;
	}
	return false;
}

static void
conclude(struct house *house, struct concluded *concluded)
{
	struct buf octets;

	buf_init(&octets, 1 << 20);
	concluded_encode(&octets, concluded);
	if (!fake_channel_deliver(house->relay, RELAY_CONCLUDED, buf_span(&octets), -1))
		fake_fail("queue did not understand a conclusion");
	buf_clear(&octets);
	house_pump(house);
}

void
house_conclude_each(struct house *house, const struct job *job, struct outcome *outcomes)
{
	uint16_t which[64];
	struct concluded concluded = { .job = job->id, .outcomes = outcomes, .outcomes_count = job->envelope.recipients_count,
		.which = which, .recipients_count = job->envelope.recipients_count };

	for (uint16_t i = 0; i < job->envelope.recipients_count; i++)
		which[i] = i;
	conclude(house, &concluded);
}

void
house_conclude(struct house *house, const struct job *job, const struct outcome *outcome)
{
	uint16_t which[64] = { 0 };
	struct outcome one = *outcome;
	struct concluded concluded = { .job = job->id, .outcomes = &one, .outcomes_count = 1, .which = which,
		.recipients_count = job->envelope.recipients_count };

	conclude(house, &concluded);
}

struct outcome
house_delivered(void)
{
	return (struct outcome){ .kind = OUTCOME_DELIVERED, .is_remote = true, .code = 250, .status = SPAN("2.0.0"),
		.text = SPAN("2.0.0 ok"), .mx = SPAN("mx.example.org"), .address = SPAN("192.0.2.1"), .relayed = true };
}

struct outcome
house_refused(void)
{
	return (struct outcome){ .kind = OUTCOME_FAILED, .scope = OUTCOME_OF_RECIPIENT, .is_remote = true, .code = 550,
		.status = SPAN("5.1.1"), .text = SPAN("5.1.1 no such user"), .mx = SPAN("mx.example.org") };
}

struct outcome
house_deferred(void)
{
	return (struct outcome){ .kind = OUTCOME_LATER, .scope = OUTCOME_OF_MESSAGE, .is_remote = true, .code = 451,
		.status = SPAN("4.3.0"), .reason = SPAN("deferred"), .text = SPAN("4.3.0 come back"), .mx = SPAN("mx.example.org") };
}

struct outcome
house_site_down(void)
{
	return (struct outcome){ .kind = OUTCOME_LATER, .scope = OUTCOME_OF_SITE, .status = SPAN("4.4.1"),
		.reason = SPAN("connect"), .text = SPAN("connection refused"), .mx = SPAN("mx.example.org") };
}

struct outcome
house_untrusted(void)
{
	return (struct outcome){ .kind = OUTCOME_LATER, .scope = OUTCOME_OF_SITE, .is_policy = true, .status = SPAN("4.7.5"),
		.reason = SPAN("certificate-expired"), .text = SPAN("the certificate has expired"), .mx = SPAN("mx.example.org") };
}

struct outcome
house_unproven(void)
{
	return (struct outcome){ .kind = OUTCOME_LATER, .scope = OUTCOME_OF_MESSAGE, .is_policy = true, .status = SPAN("4.7.10"),
		.reason = SPAN("mx-insecure"), .text = SPAN("no name of a host is proved") };
}

bool
house_notification(struct house *house, struct notification *notification)
{
	struct span payload;
	uint16_t type;
	int fd;

	house_pump(house);
	while (fake_channel_take(house->report, &type, &payload, &fd)) {
		if (type != QUEUE_NOTIFY)
			continue;
		file_close(&fd);
		if (!notification_decode(payload, house->arena, notification))
			fake_fail("a notification that does not decode");
		return true;
	}
	return false;
}

void
house_notified(struct house *house, const struct notification *notification, bool done)
{
	struct notified notified = { notification->id, done };
	struct buf octets;

	buf_init(&octets, 100);
	notified_encode(&octets, &notified);
	if (!fake_channel_deliver(house->report, REPORT_NOTIFIED, buf_span(&octets), -1))
		fake_fail("queue did not understand report");
	buf_clear(&octets);
	house_pump(house);
}

static void
row_keep(const struct row *row, struct house_rows *rows)
{
	unsigned at = rows->count++;

	if (at >= 64)
		fake_fail("too many rows for this test");
	for (uint32_t i = 0; i < row->fields_count; i++) {
		const struct row_field *field = &row->fields[i];

		if (span_equal(field->name, SPAN("id")))
			snprintf(rows->ids[at], MID_TEXT, "%.*s", SPAN_ARG(field->text));
		else if (span_equal(field->name, SPAN("state")))
			snprintf(rows->states[at], 16, "%.*s", SPAN_ARG(field->text));
		else if (span_equal(field->name, SPAN("recipient")))
			snprintf(rows->recipients[at], 64, "%.*s", SPAN_ARG(field->text));
		else if (span_equal(field->name, SPAN("reason")))
			snprintf(rows->reasons[at], 32, "%.*s", SPAN_ARG(field->text));
		else if (span_equal(field->name, SPAN("requiretls")))
			rows->requiretls[at] = field->kind == ROW_FLAG && field->number != 0;
		else if (span_equal(field->name, SPAN("tls_optional")))
			rows->tls_optional[at] = field->kind == ROW_FLAG && field->number != 0;
	}
}

int
house_ask(struct house *house, const char *verb, const char *const *arguments, struct house_rows *rows)
{
	struct span words[16], payload;
	struct request request = { span_of(verb), words, 0 };
	struct channel *channel;
	struct row row;
	struct end end;
	uint16_t type;
	int fd;

	memset(rows, 0, sizeof(*rows));
	for (; *arguments != NULL; arguments++)
		words[request.arguments_count++] = span_of(*arguments);
	queue_room_handler.on_request(&house->queue, &request, fake_fd());
	channel = fake_channel_find("operator");
	house_pump(house);
	if (channel == NULL)
		channel = fake_channel_last("operator");
	while (fake_channel_take(channel, &type, &payload, &fd)) {
		if (type == CTL_ROW && row_decode(payload, &row)) {
			row_keep(&row, rows);
		} else if (type == CTL_END && end_decode(payload, &end)) {
			snprintf(rows->text, sizeof(rows->text), "%.*s", SPAN_ARG(end.text));
			return end.code;
		}
	}
	fake_fail("an answer without an end");
}

unsigned
house_messages(const struct house *house)
{
	return (unsigned)house->queue.messages_count;
}
