/*
 * Everything a configuration file says, defaults filled in. Master and the operator's tool read it; rooms
 * get slices of it (conf/share.h). The table of keys (src/lib-conf/key.c) says what each is for.
 */
#ifndef CONF_SETTINGS_H
#define CONF_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/span.h"
#include "conf/complaint.h"
#include "conf/slice.h"

/* One address to listen on. */
struct settings_listen {
	char *name;			/* "[::]:25", owned */
	struct ip ip;
	uint16_t port;
	bool is_implicit;		/* TLS from the first octet */
	bool tickets;
	bool request_certificate;
	bool request_is_given;		/* it was said; else it follows clients */
	bool may_lack;			/* it stands for one half of a bare port: no IPv6 here is no fault */
	unsigned line;
};

struct settings_listens {
	struct settings_listen *at;
	size_t count;
};

/* `policy.mode`: is mail held back by what its next hop did not prove, or only counted? */
enum settings_policy_mode { SETTINGS_ENFORCE, SETTINGS_OBSERVE };

/* One of the operator's exceptions: what is demanded of a domain instead of everything else, for a while. */
#define EXCEPTION_WHY_MAX 500	/* octets of its reason */

struct settings_exception {
	char *domain;			/* or .pattern; lower case, owned */
	uint64_t require;		/* enum conf_level */
	int64_t until_s;		/* since the epoch */
	char *why;			/* owned */
	unsigned line;
};

struct settings_exceptions {
	struct settings_exception *at;
	size_t count;
};

/* `notices.language`: of which there are templates. */
enum settings_language { SETTINGS_EN, SETTINGS_DE };

#define SETTINGS_KEYS_MAX 160

struct settings {
	char *file;			/* it was read from, for complaints */
	/* Where each key of the table was given: a line, 0 = it was not. */
	unsigned lines[SETTINGS_KEYS_MAX];

