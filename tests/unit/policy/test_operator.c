/* Tests of src/policy/operator.c, operator_rows.c, operator_search.c and task.c: every verb, and what it refuses. */
#include "tests/unit/policy/house.h"

#include <stdio.h>

#define ENFORCE HOUSE_FILE("enforce", "604800")
#define TESTING HOUSE_FILE("testing", "604800")

static const struct { const char *verb, *arguments; int code; const char *text; } refused[] = {
	{ "policy dance", "", 64, "does not know" },
	{ "policy list", "--mode|wild", 64, "--mode" },
	{ "policy list", "example.org", 64, "policy list" },
	{ "policy show", "", 64, "which domain" },
	{ "policy show", "exa mple", 64, "not a domain" },
	{ "policy show", "example.org", 1, "nothing is known" },
	{ "policy refresh", "", 64, "which domain" },
	{ "policy refresh", "example.org", 1, "publishes no policy" },
	{ "policy forget", "", 64, "which domain" },
	{ "policy forget", "example.org", 1, "nothing was known" },
	{ "policy preload", "", 64, "FILE" },
	{ "policy preload", "--clear|a.example enforce mx.a.example 0", 64, "FILE" },
	{ "policy preload", "a.example enforce mx.a.example 0|b.example", 65, "entry 2: " },
	{ "policy warm", "", 64, "which domains" },
	{ "policy warm", "a.example|b b", 64, "not a domain" },
	{ "policy observed", "--since|0", 64, "--since" },
	{ "policy observed", "--since|91", 64, "--since" },
	{ "policy observed", "", 0, "nothing would" },
	{ "exception add", "a.example|encrypt|2026-12-31", 64, "exception add" },
	{ "exception add", "a.example|plain|2026-12-31|why", 64, "level" },
	{ "exception add", "a.example|encrypt|soon|why", 64, "end" },
	{ "exception add", "*|encrypt|2026-12-31|why", 64, "not a domain" },
	{ "exception remove", "", 64, "which domain" },
	{ "exception remove", "a.example", 1, "no such exception" },
	{ "exception list", "", 0, "no exceptions" },
};

START_TEST(each_refusal)
{
	house_begin();
	house_request(refused[_i].verb, refused[_i].arguments);
	ck_assert_msg(house_code() == refused[_i].code && strstr(house_text(), refused[_i].text) != NULL, "%s %s: %d %s", refused[_i].verb,
	    refused[_i].arguments, house_code(), house_text());
	house_end();
}
END_TEST

START_TEST(what_is_known_is_listed)
{
	house_begin();
	house_publish("b.example", "7", ENFORCE);
	house_publish("a.example", "8", TESTING);
	(void)house_know("b.example");
	(void)house_know("a.example");
	house_saw("c.example", "mx.c.example", POLICY_VERIFY);
	house_request("policy list", "");
	ck_assert(fake_matches("domain=a.example source=sts mode=testing state=in-force id=8 since=1772323200 until=1772928000 due=* "
	    "mx=mx.example.org *.mail.example.org", house_row()));
	ck_assert(fake_matches("domain=b.example source=sts mode=enforce state=in-force id=7 *", house_row()));
	ck_assert_str_eq(house_row(), "domain=c.example source=ratchet mode=verify state=learning since=1772323200 successes=1 days=1 "
	    "mx=mx.c.example");
	ck_assert_ptr_null(house_row());
	ck_assert_str_eq(house_text(), "3 policies");
	house_request("policy list", "--mode|enforce");
	ck_assert(fake_matches("domain=b.example *", house_row()));
	ck_assert_ptr_null(house_row());
	ck_assert_str_eq(house_text(), "1 policy");
	house_request("policy list", "--mode|ratchet");
	ck_assert(fake_matches("domain=c.example *", house_row()));
	ck_assert_ptr_null(house_row());
	house_end();
}
END_TEST

START_TEST(a_long_list_comes_as_fast_as_it_is_read)
{
	char name[40];
	unsigned rows = 0;

	house_begin();
	for (int i = 0; i < 1200; i++) {
		snprintf(name, sizeof(name), "d%04d.example", i);
		house_publish(name, "1", ENFORCE);
		(void)house_know(name);
	}
	house_request("policy list", "");
	while (house_row() != NULL)
		rows++;
	ck_assert_uint_eq(rows, 1200);
	ck_assert_int_eq(house_code(), 0);
	/* The tool hangs up in the middle. */
	house_request("policy list", "");
	house_end();
}
END_TEST

