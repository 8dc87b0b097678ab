/* The RSA key that the spool is sealed to. */
#include "keys.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "conf/material.h"
#include "keep.h"

#define KEY_BITS 3072
#define KEY_OCTETS_MAX 65536

static struct {
	char *public_pem, *private_pem;	/* private: NULL while locked */
	char *encrypted;		/* the file's text while locked */
} keys;

static void
secret_free(char **text)
{
	if (*text != NULL)
		explicit_bzero(*text, strlen(*text));
	free(*text);
	*text = NULL;
}

/* What a PEM writer wrote. */
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
public_write(const EVP_PKEY *key)
{
	BIO *out = BIO_new(BIO_s_mem());

	if (PEM_write_bio_PUBKEY(out, key) != 1)
		fatal("cannot write a public key");
	return bio_take(out);
}

static char *
private_write(const EVP_PKEY *key)
{
	BIO *out = BIO_new(BIO_s_secmem());

	if (PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) != 1)
		fatal("cannot write a private key");
	return bio_take(out);
}

struct passphrase {
	struct span text;
	bool was_asked;
};

static int
on_passphrase(char *out, int size, int writing, void *arg)
{
	struct passphrase *passphrase = arg;

	(void)writing;
	passphrase->was_asked = true;
	if (passphrase->text.length == 0 || passphrase->text.length > (size_t)size)
		return -1;
	memcpy(out, passphrase->text.data, passphrase->text.length);
	return (int)passphrase->text.length;
}

/* The key of a PEM text, freed by the caller; NULL when there is none, or the passphrase is not its. */
static EVP_PKEY *
private_read(const char *text, struct passphrase *passphrase)
{
	BIO *in = BIO_new_mem_buf(text, -1);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, on_passphrase, passphrase);

	BIO_free(in);
	ERR_clear_error();
	return key;
}

static EVP_PKEY *
public_read(const char *text)
{
	BIO *in = BIO_new_mem_buf(text, -1);
	EVP_PKEY *key = PEM_read_bio_PUBKEY(in, NULL, NULL, NULL);

	BIO_free(in);
	ERR_clear_error();
	return key;
}

/* Returns NULL, or why the key does not do. */
static const char *
key_check(const EVP_PKEY *key)
{
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
		return "the spool's key has to be an RSA key";
	if (EVP_PKEY_get_bits(key) < KEY_BITS)
		return "the spool's key has to be of 3072 bits or more";
	return NULL;
}

/* A NUL-terminated text of a file; NULL with why. */
static char *
file_read(const char *path, const char **why)
{
	struct buf octets;
	char *text = NULL;

	buf_init(&octets, KEY_OCTETS_MAX + 1);
	*why = material_read(path, KEY_OCTETS_MAX, &octets);
	if (*why == NULL)
		text = must_copy(buf_span(&octets).data, buf_length(&octets));
	buf_wipe(&octets);
	return text;
}

static bool
complain(const struct settings *settings, struct complaints *complaints, const char *path, const char *why)
{
	complaints_add(complaints, settings->file, settings_line(settings, "spool.key"), "spool.key: %s: %s", path, why);
	return false;
}

static bool
key_make(const struct settings *settings, const char *path, struct complaints *complaints)
{
	EVP_PKEY *key = EVP_RSA_gen(KEY_BITS);
	const char *why;
	char *text;

	if (key == NULL)
		fatal("cannot make a key");
	text = private_write(key);
	why = keep(path, span_of(text), 0600);
	secret_free(&text);
	EVP_PKEY_free(key);
	if (why != NULL)
		return complain(settings, complaints, path, why);
	log_info("key", LOG_TEXT("what", "made"), LOG_TEXT("file", path));
	return true;
}

/*
 * Make a key where there is none. With the public part there, the private one was there before: what is in the
 * spool is sealed to it, and another key would open nothing of that.
 */
static bool
key_ensure(const struct settings *settings, const char *path, const char *public_path, bool may_make,
    struct complaints *complaints)
{
	if (access(path, F_OK) == 0 || span_starts(span_of(settings->spool_key), SPAN("credential:")))
		return true;
	if (errno != ENOENT)
		return complain(settings, complaints, path, strerror(errno));
	if (access(public_path, F_OK) == 0)
		return complain(settings, complaints, path,
		    "it is gone, but its public part is there: put it back (or, to start anew, remove that and the spool)");
	return !may_make || key_make(settings, path, complaints);
}

