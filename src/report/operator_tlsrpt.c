/* The operator asks for reports on TLS: what one would say, which there are, and that one be sent. */
#include <stdio.h>
#include <sysexits.h>

#include "loop/clock.h"
#include "mail/date.h"
#include "report/question.h"
#include "report/tlsrpt_due.h"
#include "report/tlsrpt_gather.h"
#include "report/tlsrpt_mail.h"
#include "report/tlsrpt_schedule.h"

/* The report as it would be, for programs and for people. */
static void
report_say(struct question *question, const struct tlsrpt_report *report)
{
	struct row row = { .fields_count = 0 };
	struct buf json, words;

	buf_init(&json, TLSRPT_JSON_OCTETS);
	buf_init(&words, TLSRPT_BODY_OCTETS);
	if (tlsrpt_json_write(&json, report) && tlsrpt_mail_write_text(&words, report)) {
		row_text(&row, "domain", report->domain);
		row_text(&row, "words", buf_span(&words));
		row_text(&row, "report", buf_span(&json));
		question_row(question, &row);
		question_end(question, 0, "");
	} else {
		question_end(question, EX_SOFTWARE, "the report is larger than reports may be");
	}
	buf_clear(&json);
	buf_clear(&words);
}

void
question_tlsrpt_preview(struct question *question)
{
	const struct conf_report *conf = question->report->conf;
	const struct tlsrpt_scope scope = { .name = question->filter.domain };
	struct tlsrpt_report report;
	const char *why;

	if (!tlsrpt_gather(question->report->ledger, conf, &scope, question->day, question->arena, &report)) {
		question_end(question, 1, "no session of that day is in the ledger: there would be no report");
		return;
	}
	why = tlsrpt_json_refuse(&report);
	if (why != NULL)
		question_end(question, EX_CONFIG, why);
	else
		report_say(question, &report);
}

/* --- list --- */

static void
on_due(void *arg, const struct due_row *due)
{
	struct question *question = arg;
	struct row row = { .fields_count = 0 };
	char day[DATE_TEXT];

	if (question->rows == QUESTION_ROWS_MOST) {
		question->passed_over++;
		return;
	}
	row_text(&row, "day", span_of(date_format_end(((int64_t)due->due.day + 1) * LEDGER_DAY_S, day)));
	row_text(&row, "domain", span_of(due->due.name));
	row_text(&row, "for", span_of(due_kind_name(due->due.kind)));
	row_text(&row, "state", span_of(due_state_name(due->state)));
	row_text(&row, "to", due->target);
	row_number(&row, "sent_s", due->sent_s);
	row_number(&row, "due_s", due->state == DUE_WAITING ? due->due_s : 0);
	row_number(&row, "tries", due->due.tries);
	row_text(&row, "text", due->text);
	question_row(question, &row);
}

void
question_tlsrpt_list(struct question *question)
{
	char text[80] = "";

	due_each(question->report->ledger, question->filter.first_day, question->filter.last_day, question->filter.domain, on_due, question);
	if (question->passed_over > 0)
		snprintf(text, sizeof(text), "and %llu more", (unsigned long long)question->passed_over);
	question_end(question, 0, question->rows == 0 ? "no report is planned, or was: they are planned after the day they tell of" : text);
}

/* --- send --- */

/* A day's report is of the whole day: one sent before its end would be the only one. */
void
question_tlsrpt_send(struct question *question)
{
	struct report *report = question->report;
	const struct due_times times = { clock_wall(), report->conf->tlsrpt_delay_s, report->conf->tlsrpt_expire_s,
		report->conf->tlsrpt_settle_s };
	const char *why;

	if (!report->conf->tlsrpt_send) {
		question_end(question, EX_CONFIG, "tlsrpt.send is off");
		return;
	}
	if (question->day >= (uint32_t)(times.now_s / LEDGER_DAY_S)) {
		question_end(question, EX_USAGE, "that day is not over");
		return;
	}
	why = due_hurry(report->ledger, question->day, question->filter.domain, &times);
	if (why == NULL)
		tlsrpt_schedule_look(report);
	question_end(question, why == NULL ? 0 : 1, why == NULL ? "" : why);
}
