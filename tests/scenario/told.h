/* What a room has told the ledger, without a report room: facts as lines. */
#ifndef TESTS_SCENARIO_TOLD_H
#define TESTS_SCENARIO_TOLD_H

#include "base/span.h"

/*
 * Everything that was told since the last call, answered as kept: facts in the order of the alphabet, with " | " between.
 *   DIRECTION PEER IP DOMAIN REASON tls=ANSWER sessions=N messages=N own=0|1 VERSION cert=WORD EVIDENCE APPLIED PUBLISHED OBSERVED
 *   offers=BITS "DETAIL" [shared] [by-dane] [base=] [sts_fault=] [tlsa_fault=] [source=] [helo=]
 * where "-" is what is empty; the last are left out then. "" = nothing was told.
 */
const char *told_facts(void);

/* Called with each batch as it was told, encoded, when told_facts() reads it. */
void told_each(void (*on_batch)(struct span payload));

/* Called with what else was said to report (ipc/report_asks.h), when that or the facts are read; without it there must be nothing else. */
void told_other(void (*on_other)(uint16_t type, struct span payload));

/* Read what was said; facts are kept until told_facts(). */
void told_read(void);

#endif
