/* Tests of src/report/tlsrpt_mail.c: reports on TLS as messages (RFC 8460 5). */
#include "report/tlsrpt_mail.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/reason.h"
#include "tests/unit/unit.h"

#define LINES_MOST 60

static struct buf out = { .ceiling = TLSRPT_BODY_OCTETS };
static struct tlsrpt_failure failures[4];
static struct tlsrpt_policy policies[20];
static struct tlsrpt_report report;
static struct tlsrpt_mail mail;

/* A report of one policy and as many failures. */
static void
prepare(uint32_t failures_count)
{
	failures[0] = (struct tlsrpt_failure){ .reason = SPAN("certificate-expired"), .mx_host = SPAN("mx1.example.net"), .sessions = 20,
		.receiving = { .family = 4, .octets = { 192, 0, 2, 1 } } };
	failures[1] = (struct tlsrpt_failure){ .reason = SPAN("starttls-mangled"), .mx_host = SPAN("mx2.example.net"), .sessions = 300 };
	failures[2] = (struct tlsrpt_failure){ .reason = SPAN("sts-policy-invalid"), .sessions = 1 };
	failures[3] = (struct tlsrpt_failure){ .reason = SPAN("not-tls"), .mx_host = SPAN("mx4.example.net"), .sessions = 19 };
	policies[0] = (struct tlsrpt_policy){ .type = TLSRPT_POLICY_STS, .domain = SPAN("example.net"), .successful = 1, .failed = 320,
		.failures = failures, .failures_count = failures_count };
	report = (struct tlsrpt_report){ .organization = SPAN("Example Relay"), .contact = SPAN("tls@relay.example"),
		.id = SPAN("20260301.7"), .domain = SPAN("example.net"), .begin_s = 1772323200, .end_s = 1772409599,
		.policies = policies, .policies_count = 1 };
	mail = (struct tlsrpt_mail){ .report = &report, .compressed = SPAN("\x1f\x8b"), .to = SPAN("reports@example.net"),
		.hostname = "mx.relay.example", .mid = { 1, 2 }, .now_s = 1772416800, .boundary = "0123456789abcdef0123456789abcdef" };
}

/* What people read of prepare(0). */
#define WORDS \
	"This is a report on TLS between mail servers (RFC 8460) for the domain\r\n" \
	"example.net. It says how connections from the relay named below to mail\r\n" \
	"servers of the domain went in one day. The domain asks for such reports:\r\n" \
	"the TXT record of _smtp._tls.example.net says where to send them, and\r\n" \
	"they end when that record is gone.\r\n" \
	"\r\n" \
	"  From: Example Relay <tls@relay.example>\r\n" \
	"  Time: 2026-03-01 00:00:00 UTC to 2026-03-01 23:59:59 UTC\r\n" \
	"\r\n" \
	"  example.net, MTA-STS: 1 session good, 320 failed\r\n" \
	"\r\n" \
	"All of it, for programs, is attached as JSON, compressed with gzip.\r\n"

/* All that was written, NUL-terminated; to be freed. */
static char *
written(bool (*write)(struct buf *out, const struct tlsrpt_mail *mail))
{
	buf_empty(&out);
	ck_assert(write(&out, &mail));
	return strndup(buf_span(&out).data, buf_length(&out));
}

static char *
written_text(void)
{
	buf_empty(&out);
	ck_assert(tlsrpt_mail_write_text(&out, &report));
	return strndup(buf_span(&out).data, buf_length(&out));
}

/* Lines end with CRLF and nothing else does, are 7bit and at most so long; returns how many there are. */
static size_t
count_lines(const char *text, size_t most)
{
	size_t lines = 0;

	while (*text != '\0') {
		size_t length = strcspn(text, "\r\n");

		for (size_t i = 0; i < length; i++)
			ck_assert((text[i] >= ' ' && text[i] < 0x7f));
		ck_assert_msg(length <= most, "%.*s", (int)length, text);
		ck_assert(strncmp(text + length, "\r\n", 2) == 0);
		text += length + 2;
		lines++;
	}
	return lines;
}

