/*
 * One side of one TLS connection as a transport (loop/transport.h). The socket is read and written
 * by a BIO of our own, which never raises SIGPIPE and remembers errno.
 */
#include "tls/handshake.h"

#include <assert.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fatal.h"
#include "base/ip.h"
#include "internal.h"
#include "loop/clock.h"

/*
 * Wildcards only as a whole first label. DNS-IDs of the subjectAltName only (RFC 9525), but under an authority that TLSA records
 * name the common name of a certificate without any will do (RFC 7672 3.2.3).
 */
#define DANE_HOST_FLAGS X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS
#define HOST_FLAGS (DANE_HOST_FLAGS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)
#define SESSION_S 3600	/* a session is resumed for this long at most */
#define READS_MOST 2	/* of the socket for one handshake step, or one read: as much as a record may need */
#define CLOCK_SLACK_S 10	/* OpenSSL's clock may be this far ahead of the loop's turn */

static int
socket_result(BIO *bio, ssize_t n)
{
	struct tls_transport *tls = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	if (n > 0)
		return (int)n;
	tls->socket_error = n < 0 ? errno : 0;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_flags(bio, BIO_FLAGS_SHOULD_RETRY);
	else if (n == 0)
		BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
	return (int)n;
}

/*
 * OpenSSL reads on while records have no content for us (KeyUpdate, tickets, parts of a handshake). A peer that sends
 * such without end must not take the loop: the rest is left in the socket, which stays readable (standards.md SX8).
 */
static ssize_t
socket_receive(struct tls_transport *tls, char *octets, size_t length)
{
	if (tls->reads > 0) {
		ssize_t n = recv(tls->fd, octets, length, 0);

		tls->reads--;
		tls->is_dry = n > 0 && (size_t)n < length;
		return n;
	}
	errno = EAGAIN;
	return -1;
}

static int
socket_read(BIO *bio, char *octets, int length)
{
	struct tls_transport *tls = BIO_get_data(bio);
	int n = socket_result(bio, socket_receive(tls, octets, (size_t)length));

	if (BIO_should_retry(bio))
		BIO_set_flags(bio, BIO_FLAGS_READ);
	return n;
}

/* Records of one write leave together: the kernel's way through TCP, and waking the peer, cost more than a record. */
static int
socket_write(BIO *bio, const char *octets, int length)
{
	struct tls_transport *tls = BIO_get_data(bio);
	int n = socket_result(bio, send(tls->fd, octets, (size_t)length, MSG_NOSIGNAL | (tls->has_more ? MSG_MORE : 0)));

	if (BIO_should_retry(bio))
		BIO_set_flags(bio, BIO_FLAGS_WRITE);
	return n;
}

