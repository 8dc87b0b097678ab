/*
 * Tests of src/report/tlsrpt_due.c, tlsrpt_schedule.c, tlsrpt_sending.c and tlsrpt_compose.c: from facts of a day that is over to a mail or
 * a post, in a room whose clock the test moves.
 */
#include "report/tlsrpt_sending.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/dkim_key.h"
#include "loop/clock.h"
#include "metrics/count.h"
#include "report/room.h"
#include "report/tlsrpt_schedule.h"
#include "store/store.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_channel.h"
#include "tests/fake/fake_file.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_room.h"
#include "tests/fake/fake_writer.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#define TODAY ((uint32_t)(FAKE_WALL_START / LEDGER_DAY_S))
#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)
#define TLSA "3 1 1 00FF"
#define NOTHING UINT16_MAX

static char folder[SCRATCH_PATH], pem[DKIM_PEM_MAX], *keys[] = { pem };
static char hostname[] = "relay.example", postmaster[] = "postmaster@relay.example", domain[] = "relay.example", selector[] = "s1";
static char *selectors[] = { selector };
static struct conf_report conf;
static struct report report;
static struct channel *policy;
static uint64_t sender;

static void
policy_comes(void)
{
	const struct peer peer = { ROOM_POLICY, 0 };

	report_room_handler.on_peer(&report, &peer, fake_fd());
	policy = fake_channel_find("policy");
}

static void
configure(void)
{
	const struct setup setup = { 0 };

	report_room_handler.on_setup(&report, &setup, &conf);
}

static void
key_make(void)
{
	struct dkim_key *key = dkim_key_make(SPAN("ed25519"), 0);
	struct buf out = { .ceiling = DKIM_PEM_MAX };

	dkim_key_write(key, &out);
	memcpy(pem, buf_span(&out).data, buf_length(&out));
	pem[buf_length(&out)] = '\0';
	buf_clear(&out);
	dkim_key_free(&key);
}

static void
begin(void)
{
	const struct directory directory = { SPAN("report-0"), true };
	const struct spool_key key = { SPAN("public"), SPAN("") };

	fake_reset();
	count_forget();
	fake_room_forget();
	scratch_make(folder);
	key_make();
	conf = (struct conf_report){ .hostname = hostname, .postmaster = postmaster, .ledger_directory = folder, .ledger_keep_s = 400 * 86400,
		.tlsrpt_send = true, .tlsrpt_contact = postmaster, .tlsrpt_organization = hostname, .tlsrpt_delay_s = 4 * 3600,
		.tlsrpt_expire_s = 86400, .tlsrpt_most = 1000, .dkim_domain = domain, .dkim_selectors = { selectors, 1 },
		.dkim_keys = { keys, 1 } };
	room_init(&report);
	configure();
	report_room_handler.on_directory(&report, &directory, fake_fd());
	report_room_handler.on_key(&report, &key);
	policy_comes();
}

static void
end(void)
{
	room_clear(&report);
	fake_settle();
	scratch_remove(folder);
	fake_finish();
}

/* So many good sessions with mx.DOMAIN on that day; with TLSA records where `host` is not NULL. */
static void
sessions(const char *name, const char *host, uint32_t day, uint64_t count)
{
	struct tls_fact fact = { .direction = FACT_OUT, .day = day, .tls = FACT_TLS_YES, .sessions = count };
	const struct facts_batch batch = { ++sender, 1, &fact, 1 };
	char text[300];

	snprintf(text, sizeof(text), "mx.%s", name);
	fact.text[FACT_DOMAIN] = span_of(name);
	fact.text[FACT_PEER] = span_of(host == NULL ? text : host);
	fact.text[FACT_IP] = SPAN("192.0.2.1");
	fact.text[FACT_PUBLISHED] = span_of(host == NULL ? "" : "tlsa");
	fact.text[FACT_TLSA] = span_of(host == NULL ? "" : TLSA);
	fact.text[FACT_BASE] = span_of(host == NULL ? "" : host);
	ck_assert(ledger_take(report.ledger, &batch));
}

/* What policy was asked next: which domain's record, or which URL is posted to. */
static struct tlsrpt_question question;
static struct tlsrpt_post post;

static uint16_t
asked(void)
{
	struct span payload;
	uint16_t type;
	int fd;

	if (!fake_channel_take(policy, &type, &payload, &fd))
		return NOTHING;
	ck_assert(type == REPORT_SEEK ? tlsrpt_question_decode(payload, &question) : tlsrpt_post_decode(payload, &post));
	return type;
}

static void
deliver(uint16_t type, struct buf *out)
{
	ck_assert(fake_channel_deliver(policy, type, buf_span(out), -1));
	buf_clear(out);
	fake_settle();
}

