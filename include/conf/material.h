/*
 * The files a configuration names: certificates, their keys, authorities. All are read and checked before anything
 * is handed out, so that a half-written file is never loaded.
 */
#ifndef CONF_MATERIAL_H
#define CONF_MATERIAL_H

#include <openssl/x509.h>

#include "conf/complaint.h"
#include "conf/settings.h"
#include "conf/slice.h"

#define DKIM_KEYS 4	/* that sign one message, at most */

struct material {
	struct conf_list certificates;	/* PEM texts: leaf, intermediates */
	struct conf_list keys;		/* PEM texts, in their order; secret */
	char *trust;			/* PEM texts of the authorities */
	struct conf_list dkim_keys;	/* PEM texts, in the order of dkim.selectors; secret */
	char *notices_template;		/* the text (mail/notice_template.h); "" = there is none to send or show */
};

/*
 * Read what the settings name. A certificate has to be whole, with the key that belongs to it, RSA of 2048 bits or
 * more; one that is out of date, or not for our host name, is worth a warning only. A key that signs mail has to be one
 * that auth/dkim_key.h takes. The template of notices has to be a good one; it may be missing only while they are not on, and it was not
 * named. self_signed is the file that stands in when the settings name no certificate; NULL = go without.
 * Returns true when nothing but warnings was complained of; *material is to be cleared either way.
 */
bool material_load(struct material *material, const struct settings *settings, const char *self_signed,
    struct complaints *complaints);

void material_clear(struct material *material);	/* secrets are overwritten; leaves it zeroed */

/*
 * Where a file named in the settings is: the path itself, or for "credential:NAME" NAME in the folder that systemd
 * made for this service. Returns false, with a complaint, when there is no such folder. out has room for
 * PATH_MAX octets.
 */
bool material_path(const char *name, const char *file, unsigned line, char *out, struct complaints *complaints);

/* Whether the file's certificate is for the host name. False as well when the file has no certificate. */
bool material_is_for(const char *file, const char *hostname);

/* The certificates of a text, freed by the caller; NULL when there is none. Whether one is damaged, so that some may be missing. */
struct stack_st_X509 *material_certificates(struct span text, bool *is_damaged);

/* When the first certificate of a text ends, seconds since the epoch; 0 = it has none. */
int64_t material_expires_s(struct span text);

/* For PEM_read_bio_PrivateKey(): no passphrase is asked for. Its argument, a bool, says whether one was wanted. */
int material_no_passphrase(char *out, int size, int writing, void *was_asked);

/* Read a file of at most `most` octets into out (whose ceiling is larger). Returns NULL, or why not. */
const char *material_read(const char *path, size_t most, struct buf *out);

#endif
