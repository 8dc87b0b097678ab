/* Tests of src/report/operator.c and tellers.c: what rooms have counted, and what the operator is told of it. */
#include "report/operator.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "policy/reason.h"
#include "report/counted.h"
#include "report/ledger.h"
#include "report/room.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_channel.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_room.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#define TODAY ((uint32_t)(FAKE_WALL_START / LEDGER_DAY_S))

static char folder[SCRATCH_PATH], hostname[] = "relay.example", postmaster[] = "postmaster@relay.example";
static struct conf_report conf = { .hostname = hostname, .postmaster = postmaster, .ledger_directory = folder,
	.tlsrpt_organization = hostname, .tlsrpt_contact = postmaster };
static struct report report;
static struct arena *arena;
static uint64_t number;

static void
setup(uint64_t keep_s)
{
	const struct setup setup = { .kind = ROOM_REPORT };

	conf.ledger_keep_s = keep_s;
	report_room_handler.on_setup(&report, &setup, &conf);
}

static void
comes(enum room_kind kind, uint16_t index)
{
	report_room_handler.on_peer(&report, &(struct peer){ kind, index }, fake_fd());
}

static void
begin(void)
{
	fake_reset();
	fake_room_forget();
	number = 0;
	arena = arena_new();
	scratch_make(folder);
	room_init(&report);
	setup(400 * LEDGER_DAY_S);
	comes(ROOM_INTAKE, 0);
	comes(ROOM_RELAY, 0);
}

static void
end(void)
{
	room_clear(&report);
	arena_free(&arena);
	scratch_remove(folder);
	fake_finish();
}

/* A room tells facts. Is it answered that they are kept? */
static bool
tell_all(const char *room, struct tls_fact *facts, uint32_t count)
{
	const struct facts_batch batch = { span_starts(span_of(room), SPAN("intake")) ? 1 : 2, ++number, facts, count };
	struct channel *channel = fake_channel_find(room);
	struct facts_kept kept = { 0 };
	struct buf out = { .ceiling = CHANNEL_PAYLOAD_MAX };
	struct span payload;
	uint16_t type;
	int fd;

	facts_batch_encode(&out, &batch);
	ck_assert(fake_channel_deliver(channel, FACTS_BATCH, buf_span(&out), -1));
	buf_clear(&out);
	return fake_channel_take(channel, &type, &payload, &fd) && type == FACTS_KEPT && facts_kept_decode(payload, &kept) &&
	    kept.number == number;
}

static bool
tell(const char *room, struct tls_fact *fact)
{
	return tell_all(room, fact, 1);
}

static void
note(enum fact_direction direction, const char *peer, const char *domain, const char *reason, unsigned day, uint64_t sessions)
{
	struct tls_fact fact = { .direction = direction, .day = TODAY - day, .tls = *reason == '\0' ? FACT_TLS_YES : FACT_TLS_NO,
		.sessions = sessions };

	fact.text[FACT_PEER] = span_of(peer);
	fact.text[FACT_DOMAIN] = span_of(domain);
	fact.text[FACT_REASON] = span_of(reason);
	fact.text[FACT_VERSION] = span_of(*reason == '\0' ? "TLSv1.3" : "");
	ck_assert(tell(direction == FACT_OUT ? "relay" : "intake", &fact));
}

static const struct row_field *
field(const struct row *row, const char *name)
{
	for (uint32_t i = 0; i < row->fields_count; i++)
		if (span_equal(row->fields[i].name, span_of(name)))
			return &row->fields[i];
	ck_abort_msg("no field %s", name);
}

static void
say(const char *verb, const char *const *arguments)
{
	struct span spans[8];
	struct request request = { span_of(verb), spans, 0 };

	for (; arguments[request.arguments_count] != NULL; request.arguments_count++)
		spans[request.arguments_count] = span_of(arguments[request.arguments_count]);
	report_room_handler.on_request(&report, &request, fake_fd());
}

