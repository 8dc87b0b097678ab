/* The operator asks for notices: which peers have faults, what they would be told, who wants none; and that one be sent. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "loop/clock.h"
#include "mail/notice_template.h"
#include "policy/reason.h"
#include "policy/tlsrpt.h"
#include "report/notice_due.h"
#include "report/notice_mail.h"
#include "report/notice_scan.h"
#include "report/notice_schedule.h"
#include "report/notice_store.h"
#include "report/question.h"

#define DAY_S 86400
#define BRAKE_DAYS 30
#define ADDRESS_OCTETS (NOTICE_NAME + sizeof("postmaster@"))
#define TEXT_OCTETS 8192	/* of a preview */
#define WHY_OCTETS 300
#define DOUBTED "it goes well with nobody at present: the fault may be this relay's own"
#define NO_FAULT "no such peer has a fault that is looked at"

/* A case, and what is known of whose it is. */
struct standing {
	const struct notice_case *of;
	struct notice_party party;	/* new where nobody was looked up */
	bool is_stopped;
};

/* The ledger as it is now: what the last look has found may be old. */
static bool
cases_scan(struct question *question, struct notice_cases *cases)
{
	struct report *report = question->report;
	struct notice_limits limits = notice_schedule_limits(report);

	*cases = (struct notice_cases){ .count = 0 };
	if (notice_scan(report->ledger, report->notices, &limits, clock_wall(), cases))
		return true;
	notice_cases_free(cases);
	question_end(question, EX_UNAVAILABLE, "the ledger or notices.db cannot be read: see the log");
	return false;
}

/* Before its contacts are looked up a case is nobody's; then the address alone can be among those who want none. */
static bool
standing_of(struct report *report, const struct notice_case *of, struct standing *standing)
{
	bool is_known = *of->party != '\0';
	struct span domain = of->about == NOTICE_CLIENT ? SPAN("") : span_of(of->name);

	*standing = (struct standing){ .of = of };
	standing->is_stopped = notices_is_stopped(report->notices, is_known ? of->party : of->key, SPAN(""), domain, of->ip);
	return !is_known || notices_party_get(report->notices, of->party, &standing->party);
}

/* --- list --- */

/* What became of it, or will, for people; by the state of its party. */
static const char *
standing_words(const struct report *report, const struct standing *standing)
{
	static const char *const words[NOTICE_STATES] = {
		[NOTICE_TOLD] = "was told", [NOTICE_REMINDED] = "was told, and reminded",
		[NOTICE_UNREACHED] = "no TLS way exists: in the DSNs of our users",
		[NOTICE_UNPROVED] = "nobody can be proved to run it: nobody is written to",
		[NOTICE_MENDED] = "a fresh look found no fault", [NOTICE_COMPOSED] = "would have been sent"
	};
	static const char *const modes[] = { [CONF_NOTICES_OFF] = "notices are off", [CONF_NOTICES_DRY_RUN] = "would be sent",
		[CONF_NOTICES_ON] = "to be sent" };

	if (standing->is_stopped)
		return "wants no notices, or is to get none";
	if (standing->party.state != NOTICE_WATCHED)
		return words[standing->party.state];
	if (standing->party.sent_s > standing->party.told_s)
		return "on its way";
	if (standing->of->is_doubted)
		return DOUBTED;
	if (!standing->of->is_lasting)
		return "has not lasted long enough";
	return modes[report->conf->notices_mode];
}

/* When it is looked at again; 0 = at the next look, or never. */
static int64_t
standing_next_s(const struct report *report, const struct standing *standing)
{
	int64_t lasting_s = standing->of->is_lasting ? 0 : standing->of->first_s + (int64_t)report->conf->notices_after_s;

	if (standing->is_stopped)
		return 0;
	return standing->party.again_s > lasting_s ? standing->party.again_s : lasting_s;
}

