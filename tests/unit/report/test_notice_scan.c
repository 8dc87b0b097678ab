/* Tests of src/report/notice_scan.c, notice_gather.c: which facts are faults, and which faults last. */
#include "report/notice_scan.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/reason.h"
#include "report/notice_due.h"
#include "store/store.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#define HOUR 3600
#define DAY 86400
#define NOW FAKE_WALL_START
#define FACTS 4
#define CASES 3

static const struct notice_limits usual = { .after_s = 2 * DAY, .sessions = 3, .remind_s = 14 * DAY, .silence_s = 180 * DAY, .most = 50,
	.bounces = 30, .lookups = 500 };
static char folder[SCRATCH_PATH], why[400];
static struct ledger *ledger;
static struct notices *notices;
static struct notice_cases cases;
static uint64_t batch_number;

static void
open_it(void)
{
	ledger = ledger_open(folder, why, sizeof(why));
	ck_assert_msg(ledger != NULL, "%s", why);
	notices = notices_open(folder, why, sizeof(why));
	ck_assert_msg(notices != NULL, "%s", why);
}

static void
begin(void)
{
	fake_reset();
	batch_number = 0;
	scratch_make(folder);
	open_it();
}

static void
end(void)
{
	notice_cases_free(&cases);
	notices_close(&notices);
	ledger_close(&ledger);
	fake_settle();
	scratch_remove(folder);
	fake_finish();
}

static void
take(struct tls_fact *facts, uint32_t count)
{
	ck_assert(ledger_take(ledger, &(struct facts_batch){ 1, ++batch_number, facts, count }));
}

static void
scan(const struct notice_limits *limits, int64_t now_s)
{
	notice_cases_free(&cases);
	ck_assert(notice_scan(ledger, notices, limits, now_s, &cases));
}

/* --- THE table --- */

static const struct { enum fact_direction direction; const char *word; } told[] = {
	{ FACT_OUT, "starttls-not-supported" }, { FACT_OUT, "starttls-refused" }, { FACT_OUT, "protocol-old" }, { FACT_OUT, "no-shared-cipher" },
	{ FACT_OUT, "cipher-weak" }, { FACT_OUT, "key-weak" }, { FACT_OUT, "signature-weak" }, { FACT_OUT, "renegotiation-insecure" },
	{ FACT_OUT, "certificate-expired" }, { FACT_OUT, "certificate-not-yet-valid" }, { FACT_OUT, "certificate-name-mismatch" },
	{ FACT_OUT, "certificate-self-signed" }, { FACT_OUT, "certificate-unknown-issuer" }, { FACT_OUT, "certificate-wrong-purpose" },
	{ FACT_OUT, "certificate-invalid" }, { FACT_OUT, "dane-mismatch" }, { FACT_OUT, "dane-unusable" },
	{ FACT_OUT, "sts-policy-fetch-error" }, { FACT_OUT, "sts-policy-invalid" }, { FACT_OUT, "sts-webpki-invalid" }, { FACT_OUT, "sts-mx-mismatch" },
	{ FACT_IN, "plaintext-inbound" }, { FACT_IN, "protocol-old" }, { FACT_IN, "no-shared-cipher" },
};

/* Issue: no STARTTLS, old protocol, weak cipher or key, certificates, broken MTA-STS or DANE; in: plaintext, old TLS. Never a doubt. */
static bool
is_told(enum fact_direction direction, struct span word)
{
	if (direction == FACT_IN)
		return notice_fault_is_told(NOTICE_CLIENT, word);
	/* A host's, or a domain's, and never both: what is whose is told to nobody else. */
	ck_assert(!notice_fault_is_told(NOTICE_HOST, word) || !notice_fault_is_told(NOTICE_DOMAIN, word));
	return notice_fault_is_told(NOTICE_HOST, word) || notice_fault_is_told(NOTICE_DOMAIN, word);
}

