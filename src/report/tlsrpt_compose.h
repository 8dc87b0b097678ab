/* A report on TLS as a signed message in a record. */
#ifndef REPORT_TLSRPT_COMPOSE_H
#define REPORT_TLSRPT_COMPOSE_H

#include "conf/report.h"
#include "report/tlsrpt_mail.h"
#include "spool/writer.h"

/*
 * Write it: signatures by every key of the configuration, header, body (RFC 8460 3, 5.3). mail's boundary and mid are set here.
 * Returns NULL, or why not as a static sentence: the record is then to be aborted.
 */
const char *tlsrpt_compose(struct record *record, struct tlsrpt_mail *mail, const struct conf_report *conf);

/*
 * Its envelope: from <>, so that nothing comes back; to whatever server there is, but over TLS; of no use after a day (RFC 8460 5.5).
 * recipient is filled in and must outlive it.
 */
void tlsrpt_compose_envelope(struct span to, int64_t now_ms, struct recipient *recipient, struct envelope *envelope);

#endif
