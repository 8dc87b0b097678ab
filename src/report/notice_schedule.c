/* A timer, the ledger looked through, and what is due: first whose every faulty peer is, then who is told. */
#include "report/notice_schedule.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "loop/clock.h"
#include "metrics/count.h"
#include "report/notice_due.h"
#include "report/notice_scan.h"
#include "report/notice_pursuit.h"
#include "report/notice_store.h"
#include "report/room.h"

#define AT_ONCE 10		/* pursuits under way */
#define LOOKS 48		/* in the time that a fault has to last: it is known that well when it began */
#define LOOK_MOST_MS 3600000
#define LOOK_LEAST_MS 200	/* also after something ended */
#define DAY_S 86400
#define BRAKE_DAYS 30		/* bounces are counted over so long */
#define WHY_OCTETS 300

struct notice_limits
notice_schedule_limits(const struct report *report)
{
	const struct conf_report *conf = report->conf;

	return (struct notice_limits){ .after_s = conf->notices_after_s, .sessions = conf->notices_sessions, .remind_s = conf->notices_remind_s,
		.silence_s = conf->notices_silence_s, .most = conf->notices_most, .bounces = conf->notices_bounces,
		.lookups = conf->notices_lookups };
}

static bool
is_on(const struct report *report)
{
	return !report->is_stopping && report->notices != NULL && report->ledger != NULL && report->conf->notices_mode != CONF_NOTICES_OFF;
}

bool
notice_schedule_is_braked(const struct report *report)
{
	struct notice_limits limits = notice_schedule_limits(report);
	struct notice_counts counts;

	/* What cannot be counted is enough. */
	return !notices_count(report->notices, clock_wall() - BRAKE_DAYS * DAY_S, &counts) || notice_brake(counts.ended, counts.bounced, &limits);
}

/* Said when it begins to hold, and when it lets go. */
static bool
look_at_brake(struct report *report)
{
	bool is_braked = notice_schedule_is_braked(report);

	if (is_braked && !report->notices_are_braked)
		log_warn("notice", LOG_TEXT("what", "too many notices bounce: none is sent for now, see \"sealpost notice stats\""));
	else if (!is_braked && report->notices_are_braked)
		log_info("notice", LOG_TEXT("what", "notices are sent again: bounces are few"));
	report->notices_are_braked = is_braked;
	return is_braked;
}

static bool
has_room(struct report *report)
{
	struct notice_counts counts;

	return notices_count(report->notices, clock_wall() - DAY_S, &counts) && counts.sent + report->pursuits_count < report->conf->notices_most;
}

/* Suppressed by the operator, as a peer or as its network; or the party wants none. */
static bool
is_unwanted(const struct report *report, const struct notice_case *of)
{
	return notices_is_stopped(report->notices, of->key, SPAN(""), SPAN(""), of->ip) ||
	    (*of->party != '\0' && notices_is_stopped(report->notices, of->party, SPAN(""), SPAN(""), of->ip));
}

/* --- whose they are --- */

/* Who comes here without TLS under many addresses must not use up what may be looked up in a day: half of it is for hosts alone. */
static bool
has_lookups(struct report *report, const struct notice_case *of)
{
	uint64_t most = report->conf->notices_lookups;

	return notices_lookups_count(report->notices, clock_wall()) < (of->about == NOTICE_CLIENT ? most - most / 2 : most);
}

enum whose { WHOSE_KNOWN, WHOSE_ASKED, WHOSE_ENOUGH };

static enum whose
find_party(struct report *report, const struct notice_case *of)
{
	struct notice_limits limits = notice_schedule_limits(report);

	if (!of->is_lasting || *of->party != '\0')
		return WHOSE_KNOWN;
	if (pursuit_is_under_way(report, of))
		return WHOSE_ASKED;
	if (report->pursuits_count >= AT_ONCE)
		return WHOSE_ENOUGH;
	if (is_unwanted(report, of))
		return WHOSE_KNOWN;
	if (!has_lookups(report, of) || !notices_lookup_take(report->notices, &limits, clock_wall()))
		return WHOSE_ENOUGH;
	pursuit_start(report, PURSUIT_WHOSE, &of, 1);
	return WHOSE_ASKED;
}

