/* Tests of src/lib-tls/handshake.c: what our client believes, what our server puts up with. */
#include <openssl/err.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib-tls/internal.h"
#include "tests/unit/lib-tls/pair.h"
#include "tests/unit/unit.h"

static struct tls_session *kept;
static int sessions_seen;

static void
on_session(void *arg, struct tls_session *session)
{
	(void)arg;
	sessions_seen++;
	tls_session_free(&kept);
	kept = session;
}

START_TEST(two_ends_meet_and_say_the_same_of_it)
{
	struct tls_context *server, *client;
	struct tls_facts facts[2];
	struct pair pair;
	char fingerprint[TLS_FINGERPRINT_TEXT];

	pair_setup();
	server = pair_server(pair_leaf, false, false);
	client = pair_client(pair_authority);
	ck_assert(pair_meet(&pair, client, server, "mx.example"));
	tls_describe(pair.client.transport, &facts[0]);
	tls_describe(pair.server.transport, &facts[1]);
	for (int i = 0; i < 2; i++) {
		ck_assert_str_eq(facts[i].version, "TLSv1.3");
		ck_assert_str_eq(facts[i].cipher, "TLS_AES_128_GCM_SHA256");
		ck_assert_str_eq(facts[i].group, "x25519");
		ck_assert_int_eq(facts[i].bits, 128);
		ck_assert(!facts[i].resumed);
	}
	ck_assert(facts[0].authenticated);
	ck_assert(!facts[1].authenticated);
	ck_assert(tls_fingerprint(pair_leaf->certificate_pem, fingerprint));
	ck_assert_str_eq(facts[0].peer_fingerprint, fingerprint);
	ck_assert_str_eq(facts[1].peer_fingerprint, "");
	ck_assert_int_gt(facts[0].peer_expires_s, 0);
	ck_assert_int_eq(facts[1].peer_expires_s, 0);
	ck_assert_str_eq(facts[0].sni, "");
	ck_assert_str_eq(facts[1].sni, "mx.example");
	pair_close(&pair);
	tls_context_free(&server);
	tls_context_free(&client);
	pair_teardown();
}
END_TEST

