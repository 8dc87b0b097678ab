/* The tables of the rooms' slices: every member of the structs of include/conf/, once. */
#include "field.h"

#include "conf/intake.h"
#include "conf/policy.h"
#include "conf/queue.h"
#include "conf/relay.h"
#include "conf/report.h"
#include "conf/web.h"

static const struct conf_field intake_fields[] = {
	FIELDS_LOG(conf_intake),
	FIELDS_SPOOL(conf_intake),
	FIELDS_TLS(conf_intake),
	FIELD_TEXT(conf_intake, hostname),
	FIELD_TEXT(conf_intake, help_url),
	FIELD_LIST(conf_intake, certificates),
	FIELD_LIST(conf_intake, keys),
	FIELD_LIST(conf_intake, clients),
	FIELD_LIST(conf_intake, accept),
	FIELD_NUMBER(conf_intake, bare_lf),
	FIELD_FLAG(conf_intake, authentication),
	FIELD_TEXT(conf_intake, authserv_id),
	FIELD_NUMBER(conf_intake, authentication_wait_s),
	FIELD_NUMBER(conf_intake, sessions),
	FIELD_NUMBER(conf_intake, sessions_per_client),
	FIELD_NUMBER(conf_intake, client_prefix4),
	FIELD_NUMBER(conf_intake, client_prefix6),
	FIELD_NUMBER(conf_intake, recipients),
	FIELD_NUMBER(conf_intake, size_octets),
	FIELD_NUMBER(conf_intake, messages),
	FIELD_NUMBER(conf_intake, errors),
	FIELD_NUMBER(conf_intake, received),
	FIELD_NUMBER(conf_intake, handshake_s),
	FIELD_NUMBER(conf_intake, idle_s),
	FIELD_NUMBER(conf_intake, session_s),
	FIELD_NUMBER(conf_intake, memory_octets),
	FIELD_NUMBER(conf_intake, ledger_flush_s),
	FIELD_TEXT(conf_intake, notices_stop),
	FIELD_FLAG(conf_intake, notices_senders),
	{ NULL }
};

const struct conf_slice conf_intake_slice = { "intake", sizeof(struct conf_intake), intake_fields };

static const struct conf_field queue_fields[] = {
	FIELDS_LOG(conf_queue),
	FIELDS_SPOOL(conf_queue),
	FIELD_TEXT(conf_queue, hostname),
	FIELD_MAP(conf_queue, accept),
	FIELD_MAP(conf_queue, routes),
	FIELD_TEXT(conf_queue, relayhost),
	FIELD_MAP(conf_queue, on_failure),
	FIELD_NUMBER(conf_queue, retry_first_s),
	FIELD_NUMBER(conf_queue, retry_most_s),
	FIELD_NUMBER(conf_queue, delay_notice_s),
	FIELD_NUMBER(conf_queue, expire_s),
	FIELD_NUMBER(conf_queue, expire_policy_s),
	FIELD_NUMBER(conf_queue, connections_first),
	FIELD_NUMBER(conf_queue, connections),
	FIELD_NUMBER(conf_queue, jobs),
	FIELD_NUMBER(conf_queue, messages),
	{ NULL }
};

const struct conf_slice conf_queue_slice = { "queue", sizeof(struct conf_queue), queue_fields };

static const struct conf_field relay_fields[] = {
	FIELDS_LOG(conf_relay),
	FIELDS_TLS(conf_relay),
	FIELD_TEXT(conf_relay, hostname),
	FIELD_LIST(conf_relay, own_addresses),
	FIELD_LIST(conf_relay, own_names),
	FIELD_TEXT(conf_relay, trust),
	FIELD_NUMBER(conf_relay, policy_default),
	FIELD_MAP(conf_relay, policy_domains),
	FIELD_FLAG(conf_relay, policy_observe),
	FIELD_FLAG(conf_relay, dane),
	FIELD_NUMBER(conf_relay, dnssec),
	FIELD_TEXT(conf_relay, canary_signed),
	FIELD_TEXT(conf_relay, canary_unsigned),
	FIELD_TEXT(conf_relay, canary_broken),
	FIELD_LIST(conf_relay, dns_servers),
	FIELD_NUMBER(conf_relay, dns_timeout_ms),
	FIELD_NUMBER(conf_relay, dns_tries),
	FIELD_FLAG(conf_relay, private_destinations),
	FIELD_NUMBER(conf_relay, mx_port),
	FIELD_TEXT(conf_relay, source4),
	FIELD_TEXT(conf_relay, source6),
	FIELD_NUMBER(conf_relay, connect_s),
	FIELD_NUMBER(conf_relay, greeting_s),
	FIELD_NUMBER(conf_relay, handshake_s),
	FIELD_NUMBER(conf_relay, ehlo_s),
	FIELD_NUMBER(conf_relay, mail_s),
	FIELD_NUMBER(conf_relay, rcpt_s),
	FIELD_NUMBER(conf_relay, data_s),
	FIELD_NUMBER(conf_relay, block_s),
	FIELD_NUMBER(conf_relay, dot_s),
	FIELD_NUMBER(conf_relay, quit_s),
	FIELD_NUMBER(conf_relay, idle_s),
	FIELD_NUMBER(conf_relay, connection_messages),
	FIELD_NUMBER(conf_relay, connection_age_s),
	FIELD_NUMBER(conf_relay, recipients),
	FIELD_NUMBER(conf_relay, ledger_flush_s),
	{ NULL }
};

