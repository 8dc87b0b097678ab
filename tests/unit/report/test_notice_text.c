/* Tests of src/report/notice_text.c and notice_value.c: what a notice says, by the templates that are shipped. */
#include "report/notice_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mail/notice_template.h"
#include "policy/reason.h"
#include "report/notice_scan.h"
#include "report/notice_software.h"
#include "tests/unit/unit.h"
#include "tests/unit/report/letters.h"

static struct buf out = { .ceiling = 65536 };

static const char *
text_write(bool is_paste)
{
	const char *why;

	buf_empty(&out);
	why = notice_write_text(&out, &letter, &conf, is_paste);
	ck_assert_msg(why == NULL, "%s", why);
	ck_assert(buf_add(&out, span_make("", 1)));
	return buf_span(&out).data;
}

/* Under 60 lines that end with CRLF; none longer than 72 columns but where a word or a command is. */
static size_t
lines_check(const char *text)
{
	size_t lines = 0;

	for (; *text != '\0'; lines++) {
		size_t length = strcspn(text, "\r\n"), columns = 0;

		for (size_t i = 0; i < length; i++) {
			ck_assert_msg((unsigned char)text[i] >= ' ' && text[i] != 0x7f, "%.*s", (int)length, text);
			columns += ((unsigned char)text[i] & 0xc0) != 0x80;
		}
		ck_assert_msg(columns <= 72 || text[0] == ' ' || memchr(text, ' ', length) == NULL, "%.*s", (int)length, text);
		ck_assert(strncmp(text + length, "\r\n", 2) == 0);
		text += length + 2;
	}
	ck_assert_uint_lt(lines, NOTICE_LINES_MOST);
	return lines;
}

static const char *const banners[] = { "220 mx ESMTP Postfix", "220 mx ESMTP Exim 4.96", "220 mx ESMTP Sendmail 8.17", "220 mx Microsoft ESMTP MAIL Service",
	"220 mx ESMTP OpenSMTPD", "220 mx qmail ESMTP", "220 mx ESMTP Haraka/3.0", "220 mx ESMTP Courier", "220 mx ESMTP" };

/* Issue 6, 4: plain text, under 60 lines, English and German, for each fault and whose software it is. */
START_TEST(every_notice_is_short_and_whole)
{
	static const char *const words[] = LETTER_FAULTS;

	for (size_t language = 0; language < 2; language++)
		for (size_t fault = 0; fault < sizeof(words) / sizeof(*words); fault++)
			for (size_t banner = 0; banner < sizeof(banners) / sizeof(*banners); banner++) {
				const char *text;

				letter_begin(letter_languages[language], words[fault]);
				looked.banner = span_of(banners[banner]);
				letter.is_reminder = fault % 2;
				text = text_write(false);
				ck_assert_uint_gt(lines_check(text), 20);
				ck_assert_msg(strpbrk(text, "{}") == NULL, "%s", text);
				ck_assert_ptr_nonnull(strstr(text, words[fault][0] == 's' && words[fault][1] == 't' && words[fault][2] == 's' ?
				    "curl " : "openssl s_client -starttls smtp -connect "));
				ck_assert_ptr_nonnull(strstr(text, "stop+" LETTER_TOKEN "@relay.example"));
				ck_assert_ptr_nonnull(strstr(text, "UTC"));
			}
}
END_TEST

/* Issue 5, 1: whatever word of the vocabulary a peer is told of, there are sentences for it, in each language. */
START_TEST(every_fault_that_is_told_has_sentences_of_its_own)
{
	unsigned told = 0;

	for (size_t language = 0; language < 2; language++)
		for (enum notice_about about = 0; about < NOTICE_ABOUTS; about++)
			for (size_t i = 0; reason_at(i) != NULL; i++) {
				const char *word = reason_at(i)->word.data;
				struct span fault;

				if (!notice_fault_is_told(about, reason_at(i)->word))
					continue;
				letter_begin(letter_languages[language], about == NOTICE_CLIENT ? "plaintext-inbound" : word);
				ck_assert_int_eq(letter_items[0].about, about);
				snprintf(letter_items[0].fault, NOTICE_FAULT, "%s", word);
				fault = notice_text_fault(&letter, 0, &conf);
				ck_assert_msg(span_starts(fault, reason_at(i)->word), "%s: %.*s", word, SPAN_ARG(fault));
				ck_assert_msg(!span_equal(notice_text_group(fault), SPAN("tls-missing")) || span_starts(fault, SPAN("starttls-")), "%s", word);
				told++;
			}
	ck_assert_uint_ge(told, 48);
}
END_TEST

