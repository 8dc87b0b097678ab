/*
 * Contexts: the floor of RFC 9325, and lists within it. Whatever the lists say is applied first and
 * measured after, so that no spelling of OpenSSL's list language gets below.
 */
#include "tls/context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "internal.h"

#define RSA_BITS_LEAST 2048	/* RFC 9325 4.5 */
#define CIPHER_BITS_LEAST 128

#define DEFAULT_CIPHERS "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:" \
	"ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
#define DEFAULT_CIPHERSUITES "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
#define DEFAULT_GROUPS "X25519:P-256:P-384"

/* No SHA-1, no MD5, no DSA (RFC 9155, RFC 9325 4.2). */
#define SIGNATURES "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:" \
	"rsa_pss_rsae_sha512:rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512"

/* The groups that may be named, as operators and OpenSSL spell them; hybrids where the library has them. */
static const char *const groups_allowed[] = { "X25519", "X448", "P-256", "P-384", "P-521", "prime256v1", "secp256r1",
	"secp384r1", "secp521r1", "X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024" };

static uint64_t contexts_made;

void
tls_prepare(void)
{
	if (OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CONFIG, NULL) != 1)
		fatal("OpenSSL cannot be initialised");
}

/* A sentence for the operator, with OpenSSL's first complaint behind it. */
__attribute__((format(printf, 3, 4))) static bool
refuse(char *why, size_t size, const char *format, ...)
{
	unsigned long error = ERR_get_error();
	const char *reason = error == 0 ? NULL : ERR_reason_error_string(error);
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(why, size, format, arguments);
	va_end(arguments);
	if (reason != NULL && length >= 0 && (size_t)length < size)
		snprintf(why + length, size - (size_t)length, ": %s", reason);
	ERR_clear_error();
	return false;
}

static const char *
choice(const char *chosen, const char *otherwise)
{
	return chosen == NULL || *chosen == '\0' ? otherwise : chosen;
}

static bool
group_is_allowed(struct span name)
{
	for (size_t i = 0; i < sizeof(groups_allowed) / sizeof(*groups_allowed); i++)
		if (span_equal_nocase(name, span_of(groups_allowed[i])))
			return true;
	return false;
}

static bool
groups_apply(SSL_CTX *ssl, const char *list, char *why, size_t size)
{
	struct span rest = span_of(list), name;

	while (span_cut(&rest, ':', &name))
		if (!group_is_allowed(name))
			return refuse(why, size, "\"%.*s\" is not a group that may be used", SPAN_ARG(name));
	if (!tls_set_groups(ssl, list))
		return refuse(why, size, "the groups \"%s\" are not known to OpenSSL", list);
	return true;
}

/* What is wrong with a suite, or NULL (RFC 9325 4.1: forward secrecy and AEAD). */
static const char *
cipher_fault(const SSL_CIPHER *cipher)
{
	int exchange = SSL_CIPHER_get_kx_nid(cipher), authentication = SSL_CIPHER_get_auth_nid(cipher);

	if (!SSL_CIPHER_is_aead(cipher))
		return "is not an AEAD";
	if (exchange != NID_kx_ecdhe && exchange != NID_kx_any)
		return "has no forward secrecy by elliptic curves";
	if (authentication != NID_auth_rsa && authentication != NID_auth_ecdsa && authentication != NID_auth_any)
		return "does not authenticate the server by a certificate";
	if (SSL_CIPHER_get_bits(cipher, NULL) < CIPHER_BITS_LEAST)
		return "is weaker than 128 bits";
	if (strstr(SSL_CIPHER_standard_name(cipher), "CCM_8") != NULL)
		return "has an authentication tag of 64 bits only";
	return NULL;
}

static bool
ciphers_apply(SSL_CTX *ssl, const struct tls_choices *choices, char *why, size_t size)
{
	const char *ciphers = choice(choices->ciphers, DEFAULT_CIPHERS);
	const char *suites = choice(choices->ciphersuites, DEFAULT_CIPHERSUITES);
	STACK_OF(SSL_CIPHER) *result;

	if (SSL_CTX_set_cipher_list(ssl, ciphers) != 1)
		return refuse(why, size, "the ciphers \"%s\" are not known to OpenSSL", ciphers);
	if (SSL_CTX_set_ciphersuites(ssl, suites) != 1)
		return refuse(why, size, "the ciphersuites \"%s\" are not known to OpenSSL", suites);
	result = SSL_CTX_get_ciphers(ssl);
	for (int i = 0; i < sk_SSL_CIPHER_num(result); i++) {
		const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(result, i);
		const char *fault = cipher_fault(cipher);

		if (fault != NULL)
			return refuse(why, size, "the cipher %s %s", SSL_CIPHER_get_name(cipher), fault);
	}
	return true;
}