/* Whom our client believes when it asks for "mx.example", or for the names of the row (standards.md CX9). */
START_TEST(certificates_are_believed_only_for_what_they_prove)
{
	static const struct {
		const char *names[2];	/* asked for; none = "mx.example" */
		struct pki_subject subject;
		enum { BY_AUTHORITY, BY_ITSELF, BY_STRANGER, BY_WEAK, BY_LEAF } issuer;
		const char *reason;	/* NULL = believed */
		const char *text;	/* part of what people are told */
	} rows[] = {
		{ { 0 }, { .names = "DNS:mx.example" }, BY_AUTHORITY, NULL, "" },
		{ { 0 }, { .names = "DNS:other.example,DNS:MX.Example" }, BY_AUTHORITY, NULL, "" },
		{ { 0 }, { .names = "DNS:*.example" }, BY_AUTHORITY, "certificate-name-mismatch", "it is for *.example" },
		{ { "mx.a.example" }, { .names = "DNS:*.a.example" }, BY_AUTHORITY, NULL, "" },
		{ { "x.mx.a.example" }, { .names = "DNS:*.a.example" }, BY_AUTHORITY, "certificate-name-mismatch", "" },
		{ { "a.example" }, { .names = "DNS:*.a.example" }, BY_AUTHORITY, "certificate-name-mismatch", "" },
		{ { "mx.a.example" }, { .names = "DNS:m*.a.example" }, BY_AUTHORITY, "certificate-name-mismatch", "" },
		{ { "mx.a.example" }, { .names = "DNS:*x.a.example" }, BY_AUTHORITY, "certificate-name-mismatch", "" },
		{ { "mx.a.example" }, { .names = "DNS:mx.*.example" }, BY_AUTHORITY, "certificate-name-mismatch", "" },
		{ { "mx.a.example" }, { .names = "DNS:*" }, BY_AUTHORITY, "certificate-name-mismatch", "" },
		{ { "no.example", "mx.example" }, { .names = "DNS:mx.example" }, BY_AUTHORITY, NULL, "" },
		{ { 0 }, { .names = "DNS:other.example" }, BY_AUTHORITY, "certificate-name-mismatch", "it is for other.example" },
		{ { 0 }, { .common_name = "mx.example" }, BY_AUTHORITY, "certificate-name-mismatch", "it has no DNS name" },
		{ { 0 }, { .common_name = "mx.example", .names = "IP:192.0.2.1" }, BY_AUTHORITY, "certificate-name-mismatch", "" },
		{ { 0 }, { .common_name = "mx.example", .names = "email:mx.example" }, BY_AUTHORITY, "certificate-name-mismatch", "" },
		{ { 0 }, { .raw_name = { "mx.example\0.evil.example", 24 } }, BY_AUTHORITY, "certificate-name-mismatch", "?" },
		{ { 0 }, { .raw_name = { "mx.example\0", 11 } }, BY_AUTHORITY, "certificate-name-mismatch", "mx.example?" },
		{ { "192.0.2.1" }, { .names = "IP:192.0.2.1" }, BY_AUTHORITY, NULL, "" },
		{ { "192.0.2.2" }, { .names = "IP:192.0.2.1" }, BY_AUTHORITY, "certificate-name-mismatch", "" },
		{ { "192.0.2.1" }, { .names = "DNS:192.0.2.1" }, BY_AUTHORITY, "certificate-name-mismatch", "" },
		{ { "2001:db8::1" }, { .names = "IP:2001:db8::1" }, BY_AUTHORITY, NULL, "" },
		{ { ".example" }, { .names = "DNS:mx.example" }, BY_AUTHORITY, "certificate-name-mismatch", "" },
		{ { "" }, { .names = "DNS:mx.example" }, BY_AUTHORITY, "certificate-name-mismatch", "" },
		{ { 0 }, { .names = "DNS:mx.example", .from_days = -40, .until_days = -10 }, BY_AUTHORITY, "certificate-expired", " until 20" },
		{ { 0 }, { .names = "DNS:mx.example", .from_days = 2, .until_days = 30 }, BY_AUTHORITY, "certificate-not-yet-valid", "valid from 20" },
		{ { 0 }, { .names = "DNS:mx.example" }, BY_ITSELF, "certificate-self-signed", "issued by CN=test" },
		{ { 0 }, { .names = "DNS:mx.example" }, BY_STRANGER, "certificate-unknown-issuer", "issued by CN=Stranger" },
		{ { 0 }, { .common_name = "below a leaf", .names = "DNS:mx.example" }, BY_LEAF, "certificate-unknown-issuer", "" },
		{ { 0 }, { .names = "DNS:mx.example", .purpose = "clientAuth" }, BY_AUTHORITY, "certificate-wrong-purpose", "" },
		{ { 0 }, { .names = "DNS:mx.example", .purpose = "serverAuth" }, BY_AUTHORITY, NULL, "" },
		{ { 0 }, { .names = "DNS:mx.example", .key = PKI_RSA_1024 }, BY_AUTHORITY, "key-weak", "" },
		{ { 0 }, { .names = "DNS:mx.example", .key = PKI_RSA }, BY_AUTHORITY, NULL, "" },
		{ { 0 }, { .names = "DNS:mx.example" }, BY_WEAK, "key-weak", "" },
		{ { 0 }, { .names = "DNS:mx.example", .digest = "SHA1" }, BY_AUTHORITY, "signature-weak", "" },
	};
	struct pki *stranger, *weak;
	struct span trust;
	struct tls_context *client;
	char why[200] = "";

	pair_setup();
	stranger = pki_make(&(struct pki_subject){ .common_name = "Stranger", .authority = true }, NULL);
	weak = pki_make(&(struct pki_subject){ .common_name = "Weak", .authority = true, .key = PKI_RSA_1024 }, NULL);
	trust = pki_join(pair_authority->certificate_pem, weak->certificate_pem);
	client = tls_context_client(trust, &(struct tls_choices){ 0 }, why, sizeof(why));
	ck_assert_msg(client != NULL, "%s", why);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct pki *issuers[] = { pair_authority, NULL, stranger, weak, pair_leaf };
		struct pki *leaf = pki_make(&rows[i].subject, issuers[rows[i].issuer]);
		SSL_CTX *context = SSL_CTX_new(TLS_server_method());
		const char *usual = "mx.example";
		struct tls_wish wish = {
			.authenticate = true,
			.names = rows[i].names[0] == NULL ? &usual : rows[i].names,
			.names_count = rows[i].names[0] == NULL || rows[i].names[1] == NULL ? 1 : 2
		};
		struct tls_failure failure = { .reason = "" };
		struct tls_facts facts;
		struct pair pair;

		SSL_CTX_set_security_level(context, 0);
		SSL_CTX_use_certificate(context, leaf->certificate);
		SSL_CTX_use_PrivateKey(context, leaf->key);
		if (rows[i].issuer == BY_LEAF)
			SSL_CTX_add1_chain_cert(context, pair_leaf->certificate);
		pair_open(&pair);
		side_raw(&pair.server, context, true);
		pair.client.transport = tls_connect(client, pair.client.fd, &wish);
		pair_shake(&pair);
		if (rows[i].reason == NULL) {
			tls_describe(pair.client.transport, &facts);
			ck_assert_msg(pair.client.result == TRANSPORT_OK && facts.authenticated, "row %zu", i);
			ck_assert_str_eq(facts.name, wish.names[wish.names_count - 1]);	/* rows with two names have the second */
		} else {
			ck_assert_msg(pair.client.result == TRANSPORT_ERROR, "row %zu", i);
			tls_explain(pair.client.transport, &failure);
			ck_assert_msg(strcmp(failure.reason, rows[i].reason) == 0, "row %zu: %s", i, failure.reason);
			ck_assert_msg(strstr(failure.text, rows[i].text) != NULL, "row %zu: %s", i, failure.text);
			ck_assert_uint_eq(strlen(failure.peer_fingerprint), 64);
			ck_assert_int_ne(failure.peer_expires_s, 0);
		}
		pair_close(&pair);
		SSL_CTX_free(context);
		pki_free(&leaf);
	}
	tls_context_free(&client);
	free((void *)(uintptr_t)trust.data);
	pki_free(&stranger);
	pki_free(&weak);
	pair_teardown();
}
END_TEST

