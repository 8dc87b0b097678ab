/* Tests of src/ctl/spf.c: the command, with a DNS and a clock by hand. */
#include <stdarg.h>
#include <sysexits.h>

#include "src/ctl/ctl.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_resolver.h"
#include "tests/unit/ctl/printed.h"
#include "tests/unit/unit.h"

#define WORDS_MOST 16

static char complaint[500];

int
ctl_usage(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(complaint, sizeof(complaint), format, arguments);
	va_end(arguments);
	return EX_USAGE;
}

static void
minute_go_by(void)
{
	fake_advance(60000);
}

static void
names_make(void)
{
	fake_dns_add("pass.example", DNS_TXT, "v=spf1 mx -all");
	fake_dns_add("pass.example", DNS_MX, "10 a.pass.example");
	fake_dns_add("pass.example", DNS_MX, "20 b.pass.example");
	fake_dns_add("a.pass.example", DNS_A, "192.0.2.3");
	fake_dns_add("b.pass.example", DNS_A, "192.0.2.4");
	fake_dns_add("fail.example", DNS_TXT, "v=spf1 -all exp=why.fail.example");
	fake_dns_add("why.fail.example", DNS_TXT, "%{i} is not one of %{d}'s");
	fake_dns_add("soft.example", DNS_TXT, "v=spf1 ~all");
	fake_dns_add("neutral.example", DNS_TXT, "v=spf1 ptr ?all");
	fake_dns_add("3.2.0.192.in-addr.arpa", DNS_PTR, "x.neutral.example");
	fake_dns_add("wrong.example", DNS_TXT, "v=spf1 foo");
	fake_dns_status("broken.example", DNS_TXT, DNS_FAILED);
	fake_dns_status("bogus.example", DNS_TXT, DNS_BOGUS);
	fake_dns_add("xn--bcher-kva.example", DNS_TXT, "v=spf1 exists:%{l}.%{o}.ok.example ip4:192.0.2.3");
	fake_dns_add("six.example", DNS_TXT, "v=spf1 a -all");
	fake_dns_add("six.example", DNS_AAAA, "2001:db8::3");
}

/* Words, and what they end with: parts of what is printed. */
static const struct {
	const char *words;
	int code;
	const char *part, *part2;
} rows[] = {
	{ "--ip 192.0.2.3 --from a@pass.example", 0, "result           pass\n", "mechanism        mx\n" },
	{ "--ip 192.0.2.3 --from=<a@pass.example>", 0, "identity         mailfrom\n", "sender           a@pass.example\n" },
	{ "--ip 192.0.2.9 --from a@pass.example", 1, "result           fail\n", "mechanism        -all\n" },
	{ "--ip 192.0.2.3 --from a@fail.example", 1, "result           fail\n", "sender_says      192.0.2.3 is not one of fail.example's\n" },
	{ "--ip 192.0.2.3 --from a@soft.example", 1, "result           softfail\n", "domain           soft.example\n" },
	{ "--ip 192.0.2.3 --from a@neutral.example", 1, "result           neutral\n", "terms            1\n" },
	{ "--ip 192.0.2.3 --from a@none.example", 2, "result           none\n", "why              there is no such domain" },
	{ "--ip 192.0.2.3 --from a@wrong.example", 2, "result           permerror\n", "mechanism        foo\n" },
	{ "--ip 192.0.2.3 --from a@broken.example", 2, "result           temperror\n", "why              a question to the DNS was not answered" },
	{ "--ip 192.0.2.3 --from a@bogus.example", 2, "result           temperror\n", "" },
	{ "--ip 192.0.2.3 --from a@[192.0.2.3]", 2, "result           none\n", "there is no domain that could have a record" },
	{ "--ip 2001:db8::3 --from a@six.example", 0, "result           pass\n", "" },
	{ "--ip ::ffff:192.0.2.3 --from a@pass.example", 0, "result           pass\n", "" },
	/* P17: domains in their ASCII form */
	{ "--ip 192.0.2.3 --from a@B\xc3\xbc" "cher.example", 0, "sender           a@xn--bcher-kva.example\n", "" },
	{ "--ip 192.0.2.3 --from \xc3\xa4@b\xc3\xbc" "cher.example", 0, "mechanism        ip4:192.0.2.3\n", "" },
	/* P13, P14: HELO first, the other decides; the null path is HELO's */
	{ "--ip 192.0.2.3 --helo pass.example", 0, "identity         helo\nresult           pass\n", "" },
	{ "--ip 192.0.2.3 --helo pass.example --from a@fail.example", 1, "identity         helo\nresult           pass\n",
	  "\n\nidentity         mailfrom\nresult           fail\n" },
	{ "--ip 192.0.2.3 --helo fail.example --from a@pass.example", 0, "identity         helo\nresult           fail\n",
	  "result           pass\n" },
	{ "--ip 192.0.2.3 --helo pass.example --from <>", 0,
	  "identity         mailfrom\nresult           pass\nsender           postmaster@pass.example\n",
	  "" },
	{ "--ip 192.0.2.3 --from a@pass.example --verbose", 0, "TXT pass.example: \"v=spf1 mx -all\"\nMX pass.example: ",
	  "A a.pass.example: 192.0.2.3\n" },
	{ "--ip 192.0.2.3", EX_USAGE, "", "--ip is needed, and --helo, --from or both" },
	{ "--from a@pass.example", EX_USAGE, "", "--ip is needed" },
	{ "--ip 192.0.2.3 --from a@pass.example x", EX_USAGE, "", "and no other words" },
	{ "--ip 192.0.2 --from a@pass.example", EX_USAGE, "", "--ip: not an address" },
	{ "--ip 192.0.2.3 --from a@pass.example --server x", EX_USAGE, "", "--server: there is no such option" },
};

