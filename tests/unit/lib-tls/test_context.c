/* Tests of src/lib-tls/context.c: what can be configured, and what can then be negotiated. */
#include "lib-tls/internal.h"
#include "tests/unit/lib-tls/pair.h"
#include "tests/unit/unit.h"

START_TEST(lists_are_measured_against_the_floor)
{
	static const struct { struct tls_choices choices; const char *complaint; } rows[] = {
		{ { "", "", "" }, NULL },
		{ { NULL, NULL, NULL }, NULL },
		{ { "ECDHE-RSA-AES128-GCM-SHA256", "TLS_AES_256_GCM_SHA384", "P-256:X25519" }, NULL },
		{ { "ECDHE+CHACHA20", "", "P-521" }, NULL },
		{ { "AES128-GCM-SHA256", "", "" }, "forward secrecy" },
		{ { "DHE-RSA-AES128-GCM-SHA256", "", "" }, "forward secrecy" },
		{ { "ECDHE-RSA-AES128-SHA", "", "" }, "not an AEAD" },
		{ { "ECDHE-RSA-AES256-SHA384", "", "" }, "not an AEAD" },
		{ { "ECDHE-ECDSA-AES128-CCM8", "", "" }, "tag of 64 bits" },
		{ { "ECDHE-PSK-CHACHA20-POLY1305", "", "" }, "forward secrecy" },
		{ { "AECDH-AES128-SHA:@SECLEVEL=0", "", "" }, "not an AEAD" },
		{ { "ALL:@SECLEVEL=0", "", "" }, "the cipher" },
		{ { "eNULL:@SECLEVEL=0", "", "" }, "the cipher" },
		{ { "nonsense", "", "" }, "not known" },
		{ { "", "TLS_NONSENSE", "" }, "not known" },
		{ { "", "TLS_AES_128_CCM_8_SHA256", "" }, "tag of 64 bits" },
		{ { "", "", "P-224" }, "\"P-224\" is not a group" },
		{ { "", "", "X25519:ffdhe2048" }, "\"ffdhe2048\" is not a group" },
		{ { "", "", "X25519:" }, "\"\" is not a group" },
	};

	pair_setup();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct tls_credential credential = { pair_leaf->certificate_pem, pair_leaf->key_pem };
		char why[2][300] = { "", "" };
		struct tls_context *contexts[2] = {
			tls_context_server(&credential, 1, &rows[i].choices, false, false, why[0], sizeof(why[0])),
			tls_context_client(pair_authority->certificate_pem, &rows[i].choices, why[1], sizeof(why[1]))
		};

		for (size_t k = 0; k < 2; k++) {
			ck_assert_msg((contexts[k] != NULL) == (rows[i].complaint == NULL), "row %zu side %zu: %s", i, k, why[k]);
			if (rows[i].complaint != NULL)
				ck_assert_msg(strstr(why[k], rows[i].complaint) != NULL, "row %zu side %zu: %s", i, k, why[k]);
			tls_context_free(&contexts[k]);
			ck_assert_ptr_null(contexts[k]);
		}
	}
	pair_teardown();
}
END_TEST