START_TEST(a_tool_that_hangs_up_ends_its_request)
{
	house_begin();
	house_publish("a.example", "1", ENFORCE);
	fake_fetch_hold();
	house_request("policy refresh", "a.example");
	fake_channel_break(house_operator());
	ck_assert(LIST_EMPTY(&house_policy.tasks));
	ck_assert(LIST_EMPTY(&house_policy.warms));
	fake_fetch_release();
	fake_settle();
	/* The search went on for whoever asks next. */
	ck_assert(house_know("a.example")->has_sts);
	ck_assert_uint_eq(fake_fetches("a.example"), 1);
	house_end();
}
END_TEST

START_TEST(one_domain_is_shown)
{
	house_begin();
	house_publish("a.example", "1", ENFORCE);
	(void)house_know("a.example");
	house_saw("a.example", "mx.a.example", POLICY_SECURE);
	house_request("policy preload", "a.example enforce mx.a.example 0");
	house_request("exception add", "a.example|verify|2026-12-31|told|them");
	house_request("policy show", "A.example.");
	ck_assert_str_eq(house_row(), "domain=a.example source=record mode=found id=1 since=1772323200");
	ck_assert(fake_matches("domain=a.example source=sts mode=enforce *", house_row()));
	ck_assert_str_eq(house_row(), "domain=a.example source=preload mode=enforce state=in-force mx=mx.a.example");
	ck_assert(fake_matches("domain=a.example source=ratchet mode=verify state=learning *", house_row()));
	ck_assert(fake_matches("domain=a.example source=ratchet mode=secure state=learning *", house_row()));
	ck_assert_str_eq(house_row(), "domain=a.example source=exception mode=verify state=in-force until=1798761600 why=told them");
	ck_assert_ptr_null(house_row());
	ck_assert_int_eq(house_code(), 0);
	fake_log_expect("event=policy-change * what=exception *");
	house_end();
}
END_TEST

START_TEST(a_refresh_fetches_whatever_happened)
{
	house_begin();
	house_publish("a.example", "1", ENFORCE);
	fake_fetch_fail("a.example", FETCH_CERTIFICATE);
	(void)house_know("a.example");
	house_request("policy refresh", "a.example");
	ck_assert_int_eq(house_code(), 2);
	ck_assert_uint_eq(fake_fetches("a.example"), 2);
	fake_fetch_file("a.example", ENFORCE);
	house_request("policy refresh", "a.example");
	ck_assert(fake_matches("domain=a.example source=record mode=found *", house_row()));
	ck_assert(fake_matches("domain=a.example source=sts mode=enforce *", house_row()));
	ck_assert_int_eq(house_code(), 0);
	/* One in force that cannot be fetched stays. */
	fake_fetch_fail("a.example", FETCH_CERTIFICATE);
	house_request("policy refresh", "a.example");
	ck_assert_int_eq(house_code(), 2);
	ck_assert_ptr_nonnull(strstr(house_text(), "counts until it ends"));
	fake_log_expect("event=policy-refresh-failed *");
	house_end();
}
END_TEST

START_TEST(forgetting_is_live_and_said)	/* MX2 */
{
	house_begin();
	house_publish("a.example", "1", ENFORCE);
	(void)house_know("a.example");
	house_saw("a.example", "mx.a.example", POLICY_VERIFY);
	(void)house_changes("a.example");
	fake_dns_remove("_mta-sts.a.example", DNS_TXT);
	house_request("policy forget", "a.example|--ratchet");
	ck_assert_int_eq(house_code(), 0);
	fake_advance(1000);
	ck_assert(house_know("a.example")->has_sts);
	house_request("policy forget", "a.example");
	ck_assert_int_eq(house_code(), 0);
	fake_log_expect("event=policy-change domain=a.example what=sts was=enforce now=none-known why=\"forgotten by the operator\"");
	ck_assert_uint_ge(house_changes("a.example"), 1);
	ck_assert(!house_know("a.example")->has_sts);
	house_restart();
	ck_assert(!house_know("a.example")->has_sts);
	house_end();
}
END_TEST

START_TEST(a_list_is_fetched_in_the_background)
{
	char arguments[20000] = "";
	char name[40];

	house_begin();
	house_conf.fetches = 10;
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "%sd%d.example", i > 0 ? "|" : "", i);
		strcat(arguments, name);
		snprintf(name, sizeof(name), "d%d.example", i);
		if (i % 3 == 0)
			house_publish(name, "1", ENFORCE);
		else if (i % 3 == 1)
			house_set_id(name, "1");	/* and no file */
	}
	fake_fetch_hold();
	house_request("policy warm", arguments);
	ck_assert_uint_le(fake_fetches_open(), 20);
	ck_assert_uint_eq(fake_fetches_urgent(), 0);
	ck_assert_int_eq(house_code(), -1);
	fake_advance(1000);
	fake_fetch_release();
	fake_settle();
	ck_assert_str_eq(house_row(), "domains=300 policies=100 enforce=100 none=100 failed=100 took_ms=1000 per_second=300");
	ck_assert_int_eq(house_code(), 0);
	house_end();
}
END_TEST

