/* The operator asks for the ledger: `sealpost peers`, `sealpost stats`. */
#ifndef REPORT_OPERATOR_H
#define REPORT_OPERATOR_H

#include "ipc/ctl_rooms.h"

struct report;

/* Answer on fd, which becomes ours: rows and an end, all at once, or a piece in each turn of the loop when many facts are looked at. */
void operator_request(struct report *report, const struct request *request, int fd);

#endif