/* What came of it so far: "in PEER good/sessions reasons; ...; end CODE TEXT" */
static const char *
heard(const char *verb)
{
	static char text[4000];
	struct channel *channel = fake_channel_last("operator");
	struct span payload;
	uint16_t type;
	size_t at = 0;
	int fd;

	text[0] = '\0';
	while (fake_channel_take(channel, &type, &payload, &fd)) {
		struct row row;
		struct end end;

		if (type == CTL_END) {
			ck_assert(end_decode(payload, &end));
			at += (size_t)snprintf(text + at, sizeof(text) - at, "end %u %.*s", end.code, SPAN_ARG(end.text));
			continue;
		}
		ck_assert(row_decode(payload, &row));
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%.*s %.*s %" PRId64 "/%" PRId64 " %.*s; ",
		    SPAN_ARG(field(&row, "direction")->text), SPAN_ARG(field(&row, strcmp(verb, "stats") == 0 ? "worst" : "peer")->text),
		    field(&row, "good")->number, field(&row, "sessions")->number, SPAN_ARG(field(&row, "reasons")->text));
	}
	return text;
}

static const char *
ask(const char *verb, const char *const *arguments)
{
	say(verb, arguments);
	return heard(verb);
}

static void
fill(void)
{
	note(FACT_OUT, "mx.a.example", "a.example", "", 0, 5);
	note(FACT_OUT, "mx.a.example", "a.example", "certificate-expired", 1, 2);
	note(FACT_OUT, "mx.b.example", "b.example", "starttls-not-supported", 2, 9);
	note(FACT_OUT, "mx.c.example", "c.example", "", 6, 1);
	note(FACT_OUT, "mx.old.example", "old.example", "", 7, 1);
	note(FACT_IN, "plain.example", "s.example", "plaintext-inbound", 0, 4);
	note(FACT_IN, "good.example", "", "", 0, 3);
}

#define ALL_IN "in good.example 3/3 ; in plain.example 0/4 plaintext-inbound=4; "
#define A "out mx.a.example 5/7 certificate-expired=2; "
#define B "out mx.b.example 0/9 starttls-not-supported=9; "
#define C "out mx.c.example 1/1 ; "
#define OLD "out mx.old.example 1/1 ; "

static const struct {
	const char *name, *verb, *arguments[5];
	const char *answer;
} rows[] = {
	{ "a week, both ways", "peers", { NULL }, ALL_IN A B C "end 0 " },
	{ "one way", "peers", { "--direction", "in" }, ALL_IN "end 0 " },
	{ "the other", "peers", { "--direction", "out" }, A B C "end 0 " },
	{ "eight days", "peers", { "--since", "8d", "--direction", "out" }, A B C OLD "end 0 " },
	{ "a day", "peers", { "--since", "2026-03-01", "--direction", "out" }, "out mx.a.example 5/5 ; end 0 " },
	{ "the day before", "peers", { "--since", "2026-02-28", "--direction", "out" }, A "end 0 " },
	{ "a fault", "peers", { "--fault", "starttls-not-supported" }, B "end 0 " },
	{ "any fault", "peers", { "--fault", "any" }, "in plain.example 0/4 plaintext-inbound=4; " A B "end 0 " },
	{ "a domain, in any letters", "peers", { "--domain", "A.Example" }, A "end 0 " },
	{ "and with the dot that the DNS has", "peers", { "--domain", "a.example." }, A "end 0 " },
	{ "a fault of a domain without", "peers", { "--domain", "c.example", "--fault", "any" }, "end 0 no such peer" },
	{ "totals, and the worst", "stats", { NULL },
	    "in plain.example=4 3/7 plaintext-inbound=4; "
	    "out mx.b.example=9 mx.a.example=2 6/17 starttls-not-supported=9 certificate-expired=2; end 0 " },
	{ "totals of one way", "stats", { "--direction", "in" }, "in plain.example=4 3/7 plaintext-inbound=4; end 0 " },
	{ "totals of no time", "stats", { "--since", "2099-01-01", "--direction", "in" }, "in  0/0 ; end 0 " },
	{ "no direction", "peers", { "--direction", "up" }, "end 64 --direction in, or out" },
	{ "no day", "peers", { "--since", "0d" }, "end 64 --since 2026-11-22, or 7d" },
	{ "no date", "peers", { "--since", "2026-02-30" }, "end 64 --since 2026-11-22, or 7d" },
	{ "nothing behind it", "peers", { "--fault" }, "end 64 --fault any, or a reason as the log has it" },
	{ "no fault", "peers", { "--fault", "" }, "end 64 --fault any, or a reason as the log has it" },
	{ "a fault that there is not", "peers", { "--fault", "certificate-expird" }, "end 64 --fault any, or a reason as the log has it" },
	{ "not of stats", "stats", { "--domain", "a.example" }, "end 64 options only: see sealpost(8)" },
	{ "no option", "peers", { "word" }, "end 64 options only: see sealpost(8)" },
	{ "a report for nobody", "tlsrpt preview", { "--domain", "nobody.example" },
	    "end 1 no session of that day is in the ledger: there would be no report" },
	{ "a report without a domain", "tlsrpt preview", { "--day", "today" }, "end 64 --domain DOMAIN" },
	{ "a report on no day", "tlsrpt preview", { "--domain", "a.example", "--day", "7d" }, "end 64 --day 2026-11-22, today, or yesterday" },
	{ "a report is of one day", "tlsrpt preview", { "--domain", "a.example", "--since", "7d" }, "end 64 options only: see sealpost(8)" },
	{ "a notice to nobody", "notice send", { NULL }, "end 64 who? See sealpost(8)" },
	{ "a notice of a domain's", "notice send", { "--domain", "a.example" }, "end 64 options only: see sealpost(8)" },
	{ "a template of what is sent", "notice send", { "peer", "a.example", "template", "x" }, "end 64 options only: see sealpost(8)" },
	{ "silence for nobody", "notice suppress", { "what", "" }, "end 64 a domain, a mail address, an address, a network or a peer" },
	{ "notices that are off", "notice list", { NULL }, "end 69 there are no notices: notices.mode is off" },
	{ "no verb", "pairs", { NULL }, "end 64 the report room does not know this verb" },
};

