/* What a handshake came to, or why it did not: OpenSSL's numbers turned into words of ours. */
#include "tls/describe.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/fatal.h"
#include "internal.h"

#define ROWS(table) (sizeof(table) / sizeof(*(table)))
#define STEP_TEXT 96	/* octets, NUL included */
#define ALERT_TEXT 80

/* "" when it cannot be made. */
static void
fingerprint_write(const X509 *certificate, char out[TLS_FINGERPRINT_TEXT])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;

	out[0] = '\0';
	if (certificate != NULL && X509_digest(certificate, EVP_sha256(), digest, &length) == 1)
		hex_format(span_make(digest, length), out);
}

/* 0 when it says nothing that is a time. */
static int64_t
expires_of(const X509 *certificate)
{
	struct tm tm;

	if (certificate == NULL || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) != 1)
		return 0;
	return timegm(&tm);
}

/* Text from a certificate: whatever is not plain ASCII becomes a question mark. */
static void
plain_copy(const char *text, size_t length, char *out, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < length && at + 1 < size; i++)
		out[at++] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	out[at] = '\0';
}

static void
issuer_write(const X509 *certificate, char *out, size_t size)
{
	BIO *bio = certificate == NULL ? NULL : BIO_new(BIO_s_mem());
	char *text;
	long length;

	out[0] = '\0';
	if (bio == NULL)
		return;
	X509_NAME_print_ex(bio, X509_get_issuer_name(certificate), 0, XN_FLAG_RFC2253);
	length = BIO_get_mem_data(bio, &text);
	plain_copy(text, length < 0 ? 0 : (size_t)length, out, size);
	BIO_free(bio);
}

void
tls_digest(struct span octets, char out[TLS_FINGERPRINT_TEXT])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;

	if (EVP_Digest(octets.data, octets.length, digest, &length, EVP_sha256(), NULL) != 1)
		fatal("OpenSSL has no SHA-256");
	hex_format(span_make(digest, length), out);
}

bool
tls_fingerprint(struct span pem, char out[TLS_FINGERPRINT_TEXT])
{
	BIO *bio = BIO_new_mem_buf(pem.length == 0 ? "" : pem.data, (int)pem.length);
	X509 *certificate = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	ERR_clear_error();
	fingerprint_write(certificate, out);
	X509_free(certificate);
	return out[0] != '\0';
}

/* OpenSSL's verification errors and our words for them; what is not here is "certificate-invalid". */
static const struct {
	int error;
	const char *reason;
	enum { SHOW_NOTHING, SHOW_NAMES, SHOW_DATES, SHOW_ISSUER, SHOW_KEY } show;
} verification_rows[] = {
	{ X509_V_ERR_CERT_HAS_EXPIRED, "certificate-expired", SHOW_DATES },
	{ X509_V_ERR_CERT_NOT_YET_VALID, "certificate-not-yet-valid", SHOW_DATES },
	{ X509_V_ERR_HOSTNAME_MISMATCH, "certificate-name-mismatch", SHOW_NAMES },
	{ X509_V_ERR_IP_ADDRESS_MISMATCH, "certificate-name-mismatch", SHOW_NAMES },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "certificate-self-signed", SHOW_ISSUER },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "certificate-unknown-issuer", SHOW_ISSUER },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "certificate-unknown-issuer", SHOW_ISSUER },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "certificate-unknown-issuer", SHOW_ISSUER },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "certificate-unknown-issuer", SHOW_ISSUER },
	{ X509_V_ERR_INVALID_CA, "certificate-unknown-issuer", SHOW_ISSUER },
	{ X509_V_ERR_CERT_UNTRUSTED, "certificate-unknown-issuer", SHOW_ISSUER },
	{ X509_V_ERR_INVALID_PURPOSE, "certificate-wrong-purpose", SHOW_NOTHING },
	{ X509_V_ERR_EE_KEY_TOO_SMALL, "key-weak", SHOW_NOTHING },
	{ X509_V_ERR_CA_KEY_TOO_SMALL, "key-weak", SHOW_NOTHING },
	{ X509_V_ERR_CA_MD_TOO_WEAK, "signature-weak", SHOW_NOTHING },
	{ X509_V_ERR_DANE_NO_MATCH, "dane-mismatch", SHOW_KEY },
	{ X509_V_ERR_OUT_OF_MEM, "tls-error", SHOW_NOTHING },	/* no fault of the certificate */
};

static const char *
verification_reason(long error)
{
	for (size_t i = 0; i < ROWS(verification_rows); i++)
		if (verification_rows[i].error == error)
			return verification_rows[i].reason;
	return "certificate-invalid";
}

