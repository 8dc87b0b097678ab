/* What the files of lib-tls share. */
#ifndef LIB_TLS_INTERNAL_H
#define LIB_TLS_INTERNAL_H

#include <openssl/ssl.h>

#include "base/span.h"
#include "loop/transport.h"
#include "tls/context.h"
#include "tls/describe.h"
#include "tls/handshake.h"

#define SEEN_TEXT 200	/* octets of what is remembered of a refused certificate, NUL included */

struct tls_context {
	SSL_CTX *ssl;
	unsigned holders;		/* connections, and whoever made it */
	uint64_t number;		/* of this context among all of the process: sessions belong to one */
	struct ticket_keys *tickets;	/* NULL when none are issued */
};

/* One side of one connection: what `struct transport *` of this library points to. */
struct tls_transport {
	struct transport transport;	/* first: callers hold this */
	struct tls_context *context;	/* held */
	SSL *ssl;
	int fd;				/* borrowed */
	unsigned reads;			/* of the socket, left for the call of OpenSSL under way */
	bool has_more;			/* behind the record under way another is to be sent at once */
	int socket_error;		/* errno of the last call that failed; 0 = the peer's end of file */
	bool is_laid;			/* the handshake is done */
	bool is_broken;			/* OpenSSL gave up: nothing more may be said */
	bool is_dry;			/* the socket gave less than was asked of it, the last time */
	bool authenticate;		/* the peer must prove to be one of the names, or to be what TLSA records say */
	bool is_dane;			/* by TLSA records, and nothing else */
	bool is_soft;			/* whatever comes of it, the connection goes on, */
	bool is_doubted;		/* as it did: the proof had failed */
	int fault;			/* X509_V_OK, or why no certificate at all can prove what is asked */
	unsigned host_flags;		/* how names are compared */
	char **names;			/* owned: those that a certificate can carry */
	size_t names_count;
	unsigned long error;		/* of OpenSSL's queue, when is_broken */
	char seen[SEEN_TEXT];		/* of the certificate that was refused: names, dates or issuer; "" without */
	char seen_fingerprint[TLS_FINGERPRINT_TEXT], seen_issuer[TLS_ISSUER_TEXT];	/* of the end of that chain */
	int64_t seen_expires_s;
	const char *step;		/* of the handshake, the last one that was done; static */
	int alert;			/* that we sent, with its level in the upper octet; 0 = none */
	void (*on_session)(void *arg, struct tls_session *session);
	void *on_session_arg;
};

struct tls_session {
	SSL_SESSION *session;
	uint64_t context;		/* number of the one it was made under */
	bool authenticated;		/* the peer had proved itself */
};

/* The library's callback for a new session of a client: give it to whoever wants it. */
int tls_session_made(SSL *ssl, SSL_SESSION *session);

/* The library's callback that tells how far a handshake has come: of its error nothing is left but that there was one. */
void tls_step_note(const SSL *ssl, int where, int value);

/* The library's callback that judges a server's certificate. */
int tls_certificate_judge(X509_STORE_CTX *store, void *unused);

/* Records may be given to connections of this context; false = OpenSSL cannot. */
bool tls_dane_prepare(SSL_CTX *ssl);

/*
 * Make the wish's records what the connection must prove, with names[0] as the base domain. Returns X509_V_OK, or the
 * verification error with which the connection has to fail: no record can be matched, or OpenSSL could not take them.
 */
int tls_dane_apply(SSL *ssl, const struct tls_wish *wish);

/* Behind a verification that went well: "dane-ee", "dane-ta", or "" when no record was matched. */
const char *tls_dane_proved(SSL *ssl);

/* The first of the names asked for that the certificate carries; NULL = none. */
const char *tls_certificate_name(const struct tls_transport *tls, X509 *certificate);

/* OpenSSL's macros cast const away, though what they call only reads; clang looks into macros of other people's headers. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual"
static inline bool
tls_set_groups(SSL_CTX *ssl, const char *list)
{
	return SSL_CTX_set1_groups_list(ssl, list) == 1;
}

static inline bool
tls_set_signatures(SSL_CTX *ssl, const char *list)
{
	return SSL_CTX_set1_sigalgs_list(ssl, list) == 1 && SSL_CTX_set1_client_sigalgs_list(ssl, list) == 1;
}

static inline bool
tls_set_sni(SSL *ssl, const char *name)
{
	return SSL_set_tlsext_host_name(ssl, name) == 1;
}
#pragma GCC diagnostic pop

/* Keys that seal session tickets: renewed regularly, old ones overwritten (RFC 9325 3.4). */
struct ticket_keys *tls_ticket_keys_new(SSL_CTX *ssl);
void tls_ticket_keys_free(struct ticket_keys **keys);

#endif