/* Its record names these, "mailto:" or "https:" and a host, up to NULL; nothing = it has none. */
static void
record_is(const char *const *uris)
{
	struct tlsrpt_target targets[TLSRPT_TARGETS];
	struct tlsrpt_answer answer = { .id = question.id, .is_known = true, .found = TLSRPT_NONE, .targets = targets };
	struct buf out = { .ceiling = 10000 };
	char texts[TLSRPT_TARGETS][100];

	for (; uris[answer.count] != NULL; answer.count++) {
		struct span uri = span_of(uris[answer.count]), host = span_behind_last(uri, ':');
		bool is_mail = span_starts(uri, SPAN("mailto:"));

		snprintf(texts[answer.count], sizeof(texts[0]), is_mail ? "tls@%.*s" : "https://%.*s/r", SPAN_ARG(host));
		targets[answer.count] = (struct tlsrpt_target){ is_mail ? TLSRPT_MAILTO : TLSRPT_HTTPS, span_of(texts[answer.count]), host, 443 };
		answer.found = TLSRPT_FOUND;
	}
	tlsrpt_answer_encode(&out, &answer);
	deliver(POLICY_SOUGHT, &out);
}

static void
posted(enum posted end, const char *text)
{
	const struct tlsrpt_posted said = { post.id, end, span_of(text) };
	struct buf out = { .ceiling = 1000 };

	tlsrpt_posted_encode(&out, &said);
	deliver(POLICY_POSTED, &out);
}

static void
unknown(void)
{
	const struct tlsrpt_answer answer = { .id = question.id, .text = SPAN("the DNS gives no answer") };
	struct buf out = { .ceiling = 1000 };

	tlsrpt_answer_encode(&out, &answer);
	deliver(POLICY_SOUGHT, &out);
}

/* Wait until policy is asked something, at most so long. */
static uint16_t
wait_asked(int64_t most_ms)
{
	uint16_t type;

	for (int64_t ms = 0; ms <= most_ms; ms += 10000) {
		if ((type = asked()) != NOTHING)
			return type;
		fake_advance(10000);
	}
	return NOTHING;
}

struct rows {
	enum due_state state;
	char target[100], text[200];
	unsigned count;
};

static void
on_row(void *arg, const struct due_row *row)
{
	struct rows *rows = arg;

	rows->count++;
	rows->state = row->state;
	snprintf(rows->target, sizeof(rows->target), "%.*s", SPAN_ARG(row->target));
	snprintf(rows->text, sizeof(rows->text), "%.*s", SPAN_ARG(row->text));
}

static struct rows
row_of(const char *name)
{
	struct rows rows = { .count = 0 };

	due_each(report.ledger, 0, UINT32_MAX, span_of(name), on_row, &rows);
	ck_assert_uint_le(rows.count, 1);
	return rows;
}

#define expect(name, wanted) ck_assert_int_eq(row_of(name).state, wanted)

/* R36: nothing before the day is over, and all within the delay of it. */
START_TEST(reports_of_a_day_are_spread_behind_its_end)
{
	unsigned early = 0, late = 0;
	char name[40];

	begin();
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "d%d.example", i);
		sessions(name, NULL, TODAY, 1);
	}
	fake_advance(DAY_MS - 1000);
	ck_assert_uint_eq(asked(), NOTHING);
	for (int64_t ms = -1000; ms <= 5 * HOUR_MS; ms += 30000) {
		while (asked() != NOTHING) {
			ck_assert_int_ge(ms, HOUR_MS / 4);
			ck_assert_int_le(ms, 4 * HOUR_MS);
			early += ms < 72 * HOUR_MS / 60;
			late += ms >= 72 * HOUR_MS / 60;
			record_is((const char *const[]){ NULL });
		}
		fake_advance(30000);
	}
	ck_assert_uint_eq(early + late, 100);
	ck_assert_uint_gt(early, 20);
	ck_assert_uint_gt(late, 20);
	expect("d0.example", DUE_UNWANTED);
	fake_advance(2 * DAY_MS);
	ck_assert_uint_eq(asked(), NOTHING);
	end();
}
END_TEST

/* What began before midnight ends behind it, and is told later still. */
START_TEST(a_day_is_reported_when_the_ledger_has_all_of_it)
{
	begin();
	conf.tlsrpt_settle_s = 6 * 3600;
	sessions("a.example", NULL, TODAY, 1);
	fake_advance(DAY_MS + 6 * HOUR_MS - 10000);
	ck_assert_uint_eq(asked(), NOTHING);
	sessions("a.example", NULL, TODAY, 2);
	ck_assert_uint_eq(wait_asked(120000), REPORT_SEEK);
	end();
}
END_TEST

/* R30-R37: signed, from nobody, over TLS whatever the policies say, of use for a day. */
START_TEST(a_report_is_mailed_once)
{
	const struct fake_message *message;

	begin();
	sessions("a.example", NULL, TODAY, 7);
	fake_advance(DAY_MS);
	ck_assert_uint_eq(wait_asked(4 * HOUR_MS), REPORT_SEEK);
	ck_assert(span_equal(question.domain, SPAN("a.example")));
	record_is((const char *const[]){ "mailto:b.example", "https:c.example", NULL });
	ck_assert_uint_eq(fake_writer_count(), 1);
	message = fake_writer_message(0);
	ck_assert(span_starts(message->content, SPAN("DKIM-Signature: v=1; a=ed25519-sha256;")));
	ck_assert_ptr_nonnull(memmem(message->content.data, message->content.length, "\r\nTLS-Report-Domain: a.example\r\n", 32));
	ck_assert_ptr_nonnull(memmem(message->content.data, message->content.length, "\r\n\r\n--", 6));
	ck_assert_uint_eq(message->envelope.sender.length, 0);
	ck_assert_uint_eq(message->envelope.flags, ENVELOPE_OWN | ENVELOPE_TLS_OPTIONAL | ENVELOPE_BRIEF);
	ck_assert_uint_eq(message->envelope.recipients_count, 1);
	ck_assert(span_equal(message->envelope.recipients[0].address, SPAN("tls@b.example")));
	ck_assert_uint_eq(message->envelope.recipients[0].notify, NOTIFY_NEVER);
	expect("a.example", DUE_SENT);
	ck_assert_str_eq(row_of("a.example").target, "tls@b.example");
	fake_log_expect("event=tlsrpt domain=a.example for=domain report=2026-03-01.a.example result=sent to=tls@b.example *");
	fake_advance(DAY_MS);
	ck_assert_uint_eq(asked(), NOTHING);
	ck_assert_uint_eq(fake_writer_count(), 1);
	ck_assert_uint_eq(report.tlsrpt_sent, 1);
	end();
}
END_TEST

