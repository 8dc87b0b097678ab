/* Settings as slices. */
#include "conf/share.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/fatal.h"
#include "check.h"
#include "key.h"

#define DNS_PORT 53
#define EXCEPTION_OCTETS_MAX (EXCEPTION_WHY_MAX + 512)

static char *
text_copy(const char *text)
{
	return text == NULL ? must_copy("", 0) : must_copy(text, strlen(text));
}

static struct conf_list
list_copy(const struct conf_list *list)
{
	struct conf_list copy = { must_alloc(list->count * sizeof(*copy.items)), list->count };

	for (size_t i = 0; i < list->count; i++)
		copy.items[i] = text_copy(list->items[i]);
	return copy;
}

static struct conf_map
map_copy(const struct conf_map *map)
{
	struct conf_map copy = { must_alloc(map->count * sizeof(*copy.pairs)), map->count };

	for (size_t i = 0; i < map->count; i++)
		copy.pairs[i] = (struct conf_pair){ text_copy(map->pairs[i].key), text_copy(map->pairs[i].value) };
	return copy;
}

static struct conf_list
keys_copy(const struct conf_map *map)
{
	struct conf_list copy = { must_alloc(map->count * sizeof(*copy.items)), map->count };

	for (size_t i = 0; i < map->count; i++)
		copy.items[i] = text_copy(map->pairs[i].key);
	return copy;
}

static uint64_t
share_of(uint64_t figure, uint64_t workers)
{
	return (figure + workers - 1) / workers;
}

static struct conf_log
log_share(const struct settings *settings)
{
	return (struct conf_log){ settings->log_target, settings->log_level, settings->log_addresses };
}

static struct conf_spool
spool_share(const struct settings *settings)
{
	return (struct conf_spool){ settings->spool_segment, settings->spool_segment_age_s, settings->spool_staged };
}

static struct conf_tls
tls_share(const struct settings *settings)
{
	return (struct conf_tls){
		text_copy(settings->tls_ciphers), text_copy(settings->tls_ciphersuites), text_copy(settings->tls_groups)
	};
}

/* A folder that a room keeps what it knows in. */
static char *
folder_of(const struct settings *settings, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", settings->spool_directory, name);
	return text_copy(path);
}

/* Without a ledger nobody counts. */
static uint64_t
ledger_flush(const struct settings *settings)
{
	return settings->ledger_keep_s == 0 ? 0 : settings->ledger_flush_s;
}

void
share_intake(const struct settings *settings, const struct material *material, struct conf_intake *slice)
{
	*slice = (struct conf_intake){
		.log = log_share(settings),
		.spool = spool_share(settings),
		.tls = tls_share(settings),
		.hostname = text_copy(settings->hostname),
		.help_url = text_copy(settings->help_url),
		.certificates = list_copy(&material->certificates),
		.keys = list_copy(&material->keys),
		.clients = list_copy(&settings->clients),
		.accept = keys_copy(&settings->accept),
		.bare_lf = settings->bare_lf,
		.authentication = settings->authentication_results,
		.authserv_id = text_copy(settings->authentication_id[0] != '\0' ? settings->authentication_id : settings->hostname),
		.authentication_wait_s = settings->authentication_wait_s,
		.sessions = share_of(settings->limits_sessions, settings->workers_intake),
		.sessions_per_client = share_of(settings->limits_sessions_per_client, settings->workers_intake),
		.client_prefix4 = settings->limits_client_prefix4,
		.client_prefix6 = settings->limits_client_prefix6,
		.recipients = settings->limits_recipients,
		.size_octets = settings->limits_size,
		.messages = settings->limits_messages,
		.errors = settings->limits_errors,
		.received = settings->limits_received,
		.handshake_s = settings->limits_handshake_s,
		.idle_s = settings->limits_idle_s,
		.session_s = settings->limits_session_s,
		.memory_octets = share_of(settings->limits_memory, settings->workers_intake),
		.ledger_flush_s = ledger_flush(settings),
		.notices_stop = text_copy(settings->notices_stop),
		.notices_senders = settings->notices_senders && settings->notices_mode != CONF_NOTICES_OFF,
	};
}

