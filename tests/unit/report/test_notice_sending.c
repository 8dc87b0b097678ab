/*
 * Tests of src/report/notice_schedule.c and pursuits (notice_{pursuit,whose,look,sending}.c), with the database and the decisions behind
 * them: from facts of peers whose TLS is at fault to mail, in a room whose clock the test moves. The test is policy, relay and queue, and
 * the peers.
 */
#include "report/notice_pursuit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/clock.h"
#include "metrics/count.h"
#include "report/notice_schedule.h"
#include "report/notice_store.h"
#include "report/notice_tables.h"
#include "report/room.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_channel.h"
#include "tests/fake/fake_file.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_room.h"
#include "tests/fake/fake_writer.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)
#define STEP_MS INT64_C(100000)		/* answers come within the time that they are waited for */
#define MAILS_MOST 400
#define NAMES_MOST 60		/* domains that fail at a time */
#define TEMPLATE_OCTETS 65536

static char folder[SCRATCH_PATH], template[TEMPLATE_OCTETS];
static char hostname[] = "relay.example", postmaster[] = "postmaster@relay.example", stop[] = "stop@relay.example", nothing[] = "";
static char zone[] = "abuse.example";
static struct conf_report conf;
static struct report report;
static struct channel *policy, *relay, *queue, *intake;
static struct writer *writer;		/* of all lives of the room */
static uint64_t sender;

/* How policy, relay and the contacts' hosts are: the test sets it. */
static struct {
	enum contact_proof proof;
	bool is_unknown;		/* the DNS says nothing */
	const char *operator;		/* NULL = the domain behind the first dot of the host */
	uint32_t contacts;		/* postmaster@OPERATOR, and so many more, c1@OPERATOR ... */
	enum look_end end;
	const char *mended;		/* the one host where it finds nothing; NULL = none */
	bool is_full_then;		/* the disk is, while it is told */
	const char *reason, *verdict;	/* what a fresh look finds; "" = it is mended */
	enum notice_action action;	/* of mail that was sent */
	bool is_policy;			/* no TLS */
	bool is_silent;			/* queue says nothing of it */
	uint32_t takes;			/* index of the contact that takes it; UINT32_MAX = all do as `action` says */
} world;

/* What there was. */
static struct {
	char to[100];
	int64_t day;
	struct mid mid;
} mails[MAILS_MOST];
static size_t mails_count, mails_seen;
static unsigned looks, questions;
static int64_t begun_ms;

static void
template_read(void)
{
	char path[1000];
	FILE *file;
	size_t length;

	snprintf(path, sizeof(path), "%s/etc/notices/en.txt", getenv("srcdir") == NULL ? "." : getenv("srcdir"));
	file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s", path);
	length = fread(template, 1, sizeof(template) - 1, file);
	template[length] = '\0';
	fclose(file);
}

static struct channel *
comes(enum room_kind kind, const char *name)
{
	const struct peer peer = { kind, 0 };

	report_room_handler.on_peer(&report, &peer, fake_fd());
	return fake_channel_find(name);
}

static void
configure(void)
{
	const struct setup setup = { 0 };

	report_room_handler.on_setup(&report, &setup, &conf);
}

static void
start(void)
{
	const struct directory directory = { SPAN("report-0"), true };
	const struct spool_key key = { SPAN("public"), SPAN("") };

	room_init(&report);
	configure();
	report.writer = writer;
	if (writer == NULL) {
		report_room_handler.on_directory(&report, &directory, fake_fd());
		report_room_handler.on_key(&report, &key);
		writer = report.writer;
	}
	policy = comes(ROOM_POLICY, "policy");
	relay = comes(ROOM_RELAY, "relay");
	intake = comes(ROOM_INTAKE, "intake");
	queue = comes(ROOM_QUEUE, "queue");
}

static void
begin(void)
{
	fake_reset();
	count_forget();
	fake_room_forget();
	scratch_make(folder);
	template_read();
	conf = (struct conf_report){ .hostname = hostname, .postmaster = postmaster, .ledger_directory = folder, .ledger_keep_s = 400 * 86400,
		.tlsrpt_contact = nothing, .tlsrpt_organization = nothing, .dkim_domain = nothing, .notices_mode = CONF_NOTICES_ON,
		.notices_from = postmaster, .notices_stop = stop, .notices_template = template, .notices_after_s = 2 * 86400,
		.notices_sessions = 3, .notices_remind_s = 14 * 86400, .notices_silence_s = 180 * 86400, .notices_most = 20,
		.notices_bounces = 30, .notices_lookups = 500, .notices_abuse_zone = zone };
	memset(&world, 0, sizeof(world));
	world.proof = CONTACT_BY_MX;
	world.reason = "starttls-not-supported";
	world.verdict = "misconfiguration";
	world.action = ACTION_RELAYED;
	world.takes = UINT32_MAX;
	mails_count = mails_seen = 0;
	looks = questions = 0;
	writer = NULL;
	start();
	begun_ms = clock_wall_ms();
}

static void
stop_room(void)
{
	room_clear(&report);
	fake_settle();
}

static void
end(void)
{
	stop_room();
	scratch_remove(folder);
	fake_finish();
}

/* --- facts --- */

