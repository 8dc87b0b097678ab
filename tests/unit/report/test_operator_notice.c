/* Tests of src/report/operator_notice.c: the ledger, notices.db, the message and the schedule are the test's own. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "loop/clock.h"
#include "mail/notice_template.h"
#include "report/notice_due.h"
#include "report/notice_mail.h"
#include "report/notice_scan.h"
#include "report/notice_schedule.h"
#include "report/notice_store.h"
#include "report/question.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_loop.h"
#include "tests/unit/unit.h"

#define CASES 8
#define STOPS 8
#define HOUR INT64_C(3600)

static char answer[8000], template[] = "[language]", hostname[] = "relay.example";
static struct conf_report conf;
static struct report report;
static struct notice_case cases[CASES];
static size_t cases_count;
static struct { char key[NOTICE_KEY]; enum notice_state state; int64_t again_s; } parties[CASES];
static char stops[STOPS][NOTICE_KEY];
static bool is_trying, is_broken, is_braked;
static const char *hurried, *hurry_says;
static struct notice_letter letter;	/* the last that was written */
static char letter_template[100];

/* --- what stands in for other files --- */

void
question_row(struct question *question, const struct row *row)
{
	question->rows++;
	for (uint32_t i = 0; i < row->fields_count; i++) {
		const struct row_field *field = &row->fields[i];
		size_t at = strlen(answer);

		if (field->kind == ROW_TEXT && field->text.length > 0)
			snprintf(answer + at, sizeof(answer) - at, "%.*s=%.*s ", SPAN_ARG(field->name), SPAN_ARG(field->text));
		else if (field->kind != ROW_TEXT && field->number != 0)
			snprintf(answer + at, sizeof(answer) - at, "%.*s=%lld ", SPAN_ARG(field->name), (long long)field->number);
	}
}

void
question_end(struct question *question, int code, const char *text)
{
	size_t at = strlen(answer);

	(void)question;
	snprintf(answer + at, sizeof(answer) - at, "end %d%s%s", code, *text == '\0' ? "" : " ", text);
}

struct notice_limits
notice_schedule_limits(const struct report *of)
{
	return (struct notice_limits){ .after_s = of->conf->notices_after_s };
}

bool
notice_schedule_is_braked(const struct report *of)
{
	(void)of;
	return is_braked;
}

const char *
notice_schedule_hurry(struct report *of, const struct notice_case *one)
{
	(void)of;
	hurried = one->key;
	return hurry_says;
}

bool
notice_scan(struct ledger *ledger, struct notices *notices, const struct notice_limits *limits, int64_t now_s, struct notice_cases *out)
{
	(void)ledger;
	(void)notices;
	(void)limits;
	(void)now_s;
	*out = (struct notice_cases){ .items = cases, .count = cases_count };
	return !is_broken;
}

void
notice_cases_free(struct notice_cases *of)
{
	*of = (struct notice_cases){ .count = 0 };
}

const char *
notice_about_name(enum notice_about about)
{
	static const char *const names[NOTICE_ABOUTS] = { "host", "domain", "client" };

	return names[about];
}

const char *
notice_state_name(enum notice_state state)
{
	static const char *const names[NOTICE_STATES] = { "watched", "told", "reminded", "unreached", "unproved", "mended", "composed" };

	return names[state];
}

void
notices_key(const struct notices *notices, enum notice_key_of of, struct span name, char key[NOTICE_KEY])
{
	(void)notices;
	snprintf(key, NOTICE_KEY, "%d:%.*s", (int)of, SPAN_ARG(name));
}

bool
notices_party_get(struct notices *notices, const char *key, struct notice_party *party)
{
	(void)notices;
	*party = (struct notice_party){ .state = NOTICE_WATCHED };
	for (size_t i = 0; i < CASES; i++)
		if (strcmp(parties[i].key, key) == 0) {
			party->state = parties[i].state;
			party->again_s = parties[i].again_s;
			party->sent_s = is_trying ? 1 : 0;
		}
	return true;
}

static char *
stop_find(const char *key)
{
	for (size_t i = 0; i < STOPS; i++)
		if (strcmp(stops[i], key) == 0)
			return stops[i];
	return NULL;
}

