/* What the signer and the tests know of a key beyond include/auth. */
#ifndef LIB_AUTH_INTERNAL_H
#define LIB_AUTH_INTERNAL_H

#include <openssl/evp.h>

#include "auth/dkim_key.h"

#define DKIM_DIGEST_OCTETS 32					/* SHA-256 */
#define DKIM_SIGNATURE_MAX (DKIM_RSA_BITS_MOST / 8)		/* octets */

/* A key of this pair, which it owns from then on, whatever its size. NULL = of neither type. */
struct dkim_key *dkim_key_of(EVP_PKEY *pair);

/* "rsa-sha256" or "ed25519-sha256", as a= has it. */
const char *dkim_key_algorithm(const struct dkim_key *key);

/* Sign the digest of a header (RFC 6376 3.7, RFC 8463 3). Returns the octets of the signature. */
size_t dkim_key_sign(const struct dkim_key *key, const unsigned char digest[DKIM_DIGEST_OCTETS], unsigned char out[DKIM_SIGNATURE_MAX]);

#endif
