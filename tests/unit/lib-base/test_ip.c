/* Tests of src/lib-base/ip.c. */
#include "base/ip.h"

#include <arpa/inet.h>

#include "tests/unit/unit.h"

static struct ip
ip_of(const char *text)
{
	struct ip ip;

	ck_assert_msg(ip_parse(span_of(text), &ip), "%s", text);
	return ip;
}

START_TEST(addresses_are_read_and_written)
{
	static const struct { const char *in, *out, *literal; } rows[] = {
		{ "192.0.2.1", "192.0.2.1", "[192.0.2.1]" },
		{ "2001:DB8:0::1", "2001:db8::1", "[IPv6:2001:db8::1]" },
		{ "::", "::", "[IPv6:::]" },
		{ "::1", "::1", "[IPv6:::1]" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		  "[IPv6:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]" },
		/* IPv4-mapped IPv6 is IPv4. */
		{ "::ffff:192.0.2.1", "192.0.2.1", "[192.0.2.1]" },
	};
	char text[IP_TEXT], literal[IP_LITERAL_TEXT];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct ip ip = ip_of(rows[i].in);

		ck_assert_str_eq(ip_format(ip, text), rows[i].out);
		ck_assert_str_eq(ip_format_literal(ip, literal), rows[i].literal);
	}
	ck_assert_str_eq(ip_format((struct ip){ .family = 0 }, text), "local");
}
END_TEST

START_TEST(nothing_else_is_an_address)
{
	static const struct span rows[] = {
		SPAN(""), SPAN("1.2.3"), SPAN("1.2.3.4.5"), SPAN("1.2.3.256"), SPAN("01.2.3.4"), SPAN("[192.0.2.1]"),
		SPAN("192.0.2.1 "), SPAN("::1%lo"), SPAN("fe80::1%eth0"), SPAN("1::2::3"), SPAN("12345::"), SPAN("localhost"),
		SPAN("192.0.2.1\0"), SPAN("192.0.\0002.1"), SPAN("0x7f.1"), SPAN("2130706433"),
		SPAN("aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa"),
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct ip ip = { .family = 9 };

		ck_assert_msg(!ip_parse(rows[i], &ip), "row %zu", i);
		ck_assert_int_eq(ip.family, 9);
	}
}
END_TEST