static struct tls_fact
fact_of(enum fact_direction direction, const char *peer, const char *domain, const char *ip, const char *reason, uint64_t sessions)
{
	struct tls_fact told = { .direction = direction, .day = (uint32_t)(clock_wall() / LEDGER_DAY_S), .tls = FACT_TLS_NO, .sessions = sessions };

	told.text[FACT_PEER] = span_of(peer);
	told.text[FACT_DOMAIN] = span_of(domain);
	told.text[FACT_IP] = span_of(ip);
	told.text[FACT_REASON] = span_of(reason);
	return told;
}

static void
facts_take(struct tls_fact *facts, uint32_t count)
{
	const struct facts_batch batch = { ++sender, 1, facts, count };

	ck_assert(ledger_take(report.ledger, &batch));
}

static void
fact(enum fact_direction direction, const char *peer, const char *domain, const char *ip, const char *reason, uint64_t sessions)
{
	struct tls_fact told = fact_of(direction, peer, domain, ip, reason, sessions);

	facts_take(&told, 1);
}

/* The domains' mail could not go to mx.DOMAIN, up to NULL. */
static void
fails(const char *const *domains)
{
	struct tls_fact facts[NAMES_MOST];
	char hosts[NAMES_MOST][100];
	uint32_t count = 0;

	for (; domains[count] != NULL; count++) {
		snprintf(hosts[count], sizeof(hosts[0]), "mx.%s", domains[count]);
		facts[count] = fact_of(FACT_OUT, hosts[count], domains[count], "192.0.2.1", "starttls-not-supported", 2);
	}
	if (count > 0)
		facts_take(facts, count);
}

/* --- policy --- */

static void
contacts_say(const struct contact_question *question)
{
	struct contact contacts[CONTACTS_MOST];
	struct span host = question->host.length > 0 ? question->host : question->domain;
	struct span parent = span_skip(host, span_find(host, '.') + 1);
	struct contacts_answer answer = { .id = question->id, .is_known = !world.is_unknown, .proof = world.proof, .contacts = contacts };
	struct buf out = { .ceiling = 10000 };
	char texts[CONTACTS_MOST][100];

	if (question->is_inbound)
		parent = question->domain;
	if (world.proof != CONTACT_UNPROVED) {
		answer.operator = world.operator == NULL ? parent : span_of(world.operator);
		for (; answer.count < world.contacts + 1; answer.count++) {
			if (answer.count == 0)
				snprintf(texts[0], sizeof(texts[0]), "postmaster@%.*s", SPAN_ARG(answer.operator));
			else
				snprintf(texts[answer.count], sizeof(texts[0]), "c%u@%.*s", answer.count, SPAN_ARG(answer.operator));
			contacts[answer.count] = (struct contact){ CONTACT_OPERATOR, span_of(texts[answer.count]) };
		}
	}
	contacts_answer_encode(&out, &answer);
	ck_assert(fake_channel_deliver(policy, POLICY_CONTACTS, buf_span(&out), -1));
	buf_clear(&out);
}

static bool
policy_turn(void)
{
	struct contact_question question;
	struct span payload;
	uint16_t type;
	int fd;

	if (policy == NULL || !fake_channel_take(policy, &type, &payload, &fd))
		return false;
	ck_assert_uint_eq(type, REPORT_CONTACT);
	ck_assert(contact_question_decode(payload, &question));
	ck_assert(span_equal(question.zone, SPAN("abuse.example")));
	questions++;
	contacts_say(&question);
	return true;
}

/* --- relay --- */

/* A full disk, or one that is not: commits of notices.db fail. */
static int
refuse_commit(void *unused)
{
	(void)unused;
	return 1;
}

static void
disk_set(bool is_full)
{
	sqlite3_commit_hook(report.notices->store->database, is_full ? refuse_commit : NULL, NULL);
}

static bool
relay_turn(void)
{
	struct looked looked = { .end = world.end, .reason = span_of(world.reason), .verdict = span_of(world.verdict),
		.banner = SPAN("220 mx ESMTP Postfix"), .transcript = SPAN("S: 220 mx ESMTP Postfix\nC: EHLO relay.example\nS: 250 mx") };
	struct buf out = { .ceiling = 10000 };
	struct look look;
	struct span payload;
	uint16_t type;
	int fd;

	do {
		if (!fake_channel_take(relay, &type, &payload, &fd))
			return false;
	} while (type != ASKS_LOOK);
	ck_assert(look_decode(payload, &look));
	looks++;
	looked.id = look.id;
	looked.host = look.host;
	if (world.mended != NULL && span_equal(look.host, span_of(world.mended)))
		looked.reason = SPAN("");
	ck_assert(ip_parse(SPAN("192.0.2.1"), &looked.ip));
	looked_encode(&out, &looked);
	disk_set(world.is_full_then);
	ck_assert(fake_channel_deliver(relay, ASKS_LOOKED, buf_span(&out), -1));
	disk_set(false);
	buf_clear(&out);
	return true;
}

/* --- queue --- */

static bool
is_taker(const char *to)
{
	char name[20];

	if (world.takes == UINT32_MAX)
		return world.action != ACTION_FAILED;
	snprintf(name, sizeof(name), "c%u@", world.takes);
	return world.takes == 0 ? strncmp(to, "postmaster@", 11) == 0 : strncmp(to, name, strlen(name)) == 0;
}

