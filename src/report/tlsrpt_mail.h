/*
 * A report on TLS as a message (RFC 8460 5.3): words for people and, compressed, the report. The header section and the body
 * come apart, so that a signature (3, RFC 6376) can be put on top. All lines are 7bit and end with CRLF.
 *
 * The envelope is its sender's: from <>, or from an address that never replies by itself (RFC 3834 3.3), ENVELOPE_OWN, and
 * ENVELOPE_TLS_OPTIONAL, as the header has "TLS-Required: No": failures of policies do not stop reports on them (RFC 8460 3).
 */
#ifndef REPORT_TLSRPT_MAIL_H
#define REPORT_TLSRPT_MAIL_H

#include <stdint.h>

#include "base/buf.h"
#include "base/ident.h"
#include "base/span.h"
#include "report/tlsrpt_json.h"

#define TLSRPT_HEADER_OCTETS 8192		/* for who makes a buffer */
#define TLSRPT_BODY_OCTETS (12u * 1024 * 1024)
#define TLSRPT_FILENAME 700			/* octets of a file's name, NUL included */

/* All is borrowed. */
struct tlsrpt_mail {
	const struct tlsrpt_report *report;	/* that tlsrpt_json_refuse() finds nothing wrong with */
	struct span compressed;			/* what tlsrpt_json_compress() made of it */
	struct span to;				/* an address of policy/tlsrpt.h */
	const char *hostname;			/* of this relay */
	struct mid mid;				/* of the message */
	int64_t now_s;				/* seconds since the epoch */
	char boundary[33];			/* between parts: tlsrpt_mail_begin() draws it */
};

/* The boundary is drawn; the rest is the caller's to fill, before or after. */
void tlsrpt_mail_begin(struct tlsrpt_mail *mail);

/*
 * The header fields, without the empty line behind them. A signature should cover From, To, Subject, Date, Message-ID,
 * Content-Type, MIME-Version, TLS-Report-Domain and TLS-Report-Submitter, and has no l= (3, 5.3). Returns false, out undefined, when
 * the report or the recipient is refused, or when out is full.
 */
bool tlsrpt_mail_write_header(struct buf *out, const struct tlsrpt_mail *mail);

/* What stands behind the empty line. Returns false as above. */
bool tlsrpt_mail_write_body(struct buf *out, const struct tlsrpt_mail *mail);

/*
 * The words for people alone, for a preview: at most 60 lines, in ASCII, of 72 columns where no name is longer. Returns false when
 * the report is refused, or when out is full.
 */
bool tlsrpt_mail_write_text(struct buf *out, const struct tlsrpt_report *report);

/*
 * "relay.example!example.net!1772323200!1772409599.json.gz", before .json "!" and the part where there are several (5.1): letters, digits,
 * ".", "-", "_" and "!" only. Returns out.
 */
char *tlsrpt_mail_filename(const struct tlsrpt_report *report, char out[TLSRPT_FILENAME]);

#endif