static long
socket_control(BIO *bio, int command, long number, void *pointer)
{
	(void)number;
	(void)pointer;
	if (command == BIO_CTRL_EOF)
		return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
	return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *
socket_method(void)
{
	static BIO_METHOD *method;

	if (method != NULL)
		return method;
	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
	if (method == NULL || BIO_meth_set_read(method, socket_read) != 1 ||
	    BIO_meth_set_write(method, socket_write) != 1 || BIO_meth_set_ctrl(method, socket_control) != 1)
		fatal("OpenSSL cannot make a BIO method");
	return method;
}

/* What an unfinished call of OpenSSL waits for, or how it failed; the reason is kept for tls_explain(). */
static enum transport_result
tls_result(struct tls_transport *tls, int returned)
{
	int error = SSL_get_error(tls->ssl, returned);

	if (error == SSL_ERROR_WANT_READ)
		return TRANSPORT_WANT_READ;
	if (error == SSL_ERROR_WANT_WRITE)
		return TRANSPORT_WANT_WRITE;
	if (error == SSL_ERROR_ZERO_RETURN)
		return TRANSPORT_CLOSED;
	tls->is_broken = true;
	tls->error = ERR_peek_error();
	ERR_clear_error();
	if (error == SSL_ERROR_SSL && ERR_GET_REASON(tls->error) != SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return TRANSPORT_ERROR;
	errno = tls->socket_error;
	return errno == 0 ? TRANSPORT_TRUNCATED : TRANSPORT_RESET;
}

static enum transport_result
tls_begin(struct transport *transport)
{
	struct tls_transport *tls = (struct tls_transport *)transport;
	int returned;

	ERR_clear_error();
	tls->reads = READS_MOST;
	returned = SSL_do_handshake(tls->ssl);
	if (returned != 1)
		return tls_result(tls, returned);
	tls->is_laid = true;
	return TRANSPORT_OK;
}

static enum transport_result
tls_read(struct transport *transport, void *octets, size_t length, size_t *done)
{
	struct tls_transport *tls = (struct tls_transport *)transport;
	int returned;

	ERR_clear_error();
	tls->reads = READS_MOST;
	returned = SSL_read_ex(tls->ssl, octets, length, done);
	return returned == 1 ? TRANSPORT_OK : tls_result(tls, returned);
}

/* OpenSSL holds something, or the socket gave all that was asked of it. */
static bool
tls_has_more(struct transport *transport)
{
	const struct tls_transport *tls = (const struct tls_transport *)transport;

	return !tls->is_dry || SSL_has_pending(tls->ssl) == 1;
}

static enum transport_result
tls_write(struct transport *transport, const void *octets, size_t length, size_t *done)
{
	struct tls_transport *tls = (struct tls_transport *)transport;
	int returned;

	ERR_clear_error();
	tls->has_more = length > SSL3_RT_MAX_PLAIN_LENGTH;	/* of which one call writes one record: the caller goes on */
	returned = SSL_write_ex(tls->ssl, octets, length, done);
	tls->has_more = false;
	return returned == 1 ? TRANSPORT_OK : tls_result(tls, returned);
}

static void
tls_end(struct transport *transport)
{
	struct tls_transport *tls = (struct tls_transport *)transport;

	if (!tls->is_laid || tls->is_broken)
		return;
	ERR_clear_error();
	(void)SSL_shutdown(tls->ssl);
	ERR_clear_error();
}

static void
tls_free(struct transport *transport)
{
	struct tls_transport *tls = (struct tls_transport *)transport;

	SSL_free(tls->ssl);
	tls_context_free(&tls->context);
	for (size_t i = 0; i < tls->names_count; i++)
		free(tls->names[i]);
	free(tls->names);
	free(tls);
}

static struct tls_transport *
tls_new(struct tls_context *context, int fd)
{
	struct tls_transport *tls = must_alloc(sizeof(*tls));
	BIO *bio = BIO_new(socket_method());

	tls->transport = (struct transport){ tls_begin, tls_read, tls_write, tls_has_more, tls_end, tls_free };
	tls->context = tls_context_hold(context);
	tls->fd = fd;
	tls->ssl = SSL_new(context->ssl);
	if (bio == NULL || tls->ssl == NULL)
		fatal("out of memory for a TLS connection");
	BIO_set_data(bio, tls);
	BIO_set_init(bio, 1);
	SSL_set_bio(tls->ssl, bio, bio);
	SSL_set_app_data(tls->ssl, tls);
	SSL_set_info_callback(tls->ssl, tls_step_note);
	tls->step = "";
	return tls;
}

struct transport *
tls_accept(struct tls_context *context, int fd)
{
	struct tls_transport *tls = tls_new(context, fd);

	SSL_set_accept_state(tls->ssl);
	return &tls->transport;
}

/*
 * Add one reference identity. A name that OpenSSL would read as something else (none at all, any name below)
 * is left out: no certificate can then carry it.
 */
static bool
name_add(X509_VERIFY_PARAM *param, const char *name)
{
	struct ip ip;

	if (ip_parse(span_of(name), &ip))
		return X509_VERIFY_PARAM_set1_ip(param, ip.octets, ip.family == 4 ? 4 : 16) == 1;
	return *name != '\0' && *name != '.' && X509_VERIFY_PARAM_add1_host(param, name, 0) == 1;
}

static void
names_apply(struct tls_transport *tls, const struct tls_wish *wish)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(tls->ssl);

	tls->host_flags = tls->is_dane ? DANE_HOST_FLAGS : HOST_FLAGS;
	X509_VERIFY_PARAM_set_hostflags(param, tls->host_flags);
	tls->names = must_alloc(wish->names_count * sizeof(*tls->names));
	for (size_t i = 0; i < wish->names_count; i++)
		if (name_add(param, wish->names[i]))
			tls->names[tls->names_count++] = must_copy(wish->names[i], strlen(wish->names[i]));
}

const char *
tls_certificate_name(const struct tls_transport *tls, X509 *certificate)
{
	struct ip ip;

	for (size_t i = 0; i < tls->names_count; i++) {
		const char *name = tls->names[i];

		if (ip_parse(span_of(name), &ip) ? X509_check_ip(certificate, ip.octets, ip.family == 4 ? 4 : 16, 0) == 1 :
		    X509_check_host(certificate, name, 0, tls->host_flags, NULL) == 1)
			return name;
	}
	return NULL;
}

/* Does the certificate of an earlier connection still prove what is asked for now? (standards.md D44) */
static bool
certificate_fits(const struct tls_transport *tls, X509 *certificate)
{
	time_t now = (time_t)clock_wall();

	return certificate != NULL && X509_cmp_time(X509_get0_notBefore(certificate), &now) < 0 &&
	    X509_cmp_time(X509_get0_notAfter(certificate), &now) > 0 && tls_certificate_name(tls, certificate) != NULL;
}

/*
 * A session is only offered under the authorities it was made with, while young, and to authenticate with
 * only when its peer did and would again. What TLSA records say is asked of every peer anew (standards.md D44).
 */
static bool
session_fits(const struct tls_session *session, const struct tls_transport *tls)
{
	int64_t age_s = clock_wall() - (int64_t)SSL_SESSION_get_time(session->session);

	if (tls->is_dane || session->context != tls->context->number || age_s < -CLOCK_SLACK_S || age_s >= SESSION_S ||
	    SSL_SESSION_is_resumable(session->session) != 1)
		return false;
	return !tls->authenticate || (session->authenticated &&
	    certificate_fits(tls, SSL_SESSION_get0_peer(session->session)));
}

/* What the server must prove, from the wish to OpenSSL. */
static void
demand_apply(struct tls_transport *tls, const struct tls_wish *wish)
{
	tls->authenticate = true;
	tls->is_soft = wish->is_soft;
	tls->is_dane = wish->tlsa_count > 0;
	SSL_set_verify(tls->ssl, SSL_VERIFY_PEER, NULL);
	if (tls->is_dane)
		tls->fault = tls_dane_apply(tls->ssl, wish);
	names_apply(tls, wish);
	if (tls->names_count == 0)
		tls->fault = X509_V_ERR_HOSTNAME_MISMATCH;
}

struct transport *
tls_connect(struct tls_context *context, int fd, const struct tls_wish *wish)
{
	struct tls_transport *tls = tls_new(context, fd);

	SSL_set_connect_state(tls->ssl);
	if (wish->authenticate)
		demand_apply(tls, wish);
	/* Too long for SNI: none is sent. Records bring one along that may not be wished for. */
	if (tls->is_dane || (wish->sni != NULL && *wish->sni != '\0'))
		(void)tls_set_sni(tls->ssl, wish->sni == NULL || *wish->sni == '\0' ? NULL : wish->sni);
	if (wish->resume != NULL && session_fits(wish->resume, tls))
		(void)SSL_set_session(tls->ssl, wish->resume->session);
	tls->on_session = wish->on_session;
	tls->on_session_arg = wish->arg;
	ERR_clear_error();
	return &tls->transport;
}

void
tls_forget_owner(struct transport *transport)
{
	((struct tls_transport *)transport)->on_session = NULL;
}

int
tls_session_made(SSL *ssl, SSL_SESSION *made)
{
	struct tls_transport *tls = SSL_get_app_data(ssl);
	struct tls_session *session;

	if (tls->on_session == NULL || tls->is_broken || tls->is_dane)
		return 0;	/* OpenSSL keeps and drops it */
	session = must_alloc(sizeof(*session));
	session->session = made;
	session->context = tls->context->number;
	session->authenticated = tls->authenticate && !tls->is_soft;
	tls->on_session(tls->on_session_arg, session);
	return 1;
}

void
tls_session_free(struct tls_session **session)
{
	if (*session == NULL)
		return;
	SSL_SESSION_free((*session)->session);
	free(*session);
	*session = NULL;
}