/* What both sides have in common. Options come last: a list may carry commands of its own ("@SECLEVEL=0"). */
static bool
floor_apply(SSL_CTX *ssl, const struct tls_choices *choices, char *why, size_t size)
{
	if (!ciphers_apply(ssl, choices, why, size) ||
	    !groups_apply(ssl, choice(choices->groups, DEFAULT_GROUPS), why, size))
		return false;
	if (!tls_set_signatures(ssl, SIGNATURES) || SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_max_proto_version(ssl, 0) != 1)
		return refuse(why, size, "OpenSSL refuses the floor of TLS 1.2");
	SSL_CTX_set_security_level(ssl, 2);
	SSL_CTX_clear_options(ssl, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION |
	    SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3 | SSL_OP_NO_EXTENDED_MASTER_SECRET);
	SSL_CTX_set_options(ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
	    SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_max_early_data(ssl, 0);
	SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(ssl, 1);
	return true;
}

static struct tls_context *
context_wrap(SSL_CTX *ssl)
{
	struct tls_context *context = must_alloc(sizeof(*context));

	context->ssl = ssl;
	context->holders = 1;
	context->number = ++contexts_made;
	return context;
}

static SSL_CTX *
ssl_new(const SSL_METHOD *method)
{
	SSL_CTX *ssl;

	tls_prepare();
	ssl = SSL_CTX_new(method);
	if (ssl == NULL)
		fatal("OpenSSL cannot make a context");
	return ssl;
}

static BIO *
pem_open(struct span pem)
{
	BIO *bio = BIO_new_mem_buf(pem.length == 0 ? "" : pem.data, (int)pem.length);

	if (bio == NULL)
		fatal("out of memory for a PEM text");
	return bio;
}

/* Keys are never asked for a passphrase at a terminal. */
static int
no_passphrase(char *out, int size, int is_writing, void *arg)
{
	(void)out;
	(void)size;
	(void)is_writing;
	(void)arg;
	return -1;
}

/* All certificates of a PEM text, in order; the end of the text is not an error. */
static STACK_OF(X509) *
certificates_read(struct span pem, char *why, size_t size)
{
	STACK_OF(X509) *all = sk_X509_new_null();
	BIO *bio = pem_open(pem);
	X509 *certificate;

	while ((certificate = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)) != NULL)
		sk_X509_push(all, certificate);
	BIO_free(bio);
	if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE)
		ERR_clear_error();
	if (ERR_peek_error() == 0 && sk_X509_num(all) > 0)
		return all;
	if (sk_X509_num(all) == 0)
		refuse(why, size, "no certificate in the PEM text");
	else
		refuse(why, size, "the certificate behind number %d in the PEM text", sk_X509_num(all));
	sk_X509_pop_free(all, X509_free);
	return NULL;
}

static EVP_PKEY *
key_read(struct span pem, char *why, size_t size)
{
	BIO *bio = pem_open(pem);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);

	BIO_free(bio);
	if (key == NULL)
		refuse(why, size, "no usable private key in the PEM text");
	return key;
}

/* Give the context one leaf with its key and intermediates. */
static bool
credential_use(SSL_CTX *ssl, STACK_OF(X509) *chain, EVP_PKEY *key, char *why, size_t size)
{
	X509 *leaf = sk_X509_shift(chain);
	bool done = false;

	if (X509_check_private_key(leaf, key) != 1)
		refuse(why, size, "the private key does not belong to the certificate");
	else if (EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) < RSA_BITS_LEAST)
		refuse(why, size, "an RSA key of %d bits: %d are the least", EVP_PKEY_get_bits(key), RSA_BITS_LEAST);
	else if (SSL_CTX_use_certificate(ssl, leaf) != 1 || SSL_CTX_use_PrivateKey(ssl, key) != 1 ||
	    SSL_CTX_set1_chain(ssl, chain) != 1)
		refuse(why, size, "the certificate cannot be used");
	else
		done = true;
	X509_free(leaf);
	return done;
}

static bool
credential_apply(SSL_CTX *ssl, const struct tls_credential *credential, char *why, size_t size)
{
	STACK_OF(X509) *chain = certificates_read(credential->certificate, why, size);
	EVP_PKEY *key = chain == NULL ? NULL : key_read(credential->key, why, size);
	bool done = key != NULL && credential_use(ssl, chain, key, why, size);

	sk_X509_pop_free(chain, X509_free);
	EVP_PKEY_free(key);
	return done;
}

/* Is there already a certificate with this one's type of key? The later would silently take its place. */
static bool
credential_is_second(SSL_CTX *ssl, const struct tls_credential *credential)
{
	char ignored[1];
	EVP_PKEY *key = key_read(credential->key, ignored, sizeof(ignored));
	bool found = false;

	for (long at = SSL_CTX_set_current_cert(ssl, SSL_CERT_SET_FIRST); key != NULL && at == 1 && !found;
	    at = SSL_CTX_set_current_cert(ssl, SSL_CERT_SET_NEXT)) {
		EVP_PKEY *other = SSL_CTX_get0_privatekey(ssl);

		found = other != NULL && EVP_PKEY_is_a(key, EVP_PKEY_get0_type_name(other));
	}
	EVP_PKEY_free(key);
	return found;
}