START_TEST(unusable_credentials_are_refused_with_a_sentence)
{
	struct pki *other, *weak, *rsa;

	pair_setup();
	other = pki_make(&(struct pki_subject){ .names = "DNS:mx.example" }, pair_authority);
	weak = pki_make(&(struct pki_subject){ .key = PKI_RSA_1024 }, NULL);
	rsa = pki_make(&(struct pki_subject){ .key = PKI_RSA }, NULL);

	const struct { struct tls_credential credentials[2]; size_t count; const char *complaint; } rows[] = {
		{ { { pair_leaf->certificate_pem, pair_leaf->key_pem } }, 1, NULL },
		{ { { pair_leaf->certificate_pem, pair_leaf->key_pem }, { rsa->certificate_pem, rsa->key_pem } }, 2, NULL },
		{ { { { NULL, 0 }, { NULL, 0 } } }, 0, "no certificate" },
		{ { { { NULL, 0 }, pair_leaf->key_pem } }, 1, "no certificate in" },
		{ { { SPAN("rubbish"), pair_leaf->key_pem } }, 1, "no certificate in" },
		{ { { span_first(pair_leaf->certificate_pem, 200), pair_leaf->key_pem } }, 1, "no certificate in" },
		{ { { pair_leaf->certificate_pem, { NULL, 0 } } }, 1, "no usable private key" },
		{ { { pair_leaf->certificate_pem, span_first(pair_leaf->key_pem, 100) } }, 1, "no usable private key" },
		{ { { pair_leaf->certificate_pem, other->key_pem } }, 1, "does not belong" },
		{ { { weak->certificate_pem, weak->key_pem } }, 1, "RSA key of 1024 bits" },
		{ { { pair_leaf->certificate_pem, pair_leaf->key_pem }, { other->certificate_pem, other->key_pem } }, 2,
		    "keys of one type" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char why[300] = "";
		struct tls_context *context = tls_context_server(rows[i].credentials, rows[i].count, &(struct tls_choices){ 0 },
		    false, false, why, sizeof(why));

		ck_assert_msg((context != NULL) == (rows[i].complaint == NULL), "row %zu: %s", i, why);
		ck_assert_msg(rows[i].complaint == NULL || strstr(why, rows[i].complaint) != NULL, "row %zu: %s", i, why);
		tls_context_free(&context);
	}
	pki_free(&other);
	pki_free(&weak);
	pki_free(&rsa);
	pair_teardown();
}
END_TEST

START_TEST(a_trust_file_without_certificates_is_refused)
{
	char why[200] = "";

	ck_assert_ptr_null(tls_context_client(SPAN("# nothing here\n"), &(struct tls_choices){ 0 }, why, sizeof(why)));
	ck_assert_str_eq(why, "no certificate in the PEM text");
}
END_TEST

/* What a client that offers just this gets from our server, and a server that has just this from our client. */
static const struct offer {
	int version;			/* only this one */
	const char *ciphers, *suites, *groups, *signatures;
	bool good;
} offers[] = {
	{ TLS1_3_VERSION, NULL, "TLS_AES_128_GCM_SHA256", NULL, NULL, true },
	{ TLS1_3_VERSION, NULL, "TLS_AES_256_GCM_SHA384", NULL, NULL, true },
	{ TLS1_3_VERSION, NULL, "TLS_CHACHA20_POLY1305_SHA256", NULL, NULL, true },
	{ TLS1_3_VERSION, NULL, "TLS_AES_128_CCM_SHA256", NULL, NULL, false },
	{ TLS1_3_VERSION, NULL, NULL, "X25519", NULL, true },
	{ TLS1_3_VERSION, NULL, NULL, "P-256", NULL, true },
	{ TLS1_3_VERSION, NULL, NULL, "P-384", NULL, true },
	{ TLS1_3_VERSION, NULL, NULL, "ffdhe2048", NULL, false },
	{ TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", NULL, NULL, NULL, true },
	{ TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384", NULL, NULL, NULL, true },
	{ TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", NULL, NULL, NULL, true },
	{ TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA", NULL, NULL, NULL, false },
	{ TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256", NULL, NULL, NULL, false },
	{ TLS1_2_VERSION, "ECDHE-ECDSA-AES128-CCM8", NULL, NULL, NULL, false },
	{ TLS1_2_VERSION, "AES128-SHA", NULL, NULL, NULL, false },
	{ TLS1_2_VERSION, "AECDH-AES128-SHA", NULL, NULL, NULL, false },
	{ TLS1_2_VERSION, "ECDHE-ECDSA-NULL-SHA", NULL, NULL, NULL, false },
	{ TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", NULL, NULL, "ECDSA+SHA1", false },
	{ TLS1_1_VERSION, "ALL", NULL, NULL, NULL, false },
	{ TLS1_VERSION, "ALL", NULL, NULL, NULL, false },
};

static SSL_CTX *
offer_context(const struct offer *offer, bool is_server)
{
	SSL_CTX *context = SSL_CTX_new(TLS_method());

	SSL_CTX_set_security_level(context, 0);
	SSL_CTX_set_min_proto_version(context, offer->version);
	SSL_CTX_set_max_proto_version(context, offer->version);
	ck_assert(offer->ciphers == NULL || SSL_CTX_set_cipher_list(context, offer->ciphers) == 1);
	ck_assert(offer->suites == NULL || SSL_CTX_set_ciphersuites(context, offer->suites) == 1);
	ck_assert(offer->groups == NULL || tls_set_groups(context, offer->groups));
	ck_assert(offer->signatures == NULL || tls_set_signatures(context, offer->signatures));
	SSL_CTX_set_security_level(context, 0);
	if (is_server) {
		ck_assert_int_eq(SSL_CTX_use_certificate(context, pair_leaf->certificate), 1);
		ck_assert_int_eq(SSL_CTX_use_PrivateKey(context, pair_leaf->key), 1);
	}
	return context;
}

START_TEST(only_what_is_above_the_floor_is_negotiated)
{
	struct tls_context *server, *client;

	pair_setup();
	server = pair_server(pair_leaf, false, false);
	client = pair_client(pair_authority);
	for (size_t i = 0; i < sizeof(offers) / sizeof(*offers); i++) {
		for (int ours_is_server = 0; ours_is_server < 2; ours_is_server++) {
			SSL_CTX *context = offer_context(&offers[i], !ours_is_server);
			struct pair pair;

			pair_open(&pair);
			side_raw(ours_is_server ? &pair.client : &pair.server, context, !ours_is_server);
			if (ours_is_server)
				pair.server.transport = tls_accept(server, pair.server.fd);
			else
				pair.client.transport = tls_connect(client, pair.client.fd, &(struct tls_wish){ 0 });
			ck_assert_msg(pair_shake(&pair) == offers[i].good, "row %zu, ours is %s", i, ours_is_server ? "server" : "client");
			if (offers[i].good)
				ck_assert_ptr_null(SSL_get_current_compression(ours_is_server ? pair.client.raw : pair.server.raw));
			pair_close(&pair);
			SSL_CTX_free(context);
		}
	}
	tls_context_free(&server);
	tls_context_free(&client);
	pair_teardown();
}
END_TEST

START_TEST(both_kinds_of_key_serve_whoever_asks_for_them)
{
	static const struct { const char *signatures; int kind; } rows[] = {
		{ "ECDSA+SHA256", EVP_PKEY_EC }, { "rsa_pss_rsae_sha256", EVP_PKEY_RSA },
		{ "ECDSA+SHA256:rsa_pss_rsae_sha256", EVP_PKEY_EC },
	};
	struct pki *rsa;
	struct tls_context *server;
	char why[200] = "";

	pair_setup();
	rsa = pki_make(&(struct pki_subject){ .names = "DNS:mx.example", .key = PKI_RSA }, pair_authority);
	server = tls_context_server((const struct tls_credential[]){ { pair_leaf->certificate_pem, pair_leaf->key_pem },
	    { rsa->certificate_pem, rsa->key_pem } }, 2, &(struct tls_choices){ 0 }, false, false, why, sizeof(why));
	ck_assert_msg(server != NULL, "%s", why);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct offer offer = { TLS1_3_VERSION, NULL, NULL, NULL, rows[i].signatures, true };
		SSL_CTX *context = offer_context(&offer, false);
		struct pair pair;

		pair_open(&pair);
		side_raw(&pair.client, context, false);
		pair.server.transport = tls_accept(server, pair.server.fd);
		ck_assert(pair_shake(&pair));
		ck_assert_int_eq(EVP_PKEY_get_base_id(X509_get0_pubkey(SSL_get0_peer_certificate(pair.client.raw))), rows[i].kind);
		pair_close(&pair);
		SSL_CTX_free(context);
	}
	tls_context_free(&server);
	pki_free(&rsa);
	pair_teardown();
}
END_TEST

/* Which protocols a client offers by ALPN, and whether it is let in (standards.md T11). */
START_TEST(clients_of_other_protocols_are_sent_away)
{
	static const struct { const char *wire; unsigned length; bool good; const char *selected; } rows[] = {
		{ "", 0, true, "" },
		{ "\2h2", 3, false, "" },
		{ "\2h2\10http/1.1", 12, false, "" },
		{ "\4smtp", 5, true, "smtp" },
		{ "\2h2\4smtp", 8, true, "smtp" },
		{ "\4SMTP", 5, false, "" },
	};
	struct tls_context *server;
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	pair_setup();
	server = pair_server(pair_leaf, false, false);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct tls_failure failure;
		const unsigned char *selected;
		unsigned length;
		struct pair pair;

		pair_open(&pair);
		side_raw(&pair.client, context, false);
		if (rows[i].length > 0)
			SSL_set_alpn_protos(pair.client.raw, (const unsigned char *)rows[i].wire, rows[i].length);
		pair.server.transport = tls_accept(server, pair.server.fd);
		ck_assert_msg(pair_shake(&pair) == rows[i].good, "row %zu", i);
		if (rows[i].good) {
			SSL_get0_alpn_selected(pair.client.raw, &selected, &length);
			ck_span_eq(span_make(selected, length), rows[i].selected);
		} else {
			tls_explain(pair.server.transport, &failure);
			ck_assert_str_eq(failure.reason, "no-application-protocol");
		}
		pair_close(&pair);
	}
	SSL_CTX_free(context);
	tls_context_free(&server);
	pair_teardown();
}
END_TEST

UNIT_MAIN("context", lists_are_measured_against_the_floor, unusable_credentials_are_refused_with_a_sentence,
    a_trust_file_without_certificates_is_refused, only_what_is_above_the_floor_is_negotiated,
    both_kinds_of_key_serve_whoever_asks_for_them, clients_of_other_protocols_are_sent_away)
