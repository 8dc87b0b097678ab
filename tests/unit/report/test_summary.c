/* Tests of src/report/summary.c and counted.c. */
#include "report/summary.h"

#include <stdio.h>

#include "report/ledger.h"
#include "tests/unit/unit.h"

#define WORD(literal) { (literal), sizeof(literal) - 1 }

static struct summary summary;
static struct arena *arena;
static struct row row;

static void
begin(void)
{
	memset(&summary, 0, sizeof(summary));
	arena = arena_new();
}

static void
written(void)
{
	row.fields_count = 0;
	summary_write(&summary, &row, arena);
}

static const struct row_field *
field(const char *name)
{
	for (uint32_t i = 0; i < row.fields_count; i++)
		if (span_equal(row.fields[i].name, span_of(name)))
			return &row.fields[i];
	ck_abort_msg("no field %s", name);
}

#define ck_text(name, expected) ck_span_eq(field(name)->text, expected)
#define ck_number(name, expected) ck_assert_int_eq(field(name)->number, expected)

/* What of three sessions each is like, and what that makes of the peer. */
static const struct {
	const char *name;
	enum fact_tls tls[3];
	const char *answer;
} answers[] = {
	{ "always", { FACT_TLS_YES, FACT_TLS_YES, FACT_TLS_YES }, "yes" },
	{ "never", { FACT_TLS_NO, FACT_TLS_NO, FACT_TLS_NO }, "no" },
	{ "sometimes", { FACT_TLS_NO, FACT_TLS_YES, FACT_TLS_UNKNOWN }, "partly" },
	{ "once, and else it was not reached", { FACT_TLS_UNKNOWN, FACT_TLS_YES, FACT_TLS_UNKNOWN }, "yes" },
	{ "once not, and else it was not reached", { FACT_TLS_NO, FACT_TLS_UNKNOWN, FACT_TLS_UNKNOWN }, "no" },
	{ "it was not reached", { FACT_TLS_UNKNOWN, FACT_TLS_UNKNOWN, FACT_TLS_UNKNOWN }, "unknown" },
};

START_TEST(a_peer_has_tls_or_not_or_partly)
{
	begin();
	for (unsigned i = 0; i < 3; i++)
		summary_add(&summary, &(struct tls_fact){ .day = 7, .tls = answers[_i].tls[i], .sessions = 1 });
	ck_assert_msg(strcmp(summary_tls(&summary), answers[_i].answer) == 0, "%s: %s", answers[_i].name, summary_tls(&summary));
	arena_free(&arena);
}
END_TEST

START_TEST(sessions_are_added_up)
{
	const struct tls_fact good = { .direction = FACT_OUT, .day = 100, .tls = FACT_TLS_YES, .sessions = 5, .messages = 9,
		.is_resumed = true, .offers = FACT_STARTTLS | FACT_REQUIRETLS, .expires_s = 77, .text = { [FACT_VERSION] = WORD("TLSv1.3"),
		[FACT_CERTIFICATE] = WORD("valid"), [FACT_FINGERPRINT] = WORD("aa"), [FACT_EVIDENCE] = WORD("verify:mx"),
		[FACT_PUBLISHED] = WORD("sts"), [FACT_DOMAIN] = WORD("a.example") } };
	const struct tls_fact older = { .direction = FACT_OUT, .day = 99, .tls = FACT_TLS_YES, .sessions = 2, .is_own = true,
		.expires_s = 55, .messages = 2, .text = { [FACT_VERSION] = WORD("TLSv1.2"),
		[FACT_CIPHER] = WORD("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"), [FACT_CERTIFICATE] = WORD("valid"),
		[FACT_FINGERPRINT] = WORD("bb") } };
	const struct tls_fact failed = { .direction = FACT_OUT, .day = 101, .tls = FACT_TLS_NO, .sessions = 3,
		.text = { [FACT_REASON] = WORD("starttls-not-supported"), [FACT_DETAIL] = WORD("no") } };

	begin();
	summary_add(&summary, &good);
	summary_add(&summary, &older);
	summary_add(&summary, &failed);
	written();
	ck_text("tls", "partly");
	ck_number("sessions", 10);
	ck_number("good", 7);
	ck_number("failed", 3);
	ck_number("messages", 11);
	ck_number("own", 2);
	ck_number("with_tls", 7);
	ck_number("without_tls", 3);
	ck_number("forward_secret", 7);
	ck_number("resumed", 5);
	ck_text("reasons", "starttls-not-supported=3");
	ck_text("versions", "TLSv1.3=5 TLSv1.2=2");
	ck_text("certificates", "valid=7");
	ck_text("proved", "verify:mx=5");
	ck_text("published", "sts=5");
	ck_text("domains", "a.example=5");
	ck_text("offers", "STARTTLS REQUIRETLS");
	ck_number("requiretls", 1);
	/* Of the certificate, the one that was seen last. */
	ck_text("fingerprint", "aa");
	ck_number("expires", 77);
	ck_text("detail", "no");
	ck_number("first", 99 * LEDGER_DAY_S);
	ck_number("last", 101 * LEDGER_DAY_S);
	arena_free(&arena);
}
END_TEST

