/* The party is told: which contact's turn it is, and the message, noted as sent before it is in the spool. */
#include "report/notice_steps.h"

#include <string.h>

#include "loop/clock.h"
#include "report/notice_mail.h"
#include "report/notice_schedule.h"
#include "report/room.h"

/* --- the message --- */

/* Those of the party's cases that the message names. */
static size_t
cases_gather(const struct pursuit *pursuit, const struct notice_case *cases[NOTICE_CASES_SHOWN])
{
	for (size_t i = 0; i < pursuit->count; i++)
		cases[i] = &pursuit->cases[i];
	return pursuit->count;
}

static const char *
letter_write(struct pursuit *pursuit, struct buf *out, enum notice_step step, struct span to, struct mid mid)
{
	struct report *report = pursuit->report;
	const struct notice_case *cases[NOTICE_CASES_SHOWN];
	char token[STOP_TOKEN + 1];
	struct notice_letter letter = { .is_reminder = step == NOTICE_STEP_REMINDER, .cases = cases, .count = cases_gather(pursuit, cases),
		.more = pursuit->more, .looked = pursuit->cases[0].about == NOTICE_CLIENT ? NULL : &pursuit->looked,
		.operator = pursuit->operator, .to = to, .token = token, .mid = mid, .now_s = clock_wall() };

	if (!notices_token(report->notices, pursuit->party.key, to, token))
		return "notices.db cannot be written";
	return notice_compose(out, &letter, report->conf);
}

static void
on_committed(void *arg, int error)
{
	struct pursuit *pursuit = arg;
	struct report *report = pursuit->report;

	pursuit->commit = NULL;
	report->committing--;
	if (error != 0) {
		(void)notices_mail_remove(report->notices, pursuit->mid);
		pursuit->party = pursuit->before;
		pursuit_conclude(pursuit, notice_party_later, NOTICE_IS_LATER, strerror(error));
	} else {
		report->notices_sent++;
		pursuit_end(pursuit);
	}
	room_maybe_done(report);
}

/* On disk as sent before it can be: whatever ends now, it is not sent twice. */
static bool
sent_note(struct pursuit *pursuit, unsigned contact)
{
	struct report *report = pursuit->report;

	notice_party_sent(&pursuit->party, contact, pursuit->cases[0].fault, clock_wall());
	return notices_mail_add(report->notices, pursuit->mid, pursuit->party.key, &pursuit->contacts[contact], clock_wall()) &&
	    notices_party_put(report->notices, &pursuit->party);
}

static void
letter_commit(struct pursuit *pursuit, struct record *record, struct span message, unsigned contact)
{
	struct report *report = pursuit->report;
	struct recipient recipient = { .address = pursuit->contacts[contact].address, .notify = NOTIFY_NEVER };
	struct envelope envelope = { .arrival_ms = clock_wall_ms(), .client_uid = UINT32_MAX, .recipients = &recipient, .recipients_count = 1,
		.flags = ENVELOPE_OWN | ENVELOPE_TLS_OPTIONAL | ENVELOPE_BRIEF | ENVELOPE_TOLD };

	pursuit->before = pursuit->party;
	if (record_add(record, message) != 0 || !sent_note(pursuit, contact)) {
		record_abort(&record);
		(void)notices_mail_remove(pursuit->report->notices, pursuit->mid);
		pursuit->party = pursuit->before;
		pursuit_conclude(pursuit, notice_party_later, NOTICE_IS_LATER, "it cannot be written");
		return;
	}
	pursuit_say(pursuit, NOTICE_IS_SENT, recipient.address, "");
	report->committing++;
	pursuit->commit = record_commit(&record, &envelope, on_committed, pursuit);
}

/* Without `notices: {from: ...}` it is made, and shown to the operator. */
static bool
is_dry(const struct report *report)
{
	return report->conf->notices_mode != CONF_NOTICES_ON;
}

static void
letter_send(struct pursuit *pursuit, enum notice_step step, unsigned contact)
{
	struct report *report = pursuit->report;
	struct record *record = record_new(report->writer);
	struct buf message;
	const char *why;

	buf_init(&message, NOTICE_MAIL_OCTETS);
	pursuit->mid = record_mid(record);
	why = letter_write(pursuit, &message, step, pursuit->contacts[contact].address, pursuit->mid);
	if (why != NULL || is_dry(report)) {
		record_abort(&record);
		if (why != NULL)
			pursuit_conclude(pursuit, notice_party_later, NOTICE_IS_LATER, why);
		else
			pursuit_conclude(pursuit, notice_party_composed, NOTICE_IS_COMPOSED, "notices.mode is dry-run: it is not sent");
	} else {
		letter_commit(pursuit, record, buf_span(&message), contact);
	}
	buf_clear(&message);
}

/* --- whom it goes to --- */

/* Who looks after the zones of many operators is one person: not written to for each of them (RFC 3834 2, N51). */
static bool
is_fresh(const struct pursuit *pursuit, struct span address)
{
	struct notice_limits limits = notice_schedule_limits(pursuit->report);

	return pursuit->wish != PURSUIT_HURRY &&
	    notices_address_is_told(pursuit->report->notices, address, clock_wall() - notice_least_s(&limits));
}

static bool
is_stopped(const struct pursuit *pursuit, struct span address)
{
	return notices_is_stopped(pursuit->report->notices, pursuit->party.key, address, span_behind_last(address, '@'), pursuit->cases[0].ip);
}

/*
 * The next contact, from the one whose turn it is; contacts_count = there is none, and *none says what becomes of the party. Contacts are
 * asked for anew each time, and may be fewer than they were.
 */
static unsigned
contact_next(const struct pursuit *pursuit, party_change **none)
{
	unsigned contact = pursuit->party.contact, stopped = 0, fresh = 0;

	for (; contact < pursuit->contacts_count; contact++) {
		struct span address = pursuit->contacts[contact].address;

		if (is_stopped(pursuit, address))
			stopped++;
		else if (is_fresh(pursuit, address))
			fresh++;
		else
			return contact;
	}
	*none = fresh > 0 ? notice_party_fresh : stopped > 0 && stopped == pursuit->contacts_count ? notice_party_unwanted :
	    notice_party_unreached;
	return pursuit->contacts_count;
}

/* While the peer was looked at, another of its cases may have led to the same party, and told it. */
static bool
party_is_free(struct pursuit *pursuit)
{
	struct report *report = pursuit->report;
	char key[NOTICE_KEY];

	memcpy(key, pursuit->party.key, sizeof(key));
	return report->writer != NULL && !report->is_stopping && notices_party_get(report->notices, key, &pursuit->party) &&
	    !notices_mail_is_under_way(report->notices, key);
}

void
pursuit_tell(struct pursuit *pursuit)
{
	party_change *none = NULL;
	enum notice_step step;
	unsigned contact;

	if (!party_is_free(pursuit) || (step = pursuit_step(pursuit)) == NOTICE_STEP_NONE) {
		pursuit_end(pursuit);
		return;
	}
	contact = contact_next(pursuit, &none);
	if (contact < pursuit->contacts_count)
		letter_send(pursuit, step, contact);
	else if (none == notice_party_unreached)
		pursuit_conclude(pursuit, none, NOTICE_IS_UNREACHED, "no contact takes it over TLS");
	else
		pursuit_conclude(pursuit, none, NOTICE_IS_LATER, "whom there is to write to was written to lately, or wants no notices");
}
