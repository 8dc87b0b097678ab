/* The PEM files a configuration names, read and checked with libcrypto. */
#include "conf/material.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "auth/dkim_key.h"
#include "base/fatal.h"
#include "base/file.h"
#include "conf/report.h"
#include "mail/notice_template.h"

#define PEM_OCTETS_MAX (4u * 1024 * 1024)
#define RSA_BITS_LEAST 2048		/* RFC 9325 4.5 */
#define DAYS_TO_EXPIRY_WARN 14
#define CERTIFICATES_MAX 4
#define TEMPLATE_OCTETS_MAX (256u * 1024)

struct loading {
	struct material *material;
	const struct settings *settings;
	struct complaints *complaints;
	int kinds[CERTIFICATES_MAX];	/* key types seen, by EVP_PKEY_get_base_id() */
};

const char *
material_read(const char *path, size_t most, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	const char *why = NULL;
	struct stat st;
	ssize_t length = -1;

	if (fd < 0)
		return strerror(errno);
	if (fstat(fd, &st) < 0)
		why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		why = "not a regular file";
	else if ((length = file_read_at(fd, buf_reserve(out, most + 1), most + 1, 0)) < 0)
		why = strerror(errno);
	else if ((size_t)length > most)
		why = "larger than any such file should be";
	else
		buf_commit(out, (size_t)length);
	file_close(&fd);
	return why;
}

bool
material_path(const char *name, const char *file, unsigned line, char *out, struct complaints *complaints)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	struct span credential = span_of(name);

	if (!span_starts(credential, SPAN("credential:"))) {
		snprintf(out, PATH_MAX, "%s", name);
		return true;
	}
	if (folder == NULL || folder[0] != '/') {
		complaints_add(complaints, file, line, "\"%s\": the service manager gave no credentials", name);
		return false;
	}
	snprintf(out, PATH_MAX, "%s/%s", folder, span_skip(credential, strlen("credential:")).data);
	return true;
}

int
material_no_passphrase(char *out, int size, int writing, void *was_asked)
{
	(void)out;
	(void)size;
	(void)writing;
	*(bool *)was_asked = true;
	return -1;
}

struct stack_st_X509 *
material_certificates(struct span text, bool *is_damaged)
{
	BIO *in = BIO_new_mem_buf(text.data, (int)text.length);
	STACK_OF(X509) *stack = sk_X509_new_null();
	X509 *certificate;

	ERR_clear_error();
	while ((certificate = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL)
		sk_X509_push(stack, certificate);
	*is_damaged = ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE;
	ERR_clear_error();
	BIO_free(in);
	if (sk_X509_num(stack) > 0)
		return stack;
	sk_X509_free(stack);
	return NULL;
}

/* The same; NULL with a complaint as well when one is damaged. */
static STACK_OF(X509) *
certificates_read(struct span text, const char *path, struct complaints *complaints)
{
	bool is_damaged;
	STACK_OF(X509) *stack = material_certificates(text, &is_damaged);

	if (stack != NULL && !is_damaged)
		return stack;
	complaints_add(complaints, path, 0, is_damaged ? "a certificate in it is damaged" : "there is no certificate in it");
	sk_X509_pop_free(stack, X509_free);
	return NULL;
}

/* What was written to a memory BIO, which is freed. */
static char *
bio_take(BIO *bio)
{
	char *data, *copy;
	long length = BIO_get_mem_data(bio, &data);

	copy = must_copy(data, (size_t)length);
	BIO_free(bio);
	return copy;
}

static char *
certificates_write(STACK_OF(X509) *stack)
{
	BIO *out = BIO_new(BIO_s_mem());

	for (int i = 0; i < sk_X509_num(stack); i++)
		if (PEM_write_bio_X509(out, sk_X509_value(stack, i)) != 1)
			fatal("cannot write a certificate");
	return bio_take(out);
}

static char *
key_write(const EVP_PKEY *key)
{
	BIO *out = BIO_new(BIO_s_secmem());

	if (PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) != 1)
		fatal("cannot write a private key");
	return bio_take(out);
}

