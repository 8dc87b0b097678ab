/*
 * Why mail did not go, with room for its words: what an outcome points into until the outcome is copied into a delivery.
 */
#ifndef RELAY_FAILURE_H
#define RELAY_FAILURE_H

#include "base/ip.h"
#include "mail/outcome.h"
#include "policy/reason.h"
#include "policy/verdict.h"
#include "smtp/reply.h"

#define FAILURE_TEXT 512
#define FAILURE_HOST 256	/* a name, or a socket's path */

struct failure {
	const struct reason *reason;	/* NULL = there is none (yet) */
	enum outcome_kind kind;
	enum outcome_scope scope;
	bool is_provisional;		/* of a policy for which nothing newer was looked for yet (RFC 8461 5.1) */
	bool is_remote;			/* text is a reply of the peer */
	uint16_t code;
	char status[REASON_STATUS];
	char text[FAILURE_TEXT];
	char host[FAILURE_HOST], address[IP_TEXT];	/* where it happened; "" = before there was a host */
	const char *because;		/* of what TLS is demanded there, static; NULL = before there was a host */
	const struct verdict *verdict;	/* what it looks like; NULL = not judged */
	char evidence[VERDICT_EVIDENCE];
};

/* In our own words: the reason's sentence, and what was seen (NULL = nothing). Later, and of the site. */
void failure_make(struct failure *failure, const char *word, const char *seen);

/* The same, made final for what the message is or lacks, or for what the DNS says for good. */
void failure_make_final(struct failure *failure, const char *word, const char *seen, enum outcome_scope scope);

/* In the peer's: later for 4yz, failed for 5yz (RFC 5321 4.2.1). Anything else is a reply that should not have come. */
void failure_of_reply(struct failure *failure, const char *word, const struct reply *reply, enum outcome_scope scope);

/* A reply before the peer has proved itself may be anybody's: later, whatever it says (P3). */
void failure_of_stranger(struct failure *failure, const char *word, const struct reply *reply);

/* Not for good, after all. */
void failure_make_later(struct failure *failure);

/* Of two failures keep the one that tells more: of policy before of the network, else the first. For good only if both are (P3). */
void failure_keep(struct failure *kept, const struct failure *fresh);

/* Say where it happened: people who are told of it have to know whom to ask. */
void failure_at(struct failure *failure, const char *host, const char *address);

/* The outcome borrows from failure; tls is the caller's to add. */
void failure_outcome(const struct failure *failure, struct outcome *outcome);

#endif
