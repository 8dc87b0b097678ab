/* RSA and Ed25519 keys of DKIM, by OpenSSL's EVP (RFC 8301, RFC 8463). */
#include "auth/dkim_key.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "internal.h"

#define PUBLIC_OCTETS_MAX 640	/* DER of an RSA key of 4096 bits: 550 */

struct kind {
	const char *type, *algorithm, *openssl;
	EVP_PKEY *(*make)(unsigned bits);
	size_t (*sign)(EVP_PKEY *pair, const unsigned char *digest, unsigned char *out);
	size_t (*public_octets)(const EVP_PKEY *pair, unsigned char out[PUBLIC_OCTETS_MAX]);
};

struct dkim_key {
	EVP_PKEY *pair;
	const struct kind *kind;
};

static EVP_PKEY *
rsa_make(unsigned bits)
{
	return EVP_RSA_gen(bits);
}

/* RSASSA-PKCS1-v1_5 of a SHA-256 digest (RFC 6376 3.3.1). */
static size_t
rsa_sign(EVP_PKEY *pair, const unsigned char *digest, unsigned char *out)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pair, NULL);
	size_t length = DKIM_SIGNATURE_MAX;

	if (context == NULL || EVP_PKEY_sign_init(context) != 1 || EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) != 1 ||
	    EVP_PKEY_sign(context, out, &length, digest, DKIM_DIGEST_OCTETS) != 1)
		fatal("cannot sign with an RSA key");
	EVP_PKEY_CTX_free(context);
	return length;
}

/* A SubjectPublicKeyInfo, as everybody publishes it and RFC 6376's own example does (appendix C). */
static size_t
rsa_public(const EVP_PKEY *pair, unsigned char *out)
{
	int length = i2d_PUBKEY(pair, NULL);

	if (length <= 0 || length > PUBLIC_OCTETS_MAX || i2d_PUBKEY(pair, &out) != length)
		fatal("cannot encode a public key");
	return (size_t)length;
}

static EVP_PKEY *
ed25519_make(unsigned bits)
{
	(void)bits;
	return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

/* PureEdDSA of the digest, as if it were the message (RFC 8463 3). */
static size_t
ed25519_sign(EVP_PKEY *pair, const unsigned char *digest, unsigned char *out)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t length = DKIM_SIGNATURE_MAX;

	if (context == NULL || EVP_DigestSignInit(context, NULL, NULL, NULL, pair) != 1 ||
	    EVP_DigestSign(context, out, &length, digest, DKIM_DIGEST_OCTETS) != 1)
		fatal("cannot sign with an Ed25519 key");
	EVP_MD_CTX_free(context);
	return length;
}

/* The 32 octets as they are (RFC 8463 4). */
static size_t
ed25519_public(const EVP_PKEY *pair, unsigned char *out)
{
	size_t length = PUBLIC_OCTETS_MAX;

	if (EVP_PKEY_get_raw_public_key(pair, out, &length) != 1)
		fatal("cannot encode a public key");
	return length;
}

static const struct kind kinds[] = {
	{ "rsa", "rsa-sha256", "RSA", rsa_make, rsa_sign, rsa_public },
	{ "ed25519", "ed25519-sha256", "ED25519", ed25519_make, ed25519_sign, ed25519_public },
};
#define KINDS (sizeof(kinds) / sizeof(*kinds))

struct dkim_key *
dkim_key_of(EVP_PKEY *pair)
{
	for (size_t i = 0; i < KINDS; i++)
		if (EVP_PKEY_is_a(pair, kinds[i].openssl)) {
			struct dkim_key *key = must_alloc(sizeof(*key));

			*key = (struct dkim_key){ pair, &kinds[i] };
			return key;
		}
	EVP_PKEY_free(pair);
	return NULL;
}

/* An encrypted key must not make OpenSSL ask the terminal. */
static int
no_passphrase(char *out, int size, int writing, void *was_asked)
{
	(void)out;
	(void)size;
	(void)writing;
	*(bool *)was_asked = true;
	return -1;
}

static EVP_PKEY *
pair_read(struct span pem, bool *was_asked)
{
	BIO *in = pem.length == 0 || pem.length > DKIM_PEM_MAX ? NULL : BIO_new_mem_buf(pem.data, (int)pem.length);
	EVP_PKEY *pair = in == NULL ? NULL : PEM_read_bio_PrivateKey(in, NULL, no_passphrase, was_asked);

	BIO_free(in);
	ERR_clear_error();
	return pair;
}

static bool
is_size_good(const struct dkim_key *key)
{
	unsigned bits = dkim_key_bits(key);

	return key->kind->sign != rsa_sign || (bits >= DKIM_RSA_BITS_LEAST && bits <= DKIM_RSA_BITS_MOST);
}

const char *
dkim_key_read(struct span pem, struct dkim_key **key)
{
	bool was_asked = false;
	EVP_PKEY *pair = pair_read(pem, &was_asked);

	*key = pair == NULL ? NULL : dkim_key_of(pair);
	if (was_asked)
		return "its private key is encrypted: it has to be in clear";
	if (pair == NULL)
		return "there is no private key in it";
	if (*key == NULL)
		return "its key is neither RSA nor Ed25519: there are no others for DKIM (RFC 8463)";
	if (is_size_good(*key))
		return NULL;
	dkim_key_free(key);
	return "its RSA key has less than 2048 bits, or more than the 4096 that every verifier knows (RFC 8301 3.2)";
}

struct dkim_key *
dkim_key_make(struct span type, unsigned bits)
{
	for (size_t i = 0; i < KINDS; i++) {
		EVP_PKEY *pair;

		if (!span_equal(type, span_of(kinds[i].type)))
			continue;
		pair = kinds[i].make(bits);
		if (pair == NULL)
			fatal("cannot make a key");
		return dkim_key_of(pair);
	}
	return NULL;
}

void
dkim_key_free(struct dkim_key **key)
{
	if (*key == NULL)
		return;
	EVP_PKEY_free((*key)->pair);
	free(*key);
	*key = NULL;
}

void
dkim_key_write(const struct dkim_key *key, struct buf *out)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	char *data;
	long length;

	if (bio == NULL || PEM_write_bio_PrivateKey(bio, key->pair, NULL, NULL, 0, NULL, NULL) != 1)
		fatal("cannot write a private key");
	length = BIO_get_mem_data(bio, &data);
	if (!buf_add(out, span_make(data, (size_t)length)))
		fatal("a private key that does not fit");
	BIO_free(bio);
}

const char *
dkim_key_type(const struct dkim_key *key)
{
	return key->kind->type;
}

const char *
dkim_key_algorithm(const struct dkim_key *key)
{
	return key->kind->algorithm;
}

unsigned
dkim_key_bits(const struct dkim_key *key)
{
	int bits = EVP_PKEY_get_bits(key->pair);

	return bits > 0 ? (unsigned)bits : 0;
}

void
dkim_key_record(const struct dkim_key *key, struct buf *out)
{
	unsigned char octets[PUBLIC_OCTETS_MAX];
	char text[PUBLIC_OCTETS_MAX / 3 * 4 + 5];

	EVP_EncodeBlock((unsigned char *)text, octets, (int)key->kind->public_octets(key->pair, octets));
	if (!buf_printf(out, "v=DKIM1; k=%s; s=*; p=%s", key->kind->type, text))
		fatal("a DKIM record that does not fit");
}

size_t
dkim_key_sign(const struct dkim_key *key, const unsigned char digest[DKIM_DIGEST_OCTETS], unsigned char out[DKIM_SIGNATURE_MAX])
{
	return key->kind->sign(key->pair, digest, out);
}
