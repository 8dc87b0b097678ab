/* Tests of src/ctl/feed.c: which hops are facts of the ledger, and what they say. The ledger's side is tests/unit/report/test_feed.c. */
#include "src/ctl/feed.h"

#include <stdio.h>

#include "tests/unit/unit.h"

#define NOW 1772366400		/* Sun, 1 Mar 2026 12:00:00 +0000 */
#define DAY "20513"
#define DATE "; Sun, 1 Mar 2026 10:00:00 +0000"
#define POSTFIX(with) "from a.example (x.example [192.0.2.1]) by mx.example.org (Postfix) with " with " id 4F1"

/* "DAY TLS PEER IP DOMAIN REASON VERSION CIPHER"; NULL = no fact */
static const struct {
	const char *name, *field, *told;
} rows[] = {
	{ "Postfix with TLS", "from a.example (x.example [192.0.2.1]) (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)) "
	  "by mx.example.org (Postfix) with ESMTPS id 4F1" DATE, DAY " yes a.example 192.0.2.1 s.example  TLSv1.3 TLS_AES_256_GCM_SHA384" },
	{ "Postfix that does not write of TLS (smtpd_tls_received_header)", POSTFIX("ESMTPS") DATE, DAY " yes a.example 192.0.2.1 s.example   " },
	{ "Postfix without TLS", POSTFIX("ESMTP") DATE, DAY " no a.example 192.0.2.1 s.example plaintext-inbound  " },
	{ "Postfix and HELO: it says no more", POSTFIX("SMTP") DATE, NULL },
	{ "Postfix with TLS that is too old", "from a.example (x.example [192.0.2.1]) (using TLSv1 with cipher ECDHE-RSA-AES256-SHA (256/256 bits)) "
	  "by mx.example.org (Postfix) with ESMTPS id 4F1" DATE, DAY " no a.example 192.0.2.1 s.example protocol-old TLSv1.0 ECDHE-RSA-AES256-SHA" },
	{ "the newest that is", "from a.example (x.example [192.0.2.1]) (using TLSv1.1 with cipher AES128-SHA (128/128 bits)) "
	  "by mx.example.org (Postfix) with ESMTPS id 4F1" DATE, DAY " no a.example 192.0.2.1 s.example protocol-old TLSv1.1 AES128-SHA" },
	{ "the oldest that is not, with a cipher that both have chosen", "from a.example (x.example [192.0.2.1]) (using TLSv1.2 with cipher AES128-SHA "
	  "(128/128 bits)) by mx.example.org (Postfix) with ESMTPS id 4F1" DATE, DAY " yes a.example 192.0.2.1 s.example  TLSv1.2 AES128-SHA" },
	{ "Exim with TLS that is too old", "from a.example ([192.0.2.1]) by mx.example.org with esmtps (TLS1.0) tls AES256-SHA (Exim 4.96) id 1" DATE,
	  DAY " no a.example 192.0.2.1 s.example protocol-old TLSv1.0 AES256-SHA" },
	{ "the version of a suite, which is older than the session", "from a.example (a.example [192.0.2.1]) by mx.example.org (8.13.8/8.13.8) with "
	  "ESMTP id 1 (version=TLSv1 cipher=DHE-RSA-AES256-SHA bits=256 verify=OK)" DATE, DAY " yes a.example 192.0.2.1 s.example  TLSv1.0 DHE-RSA-AES256-SHA" },
	{ "Exim with TLS", "from a.example ([192.0.2.1]) by mx.example.org with esmtps (TLS1.3) tls TLS_AES_256_GCM_SHA384 (Exim 4.96) id 1" DATE,
	  DAY " yes a.example 192.0.2.1 s.example  TLSv1.3 TLS_AES_256_GCM_SHA384" },
	{ "Exim without TLS", "from a.example ([192.0.2.1]) by mx.example.org with esmtp (Exim 4.96) id 1" DATE,
	  DAY " no a.example 192.0.2.1 s.example plaintext-inbound  " },
	{ "of no known shape, without TLS: unknown is no fact", "from a.example ([192.0.2.1]) by mx.example.org with ESMTP" DATE, NULL },
	{ "of no known shape, with TLS", "from a.example ([192.0.2.1]) by mx.example.org with ESMTPS" DATE, DAY " yes a.example 192.0.2.1 s.example   " },
	{ "IPv6", "from a.example (unknown [IPv6:2001:db8::1]) by mx.example.org (Postfix) with ESMTP id 1" DATE,
	  DAY " no a.example 2001:db8::1 s.example plaintext-inbound  " },
	{ "an address for a name", "from [192.0.2.1] (unknown [192.0.2.1]) by mx.example.org (Postfix) with ESMTPS id 1" DATE,
	  DAY " yes [192.0.2.1] 192.0.2.1 s.example   " },
	{ "no address", "from a.example by mx.example.org (Postfix) with ESMTP id 1" DATE, NULL },
	{ "a program of the same host", "by mx.example.org (Postfix, from userid 0) id 1" DATE, NULL },
	{ "a person with a password, with TLS", POSTFIX("ESMTPSA") DATE, NULL },
	{ "a person with a password, without", POSTFIX("ESMTPA") DATE, NULL },
	{ "LMTP is not between sites", POSTFIX("LMTPS") DATE, NULL },
	{ "a clause twice", "from a.example ([192.0.2.1]) by b.example by mx.example.org (Postfix) with ESMTP id 1" DATE, NULL },
	{ "no date", POSTFIX("ESMTP"), NULL },
	{ "seven days ago", POSTFIX("ESMTP") "; Sun, 22 Feb 2026 10:00:00 +0000", "20506 no a.example 192.0.2.1 s.example plaintext-inbound  " },
	{ "eight days ago", POSTFIX("ESMTP") "; Sat, 21 Feb 2026 10:00:00 +0000", NULL },
	{ "tomorrow", POSTFIX("ESMTP") "; Mon, 2 Mar 2026 10:00:00 +0000", NULL },
	{ "the day is UTC's", POSTFIX("ESMTP") "; Mon, 2 Mar 2026 05:00:00 +1000", DAY " no a.example 192.0.2.1 s.example plaintext-inbound  " },
};

