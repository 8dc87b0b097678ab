/* Tests of src/report/feed.c: what another mail server tells is counted once, as what it is, and nothing else comes in by it. */
#include "report/feed.h"

#include <stdio.h>
#include <stdlib.h>

#include "report/ledger.h"
#include "report/room.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_channel.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_room.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#define TODAY ((uint32_t)(FAKE_WALL_START / LEDGER_DAY_S))

static char folder[SCRATCH_PATH], hostname[] = "relay.example", postmaster[] = "postmaster@relay.example";
static struct conf_report conf = { .hostname = hostname, .postmaster = postmaster, .ledger_directory = folder,
	.tlsrpt_organization = hostname, .tlsrpt_contact = postmaster, .ledger_keep_s = 400 * LEDGER_DAY_S };
static struct report report;

static void
begin(void)
{
	const struct setup setup = { .kind = ROOM_REPORT };

	fake_reset();
	fake_room_forget();
	scratch_make(folder);
	room_init(&report);
	report_room_handler.on_setup(&report, &setup, &conf);
}

static void
end(void)
{
	room_clear(&report);
	scratch_remove(folder);
	fake_finish();
}

static struct tls_fact
clear(void)
{
	struct tls_fact fact = { .direction = FACT_IN, .day = TODAY, .tls = FACT_TLS_NO, .sessions = 1, .messages = 1 };

	fact.text[FACT_PEER] = SPAN("a.example");
	fact.text[FACT_IP] = SPAN("192.0.2.1");
	fact.text[FACT_DOMAIN] = SPAN("s.example");
	fact.text[FACT_REASON] = SPAN("plaintext-inbound");
	return fact;
}

/* The code of the answer to "ledger add". */
static uint8_t
add(struct tls_fact *facts, uint32_t count)
{
	const struct facts_batch batch = { 1, 1, facts, count };
	struct buf out = { .ceiling = 16 * FACT_ENCODED_MAX };
	struct request request = { SPAN("ledger add"), &(struct span){ 0 }, 1 };
	struct span payload;
	struct end answer;
	uint16_t type;
	int fd;

	facts_batch_encode(&out, &batch);
	request.arguments[0] = buf_span(&out);
	report_room_handler.on_request(&report, &request, fake_fd());
	ck_assert(fake_channel_take(fake_channel_last("operator"), &type, &payload, &fd) && type == CTL_END);
	ck_assert(end_decode(payload, &answer));
	buf_clear(&out);
	return answer.code;
}

static struct tls_fact last;
static uint64_t sessions;
static char texts[1000];

static void
on_fact(void *arg, const struct tls_fact *fact)
{
	(void)arg;
	last = *fact;
	sessions += fact->sessions;
	texts[0] = '\0';
	for (int i = 0; i < FACT_TEXTS; i++)
		if (fact->text[i].length > 0)
			sprintf(texts + strlen(texts), "%s=%.*s ", fact_text_name((enum fact_text)i), SPAN_ARG(fact->text[i]));
}

static void
ledger_look(void)
{
	const struct ledger_filter filter = { .last_day = UINT32_MAX };

	sessions = 0;
	texts[0] = '\0';
	ledger_each(report.ledger, &filter, on_fact, NULL);
}

static void make_out(struct tls_fact *fact) { fact->direction = FACT_OUT; }
static void make_unknown(struct tls_fact *fact) { fact->tls = FACT_TLS_UNKNOWN; }
static void make_blamed(struct tls_fact *fact) { fact->text[FACT_REASON] = SPAN("protocol-old"); }
static void make_unblamed(struct tls_fact *fact) { fact->text[FACT_REASON] = SPAN(""); }
static void make_nowhere(struct tls_fact *fact) { fact->text[FACT_IP] = SPAN("localhost"); }
static void make_future(struct tls_fact *fact) { fact->day++; }
static void make_old(struct tls_fact *fact) { fact->day -= FACT_FED_DAYS + 1; }
static void make_many(struct tls_fact *fact) { fact->sessions = 1000000; }
static void make_empty(struct tls_fact *fact) { fact->messages = 0; }
static void make_late(struct tls_fact *fact) { fact->day -= FACT_FED_DAYS; }