bool
notices_stop_party(struct notices *notices, const char *party_key, const char *by, int64_t now_s)
{
	(void)notices;
	ck_assert_str_eq(by, "operator");
	ck_assert_int_eq(now_s, clock_wall());
	if (stop_find(party_key) == NULL)
		snprintf(stop_find(""), NOTICE_KEY, "%s", party_key);
	return !is_broken;
}

bool
notices_stop(struct notices *notices, enum notice_key_of of, struct span name, const char *by, int64_t now_s)
{
	char key[NOTICE_KEY];

	notices_key(notices, of, name, key);
	return notices_stop_party(notices, key, by, now_s);
}

bool
notices_allow_party(struct notices *notices, const char *party_key, bool *was_stopped)
{
	char *stopped = stop_find(party_key);

	(void)notices;
	*was_stopped = stopped != NULL;
	if (stopped != NULL)
		*stopped = '\0';
	return true;
}

bool
notices_allow(struct notices *notices, enum notice_key_of of, struct span name, bool *was_stopped)
{
	char key[NOTICE_KEY];

	notices_key(notices, of, name, key);
	return notices_allow_party(notices, key, was_stopped);
}

bool
notices_is_stopped(struct notices *notices, const char *party_key, struct span address, struct span domain, struct ip ip)
{
	char key[NOTICE_KEY], text[IP_TEXT];

	ck_assert_uint_eq(address.length, 0);
	notices_key(notices, NOTICE_OF_DOMAIN, domain, key);
	if (stop_find(party_key) != NULL || stop_find(key) != NULL)
		return true;
	notices_key(notices, NOTICE_OF_NETWORK, span_of(ip_format(ip, text)), key);
	return stop_find(key) != NULL;
}

uint64_t
notices_stopped_count(struct notices *notices)
{
	(void)notices;
	return 7;
}

uint64_t
notices_lookups_count(struct notices *notices, int64_t now_s)
{
	(void)notices;
	ck_assert_int_eq(now_s, clock_wall());
	return 3;
}

bool
notices_count(struct notices *notices, int64_t since_s, struct notice_counts *counts)
{
	uint64_t days = since_s == 0 ? 100 : (uint64_t)((clock_wall() - since_s) / 86400);

	(void)notices;
	*counts = (struct notice_counts){ .sent = 10 * days, .ended = 8 * days, .bounced = 2 * days, .taken = 5 * days, .no_tls = days };
	return true;
}

const char *
notice_write_subject(struct buf *out, const struct notice_letter *of, const struct conf_report *with)
{
	letter = *of;
	snprintf(letter_template, sizeof(letter_template), "%s", with->notices_template);
	ck_assert(buf_printf(out, "URGENT %s to %.*s", of->cases[0]->name, SPAN_ARG(of->to)));
	return NULL;
}

const char *
notice_write_text(struct buf *out, const struct notice_letter *of, const struct conf_report *with, bool is_paste)
{
	(void)with;
	ck_assert(!is_paste);
	ck_assert(of->looked == NULL);
	ck_assert(buf_printf(out, "%zu cases%s", of->count, of->is_reminder ? ", again" : ""));
	if (of->more > 0)
		ck_assert(buf_printf(out, " and %zu", of->more));
	return NULL;
}

bool
notice_template_is_good(struct span text, char *why, size_t size)
{
	snprintf(why, size, "line 1: not what a section begins with");
	return span_starts(text, SPAN("["));
}

/* --- asking --- */

static void
case_add(enum notice_about about, const char *name, const char *domain, const char *party, bool is_lasting)
{
	struct notice_case *of = &cases[cases_count++];

	*of = (struct notice_case){ .about = about, .failed = 5, .first_s = clock_wall() - 47 * HOUR, .last_s = clock_wall(),
		.is_lasting = is_lasting };
	snprintf(of->name, sizeof(of->name), "%s", name);
	snprintf(of->key, sizeof(of->key), "case-%s", name);
	snprintf(of->domain, sizeof(of->domain), "%s", domain);
	snprintf(of->party, sizeof(of->party), "%s", party);
	snprintf(of->fault, sizeof(of->fault), "%s", about == NOTICE_CLIENT ? "plaintext-inbound" : "starttls-not-supported");
	(void)ip_parse(span_of(about == NOTICE_CLIENT ? name : "192.0.2.7"), &of->ip);
}