static void
standing_say(struct question *question, const struct standing *standing)
{
	const struct notice_case *of = standing->of;
	const struct reason *reason = reason_find(span_of(of->fault));
	struct row row = { .fields_count = 0 };
	char ip[IP_TEXT];

	row_text(&row, "direction", span_of(of->about == NOTICE_CLIENT ? "in" : "out"));
	row_text(&row, "peer", span_of(of->name));
	row_text(&row, "about", span_of(notice_about_name(of->about)));
	row_text(&row, "fault", span_of(of->fault));
	row_text(&row, "words", span_of(reason == NULL ? "" : reason->text));
	row_text(&row, "detail", span_of(of->detail));
	row_text(&row, "domain", span_of(of->domain));
	row_number(&row, "domains", of->domains);
	row_text(&row, "ip", span_of(ip_format(of->ip, ip)));
	row_text(&row, "helo", span_of(of->helo));
	row_number(&row, "failed", (int64_t)of->failed);
	row_number(&row, "good", (int64_t)of->good);
	row_number(&row, "first_s", of->first_s);
	row_number(&row, "last_s", of->last_s);
	row_flag(&row, "lasting", of->is_lasting);
	row_text(&row, "state", span_of(standing->is_stopped ? "stopped" : notice_state_name(standing->party.state)));
	row_number(&row, "sent_s", standing->party.sent_s);
	row_number(&row, "told_s", standing->party.told_s);
	row_number(&row, "next_s", standing_next_s(question->report, standing));
	row_text(&row, "text", span_of(standing_words(question->report, standing)));
	question_row(question, &row);
}

void
question_notice_list(struct question *question)
{
	struct notice_cases cases;
	struct standing standing;
	char text[80] = "";
	bool good = true;

	if (!cases_scan(question, &cases))
		return;
	for (size_t i = 0; good && i < cases.count && i < QUESTION_ROWS_MOST; i++) {
		good = standing_of(question->report, &cases.items[i], &standing);
		if (good)
			standing_say(question, &standing);
	}
	if (cases.count > QUESTION_ROWS_MOST || cases.is_cut)
		snprintf(text, sizeof(text), "and %zu more%s", cases.count - question->rows, cases.is_cut ? ", at least" : "");
	if (!good)
		question_end(question, EX_UNAVAILABLE, "notices.db cannot be read: see the log");
	else
		question_end(question, 0, cases.count == 0 ? "no peer has a fault that it could be told of" : text);
	notice_cases_free(&cases);
}

/* --- preview, send --- */

/* A host, an address, or a domain: of several cases the worst. */
static const struct notice_case *
case_find(const struct notice_cases *cases, struct span peer)
{
	for (size_t i = 0; i < cases->count; i++)
		if (span_equal_nocase(span_of(cases->items[i].name), peer))
			return &cases->items[i];
	for (size_t i = 0; i < cases->count; i++)
		if (span_equal_nocase(span_of(cases->items[i].domain), peer))
			return &cases->items[i];
	return NULL;
}

/* With it the lasting ones of the same party, as one notice names and counts them. Returns how many there are. */
static size_t
company_gather(const struct notice_cases *cases, const struct notice_case *first, const struct notice_case *out[NOTICE_CASES_SHOWN])
{
	size_t count = 1;

	out[0] = first;
	for (size_t i = 0; i < cases->count && *first->party != '\0'; i++) {
		const struct notice_case *of = &cases->items[i];

		if (of == first || !of->is_lasting || strcmp(of->party, first->party) != 0)
			continue;
		if (count < NOTICE_CASES_SHOWN)
			out[count] = of;
		count++;
	}
	return count;
}

/* Whose the peer is, as far as that is known without asking anybody. */
static struct span
operator_of(const struct notice_case *of)
{
	if (*of->domain != '\0')
		return span_of(of->domain);
	return of->about == NOTICE_CLIENT ? SPAN("unknown.invalid") : span_of(of->name);
}

static const char *
letter_write(const struct notice_letter *letter, const struct conf_report *conf, struct buf *subject, struct buf *text)
{
	const char *why = notice_write_subject(subject, letter, conf);

	return why != NULL ? why : notice_write_text(text, letter, conf, false);
}

static void
preview_say(struct question *question, const struct notice_letter *letter, const struct conf_report *conf, const struct standing *standing)
{
	struct row row = { .fields_count = 0 };
	struct buf subject, text;
	const char *why;

	buf_init(&subject, TEXT_OCTETS);
	buf_init(&text, TEXT_OCTETS);
	why = letter_write(letter, conf, &subject, &text);
	if (why == NULL) {
		row_text(&row, "peer", span_of(standing->of->name));
		row_text(&row, "state", span_of(standing_words(question->report, standing)));
		row_text(&row, "subject", buf_span(&subject));
		row_text(&row, "text", buf_span(&text));
		question_row(question, &row);
	}
	question_end(question, why == NULL ? 0 : EX_CONFIG, why == NULL ? "" : why);
	buf_clear(&subject);
	buf_clear(&text);
}

