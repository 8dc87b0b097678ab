/* Tests of src/lib-smtp/capability.c. */
#include <stdio.h>

#include "smtp/capability.h"
#include "tests/unit/unit.h"

static struct capability capability;

/* Read one keyword line behind the greeting. */
static void
offer(const char *line)
{
	char lines[512];
	struct reply reply = { .code = 250, .count = 2 };

	snprintf(lines, sizeof(lines), "mx.example\n%s", line);
	reply.lines = span_of(lines);
	capability_read(&reply, &capability);
}

START_TEST(keywords_are_known_in_any_letter_case)
{
	static const struct { const char *line; unsigned flags; } rows[] = {
		{ "STARTTLS", CAPABILITY_STARTTLS }, { "starttls", CAPABILITY_STARTTLS }, { "STARTTLS ", CAPABILITY_STARTTLS },
		{ "PIPELINING", CAPABILITY_PIPELINING }, { "8BITMIME", CAPABILITY_8BITMIME }, { "SmtpUtf8", CAPABILITY_SMTPUTF8 },
		{ "DSN", CAPABILITY_DSN }, { "CHUNKING", CAPABILITY_CHUNKING }, { "ENHANCEDSTATUSCODES", CAPABILITY_STATUSCODES },
		{ "REQUIRETLS", CAPABILITY_REQUIRETLS }, { "SIZE", CAPABILITY_SIZE },
		{ " STARTTLS", 0 }, { "STARTTLSX", 0 }, { "X-STARTTLS", 0 }, { "AUTH PLAIN STARTTLS", 0 }, { "", 0 },
		{ "DSN\nCHUNKING\nNONSENSE x y z", CAPABILITY_DSN | CAPABILITY_CHUNKING },
	};
	struct reply alone = { .code = 250, .lines = SPAN("STARTTLS"), .count = 1 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		offer(rows[i].line);
		ck_assert_msg(capability.flags == rows[i].flags, "row %zu: %x", i, capability.flags);
		ck_assert(!capability.is_mangled);
	}
	/* The first line is the server's name, whatever it is called. */
	capability_read(&alone, &capability);
	ck_assert_uint_eq(capability.flags, 0);
	alone.lines = SPAN("");
	capability_read(&alone, &capability);
	ck_assert_uint_eq(capability.flags, 0);
}
END_TEST

START_TEST(sizes_are_numbers_or_no_limit)
{
	static const struct { const char *line; uint64_t size; } rows[] = {
		{ "SIZE 1000", 1000 }, { "SIZE 0", 0 }, { "SIZE", 0 }, { "SIZE x", 0 }, { "SIZE -1", 0 }, { "SIZE  52428800 ", 52428800 },
		{ "SIZE 18446744073709551615", UINT64_MAX }, { "SIZE 99999999999999999999", 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		offer(rows[i].line);
		ck_assert_uint_eq(capability.flags, CAPABILITY_SIZE);
		ck_assert_msg(capability.size == rows[i].size, "row %zu", i);
	}
}
END_TEST

/* standards.md C43, RFC 9422 3.6 */
START_TEST(limits_are_read_with_their_rules_about_errors)
{
	static const struct { const char *line; uint32_t mail, rcpt, domains; } rows[] = {
		{ "LIMITS MAILMAX=5 RCPTMAX=20 RCPTDOMAINMAX=1", 5, 20, 1 },
		{ "limits rcptmax=20", 0, 20, 0 },
		{ "LIMITS RCPTMAX=0", 0, 0, 0 },
		{ "LIMITS RCPTMAX=01", 0, 0, 0 },
		{ "LIMITS RCPTMAX=999999", 0, 999999, 0 },
		{ "LIMITS RCPTMAX=1000000 MAILMAX=3", 3, 0, 0 },
		{ "LIMITS RCPTMAX=9999999", 0, 0, 0 },
		{ "LIMITS RCPTMAX=5;x MAILMAX=3", 0, 0, 0 },
		{ "LIMITS RCPTMAX= MAILMAX=3", 0, 0, 0 },
		{ "LIMITS =5 MAILMAX=3", 0, 0, 0 },
		{ "LIMITS  MAILMAX=3", 3, 0, 0 },
		{ "LIMITS MAILMAX=3  RCPTMAX=2", 0, 0, 0 },
		{ "LIMITS FOO=1 RCPTMAX=2", 0, 2, 0 },
		{ "LIMITS FOO RCPTMAX=2", 0, 2, 0 },
		{ "LIMITS RCPTMAX RCPTMAX=2", 0, 2, 0 },
		{ "LIMITS RCPTMAX=x MAILMAX=3", 3, 0, 0 },
		{ "LIMITS", 0, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		offer(rows[i].line);
		ck_assert_msg(capability.mail_max == rows[i].mail && capability.rcpt_max == rows[i].rcpt &&
		    capability.rcpt_domain_max == rows[i].domains, "row %zu", i);
	}
}
END_TEST

START_TEST(a_blotted_out_starttls_is_noticed)
{
	static const struct { const char *line; bool is_mangled; } rows[] = {
		{ "XXXXXXXX", true }, { "XXXXXXXA", true }, { "XXXXXXXX ", true }, { "********", true }, { "xxxxxxxx", true },
		{ "X-EXPS", false }, { "XXXX", false }, { "XCLIENT NAME ADDR", false }, { "XFORWARD", false }, { "STARTTLS", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		offer(rows[i].line);
		ck_assert_msg(capability.is_mangled == rows[i].is_mangled, "row %zu", i);
	}
}
END_TEST

/* Kept on disk by their words: what a number means may change. */
START_TEST(flags_are_words_and_back)
{
	static const struct { unsigned flags; const char *words; } rows[] = {
		{ 0, "" }, { CAPABILITY_STARTTLS, "STARTTLS" }, { CAPABILITY_PIPELINING | CAPABILITY_DSN, "PIPELINING DSN" },
		{ CAPABILITY_SIZE | CAPABILITY_8BITMIME | CAPABILITY_STATUSCODES, "SIZE 8BITMIME ENHANCEDSTATUSCODES" },
		{ CAPABILITY_SMTPUTF8 | CAPABILITY_CHUNKING | CAPABILITY_REQUIRETLS, "SMTPUTF8 CHUNKING REQUIRETLS" },
		{ (CAPABILITY_REQUIRETLS << 1) - 1, "STARTTLS PIPELINING SIZE 8BITMIME SMTPUTF8 DSN CHUNKING ENHANCEDSTATUSCODES REQUIRETLS" },
	};
	char words[CAPABILITY_WORDS];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_str_eq(capability_words(rows[i].flags, words), rows[i].words);
		ck_assert_uint_eq(capability_flags(span_of(rows[i].words)), rows[i].flags);
	}
	ck_assert_uint_eq(capability_flags(SPAN("NONSENSE DSN  LIMITS dsn SIZE=1")), CAPABILITY_DSN);
}
END_TEST

UNIT_MAIN("capability", keywords_are_known_in_any_letter_case, sizes_are_numbers_or_no_limit,
    limits_are_read_with_their_rules_about_errors, a_blotted_out_starttls_is_noticed, flags_are_words_and_back)