/* R40, R41: what an answer to a post leads to. */
static const struct {
	const char *name;
	bool verify;
	enum posted ends[4];		/* of the first target, then of the second */
	const char *posts;		/* that are expected: s strict about the certificate, l lax */
	enum due_state state;
	const char *target, *text;
} answers[] = {
	{ "taken", false, { POSTED_TAKEN }, "s", DUE_SENT, "https://b.example/r", "said" },
	{ "refused, then taken by the next", false, { POSTED_REFUSED, POSTED_TAKEN }, "ss", DUE_SENT, "https://c.example/r", "said" },
	{ "not now, then taken by the next", false, { POSTED_LATER, POSTED_TAKEN }, "ss", DUE_SENT, "https://c.example/r", "said" },
	{ "refused by all", false, { POSTED_REFUSED, POSTED_REFUSED }, "ss", DUE_GIVEN_UP, "", "said" },
	{ "refused by one, not now by the other", false, { POSTED_REFUSED, POSTED_LATER }, "ss", DUE_WAITING, "", "said" },
	{ "a bad certificate does not matter", false, { POSTED_CERTIFICATE, POSTED_TAKEN }, "sl", DUE_SENT, "https://b.example/r", "said" },
	{ "it matters", true, { POSTED_CERTIFICATE, POSTED_TAKEN }, "ss", DUE_SENT, "https://c.example/r", "said" },
	{ "a bad certificate twice", false, { POSTED_CERTIFICATE, POSTED_CERTIFICATE, POSTED_TAKEN }, "sls", DUE_SENT, "https://c.example/r", "said" },
	{ "a lax one is refused", false, { POSTED_CERTIFICATE, POSTED_REFUSED, POSTED_TAKEN }, "sls", DUE_SENT, "https://c.example/r", "said" },
	{ "not now by one, refused by the other", false, { POSTED_LATER, POSTED_REFUSED }, "ss", DUE_WAITING, "", "said" },
};

START_TEST(what_posts_lead_to)
{
	begin();
	conf.tlsrpt_verify = answers[_i].verify;
	sessions("a.example", NULL, TODAY, 7);
	fake_advance(DAY_MS);
	ck_assert_uint_eq(wait_asked(4 * HOUR_MS), REPORT_SEEK);
	record_is((const char *const[]){ "https:b.example", "https:c.example", NULL });
	for (size_t i = 0; i < strlen(answers[_i].posts); i++) {
		ck_assert_msg(asked() == REPORT_POST, "%s: %zu posts", answers[_i].name, i);
		ck_assert(span_equal(post.type, SPAN("application/tlsrpt+gzip")));
		ck_assert(span_starts(post.body, SPAN("\x1f\x8b")));
		ck_assert_msg(post.is_lax == (answers[_i].posts[i] == 'l'), "%s: post %zu is %s", answers[_i].name, i,
		    post.is_lax ? "lax" : "strict");
		posted(answers[_i].ends[i], "said");
	}
	ck_assert_uint_eq(asked(), NOTHING);
	ck_assert_msg(row_of("a.example").state == answers[_i].state, "%s: %s", answers[_i].name, due_state_name(row_of("a.example").state));
	ck_assert_str_eq(row_of("a.example").target, answers[_i].target);
	ck_assert_uint_eq(count_read((const size_t[]){ METRIC_TLSRPT_REPORTS, answers[_i].state, 0, 0 }), 1);
	ck_assert_str_eq(row_of("a.example").text, answers[_i].text);
	end();
}
END_TEST

/* R36: less and less often, and not for longer than a day. */
START_TEST(who_cannot_be_asked_is_asked_again_for_a_day)
{
	int64_t first_ms = 0, last_ms = 0, wait_ms = 0;
	unsigned tries = 0;

	begin();
	sessions("a.example", NULL, TODAY, 1);
	fake_advance(DAY_MS);
	while (wait_asked(12 * HOUR_MS) == REPORT_SEEK) {
		if (tries++ == 0)
			first_ms = clock_ms();
		else
			ck_assert_int_ge(clock_ms() - last_ms + 20000, wait_ms);
		wait_ms = tries == 1 ? 300000 : clock_ms() - last_ms;
		last_ms = clock_ms();
		unknown();
	}
	ck_assert_uint_ge(tries, 6);
	ck_assert_uint_le(tries, 20);
	ck_assert_int_le(last_ms - first_ms, DAY_MS + 60000);
	expect("a.example", DUE_GIVEN_UP);
	fake_log_expect("event=tlsrpt domain=a.example for=domain *result=given-up *");
	ck_assert_uint_eq(count_read((const size_t[]){ METRIC_TLSRPT_REPORTS, DUE_GIVEN_UP, 0, 0 }), 1);
	ck_assert_uint_eq(count_read((const size_t[]){ METRIC_TLSRPT_REPORTS, DUE_WAITING, 0, 0 }), tries - 1);
	ck_assert_str_eq(row_of("a.example").text, "the DNS gives no answer");
	end();
}
END_TEST

