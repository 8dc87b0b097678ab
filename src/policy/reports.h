/* What report asks for: where a domain wants reports on TLS sent, posts by HTTPS, and whom to tell of a fault (ipc/report_policy.h). */
#ifndef POLICY_ROOM_REPORTS_H
#define POLICY_ROOM_REPORTS_H

#include "policy/policy.h"

/* A fresh channel to report; what was asked for on the former one is dropped. */
void reports_attach(struct policy *policy, int fd);

/* There is another resolver: look-ups that are under way are asked of it. */
void reports_ask_again(struct policy *policy);

void reports_free(struct policy *policy);

#endif
