/* When reports on TLS are sent: planned once a day is over, spread, taken a few at a time (RFC 8460 4.1, 5.5); and policy's channel. */
#ifndef REPORT_TLSRPT_SCHEDULE_H
#define REPORT_TLSRPT_SCHEDULE_H

#include <stdint.h>

struct report;

/* There is a configuration, and a ledger or none. */
void tlsrpt_schedule_configure(struct report *report);

/* Seconds between two tries of one report, at first. */
int64_t tlsrpt_schedule_least_s(const struct report *report);

/* Look soon whether one is due. */
void tlsrpt_schedule_look(struct report *report);

/* A fresh channel to policy. */
void tlsrpt_schedule_attach(struct report *report, int fd);

/* Whoever is on the way is forgotten, and due again after the next start. */
void tlsrpt_schedule_free(struct report *report);

#endif
