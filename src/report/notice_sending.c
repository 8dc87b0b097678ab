/* Steps of one pursuit. What it came to is a line in the log and rows of notices.db. */
#include "report/notice_sending.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/log.h"
#include "loop/clock.h"
#include "metrics/count.h"
#include "policy/mailbox.h"
#include "policy/tlsrpt.h"
#include "report/notice_due.h"
#include "report/notice_mail.h"
#include "report/notice_scan.h"
#include "report/notice_schedule.h"
#include "report/notice_store.h"
#include "report/room.h"

#define ANSWER_MS 600000	/* for contacts, and for a fresh look: a relay takes 150 s for one, and a few at a time */
#define TEXT_OCTETS 200
#define ADDRESS_OCTETS 321	/* of a mailbox, and a NUL */

struct pursuit {
	LIST_ENTRY(pursuit) entry;
	struct report *report;
	enum pursuit_wish wish;
	uint64_t id;			/* of what was asked last */
	struct timer *timer;		/* until it is answered */
	struct arena *arena;		/* of what was answered */
	struct notice_case cases[NOTICE_CASES_SHOWN];	/* worst first; those that a fresh look found mended are taken out */
	size_t count;
	size_t at;			/* the case that is looked at: those before it have their fault still */
	size_t more;			/* cases of the party beside these */
	struct span operator;
	struct contact *contacts;
	uint32_t contacts_count;
	struct notice_party party;
	struct notice_party before;	/* as it was before its mail was noted: what is not handed over was not sent */
	struct looked looked;		/* of cases[0]; texts are the arena's */
	struct mid mid;			/* of the message */
	struct commit *commit;		/* NULL = none is waited for */
};

struct refused {
	struct ip ip;
	char sender[ADDRESS_OCTETS];
};

static void
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

static void
pursuit_end(struct pursuit *pursuit)
{
	struct report *report = pursuit->report;

	pursuit_free(pursuit);
	notice_schedule_look(report);
}

/* What it came to cannot be kept: it waits for the next look, or the peer would be looked at again and again. */
static void
pursuit_end_unkept(struct pursuit *pursuit)
{
	log_warn("notice", LOG_TEXT("what", "notices.db cannot be written: the peer is looked at again"));
	pursuit_free(pursuit);
}

static void
step_say(const struct pursuit *pursuit, enum notice_result result, struct span to, const char *text)
{
	count(METRIC_NOTICES, result);
	log_info("notice", LOG_TEXT("peer", pursuit->cases[0].name), LOG_TEXT("fault", pursuit->cases[0].fault),
	    LOG_SPAN("result", metrics_word(METRICS_NOTICE, result)), LOG_SPAN("operator", pursuit->operator), LOG_ADDRESS("to", to),
	    LOG_TEXT("text", text));
}

/* What the party is now, on disk; and the end. */
typedef void party_change(struct notice_party *party, const struct notice_limits *limits, int64_t now_s);

static void
party_end(struct pursuit *pursuit, party_change *change, enum notice_result result, const char *text)
{
	struct notice_limits limits = notice_schedule_limits(pursuit->report);

	change(&pursuit->party, &limits, clock_wall());
	step_say(pursuit, result, SPAN(""), text);
	if (notices_party_put(pursuit->report->notices, &pursuit->party))
		pursuit_end(pursuit);
	else
		pursuit_end_unkept(pursuit);
}

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
	struct notice_letter letter = { .is_reminder = step == NOTICE_STEP_REMINDER, .cases = cases, .count = cases_gather(pursuit, cases), .more = pursuit->more,
		.looked = pursuit->cases[0].about == NOTICE_CLIENT ? NULL : &pursuit->looked, .operator = pursuit->operator, .to = to,
		.token = token, .mid = mid, .now_s = clock_wall() };

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
		party_end(pursuit, notice_party_later, NOTICE_IS_LATER, strerror(error));
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
		party_end(pursuit, notice_party_later, NOTICE_IS_LATER, "it cannot be written");
		return;
	}
	step_say(pursuit, NOTICE_IS_SENT, recipient.address, "");
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
			party_end(pursuit, notice_party_later, NOTICE_IS_LATER, why);
		else
			party_end(pursuit, notice_party_composed, NOTICE_IS_COMPOSED, "notices.mode is dry-run: it is not sent");
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

/* The case was there when its party was told. */
static bool
is_old(const struct pursuit *pursuit, const struct notice_case *of)
{
	return pursuit->party.notices > 0 && of->first_s <= pursuit->party.told_s;
}