	char *hostname;
	struct conf_list names;
	struct conf_list certificate;
	struct conf_list key;
	char *help_url;
	struct settings_listens listen;
	struct conf_list clients;
	struct conf_map accept;
	struct conf_map routes;
	char *relayhost;
	uint64_t policy_default;
	struct conf_map policy_domains;
	struct conf_map policy_on_failure;
	uint64_t policy_mode;
	bool policy_mta_sts;
	bool policy_dane;
	bool policy_ratchet;
	uint64_t policy_ratchet_successes;
	uint64_t policy_ratchet_days;
	uint64_t policy_ratchet_period_s;
	uint64_t policy_refresh_s;
	uint64_t policy_fetches;
	struct settings_exceptions exceptions;
	char *trust;
	struct conf_list dns_servers;
	uint64_t dns_timeout_ms;
	uint64_t dns_tries;
	bool dns_private_destinations;
	uint64_t dns_dnssec;
	char *dns_canaries_signed;
	char *dns_canaries_unsigned;
	char *dns_canaries_broken;
	char *tls_ciphers;
	char *tls_ciphersuites;
	char *tls_groups;
	uint64_t bare_lf;
	bool authentication_results;
	char *authentication_id;
	uint64_t authentication_wait_s;
	uint64_t limits_sessions;
	uint64_t limits_sessions_per_client;
	uint64_t limits_client_prefix4;
	uint64_t limits_client_prefix6;
	uint64_t limits_recipients;
	uint64_t limits_size;
	uint64_t limits_messages;
	uint64_t limits_errors;
	uint64_t limits_received;
	uint64_t limits_handshake_s;
	uint64_t limits_idle_s;
	uint64_t limits_session_s;
	uint64_t limits_memory;
	uint64_t queue_retry_first_s;
	uint64_t queue_retry_most_s;
	uint64_t queue_delay_notice_s;
	uint64_t queue_expire_s;
	uint64_t queue_expire_policy_s;
	uint64_t queue_connections_first;
	uint64_t queue_connections;
	uint64_t queue_jobs;
	uint64_t queue_messages;
	struct conf_list relay_source;
	uint64_t relay_port;
	uint64_t relay_recipients;
	uint64_t relay_idle_s;
	uint64_t relay_connection_messages;
	uint64_t relay_connection_age_s;
	uint64_t timeouts_connect_s;
	uint64_t timeouts_greeting_s;
	uint64_t timeouts_handshake_s;
	uint64_t timeouts_ehlo_s;
	uint64_t timeouts_mail_s;
	uint64_t timeouts_rcpt_s;
	uint64_t timeouts_data_s;
	uint64_t timeouts_block_s;
	uint64_t timeouts_dot_s;
	uint64_t timeouts_quit_s;
	char *report_postmaster;
	uint64_t report_returned;
	uint64_t report_strangers;		/* 0 = all */
	bool report_forged;
	uint64_t ledger_keep_s;			/* 0 = off */
	uint64_t ledger_flush_s;
	char *ledger_socket;			/* "" = off */
	struct conf_list metrics_listen;	/* empty = off */
	uint64_t metrics_mode;
	bool tlsrpt_send;
	char *tlsrpt_contact;
	char *tlsrpt_organization;		/* "" = hostname */
	uint64_t tlsrpt_delay_s;
	uint64_t tlsrpt_expire_s;
	uint64_t tlsrpt_most;
	bool tlsrpt_verify;
	char *notices_from;			/* "" = they are not sent */
	uint64_t notices_mode;			/* enum conf_notices (conf/report.h) */
	uint64_t notices_language;
	char *notices_template;			/* a file */
	uint64_t notices_after_s;
	uint64_t notices_sessions;
	uint64_t notices_remind_s;		/* 0 = never */
	uint64_t notices_silence_s;
	uint64_t notices_most;
	uint64_t notices_bounces;
	uint64_t notices_lookups;
	char *notices_abuse_zone;		/* "" = none */
	char *notices_stop;
	bool notices_senders;
	char *dkim_domain;			/* "" = nothing is signed */
	struct conf_list dkim_selectors;
	struct conf_list dkim_keys;		/* files, one for each selector */
	char *spool_directory;
	char *spool_key;
	uint64_t spool_segment;
	uint64_t spool_segment_age_s;
	uint64_t spool_staged;
	uint64_t log_target;
	uint64_t log_level;
	uint64_t log_addresses;
	uint64_t workers_intake;
	uint64_t workers_relay;
	uint64_t grace_s;
	char *control;
	char *submission_socket;		/* "" = off */
	uint64_t submission_mode;

	struct conf_list own_addresses;		/* of this host, as far as we listen there: by settings_complete() */
};

/*
 * Read a configuration from octets; file is its name for complaints. Pure: what only this machine knows (its
 * name, its processors, its resolvers) is left to settings_complete(). Everything wrong is complained of; the
 * settings are then not to be used, but can be cleared.
 */
void settings_parse(struct settings *settings, const char *file, struct span octets, struct complaints *complaints);

/* Fill in what was not given and depends on this machine, and check what depends on that. */
void settings_complete(struct settings *settings, struct complaints *complaints);

/* Of that the resolvers alone, for a tool that asks them and needs to know nothing else of this machine. */
void settings_complete_servers(struct settings *settings);

/* Read the configuration in a file, and no more: what a tool needs that only looks for a path in it. */
void settings_read(struct settings *settings, const char *file, struct complaints *complaints);

/* Read and complete the configuration in a file. Returns true when nothing but warnings was complained of. */
bool settings_load(struct settings *settings, const char *file, struct complaints *complaints);

void settings_clear(struct settings *settings);	/* leaves it zeroed */

/* "127.0.0.1:25", "[::1]:25" of a key that takes such; false for what is none. An address alone leaves *port. */
bool settings_address(struct span text, struct ip *ip, uint16_t *port);

/* The line where a key ("limits.size") was given, or 0: for complaints that come up later. */
unsigned settings_line(const struct settings *settings, const char *key);

#endif