/* The template that was sent along, of another language, or the configured one. Returns NULL, or why there is none. */
static const char *
template_choose(struct question *question, struct conf_report *conf)
{
	char why[WHY_OCTETS] = "";

	if (question->notice_template.length > 0)
		conf->notices_template = arena_copy(question->arena, question->notice_template);
	if (*conf->notices_template == '\0')
		return "there is no template: see notices.template in sealpost.yaml(5)";
	if (notice_template_is_good(span_of(conf->notices_template), why, sizeof(why)))
		return NULL;
	return arena_copy(question->arena, span_of(why));
}

static void
preview(struct question *question, const struct notice_cases *cases, const struct notice_case *first)
{
	static const char token[STOP_TOKEN + 1] = "00000000000000000000000000000000";
	const struct notice_case *company[NOTICE_CASES_SHOWN];
	struct conf_report conf = *question->report->conf;
	const char *why = template_choose(question, &conf);
	size_t total = company_gather(cases, first, company), count = total < NOTICE_CASES_SHOWN ? total : NOTICE_CASES_SHOWN;
	struct notice_letter letter = { .cases = company, .count = count, .more = total - count, .operator = operator_of(first),
		.token = token, .now_s = clock_wall() };
	char to[ADDRESS_OCTETS];
	struct standing standing;

	if (why != NULL) {
		question_end(question, EX_CONFIG, why);
		return;
	}
	if (!standing_of(question->report, first, &standing)) {
		question_end(question, EX_UNAVAILABLE, "notices.db cannot be read: see the log");
		return;
	}
	snprintf(to, sizeof(to), "postmaster@%.*s", SPAN_ARG(letter.operator));
	letter.to = span_of(to);
	letter.is_reminder = standing.party.state == NOTICE_TOLD;
	preview_say(question, &letter, &conf, &standing);
}

void
question_notice_preview(struct question *question)
{
	const struct notice_case *first;
	struct notice_cases cases;

	if (!cases_scan(question, &cases))
		return;
	first = case_find(&cases, question->what);
	if (first == NULL)
		question_end(question, 1, NO_FAULT);
	else
		preview(question, &cases, first);
	notice_cases_free(&cases);
}

void
question_notice_send(struct question *question)
{
	struct report *report = question->report;
	const struct notice_case *first;
	struct notice_cases cases;
	struct standing standing;
	const char *why;

	if (report->conf->notices_mode != CONF_NOTICES_ON) {
		question_end(question, EX_CONFIG, "notices.mode is not on: nothing is sent");
		return;
	}
	if (!cases_scan(question, &cases))
		return;
	first = case_find(&cases, question->what);
	if (first == NULL)
		why = NO_FAULT;
	else if (!standing_of(report, first, &standing))
		why = "notices.db cannot be read: see the log";
	else if (standing.is_stopped)
		why = "it wants no notices, or is to get none: see \"sealpost notice allow\"";
	else if (first->is_doubted)
		why = DOUBTED;
	else
		why = notice_schedule_hurry(report, first);
	question_end(question, why == NULL ? 0 : 1, why == NULL ? "" : why);
	notice_cases_free(&cases);
}

/* --- suppress, allow --- */

/* One way, or back. */
struct silence {
	struct notices *notices;
	bool is_allowed;	/* again */
	bool good;		/* all is on disk */
	bool was_stopped;	/* one of them, so far */
};

static void
silence_name(struct silence *silence, enum notice_key_of of, struct span name)
{
	bool was_stopped = false;

	if (silence->is_allowed)
		silence->good = notices_allow(silence->notices, of, name, &was_stopped) && silence->good;
	else
		silence->good = notices_stop(silence->notices, of, name, "operator", clock_wall()) && silence->good;
	silence->was_stopped = silence->was_stopped || was_stopped;
}

static void
silence_party(struct silence *silence, const char *key)
{
	bool was_stopped = false;

	if (silence->is_allowed)
		silence->good = notices_allow_party(silence->notices, key, &was_stopped) && silence->good;
	else
		silence->good = notices_stop_party(silence->notices, key, "operator", clock_wall()) && silence->good;
	silence->was_stopped = silence->was_stopped || was_stopped;
}

/* A peer by its name: its operator, or, as long as nobody knows whose it is, its address. */
static void
silence_peer(struct silence *silence, const struct notice_cases *cases, struct span name)
{
	char ip[IP_TEXT];

	for (size_t i = 0; i < cases->count; i++) {
		const struct notice_case *of = &cases->items[i];

		if (!span_equal_nocase(span_of(of->name), name))
			continue;
		silence_party(silence, *of->party != '\0' ? of->party : of->key);
		if (*of->party == '\0' && of->ip.family != 0)
			silence_name(silence, NOTICE_OF_NETWORK, span_of(ip_format(of->ip, ip)));
	}
}

