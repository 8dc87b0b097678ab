/* Handshakes in one process. */
#include "tests/unit/lib-tls/pair.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "loop/clock.h"
#include "tests/unit/unit.h"

int64_t pair_now_s;
struct pki *pair_authority, *pair_leaf;

int64_t
clock_wall(void)
{
	return pair_now_s;
}

void
pair_open(struct pair *pair)
{
	int fds[2];

	memset(pair, 0, sizeof(*pair));
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	pair->client.fd = fds[0];
	pair->server.fd = fds[1];
	pair->client.result = pair->server.result = TRANSPORT_WANT_READ;
}

static void
side_close(struct side *side)
{
	if (side->transport != NULL)
		side->transport->free(side->transport);
	SSL_free(side->raw);
	if (side->fd >= 0)
		close(side->fd);
	memset(side, 0, sizeof(*side));
	side->fd = -1;
}

void
pair_close(struct pair *pair)
{
	side_close(&pair->client);
	side_close(&pair->server);
}

static bool
side_is_waiting(const struct side *side)
{
	return (side->transport != NULL || side->raw != NULL) &&
	    (side->result == TRANSPORT_WANT_READ || side->result == TRANSPORT_WANT_WRITE);
}

static void
side_step(struct side *side)
{
	if (!side_is_waiting(side))
		return;
	if (side->transport != NULL) {
		side->result = side->transport->begin(side->transport);
		return;
	}
	side->returned = SSL_do_handshake(side->raw);
	if (side->returned == 1)
		side->result = TRANSPORT_OK;
	else if (SSL_get_error(side->raw, side->returned) != SSL_ERROR_WANT_READ)
		side->result = TRANSPORT_ERROR;
}

bool
pair_shake(struct pair *pair)
{
	for (int i = 0; i < 20; i++) {
		side_step(&pair->client);
		side_step(&pair->server);
	}
	return pair->client.result == TRANSPORT_OK && pair->server.result == TRANSPORT_OK;
}

void
side_raw(struct side *side, SSL_CTX *context, bool is_server)
{
	side->raw = SSL_new(context);
	SSL_set_fd(side->raw, side->fd);
	if (is_server)
		SSL_set_accept_state(side->raw);
	else
		SSL_set_connect_state(side->raw);
}

struct tls_context *
pair_server(const struct pki *pki, bool tickets, bool request_certificate)
{
	const struct tls_credential credential = { pki->certificate_pem, pki->key_pem };
	char why[200] = "";
	struct tls_context *context = tls_context_server(&credential, 1, &(struct tls_choices){ 0 }, tickets,
	    request_certificate, why, sizeof(why));

	ck_assert_msg(context != NULL, "%s", why);
	return context;
}

struct tls_context *
pair_client(const struct pki *trust)
{
	char why[200] = "";
	struct tls_context *context = tls_context_client(trust->certificate_pem, &(struct tls_choices){ 0 }, why, sizeof(why));

	ck_assert_msg(context != NULL, "%s", why);
	return context;
}

void
pair_setup(void)
{
	pair_now_s = time(NULL);
	pair_authority = pki_make(&(struct pki_subject){ .common_name = "Test authority", .authority = true }, NULL);
	pair_leaf = pki_make(&(struct pki_subject){ .names = "DNS:mx.example" }, pair_authority);
}

void
pair_teardown(void)
{
	pki_free(&pair_authority);
	pki_free(&pair_leaf);
}

bool
pair_meet(struct pair *pair, struct tls_context *client, struct tls_context *server, const char *name)
{
	struct tls_wish wish = { .sni = name, .authenticate = name != NULL, .names = &name, .names_count = name != NULL };

	pair_open(pair);
	pair->client.transport = tls_connect(client, pair->client.fd, &wish);
	pair->server.transport = tls_accept(server, pair->server.fd);
	return pair_shake(pair);
}