static bool
ended(const struct fake_message *message, bool is_taken)
{
	struct noticed_recipient recipient = { .action = is_taken ? ACTION_RELAYED : ACTION_FAILED,
		.outcome = { .kind = is_taken ? OUTCOME_DELIVERED : OUTCOME_FAILED, .is_policy = world.is_policy && !is_taken,
		.status = SPAN("5.1.1"), .reason = is_taken ? SPAN("") : SPAN("recipient-refused") } };
	struct notification notification = { .id = 7, .envelope = message->envelope, .recipients = &recipient };
	struct buf out = { .ceiling = 10000 };
	struct notified notified;
	struct span payload;
	bool is_done = false;
	uint16_t type;
	int fd;

	notification_encode(&out, &notification);
	ck_assert(fake_channel_deliver(queue, QUEUE_NOTIFY, buf_span(&out), fake_file_folder()));
	buf_clear(&out);
	while (fake_channel_take(queue, &type, &payload, &fd))
		if (type == REPORT_NOTIFIED && notified_decode(payload, &notified))
			is_done = notified.done;
	return is_done;
}

/* Mail that was not seen yet is delivered, or not. */
static bool
queue_turn(void)
{
	const struct fake_message *message;
	char *to;

	if (mails_seen == fake_writer_count())
		return false;
	message = fake_writer_message(mails_seen++);
	ck_assert_uint_lt(mails_count, MAILS_MOST);
	to = mails[mails_count].to;
	snprintf(to, sizeof(mails[0].to), "%.*s", SPAN_ARG(message->envelope.recipients[0].address));
	mails[mails_count].day = (clock_wall_ms() - begun_ms) / DAY_MS;
	mails[mails_count++].mid = message->envelope.mid;
	ck_assert_uint_eq(message->envelope.flags, ENVELOPE_OWN | ENVELOPE_TLS_OPTIONAL | ENVELOPE_BRIEF | ENVELOPE_TOLD);
	ck_assert_uint_eq(message->envelope.sender.length, 0);
	ck_assert_uint_eq(message->envelope.recipients_count, 1);
	ck_assert_uint_eq(message->envelope.recipients[0].notify, NOTIFY_NEVER);
	if (!world.is_silent)
		ck_assert(ended(message, is_taker(to)));
	return true;
}

static void
turns(void)
{
	do
		fake_settle();
	while (policy_turn() || relay_turn() || queue_turn());
}

/* So long, with mail to these domains every six hours, up to NULL. */
static void
pass(int64_t ms, const char *const *domains)
{
	for (int64_t passed = 0; passed < ms; passed += STEP_MS) {
		if (passed % (6 * HOUR_MS) == 0)
			fails(domains);
		fake_advance(STEP_MS);
		turns();
	}
}

#define NOBODY ((const char *const[]){ NULL })
#define PEER ((const char *const[]){ "a.example", NULL })

/* --- when --- */

START_TEST(one_notice_one_reminder_and_then_silence)	/* N51 */
{
	begin();
	pass(2 * DAY_MS - HOUR_MS, PEER);
	ck_assert_uint_eq(mails_count, 0);
	pass(DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 1);
	ck_assert_str_eq(mails[0].to, "postmaster@a.example");
	pass(190 * DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 2);
	ck_assert_int_ge(mails[1].day - mails[0].day, 14);
	ck_assert_int_le(mails[1].day - mails[0].day, 15);
	pass(10 * DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 3);
	ck_assert_int_ge(mails[2].day - mails[1].day, 180);
	end();
}
END_TEST

START_TEST(many_sessions_are_one_notice)	/* N50: 10^6 events */
{
	begin();
	for (int i = 0; i < 100; i++) {
		fact(FACT_OUT, "mx.a.example", "a.example", "192.0.2.1", "starttls-not-supported", 10000);
		pass(HOUR_MS, NOBODY);
	}
	ck_assert_uint_eq(mails_count, 1);
	end();
}
END_TEST

START_TEST(too_few_sessions_are_none)
{
	begin();
	fact(FACT_OUT, "mx.a.example", "a.example", "192.0.2.1", "starttls-not-supported", 1);
	pass(3 * DAY_MS, NOBODY);
	fact(FACT_OUT, "mx.a.example", "a.example", "192.0.2.1", "starttls-not-supported", 1);
	pass(3 * DAY_MS, NOBODY);
	ck_assert_uint_eq(mails_count, 0);
	end();
}
END_TEST

START_TEST(a_peer_that_mends_itself_hears_nothing)
{
	begin();
	pass(DAY_MS, PEER);
	world.reason = "";
	for (int i = 0; i < 10; i++) {
		fact(FACT_OUT, "mx.a.example", "a.example", "192.0.2.1", "", 5);
		pass(DAY_MS, NOBODY);
	}
	ck_assert_uint_eq(mails_count, 0);
	/* It is mended since the last mail to it: a fresh look finds out. */
	pass(4 * DAY_MS, PEER);
	ck_assert_uint_gt(looks, 0);
	ck_assert_uint_eq(mails_count, 0);
	end();
}
END_TEST

START_TEST(a_peer_that_mends_itself_after_the_notice_is_not_reminded)
{
	begin();
	pass(3 * DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 1);
	for (int i = 0; i < 30; i++) {
		fact(FACT_OUT, "mx.a.example", "a.example", "192.0.2.1", "", 5);
		pass(DAY_MS, NOBODY);
	}
	ck_assert_uint_eq(mails_count, 1);
	end();
}
END_TEST