/* At level encrypt nothing of the certificate counts, and nothing is claimed of it. */
START_TEST(without_authentication_any_certificate_will_do)
{
	static const struct pki_subject subjects[] = {
		{ .names = "DNS:mx.example" }, { .from_days = -40, .until_days = -10 }, { .key = PKI_RSA_1024 },
		{ .digest = "SHA1" }, { .purpose = "clientAuth" },
	};
	struct tls_context *client;

	pair_setup();
	client = pair_client(pair_authority);
	for (size_t i = 0; i < sizeof(subjects) / sizeof(*subjects); i++) {
		struct pki *leaf = pki_make(&subjects[i], NULL);
		SSL_CTX *context = SSL_CTX_new(TLS_server_method());
		struct tls_facts facts;
		struct pair pair;

		SSL_CTX_set_security_level(context, 0);
		SSL_CTX_use_certificate(context, leaf->certificate);
		SSL_CTX_use_PrivateKey(context, leaf->key);
		pair_open(&pair);
		side_raw(&pair.server, context, true);
		pair.client.transport = tls_connect(client, pair.client.fd, &(struct tls_wish){ .sni = "mx.example" });
		ck_assert_msg(pair_shake(&pair), "row %zu", i);
		tls_describe(pair.client.transport, &facts);
		ck_assert(!facts.authenticated);
		ck_assert_uint_eq(strlen(facts.peer_fingerprint), 64);
		pair_close(&pair);
		SSL_CTX_free(context);
		pki_free(&leaf);
	}
	tls_context_free(&client);
	pair_teardown();
}
END_TEST

