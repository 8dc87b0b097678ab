/* Whose a peer is, and who could be written to: policy is asked, and its cases are sorted by what it says. */
#include "report/notice_steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "loop/clock.h"
#include "policy/mailbox.h"
#include "policy/tlsrpt.h"
#include "report/notice_schedule.h"
#include "report/room.h"

#define ADDRESS_OCTETS 321	/* of a mailbox, and a NUL */

struct refused {
	struct ip ip;
	char sender[ADDRESS_OCTETS];
};

/* One plain address, and none of lists and robots (N50). */
static bool
sender_is_good(struct span sender)
{
	return tlsrpt_address_is_valid(sender) && !mailbox_is_of_nobody(span_first(sender, span_find(sender, '@')));
}

/* A person, not a role: only if the operator wants it, and the person's domain vouches for the peer. */
static struct span
sender_of(const struct pursuit *pursuit, enum contact_proof proof)
{
	const struct report *report = pursuit->report;

	for (unsigned i = 0; report->refused != NULL && report->conf->notices_senders && proof == CONTACT_BY_SPF && i < REFUSED_KEPT; i++) {
		const struct refused *refused = &report->refused[i];

		if (sender_is_good(span_of(refused->sender)) && ip_equal(refused->ip, pursuit->cases[0].ip) &&
		    span_equal_nocase(span_behind_last(span_of(refused->sender), '@'), span_of(pursuit->cases[0].domain)))
			return span_of(refused->sender);
	}
	return SPAN("");
}

static void
contacts_keep(struct pursuit *pursuit, const struct contacts_answer *answer)
{
	struct span sender = sender_of(pursuit, answer->proof);

	pursuit->operator = arena_span(pursuit->arena, answer->operator);
	pursuit->contacts = arena_alloc(pursuit->arena, (answer->count + 1) * sizeof(*pursuit->contacts));
	for (uint32_t i = 0; i < answer->count; i++)
		pursuit->contacts[i] = (struct contact){ answer->contacts[i].kind, arena_span(pursuit->arena, answer->contacts[i].address) };
	pursuit->contacts_count = answer->count;
	if (sender.length > 0)
		pursuit->contacts[pursuit->contacts_count++] = (struct contact){ CONTACT_SENDER, arena_span(pursuit->arena, sender) };
}

/* Nothing proves whose the peer is; or it is proved, and there is no zone whose operator could be written to. */
static bool
is_nobodys(const struct contacts_answer *answer)
{
	return answer->proof == CONTACT_UNPROVED || answer->operator.length == 0;
}

static bool
party_join(struct pursuit *pursuit, const char *key)
{
	struct notices *notices = pursuit->report->notices;

	snprintf(pursuit->cases[0].party, sizeof(pursuit->cases[0].party), "%s", key);
	return notices_case_join(notices, pursuit->cases[0].key, key) && notices_party_get(notices, key, &pursuit->party);
}

/*
 * Whose it is cannot be learnt now. Until it can, the case is a party of its own, as far as it has none: one whose DNS is broken is not
 * looked up again and again.
 */
void
pursuit_unknown(struct pursuit *pursuit, const char *text)
{
	char key[NOTICE_KEY];

	memcpy(key, *pursuit->cases[0].party != '\0' ? pursuit->cases[0].party : pursuit->cases[0].key, sizeof(key));
	if (party_join(pursuit, key)) {
		pursuit_conclude(pursuit, notice_party_later, NOTICE_IS_LATER, text);
	} else {
		pursuit_say(pursuit, NOTICE_IS_LATER, SPAN(""), text);
		pursuit_end_unkept(pursuit);
	}
}

/* The party of the case: its operator; the case itself as long as nobody knows whose it is. */
static void
party_key(const struct pursuit *pursuit, const struct contacts_answer *answer, char key[NOTICE_KEY])
{
	if (is_nobodys(answer))
		memcpy(key, pursuit->cases[0].key, NOTICE_KEY);
	else
		notices_key(pursuit->report->notices, NOTICE_OF_PARTY, answer->operator, key);
}

/*
 * Somebody else was told of the case, and the silence is not over. A client that many domains vouch for would otherwise be told of in the
 * name of one after the other: one notice, one reminder, then silence is what each fault gets, too.
 */
static bool
is_told_of(const struct pursuit *pursuit, const char *key, struct notice_party *before)
{
	struct notice_limits limits = notice_schedule_limits(pursuit->report);
	const char *party = pursuit->cases[0].party;

	return pursuit->wish != PURSUIT_HURRY && *party != '\0' && strcmp(party, key) != 0 &&
	    notices_party_get(pursuit->report->notices, party, before) && notice_is_silent(before, &limits, clock_wall());
}

