/* Pursuits from their beginning to their end. What one came to is a line in the log and rows of notices.db. */
#include "report/notice_pursuit.h"

#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/log.h"
#include "loop/clock.h"
#include "report/notice_schedule.h"
#include "report/notice_steps.h"
#include "report/room.h"

void
pursuit_free(struct pursuit *pursuit)
{
	pursuit->report->committing -= pursuit->commit != NULL;
	commit_cancel(&pursuit->commit);
	LIST_REMOVE(pursuit, entry);
	pursuit->report->pursuits_count--;
	timer_free(&pursuit->timer);
	arena_free(&pursuit->arena);
	free(pursuit);
}

void
pursuit_end(struct pursuit *pursuit)
{
	struct report *report = pursuit->report;

	pursuit_free(pursuit);
	notice_schedule_look(report);
}

void
pursuit_end_unkept(struct pursuit *pursuit)
{
	log_warn("notice", LOG_TEXT("what", "notices.db cannot be written: the peer is looked at again"));
	pursuit_free(pursuit);
}

void
pursuit_say(const struct pursuit *pursuit, enum notice_result result, struct span to, const char *text)
{
	count(METRIC_NOTICES, result);
	log_info("notice", LOG_TEXT("peer", pursuit->cases[0].name), LOG_TEXT("fault", pursuit->cases[0].fault),
	    LOG_SPAN("result", metrics_word(METRICS_NOTICE, result)), LOG_SPAN("operator", pursuit->operator), LOG_ADDRESS("to", to),
	    LOG_TEXT("text", text));
}

void
pursuit_conclude(struct pursuit *pursuit, party_change *change, enum notice_result result, const char *text)
{
	struct notice_limits limits = notice_schedule_limits(pursuit->report);

	change(&pursuit->party, &limits, clock_wall());
	pursuit_say(pursuit, result, SPAN(""), text);
	if (notices_party_put(pursuit->report->notices, &pursuit->party))
		pursuit_end(pursuit);
	else
		pursuit_end_unkept(pursuit);
}

struct pursuit *
pursuit_find(struct report *report, uint64_t id)
{
	struct pursuit *pursuit;

	LIST_FOREACH(pursuit, &report->pursuits, entry)
		if (pursuit->id == id)
			break;
	if (pursuit != NULL) {
		pursuit->id = 0;
		timer_cancel(pursuit->timer);
	}
	return pursuit;
}

void
pursuit_drop(struct pursuit *pursuit)
{
	pursuit->count--;
	memmove(&pursuit->cases[pursuit->at], &pursuit->cases[pursuit->at + 1], (pursuit->count - pursuit->at) * sizeof(*pursuit->cases));
}

bool
pursuit_is_old(const struct pursuit *pursuit, const struct notice_case *of)
{
	return pursuit->party.notices > 0 && of->first_s <= pursuit->party.told_s;
}

enum notice_step
pursuit_step(const struct pursuit *pursuit)
{
	struct notice_limits limits = notice_schedule_limits(pursuit->report);
	enum notice_step step = notice_due(&pursuit->party, &limits, clock_wall());

	if (pursuit->wish == PURSUIT_HURRY && step != NOTICE_STEP_FIRST)
		step = pursuit_is_old(pursuit, &pursuit->cases[0]) ? NOTICE_STEP_REMINDER : NOTICE_STEP_FIRST;
	return step;
}

/* Nobody answers: later. */
static void
on_silence(void *arg)
{
	struct pursuit *pursuit = arg;

	if (*pursuit->party.key != '\0')
		pursuit_conclude(pursuit, notice_party_later, NOTICE_IS_LATER, "a fresh look took too long");
	else
		pursuit_unknown(pursuit, "whose the peer is was looked up for too long");
}

void
pursuit_start(struct report *report, enum pursuit_wish wish, const struct notice_case *const *cases, size_t count)
{
	struct pursuit *pursuit = must_alloc(sizeof(*pursuit));

	pursuit->report = report;
	pursuit->wish = wish;
	pursuit->arena = arena_new();
	pursuit->timer = timer_new(on_silence, pursuit);
	pursuit->count = count < NOTICE_CASES_SHOWN ? count : NOTICE_CASES_SHOWN;
	pursuit->more = count - pursuit->count;
	for (size_t i = 0; i < pursuit->count; i++)
		pursuit->cases[i] = *cases[i];
	LIST_INSERT_HEAD(&report->pursuits, pursuit, entry);
	report->pursuits_count++;
	pursuit_ask(pursuit);
}

bool
pursuit_is_under_way(const struct report *report, const struct notice_case *of)
{
	const struct pursuit *pursuit;

	LIST_FOREACH(pursuit, &report->pursuits, entry)
		for (size_t i = 0; i < pursuit->count; i++)
			if (strcmp(pursuit->cases[i].key, of->key) == 0 || (*of->party != '\0' && strcmp(pursuit->cases[i].party, of->party) == 0))
				return true;
	return false;
}

void
pursuits_policy_gone(struct report *report)
{
	struct pursuit *pursuit, *next;

	for (pursuit = LIST_FIRST(&report->pursuits); pursuit != NULL; pursuit = next) {
		next = LIST_NEXT(pursuit, entry);
		if (pursuit->id != 0 && *pursuit->party.key == '\0')
			pursuit_free(pursuit);
	}
}

void
pursuits_free(struct report *report)
{
	while (!LIST_EMPTY(&report->pursuits))
		pursuit_free(LIST_FIRST(&report->pursuits));
}