/* RFC 8461 7.1: an SMTP server has a chain for any SNI (standards.md T17). */
START_TEST(any_sni_gets_the_default_certificate)
{
	static const char long_name[] =
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	static const char *const names[] = { NULL, "mx.example", "nonsense.invalid", "MX.EXAMPLE", "mx.example.", "192.0.2.1",
		"[2001:db8::1]", "a b", "<script>", "\x1b[31m", "\xc3\xbc.example", long_name };
	struct tls_context *server;
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	pair_setup();
	server = pair_server(pair_leaf, false, false);
	ck_assert_uint_eq(strlen(long_name), 253);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct tls_facts facts;
		struct pair pair;

		pair_open(&pair);
		side_raw(&pair.client, context, false);
		if (names[i] != NULL)
			tls_set_sni(pair.client.raw, names[i]);
		pair.server.transport = tls_accept(server, pair.server.fd);
		ck_assert_msg(pair_shake(&pair), "row %zu", i);
		tls_describe(pair.server.transport, &facts);
		ck_assert_str_eq(facts.sni, names[i] == NULL ? "" : names[i]);
		ck_assert_int_eq(X509_cmp(SSL_get0_peer_certificate(pair.client.raw), pair_leaf->certificate), 0);
		pair_close(&pair);
	}
	SSL_CTX_free(context);
	tls_context_free(&server);
	pair_teardown();
}
END_TEST

START_TEST(renegotiation_is_refused_and_the_connection_goes_on)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	struct tls_context *server;
	struct pair pair;
	char octets[8];
	size_t done = 0;

	pair_setup();
	server = pair_server(pair_leaf, false, false);
	SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
	pair_open(&pair);
	side_raw(&pair.client, context, false);
	pair.server.transport = tls_accept(server, pair.server.fd);
	ck_assert(pair_shake(&pair));
	ck_assert_int_eq(SSL_get_secure_renegotiation_support(pair.client.raw), 1);
	ck_assert_int_eq(SSL_get_extms_support(pair.client.raw), 1);
	ck_assert_int_eq(SSL_renegotiate(pair.client.raw), 1);
	SSL_do_handshake(pair.client.raw);
	ck_assert_int_eq(pair.server.transport->read(pair.server.transport, octets, sizeof(octets), &done), TRANSPORT_WANT_READ);
	ck_assert_int_le(SSL_read(pair.client.raw, octets, sizeof(octets)), 0);
	ck_assert_int_eq(ERR_GET_REASON(ERR_peek_error()), SSL_R_NO_RENEGOTIATION);
	pair_close(&pair);
	SSL_CTX_free(context);
	tls_context_free(&server);
	pair_teardown();
}
END_TEST

/*
 * What begins otherwise is not answered, but by an alert: a hello of TLS 1.2 in the frame of SSLv2 (which carries no signature
 * algorithms: SHA-1 would be all there is), SMTP and HTTP in clear, an alert, octets without meaning (standards.md T5, T6, T14).
 */
START_TEST(what_is_no_hello_is_the_end)
{
	static const char sslv2[] = "\x80\x2e\x01\x03\x03\x00\x15\x00\x00\x00\x10\x00\xc0\x2f\x00\xc0\x2b\x00\xc0\x30\x00\xc0\x2c"
	    "\x01\x00\x80\x07\x00\xc0\x00\x00\xff" "0123456789abcdef";
	static const struct { struct span octets; const char *reason; } rows[] = {
		{ { sslv2, sizeof(sslv2) - 1 }, "no-shared-cipher" },
		{ SPAN("\x80\x1c\x01\x00\x02\x00\x03\x00\x00\x00\x10\x07\x00\xc0" "0123456789abcdef"), "not-tls" },
		{ SPAN("EHLO client.example\r\nMAIL FROM:<a@client.example>\r\n"), "not-tls" },
		{ SPAN("GET / HTTP/1.1\r\nHost: mx.example\r\n\r\n"), "not-tls" },
		{ SPAN("\x15\x03\x03\x00\x02\x02\x28"), "tls-error" },
		{ SPAN("\x17\x03\x03\x00\x05hello"), "tls-error" },
		{ SPAN("\x16\x03\x03\x00\x04\x10\x00\x00\x00"), "tls-error" },
	};
	struct tls_context *server;

	pair_setup();
	server = pair_server(pair_leaf, false, false);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct tls_failure failure;
		unsigned char answer[512];
		struct pair pair;
		ssize_t n;

		pair_open(&pair);
		pair.server.transport = tls_accept(server, pair.server.fd);
		ck_assert_int_eq(write(pair.client.fd, rows[i].octets.data, rows[i].octets.length), (ssize_t)rows[i].octets.length);
		ck_assert_msg(pair.server.transport->begin(pair.server.transport) == TRANSPORT_ERROR, "row %zu", i);
		tls_explain(pair.server.transport, &failure);
		ck_assert_msg(strcmp(failure.reason, rows[i].reason) == 0, "row %zu: %s: %s", i, failure.reason, failure.text);
		n = read(pair.client.fd, answer, sizeof(answer));
		ck_assert_msg(n <= 0 || (n == 7 && answer[0] == 0x15 && answer[5] == 2), "row %zu: answered with %zd octets", i, n);
		pair_close(&pair);
	}
	tls_context_free(&server);
	pair_teardown();
}
END_TEST