void
share_queue(const struct settings *settings, struct conf_queue *slice)
{
	*slice = (struct conf_queue){
		.log = log_share(settings),
		.spool = spool_share(settings),
		.hostname = text_copy(settings->hostname),
		.accept = map_copy(&settings->accept),
		.routes = map_copy(&settings->routes),
		.relayhost = text_copy(settings->relayhost),
		.on_failure = map_copy(&settings->policy_on_failure),
		.retry_first_s = settings->queue_retry_first_s,
		.retry_most_s = settings->queue_retry_most_s,
		.delay_notice_s = settings->queue_delay_notice_s,
		.expire_s = settings->queue_expire_s,
		.expire_policy_s = settings->queue_expire_policy_s,
		.connections_first = settings->queue_connections_first,
		.connections = settings->queue_connections,
		.jobs = settings->queue_jobs,
		.messages = settings->queue_messages,
	};
}

/* "127.0.0.1" as "127.0.0.1:53". */
static struct conf_list
servers_share(const struct settings *settings)
{
	const struct conf_list *from = &settings->dns_servers;
	struct conf_list to = { must_alloc(from->count * sizeof(*to.items)), from->count };

	for (size_t i = 0; i < from->count; i++) {
		char address[IP_TEXT], text[IP_TEXT + 10];
		uint16_t port = DNS_PORT;
		struct ip ip = { .family = 0 };

		(void)check_address_port(span_of(from->items[i]), &ip, &port);
		snprintf(text, sizeof(text), ip.family == 6 ? "[%s]:%u" : "%s:%u", ip_format(ip, address), port);
		to.items[i] = text_copy(text);
	}
	return to;
}

static char *
source_share(const struct settings *settings, unsigned family)
{
	struct ip ip;

	for (size_t i = 0; i < settings->relay_source.count; i++)
		if (ip_parse(span_of(settings->relay_source.items[i]), &ip) && ip.family == family)
			return text_copy(settings->relay_source.items[i]);
	return text_copy("");
}

void
share_relay(const struct settings *settings, const struct material *material, struct conf_relay *slice)
{
	*slice = (struct conf_relay){
		.log = log_share(settings),
		.tls = tls_share(settings),
		.hostname = text_copy(settings->hostname),
		.own_addresses = list_copy(&settings->own_addresses),
		.own_names = list_copy(&settings->names),
		.trust = text_copy(material->trust),
		.policy_default = settings->policy_default,
		.policy_domains = map_copy(&settings->policy_domains),
		.policy_observe = settings->policy_mode == SETTINGS_OBSERVE,
		.dane = settings->policy_dane && settings->dns_dnssec != CONF_DNSSEC_OFF,
		.dnssec = settings->dns_dnssec,
		.canary_signed = text_copy(settings->dns_canaries_signed),
		.canary_unsigned = text_copy(settings->dns_canaries_unsigned),
		.canary_broken = text_copy(settings->dns_canaries_broken),
		.dns_servers = servers_share(settings),
		.dns_timeout_ms = settings->dns_timeout_ms,
		.dns_tries = settings->dns_tries,
		.private_destinations = settings->dns_private_destinations,
		.mx_port = settings->relay_port,
		.source4 = source_share(settings, 4),
		.source6 = source_share(settings, 6),
		.connect_s = settings->timeouts_connect_s,
		.greeting_s = settings->timeouts_greeting_s,
		.handshake_s = settings->timeouts_handshake_s,
		.ehlo_s = settings->timeouts_ehlo_s,
		.mail_s = settings->timeouts_mail_s,
		.rcpt_s = settings->timeouts_rcpt_s,
		.data_s = settings->timeouts_data_s,
		.block_s = settings->timeouts_block_s,
		.dot_s = settings->timeouts_dot_s,
		.quit_s = settings->timeouts_quit_s,
		.idle_s = settings->relay_idle_s,
		.connection_messages = settings->relay_connection_messages,
		.connection_age_s = settings->relay_connection_age_s,
		.recipients = settings->relay_recipients,
		.ledger_flush_s = ledger_flush(settings),
	};
}

