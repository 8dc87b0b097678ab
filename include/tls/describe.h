/* What a handshake came to, for Received, logs and reports. */
#ifndef TLS_DESCRIBE_H
#define TLS_DESCRIBE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"
#include "loop/transport.h"

#define TLS_FINGERPRINT_TEXT 65	/* 64 hex digits and a NUL */

/* Strings are static or within the struct. */
struct tls_facts {
	const char *version;		/* "TLSv1.3" */
	const char *cipher;		/* IANA name, "TLS_AES_128_GCM_SHA256" */
	char group[32];			/* "X25519"; "" when not known */
	int bits;			/* of the cipher's key */
	bool resumed;
	bool authenticated;		/* client's side: chain and name were verified, now or when the session was made */
	char peer_fingerprint[TLS_FINGERPRINT_TEXT];	/* SHA-256 of the peer's certificate, lower-case hex; "" without one */
	char sni[256];			/* server's side: as asked for, "" without */
};

/* After on_laid. */
void tls_describe(struct transport *transport, struct tls_facts *facts);

/* Why a handshake, a read or a write failed (after on_end with STREAM_TLS_ERROR or during a handshake). */
struct tls_failure {
	const char *reason;	/* a word of the reason vocabulary: "certificate-expired", "peer-alert", ... */
	char text[256];		/* for people: alert and side, or OpenSSL's verification error; one line */
};

void tls_explain(struct transport *transport, struct tls_failure *failure);

/* SHA-256 of the first certificate in a PEM text, lower-case hex. Returns false when there is none. */
bool tls_fingerprint(struct span pem, char out[TLS_FINGERPRINT_TEXT]);

#endif