/* A TLS 1.2 server that does not answer renegotiation_info may be two spliced connections (RFC 5746, T8). */
START_TEST(servers_without_secure_renegotiation_are_refused)
{
	static const unsigned char hello[] = {
		0x16, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3,
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
		0, 0xc0, 0x2f, 0
	};
	struct tls_context *client;
	struct tls_failure failure;
	struct pair pair;

	pair_setup();
	client = pair_client(pair_authority);
	pair_open(&pair);
	pair.client.transport = tls_connect(client, pair.client.fd, &(struct tls_wish){ 0 });
	ck_assert_int_eq(pair.client.transport->begin(pair.client.transport), TRANSPORT_WANT_READ);
	ck_assert_int_eq(write(pair.server.fd, hello, sizeof(hello)), sizeof(hello));
	ck_assert_int_eq(pair.client.transport->begin(pair.client.transport), TRANSPORT_ERROR);
	tls_explain(pair.client.transport, &failure);
	ck_assert_str_eq(failure.reason, "renegotiation-insecure");
	pair_close(&pair);
	tls_context_free(&client);
	pair_teardown();
}
END_TEST

/*
 * Records without content for us (here KeyUpdate, RFC 8446 4.6.3) are not read without end in one call: other connections
 * have their turns, and what comes behind is read in later ones (standards.md T18, SX8).
 */
START_TEST(records_without_content_do_not_take_the_loop)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	enum transport_result result;
	struct tls_context *server;
	struct pair pair;
	char octets[16], *records;
	int calls = 0, waiting = 0;
	size_t done = 0;
	BIO *written = BIO_new(BIO_s_mem());
	long length;

	pair_setup();
	server = pair_server(pair_leaf, false, false);
	pair_open(&pair);
	side_raw(&pair.client, context, false);
	pair.server.transport = tls_accept(server, pair.server.fd);
	ck_assert(pair_shake(&pair));
	SSL_set0_wbio(pair.client.raw, written);
	for (int i = 0; i < 3000; i++)
		ck_assert(SSL_key_update(pair.client.raw, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 && SSL_do_handshake(pair.client.raw) == 1);
	ck_assert_int_eq(SSL_write(pair.client.raw, "x", 1), 1);
	length = BIO_get_mem_data(written, &records);
	ck_assert_int_gt(length, 70000);
	ck_assert_int_eq(write(pair.client.fd, records, (size_t)length), length);
	result = pair.server.transport->read(pair.server.transport, octets, sizeof(octets), &done);
	ck_assert_int_eq(result, TRANSPORT_WANT_READ);
	ck_assert_int_eq(ioctl(pair.server.fd, FIONREAD, &waiting), 0);
	ck_assert_int_gt(waiting, 0);
	while (result == TRANSPORT_WANT_READ && calls++ < 100)
		result = pair.server.transport->read(pair.server.transport, octets, sizeof(octets), &done);
	ck_assert_int_eq(result, TRANSPORT_OK);
	ck_assert(done == 1 && octets[0] == 'x');
	pair_close(&pair);
	SSL_CTX_free(context);
	tls_context_free(&server);
	pair_teardown();
}
END_TEST

