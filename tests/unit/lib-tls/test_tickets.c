/* Tests of src/lib-tls/tickets.c: which tickets are issued, and for how long they are good. */
#include "tests/unit/lib-tls/pair.h"
#include "tests/unit/unit.h"

#define HOUR_S 3600

static SSL_SESSION *taken;
static int tickets_seen;

static int
on_new_session(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	tickets_seen++;
	SSL_SESSION_free(taken);
	taken = session;
	return 1;
}

static SSL_CTX *
raw_client(int version)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	SSL_CTX_set_max_proto_version(context, version);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(context, on_new_session);
	return context;
}

/* One connection that reads whatever tickets come; true when it resumed the session. */
static bool
visit(SSL_CTX *client, struct tls_context *server, SSL_SESSION *resume)
{
	struct pair pair;
	char octet;
	size_t done;
	bool resumed;

	pair_open(&pair);
	side_raw(&pair.client, client, false);
	if (resume != NULL)
		SSL_set_session(pair.client.raw, resume);
	pair.server.transport = tls_accept(server, pair.server.fd);
	ck_assert(pair_shake(&pair));
	ck_assert_int_eq(pair.server.transport->write(pair.server.transport, "x", 1, &done), TRANSPORT_OK);
	ck_assert_int_eq(SSL_read(pair.client.raw, &octet, 1), 1);
	resumed = SSL_session_reused(pair.client.raw) == 1;
	SSL_shutdown(pair.client.raw);
	pair_close(&pair);
	return resumed;
}

START_TEST(tickets_are_one_or_none)
{
	static const struct { int version; bool tickets; int expected; } rows[] = {
		{ TLS1_3_VERSION, true, 1 }, { TLS1_3_VERSION, false, 0 }, { TLS1_2_VERSION, true, 1 },
	};

	pair_setup();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		SSL_CTX *client = raw_client(rows[i].version);
		struct tls_context *server = pair_server(pair_leaf, rows[i].tickets, false);

		tickets_seen = 0;
		visit(client, server, NULL);
		ck_assert_msg(tickets_seen == rows[i].expected, "row %zu: %d", i, tickets_seen);
		if (rows[i].expected > 0)
			ck_assert_uint_eq(SSL_SESSION_get_max_early_data(taken), 0);	/* no 0-RTT (T10) */
		tls_context_free(&server);
		SSL_CTX_free(client);
	}
	SSL_SESSION_free(taken);
	pair_teardown();
}
END_TEST

START_TEST(without_tickets_nothing_is_resumed_by_tls_1_2_either)
{
	SSL_CTX *client = raw_client(TLS1_2_VERSION);
	struct tls_context *server;

	pair_setup();
	server = pair_server(pair_leaf, false, false);
	visit(client, server, NULL);
	ck_assert(taken == NULL || !SSL_SESSION_has_ticket(taken));
	ck_assert(!visit(client, server, taken));
	SSL_SESSION_free(taken);
	tls_context_free(&server);
	SSL_CTX_free(client);
	pair_teardown();
}
END_TEST

/* A key seals half a day and opens two hours longer (T10). */
START_TEST(keys_are_renewed_and_old_ones_forgotten)
{
	static const struct { int version; int64_t later_s; bool resumed; } rows[] = {
		{ TLS1_3_VERSION, 0, true },
		{ TLS1_3_VERSION, 11 * HOUR_S, true },
		{ TLS1_3_VERSION, 13 * HOUR_S, true },
		{ TLS1_3_VERSION, 14 * HOUR_S, false },
		{ TLS1_3_VERSION, 100 * HOUR_S, false },
		{ TLS1_3_VERSION, -1 * HOUR_S, false },
		{ TLS1_2_VERSION, 13 * HOUR_S, true },
		{ TLS1_2_VERSION, 14 * HOUR_S, false },
	};

	pair_setup();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int64_t began_s = pair_now_s;
		SSL_CTX *client = raw_client(rows[i].version);
		struct tls_context *server = pair_server(pair_leaf, true, false);

		ck_assert(!visit(client, server, NULL));
		pair_now_s += rows[i].later_s;
		ck_assert_msg(visit(client, server, taken) == rows[i].resumed, "row %zu", i);
		pair_now_s = began_s;
		tls_context_free(&server);
		SSL_CTX_free(client);
	}
	SSL_SESSION_free(taken);
	pair_teardown();
}
END_TEST

START_TEST(a_ticket_is_good_for_its_own_context_only)
{
	SSL_CTX *client = raw_client(TLS1_3_VERSION);
	struct tls_context *one, *other;

	pair_setup();
	one = pair_server(pair_leaf, true, false);
	other = pair_server(pair_leaf, true, false);
	visit(client, one, NULL);
	ck_assert(!visit(client, other, taken));
	tls_context_free(&one);
	tls_context_free(&other);
	SSL_SESSION_free(taken);
	SSL_CTX_free(client);
	pair_teardown();
}
END_TEST

START_TEST(a_renewed_ticket_comes_with_every_resumption_of_tls_1_3)
{
	SSL_CTX *client = raw_client(TLS1_3_VERSION);
	struct tls_context *server;

	pair_setup();
	server = pair_server(pair_leaf, true, false);
	visit(client, server, NULL);
	for (int i = 0; i < 3; i++) {
		tickets_seen = 0;
		SSL_SESSION *resume = taken;
		taken = NULL;
		ck_assert(visit(client, server, resume));
		ck_assert_int_eq(tickets_seen, 1);
		SSL_SESSION_free(resume);
	}
	tls_context_free(&server);
	SSL_SESSION_free(taken);
	SSL_CTX_free(client);
	pair_teardown();
}
END_TEST

UNIT_MAIN("tickets", tickets_are_one_or_none, without_tickets_nothing_is_resumed_by_tls_1_2_either,
    keys_are_renewed_and_old_ones_forgotten, a_ticket_is_good_for_its_own_context_only,
    a_renewed_ticket_comes_with_every_resumption_of_tls_1_3)
