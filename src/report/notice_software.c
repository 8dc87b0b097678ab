/* Software by its greeting, and by what only it answers to EHLO. */
#include "report/notice_software.h"

#include <ctype.h>
#include <stdbool.h>

#define CODE 4		/* octets of "220 " */

enum software { POSTFIX, EXIM, SENDMAIL, EXCHANGE, OPENSMTPD, QMAIL, HARAKA, COURIER, UNKNOWN, SOFTWARES };

static const struct notice_software softwares[SOFTWARES] = {
	[POSTFIX] = { "postfix", "Postfix" }, [EXIM] = { "exim", "Exim" }, [SENDMAIL] = { "sendmail", "Sendmail" },
	[EXCHANGE] = { "exchange", "Microsoft Exchange" }, [OPENSMTPD] = { "opensmtpd", "OpenSMTPD" }, [QMAIL] = { "qmail", "qmail" },
	[HARAKA] = { "haraka", "Haraka" }, [COURIER] = { "courier", "Courier" }, [UNKNOWN] = { "unknown", "" },
};

/* THE table. Where several rows match, the first counts. */
static const struct {
	bool is_keyword;	/* of a line of the session, behind "250-" or "250 "; else a word of the greeting, behind the host's name */
	struct span mark;	/* of either case */
	enum software software;
} marks[] = {
	{ false, { "OpenSMTPD", 9 }, OPENSMTPD },
	{ false, { "Postfix", 7 }, POSTFIX },
	{ false, { "Exim", 4 }, EXIM },
	{ false, { "Sendmail", 8 }, SENDMAIL },
	{ false, { "Microsoft ESMTP", 15 }, EXCHANGE },
	{ false, { "Haraka", 6 }, HARAKA },
	{ false, { "Haraka/", 7 }, HARAKA },
	{ false, { "Courier", 7 }, COURIER },
	{ false, { "qmail", 5 }, QMAIL },
	{ false, { "netqmail", 8 }, QMAIL },
	{ false, { "s/qmail", 7 }, QMAIL },
	{ true, { "X-ANONYMOUSTLS", 14 }, EXCHANGE },
	{ true, { "X-EXPS", 6 }, EXCHANGE },
	{ true, { "XEXCH50", 7 }, EXCHANGE },
	{ true, { "XVERP=Courier", 13 }, COURIER },
	{ true, { "XSECURITY=", 10 }, COURIER },
};

static struct span
line_cut(struct span *rest)
{
	size_t length = span_find(*rest, '\n');
	struct span line = span_first(*rest, length);

	*rest = span_skip(*rest, length + 1);
	return line;
}

/* A letter or digit goes on with a word; "Exim" is none of "Eximius". */
static bool
is_word_end(struct span rest)
{
	return rest.length == 0 || !isalnum((unsigned char)rest.data[0]);
}

/* The mark stands in the line as words of its own. */
static bool
has_words(struct span line, struct span mark)
{
	bool is_start = true;

	for (; line.length >= mark.length; line = span_skip(line, 1)) {
		if (is_start && span_starts_nocase(line, mark) && is_word_end(span_skip(line, mark.length)))
			return true;
		is_start = line.data[0] == ' ' || line.data[0] == '(' || line.data[0] == ';';
	}
	return false;
}

/* "220 postfix.example ESMTP Exim": the name of the host says nothing. */
static bool
greeting_has(struct span banner, struct span mark)
{
	while (banner.length > 0) {
		struct span line = line_cut(&banner);

		if (line.length > CODE && isdigit((unsigned char)line.data[0]))
			line = span_skip(line, CODE);
		line = span_skip(line, span_find(line, ' '));
		if (has_words(line, mark))
			return true;
	}
	return false;
}

/* "S: 250-X-EXPS NTLM" */
static bool
session_has(struct span transcript, struct span mark)
{
	while (transcript.length > 0) {
		struct span line = line_cut(&transcript);

		if (span_starts(line, SPAN("S: 250")) && span_starts_nocase(span_skip(line, 7), mark))
			return true;
	}
	return false;
}

const struct notice_software *
notice_software_find(struct span banner, struct span transcript)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (marks[i].is_keyword ? session_has(transcript, marks[i].mark) : greeting_has(banner, marks[i].mark))
			return &softwares[marks[i].software];
	return &softwares[UNKNOWN];
}

const struct notice_software *
notice_software_at(size_t index)
{
	return index < SOFTWARES ? &softwares[index] : NULL;
}