/* "We wrote about this before" is said of nothing else. */
START_TEST(what_has_come_since_the_notice_is_not_reminded_of)
{
	static const char *const later[] = { "a.example", "b.example" };

	for (size_t i = 0; i < sizeof(later) / sizeof(*later); i++) {
		begin();
		world.operator = "host.example";
		pass(3 * DAY_MS, PEER);
		ck_assert_uint_eq(mails_count, 1);
		fact(FACT_OUT, "mx.a.example", "a.example", "192.0.2.1", "", 5);
		pass(30 * DAY_MS, NOBODY);
		pass(20 * DAY_MS, ((const char *const[]){ later[i], NULL }));
		ck_assert_msg(mails_count == 1, "%s: %zu", later[i], mails_count);
		/* It is silence, and not for ever. */
		pass(135 * DAY_MS, ((const char *const[]){ later[i], NULL }));
		ck_assert_msg(mails_count == 2, "%s: %zu", later[i], mails_count);
		ck_assert_ptr_null(memmem(fake_writer_message(1)->content.data, fake_writer_message(1)->content.length, "reminder", 8));
		end();
	}
}
END_TEST

/* Nor is what is new named beside what is still there. */
START_TEST(a_reminder_names_only_what_was_there_before)
{
	begin();
	world.operator = "host.example";
	pass(10 * DAY_MS, PEER);
	pass(10 * DAY_MS, ((const char *const[]){ "a.example", "b.example", NULL }));
	ck_assert_uint_eq(mails_count, 2);
	ck_assert_ptr_nonnull(memmem(fake_writer_message(1)->content.data, fake_writer_message(1)->content.length, "mx.a.example", 12));
	ck_assert_ptr_null(memmem(fake_writer_message(1)->content.data, fake_writer_message(1)->content.length, "mx.b.example", 12));
	end();
}
END_TEST

START_TEST(nothing_is_sent_while_somebody_else_may_be_at_fault)
{
	static const char *const verdicts[] = { "stripping-suspected", "own-uplink", "middlebox", "outage" };

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
		begin();
		world.verdict = verdicts[i];
		pass(6 * DAY_MS, PEER);
		ck_assert_msg(looks > 0 && mails_count == 0, "%s: %u looks, %zu mails", verdicts[i], looks, mails_count);
		world.verdict = "misconfiguration";
		pass(3 * DAY_MS, PEER);
		ck_assert_msg(mails_count == 1, "%s, then none: %zu mails", verdicts[i], mails_count);
		end();
	}
}
END_TEST

START_TEST(what_a_fresh_look_cannot_see_waits)
{
	begin();
	world.end = LOOK_UNKNOWN;
	pass(4 * DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 0);
	world.end = LOOK_SEEN;
	pass(2 * DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 1);
	end();
}
END_TEST

/* --- whom --- */

START_TEST(one_notice_for_an_operator_with_many_hosts_and_domains)
{
	struct tls_fact facts[100];
	char domains[100][40];

	begin();
	for (int day = 0; day < 20; day++) {
		for (int i = 0; i < 100; i++) {
			snprintf(domains[i], sizeof(domains[i]), "d%d.example", i);
			facts[i] = fact_of(FACT_OUT, i % 2 == 0 ? "mx1.host.example" : "mx2.host.example", domains[i], "192.0.2.1", "certificate-expired", 1);
		}
		facts_take(facts, 100);
		world.reason = "certificate-expired";
		world.operator = "host.example";
		pass(DAY_MS, NOBODY);
	}
	ck_assert_uint_eq(mails_count, 2);
	ck_assert_str_eq(mails[0].to, "postmaster@host.example");
	ck_assert_str_eq(mails[1].to, "postmaster@host.example");
	ck_assert_int_ge(mails[1].day - mails[0].day, 14);
	ck_assert_ptr_nonnull(memmem(fake_writer_message(0)->content.data, fake_writer_message(0)->content.length, "mx1.host.example", 16));
	ck_assert_ptr_nonnull(memmem(fake_writer_message(0)->content.data, fake_writer_message(0)->content.length, "mx2.host.example", 16));
	end();
}
END_TEST

/* Issue: a fresh look right before sending confirms it. That is so for every server that the notice names. */
START_TEST(a_notice_names_no_host_that_is_mended)
{
	static const char *const hosts[] = { "mx.a.example", "mx.b.example", "mx.c.example", "mx.d.example", "mx.e.example" };
	static const char *const domains[] = { "a.example", "b.example", "c.example", "d.example", "e.example", NULL };

	ck_assert_uint_eq(sizeof(hosts) / sizeof(*hosts), NOTICE_CASES_SHOWN);
	for (size_t i = 0; i <= NOTICE_CASES_SHOWN; i++) {
		const struct fake_message *message;

		begin();
		world.operator = "host.example";
		world.mended = i < NOTICE_CASES_SHOWN ? hosts[i] : NULL;
		pass(4 * DAY_MS, domains);
		ck_assert_uint_eq(mails_count, 1);
		message = fake_writer_message(0);
		for (size_t k = 0; k < NOTICE_CASES_SHOWN; k++)
			ck_assert_msg((memmem(message->content.data, message->content.length, hosts[k], 12) != NULL) == (k != i), "%zu %s", i, hosts[k]);
		end();
	}
}
END_TEST

