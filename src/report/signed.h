/* Mail of ours that has to prove whose it is: signed by each key of the configuration (RFC 6376). */
#ifndef REPORT_SIGNED_H
#define REPORT_SIGNED_H

#include "conf/report.h"
#include "spool/writer.h"

#define SIGNED_OCTETS 8192	/* of all signatures */

/*
 * The signatures of header (fields, each with CRLF behind it, without the empty line) and body, to be put above the header. There is
 * none where no key is configured. Returns NULL, or why it cannot be signed: a static sentence.
 */
const char *signed_make(struct buf *out, const struct conf_report *conf, struct span header, struct span body, int64_t now_s);

/* All of the message into a record: signatures, header, body. Returns NULL, or why not. */
const char *signed_write(struct record *record, const struct conf_report *conf, struct span header, struct span body, int64_t now_s);

#endif
