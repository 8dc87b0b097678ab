/* Tests of src/lib-conf/check.c. */
#include "src/lib-conf/check.h"

#include "tests/unit/unit.h"

#define LABEL63 "a23456789012345678901234567890123456789012345678901234567890123"
#define HEX64 "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef"

static const struct {
	const char *(*check)(struct span text);
	const char *text;
	bool good;
} rows[] = {
	{ check_host, "mx.example.org", true },
	{ check_host, "3com.example", true },
	{ check_host, LABEL63 ".example", true },
	{ check_host, LABEL63 "x.example", false },
	{ check_host, "localhost", false },
	{ check_host, "mx.example.org.", false },
	{ check_host, "-mx.example.org", false },
	{ check_host, "mx-.example.org", false },
	{ check_host, "mx..example.org", false },
	{ check_host, "m_x.example.org", false },
	{ check_host, "m\xc3\xbcller.example", false },
	{ check_host, "", false },
	{ check_pattern, "example.org", true },
	{ check_pattern, ".example.org", true },
	{ check_pattern, "*", true },
	{ check_pattern, "org", true },
	{ check_pattern, "*.example.org", false },
	{ check_pattern, "..example.org", false },
	{ check_pattern, ".", false },
	{ check_pattern, "", false },
	{ check_exception, ".example.org", true },
	{ check_exception, "*", false },
	{ check_exception, "a b", false },
	{ check_canary, ".", true },
	{ check_canary, "org", true },
	{ check_canary, "dnssec-failed.org", true },
	{ check_canary, "", false },
	{ check_canary, "..", false },
	{ check_canary, "m\xc3\xbcller.example", false },
	{ check_hop, "smtp:mail.example.org:25", true },
	{ check_hop, "lmtp:/run/dovecot/lmtp", true },
	{ check_hop, "mail.example.org", false },
	{ check_hop, "smtp:mail.example.org:0", false },
	{ check_client, "192.0.2.1", true },
	{ check_client, "192.0.2.0/24", true },
	{ check_client, "192.0.2.1/24", false },
	{ check_client, "2001:db8::/32", true },
	{ check_client, "mail.example.org", false },
	{ check_client, "cert:sha256:" HEX64, true },
	{ check_client, "CERT:SHA256:" HEX64, true },
	{ check_client, "cert:sha256:01:23:45:67:89:ab:cd:ef:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:ab:cd:ef:01:23:45:67:89:ab:cd:ef", true },
	{ check_client, "cert:sha256:" HEX64 "0", false },
	{ check_client, "cert:sha256:0:123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef", false },
	{ check_client, "cert:sha1:0123456789abcdef0123456789abcdef01234567", false },
	{ check_metrics, "127.0.0.1:9925", true },
	{ check_metrics, "127.44.0.1:1", true },
	{ check_metrics, "[::1]:9925", true },
	{ check_metrics, "unix:/run/sealpost/metrics", true },
	{ check_metrics, "127.0.0.1", false },
	{ check_metrics, "127.0.0.1:0", false },
	{ check_metrics, "0.0.0.0:9925", false },
	{ check_metrics, "[::]:9925", false },
	{ check_metrics, "192.0.2.1:9925", false },
	{ check_metrics, "[::ffff:192.0.2.1]:9925", false },
	{ check_metrics, "localhost:9925", false },
	{ check_metrics, "9925", false },
	{ check_metrics, "unix:metrics", false },
	{ check_metrics, "unix:", false },
	{ check_metrics, "/run/sealpost/metrics", false },
	{ check_metrics, "", false },
	{ check_url, "https://example.org/tls?a=b#c", true },
	{ check_url, "ftp://example.org/", false },
	{ check_url, "https://example.org/a b", false },
	{ check_url, "https://example.org/\r\n250 ok", false },
	{ check_url, "https://example.org/<b>", false },
	{ check_path, "/etc/x.pem", true },
	{ check_path, "x.pem", false },
	{ check_path, "/etc/\nx", false },
	{ check_path, "", false },
	{ check_socket, "/run/sealpost/control", true },
	{ check_socket, "/" LABEL63 "/" LABEL63, false },
	{ check_file, "/etc/x.pem", true },
	{ check_file, "credential:spool.pem", true },
	{ check_file, "credential:", false },
	{ check_file, "credential:../shadow", false },
	{ check_file, "credential:a/b", false },
	{ check_file, "key.pem", false },
	{ check_trust, "system", true },
	{ check_trust, "/etc/ca.pem", true },
	{ check_trust, "none", false },
	{ check_server, "127.0.0.1", true },
	{ check_server, "127.0.0.1:5353", true },
	{ check_server, "::1", true },
	{ check_server, "[::1]", true },
	{ check_server, "[::1]:53", true },
	{ check_server, "[::1]:0", false },
	{ check_server, "[::1]x", false },
	{ check_server, "[::1", false },
	{ check_server, "127.0.0.1:", false },
	{ check_server, "127.0.0.1:65536", false },
	{ check_server, "resolver.example", false },
	{ check_address, "192.0.2.1", true },
	{ check_address, "192.0.2.1:25", false },
	{ check_mailbox, "postmaster@example.org", true },
	{ check_mailbox, "a+b.c@example.org", true },
	{ check_mailbox, "postmaster", false },
	{ check_mailbox, "@example.org", false },
	{ check_mailbox, "a b@example.org", false },
	{ check_mailbox, "<a@example.org>", false },
	{ check_mailbox, "a@", false },
	{ check_mailbox, LABEL63 "xy@example.org", false },
	{ check_contact, "tls-reports@example.org", true },
	{ check_contact, "a+b.c@relay", true },
	{ check_contact, "a..b@example.org", false },
	{ check_contact, ".a@example.org", false },
	{ check_contact, "/a@example.org", false },
	{ check_contact, "a@192.0.2.1", false },
	{ check_contact, "a@b@example.org", false },
	{ check_contact, "", false },
	{ check_plain, "postmaster@example.org", true },
	{ check_plain, "a..b@example.org", false },
	{ check_plain, "a@x.example, b@y.example", false },	/* NX6 */
	{ check_stop, "tls-notices@mx.example.org", true },
	{ check_stop, "tls-notices", false },
	{ check_stop, "tls+notices@mx.example.org", false },
	{ check_stop, "abcdefghijklmnopqrstuvwxyz01234@mx.example.org", true },
	{ check_stop, "abcdefghijklmnopqrstuvwxyz012345@mx.example.org", false },
	{ check_selector, "mail2026", true },
	{ check_selector, "mail.2026-a", true },
	{ check_selector, LABEL63, true },
	{ check_selector, LABEL63 "x", false },
	{ check_selector, "mail_2026", false },
	{ check_selector, "mail.", false },
	{ check_selector, ".mail", false },
	{ check_selector, "-mail", false },
	{ check_selector, "a b", false },
	{ check_selector, "", false },
	{ check_ciphers, "ECDHE-RSA-AES128-GCM-SHA256", true },
	{ check_ciphers, "ECDHE-RSA-AES128-GCM-SHA256:ecdhe-rsa-chacha20-poly1305", true },
	{ check_ciphers, "HIGH", false },
	{ check_ciphers, "ECDHE-RSA-AES128-SHA", false },
	{ check_ciphers, "AES128-GCM-SHA256", false },
	{ check_ciphers, "ECDHE-RSA-AES128-GCM-SHA256:", false },
	{ check_ciphersuites, "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256", true },
	{ check_ciphersuites, "TLS_AES_128_CCM_8_SHA256", false },
	{ check_groups, "X25519:P-256", true },
	{ check_groups, "sect163k1", false },
};

START_TEST(texts_are_checked)
{
	const char *why = rows[_i].check(span_of(rows[_i].text));

	ck_assert_msg((why == NULL) == rows[_i].good, "%s: %s", rows[_i].text, why == NULL ? "taken" : why);
}
END_TEST

START_TEST(an_address_without_a_port_leaves_the_port)
{
	struct ip ip;
	uint16_t port = 7;
	char text[IP_TEXT];

	ck_assert_ptr_null(check_address_port(SPAN("[2001:db8::1]"), &ip, &port));
	ck_assert_str_eq(ip_format(ip, text), "2001:db8::1");
	ck_assert_uint_eq(port, 7);
	ck_assert_ptr_null(check_address_port(SPAN("192.0.2.1:2525"), &ip, &port));
	ck_assert_str_eq(ip_format(ip, text), "192.0.2.1");
	ck_assert_uint_eq(port, 2525);
}
END_TEST

UNIT_MAIN_LOOPED("check", texts_are_checked, rows, an_address_without_a_port_leaves_the_port)