/* The worst are named, the others counted: nobody mends five hosts and believes that all is well. */
START_TEST(who_has_many_faulty_hosts_hears_how_many)
{
	static const char *const peers[] = { "a.host.example", "b.host.example", "c.host.example", "d.host.example", "e.host.example", "f.host.example",
		"g.host.example", "h.host.example", NULL };
	const struct fake_message *message;

	begin();
	world.operator = "host.example";
	pass(3 * DAY_MS, peers);
	ck_assert_uint_eq(mails_count, 1);
	message = fake_writer_message(0);
	ck_assert_ptr_nonnull(memmem(message->content.data, message->content.length, "  and 3 more\r\n", 14));
	end();
}
END_TEST

START_TEST(contacts_are_written_to_in_turn_until_one_takes_it)
{
	static const struct {
		const char *name;
		bool is_policy;
		uint32_t contacts, takes;
		size_t mails;
		enum notice_state state;
	} rows[] = {
		{ "the first takes it", false, 3, 0, 1, NOTICE_TOLD },
		{ "the second does", false, 3, 1, 2, NOTICE_TOLD },
		{ "the last does, the others have no TLS", true, 3, 3, 4, NOTICE_TOLD },
		{ "none has TLS", true, 2, 9, 3, NOTICE_UNREACHED },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct notice_party party;
		char key[NOTICE_KEY];

		begin();
		world.contacts = rows[i].contacts;
		world.takes = rows[i].takes;
		world.is_policy = rows[i].is_policy;
		world.action = ACTION_FAILED;
		pass(4 * DAY_MS, PEER);
		ck_assert_msg(mails_count == rows[i].mails, "%s: %zu mails", rows[i].name, mails_count);
		for (size_t k = 0; k < mails_count; k++) {
			char to[40];

			snprintf(to, sizeof(to), k == 0 ? "postmaster@a.example" : "c%zu@a.example", k);
			ck_assert_str_eq(mails[k].to, to);
		}
		notices_key(report.notices, NOTICE_OF_PARTY, SPAN("a.example"), key);
		ck_assert(notices_party_get(report.notices, key, &party));
		ck_assert_msg(party.state == rows[i].state, "%s: %s", rows[i].name, notice_state_name(party.state));
		end();
	}
}
END_TEST

/* Contacts are asked for anew each time: fewer than there were are no contacts, not memory behind them. */
START_TEST(contacts_may_become_fewer)
{
	struct notice_party party;
	char key[NOTICE_KEY];

	begin();
	world.contacts = 3;
	world.takes = 9;
	world.is_silent = true;
	pass(3 * DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 1);
	notices_key(report.notices, NOTICE_OF_PARTY, SPAN("a.example"), key);
	ck_assert(notices_party_get(report.notices, key, &party));
	party.contact = 7;
	ck_assert(notices_party_put(report.notices, &party));
	ck_assert(ended(fake_writer_message(0), false));
	world.contacts = 0;
	pass(DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 1);
	ck_assert(notices_party_get(report.notices, key, &party));
	ck_assert_int_eq(party.state, NOTICE_UNREACHED);
	end();
}
END_TEST

/* N63: whose DNS is broken is not looked up without end, and keeps nobody else from being told. */
START_TEST(a_peer_that_cannot_be_looked_up_costs_little)
{
	begin();
	world.is_unknown = true;
	pass(3 * DAY_MS, PEER);
	ck_assert_uint_gt(questions, 1);
	ck_assert_uint_lt(questions, 60);
	end();
}
END_TEST

START_TEST(who_took_the_notice_is_reminded)
{
	begin();
	world.contacts = 3;
	world.takes = 2;
	world.is_policy = true;
	pass(20 * DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 4);
	ck_assert_str_eq(mails[2].to, "c2@a.example");
	ck_assert_str_eq(mails[3].to, "c2@a.example");
	end();
}
END_TEST

/* The policy of a domain is in order again, and a host of somebody else's is not: that is not what this domain is told. */
START_TEST(a_domain_does_not_hear_of_the_fault_of_a_host)
{
	begin();
	for (int i = 0; i < 16; i++) {
		fact(FACT_OUT, "mx.host.example", "a.example", "192.0.2.1", "sts-mx-mismatch", 2);
		world.reason = "certificate-self-signed";
		pass(6 * HOUR_MS, NOBODY);
	}
	ck_assert_uint_gt(looks, 0);
	ck_assert_uint_eq(mails_count, 0);
	end();
}
END_TEST

/* That a policy cannot be fetched, all of a sudden, is not what this domain's fault was. */
START_TEST(what_is_new_at_the_fresh_look_and_may_be_ours_waits)
{
	begin();
	for (int i = 0; i < 16; i++) {
		fact(FACT_OUT, "mx.a.example", "a.example", "192.0.2.1", "sts-mx-mismatch", 2);
		world.reason = i < 14 ? "sts-policy-fetch-error" : "sts-mx-mismatch";
		pass(6 * HOUR_MS, NOBODY);
		ck_assert_uint_eq(mails_count, i < 14 ? 0 : 1);
	}
	ck_assert_uint_gt(looks, 1);
	end();
}
END_TEST

/* Another client has TLS: it is not this relay that keeps all from it. */
static void
others_go_well(void)
{
	struct tls_fact good = fact_of(FACT_IN, "out.good.example", "good.example", "192.0.2.8", "", 1);

	good.text[FACT_VERSION] = SPAN("TLSv1.3");
	facts_take(&good, 1);
}

