/*
 * One outgoing connection. Only client_enter() changes its state:
 *
 *   NEW -> CONNECTING -> GREETING -> HELLO -> STARTTLS -> HANDSHAKE -> EHLO -> BUSY <-> IDLE
 *            |   ^           |        (smtps: HANDSHAKE, then GREETING and EHLO; lmtp: no TLS)
 *            +---+-----------+-- any of these: the next address of the plan, back to CONNECTING
 *
 *   BUSY, IDLE -> LEAVING (QUIT) -> CLOSED;  any -> CLOSED
 *
 * Commands are said and their replies awaited in order: client_expect() notes what was said, and the reply goes to
 * the client_got_* of the same name. BUSY has up to two transactions: the one whose content is on its way or
 * whose end is awaited, and the next, whose envelope went out behind the final dot (RFC 2920).
 */
#ifndef RELAY_CLIENT_H
#define RELAY_CLIENT_H

#include "loop/stream.h"
#include "relay/hop.h"
#include "relay/transaction.h"
#include "smtp/capability.h"
#include "smtp/reply.h"
#include "tls/describe.h"
#include "tls/handshake.h"

enum client_state {
	CLIENT_NEW, CLIENT_CONNECTING, CLIENT_GREETING, CLIENT_HELLO, CLIENT_STARTTLS, CLIENT_HANDSHAKE, CLIENT_EHLO,
	CLIENT_BUSY, CLIENT_IDLE, CLIENT_LEAVING, CLIENT_CLOSED, CLIENT_STATES
};

enum client_command {
	CLIENT_GREETED, CLIENT_HELLO_SAID, CLIENT_STARTTLS_SAID, CLIENT_EHLO_SAID, CLIENT_MAIL, CLIENT_RCPT, CLIENT_DATA,
	CLIENT_CHUNK, CLIENT_END, CLIENT_RSET, CLIENT_QUIT, CLIENT_COMMANDS
};

/* A reply that is to come. */
struct expectation {
	enum client_command command;
	struct transaction *transaction;	/* NULL for commands outside of any */
	uint32_t recipient;			/* of the transaction: RCPT, and the end under LMTP */
	uint64_t said;				/* octets that had been written with it: no reply to it before they have left */
};

#define CLIENT_HELO 257		/* octets, NUL included */
#define CLIENT_ATTEMPTS 32	/* addresses that one connection tries, at most */

struct client {
	TAILQ_ENTRY(client) of_relay, of_hop, of_place, of_resting;
	struct relay *relay;
	uint64_t number;		/* for the log */
	enum client_state state;
	unsigned generation;		/* of the configuration it was begun under */
	struct hop *hop;		/* that it works for; NULL while it rests */
	struct place *place;		/* where it rests; NULL while it works */
	bool is_starting;		/* has not got through to a host yet */
	bool is_thorough;		/* somebody looks, by a hop that is (hop.h): nothing that it sees is kept */
	bool is_secure;			/* TLS is laid, and proved what was asked */
	bool is_fresh;			/* nothing was heard since the first command behind a rest, */
	bool may_be_gone;		/* which was long enough for the peer to have closed */
	int64_t rested_ms;		/* when the rest began */
	bool needs_reset;		/* a transaction was left open at the peer */

	struct plan *plan;		/* held */
	uint16_t order[CLIENT_ATTEMPTS];
	unsigned order_count, order_at;
	bool passed_over;		/* an address of the order was not tried: it rests */
	unsigned candidate, proof;	/* of the plan, of its host's decision */
	struct failure failure;		/* the most telling one of the addresses tried */
	char address[IP_TEXT];
	char key[PLAN_KEY];		/* what it is kept for reuse under */

	struct stream *stream;		/* NULL between two addresses */
	struct reply_parser parser;
	size_t behind;			/* octets that came behind the reply at hand */
	uint64_t said;			/* octets given to client_say() */
	uint64_t withheld;		/* of these: by mistake of ours they would have left in clear, and the connection ends over it */
	struct timer *timer;
	int64_t deadline_ms;		/* 0 = none; the timer may run out before it and is started again then */
	struct tls_facts facts;
	struct verdict_seen seen;	/* for the verdict, should it fail; its strings are in `told` or static */
	struct tls_failure told;	/* of the handshake that failed */
	const char *observed;		/* what a policy that is only observed would have said; "" = nothing */
	struct tls_session *session;	/* came before it was known under what it may be kept */
	struct capability capability;	/* of the last EHLO */

	struct expectation *expected;	/* a ring */
	unsigned expected_start, expected_count, expected_room;
	struct transaction *current, *next;
	unsigned mails, messages;	/* MAIL commands said, messages taken by the peer */
	int64_t since_ms;
	int64_t begun_s;		/* when the address at hand was first tried, since the epoch */
	/* For the ledger (account.c): it serves a hop, and the connection was told already as a session. */
	bool is_counting, is_counted;
	bool carries_own, carries_others;	/* since then: mail of our own, of others */
	unsigned messages_before;
	int64_t counting_s;		/* when that began, since the epoch */
	uint64_t *served;		/* domains whose session it was: hashes of their names */
	unsigned served_count, served_room;
	char helo[CLIENT_HELO];		/* how the host at hand called itself first; "" = not yet */
	struct arena *domains_arena;	/* domains of recipients so far, where the peer limits them (RFC 9422 4.3) */
	struct span *domains;
	unsigned domains_count, domains_room;
};

