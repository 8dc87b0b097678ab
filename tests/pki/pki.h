/* Certificates for tests, good and bad, made on the spot: nothing in the tree ever expires. */
#ifndef TESTS_PKI_PKI_H
#define TESTS_PKI_PKI_H

#include <openssl/x509.h>
#include <stdbool.h>

#include "base/span.h"

enum pki_key { PKI_EC, PKI_RSA, PKI_RSA_1024 };

/* What a certificate says; all zeros = a good EC leaf without names, from yesterday until next month. */
struct pki_subject {
	const char *common_name;	/* NULL = "test" */
	const char *names;		/* subjectAltName as openssl.cnf has it: "DNS:a.example,IP:192.0.2.1" */
	struct span raw_name;		/* one DNS name of any octets instead */
	enum pki_key key;
	const struct pki *of_key;	/* that one's key once more, instead of a new one */
	bool authority;
	const char *purpose;		/* extendedKeyUsage: "clientAuth" */
	const char *digest;		/* of the signature; NULL = SHA256 */
	int from_days, until_days;	/* relative to now; both 0 = -1 .. 30 */
};

struct pki {
	X509 *certificate;
	EVP_PKEY *key;
	struct span certificate_pem, key_pem;
};

/* Make one, signed by issuer or by itself. To be freed with pki_free(). */
struct pki *pki_make(const struct pki_subject *subject, const struct pki *issuer);
void pki_free(struct pki **pki);

/* Two PEM texts in a row; to be freed with free((void *)data). */
struct span pki_join(struct span a, struct span b);

#endif
