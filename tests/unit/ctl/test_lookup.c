/* Tests of src/ctl/lookup.c: questions of a command, with a DNS and a clock by hand. */
#include "src/ctl/lookup.h"

#include "tests/fake/fake.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_resolver.h"
#include "tests/unit/ctl/printed.h"
#include "tests/unit/unit.h"

static const struct options as_text = { .file = "/nonexistent" }, as_json = { .json = true, .file = "/nonexistent" };
static unsigned answers;
static enum dns_status last;

static void
on_answer(void *arg, const struct dns_answer *answer)
{
	answers++;
	last = answer->status;
	if (arg != NULL && *(const char *)arg == '!')
		lookup_stop();
	else if (arg != NULL)
		lookup_ask(arg, DNS_A, on_answer, NULL);
}

static void
second_go_by(void)
{
	fake_advance(1000);
}

static void
begin(const struct options *options, bool is_verbose)
{
	answers = 0;
	fake_dns_add("a.example", DNS_A, "192.0.2.1");
	fake_dns_add("a.example", DNS_A, "192.0.2.2");
	fake_dns_add("b.example", DNS_TXT, "v=spf1 \033 -all");
	fake_dns_add("b.example", DNS_MX, "10 mx.b.example");
	fake_dns_add("b.example", DNS_MX, "0 .");
	fake_dns_add("1.2.0.192.in-addr.arpa", DNS_PTR, "a.example");
	fake_dns_status("c.example", DNS_AAAA, DNS_FAILED);
	ck_assert_ptr_null(lookup_open(options, SPAN(""), is_verbose));
	fake_loop_play(fake_settle);
}

static void
end(void)
{
	lookup_close();
	ck_assert_uint_eq(fake_dns_open(), 0);
	ck_assert_uint_eq(fake_timers(), 0);
	fake_finish();
}

START_TEST(answers_come_while_it_runs)
{
	char further[] = "b.example";

	begin(&as_text, false);
	lookup_run(1000);	/* for nothing */
	lookup_ask("a.example", DNS_A, on_answer, further);
	lookup_ask("nowhere.example", DNS_TXT, on_answer, NULL);
	ck_assert_uint_eq(answers, 0);
	lookup_run(1000);
	ck_assert_uint_eq(answers, 3);
	ck_assert_int_eq(last, DNS_NO_DATA);
	ck_assert(fake_loop_is_stopped());
	end();
}
END_TEST

START_TEST(what_is_not_answered_in_time_never_is)
{
	begin(&as_text, false);
	fake_loop_play(second_go_by);
	fake_dns_hold();
	lookup_ask("a.example", DNS_A, on_answer, NULL);
	lookup_run(1000);
	ck_assert(fake_loop_is_stopped());
	fake_dns_release();
	fake_settle();
	ck_assert_uint_eq(answers, 0);
	end();
}
END_TEST

START_TEST(who_knows_enough_stops)
{
	char enough[] = "!";

	begin(&as_text, false);
	lookup_ask("a.example", DNS_A, on_answer, enough);
	fake_settle();
	fake_dns_hold();
	lookup_ask("b.example", DNS_A, on_answer, NULL);
	lookup_run(1000);
	fake_dns_release();
	fake_settle();
	ck_assert_uint_eq(answers, 1);
	end();
}
END_TEST

/* One question after the other, and what is printed of it. */
static const struct {
	const char *name;
	enum dns_type type;
	const char *text, *json;
} printed[] = {
	{ "a.example", DNS_A, "A a.example: 192.0.2.1 192.0.2.2\n",
	  "{\"lookup\":\"a.example\",\"type\":\"A\",\"answer\":\"192.0.2.1 192.0.2.2\"}\n" },
	{ "a.example", DNS_MX, "MX a.example: no such records\n", "{\"lookup\":\"a.example\",\"type\":\"MX\",\"answer\":\"no such records\"}\n" },
	{ "b.example", DNS_MX, "MX b.example: 10 mx.b.example. 0 .\n",
	  "{\"lookup\":\"b.example\",\"type\":\"MX\",\"answer\":\"10 mx.b.example. 0 .\"}\n" },
	{ "b.example", DNS_TXT, "TXT b.example: \"v=spf1 \\x1b -all\"\n",
	  "{\"lookup\":\"b.example\",\"type\":\"TXT\",\"answer\":\"\\\"v=spf1 \\u001B -all\\\"\"}\n" },
	{ "1.2.0.192.in-addr.arpa", DNS_PTR, "PTR 1.2.0.192.in-addr.arpa: a.example.\n",
	  "{\"lookup\":\"1.2.0.192.in-addr.arpa\",\"type\":\"PTR\",\"answer\":\"a.example.\"}\n" },
	{ "c.example", DNS_AAAA, "AAAA c.example: no answer\n", "{\"lookup\":\"c.example\",\"type\":\"AAAA\",\"answer\":\"no answer\"}\n" },
	{ "d.example", DNS_A, "A d.example: no such name\n", "{\"lookup\":\"d.example\",\"type\":\"A\",\"answer\":\"no such name\"}\n" },
};

START_TEST(every_look_up_is_printed_for_who_wants_it)
{
	for (size_t i = 0; i < 2 * sizeof(printed) / sizeof(*printed); i++) {
		char *text;

		begin(i % 2 ? &as_json : &as_text, true);
		lookup_ask(printed[i / 2].name, printed[i / 2].type, on_answer, NULL);
		printed_begin();
		lookup_run(1000);
		text = printed_end();
		ck_assert_str_eq(text, i % 2 ? printed[i / 2].json : printed[i / 2].text);
		free(text);
		end();
	}
}
END_TEST

START_TEST(a_server_that_is_none_is_refused)
{
	fake_dns_refuse("\"x\" is not the address of a DNS server");
	ck_assert_str_eq(lookup_open(&as_text, SPAN("x"), false), "\"x\" is not the address of a DNS server");
	lookup_close();
	fake_finish();
}
END_TEST

UNIT_MAIN("lookup", answers_come_while_it_runs, what_is_not_answered_in_time_never_is, who_knows_enough_stops,
    every_look_up_is_printed_for_who_wants_it, a_server_that_is_none_is_refused)
