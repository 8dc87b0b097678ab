/* Tests of src/policy/reports.c: what report asks for, whatever the DNS and hosts say to it (RFC 8460 3, 5.4). */
#include "tests/unit/policy/house.h"

#include <stdio.h>

#include "ipc/report_policy.h"
#include "tests/fake/fake_room.h"

#define NAME "_smtp._tls.example.org"
#define RECORD "v=TLSRPTv1; rua=mailto:reports@example.org,https://rua.example.net/v1"
#define GZIP "application/tlsrpt+gzip"
#define JSON "application/tlsrpt+json"

static struct channel *report;
static struct arena *memory;

static void
report_comes(void)
{
	const struct peer peer = { ROOM_REPORT, 0 };

	policy_room_handler.on_peer(&house_policy, &peer, fake_fd());
	report = fake_channel_find("report");
	ck_assert_ptr_nonnull(report);
}

static void
begin(void)
{
	house_begin();
	memory = arena_new();
	report_comes();
}

static void
end(void)
{
	arena_free(&memory);
	house_end();
}

static bool
seek(uint64_t id, const char *domain)
{
	const struct tlsrpt_question question = { id, span_of(domain) };
	struct buf out = { .ceiling = 4096 };
	bool good;

	tlsrpt_question_encode(&out, &question);
	good = fake_channel_deliver(report, REPORT_SEEK, buf_span(&out), -1);
	buf_clear(&out);
	return good;
}

static bool
post_send(const struct tlsrpt_post *post)
{
	struct buf out = { .ceiling = 1024 * 1024 };
	bool good;

	tlsrpt_post_encode(&out, post);
	good = fake_channel_deliver(report, REPORT_POST, buf_span(&out), -1);
	buf_clear(&out);
	return good;
}

static bool
post(uint64_t id, const char *host, bool is_lax)
{
	char url[300];

	snprintf(url, sizeof(url), "https://%s/v1", host);
	return post_send(&(struct tlsrpt_post){ id, { TLSRPT_HTTPS, span_of(url), span_of(host), 443 }, SPAN(GZIP), SPAN("body"), is_lax });
}

struct told {
	uint16_t type;		/* 0 = nothing */
	uint64_t id;
	struct tlsrpt_answer answer;
	struct tlsrpt_posted posted;
};

/* The next that report was told. */
static struct told
told_next(void)
{
	struct told told = { 0 };
	struct span payload;
	int fd;

	fake_settle();
	if (!fake_channel_take(report, &told.type, &payload, &fd))
		return told;
	if (told.type == POLICY_SOUGHT) {
		ck_assert(tlsrpt_answer_decode(payload, memory, &told.answer));
		told.id = told.answer.id;
	} else {
		ck_assert_int_eq(told.type, POLICY_POSTED);
		ck_assert(tlsrpt_posted_decode(payload, &told.posted));
		told.id = told.posted.id;
	}
	return told;
}

static struct tlsrpt_answer
sought_next(void)
{
	struct told told = told_next();

	ck_assert_int_eq(told.type, POLICY_SOUGHT);
	return told.answer;
}

static struct tlsrpt_posted
posted_next(void)
{
	struct told told = told_next();

	ck_assert_int_eq(told.type, POLICY_POSTED);
	return told.posted;
}

/* --- look-ups --- */

