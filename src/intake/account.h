/*
 * What the ledger hears of a session, once, when it ends: the TLS it came to, or why it came to none (ipc/tally.h). No local part,
 * no recipient, no content; and what stands here is of use for nothing else (RFC 3207 4.2).
 */
#ifndef INTAKE_ACCOUNT_H
#define INTAKE_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "smtp/command.h"
#include "tls/describe.h"

struct session;

/* Of one session; starts zeroed. */
struct account {
	bool has_tried;		/* mail was to be sent in clear */
	bool is_answered;	/* by an alert: the client speaks TLS, and did not want ours */
	bool is_resumed;
	int64_t expires_s;	/* of the client's certificate; 0 = none */
	char *name;		/* what it called itself in clear, owned; NULL = nothing */
	char *domain;		/* of the sender it said in clear, owned; NULL = none */
	const char *fault;	/* why the handshake failed, static; NULL = it did not, or nobody said why */
	char *detail;		/* owned; NULL = none */
};

/* A command is said in clear. */
void account_command(struct session *session, const struct command *command);

/* MAIL was refused for want of TLS: its sender is told to report, and kept nowhere, where notices.senders is on. One a second at most. */
void account_refused(struct session *session, struct span arguments);

/* EHLO's name is about to be forgotten, for TLS begins. */
void account_name(struct session *session);

/* The handshake is done; it failed. */
void account_secured(struct session *session, const struct tls_facts *facts);
void account_failed(struct session *session, const struct tls_failure *failure);

/* The session ends; reason is the word of its last line in the log. */
void account_end(const struct session *session, const char *reason);

void account_clear(struct account *account);

#endif