/* How an end that we read from can come to its end (standards.md T20). */
/* A read need not be tried when the socket was emptied and OpenSSL holds nothing: two records came together, or one. */
START_TEST(what_may_still_be_read_is_known)
{
	struct pair pair;
	struct tls_context *server, *client;
	struct transport *from, *to;
	char octets[100];
	size_t done;

	pair_setup();
	server = pair_server(pair_leaf, true, false);
	client = pair_client(pair_authority);
	ck_assert(pair_meet(&pair, client, server, "mx.example"));
	from = pair.client.transport;
	to = pair.server.transport;
	ck_assert_int_eq(from->write(from, "one", 3, &done), TRANSPORT_OK);
	ck_assert_int_eq(from->write(from, "two", 3, &done), TRANSPORT_OK);
	ck_assert_int_eq(to->read(to, octets, sizeof(octets), &done), TRANSPORT_OK);
	ck_assert_uint_eq(done, 3);
	ck_assert(to->has_more(to));
	ck_assert_int_eq(to->read(to, octets, 1, &done), TRANSPORT_OK);
	ck_assert(to->has_more(to));
	ck_assert_int_eq(to->read(to, octets, sizeof(octets), &done), TRANSPORT_OK);
	ck_assert_uint_eq(done, 2);
	ck_assert(!to->has_more(to));
	ck_assert_int_eq(to->read(to, octets, sizeof(octets), &done), TRANSPORT_WANT_READ);
	ck_assert_int_eq(from->write(from, "three", 5, &done), TRANSPORT_OK);
	ck_assert_int_eq(to->read(to, octets, sizeof(octets), &done), TRANSPORT_OK);
	ck_assert(!to->has_more(to));
	/* The end that comes with the last octets is not left unread. */
	ck_assert_int_eq(from->write(from, "four", 4, &done), TRANSPORT_OK);
	from->end(from);
	ck_assert_int_eq(to->read(to, octets, sizeof(octets), &done), TRANSPORT_OK);
	ck_assert(to->has_more(to));
	ck_assert_int_eq(to->read(to, octets, sizeof(octets), &done), TRANSPORT_CLOSED);
	pair_close(&pair);
	tls_context_free(&server);
	tls_context_free(&client);
	pair_teardown();
}
END_TEST

START_TEST(an_end_without_close_notify_is_told_apart)
{
	static const struct { bool says_goodbye; enum transport_result expected; const char *reason; } rows[] = {
		{ true, TRANSPORT_CLOSED, NULL }, { false, TRANSPORT_TRUNCATED, "closed" },
	};
	struct tls_context *server, *client;

	pair_setup();
	server = pair_server(pair_leaf, false, false);
	client = pair_client(pair_authority);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct pair pair;
		struct tls_failure failure;
		char octets[16];
		size_t done = 0;

		ck_assert(pair_meet(&pair, client, server, "mx.example"));
		ck_assert_int_eq(pair.client.transport->write(pair.client.transport, "half", 4, &done), TRANSPORT_OK);
		if (rows[i].says_goodbye)
			pair.client.transport->end(pair.client.transport);
		shutdown(pair.client.fd, SHUT_WR);
		ck_assert_int_eq(pair.server.transport->read(pair.server.transport, octets, sizeof(octets), &done), TRANSPORT_OK);
		ck_span_eq(span_make(octets, done), "half");
		ck_assert_int_eq(pair.server.transport->read(pair.server.transport, octets, sizeof(octets), &done), rows[i].expected);
		if (rows[i].reason != NULL) {
			tls_explain(pair.server.transport, &failure);
			ck_assert_str_eq(failure.reason, rows[i].reason);
		}
		pair_close(&pair);
	}
	tls_context_free(&server);
	tls_context_free(&client);
	pair_teardown();
}
END_TEST

START_TEST(writing_to_a_closed_peer_is_an_error_and_not_a_signal)
{
	struct tls_context *server, *client;
	struct tls_failure failure;
	struct pair pair;
	size_t done = 0;

	pair_setup();
	server = pair_server(pair_leaf, false, false);
	client = pair_client(pair_authority);
	ck_assert(pair_meet(&pair, client, server, NULL));
	close(pair.client.fd);
	pair.client.fd = -1;
	ck_assert_int_eq(pair.server.transport->write(pair.server.transport, "x", 1, &done), TRANSPORT_RESET);
	tls_explain(pair.server.transport, &failure);
	ck_assert_str_eq(failure.reason, "reset");
	pair_close(&pair);
	tls_context_free(&server);
	tls_context_free(&client);
	pair_teardown();
}
END_TEST