static bool
credentials_apply(SSL_CTX *ssl, const struct tls_credential *credentials, size_t count, char *why, size_t size)
{
	if (count == 0)
		return refuse(why, size, "no certificate");
	for (size_t i = 0; i < count; i++) {
		if (credential_is_second(ssl, &credentials[i]))
			return refuse(why, size, "two certificates with keys of one type");
		if (!credential_apply(ssl, &credentials[i], why, size))
			return false;
	}
	return true;
}

/* Clients that offer protocols, and none of ours, were led here by someone else (RFC 9325 3.8). */
static int
protocol_select(SSL *ssl, const unsigned char **out, unsigned char *length, const unsigned char *offered,
    unsigned offered_length, void *unused)
{
	static const unsigned char ours[] = { 4, 's', 'm', 't', 'p' };
	unsigned char *selected;

	(void)ssl;
	(void)unused;
	if (SSL_select_next_proto(&selected, length, ours, sizeof(ours), offered, offered_length) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = selected;
	return SSL_TLSEXT_ERR_OK;
}

/* A client's certificate is only asked for its fingerprint; that it has the key is proved by the handshake. */
static int
client_certificate_accept(X509_STORE_CTX *store, void *unused)
{
	(void)unused;
	X509_STORE_CTX_set_error(store, X509_V_OK);
	return 1;
}

static void
server_options(struct tls_context *context, bool tickets, bool request_certificate)
{
	static const unsigned char scope[] = "sealpost";

	SSL_CTX_set_session_cache_mode(context->ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_session_id_context(context->ssl, scope, sizeof(scope));
	SSL_CTX_set_num_tickets(context->ssl, tickets ? 1 : 0);
	if (tickets)
		context->tickets = tls_ticket_keys_new(context->ssl);
	else
		SSL_CTX_set_options(context->ssl, SSL_OP_NO_TICKET);
	SSL_CTX_set_alpn_select_cb(context->ssl, protocol_select, NULL);
	if (request_certificate) {
		SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER, NULL);
		SSL_CTX_set_cert_verify_callback(context->ssl, client_certificate_accept, NULL);
	}
}

struct tls_context *
tls_context_server(const struct tls_credential *credentials, size_t count, const struct tls_choices *choices,
    bool tickets, bool request_certificate, char *why, size_t size)
{
	SSL_CTX *ssl = ssl_new(TLS_server_method());
	struct tls_context *context;

	if (!floor_apply(ssl, choices, why, size) || !credentials_apply(ssl, credentials, count, why, size)) {
		SSL_CTX_free(ssl);
		return NULL;
	}
	/* The first is what is current when a client's wishes leave the choice open. */
	SSL_CTX_set_current_cert(ssl, SSL_CERT_SET_FIRST);
	context = context_wrap(ssl);
	server_options(context, tickets, request_certificate);
	return context;
}

/* Whatever the operator puts in the trust file is an anchor, a root or not. */
static bool
trust_apply(SSL_CTX *ssl, struct span trust, char *why, size_t size)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ssl);
	STACK_OF(X509) *all = certificates_read(trust, why, size);

	if (all == NULL)
		return false;
	for (int i = 0; i < sk_X509_num(all); i++)
		X509_STORE_add_cert(store, sk_X509_value(all, i));
	sk_X509_pop_free(all, X509_free);
	X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
	ERR_clear_error();	/* the same authority twice is no error */
	return true;
}

struct tls_context *
tls_context_client(struct span trust, const struct tls_choices *choices, char *why, size_t size)
{
	SSL_CTX *ssl = ssl_new(TLS_client_method());

	if (!floor_apply(ssl, choices, why, size) || !trust_apply(ssl, trust, why, size)) {
		SSL_CTX_free(ssl);
		return NULL;
	}
	if (!tls_dane_prepare(ssl)) {
		refuse(why, size, "OpenSSL cannot look at TLSA records");
		SSL_CTX_free(ssl);
		return NULL;
	}
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ssl, tls_session_made);
	SSL_CTX_set_cert_verify_callback(ssl, tls_certificate_judge, NULL);
	return context_wrap(ssl);
}

bool
tls_context_lend(const struct tls_context *client, const struct tls_choices *choices, SSL_CTX *other)
{
	char why[200];

	if (!floor_apply(other, choices, why, sizeof(why)))
		return false;
	/* Who reads by SSL_pending() must not be left with octets that it does not count. */
	SSL_CTX_set_read_ahead(other, 0);
	SSL_CTX_set1_cert_store(other, SSL_CTX_get_cert_store(client->ssl));
	return true;
}

struct tls_context *
tls_context_hold(struct tls_context *context)
{
	context->holders++;
	return context;
}

void
tls_context_free(struct tls_context **handle)
{
	struct tls_context *context = *handle;

	*handle = NULL;
	if (context == NULL || --context->holders > 0)
		return;
	SSL_CTX_free(context->ssl);
	tls_ticket_keys_free(&context->tickets);
	free(context);
}