START_TEST(peers_are_told_of_these_faults_and_of_no_other)
{
	static const char *const doubts[] = { "starttls-mangled", "not-tls", "timeout", "reset", "closed", "handshake-reset", "handshake-timeout",
		"handshake-closed", "connect-timeout", "starttls-injection", "dns-failed", "dane-lookup-failed", "sts-dns-failed", "tls-error" };
	unsigned found = 0;

	for (size_t i = 0; reason_at(i) != NULL; i++)
		for (enum fact_direction direction = 0; direction < FACT_DIRECTIONS; direction++) {
			bool is_listed = false;

			for (size_t j = 0; j < sizeof(told) / sizeof(*told); j++)
				is_listed = is_listed || (told[j].direction == direction && span_equal(span_of(told[j].word), reason_at(i)->word));
			ck_assert_msg(is_told(direction, reason_at(i)->word) == is_listed, "%.*s", SPAN_ARG(reason_at(i)->word));
			found += is_listed;
		}
	/* Each is a word of the vocabulary. */
	ck_assert_uint_eq(found, sizeof(told) / sizeof(*told));
	for (size_t i = 0; i < sizeof(doubts) / sizeof(*doubts); i++)
		ck_assert(!is_told(FACT_OUT, span_of(doubts[i])) && !is_told(FACT_IN, span_of(doubts[i])));
	ck_assert(!is_told(FACT_OUT, SPAN("")) && !is_told(FACT_IN, SPAN("nonsense")));
}
END_TEST

/* --- from facts to cases --- */

#define TEXT(literal) { (literal), sizeof(literal) - 1 }
#define FACT(way, so_many, ...) { .direction = way, .day = NOW / DAY, .sessions = so_many, .text = { __VA_ARGS__ } }
#define PEER(name) [FACT_PEER] = TEXT(name)
#define DOMAIN(name) [FACT_DOMAIN] = TEXT(name)
#define REASON(word) [FACT_REASON] = TEXT(word)
#define IP(text) [FACT_IP] = TEXT(text)