START_TEST(questions_are_answered)
{
	begin();
	fill();
	ck_assert_msg(strcmp(ask(rows[_i].verb, rows[_i].arguments), rows[_i].answer) == 0, "%s: %s", rows[_i].name,
	    ask(rows[_i].verb, rows[_i].arguments));
	end();
}
END_TEST

/* Of a peer with more kinds of faults than its row can tell apart. */
START_TEST(each_fault_is_found_among_many)
{
	char answer[400];
	unsigned count = 0;

	begin();
	while (reason_at(count) != NULL)
		note(FACT_OUT, "mx.many.example", "many.example", reason_at(count++)->word.data, 0, 1);
	ck_assert_uint_gt(count, COUNTED_WORDS);
	for (unsigned i = 0; i < count; i++) {
		snprintf(answer, sizeof(answer), "out mx.many.example 0/%u *; end 0 ", count);
		ck_assert_msg(fake_matches(answer, ask("peers", (const char *const[]){ "--fault", reason_at(i)->word.data, NULL })), "%s",
		    reason_at(i)->word.data);
	}
	end();
}
END_TEST

/* What the domain would be told of a day; yesterday's unless it is said. */
static const struct {
	const char *day, *good, *failed;
} reports[] = {
	{ "today", "\"total-successful-session-count\": 5", "\"total-failure-session-count\": 0" },
	{ "2026-03-01", "\"total-successful-session-count\": 5", "\"total-failure-session-count\": 0" },
	{ NULL, "\"total-successful-session-count\": 0", "\"result-type\": \"certificate-expired\"" },
};

START_TEST(a_domain_would_be_told_its_day)
{
	for (size_t i = 0; i < sizeof(reports) / sizeof(*reports); i++) {
		struct span arguments[] = { SPAN("--domain"), SPAN("a.example"), SPAN("--day"), SPAN("") };
		struct request request = { SPAN("tlsrpt preview"), arguments, reports[i].day == NULL ? 2 : 4 };
		struct channel *channel;
		struct span payload;
		struct row row;
		uint16_t type;
		int fd;

		begin();
		fill();
		arguments[3] = span_of(reports[i].day == NULL ? "" : reports[i].day);
		report_room_handler.on_request(&report, &request, fake_fd());
		channel = fake_channel_last("operator");
		ck_assert(fake_channel_take(channel, &type, &payload, &fd) && type == CTL_ROW);
		ck_assert(row_decode(payload, &row));
		ck_span_eq(field(&row, "domain")->text, "a.example");
		ck_assert_ptr_nonnull(strstr(arena_copy(arena, field(&row, "report")->text), reports[i].good));
		ck_assert_ptr_nonnull(strstr(arena_copy(arena, field(&row, "report")->text), reports[i].failed));
		ck_assert_ptr_nonnull(strstr(arena_copy(arena, field(&row, "words")->text), "a.example"));
		end();
	}
}
END_TEST