/* The public part beside a private key in clear: made when it is missing, compared when it is there. */
static bool
public_settle(const struct settings *settings, const char *public_path, bool may_make, struct complaints *complaints)
{
	const char *why;
	char *text;
	EVP_PKEY *beside, *own;
	bool is_same;

	if (span_starts(span_of(settings->spool_key), SPAN("credential:")))
		return true;
	if (access(public_path, F_OK) != 0) {
		why = may_make ? keep(public_path, span_of(keys.public_pem), 0600) : NULL;
		return why == NULL || complain(settings, complaints, public_path, why);
	}
	text = file_read(public_path, &why);
	if (text == NULL)
		return complain(settings, complaints, public_path, why);
	beside = public_read(text);
	own = public_read(keys.public_pem);
	is_same = beside != NULL && EVP_PKEY_eq(beside, own) == 1;
	EVP_PKEY_free(beside);
	EVP_PKEY_free(own);
	free(text);
	return is_same || complain(settings, complaints, public_path, "it is not the public part of the private key");
}

static bool
locked_begin(const struct settings *settings, const char *public_path, char *encrypted, struct complaints *complaints)
{
	const char *why;
	char *text = file_read(public_path, &why);
	EVP_PKEY *key = text == NULL ? NULL : public_read(text);

	free(text);
	if (key != NULL)
		why = key_check(key);
	else if (why == NULL)
		why = "there is no public key in it";
	if (why != NULL) {
		secret_free(&encrypted);
		complain(settings, complaints, public_path, why);
		if (key == NULL)
			complaints_add(complaints, settings->file, settings_line(settings, "spool.key"),
			    "spool.key: an encrypted key needs its public part beside it: openssl pkey -in KEY -pubout -out KEY.pub");
		EVP_PKEY_free(key);
		return false;
	}
	keys.public_pem = public_write(key);
	keys.encrypted = encrypted;
	EVP_PKEY_free(key);
	return true;
}

bool
keys_load(const struct settings *settings, bool may_make, struct complaints *complaints)
{
	struct passphrase none = { .was_asked = false };
	char path[PATH_MAX], public_path[PATH_MAX + 4];
	const char *why;
	char *text;
	EVP_PKEY *key;

	if (!material_path(settings->spool_key, settings->file, settings_line(settings, "spool.key"), path, complaints))
		return false;
	snprintf(public_path, sizeof(public_path), "%s.pub", path);
	if (!key_ensure(settings, path, public_path, may_make, complaints))
		return false;
	text = file_read(path, &why);
	if (text == NULL)
		/* It will be made at the first start. */
		return (!may_make && access(path, F_OK) != 0) || complain(settings, complaints, path, why);
	key = private_read(text, &none);
	if (key == NULL && none.was_asked)
		return locked_begin(settings, public_path, text, complaints);
	secret_free(&text);
	why = key == NULL ? "there is no private key in it, or it is damaged" : key_check(key);
	if (why == NULL) {
		keys.public_pem = public_write(key);
		keys.private_pem = private_write(key);
	}
	EVP_PKEY_free(key);
	return why == NULL ? public_settle(settings, public_path, may_make, complaints) :
	    complain(settings, complaints, path, why);
}

bool
keys_are_locked(void)
{
	return keys.encrypted != NULL;
}

const char *
keys_unlock(struct span text)
{
	struct passphrase passphrase = { .text = text };
	EVP_PKEY *key, *known;
	const char *why;

	if (!keys_are_locked())
		return "the spool is not locked";
	key = private_read(keys.encrypted, &passphrase);
	if (key == NULL)
		return "that is not the passphrase of the key";
	known = public_read(keys.public_pem);
	why = EVP_PKEY_eq(key, known) == 1 ? key_check(key) : "the public key beside it belongs to another key";
	if (why == NULL) {
		keys.private_pem = private_write(key);
		secret_free(&keys.encrypted);
	}
	EVP_PKEY_free(known);
	EVP_PKEY_free(key);
	return why;
}

const char *
keys_public(void)
{
	return keys.public_pem == NULL ? "" : keys.public_pem;
}

const char *
keys_private(void)
{
	return keys.private_pem == NULL ? "" : keys.private_pem;
}

void
keys_forget(void)
{
	secret_free(&keys.public_pem);
	secret_free(&keys.private_pem);
	secret_free(&keys.encrypted);
}