static int
run(bool is_json, const char *text, char **out)
{
	static char name[] = "check";
	const struct options options = { .json = is_json, .file = "/nonexistent" };
	char *words = strdup(text), *argv[WORDS_MOST] = { name }, *rest = words;
	int argc = 1, code;

	while ((argv[argc] = strsep(&rest, " ")) != NULL)
		ck_assert_int_lt(++argc, WORDS_MOST);
	complaint[0] = '\0';
	printed_begin();
	code = spf_run(&options, argc, argv);
	*out = printed_end();
	ck_assert_uint_eq(fake_dns_open(), 0);
	free(words);
	return code;
}

START_TEST(the_exit_code_says_what_came_out)
{
	char *out;
	int code;

	names_make();
	fake_loop_play(fake_settle);
	code = run(false, rows[_i].words, &out);
	ck_assert_msg(code == rows[_i].code, "%s: %d\n%s%s", rows[_i].words, code, out, complaint);
	ck_assert_msg(strstr(out, rows[_i].part) != NULL, "%s:\n%s", rows[_i].words, out);
	ck_assert_msg(strstr(code == EX_USAGE ? complaint : out, rows[_i].part2) != NULL, "%s:\n%s%s", rows[_i].words, out, complaint);
	free(out);
	fake_finish();
}
END_TEST

START_TEST(programs_get_lines_of_json)
{
	char *out;

	names_make();
	fake_loop_play(fake_settle);
	ck_assert_int_eq(run(true, "--ip 192.0.2.3 --helo pass.example --from a@fail.example", &out), 1);
	ck_assert_str_eq(out,
	    "{\"identity\":\"helo\",\"result\":\"pass\",\"sender\":\"postmaster@pass.example\",\"domain\":\"pass.example\",\"mechanism\":\"mx\","
	    "\"why\":\"\",\"sender_says\":\"\",\"terms\":1,\"voids\":0,\"questions\":4}\n"
	    "{\"identity\":\"mailfrom\",\"result\":\"fail\",\"sender\":\"a@fail.example\",\"domain\":\"fail.example\",\"mechanism\":\"-all\","
	    "\"why\":\"\",\"sender_says\":\"192.0.2.3 is not one of fail.example's\",\"terms\":0,\"voids\":0,\"questions\":2}\n");
	free(out);
	fake_finish();
}
END_TEST

/* P7 */
START_TEST(a_dns_that_is_silent_is_waited_for_twenty_seconds)
{
	char *out;

	names_make();
	fake_dns_hold();
	fake_loop_play(minute_go_by);
	ck_assert_int_eq(run(false, "--ip 192.0.2.3 --helo pass.example --from a@pass.example", &out), 2);
	ck_assert_ptr_nonnull(strstr(out, "identity         helo\nresult           temperror\n"));
	ck_assert_ptr_nonnull(strstr(out, "identity         mailfrom\nresult           temperror\n"));
	ck_assert_ptr_nonnull(strstr(out, "why              the DNS did not answer in time"));
	free(out);
	fake_finish();
}
END_TEST

UNIT_MAIN_LOOPED("ctl spf", the_exit_code_says_what_came_out, rows, programs_get_lines_of_json,
    a_dns_that_is_silent_is_waited_for_twenty_seconds)
