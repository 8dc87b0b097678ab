/* What a handshake came to, for Received, logs and reports. */
#ifndef TLS_DESCRIBE_H
#define TLS_DESCRIBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "loop/transport.h"

#define TLS_FINGERPRINT_TEXT 65	/* 64 hex digits and a NUL */
#define TLS_ISSUER_TEXT 128	/* NUL included */

/* Strings are static or within the struct. */
struct tls_facts {
	const char *version;		/* "TLSv1.3" */
	const char *cipher;		/* IANA name, "TLS_AES_128_GCM_SHA256" */
	char group[32];			/* IANA name, "x25519"; "" when not known */
	int bits;			/* of the cipher's key */
	bool resumed;
	bool authenticated;		/* client's side: chain and name were verified, now or when the session was made; or TLSA records */
	const char *dane;		/* client's side: "dane-ee" or "dane-ta" when TLSA records were what it proved; "" otherwise */
	const char *doubt;		/* client's side, soft: why it is not authenticated, in the words of tls_explain(); "" otherwise */
	char peer_fingerprint[TLS_FINGERPRINT_TEXT];	/* SHA-256 of the peer's certificate, lower-case hex; "" without one */
	int64_t peer_expires_s;		/* when that ends, since the epoch; 0 without one */
	char peer_issuer[TLS_ISSUER_TEXT];	/* of that certificate, printable ASCII, cut where it is too long; "" without */
	char sni[256];			/* server's side: as asked for, "" without */
	/* Client's side, authenticated: the first of the names wished for that the certificate has; by dane-ee the base domain. */
	char name[256];
};

/* After on_laid. */
void tls_describe(struct transport *transport, struct tls_facts *facts);

/*
 * Why a handshake, a read or a write failed: for on_end, whatever it says, once a transport was laid. The words:
 *   certificate-expired, -not-yet-valid, -name-mismatch, -self-signed, -unknown-issuer, -wrong-purpose, -invalid,
 *   key-weak, signature-weak          our own check of the peer's certificate
 *   peer-alert                        the peer gave up; text names the alert, and where in the handshake it came
 *   client-certificate-required       so says the peer's alert
 *   protocol-old, no-shared-cipher, cipher-weak, renegotiation-insecure, no-application-protocol    nothing above the floor in common
 *   not-tls                           what came is no TLS
 *   dane-mismatch                     no TLSA record matches what the peer showed; text has the record that would
 *   handshake-closed, handshake-reset the connection ended before TLS was there
 *   closed, reset                     it ended afterwards, without a word of TLS
 *   tls-error                         everything else; text is OpenSSL's
 */
struct tls_failure {
	const char *reason;
	char text[256];		/* for people: alert and side, or what is wrong with which certificate; one line of ASCII */
	char peer_fingerprint[TLS_FINGERPRINT_TEXT];	/* of the certificate that was refused; "" without */
	int64_t peer_expires_s;		/* when that ends, since the epoch; 0 without one */
	char peer_issuer[TLS_ISSUER_TEXT];
};

void tls_explain(struct transport *transport, struct tls_failure *failure);

/* SHA-256 of octets, lower-case hex: for what is compared and has to be short. */
void tls_digest(struct span octets, char out[TLS_FINGERPRINT_TEXT]);

/* SHA-256 of the first certificate in a PEM text, lower-case hex. Returns false when there is none. */
bool tls_fingerprint(struct span pem, char out[TLS_FINGERPRINT_TEXT]);

#endif