static void
party_is(const char *key, enum notice_state state, int64_t again_s)
{
	size_t i = 0;

	while (*parties[i].key != '\0')
		i++;
	snprintf(parties[i].key, sizeof(parties[i].key), "%s", key);
	parties[i].state = state;
	parties[i].again_s = again_s;
}

static void
begin(void)
{
	fake_reset();
	memset(parties, 0, sizeof(parties));
	memset(stops, 0, sizeof(stops));
	cases_count = 0;
	is_trying = is_broken = is_braked = false;
	hurried = hurry_says = NULL;
	conf = (struct conf_report){ .hostname = hostname, .notices_mode = CONF_NOTICES_ON, .notices_template = template,
		.notices_after_s = 48 * HOUR, .notices_most = 20, .notices_bounces = 30, .notices_lookups = 500 };
	report = (struct report){ .conf = &conf };
}

static const char *
ask(void (*verb)(struct question *question), const char *what)
{
	struct question question = { .report = &report, .arena = arena_new(), .what = span_of(what) };

	answer[0] = '\0';
	verb(&question);
	arena_free(&question.arena);
	return answer;
}

static void
contains(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "%s\n  lacks: %s", text, part);
}

/* --- list --- */

static const struct {
	const char *party;
	enum notice_state state;
	bool is_lasting, is_trying, is_stopped;
	enum conf_notices mode;
	const char *says;
} standings[] = {
	{ "", NOTICE_WATCHED, false, false, false, CONF_NOTICES_ON, "state=watched next_s=* text=has not lasted long enough" },
	{ "", NOTICE_WATCHED, true, false, false, CONF_NOTICES_ON, "lasting=1 state=watched text=to be sent" },
	{ "", NOTICE_WATCHED, true, false, false, CONF_NOTICES_DRY_RUN, "lasting=1 state=watched text=would be sent" },
	{ "", NOTICE_WATCHED, true, false, false, CONF_NOTICES_OFF, "lasting=1 state=watched text=notices are off" },
	{ "p", NOTICE_WATCHED, true, true, false, CONF_NOTICES_ON, "lasting=1 state=watched sent_s=1 text=on its way" },
	{ "p", NOTICE_TOLD, true, false, false, CONF_NOTICES_ON, "state=told next_s=* text=was told" },
	{ "p", NOTICE_REMINDED, true, false, false, CONF_NOTICES_ON, "state=reminded next_s=* text=was told, and reminded" },
	{ "p", NOTICE_UNREACHED, true, false, false, CONF_NOTICES_ON,
	    "state=unreached next_s=* text=no TLS way exists: in the DSNs of our users" },
	{ "p", NOTICE_UNPROVED, true, false, false, CONF_NOTICES_ON,
	    "state=unproved next_s=* text=nobody can be proved to run it: nobody is written to" },
	{ "p", NOTICE_MENDED, true, false, false, CONF_NOTICES_ON, "state=mended next_s=* text=a fresh look found no fault" },
	{ "p", NOTICE_COMPOSED, true, false, false, CONF_NOTICES_DRY_RUN, "state=composed next_s=* text=would have been sent" },
	{ "p", NOTICE_TOLD, true, false, true, CONF_NOTICES_ON, "state=stopped text=wants no notices, or is to get none" },
};

START_TEST(a_case_is_shown_as_it_stands)
{
	char pattern[400];

	begin();
	conf.notices_mode = standings[_i].mode;
	is_trying = standings[_i].is_trying;
	case_add(NOTICE_HOST, "mx.peer.example", "peer.example", standings[_i].party, standings[_i].is_lasting);
	if (*standings[_i].party != '\0')
		party_is("p", standings[_i].state, standings[_i].state == NOTICE_WATCHED ? 0 : clock_wall() + HOUR);
	if (standings[_i].is_stopped)
		(void)notices_stop_party(NULL, "p", "operator", clock_wall());
	snprintf(pattern, sizeof(pattern), "direction=out peer=mx.peer.example about=host fault=starttls-not-supported words=* domain=peer.example "
	    "ip=192.0.2.7 failed=5 first_s=* last_s=* %s end 0", standings[_i].says);
	ck_assert_msg(fake_matches(pattern, ask(question_notice_list, "")), "%s\n  expected: %s", answer, pattern);
}
END_TEST

