/* Tests of src/report/dsn.c: what notifications say, to people and to programs. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/codec.h"
#include "policy/reason.h"
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

/* N8, N9: each field of its header once, with its own identity and a date with a numeric zone. */
START_TEST(its_header_has_what_a_message_needs_and_nothing_twice)
{
	static const char *const names[] = { "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type" };
	char line[200], id[MID_TEXT], *text, *body;
	struct dsn dsn;

	for (enum notice_action action = 0; action < ACTIONS; action++) {
		begin();
		noticed[0].action = action;
		text = written(&dsn);
		body = strstr(text, "\r\n\r\n");
		*body = '\0';
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
			char *first;

			snprintf(line, sizeof(line), "%s%s: ", i == 0 ? "" : "\r\n", names[i]);
			first = strstr(text, line);
			ck_assert_msg(first != NULL, "no %s in:\n%s", names[i], text);
			has_not(first + 1, line);
		}
		has(text, "From: Mail delivery <postmaster@example.net>\r\nTo: <alice@sender.example>\r\n");
		has(text, "\r\nDate: Sun, 1 Mar 2026 01:00:00 +0000\r\n");
		has(text, "\r\nAuto-Submitted: auto-replied\r\n");
		snprintf(line, sizeof(line), "\r\nMessage-ID: <%s@relay.example.net>\r\n", mid_format((struct mid){ 12345, 6 }, id));
		has(text, line);
	}
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
	has(text, "It is still being tried, until Mon, 2 Mar 2026 00:00:00 +0000. You need\r\nnot send it again. If it cannot be delivered by then, you will be told.");
	has(text, "At the server mx.example.org [192.0.2.1]: the certificate has expired\r\n");
	has(text, "Content-Type: text/rfc822-headers\r\n");
	ck_assert(!dsn.returns_content);
}
END_TEST

START_TEST(what_was_never_tried_has_no_date_of_an_attempt)
{
	struct dsn dsn;
	char *text;

	begin();
	noticed[0].action = ACTION_DELAYED;
	noticed[0].retry_until_ms = 1772409600000;
	noticed[0].attempt_ms = 0;
	noticed[0].outcome = (struct outcome){ .kind = OUTCOME_LATER, .status = SPAN("4.4.1"), .reason = SPAN("waiting"),
		.text = SPAN("the message waits for its turn") };
	text = written(&dsn);
	has_not(text, "Last-Attempt-Date");
	has_not(text, "Last tried");
	has_not(text, "1970");
	has(text, "  Not tried yet; reason: waiting\r\n");
}
END_TEST

/* Which domain, which mechanism, what was seen, what it looks like, until when, and what the sender can do (N13, N15, N41). */
START_TEST(a_delay_names_the_mechanism_and_what_it_looks_like)
{
	struct dsn dsn;
	char *text;

	begin();
	noticed[0].action = ACTION_DELAYED;
	noticed[0].retry_until_ms = 1772409600000;
	noticed[0].outcome = (struct outcome){ .kind = OUTCOME_LATER, .is_policy = true, .status = SPAN("4.7.4"),
		.reason = SPAN("starttls-not-supported"), .text = SPAN("the host does not offer STARTTLS"), .mx = SPAN("mx.example.org"),
		.address = SPAN("192.0.2.1"), .because = SPAN("sts"), .verdict = SPAN("stripping-suspected"),
		.evidence = SPAN("STARTTLS is gone from what it offers, and nothing else is.") };
	text = written(&dsn);
	has(text, "offers no encryption. It looks as if\r\n  somebody between");
	has(text, "What asks for it?\r\n  The MTA-STS policy that the recipient's domain has published: only the\r\n");
	has(text, "What can you do?\r\n  Nothing is wrong with your message,");
	has(text, "At the server mx.example.org [192.0.2.1]: the host does not offer\r\n");
	has(text, "  Domain: example.org; demanded by: MTA-STS; looks like:\r\n  stripping-suspected.\r\n");
	has(text, "  STARTTLS is gone from what it offers, and nothing else is.\r\n");
	has(text, "It is still being tried, until Mon, 2 Mar 2026 00:00:00 +0000.");
	has(text, "\r\nX-Sealpost-Mechanism: MTA-STS\r\nX-Sealpost-Verdict: stripping-suspected\r\n");
	/* Another mechanism is explained apart. */
	notification.envelope.recipients_count = 2;
	noticed[1] = noticed[0];
	noticed[1].outcome.because = SPAN("dane");
	text = written(&dsn);
	has(text, "demanded by: MTA-STS");
	has(text, "demanded by: DANE");
}
END_TEST

