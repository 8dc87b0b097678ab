/*
 * What TLS costs: processor time of a handshake on either side, and the memory of an idle connection of a
 * server. In one process over socket pairs; figures of the two sides are kept apart.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "loop/clock.h"
#include "loop/transport.h"
#include "tests/pki/pki.h"
#include "tls/context.h"
#include "tls/handshake.h"

#define IDLE 1000

static double client_s, server_s;
static size_t server_octets;
static struct tls_session *kept;

static double
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void
on_session(void *arg, struct tls_session *session)
{
	(void)arg;
	tls_session_free(&kept);
	kept = session;
}

/* One handshake, and one octet each way so that tickets are taken in and buffers have been used. */
static void
meet(struct tls_context *client_context, struct tls_context *server_context, bool resume, struct transport **server, int fds[2])
{
	static const char *const name = "mx.example";
	struct tls_wish wish = { .sni = name, .authenticate = true, .names = &name, .names_count = 1,
		.resume = resume ? kept : NULL, .on_session = on_session };
	struct transport *client;
	char octet;
	size_t done, before;
	double began;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) < 0)
		abort();
	began = now_s();
	client = tls_connect(client_context, fds[0], &wish);
	client->begin(client);
	client_s += now_s() - began;

	before = mallinfo2().uordblks;
	began = now_s();
	*server = tls_accept(server_context, fds[1]);
	(*server)->begin(*server);
	server_s += now_s() - began;
	server_octets += mallinfo2().uordblks - before;

	began = now_s();
	if (client->begin(client) != TRANSPORT_OK || client->write(client, "x", 1, &done) != TRANSPORT_OK)
		abort();
	client_s += now_s() - began;

	before = mallinfo2().uordblks;
	began = now_s();
	if ((*server)->begin(*server) != TRANSPORT_OK || (*server)->read(*server, &octet, 1, &done) != TRANSPORT_OK ||
	    (*server)->write(*server, "x", 1, &done) != TRANSPORT_OK || (*server)->read(*server, &octet, 1, &done) != TRANSPORT_WANT_READ)
		abort();
	server_s += now_s() - began;
	server_octets += mallinfo2().uordblks - before;

	began = now_s();
	if (client->read(client, &octet, 1, &done) != TRANSPORT_OK)
		abort();
	client->end(client);
	client->free(client);
	client_s += now_s() - began;
}

static void
measure(const char *what, const struct pki *trust, const struct pki *leaf, bool tickets, bool resume)
{
	const struct tls_credential credential = { leaf->certificate_pem, leaf->key_pem };
	char why[200] = "", name[80];
	struct tls_context *server = tls_context_server(&credential, 1, &(struct tls_choices){ 0 }, tickets, false, why, sizeof(why));
	struct tls_context *client = tls_context_client(trust->certificate_pem, &(struct tls_choices){ 0 }, why, sizeof(why));
	uint64_t count = 0;

	if (server == NULL || client == NULL) {
		fprintf(stderr, "%s\n", why);
		exit(1);
	}
	client_s = server_s = 0;
	while (client_s + server_s < bench_seconds()) {
		struct transport *transport;
		int fds[2];

		count++;
		clock_update();
		meet(client, server, resume, &transport, fds);
		transport->free(transport);
		close(fds[0]);
		close(fds[1]);
	}
	snprintf(name, sizeof(name), "tls: %s, client", what);
	bench_print(name, count, client_s, 0);
	snprintf(name, sizeof(name), "tls: %s, server", what);
	bench_print(name, count, server_s, 0);
	tls_session_free(&kept);
	tls_context_free(&server);
	tls_context_free(&client);
}

static void
measure_idle(const struct pki *trust, const struct pki *leaf, bool tickets)
{
	const struct tls_credential credential = { leaf->certificate_pem, leaf->key_pem };
	char why[200] = "";
	struct tls_context *server = tls_context_server(&credential, 1, &(struct tls_choices){ 0 }, tickets, false, why, sizeof(why));
	struct tls_context *client = tls_context_client(trust->certificate_pem, &(struct tls_choices){ 0 }, why, sizeof(why));
	static struct transport *transports[IDLE];
	static int fds[IDLE][2];

	for (int i = 0; i < IDLE; i++) {
		if (i == IDLE / 10)
			server_octets = 0;	/* what is set up once is out of the way */
		meet(client, server, false, &transports[i], fds[i]);
	}
	printf("tls: idle server connection, %-27s %8zu octets\n", tickets ? "1 ticket" : "no tickets",
	    server_octets / (IDLE - IDLE / 10));
	for (int i = 0; i < IDLE; i++) {
		transports[i]->free(transports[i]);
		close(fds[i][0]);
		close(fds[i][1]);
	}
	tls_session_free(&kept);
	tls_context_free(&server);
	tls_context_free(&client);
}

int
main(int argc, char **argv)
{
	struct pki *authority = pki_make(&(struct pki_subject){ .common_name = "Bench", .authority = true }, NULL);
	struct pki *leaf = pki_make(&(struct pki_subject){ .names = "DNS:mx.example" }, authority);

	bench_options(&argc, &argv);
	measure("full, no tickets", authority, leaf, false, false);
	measure("full, 1 ticket", authority, leaf, true, false);
	measure("resumed, 1 ticket", authority, leaf, true, true);
	measure_idle(authority, leaf, false);
	measure_idle(authority, leaf, true);
	pki_free(&leaf);
	pki_free(&authority);
	return 0;
}