/* The private key of a text, freed by the caller. NULL with a complaint. */
static EVP_PKEY *
key_read(struct span text, const char *path, struct complaints *complaints)
{
	BIO *in = BIO_new_mem_buf(text.data, (int)text.length);
	bool was_asked = false;
	EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, material_no_passphrase, &was_asked);
	/* OpenSSL has one error for both. */
	bool is_absent = text.length == 0 || memmem(text.data, text.length, "PRIVATE KEY-----", 16) == NULL;

	ERR_clear_error();
	BIO_free(in);
	if (key == NULL)
		complaints_add(complaints, path, 0, "%s", was_asked ? "its private key is encrypted: it has to be in clear" :
		    is_absent ? "there is no private key in it" : "its private key is damaged");
	return key;
}

static void
permissions_check(const char *path, struct complaints *complaints)
{
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & (S_IROTH | S_IWOTH)) != 0)
		complaints_warn(complaints, path, 0, "it has a private key and is open to everybody (mode %04o)",
		    (unsigned)(st.st_mode & 07777));
}

static void
dates_check(X509 *leaf, const char *path, struct complaints *complaints)
{
	int days = 0, seconds = 0;

	if (X509_cmp_current_time(X509_get0_notBefore(leaf)) > 0)
		complaints_warn(complaints, path, 0, "the certificate is not valid yet");
	else if (X509_cmp_current_time(X509_get0_notAfter(leaf)) < 0)
		complaints_warn(complaints, path, 0, "the certificate has expired");
	else if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(leaf)) == 1 && days < DAYS_TO_EXPIRY_WARN)
		complaints_warn(complaints, path, 0, "the certificate expires in %d days", days);
}

static void
name_check(X509 *leaf, const char *hostname, const char *path, struct complaints *complaints)
{
	if (X509_check_host(leaf, hostname, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) != 1)
		complaints_warn(complaints, path, 0, "the certificate is not for %s: hosts that check it will not deliver",
		    hostname);
}

/* RSA or ECDSA, strong enough, and no two of one kind (OpenSSL would use only one of them). */
static bool
kind_check(struct loading *loading, size_t i, const EVP_PKEY *key, const char *path)
{
	int kind = EVP_PKEY_get_base_id(key);

	loading->kinds[i] = kind;
	if (kind != EVP_PKEY_RSA && kind != EVP_PKEY_EC) {
		complaints_add(loading->complaints, path, 0, "its key is neither RSA nor ECDSA");
		return false;
	}
	if (kind == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) < RSA_BITS_LEAST) {
		complaints_add(loading->complaints, path, 0, "its RSA key has %d bits; %d are the least",
		    EVP_PKEY_get_bits(key), RSA_BITS_LEAST);
		return false;
	}
	for (size_t j = 0; j < i; j++)
		if (loading->kinds[j] == kind) {
			complaints_add(loading->complaints, path, 0, "a second certificate with a key of this kind (%s)",
			    kind == EVP_PKEY_RSA ? "RSA" : "ECDSA");
			return false;
		}
	return true;
}

/* Whether the octets were read; else complain where the configuration names the file. */
static bool
file_read(struct loading *loading, const char *key, const char *path, struct buf *out)
{
	const char *why;

	buf_init(out, PEM_OCTETS_MAX + 1);
	why = material_read(path, PEM_OCTETS_MAX, out);
	if (why != NULL)
		complaints_add(loading->complaints, loading->settings->file, settings_line(loading->settings, key),
		    "%s: %s: %s", key, path, why);
	return why == NULL;
}