/* One visit of our client with whatever session is kept; takes in the ticket. */
static void
visit(struct tls_context *client, struct tls_context *server, const char *name, bool authenticate, struct tls_facts *facts)
{
	struct tls_wish wish = { .sni = name, .authenticate = authenticate, .names = &name, .names_count = 1, .resume = kept,
		.on_session = on_session };
	struct pair pair;
	char octet;
	size_t done;

	pair_open(&pair);
	pair.client.transport = tls_connect(client, pair.client.fd, &wish);
	pair.server.transport = tls_accept(server, pair.server.fd);
	ck_assert(pair_shake(&pair));
	tls_describe(pair.client.transport, facts);
	ck_assert_int_eq(pair.server.transport->write(pair.server.transport, "x", 1, &done), TRANSPORT_OK);
	ck_assert_int_eq(pair.client.transport->read(pair.client.transport, &octet, 1, &done), TRANSPORT_OK);
	pair.client.transport->end(pair.client.transport);
	pair_close(&pair);
}

/* A session made under one demand is no proof under another (standards.md CX10, D44). */
START_TEST(sessions_are_resumed_only_where_they_prove_enough)
{
	static const struct {
		bool first_authenticates, then_authenticates;
		const char *then_name;
		int64_t later_s;
		bool other_context;
		bool resumed;
	} rows[] = {
		{ true, true, "mx.example", 0, false, true },
		{ true, true, "mx.example", 3599, false, true },
		{ true, true, "mx.example", 3601, false, false },
		{ true, true, "mx.example", -60, false, false },
		{ true, true, "second.example", 0, false, true },	/* the certificate has that name too */
		{ true, false, "mx.example", 0, false, true },
		{ false, true, "mx.example", 0, false, false },
		{ false, false, "mx.example", 0, false, true },
		{ true, true, "mx.example", 0, true, false },
	};
	struct pki *leaf;
	struct tls_context *server;

	pair_setup();
	leaf = pki_make(&(struct pki_subject){ .names = "DNS:mx.example,DNS:second.example" }, pair_authority);
	server = pair_server(leaf, true, false);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct tls_context *client = pair_client(pair_authority), *other = pair_client(pair_authority);
		int64_t began_s = pair_now_s;
		struct tls_facts facts;

		sessions_seen = 0;
		visit(client, server, "mx.example", rows[i].first_authenticates, &facts);
		ck_assert_int_eq(sessions_seen, 1);
		ck_assert(facts.authenticated == rows[i].first_authenticates && !facts.resumed);
		pair_now_s += rows[i].later_s;
		visit(rows[i].other_context ? other : client, server, rows[i].then_name, rows[i].then_authenticates, &facts);
		ck_assert_msg(facts.resumed == rows[i].resumed, "row %zu", i);
		ck_assert_msg(facts.authenticated == rows[i].then_authenticates, "row %zu", i);
		ck_assert_str_eq(facts.name, rows[i].then_authenticates ? rows[i].then_name : "");
		ck_assert_uint_eq(strlen(facts.peer_fingerprint), 64);
		pair_now_s = began_s;
		tls_session_free(&kept);
		tls_context_free(&client);
		tls_context_free(&other);
	}
	tls_context_free(&server);
	pki_free(&leaf);
	pair_teardown();
}
END_TEST

START_TEST(a_session_whose_certificate_lacks_the_name_is_not_offered)
{
	struct tls_context *server, *client;
	const char *name = "stranger.example";
	struct tls_wish wish = { .sni = "mx.example", .authenticate = true, .names = &name, .names_count = 1 };
	struct tls_failure failure;
	struct tls_facts facts;
	struct pair pair;

	pair_setup();
	server = pair_server(pair_leaf, true, false);
	client = pair_client(pair_authority);
	visit(client, server, "mx.example", true, &facts);
	wish.resume = kept;
	pair_open(&pair);
	pair.client.transport = tls_connect(client, pair.client.fd, &wish);
	pair.server.transport = tls_accept(server, pair.server.fd);
	ck_assert(!pair_shake(&pair));
	tls_explain(pair.client.transport, &failure);
	ck_assert_str_eq(failure.reason, "certificate-name-mismatch");
	pair_close(&pair);
	tls_session_free(&kept);
	tls_context_free(&server);
	tls_context_free(&client);
	pair_teardown();
}
END_TEST

