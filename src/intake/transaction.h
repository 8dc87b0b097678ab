/* One message under way, from MAIL to the end of its commit. */
#ifndef INTAKE_TRANSACTION_H
#define INTAKE_TRANSACTION_H

#include "base/arena.h"
#include "ipc/report_asks.h"
#include "mail/envelope.h"
#include "mail/header.h"
#include "smtp/data.h"
#include "smtp/params.h"
#include "spool/writer.h"

struct authentication;
struct authres_strip;
struct session;

struct transaction {
	struct arena *arena;		/* of the transaction: itself and everything below */
	struct session *session;	/* whom to tell; NULL when it has gone */
	struct span sender;		/* "" for the null path */
	struct mail_params params;
	struct recipient *recipients;
	uint32_t recipients_count, recipients_capacity;
	unsigned rcpt_commands;		/* failed ones, too (RFC 9422 4.2) */
	struct record *record;		/* from DATA or the first BDAT until it is committed or refused */
	struct data data;
	struct header header;
	char stop[STOP_TOKEN + 1];	/* the only recipient is the address that stops notices: its token; "" = it is not */
	uint64_t stop_id;		/* of the question to report */
	bool is_foreign;		/* from somebody who may not relay, for domains that anybody may write to */
	bool is_vouched;		/* SPF says that it is from its sender's domain */
	bool is_forged;			/* that it is not */
	struct authentication *authentication;	/* with the content; NULL = the message gets no field */
	struct authres_strip *strip;	/* with the record, when it is foreign; else NULL */
	struct span prefix;		/* fields that were made behind the content's end, or "" */
	enum status refusal;		/* known before its end; nothing is kept any more */
};

struct transaction *transaction_new(struct session *session, struct span sender, const struct mail_params *params);
void transaction_free(struct transaction **transaction);	/* tolerates NULL, leaves NULL */

void transaction_add(struct transaction *transaction, struct span address, const struct rcpt_params *params);

#endif