/* R31, R32, R37 */
START_TEST(the_header_is_this)
{
	char *text;

	prepare(0);
	text = written(tlsrpt_mail_write_header);
	ck_assert_str_eq(text,
	    "From: TLS reports <tls@relay.example>\r\n"
	    "To: <reports@example.net>\r\n"
	    "Subject: Report Domain: example.net Submitter: relay.example Report-ID:\r\n"
	    " <20260301.7@relay.example>\r\n"
	    "Date: Mon, 2 Mar 2026 02:00:00 +0000\r\n"
	    "Message-ID: <0000000001-2@mx.relay.example>\r\n"
	    "TLS-Report-Domain: example.net\r\n"
	    "TLS-Report-Submitter: relay.example\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "TLS-Required: No\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report; report-type=\"tlsrpt\";\r\n"
	    " boundary=\"0123456789abcdef0123456789abcdef\"\r\n");
	free(text);
}
END_TEST

/* R30, R33 */
START_TEST(the_body_is_words_and_an_attachment)
{
	char *text;

	prepare(0);
	text = written(tlsrpt_mail_write_body);
	ck_assert_str_eq(text,
	    "This is a report on TLS, in two parts.\r\n"
	    "\r\n"
	    "--0123456789abcdef0123456789abcdef\r\n"
	    "Content-Type: text/plain; charset=us-ascii\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n"
	    "\r\n"
	    WORDS
	    "\r\n"
	    "--0123456789abcdef0123456789abcdef\r\n"
	    "Content-Type: application/tlsrpt+gzip\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-Disposition: attachment;\r\n"
	    " filename=\"relay.example!example.net!1772323200!1772409599.json.gz\"\r\n"
	    "\r\n"
	    "H4s=\r\n"
	    "\r\n"
	    "--0123456789abcdef0123456789abcdef--\r\n");
	free(text);
}
END_TEST

/* R33, V10 */
START_TEST(the_file_has_a_name_of_its_parts)
{
	char name[TLSRPT_FILENAME];

	prepare(0);
	ck_assert_str_eq(tlsrpt_mail_filename(&report, name), "relay.example!example.net!1772323200!1772409599.json.gz");
	report.part = SPAN("2");
	ck_assert_str_eq(tlsrpt_mail_filename(&report, name), "relay.example!example.net!1772323200!1772409599!2.json.gz");
}
END_TEST

/* R32, R33: the longest names there can be. */
START_TEST(names_may_be_long)
{
	static char domain[] = "a23456789.123456789.123456789.123456789.123456789.123456789.123456789.123456789.123456789.123456789."
			       "b23456789.123456789.123456789.123456789.123456789.123456789.123456789.123456789.123456789.123456789."
			       "c23456789.123456789.123456789.123456789.123456789.abc";
	static char contact[300];
	char name[TLSRPT_FILENAME], *text;

	prepare(4);
	ck_assert_uint_eq(strlen(domain), 253);
	snprintf(contact, sizeof(contact), "a@%s", domain + 2 - 1);
	report.domain = span_of(domain);
	report.contact = span_of(contact);
	report.id = SPAN("1");
	ck_assert_ptr_null(tlsrpt_json_refuse(&report));
	ck_assert_uint_lt(strlen(tlsrpt_mail_filename(&report, name)), TLSRPT_FILENAME - 1);
	ck_assert_uint_eq(strcmp(name + strlen(name) - 8, ".json.gz"), 0);
	text = written(tlsrpt_mail_write_header);
	count_lines(text, 300);
	free(text);
	text = written(tlsrpt_mail_write_body);
	count_lines(text, 700);
	free(text);
	text = written_text();
	ck_assert_uint_le(count_lines(text, 300), LINES_MOST);
	free(text);
}
END_TEST

