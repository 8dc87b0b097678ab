/* Tests of src/report/dsn.c: what notifications say, to people and to programs. */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "base/codec.h"
#include "report/dsn.h"

static struct buf out = { .ceiling = DSN_CEILING };

static struct recipient recipients[2];
static struct noticed_recipient noticed[2];
static struct notification notification;

/* A failed message with one recipient, refused by its server; tests change what they are about. */
static void
begin(void)
{
	recipients[0] = (struct recipient){ .address = SPAN("bob@example.org") };
	recipients[1] = (struct recipient){ .address = SPAN("eve@example.org") };
	noticed[0] = (struct noticed_recipient){ .action = ACTION_FAILED, .attempt_ms = 1772323200000,
		.outcome = { .kind = OUTCOME_FAILED, .is_remote = true, .code = 550, .status = SPAN("5.1.1"),
		.text = SPAN("5.1.1 no such user"), .mx = SPAN("mx.example.org"), .address = SPAN("192.0.2.1") } };
	noticed[1] = noticed[0];
	notification = (struct notification){ .id = 1, .envelope = { .sender = SPAN("alice@sender.example"),
		.arrival_ms = 1772319600000, .client_name = SPAN("client.example"), .recipients = recipients,
		.recipients_count = 1, .body = { .length = 1000 } }, .recipients = noticed };
}

static char *
written(struct dsn *dsn)
{
	struct mid mid = { 12345, 6 };

	buf_empty(&out);
	dsn_begin(dsn, &notification, "relay.example.net", "postmaster@example.net", mid, 1772326800000, 100000);
	dsn_write_head(&out, dsn);
	put_u8(&out, 0);
	return out.data + out.start;
}

#define has(text, wanted) ck_assert_msg(strstr((text), (wanted)) != NULL, "no \"%s\" in:\n%s", (wanted), (text))
#define has_not(text, wanted) ck_assert_msg(strstr((text), (wanted)) == NULL, "\"%s\" in:\n%s", (wanted), (text))

START_TEST(a_failure_has_the_fields_of_rfc_3464)
{
	struct dsn dsn;
	char *text;

	begin();
	notification.envelope.envid = SPAN("QQ+2B314159");
	recipients[0].orcpt = SPAN("rfc822;Bob+2Bx@example.org");
	text = written(&dsn);
	has(text, "\r\nTo: <alice@sender.example>\r\n");
	has(text, "From: Mail delivery <postmaster@example.net>\r\n");
	has(text, "\r\nAuto-Submitted: auto-replied\r\n");
	has(text, "\r\nMIME-Version: 1.0\r\n");
	has(text, "Content-Type: multipart/report; report-type=delivery-status;\r\n boundary=\"");
	has(text, "\r\nReporting-MTA: dns; relay.example.net\r\n");
	has(text, "\r\nOriginal-Envelope-Id: QQ+314159\r\n");
	has(text, "\r\nReceived-From-MTA: dns; client.example\r\n");
	has(text, "\r\nArrival-Date: Sat, 28 Feb 2026 23:00:00 +0000\r\n\r\n");
	has(text, "\r\nOriginal-Recipient: rfc822; Bob+x@example.org\r\n");
	has(text, "\r\nFinal-Recipient: rfc822; bob@example.org\r\n");
	has(text, "\r\nAction: failed\r\nStatus: 5.1.1\r\n");
	has(text, "\r\nRemote-MTA: dns; mx.example.org\r\n");
	has(text, "\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n");
	has(text, "\r\nLast-Attempt-Date: Sun, 1 Mar 2026 00:00:00 +0000\r\n");
	has_not(text, "Will-Retry-Until");
	has(text, "Content-Type: message/rfc822\r\n");
	ck_assert(dsn.returns_content);
}
END_TEST

START_TEST(what_was_not_given_is_not_invented)
{
	struct dsn dsn;
	char *text;

	begin();
	noticed[0].outcome = (struct outcome){ .kind = OUTCOME_LATER, .status = SPAN("4.4.3"), .reason = SPAN("dns-failed"),
		.text = SPAN("the name servers do not answer") };
	text = written(&dsn);
	has_not(text, "Original-Envelope-Id");
	has_not(text, "Original-Recipient");
	has_not(text, "Remote-MTA");
	has_not(text, "Diagnostic-Code: smtp");
	/* Expired: failed, with the status of its cause. */
	has(text, "\r\nAction: failed\r\nStatus: 4.4.3\r\n");
	has(text, "\r\nX-Sealpost-Reason: dns-failed\r\n");
}
END_TEST