static const struct sought_row {
	const char *name;
	enum dns_status status;
	const char *record, *second;
	bool is_known;
	enum tlsrpt_found found;
	const char *text;
} rows[] = {
	{ "a record is found", DNS_FOUND, RECORD, NULL, true, TLSRPT_FOUND, "" },
	{ "others beside it do not matter", DNS_FOUND, "v=spf1 -all", RECORD, true, TLSRPT_FOUND, "" },
	{ "what is of no use in it is said", DNS_FOUND, RECORD ",http://x.example/", NULL, true, TLSRPT_FOUND,		/* R4 */
	    "a URI is neither mailto nor https (RFC 8460 3)" },
	{ "another record is none", DNS_FOUND, "v=TLSRPTv2; rua=mailto:a@example.org", NULL, true, TLSRPT_NONE, "" },	/* R1 */
	{ "two records are bad", DNS_FOUND, RECORD, "v=TLSRPTv1; rua=mailto:b@example.org", true, TLSRPT_BAD,		/* R2 */
	    "there is more than one record (RFC 8460 3)" },
	{ "one without an address is bad", DNS_FOUND, "v=TLSRPTv1; x=y", NULL, true, TLSRPT_BAD, "the record has no rua (RFC 8460 3)" },
	{ "an address that is none is bad", DNS_FOUND, "v=TLSRPTv1; rua=https://127.0.0.1/", NULL, true, TLSRPT_BAD,	/* R42 */
	    "an https URI names an address instead of a host" },
	{ "no such type", DNS_NO_DATA, NULL, NULL, true, TLSRPT_NONE, "" },
	{ "no such name", DNS_NO_NAME, NULL, NULL, true, TLSRPT_NONE, "" },
	{ "no answer is not known yet", DNS_FAILED, NULL, NULL, false, TLSRPT_NONE, "the DNS gives no answer" },
	{ "nor is a bogus one", DNS_BOGUS, RECORD, NULL, false, TLSRPT_NONE, "the DNS gives no answer" },
};

START_TEST(each_answer_of_the_dns_is_told)
{
	const struct sought_row *row = &rows[_i];
	struct tlsrpt_answer answer;

	begin();
	if (row->record != NULL)
		fake_dns_add(NAME, DNS_TXT, row->record);
	if (row->second != NULL)
		fake_dns_add(NAME, DNS_TXT, row->second);
	if (row->status != DNS_FOUND)
		fake_dns_status(NAME, DNS_TXT, row->status);
	ck_assert(seek(7, "example.org"));
	answer = sought_next();
	ck_assert_uint_eq(answer.id, 7);
	ck_assert_msg(answer.is_known == row->is_known, "%s", row->name);
	ck_assert_msg(answer.found == row->found, "%s: %d", row->name, (int)answer.found);
	ck_span_eq(answer.text, row->text);
	ck_assert_uint_eq(answer.count, row->found == TLSRPT_FOUND ? 2 : 0);
	if (answer.count == 2) {
		ck_assert_int_eq(answer.targets[0].scheme, TLSRPT_MAILTO);
		ck_span_eq(answer.targets[0].text, "reports@example.org");
		ck_assert_int_eq(answer.targets[1].scheme, TLSRPT_HTTPS);
		ck_span_eq(answer.targets[1].text, "https://rua.example.net/v1");
		ck_span_eq(answer.targets[1].host, "rua.example.net");
		ck_assert_uint_eq(answer.targets[1].port, 443);
	}
	ck_assert_int_eq(told_next().type, 0);
	end();
}
END_TEST

/* A record is looked up whenever it is needed: nothing is remembered. */
START_TEST(every_question_is_a_look_up)
{
	begin();
	ck_assert(seek(1, "example.org"));
	ck_assert_int_eq(sought_next().found, TLSRPT_NONE);
	fake_dns_add(NAME, DNS_TXT, RECORD);
	ck_assert(seek(2, "example.org"));
	ck_assert_int_eq(sought_next().found, TLSRPT_FOUND);
	ck_assert_uint_eq(fake_dns_questions(), 2);
	end();
}
END_TEST

/* With "_smtp._tls." in front a long one is no name any more: nobody is asked, and nobody asks again. */
START_TEST(a_domain_that_is_too_long_to_have_a_record_has_none)
{
	char domain[] = "123456789012345678901234567890123456789012345678901234567890.123456789012345678901234567890123456789012345678901234567890."
	    "123456789012345678901234567890123456789012345678901234567890.1234567890123456789012345678901234567890123456789.example.orgs";
	struct tlsrpt_answer answer;

	begin();
	ck_assert_uint_eq(strlen(domain), 245);
	ck_assert(seek(1, domain));
	answer = sought_next();
	ck_assert(answer.is_known);
	ck_assert_int_eq(answer.found, TLSRPT_NONE);
	ck_assert_uint_eq(fake_dns_questions(), 0);
	ck_assert(LIST_EMPTY(&house_policy.errands));
	ck_assert(seek(2, domain + 3));
	ck_assert_int_eq(sought_next().found, TLSRPT_NONE);
	ck_assert_uint_eq(fake_dns_questions(), 1);
	end();
}
END_TEST