/* N55, NX2: whoever names a victim in EHLO and MAIL FROM proves nothing. */
START_TEST(ten_thousand_forged_attempts_cause_nothing)
{
	struct tls_fact facts[100];
	char domains[100][60];

	begin();
	world.proof = CONTACT_UNPROVED;
	for (int hour = 0; hour < 100; hour++) {
		for (int i = 0; i < 100; i++) {
			snprintf(domains[i], sizeof(domains[i]), "victim%d.example", hour * 100 + i);
			facts[i] = fact_of(FACT_IN, domains[i], domains[i], i % 2 == 0 ? "192.0.2.66" : "2001:db8::66", "plaintext-inbound", 1);
		}
		facts_take(facts, 100);
		others_go_well();
		pass(HOUR_MS, NOBODY);
	}
	ck_assert_uint_eq(mails_count, 0);
	ck_assert_uint_gt(questions, 0);
	ck_assert_uint_lt(questions, 500);
	end();
}
END_TEST

static void
refused_say(const char *address)
{
	struct refused_sender refused = { .sender = span_of(address) };
	struct buf out = { .ceiling = 1000 };

	ck_assert(ip_parse(SPAN("192.0.2.7"), &refused.ip));
	refused_sender_encode(&out, &refused);
	ck_assert(fake_channel_deliver(intake, ASKS_REFUSED, buf_span(&out), -1));
	buf_clear(&out);
}

/* A client tries in clear for so many quarters of a day, and others use TLS. */
static void
client_fails(const char *domain, int quarters, const char *refused)
{
	for (int i = 0; i < quarters; i++) {
		others_go_well();
		fact(FACT_IN, "out.b.example", domain, "192.0.2.7", "plaintext-inbound", 2);
		if (refused != NULL)
			refused_say(refused);
		pass(6 * HOUR_MS, NOBODY);
	}
}

START_TEST(a_client_that_is_proved_is_told)
{
	begin();
	world.proof = CONTACT_BY_SPF;
	client_fails("b.example", 12, NULL);
	ck_assert_uint_eq(mails_count, 1);
	ck_assert_str_eq(mails[0].to, "postmaster@b.example");
	ck_assert_uint_eq(looks, 0);
	end();
}
END_TEST

/* Issue: one notice for one operator, not for each domain. A client without a name, that the domains of its customers vouch for, is one. */
START_TEST(a_client_of_many_domains_is_told_of_in_the_name_of_one)
{
	static const char *const domains[] = { "b.example", "c.example", "d.example", "b.example" };
	static const size_t sent[] = { 1, 1, 1, 2 };

	begin();
	world.proof = CONTACT_BY_SPF;
	for (size_t i = 0; i < sizeof(domains) / sizeof(*domains); i++) {
		client_fails(domains[i], 10 * 4, NULL);
		ck_assert_msg(mails_count == sent[i], "%s: %zu", domains[i], mails_count);
	}
	ck_assert_str_eq(mails[0].to, "postmaster@b.example");
	ck_assert_str_eq(mails[1].to, "postmaster@b.example");
	/* Nor is it forgotten who was told, when nothing proves for a while whose it is. */
	world.proof = CONTACT_UNPROVED;
	client_fails("b.example", 4 * 4, NULL);
	world.proof = CONTACT_BY_SPF;
	client_fails("c.example", 10 * 4, NULL);
	ck_assert_uint_eq(mails_count, 2);
	end();
}
END_TEST

/* The person whose mail it was: only if switched on, and only when the person's own domain vouches for the host. */
START_TEST(the_person_is_the_last_contact_if_the_operator_wants_it)
{
	static const struct {
		const char *name;
		bool is_on;
		enum contact_proof proof;
		const char *sender;
		bool is_told;
	} rows[] = {
		{ "switched on", true, CONTACT_BY_SPF, "alice@b.example", true },
		{ "not switched on", false, CONTACT_BY_SPF, "alice@b.example", false },
		{ "proved by its name alone", true, CONTACT_BY_RDNS, "alice@b.example", false },
		{ "of another domain", true, CONTACT_BY_SPF, "alice@victim.example", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		begin();
		conf.notices_senders = rows[i].is_on;
		configure();
		world.proof = rows[i].proof;
		world.action = ACTION_FAILED;
		world.is_policy = true;
		client_fails("b.example", 12, rows[i].sender);
		ck_assert_msg(mails_count == (rows[i].is_told ? 2 : 1), "%s: %zu", rows[i].name, mails_count);
		if (rows[i].is_told)
			ck_assert_str_eq(mails[1].to, "alice@b.example");
		end();
	}
}
END_TEST

/* --- bounds --- */

static void
many(const char *names[], char texts[][20], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		snprintf(texts[i], 20, "d%zu.example", i);
		names[i] = texts[i];
	}
	names[count] = NULL;
}

START_TEST(no_more_than_so_many_a_day)
{
	const char *names[NAMES_MOST];
	char texts[NAMES_MOST][20];
	unsigned on_day[10] = { 0 };

	begin();
	conf.notices_most = 10;
	many(names, texts, 50);
	pass(9 * DAY_MS, names);
	for (size_t i = 0; i < mails_count; i++)
		on_day[mails[i].day]++;
	for (int i = 0; i < 10; i++)
		ck_assert_uint_le(on_day[i], 20);	/* within 24 hours ten; a day of the calendar may have the ends of two */
	ck_assert_uint_eq(mails_count, 50);
	end();
}
END_TEST

