/* What the local part of a mail address says of who reads there: for mail that nobody has asked for (RFC 3834 2, RFC 2142). Pure. */
#ifndef POLICY_MAILBOX_H
#define POLICY_MAILBOX_H

#include <stdbool.h>

#include "base/span.h"

/* No person, or many: lists, robots, bounces (standards.md N50). Letter case does not matter. */
bool mailbox_is_of_nobody(struct span local);

/* A role that looks after mail, names or a network, among the words that "-", "." and "_" part (N60): hostmaster, dns.team, awsdns-hostmaster. */
bool mailbox_is_of_role(struct span local);

#endif