START_TEST(without_a_ledger_rooms_are_answered_and_the_operator_told)
{
	struct tls_fact fact = { .day = TODAY, .sessions = 1 };

	begin();
	setup(0);
	ck_assert(tell("intake", &fact));
	ck_assert_ptr_nonnull(strstr(ask("peers", (const char *const[]){ NULL }), "end 69 there is no ledger"));
	setup(LEDGER_DAY_S);
	ck_assert(tell("intake", &fact));
	ck_assert_uint_eq(ledger_count(report.ledger), 1);
	end();
}
END_TEST

START_TEST(a_ledger_that_cannot_be_opened_stops_nobody)
{
	struct tls_fact fact = { .day = TODAY, .sessions = 1 };

	begin();
	setup(0);
	conf.ledger_directory = (char *)(uintptr_t)"/nonexistent";
	setup(LEDGER_DAY_S);
	conf.ledger_directory = folder;
	fake_log_expect("event=ledger what=* text=*/nonexistent/ledger.db*");
	ck_assert(tell("relay", &fact));
	end();
}
END_TEST

#define DOMAINS 2500
#define MANY "out mx.many.example 2500/2500 ; "

/* A host with so many domains that it takes three pieces to look at them; and one behind it. */
static void
fill_many(void)
{
	static struct tls_fact facts[DOMAINS];
	static char domains[DOMAINS][20];

	for (unsigned i = 0; i < DOMAINS; i++) {
		snprintf(domains[i], sizeof(domains[i]), "d%u.example", i);
		facts[i] = (struct tls_fact){ .direction = FACT_OUT, .day = TODAY, .tls = FACT_TLS_YES, .sessions = 1 };
		facts[i].text[FACT_PEER] = SPAN("mx.many.example");
		facts[i].text[FACT_DOMAIN] = span_of(domains[i]);
	}
	ck_assert(tell_all("relay", facts, DOMAINS / 2) && tell_all("relay", facts + DOMAINS / 2, DOMAINS / 2));
	note(FACT_OUT, "mx.old.example", "old.example", "", 7, 1);
	note(FACT_OUT, "mx.z.example", "z.example", "", 0, 1);
	note(FACT_IN, "mx.many.example", "", "", 1, 1);
}

static const struct {
	const char *name, *verb, *arguments[5];
	const char *answer;
} long_rows[] = {
	{ "both ways", "peers", { NULL }, "in mx.many.example 1/1 ; " MANY "out mx.z.example 1/1 ; end 0 " },
	{ "one way", "peers", { "--direction", "out" }, MANY "out mx.z.example 1/1 ; end 0 " },
	{ "a day", "peers", { "--since", "1d" }, MANY "out mx.z.example 1/1 ; end 0 " },
	{ "a fault", "peers", { "--fault", "any" }, "end 0 no such peer" },
	{ "totals", "stats", { NULL }, "in  1/1 ; out  2501/2501 ; end 0 " },
};

START_TEST(many_facts_are_looked_at_in_pieces)
{
	begin();
	fill_many();
	for (size_t i = 0; i < sizeof(long_rows) / sizeof(*long_rows); i++) {
		const char *text;

		say(long_rows[i].verb, long_rows[i].arguments);
		fake_settle();
		ck_assert_ptr_null(strstr(heard(long_rows[i].verb), "end"));
		/* What the room has to do besides is done meanwhile. */
		note(FACT_IN, "meanwhile.example", "", "", 9, 1);
		say(long_rows[i].verb, long_rows[i].arguments);
		fake_advance(1000);
		text = heard(long_rows[i].verb);
		ck_assert_msg(strcmp(text, long_rows[i].answer) == 0, "%s: %s", long_rows[i].name, text);
	}
	ck_assert(LIST_EMPTY(&report.questions));
	end();
}
END_TEST

