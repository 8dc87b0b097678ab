/* One MAIL and what follows it, up to the reply to its end: a delivery, or a part of its recipients, on a connection. */
#ifndef RELAY_TRANSACTION_H
#define RELAY_TRANSACTION_H

#include "relay/delivery.h"
#include "smtp/capability.h"
#include "smtp/dotstuff.h"

enum transaction_phase {
	TRANSACTION_ENVELOPE,	/* MAIL and RCPT are said, or being said */
	TRANSACTION_CONTENT,	/* the content is on its way */
	TRANSACTION_END,	/* everything is said; replies are awaited */
	TRANSACTION_OVER	/* nothing more is to come of it but replies that do not matter */
};

struct transaction {
	struct delivery *delivery;
	enum transaction_phase phase;
	bool by_chunks;			/* BDAT, not DATA */
	bool is_whole;			/* the envelope and all of the content went in one write, by BDAT */
	bool is_refused;		/* MAIL was: nothing else matters */
	bool is_ended;			/* the last octet of the content was written */
	uint64_t end;			/* octets that the client had written by then */
	uint16_t *recipients;		/* numbers of those it is for; in the delivery's arena */
	bool *accepted;			/* parallel */
	uint32_t count, accepted_count;
	uint32_t said;			/* RCPT commands written so far */
	unsigned expected;		/* replies that are to come */
	struct body_reader *body;	/* the delivery's */
	struct span prefix;		/* the envelope's, until it is said */
	struct span chunk;		/* read and not yet sent */
	bool has_cr;			/* by BDAT: one that waits for what comes behind it */
	uint64_t sent;			/* octets of content */
	struct dotstuff dotstuff;
};

/* Which recipients fit; all of them have no outcome yet. */
struct transaction_bounds {
	uint32_t recipients;		/* at most */
	bool (*may_have)(void *arg, struct span domain);	/* NULL: every domain will do */
	void *arg;
};

/* For the undecided recipients that fit the bounds. NULL when none does. */
struct transaction *transaction_new(struct delivery *delivery, const struct transaction_bounds *bounds);
void transaction_free(struct transaction **transaction);	/* tolerates NULL, leaves NULL; the delivery stays */

const struct recipient *transaction_recipient(const struct transaction *transaction, uint32_t at);

#endif
