/*
 * A notice as a message: plain words made of the template, and a machine-readable part (XARF v4). What peers said is data: it passes a
 * rule for its field, is cut, and stands indented; nothing of it can become a line of the header, a boundary or a word of the template.
 */
#ifndef REPORT_NOTICE_MAIL_H
#define REPORT_NOTICE_MAIL_H

#include "conf/report.h"
#include "report/notice.h"
#include "spool/writer.h"

#define NOTICE_LINES_MOST 60		/* of the plain text */
#define NOTICE_MAIL_OCTETS 16384	/* of all of it, at most; but for signatures and very long names 4 KiB (standards.md N52) */

struct notice_letter {
	bool is_reminder;
	const struct notice_case *const *cases;	/* of one party, worst first: the first is what the subject and the recipe are about */
	size_t count;
	size_t more;				/* cases of the party beside these, that are counted only */
	const struct looked *looked;		/* of the first case, freshly seen; NULL = an inbound fault, or none (preview) */
	struct span operator;			/* domain of who is written to */
	struct span to;				/* one plain address */
	const char *token;			/* STOP_TOKEN hex digits, of the address that stops notices */
	struct mid mid;
	int64_t now_s;
};

/* The message, signed where dkim is configured. Returns NULL, or why it cannot be made: a static sentence. */
const char *notice_compose(struct buf *out, const struct notice_letter *letter, const struct conf_report *conf);

/* Its plain text alone: for `sealpost notice preview`, and (is_paste) to be passed on by a user of ours, in a DSN: no greeting, no stop. */
const char *notice_write_text(struct buf *out, const struct notice_letter *letter, const struct conf_report *conf, bool is_paste);

/* Its subject. */
const char *notice_write_subject(struct buf *out, const struct notice_letter *letter, const struct conf_report *conf);

#endif
