/* What texts in a configuration must look like. */
#include "check.h"

#include <ctype.h>
#include <string.h>

#include "mail/route.h"
#include "policy/tlsrpt.h"

#define PATH_OCTETS_MAX 4095
#define SOCKET_OCTETS_MAX 107	/* sun_path and its NUL */
#define STOP_LOCAL_MOST 31	/* of 64 octets in front of an "@" (RFC 5321 4.5.3.1.1) "+" and a token of 32 take the rest */

/* Letters, digits and hyphens, the latter not at the ends (RFC 1123 2.1). */
static bool
is_label(struct span label)
{
	if (label.length == 0 || label.length > 63 || label.data[0] == '-' || label.data[label.length - 1] == '-')
		return false;
	for (size_t i = 0; i < label.length; i++)
		if (!isalnum((unsigned char)label.data[i]) && label.data[i] != '-')
			return false;
	return true;
}

static bool
is_domain(struct span text)
{
	struct span label;

	if (text.length == 0 || text.length > 253)
		return false;
	while (span_cut(&text, '.', &label))
		if (!is_label(label))
			return false;
	return true;
}

const char *
check_host(struct span text)
{
	if (!span_is_ascii(text))
		return "an internationalised name is written in its ASCII form (xn--...)";
	if (!is_domain(text))
		return "not a host name";
	if (span_find(text, '.') == text.length)
		return "not a fully qualified host name";
	return NULL;
}

const char *
check_pattern(struct span text)
{
	if (span_equal(text, SPAN("*")))
		return NULL;
	if (!span_is_ascii(text))
		return "an internationalised name is written in its ASCII form (xn--...)";
	if (text.length > 0 && text.data[0] == '.')
		text = span_skip(text, 1);
	if (!is_domain(text))
		return "a domain is example.org, .example.org (every name below it) or *";
	return NULL;
}

const char *
check_exception(struct span text)
{
	return span_equal(text, SPAN("*")) ? "an exception is for a domain: what all must prove is policy.default" : check_pattern(text);
}

const char *
check_canary(struct span text)
{
	return span_equal(text, SPAN(".")) || (span_is_ascii(text) && is_domain(text)) ? NULL : "not a domain name";
}

const char *
check_hop(struct span text)
{
	struct route route;

	return route_parse(text, &route);
}

/* 64 hexadecimal digits, colons between octets allowed. */
static bool
is_fingerprint(struct span text)
{
	size_t digits = 0;

	for (size_t i = 0; i < text.length; i++) {
		if (isxdigit((unsigned char)text.data[i]))
			digits++;
		else if (text.data[i] != ':' || digits % 2 != 0)
			return false;
	}
	return digits == 64;
}

const char *
check_client(struct span text)
{
	struct ip_network network;

	if (span_starts_nocase(text, SPAN("cert:sha256:")))
		return is_fingerprint(span_skip(text, 12)) ? NULL :
		    "a fingerprint is cert:sha256: and 64 hexadecimal digits";
	if (span_starts_nocase(text, SPAN("cert:")))
		return "only SHA-256 fingerprints are known: cert:sha256: and 64 hexadecimal digits";
	if (!ip_network_parse(text, &network))
		return "neither an address, nor a network whose host bits are zero, nor cert:sha256:...";
	return NULL;
}

const char *
check_url(struct span text)
{
	if (!span_starts(text, SPAN("https://")) && !span_starts(text, SPAN("http://")))
		return "not an address that begins with https://";
	if (text.length > 200)
		return "longer than the 200 octets that fit into a reply";
	for (size_t i = 0; i < text.length; i++)
		if (!isgraph((unsigned char)text.data[i]) || strchr("\"<>\\^`{|}", text.data[i]) != NULL)
			return "has an octet that has no place in an address";
	return NULL;
}

const char *
check_path(struct span text)
{
	if (text.length == 0 || text.data[0] != '/')
		return "not a full path (it begins with a slash)";
	if (text.length > PATH_OCTETS_MAX)
		return "longer than a path can be";
	for (size_t i = 0; i < text.length; i++)
		if (iscntrl((unsigned char)text.data[i]))
			return "has a control character";
	return NULL;
}

const char *
check_socket(struct span text)
{
	const char *why = check_path(text);

	if (why == NULL && text.length > SOCKET_OCTETS_MAX)
		return "longer than the 107 octets that the path of a socket may have";
	return why;
}

const char *
check_file(struct span text)
{
	struct span name = span_skip(text, strlen("credential:"));

	if (!span_starts(text, SPAN("credential:")))
		return check_path(text);
	if (name.length == 0 || name.length > 255 || name.data[0] == '.' || span_find(name, '/') < name.length)
		return "not the name of a credential";
	return NULL;
}

