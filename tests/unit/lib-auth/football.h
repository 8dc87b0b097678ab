/* The message and the keys of RFC 8463 appendix A, and of RFC 6376 appendix A. */
#ifndef TESTS_UNIT_LIB_AUTH_FOOTBALL_H
#define TESTS_UNIT_LIB_AUTH_FOOTBALL_H

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "src/lib-auth/internal.h"
#include "tests/unit/unit.h"

#define FOOTBALL_HEADER \
    "From: Joe SixPack <joe@football.example.com>\r\n" \
    "To: Suzie Q <suzie@shopping.example.net>\r\n" \
    "Subject: Is dinner ready?\r\n" \
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n" \
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
#define FOOTBALL_BODY "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"

/* The RSA key has 1024 bits, which nobody should sign with today (RFC 8301 3.2). */
#define FOOTBALL_RSA \
    "-----BEGIN RSA PRIVATE KEY-----\n" \
    "MIICXQIBAAKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi\n" \
    "Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqM\n" \
    "KrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB\n" \
    "AoGAH0cxOhFZDgzXWhDhnAJDw5s4roOXN4OhjiXa8W7Y3rhX3FJqmJSPuC8N9vQm\n" \
    "6SVbaLAE4SG5mLMueHlh4KXffEpuLEiNp9Ss3O4YfLiQpbRqE7Tm5SxKjvvQoZZe\n" \
    "zHorimOaChRL2it47iuWxzxSiRMv4c+j70GiWdxXnxe4UoECQQDzJB/0U58W7RZy\n" \
    "6enGVj2kWF732CoWFZWzi1FicudrBFoy63QwcowpoCazKtvZGMNlPWnC7x/6o8Gc\n" \
    "uSe0ga2xAkEA8C7PipPm1/1fTRQvj1o/dDmZp243044ZNyxjg+/OPN0oWCbXIGxy\n" \
    "WvmZbXriOWoSALJTjExEgraHEgnXssuk7QJBALl5ICsYMu6hMxO73gnfNayNgPxd\n" \
    "WFV6Z7ULnKyV7HSVYF0hgYOHjeYe9gaMtiJYoo0zGN+L3AAtNP9huqkWlzECQE1a\n" \
    "licIeVlo1e+qJ6Mgqr0Q7Aa7falZ448ccbSFYEPD6oFxiOl9Y9se9iYHZKKfIcst\n" \
    "o7DUw1/hz2Ck4N5JrgUCQQCyKveNvjzkkd8HjYs0SwM0fPjK16//5qDZ2UiDGnOe\n" \
    "uEzxBDAr518Z8VFbR41in3W4Y3yCDgQlLlcETrS+zYcL\n" \
    "-----END RSA PRIVATE KEY-----\n"

#define FOOTBALL_ED25519_PUBLIC "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

static inline struct dkim_key *
football_ed25519(void)
{
	static const unsigned char octets[32] = {
		0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
		0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
	};

	return dkim_key_of(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, octets, sizeof(octets)));
}

static inline struct dkim_key *
football_rsa(void)
{
	BIO *in = BIO_new_mem_buf(FOOTBALL_RSA, -1);
	EVP_PKEY *pair = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);

	BIO_free(in);
	ck_assert_ptr_nonnull(pair);
	return dkim_key_of(pair);
}

#endif
