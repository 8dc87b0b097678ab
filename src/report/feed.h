/* Facts that another mail server of this host tells: sessions that it had, as `sealpost received --ledger` read them in its mail. */
#ifndef REPORT_FEED_H
#define REPORT_FEED_H

#include "ipc/report_facts.h"

struct question;

/*
 * What may be in the ledger of one that was told, into `fact`: an inbound session with one of three results, of the last days. Whatever
 * else was said is left out: nothing told here is of our own sessions, or gets into a report (RFC 8460 is of outbound ones). Texts are borrowed.
 *   today   days since the epoch, UTC
 * Returns NULL, or what is wrong.
 */
const char *feed_settle(const struct tls_fact *told, uint32_t today, struct tls_fact *fact);

/* The verb "ledger add": its batch goes into the ledger, all of it or nothing. Ends the question. */
void feed_answer(struct question *question);

#endif