START_TEST(a_storm_of_bounces_stops_it)
{
	const char *names[NAMES_MOST];
	char texts[NAMES_MOST][20];

	begin();
	conf.notices_most = 1000;
	world.action = ACTION_FAILED;
	many(names, texts, NAMES_MOST - 1);
	pass(4 * DAY_MS, names);
	/* Ten have to end before a share means anything; those that were on their way by then are sent. */
	ck_assert_uint_ge(mails_count, 10);
	ck_assert_uint_le(mails_count, 20);
	fake_log_expect("event=notice what=\"too many notices bounce: none is sent for now*");
	pass(20 * DAY_MS, names);
	ck_assert_uint_le(mails_count, 20);
	ck_assert(notice_schedule_is_braked(&report));
	/* Not for ever: after a month they no longer count. */
	world.action = ACTION_RELAYED;
	pass(15 * DAY_MS, names);
	ck_assert_uint_gt(mails_count, 20);
	end();
}
END_TEST

START_TEST(without_a_section_nothing_is_sent)	/* N58 */
{
	begin();
	conf.notices_mode = CONF_NOTICES_DRY_RUN;
	configure();
	pass(5 * DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 0);
	ck_assert_uint_gt(looks, 0);
	fake_log_expect("event=notice peer=mx.a.example fault=starttls-not-supported result=composed *");
	conf.notices_mode = CONF_NOTICES_ON;
	configure();
	pass(3 * DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 1);
	end();
}
END_TEST

START_TEST(switched_off_nothing_is_asked)
{
	begin();
	conf.notices_mode = CONF_NOTICES_OFF;
	configure();
	pass(5 * DAY_MS, PEER);
	ck_assert_uint_eq(mails_count + looks + questions, 0);
	end();
}
END_TEST

/* --- stopping --- */

static enum stop_end
stop_say(const char *token)
{
	const struct notices_stop said = { 5, span_of(token) };
	struct notices_stopped stopped = { .end = STOP_ENDS };
	struct buf out = { .ceiling = 1000 };
	struct span payload;
	uint16_t type;
	int fd;

	notices_stop_encode(&out, &said);
	ck_assert(fake_channel_deliver(intake, ASKS_STOP, buf_span(&out), -1));
	buf_clear(&out);
	while (fake_channel_take(intake, &type, &payload, &fd))
		if (type == ASKS_STOPPED)
			ck_assert(notices_stopped_decode(payload, &stopped));
	return stopped.end;
}

START_TEST(mail_to_the_stop_address_stops_it_for_ever)	/* N53 */
{
	const struct fake_message *message;
	char token[STOP_TOKEN + 1];
	const char *found;

	begin();
	pass(3 * DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 1);
	message = fake_writer_message(0);
	found = memmem(message->content.data, message->content.length, "<mailto:stop+", 13);
	ck_assert_ptr_nonnull(found);
	memcpy(token, found + 13, STOP_TOKEN);
	token[STOP_TOKEN] = '\0';
	ck_assert_int_eq(stop_say("0123456789abcdef0123456789abcdef"), STOP_NO_SUCH);
	ck_assert_int_eq(stop_say(token), STOP_DONE);
	stop_room();
	start();
	pass(400 * DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 1);
	end();
}
END_TEST

/* --- ends of processes --- */

START_TEST(an_end_between_notice_and_outcome_sends_nothing_twice)
{
	begin();
	world.is_silent = true;
	pass(3 * DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 1);
	stop_room();
	start();
	pass(DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 1);
	/* Queue has kept the question. */
	ck_assert(ended(fake_writer_message(0), true));
	world.is_silent = false;
	pass(10 * DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 1);
	end();
}
END_TEST

/* Nobody tells what became of it: the relay was off, queue held it, its ledger was. Once is enough, and so much silence is due. */
START_TEST(a_notice_whose_end_is_lost_is_not_sent_again)
{
	begin();
	world.is_silent = true;
	pass(3 * DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 1);
	pass(175 * DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 1);
	/* It is told late, and changes nothing. */
	ck_assert(ended(fake_writer_message(0), false));
	pass(DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 1);
	world.is_silent = false;
	pass(10 * DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 2);
	end();
}
END_TEST

/* Queue keeps the question until it can be written down that the peer was told. */
START_TEST(an_outcome_is_not_lost_while_notices_db_cannot_be_opened)
{
	char path[100], aside[100];

	begin();
	world.is_silent = true;
	pass(3 * DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 1);
	stop_room();
	snprintf(path, sizeof(path), "%s/notices.secret", folder);
	snprintf(aside, sizeof(aside), "%s/aside", folder);
	ck_assert_int_eq(rename(path, aside), 0);
	start();
	fake_log_expect("event=notice what=\"notices.db cannot be opened, nobody is told of faults\" *");
	ck_assert(!ended(fake_writer_message(0), true));
	ck_assert_int_eq(rename(aside, path), 0);
	configure();
	ck_assert(ended(fake_writer_message(0), true));
	pass(10 * DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 1);
	/* Switched off, it is of use to nobody. */
	conf.ledger_keep_s = 0;
	configure();
	ck_assert(ended(fake_writer_message(0), true));
	end();
}
END_TEST