START_TEST(people_read_this)
{
	char *text;

	prepare(0);
	text = written_text();
	ck_assert_uint_le(count_lines(text, 72), LINES_MOST);
	ck_assert_str_eq(text, WORDS);
	free(text);
}
END_TEST

/* R3: whose host it is may have no idea of the domains; and what is a host's stands apart from what is a domain's (peers.md 3.12). */
START_TEST(a_host_is_told_that_the_report_is_of_its_records)
{
	char *text;

	prepare(0);
	policies[0] = (struct tlsrpt_policy){ .type = TLSRPT_POLICY_TLSA, .domain = SPAN("mx.example.org"), .successful = 7, .failed = 1 };
	policies[1] = (struct tlsrpt_policy){ .type = TLSRPT_POLICY_NONE, .domain = SPAN("example.net"), .successful = 2 };
	report.policies_count = 2;
	text = written_text();
	ck_assert_ptr_nonnull(strstr(text, "for the domain\r\nexample.net. "));
	ck_assert_ptr_nonnull(strstr(text, "\r\n  mail host mx.example.org, DANE: 7 sessions good, 1 failed\r\n"
	    "  example.net, no policy: 2 sessions good, 0 failed\r\n"));
	free(text);
	report.domain = SPAN("mx.example.org");
	report.is_host = true;
	report.policies_count = 1;
	text = written_text();
	ck_assert_uint_le(count_lines(text, 72), LINES_MOST);
	ck_assert_str_eq(text,
	    "This is a report on TLS between mail servers (RFC 8460) for the mail\r\n"
	    "host mx.example.org. It says how connections from the relay named below\r\n"
	    "to that host went in one day, by the TLSA records that stand under its\r\n"
	    "name (DANE), whatever domains their mail was for; what such a domain was\r\n"
	    "told at the same address is not told again. Whoever publishes these\r\n"
	    "records asks for such reports: the TXT record of\r\n"
	    "_smtp._tls.mx.example.org says where to send them, and they end when\r\n"
	    "that record is gone.\r\n"
	    "\r\n"
	    "  From: Example Relay <tls@relay.example>\r\n"
	    "  Time: 2026-03-01 00:00:00 UTC to 2026-03-01 23:59:59 UTC\r\n"
	    "\r\n"
	    "  mail host mx.example.org, DANE: 7 sessions good, 1 failed\r\n"
	    "\r\n"
	    "All of it, for programs, is attached as JSON, compressed with gzip.\r\n");
	free(text);
}
END_TEST

