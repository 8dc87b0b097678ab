/*
 * Keys that sign mail (DKIM): RSA or Ed25519, read from PEM or made, and what is published of them. No I/O.
 */
#ifndef AUTH_DKIM_KEY_H
#define AUTH_DKIM_KEY_H

#include "base/buf.h"
#include "base/span.h"

struct dkim_key;

/* Bits of RSA: the least that is signed with, and the most that every verifier has to know (RFC 8301 3.2). */
#define DKIM_RSA_BITS_LEAST 2048
#define DKIM_RSA_BITS_MOST 4096

/* Octets of a record at most: RSA of 4096 bits is 736 of base64. */
#define DKIM_RECORD_MAX 1024

/* Octets of a private key as PEM at most. */
#define DKIM_PEM_MAX 8192

/*
 * Read a private key in PEM: RSA of 2048 to 4096 bits, or Ed25519 (RFC 8301 3.2, RFC 8463 3). No passphrase is asked for.
 * Returns NULL, with *key the caller's to free; or why not, as a static sentence, and *key is NULL.
 */
const char *dkim_key_read(struct span pem, struct dkim_key **key);

/* A new key: "rsa" of so many bits (within the bounds), or "ed25519", which has but one size. NULL = no such type. */
struct dkim_key *dkim_key_make(struct span type, unsigned bits);

void dkim_key_free(struct dkim_key **key);

/* As PEM (PKCS#8), appended. It is a secret: the caller wipes out, which has room for DKIM_PEM_MAX. */
void dkim_key_write(const struct dkim_key *key, struct buf *out);

/* "rsa" or "ed25519", as k= has it; and its size. */
const char *dkim_key_type(const struct dkim_key *key);
unsigned dkim_key_bits(const struct dkim_key *key);

/*
 * The text of the TXT record that makes signatures of this key good (RFC 6376 3.6.1), appended to out, which has room for
 * DKIM_RECORD_MAX. Its services are "s=*", as every other way to have both mail and reports fails somewhere: "s=tlsrpt" alone
 * (RFC 8460 3) is no key for ordinary mail, and "s=email:tlsrpt", which the grammar has, is an unknown word to verifiers that
 * compare it as a whole (Exim does). "*" is every service, that of reports too.
 */
void dkim_key_record(const struct dkim_key *key, struct buf *out);

#endif