START_TEST(nobody_has_to_wait_for_it)
{
	house_begin();
	house_publish("a.example", "1", ENFORCE);
	house_publish("b.example", "1", ENFORCE);
	fake_fetch_hold();
	house_request("policy warm", "--no-wait|a.example|b.example");
	ck_assert_int_eq(house_code(), 0);
	ck_assert_str_eq(house_text(), "begun");
	fake_fetch_release();
	fake_settle();
	ck_assert(LIST_EMPTY(&house_policy.warms));
	fake_fetch_fail("a.example", FETCH_CERTIFICATE);
	ck_assert(house_know("a.example")->has_sts);
	ck_assert_uint_eq(fake_fetches(NULL), 2);
	/* And the room may end in the middle. */
	fake_fetch_hold();
	house_request("policy warm", "--no-wait|a.example|b.example");
	house_end();
}
END_TEST

/* Mail that comes to wait for a policy that is fetched in the background makes it urgent. */
START_TEST(mail_hurries_the_background)
{
	house_begin();
	house_publish("a.example", "1", ENFORCE);
	fake_fetch_hold();
	house_request("policy warm", "a.example");
	ck_assert_uint_eq(fake_fetches_urgent(), 0);
	house_ask(1, "a.example");
	ck_assert_uint_eq(fake_fetches_urgent(), 1);
	fake_fetch_release();
	fake_settle();
	ck_assert(house_told(1)->has_sts);
	house_end();
}
END_TEST

START_TEST(what_would_have_been_held_back_is_shown)
{
	house_begin();
	house_observed("a.example", "no-starttls", "sts");
	house_observed("b.example", "certificate-expired", "ratchet");
	house_observed("b.example", "certificate-expired", "ratchet");
	house_request("policy observed", "");
	ck_assert_str_eq(house_row(), "domain=b.example reason=certificate-expired because=ratchet count=2 last=1772323200");
	ck_assert_str_eq(house_row(), "domain=a.example reason=no-starttls because=sts count=1 last=1772323200");
	ck_assert_ptr_null(house_row());
	house_end();
}
END_TEST

START_TEST(exceptions_are_added_listed_and_removed)
{
	static char configured[] = "c.example encrypt 1801353600 in the file";
	static char *items[] = { configured };

	house_begin();
	house_conf.exceptions = (struct conf_list){ items, 1 };
	house_restart();
	house_request("exception add", ".old.example|encrypt|2026-12-31|certificate|expired,|told|2026-12-01");
	ck_assert_int_eq(house_code(), 0);
	fake_log_expect("event=policy-change domain=.old.example what=exception was=none-known now=encrypt *");
	ck_assert_uint_ge(house_changes(""), 1);
	ck_assert(house_know("www.old.example")->has_exception);
	ck_assert(!house_know("old.example")->has_exception);
	house_request("exception list", "");
	ck_assert_str_eq(house_row(), "domain=.old.example source=exception mode=encrypt state=in-force until=1798761600 "
	    "why=certificate expired, told 2026-12-01");
	ck_assert_str_eq(house_row(), "domain=c.example source=exception mode=encrypt state=in-force until=1801353600 "
	    "why=(configuration) in the file");
	ck_assert_ptr_null(house_row());
	house_request("exception remove", "c.example");
	ck_assert_int_eq(house_code(), 1);
	ck_assert_ptr_nonnull(strstr(house_text(), "in the configuration"));
	house_request("exception remove", ".old.example");
	ck_assert_int_eq(house_code(), 0);
	ck_assert(!house_know("www.old.example")->has_exception);
	fake_log_expect("event=policy-change domain=.old.example what=exception was=encrypt now=none-known *");
	house_end();
}
END_TEST

UNIT_MAIN_LOOPED("operator", each_refusal, refused, what_is_known_is_listed, a_long_list_comes_as_fast_as_it_is_read,
    a_tool_that_hangs_up_ends_its_request, one_domain_is_shown, a_refresh_fetches_whatever_happened, forgetting_is_live_and_said,
    a_list_is_fetched_in_the_background, nobody_has_to_wait_for_it, mail_hurries_the_background,
    what_would_have_been_held_back_is_shown, exceptions_are_added_listed_and_removed)