/* Each is answered once and with its own number, the quick before the slow, and the same domain twice is two questions. */
START_TEST(many_at_once_are_answered_each)
{
	bool seen[41] = { false };
	char domain[40], name[60];
	struct told told;

	begin();
	fake_dns_hold();
	for (unsigned i = 1; i <= 20; i++) {
		snprintf(domain, sizeof(domain), "d%u.example", i / 2);
		snprintf(name, sizeof(name), "_smtp._tls.%s", domain);
		if (i % 4 == 0)
			fake_dns_add(name, DNS_TXT, RECORD);
		ck_assert(seek(i, domain));
	}
	for (unsigned i = 21; i <= 40; i++) {
		snprintf(domain, sizeof(domain), "rua%u.example", i);
		fake_fetch_post(domain, FETCH_DONE, 0);
		ck_assert(post(i, domain, false));
	}
	for (unsigned i = 21; i <= 40; i++) {
		told = told_next();
		ck_assert_int_eq(told.type, POLICY_POSTED);
		ck_assert_uint_gt(told.id, 20);
		ck_assert(!seen[told.id]);
		seen[told.id] = true;
	}
	ck_assert_int_eq(told_next().type, 0);
	fake_dns_release();
	for (unsigned i = 1; i <= 20; i++) {
		told = told_next();
		ck_assert_int_eq(told.type, POLICY_SOUGHT);
		ck_assert(told.id >= 1 && told.id <= 20 && !seen[told.id]);
		seen[told.id] = true;
		ck_assert_int_eq(told.answer.found, told.id / 2 % 2 == 0 && told.id >= 4 ? TLSRPT_FOUND : TLSRPT_NONE);
	}
	ck_assert_int_eq(told_next().type, 0);
	ck_assert(LIST_EMPTY(&house_policy.errands));
	end();
}
END_TEST

/* A reload has another resolver: what the former was asked is asked of that. */
START_TEST(a_reload_in_between_asks_again_and_is_answered_once)
{
	const struct setup setup = { 0 };

	begin();
	fake_dns_add(NAME, DNS_TXT, RECORD);
	fake_dns_hold();
	fake_fetch_hold();
	fake_fetch_post("rua.example.net", FETCH_DONE, 0);
	ck_assert(seek(1, "example.org"));
	ck_assert(post(2, "rua.example.net", false));
	policy_room_handler.on_setup(&house_policy, &setup, &house_conf);
	ck_assert_uint_eq(fake_dns_questions(), 2);
	ck_assert_uint_eq(fake_dns_open(), 1);
	ck_assert_uint_eq(fake_fetches_open(), 1);
	fake_dns_release();
	ck_assert_int_eq(sought_next().found, TLSRPT_FOUND);
	fake_fetch_release();
	ck_assert_int_eq(posted_next().end, POSTED_TAKEN);
	ck_assert_int_eq(told_next().type, 0);
	end();
}
END_TEST

/* --- report goes and comes --- */

START_TEST(what_a_report_that_is_gone_asked_for_is_dropped)
{
	unsigned gone;

	begin();
	fake_dns_hold();
	fake_fetch_hold();
	ck_assert(seek(1, "example.org"));
	ck_assert(post(2, "rua.example.net", false));
	gone = fake_room_peers_gone();
	fake_channel_break(report);
	ck_assert_uint_eq(fake_room_peers_gone(), gone + 1);
	ck_assert_ptr_null(house_policy.report);
	ck_assert(LIST_EMPTY(&house_policy.errands));
	ck_assert_uint_eq(fake_dns_open(), 0);
	ck_assert_uint_eq(fake_fetches_open(), 0);
	/* The answers come all the same, to nobody: the fake fails a message for a channel that was freed. */
	fake_dns_release();
	fake_fetch_release();
	fake_settle();
	report_comes();
	ck_assert_int_eq(told_next().type, 0);
	ck_assert(seek(1, "example.org"));
	ck_assert_uint_eq(sought_next().id, 1);
	end();
}
END_TEST

