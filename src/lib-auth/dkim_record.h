/* What is published of a key (RFC 6376 3.6.1, RFC 8463 4), and signatures checked with it. */
#ifndef LIB_AUTH_DKIM_RECORD_H
#define LIB_AUTH_DKIM_RECORD_H

#include <openssl/evp.h>

#include "auth/dkim_verify.h"
#include "dkim_signature.h"

/* Bits of RSA: below, a signature proves nothing (RFC 8301 3.2); above, nobody has to check it. */
#define DKIM_RECORD_BITS_LEAST 1024
#define DKIM_RECORD_BITS_MOST 8192

struct dkim_record {
	const struct dkim_record_type *type;
	struct span hashes;		/* h=, borrowed; no data = every one */
	unsigned services;		/* bits of enum dkim_service */
	bool is_testing;		/* t=y */
	bool is_strict;			/* t=s: the domain of i= is d= itself */
	EVP_PKEY *key;
	unsigned bits;
};

/* Read it. Returns NULL, and the record is to be cleared; or why there is no key in it, as a static sentence, and there is nothing to
 * clear: what was read until then stays, for whoever wants to know how many bits were too few. */
const char *dkim_record_read(struct span text, struct dkim_record *record);
void dkim_record_clear(struct dkim_record *record);

/* May the signature be made with this key, for this service? NULL = yes, or why not (RFC 6376 3.6.1, 6.1.2). */
const char *dkim_record_unfit(const struct dkim_record *record, const struct dkim_signature *signature, enum dkim_service service);

/* Is it the signature of this hash of a header? */
bool dkim_record_verify(const struct dkim_record *record, const struct dkim_signature *signature,
    const unsigned char digest[DKIM_HASH_OCTETS]);

#endif
