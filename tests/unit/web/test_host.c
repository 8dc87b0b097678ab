/* Tests of src/web/host.c: DNS rebinding (H29). */
#include "web/host.h"

#include "tests/unit/unit.h"

static const struct { const char *host; bool is_ours; } rows[] = {
	{ "localhost", true }, { "LocalHost:9925", true }, { "127.0.0.1", true }, { "127.0.0.1:9925", true }, { "127.44.2.1:80", true },
	{ "[::1]", true }, { "[::1]:9925", true },
	{ "", false }, { ":", false }, { ":9925", false }, { "localhost:", false }, { "localhost:x", false }, { "localhost:99999", false },
	{ "localhost.evil.example", false }, { "evil.example", false }, { "evil.example:9925", false }, { "127.0.0.1.evil.example", false },
	{ "localhost:9925.evil.example", false }, { "192.0.2.1", false }, { "0.0.0.0", false }, { "10.0.0.1:9925", false }, { "[::]", false },
	{ "[2001:db8::1]:9925", false }, { "[::1", false }, { "::1", false }, { "[]", false }, { "[127.0.0.1]", false },
	{ "127.0.0.1 ", false }, { " localhost", false }, { "localhost, evil.example", false }, { "user@localhost", false }, { "2130706433", false },
	{ "0x7f.1", false }, { "127.1", false }, { "localhost.", false }
};

START_TEST(only_loopback_is_this_host)
{
	ck_assert_msg(host_is_loopback(span_of(rows[_i].host)) == rows[_i].is_ours, "\"%s\"", rows[_i].host);
}
END_TEST

START_TEST(a_host_of_any_length_is_looked_at)
{
	char host[4096];

	memset(host, '[', sizeof(host));
	for (size_t length = 0; length < sizeof(host); length += 97)
		ck_assert(!host_is_loopback(span_make(host, length)));
}
END_TEST

UNIT_MAIN_LOOPED("host", only_loopback_is_this_host, rows, a_host_of_any_length_is_looked_at)
