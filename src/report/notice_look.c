/* Is the fault still there? Every server that a notice is to name is looked at again, by a relay, right before. */
#include "report/notice_steps.h"

#include <stdio.h>
#include <string.h>

#include "loop/clock.h"
#include "report/notice_scan.h"
#include "report/room.h"

/*
 * The case is not told of. Where the worst one is in doubt, the party waits: it is written to once. One that is gone leaves the others, and
 * one beside the worst goes unmentioned.
 */
static void
case_leave(struct pursuit *pursuit, party_change *change, enum notice_result result, const char *text)
{
	if (pursuit->at == 0 && (pursuit->count == 1 || change != notice_party_mended)) {
		pursuit_conclude(pursuit, change, result, text);
		return;
	}
	pursuit_drop(pursuit);
	pursuit_look(pursuit);
}

static void
case_keep(struct pursuit *pursuit)
{
	pursuit->at++;
	pursuit_look(pursuit);
}

/* While somebody on the way may be what is at fault, or we ourselves, the peer is not. */
static bool
is_in_doubt(struct span verdict)
{
	return verdict.length > 0 && !span_equal(verdict, SPAN("unknown")) && !span_equal(verdict, SPAN("misconfiguration"));
}

static void
looked_keep(struct pursuit *pursuit, const struct looked *looked)
{
	struct span *const texts[] = { &pursuit->looked.host, &pursuit->looked.reason, &pursuit->looked.detail, &pursuit->looked.verdict,
		&pursuit->looked.banner, &pursuit->looked.transcript, &pursuit->looked.version, &pursuit->looked.cipher,
		&pursuit->looked.certificate };

	pursuit->looked = *looked;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		*texts[i] = arena_span(pursuit->arena, *texts[i]);
}

/* A domain whose policy is in order again is not told of the fault of a host, which is somebody else's. */
static bool
is_mended(const struct notice_case *of, struct span reason)
{
	return reason.length == 0 || (of->about == NOTICE_DOMAIN && notice_fault_is_told(NOTICE_HOST, reason));
}

/* It is not what has lasted, and may be ours: that it goes well with others says nothing of this moment. */
static bool
is_sudden(const struct notice_case *of, struct span reason)
{
	return notice_fault_is_doubtful(of->about, reason) && !span_equal(span_of(of->fault), reason);
}

static void
look_judge(struct pursuit *pursuit, const struct looked *looked)
{
	struct notice_case *of = &pursuit->cases[pursuit->at];

	if (looked->end == LOOK_UNKNOWN) {
		case_leave(pursuit, notice_party_later, NOTICE_IS_LATER, "a fresh look sees nothing");
	} else if (looked->end == LOOK_GONE || is_mended(of, looked->reason)) {
		case_leave(pursuit, notice_party_mended, NOTICE_IS_MENDED, "a fresh look finds no fault");
	} else if (is_in_doubt(looked->verdict) || !notice_fault_is_told(of->about, looked->reason) || is_sudden(of, looked->reason)) {
		case_leave(pursuit, notice_party_later, NOTICE_IS_DOUBTED, "what a fresh look sees need not be the peer's fault");
	} else {
		if (pursuit->at == 0)
			looked_keep(pursuit, looked);
		snprintf(of->fault, sizeof(of->fault), "%.*s", SPAN_ARG(looked->reason));
		if (looked->ip.family != 0)
			of->ip = looked->ip;
		case_keep(pursuit);
	}
}

/* Clients cannot be looked at: that mail without TLS, or with old TLS, was tried again not long ago has to do. */
static void
look_at_client(struct pursuit *pursuit)
{
	int64_t age_s = clock_wall() - pursuit->cases[pursuit->at].last_s;

	if (pursuit->wish == PURSUIT_HURRY || age_s <= (int64_t)pursuit->report->conf->notices_after_s)
		case_keep(pursuit);
	else
		case_leave(pursuit, notice_party_later, NOTICE_IS_LATER, "it was not seen lately");
}

static void
look_by_relay(struct pursuit *pursuit, const struct notice_case *of)
{
	struct look question = { ++pursuit->report->notices_id, span_of(of->domain), SPAN("") };

	if (of->about == NOTICE_HOST)
		question.host = span_of(of->name);
	pursuit->id = question.id;
	if (tellers_look(pursuit->report, &question))
		timer_start(pursuit->timer, PURSUIT_ANSWER_MS);
	else
		case_leave(pursuit, notice_party_later, NOTICE_IS_LATER, "no relay is there");
}

/* All that the notice names are looked at, one after the other: it says of none what is so no longer. */
void
pursuit_look(struct pursuit *pursuit)
{
	if (pursuit->at == pursuit->count)
		pursuit_tell(pursuit);
	else if (pursuit->cases[pursuit->at].about == NOTICE_CLIENT)
		look_at_client(pursuit);
	else
		look_by_relay(pursuit, &pursuit->cases[pursuit->at]);
}

void
notice_looked(struct report *report, const struct looked *looked)
{
	struct pursuit *pursuit = pursuit_find(report, looked->id);

	if (pursuit != NULL)
		look_judge(pursuit, looked);
}
