/* The report room: from queue's question to a committed notification, and back; the ledger, opened and kept in bounds. */
#include "report/room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/log.h"
#include "ipc/queue_report.h"
#include "loop/clock.h"
#include "metrics/count.h"
#include "metrics/sample.h"
#include "report/compose.h"
#include "report/ledger.h"
#include "report/notice_paste.h"
#include "report/notice_schedule.h"
#include "report/operator.h"
#include "report/question.h"
#include "report/strangers.h"
#include "report/tlsrpt_due.h"
#include "report/tlsrpt_schedule.h"

#define WHY_OCTETS 300
#define EXPIRE_MS 3600000	/* between two looks for days that are too old */
#define EXPIRE_AGAIN_MS 200
#define LAST_WORD_MS 1000

/* A notification on its way to the disk. */
struct asked {
	struct report *report;
	uint64_t life;		/* of queue: another one means something else by the id */
	uint64_t id;
	struct mid mid;		/* of the notification */
	enum notice_action action;
	char *stranger;		/* whom it counts for (strangers_take()); NULL = nobody */
};

void
room_init(struct report *report)
{
	memset(report, 0, sizeof(*report));
	report->directory = -1;
	LIST_INIT(&report->tellers);
	LIST_INIT(&report->questions);
	LIST_INIT(&report->sendings);
	LIST_INIT(&report->pursuits);
}

static void
answer(struct report *report, uint64_t id, bool done)
{
	struct notified notified = { id, done };
	struct buf *out = channel_scratch();

	/* Queue asks again when it is back. */
	if (report->queue == NULL)
		return;
	notified_encode(out, &notified);
	channel_send(report->queue, REPORT_NOTIFIED, buf_span(out), -1);
}

static void
asked_count(const struct asked *asked)
{
	asked->report->notifications++;
	count(METRIC_NOTIFICATIONS, asked->action);
}

/* Nobody was told, and it is asked for again. */
static void
stranger_give_back(const struct asked *asked)
{
	if (asked->stranger != NULL)
		strangers_give_back(asked->report->strangers, span_of(asked->stranger), asked->action == ACTION_FAILED);
}

static void
asked_free(struct asked *asked)
{
	free(asked->stranger);
	free(asked);
}

static void
on_committed(void *arg, int error)
{
	struct asked *asked = arg;
	struct report *report = asked->report;

	report->committing--;
	if (error != 0) {
		log_warn("notification", LOG_MID("id", asked->mid), LOG_TEXT("reason", strerror(error)));
		stranger_give_back(asked);
	} else {
		asked_count(asked);
	}
	/* A queue that was started anew asks anew. */
	if (asked->life == report->life)
		answer(report, asked->id, error == 0);
	asked_free(asked);
	room_maybe_done(report);
}

static const char *const action_words[ACTIONS] = { "failed", "delayed", "delivered", "relayed" };

static void
log_notification(const struct notification *notification, struct mid mid)
{
	log_info("notification", LOG_MID("id", mid), LOG_MID("about", notification->envelope.mid),
	    LOG_ADDRESS("to", notification->envelope.sender), LOG_TEXT("action", action_words[notification->recipients[0].action]),
	    LOG_NUMBER("recipients", notification->envelope.recipients_count),
	    LOG_SPAN("reason", notification->recipients[0].outcome.reason));
}

static void
make(struct report *report, const struct notification *notification, int fd)
{
	struct record *record = record_new(report->writer);
	struct asked *asked = must_alloc(sizeof(*asked));
	struct span sender = notification->envelope.sender;
	bool is_counted = notification->envelope.flags & ENVELOPE_UNPROVED;
	struct recipient recipient;
	struct envelope envelope;
	struct buf paste;
	int error;

	buf_init(&paste, NOTICE_PASTE_OCTETS);
	notice_paste(report, notification, &paste);
	*asked = (struct asked){ report, report->life, notification->id, record_mid(record), notification->recipients[0].action,
		is_counted ? must_copy(sender.data, sender.length) : NULL };
	error = compose(record, notification, report->conf, fd, clock_wall_ms(), buf_span(&paste));
	buf_clear(&paste);
	if (error != 0) {
		log_warn("notification", LOG_MID("about", notification->envelope.mid), LOG_TEXT("reason", strerror(error)));
		record_abort(&record);
		answer(report, notification->id, false);
		stranger_give_back(asked);
		asked_free(asked);
		return;
	}
	log_notification(notification, asked->mid);
	compose_envelope(notification, clock_wall_ms(), &recipient, &envelope);
	report->committing++;
	record_commit(&record, &envelope, on_committed, asked);
}

