/* Steps of one report. What it came to is a line in the log and a row of the ledger. */
#include "report/tlsrpt_sending.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/log.h"
#include "loop/clock.h"
#include "metrics/count.h"
#include "report/room.h"
#include "report/tlsrpt_compose.h"
#include "report/tlsrpt_gather.h"
#include "report/tlsrpt_schedule.h"

#define TEXT_OCTETS 300
#define TYPE "application/tlsrpt+gzip"

struct sending {
	LIST_ENTRY(sending) entry;
	struct report *report;
	struct due due;
	uint64_t id;			/* of what policy was asked last; 0 = nothing */
	struct arena *arena;
	struct tlsrpt_target *targets;
	uint32_t count, at;
	bool is_lax;			/* this target's certificate was not valid, and does not matter */
	bool is_refused_by_all;		/* so far: later is no better */
	bool is_sent;			/* this target took it; the ledger does not say so yet */
	struct tlsrpt_report content;
	struct buf compressed;
	struct commit *commit;		/* NULL = none is waited for */
	char text[TEXT_OCTETS];		/* what was in the way last */
};

static void
sending_free(struct sending *sending)
{
	sending->report->committing -= sending->commit != NULL;
	commit_cancel(&sending->commit);
	LIST_REMOVE(sending, entry);
	sending->report->sendings_count--;
	buf_clear(&sending->compressed);
	arena_free(&sending->arena);
	free(sending);
}

static void
log_result(const struct sending *sending, const char *result, const struct tlsrpt_target *target)
{
	log_info("tlsrpt", LOG_TEXT("domain", sending->due.name), LOG_TEXT("for", due_kind_name(sending->due.kind)),
	    LOG_SPAN("report", sending->content.id), LOG_TEXT("result", result), LOG_SPAN("to", target == NULL ? SPAN("") : target->text),
	    LOG_NUMBER("try", sending->due.tries), LOG_TEXT("text", sending->text));
}

/* Where it went; NULL = nowhere. */
static const struct tlsrpt_target *
sent_to(const struct sending *sending)
{
	return sending->is_sent ? &sending->targets[sending->at] : NULL;
}

/* Write down what it came to. Of what was not sent nothing is lost when it cannot be. */
static bool
settle_write(struct sending *sending, enum due_state state)
{
	return due_settle(sending->report->ledger, &sending->due, state, sent_to(sending), clock_wall(), span_of(sending->text)) ||
	    !sending->is_sent;
}

/* It has ended. */
static void
settle_end(struct sending *sending, enum due_state state)
{
	struct report *report = sending->report;

	report->tlsrpt_sent += sending->is_sent;
	count(METRIC_TLSRPT_REPORTS, state);
	/* That nobody wants one is the rule: most domains have no record. */
	if (state != DUE_UNWANTED || *sending->text != '\0')
		log_result(sending, due_state_name(state), sent_to(sending));
	sending_free(sending);
	tlsrpt_schedule_look(report);
}

/* What was sent is under way, and not begun again, until that is written. */
static void
settle(struct sending *sending, enum due_state state)
{
	sending->is_sent = state == DUE_SENT;
	if (settle_write(sending, state))
		settle_end(sending, state);
	else
		log_warn("tlsrpt", LOG_TEXT("what", "the ledger cannot be written: if that goes on until a restart, the report is sent again"),
		    LOG_TEXT("domain", sending->due.name));
}

void
sendings_settle(struct report *report)
{
	struct sending *sending, *next;

	for (sending = LIST_FIRST(&report->sendings); sending != NULL; sending = next) {
		next = LIST_NEXT(sending, entry);
		if (sending->is_sent && settle_write(sending, DUE_SENT))
			settle_end(sending, DUE_SENT);
	}
}

/* Not now; the row is due again already, unless its time would be over by then. */
static void
later(struct sending *sending)
{
	struct report *report = sending->report;

	if (due_is_last(&sending->due, clock_wall(), tlsrpt_schedule_least_s(report))) {
		settle(sending, DUE_GIVEN_UP);
		return;
	}
	due_note(report->ledger, &sending->due, span_of(sending->text));
	count(METRIC_TLSRPT_REPORTS, DUE_WAITING);
	log_result(sending, "later", NULL);
	sending_free(sending);
	tlsrpt_schedule_look(report);
}