/* Lines of a paragraph put together again, in place. */
static void
unfold(char *text)
{
	char *to = text;

	for (char *from = text; *from != '\0'; to++) {
		if (strncmp(from, "\r\n    ", 6) == 0) {
			*to = ' ';
			from += 6;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* The sentences of the one vocabulary, whatever they are; the first letter is another one in a sentence of its own. */
START_TEST(what_went_wrong_is_said_in_words)
{
	const struct reason *reason = reason_find(SPAN("certificate-expired"));
	char *text;

	prepare(1);
	text = written_text();
	ck_assert_uint_le(count_lines(text, 72), LINES_MOST);
	unfold(text);
	ck_assert_ptr_nonnull(strstr(text, "What went wrong:\r\n"));
	ck_assert_ptr_nonnull(strstr(text, reason->text + 1));
	ck_assert_ptr_nonnull(strstr(text, reason->postmaster));
	free(text);
}
END_TEST

/* The three with the most sessions, the most frequent first. */
START_TEST(the_worst_are_shown)
{
	char *text, *first, *second, *third;

	prepare(4);
	text = written_text();
	first = strstr(text, "300 sessions with mx2.example.net");
	second = strstr(text, "20 sessions with mx1.example.net [192.0.2.1]");
	third = strstr(text, "19 sessions with mx4.example.net");
	ck_assert(first != NULL && first < second && second < third);
	ck_assert_ptr_null(strstr(text, "sts-policy-invalid"));
	free(text);
	prepare(0);
	text = written_text();
	ck_assert_ptr_null(strstr(text, "went wrong"));
	free(text);
}
END_TEST

/* R19, CX4: however long and wild the words, they begin no line, part or field of their own, and there are few of them. */
START_TEST(hostile_words_stay_words)
{
	static char wild[100000];
	char *text;

	prepare(3);
	for (size_t i = 0; i < sizeof(wild); i++)
		wild[i] = "\r\n--0123456789abcdef0123456789abcdef\r\n\0\x1b\xff "[i % 42];
	for (size_t i = 0; i < 3; i++) {
		failures[i].mx_host = failures[i].mx_helo = failures[i].detail = span_make(wild, sizeof(wild));
		failures[i].receiving = (struct ip){ .family = 6, .octets = { 0x20, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 } };
		failures[i].sessions = UINT64_MAX;
	}
	report.organization = span_make(wild, sizeof(wild));
	for (size_t i = 0; i < sizeof(policies) / sizeof(*policies); i++) {
		policies[i] = policies[0];
		policies[i].domain = span_make(wild, sizeof(wild));
	}
	report.policies_count = sizeof(policies) / sizeof(*policies);
	text = written_text();
	ck_assert_uint_le(count_lines(text, 78), LINES_MOST);
	ck_assert_ptr_null(strstr(text, "\n--"));
	ck_assert_ptr_nonnull(strstr(text, "  and 14 more, in the attachment\r\n"));
	free(text);
}
END_TEST

/* R4, R33: what a header could not hold is not written. */
START_TEST(what_cannot_be_written_is_refused)
{
	prepare(0);
	mail.to = SPAN("a@x,b@y");
	ck_assert(!tlsrpt_mail_write_header(&out, &mail) && !tlsrpt_mail_write_body(&out, &mail));
	mail.to = SPAN("a@x\r\nBcc: b@y");
	ck_assert(!tlsrpt_mail_write_header(&out, &mail));
	prepare(0);
	mail.hostname = "a b";
	ck_assert(!tlsrpt_mail_write_header(&out, &mail));
	prepare(0);
	report.domain = SPAN("a\"b");
	ck_assert(!tlsrpt_mail_write_header(&out, &mail) && !tlsrpt_mail_write_body(&out, &mail) && !tlsrpt_mail_write_text(&out, &report));
}
END_TEST

START_TEST(what_does_not_fit_is_not_written)
{
	struct buf small = { .ceiling = 3000 };
	static char long_one[10000];

	prepare(0);
	mail.compressed = span_make(long_one, sizeof(long_one));
	ck_assert(!tlsrpt_mail_write_body(&small, &mail));
	small.ceiling = 100;
	buf_empty(&small);
	ck_assert(!tlsrpt_mail_write_header(&small, &mail));
	buf_clear(&small);
}
END_TEST

START_TEST(boundaries_cannot_be_foreseen)
{
	char first[sizeof(mail.boundary)];

	tlsrpt_mail_begin(&mail);
	memcpy(first, mail.boundary, sizeof(first));
	ck_assert_uint_eq(strspn(first, "0123456789abcdef"), 32);
	tlsrpt_mail_begin(&mail);
	ck_assert_str_ne(first, mail.boundary);
}
END_TEST

UNIT_MAIN("tlsrpt_mail", the_header_is_this, the_body_is_words_and_an_attachment, the_file_has_a_name_of_its_parts, names_may_be_long,
    people_read_this, a_host_is_told_that_the_report_is_of_its_records, what_went_wrong_is_said_in_words, the_worst_are_shown,
    hostile_words_stay_words, what_cannot_be_written_is_refused, what_does_not_fit_is_not_written, boundaries_cannot_be_foreseen)
