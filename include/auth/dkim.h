/*
 * A DKIM signature over mail of our own (RFC 6376, with rsa-sha256 of RFC 8301 and ed25519-sha256 of RFC 8463): relaxed forms of
 * header and body, all of the body, From signed once more than it is there. No I/O.
 *
 *   signer = dkim_signer_new(key, "example.org", "mail2026");
 *   dkim_signer_body(signer, ...);			the body piece by piece, lines with CRLF, before any dot is doubled
 *   why = dkim_signer_end(signer, header, now_s, out);	the field, to be put above the header
 *   dkim_signer_free(&signer);
 */
#ifndef AUTH_DKIM_H
#define AUTH_DKIM_H

#include <stdint.h>

#include "auth/dkim_key.h"
#include "base/buf.h"
#include "base/span.h"

struct dkim_signer;

/*
 * Can keys be published for this domain and selector? Labels of letters, digits and inner hyphens, an internationalised domain in
 * its ASCII form, and all of it with "._domainkey." between is a name (RFC 6376 3.1, 3.6.2.1). Returns NULL, or why not.
 */
const char *dkim_names_wrong(struct span domain, struct span selector);

/* The names are good, and copied; the key is kept until the signer is freed. */
struct dkim_signer *dkim_signer_new(const struct dkim_key *key, const char *domain, const char *selector);
void dkim_signer_free(struct dkim_signer **signer);

/* More of the body. */
void dkim_signer_body(struct dkim_signer *signer, struct span octets);

/*
 * The body is over; called once. Sign it and the header: its fields, each with CRLF behind it, without the empty line.
 *   now_s  for t=, seconds since the epoch
 *   out    the whole field is appended: "DKIM-Signature: ...", CRLF at the end, no line longer than 77 octets but where one
 *          word is
 * Returns NULL, or why not as a static sentence: there is not exactly one From, a line is no field, or out is too small.
 */
const char *dkim_signer_end(struct dkim_signer *signer, struct span header, int64_t now_s, struct buf *out);

#endif