static const struct {
	const char *name;
	struct tls_fact facts[FACTS];
	struct notice_case cases[CASES];
} rows[] = {
	{ "a host without STARTTLS", { FACT(FACT_OUT, 5, PEER("mx.a.example"), DOMAIN("a.example"), REASON("starttls-not-supported"), IP("192.0.2.1")) },
		{ { .about = NOTICE_HOST, .name = "mx.a.example", .fault = "starttls-not-supported", .domain = "a.example", .domains = 1, .failed = 5 } } },
	{ "a good host", { FACT(FACT_OUT, 5, PEER("mx.a.example"), DOMAIN("a.example")) }, { { .failed = 0 } } },
	{ "a host that is not always good", { FACT(FACT_OUT, 5, PEER("mx.a.example"), DOMAIN("a.example"), REASON("certificate-expired")),
		FACT(FACT_OUT, 7, PEER("mx.a.example"), DOMAIN("a.example")), FACT(FACT_OUT, 2, PEER("mx.b.example"), DOMAIN("a.example")) },
		{ { .about = NOTICE_HOST, .name = "mx.a.example", .fault = "certificate-expired", .domain = "a.example", .domains = 1, .failed = 5, .good = 7 } } },
	{ "a host with two faults has the word of most sessions", { FACT(FACT_OUT, 2, PEER("mx.a.example"), DOMAIN("a.example"), REASON("protocol-old")),
		FACT(FACT_OUT, 3, PEER("mx.a.example"), DOMAIN("b.example"), REASON("cipher-weak")),
		FACT(FACT_OUT, 2, PEER("mx.a.example"), DOMAIN("a.example"), REASON("protocol-old"), IP("192.0.2.1")) },
		{ { .about = NOTICE_HOST, .name = "mx.a.example", .fault = "protocol-old", .domain = "a.example", .domains = 2, .failed = 7 } } },
	/* Issue: thousands of domains behind one MX get one. */
	{ "a host of several domains is one case, with the domain of most sessions", {
		FACT(FACT_OUT, 1, PEER("mx.a.example"), DOMAIN("a.example"), REASON("protocol-old")),
		FACT(FACT_OUT, 4, PEER("mx.a.example"), DOMAIN("b.example"), REASON("protocol-old")),
		FACT(FACT_OUT, 2, PEER("mx.a.example"), DOMAIN("c.example"), REASON("protocol-old")) },
		{ { .about = NOTICE_HOST, .name = "mx.a.example", .fault = "protocol-old", .domain = "b.example", .domains = 3, .failed = 7 } } },
	{ "what would have been in the way is a fault", { FACT(FACT_OUT, 3, PEER("mx.a.example"), DOMAIN("a.example"),
		[FACT_OBSERVED] = TEXT("certificate-name-mismatch")) },
		{ { .about = NOTICE_HOST, .name = "mx.a.example", .fault = "certificate-name-mismatch", .domain = "a.example", .domains = 1, .failed = 3 } } },
	{ "records that cannot be used are the host's", { FACT(FACT_OUT, 3, PEER("mx.a.example"), DOMAIN("a.example"),
		[FACT_TLSA_FAULT] = TEXT("dane-unusable")) },
		{ { .about = NOTICE_HOST, .name = "mx.a.example", .fault = "dane-unusable", .domain = "a.example", .domains = 1, .failed = 3 } } },
	{ "records that could not be learnt are nobody's", { FACT(FACT_OUT, 3, PEER("mx.a.example"), DOMAIN("a.example"),
		[FACT_TLSA_FAULT] = TEXT("dane-lookup-failed")) }, { { .failed = 0 } } },
	{ "a policy that cannot be had is the domain's, and its words are told", { FACT(FACT_OUT, 3, PEER("mx.a.example"), DOMAIN("a.example"),
		[FACT_STS_FAULT] = TEXT("sts-policy-fetch-error: status 404")), FACT(FACT_OUT, 6, PEER("mx.b.example"), DOMAIN("a.example")) },
		{ { .about = NOTICE_DOMAIN, .name = "a.example", .fault = "sts-policy-fetch-error", .domain = "a.example", .domains = 1, .failed = 3, .good = 6,
		    .detail = "status 404" } } },
	{ "a policy that names another host is the domain's", { FACT(FACT_OUT, 3, PEER("mx.a.example"), DOMAIN("a.example"), REASON("sts-mx-mismatch")) },
		{ { .about = NOTICE_DOMAIN, .name = "a.example", .fault = "sts-mx-mismatch", .domain = "a.example", .domains = 1, .failed = 3 } } },
	{ "one session may tell of both", { FACT(FACT_OUT, 3, PEER("mx.a.example"), DOMAIN("a.example"), REASON("key-weak"), [FACT_DETAIL] = TEXT("RSA 512"),
		[FACT_STS_FAULT] = TEXT("sts-webpki-invalid")) },
		{ { .about = NOTICE_HOST, .name = "mx.a.example", .fault = "key-weak", .domain = "a.example", .domains = 1, .failed = 3, .detail = "RSA 512" },
		  { .about = NOTICE_DOMAIN, .name = "a.example", .fault = "sts-webpki-invalid", .domain = "a.example", .domains = 1, .failed = 3 } } },
	{ "mail of our own does not count", { { .direction = FACT_OUT, .day = NOW / DAY, .sessions = 9, .is_own = true,
		.text = { PEER("mx.a.example"), DOMAIN("a.example"), REASON("protocol-old") } } }, { { .failed = 0 } } },
	{ "another domain's share is the domain's, and not the host's", { { .direction = FACT_OUT, .day = NOW / DAY, .sessions = 9, .is_shared = true,
		.text = { PEER("mx.a.example"), DOMAIN("a.example"), [FACT_OBSERVED] = TEXT("certificate-expired"),
		    [FACT_STS_FAULT] = TEXT("sts-policy-invalid: no version") } } },
		{ { .about = NOTICE_DOMAIN, .name = "a.example", .fault = "sts-policy-invalid", .domain = "a.example", .domains = 1, .failed = 9,
		    .detail = "no version" } } },
	{ "those that are too many to tell apart say nothing", { FACT(FACT_OUT, 9, PEER(FACT_OTHERS), REASON("protocol-old")),
		FACT(FACT_IN, 9, PEER(FACT_OTHERS), REASON("plaintext-inbound")) }, { { .failed = 0 } } },
	{ "a client that tries in clear", { FACT(FACT_IN, 2, PEER("helo.one"), IP("192.0.2.9"), DOMAIN("a.example"), REASON("plaintext-inbound")),
		FACT(FACT_IN, 3, PEER("helo.two"), IP("192.0.2.9"), DOMAIN("b.example"), REASON("plaintext-inbound")),
		FACT(FACT_IN, 9, PEER("helo.two"), IP("192.0.2.10"), DOMAIN("b.example")), FACT(FACT_IN, 4, PEER("helo.two"), IP("192.0.2.9")) },
		{ { .about = NOTICE_CLIENT, .name = "192.0.2.9", .fault = "plaintext-inbound", .domain = "b.example", .domains = 2, .failed = 5, .good = 4,
		    .helo = "helo.two" } } },
	{ "a client whose mail another mail server took in clear", { { .direction = FACT_IN, .day = NOW / DAY, .sessions = 3, .messages = 3,
		.text = { PEER("helo.one"), IP("192.0.2.9"), DOMAIN("a.example"), REASON("plaintext-inbound") } } },
		{ { .about = NOTICE_CLIENT, .name = "192.0.2.9", .fault = "plaintext-inbound", .domain = "a.example", .domains = 1, .failed = 3,
		    .helo = "helo.one", .is_taken = true } } },
	{ "IPv6 is told apart by customers", { FACT(FACT_IN, 2, PEER("x"), IP("2001:db8:1:2::3"), REASON("protocol-old")),
		FACT(FACT_IN, 3, PEER("x"), IP("2001:db8:1:2:ffff::"), REASON("protocol-old")), FACT(FACT_IN, 2, PEER("x"), IP("2001:db8:1:3::3"),
		REASON("no-shared-cipher")) },
		{ { .about = NOTICE_CLIENT, .name = "2001:db8:1:2::", .fault = "protocol-old", .failed = 5, .helo = "x" },
		  { .about = NOTICE_CLIENT, .name = "2001:db8:1:3::", .fault = "no-shared-cipher", .failed = 2, .helo = "x" } } },
	{ "a client without an address is nobody", { FACT(FACT_IN, 9, PEER("x"), IP("local"), REASON("plaintext-inbound")) }, { { .failed = 0 } } },
	{ "a client's certificate is nobody's business", { FACT(FACT_IN, 9, PEER("x"), IP("192.0.2.9"), REASON("certificate-expired")) }, { { .failed = 0 } } },
	{ "doubts and timeouts are no faults", { FACT(FACT_OUT, 9, PEER("mx.a.example"), DOMAIN("a.example"), REASON("starttls-mangled")),
		FACT(FACT_OUT, 9, PEER("mx.a.example"), DOMAIN("a.example"), REASON("handshake-reset")),
		FACT(FACT_IN, 9, PEER("x"), IP("192.0.2.9"), REASON("closed")) }, { { .failed = 0 } } },
	{ "a day long ago is not looked at", { { .direction = FACT_OUT, .day = NOW / DAY - 5, .sessions = 9,
		.text = { PEER("mx.a.example"), DOMAIN("a.example"), REASON("protocol-old") } } }, { { .failed = 0 } } },
	{ "the last four are", { { .direction = FACT_OUT, .day = NOW / DAY - 4, .sessions = 9,
		.text = { PEER("mx.a.example"), DOMAIN("a.example"), REASON("protocol-old") } } },
		{ { .about = NOTICE_HOST, .name = "mx.a.example", .fault = "protocol-old", .domain = "a.example", .domains = 1, .failed = 9 } } },
};