static void
text_set(struct sending *sending, struct span text)
{
	snprintf(sending->text, sizeof(sending->text), "%.*s", (int)(text.length < TEXT_OCTETS ? text.length : TEXT_OCTETS - 1), text.data);
}

/* --- targets --- */

static void target_try(struct sending *sending);

static void
target_next(struct sending *sending, bool is_refused, struct span text)
{
	text_set(sending, text);
	sending->is_refused_by_all = sending->is_refused_by_all && is_refused;
	sending->is_lax = false;
	sending->at++;
	target_try(sending);
}

static void
on_committed(void *arg, int error)
{
	struct sending *sending = arg;
	struct report *report = sending->report;

	sending->commit = NULL;
	sending->text[0] = '\0';
	report->committing--;
	if (error == 0)
		settle(sending, DUE_SENT);
	else
		target_next(sending, false, span_of(strerror(error)));
	room_maybe_done(report);
}

static void
target_mail(struct sending *sending, const struct tlsrpt_target *target)
{
	struct report *report = sending->report;
	struct tlsrpt_mail mail = { .report = &sending->content, .compressed = buf_span(&sending->compressed), .to = target->text,
		.hostname = report->conf->hostname, .now_s = clock_wall() };
	struct recipient recipient;
	struct envelope envelope;
	struct record *record;
	const char *why;

	if (report->conf->dkim_keys.count == 0) {
		target_next(sending, true, SPAN("no key signs: reports by mail need a dkim section"));
		return;
	}
	record = record_new(report->writer);
	why = tlsrpt_compose(record, &mail, report->conf);
	if (why != NULL) {
		record_abort(&record);
		target_next(sending, false, span_of(why));
		return;
	}
	tlsrpt_compose_envelope(target->text, clock_wall_ms(), &recipient, &envelope);
	report->committing++;
	sending->commit = record_commit(&record, &envelope, on_committed, sending);
}

static void
target_post(struct sending *sending, const struct tlsrpt_target *target)
{
	struct report *report = sending->report;
	struct tlsrpt_post post = { ++report->tlsrpt_id, *target, SPAN(TYPE), buf_span(&sending->compressed), sending->is_lax };
	struct buf *out = channel_scratch();

	if (report->policy == NULL) {
		text_set(sending, SPAN("the policy process is away"));
		later(sending);
		return;
	}
	sending->id = post.id;
	tlsrpt_post_encode(out, &post);
	channel_send(report->policy, REPORT_POST, buf_span(out), -1);
}

/* The host may be somebody's who never asked for any of it (RX4), and takes none: what it was tried with is what counts. */
static bool
target_has_enough(const struct sending *sending, const struct tlsrpt_target *target)
{
	const struct report *report = sending->report;

	return due_tried_at(report->ledger, &sending->due, target->host, clock_wall()) >= report->conf->tlsrpt_most;
}

/* Two that take it, because nobody wrote down that the first was asked, are worse than none. */
static bool
target_begin(struct sending *sending, const struct tlsrpt_target *target)
{
	struct report *report = sending->report;

	if (due_begin(report->ledger, &sending->due, target, clock_wall(), tlsrpt_schedule_least_s(report)))
		return true;
	text_set(sending, SPAN("the ledger cannot be written"));
	later(sending);
	return false;
}

/* One that takes it is enough (R5). */
static void
target_try(struct sending *sending)
{
	const struct tlsrpt_target *target = &sending->targets[sending->at];

	if (sending->at == sending->count) {
		if (sending->is_refused_by_all)
			settle(sending, DUE_GIVEN_UP);
		else
			later(sending);
	} else if (target_has_enough(sending, target)) {
		target_next(sending, false, SPAN("its host was tried with tlsrpt.most reports within a day"));
	} else if (target_begin(sending, target)) {
		(target->scheme == TLSRPT_MAILTO ? target_mail : target_post)(sending, target);
	}
}

/* --- what it says --- */

static bool
is_told(void *arg, struct span domain)
{
	const struct sending *sending = arg;

	return due_is_told(sending->report->ledger, sending->due.day, domain, sending->targets, sending->count);
}