/* The client's side: what came of its demand. */
static void
demand_describe(const struct tls_transport *tls, struct tls_facts *facts)
{
	const char *name = NULL;

	facts->authenticated = tls->is_laid && tls->authenticate && !tls->is_doubted && SSL_get_verify_result(tls->ssl) == X509_V_OK;
	facts->dane = facts->authenticated && tls->is_dane ? tls_dane_proved(tls->ssl) : "";
	facts->doubt = tls->is_doubted ? verification_reason(SSL_get_verify_result(tls->ssl)) : "";
	if (!facts->authenticated)
		return;
	/* Whatever names the certificate has: the server is who the base domain's records say (RFC 7672 3.1.1). */
	if (strcmp(facts->dane, "dane-ee") == 0)
		name = tls->names[0];
	else
		name = tls_certificate_name(tls, SSL_get0_peer_certificate(tls->ssl));
	snprintf(facts->name, sizeof(facts->name), "%s", name == NULL ? "" : name);
}

void
tls_describe(struct transport *transport, struct tls_facts *facts)
{
	struct tls_transport *tls = (struct tls_transport *)transport;
	const SSL_CIPHER *cipher = SSL_get_current_cipher(tls->ssl);
	const char *group = SSL_group_to_name(tls->ssl, (int)SSL_get_negotiated_group(tls->ssl));
	const char *sni = SSL_is_server(tls->ssl) ? SSL_get_servername(tls->ssl, TLSEXT_NAMETYPE_host_name) : NULL;

	memset(facts, 0, sizeof(*facts));
	facts->version = SSL_get_version(tls->ssl);
	facts->cipher = cipher == NULL ? "" : SSL_CIPHER_standard_name(cipher);
	facts->bits = cipher == NULL ? 0 : SSL_CIPHER_get_bits(cipher, NULL);
	facts->resumed = SSL_session_reused(tls->ssl) == 1;
	snprintf(facts->group, sizeof(facts->group), "%s", group == NULL ? "" : group);
	snprintf(facts->sni, sizeof(facts->sni), "%s", sni == NULL ? "" : sni);
	fingerprint_write(SSL_get0_peer_certificate(tls->ssl), facts->peer_fingerprint);
	facts->peer_expires_s = expires_of(SSL_get0_peer_certificate(tls->ssl));
	issuer_write(SSL_get0_peer_certificate(tls->ssl), facts->peer_issuer, sizeof(facts->peer_issuer));
	demand_describe(tls, facts);
	ERR_clear_error();
}

/* Other errors of the handshake, by OpenSSL's reason number. */
static const struct {
	int error;
	const char *reason;
} handshake_rows[] = {
	{ SSL_R_UNSUPPORTED_PROTOCOL, "protocol-old" },
	{ SSL_R_WRONG_SSL_VERSION, "protocol-old" },
	{ SSL_R_VERSION_TOO_LOW, "protocol-old" },
	{ SSL_R_INAPPROPRIATE_FALLBACK, "protocol-old" },
	{ SSL_R_NO_SHARED_CIPHER, "no-shared-cipher" },
	{ SSL_R_WRONG_CIPHER_RETURNED, "cipher-weak" },
	{ SSL_R_UNKNOWN_CIPHER_RETURNED, "cipher-weak" },
	{ SSL_R_NO_SUITABLE_KEY_SHARE, "no-shared-cipher" },
	{ SSL_R_NO_SUITABLE_GROUPS, "no-shared-cipher" },
	{ SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, "no-shared-cipher" },
	{ SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, "no-shared-cipher" },
	{ SSL_R_WRONG_SIGNATURE_TYPE, "no-shared-cipher" },
	{ SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED, "renegotiation-insecure" },
	{ SSL_R_NO_APPLICATION_PROTOCOL, "no-application-protocol" },
	{ SSL_R_WRONG_VERSION_NUMBER, "not-tls" },
	{ SSL_R_HTTP_REQUEST, "not-tls" },
	{ SSL_R_HTTPS_PROXY_REQUEST, "not-tls" },
	{ SSL_R_UNKNOWN_PROTOCOL, "not-tls" },
	{ SSL_R_BAD_RECORD_TYPE, "not-tls" },
};

/* Alerts that say more than that there was one (RFC 8446 6.2). */
static const struct {
	int alert;
	const char *reason;
} alert_rows[] = {
	{ SSL_AD_PROTOCOL_VERSION, "protocol-old" },
	{ SSL_AD_INSUFFICIENT_SECURITY, "no-shared-cipher" },
	{ SSL_AD_CERTIFICATE_REQUIRED, "client-certificate-required" },
};

