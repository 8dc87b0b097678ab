/* When peers are told of their faults: the ledger is looked through, and what is due is pursued (notice_pursuit.h). */
#ifndef REPORT_NOTICE_SCHEDULE_H
#define REPORT_NOTICE_SCHEDULE_H

#include "ipc/queue_report.h"
#include "report/notice.h"

struct report;

/*
 * By a new configuration: opens notices.db, or closes it where there is no ledger. It is open while notices are off, too: who asks for
 * silence then has it.
 */
void notice_schedule_configure(struct report *report);
void notice_schedule_free(struct report *report);

/* Something ended, or came: look again soon. */
void notice_schedule_look(struct report *report);

/* What the configuration asks for. */
struct notice_limits notice_schedule_limits(const struct report *report);

/* More of those that ended bounced than may: nothing is sent until they are long enough ago. */
bool notice_schedule_is_braked(const struct report *report);

/*
 * The operator wants it sent now, though the fault has not lasted: contacts, the fresh look and who wants none count as ever.
 * Returns NULL, or why not: a static sentence.
 */
const char *notice_schedule_hurry(struct report *report, const struct notice_case *of);

/* Queue tells what became of a notice. Returns false when that could not be written down: it is told again. */
bool notice_ended(struct report *report, const struct notification *notification);

#endif
