/*
 * One SMTP connection.
 *
 *   a connection to a listener of the kind
 *      starttls             implicit              local (a Unix-domain socket: no network, no TLS)
 *         |                     |                     |
 *         v                     v                     v
 *       PLAIN ---STARTTLS--> HANDSHAKE ---laid---> GREETED ---EHLO---> READY
 *
 *       READY ---MAIL---> ENVELOPE ---DATA---> DATA ---CRLF.CRLF---> AUTHENTICATION ---known, or late---> COMMIT
 *                            |                                          ^                                   |
 *                            `--BDAT--> CHUNK ---whole, LAST------------|                    READY <--synced: 250
 *                                        | ^
 *                                  whole v | BDAT
 *                                       CHUNKS
 *
 *   Where nobody has to vouch for the message, or all is known, DATA and CHUNK lead to COMMIT. What is for the address that stops
 *   notices goes to STOP instead, and from there to READY when report has answered.
 *
 *   RSET and EHLO lead from ENVELOPE and CHUNKS to READY, a refusal from DATA and CHUNK. A BDAT that is not
 *   welcome leads from PLAIN, GREETED and READY to CHUNK, and back there when its octets have been dropped. From
 *   everywhere it goes to CLOSING, and nowhere from there.
 *
 * What is true in each:
 *   PLAIN      in clear: EHLO, NOOP, STARTTLS and QUIT are welcome, nothing else (RFC 3207 4)
 *   HANDSHAKE  a transport is being laid; everything that was known is forgotten; nothing is read here
 *   GREETED    secure, but no EHLO yet
 *   READY      between transactions: tx is NULL
 *   ENVELOPE   tx has a sender, and perhaps recipients
 *   DATA       tx has a record, or a reason to refuse; octets are content
 *   CHUNK      chunk.left octets are content, or dropped when chunk.refusal is set
 *   CHUNKS     tx has a record, or a reason to refuse; between two BDAT
 *   AUTHENTICATION   tx waits for the DNS, who vouches for it; the stream is paused
 *   COMMIT     tx is with handover.c; the stream is paused
 *   STOP       report was asked to stop notices (stop.c): tx has a token, and no record; the stream is paused
 *   CLOSING    the stream is gone; freed when the turn is over
 */
#ifndef INTAKE_SESSION_H
#define INTAKE_SESSION_H

#include <sys/queue.h>

#include "base/ip.h"
#include "intake/account.h"
#include "ipc/master_rooms.h"
#include "loop/stream.h"
#include "loop/timer.h"
#include "smtp/command.h"
#include "smtp/status.h"

struct listener_socket;
struct permit_client;
struct place;
struct room;
struct transaction;

enum session_state {
	SESSION_NEW, SESSION_PLAIN, SESSION_HANDSHAKE, SESSION_GREETED, SESSION_READY, SESSION_ENVELOPE, SESSION_DATA, SESSION_CHUNK,
	SESSION_CHUNKS, SESSION_AUTHENTICATION, SESSION_COMMIT, SESSION_STOP, SESSION_CLOSING, SESSION_STATES
};

/* The chunk that a BDAT announced. */
struct chunk {
	uint64_t octets;		/* as announced */
	uint64_t left;			/* to come */
	bool is_last;
	enum status refusal;		/* its octets are dropped, and this is the reply */
	enum session_state back;	/* where to go when there is no transaction any more */
};