/* A stranger brought it, and may well have made its sender up (strangers.h): nobody is told. */
static bool
is_withheld(struct report *report, const struct notification *notification)
{
	const struct envelope *envelope = &notification->envelope;
	enum notice_action action = notification->recipients[0].action;
	const char *why;

	if (report->strangers == NULL)
		report->strangers = strangers_new();
	why = strangers_take(report->strangers, envelope, action == ACTION_FAILED, report->conf->strangers, report->conf->forged, clock_ms());
	if (why == NULL)
		return false;
	count(METRIC_NOTIFICATIONS_WITHHELD, action);
	log_info("withheld", LOG_MID("about", envelope->mid), LOG_ADDRESS("to", envelope->sender), LOG_TEXT("action", action_words[action]),
	    LOG_NUMBER("recipients", envelope->recipients_count), LOG_TEXT("why", why));
	return true;
}

static bool
on_notify(void *arg, struct span payload, int fd)
{
	struct report *report = arg;
	struct arena *arena = arena_new();
	struct notification notification;
	bool good = report->writer != NULL && notification_decode(payload, arena, &notification);

	if (good && notification.envelope.flags & ENVELOPE_TOLD) {
		answer(report, notification.id, notice_ended(report, &notification));
		file_close(&fd);
	} else if (good && is_withheld(report, &notification)) {
		answer(report, notification.id, true);
		file_close(&fd);
	} else if (good) {
		make(report, &notification, fd);
	} else {
		file_close(&fd);
	}
	arena_free(&arena);
	return good;
}

static bool
on_freed(void *arg, struct span payload, int fd)
{
	struct report *report = arg;
	struct writer_segment segment;

	(void)fd;
	if (report->writer == NULL || !writer_segment_decode(payload, &segment))
		return false;
	writer_freed(report->writer, &segment);
	return true;
}

static bool
on_congestion(void *arg, struct span payload, int fd)
{
	struct queue_congestion congestion;

	/* What report writes ends messages: it is never held up. */
	(void)arg;
	(void)fd;
	return queue_congestion_decode(payload, &congestion);
}

static const struct channel_row rows[QUEUE_TO_REPORT_MESSAGES] = {
	[QUEUE_FREED] = { "freed", false, on_freed },
	[QUEUE_CONGESTION] = { "congestion", false, on_congestion },
	[QUEUE_NOTIFY] = { "notify", true, on_notify },
};

static void
on_queue_gone(void *arg)
{
	struct report *report = arg;

	log_info("peer-gone", LOG_TEXT("room", "queue"));
	if (report->writer != NULL)
		writer_attach(report->writer, NULL);
	channel_free(&report->queue);
	room_peer_gone(ROOM_QUEUE, 0);
}

static const struct channel_handler queue_handler = { rows, QUEUE_TO_REPORT_MESSAGES, on_queue_gone };

/* Some thousands of facts at once, and the rest after a breath. */
static void
on_expiry(void *arg)
{
	struct report *report = arg;
	bool is_more = ledger_expire(report->ledger, clock_wall(), report->conf->ledger_keep_s);

	due_expire(report->ledger, clock_wall());
	timer_start(report->expiry, is_more ? EXPIRE_AGAIN_MS : EXPIRE_MS);
}

/* Notifications do not wait for the ledger: without it the room says so, and goes on. */
static void
ledger_set(struct report *report)
{
	char why[WHY_OCTETS] = "";

	if (report->expiry == NULL)
		report->expiry = timer_new(on_expiry, report);
	if (report->conf->ledger_keep_s == 0) {
		questions_end(report, EX_UNAVAILABLE, "ledger.keep is off now");
		sendings_free(report);
		notice_schedule_free(report);
		ledger_close(&report->ledger);
		timer_cancel(report->expiry);
		return;
	}
	if (report->ledger == NULL)
		report->ledger = ledger_open(report->conf->ledger_directory, why, sizeof(why));
	if (report->ledger == NULL)
		log_error("ledger", LOG_TEXT("what", "it cannot be opened, nothing is counted"), LOG_TEXT("text", why));
	else
		timer_start(report->expiry, EXPIRE_AGAIN_MS);
}

static void
on_setup(void *arg, const struct setup *setup, const void *slice)
{
	struct report *report = arg;

	(void)setup;
	report->conf = slice;
	if (report->writer != NULL)
		writer_configure(report->writer, &report->conf->spool);
	ledger_set(report);
	tlsrpt_schedule_configure(report);
	notice_schedule_configure(report);
}

