/*
 * What a side of TLS may negotiate, made once and shared by all its connections. The floor cannot be
 * configured away: TLS 1.2 or 1.3, AEAD, forward secrecy, no compression, no renegotiation, no 0-RTT
 * (RFC 9325; standards.md T6-T11).
 */
#ifndef TLS_CONTEXT_H
#define TLS_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

struct tls_context;

/* Let OpenSSL read its own files now; called before the sandbox closes them. May be called again. */
void tls_prepare(void);

struct tls_choices {
	const char *ciphers;		/* OpenSSL list for TLS 1.2, NULL or "" = the default */
	const char *ciphersuites;	/* for TLS 1.3 */
	const char *groups;
};

/* One certificate chain and its key, PEM. */
struct tls_credential {
	struct span certificate;	/* leaf first, then intermediates */
	struct span key;
};

/*
 * A server's context. The credentials may be of different key types (ECDSA beside RSA); the first is
 * the default for any SNI or none (RFC 8461 7.1, RFC 7672 8.1). Client certificates are asked for, never required
 * and not verified against any authority, when request_certificate is set: their fingerprint is what counts.
 * Returns NULL and a sentence in why (size octets) when a PEM text, a key or a list is not usable: a key that does not
 * match its certificate, RSA under 2048 bits, two keys of one type, a cipher below the floor. Where tickets are
 * issued, one is per handshake, good for two hours, under keys that are renewed twice a day.
 */
struct tls_context *tls_context_server(const struct tls_credential *credentials, size_t count,
    const struct tls_choices *choices, bool tickets, bool request_certificate, char *why, size_t size);

/*
 * A client's context that trusts the certificates of the PEM text, as roots or anywhere in a chain. Ends as
 * tls_context_server().
 */
struct tls_context *tls_context_client(struct span trust, const struct tls_choices *choices, char *why, size_t size);

/*
 * Give a context that another library made (libcurl's, as an SSL_CTX) what this client's context has: the floor, the lists
 * within it, and its authorities, which are shared and not copied. Returns false when OpenSSL refuses: the other is not to be used.
 */
struct ssl_ctx_st;
bool tls_context_lend(const struct tls_context *client, const struct tls_choices *choices, struct ssl_ctx_st *other);

/* Contexts are shared: connections hold one until they are closed. free tolerates NULL and leaves NULL. */
struct tls_context *tls_context_hold(struct tls_context *context);
void tls_context_free(struct tls_context **context);

#endif