/* "old.example encrypt 1801353600 certificate expired" */
static struct conf_list
exceptions_share(const struct settings_exceptions *from)
{
	struct conf_list to = { must_alloc(from->count * sizeof(*to.items)), from->count };
	const struct key *levels = key_find(SPAN("policy.default"));

	for (size_t i = 0; i < from->count; i++) {
		const struct settings_exception *exception = &from->at[i];
		struct buf line;

		buf_init(&line, EXCEPTION_OCTETS_MAX);
		if (!buf_printf(&line, "%s %s %lld %s", exception->domain, key_word(levels, exception->require),
		    (long long)exception->until_s, exception->why))
			fatal("an exception of more than %u octets", EXCEPTION_OCTETS_MAX);
		to.items[i] = must_copy(buf_span(&line).data, buf_length(&line));
		buf_clear(&line);
	}
	return to;
}

void
share_policy(const struct settings *settings, const struct material *material, struct conf_policy *slice)
{
	*slice = (struct conf_policy){
		.log = log_share(settings),
		.tls = tls_share(settings),
		.hostname = text_copy(settings->hostname),
		.directory = folder_of(settings, "policy"),
		.trust = text_copy(material->trust),
		.mta_sts = settings->policy_mta_sts,
		.ratchet = settings->policy_ratchet,
		.ratchet_successes = settings->policy_ratchet_successes,
		.ratchet_days = settings->policy_ratchet_days,
		.ratchet_period_s = settings->policy_ratchet_period_s,
		.refresh_s = settings->policy_refresh_s,
		.fetches = settings->policy_fetches,
		.exceptions = exceptions_share(&settings->exceptions),
		.dns_servers = servers_share(settings),
		.dns_timeout_ms = settings->dns_timeout_ms,
		.dns_tries = settings->dns_tries,
		.private_destinations = settings->dns_private_destinations,
	};
}

void
share_report(const struct settings *settings, const struct material *material, struct conf_report *slice)
{
	*slice = (struct conf_report){
		.log = log_share(settings),
		.spool = spool_share(settings),
		.hostname = text_copy(settings->hostname),
		.postmaster = text_copy(settings->report_postmaster),
		.returned_octets = settings->report_returned,
		.strangers = settings->report_strangers,
		.forged = settings->report_forged,
		.ledger_directory = folder_of(settings, "ledger"),
		.ledger_keep_s = settings->ledger_keep_s,
		.tlsrpt_send = settings->tlsrpt_send,
		.tlsrpt_contact = text_copy(settings->tlsrpt_contact),
		.tlsrpt_organization = text_copy(settings->tlsrpt_organization[0] != '\0' ? settings->tlsrpt_organization : settings->hostname),
		.tlsrpt_delay_s = settings->tlsrpt_delay_s,
		.tlsrpt_settle_s = settings->relay_connection_age_s + settings->ledger_flush_s,
		.tlsrpt_expire_s = settings->tlsrpt_expire_s,
		.tlsrpt_most = settings->tlsrpt_most,
		.tlsrpt_verify = settings->tlsrpt_verify,
		.notices_mode = settings->notices_mode,
		/* What is only shown is from somebody, too. */
		.notices_from = text_copy(settings->notices_from[0] != '\0' ? settings->notices_from : settings->report_postmaster),
		.notices_stop = text_copy(settings->notices_stop),
		.notices_template = text_copy(material->notices_template),
		.notices_after_s = settings->notices_after_s,
		.notices_sessions = settings->notices_sessions,
		.notices_remind_s = settings->notices_remind_s,
		.notices_silence_s = settings->notices_silence_s,
		.notices_most = settings->notices_most,
		.notices_bounces = settings->notices_bounces,
		.notices_lookups = settings->notices_lookups,
		.notices_abuse_zone = text_copy(settings->notices_abuse_zone),
		.notices_senders = settings->notices_senders,
		.dkim_domain = text_copy(settings->dkim_domain),
		.dkim_selectors = list_copy(&settings->dkim_selectors),
		.dkim_keys = list_copy(&material->dkim_keys),
	};
}

void
share_web(const struct settings *settings, struct conf_web *slice)
{
	*slice = (struct conf_web){ .log = log_share(settings) };
}