START_TEST(a_tool_that_does_not_read_is_waited_for)
{
	begin();
	fill_many();
	say("stats", (const char *const[]){ NULL });
	fake_channel_clog(fake_channel_last("operator"), 1u << 20);
	fake_advance(60000);
	ck_assert_str_eq(heard("stats"), "");
	fake_channel_clog(fake_channel_last("operator"), 0);
	fake_settle();
	fake_advance(1000);
	ck_assert_ptr_nonnull(strstr(heard("stats"), "end 0 "));
	end();
}
END_TEST

START_TEST(an_answer_under_way_may_come_to_nothing)
{
	begin();
	fill_many();
	/* The tool is gone before, and in between. */
	say("stats", (const char *const[]){ NULL });
	fake_channel_break(fake_channel_last("operator"));
	fake_advance(1000);
	say("stats", (const char *const[]){ NULL });
	fake_settle();
	fake_channel_break(fake_channel_last("operator"));
	fake_advance(1000);
	ck_assert(LIST_EMPTY(&report.questions));
	/* So is the ledger. */
	say("peers", (const char *const[]){ "--direction", "out", NULL });
	fake_settle();
	setup(0);
	ck_assert_str_eq(heard("peers"), "end 69 ledger.keep is off now");
	setup(400 * LEDGER_DAY_S);
	/* So is the room. */
	say("peers", (const char *const[]){ "--direction", "out", NULL });
	fake_settle();
	end();
}
END_TEST

START_TEST(days_beyond_the_retention_go_by_themselves)
{
	begin();
	setup(2 * LEDGER_DAY_S);
	note(FACT_IN, "a.example", "", "", 0, 1);
	note(FACT_IN, "a.example", "", "", 9, 1);
	fake_advance(3600 * 1000);
	ck_assert_uint_eq(ledger_count(report.ledger), 1);
	fake_advance((int64_t)4 * LEDGER_DAY_S * 1000);
	ck_assert_uint_eq(ledger_count(report.ledger), 0);
	end();
}
END_TEST

START_TEST(nonsense_ends_the_channel_and_master_hears_of_it)
{
	begin();
	ck_assert(!fake_channel_deliver(fake_channel_find("intake"), FACTS_BATCH, SPAN("nonsense"), -1));
	fake_log_expect("event=peer-gone room=intake *");
	ck_assert_uint_eq(fake_room_peers_gone(), 1);
	comes(ROOM_INTAKE, 0);
	note(FACT_IN, "a.example", "", "", 0, 1);
	end();
}
END_TEST

/* Rooms that count end before this one; what they said last is still in their channels. */
START_TEST(a_stop_waits_for_the_last_word)
{
	begin();
	report_room_handler.on_stop(&report, 0);
	ck_assert(!fake_room_is_done());
	note(FACT_IN, "last.example", "", "", 0, 1);
	fake_channel_break(fake_channel_find("intake"));
	fake_log_expect("event=peer-gone room=intake *");
	ck_assert(!fake_room_is_done());
	fake_channel_break(fake_channel_find("relay"));
	fake_log_expect("event=peer-gone room=relay *");
	ck_assert(fake_room_is_done());
	end();
	begin();
	report_room_handler.on_stop(&report, 0);
	fake_advance(1000);
	ck_assert(fake_room_is_done());
	end();
}
END_TEST

UNIT_MAIN_LOOPED("operator", questions_are_answered, rows, each_fault_is_found_among_many, a_domain_would_be_told_its_day,
    many_facts_are_looked_at_in_pieces, a_tool_that_does_not_read_is_waited_for, an_answer_under_way_may_come_to_nothing,
    without_a_ledger_rooms_are_answered_and_the_operator_told, a_ledger_that_cannot_be_opened_stops_nobody, days_beyond_the_retention_go_by_themselves,
    nonsense_ends_the_channel_and_master_hears_of_it, a_stop_waits_for_the_last_word)
