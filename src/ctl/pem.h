/* Certificates and keys that operators hand over as PEM files, for what they publish about them. */
#ifndef CTL_PEM_H
#define CTL_PEM_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

/* What a file has: a chain, or when there is no certificate in it a key. */
struct pem {
	const char *file;	/* its name, borrowed */
	STACK_OF(X509) *chain;	/* as a server shows it: its own certificate first; NULL = a key alone */
	EVP_PKEY *key;		/* private or public; NULL = a chain */
};

/*
 * Read a text, or a file of that name. No passphrase is asked for. Returns NULL, or what is wrong as a static sentence (of a file
 * perhaps that of the system); *pem is to be cleared either way.
 */
const char *pem_read(struct span text, struct pem *pem);
const char *pem_load(const char *file, struct pem *pem);
void pem_clear(struct pem *pem);

/* The certificate itself, and the authority's in the chain that has signed it (RFC 7672 3.1.2). NULL = there is none. */
X509 *pem_leaf(const struct pem *pem);
X509 *pem_issuer(const struct pem *pem);

/* Is the certificate for this host? Names of the subjectAltName count alone, as RFC 8461 4.2 has it. */
bool pem_is_for(const struct pem *pem, struct span host);

/* Did nobody but its own key sign it? */
bool pem_is_self_signed(const struct pem *pem);

/* The DNS names of the certificate that are names at all, "*.example.org" among them, in lower case. Returns how many. */
uint32_t pem_names(const struct pem *pem, struct arena *arena, struct span **names);

/* Days until the certificate ends, rounded down: below 0 it has ended. */
int pem_days_left(const struct pem *pem);
bool pem_has_begun(const struct pem *pem);

#endif
