/*
 * One report on TLS on its way:
 *
 *   look up who wants it -> gather -> a target: mail into the spool, or a post by policy -> settled
 *                                        |  ^                             |
 *                                        +--+ the next target             +-> later, when none took it
 */
#ifndef REPORT_TLSRPT_SENDING_H
#define REPORT_TLSRPT_SENDING_H

#include <sys/queue.h>

#include "ipc/report_policy.h"
#include "report/tlsrpt_due.h"
#include "report/tlsrpt_json.h"

struct report;
struct sending;

LIST_HEAD(sending_list, sending);

/* Begin; it is on report->sendings until it has ended, and tlsrpt_schedule_look() is called then. */
void sending_start(struct report *report, const struct due *due);

/* Is there one under way for the same domain and day? */
bool sending_is_under_way(const struct report *report, const struct due *due);

/* What policy says; an id that nobody waits for is passed over. */
void sending_sought(struct report *report, const struct tlsrpt_answer *answer);
void sending_posted(struct report *report, const struct tlsrpt_posted *posted);

/* Those that were sent when the ledger could not be written: it may be now. */
void sendings_settle(struct report *report);

/* Policy is away: what it was to do is done later. */
void sendings_policy_gone(struct report *report);

/* Nobody waits any more. Those that are being committed are forgotten, and committed all the same. */
void sendings_free(struct report *report);

#endif
