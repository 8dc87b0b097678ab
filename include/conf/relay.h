/* What relay is configured with. */
#ifndef CONF_RELAY_H
#define CONF_RELAY_H

#include "conf/log.h"
#include "conf/slice.h"
#include "conf/tls.h"

struct conf_relay {
	struct conf_log log;
	struct conf_tls tls;
	char *hostname;			/* EHLO, and one of our own names in MX sets */
	struct conf_list own_addresses;	/* addresses of our listeners: MX hosts with one of these are us */
	struct conf_list own_names;	/* further names that are us */
	char *trust;			/* PEM texts of the certificate authorities */
	uint64_t policy_default;	/* enum conf_level: the words of policy_domains as numbers */
	struct conf_map policy_domains;	/* domain or .pattern -> "encrypt", "verify", "secure", "dane" */
	bool policy_observe;		/* decide and record, but send at `encrypt` */
	bool dane;			/* TLSA records are asked for */
	uint64_t dnssec;		/* enum conf_dnssec */
	char *canary_signed, *canary_unsigned, *canary_broken;	/* names that prove a resolver (dns/resolver.h) */
	struct conf_list dns_servers;	/* "127.0.0.1:53", "[::1]:53" */
	uint64_t dns_timeout_ms;	/* of one try */
	uint64_t dns_tries;
	bool private_destinations;	/* MX hosts may have loopback, private and other special addresses */
	uint64_t mx_port;		/* 25 */
	char *source4, *source6;	/* addresses to connect from; "" = the system's choice */
	/* time-outs, seconds; RFC 5321 4.5.3.2 */
	uint64_t connect_s, greeting_s, handshake_s, ehlo_s, mail_s, rcpt_s, data_s, block_s, dot_s, quit_s;
	uint64_t idle_s;		/* an idle proven connection is kept this long */
	uint64_t connection_messages;	/* on one connection, at most */
	uint64_t connection_age_s;	/* of one connection, at most */
	uint64_t recipients;		/* per transaction, at most */
	uint64_t ledger_flush_s;	/* what TLS came to is told to report so often; 0 = never */
};

/* What a hop must prove, weakest first: the words "encrypt", "verify", "secure", "dane". */
enum conf_level { CONF_POLICY_ENCRYPT, CONF_POLICY_VERIFY, CONF_POLICY_SECURE, CONF_POLICY_DANE };

/* Is the resolver believed when it says that an answer was validated? */
enum conf_dnssec { CONF_DNSSEC_OFF, CONF_DNSSEC_AUTO, CONF_DNSSEC_REQUIRED };

extern const struct conf_slice conf_relay_slice;

#endif