/* A certificate and its key, which may be in the same file. Complains, or adds both to the material. */
static void
credential_load(struct loading *loading, size_t i, const char *path, const char *key_path)
{
	struct buf text, key_text;
	STACK_OF(X509) *stack = NULL;
	EVP_PKEY *key = NULL;

	buf_init(&key_text, 1);
	if (file_read(loading, "certificate", path, &text) &&
	    (strcmp(path, key_path) == 0 || file_read(loading, "key", key_path, &key_text))) {
		stack = certificates_read(buf_span(&text), path, loading->complaints);
		key = key_read(buf_span(strcmp(path, key_path) == 0 ? &text : &key_text), key_path, loading->complaints);
	}
	if (stack != NULL && key != NULL && kind_check(loading, i, key, path)) {
		X509 *leaf = sk_X509_value(stack, 0);

		if (X509_check_private_key(leaf, key) != 1)
			complaints_add(loading->complaints, key_path, 0, "the private key does not belong to the certificate");
		dates_check(leaf, path, loading->complaints);
		name_check(leaf, loading->settings->hostname, path, loading->complaints);
		permissions_check(key_path, loading->complaints);
		loading->material->certificates.items[loading->material->certificates.count++] = certificates_write(stack);
		loading->material->keys.items[loading->material->keys.count++] = key_write(key);
	}
	ERR_clear_error();
	sk_X509_pop_free(stack, X509_free);
	EVP_PKEY_free(key);
	buf_wipe(&text);
	buf_wipe(&key_text);
}

static void
credentials_load(struct loading *loading, const char *self_signed)
{
	const struct settings *settings = loading->settings;
	struct material *material = loading->material;
	unsigned line = settings_line(settings, "certificate"), key_line = settings_line(settings, "key");

	material->certificates.items = must_alloc(CERTIFICATES_MAX * sizeof(char *));
	material->keys.items = must_alloc(CERTIFICATES_MAX * sizeof(char *));
	if (settings->certificate.count > CERTIFICATES_MAX) {
		complaints_add(loading->complaints, settings->file, line, "certificate: more than one for each kind of key");
		return;
	}
	if (settings->certificate.count == 0 && self_signed != NULL)
		credential_load(loading, 0, self_signed, self_signed);
	for (size_t i = 0; i < settings->certificate.count; i++) {
		const char *key = settings->key.count > 0 ? settings->key.items[i] : settings->certificate.items[i];
		char path[PATH_MAX], key_path[PATH_MAX];

		if (material_path(settings->certificate.items[i], settings->file, line, path, loading->complaints) &&
		    material_path(key, settings->file, key_line, key_path, loading->complaints))
			credential_load(loading, i, path, key_path);
	}
}

