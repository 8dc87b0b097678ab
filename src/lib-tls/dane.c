/*
 * TLSA records as what a server must prove (RFC 7671, RFC 7672 3). OpenSSL does the matching, digest agility included; here it is
 * given the records, and seen to that nothing else counts: neither the trusted authorities nor an empty set of records.
 */
#include <openssl/err.h>

#include "internal.h"

#define USAGE_TA 2	/* an authority of the chain */
#define USAGE_EE 3	/* the certificate of the server itself */

bool
tls_dane_prepare(SSL_CTX *ssl)
{
	return SSL_CTX_dane_enable(ssl) == 1;
}

/*
 * Usages 0 and 1 would bring the trusted authorities in (RFC 7672 3.1.3). OpenSSL says 0 of what no certificate can match, less
 * than 0 of what it could not do: then nothing is known of the set as a whole.
 */
static int
record_add(SSL *ssl, const struct tls_tlsa *record)
{
	if ((record->usage != USAGE_TA && record->usage != USAGE_EE) || record->data.length == 0)
		return 0;
	return SSL_dane_tlsa_add(ssl, record->usage, record->selector, record->matching,
	    (const unsigned char *)record->data.data, record->data.length);
}

int
tls_dane_apply(SSL *ssl, const struct tls_wish *wish)
{
	int fault = X509_V_ERR_DANE_NO_MATCH;

	/* OpenSSL would take these for no name at all, and for any name below. */
	if (wish->names_count == 0 || *wish->names[0] == '\0' || *wish->names[0] == '.')
		return X509_V_ERR_HOSTNAME_MISMATCH;
	if (SSL_dane_enable(ssl, wish->names[0]) != 1)
		return X509_V_ERR_OUT_OF_MEM;
	SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	for (size_t i = 0; i < wish->tlsa_count; i++) {
		int added = record_add(ssl, &wish->tlsa[i]);

		if (added < 0)
			return X509_V_ERR_OUT_OF_MEM;
		if (added > 0)
			fault = X509_V_OK;
	}
	return fault;
}

const char *
tls_dane_proved(SSL *ssl)
{
	uint8_t usage = 0;

	if (SSL_get0_dane_tlsa(ssl, &usage, NULL, NULL, NULL, NULL) < 0)
		return "";
	return usage == USAGE_EE ? "dane-ee" : "dane-ta";
}