/* A domain is that of contacts, and the name of an operator. */
static void
silence_domain(struct silence *silence, struct span name)
{
	char key[NOTICE_KEY];

	silence_name(silence, NOTICE_OF_DOMAIN, name);
	notices_key(silence->notices, NOTICE_OF_PARTY, name, key);
	silence_party(silence, key);
}

static bool
is_name(struct span text)
{
	bool has_letter = false;

	for (size_t i = 0; i < text.length; i++) {
		char c = text.data[i];

		has_letter = has_letter || (c >= 'a' && c <= 'z');
		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_')
			return false;
	}
	return has_letter && text.length < NOTICE_NAME && span_find(text, '.') < text.length;
}

/* Returns NULL, or what is wrong with it. */
static const char *
silence_what(struct question *question, struct silence *silence, const struct notice_cases *cases)
{
	struct span what = question->what;
	struct ip_network network;

	if (span_find(what, '@') < what.length) {
		if (!tlsrpt_address_is_valid(what))
			return "not a mail address";
		silence_name(silence, NOTICE_OF_ADDRESS, what);
	} else if (ip_network_parse(what, &network)) {
		silence_name(silence, NOTICE_OF_NETWORK, what);
		silence_peer(silence, cases, what);
	} else if (is_name(what)) {
		silence_domain(silence, what);
		silence_peer(silence, cases, what);
	} else {
		return "a domain, a mail address, an IP address, a network, or a peer's name";
	}
	return NULL;
}

static void
silence(struct question *question, bool is_allowed)
{
	struct silence silence = { .notices = question->report->notices, .is_allowed = is_allowed, .good = true };
	struct notice_cases cases;
	const char *why;

	if (!cases_scan(question, &cases))
		return;
	why = silence_what(question, &silence, &cases);
	if (why != NULL)
		question_end(question, EX_USAGE, why);
	else if (!silence.good)
		question_end(question, EX_UNAVAILABLE, "notices.db cannot be written: see the log");
	else if (is_allowed && !silence.was_stopped)
		question_end(question, 1, "there was nothing to take back");
	else
		question_end(question, 0, "");
	notice_cases_free(&cases);
}

void
question_notice_suppress(struct question *question)
{
	silence(question, false);
}

void
question_notice_allow(struct question *question)
{
	silence(question, true);
}

/* --- stats --- */

static void
counts_say(struct question *question, const char *period, int64_t since_s)
{
	struct row row = { .fields_count = 0 };
	struct notice_counts counts;

	(void)notices_count(question->report->notices, since_s, &counts);	/* what cannot be read is 0, and nothing is sent then */
	row_text(&row, "period", span_of(period));
	row_number(&row, "sent", (int64_t)counts.sent);
	row_number(&row, "taken", (int64_t)counts.taken);
	row_number(&row, "bounced", (int64_t)counts.bounced);
	row_number(&row, "no_tls", (int64_t)counts.no_tls);
	row_number(&row, "bounced_percent", counts.ended == 0 ? 0 : (int64_t)(counts.bounced * 100 / counts.ended));
	question_row(question, &row);
}

void
question_notice_stats(struct question *question)
{
	static const char *const modes[] = { [CONF_NOTICES_OFF] = "off", [CONF_NOTICES_DRY_RUN] = "dry-run", [CONF_NOTICES_ON] = "on" };
	struct report *report = question->report;
	struct row row = { .fields_count = 0 };

	counts_say(question, "day", clock_wall() - DAY_S);
	counts_say(question, "30 days", clock_wall() - (int64_t)BRAKE_DAYS * DAY_S);
	counts_say(question, "all", 0);
	row_text(&row, "period", SPAN("now"));
	row_text(&row, "mode", span_of(modes[report->conf->notices_mode]));
	row_flag(&row, "braked", notice_schedule_is_braked(report));
	row_number(&row, "stopped", (int64_t)notices_stopped_count(report->notices));
	row_number(&row, "lookups", (int64_t)notices_lookups_count(report->notices, clock_wall()));
	row_number(&row, "most", (int64_t)report->conf->notices_most);
	row_number(&row, "bounces_most", (int64_t)report->conf->notices_bounces);
	row_number(&row, "lookups_most", (int64_t)report->conf->notices_lookups);
	question_row(question, &row);
	question_end(question, 0, "");
}