static void
verification_explain(const struct tls_transport *tls, long error, struct tls_failure *failure)
{
	failure->reason = verification_reason(error);
	snprintf(failure->text, sizeof(failure->text), "%s%s%s", X509_verify_cert_error_string(error),
	    tls->seen[0] == '\0' ? "" : ": ", tls->seen);
	memcpy(failure->peer_fingerprint, tls->seen_fingerprint, sizeof(failure->peer_fingerprint));
	failure->peer_expires_s = tls->seen_expires_s;
	memcpy(failure->peer_issuer, tls->seen_issuer, sizeof(failure->peer_issuer));
}

/* `before` and the last step that was done, in OpenSSL's words and quotation marks; "" when there was none. */
static void
step_format(const struct tls_transport *tls, const char *before, char out[STEP_TEXT])
{
	out[0] = '\0';
	if (*tls->step != '\0')
		snprintf(out, STEP_TEXT, "%s\"%s\"", before, tls->step);
}

void
tls_step_note(const SSL *ssl, int where, int value)
{
	struct tls_transport *tls = SSL_get_app_data(ssl);

	if (where & SSL_CB_LOOP)
		tls->step = SSL_state_string_long(ssl);
	else if (where & SSL_CB_HANDSHAKE_DONE)
		tls->step = "the end of the handshake";
	else if ((where & SSL_CB_WRITE_ALERT) == SSL_CB_WRITE_ALERT && value >> 8 == SSL3_AL_FATAL)
		tls->alert = value;
}

static void
alert_explain(const struct tls_transport *tls, int alert, struct tls_failure *failure)
{
	char step[STEP_TEXT];

	failure->reason = "peer-alert";
	for (size_t i = 0; i < ROWS(alert_rows); i++)
		if (alert_rows[i].alert == alert)
			failure->reason = alert_rows[i].reason;
	step_format(tls, ", after ", step);
	snprintf(failure->text, sizeof(failure->text), "the peer sent the TLS alert \"%s\" (%d)%s", SSL_alert_desc_string_long(alert), alert, step);
}

/* Which alert they were told by, as it stands in their log, too. */
static void
error_explain(const struct tls_transport *tls, unsigned long error, struct tls_failure *failure)
{
	const char *text = ERR_reason_error_string(error);
	char step[STEP_TEXT], alert[ALERT_TEXT] = "";

	failure->reason = "tls-error";
	for (size_t i = 0; i < ROWS(handshake_rows); i++)
		if (ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == handshake_rows[i].error)
			failure->reason = handshake_rows[i].reason;
	step_format(tls, ", after ", step);
	if (tls->alert != 0)
		snprintf(alert, sizeof(alert), "; we sent the TLS alert \"%s\" (%d)", SSL_alert_desc_string_long(tls->alert), tls->alert & 0xff);
	snprintf(failure->text, sizeof(failure->text), "TLS failed on our side: %s%s%s", text == NULL ? "no reason known" : text, step, alert);
}

static void
socket_explain(const struct tls_transport *tls, struct tls_failure *failure)
{
	char step[STEP_TEXT] = "";

	failure->reason = tls->is_laid ? tls->socket_error == 0 ? "closed" : "reset" :
	    tls->socket_error == 0 ? "handshake-closed" : "handshake-reset";
	if (!tls->is_laid)
		step_format(tls, ", after ", step);
	snprintf(failure->text, sizeof(failure->text), "%s%s%s", tls->is_laid ? "" : "during the TLS handshake: ",
	    tls->socket_error == 0 ? "the peer closed the connection" : strerror(tls->socket_error), step);
}