START_TEST(clients_come_in_and_nothing_is_said_so)
{
	begin();
	ck_assert_str_eq(ask(question_notice_list, ""), "end 0 no peer has a fault that it could be told of");
	case_add(NOTICE_CLIENT, "192.0.2.9", "sender.example", "", true);
	case_add(NOTICE_DOMAIN, "sts.example", "sts.example", "", true);
	contains(ask(question_notice_list, ""), "direction=in peer=192.0.2.9 about=client fault=plaintext-inbound");
	contains(answer, "direction=out peer=sts.example about=domain");
	cases[0].is_lasting = false;
	cases[0].is_doubted = true;
	contains(ask(question_notice_list, ""), "text=it goes well with nobody at present: the fault may be this relay's own");
	is_broken = true;
	ck_assert_str_eq(ask(question_notice_list, ""), "end 69 the ledger or notices.db cannot be read: see the log");
}
END_TEST

/* --- preview, send --- */

START_TEST(what_a_peer_would_be_told_is_shown)
{
	begin();
	case_add(NOTICE_HOST, "mx1.peer.example", "a.example", "p", true);
	case_add(NOTICE_HOST, "mx2.peer.example", "b.example", "p", true);
	case_add(NOTICE_CLIENT, "192.0.2.9", "", "", false);
	ck_assert_str_eq(ask(question_notice_preview, "MX2.peer.example"),
	    "peer=mx2.peer.example state=to be sent subject=URGENT mx2.peer.example to postmaster@b.example text=2 cases end 0");
	ck_assert_str_eq(letter_template, "[language]");
	contains(ask(question_notice_preview, "a.example"), "peer=mx1.peer.example");
	contains(ask(question_notice_preview, "192.0.2.9"), "to postmaster@unknown.invalid text=1 cases");
	ck_assert_str_eq(ask(question_notice_preview, "nobody.example"), "end 1 no such peer has a fault that is looked at");
	party_is("p", NOTICE_TOLD, 0);
	contains(ask(question_notice_preview, "a.example"), "text=2 cases, again");
	conf.notices_template = (char *)(uintptr_t)"";
	ck_assert_str_eq(ask(question_notice_preview, "a.example"), "end 78 there is no template: see notices.template in sealpost.yaml(5)");
}
END_TEST

START_TEST(of_many_cases_of_one_party_some_are_counted)
{
	char name[40];

	begin();
	for (int i = 0; i < CASES - 1; i++) {
		snprintf(name, sizeof(name), "mx%d.peer.example", i);
		case_add(NOTICE_HOST, name, "a.example", "p", true);
	}
	case_add(NOTICE_HOST, "new.peer.example", "a.example", "p", false);
	contains(ask(question_notice_preview, "mx3.peer.example"), "text=5 cases and 2 ");
}
END_TEST

START_TEST(a_preview_may_be_in_another_language)
{
	static const struct { const char *text, *says; } rows[] = {
		{ "[language] de", "peer=mx.peer.example" }, { "hello", "end 78 line 1: not what a section begins with" }
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct question question = { .report = &report, .arena = arena_new(), .what = SPAN("mx.peer.example"),
			.notice_template = span_of(rows[i].text) };

		begin();
		case_add(NOTICE_HOST, "mx.peer.example", "peer.example", "", true);
		answer[0] = '\0';
		question_notice_preview(&question);
		contains(answer, rows[i].says);
		arena_free(&question.arena);
	}
	ck_assert_str_eq(letter_template, "[language] de");
	ck_assert_str_eq(conf.notices_template, "[language]");
}
END_TEST

/* N53, N58: never to who is stopped, and only where notices are on. */
START_TEST(one_is_sent_now_if_it_may_be)
{
	begin();
	case_add(NOTICE_HOST, "mx.peer.example", "peer.example", "p", false);
	ck_assert_str_eq(ask(question_notice_send, "nobody.example"), "end 1 no such peer has a fault that is looked at");
	ck_assert_ptr_null(hurried);
	ck_assert_str_eq(ask(question_notice_send, "peer.example"), "end 0");
	ck_assert_str_eq(hurried, "case-mx.peer.example");
	hurry_says = "not now";
	ck_assert_str_eq(ask(question_notice_send, "peer.example"), "end 1 not now");
	hurried = NULL;
	cases[0].is_doubted = true;
	ck_assert_str_eq(ask(question_notice_send, "peer.example"),
	    "end 1 it goes well with nobody at present: the fault may be this relay's own");
	(void)notices_stop_party(NULL, "p", "operator", clock_wall());
	contains(ask(question_notice_send, "peer.example"), "end 1 it wants no notices");
	conf.notices_mode = CONF_NOTICES_DRY_RUN;
	ck_assert_str_eq(ask(question_notice_send, "peer.example"), "end 78 notices.mode is not on: nothing is sent");
	ck_assert_ptr_null(hurried);
}
END_TEST