const char *
check_trust(struct span text)
{
	return span_equal(text, SPAN("system")) ? NULL : check_file(text);
}

const char *
check_address_port(struct span text, struct ip *ip, uint16_t *port)
{
	struct span address = text, rest = SPAN("");
	uint64_t number;

	if (ip_parse(text, ip))
		return NULL;
	if (text.length > 0 && text.data[0] == '[') {
		size_t close = span_find(text, ']');

		if (close == text.length)
			return "the address has no closing bracket";
		address = span_first(span_skip(text, 1), close - 1);
		rest = span_skip(text, close + 1);
	} else if (span_find(text, ':') < text.length) {
		address = span_first(text, span_find(text, ':'));
		rest = span_skip(text, address.length);
	}
	if (!ip_parse(address, ip))
		return "not an IP address, or one and a port: 192.0.2.1:25, [2001:db8::1]:25";
	if (rest.length == 0)
		return NULL;
	if (rest.data[0] != ':' || !span_to_u64(span_skip(rest, 1), 65535, &number) || number == 0)
		return "not a port between 1 and 65535";
	*port = (uint16_t)number;
	return NULL;
}

const char *
check_server(struct span text)
{
	struct ip ip;
	uint16_t port;

	return check_address_port(text, &ip, &port);
}

const char *
check_address(struct span text)
{
	struct ip ip;

	return ip_parse(text, &ip) ? NULL : "not an IP address";
}

const char *
check_selector(struct span text)
{
	return is_domain(text) ? NULL : "not a selector: letters, digits, inner hyphens, in parts with a dot between (RFC 6376 3.1)";
}

const char *
check_mailbox(struct span text)
{
	size_t at = text.length;

	for (size_t i = 0; i < text.length; i++) {
		if (text.data[i] == '@')
			at = i;
		else if (!isgraph((unsigned char)text.data[i]) || strchr("<>()[]\\,;:\"", text.data[i]) != NULL)
			return "not a plain mail address";
	}
	if (at == 0 || at > 64 || at == text.length || !is_domain(span_skip(text, at + 1)))
		return "not a plain mail address";
	return NULL;
}

const char *
check_metrics(struct span text)
{
	struct ip ip = { .family = 0 };
	uint16_t port = 0;
	const char *why;

	if (span_starts(text, SPAN("unix:")))
		return check_socket(span_skip(text, strlen("unix:")));
	why = check_address_port(text, &ip, &port);
	if (why != NULL)
		return why;
	if (!ip_is_loopback(ip))
		return "not a loopback address: these numbers are told on this host only (127.0.0.1:9925, [::1]:9925, unix:/PATH)";
	return port == 0 ? "a port is missing: 127.0.0.1:9925" : NULL;
}

const char *
check_contact(struct span text)
{
	return tlsrpt_address_is_valid(text) ? NULL : "not a plain mail address (RFC 8460 4.4)";
}

const char *
check_plain(struct span text)
{
	return tlsrpt_address_is_valid(text) ? NULL : "not a plain mail address";
}

const char *
check_stop(struct span text)
{
	if (check_plain(text) != NULL || span_find(text, '+') < text.length)
		return "not a plain mail address without \"+\"";
	return span_find(text, '@') > STOP_LOCAL_MOST ? "more than 31 octets in front of its \"@\"" : NULL;
}

/* Whether every name between colons is one of the list. */
static bool
are_all_known(struct span text, const char *const *names)
{
	struct span name;

	while (span_cut(&text, ':', &name)) {
		const char *const *known = names;

		while (*known != NULL && !span_equal_nocase(name, span_of(*known)))
			known++;
		if (*known == NULL)
			return false;
	}
	return true;
}

const char *
check_ciphers(struct span text)
{
	static const char *const names[] = {
		"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
		"ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305", NULL
	};

	return are_all_known(text, names) ? NULL :
	    "a list of ECDHE-(ECDSA|RSA)-(AES128-GCM-SHA256|AES256-GCM-SHA384|CHACHA20-POLY1305), with colons between";
}

const char *
check_ciphersuites(struct span text)
{
	static const char *const names[] = {
		"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", NULL
	};

	return are_all_known(text, names) ? NULL :
	    "a list of TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256, with colons between";
}

const char *
check_groups(struct span text)
{
	static const char *const names[] = {
		"X25519", "X448", "P-256", "P-384", "P-521", "prime256v1", "secp256r1", "secp384r1", "secp521r1",
		"X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024", NULL
	};

	return are_all_known(text, names) ? NULL :
	    "a list of X25519, X448, P-256, P-384, P-521, X25519MLKEM768, with colons between";
}