START_TEST(a_hop_is_a_fact_when_it_says_who_how_and_when)
{
	static const char *const tls[] = { "unknown", "no", "yes" };
	struct arena *arena = arena_new();
	struct received_facts hop;
	struct tls_fact fact;
	char text[1000];

	ck_assert(received_facts_read(span_of(rows[_i].field), arena, &hop));
	if (!feed_fact(&hop, SPAN("s.example"), NOW, arena, &fact)) {
		ck_assert_msg(rows[_i].told == NULL, "%s: no fact", rows[_i].name);
	} else {
		snprintf(text, sizeof(text), "%u %s %.*s %.*s %.*s %.*s %.*s %.*s", fact.day, tls[fact.tls], SPAN_ARG(fact.text[FACT_PEER]),
		    SPAN_ARG(fact.text[FACT_IP]), SPAN_ARG(fact.text[FACT_DOMAIN]), SPAN_ARG(fact.text[FACT_REASON]),
		    SPAN_ARG(fact.text[FACT_VERSION]), SPAN_ARG(fact.text[FACT_CIPHER]));
		ck_assert_msg(rows[_i].told != NULL && strcmp(text, rows[_i].told) == 0, "%s: %s", rows[_i].name, text);
		ck_assert(fact.direction == FACT_IN && fact.sessions == 1 && fact.messages == 1 && !fact.is_own && !fact.is_shared);
	}
	arena_free(&arena);
}
END_TEST

START_TEST(of_a_sender_only_the_domain_is_taken)
{
	static const struct {
		const char *address, *domain;
	} senders[] = {
		{ "a@Example.ORG", "example.org" }, { "<a@example.org>", "example.org" }, { "\t<a@example.org> ", "example.org" },
		{ "<\"x@y\"@example.org>", "example.org" }, { "a@b\xc3\xbc" "cher.example", "xn--bcher-kva.example" }, { "", "" }, { "<>", "" },
		{ "MAILER-DAEMON", "" }, { "a@", "" }, { "a@b c.example", "" }, { "a@[192.0.2.1]", "" }, { "<", "" },
	};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < sizeof(senders) / sizeof(*senders); i++)
		ck_span_eq(feed_domain(span_of(senders[i].address), arena), senders[i].domain);
	arena_free(&arena);
}
END_TEST

START_TEST(without_a_daemon_mail_is_to_be_tried_again)
{
	const struct options options = { .file = "/nonexistent", .socket = "/nonexistent" };
	struct tls_fact fact = { .sessions = 1 };
	struct feed *feed = feed_new(&options);

	ck_assert_int_eq(feed_end(feed), 0);
	/* More than one batch: the first that is not taken is the last that is tried. */
	for (size_t i = 0; i < FEED_BATCH + 10; i++)
		feed_add(feed, &fact);
	ck_assert_int_eq(feed_end(feed), 75);
	feed_free(&feed);
	ck_assert_ptr_null(feed);
}
END_TEST

UNIT_MAIN_LOOPED("feed", a_hop_is_a_fact_when_it_says_who_how_and_when, rows, of_a_sender_only_the_domain_is_taken,
    without_a_daemon_mail_is_to_be_tried_again)