/* Master gives a fresh channel before the end of the former was seen. */
START_TEST(a_fresh_channel_takes_the_place_of_the_former)
{
	struct channel *former;
	unsigned gone;

	begin();
	former = report;
	fake_dns_hold();
	ck_assert(seek(1, "example.org"));
	gone = fake_room_peers_gone();
	report_comes();
	ck_assert_ptr_ne(report, former);
	ck_assert(!fake_channel_is_open(former));
	ck_assert_uint_eq(fake_room_peers_gone(), gone);
	fake_dns_release();
	ck_assert_int_eq(told_next().type, 0);
	ck_assert(seek(2, "example.org"));
	ck_assert_uint_eq(sought_next().id, 2);
	end();
}
END_TEST

START_TEST(what_is_under_way_ends_with_the_room)
{
	begin();
	fake_dns_hold();
	fake_fetch_hold();
	ck_assert(seek(1, "example.org"));
	ck_assert(post(2, "rua.example.net", false));
	end();
}
END_TEST

/* --- posts --- */

static const struct outcome_row {
	const char *name;
	enum fetch_end end;
	unsigned status;
	enum posted posted;
} outcomes[] = {
	/* R40. A post with any 2xx is FETCH_DONE, which test_fetch.c sees to. */
	{ "2xx", FETCH_DONE, 0, POSTED_TAKEN },
	{ "300", FETCH_STATUS, 300, POSTED_REFUSED },
	{ "301", FETCH_STATUS, 301, POSTED_REFUSED },
	{ "304", FETCH_STATUS, 304, POSTED_REFUSED },
	{ "307", FETCH_STATUS, 307, POSTED_REFUSED },
	{ "308", FETCH_STATUS, 308, POSTED_REFUSED },
	{ "400", FETCH_STATUS, 400, POSTED_REFUSED },
	{ "401", FETCH_STATUS, 401, POSTED_REFUSED },
	{ "404", FETCH_STATUS, 404, POSTED_REFUSED },
	{ "407", FETCH_STATUS, 407, POSTED_REFUSED },
	{ "408", FETCH_STATUS, 408, POSTED_LATER },
	{ "409", FETCH_STATUS, 409, POSTED_REFUSED },
	{ "413", FETCH_STATUS, 413, POSTED_REFUSED },
	{ "428", FETCH_STATUS, 428, POSTED_REFUSED },
	{ "429", FETCH_STATUS, 429, POSTED_LATER },
	{ "430", FETCH_STATUS, 430, POSTED_REFUSED },
	{ "499", FETCH_STATUS, 499, POSTED_REFUSED },
	{ "500", FETCH_STATUS, 500, POSTED_LATER },
	{ "502", FETCH_STATUS, 502, POSTED_LATER },
	{ "503", FETCH_STATUS, 503, POSTED_LATER },
	{ "599", FETCH_STATUS, 599, POSTED_LATER },
	{ "no address", FETCH_NO_ADDRESS, 0, POSTED_LATER },
	{ "no answer of the DNS", FETCH_DNS_FAILED, 0, POSTED_LATER },
	{ "an address of nobody's", FETCH_SPECIAL_ADDRESS, 0, POSTED_REFUSED },		/* R42 */
	{ "nobody there", FETCH_UNREACHABLE, 0, POSTED_LATER },
	{ "no answer in time", FETCH_TIMED_OUT, 0, POSTED_LATER },
	{ "no TLS", FETCH_TLS_FAILED, 0, POSTED_LATER },
	{ "a certificate that is not valid", FETCH_CERTIFICATE, 0, POSTED_CERTIFICATE },	/* R41 */
	{ "a type", FETCH_TYPE, 0, POSTED_LATER },
	{ "a coding", FETCH_ENCODED, 0, POSTED_LATER },
	{ "too much", FETCH_TOO_LARGE, 0, POSTED_LATER },
	{ "half an answer", FETCH_BROKEN, 0, POSTED_LATER },
};