START_TEST(our_own_way_to_the_internet_is_nobodys_fault)
{
	struct dsn dsn;
	char *text;

	begin();
	noticed[0].action = ACTION_DELAYED;
	noticed[0].outcome = (struct outcome){ .kind = OUTCOME_LATER, .status = SPAN("4.4.1"), .reason = SPAN("connect-timeout"),
		.text = SPAN("the host did not answer"), .mx = SPAN("mx.example.org"), .because = SPAN("default"), .verdict = SPAN("own-uplink"),
		.evidence = SPAN("Nothing has succeeded meanwhile.") };
	text = written(&dsn);
	has(text, "this relay's own way to the");
	has(text, "What can the postmaster of the receiving server do?\r\n  Nothing, most probably:");
	has(text, "  Domain: example.org; looks like: own-uplink.\r\n");
	has_not(text, "firewall");
	has_not(text, "What asks for it?");
	has_not(text, "X-Sealpost-Mechanism");
	/* Nor is the sender sent to them with the words of a reason that accuses them. */
	noticed[0].outcome.is_policy = true;
	noticed[0].outcome.reason = SPAN("starttls-not-supported");
	text = written(&dsn);
	has(text, "What can you do?\r\n  Nothing is wrong with your message, nor,");
	has_not(text, "pass this notice on");
	has_not(text, "Turn on STARTTLS");
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

/* N3, N16: what the sender asked about TLS, for people and for the hops to come (RFC 8689 5, 6). */
START_TEST(what_was_asked_about_tls_is_said_and_asked_again)
{
	struct dsn dsn;
	char *text;

	for (enum notice_action action = 0; action < ACTIONS; action++) {
		begin();
		noticed[0].action = action;
		notification.envelope.ret = RET_FULL;
		notification.envelope.flags = ENVELOPE_REQUIRETLS;
		text = written(&dsn);
		ck_assert(!dsn.returns_content);
		has(text, "Content-Type: text/rfc822-headers\r\n");
		has(text, "You asked for your message to be encrypted, and for every server to\r\nprove itself, all the way (REQUIRETLS).");
		has_not(text, "The message is attached.");
		has_not(text, "TLS-Required");
		notification.envelope.flags = ENVELOPE_TLS_OPTIONAL;
		text = written(&dsn);
		ck_assert(dsn.returns_content == (action == ACTION_FAILED));
		/* Once, and in the header of the notification. */
		has(text, "\r\nTLS-Required: No\r\n");
		ck_assert(strstr(text, "TLS-Required") < strstr(text, "\r\n\r\n"));
		has_not(strstr(text, "TLS-Required") + 1, "TLS-Required");
		has_not(text, "REQUIRETLS");
		notification.envelope.flags = 0;
		text = written(&dsn);
		has_not(text, "TLS-Required");
		has_not(text, "REQUIRETLS");
	}
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

/* N10: a reply of many lines comes as one (reply_join()), and no more of it is shown than somebody may read. */
START_TEST(a_peers_words_are_cut_where_they_have_no_end)
{
	char words[3000], *text, *field;
	struct dsn dsn;
	size_t shown = 0;

	begin();
	for (size_t i = 0; i < sizeof(words); i++)
		words[i] = "\x01\xff word"[i % 7];
	noticed[0].outcome.text = span_make(words, sizeof(words));
	text = written(&dsn);
	for (char *line = text; *line != '\0'; line = strstr(line, "\r\n") + 2)
		ck_assert_uint_le(strcspn(line, "\r"), 78);
	field = strstr(text, "\r\nDiagnostic-Code: smtp; 550 ?? word?? word");
	ck_assert_ptr_nonnull(field);
	for (field += 2; *field != '\r' || field[2] == ' '; field++) {
		ck_assert(*field == '\r' || *field == '\n' || (*field >= ' ' && *field <= '~'));
		shown++;
	}
	ck_assert_uint_le(shown, 900);
	ck_assert_uint_gt(shown, 700);
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
	/* A part that has eight bits is in a whole that says so (RFC 2045 6.4). */
	ck_assert_ptr_nonnull(strstr(text, "\r\nContent-Transfer-Encoding: 8bit\r\n"));
	ck_assert(strstr(text, "\r\nContent-Transfer-Encoding: 8bit\r\n") < strstr(text, "\r\n\r\n"));
}
END_TEST

/* N5, RFC 6533 3: as it came, in xtext or in characters of its own under SMTPUTF8. */
START_TEST(an_original_recipient_beyond_ascii_is_not_left_out)
{
	static const struct { const char *orcpt, *line; } rows[] = {
		{ "utf-8;\xc3\xbc\\x{2B}x@example.org", "\r\nOriginal-Recipient: utf-8; \\x{FC}\\x{2B}x@example.org\r\n" },
		{ "utf-8;\\x{FC}@example.org", "\r\nOriginal-Recipient: utf-8; \\x{FC}@example.org\r\n" },
		{ "rfc822;a+2Bb@example.org", "\r\nOriginal-Recipient: rfc822; a+b@example.org\r\n" },
	};
	struct dsn dsn;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		begin();
		notification.envelope.flags = ENVELOPE_SMTPUTF8;
		recipients[0].orcpt = span_of(rows[i].orcpt);
		has(written(&dsn), rows[i].line);
	}
}
END_TEST

/* The part for people of the last notification written. */
static char *
people(struct dsn *dsn)
{
	char *text = written(dsn), *end;

	text = strstr(text, "7bit\r\n\r\n") + strlen("7bit\r\n\r\n");
	end = strstr(text, "\r\n--");
	*end = '\0';
	return text;
}

/* With each paragraph on one line, so that it does not matter where it was folded. */
static char *
unfolded(char *text)
{
	char *to = text;

	for (char *from = text; *from != '\0';) {
		if (strncmp(from, "\r\n  ", 4) == 0 && from[4] != '<') {
			*to++ = ' ';
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	return text;
}

/* What became of it, what is still to come, why, what each side can do, then the details: in that order, on a screen. */
START_TEST(people_read_first_what_concerns_them)
{
	static const struct {
		const char *reason, *text;
		uint16_t code;
		bool is_remote, has_host;
		const char *why, *you, *postmaster;
	} rows[] = {
		{ "starttls-not-supported", "the host does not offer STARTTLS", 0, false, true, "offers no encryption", "pass this notice on", "Turn on STARTTLS" },
		{ "starttls-mangled", "blotted out", 0, false, true, "Something on the way, often a firewall", "without encryption", "turn that off" },
		{ "certificate-expired", "valid until 2026-01-01", 0, false, true, "its certificate has expired", "posing as", "Renew the certificate" },
		{ "certificate-name-mismatch", "for other.example", 0, false, true, "its certificate is for other names", "posing as", "names the host" },
		{ "certificate-unknown-issuer", "CN=Home", 0, false, true, "nobody vouches for it", "posing as", "public certificate authority" },
		{ "connect-refused", "Connection refused", 0, false, true, "refuses connections", "Nothing is wrong with your message", "Check that the server runs" },
		{ "recipient-refused", "5.1.1 no such user", 550, true, true, "does not take mail for this address", "check it for mistakes", "own words" },
		{ "recipient-refused", "4.2.2 mailbox is full", 452, true, true, "for the time being", "Read below", "its log" },
		{ "dns-failed", "example.org", 0, false, false, "name servers", "Nothing is wrong", "every name server" },
		{ "null-mx", "example.org", 0, false, false, "takes no mail at all", "Check the address", "null MX record" },
		{ "8bitmime-missing", "8-bit content", 0, false, true, "beyond plain ASCII", "quoted-printable", "8BITMIME" },
		{ "smtputf8-missing", "needs SMTPUTF8", 0, false, true, "addresses or a header with letters", "plain letters", "SMTPUTF8" },
	};
	struct dsn dsn;

	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(*rows); i++) {
		bool is_delay = i % 2 == 1;
		const char *const order[] = { "Your message of ", "  <bob@example.org>\r\n", is_delay ? "It is still being tried, until Mon, 2 Mar" : "It was tried for 47 hours. It will not be tried again",
			"\r\n\r\nWhy? ", rows[i / 2].why, "What can you do? ", rows[i / 2].you, "What can the postmaster of the receiving server do? ",
			rows[i / 2].postmaster, "Details, for postmasters: ", rows[i / 2].has_host ? "mx.example.org [192.0.2.1]" : "Found by this relay:",
			rows[i / 2].text, "Last tried", rows[i / 2].reason };
		char *at;
		size_t lines = 0;

		begin();
		notification.envelope.arrival_ms = 1772323200000 - 47 * 3600000LL;
		noticed[0].action = is_delay ? ACTION_DELAYED : ACTION_FAILED;
		noticed[0].retry_until_ms = 1772409600000;
		noticed[0].outcome = (struct outcome){ .kind = OUTCOME_LATER, .is_remote = rows[i / 2].is_remote, .code = rows[i / 2].code,
			.status = SPAN("4.0.0"), .reason = span_of(rows[i / 2].reason), .text = span_of(rows[i / 2].text),
			.mx = rows[i / 2].has_host ? SPAN("mx.example.org") : SPAN(""), .address = rows[i / 2].has_host ? SPAN("192.0.2.1") : SPAN("") };
		at = people(&dsn);
		for (const char *c = at; (c = strstr(c, "\r\n")) != NULL; c += 2)
			lines++;
		ck_assert_uint_le(lines, 36);
		at = unfolded(at);
		for (size_t k = 0; k < sizeof(order) / sizeof(*order); k++) {
			char *found = strstr(at, order[k]);

			ck_assert_msg(found != NULL, "row %zu: no \"%s\" behind the others in:\n%s", i, order[k], at);
			at = found + 1;
		}
	}
}
END_TEST

/* The whole vocabulary: why, what the sender and the other side can do, the enhanced code of the cause, and its word (N40, N41). */
START_TEST(every_reason_is_told_with_its_words_and_its_code)
{
	struct dsn dsn;

	for (size_t i = 0; reason_at(i) != NULL; i++) {
		const struct reason *reason = reason_at(i);
		const char *const sentences[] = { reason->plain, reason->sender, reason->postmaster };
		char status[REASON_STATUS], line[80];
		char *text;

		begin();
		noticed[0].action = ACTION_DELAYED;
		noticed[0].retry_until_ms = 1772409600000;
		noticed[0].outcome = (struct outcome){ .kind = OUTCOME_LATER, .reason = reason->word, .text = span_of(reason->text),
			.status = span_of(reason_status(reason, OUTCOME_LATER, status)), .mx = SPAN("mx.example.org") };
		text = written(&dsn);
		snprintf(line, sizeof(line), "\r\nAction: delayed\r\nStatus: 4.%s\r\n", reason->status);
		has(text, line);
		snprintf(line, sizeof(line), "\r\nX-Sealpost-Reason: %s\r\n", reason->word.data);
		has(text, line);
		text = unfolded(people(&dsn));
		for (size_t k = 0; k < sizeof(sentences) / sizeof(*sentences); k++)
			has(text, sentences[k]);
	}
}
END_TEST

START_TEST(nobody_is_promised_what_will_not_be_told)
{
	struct dsn dsn;

	begin();
	noticed[0].action = ACTION_DELAYED;
	recipients[0].notify = NOTIFY_DELAY;
	has_not(people(&dsn), "you will be told");
	recipients[0].notify = NOTIFY_DELAY | NOTIFY_FAILURE;
	has(people(&dsn), "you will be told");
	/* Failed at once: it was not tried for any time. */
	begin();
	has_not(people(&dsn), "It was tried");
	has(people(&dsn), "It will not be tried again");
}
END_TEST

START_TEST(recipients_with_one_reason_are_explained_together)
{
	struct dsn dsn;
	char *text;

	begin();
	notification.envelope.recipients_count = 2;
	text = people(&dsn);
	has(text, "  <bob@example.org>\r\n  <eve@example.org>\r\n\r\n");
	ck_assert_ptr_null(strstr(strstr(text, "Why?") + 1, "Why?"));
	ck_assert_ptr_null(strstr(strstr(text, "no such user") + 1, "no such user"));
	/* With words of their own: told for each. */
	noticed[1].outcome.text = SPAN("5.2.2 full");
	text = people(&dsn);
	ck_assert_ptr_null(strstr(strstr(text, "Why?") + 1, "Why?"));
	has(text, "  <bob@example.org>\r\n  The server mx.example.org [192.0.2.1] said: 550 5.1.1 no such user\r\n"
	    "  <eve@example.org>\r\n  The server mx.example.org [192.0.2.1] said: 550 5.2.2 full\r\n");
	/* For another reason: a part of their own. */
	noticed[1].outcome.reason = SPAN("size-exceeded");
	text = people(&dsn);
	ck_assert_ptr_nonnull(strstr(strstr(text, "Why?") + 1, "Why?"));
}
END_TEST

/* The same verdict at two hosts: each recipient stands above what its own host has shown. */
START_TEST(what_one_host_has_shown_is_not_said_of_another)
{
	struct dsn dsn;
	char *text;

	begin();
	recipients[1].address = SPAN("eve@example.net");
	notification.envelope.recipients_count = 2;
	noticed[0].outcome = (struct outcome){ .kind = OUTCOME_LATER, .is_policy = true, .status = SPAN("4.7.4"),
		.reason = SPAN("starttls-not-supported"), .text = SPAN("no STARTTLS"), .mx = SPAN("mx.example.org"), .because = SPAN("default"),
		.verdict = SPAN("misconfiguration"), .evidence = SPAN("Before, it offered STARTTLS in 12 sessions.") };
	noticed[1] = noticed[0];
	noticed[1].outcome.mx = SPAN("mx.example.net");
	noticed[1].outcome.evidence = SPAN("Before, it offered STARTTLS in 7 sessions.");
	text = people(&dsn);
	has(text, "  <bob@example.org>\r\n  At the server mx.example.org: no STARTTLS\r\n  Before, it offered STARTTLS in 12 sessions.\r\n"
	    "  <eve@example.net>\r\n  At the server mx.example.net: no STARTTLS\r\n  Before, it offered STARTTLS in 7 sessions.\r\n"
	    "  Domains: as above; demanded by: the rule of this relay for all mail;\r\n  looks like: misconfiguration.\r\n  Last tried");
}
END_TEST

/* As many as a message may have, with everything as long as it may be. */
START_TEST(the_largest_notification_fits)
{
	enum { MANY = 5000 };
	static char address[256], text[512], orcpt[600], name[256];
	struct recipient *many = calloc(MANY, sizeof(*many));
	struct noticed_recipient *ends = calloc(MANY, sizeof(*ends));
	struct dsn dsn;

	for (size_t i = 0; i < sizeof(address) - 1; i++)
		address[i] = i % 2 ? '\xbc' : '\xc3';
	memset(text, 'x', sizeof(text) - 1);
	memset(name, 'n', sizeof(name) - 1);
	snprintf(orcpt, sizeof(orcpt), "rfc822;%.490s", text);
	begin();
	for (size_t i = 0; i < MANY; i++) {
		many[i] = (struct recipient){ .address = span_of(address), .orcpt = span_of(orcpt) };
		ends[i] = noticed[0];
		ends[i].outcome.code = (uint16_t)(500 + i % 2);
		ends[i].outcome.text = span_of(text);
		ends[i].outcome.mx = span_of(name);
	}
	notification.envelope.recipients = many;
	notification.envelope.recipients_count = MANY;
	notification.recipients = ends;
	(void)written(&dsn);
	ck_assert_uint_lt(buf_length(&out), DSN_CEILING / 2);
	free(many);
	free(ends);
}
END_TEST

UNIT_MAIN("dsn", a_failure_has_the_fields_of_rfc_3464, its_header_has_what_a_message_needs_and_nothing_twice, what_was_not_given_is_not_invented,
    a_delay_says_until_when_and_returns_headers, content_is_returned_as_ret_and_size_say,
    what_was_never_tried_has_no_date_of_an_attempt, a_delay_names_the_mechanism_and_what_it_looks_like, our_own_way_to_the_internet_is_nobodys_fault,
    what_was_asked_about_tls_is_said_and_asked_again, a_peers_words_cannot_become_fields_or_parts,
    a_peers_words_are_cut_where_they_have_no_end, two_recipients_have_a_group_each,
    addresses_beyond_ascii_take_the_forms_of_rfc_6533, an_original_recipient_beyond_ascii_is_not_left_out, people_read_first_what_concerns_them,
    every_reason_is_told_with_its_words_and_its_code, nobody_is_promised_what_will_not_be_told,
    recipients_with_one_reason_are_explained_together, what_one_host_has_shown_is_not_said_of_another, the_largest_notification_fits)