/* Where systems keep the authorities they trust; the first that is there counts. NULL = none is. */
static const char *
system_trust(void)
{
	const char *const places[] = {
		"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem", X509_get_default_cert_file()
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (access(places[i], R_OK) == 0)
			return places[i];
	return NULL;
}

/* Fills path (PATH_MAX octets). Returns false with a complaint. */
static bool
trust_path(struct loading *loading, char *path)
{
	const struct settings *settings = loading->settings;
	unsigned line = settings_line(settings, "trust");
	const char *found;

	if (strcmp(settings->trust, "system") != 0)
		return material_path(settings->trust, settings->file, line, path, loading->complaints);
	found = system_trust();
	if (found == NULL)
		complaints_add(loading->complaints, settings->file, line, "trust: this system has no authorities: "
		    "install them (package ca-certificates), or name a file");
	else
		snprintf(path, PATH_MAX, "%s", found);
	return found != NULL;
}

static void
trust_load(struct loading *loading)
{
	char path[PATH_MAX];
	STACK_OF(X509) *stack;
	struct buf text;

	if (!trust_path(loading, path))
		return;
	if (file_read(loading, "trust", path, &text)) {
		stack = certificates_read(buf_span(&text), path, loading->complaints);
		if (stack != NULL)
			loading->material->trust = certificates_write(stack);
		sk_X509_pop_free(stack, X509_free);
	}
	buf_clear(&text);
}

static void
dkim_key_load(struct loading *loading, const char *path)
{
	struct dkim_key *key = NULL;
	const char *why;
	struct buf text;

	if (file_read(loading, "dkim.keys", path, &text)) {
		why = dkim_key_read(buf_span(&text), &key);
		if (why != NULL)
			complaints_add(loading->complaints, path, 0, "%s", why);
		else
			permissions_check(path, loading->complaints);
		dkim_key_free(&key);
	}
	loading->material->dkim_keys.items[loading->material->dkim_keys.count++] = must_copy(buf_span(&text).data, buf_length(&text));
	buf_wipe(&text);
}

static void
dkim_load(struct loading *loading)
{
	const struct settings *settings = loading->settings;
	unsigned line = settings_line(settings, "dkim.keys");
	char path[PATH_MAX];

	loading->material->dkim_keys.items = must_alloc(DKIM_KEYS * sizeof(char *));
	for (size_t i = 0; i < settings->dkim_keys.count && i < DKIM_KEYS; i++)
		if (material_path(settings->dkim_keys.items[i], settings->file, line, path, loading->complaints))
			dkim_key_load(loading, path);
}

/* The one that comes with the relay may be missing as long as nobody asked for notices: then none can be shown. */
static void
template_load(struct loading *loading)
{
	const struct settings *settings = loading->settings;
	unsigned line = settings_line(settings, "notices.template");
	bool is_needed = line != 0 || settings->notices_mode == CONF_NOTICES_ON;
	const char *why;
	char path[PATH_MAX], wrong[200];
	struct buf text;

	if (settings->notices_mode == CONF_NOTICES_OFF || settings->notices_template[0] == '\0' ||
	    !material_path(settings->notices_template, settings->file, line, path, loading->complaints))
		return;
	buf_init(&text, TEMPLATE_OCTETS_MAX + 1);
	why = material_read(path, TEMPLATE_OCTETS_MAX, &text);
	if (why == NULL && !notice_template_is_good(buf_span(&text), wrong, sizeof(wrong)))
		complaints_add(loading->complaints, path, 0, "%s", wrong);
	else if (why == NULL)
		loading->material->notices_template = must_copy(buf_span(&text).data, buf_length(&text));
	else if (is_needed)
		complaints_add(loading->complaints, settings->file, line != 0 ? line : settings_line(settings, "notices.from"),
		    "notices.template: %s: %s", path, why);
	else if (settings_line(settings, "notices.mode") != 0)
		complaints_warn(loading->complaints, settings->file, settings_line(settings, "notices.mode"),
		    "notices.template: %s: %s: notices are not composed", path, why);
	buf_clear(&text);
}

bool
material_load(struct material *material, const struct settings *settings, const char *self_signed,
    struct complaints *complaints)
{
	struct loading loading = { .material = material, .settings = settings, .complaints = complaints };
	size_t errors = complaints->errors;

	memset(material, 0, sizeof(*material));
	credentials_load(&loading, self_signed);
	trust_load(&loading);
	dkim_load(&loading);
	template_load(&loading);
	return complaints->errors == errors;
}

void
material_clear(struct material *material)
{
	static const struct conf_field fields[] = {
		{ "certificates", CONF_LIST, offsetof(struct material, certificates) },
		{ "keys", CONF_LIST, offsetof(struct material, keys) },
		{ "trust", CONF_TEXT, offsetof(struct material, trust) },
		{ "dkim_keys", CONF_LIST, offsetof(struct material, dkim_keys) },
		{ "notices_template", CONF_TEXT, offsetof(struct material, notices_template) }, { NULL }
	};
	static const struct conf_slice table = { "material", sizeof(struct material), fields };

	conf_clear(&table, material);
}

bool
material_is_for(const char *path, const char *hostname)
{
	FILE *file = fopen(path, "re");
	X509 *leaf = file == NULL ? NULL : PEM_read_X509(file, NULL, NULL, NULL);
	bool is_for = leaf != NULL && X509_check_host(leaf, hostname, 0, 0, NULL) == 1;

	X509_free(leaf);
	ERR_clear_error();
	if (file != NULL)
		fclose(file);
	return is_for;
}

int64_t
material_expires_s(struct span text)
{
	bool is_damaged;
	STACK_OF(X509) *stack = material_certificates(text, &is_damaged);
	struct tm end;
	int64_t expires = 0;

	if (stack != NULL && ASN1_TIME_to_tm(X509_get0_notAfter(sk_X509_value(stack, 0)), &end) == 1)
		expires = timegm(&end);
	sk_X509_pop_free(stack, X509_free);
	return expires;
}