static const struct {
	const char *version, *cipher;
	int64_t expected;
} secret_rows[] = {
	{ "TLSv1.3", "TLS_AES_256_GCM_SHA384", 1 },
	{ "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", 1 },
	{ "TLSv1.2", "TLS_RSA_WITH_AES_256_GCM_SHA384", 0 },
	{ "TLSv1.2", "TLS_ECDH_RSA_WITH_AES_256_GCM_SHA384", 0 },
	{ "TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384", 1 },
	{ "TLSv1.2", "DHE-RSA-AES256-SHA", 1 },
	{ "TLSv1", "ADH-AES256-SHA", 1 },
	{ "TLSv1.2", "ECDHE_RSA_AES_256_GCM_SHA384", 1 },
	{ "TLSv1.2", "AES256-GCM-SHA384", 0 },
	{ "TLSv1.2", "ECDH-RSA-AES256-SHA", 0 },
	{ "TLSv1.2", "RSA_AES_256_GCM_SHA384", 0 },
	{ "", "", 0 },
};

/* As this relay writes suites, and as mail servers do whose Received fields are fed. */
START_TEST(forward_secrecy_is_known_by_the_suite)
{
	for (size_t i = 0; i < sizeof(secret_rows) / sizeof(*secret_rows); i++) {
		struct tls_fact fact = { .day = 100, .tls = FACT_TLS_YES, .sessions = 1 };

		begin();
		fact.text[FACT_VERSION] = span_of(secret_rows[i].version);
		fact.text[FACT_CIPHER] = span_of(secret_rows[i].cipher);
		summary_add(&summary, &fact);
		written();
		ck_assert_msg(field("forward_secret")->number == secret_rows[i].expected, "%s %s", secret_rows[i].version, secret_rows[i].cipher);
		arena_free(&arena);
	}
}
END_TEST

/* RFC 8460 4: the session of a further domain over the same connection is none of the host's. */
START_TEST(a_shared_session_is_counted_once)
{
	struct tls_fact fact = { .direction = FACT_OUT, .day = 100, .tls = FACT_TLS_YES, .sessions = 1, .messages = 2, .is_resumed = true,
		.text = { [FACT_VERSION] = WORD("TLSv1.3"), [FACT_DOMAIN] = WORD("a.example"), [FACT_OBSERVED] = WORD("sts-mx-mismatch") } };

	begin();
	summary_add(&summary, &fact);
	fact.is_shared = true;
	fact.text[FACT_DOMAIN] = SPAN("b.example");
	summary_add(&summary, &fact);
	written();
	ck_number("sessions", 1);
	ck_number("good", 1);
	ck_number("failed", 0);
	ck_number("with_tls", 1);
	ck_number("resumed", 1);
	ck_number("forward_secret", 1);
	ck_number("messages", 4);
	ck_text("observed", "sts-mx-mismatch=1");
	arena_free(&arena);
}
END_TEST

START_TEST(words_come_most_often_first)
{
	struct counted counted = { .words = 0 };

	begin();
	counted_add(&counted, SPAN("b"), 1);
	counted_add(&counted, SPAN("c"), 3);
	counted_add(&counted, SPAN("a"), 1);
	counted_add(&counted, SPAN("b"), 1);
	counted_add(&counted, SPAN(""), 9);
	counted_add(&counted, SPAN("z"), 0);
	ck_span_eq(counted_text(&counted, arena), "c=3 b=2 a=1");
	ck_assert_uint_eq(counted_of(&counted, SPAN("b")), 2);
	ck_assert_uint_eq(counted_of(&counted, SPAN("z")), 0);
	arena_free(&arena);
}
END_TEST

START_TEST(too_many_words_are_others)
{
	struct counted counted = { .words = 0 };
	char word[200];

	begin();
	for (int i = 0; i < COUNTED_WORDS + 5; i++) {
		snprintf(word, sizeof(word), "w%02d", i);
		counted_add(&counted, span_of(word), 2);
	}
	ck_assert(span_ends_nocase(counted_text(&counted, arena), SPAN(" others=10")));
	/* Long ones are cut, and known again as they are. */
	memset(&counted, 0, sizeof(counted));
	memset(word, 'x', sizeof(word));
	counted_add(&counted, span_make(word, 200), 1);
	counted_add(&counted, span_make(word, 190), 1);
	ck_assert_uint_eq(counted.words, 1);
	arena_free(&arena);
}
END_TEST

UNIT_MAIN_LOOPED("summary", a_peer_has_tls_or_not_or_partly, answers, sessions_are_added_up,
    forward_secrecy_is_known_by_the_suite, a_shared_session_is_counted_once, words_come_most_often_first, too_many_words_are_others)
