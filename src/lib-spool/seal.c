/* AES-256-GCM and RSA-OAEP by OpenSSL's EVP. */
#include "spool/seal.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"

struct seal_pair {
	EVP_PKEY *key;
	unsigned char id[SEAL_KEY_ID_OCTETS];
};

struct seal {
	EVP_CIPHER_CTX *context;
};

static const EVP_CIPHER *
cipher(void)
{
	static EVP_CIPHER *fetched;	/* looked up once: a fetch costs more than sealing a small message */

	if (fetched == NULL)
		fetched = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	if (fetched == NULL)
		fatal("OpenSSL has no AES-256-GCM");
	return fetched;
}

/* An encrypted key must not make OpenSSL ask the terminal. */
static int
no_passphrase(char *out, int size, int writing, void *unused)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)unused;
	return -1;
}

static void
pair_identify(struct seal_pair *pair)
{
	unsigned char digest[SHA256_DIGEST_LENGTH], *der = NULL;
	int length = i2d_PUBKEY(pair->key, &der);

	if (length < 0)
		fatal("cannot encode the spool's public key");
	SHA256(der, (size_t)length, digest);
	memcpy(pair->id, digest, sizeof(pair->id));
	OPENSSL_free(der);
}

static struct seal_pair *
pair_make(EVP_PKEY *key, const char *what, char *why, size_t size)
{
	struct seal_pair *pair;
	int bits = key == NULL ? 0 : EVP_PKEY_get_bits(key);

	ERR_clear_error();
	if (key == NULL || !EVP_PKEY_is_a(key, "RSA") || bits < 2048 || bits > SEAL_WRAPPED_MAX * 8) {
		snprintf(why, size, "not %s RSA key of 2048 to %d bits in PEM", what, SEAL_WRAPPED_MAX * 8);
		EVP_PKEY_free(key);
		return NULL;
	}
	pair = must_alloc(sizeof(*pair));
	pair->key = key;
	pair_identify(pair);
	return pair;
}

static BIO *
pem_open(struct span pem)
{
	BIO *bio = BIO_new_mem_buf(pem.length == 0 ? "" : pem.data, (int)pem.length);

	if (bio == NULL)
		fatal("out of memory for a key");
	return bio;
}

struct seal_pair *
seal_pair_public(struct span pem, char *why, size_t size)
{
	BIO *bio = pem_open(pem);
	EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);

	BIO_free(bio);
	return pair_make(key, "a public", why, size);
}

struct seal_pair *
seal_pair_private(struct span pem, char *why, size_t size)
{
	BIO *bio = pem_open(pem);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);

	BIO_free(bio);
	return pair_make(key, "an unencrypted private", why, size);
}

void
seal_pair_free(struct seal_pair **pair)
{
	if (*pair == NULL)
		return;
	EVP_PKEY_free((*pair)->key);
	free(*pair);
	*pair = NULL;
}

const unsigned char *
seal_pair_id(const struct seal_pair *pair)
{
	return pair->id;
}

static EVP_PKEY_CTX *
oaep_context(const struct seal_pair *pair, int (*init)(EVP_PKEY_CTX *))
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pair->key, NULL);

	if (context == NULL || init(context) <= 0 || EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) <= 0 ||
	    EVP_PKEY_CTX_set_rsa_oaep_md_name(context, "SHA256", NULL) <= 0)
		fatal("OpenSSL cannot do RSA-OAEP");
	return context;
}

size_t
seal_wrap(const struct seal_pair *pair, const unsigned char key[SEAL_KEY_OCTETS], unsigned char out[SEAL_WRAPPED_MAX])
{
	EVP_PKEY_CTX *context = oaep_context(pair, EVP_PKEY_encrypt_init);
	size_t length = SEAL_WRAPPED_MAX;

	if (EVP_PKEY_encrypt(context, out, &length, key, SEAL_KEY_OCTETS) <= 0)
		fatal("OpenSSL cannot wrap a key");
	EVP_PKEY_CTX_free(context);
	return length;
}

bool
seal_unwrap(const struct seal_pair *pair, struct span wrapped, unsigned char key[SEAL_KEY_OCTETS])
{
	EVP_PKEY_CTX *context = oaep_context(pair, EVP_PKEY_decrypt_init);
	unsigned char plain[SEAL_WRAPPED_MAX];
	size_t length = sizeof(plain);
	bool good = EVP_PKEY_decrypt(context, plain, &length, (const unsigned char *)wrapped.data, wrapped.length) > 0 &&
	    length == SEAL_KEY_OCTETS;

	if (good)
		memcpy(key, plain, SEAL_KEY_OCTETS);
	explicit_bzero(plain, sizeof(plain));
	EVP_PKEY_CTX_free(context);
	ERR_clear_error();
	return good;
}

struct seal *
seal_new(void)
{
	struct seal *seal = must_alloc(sizeof(*seal));

	seal->context = EVP_CIPHER_CTX_new();
	if (seal->context == NULL)
		fatal("out of memory for a cipher");
	return seal;
}

void
seal_free(struct seal **seal)
{
	if (*seal == NULL)
		return;
	EVP_CIPHER_CTX_free((*seal)->context);
	free(*seal);
	*seal = NULL;
}

void
seal_set_key(struct seal *seal, const unsigned char key[SEAL_KEY_OCTETS])
{
	/* The direction is said with each nonce; GCM's key set-up is the same for both. */
	if (EVP_EncryptInit_ex2(seal->context, cipher(), key, NULL, NULL) != 1)
		fatal("OpenSSL takes no key");
}

void
seal_octets(struct seal *seal, const unsigned char nonce[SEAL_NONCE_OCTETS], struct span beside, struct span plain, char *out)
{
	unsigned char *to = (unsigned char *)out;
	int length;

	if (EVP_EncryptInit_ex2(seal->context, NULL, NULL, nonce, NULL) != 1 ||
	    EVP_EncryptUpdate(seal->context, NULL, &length, (const unsigned char *)beside.data, (int)beside.length) != 1 ||
	    (plain.length > 0 &&
	    EVP_EncryptUpdate(seal->context, to, &length, (const unsigned char *)plain.data, (int)plain.length) != 1) ||
	    EVP_EncryptFinal_ex(seal->context, to + plain.length, &length) != 1 ||
	    EVP_CIPHER_CTX_ctrl(seal->context, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_OCTETS, to + plain.length) != 1)
		fatal("OpenSSL cannot seal");
}

bool
seal_open(struct seal *seal, const unsigned char nonce[SEAL_NONCE_OCTETS], struct span beside, struct span sealed, char *out)
{
	unsigned char *to = (unsigned char *)out, tag[SEAL_TAG_OCTETS];
	size_t plain;
	int length;
	bool good;

	if (sealed.length < SEAL_TAG_OCTETS)
		return false;
	plain = sealed.length - SEAL_TAG_OCTETS;
	memcpy(tag, sealed.data + plain, sizeof(tag));
	if (EVP_DecryptInit_ex2(seal->context, NULL, NULL, nonce, NULL) != 1 ||
	    EVP_DecryptUpdate(seal->context, NULL, &length, (const unsigned char *)beside.data, (int)beside.length) != 1 ||
	    (plain > 0 &&
	    EVP_DecryptUpdate(seal->context, to, &length, (const unsigned char *)sealed.data, (int)plain) != 1) ||
	    EVP_CIPHER_CTX_ctrl(seal->context, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) != 1)
		fatal("OpenSSL cannot open what was sealed");
	good = EVP_DecryptFinal_ex(seal->context, to + plain, &length) == 1;
	ERR_clear_error();
	return good;
}