static void
check_case(const char *name, const struct notice_case *item, const struct notice_case *expected)
{
	static const enum notice_key_of kinds[] = { NOTICE_OF_CASE_HOST, NOTICE_OF_CASE_DOMAIN, NOTICE_OF_CASE_CLIENT };
	char key[NOTICE_KEY];

	fake_where(name);
	ck_assert_str_eq(item->name, expected->name);
	ck_assert_int_eq(item->about, expected->about);
	ck_assert_str_eq(item->fault, expected->fault);
	ck_assert_str_eq(item->domain, expected->domain);
	ck_assert_str_eq(item->detail, expected->detail);
	ck_assert_str_eq(item->helo, expected->helo);
	ck_assert_uint_eq(item->domains, expected->domains);
	ck_assert_uint_eq(item->failed, expected->failed);
	ck_assert_uint_eq(item->good, expected->good);
	ck_assert_int_eq(item->first_s, NOW);
	ck_assert_int_eq(item->last_s, NOW);
	ck_assert(item->is_taken == expected->is_taken);
	ck_assert(!item->is_lasting);
	ck_assert_str_eq(item->party, "");
	notices_key(notices, kinds[item->about], span_of(item->name), key);
	ck_assert_str_eq(item->key, key);
	fake_where(NULL);
}

START_TEST(facts_make_these_cases)
{
	struct tls_fact facts[FACTS];
	uint32_t count = 0;
	size_t expected = 0;

	begin();
	for (; count < FACTS && rows[_i].facts[count].sessions > 0; count++) {
		facts[count] = rows[_i].facts[count];
		for (int i = 0; i < FACT_TEXTS; i++)
			if (facts[count].text[i].data == NULL)
				facts[count].text[i] = SPAN("");
	}
	take(facts, count);
	scan(&usual, NOW);
	while (expected < CASES && rows[_i].cases[expected].failed > 0)
		expected++;
	ck_assert_msg(cases.count == expected, "%s: %u cases", rows[_i].name, (unsigned)cases.count);
	for (size_t i = 0; i < expected; i++)
		for (size_t j = 0; j < expected; j++)
			if (strcmp(cases.items[j].name, rows[_i].cases[i].name) == 0)
				check_case(rows[_i].name, &cases.items[j], &rows[_i].cases[i]);
	end();
}
END_TEST