void
tls_explain(struct transport *transport, struct tls_failure *failure)
{
	const struct tls_transport *tls = (const struct tls_transport *)transport;
	int reason = ERR_GET_REASON(tls->error);

	memset(failure, 0, sizeof(*failure));
	if (tls->error == 0 || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		socket_explain(tls, failure);
	else if (ERR_GET_LIB(tls->error) == ERR_LIB_SSL && reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
		verification_explain(tls, SSL_get_verify_result(tls->ssl), failure);
	else if (ERR_GET_LIB(tls->error) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET)
		alert_explain(tls, reason - SSL_AD_REASON_OFFSET, failure);
	else
		error_explain(tls, tls->error, failure);
}

static void
seen_add(char seen[SEEN_TEXT], const char *before, const void *text, size_t length)
{
	size_t at = strlen(seen);

	snprintf(seen + at, SEEN_TEXT - at, "%s", before);
	at = strlen(seen);
	plain_copy(text, length, seen + at, SEEN_TEXT - at);
}

static void
names_describe(X509 *certificate, char seen[SEEN_TEXT])
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	int shown = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names) && strlen(seen) + 32 < SEEN_TEXT; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type != GEN_DNS)
			continue;
		seen_add(seen, shown++ == 0 ? "it is for " : ", ", ASN1_STRING_get0_data(name->d.dNSName),
		    (size_t)ASN1_STRING_length(name->d.dNSName));
	}
	if (shown == 0)
		seen_add(seen, "it has no DNS name", NULL, 0);
	GENERAL_NAMES_free(names);
}

static void
date_describe(const char *before, const ASN1_TIME *date, char seen[SEEN_TEXT])
{
	char text[32];
	struct tm tm;

	if (ASN1_TIME_to_tm(date, &tm) == 1 && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		seen_add(seen, before, text, strlen(text));
}

static void
issuer_describe(const X509 *certificate, char seen[SEEN_TEXT])
{
	char issuer[SEEN_TEXT];

	issuer_write(certificate, issuer, sizeof(issuer));
	seen_add(seen, "issued by ", issuer, strlen(issuer));
}

/* The record that would match the certificate, as whoever publishes records would write it (RFC 6698 2.2). */
static void
key_describe(const X509 *certificate, char seen[SEEN_TEXT])
{
	unsigned char *key = NULL, digest[EVP_MAX_MD_SIZE];
	int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &key);
	unsigned digest_length = 0;
	char text[2 * EVP_MAX_MD_SIZE + 1];

	if (length > 0 && EVP_Digest(key, (size_t)length, digest, &digest_length, EVP_sha256(), NULL) == 1) {
		hex_format(span_make(digest, digest_length), text);
		seen_add(seen, "its own would be 3 1 1 ", text, strlen(text));
		seen_add(seen, ", ", NULL, 0);
	}
	OPENSSL_free(key);
	issuer_describe(certificate, seen);
}

/* Keep what explains a verification error: whose certificate it is, until when, by whom. */
static void
certificate_describe(X509 *certificate, int error, char seen[SEEN_TEXT])
{
	seen[0] = '\0';
	for (size_t i = 0; i < ROWS(verification_rows); i++) {
		if (verification_rows[i].error != error)
			continue;
		if (verification_rows[i].show == SHOW_NAMES)
			names_describe(certificate, seen);
		if (verification_rows[i].show == SHOW_ISSUER)
			issuer_describe(certificate, seen);
		if (verification_rows[i].show == SHOW_KEY)
			key_describe(certificate, seen);
		if (verification_rows[i].show == SHOW_DATES) {
			date_describe("valid from ", X509_get0_notBefore(certificate), seen);
			date_describe(" until ", X509_get0_notAfter(certificate), seen);
		}
	}
}

/* Of the chain that certificate which is at fault, but of one that matches no record the end: that is what records are about. */
static void
refused_remember(struct tls_transport *tls, X509_STORE_CTX *store)
{
	int error = X509_STORE_CTX_get_error(store);
	X509 *subject = error == X509_V_ERR_DANE_NO_MATCH ? NULL : X509_STORE_CTX_get_current_cert(store);

	if (subject == NULL)
		subject = X509_STORE_CTX_get0_cert(store);
	certificate_describe(subject, error, tls->seen);
	fingerprint_write(X509_STORE_CTX_get0_cert(store), tls->seen_fingerprint);
	tls->seen_expires_s = expires_of(X509_STORE_CTX_get0_cert(store));
	issuer_write(X509_STORE_CTX_get0_cert(store), tls->seen_issuer, sizeof(tls->seen_issuer));
}

int
tls_certificate_judge(X509_STORE_CTX *store, void *unused)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_transport *tls = SSL_get_app_data(ssl);

	(void)unused;
	if (!tls->authenticate) {
		/* Nothing is asked, nothing is proved: a session of this connection must not look verified. */
		X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
		return 1;
	}
	if (tls->fault != X509_V_OK)
		X509_STORE_CTX_set_error(store, tls->fault);
	else if (X509_verify_cert(store) == 1)
		return 1;
	refused_remember(tls, store);
	ERR_clear_error();	/* a key of the DNS that signed nothing leaves its own complaint, ahead of the handshake's */
	tls->is_doubted = tls->is_soft;
	return tls->is_soft;
}