START_TEST(a_delay_says_until_when_and_returns_headers)
{
	struct dsn dsn;
	char *text;

	begin();
	noticed[0].action = ACTION_DELAYED;
	noticed[0].retry_until_ms = 1772409600000;
	noticed[0].outcome = (struct outcome){ .kind = OUTCOME_LATER, .is_policy = true, .status = SPAN("4.7.5"),
		.reason = SPAN("certificate-expired"), .text = SPAN("the certificate has expired"), .mx = SPAN("mx.example.org"),
		.address = SPAN("192.0.2.1") };
	text = written(&dsn);
	has(text, "Subject: Mail is delayed\r\n");
	has(text, "\r\nAction: delayed\r\nStatus: 4.7.5\r\n");
	has(text, "\r\nWill-Retry-Until: Mon, 2 Mar 2026 00:00:00 +0000\r\n");
	has(text, "It will be tried until Mon, 2 Mar 2026");
	has(text, "At the server mx.example.org [192.0.2.1]: the certificate has\r\n      expired");
	has(text, "never falls back to an unprotected connection");
	has(text, "Content-Type: text/rfc822-headers\r\n");
	ck_assert(!dsn.returns_content);
}
END_TEST

START_TEST(content_is_returned_as_ret_and_size_say)
{
	static const struct { enum notify_ret ret; uint64_t length; uint32_t flags; bool returned; } rows[] = {
		{ RET_DEFAULT, 1000, 0, true }, { RET_FULL, 1000, 0, true }, { RET_HDRS, 1000, 0, false },
		{ RET_FULL, 100000, 0, true }, { RET_FULL, 100001, 0, false }, { RET_FULL, 1000, ENVELOPE_8BIT, false },
		{ RET_FULL, 1000, ENVELOPE_SMTPUTF8, false }, { RET_FULL, 1000, ENVELOPE_REQUIRETLS, false },
	};
	struct dsn dsn;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		begin();
		notification.envelope.ret = rows[i].ret;
		notification.envelope.body.length = rows[i].length;
		notification.envelope.flags = rows[i].flags;
		(void)written(&dsn);
		ck_assert_msg(dsn.returns_content == rows[i].returned, "row %zu", i);
	}
	begin();
	noticed[0].action = ACTION_RELAYED;
	(void)written(&dsn);
	ck_assert(!dsn.returns_content);
}
END_TEST

START_TEST(a_peers_words_cannot_become_fields_or_parts)
{
	struct dsn dsn;
	char *text, boundary[64];

	begin();
	noticed[0].outcome.text = SPAN("no\r\nAction: delivered\r\n\r\n--x\r\nContent-Type: text/html");
	noticed[0].outcome.mx = SPAN("mx\r\nX-Evil: 1");
	notification.envelope.client_name = SPAN("a\r\nX-Evil: 2");
	notification.envelope.envid = SPAN("a+0D+0ABcc:+20x");
	text = written(&dsn);
	has_not(text, "\nAction: delivered");
	has_not(text, "\nX-Evil");
	has_not(text, "\nBcc");
	has_not(text, "\nContent-Type: text/html");
	snprintf(boundary, sizeof(boundary), "\r\n--%s\r\n", dsn.boundary);
	has(text, boundary);
}
END_TEST

START_TEST(two_recipients_have_a_group_each)
{
	struct dsn dsn;
	char *text, *second;

	begin();
	notification.envelope.recipients_count = 2;
	text = written(&dsn);
	has(text, "\r\n\r\nFinal-Recipient: rfc822; bob@example.org\r\n");
	second = strstr(text, "\r\n\r\nFinal-Recipient: rfc822; eve@example.org\r\n");
	ck_assert_ptr_nonnull(second);
	ck_assert(second > strstr(text, "rfc822; bob"));
}
END_TEST

START_TEST(addresses_beyond_ascii_take_the_forms_of_rfc_6533)
{
	struct dsn dsn;
	char *text;

	begin();
	recipients[0].address = SPAN("b\xc3\xbc" "b@example.org");
	notification.envelope.flags = ENVELOPE_SMTPUTF8;
	text = written(&dsn);
	has(text, "Content-Type: message/global-delivery-status\r\n");
	has(text, "Final-Recipient: utf-8; b\\x{FC}b@example.org\r\n");
	has(text, "<b\\x{FC}b@example.org>");
	has(text, "Content-Type: message/global-headers\r\nContent-Transfer-Encoding: base64\r\n");
	for (const char *c = text; *c != '\0'; c++)
		ck_assert_int_lt((unsigned char)*c, 0x80);
	ck_assert(!dsn_is_utf8(&notification));
	notification.envelope.sender = SPAN("al\xc3\xaf" "ce@sender.example");
	text = written(&dsn);
	ck_assert(dsn_is_utf8(&notification));
	has(text, "To: <al\xc3\xaf" "ce@sender.example>\r\n");
	has(text, "charset=utf-8");
}
END_TEST

UNIT_MAIN("dsn", a_failure_has_the_fields_of_rfc_3464, what_was_not_given_is_not_invented,
    a_delay_says_until_when_and_returns_headers, content_is_returned_as_ret_and_size_say,
    a_peers_words_cannot_become_fields_or_parts, two_recipients_have_a_group_each,
    addresses_beyond_ascii_take_the_forms_of_rfc_6533)
