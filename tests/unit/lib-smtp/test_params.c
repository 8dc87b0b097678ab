/* Tests of src/lib-smtp/params.c. */
#include "smtp/params.h"

#include "tests/unit/unit.h"

#define TEN "aaaaaaaaaa"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static struct mail_params mail;
static struct rcpt_params rcpt;

START_TEST(mail_parameters_are_taken_or_refused)
{
	static const struct { const char *text; enum status status; } rows[] = {
		{ "", STATUS_NONE },
		{ " SIZE=0", STATUS_NONE },
		{ " size=99999999999999999999", STATUS_NONE },
		{ " SIZE=18446744073709551616", STATUS_NONE },
		{ " SIZE=100000000000000000000", STATUS_BAD_PARAMETER },	/* 21 digits */
		{ " SIZE=-1", STATUS_BAD_PARAMETER },
		{ " SIZE=", STATUS_BAD_PARAMETER },
		{ " SIZE", STATUS_BAD_PARAMETER },
		{ " SIZE=1x", STATUS_BAD_PARAMETER },
		{ " SIZE=1 SIZE=2", STATUS_BAD_PARAMETER },
		{ " BODY=7BIT", STATUS_NONE },
		{ " BODY=8bitmime", STATUS_NONE },
		{ " BODY=8BITMIME BODY=8BITMIME", STATUS_BAD_PARAMETER },
		{ " BODY=BINARYMIME", STATUS_BODY_NOT_OFFERED },
		{ " BODY=9BIT", STATUS_BAD_PARAMETER },
		{ " BODY", STATUS_BAD_PARAMETER },
		{ " SMTPUTF8", STATUS_NONE },
		{ " SMTPUTF8=1", STATUS_BAD_PARAMETER },
		{ " SMTPUTF8=", STATUS_BAD_PARAMETER },
		{ " RET=FULL", STATUS_NONE },
		{ " RET=hdrs", STATUS_NONE },
		{ " RET=", STATUS_BAD_PARAMETER },
		{ " RET=x", STATUS_BAD_PARAMETER },
		{ " ENVID=QQ314159", STATUS_NONE },
		{ " ENVID=a+2Bb", STATUS_NONE },
		{ " ENVID=a+2b", STATUS_BAD_PARAMETER },
		{ " ENVID=a=b", STATUS_BAD_PARAMETER },
		{ " ENVID=", STATUS_BAD_PARAMETER },
		{ " ENVID=a+0D+0ABcc:+20x", STATUS_BAD_PARAMETER },
		{ " ENVID=" HUNDRED, STATUS_NONE },
		{ " ENVID=" HUNDRED "a", STATUS_BAD_PARAMETER },
		{ " AUTH=<>", STATUS_NONE },
		{ " AUTH=e+3Dmc2@example.com", STATUS_NONE },
		{ " AUTH=", STATUS_BAD_PARAMETER },
		{ " AUTH=a+", STATUS_BAD_PARAMETER },
		{ " REQUIRETLS", STATUS_NONE },					/* S57 */
		{ " requireTLS", STATUS_NONE },
		{ " REQUIRETLS=x", STATUS_BAD_PARAMETER },
		{ " REQUIRETLS=", STATUS_BAD_PARAMETER },
		{ " REQUIRETLS REQUIRETLS", STATUS_BAD_PARAMETER },
		{ " NOTIFY=NEVER", STATUS_UNKNOWN_PARAMETER },
		{ " X=y", STATUS_UNKNOWN_PARAMETER },
		{ " =", STATUS_BAD_PARAMETER },
		{ " ", STATUS_BAD_PARAMETER },
		{ "  SIZE=1", STATUS_BAD_PARAMETER },
		{ "SIZE=1", STATUS_BAD_PARAMETER },
		{ ">", STATUS_BAD_PARAMETER },
		{ " SIZE=10 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=x AUTH=<> REQUIRETLS", STATUS_NONE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(mail_params_parse(span_of(rows[i].text), &mail) == rows[i].status, "row %zu", i);
	ck_assert(mail.size_octets == 10 && mail.is_8bitmime && mail.is_smtputf8 && mail.ret == RET_HDRS && mail.is_requiretls);
	ck_span_eq(mail.envid, "x");
	ck_assert_int_eq(mail_params_parse(SPAN(" SIZE=10"), &mail), STATUS_NONE);
	ck_assert(!mail.is_requiretls);
}
END_TEST

START_TEST(a_size_beyond_64_bits_is_the_largest_there_is)
{
	ck_assert_int_eq(mail_params_parse(SPAN(" SIZE=18446744073709551616"), &mail), STATUS_NONE);
	ck_assert_uint_eq(mail.size_octets, UINT64_MAX);
}
END_TEST

START_TEST(rcpt_parameters_are_taken_or_refused)
{
	static const struct { const char *text; bool utf8; enum status status; unsigned notify; const char *orcpt; } rows[] = {
		{ "", false, STATUS_NONE, NOTIFY_DEFAULT, "" },
		{ " NOTIFY=NEVER", false, STATUS_NONE, NOTIFY_NEVER, "" },
		{ " notify=success,Failure,delay", false, STATUS_NONE, NOTIFY_SUCCESS | NOTIFY_FAILURE | NOTIFY_DELAY, "" },
		{ " NOTIFY=DELAY", false, STATUS_NONE, NOTIFY_DELAY, "" },
		{ " NOTIFY=NEVER,SUCCESS", false, STATUS_BAD_PARAMETER, 0, NULL },
		{ " NOTIFY=SUCCESS,SUCCESS", false, STATUS_BAD_PARAMETER, 0, NULL },
		{ " NOTIFY=", false, STATUS_BAD_PARAMETER, 0, NULL },
		{ " NOTIFY", false, STATUS_BAD_PARAMETER, 0, NULL },
		{ " NOTIFY=SUCCESS,", false, STATUS_BAD_PARAMETER, 0, NULL },
		{ " NOTIFY=,", false, STATUS_BAD_PARAMETER, 0, NULL },
		{ " NOTIFY=DELAY NOTIFY=DELAY", false, STATUS_BAD_PARAMETER, 0, NULL },
		{ " ORCPT=rfc822;a+2Bb@x.example", false, STATUS_NONE, 0, "rfc822;a+2Bb@x.example" },
		{ " ORCPT=rfc822", false, STATUS_BAD_PARAMETER, 0, NULL },
		{ " ORCPT=rfc822;", false, STATUS_BAD_PARAMETER, 0, NULL },
		{ " ORCPT=;a", false, STATUS_BAD_PARAMETER, 0, NULL },
		{ " ORCPT=rfc822;a+4", false, STATUS_BAD_PARAMETER, 0, NULL },
		{ " ORCPT=rfc822;a+0A", false, STATUS_BAD_PARAMETER, 0, NULL },
		{ " ORCPT=rf c822;a", false, STATUS_BAD_PARAMETER, 0, NULL },
		{ " ORCPT=rfc822;" HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED, false, STATUS_BAD_PARAMETER, 0, NULL },
		{ " ORCPT=utf-8;\\x{FC}@x.example", false, STATUS_NONE, 0, "utf-8;\\x{FC}@x.example" },
		{ " ORCPT=utf-8;\xc3\xbc@x.example", true, STATUS_NONE, 0, "utf-8;\xc3\xbc@x.example" },
		{ " ORCPT=utf-8;\xc3\xbc@x.example", false, STATUS_BAD_PARAMETER, 0, NULL },
		{ " ORCPT=rfc822;\xc3\xbc@x.example", true, STATUS_BAD_PARAMETER, 0, NULL },
		{ " ORCPT=utf-8;\xc3@x.example", true, STATUS_BAD_PARAMETER, 0, NULL },
		{ " SIZE=1", false, STATUS_UNKNOWN_PARAMETER, 0, NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_msg(rcpt_params_parse(span_of(rows[i].text), rows[i].utf8, &rcpt) == rows[i].status, "row %zu", i);
		if (rows[i].status != STATUS_NONE)
			continue;
		ck_assert_uint_eq(rcpt.notify, rows[i].notify);
		ck_span_eq(rcpt.orcpt, rows[i].orcpt);
	}
}
END_TEST

UNIT_MAIN("params", mail_parameters_are_taken_or_refused, a_size_beyond_64_bits_is_the_largest_there_is,
    rcpt_parameters_are_taken_or_refused)