/* The settings are of the software that the banner names. */
START_TEST(the_advice_is_for_the_peers_own_software)
{
	static const char *const marks[] = { "smtpd_tls_security_level = may", "tls_advertise_hosts = *", "confSERVER_CERT", "Enable-ExchangeCertificate",
		"listen on egress tls pki", "netqmail", "tls.ini", "esmtpd.pem", "Exim: tls_advertise_hosts" };

	for (size_t language = 0; language < 2; language++)
		for (size_t i = 0; i < sizeof(banners) / sizeof(*banners); i++) {
			letter_begin(letter_languages[language], "starttls-not-supported");
			looked.banner = span_of(banners[i]);
			ck_assert_msg(strstr(text_write(false), marks[i]) != NULL, "%s: %s", banners[i], buf_span(&out).data);
		}
}
END_TEST

/* Both languages say the same: what one has, the other has. */
START_TEST(both_templates_are_good_and_have_the_same_sections)
{
	char why[300] = "";

	for (size_t language = 0; language < 2; language++) {
		const char *text, *other, *at;

		letter_begin(letter_languages[language], "unknown");
		text = conf.notices_template;
		ck_assert_msg(notice_template_is_good(span_of(text), why, sizeof(why)), "%s", why);
		letter_begin(letter_languages[1 - language], "unknown");
		other = conf.notices_template;
		for (at = strstr(text, "\n["); at != NULL; at = strstr(at + 1, "\n[")) {
			char heading[100];

			snprintf(heading, sizeof(heading), "%.*s\n", (int)strcspn(at + 1, "\n"), at + 1);
			ck_assert_msg(strstr(other, heading) != NULL, "%s", heading);
		}
	}
}
END_TEST

/* Long sessions, many names and the longest texts: the session is cut first, then the list of cases. */
START_TEST(what_is_too_long_is_cut)
{
	static char long_transcript[4000];
	size_t length = 0;

	for (int i = 0; i < 60; i++)
		length += (size_t)snprintf(long_transcript + length, sizeof(long_transcript) - length, "S: 250-LINE%d of the session\n", i);
	letter_begin("de", "dane-mismatch");
	letter.is_reminder = true;
	looked.transcript = span_of(long_transcript);
	letter_cases(40);
	lines_check(text_write(false));
	ck_assert_ptr_nonnull(strstr(buf_span(&out).data, "weitere"));
	ck_assert_ptr_null(strstr(buf_span(&out).data, "LINE16"));
}
END_TEST

/* Issue 6, 3: text for our own user's notice is ASCII, without a greeting and without the address that stops notices. */
START_TEST(what_is_pasted_has_no_greeting_and_no_stop)
{
	for (size_t language = 0; language < 2; language++) {
		letter_begin(letter_languages[language], "certificate-expired");
		lines_check(text_write(true));
		ck_assert_ptr_null(strstr(buf_span(&out).data, LETTER_TOKEN));
		ck_assert_ptr_null(strstr(buf_span(&out).data, "Hello"));
		ck_assert(span_is_ascii(buf_span(&out)));
	}
}
END_TEST

/* Issue 6, 4 and 7: mail that another mail server took by old TLS was not refused either; it is said by which. */
START_TEST(what_was_taken_by_old_tls_is_not_called_refused)
{
	static const char *const refused[] = { "530", "not accepted", "abgelehnt", "failed", "clear text", "Klartext" };

	for (size_t language = 0; language < 2; language++) {
		letter_begin(letter_languages[language], "plaintext-inbound");
		snprintf(letter_items[0].fault, NOTICE_FAULT, "protocol-old");
		ck_assert_ptr_nonnull(strstr(text_write(false), "TLS 1.1"));
		ck_assert_ptr_nonnull(strstr(buf_span(&out).data, language == 0 ? "not accepted" : "abgelehnt"));
		letter_items[0].is_taken = true;
		snprintf(letter_items[0].version, sizeof(letter_items[0].version), "TLSv1.0");
		lines_check(text_write(false));
		for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
			ck_assert_msg(strstr(buf_span(&out).data, refused[i]) == NULL, "%s", buf_span(&out).data);
		ck_assert_ptr_nonnull(strstr(buf_span(&out).data, "192.0.2.9 "));
		ck_assert_ptr_nonnull(strstr(buf_span(&out).data, "TLSv1.0"));
	}
}
END_TEST

