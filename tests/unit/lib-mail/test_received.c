/* Tests of src/lib-mail/received.c. */
#include "mail/received.h"

#include "tests/unit/unit.h"

static struct received
sample(void)
{
	struct received received = {
		.client_name = SPAN("mail.example.net"), .by = SPAN("mx.example.org"), .is_esmtp = true, .is_tls = true,
		.mid = { 1, 42 }, .recipient = SPAN("a@b.example"), .tls_cipher = SPAN("TLS_AES_128_GCM_SHA256"),
		.tls_group = SPAN("x25519"), .when = 1772323200
	};

	ip_parse(SPAN("192.0.2.1"), &received.client_ip);
	return received;
}

static void
check(const struct received *received, const char *expected)
{
	char out[RECEIVED_OCTETS];

	ck_span_eq(span_make(out, received_format(received, out)), expected);
}

START_TEST(the_field_has_its_clauses_in_order)
{
	struct received received = sample();

	check(&received, "Received: from mail.example.net ([192.0.2.1])\r\n"
	    "\tby mx.example.org with ESMTPS id 0000000001-1a\r\n"
	    "\tfor <a@b.example>\r\n"
	    "\ttls TLS_AES_128_GCM_SHA256 group x25519;\r\n"
	    "\tSun, 1 Mar 2026 00:00:00 +0000\r\n");
}
END_TEST

START_TEST(what_is_not_known_is_left_out)
{
	struct received received = sample();

	received.recipient = SPAN("");
	received.tls_group = SPAN("");
	received.client_host = SPAN("host.example.net");
	ip_parse(SPAN("2001:db8::1"), &received.client_ip);
	check(&received, "Received: from mail.example.net (host.example.net [IPv6:2001:db8::1])\r\n"
	    "\tby mx.example.org with ESMTPS id 0000000001-1a\r\n"
	    "\ttls TLS_AES_128_GCM_SHA256;\r\n"
	    "\tSun, 1 Mar 2026 00:00:00 +0000\r\n");
}
END_TEST

START_TEST(a_local_submission_names_its_user)
{
	struct received received = sample();

	received.client_ip = (struct ip){ .family = 0 };
	received.client_uid = 1000;
	received.client_name = SPAN("localhost");
	received.is_tls = false;
	received.tls_cipher = SPAN("");
	received.recipient = SPAN("");
	check(&received, "Received: from localhost (local, uid 1000)\r\n"
	    "\tby mx.example.org with ESMTP id 0000000001-1a;\r\n"
	    "\tSun, 1 Mar 2026 00:00:00 +0000\r\n");
}
END_TEST

START_TEST(nothing_outside_breaks_the_field)
{
	struct received received = sample();

	received.client_name = SPAN("a(b;c)d\r\nBcc: x\0");
	received.client_host = SPAN("h) by evil (\xc3\xbc");
	received.recipient = SPAN("");
	received.tls_cipher = SPAN("");
	check(&received, "Received: from a-b-c-d--Bcc:-x- (h--by-evil---- [192.0.2.1])\r\n"
	    "\tby mx.example.org with ESMTPS id 0000000001-1a;\r\n"
	    "\tSun, 1 Mar 2026 00:00:00 +0000\r\n");
}
END_TEST

START_TEST(the_longest_of_everything_fits_and_no_line_passes_998_octets)
{
	static char name[255], recipient[254];
	struct received received = sample();
	struct span rest, line;
	char out[RECEIVED_OCTETS];

	memset(name, 'n', sizeof(name));
	memset(recipient, 'r', sizeof(recipient));
	received.client_name = received.client_host = received.by = span_make(name, sizeof(name));
	received.recipient = span_make(recipient, sizeof(recipient));
	received.mid = (struct mid){ UINT64_MAX >> 14, UINT64_MAX };
	ip_parse(SPAN("2001:db8:1111:2222:3333:4444:5555:6666"), &received.client_ip);
	rest = span_make(out, received_format(&received, out));
	while (span_cut(&rest, '\n', &line))
		ck_assert_uint_le(line.length, 999);
}
END_TEST

START_TEST(the_protocol_says_how_it_came)
{
	static const struct { bool esmtp, tls, auth, utf8; const char *name; } rows[] = {
		{ false, false, false, false, "SMTP" }, { false, true, false, false, "SMTP" },
		{ true, false, false, false, "ESMTP" }, { true, true, false, false, "ESMTPS" },
		{ true, false, true, false, "ESMTPA" }, { true, true, true, false, "ESMTPSA" },
		{ true, false, false, true, "UTF8SMTP" }, { true, true, false, true, "UTF8SMTPS" },
		{ true, false, true, true, "UTF8SMTPA" }, { true, true, true, true, "UTF8SMTPSA" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct received received = {
			.is_esmtp = rows[i].esmtp, .is_tls = rows[i].tls, .is_authenticated = rows[i].auth, .is_utf8 = rows[i].utf8
		};

		ck_assert_str_eq(received_protocol(&received), rows[i].name);
	}
}
END_TEST

UNIT_MAIN("received", the_field_has_its_clauses_in_order, what_is_not_known_is_left_out, a_local_submission_names_its_user,
    nothing_outside_breaks_the_field, the_longest_of_everything_fits_and_no_line_passes_998_octets, the_protocol_says_how_it_came)