static enum notice_step
step_of(const struct pursuit *pursuit)
{
	struct notice_limits limits = notice_schedule_limits(pursuit->report);
	enum notice_step step = notice_due(&pursuit->party, &limits, clock_wall());

	if (pursuit->wish == PURSUIT_HURRY && step != NOTICE_STEP_FIRST)
		step = is_old(pursuit, &pursuit->cases[0]) ? NOTICE_STEP_REMINDER : NOTICE_STEP_FIRST;
	return step;
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

/* The peer is told now, if it still may be. */
static void
tell(struct pursuit *pursuit)
{
	party_change *none = NULL;
	enum notice_step step;
	unsigned contact;

	if (!party_is_free(pursuit) || (step = step_of(pursuit)) == NOTICE_STEP_NONE) {
		pursuit_end(pursuit);
		return;
	}
	contact = contact_next(pursuit, &none);
	if (contact < pursuit->contacts_count)
		letter_send(pursuit, step, contact);
	else if (none == notice_party_unreached)
		party_end(pursuit, none, NOTICE_IS_UNREACHED, "no contact takes it over TLS");
	else
		party_end(pursuit, none, NOTICE_IS_LATER, "whom there is to write to was written to lately, or wants no notices");
}

/* --- a fresh look --- */

static void
case_drop(struct pursuit *pursuit)
{
	pursuit->count--;
	memmove(&pursuit->cases[pursuit->at], &pursuit->cases[pursuit->at + 1], (pursuit->count - pursuit->at) * sizeof(*pursuit->cases));
}

static void look(struct pursuit *pursuit);

/*
 * The case is not told of. Where the worst one is in doubt, the party waits: it is written to once. One that is gone leaves the others, and
 * one beside the worst goes unmentioned.
 */
static void
case_leave(struct pursuit *pursuit, party_change *change, enum notice_result result, const char *text)
{
	if (pursuit->at == 0 && (pursuit->count == 1 || change != notice_party_mended)) {
		party_end(pursuit, change, result, text);
		return;
	}
	case_drop(pursuit);
	look(pursuit);
}

static void
case_keep(struct pursuit *pursuit)
{
	pursuit->at++;
	look(pursuit);
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
		timer_start(pursuit->timer, ANSWER_MS);
	else
		case_leave(pursuit, notice_party_later, NOTICE_IS_LATER, "no relay is there");
}

/* All that the notice names are looked at, one after the other: it says of none what is so no longer. */
static void
look(struct pursuit *pursuit)
{
	if (pursuit->at == pursuit->count)
		tell(pursuit);
	else if (pursuit->cases[pursuit->at].about == NOTICE_CLIENT)
		look_at_client(pursuit);
	else
		look_by_relay(pursuit, &pursuit->cases[pursuit->at]);
}

static struct pursuit *
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
notice_looked(struct report *report, const struct looked *looked)
{
	struct pursuit *pursuit = pursuit_find(report, looked->id);

	if (pursuit != NULL)
		look_judge(pursuit, looked);
}

/* --- whose it is --- */

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
static void
contacts_unknown(struct pursuit *pursuit, const char *text)
{
	char key[NOTICE_KEY];

	memcpy(key, *pursuit->cases[0].party != '\0' ? pursuit->cases[0].party : pursuit->cases[0].key, sizeof(key));
	if (party_join(pursuit, key)) {
		party_end(pursuit, notice_party_later, NOTICE_IS_LATER, text);
	} else {
		step_say(pursuit, NOTICE_IS_LATER, SPAN(""), text);
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

static void ask(struct pursuit *pursuit);

/* The case stays with who was told of it; perhaps another of theirs is still theirs. */
static void
case_stays(struct pursuit *pursuit, const struct notice_party *before)
{
	if (pursuit->count > 1) {
		case_drop(pursuit);
		ask(pursuit);
		return;
	}
	pursuit->party = *before;
	party_end(pursuit, notice_party_unproved, NOTICE_IS_UNPROVED, "it is no longer whose it was when they were told");
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

	if (pursuit->wish == PURSUIT_HURRY || step_of(pursuit) != NOTICE_STEP_REMINDER)
		return true;
	for (size_t i = 0; i < pursuit->count; i++)
		if (is_old(pursuit, &pursuit->cases[i]))
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
		contacts_unknown(pursuit, answer->is_known ? "notices.db cannot be written" : "whose the peer is cannot be looked up now");
		return;
	}
	contacts_keep(pursuit, answer);
	cases_sort_out(pursuit);
	if (is_nobodys(answer))
		party_end(pursuit, notice_party_unproved, NOTICE_IS_UNPROVED, "nothing proves whose the peer is");
	else if (pursuit->wish == PURSUIT_WHOSE || notices_mail_is_under_way(report->notices, pursuit->party.key))
		pursuit_end(pursuit);
	else if (!cases_are_due(pursuit))
		party_end(pursuit, notice_party_silent, NOTICE_IS_MENDED, "what it was told of has ended, and what has come since waits for the silence to end");
	else
		look(pursuit);
}

static void
ask(struct pursuit *pursuit)
{
	struct report *report = pursuit->report;
	const struct notice_case *of = &pursuit->cases[0];
	struct contact_question question = { .id = ++report->notices_id, .is_inbound = of->about == NOTICE_CLIENT, .domain = span_of(of->domain),
		.host = of->about == NOTICE_HOST ? span_of(of->name) : SPAN(""), .ip = of->ip,
		.zone = span_of(report->conf->notices_abuse_zone) };
	struct buf *out = channel_scratch();

	pursuit->id = question.id;
	timer_start(pursuit->timer, ANSWER_MS);
	contact_question_encode(out, &question);
	channel_send(report->policy, REPORT_CONTACT, buf_span(out), -1);
}

/* Nobody answers: later. */
static void
on_silence(void *arg)
{
	struct pursuit *pursuit = arg;

	if (*pursuit->party.key != '\0')
		party_end(pursuit, notice_party_later, NOTICE_IS_LATER, "a fresh look took too long");
	else
		contacts_unknown(pursuit, "whose the peer is was looked up for too long");
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
	ask(pursuit);
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
