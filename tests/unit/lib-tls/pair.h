/*
 * Two ends of a socket pair that shake hands: our transports, or OpenSSL used in ways that ours does not
 * allow. The clock is the test's: pair_now_s is what clock_wall() says.
 */
#ifndef TESTS_UNIT_LIB_TLS_PAIR_H
#define TESTS_UNIT_LIB_TLS_PAIR_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "loop/transport.h"
#include "tests/pki/pki.h"
#include "tls/context.h"
#include "tls/describe.h"
#include "tls/handshake.h"

extern int64_t pair_now_s;

struct side {
	int fd;
	struct transport *transport;	/* ours, */
	SSL *raw;			/* or OpenSSL's own */
	enum transport_result result;	/* of the handshake; TRANSPORT_WANT_READ = nothing came of it */
	int returned;			/* of the last call, raw side */
};

struct pair {
	struct side client, server;
};

void pair_open(struct pair *pair);
void pair_close(struct pair *pair);

/* Step both ends until both are done or neither moves. True when both are done. */
bool pair_shake(struct pair *pair);

/* Give one end a raw connection of that context, which stays the caller's. */
void side_raw(struct side *side, SSL_CTX *context, bool is_server);

/* Contexts of ours, or the end of the test. */
struct tls_context *pair_server(const struct pki *pki, bool tickets, bool request_certificate);
struct tls_context *pair_client(const struct pki *trust);

/* The usual: an authority, and a leaf of it for "mx.example". */
extern struct pki *pair_authority, *pair_leaf;
void pair_setup(void);
void pair_teardown(void);

/* Shake hands between ours: authenticated by name unless it is NULL. */
bool pair_meet(struct pair *pair, struct tls_context *client, struct tls_context *server, const char *name);

#endif
