/*
 * Why mail did not go, with room for its words: what an outcome points into until the outcome is copied into a delivery.
 */
#ifndef RELAY_FAILURE_H
#define RELAY_FAILURE_H

#include "mail/outcome.h"
#include "policy/reason.h"
#include "smtp/reply.h"

#define FAILURE_TEXT 512

struct failure {
	const struct reason *reason;	/* NULL = there is none (yet) */
	enum outcome_kind kind;
	enum outcome_scope scope;
	bool is_remote;			/* text is a reply of the peer */
	uint16_t code;
	char status[REASON_STATUS];
	char text[FAILURE_TEXT];
};

/* In our own words: the reason's sentence, and what was seen (NULL = nothing). Later, and of the site. */
void failure_make(struct failure *failure, const char *word, const char *seen);

/* The same, made final for what the message is or lacks, or for what the DNS says for good. */
void failure_make_final(struct failure *failure, const char *word, const char *seen, enum outcome_scope scope);

/* In the peer's: later for 4yz, failed for 5yz (RFC 5321 4.2.1). Anything else is a reply that should not have come. */
void failure_of_reply(struct failure *failure, const char *word, const struct reply *reply, enum outcome_scope scope);

/* A reply before the peer has proved itself may be anybody's: later, whatever it says (P3). */
void failure_of_stranger(struct failure *failure, const char *word, const struct reply *reply);

/* Of two failures keep the one that tells more: of policy before of the network, else the first. */
void failure_keep(struct failure *kept, const struct failure *fresh);

/* The outcome borrows from failure; mx, address and tls are the caller's to add. */
void failure_outcome(const struct failure *failure, struct outcome *outcome);

#endif
