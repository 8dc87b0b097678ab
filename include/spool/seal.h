/*
 * Sealing with OpenSSL's own primitives: segment keys wrapped to the spool's RSA key (RSA-OAEP, SHA-256,
 * RFC 8017 7.1), octets sealed with AES-256-GCM (NIST SP 800-38D). Nothing here is of our own making.
 */
#ifndef SPOOL_SEAL_H
#define SPOOL_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

#define SEAL_KEY_OCTETS 32
#define SEAL_NONCE_OCTETS 12
#define SEAL_TAG_OCTETS 16
#define SEAL_WRAPPED_MAX 448	/* octets of a wrapped key: RSA up to 3584 bits */
#define SEAL_KEY_ID_OCTETS 16

/* The spool's key, or its public half alone. */
struct seal_pair;

/* PEM in. Returns NULL and a sentence in why when it is no RSA key of 2048 to 3584 bits. */
struct seal_pair *seal_pair_public(struct span pem, char *why, size_t size);
struct seal_pair *seal_pair_private(struct span pem, char *why, size_t size);
void seal_pair_free(struct seal_pair **pair);	/* tolerates NULL, leaves NULL */

/* Which key it is: the beginning of the SHA-256 of the public key's DER. */
const unsigned char *seal_pair_id(const struct seal_pair *pair);

/* Wrap a key to the public half; returns the octets written to out. Ends the process when OpenSSL fails. */
size_t seal_wrap(const struct seal_pair *pair, const unsigned char key[SEAL_KEY_OCTETS], unsigned char out[SEAL_WRAPPED_MAX]);

/* Needs the private half. Returns false when the octets were not wrapped to it. */
bool seal_unwrap(const struct seal_pair *pair, struct span wrapped, unsigned char key[SEAL_KEY_OCTETS]);

/* One key, made ready for sealing or for opening. */
struct seal;

struct seal *seal_new(void);
void seal_free(struct seal **seal);	/* tolerates NULL, leaves NULL; the key is wiped */
void seal_set_key(struct seal *seal, const unsigned char key[SEAL_KEY_OCTETS]);

/*
 * Seal plain into out, which has room for plain.length + SEAL_TAG_OCTETS; out may not overlap plain.
 * A nonce is used once per key. The octets of `beside` are not sealed but proved with it.
 */
void seal_octets(struct seal *seal, const unsigned char nonce[SEAL_NONCE_OCTETS], struct span beside, struct span plain,
    char *out);

/*
 * Open what seal_octets() wrote; out has room for sealed.length - SEAL_TAG_OCTETS and may be sealed.data.
 * Returns false, out's content undefined, when any octet of sealed, beside, nonce or key is another.
 */
bool seal_open(struct seal *seal, const unsigned char nonce[SEAL_NONCE_OCTETS], struct span beside, struct span sealed,
    char *out);

#endif
