/*
 * The one vocabulary for why mail did not go: a word for logs, metrics and lists, a sentence for people, whose fault
 * it is, and the enhanced status (RFC 3463) when no peer gave one. lib-tls has words of its own (tls/describe.h): all are here.
 */
#ifndef POLICY_REASON_H
#define POLICY_REASON_H

#include <stdbool.h>

#include "base/span.h"
#include "mail/outcome.h"

enum reason_fault { FAULT_OF_PEER, FAULT_OF_NETWORK, FAULT_OF_US, FAULT_OF_SENDER };

struct reason {
	struct span word;	/* "certificate-expired" */
	const char *text;	/* for those who know SMTP and TLS: a sentence without its final stop */
	const char *status;	/* subject and detail, "7.5"; the class comes from what becomes of the mail */
	enum reason_fault fault;
	bool is_policy;		/* TLS or its proof is at fault */
	const char *report;	/* result type of RFC 8460 4.3; "" when none fits */
	/* For somebody who has never heard of any of this, in notifications: whole sentences. */
	const char *plain;	/* why */
	const char *sender;	/* what the sender of the mail can do */
	const char *postmaster;	/* what whoever runs the receiving side can do */
	bool is_lack;		/* the peer has no TLS that will do, be it as server or as client */
};

/* Never NULL: a word that is not in the table is "unknown". */
const struct reason *reason_find(struct span word);

/* All of them, for tests and manuals; NULL behind the last. */
const struct reason *reason_at(size_t index);

#define REASON_STATUS 12	/* octets of an enhanced status, NUL included */

/* "4.7.5" or "5.7.5": the reason's status in the class of the outcome. Returns out. */
char *reason_status(const struct reason *reason, enum outcome_kind kind, char out[REASON_STATUS]);

#endif