/*
 * Returns false when some are not known yet: who has many hosts is to be told of them together. Hosts that mail goes to come first.
 */
static bool
find_parties(struct report *report)
{
	bool are_known = true;

	for (int clients = 0; clients <= 1; clients++)
		for (size_t i = 0; i < report->notice_cases.count; i++) {
			const struct notice_case *of = &report->notice_cases.items[i];
			enum whose whose = (of->about == NOTICE_CLIENT) == (clients == 1) ? find_party(report, of) : WHOSE_KNOWN;

			if (whose == WHOSE_ENOUGH)
				return are_known && report->pursuits_count < AT_ONCE;
			are_known = are_known && whose == WHOSE_KNOWN;
		}
	return are_known;
}

/* --- who is told --- */

static bool
is_due(struct report *report, const struct notice_case *of)
{
	struct notice_limits limits = notice_schedule_limits(report);
	struct notice_party party;

	return !pursuit_is_under_way(report, of) && notices_party_get(report->notices, of->party, &party) &&
	    notice_due(&party, &limits, clock_wall()) != NOTICE_STEP_NONE && !notices_mail_is_under_way(report->notices, of->party) &&
	    !is_unwanted(report, of);
}

/* All lasting cases of its party that may be told of go into one notice: the worst are named, the others counted. */
static void
party_tell(struct report *report, const struct notice_case *first)
{
	const struct notice_case *cases[NOTICE_CASES_SHOWN];
	size_t count = 0;

	for (size_t i = 0; i < report->notice_cases.count; i++) {
		const struct notice_case *of = &report->notice_cases.items[i];

		if (!of->is_lasting || strcmp(of->party, first->party) != 0 || is_unwanted(report, of))
			continue;
		if (count < NOTICE_CASES_SHOWN)
			cases[count] = of;
		count++;
	}
	pursuit_start(report, PURSUIT_TELL, cases, count);
}

static void
tell_some(struct report *report, bool are_clients)
{
	struct notice_limits limits = notice_schedule_limits(report);

	for (size_t i = 0; i < report->notice_cases.count && report->pursuits_count < AT_ONCE; i++) {
		const struct notice_case *of = &report->notice_cases.items[i];

		if (!of->is_lasting || *of->party == '\0' || (of->about == NOTICE_CLIENT) != are_clients || !is_due(report, of))
			continue;
		if (!has_room(report) || !has_lookups(report, of) || !notices_lookup_take(report->notices, &limits, clock_wall()))
			break;
		party_tell(report, of);
	}
}

static void
tell_parties(struct report *report)
{
	if (look_at_brake(report))
		return;
	tell_some(report, false);
	tell_some(report, true);
}

/* --- the timer --- */

static int64_t
pause_ms(const struct report *report)
{
	int64_t pause = (int64_t)report->conf->notices_after_s * 1000 / LOOKS;

	return pause > LOOK_MOST_MS ? LOOK_MOST_MS : pause < LOOK_LEAST_MS ? LOOK_LEAST_MS : pause;
}

static bool
scan(struct report *report)
{
	struct notice_limits limits = notice_schedule_limits(report);

	notice_cases_free(&report->notice_cases);
	return notice_scan(report->ledger, report->notices, &limits, clock_wall(), &report->notice_cases);
}

static void
on_look(void *arg)
{
	struct report *report = arg;
	struct notice_limits limits;

	if (!is_on(report))
		return;
	limits = notice_schedule_limits(report);
	if (scan(report) && report->policy != NULL && report->writer != NULL && find_parties(report))
		tell_parties(report);
	notices_expire(report->notices, &limits, clock_wall());
	timer_start(report->notice_timer, pause_ms(report));
}

void
notice_schedule_look(struct report *report)
{
	if (report->notice_timer != NULL && is_on(report))
		timer_start(report->notice_timer, LOOK_LEAST_MS);
}

