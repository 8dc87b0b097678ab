/* Tests of src/lib-smtp/status.c. */
#include "smtp/status.h"

#include <regex.h>
#include <stdio.h>

#include "policy/reason.h"
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

/*
 * Of IANA's registry of enhanced status codes (RFC 5248), what a relay may have to say: subject and detail, and the replies that they are
 * registered for; "" where it gives none, so that any of the class will do. Behind ';' what everybody says beside them: RFC 5321 4.5.3.1.10
 * has 452 for too many recipients, and 421 is for whatever ends a session (3.8).
 */
static const struct { const char *detail, *replies; } registry[] = {
	{ "0.0", "" },
	{ "1.0", "" }, { "1.1", "451 550" }, { "1.2", "" }, { "1.3", "501" }, { "1.4", "" }, { "1.5", "250" }, { "1.6", "" }, { "1.7", "" },
	{ "1.8", "451 501" }, { "1.9", "" }, { "1.10", "556" },
	{ "2.0", "" }, { "2.1", "" }, { "2.2", "552" }, { "2.3", "552" }, { "2.4", "450 452" },
	{ "3.0", "221 250 421 451 550 554" }, { "3.1", "452" }, { "3.2", "453 521" }, { "3.3", "" }, { "3.4", "552 554" }, { "3.5", "" },
	{ "3.6", "250 251" },
	{ "4.0", "" }, { "4.1", "451" }, { "4.2", "421" }, { "4.3", "451 550" }, { "4.4", "" }, { "4.5", "451" }, { "4.6", "" }, { "4.7", "" },
	{ "5.0", "220 250 251 252 253 451 452 454 458 459 501 502 503 554" }, { "5.1", "430 500 501 503 530 550 554 555" },
	{ "5.2", "500 501 502 550 555" }, { "5.3", "451;452" }, { "5.4", "451 501 502 503 504 550 555" }, { "5.5", "" }, { "5.6", "500" },
	{ "6.0", "" }, { "6.1", "" }, { "6.2", "" }, { "6.3", "554" }, { "6.4", "250" }, { "6.5", "" }, { "6.6", "554" }, { "6.7", "550 553" },
	{ "6.8", "252 553" }, { "6.9", "550" },
	{ "7.0", "220 235 450 454 500 501 503 504 530 535 550;421" }, { "7.1", "451 454 502 503 533 550 551" }, { "7.2", "550" }, { "7.3", "" },
	{ "7.4", "504" }, { "7.5", "" }, { "7.6", "" }, { "7.7", "" }, { "7.8", "535 554" }, { "7.9", "534" }, { "7.10", "523" }, { "7.11", "524 538" },
	{ "7.12", "422 432" }, { "7.13", "525" }, { "7.20", "550" }, { "7.21", "550" }, { "7.22", "550" }, { "7.23", "550" }, { "7.24", "451 550" },
	{ "7.25", "550" }, { "7.26", "550" }, { "7.27", "550" }, { "7.28", "" }, { "7.29", "550" }, { "7.30", "550" },
};

/* The replies of a status, "5.7.1" or, of either class, "7.1"; NULL when it is not registered. */
static const char *
replies_of(const char *detail)
{
	for (size_t i = 0; i < sizeof(registry) / sizeof(*registry); i++)
		if (strcmp(registry[i].detail, detail) == 0)
			return registry[i].replies;
	return NULL;
}

/* N40: both tables, row by row. */
START_TEST(every_status_is_registered_and_for_its_reply)
{
	size_t reasons = 0, replies = 0;

	for (int status = STATUS_NONE + 1; status < STATUSES; status++) {
		const char *enhanced = status_enhanced((enum status)status), *among;
		char code[8];

		if (*enhanced == '\0')
			continue;
		snprintf(code, sizeof(code), "%d", status_code((enum status)status));
		among = replies_of(enhanced + 2);
		ck_assert_msg(enhanced[1] == '.' && among != NULL, "%s %s", code, enhanced);
		ck_assert_msg(enhanced[0] == code[0] && (*among == '\0' || strstr(among, code) != NULL), "%s %s", code, enhanced);
		replies++;
	}
	/* They are said without a reply of ours, in notifications and to the operator: for now, and for good. */
	for (; reason_at(reasons) != NULL; reasons++)
		ck_assert_msg(replies_of(reason_at(reasons)->status) != NULL, "%s: %s", reason_at(reasons)->word.data, reason_at(reasons)->status);
	ck_assert_uint_gt(replies, 40);
	ck_assert_uint_gt(reasons, 60);
}
END_TEST

/* N40, N41: which of them says what. A policy that is not met has none of its own, and is told by what was missing. */
START_TEST(what_tls_and_policy_are_at_fault_with_has_these_statuses)
{
	static const struct { const char *word, *status; } rows[] = {
		{ "starttls-not-supported", "7.4" }, { "starttls-refused", "7.4" }, { "starttls-mangled", "7.4" }, { "ehlo-refused", "7.4" },
		{ "no-shared-cipher", "7.5" }, { "protocol-old", "7.5" }, { "peer-alert", "7.5" }, { "handshake-closed", "7.5" },
		{ "certificate-expired", "7.5" }, { "certificate-unknown-issuer", "7.5" }, { "certificate-name-mismatch", "7.5" },
		{ "dane-lookup-failed", "7.5" }, { "dane-mismatch", "7.5" }, { "sts-mx-mismatch", "7.5" }, { "sts-policy-fetch-error", "7.5" },
		{ "requiretls-not-offered", "7.30" }, { "requiretls-unproved", "7.10" }, { "null-mx", "1.10" }, { "smtputf8-missing", "6.7" },
		{ "8bitmime-missing", "6.3" }, { "mail-loop", "4.6" }, { "size-exceeded", "3.4" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct reason *reason = reason_find(span_of(rows[i].word));

		ck_assert_msg(span_equal(reason->word, span_of(rows[i].word)), "%s", rows[i].word);
		ck_assert_msg(strcmp(reason->status, rows[i].status) == 0, "%s: %s", rows[i].word, reason->status);
	}
	ck_assert_str_eq(status_enhanced(STATUS_TLS_REQUIRED), "5.7.0");
	ck_assert_int_eq(status_code(STATUS_TLS_REQUIRED), 530);
	ck_assert_str_eq(status_enhanced(STATUS_NO_RELAY), "5.7.1");
	ck_assert_str_eq(status_enhanced(STATUS_TLS_UNAVAILABLE), "4.7.0");
	ck_assert_str_eq(status_enhanced(STATUS_NEEDS_SMTPUTF8), "5.6.7");
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

UNIT_MAIN("status", every_reply_has_a_registered_code_and_a_matching_class, every_status_is_registered_and_for_its_reply,
    what_tls_and_policy_are_at_fault_with_has_these_statuses, every_reply_is_one_line_of_ascii,
    every_refusal_has_a_word_of_its_own, details_are_shown_where_they_belong, details_cannot_break_the_line)
