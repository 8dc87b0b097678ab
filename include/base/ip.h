/* IPv4 and IPv6 addresses and networks as values; IPv4-mapped IPv6 is IPv4. */
#ifndef BASE_IP_H
#define BASE_IP_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/span.h"

struct ip {
	unsigned char octets[16];	/* the first 4 for IPv4 */
	unsigned char family;		/* 4, 6, or 0 for none (a Unix-domain peer) */
};

struct ip_network {
	struct ip base;			/* bits behind the prefix are zero */
	unsigned char prefix;		/* bits */
};

#define IP_TEXT 46	/* octets of an address in text, NUL included */

/* "192.0.2.1" or "2001:db8::1", without brackets or zone. Returns false otherwise. */
bool ip_parse(struct span text, struct ip *out);
char *ip_format(struct ip ip, char out[IP_TEXT]);	/* returns out; "local" for family 0 */

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 4.1.3). Returns out. */
#define IP_LITERAL_TEXT (IP_TEXT + 8)
char *ip_format_literal(struct ip ip, char out[IP_LITERAL_TEXT]);

struct ip ip_from_sockaddr(const struct sockaddr *address);

/* Fill *out for connect or bind; returns its length. family must be 4 or 6. */
socklen_t ip_to_sockaddr(struct ip ip, uint16_t port, struct sockaddr_storage *out);

bool ip_equal(struct ip a, struct ip b);
bool ip_is_loopback(struct ip ip);

/* Unspecified, loopback, private, link-local, multicast and other addresses no public MX has. */
bool ip_is_special(struct ip ip);

/* The first `prefix` bits, the rest zero: what limits per client network count by. */
struct ip ip_mask(struct ip ip, unsigned prefix);

/* "192.0.2.0/24", "2001:db8::/32" or a single address. Returns false when malformed or when host bits are set. */
bool ip_network_parse(struct span text, struct ip_network *out);
bool ip_network_has(const struct ip_network *network, struct ip ip);

#endif