static void
gather(struct sending *sending)
{
	struct report *report = sending->report;
	const struct tlsrpt_scope scope = { span_of(sending->due.name), sending->due.kind == DUE_HOST, is_told, sending };
	struct buf json;

	if (!tlsrpt_gather(report->ledger, report->conf, &scope, sending->due.day, sending->arena, &sending->content)) {
		text_set(sending, SPAN("there is nothing to tell"));
		settle(sending, DUE_UNWANTED);
		return;
	}
	buf_init(&json, TLSRPT_JSON_OCTETS);
	if (!tlsrpt_json_write(&json, &sending->content) || !tlsrpt_json_compress(&sending->compressed, buf_span(&json))) {
		text_set(sending, SPAN("the report is larger than reports may be, or who reports cannot be said in one: see tlsrpt.contact"));
		settle(sending, DUE_GIVEN_UP);
	} else {
		target_try(sending);
	}
	buf_clear(&json);
}

/* --- who wants it --- */

static struct span
kept(struct sending *sending, struct span text)
{
	return arena_span(sending->arena, text);
}

static void
targets_keep(struct sending *sending, const struct tlsrpt_answer *answer)
{
	sending->count = answer->count;
	sending->targets = arena_alloc(sending->arena, answer->count * sizeof(*sending->targets));
	for (uint32_t i = 0; i < answer->count; i++) {
		sending->targets[i] = answer->targets[i];
		sending->targets[i].text = kept(sending, answer->targets[i].text);
		sending->targets[i].host = kept(sending, answer->targets[i].host);
	}
}

static struct sending *
sending_find(struct report *report, uint64_t id)
{
	struct sending *sending;

	LIST_FOREACH(sending, &report->sendings, entry)
		if (sending->id == id)
			break;
	if (sending != NULL)
		sending->id = 0;
	return sending;
}

void
sending_sought(struct report *report, const struct tlsrpt_answer *answer)
{
	struct sending *sending = sending_find(report, answer->id);

	if (sending == NULL)
		return;
	text_set(sending, answer->text);
	if (!answer->is_known) {
		later(sending);
	} else if (answer->found != TLSRPT_FOUND) {
		settle(sending, DUE_UNWANTED);
	} else {
		targets_keep(sending, answer);
		gather(sending);
	}
}

void
sending_posted(struct report *report, const struct tlsrpt_posted *posted)
{
	struct sending *sending = sending_find(report, posted->id);

	if (sending == NULL)
		return;
	text_set(sending, posted->text);
	if (posted->end == POSTED_TAKEN) {
		settle(sending, DUE_SENT);
	} else if (posted->end == POSTED_CERTIFICATE && !report->conf->tlsrpt_verify && !sending->is_lax) {
		sending->is_lax = true;
		target_try(sending);
	} else {
		target_next(sending, posted->end == POSTED_REFUSED, posted->text);
	}
}

void
sending_start(struct report *report, const struct due *due)
{
	struct sending *sending = must_alloc(sizeof(*sending));
	struct tlsrpt_question question;
	struct buf *out = channel_scratch();

	sending->report = report;
	sending->due = *due;
	sending->arena = arena_new();
	sending->is_refused_by_all = true;
	buf_init(&sending->compressed, TLSRPT_JSON_OCTETS);
	LIST_INSERT_HEAD(&report->sendings, sending, entry);
	report->sendings_count++;
	if (!tlsrpt_domain_is_valid(span_of(due->name))) {
		text_set(sending, SPAN("no name that can have a record"));
		settle(sending, DUE_UNWANTED);
		return;
	}
	sending->id = ++report->tlsrpt_id;
	question = (struct tlsrpt_question){ sending->id, span_of(sending->due.name) };
	tlsrpt_question_encode(out, &question);
	channel_send(report->policy, REPORT_SEEK, buf_span(out), -1);
}

bool
sending_is_under_way(const struct report *report, const struct due *due)
{
	const struct sending *sending;

	LIST_FOREACH(sending, &report->sendings, entry)
		if (sending->due.day == due->day && sending->due.kind == due->kind && strcmp(sending->due.name, due->name) == 0)
			return true;
	return false;
}

void
sendings_policy_gone(struct report *report)
{
	struct sending *sending, *next;

	for (sending = LIST_FIRST(&report->sendings); sending != NULL; sending = next) {
		next = LIST_NEXT(sending, entry);
		if (sending->id == 0)
			continue;
		text_set(sending, SPAN("the policy process ended"));
		later(sending);
	}
}

void
sendings_free(struct report *report)
{
	while (!LIST_EMPTY(&report->sendings))
		sending_free(LIST_FIRST(&report->sendings));
}
