/* Tests of src/lib-tls/describe.c: every way to fail has its word. */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/lib-tls/pair.h"
#include "tests/unit/unit.h"

START_TEST(the_first_certificate_of_a_text_has_a_fingerprint)
{
	char fingerprint[TLS_FINGERPRINT_TEXT], again[TLS_FINGERPRINT_TEXT];
	struct span both;

	pair_setup();
	ck_assert(tls_fingerprint(pair_leaf->certificate_pem, fingerprint));
	ck_assert_uint_eq(strlen(fingerprint), 64);
	ck_assert_uint_eq(strspn(fingerprint, "0123456789abcdef"), 64);
	both = pki_join(pair_leaf->certificate_pem, pair_authority->certificate_pem);
	ck_assert(tls_fingerprint(both, again));
	ck_assert_str_eq(fingerprint, again);
	ck_assert(!tls_fingerprint(SPAN("no certificate"), again));
	ck_assert(!tls_fingerprint(SPAN(""), again));
	ck_assert_str_eq(again, "");
	free((void *)(uintptr_t)both.data);
	pair_teardown();
}
END_TEST

/* What a server that is not ours does to our client. */
START_TEST(failures_of_the_handshake_have_words)
{
	static const struct {
		int least, most;	/* versions of the server */
		const char *ciphers;
		bool wants_certificate;
		struct span says;	/* octets instead of TLS */
		bool closes, resets;
		enum transport_result result;
		const char *reason, *text;
	} rows[] = {
		{ .least = TLS1_VERSION, .most = TLS1_1_VERSION, .ciphers = "ALL", .result = TRANSPORT_ERROR,
		    .reason = "protocol-old", .text = "protocol version" },
		{ .least = TLS1_2_VERSION, .most = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-SHA256", .result = TRANSPORT_ERROR,
		    .reason = "peer-alert", .text = "the peer sent the TLS alert \"handshake failure\" (40), after \"SSLv3/TLS write client hello\"" },
		{ .least = TLS1_2_VERSION, .most = TLS1_3_VERSION, .wants_certificate = true, .result = TRANSPORT_OK },
		{ .says = { "220 mx.example ESMTP\r\n", 22 }, .result = TRANSPORT_ERROR, .reason = "not-tls", .text = "our side" },
		{ .says = { "HTTP/1.1 400 Bad Request\r\n\r\n", 28 }, .result = TRANSPORT_ERROR, .reason = "not-tls", .text = "our side" },
		/* a ServerHello of TLS 1.0 */
		{ .says = { "\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01" "abcdefghijklmnopqrstuvwxyz012345" "\x00\xc0\x13\x00", 47 },
		    .result = TRANSPORT_ERROR, .reason = "protocol-old", .text = "our side" },
		/* a ServerHello of TLS 1.2 with a suite that was not offered */
		{ .says = { "\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03" "abcdefghijklmnopqrstuvwxyz012345" "\x00\x00\x2f\x00", 47 },
		    .result = TRANSPORT_ERROR, .reason = "cipher-weak", .text = "our side: wrong cipher returned, after \"SSLv3/TLS write client hello\"; we sent the TLS alert \"illegal parameter\" (47)" },
		/* insufficient_security, and an alert with no better word */
		{ .says = { "\x15\x03\x03\x00\x02\x02\x47", 7 }, .result = TRANSPORT_ERROR, .reason = "no-shared-cipher",
		    .text = "\"insufficient security\" (71)" },
		{ .says = { "\x15\x03\x03\x00\x02\x02\x50", 7 }, .result = TRANSPORT_ERROR, .reason = "peer-alert",
		    .text = "\"internal error\" (80)" },
		{ .closes = true, .result = TRANSPORT_TRUNCATED, .reason = "handshake-closed",
		    .text = "during the TLS handshake: the peer closed the connection, after \"SSLv3/TLS write client hello\"" },
		{ .resets = true, .result = TRANSPORT_RESET, .reason = "handshake-reset", .text = "during the TLS handshake" },
	};
	struct tls_context *client;

	pair_setup();
	client = pair_client(pair_authority);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		SSL_CTX *context = SSL_CTX_new(TLS_server_method());
		struct tls_failure failure;
		struct pair pair;

		pair_open(&pair);
		pair.client.transport = tls_connect(client, pair.client.fd, &(struct tls_wish){ .sni = "mx.example" });
		ck_assert_int_eq(pair.client.transport->begin(pair.client.transport), TRANSPORT_WANT_READ);
		if (rows[i].least != 0) {
			SSL_CTX_set_security_level(context, 0);
			SSL_CTX_set_min_proto_version(context, rows[i].least);
			SSL_CTX_set_max_proto_version(context, rows[i].most);
			ck_assert(rows[i].ciphers == NULL || SSL_CTX_set_cipher_list(context, rows[i].ciphers) == 1);
			SSL_CTX_set_security_level(context, 0);
			SSL_CTX_use_certificate(context, pair_leaf->certificate);
			SSL_CTX_use_PrivateKey(context, pair_leaf->key);
			if (rows[i].wants_certificate)
				SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
			side_raw(&pair.server, context, true);
		}
		if (rows[i].says.length > 0)
			ck_assert_int_eq(write(pair.server.fd, rows[i].says.data, rows[i].says.length), (ssize_t)rows[i].says.length);
		if (rows[i].closes)
			shutdown(pair.server.fd, SHUT_WR);
		if (rows[i].resets) {	/* closed with octets unread */
			close(pair.server.fd);
			pair.server.fd = -1;
		}
		pair_shake(&pair);
		ck_assert_msg(pair.client.result == rows[i].result, "row %zu: %d", i, (int)pair.client.result);
		if (rows[i].reason != NULL) {
			tls_explain(pair.client.transport, &failure);
			ck_assert_msg(strcmp(failure.reason, rows[i].reason) == 0, "row %zu: %s (%s)", i, failure.reason, failure.text);
			ck_assert_msg(strstr(failure.text, rows[i].text) != NULL, "row %zu: %s", i, failure.text);
		}
		pair_close(&pair);
		SSL_CTX_free(context);
	}
	tls_context_free(&client);
	pair_teardown();
}
END_TEST

/* TLS 1.3 servers say so after the handshake, TLS 1.2 servers with a plain handshake_failure. */
START_TEST(a_server_that_insists_on_a_certificate_is_told_apart)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	struct tls_context *client;
	struct tls_failure failure;
	struct pair pair;
	char octet;
	size_t done;

	pair_setup();
	client = pair_client(pair_authority);
	SSL_CTX_use_certificate(context, pair_leaf->certificate);
	SSL_CTX_use_PrivateKey(context, pair_leaf->key);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	pair_open(&pair);
	pair.client.transport = tls_connect(client, pair.client.fd, &(struct tls_wish){ 0 });
	side_raw(&pair.server, context, true);
	ck_assert(!pair_shake(&pair));
	ck_assert_int_eq(pair.client.result, TRANSPORT_OK);
	ck_assert_int_eq(pair.client.transport->read(pair.client.transport, &octet, 1, &done), TRANSPORT_ERROR);
	tls_explain(pair.client.transport, &failure);
	ck_assert_str_eq(failure.reason, "client-certificate-required");
	pair_close(&pair);
	SSL_CTX_free(context);
	tls_context_free(&client);
	pair_teardown();
}
END_TEST

UNIT_MAIN("describe", the_first_certificate_of_a_text_has_a_fingerprint, failures_of_the_handshake_have_words,
    a_server_that_insists_on_a_certificate_is_told_apart)