START_TEST(a_policy_process_that_ends_is_asked_again)
{
	begin();
	sessions("a.example", NULL, TODAY, 1);
	fake_advance(DAY_MS);
	ck_assert_uint_eq(wait_asked(4 * HOUR_MS), REPORT_SEEK);
	fake_channel_break(policy);
	ck_assert_ptr_null(report.policy);
	ck_assert_uint_eq(report.sendings_count, 0);
	fake_advance(HOUR_MS);
	policy_comes();
	ck_assert_uint_eq(wait_asked(HOUR_MS), REPORT_SEEK);
	record_is((const char *const[]){ "https:b.example", NULL });
	ck_assert_uint_eq(asked(), REPORT_POST);
	fake_channel_break(policy);
	policy_comes();
	ck_assert_uint_eq(wait_asked(HOUR_MS), REPORT_SEEK);
	record_is((const char *const[]){ "https:b.example", NULL });
	ck_assert_uint_eq(asked(), REPORT_POST);
	posted(POSTED_TAKEN, "");
	expect("a.example", DUE_SENT);
	/* An answer to a question of before is nobody's. */
	posted(POSTED_REFUSED, "late");
	expect("a.example", DUE_SENT);
	ck_assert(!fake_channel_deliver(policy, POLICY_POSTED, SPAN("nonsense"), -1));
	ck_assert(!fake_room_is_done());
	end();
}
END_TEST

START_TEST(what_the_spool_does_not_take_is_tried_again)
{
	begin();
	sessions("a.example", NULL, TODAY, 1);
	fake_advance(DAY_MS);
	fake_writer_result(ENOSPC);
	ck_assert_uint_eq(wait_asked(4 * HOUR_MS), REPORT_SEEK);
	record_is((const char *const[]){ "mailto:b.example", NULL });
	expect("a.example", DUE_WAITING);
	ck_assert_uint_eq(fake_writer_count(), 0);
	fake_writer_result(0);
	fake_writer_refuse_content(EIO);
	ck_assert_uint_eq(wait_asked(HOUR_MS), REPORT_SEEK);
	record_is((const char *const[]){ "mailto:b.example", NULL });
	expect("a.example", DUE_WAITING);
	ck_assert_uint_eq(fake_writer_records(), 0);
	fake_writer_refuse_content(0);
	ck_assert_uint_eq(wait_asked(HOUR_MS), REPORT_SEEK);
	record_is((const char *const[]){ "mailto:b.example", NULL });
	expect("a.example", DUE_SENT);
	ck_assert_uint_eq(fake_writer_count(), 1);
	end();
}
END_TEST

/* R34: nobody may believe a report that is not signed. */
START_TEST(without_a_key_reports_are_posted_only)
{
	begin();
	conf.dkim_keys.count = conf.dkim_selectors.count = 0;
	sessions("a.example", NULL, TODAY, 1);
	sessions("b.example", NULL, TODAY, 1);
	fake_advance(DAY_MS);
	for (int i = 0; i < 3; i++)
		if (wait_asked(4 * HOUR_MS) == REPORT_POST)
			posted(POSTED_TAKEN, "");
		else
			record_is(span_equal(question.domain, SPAN("a.example")) ? (const char *const[]){ "mailto:c.example", NULL } :
			    (const char *const[]){ "mailto:c.example", "https:c.example", NULL });
	expect("a.example", DUE_GIVEN_UP);
	expect("b.example", DUE_SENT);
	ck_assert_uint_eq(fake_writer_count(), 0);
	end();
}
END_TEST

/* R3: a host hears of its TLSA records, but never twice of the same session at the same address. */
START_TEST(a_host_hears_what_domains_were_not_told)
{
	static const char *const hosts[] = { "mx.h.example", "mx.g.example" };
	unsigned seeks = 0;
	int64_t ended_ms;

	begin();
	sessions("a.example", hosts[0], TODAY, 3);	/* tells r.example */
	sessions("b.example", hosts[0], TODAY, 5);	/* tells nobody */
	sessions("a.example", hosts[1], TODAY, 7);
	fake_advance(DAY_MS);
	ended_ms = clock_ms();
	while (wait_asked(5 * HOUR_MS) == REPORT_SEEK) {
		seeks++;
		if (span_starts(question.domain, SPAN("mx.")))
			ck_assert_int_ge(clock_ms() - ended_ms, 2 * HOUR_MS);
		record_is(span_equal(question.domain, SPAN("b.example")) ? (const char *const[]){ NULL } :
		    (const char *const[]){ "mailto:r.example", NULL });
	}
	ck_assert_uint_eq(seeks, 4);
	expect("a.example", DUE_SENT);
	expect("b.example", DUE_UNWANTED);
	expect(hosts[0], DUE_SENT);
	expect(hosts[1], DUE_UNWANTED);
	ck_assert_uint_eq(fake_writer_count(), 2);
	end();
}
END_TEST

