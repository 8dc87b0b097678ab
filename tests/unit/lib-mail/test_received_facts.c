/* Tests of src/lib-mail/received_facts.c, received_shape.c and received_token.c: a row is a field as some software writes it. */
#include "mail/received_facts.h"

#include <stdio.h>

#include "tests/unit/unit.h"

/* What is expected: by|from|rdns|ip|with|software|tls|version|cipher|bits|verified|seconds */
static const struct {
	const char *value, *expected;
} rows[] = {
	/* Postfix */
	{ " from mail.example.net (mail.example.net [192.0.2.1])\r\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\r\n"
	  "\t key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256)\r\n\t(No client certificate requested)\r\n"
	  "\tby mx.example.org (Postfix) with ESMTPS id 4XyZ12345\r\n\tfor <a@b.example>; Sun,  1 Mar 2026 00:00:00 +0000 (UTC)\r\n",
	  "mx.example.org|mail.example.net|mail.example.net|192.0.2.1|ESMTPS|postfix|yes|TLSv1.3|TLS_AES_256_GCM_SHA384|256|no|1772323200" },
	{ " from helo.example.net (unknown [IPv6:2001:db8::1]) (using TLSv1 with cipher DHE-RSA-AES256-SHA (256/256 bits)) "
	  "(Client CN \"a (verified OK)\", Issuer \"b\" (not verified)) by mx.example.org (Postfix) with UTF8SMTPSA id 1; 1 Mar 2026 01:00 +0100",
	  "mx.example.org|helo.example.net||2001:db8::1|UTF8SMTPSA|postfix|yes|TLSv1.0|DHE-RSA-AES256-SHA|256|no|1772323200" },
	{ " from m.example.net (m.example.net [192.0.2.1])\r\n\t(Client CN \"m.example.net\", Issuer \"CA\" (verified OK))\r\n"
	  "\tby mx.example.org (Postfix/BY) with ESMTPS id 1; x", "mx.example.org|m.example.net|m.example.net|192.0.2.1|ESMTPS|postfix|yes|||0|yes|-" },
	{ " from m.example.net (m.example.net [192.0.2.1])\r\n\tby mx.example.org (Postfix) with ESMTP id 1; x",
	  "mx.example.org|m.example.net|m.example.net|192.0.2.1|ESMTP|postfix|no|||0||-" },
	{ " from m.example.net (m.example.net [192.0.2.1])\r\n\tby mx.example.org (Postfix) with SMTP id 1; x",
	  "mx.example.org|m.example.net|m.example.net|192.0.2.1|SMTP|postfix|unknown|||0||-" },
	{ " by mx.example.org (Postfix, from userid 1000)\r\n\tid 1; Sun, 1 Mar 2026 00:00:00 EST",
	  "mx.example.org|||local||postfix|unknown|||0||1772341200" },
	/* Exim */
	{ " from mail.example.net ([192.0.2.1] helo=helo.example.net)\r\n\tby mx.example.org with esmtps  (TLS1.3) tls TLS_AES_256_GCM_SHA384\r\n"
	  "\t(Exim 4.96)\r\n\t(envelope-from <a@b.example>)\r\n\tid 1uXyZ1-000000001-0a1b\r\n\tfor c@d.example;\r\n\tSun, 01 Mar 2026 00:00:00 +0000",
	  "mx.example.org|helo.example.net|mail.example.net|192.0.2.1|esmtps|exim|yes|TLSv1.3|TLS_AES_256_GCM_SHA384|0||1772323200" },
	{ " from [192.0.2.1] (helo=helo.example.net) by mx.example.org with esmtpsa (TLSv1.2:ECDHE-RSA-AES128-GCM-SHA256:128) (Exim 4.92) "
	  "(envelope-from <a@b>) id 1; x", "mx.example.org|helo.example.net||192.0.2.1|esmtpsa|exim|yes|TLSv1.2|ECDHE-RSA-AES128-GCM-SHA256|128||-" },
	{ " from mail.example.net ([192.0.2.1]:4711) by mx.example.org with smtp (Exim 4.69) (envelope-from <a@b>) id 1; x",
	  "mx.example.org|mail.example.net|mail.example.net|192.0.2.1|smtp|exim|no|||0||-" },
	{ " from root by mx.example.org with local (Exim 4.96) id 1; x", "mx.example.org|root|root|local|local|exim|unknown|||0||-" },
	/* Sendmail */
	{ " from mail.example.net (mail.example.net [192.0.2.1])\r\n\tby mx.example.org (8.17.1/8.17.1) with ESMTPS id 321A0\r\n"
	  "\t(version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 bits=256 verify=NOT)\r\n\tfor <a@b.example>; Sun, 1 Mar 2026 00:00:00 GMT",
	  "mx.example.org|mail.example.net|mail.example.net|192.0.2.1|ESMTPS|sendmail|yes|TLSv1.3|TLS_AES_256_GCM_SHA384|256|no|1772323200" },
	{ " from a.example (b.example [192.0.2.1] (may be forged)) by mx.example.org (8.13.8/8.13.8/Debian-3) with ESMTP id 1 "
	  "(version=TLSv1/SSLv3 cipher=DHE-RSA-AES256-SHA bits=256 verify=OK); x",
	  "mx.example.org|a.example||192.0.2.1|ESMTP|sendmail|yes|TLSv1/SSLv3|DHE-RSA-AES256-SHA|256|yes|-" },
	{ " from a.example (a.example [192.0.2.1]) by mx.example.org (8.15.2/8.15.2) with ESMTPA id 1; x",
	  "mx.example.org|a.example|a.example|192.0.2.1|ESMTPA|sendmail|no|||0||-" },
	/* Google */
	{ " from mail.example.net (mail.example.net. [192.0.2.1])\r\n        by mx.google.com with ESMTPS id x1-20020a1si123.2026.03.01.00.00.00\r\n"
	  "        for <a@b.example>\r\n        (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256);\r\n        Sat, 28 Feb 2026 16:00:00 -0800 (PST)",
	  "mx.google.com|mail.example.net|mail.example.net|192.0.2.1|ESMTPS|google|yes|TLSv1.3|TLS_AES_256_GCM_SHA384|256||1772323200" },
	{ " by 2002:a05:6214:10c3:b0:1 with SMTP id x1csp1; Sat, 28 Feb 2026 16:00:00 -0800 (PST)",
	  "2002:a05:6214:10c3:b0:1|||local|SMTP|google|unknown|||0||1772323200" },
	{ " from [192.0.2.1] (mail.example.net. [192.0.2.1]) by smtp.gmail.com with ESMTP id 1; x",
	  "smtp.gmail.com||mail.example.net|192.0.2.1|ESMTP|google|no|||0||-" },
	/* Exchange: online, on premises, of old */
	{ " from AM6PR01.eurprd01.prod.outlook.com (2603:10a6:209:1::14) by\r\n DB7PR02.eurprd02.prod.outlook.com (2603:10a6:10:1::20) with\r\n"
	  " Microsoft SMTP Server (version=TLS1_2,\r\n cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.1.2; Sun, 1 Mar 2026\r\n 00:00:00 +0000",
	  "DB7PR02.eurprd02.prod.outlook.com|AM6PR01.eurprd01.prod.outlook.com||2603:10a6:209:1::14|Microsoft SMTP Server|microsoft|yes|TLSv1.2|"
	  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384|0||1772323200" },
	{ " from mail.example.net (192.0.2.1) by ex.example.org (192.0.2.2) with Microsoft SMTP Server (TLS) id 14.3.123.3; x",
	  "ex.example.org|mail.example.net||192.0.2.1|Microsoft SMTP Server|microsoft|yes|||0||-" },
	{ " from mail.example.net (192.0.2.1) by ex.example.org (192.0.2.2) with Microsoft SMTP Server id 14.3.123.3 via Frontend Transport; x",
	  "ex.example.org|mail.example.net||192.0.2.1|Microsoft SMTP Server|microsoft|unknown|||0||-" },
	{ " from A.eurprd01.prod.outlook.com ([fe80::1]) by A.eurprd01.prod.outlook.com ([fe80::1%3]) with mapi id 15.20.1.2; x",
	  "A.eurprd01.prod.outlook.com|A.eurprd01.prod.outlook.com||fe80::1|mapi|microsoft|unknown|||0||-" },
	/* Yahoo */
	{ " from 192.0.2.1 (EHLO mail.example.net)\r\n by 10.253.231.123 with SMTPs\r\n"
	  " (version=TLS1_2 cipher=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256); Sun, 01 Mar 2026 00:00:00 +0000",
	  "10.253.231.123|mail.example.net||192.0.2.1|SMTPs|yahoo|yes|TLSv1.2|TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256|0||1772323200" },
	{ " from 127.0.0.1  (EHLO mail.example.net) (192.0.2.1)\r\n  by mta1.mail.bf1.yahoo.com with SMTP; x",
	  "mta1.mail.bf1.yahoo.com|mail.example.net||192.0.2.1|SMTP|yahoo|unknown|||0||-" },
	{ " by hermes--production-1 (Yahoo Inc. Hermes SMTP Server) with ESMTPA ID 0123; x", "hermes--production-1|||local|ESMTPA|yahoo|unknown|||0||-" },
	/* OpenSMTPD */
	{ " from mail.example.net (mail.example.net [192.0.2.1])\r\n\tby mx.example.org (OpenSMTPD) with ESMTPS id 1a2b3c4d "
	  "(TLSv1.3:TLS_AES_256_GCM_SHA384:256:NO)\r\n\tfor <a@b.example>;\r\n\tSun, 1 Mar 2026 00:00:00 +0000 (UTC)",
	  "mx.example.org|mail.example.net|mail.example.net|192.0.2.1|ESMTPS|opensmtpd|yes|TLSv1.3|TLS_AES_256_GCM_SHA384|256|no|1772323200" },
	{ " from a.example (<unknown> [192.0.2.1]) by mx.example.org (OpenSMTPD) with ESMTPSA id 1 (TLSv1.2:ECDHE-RSA-CHACHA20-POLY1305:256:YES); x",
	  "mx.example.org|a.example||192.0.2.1|ESMTPSA|opensmtpd|yes|TLSv1.2|ECDHE-RSA-CHACHA20-POLY1305|256|yes|-" },
	{ " from a.example (a.example [192.0.2.1]) by mx.example.org (OpenSMTPD) with SMTP id 1; x",
	  "mx.example.org|a.example|a.example|192.0.2.1|SMTP|opensmtpd|no|||0||-" },
	{ " from localhost (mx.example.org [local]) by mx.example.org (OpenSMTPD) with ESMTPA id 1; x",
	  "mx.example.org|localhost||local|ESMTPA|opensmtpd|unknown|||0||-" },
	/* qmail */
	{ " from unknown (HELO mail.example.net) (192.0.2.1)\n  by mx.example.org with (AES256-SHA encrypted) SMTP; 1 Mar 2026 00:00:00 -0000",
	  "mx.example.org|mail.example.net||192.0.2.1|SMTP|qmail|yes||AES256-SHA|0||1772323200" },
	{ " from rdns.example.net (HELO mail.example.net) (user@192.0.2.1)\n  by mx.example.org with SMTP; 1 Mar 2026 00:00:00 -0000",
	  "mx.example.org|mail.example.net|rdns.example.net|192.0.2.1|SMTP|qmail|unknown|||0||1772323200" },
	{ " (qmail 1234 invoked by uid 1000); 1 Mar 2026 00:00:00 -0000", "|||local||qmail|unknown|||0||1772323200" },
	/* Haraka */
	{ " from mail.example.net (mail.example.net [192.0.2.1])\r\n\tby mx.example.org (Haraka/3.0.3) with ESMTPS id 1A2B-3C.1\r\n"
	  "\tenvelope-from <a@b.example>\r\n\ttls TLS_AES_256_GCM_SHA384;\r\n\tSun, 01 Mar 2026 00:00:00 +0000",
	  "mx.example.org|mail.example.net|mail.example.net|192.0.2.1|ESMTPS|haraka|yes||TLS_AES_256_GCM_SHA384|0||1772323200" },
	{ " from a.example ([192.0.2.1]) by mx.example.org (Haraka/2.8.18) with ESMTPSA id 1 envelope-from <\"(TLS1.3)\"@b> "
	  "(version=TLSv1.2 cipher=ECDHE-RSA-AES128-GCM-SHA256 verify=FAIL); x",
	  "mx.example.org|a.example||192.0.2.1|ESMTPSA|haraka|yes|TLSv1.2|ECDHE-RSA-AES128-GCM-SHA256|0|no|-" },
	{ " from a.example (a.example [192.0.2.1]) by mx.example.org (Haraka) with SMTP id 1 envelope-from <\"(TLS1.3)\"@b>; x",
	  "mx.example.org|a.example|a.example|192.0.2.1|SMTP|haraka|no|||0||-" },
	/* Zimbra, Amavis */
	{ " from mx.example.org (LHLO mx.example.org) (192.0.2.5) by\r\n mail.example.org with LMTP; Sun, 1 Mar 2026 00:00:00 +0000 (UTC)",
	  "mail.example.org|mx.example.org|mx.example.org|192.0.2.5|LMTP|zimbra|unknown|||0||1772323200" },
	{ " from mx.example.org ([127.0.0.1])\r\n\tby localhost (mx.example.org [127.0.0.1]) (amavisd-new, port 10024)\r\n\twith ESMTP id AbC; x",
	  "localhost|mx.example.org||127.0.0.1|ESMTP|amavis|unknown|||0||-" },
	{ " from mx.example.org ([192.0.2.5])\r\n\t(using TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits))\r\n"
	  "\tby localhost (scan.example.org [127.0.0.1]) (amavis, port 10024) with ESMTPS id 1; x",
	  "localhost|mx.example.org||192.0.2.5|ESMTPS|amavis|yes|TLSv1.2|ECDHE-RSA-AES256-GCM-SHA384|256||-" },
	/* CommuniGate */
	{ " from [192.0.2.1] (HELO mail.example.net)\r\n  by mx.example.org (CommuniGate Pro SMTP 6.3.3)\r\n  with ESMTPS id 12345678 for a@b.example; "
	  "Sun, 01 Mar 2026 00:00:00 +0000", "mx.example.org|mail.example.net||192.0.2.1|ESMTPS|communigate|yes|||0||1772323200" },
	{ " from [192.0.2.1] (account a@b.example HELO c.example) by mx.example.org (CommuniGate Pro SMTP 4.2) with ESMTP-TLS id 1; x",
	  "mx.example.org|c.example||192.0.2.1|ESMTP-TLS|communigate|yes|||0||-" },
	{ " from mail.example.net ([192.0.2.1] verified) by mx.example.org (CommuniGate Pro SMTP 5.4) with ESMTP id 1; x",
	  "mx.example.org|mail.example.net||192.0.2.1|ESMTP|communigate|no|||0||-" },
	/* Courier */
	{ " from mail.example.net (mail.example.net [::ffff:192.0.2.1])\r\n  (TLS: TLSv1.3,256bits,TLS_AES_256_GCM_SHA384)\r\n"
	  "  by mx.example.org with ESMTPS; Sun, 01 Mar 2026 00:00:00 +0000\r\n  id 0000000000A1.0000000065E1.00001234",
	  "mx.example.org|mail.example.net|mail.example.net|192.0.2.1|ESMTPS|courier|yes|TLSv1.3|TLS_AES_256_GCM_SHA384|256||1772323200" },
	{ " from a.example ([192.0.2.1]) (AUTH: LOGIN user, TLS: TLSv1/SSLv3,128bits,AES128-SHA) by mx.example.org with esmtp; x",
	  "mx.example.org|a.example||192.0.2.1|esmtp|courier|yes|TLSv1/SSLv3|AES128-SHA|128||-" },
	{ " from a.example (a.example [::ffff:192.0.2.1])\r\n  by mx.example.org with esmtp; x",
	  "mx.example.org|a.example|a.example|192.0.2.1|esmtp|courier|unknown|||0||-" },
	/* Dovecot, which stands on top of many */
	{ " from mx.example.org ([192.0.2.5]) by mail.example.org with LMTP id QIqX (envelope-from <a@b>) for <c@d>; x",
	  "mail.example.org|mx.example.org||192.0.2.5|LMTP|dovecot|unknown|||0||-" },
	{ " from mx.example.org ([192.0.2.5]) (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)) by mail.example.org with LMTPS id Q "
	  "(envelope-from <a@b>); x", "mail.example.org|mx.example.org||192.0.2.5|LMTPS|dovecot|yes|TLSv1.3|TLS_AES_256_GCM_SHA384|256||-" },
	{ " from mx.example.org by mail.example.org with LMTPSA id Q (envelope-from <a@b>); x",
	  "mail.example.org|mx.example.org||local|LMTPSA|dovecot|yes|||0||-" },
	/* ours (RFC 8314 4.3), and whoever nobody knows */
	{ " from mail.example.net ([192.0.2.1])\r\n\tby mx.example.org with ESMTPS id 0000000001-1a\r\n\tfor <a@b.example>\r\n"
	  "\ttls TLS_AES_128_GCM_SHA256 group x25519;\r\n\tSun, 1 Mar 2026 00:00:00 +0000\r\n",
	  "mx.example.org|mail.example.net||192.0.2.1|ESMTPS||yes||TLS_AES_128_GCM_SHA256|0||1772323200" },
	{ " from a.example by mx.example.org with ESMTP id 1; x", "mx.example.org|a.example||local|ESMTP||unknown|||0||-" },
	{ " from a.example by mx.example.org with HTTPS; x", "mx.example.org|a.example||local|HTTPS||unknown|||0||-" },
	/* what a client could have written decides nothing */
	{ " from x (TLS1.3) ([192.0.2.1]) by mx.example.org with ESMTP id 1; x", "mx.example.org|x||local|ESMTP||unknown|||0||-" },
	{ " from x by evil.example (Postfix) with ESMTPS id 1 ([192.0.2.1]) by mx.example.org (Postfix) with ESMTP id 1; x",
	  "|||local|||unknown|||0||-" },
	{ " from x (open [192.0.2.1] by mx.example.org (Postfix) with ESMTPS id 1; x", "|||local|||unknown|||0||-" },
	{ " from x (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)) by mx.example.org (Postfix) with ESMTP id 1; x",
	  "mx.example.org|x||local|ESMTP|postfix|no|||0||-" },
	{ " from x (x [192.0.2.1]) by mx.example.org with ESMTP id 1 for <\"(version=TLSv1.3 cipher=NULL-NULL)\"@b.example>; x",
	  "mx.example.org|x|x|192.0.2.1|ESMTP||unknown|||0||-" },
	{ " from x (x [192.0.2.1]) by mx.example.org with ESMTP id 1; (TLS1.3) tls AES with ESMTPS", "mx.example.org|x|x|192.0.2.1|ESMTP||unknown|||0||-" },
	/* EHLO [127.0.0.1], or somebody else's address: where the writer says no more, nothing is known of the client's own */
	{ " from [127.0.0.1] by mx.example.org with ESMTP id 1; x", "mx.example.org|[127.0.0.1]||local|ESMTP||unknown|||0||-" },
	{ " from [198.51.100.7] (unknown [unknown]) by mx.example.org (Postfix) with ESMTP id 1; x", "mx.example.org|[198.51.100.7]||local|ESMTP|postfix|no|||0||-" },
	{ " from x (x [192.0.2.1]) (Authenticated sender: a@127.0.0.1) by mx.example.org (Postfix) with ESMTPA id 1; x",
	  "mx.example.org|x|x|192.0.2.1|ESMTPA|postfix|no|||0||-" },
	{ " from x (x [192.0.2.1]) (Client CN \"a 127.0.0.1 b\", Issuer \"c\" (not verified)) by mx.example.org (Postfix) with ESMTPS id 1; x",
	  "mx.example.org|x|x|192.0.2.1|ESMTPS|postfix|yes|||0|no|-" },
	/* MAIL FROM of a client that has no TLS and would like to look as if it had */
	{ " from x ([192.0.2.1]) by mx.example.org with esmtp (Exim 4.96) (envelope-from <\"a) (TLS1.3) (b\"@evil.example>) id 1; x",
	  "mx.example.org|x|x|192.0.2.1|esmtp|exim|no|||0||-" },
	{ " from x ([192.0.2.1]) by mx.example.org with esmtp (Exim 4.96) (envelope-from <\"a) tls TLS_AES_256_GCM_SHA384 (b\"@evil.example>) id 1; x",
	  "mx.example.org|x|x|192.0.2.1|esmtp|exim|no|||0||-" },
	{ " from x ([192.0.2.1]) by mx.example.org with esmtp (Exim 4.96) (envelope-from <\"a) by b with c (\"@evil.example>) id 1; x",
	  "mx.example.org|x|x|192.0.2.1|esmtp|exim|no|||0||-" },
	{ " from x ([192.0.2.1]) by mx.example.org with esmtp (Exim 4.96) (envelope-from <a@b.example>, of a list) id 1; x",
	  "mx.example.org|x|x|192.0.2.1|esmtp|exim|no|||0||-" },
	{ " from x ([192.0.2.1]) by mx.example.org with esmtp (Exim 4.96) (envelope-from <\"a) (TLS1.3) id 1; x", "|||local|||unknown|||0||-" },
	{ " from x ([192.0.2.1]) by mx.example.org with esmtp (Exim 4.96) (envelope-from <a@b> id 1; x", "|||local|||unknown|||0||-" },
	/* shreds */
	{ "", "|||local|||unknown|||0||-" }, { ";;;", "|||local|||unknown|||0||-" }, { "from by with id for", "|by||local|id||unknown|||0||-" },
	{ "()", "|||local|||unknown|||0||-" }, { "\\", "|||local|||unknown|||0||-" }, { "from <", "|||local|||unknown|||0||-" },
};

static void
facts_write(const struct received_facts *facts, char *out, size_t size)
{
	static const char *const tls[] = { "unknown", "no", "yes" }, *const verified[] = { "", "no", "yes" };
	char address[IP_TEXT], when[32] = "-";

	if (facts->has_when)
		snprintf(when, sizeof(when), "%lld", (long long)facts->when);
	snprintf(out, size, "%.*s|%.*s|%.*s|%s|%.*s|%s|%s|%.*s|%.*s|%u|%s|%s", SPAN_ARG(facts->by), SPAN_ARG(facts->from), SPAN_ARG(facts->rdns),
	    ip_format(facts->ip, address), SPAN_ARG(facts->with), facts->software, tls[facts->tls], SPAN_ARG(facts->version),
	    SPAN_ARG(facts->cipher), facts->bits, verified[facts->verified], when);
}

START_TEST(each_software_is_read_as_it_writes)
{
	struct arena *arena = arena_new();
	struct received_facts facts;
	char out[2000];

	ck_assert(received_facts_read(span_of(rows[_i].value), arena, &facts));
	facts_write(&facts, out, sizeof(out));
	ck_assert_str_eq(out, rows[_i].expected);
	arena_free(&arena);
}
END_TEST

START_TEST(the_longest_field_has_an_end)
{
	static char value[RECEIVED_FACTS_OCTETS + 1];
	struct arena *arena = arena_new();
	struct received_facts facts;

	for (size_t i = 0; i < sizeof(value); i++)
		value[i] = i % 2 == 0 ? '(' : ')';
	ck_assert(received_facts_read(span_make(value, RECEIVED_FACTS_OCTETS), arena, &facts));
	ck_assert_int_eq(facts.tls, RECEIVED_TLS_UNKNOWN);
	ck_assert(!received_facts_read(span_make(value, sizeof(value)), arena, &facts));
	ck_assert_uint_eq(facts.by.length, 0);
	arena_free(&arena);
}
END_TEST

/* RFC 3848, RFC 6531 4.3, and what was written before */
START_TEST(the_keyword_counts_first)
{
	static const struct {
		const char *with;
		enum received_tls tls;
	} keywords[] = {
		{ "ESMTPS", RECEIVED_TLS_YES }, { "ESMTPSA", RECEIVED_TLS_YES }, { "LMTPS", RECEIVED_TLS_YES }, { "LMTPSA", RECEIVED_TLS_YES },
		{ "UTF8SMTPS", RECEIVED_TLS_YES }, { "UTF8SMTPSA", RECEIVED_TLS_YES }, { "UTF8LMTPS", RECEIVED_TLS_YES }, { "smtps", RECEIVED_TLS_YES },
		{ "utf8esmtps", RECEIVED_TLS_YES }, { "local-esmtps", RECEIVED_TLS_YES }, { "ESMTP", RECEIVED_TLS_NO }, { "ESMTPA", RECEIVED_TLS_NO },
		{ "UTF8SMTP", RECEIVED_TLS_NO }, { "SMTP", RECEIVED_TLS_UNKNOWN }, { "LMTP", RECEIVED_TLS_UNKNOWN }, { "ESMTPX", RECEIVED_TLS_UNKNOWN },
		{ "S", RECEIVED_TLS_UNKNOWN }, { "HTTPS", RECEIVED_TLS_UNKNOWN },
	};

	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++) {
		struct arena *arena = arena_new();
		struct received_facts facts;
		char value[200];

		snprintf(value, sizeof(value), "from a.example (a.example [192.0.2.1]) by b.example (Postfix) with %s id 1; x", keywords[i].with);
		ck_assert(received_facts_read(span_of(value), arena, &facts));
		ck_assert_msg(facts.tls == keywords[i].tls, "%s", keywords[i].with);
		arena_free(&arena);
	}
}
END_TEST

