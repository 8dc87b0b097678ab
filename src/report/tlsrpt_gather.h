/*
 * From the ledger to a report on TLS: what was counted on one day for one policy domain (RFC 8460 4). A session is counted on the day it
 * began (4.1), once, however many messages it carried; one that carried nothing but mail of our own is not (3, 5.3.1).
 */
#ifndef REPORT_TLSRPT_GATHER_H
#define REPORT_TLSRPT_GATHER_H

#include "base/arena.h"
#include "conf/report.h"
#include "report/ledger.h"
#include "report/tlsrpt_json.h"

#define TLSRPT_POLICIES 200	/* of one report; hosts by DANE beyond it are left out */
#define TLSRPT_FAILURES 1000	/* kinds of them, of one policy; beyond it they are in its sum only (4.2 does not ask for more) */

/* Whose report it is. */
struct tlsrpt_scope {
	struct span name;		/* lower case, A-labels: of the domain, or */
	bool is_host;			/* of the host whose TLSA records counted (RFC 8460 1.1: the TLSA base domain) */
	/* Of a host's report: was what is to be told of this domain's mail told already? NULL = nothing was. */
	bool (*is_told)(void *arg, struct span domain);
	void *arg;
};

/*
 * Gather what a report has to say.
 *   conf    who reports
 *   day     since the epoch, UTC
 *   report  all is set; its memory is the arena's and the scope's
 * Each policy that there was is an entry (4): TLSA records those of each host, MTA-STS that of the domain, both where there are
 * both, else "no-policy-found". A session counts in each of them, and has failed in those that its failure is about: without TLS in
 * both; by TLSA records, or by MTA-STS, in that one alone, while in the other it is neither good nor failed. One that failed only
 * by what is observed or in testing has failed (RFC 8461 5), and so has one that had to go without a policy that is published
 * but could not be had or used (4.3.2), whatever else became of it. Failures that say nothing of TLS are left out (4.3.4).
 * Returns false when there was no session: then there is nothing to report.
 */
bool tlsrpt_gather(struct ledger *ledger, const struct conf_report *conf, const struct tlsrpt_scope *scope, uint32_t day,
    struct arena *arena, struct tlsrpt_report *report);

#endif
