/* What texts in a configuration must look like. All return NULL, or what is wrong as a static sentence. */
#ifndef LIB_CONF_CHECK_H
#define LIB_CONF_CHECK_H

#include "base/ip.h"
#include "base/span.h"

const char *check_host(struct span text);		/* "mx.example.org" */
const char *check_pattern(struct span text);		/* "example.org", ".example.org", "*" */
const char *check_exception(struct span text);		/* the same, but not everything at once */
const char *check_canary(struct span text);		/* "dnssec-failed.org", "." */
const char *check_hop(struct span text);		/* what route_parse() takes */
const char *check_client(struct span text);		/* a network, or "cert:sha256:" and a fingerprint */
const char *check_url(struct span text);		/* "https://..." */
const char *check_path(struct span text);		/* a full path */
const char *check_socket(struct span text);		/* one that fits a socket's address */
const char *check_file(struct span text);		/* a full path, or "credential:NAME" */
const char *check_trust(struct span text);		/* "system", or as check_file() */
const char *check_server(struct span text);		/* "127.0.0.1", "127.0.0.1:53", "[::1]:53" */
const char *check_address(struct span text);		/* an IP address */
const char *check_selector(struct span text);		/* "mail2026", "mail.2026" */
const char *check_mailbox(struct span text);		/* "postmaster@example.org" */
const char *check_contact(struct span text);		/* the same, as reports may name it (policy/tlsrpt.h) */
const char *check_plain(struct span text);		/* the same, of plain letters: one that stands in header fields */
const char *check_stop(struct span text);		/* the same, with room for "+" and a token in front of its "@" */
const char *check_metrics(struct span text);		/* "127.0.0.1:9925", "unix:/run/sealpost/metrics" */
const char *check_ciphers(struct span text);
const char *check_ciphersuites(struct span text);
const char *check_groups(struct span text);

/* "192.0.2.1:25", "[2001:db8::1]:25"; an address alone leaves *port. */
const char *check_address_port(struct span text, struct ip *ip, uint16_t *port);

#endif
