/* What authentication.c finds out, and authentication_field.c tells. */
#ifndef INTAKE_AUTHENTICATION_PARTS_H
#define INTAKE_AUTHENTICATION_PARTS_H

#include <sys/queue.h>

#include "auth/dkim_verify.h"
#include "auth/dmarc.h"
#include "auth/spf.h"
#include "intake/authentication.h"

/* Whoever asks the DNS, in the order of their results. */
enum method { METHOD_MAIL_FROM, METHOD_HELO, METHOD_DKIM, METHOD_DMARC, METHODS };

struct authentication {
	struct room *room;
	struct transaction *tx;
	struct spf *mail_from;		/* NULL for the null sender: HELO is its identity, too (RFC 7208 2.4) */
	struct spf *helo;
	struct dkim_verify *dkim;
	struct dmarc *dmarc;		/* NULL before both are done, and without an author */
	struct span sender, name;	/* as they were said; of the transaction's arena */
	const char *id;			/* authserv-id */
	uint64_t sid;
	char author[DMARC_DOMAIN_TEXT];
	const char *author_fault;	/* why there is none; static, NULL = there is, or it was not looked for */
	LIST_HEAD(, asked) asked;	/* questions under way */
	size_t held_octets;		/* of memory: counted in the room */
	size_t header_octets;		/* so far */
	bool is_header_over, is_late, is_done;
	void (*on_done)(struct session *session);
};

#endif
