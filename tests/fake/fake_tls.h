/* TLS without cryptography: what a handshake came to is what the test says. */
#ifndef TESTS_FAKE_FAKE_TLS_H
#define TESTS_FAKE_FAKE_TLS_H

#include "tls/context.h"
#include "tls/describe.h"
#include "tls/handshake.h"

/* What tls_describe() and tls_explain() tell of the handshakes that begin from now on; to be changed by the test. */
struct tls_facts *fake_tls_facts(void);
struct tls_failure *fake_tls_failure(void);

/*
 * The same of one connection whose handshake has begun. A client's that asks for names has found the first of them, and one that
 * asks for TLSA records has matched the first of those, unless this says otherwise.
 */
struct tls_facts *fake_tls_facts_of(struct transport *transport);
struct tls_failure *fake_tls_failure_of(struct transport *transport);

/* A soft handshake goes on although this (a word of tls_explain(), copied) was wrong: nothing is proved. */
void fake_tls_doubt(struct transport *transport, const char *reason);

/* Contexts cannot be made from now on, for this reason; NULL = they can again. */
void fake_tls_refuse_context(const char *why);

/* What the newest server context was made with. */
size_t fake_tls_credentials(void);
bool fake_tls_tickets(void);
bool fake_tls_requests_certificate(void);

/* Contexts and transports that are not freed yet. */
unsigned fake_tls_contexts(void);
unsigned fake_tls_transports(void);

/* The newest tls_connect(): what was asked for. */
struct fake_tls_wish {
	char sni[256];
	bool authenticate, resumes, is_soft;
	char names[8][256];
	size_t names_count;
	char tlsa[2048];	/* records as "3 1 1 abcd", with commas; "" = none */
	struct transport *transport;
};

const struct fake_tls_wish *fake_tls_wish(void);

/* The server issues a ticket on that connection; false when nobody wants it, or TLSA records were asked for. */
bool fake_tls_ticket(struct transport *transport);

/* Sessions that are not freed yet. */
unsigned fake_tls_sessions(void);

#endif
