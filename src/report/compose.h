/* Writing one notification into a record: text, fields, and what is returned of the message. */
#ifndef REPORT_COMPOSE_H
#define REPORT_COMPOSE_H

#include "conf/report.h"
#include "ipc/queue_report.h"
#include "spool/writer.h"

/*
 * Write the notification. fd (the segment of the message it is about) becomes ours; a body that cannot be read
 * is left out. paste is for the sender to pass on, "" = nothing. Returns 0 or an errno: the record is then to be aborted.
 */
int compose(struct record *record, const struct notification *notification, const struct conf_report *conf, int fd,
    int64_t now_ms, struct span paste);

/*
 * Its envelope: null sender, one recipient who is never notified about it; what the message asked about TLS is asked for it,
 * too (RFC 8689 5, 6). recipient is filled in and must outlive it.
 */
void compose_envelope(const struct notification *notification, int64_t now_ms, struct recipient *recipient,
    struct envelope *envelope);

#endif
