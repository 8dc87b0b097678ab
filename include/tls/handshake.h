/*
 * TLS as a transport for a stream (loop/stream.h): make one, stream_lay() it, wait for on_laid or on_end.
 * The transport holds its context; it is freed with the stream.
 */
#ifndef TLS_HANDSHAKE_H
#define TLS_HANDSHAKE_H

#include "base/span.h"
#include "loop/transport.h"
#include "tls/context.h"

/* The server's side on a connected socket (borrowed). */
struct transport *tls_accept(struct tls_context *context, int fd);

/*
 * A session that may be resumed; made by the client's side of an earlier connection. It is resumed only under the
 * context it was made with, for an hour, and to authenticate only when that connection did and its
 * certificate still would; else the handshake is a full one. One that was made softly never does.
 */
struct tls_session;
void tls_session_free(struct tls_session **session);	/* tolerates NULL, leaves NULL */

#define TLS_NAMES 4		/* reference identities of one wish, at most */

/* One TLSA record that can be used (policy/dane.h sees to that). */
struct tls_tlsa {
	unsigned char usage, selector, matching;
	struct span data;
};

/* What the client's side asks of the server. */
struct tls_wish {
	const char *sni;		/* NULL or "" = none is sent (addresses) */
	bool authenticate;		/* the chain must lead to a trusted authority, be in date, and carry a name below */
	const char *const *names;	/* reference identities, any one suffices: DNS-IDs, or one address text (RFC 9525) */
	size_t names_count;
	/*
	 * With tlsa_count > 0 and authenticate the records are what must be proved, and nothing else (RFC 7672 3.1): DANE-EE
	 * without a look at names and dates, DANE-TA with both, of the whole chain; names[0] is the TLSA base domain. A
	 * certificate under DANE-TA that has no DNS-ID may have the name as its common name (3.2.3). Keys, and under DANE-TA
	 * signatures, are held to the same floor as without records. No session is resumed, and none is handed out.
	 */
	const struct tls_tlsa *tlsa;
	size_t tlsa_count;
	bool is_soft;			/* judge, and go on whatever comes of it: tls_describe() has authenticated and doubt */
	struct tls_session *resume;	/* borrowed for the call; NULL = a full handshake */
	/* Called with each new session ticket, which becomes the callee's; NULL = they are dropped. */
	void (*on_session)(void *arg, struct tls_session *session);
	void *arg;
};

/* The client's side on a connected socket (borrowed); names are copied. */
struct transport *tls_connect(struct tls_context *context, int fd, const struct tls_wish *wish);

/* The owner of on_session's arg is gone: call it no more. */
void tls_forget_owner(struct transport *transport);

#endif