START_TEST(what_a_session_was_like_is_told)
{
	struct tls_fact fact = FACT(FACT_OUT, 4, PEER("mx.a.example"), DOMAIN("a.example"), REASON("certificate-expired"), IP("2001:db8::25"),
	    [FACT_VERSION] = TEXT("TLSv1.2"), [FACT_CIPHER] = TEXT("TLS_ECDHE_RSA"), [FACT_DETAIL] = TEXT("since yesterday"));
	char ip[IP_TEXT];

	begin();
	fact.expires_s = 1700000000;
	take(&fact, 1);
	scan(&usual, NOW);
	ck_assert_uint_eq(cases.count, 1);
	ck_assert_str_eq(cases.items[0].version, "TLSv1.2");
	ck_assert_str_eq(cases.items[0].cipher, "TLS_ECDHE_RSA");
	ck_assert_str_eq(cases.items[0].detail, "since yesterday");
	ck_assert_str_eq(ip_format(cases.items[0].ip, ip), "2001:db8::25");
	ck_assert_int_eq(cases.items[0].expires_s, 1700000000);
	ck_assert_str_eq(cases.items[0].helo, "");
	end();
}
END_TEST

/* --- what lasts: scans at hours, with sessions that came since the last --- */

#define STEPS 10

static const struct {
	const char *name;
	struct { int hour; unsigned failed, good; bool is_case, is_lasting; } steps[STEPS];
} lives[] = {
	/* Issue: at least 3 sessions over at least 48 h. */
	{ "a fault that goes on lasts after two days", { { 0, 1, 0, true, false }, { 24, 1, 0, true, false }, { 47, 1, 0, true, false },
		{ 48, 1, 0, true, true } } },
	{ "two sessions are too few", { { 0, 1, 0, true, false }, { 50, 1, 0, true, false }, { 51, 1, 0, true, true } } },
	{ "what was seen once has not lasted, however long ago", { { 0, 9, 0, true, false }, { 24, 0, 0, true, false }, { 72, 0, 0, true, false } } },
	/* Issue: a peer that mends itself gets none. */
	{ "a good session and no failed one ends it", { { 0, 9, 0, true, false }, { 50, 1, 0, true, true }, { 51, 0, 1, false, false },
		{ 52, 0, 0, false, false }, { 53, 0, 3, false, false } } },
	{ "good ones among failed ones do not", { { 0, 9, 9, true, false }, { 50, 1, 9, true, true }, { 51, 1, 1, true, true } } },
	{ "a fault that comes back begins anew", { { 0, 9, 0, true, false }, { 50, 1, 0, true, true }, { 51, 0, 1, false, false },
		{ 60, 1, 0, true, false }, { 100, 1, 0, true, false }, { 107, 1, 0, true, false }, { 108, 1, 0, true, true } } },
	{ "three times as long without any ends it", { { 0, 9, 0, true, false }, { 50, 1, 0, true, true }, { 50 + 143, 0, 0, false, false } } },
	{ "and then it begins anew", { { 0, 9, 0, true, false }, { 50, 3, 0, true, true }, { 50 + 144, 0, 0, false, false },
		{ 200, 3, 0, true, false }, { 248, 1, 0, true, true } } },
	{ "a scan each day is enough, though days fall out of what is looked at", { { 0, 3, 0, true, false }, { 24, 3, 0, true, false },
		{ 48, 3, 0, true, true }, { 72, 1, 0, true, true }, { 96, 1, 0, true, true }, { 120, 1, 0, true, true }, { 144, 1, 0, true, true },
		{ 168, 1, 0, true, true }, { 192, 0, 1, false, false } } },
	{ "days that fall out are no mending, and no failure", { { 0, 50, 50, true, false }, { 24, 1, 0, true, false }, { 72, 0, 0, true, false },
		{ 97, 0, 0, true, false }, { 121, 0, 1, false, false } } },
	{ "a pause of a month is none", { { 0, 9, 0, true, false }, { 24, 1, 0, true, false }, { 24 + 31 * 24, 1, 0, true, false },
		{ 24 + 33 * 24, 2, 0, true, true } } },
};

static void
sessions_add(const char *reason, unsigned sessions, int64_t now_s)
{
	struct tls_fact fact = FACT(FACT_OUT, sessions, PEER("mx.a.example"), DOMAIN("a.example"), REASON(""));

	for (int i = 0; i < FACT_TEXTS; i++)
		if (fact.text[i].data == NULL)
			fact.text[i] = SPAN("");
	fact.text[FACT_REASON] = span_of(reason);
	fact.day = (uint32_t)(now_s / DAY);
	if (sessions > 0)
		take(&fact, 1);
}