/* A host waits for its domains; when time is over, what may yet be told by theirs is left out. */
START_TEST(a_host_waits_for_its_domains)
{
	enum due_state wanted;
	unsigned of_host = 0;
	int64_t begun_ms;

	begin();
	sessions("a.example", "mx.h.example", TODAY, 3);
	fake_advance(DAY_MS);
	begun_ms = clock_ms();
	while (wait_asked(12 * HOUR_MS) == REPORT_SEEK) {
		of_host += span_equal(question.domain, SPAN("mx.h.example"));
		if (of_host > 0)
			break;
		unknown();
	}
	ck_assert_uint_eq(of_host, 1);
	ck_assert_int_gt(clock_ms() - begun_ms, 12 * HOUR_MS);
	/* The domain's time is over, and nobody was told; or it is not quite, and it may be yet. */
	wanted = row_of("a.example").state == DUE_WAITING ? DUE_UNWANTED : DUE_SENT;
	record_is((const char *const[]){ "mailto:r.example", NULL });
	expect("mx.h.example", wanted);
	end();
}
END_TEST

/* R6, RX4 */
START_TEST(one_host_gets_so_many_a_day)
{
	char name[40];
	unsigned posts = 0;

	begin();
	conf.tlsrpt_most = 3;
	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "d%d.example", i);
		sessions(name, NULL, TODAY, 1);
	}
	fake_advance(DAY_MS);
	/* All at once: their answers come together. */
	conf.tlsrpt_delay_s = 1;
	for (int64_t ms = 0; ms < 6 * HOUR_MS; ms += 10000) {
		uint16_t type;

		while ((type = asked()) != NOTHING)
			if (type == REPORT_SEEK) {
				record_is((const char *const[]){ "https:victim.example", NULL });
			} else {
				posts++;
				posted(POSTED_TAKEN, "");
			}
		fake_advance(10000);
	}
	ck_assert_uint_eq(posts, 3);
	end();
}
END_TEST

/* RX4: whoever never asked for reports takes none, and is not tried with all of them for that; those that are, as often as any. */
static void
try_one_host(enum posted how, unsigned *posts)
{
	unsigned names = 0;
	char name[40];

	begin();
	conf.tlsrpt_most = 3;
	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "d%d.example", i);
		sessions(name, NULL, TODAY, 1);
	}
	fake_advance(DAY_MS);
	for (int64_t ms = 0; ms < 12 * HOUR_MS; ms += 10000) {
		uint16_t type;

		while ((type = asked()) != NOTHING)
			if (type == REPORT_SEEK) {
				record_is((const char *const[]){ "https:victim.example", NULL });
			} else {
				++*posts;
				posted(how, "said");
			}
		fake_advance(10000);
	}
	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "d%d.example", i);
		names += strcmp(row_of(name).text, "said") == 0;
		ck_assert(row_of(name).state != DUE_SENT);
	}
	ck_assert_uint_eq(names, 3);
	end();
}

START_TEST(a_host_that_refuses_reports_is_tried_with_so_many)
{
	unsigned posts = 0;

	try_one_host(POSTED_REFUSED, &posts);
	ck_assert_uint_eq(posts, 3);
}
END_TEST

START_TEST(a_host_that_is_not_well_is_tried_with_so_many)
{
	unsigned posts = 0;

	try_one_host(POSTED_LATER, &posts);
	ck_assert_uint_gt(posts, 9);
}
END_TEST

static int
on_commit(void *arg)
{
	(void)arg;
	return 1;
}

/* As on a full disk: what is written is read again, and gone when it should become durable. */
static void
disk_is_full(bool is_full)
{
	sqlite3_commit_hook(ledger_store(report.ledger)->database, is_full ? on_commit : NULL, NULL);
}

/* Tries that cannot be written down would follow each other at once, and whoever takes reports get the same one again and again. */
START_TEST(nothing_leaves_while_the_ledger_cannot_be_written)
{
	unsigned seeks = 0, posts = 0;

	begin();
	sessions("a.example", NULL, TODAY, 1);
	fake_advance(DAY_MS + 120000);
	ck_assert_uint_eq(row_of("a.example").count, 1);
	disk_is_full(true);
	for (int64_t ms = 0; ms < 5 * HOUR_MS; ms += 200) {
		uint16_t type;

		while ((type = asked()) != NOTHING) {
			seeks += type == REPORT_SEEK;
			posts += type == REPORT_POST;
			if (type == REPORT_SEEK)
				record_is((const char *const[]){ "https:b.example", NULL });
			else
				posted(POSTED_TAKEN, "");
		}
		fake_advance(200);
	}
	ck_assert_uint_eq(posts, 0);
	ck_assert_uint_gt(seeks, 10);
	ck_assert_uint_le(seeks, 5 * 60);
	expect("a.example", DUE_WAITING);
	disk_is_full(false);
	ck_assert_uint_eq(wait_asked(HOUR_MS), REPORT_SEEK);
	record_is((const char *const[]){ "https:b.example", NULL });
	ck_assert_uint_eq(asked(), REPORT_POST);
	posted(POSTED_TAKEN, "");
	expect("a.example", DUE_SENT);
	while (fake_log_take("event=ledger-store *"))
		;
	end();
}
END_TEST

