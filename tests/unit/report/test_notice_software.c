/* Tests of src/report/notice_software.c. */
#include "report/notice_software.h"

#include "tests/unit/unit.h"

START_TEST(software_is_known_by_its_words)
{
	static const struct { const char *banner, *transcript, *word; } rows[] = {
		{ "", "", "unknown" },
		{ "220 mx.example.net ESMTP", "S: 250-PIPELINING\n", "unknown" },
		{ "220 mx.example.net ESMTP Postfix (Debian/GNU)", "", "postfix" },
		{ "220 mx ESMTP Exim 4.96 Sat, 28 Nov 2026 10:00:00 +0000", "", "exim" },
		{ "220 mx ESMTP Sendmail 8.17.1/8.17.1; Sat, 28 Nov", "", "sendmail" },
		{ "220 mx Microsoft ESMTP MAIL Service ready at Sat", "", "exchange" },
		{ "220 mx ESMTP OpenSMTPD", "", "opensmtpd" },
		{ "220 mx ESMTP Haraka/3.0.2 ready", "", "haraka" },
		{ "220 mx ESMTP Haraka ready", "", "haraka" },
		{ "220 mx ESMTP netqmail 1.06", "", "qmail" },
		{ "220 mx (qmail) ESMTP", "", "qmail" },
		{ "220 mx ESMTP Courier 1.0", "", "courier" },
		{ "220-hello\r\n220 mx esmtp postfix\r\n", "", "postfix" },
		/* names of hosts say nothing */
		{ "220 postfix.example.net ESMTP", "", "unknown" },
		{ "220 postfix.example.net ESMTP Exim 4.9", "", "exim" },
		{ "220-Postfix ESMTP", "", "unknown" },
		{ "220 mx ESMTP Eximius", "", "unknown" },
		{ "220 mx ESMTP notPostfix", "", "unknown" },
		/* what only one answers to EHLO */
		{ "220 mx ready", "S: 250-mx Hello\nS: 250-X-ANONYMOUSTLS\n", "exchange" },
		{ "220 mx ready", "S: 250 X-EXPS GSSAPI NTLM\n", "exchange" },
		{ "220 mx ESMTP", "S: 250-XVERP=Courier\n", "courier" },
		{ "220 mx ESMTP", "C: 250-XVERP=Courier\n", "unknown" },
		{ "\r\n\r\n", "\n\nS: 250\nS:", "unknown" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(strcmp(notice_software_find(span_of(rows[i].banner), span_of(rows[i].transcript))->word, rows[i].word) == 0, "%s",
		    rows[i].banner);
}
END_TEST

START_TEST(the_unknown_one_is_last)
{
	size_t count = 0;

	while (notice_software_at(count) != NULL)
		count++;
	ck_assert_uint_eq(count, 9);
	ck_assert_str_eq(notice_software_at(count - 1)->word, "unknown");
}
END_TEST

UNIT_MAIN("notice_software", software_is_known_by_its_words, the_unknown_one_is_last)