START_TEST(a_policy_room_that_ends_is_asked_again)
{
	begin();
	world.is_unknown = true;
	pass(3 * DAY_MS, PEER);
	fails(PEER);
	fake_channel_break(policy);
	world.is_unknown = false;
	policy = comes(ROOM_POLICY, "policy");
	pass(DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 1);
	end();
}
END_TEST

START_TEST(a_message_that_cannot_be_written_is_tried_again)
{
	begin();
	fake_writer_result(28);
	pass(3 * DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 0);
	fake_writer_result(0);
	pass(2 * DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 1);
	end();
}
END_TEST

/* At least one line of these, and all that there are. */
static void
log_expect_all(const char *pattern)
{
	fake_log_expect(pattern);
	while (fake_log_take(pattern))
		;
}

/* A full disk: what is not kept would be done again at once, and peers were connected to without end. */
START_TEST(while_notices_db_cannot_be_written_nobody_is_looked_at)
{
	begin();
	pass(2 * DAY_MS, PEER);
	looks = questions = 0;
	disk_set(true);
	pass(6 * HOUR_MS, PEER);
	ck_assert_uint_eq(looks + questions + mails_count, 0);
	log_expect_all("event=notices-store *");
	disk_set(false);
	pass(DAY_MS, PEER);
	ck_assert_uint_eq(mails_count, 1);
	end();
}
END_TEST

/* It fills up while the peer is looked at. */
START_TEST(a_step_that_cannot_be_kept_waits_for_the_next_look)
{
	begin();
	pass(2 * DAY_MS, PEER);
	world.end = LOOK_UNKNOWN;
	world.is_full_then = true;
	looks = 0;
	pass(6 * HOUR_MS, PEER);
	ck_assert_uint_ge(looks, 1);
	ck_assert_uint_le(looks, 6);
	log_expect_all("event=notices-store *");
	log_expect_all("event=notice what=\"notices.db cannot be written: the peer is looked at again\"");
	end();
}
END_TEST

/* --- the operator --- */

static const char *
hurry(const char *host)
{
	struct notice_limits limits = notice_schedule_limits(&report);
	struct notice_cases cases;
	const char *why = "no such case";

	ck_assert(notice_scan(report.ledger, report.notices, &limits, clock_wall(), &cases));
	for (size_t i = 0; i < cases.count; i++)
		if (strcmp(cases.items[i].name, host) == 0)
			why = notice_schedule_hurry(&report, &cases.items[i]);
	notice_cases_free(&cases);
	turns();
	return why;
}

START_TEST(the_operator_may_hurry_it)
{
	begin();
	pass(HOUR_MS, PEER);
	ck_assert_uint_eq(mails_count, 0);
	ck_assert_ptr_null(hurry("mx.a.example"));
	ck_assert_uint_eq(mails_count, 1);
	/* What the ledger has heard since the last look, too. */
	fails(((const char *const[]){ "b.example", NULL }));
	ck_assert_ptr_null(hurry("mx.b.example"));
	ck_assert_uint_eq(mails_count, 2);
	world.is_silent = true;
	fails(((const char *const[]){ "c.example", NULL }));
	ck_assert_ptr_null(hurry("mx.c.example"));
	ck_assert_str_eq(hurry("mx.c.example"), "a notice is on its way already");
	ck_assert_uint_eq(mails_count, 3);
	end();
}
END_TEST

UNIT_MAIN("notice_sending", one_notice_one_reminder_and_then_silence, many_sessions_are_one_notice, too_few_sessions_are_none,
    a_peer_that_mends_itself_hears_nothing, a_peer_that_mends_itself_after_the_notice_is_not_reminded,
    what_has_come_since_the_notice_is_not_reminded_of, a_reminder_names_only_what_was_there_before,
    nothing_is_sent_while_somebody_else_may_be_at_fault, what_a_fresh_look_cannot_see_waits,
    one_notice_for_an_operator_with_many_hosts_and_domains, who_has_many_faulty_hosts_hears_how_many,
    a_notice_names_no_host_that_is_mended, contacts_are_written_to_in_turn_until_one_takes_it,
    contacts_may_become_fewer, a_peer_that_cannot_be_looked_up_costs_little, who_took_the_notice_is_reminded,
    a_domain_does_not_hear_of_the_fault_of_a_host, what_is_new_at_the_fresh_look_and_may_be_ours_waits, ten_thousand_forged_attempts_cause_nothing,
    a_client_that_is_proved_is_told, a_client_of_many_domains_is_told_of_in_the_name_of_one, the_person_is_the_last_contact_if_the_operator_wants_it,
    no_more_than_so_many_a_day, a_storm_of_bounces_stops_it, without_a_section_nothing_is_sent, switched_off_nothing_is_asked,
    mail_to_the_stop_address_stops_it_for_ever, an_end_between_notice_and_outcome_sends_nothing_twice, a_notice_whose_end_is_lost_is_not_sent_again,
    an_outcome_is_not_lost_while_notices_db_cannot_be_opened, a_policy_room_that_ends_is_asked_again,
    a_message_that_cannot_be_written_is_tried_again, while_notices_db_cannot_be_written_nobody_is_looked_at,
    a_step_that_cannot_be_kept_waits_for_the_next_look, the_operator_may_hurry_it)
