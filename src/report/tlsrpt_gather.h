/*
 * From the ledger to a report on TLS: what was counted on one day for one policy domain (RFC 8460 4). A session is counted on the day it
 * began (4.1), once, however many messages it carried; one that carried nothing but mail of our own is not (3, 5.3.1).
 */
#ifndef REPORT_TLSRPT_GATHER_H
#define REPORT_TLSRPT_GATHER_H

#include "base/arena.h"
#include "report/ledger.h"
#include "report/tlsrpt_json.h"

#define TLSRPT_POLICIES 200	/* of one report; hosts by DANE beyond it are left out */
#define TLSRPT_FAILURES 1000	/* kinds of them, of one policy; beyond it they are in its sum only (4.2 does not ask for more) */

/*
 * Gather what a report has to say.
 *   domain  of the recipients, lower case, A-labels
 *   day     since the epoch, UTC
 *   report  domain, begin_s, end_s, id, policies are set, all else is left alone; its memory is the arena's, domain the caller's
 * Each policy that counted is an entry: TLSA records those of each host, MTA-STS that of the domain, else "no-policy-found". A session
 * that failed only by what is observed or in testing has failed (RFC 8461 5). Failures that say nothing of TLS are left
 * out (4.3.4). Returns false when there was no session: then there is nothing to report.
 */
bool tlsrpt_gather(struct ledger *ledger, struct span domain, uint32_t day, struct arena *arena, struct tlsrpt_report *report);

#endif