START_TEST(faults_last_and_end_so)
{
	for (size_t i = 0; i < sizeof(lives) / sizeof(*lives); i++) {
		begin();
		for (unsigned step = 0; step < STEPS && (step == 0 || lives[i].steps[step].hour > 0); step++) {
			int64_t now_s = NOW + (int64_t)lives[i].steps[step].hour * HOUR;

			sessions_add("protocol-old", lives[i].steps[step].failed, now_s);
			sessions_add("", lives[i].steps[step].good, now_s);
			scan(&usual, now_s);
			notices_expire(notices, &usual, now_s);
			ck_assert_msg(cases.count == lives[i].steps[step].is_case, "%s: step %u", lives[i].name, step);
			ck_assert_msg(cases.count == 0 || cases.items[0].is_lasting == lives[i].steps[step].is_lasting, "%s: step %u", lives[i].name, step);
			/* What it comes to does not hang on this process. */
			if (step % 2 == 1) {
				notices_close(&notices);
				ledger_close(&ledger);
				open_it();
			}
		}
		end();
	}
}
END_TEST

/* --- what may be ours --- */

/* How it goes with others. */
enum others { NEVER_WELL, WELL_BEFORE, WELL_YESTERDAY, WELL, WELL_BY_OTHER_MEANS };

static const struct {
	const char *name;
	enum notice_about about;
	const char *reason, *sts_fault;
	enum others others;
	bool is_lasting;
} doubts[] = {
	/* Issue: never while the classifier doubts (our own uplink). A firewall of ours may take STARTTLS out of what we say to everybody. */
	{ "nobody begins TLS here", NOTICE_CLIENT, "plaintext-inbound", "", NEVER_WELL, false },
	{ "nobody does any more", NOTICE_CLIENT, "plaintext-inbound", "", WELL_BEFORE, false },
	{ "others did, and nobody has come on a new day", NOTICE_CLIENT, "plaintext-inbound", "", WELL_YESTERDAY, true },
	{ "others do", NOTICE_CLIENT, "plaintext-inbound", "", WELL, true },
	{ "nobody agrees with us on a protocol", NOTICE_CLIENT, "protocol-old", "", WELL_BEFORE, false },
	{ "nobody agrees with us on a cipher", NOTICE_CLIENT, "no-shared-cipher", "", WELL_BEFORE, false },
	{ "nobody's policy host can be reached", NOTICE_DOMAIN, "", "sts-policy-fetch-error: the policy host cannot be reached", WELL_BEFORE, false },
	{ "no policy is known, and hosts have TLS", NOTICE_DOMAIN, "", "sts-policy-fetch-error: the policy host does not answer in time",
	    WELL_BY_OTHER_MEANS, false },
	{ "other policies can be had", NOTICE_DOMAIN, "", "sts-policy-fetch-error: the policy host answers with another status than 200: 404", WELL, true },
	{ "nobody's policy host has a certificate that we know", NOTICE_DOMAIN, "", "sts-webpki-invalid: certificate has expired", WELL_BEFORE, false },
	/* What came whole is the domain's. */
	{ "a policy that came and makes no sense", NOTICE_DOMAIN, "", "sts-policy-invalid: no version", NEVER_WELL, true },
	{ "a policy that came and names other hosts", NOTICE_DOMAIN, "sts-mx-mismatch", "", NEVER_WELL, true },
	/* Hosts are looked at, and the look is judged. */
	{ "no host has TLS", NOTICE_HOST, "starttls-not-supported", "", NEVER_WELL, true },
};

static void
doubt_take(size_t i, int64_t now_s)
{
	enum fact_direction direction = doubts[i].about == NOTICE_CLIENT ? FACT_IN : FACT_OUT;
	int64_t well_s = doubts[i].others == NEVER_WELL ? 0 : doubts[i].others == WELL_BEFORE ? NOW : doubts[i].others == WELL_YESTERDAY ? NOW + DAY : now_s;
	bool is_well = now_s <= well_s;
	struct tls_fact facts[2] = { FACT(direction, 3, PEER("mx.a.example"), DOMAIN("a.example"), IP("192.0.2.1")),
		FACT(direction, 1, PEER("mx.b.example"), DOMAIN("b.example"), IP("192.0.2.2"), [FACT_VERSION] = TEXT("TLSv1.3")) };

	facts[0].text[FACT_REASON] = span_of(doubts[i].reason);
	facts[0].text[FACT_STS_FAULT] = span_of(doubts[i].sts_fault);
	if (doubts[i].about == NOTICE_DOMAIN && doubts[i].others != WELL_BY_OTHER_MEANS)
		facts[1].text[FACT_STS] = SPAN("version: STSv1");
	for (size_t k = 0; k < 2; k++) {
		facts[k].day = (uint32_t)(now_s / DAY);
		for (int text = 0; text < FACT_TEXTS; text++)
			if (facts[k].text[text].data == NULL)
				facts[k].text[text] = SPAN("");
	}
	take(facts, is_well ? 2 : 1);
}

