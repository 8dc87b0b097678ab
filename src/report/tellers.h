/* Rooms that count what TLS came to, and tell it (ipc/report_facts.h). */
#ifndef REPORT_TELLERS_H
#define REPORT_TELLERS_H

#include <bsd/sys/queue.h>

#include <stdbool.h>

#include "ipc/master_rooms.h"

struct report;
struct teller;

LIST_HEAD(teller_list, teller);

/* One is (back) there. */
void teller_add(struct report *report, const struct peer *peer, int fd);

struct look;

/* Ask a relay for a fresh look (ipc/report_asks.h); the answer is notice_looked()'s. False: there is none. */
bool tellers_look(struct report *report, const struct look *look);

void tellers_free(struct report *report);

#endif