/* What the server knows of a client's certificate, at the first visit and when it resumes. */
START_TEST(a_client_certificate_is_known_by_its_fingerprint)
{
	static const struct { bool asked, has_one; } rows[] = { { true, true }, { true, false }, { false, true } };
	struct pki *own;
	char fingerprint[TLS_FINGERPRINT_TEXT];

	pair_setup();
	own = pki_make(&(struct pki_subject){ .common_name = "a client" }, NULL);
	ck_assert(tls_fingerprint(own->certificate_pem, fingerprint));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct tls_context *server = pair_server(pair_leaf, true, rows[i].asked);
		SSL_CTX *context = SSL_CTX_new(TLS_client_method());
		SSL_SESSION *session = NULL;

		if (rows[i].has_one) {
			SSL_CTX_use_certificate(context, own->certificate);
			SSL_CTX_use_PrivateKey(context, own->key);
		}
		for (int visits = 0; visits < 2; visits++) {
			struct pair pair;
			struct tls_facts facts;
			char octet;
			size_t done;

			pair_open(&pair);
			side_raw(&pair.client, context, false);
			if (session != NULL)
				SSL_set_session(pair.client.raw, session);
			pair.server.transport = tls_accept(server, pair.server.fd);
			ck_assert(pair_shake(&pair));
			pair.server.transport->write(pair.server.transport, "x", 1, &done);
			ck_assert_int_eq(SSL_read(pair.client.raw, &octet, 1), 1);
			tls_describe(pair.server.transport, &facts);
			ck_assert(facts.resumed == (visits == 1));
			ck_assert_str_eq(facts.peer_fingerprint, rows[i].asked && rows[i].has_one ? fingerprint : "");
			SSL_SESSION_free(session);
			session = SSL_get1_session(pair.client.raw);
			SSL_shutdown(pair.client.raw);
			pair_close(&pair);
		}
		SSL_SESSION_free(session);
		SSL_CTX_free(context);
		tls_context_free(&server);
	}
	pki_free(&own);
	pair_teardown();
}
END_TEST

START_TEST(an_owner_who_left_is_not_called)
{
	struct tls_context *server, *client;
	struct tls_wish wish = { .on_session = on_session };
	struct pair pair;
	char octet;
	size_t done;

	pair_setup();
	server = pair_server(pair_leaf, true, false);
	client = pair_client(pair_authority);
	pair_open(&pair);
	pair.client.transport = tls_connect(client, pair.client.fd, &wish);
	pair.server.transport = tls_accept(server, pair.server.fd);
	ck_assert(pair_shake(&pair));
	tls_forget_owner(pair.client.transport);
	pair.server.transport->write(pair.server.transport, "x", 1, &done);
	ck_assert_int_eq(pair.client.transport->read(pair.client.transport, &octet, 1, &done), TRANSPORT_OK);
	ck_assert_int_eq(sessions_seen, 0);
	pair_close(&pair);
	tls_context_free(&server);
	tls_context_free(&client);
	pair_teardown();
}
END_TEST

UNIT_MAIN("handshake", two_ends_meet_and_say_the_same_of_it, certificates_are_believed_only_for_what_they_prove,
    without_authentication_any_certificate_will_do, any_sni_gets_the_default_certificate,
    renegotiation_is_refused_and_the_connection_goes_on, servers_without_secure_renegotiation_are_refused,
    what_is_no_hello_is_the_end, records_without_content_do_not_take_the_loop, what_may_still_be_read_is_known, an_end_without_close_notify_is_told_apart, writing_to_a_closed_peer_is_an_error_and_not_a_signal,
    sessions_are_resumed_only_where_they_prove_enough, a_session_whose_certificate_lacks_the_name_is_not_offered,
    a_client_certificate_is_known_by_its_fingerprint, an_owner_who_left_is_not_called)