/* --- suppress, allow --- */

/* Keys: the number of enum notice_key_of and the name. */
static const struct {
	const char *what, *keys[3];
	const char *says;
} silences[] = {
	{ "anna@peer.example", { "4:anna@peer.example" }, "end 0" },
	{ "peer.example", { "5:peer.example", "3:peer.example" }, "end 0" },
	{ "192.0.2.7", { "6:192.0.2.7" }, "end 0" },
	{ "192.0.2.0/24", { "6:192.0.2.0/24" }, "end 0" },
	{ "2001:db8:1::/48", { "6:2001:db8:1::/48" }, "end 0" },
	{ "mx.known.example", { "5:mx.known.example", "3:mx.known.example", "p" }, "end 0" },
	{ "192.0.2.9", { "6:192.0.2.9", "case-192.0.2.9" }, "end 0" },
	{ "192.0.0.0/16", { "6:192.0.0.0/16" }, "end 0" },
	{ "192.0.2.1/24", { NULL }, "end 64 a domain, a mail address" },
	{ "peer", { NULL }, "end 64 a domain, a mail address" },
	{ "a@x.example, b@y.example", { NULL }, "end 64 not a mail address" },	/* NX6 */
	{ "@peer.example", { NULL }, "end 64 not a mail address" },
	{ "a@", { NULL }, "end 64 not a mail address" },
	{ "peer.example\r\n", { NULL }, "end 64 " },
};

static size_t
stops_count(void)
{
	size_t count = 0;

	for (size_t i = 0; i < STOPS; i++)
		count += *stops[i] != '\0';
	return count;
}

/* N53 */
START_TEST(what_is_suppressed_is_allowed_again)
{
	for (size_t i = 0; i < sizeof(silences) / sizeof(*silences); i++) {
		size_t keys = 0;

		begin();
		case_add(NOTICE_HOST, "mx.known.example", "known.example", "p", true);
		case_add(NOTICE_CLIENT, "192.0.2.9", "", "", true);
		contains(ask(question_notice_suppress, silences[i].what), silences[i].says);
		for (; keys < 3 && silences[i].keys[keys] != NULL; keys++)
			ck_assert_msg(stop_find(silences[i].keys[keys]) != NULL, "%s: %s", silences[i].what, silences[i].keys[keys]);
		ck_assert_msg(stops_count() == keys, "%s: %zu", silences[i].what, stops_count());
		if (keys == 0)
			continue;
		ck_assert_str_eq(ask(question_notice_allow, silences[i].what), "end 0");
		ck_assert_uint_eq(stops_count(), 0);
		ck_assert_str_eq(ask(question_notice_allow, silences[i].what), "end 1 there was nothing to take back");
	}
}
END_TEST

/* --- stats --- */

START_TEST(counts_are_told_and_whether_the_brake_holds)
{
	begin();
	is_braked = true;
	ck_assert_str_eq(ask(question_notice_stats, ""),
	    "period=day sent=10 taken=5 bounced=2 no_tls=1 bounced_percent=25 "
	    "period=30 days sent=300 taken=150 bounced=60 no_tls=30 bounced_percent=25 "
	    "period=all sent=1000 taken=500 bounced=200 no_tls=100 bounced_percent=25 "
	    "period=now mode=on braked=1 stopped=7 lookups=3 most=20 bounces_most=30 lookups_most=500 end 0");
}
END_TEST

UNIT_MAIN_LOOPED("operator_notice", a_case_is_shown_as_it_stands, standings, clients_come_in_and_nothing_is_said_so,
    what_a_peer_would_be_told_is_shown, of_many_cases_of_one_party_some_are_counted, a_preview_may_be_in_another_language, one_is_sent_now_if_it_may_be,
    what_is_suppressed_is_allowed_again, counts_are_told_and_whether_the_brake_holds)
