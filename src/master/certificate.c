/* P-256, ten years, the host name as its subject alternative name. */
#include "certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "base/fatal.h"
#include "base/log.h"
#include "conf/material.h"
#include "keep.h"

#define YEARS 10
#define COMMON_NAME_MAX 64	/* ub-common-name, RFC 5280 A.1 */

char *
certificate_path(const struct settings *settings, char *out)
{
	snprintf(out, PATH_MAX, "%s/keys/self-signed.pem", settings->spool_directory);
	return out;
}

static void
extension_add(X509 *certificate, int kind, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
	if (extension == NULL || X509_add_ext(certificate, extension, -1) != 1)
		fatal("cannot make a certificate");
	X509_EXTENSION_free(extension);
}

static X509 *
certificate_make(const char *hostname, EVP_PKEY *key)
{
	X509 *certificate = X509_new();
	X509_NAME *name = X509_get_subject_name(certificate);
	char alternative[300];
	uint64_t serial;

	RAND_bytes((unsigned char *)&serial, sizeof(serial));
	snprintf(alternative, sizeof(alternative), "%sDNS:%s", strlen(hostname) > COMMON_NAME_MAX ? "critical," : "", hostname);
	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1);
	/* An hour ago: clocks of others are not ours. */
	X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
	X509_time_adj_ex(X509_getm_notAfter(certificate), YEARS * 365 + YEARS / 4, 0, NULL);
	if (strlen(hostname) <= COMMON_NAME_MAX)
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)hostname, -1, -1, 0);
	X509_set_issuer_name(certificate, name);
	X509_set_pubkey(certificate, key);
	extension_add(certificate, NID_subject_alt_name, alternative);
	extension_add(certificate, NID_basic_constraints, "critical,CA:FALSE");
	extension_add(certificate, NID_key_usage, "critical,digitalSignature");
	extension_add(certificate, NID_ext_key_usage, "serverAuth,clientAuth");
	if (X509_sign(certificate, key, EVP_sha256()) <= 0)
		fatal("cannot sign a certificate");
	return certificate;
}

static const char *
certificate_keep(const char *path, const char *hostname)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = key == NULL ? NULL : certificate_make(hostname, key);
	BIO *out = BIO_new(BIO_s_secmem());
	const char *why;
	char *data;
	long length;

	if (certificate == NULL || PEM_write_bio_X509(out, certificate) != 1 ||
	    PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) != 1)
		fatal("cannot make a certificate");
	length = BIO_get_mem_data(out, &data);
	why = keep(path, span_make(data, (size_t)length), 0600);
	BIO_free(out);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return why;
}

bool
certificate_ensure(const struct settings *settings, struct complaints *complaints)
{
	char path[PATH_MAX];
	const char *why;

	certificate_path(settings, path);
	if (material_is_for(path, settings->hostname))
		return true;
	why = certificate_keep(path, settings->hostname);
	if (why != NULL) {
		complaints_add(complaints, path, 0, "%s", why);
		return false;
	}
	log_info("certificate", LOG_TEXT("what", "made, signed by itself"), LOG_TEXT("file", path),
	    LOG_TEXT("for", settings->hostname));
	return true;
}
