/* The verb "ledger add": its one argument is a batch of facts. Whoever may say it may be anybody's mail server: nothing is believed but what is inbound. */
#include "report/feed.h"

#include <sysexits.h>

#include "base/ident.h"
#include "loop/clock.h"
#include "report/question.h"

/* What of a told fact is kept. */
static const enum fact_text kept[] = { FACT_PEER, FACT_IP, FACT_DOMAIN, FACT_VERSION, FACT_CIPHER };

/* No TLS, or none that will do. */
static bool
is_bad(const struct tls_fact *told)
{
	struct span reason = told->text[FACT_REASON];

	return told->tls == FACT_TLS_NO && (span_equal(reason, SPAN("plaintext-inbound")) ||
	    (span_equal(reason, SPAN("protocol-old")) && fact_version_is_old(told->text[FACT_VERSION])));
}

const char *
feed_settle(const struct tls_fact *told, uint32_t today, struct tls_fact *fact)
{
	bool is_good = told->tls == FACT_TLS_YES && told->text[FACT_REASON].length == 0;
	struct ip ip;

	*fact = (struct tls_fact){ .direction = FACT_IN, .day = told->day, .tls = told->tls, .sessions = told->sessions,
		.messages = told->messages };
	for (int i = 0; i < FACT_TEXTS; i++)
		fact->text[i] = SPAN("");
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		fact->text[kept[i]] = told->text[kept[i]];
	if (is_bad(told))
		fact->text[FACT_REASON] = told->text[FACT_REASON];
	if (told->direction != FACT_IN || !(is_good || is_bad(told)))
		return "neither an inbound session with TLS nor one without";
	if (!ip_parse(told->text[FACT_IP], &ip))
		return "a session from nowhere";
	if (told->day > today || today - told->day > FACT_FED_DAYS)
		return "a session of another week";
	return told->sessions == 1 && told->messages == 1 ? NULL : "not one session with one message";
}

/* Into the ledger, as a batch of a sender of this life of the room: one that was not kept has no number, and is told again. */
static bool
batch_take(struct report *report, struct facts_batch *batch)
{
	if (report->feed_sender == 0)
		report->feed_sender = ident_random();
	batch->sender = report->feed_sender;
	batch->number = report->feed_number + 1;
	if (!ledger_take(report->ledger, batch))
		return false;
	report->feed_number++;
	report->batches++;
	return true;
}

void
feed_answer(struct question *question)
{
	const struct request *request = question->request;
	uint32_t today = (uint32_t)(clock_wall() / LEDGER_DAY_S);
	const char *why = NULL;
	struct facts_batch batch;

	if (request->arguments_count != 1 || !facts_batch_decode(request->arguments[0], question->arena, &batch)) {
		question_end(question, EX_USAGE, "one batch of facts is expected");
		return;
	}
	for (uint32_t i = 0; i < batch.count && why == NULL; i++) {
		const struct tls_fact told = batch.facts[i];

		why = feed_settle(&told, today, &batch.facts[i]);
	}
	if (why != NULL)
		question_end(question, EX_DATAERR, why);
	else if (batch_take(question->report, &batch))
		question_end(question, 0, "");
	else
		question_end(question, EX_TEMPFAIL, "the ledger could not be written");
}
