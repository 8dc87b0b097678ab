/* A notice for tests: one party's cases, a fresh look, and the templates that are shipped. */
#ifndef TESTS_UNIT_REPORT_LETTERS_H
#define TESTS_UNIT_REPORT_LETTERS_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/notice_mail.h"

#define LETTER_TOKEN "0123456789abcdef0123456789abcdef"
#define LETTER_FAULTS { "starttls-not-supported", "starttls-refused", "protocol-old", "no-shared-cipher", "cipher-weak", \
	"renegotiation-insecure", "key-weak", "signature-weak", "certificate-expired", "certificate-not-yet-valid", \
	"certificate-name-mismatch", "certificate-self-signed", "certificate-unknown-issuer", "certificate-wrong-purpose", \
	"certificate-invalid", "dane-mismatch", "dane-unusable", "sts-policy-fetch-error", "sts-policy-invalid", "sts-webpki-invalid", \
	"sts-mx-mismatch", "plaintext-inbound", "plaintext-taken-inbound", "protocol-old-inbound", "protocol-old-taken-inbound", \
	"no-shared-cipher-inbound", "peer-alert" }
#define LETTER_CASES 40
#define LETTER_TEXT(text) ((char *)(uintptr_t)(text))	/* configurations have texts of their own */

static const char *const letter_languages[] = { "en", "de" };

static struct notice_case letter_items[LETTER_CASES];
static const struct notice_case *letter_rows[LETTER_CASES];
static struct looked looked;
static struct notice_letter letter;
static struct conf_report conf;

/* The template of a language; read once. */
static inline char *
letter_template(const char *language)
{
	static char texts[2][65536];
	char *text = texts[language[0] == 'd'], path[500];
	const char *folder = getenv("srcdir");
	FILE *file;

	if (text[0] != '\0')
		return text;
	snprintf(path, sizeof(path), "%s/etc/notices/%s.txt", folder == NULL ? "." : folder, language);
	file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s", path);
	text[fread(text, 1, sizeof(texts[0]) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static inline void
letter_cases(size_t count)
{
	for (size_t i = 1; i < count; i++) {
		letter_items[i] = letter_items[0];
		snprintf(letter_items[i].name, sizeof(letter_items[i].name), "mx%zu.example.net", i);
		letter_rows[i] = &letter_items[i];
	}
	letter.count = count;
}

/* All is as it usually is: a host of 17 domains, seen to have that fault. */
static inline void
letter_begin(const char *language, const char *fault)
{
	bool is_policy = strncmp(fault, "sts-", 4) == 0, is_inbound = strstr(fault, "inbound") != NULL;

	letter_items[0] = (struct notice_case){ .about = is_policy ? NOTICE_DOMAIN : is_inbound ? NOTICE_CLIENT : NOTICE_HOST,
		.domain = "example.net", .helo = "mail.example.net", .ip = { .family = 4, .octets = { 192, 0, 2, 9 } },
		.detail = "it is not as it should be", .domains = 17, .failed = 42, .good = 3, .first_s = 1772323200, .last_s = 1772582400 };
	snprintf(letter_items[0].name, NOTICE_NAME, "%s", is_policy ? "example.net" : is_inbound ? "192.0.2.9" : "mx.example.net");
	snprintf(letter_items[0].fault, NOTICE_FAULT, "%s", fault);
	looked = (struct looked){ .end = LOOK_SEEN, .host = SPAN("mx.example.net"), .ip = { .family = 4, .octets = { 192, 0, 2, 1 } },
		.reason = span_of(letter_items[0].fault), .detail = SPAN("the host is not as it should be"),
		.banner = SPAN("220 mx.example.net ESMTP Postfix\r\n"), .version = SPAN("TLSv1.2"), .cipher = SPAN("DES-CBC3-SHA"),
		.transcript = SPAN("S: 220 mx.example.net ESMTP Postfix\nC: EHLO mx.relay.example\nS: 250-mx.example.net\nS: 250-PIPELINING\n"
		    "S: 250-SIZE 10240000\nS: 250 8BITMIME\nC: QUIT\nS: 221 2.0.0 Bye\n"),
		.certificate = SPAN("issued by Example CA, SHA-256 00"), .expires_s = 1772000000 };
	letter_rows[0] = &letter_items[0];
	letter = (struct notice_letter){ .cases = letter_rows, .count = 1, .looked = is_inbound ? NULL : &looked, .operator = SPAN("example.net"),
		.to = SPAN("postmaster@example.net"), .token = LETTER_TOKEN, .mid = { 1, 2 }, .now_s = 1772600000 };
	conf = (struct conf_report){ .hostname = LETTER_TEXT("mx.relay.example"), .notices_from = LETTER_TEXT("tls@relay.example"),
		.notices_stop = LETTER_TEXT("stop@relay.example"), .notices_template = letter_template(language), .dkim_domain = LETTER_TEXT("") };
}

#endif