/* Issue 6, 4 and 7: mail that another mail server took in clear was not refused, and nobody is told that it was. */
START_TEST(what_was_taken_in_clear_is_not_called_refused)
{
	static const char *const refused[] = { "530", "not accepted", "abgelehnt", "failed" };

	for (size_t language = 0; language < 2; language++) {
		letter_begin(letter_languages[language], "plaintext-inbound");
		ck_assert_ptr_nonnull(strstr(text_write(false), "530"));
		letter_items[0].is_taken = true;
		lines_check(text_write(false));
		for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
			ck_assert_msg(strstr(buf_span(&out).data, refused[i]) == NULL, "%s", buf_span(&out).data);
		ck_assert_ptr_nonnull(strstr(buf_span(&out).data, "STARTTLS"));
		ck_assert_ptr_nonnull(strstr(buf_span(&out).data, "192.0.2.9"));
	}
}
END_TEST

/* A customer's network of IPv6 is one client to us; whoever reads it looks for a host. */
START_TEST(a_client_is_named_by_its_address)
{
	letter_begin("en", "plaintext-inbound");
	snprintf(letter_items[0].name, NOTICE_NAME, "2001:db8:1:2::");
	ck_assert(ip_parse(SPAN("2001:db8:1:2::25"), &letter_items[0].ip));
	ck_assert_ptr_nonnull(strstr(text_write(false), "Your server at 2001:db8:1:2::25 "));
	ck_assert_ptr_null(strstr(buf_span(&out).data, "2001:db8:1:2:: "));
	buf_empty(&out);
	ck_assert_ptr_null(notice_write_subject(&out, &letter, &conf));
	ck_assert(span_equal(buf_span(&out), SPAN("URGENT security problem: 2001:db8:1:2::25 sends mail without TLS")));
}
END_TEST

/* One host has many addresses, and one of them the fault: that is the one to try. */
START_TEST(the_command_tries_the_address_that_has_the_fault)
{
	static const struct { const char *ip, *command; } addresses[] = {
		{ "192.0.2.1", "-connect 192.0.2.1:25 " }, { "2001:db8::1", "-connect [2001:db8::1]:25 " }, { "", "-connect mx.example.net:25 " }
	};

	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		letter_begin("en", "starttls-not-supported");
		letter_items[0].ip.family = looked.ip.family = 0;
		(void)ip_parse(span_of(addresses[i].ip), &looked.ip);
		ck_assert_msg(strstr(text_write(false), addresses[i].command) != NULL, "%s", buf_span(&out).data);
		ck_assert_ptr_null(strstr(buf_span(&out).data, "local"));
	}
}
END_TEST

/* Hosts of the same operator that are not named are counted. */
START_TEST(all_hosts_of_an_operator_are_counted)
{
	letter_begin("en", "certificate-expired");
	letter_cases(3);
	letter.more = 35;
	lines_check(text_write(false));
	ck_assert_ptr_nonnull(strstr(buf_span(&out).data, "  mx2.example.net has an expired certificate\r\n  and 35 more\r\n"));
}
END_TEST

START_TEST(the_subject_names_the_problem)
{
	letter_begin("en", "starttls-not-supported");
	buf_empty(&out);
	ck_assert_ptr_null(notice_write_subject(&out, &letter, &conf));
	ck_assert(span_equal(buf_span(&out), SPAN("URGENT security problem: mx.example.net offers no STARTTLS")));
}
END_TEST

/* Without a fresh look (an inbound fault, a preview) what the ledger knows is told. */
START_TEST(nothing_that_was_looked_at_is_needed)
{
	letter_begin("en", "plaintext-inbound");
	letter.looked = NULL;
	lines_check(text_write(false));
	ck_assert_ptr_nonnull(strstr(buf_span(&out).data, "192.0.2.9"));
	letter_begin("en", "starttls-not-supported");
	letter.looked = NULL;
	conf.notices_stop = LETTER_TEXT("");
	lines_check(text_write(false));
	ck_assert_ptr_null(strstr(buf_span(&out).data, "stop"));
	ck_assert_ptr_nonnull(strstr(buf_span(&out).data, "answer,"));
}
END_TEST

UNIT_MAIN("notice_text", every_notice_is_short_and_whole, every_fault_that_is_told_has_sentences_of_its_own,
    the_advice_is_for_the_peers_own_software, both_templates_are_good_and_have_the_same_sections,
    what_is_too_long_is_cut, what_is_pasted_has_no_greeting_and_no_stop, what_was_taken_in_clear_is_not_called_refused, what_was_taken_by_old_tls_is_not_called_refused,
    a_client_is_named_by_its_address, the_command_tries_the_address_that_has_the_fault, all_hosts_of_an_operator_are_counted,
    the_subject_names_the_problem, nothing_that_was_looked_at_is_needed)