struct session {
	TAILQ_ENTRY(session) entry;	/* on room->sessions */
	struct room *room;
	struct stream *stream;		/* NULL when CLOSING */
	struct timer *timer;		/* runs out at alarm_ms or before */
	struct tls_context *tls;	/* held until the handshake; NULL when TLS is not available */
	struct place *place;		/* in room->crowd; NULL for local ones */
	uint64_t sid;
	enum session_state state;
	enum listener_kind kind;
	struct ip ip;			/* family 0: a local one */
	uint32_t uid;			/* of a local one, else UINT32_MAX */
	int64_t begin_ms;		/* monotonic, as the next three */
	int64_t deadline_ms;		/* of the silence or the handshake; INT64_MAX = none */
	int64_t alarm_ms;		/* when the timer runs out */
	int64_t end_ms;			/* of the whole session */
	struct command_reader reader;
	bool is_esmtp;			/* EHLO, not HELO */
	bool tried_clear;		/* MAIL was said before STARTTLS */
	char *name;			/* EHLO's, owned; NULL before */
	const char *tls_version, *tls_cipher;	/* static; NULL without TLS */
	char tls_group[32];
	char *fingerprint;		/* of the client's certificate, owned; NULL without */
	unsigned mails;			/* MAIL commands */
	unsigned accepted;		/* messages */
	unsigned errors;		/* 5yz replies */
	unsigned idle_commands;		/* since the last message: those that bring no mail nearer */
	size_t behind;			/* octets that were received behind the command being run */
	size_t held;			/* octets received and not consumed */
	struct transaction *tx;		/* owned, see the states */
	struct chunk chunk;
	struct account account;		/* what the ledger hears, and nobody else */
};

/* Begin: greet, or lay TLS first. The stream's socket is fd. */
void session_new(struct listener_socket *listener, int fd, struct ip ip, uint32_t uid, struct place *place);

/* Every change of state: checks the row, sets the deadline. */
void session_enter(struct session *session, enum session_state to);

/*
 * Say the one reply to a command. Too many 5yz end the session instead, so this comes last: the session may be
 * CLOSING when it returns.
 */
void session_reply(struct session *session, enum status status, struct span detail);

/* Mail is refused: a line in the log, and the reply as by session_reply(). */
void session_log_refusal(const struct session *session, enum status status, struct span from, struct span to);
void session_refuse(struct session *session, enum status status, struct span from, struct span to);

/* Say a reply (STATUS_NONE: none) and close. `reason` is for the log: a word of include/policy/reason.h, or what ended well. */
void session_close(struct session *session, enum status status, const char *reason);

/* The reply to a command that is not welcome in this state. */
enum status session_unwelcome(const struct session *session);

/* The message under way is forgotten, if there is one (RFC 5321 4.1.1.5). */
void session_reset(struct session *session);

/* The message under way is settled, well or not: say so; the session goes on, or ends when the room does. */
void session_settled(struct session *session, enum status status, struct span detail);

/*
 * TLS (session_starttls.c): begin its handshake; it is laid, or there is none to lay on a local socket; it failed, which
 * is only said to the log.
 */
void session_secure(struct session *session);
void session_secured(struct session *session);

/* TLS failed: a line in the log. Returns the reason, static: a word of include/policy/reason.h, as the next has. */
const char *session_insecure(struct session *session);

/* Mail was about to come in clear, for the first time in this session. */
void session_tried_clear(struct session *session);

/* The room stops: end what is idle (`all`: everything but commits). */
void session_stop(struct session *session, bool all);

/* Whom permit.c is asked about; borrows from the session. */
struct permit_client session_client(const struct session *session);

/* "plain"; for logs and tests. */
const char *session_state_name(enum session_state state);

/* Commands, one file each: welcome in the states that session.c's table says. Arguments are borrowed for the call. */
void session_ehlo(struct session *session, struct span arguments);
void session_helo(struct session *session, struct span arguments);
void session_starttls(struct session *session, struct span arguments);
void session_mail(struct session *session, struct span arguments);
void session_rcpt(struct session *session, struct span arguments);
void session_data(struct session *session, struct span arguments);
void session_bdat(struct session *session, struct span arguments);
void session_rset(struct session *session, struct span arguments);
void session_noop(struct session *session, struct span arguments);
void session_quit(struct session *session, struct span arguments);
void session_vrfy(struct session *session, struct span arguments);
void session_help(struct session *session, struct span arguments);
void session_absent(struct session *session, struct span arguments);
void session_unknown(struct session *session, struct span arguments);
void session_foreign(struct session *session, struct span arguments);

/* What the octets of a state are: how many of them were taken. */
size_t session_take_data(struct session *session, struct span octets);
size_t session_take_chunk(struct session *session, struct span octets);

#endif