void
notice_schedule_configure(struct report *report)
{
	char why[WHY_OCTETS] = "";

	if (report->notice_timer == NULL)
		report->notice_timer = timer_new(on_look, report);
	if (report->ledger == NULL) {
		notice_schedule_free(report);
		return;
	}
	if (report->conf->notices_mode == CONF_NOTICES_OFF) {
		pursuits_free(report);
		notice_cases_free(&report->notice_cases);
	}
	if (report->notices == NULL)
		report->notices = notices_open(report->conf->ledger_directory, why, sizeof(why));
	if (report->notices == NULL)
		log_error("notice", LOG_TEXT("what", "notices.db cannot be opened, nobody is told of faults"), LOG_TEXT("text", why));
	if (!report->conf->notices_senders)
		refused_forget(report);
	notice_schedule_look(report);
}

void
notice_schedule_free(struct report *report)
{
	pursuits_free(report);
	refused_forget(report);
	notice_cases_free(&report->notice_cases);
	notices_close(&report->notices);
	timer_free(&report->notice_timer);
}

/* --- the operator --- */

const char *
notice_schedule_hurry(struct report *report, const struct notice_case *of)
{
	if (report->conf->notices_mode != CONF_NOTICES_ON)
		return "notices.mode is not on: nothing is sent";
	if (report->policy == NULL || report->writer == NULL)
		return "another process of this relay is away: try again";
	if (notice_schedule_is_braked(report))
		return "too many notices have bounced: none is sent, see \"sealpost notice stats\"";
	if (pursuit_is_under_way(report, of) || (*of->party != '\0' && notices_mail_is_under_way(report->notices, of->party)))
		return "a notice is on its way already";
	if (!has_room(report))
		return "as many notices as notices.most allows were sent within a day";
	if (is_unwanted(report, of))
		return "it wants no notices: see \"sealpost notice allow\"";
	pursuit_start(report, PURSUIT_HURRY, &of, 1);
	return NULL;
}

/* --- what became of one --- */

static enum notice_mail_state
end_of(const struct noticed_recipient *recipient)
{
	if (recipient->action != ACTION_FAILED)
		return NOTICE_MAIL_TAKEN;
	/* A refusal is a bounce; that there was no TLS, or no answer in a day, says nothing against us. */
	return recipient->outcome.kind == OUTCOME_FAILED && !recipient->outcome.is_policy ? NOTICE_MAIL_BOUNCED : NOTICE_MAIL_NO_TLS;
}

/* Both or neither: an end that is known is not told again. */
static bool
end_write(struct report *report, const struct notification *notification, enum notice_mail_state end, bool *is_known)
{
	struct notice_limits limits = notice_schedule_limits(report);
	struct notice_party party;
	char key[NOTICE_KEY];

	if (!notices_mail_end(report->notices, notification->envelope.mid, end, clock_wall(), is_known, key))
		return false;
	if (!*is_known)
		return true;
	if (!notices_party_get(report->notices, key, &party))
		return false;
	if (end == NOTICE_MAIL_TAKEN)
		notice_party_taken(&party, &limits, clock_wall());
	else
		notice_party_next(&party, clock_wall());
	return notices_party_put(report->notices, &party);
}

bool
notice_ended(struct report *report, const struct notification *notification)
{
	static const enum notice_result results[NOTICE_MAIL_STATES] = {
		[NOTICE_MAIL_TAKEN] = NOTICE_IS_TAKEN, [NOTICE_MAIL_BOUNCED] = NOTICE_IS_BOUNCED, [NOTICE_MAIL_NO_TLS] = NOTICE_IS_NO_TLS
	};
	enum notice_mail_state end = end_of(&notification->recipients[0]);
	bool is_known = false;

	/* Without a ledger nobody waits for it; with one that cannot be opened now, it would be told twice. */
	if (report->notices == NULL)
		return report->conf->ledger_keep_s == 0;
	if (!end_write(report, notification, end, &is_known)) {
		notices_rollback(report->notices);
		return false;
	}
	if (!is_known)
		return true;
	count(METRIC_NOTICES, results[end]);
	log_info("notice", LOG_MID("id", notification->envelope.mid), LOG_SPAN("result", metrics_word(METRICS_NOTICE, results[end])),
	    LOG_ADDRESS("to", notification->envelope.recipients[0].address), LOG_SPAN("reason", notification->recipients[0].outcome.reason));
	notice_schedule_look(report);
	return true;
}
