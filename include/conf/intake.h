/* What intake is configured with. */
#ifndef CONF_INTAKE_H
#define CONF_INTAKE_H

#include "conf/log.h"
#include "conf/slice.h"
#include "conf/spool.h"
#include "conf/tls.h"

struct conf_intake {
	struct conf_log log;
	struct conf_spool spool;
	struct conf_tls tls;
	char *hostname;
	char *help_url;			/* in the 530 text; "" = none */
	struct conf_list certificates;	/* PEM texts: leaf, intermediates; one per key type */
	struct conf_list keys;		/* PEM texts, in the order of certificates; secret */
	struct conf_list clients;	/* networks, "cert:sha256:..." */
	struct conf_list accept;	/* domains and .patterns anyone may write to */
	uint64_t bare_lf;		/* enum conf_bare_lf: what a bare LF in content means */
	bool authentication;		/* mail of others for accepted domains gets an Authentication-Results field */
	char *authserv_id;		/* in it, and not in any that others wrote */
	uint64_t authentication_wait_s;	/* behind the content, for what is not known yet */
	/* limits */
	uint64_t sessions;		/* of this worker */
	uint64_t sessions_per_client;	/* per client network, of this worker */
	uint64_t client_prefix4, client_prefix6; /* bits that make a client network */
	uint64_t recipients;		/* per message */
	uint64_t size_octets;		/* of a message */
	uint64_t messages;		/* MAIL commands per session */
	uint64_t errors;		/* 5yz replies to commands before 421 */
	uint64_t received;		/* Received fields before 5.4.6 */
	uint64_t handshake_s;
	uint64_t idle_s;		/* silence */
	uint64_t session_s;		/* whole session */
	uint64_t memory_octets;		/* staged messages and input, of this worker */
	uint64_t ledger_flush_s;	/* what TLS came to is told to report so often; 0 = never */
	char *notices_stop;		/* mail to this address, with "+" and a token before its "@", is for report alone */
	bool notices_senders;		/* report hears whose mail was refused for want of TLS */
};

enum conf_bare_lf { CONF_BARE_LF_REFUSE, CONF_BARE_LF_NORMALISE };

extern const struct conf_slice conf_intake_slice;

#endif