/* Begin to connect for a hop that has a plan; nothing happens before this returns. */
void client_start(struct hop *hop);

/* Work again, for a hop whose plan it serves. */
void client_wake(struct client *client, struct hop *hop, unsigned candidate, unsigned proof);

/* For logs and outcomes: the host as its hop knows it, and what was proved of it ("" without TLS). */
const char *client_host(const struct client *client);
const char *client_evidence(const struct client *client);
const struct candidate *client_candidate(const struct client *client);

void client_enter(struct client *client, enum client_state to);

/* Give the peer that many seconds from now; 0 = as long as it likes. */
void client_arm(struct client *client, uint64_t seconds);

/*
 * Write a command, or a part of one. In clear nothing leaves but EHLO, STARTTLS and QUIT (design P1, RFC 3207 4; a socket
 * of this machine is no network): whatever else is said then is an error of this program's. It is logged and
 * withheld, and so is all that follows; the connection fails as soon as the caller has returned to the loop.
 */
void client_say(struct client *client, struct span octets);

/* So many octets of all that were written have left. */
uint64_t client_left(const struct client *client);

/* The content has left to its last octet: the peer may have taken it. */
bool client_has_sent(const struct client *client, const struct transaction *transaction);

/* Note that a reply is to come to what was said last, after all that are noted already. */
void client_expect(struct client *client, enum client_command command, struct transaction *transaction, uint32_t recipient);

/* Take over a stream to the candidate, connected or about to be. */
extern const struct stream_handler client_handler;

/* What was heard fails the connection: the next address is tried, or what was under way is lost. */
void client_fail(struct client *client, const struct failure *failure);
void client_fail_with(struct client *client, const char *word, const char *seen);

/* Say QUIT to a host that has proved itself and lacks what these messages need, and go on as client_fail(). */
void client_part(struct client *client, const struct failure *failure);

/* Fail where the host waits for a command: without a word, or by QUIT where somebody only looks. */
void client_fail_open(struct client *client, const struct failure *failure);

/* End without a word. */
void client_close(struct client *client, const char *why);

/* connect.c: go to the next address of the plan, or fail the hop. */
void connect_next(struct client *client);
void connect_done(void *arg, int error);

/* client_greet.c */
void client_await_greeting(struct client *client);
void client_send_ehlo(struct client *client, enum client_state state);
void client_got_greeting(struct client *client, const struct expectation *expectation, const struct reply *reply);
void client_got_hello(struct client *client, const struct expectation *expectation, const struct reply *reply);
void client_got_ehlo(struct client *client, const struct expectation *expectation, const struct reply *reply);

/* client_starttls.c */
void client_send_starttls(struct client *client);
void client_got_starttls(struct client *client, const struct expectation *expectation, const struct reply *reply);
void client_shake_hands(struct client *client);
void client_laid(struct client *client);
void client_tls_failed(struct client *client);

/* See, and log once for each plan, what a policy of its hop would say that is only observed. */
void client_observe(struct client *client);

/* client_judge.c: note what is seen of a peer before TLS, judge a failure of the address by it, remember what was proved. */
void client_saw_greeting(struct client *client, const struct reply *reply);
void client_saw_keywords(struct client *client, const struct capability *offered);
void client_saw_certificate(struct client *client, const struct tls_failure *told);
void client_judge(struct client *client, struct failure *failure);
void client_judge_doubt(struct client *client, struct failure *failure);	/* of a certificate, where TLS was laid all the same */
void client_remember(struct client *client);

/* client_envelope.c */
void client_send_envelope(struct client *client, struct transaction *transaction);
void client_got_mail(struct client *client, const struct expectation *expectation, const struct reply *reply);
void client_got_rcpt(struct client *client, const struct expectation *expectation, const struct reply *reply);
void client_got_data(struct client *client, const struct expectation *expectation, const struct reply *reply);

/* client_body.c */
bool client_body_is_small(const struct transaction *transaction);
void client_send_whole(struct client *client, struct transaction *transaction);
void client_send_body(struct client *client);
void client_send_nothing(struct client *client, struct transaction *transaction);
void client_got_chunk(struct client *client, const struct expectation *expectation, const struct reply *reply);
void client_got_end(struct client *client, const struct expectation *expectation, const struct reply *reply);
void client_heard_early(struct client *client, const struct reply *reply);

/* client_rest.c */
void client_go_on(struct client *client);
void client_got_rset(struct client *client, const struct expectation *expectation, const struct reply *reply);
void client_leave(struct client *client);
void client_got_quit(struct client *client, const struct expectation *expectation, const struct reply *reply);
void client_lost(struct client *client, const struct failure *failure);
void client_closing(struct client *client, const struct reply *reply);

#endif