/* It was taken, and then the disk is full: nobody gets it again, and it is written down later. */
START_TEST(what_was_taken_is_not_sent_again)
{
	begin();
	sessions("a.example", NULL, TODAY, 1);
	fake_advance(DAY_MS);
	ck_assert_uint_eq(wait_asked(4 * HOUR_MS), REPORT_SEEK);
	record_is((const char *const[]){ "https:b.example", NULL });
	ck_assert_uint_eq(asked(), REPORT_POST);
	disk_is_full(true);
	posted(POSTED_TAKEN, "");
	fake_log_expect("event=tlsrpt what=*cannot*be*written* domain=a.example");
	ck_assert_uint_eq(wait_asked(12 * HOUR_MS), NOTHING);
	expect("a.example", DUE_WAITING);
	disk_is_full(false);
	fake_advance(60000);
	expect("a.example", DUE_SENT);
	ck_assert_str_eq(row_of("a.example").target, "https://b.example/r");
	ck_assert_uint_eq(report.tlsrpt_sent, 1);
	ck_assert_uint_eq(report.sendings_count, 0);
	ck_assert_uint_eq(wait_asked(HOUR_MS), NOTHING);
	while (fake_log_take("event=ledger-store *"))
		;
	end();
}
END_TEST

/* E8: somebody sets the clock a year ahead, and back; what was sent is known as long as there is something to send. */
START_TEST(a_clock_that_was_wrong_sends_nothing_twice)
{
	const char *why;

	begin();
	sessions("a.example", NULL, TODAY, 1);
	fake_advance(DAY_MS);
	ck_assert_uint_eq(wait_asked(4 * HOUR_MS), REPORT_SEEK);
	record_is((const char *const[]){ "mailto:b.example", NULL });
	expect("a.example", DUE_SENT);
	fake_wall_step(365 * DAY_MS);
	fake_advance(2 * HOUR_MS);
	why = due_hurry(report.ledger, TODAY, SPAN("a.example"), &(struct due_times){ .now_s = clock_wall(), .expire_s = 86400 });
	ck_assert_str_eq(why, "it was sent already: see \"sealpost tlsrpt list\"");
	fake_wall_step(-365 * DAY_MS);
	ck_assert_uint_eq(wait_asked(6 * HOUR_MS), NOTHING);
	ck_assert_uint_eq(fake_writer_count(), 1);
	/* With the sessions of its day it is forgotten, too. */
	fake_wall_step(500 * DAY_MS);
	fake_advance(2 * HOUR_MS);
	ck_assert_uint_eq(row_of("a.example").count, 0);
	end();
}
END_TEST

START_TEST(so_many_are_on_their_way_at_once)
{
	unsigned under_way = 0;
	char name[40];

	begin();
	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "d%d.example", i);
		sessions(name, NULL, TODAY, 1);
	}
	fake_advance(DAY_MS + 5 * HOUR_MS);
	while (asked() == REPORT_SEEK)
		under_way++;
	ck_assert_uint_eq(under_way, 20);
	ck_assert_uint_eq(report.sendings_count, 20);
	record_is((const char *const[]){ NULL });
	fake_advance(1000);
	ck_assert_uint_eq(asked(), REPORT_SEEK);
	ck_assert_uint_eq(asked(), NOTHING);
	end();
}
END_TEST

/* Only what can have a record is asked for: policy would take anything else for nonsense. */
START_TEST(names_that_are_none_are_not_asked_for)
{
	begin();
	sessions("[192.0.2.1]", NULL, TODAY, 1);
	fake_advance(DAY_MS + 5 * HOUR_MS);
	ck_assert_uint_eq(asked(), NOTHING);
	expect("[192.0.2.1]", DUE_UNWANTED);
	end();
}
END_TEST

/* R12, R13, R35: our own mail, and what says nothing of TLS, make no report. */
START_TEST(a_day_without_anything_to_tell_is_not_reported)
{
	struct tls_fact fact = { .direction = FACT_OUT, .day = TODAY, .sessions = 3, .is_own = true };
	struct facts_batch batch = { ++sender, 1, &fact, 1 };

	begin();
	fact.text[FACT_DOMAIN] = SPAN("own.example");
	ck_assert(ledger_take(report.ledger, &batch));
	fact.is_own = false;
	fact.text[FACT_DOMAIN] = SPAN("away.example");
	fact.text[FACT_REASON] = SPAN("connect-timeout");
	batch.number++;
	ck_assert(ledger_take(report.ledger, &batch));
	fake_advance(DAY_MS);
	ck_assert_uint_eq(wait_asked(5 * HOUR_MS), REPORT_SEEK);
	ck_assert(span_equal(question.domain, SPAN("away.example")));
	record_is((const char *const[]){ "mailto:b.example", NULL });
	expect("away.example", DUE_UNWANTED);
	ck_assert_uint_eq(wait_asked(5 * HOUR_MS), NOTHING);
	ck_assert_uint_eq(fake_writer_count(), 0);
	end();
}
END_TEST

