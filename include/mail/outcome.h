/*
 * What became of one recipient in one attempt: one struct from the peer's reply, or from the
 * fault that kept us from asking, through queue's journal to the delivery status notification.
 */
#ifndef MAIL_OUTCOME_H
#define MAIL_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "base/codec.h"

enum outcome_kind {
	OUTCOME_DELIVERED,	/* the next hop took responsibility */
	OUTCOME_LATER,		/* to be tried again */
	OUTCOME_FAILED,		/* never to be tried again */
	OUTCOME_KINDS
};

/* Whom the outcome speaks of: decides what else has to rest. */
enum outcome_scope {
	OUTCOME_OF_RECIPIENT,	/* RCPT was refused */
	OUTCOME_OF_MESSAGE,	/* MAIL, DATA or the final dot was refused */
	OUTCOME_OF_SITE,	/* no host could be reached, or none proved itself */
	OUTCOME_SCOPES
};

/* Absent text is empty, never NULL data with a length. Spans are borrowed from whoever made the outcome. */
struct outcome {
	enum outcome_kind kind;
	enum outcome_scope scope;
	bool is_policy;		/* TLS or its proof is at fault: expires by expire_policy */
	bool is_provisional;	/* of a policy that may have been replaced: it is looked at again before this counts for good (RFC 8461 5.1) */
	bool is_remote;		/* text is the peer's reply; else our own words */
	bool relayed;		/* delivered to a peer without the DSN extension (RFC 3461 5.2.2) */
	uint16_t code;		/* SMTP reply code; 0 when there was no reply */
	struct span status;	/* enhanced status, "4.7.5" (RFC 3463) */
	struct span reason;	/* a word of the reason vocabulary, e.g. "certificate-expired"; "" when delivered */
	struct span text;	/* the reply's text, or ours; one line, not escaped */
	struct span mx;		/* host name, "" when none was reached */
	struct span address;	/* the host's address, "" when none was reached */
	struct span tls;	/* level and evidence, "secure:static", "" when there was no TLS */
	struct span because;	/* of what TLS was demanded, in the word of policy/decide.h; "" when delivered, or before there was a host */
	struct span verdict;	/* what the failure looks like, in the word of policy/verdict.h, */
	struct span evidence;	/* and by what, in sentences; "" when there is nothing to judge */
};

void outcome_encode(struct buf *out, const struct outcome *outcome);

/* Spans are borrowed from the message; a bad field marks the codec. */
void outcome_decode(struct codec *in, struct outcome *outcome);

#endif
