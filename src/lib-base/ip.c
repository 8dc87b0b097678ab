/* Addresses and networks. */
#include "base/ip.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* IPv4-mapped IPv6 reaches an IPv4 host, and is taken for its address. */
static struct ip
ip_unmapped(struct ip ip)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct ip v4 = { .family = 4 };

	if (ip.family != 6 || memcmp(ip.octets, mapped, sizeof(mapped)) != 0)
		return ip;
	memcpy(v4.octets, ip.octets + sizeof(mapped), 4);
	return v4;
}

bool
ip_parse(struct span text, struct ip *out)
{
	char copy[IP_TEXT];
	struct ip ip = { .family = 0 };

	if (text.length == 0 || text.length >= sizeof(copy) || memchr(text.data, '\0', text.length) != NULL)
		return false;
	memcpy(copy, text.data, text.length);
	copy[text.length] = '\0';
	if (inet_pton(AF_INET, copy, ip.octets) == 1)
		ip.family = 4;
	else if (inet_pton(AF_INET6, copy, ip.octets) == 1)
		ip.family = 6;
	else
		return false;
	*out = ip_unmapped(ip);
	return true;
}

char *
ip_format(struct ip ip, char out[IP_TEXT])
{
	if (ip.family == 0)
		snprintf(out, IP_TEXT, "local");
	else
		inet_ntop(ip.family == 4 ? AF_INET : AF_INET6, ip.octets, out, IP_TEXT);
	return out;
}

char *
ip_format_literal(struct ip ip, char out[IP_LITERAL_TEXT])
{
	char text[IP_TEXT];

	snprintf(out, IP_LITERAL_TEXT, "[%s%s]", ip.family == 6 ? "IPv6:" : "", ip_format(ip, text));
	return out;
}

struct ip
ip_from_sockaddr(const struct sockaddr *address)
{
	struct ip ip = { .family = 0 };
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		ip.family = 4;
		memcpy(ip.octets, &v4.sin_addr, 4);
	} else if (address->sa_family == AF_INET6) {
		memcpy(&v6, address, sizeof(v6));
		ip.family = 6;
		memcpy(ip.octets, &v6.sin6_addr, 16);
	}
	return ip_unmapped(ip);
}

socklen_t
ip_to_sockaddr(struct ip ip, uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	memset(out, 0, sizeof(*out));
	if (ip.family == 4) {
		memcpy(&v4.sin_addr, ip.octets, 4);
		memcpy(out, &v4, sizeof(v4));
		return sizeof(v4);
	}
	memcpy(&v6.sin6_addr, ip.octets, 16);
	memcpy(out, &v6, sizeof(v6));
	return sizeof(v6);
}

bool
ip_equal(struct ip a, struct ip b)
{
	return a.family == b.family && memcmp(a.octets, b.octets, a.family == 4 ? 4 : 16) == 0;
}

struct ip
ip_mask(struct ip ip, unsigned prefix)
{
	for (unsigned i = 0; i < 16; i++) {
		unsigned keep = prefix >= 8 * (i + 1) ? 8 : prefix <= 8 * i ? 0 : prefix - 8 * i;

		ip.octets[i] &= (unsigned char)(0xff00 >> keep);
	}
	return ip;
}

bool
ip_network_parse(struct span text, struct ip_network *out)
{
	size_t slash = span_find(text, '/');
	struct ip_network network;
	uint64_t prefix;

	if (!ip_parse(span_first(text, slash), &network.base))
		return false;
	prefix = network.base.family == 4 ? 32 : 128;
	if (slash < text.length && !span_to_u64(span_skip(text, slash + 1), prefix, &prefix))
		return false;
	network.prefix = (unsigned char)prefix;
	if (!ip_equal(ip_mask(network.base, network.prefix), network.base))
		return false;
	*out = network;
	return true;
}

bool
ip_network_has(const struct ip_network *network, struct ip ip)
{
	return ip.family == network->base.family && ip_equal(ip_mask(ip, network->prefix), network->base);
}

static bool
ip_in_any(struct ip ip, const char *const *networks)
{
	struct ip_network network;

	for (; *networks != NULL; networks++)
		if (ip_network_parse(span_of(*networks), &network) && ip_network_has(&network, ip))
			return true;
	return false;
}

bool
ip_is_loopback(struct ip ip)
{
	static const char *const loopback[] = { "127.0.0.0/8", "::1", NULL };

	return ip_in_any(ip_unmapped(ip), loopback);
}

bool
ip_is_special(struct ip ip)
{
	/* IANA's special-purpose registries (RFC 6890), as far as no MX can stand there. */
	static const char *const special[] = { "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8",
		"169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15",
		"224.0.0.0/4", "240.0.0.0/4", "::/128", "::1/128", "64:ff9b:1::/48", "100::/64", "fc00::/7", "fe80::/10",
		"fec0::/10", "ff00::/8", NULL };

	return ip.family == 0 || ip_in_any(ip_unmapped(ip), special);
}