START_TEST(a_stop_waits_for_what_is_being_written)
{
	begin();
	sessions("a.example", NULL, TODAY, 1);
	fake_advance(DAY_MS);
	ck_assert_uint_eq(wait_asked(4 * HOUR_MS), REPORT_SEEK);
	fake_writer_hold(true);
	record_is((const char *const[]){ "mailto:b.example", NULL });
	sessions("b.example", NULL, TODAY, 1);
	report_room_handler.on_stop(&report, 1000);
	fake_advance(6 * HOUR_MS);
	ck_assert_uint_eq(asked(), NOTHING);
	ck_assert(!fake_room_is_done());
	fake_writer_release(0);
	fake_settle();
	ck_assert(fake_room_is_done());
	expect("a.example", DUE_SENT);
	end();
}
END_TEST

/* What a reload takes away is not done; what it gives back is. */
START_TEST(reports_can_be_switched_off_and_on)
{
	begin();
	sessions("a.example", NULL, TODAY, 1);
	conf.tlsrpt_send = false;
	configure();
	fake_advance(DAY_MS + 5 * HOUR_MS);
	ck_assert_uint_eq(asked(), NOTHING);
	conf.tlsrpt_send = true;
	configure();
	ck_assert_uint_eq(wait_asked(5 * HOUR_MS), REPORT_SEEK);
	conf.ledger_keep_s = 0;
	configure();
	ck_assert_uint_eq(report.sendings_count, 0);
	record_is((const char *const[]){ "mailto:b.example", NULL });
	ck_assert_uint_eq(fake_writer_count(), 0);
	end();
}
END_TEST

static int
on_steps(void *arg)
{
	++*(unsigned *)arg;
	return 0;
}

static bool
is_free(void *arg, const struct due *due)
{
	(void)arg;
	(void)due;
	return false;
}