START_TEST(networks_hold_their_addresses_only)
{
	static const struct { const char *network, *address; bool has; } rows[] = {
		{ "192.0.2.0/24", "192.0.2.255", true },
		{ "192.0.2.0/24", "192.0.3.0", false },
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.2", false },
		{ "0.0.0.0/0", "255.255.255.255", true },
		{ "0.0.0.0/0", "::", false },
		{ "::/0", "192.0.2.1", false },
		{ "2001:db8::/33", "2001:db8:7fff::", true },
		{ "2001:db8::/33", "2001:db8:8000::", false },
		{ "128.0.0.0/1", "128.0.0.0", true },
		{ "128.0.0.0/1", "127.255.255.255", false },
		{ "10.0.0.0/9", "10.127.0.1", true },
		{ "10.0.0.0/9", "10.128.0.1", false },
		{ "192.0.2.0/24", "::ffff:192.0.2.9", true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct ip_network network;

		ck_assert_msg(ip_network_parse(span_of(rows[i].network), &network), "row %zu", i);
		ck_assert_msg(ip_network_has(&network, ip_of(rows[i].address)) == rows[i].has, "row %zu", i);
	}
}
END_TEST

START_TEST(a_network_has_no_host_bits_and_a_prefix_in_range)
{
	static const char *const rows[] = {
		"192.0.2.1/24", "192.0.2.0/33", "2001:db8::/129", "192.0.2.0/", "192.0.2.0/-1", "192.0.2.0/24/24", "/24", "",
		"2001:db8::1/64", "192.0.2.0/2 4", "192.0.2.0/0x8", "::ffff:192.0.2.0/120",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct ip_network network;

		ck_assert_msg(!ip_network_parse(span_of(rows[i]), &network), "row %zu", i);
	}
}
END_TEST

START_TEST(no_public_host_has_a_special_address)
{
	static const struct { const char *address; bool loopback, special; } rows[] = {
		{ "127.0.0.1", true, true },
		{ "127.255.255.255", true, true },
		{ "::1", true, true },
		{ "0.0.0.0", false, true },
		{ "10.1.2.3", false, true },
		{ "172.16.0.1", false, true },
		{ "172.32.0.1", false, false },
		{ "192.168.1.1", false, true },
		{ "169.254.169.254", false, true },
		{ "100.64.0.1", false, true },
		{ "224.0.0.1", false, true },
		{ "255.255.255.255", false, true },
		{ "fe80::1", false, true },
		{ "fd00::1", false, true },
		{ "ff02::1", false, true },
		{ "::", false, true },
		{ "9.9.9.9", false, false },
		{ "2620:fe::fe", false, false },
		{ "::ffff:127.0.0.1", true, true },
		{ "::ffff:10.0.0.1", false, true },
		{ "::ffff:9.9.9.9", false, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct ip ip = ip_of(rows[i].address);

		ck_assert_msg(ip_is_loopback(ip) == rows[i].loopback, "%s", rows[i].address);
		ck_assert_msg(ip_is_special(ip) == rows[i].special, "%s", rows[i].address);
	}
	ck_assert(ip_is_special((struct ip){ .family = 0 }));
}
END_TEST

/* An AAAA record may say ::ffff:127.0.0.1: sixteen octets that never were text. */
START_TEST(mapped_octets_are_judged_as_what_they_reach)
{
	struct ip ip = { .octets = { [10] = 0xff, 0xff, 127, 0, 0, 1 }, .family = 6 };

	ck_assert(ip_is_loopback(ip));
	ck_assert(ip_is_special(ip));
	memcpy(ip.octets + 12, "\x09\x09\x09\x09", 4);
	ck_assert(!ip_is_special(ip));
}
END_TEST

START_TEST(socket_addresses_go_there_and_back)
{
	static const char *const rows[] = { "192.0.2.1", "2001:db8::1", "::1" };
	struct sockaddr_storage address;
	struct sockaddr_in6 mapped = { .sin6_family = AF_INET6 };
	struct sockaddr local = { .sa_family = AF_UNIX };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct ip ip = ip_of(rows[i]);
		socklen_t length = ip_to_sockaddr(ip, 25, &address);

		ck_assert_uint_eq(length, ip.family == 4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
		ck_assert(ip_equal(ip_from_sockaddr((struct sockaddr *)&address), ip));
	}
	ck_assert_int_eq(inet_pton(AF_INET6, "::ffff:192.0.2.1", &mapped.sin6_addr), 1);
	ck_assert(ip_equal(ip_from_sockaddr((struct sockaddr *)&mapped), ip_of("192.0.2.1")));
	ck_assert_int_eq(ip_from_sockaddr(&local).family, 0);
}
END_TEST

START_TEST(a_mask_keeps_the_first_bits)
{
	static const struct { const char *address; unsigned prefix; const char *masked; } rows[] = {
		{ "192.0.2.255", 24, "192.0.2.0" }, { "192.0.2.255", 28, "192.0.2.240" }, { "192.0.2.255", 0, "0.0.0.0" },
		{ "192.0.2.255", 32, "192.0.2.255" }, { "2001:db8:ffff:ffff::1", 50, "2001:db8:ffff:c000::" },
		{ "2001:db8::1", 128, "2001:db8::1" }, { "192.0.2.255", 128, "192.0.2.255" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(ip_equal(ip_mask(ip_of(rows[i].address), rows[i].prefix), ip_of(rows[i].masked)), "row %zu", i);
}
END_TEST

UNIT_MAIN("ip", addresses_are_read_and_written, nothing_else_is_an_address, networks_hold_their_addresses_only,
    a_network_has_no_host_bits_and_a_prefix_in_range, no_public_host_has_a_special_address,
    mapped_octets_are_judged_as_what_they_reach, socket_addresses_go_there_and_back, a_mask_keeps_the_first_bits)
