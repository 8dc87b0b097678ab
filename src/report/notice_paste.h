/* What our own users can pass on, where no way over TLS leads to who could mend a peer. */
#ifndef REPORT_NOTICE_PASTE_H
#define REPORT_NOTICE_PASTE_H

#include "base/buf.h"
#include "ipc/queue_report.h"

struct report;

#define NOTICE_PASTE_OCTETS 16384

/*
 * The text about the first recipient's host that the notification is about and whose operator could not be reached (NOTICE_UNREACHED), in
 * ASCII with CRLF; nothing when there is none. out has room for NOTICE_PASTE_OCTETS.
 */
void notice_paste(const struct report *report, const struct notification *notification, struct buf *out);

#endif