const struct conf_slice conf_relay_slice = { "relay", sizeof(struct conf_relay), relay_fields };

static const struct conf_field policy_fields[] = {
	FIELDS_LOG(conf_policy),
	FIELDS_TLS(conf_policy),
	FIELD_TEXT(conf_policy, hostname),
	FIELD_TEXT(conf_policy, directory),
	FIELD_TEXT(conf_policy, trust),
	FIELD_FLAG(conf_policy, mta_sts),
	FIELD_FLAG(conf_policy, ratchet),
	FIELD_NUMBER(conf_policy, ratchet_successes),
	FIELD_NUMBER(conf_policy, ratchet_days),
	FIELD_NUMBER(conf_policy, ratchet_period_s),
	FIELD_NUMBER(conf_policy, refresh_s),
	FIELD_NUMBER(conf_policy, fetches),
	FIELD_LIST(conf_policy, exceptions),
	FIELD_LIST(conf_policy, dns_servers),
	FIELD_NUMBER(conf_policy, dns_timeout_ms),
	FIELD_NUMBER(conf_policy, dns_tries),
	FIELD_FLAG(conf_policy, private_destinations),
	{ NULL }
};

const struct conf_slice conf_policy_slice = { "policy", sizeof(struct conf_policy), policy_fields };

static const struct conf_field report_fields[] = {
	FIELDS_LOG(conf_report),
	FIELDS_SPOOL(conf_report),
	FIELD_TEXT(conf_report, hostname),
	FIELD_TEXT(conf_report, postmaster),
	FIELD_NUMBER(conf_report, returned_octets),
	FIELD_NUMBER(conf_report, strangers),
	FIELD_FLAG(conf_report, forged),
	FIELD_TEXT(conf_report, ledger_directory),
	FIELD_NUMBER(conf_report, ledger_keep_s),
	FIELD_FLAG(conf_report, tlsrpt_send),
	FIELD_TEXT(conf_report, tlsrpt_contact),
	FIELD_TEXT(conf_report, tlsrpt_organization),
	FIELD_NUMBER(conf_report, tlsrpt_delay_s),
	FIELD_NUMBER(conf_report, tlsrpt_settle_s),
	FIELD_NUMBER(conf_report, tlsrpt_expire_s),
	FIELD_NUMBER(conf_report, tlsrpt_most),
	FIELD_FLAG(conf_report, tlsrpt_verify),
	FIELD_TEXT(conf_report, dkim_domain),
	FIELD_LIST(conf_report, dkim_selectors),
	FIELD_LIST(conf_report, dkim_keys),
	FIELD_NUMBER(conf_report, notices_mode),
	FIELD_TEXT(conf_report, notices_from),
	FIELD_TEXT(conf_report, notices_stop),
	FIELD_TEXT(conf_report, notices_template),
	FIELD_NUMBER(conf_report, notices_after_s),
	FIELD_NUMBER(conf_report, notices_sessions),
	FIELD_NUMBER(conf_report, notices_remind_s),
	FIELD_NUMBER(conf_report, notices_silence_s),
	FIELD_NUMBER(conf_report, notices_most),
	FIELD_NUMBER(conf_report, notices_bounces),
	FIELD_NUMBER(conf_report, notices_lookups),
	FIELD_TEXT(conf_report, notices_abuse_zone),
	FIELD_FLAG(conf_report, notices_senders),
	{ NULL }
};

const struct conf_slice conf_report_slice = { "report", sizeof(struct conf_report), report_fields };

static const struct conf_field web_fields[] = {
	FIELDS_LOG(conf_web),
	{ NULL }
};

const struct conf_slice conf_web_slice = { "web", sizeof(struct conf_web), web_fields };