START_TEST(what_may_be_our_own_fault_is_told_of_only_while_it_goes_well_with_others)
{
	for (size_t i = 0; i < sizeof(doubts) / sizeof(*doubts); i++) {
		begin();
		for (int hour = 0; hour <= 48; hour += 24) {
			doubt_take(i, NOW + hour * HOUR);
			scan(&usual, NOW + hour * HOUR);
		}
		ck_assert_msg(cases.count == 1 && cases.items[0].about == doubts[i].about, "%s: %zu cases", doubts[i].name, cases.count);
		ck_assert_msg(cases.items[0].is_lasting == doubts[i].is_lasting, "%s", doubts[i].name);
		ck_assert_msg(cases.items[0].is_doubted != doubts[i].is_lasting, "%s", doubts[i].name);
		end();
	}
}
END_TEST

/* --- parties --- */

static void
party_told(const char *party_key, int64_t now_s)
{
	struct notice_party party;

	ck_assert(notices_party_get(notices, party_key, &party));
	notice_party_sent(&party, 0, "protocol-old", now_s);
	notice_party_taken(&party, &usual, now_s);
	ck_assert(notices_party_put(notices, &party));
}

static enum notice_step
party_due(const char *party_key, int64_t now_s)
{
	struct notice_party party;

	ck_assert(notices_party_get(notices, party_key, &party));
	return notice_due(&party, &usual, now_s);
}

/* Issue: one notice per operator, not per domain. */
START_TEST(two_cases_of_one_operator_are_one_party)
{
	struct tls_fact facts[2] = { FACT(FACT_OUT, 3, PEER("mx1.a.example"), DOMAIN("a.example"), REASON("protocol-old")),
		FACT(FACT_OUT, 3, PEER("mx2.a.example"), DOMAIN("b.example"), REASON("protocol-old")) };
	char party_key[NOTICE_KEY];

	begin();
	notices_key(notices, NOTICE_OF_PARTY, SPAN("a.example"), party_key);
	take(facts, 2);
	scan(&usual, NOW);
	ck_assert_uint_eq(cases.count, 2);
	for (size_t i = 0; i < cases.count; i++)
		ck_assert(notices_case_join(notices, cases.items[i].key, party_key));
	party_told(party_key, NOW);
	notices_close(&notices);
	ledger_close(&ledger);
	open_it();
	scan(&usual, NOW + HOUR);
	ck_assert_uint_eq(cases.count, 2);
	for (size_t i = 0; i < cases.count; i++) {
		ck_assert_str_eq(cases.items[i].party, party_key);
		ck_assert_int_eq(party_due(cases.items[i].party, NOW + HOUR), NOTICE_STEP_NONE);
	}
	end();
}
END_TEST

/* N50, N51: 10^6 events over 13 days, with a scan each hour and a restart each day, are one notice. */
START_TEST(a_million_events_are_one_notice)
{
	enum { HOURS = 13 * 24, SESSIONS = 1000000 / HOURS + 1 };
	unsigned notices_sent = 0;
	uint64_t events = 0;

	begin();
	for (int hour = 0; hour < HOURS; hour++) {
		int64_t now_s = NOW + (int64_t)hour * HOUR;

		sessions_add("starttls-not-supported", SESSIONS, now_s);
		events += SESSIONS;
		scan(&usual, now_s);
		ck_assert_uint_eq(cases.count, 1);
		if (cases.items[0].is_lasting && party_due(cases.items[0].key, now_s) != NOTICE_STEP_NONE) {
			party_told(cases.items[0].key, now_s);
			notices_sent++;
		}
		if (hour % 24 == 23) {
			notices_close(&notices);
			ledger_close(&ledger);
			open_it();
		}
	}
	ck_assert_uint_ge(events, 1000000);
	ck_assert_uint_eq(notices_sent, 1);
	end();
}
END_TEST

/* --- many --- */

