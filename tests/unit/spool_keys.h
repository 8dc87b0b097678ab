/*
 * The key pair of a spool, made once: before Check has a process for each test, as it takes longer than most tests. For one file of a
 * program.
 */
#ifndef TESTS_UNIT_SPOOL_KEYS_H
#define TESTS_UNIT_SPOOL_KEYS_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "base/span.h"

static BIO *spool_public_pem, *spool_private_pem;

/* What was written to it; borrowed. */
static inline struct span
spool_pem(BIO *bio)
{
	char *data;
	long length = BIO_get_mem_data(bio, &data);

	return span_make(data, (size_t)length);
}

static inline BIO *
spool_private_key_make(EVP_PKEY *key)
{
	BIO *pem = BIO_new(BIO_s_mem());

	if (PEM_write_bio_PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL) != 1)
		abort();
	return pem;
}

__attribute__((constructor)) static void
spool_keys_make(void)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);

	spool_public_pem = BIO_new(BIO_s_mem());
	spool_private_pem = spool_private_key_make(key);
	if (PEM_write_bio_PUBKEY(spool_public_pem, key) != 1)
		abort();
	EVP_PKEY_free(key);
}

#endif
