/*
 * The keys that seal a server's session tickets (RFC 5077 4, RFC 8446 4.6.1). A key seals for half a
 * day, opens for as long as a ticket lives after that, and is then overwritten: a stolen key opens
 * little (RFC 9325 3.4). Tickets carry the client's certificate, so what it proved is known on resumption.
 */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/random.h"
#include "internal.h"
#include "loop/clock.h"

#define SEALS_S (12 * 3600)	/* a key seals for this long */
#define TICKET_S (2 * 3600)	/* a ticket lives this long */
#define NAME_OCTETS 16

struct ticket_key {
	unsigned char name[NAME_OCTETS];
	unsigned char cipher[32], mac[32];
	int64_t made_s;			/* since the epoch; 0 = no key */
};

struct ticket_keys {
	struct ticket_key current, former;
};

static void
key_make(struct ticket_key *key, int64_t now_s)
{
	random_bytes(key, sizeof(*key));
	key->made_s = now_s;
}

/* Bring the keys up to date: at most two exist, and none that no living ticket needs. */
static void
keys_turn(struct ticket_keys *keys, int64_t now_s)
{
	int64_t age_s = now_s - keys->current.made_s;

	if (age_s < 0 || age_s >= SEALS_S) {
		keys->former = keys->current;
		key_make(&keys->current, now_s);
	}
	age_s = now_s - keys->former.made_s;
	if (age_s < 0 || age_s >= SEALS_S + TICKET_S)
		OPENSSL_cleanse(&keys->former, sizeof(keys->former));
}

static bool
key_apply(const struct ticket_key *key, const unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int sealing)
{
	char digest[] = "SHA256";
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)(uintptr_t)key->mac, sizeof(key->mac)),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end()
	};

	return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher, iv, sealing) == 1 &&
	    EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

/* OpenSSL seals (sealing = 1) or opens a ticket: 1 = go on, 0 = no such key, 2 = go on and issue a new one, < 0 failed. */
static int
on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int sealing)
{
	struct ticket_keys *keys = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	const struct ticket_key *key = &keys->current;

	keys_turn(keys, clock_wall());
	if (sealing) {
		memcpy(name, key->name, NAME_OCTETS);
		random_bytes(iv, (size_t)EVP_CIPHER_get_iv_length(EVP_aes_256_cbc()));
		return key_apply(key, iv, cipher, mac, 1) ? 1 : -1;
	}
	if (memcmp(name, key->name, NAME_OCTETS) != 0)
		key = &keys->former;
	if (key->made_s == 0 || memcmp(name, key->name, NAME_OCTETS) != 0)
		return 0;
	if (!key_apply(key, iv, cipher, mac, 0))
		return -1;
	return key == &keys->current && SSL_version(ssl) < TLS1_3_VERSION ? 1 : 2;
}

struct ticket_keys *
tls_ticket_keys_new(SSL_CTX *ssl)
{
	struct ticket_keys *keys = must_alloc(sizeof(*keys));

	key_make(&keys->current, clock_wall());
	SSL_CTX_set_app_data(ssl, keys);
	SSL_CTX_set_timeout(ssl, TICKET_S);
	SSL_CTX_set_tlsext_ticket_key_evp_cb(ssl, on_ticket);
	return keys;
}

void
tls_ticket_keys_free(struct ticket_keys **keys)
{
	if (*keys == NULL)
		return;
	OPENSSL_cleanse(*keys, sizeof(**keys));
	free(*keys);
	*keys = NULL;
}