START_TEST(each_end_of_a_post_is_told)
{
	unsigned char has_end[FETCH_ENDS] = { 0 };

	begin();
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(*outcomes); i++) {
		const struct outcome_row *row = &outcomes[i];
		struct tlsrpt_posted posted;
		char text[40] = "";

		has_end[row->end] = 1;
		fake_fetch_post("rua.example.net", row->end, row->status);
		ck_assert(post(100 + i, "rua.example.net", false));
		posted = posted_next();
		ck_assert_uint_eq(posted.id, 100 + i);
		ck_assert_msg(posted.end == row->posted, "%s: %d", row->name, (int)posted.end);
		snprintf(text, sizeof(text), "status: %u", row->status);
		ck_span_eq(posted.text, row->end == FETCH_STATUS ? text : fetch_word(row->end));
	}
	for (int i = 0; i < FETCH_ENDS; i++)
		ck_assert_msg(has_end[i], "no row for the end %d", i);
	end();
}
END_TEST

START_TEST(all_of_a_post_is_handed_on)
{
	const char octets[] = "\x1f\x8b\0\r\n\xff";
	struct tlsrpt_post said = { 1, { TLSRPT_HTTPS, SPAN("https://rua.example.net:8443/v1?a=%2Cb"), SPAN("rua.example.net"), 8443 },
		SPAN(GZIP), span_make(octets, sizeof(octets)), false };

	begin();
	fake_fetch_post("rua.example.net", FETCH_DONE, 0);
	for (int lax = 0; lax < 2; lax++) {		/* R41 */
		said.is_lax = lax == 1;
		said.type = lax ? SPAN(JSON) : SPAN(GZIP);
		ck_assert(post_send(&said));
		ck_span_eq(fake_fetch_posted()->url, "https://rua.example.net:8443/v1?a=%2Cb");
		ck_span_eq(fake_fetch_posted()->host, "rua.example.net");
		ck_assert_uint_eq(fake_fetch_posted()->port, 8443);
		ck_span_eq(fake_fetch_posted()->type, lax ? JSON : GZIP);
		ck_assert(span_equal(fake_fetch_posted()->body, said.body));
		ck_assert(fake_fetch_posted()->is_lax == said.is_lax);
		ck_assert_int_eq(posted_next().end, POSTED_TAKEN);
	}
	/* What mail waits for goes first. */
	ck_assert_uint_eq(fake_fetches_urgent(), 0);
	end();
}
END_TEST

/* --- nonsense --- */

/* The channel ends, and nothing of it is done; relay has what it had, and report comes again. */
static void
only_the_channel_ended(bool was_good, const char *what)
{
	ck_assert_msg(!was_good, "%s", what);
	ck_assert_ptr_null(house_policy.report);
	ck_assert_uint_eq(fake_dns_questions() + fake_fetches_open(), 0);
	ck_assert(fake_channel_is_open(house_relay));
	report_comes();
}

START_TEST(questions_that_are_none_end_the_channel_only)
{
	static const char *const domains[] = { "", ".", "example.org.", "exa mple.org", "example..org", "-x.example", "a@example.org", "x\r\ny.example",
		"123456789012345678901234567890123456789012345678901234567890abcd.example" };

	begin();
	for (size_t i = 0; i < sizeof(domains) / sizeof(*domains); i++)
		only_the_channel_ended(seek(1, domains[i]), domains[i]);
	only_the_channel_ended(fake_channel_deliver(report, REPORT_SEEK, SPAN("x"), -1), "half a question");
	only_the_channel_ended(fake_channel_deliver(report, REPORT_POST, SPAN(""), -1), "no post");
	end();
}
END_TEST