static void
take_many(unsigned first, unsigned count, void (*name)(char text[64], struct tls_fact *fact, unsigned number))
{
	enum { AT_ONCE = 1000 };
	static struct tls_fact facts[AT_ONCE];
	static char names[AT_ONCE][64];

	for (unsigned i = 0; i < count; i++) {
		unsigned at = i % AT_ONCE;

		facts[at] = (struct tls_fact){ .day = NOW / DAY, .sessions = 1 };
		for (int text = 0; text < FACT_TEXTS; text++)
			facts[at].text[text] = SPAN("");
		name(names[at], &facts[at], first + i);
		if (at == AT_ONCE - 1 || i == count - 1)
			take(facts, at + 1);
	}
}

static void
forged_sender(char text[64], struct tls_fact *fact, unsigned number)
{
	snprintf(text, 64, "d%u.example", number);
	fact->direction = FACT_IN;
	fact->text[FACT_PEER] = SPAN("localhost");
	fact->text[FACT_IP] = SPAN("192.0.2.66");
	fact->text[FACT_DOMAIN] = span_of(text);
	fact->text[FACT_REASON] = SPAN("plaintext-inbound");
	fact->sessions = number == 7 ? 3 : 1;
}

/* Issue: 10,000 forged plaintext attempts; NX2, N55: what they name is no case. */
START_TEST(ten_thousand_forged_senders_are_one_case)
{
	begin();
	take_many(0, 10000, forged_sender);
	scan(&usual, NOW);
	ck_assert_uint_eq(cases.count, 1);
	ck_assert_str_eq(cases.items[0].name, "192.0.2.66");
	ck_assert_uint_eq(cases.items[0].failed, 10002);
	ck_assert_uint_eq(cases.items[0].domains, 10000);
	ck_assert_str_eq(cases.items[0].domain, "d7.example");
	ck_assert_uint_eq(cases.facts, 10000);
	ck_assert(!cases.is_cut);
	end();
}
END_TEST

/* Of whom more are forged than are told apart, the rest is counted all the same. */
START_TEST(domains_are_told_apart_in_bounds)
{
	begin();
	take_many(0, 20000, forged_sender);
	scan(&usual, NOW);
	ck_assert_uint_eq(cases.count, 1);
	ck_assert_uint_eq(cases.items[0].failed, 20002);
	ck_assert_uint_eq(cases.items[0].domains, 16384);
	end();
}
END_TEST

static void
forged_client(char text[64], struct tls_fact *fact, unsigned number)
{
	snprintf(text, 64, "2001:db8:%x:%x::1", number >> 8, number & 255);
	fact->direction = FACT_IN;
	fact->text[FACT_IP] = span_of(text);
	fact->text[FACT_REASON] = SPAN("plaintext-inbound");
	fact->sessions = 100;
}

START_TEST(cases_are_bounded_and_clients_do_not_crowd_out_hosts)
{
	bool has_host = false;

	begin();
	take_many(0, NOTICE_CASES_MOST + 1, forged_client);
	sessions_add("certificate-expired", 1, NOW);
	scan(&usual, NOW);
	ck_assert_uint_eq(cases.count, NOTICE_CASES_MOST);
	ck_assert(cases.is_cut);
	for (size_t i = 0; i < cases.count; i++)
		has_host = has_host || cases.items[i].about == NOTICE_HOST;
	ck_assert(has_host);
	/* Those with most sessions come first. */
	ck_assert_uint_eq(cases.items[0].failed, 100);
	ck_assert_uint_eq(cases.items[cases.count - 1].failed, 1);
	end();
}
END_TEST

START_TEST(a_ledger_that_cannot_be_read_gives_no_cases)
{
	begin();
	sessions_add("protocol-old", 5, NOW);
	store_fault(ledger_store(ledger), SQLITE_CORRUPT);
	ck_assert(!notice_scan(ledger, notices, &usual, NOW, &cases));
	ck_assert_uint_eq(cases.count, 0);
	fake_settle();
	fake_log_expect("event=ledger-store *");
	fake_log_expect("event=ledger-store-damaged *");
	scan(&usual, NOW);
	ck_assert_uint_eq(cases.count, 0);
	end();
}
END_TEST

UNIT_MAIN_LOOPED("notice_scan", facts_make_these_cases, rows, peers_are_told_of_these_faults_and_of_no_other, what_a_session_was_like_is_told,
    faults_last_and_end_so, what_may_be_our_own_fault_is_told_of_only_while_it_goes_well_with_others, two_cases_of_one_operator_are_one_party, a_million_events_are_one_notice, ten_thousand_forged_senders_are_one_case,
    domains_are_told_apart_in_bounds, cases_are_bounded_and_clients_do_not_crowd_out_hosts, a_ledger_that_cannot_be_read_gives_no_cases)