/* The name of an address is the choice of whoever has the address, unless the writer has looked whether it leads back. */
START_TEST(only_some_software_proves_names_of_addresses)
{
	static const struct {
		const char *field;
		bool is_proved;
	} names[] = {
		{ "from x (a.example [192.0.2.1]) by b.example (Postfix) with ESMTP", true },
		{ "from x (unknown [192.0.2.1]) by b.example (Postfix) with ESMTP", false },
		{ "from a.example ([192.0.2.1] helo=x) by b.example with esmtp (Exim 4.96)", true },
		{ "from x (a.example [192.0.2.1]) by b.example (8.17.1/8.17.1) with ESMTP", true },
		{ "from x (a.example [192.0.2.1] (may be forged)) by b.example (8.17.1/8.17.1) with ESMTP", false },
		{ "from x (a.example [192.0.2.1]) by b.example (OpenSMTPD) with ESMTP", false },
		{ "from x (a.example [192.0.2.1]) by b.example (Haraka/3.0.3) with ESMTP", false },
		{ "from a.example (HELO x) (192.0.2.1) by b.example with SMTP", false },
		{ "from x (a.example. [192.0.2.1]) by mx.google.com with ESMTP", false },
		{ "from x (a.example [192.0.2.1]) by b.example with ESMTP", false },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct arena *arena = arena_new();
		struct received_facts facts;

		ck_assert(received_facts_read(span_of(names[i].field), arena, &facts));
		ck_assert_msg(facts.is_rdns_proved == names[i].is_proved, "%s", names[i].field);
		arena_free(&arena);
	}
}
END_TEST

UNIT_MAIN_LOOPED("received_facts", each_software_is_read_as_it_writes, rows, the_longest_field_has_an_end, the_keyword_counts_first,
    only_some_software_proves_names_of_addresses)