static void
on_directory(void *arg, const struct directory *directory, int fd)
{
	struct report *report = arg;

	if (!directory->is_own || report->directory >= 0)
		fatal("a folder that is not report's own");
	report->directory = fd;
	snprintf(report->name, sizeof(report->name), "%.*s", SPAN_ARG(directory->name));
}

static void
on_key(void *arg, const struct spool_key *key)
{
	struct report *report = arg;
	char why[160];

	if (report->writer != NULL)
		return;
	report->writer = writer_open(report->directory, span_of(report->name), key->public_key, &report->conf->spool, why,
	    sizeof(why));
	if (report->writer == NULL)
		fatal("%s", why);
	if (report->queue != NULL)
		writer_attach(report->writer, report->queue);
	tlsrpt_schedule_look(report);
	notice_schedule_look(report);
}

static void
on_peer(void *arg, const struct peer *peer, int fd)
{
	struct report *report = arg;

	if (peer->kind == ROOM_INTAKE || peer->kind == ROOM_RELAY) {
		teller_add(report, peer, fd);
		return;
	}
	if (peer->kind == ROOM_POLICY) {
		tlsrpt_schedule_attach(report, fd);
		return;
	}
	if (peer->kind != ROOM_QUEUE)
		fatal("report does not talk to %s", room_name(peer->kind));
	channel_free(&report->queue);
	report->life++;
	report->queue = channel_new(fd, "queue", &queue_handler, report);
	if (report->writer != NULL)
		writer_attach(report->writer, report->queue);
}

void
room_maybe_done(struct report *report)
{
	if (report->is_stopping && report->committing == 0 && LIST_EMPTY(&report->tellers))
		room_done();
}

/* Whoever counts has ended before, or is not about to. */
static void
on_grace_over(void *arg)
{
	struct report *report = arg;

	tellers_free(report);
	room_maybe_done(report);
}

static void
on_stop(void *arg, uint32_t grace_ms)
{
	struct report *report = arg;

	(void)grace_ms;
	report->is_stopping = true;
	report->grace = timer_new(on_grace_over, report);
	timer_start(report->grace, LAST_WORD_MS);
	room_maybe_done(report);
}

static void
on_request(void *arg, const struct request *request, int fd)
{
	operator_request(arg, request, fd);
}

static void
on_count(void *arg, struct buf *samples)
{
	struct report *report = arg;
	const struct writer_figures *figures = report->writer == NULL ? NULL : writer_figures(report->writer);

	count_tell(samples);
	sample_put(samples, METRIC_LEDGER_OPEN, report->ledger != NULL);
	sample_put(samples, METRIC_LEDGER_FACTS, report->ledger == NULL ? 0 : ledger_count(report->ledger));
	sample_put(samples, METRIC_LEDGER_BATCHES, report->batches);
	if (figures == NULL)
		return;
	sample_put_histogram(samples, METRIC_COMMIT_TIME, &figures->commit_us);
	sample_put_histogram(samples, METRIC_SYNC_OCTETS, &figures->sync_octets);
	sample_put(samples, METRIC_COMMIT_ERRORS, figures->errors);
}

static void
on_status(void *arg, struct row *row, struct arena *arena)
{
	struct report *report = arg;

	(void)arena;
	row_number(row, "notifications", (int64_t)report->notifications);
	row_number(row, "tlsrpt_sent", (int64_t)report->tlsrpt_sent);
	row_number(row, "tlsrpt_under_way", report->sendings_count);
	row_number(row, "notices_sent", (int64_t)report->notices_sent);
	row_flag(row, "has_ledger", report->ledger != NULL);
	row_number(row, "facts", report->ledger == NULL ? 0 : (int64_t)ledger_count(report->ledger));
}

const struct room_handler report_room_handler = {
	.slice = &conf_report_slice, .on_setup = on_setup, .on_directory = on_directory, .on_peer = on_peer, .on_key = on_key,
	.on_stop = on_stop, .on_request = on_request, .on_count = on_count, .on_status = on_status
};

void
room_clear(struct report *report)
{
	questions_end(report, EX_UNAVAILABLE, "the report room is being stopped");
	tellers_free(report);
	tlsrpt_schedule_free(report);
	notice_schedule_free(report);
	ledger_close(&report->ledger);
	strangers_free(&report->strangers);
	timer_free(&report->expiry);
	timer_free(&report->grace);
}
