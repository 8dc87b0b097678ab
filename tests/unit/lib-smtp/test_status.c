/* Tests of src/lib-smtp/status.c. */
#include "smtp/status.h"

#include <regex.h>
#include <stdio.h>

#include "tests/unit/unit.h"

/* Pairs of IANA's registry (RFC 5248 and later) that we may use; 421 and 452 with 7.0 and 5.3 are everybody's custom. */
static const char *const registered[] = {
	"220 2.0.0", "221 2.0.0", "250 2.0.0", "250 2.1.0", "250 2.1.5", "252 2.0.0", "214 2.0.0", "421 4.3.0", "421 4.4.2",
	"421 4.7.0", "454 4.7.0", "452 4.5.3", "452 4.3.1", "451 4.3.0", "500 5.5.1", "500 5.5.2", "501 5.5.4", "501 5.1.7",
	"501 5.1.3", "501 5.1.8", "550 5.1.2", "553 5.6.7", "555 5.5.4", "504 5.5.4", "502 5.5.0", "503 5.5.1", "530 5.7.0",
	"550 5.1.1", "550 5.7.1", "552 5.3.4", "550 5.6.0", "554 5.4.6", NULL
};

static bool
is_registered(const char *pair)
{
	for (size_t i = 0; registered[i] != NULL; i++)
		if (strcmp(registered[i], pair) == 0)
			return true;
	return false;
}

START_TEST(every_reply_has_a_registered_code_and_a_matching_class)
{
	for (int status = STATUS_NONE + 1; status < STATUSES; status++) {
		char pair[32];
		int code = status_code((enum status)status);
		const char *enhanced = status_enhanced((enum status)status);

		ck_assert_msg(code >= 200 && code < 600, "status %d", status);
		if (*enhanced == '\0') {
			/* RFC 2034 4: none in the greeting, in the reply to HELO, and in 3yz. */
			ck_assert(status == STATUS_GREETING || status == STATUS_HELO || status == STATUS_START_CONTENT);
			continue;
		}
		ck_assert_int_eq(enhanced[0] - '0', code / 100);
		snprintf(pair, sizeof(pair), "%d %s", code, enhanced);
		ck_assert_msg(is_registered(pair), "%s", pair);
	}
}
END_TEST

START_TEST(every_reply_is_one_line_of_ascii)
{
	char out[STATUS_OCTETS], copy[STATUS_OCTETS + 1];
	regex_t form;

	ck_assert_int_eq(regcomp(&form, "^[2-5][0-9][0-9] ([245]\\.[0-9]+\\.[0-9]+ )?[ -~]+\r\n$", REG_EXTENDED | REG_NOSUB), 0);
	for (int status = STATUS_NONE + 1; status < STATUSES; status++) {
		size_t length = status_format((enum status)status, SPAN("x"), out);

		memcpy(copy, out, length);
		copy[length] = '\0';
		ck_assert_msg(regexec(&form, copy, 0, NULL, 0) == 0, "%s", copy);
	}
	regfree(&form);
}
END_TEST

START_TEST(every_refusal_has_a_word_of_its_own)
{
	for (int status = STATUS_NONE; status < STATUSES; status++) {
		const char *word = status_word((enum status)status);

		ck_assert_msg((*word != '\0') == (status_code((enum status)status) >= 400), "status %d", status);
		for (int other = STATUS_NONE; other < status && *word != '\0'; other++)
			ck_assert_str_ne(word, status_word((enum status)other));
	}
}
END_TEST

START_TEST(details_are_shown_where_they_belong)
{
	char out[STATUS_OCTETS];

	ck_span_eq(span_make(out, status_format(STATUS_GREETING, SPAN("mx.example"), out)), "220 mx.example ESMTP\r\n");
	ck_span_eq(span_make(out, status_format(STATUS_CHUNK_OK, SPAN("12"), out)), "250 2.0.0 12 octets received\r\n");
	ck_span_eq(span_make(out, status_format(STATUS_OK, SPAN("ignored"), out)), "250 2.0.0 Ok\r\n");
}
END_TEST

START_TEST(details_cannot_break_the_line)
{
	char out[STATUS_OCTETS], detail[2000];
	size_t length;

	memset(detail, 'x', sizeof(detail));
	memcpy(detail, "a\r\n250 b\x1b[31m\xc3\xbc\0", 17);
	length = status_format(STATUS_BAD_LINE, span_make(detail, sizeof(detail)), out);
	ck_assert_uint_eq(length, STATUS_OCTETS);
	ck_assert(memchr(out, '\r', length) == out + length - 2);
	ck_assert(memchr(out, '\x1b', length) == NULL);
	ck_span_eq(span_first(span_make(out, length), 25), "500 5.5.2 a??250 b?[31m??");
}
END_TEST

UNIT_MAIN("status", every_reply_has_a_registered_code_and_a_matching_class, every_reply_is_one_line_of_ascii,
    every_refusal_has_a_word_of_its_own, details_are_shown_where_they_belong, details_cannot_break_the_line)