static void
make_good(struct tls_fact *fact)
{
	fact->tls = FACT_TLS_YES;
	fact->text[FACT_REASON] = SPAN("");
	fact->text[FACT_VERSION] = SPAN("TLSv1.3");
	fact->text[FACT_CIPHER] = SPAN("TLS_AES_256_GCM_SHA384");
}

static void
make_old_tls(struct tls_fact *fact)
{
	fact->text[FACT_REASON] = SPAN("protocol-old");
	fact->text[FACT_VERSION] = SPAN("TLSv1.0");
}

static void
make_new_tls(struct tls_fact *fact)
{
	fact->text[FACT_REASON] = SPAN("protocol-old");
	fact->text[FACT_VERSION] = SPAN("TLSv1.2");
}

/* What is none of theirs to say. */
static void
make_grand(struct tls_fact *fact)
{
	fact->is_own = fact->is_shared = fact->is_testing = true;
	fact->offers = FACT_STARTTLS;
	fact->expires_s = 1;
	for (int i = FACT_OBSERVED; i < FACT_VERSION; i++)
		fact->text[i] = SPAN("x");
	fact->text[FACT_FINGERPRINT] = SPAN("00");
}

#define PEER "peer=a.example ip=192.0.2.1 domain=s.example "

static const struct {
	const char *name;
	void (*make)(struct tls_fact *fact);
	uint8_t code;
	const char *texts;
} rows[] = {
	{ "without TLS", NULL, 0, PEER "reason=plaintext-inbound " },
	{ "with TLS", make_good, 0, PEER "version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 " },
	{ "with TLS that is too old", make_old_tls, 0, PEER "reason=protocol-old version=TLSv1.0 " },
	{ "that is said to be, and is not", make_new_tls, 65, "" },
	{ "a week ago", make_late, 0, PEER "reason=plaintext-inbound " },
	{ "more than they may say", make_grand, 0, PEER "reason=plaintext-inbound " },
	{ "outbound: that would be in reports", make_out, 65, "" },
	{ "unknown", make_unknown, 65, "" },
	{ "another reason", make_blamed, 65, "" },
	{ "no TLS, and no reason", make_unblamed, 65, "" },
	{ "no address", make_nowhere, 65, "" },
	{ "tomorrow", make_future, 65, "" },
	{ "more than a week ago", make_old, 65, "" },
	{ "a million at once", make_many, 65, "" },
	{ "without a message", make_empty, 65, "" },
};

START_TEST(only_inbound_sessions_come_in)
{
	struct tls_fact facts[2] = { clear(), clear() };

	begin();
	if (rows[_i].make != NULL)
		rows[_i].make(&facts[1]);
	ck_assert_msg(add(facts + 1, 1) == rows[_i].code, "%s", rows[_i].name);
	ledger_look();
	ck_assert_msg(strcmp(texts, rows[_i].texts) == 0, "%s: %s", rows[_i].name, texts);
	if (rows[_i].code == 0)
		ck_assert(last.direction == FACT_IN && !last.is_own && !last.is_shared && !last.is_testing && last.offers == 0 && last.expires_s == 0);
	/* Of a batch all or nothing is taken. */
	else if (add(facts, 2) != 0)
		ck_assert_uint_eq(ledger_count(report.ledger), 0);
	end();
}
END_TEST

START_TEST(each_telling_counts_once_and_a_batch_of_none_is_nothing)
{
	struct tls_fact fact = clear();
	struct request request = { SPAN("ledger add"), &(struct span){ "x", 1 }, 1 };
	struct span payload;
	struct end answer;
	uint16_t type;
	int fd;

	begin();
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(add(&fact, 1), 0);
	ck_assert_uint_eq(add(NULL, 0), 0);
	ledger_look();
	ck_assert_uint_eq(ledger_count(report.ledger), 1);
	ck_assert_uint_eq(sessions, 3);
	for (uint32_t count = 0; count < 2; count++) {
		request.arguments_count = count;
		report_room_handler.on_request(&report, &request, fake_fd());
		ck_assert(fake_channel_take(fake_channel_last("operator"), &type, &payload, &fd) && end_decode(payload, &answer));
		ck_assert_uint_eq(answer.code, 64);
	}
	end();
}
END_TEST

UNIT_MAIN_LOOPED("feed", only_inbound_sessions_come_in, rows, each_telling_counts_once_and_a_batch_of_none_is_nothing)