/* Thousands may wait, and one is taken many times a second: what taking costs must not grow with them. */
START_TEST(what_waits_costs_nothing)
{
	static const char waiting[] = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
	    " INSERT INTO tlsrpt (day, kind, name, due, until, tries) SELECT %u, 0, 'd' || i || '.example', %lld, %lld, 1 FROM n";
	const struct due host = { .day = TODAY, .kind = DUE_HOST, .name = "mx.h.example" };
	char text[400];
	sqlite3 *database;
	unsigned hundreds = 0;
	struct due due;

	begin();
	database = ledger_store(report.ledger)->database;
	snprintf(text, sizeof(text), waiting, TODAY, (long long)clock_wall() + 3600, (long long)clock_wall() + 7200);
	sessions("d5000.example", host.name, TODAY, 1);
	ck_assert_int_eq(sqlite3_exec(database, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_progress_handler(database, 100, on_steps, &hundreds);
	ck_assert(!due_take(report.ledger, clock_wall(), 300, is_free, NULL, &due));
	ck_assert(due_is_early(report.ledger, &host));
	ck_assert_uint_lt(hundreds, 10);
	end();
}
END_TEST

static void
on_tried(void *arg, const struct due_row *row)
{
	*(unsigned *)arg += row->due.tries > 0;
}

static unsigned
tried(void)
{
	unsigned count = 0;

	due_each(report.ledger, 0, UINT32_MAX, SPAN(""), on_tried, &count);
	return count;
}

/* Hosts whose domain is not settled wait again: however many they are, not all are looked at in one turn. */
START_TEST(a_turn_looks_at_so_many)
{
	static const char waiting[] = "INSERT INTO tlsrpt (day, kind, name, due, until) SELECT DISTINCT day, 1, base, %lld, %lld FROM fact"
	    " UNION ALL SELECT DISTINCT day, 0, domain, %lld, %lld FROM fact";
	long long now_s;
	char text[400];

	begin();
	for (int i = 0; i < 50; i++) {
		snprintf(text, sizeof(text), "mx%d.h.example", i);
		sessions("a.example", text, TODAY, 1);
	}
	now_s = (long long)clock_wall();
	snprintf(text, sizeof(text), waiting, now_s, now_s + 86400, now_s + 3600, now_s + 86400);
	ck_assert_int_eq(sqlite3_exec(ledger_store(report.ledger)->database, text, NULL, NULL, NULL), SQLITE_OK);
	tlsrpt_schedule_look(&report);
	fake_advance(200);
	ck_assert_uint_eq(tried(), 20);
	fake_advance(10000);
	ck_assert_uint_eq(tried(), 50);
	ck_assert_uint_eq(asked(), NOTHING);
	end();
}
END_TEST

/* A sync for each of thousands that ask for nothing would hold up notifications; one that was sent must not be sent again. */
START_TEST(only_what_was_sent_is_synced_at_once)
{
	bool is_open[2];

	begin();
	for (int i = 0; i < 2; i++) {
		sessions(i == 0 ? "a.example" : "b.example", NULL, TODAY + (uint32_t)i, 1);
		fake_advance(DAY_MS);
		ck_assert_uint_eq(wait_asked(5 * HOUR_MS), REPORT_SEEK);
		record_is((const char *const[]){ i == 0 ? NULL : "mailto:r.example", NULL });
		is_open[i] = !sqlite3_get_autocommit(ledger_store(report.ledger)->database);
	}
	expect("a.example", DUE_UNWANTED);
	expect("b.example", DUE_SENT);
	ck_assert(is_open[0]);
	ck_assert(!is_open[1]);
	end();
}
END_TEST

/* The configuration of before is given back while a report is on its way. */
START_TEST(a_report_outlives_a_reload)
{
	static char before[] = "Old University", contact[] = "tls@relay.example";
	struct conf_report former, after;

	begin();
	former = after = conf;
	former.tlsrpt_organization = before;
	former.tlsrpt_contact = contact;
	report.conf = &former;
	sessions("a.example", NULL, TODAY, 1);
	fake_advance(DAY_MS);
	ck_assert_uint_eq(wait_asked(4 * HOUR_MS), REPORT_SEEK);
	record_is((const char *const[]){ "https:b.example", "mailto:b.example", NULL });
	ck_assert_uint_eq(asked(), REPORT_POST);
	report_room_handler.on_setup(&report, &(struct setup){ 0 }, &after);
	memset(before, 0, sizeof(before));
	memset(contact, 0, sizeof(contact));
	memset(&former, 0, sizeof(former));
	posted(POSTED_REFUSED, "");
	expect("a.example", DUE_SENT);
	ck_assert_uint_eq(fake_writer_count(), 1);
	ck_assert_ptr_nonnull(memmem(fake_writer_message(0)->content.data, fake_writer_message(0)->content.length, "Old University", 14));
	end();
}
END_TEST

/* A day that ended while the relay was off is reported if it was the last. */
START_TEST(only_the_last_day_is_reported)
{
	begin();
	sessions("old.example", NULL, TODAY - 2, 1);
	sessions("new.example", NULL, TODAY - 1, 1);
	tlsrpt_schedule_look(&report);
	ck_assert_uint_eq(wait_asked(5 * HOUR_MS), REPORT_SEEK);
	ck_assert(span_equal(question.domain, SPAN("new.example")));
	record_is((const char *const[]){ NULL });
	ck_assert_uint_eq(wait_asked(5 * HOUR_MS), NOTHING);
	ck_assert_uint_eq(row_of("old.example").count, 0);
	end();
}
END_TEST

/* The operator asks for one: others are not told of a day long past for that. */
START_TEST(one_that_is_asked_for_is_sent_alone)
{
	struct span arguments[] = { SPAN("--domain"), SPAN("a.example"), SPAN("--day"), SPAN("2026-02-24") };
	const struct request request = { SPAN("tlsrpt send"), arguments, 4 };

	begin();
	sessions("a.example", "mx.h.example", TODAY - 5, 1);
	sessions("b.example", NULL, TODAY - 5, 1);
	report_room_handler.on_request(&report, &request, fake_fd());
	ck_assert_uint_eq(wait_asked(HOUR_MS), REPORT_SEEK);
	ck_assert(span_equal(question.domain, SPAN("a.example")));
	record_is((const char *const[]){ "mailto:r.example", NULL });
	expect("a.example", DUE_SENT);
	ck_assert_uint_eq(wait_asked(12 * HOUR_MS), NOTHING);
	ck_assert_uint_eq(row_of("b.example").count, 0);
	ck_assert_uint_eq(row_of("mx.h.example").count, 0);
	end();
}
END_TEST

/* Facts that rooms tell late are planned for within the hour. */
START_TEST(a_domain_that_is_told_of_late_is_reported_too)
{
	begin();
	sessions("a.example", NULL, TODAY, 1);
	fake_advance(DAY_MS + 5 * HOUR_MS);
	while (asked() == REPORT_SEEK)
		record_is((const char *const[]){ NULL });
	sessions("late.example", NULL, TODAY, 1);
	ck_assert_uint_eq(wait_asked(6 * HOUR_MS), REPORT_SEEK);
	ck_assert(span_equal(question.domain, SPAN("late.example")));
	end();
}
END_TEST

UNIT_MAIN_LOOPED("tlsrpt_sending", what_posts_lead_to, answers, a_host_that_refuses_reports_is_tried_with_so_many,
    a_host_that_is_not_well_is_tried_with_so_many, nothing_leaves_while_the_ledger_cannot_be_written,
    what_was_taken_is_not_sent_again, a_clock_that_was_wrong_sends_nothing_twice,
    a_day_is_reported_when_the_ledger_has_all_of_it, reports_of_a_day_are_spread_behind_its_end, a_report_is_mailed_once,
    who_cannot_be_asked_is_asked_again_for_a_day, a_policy_process_that_ends_is_asked_again, what_the_spool_does_not_take_is_tried_again,
    without_a_key_reports_are_posted_only, a_host_hears_what_domains_were_not_told, a_host_waits_for_its_domains,
    one_host_gets_so_many_a_day, so_many_are_on_their_way_at_once, names_that_are_none_are_not_asked_for,
    a_day_without_anything_to_tell_is_not_reported, a_stop_waits_for_what_is_being_written, reports_can_be_switched_off_and_on,
    only_what_was_sent_is_synced_at_once, what_waits_costs_nothing, a_turn_looks_at_so_many,
    a_report_outlives_a_reload, one_that_is_asked_for_is_sent_alone,
    only_the_last_day_is_reported, a_domain_that_is_told_of_late_is_reported_too)