/* The case stays with who was told of it; perhaps another of theirs is still theirs. */
static void
case_stays(struct pursuit *pursuit, const struct notice_party *before)
{
	if (pursuit->count > 1) {
		pursuit_drop(pursuit);
		pursuit_ask(pursuit);
		return;
	}
	pursuit->party = *before;
	pursuit_conclude(pursuit, notice_party_unproved, NOTICE_IS_UNPROVED, "it is no longer whose it was when they were told");
}

/* Cases of the party that turns out to be another's are its own business. */
static void
cases_sort_out(struct pursuit *pursuit)
{
	size_t kept = 1;

	for (size_t i = 1; i < pursuit->count; i++)
		if (strcmp(pursuit->cases[i].party, pursuit->party.key) == 0)
			pursuit->cases[kept++] = pursuit->cases[i];
	/* They were all of one party. */
	if (kept < pursuit->count)
		pursuit->more = 0;
	pursuit->count = kept;
}

/*
 * A reminder says that the problem is still there: of what has come, or come back, since the party was told, it says nothing. Returns false
 * when it would say nothing at all.
 */
static bool
cases_are_due(struct pursuit *pursuit)
{
	size_t kept = 0;

	if (pursuit->wish == PURSUIT_HURRY || pursuit_step(pursuit) != NOTICE_STEP_REMINDER)
		return true;
	for (size_t i = 0; i < pursuit->count; i++)
		if (pursuit_is_old(pursuit, &pursuit->cases[i]))
			pursuit->cases[kept++] = pursuit->cases[i];
	if (kept > 0)
		pursuit->count = kept;
	return kept > 0;
}

void
pursuit_contacts(struct report *report, const struct contacts_answer *answer)
{
	struct pursuit *pursuit = pursuit_find(report, answer->id);
	struct notice_party before;
	char key[NOTICE_KEY];

	if (pursuit == NULL)
		return;
	party_key(pursuit, answer, key);
	if (answer->is_known && is_told_of(pursuit, key, &before)) {
		case_stays(pursuit, &before);
		return;
	}
	if (!answer->is_known || !party_join(pursuit, key)) {
		pursuit_unknown(pursuit, answer->is_known ? "notices.db cannot be written" : "whose the peer is cannot be looked up now");
		return;
	}
	contacts_keep(pursuit, answer);
	cases_sort_out(pursuit);
	if (is_nobodys(answer))
		pursuit_conclude(pursuit, notice_party_unproved, NOTICE_IS_UNPROVED, "nothing proves whose the peer is");
	else if (pursuit->wish == PURSUIT_WHOSE || notices_mail_is_under_way(report->notices, pursuit->party.key))
		pursuit_end(pursuit);
	else if (!cases_are_due(pursuit))
		pursuit_conclude(pursuit, notice_party_silent, NOTICE_IS_MENDED, "what it was told of has ended, and what has come since waits for the silence to end");
	else
		pursuit_look(pursuit);
}

void
pursuit_ask(struct pursuit *pursuit)
{
	struct report *report = pursuit->report;
	const struct notice_case *of = &pursuit->cases[0];
	struct contact_question question = { .id = ++report->notices_id, .is_inbound = of->about == NOTICE_CLIENT, .domain = span_of(of->domain),
		.host = of->about == NOTICE_HOST ? span_of(of->name) : SPAN(""), .ip = of->ip,
		.zone = span_of(report->conf->notices_abuse_zone) };
	struct buf *out = channel_scratch();

	pursuit->id = question.id;
	timer_start(pursuit->timer, PURSUIT_ANSWER_MS);
	contact_question_encode(out, &question);
	channel_send(report->policy, REPORT_CONTACT, buf_span(out), -1);
}

/* --- whose mail was refused --- */

void
notice_refused(struct report *report, const struct refused_sender *refused)
{
	struct refused *kept;

	if (!report->conf->notices_senders || refused->sender.length == 0 || refused->sender.length >= ADDRESS_OCTETS)
		return;
	if (report->refused == NULL)
		report->refused = must_alloc(REFUSED_KEPT * sizeof(*report->refused));
	kept = &report->refused[report->refused_next++ % REFUSED_KEPT];
	kept->ip = refused->ip;
	memcpy(kept->sender, refused->sender.data, refused->sender.length);
	kept->sender[refused->sender.length] = '\0';
}

void
refused_forget(struct report *report)
{
	free(report->refused);
	report->refused = NULL;
}