/* No URL makes policy connect to anybody but the host that is named beside it, whose addresses are looked at (R42). */
START_TEST(posts_that_lead_elsewhere_end_the_channel_only)
{
	static const struct { const char *url, *host; uint16_t port; const char *type; } posts[] = {
		{ "https://other.example/v1", "rua.example", 443, GZIP },
		{ "https://rua.example.other.example/v1", "rua.example", 443, GZIP },
		{ "https://rua.example:8443/", "rua.example", 443, GZIP },
		{ "https://rua.example/", "rua.example", 8443, GZIP },
		{ "https://rua.example/", "rua.example", 0, GZIP },
		{ "http://rua.example/", "rua.example", 443, GZIP },
		{ "file:///etc/passwd", "rua.example", 443, GZIP },
		{ "https://user:password@rua.example/", "rua.example", 443, GZIP },
		{ "https://rua.example@other.example/", "rua.example", 443, GZIP },
		{ "https://127.0.0.1/", "127.0.0.1", 443, GZIP },
		{ "https://[::1]/", "[::1]", 443, GZIP },
		{ "https://rua.example/ HTTP/1.1\r\nX: y", "rua.example", 443, GZIP },
		{ "https://rua.example/;x", "rua.example", 443, GZIP },
		{ "https://rua.example/,https://other.example/", "rua.example", 443, GZIP },
		{ "https://rua.example/#x", "rua.example", 443, GZIP },
		{ "mailto:a@rua.example", "rua.example", 0, GZIP },
		{ "", "rua.example", 443, GZIP },
		{ "https://rua.example/", "", 443, GZIP },
		{ "https://rua.example/", "rua.example", 443, "" },
		{ "https://rua.example/", "rua.example", 443, "text/plain" },
		{ "https://rua.example/", "rua.example", 443, GZIP "\r\nX: y" },
	};

	begin();
	for (size_t i = 0; i < sizeof(posts) / sizeof(*posts); i++)
		only_the_channel_ended(post_send(&(struct tlsrpt_post){ 1, { TLSRPT_HTTPS, span_of(posts[i].url), span_of(posts[i].host),
		    posts[i].port }, span_of(posts[i].type), SPAN("x"), false }), posts[i].url);
	ck_assert_uint_eq(fake_fetch_posted()->url.length, 0);
	end();
}
END_TEST

START_TEST(a_url_may_be_as_long_as_records_have_them)
{
	static char url[TLSRPT_URI_OCTETS + 1];
	const struct tlsrpt_target target = { TLSRPT_HTTPS, { url, sizeof(url) }, SPAN("rua.example"), 443 };
	struct tlsrpt_post said = { 1, target, SPAN(GZIP), SPAN("x"), false };

	begin();
	memset(url, 'x', sizeof(url));
	memcpy(url, "https://rua.example/", strlen("https://rua.example/"));
	only_the_channel_ended(post_send(&said), "one octet more");
	said.target.text.length--;
	fake_fetch_post("rua.example", FETCH_DONE, 0);
	ck_assert(post_send(&said));
	ck_assert_int_eq(posted_next().end, POSTED_TAKEN);
	end();
}
END_TEST

UNIT_MAIN_LOOPED("reports", each_answer_of_the_dns_is_told, rows, every_question_is_a_look_up,
    a_domain_that_is_too_long_to_have_a_record_has_none, many_at_once_are_answered_each,
    a_reload_in_between_asks_again_and_is_answered_once, what_a_report_that_is_gone_asked_for_is_dropped,
    a_fresh_channel_takes_the_place_of_the_former, what_is_under_way_ends_with_the_room, each_end_of_a_post_is_told,
    all_of_a_post_is_handed_on, questions_that_are_none_end_the_channel_only, posts_that_lead_elsewhere_end_the_channel_only,
    a_url_may_be_as_long_as_records_have_them)
