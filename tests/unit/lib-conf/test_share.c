/* Tests of src/lib-conf/share.c. */
#include "conf/share.h"

#include "base/log.h"
#include "complaints.h"

static struct settings settings;
static struct material material;

static void
begin(const char *octets)
{
	struct complaints complaints;
	static char pem[] = "PEM", key[] = "KEY", trust[] = "TRUST", *pems[] = { pem }, *keys[] = { key };

	complaints_init(&complaints);
	settings_parse(&settings, "f", span_of(octets), &complaints);
	settings_complete(&settings, &complaints);
	ck_assert_uint_eq(complaints.errors, 0);
	material = (struct material){ { pems, 1 }, { keys, 1 }, trust };
	complaints_clear(&complaints);
}

START_TEST(figures_in_all_are_divided_among_workers)
{
	struct conf_intake slice;

	begin("hostname: a.example\nworkers: {intake: 3}\nlimits: {sessions: 10, sessions_per_client: 2, memory: 9M}\n");
	share_intake(&settings, &material, &slice);
	ck_assert_uint_eq(slice.sessions, 4);
	ck_assert_uint_eq(slice.sessions_per_client, 1);
	ck_assert_uint_eq(slice.memory_octets, 3 << 20);
	ck_assert_uint_eq(slice.recipients, 1000);
	conf_clear(&conf_intake_slice, &slice);
	settings_clear(&settings);
}
END_TEST

START_TEST(fields_of_ours_have_our_name_unless_the_site_has_another)
{
	static const struct { const char *text, *id; bool is_on; uint64_t wait_s; } rows[] = {
		{ "hostname: a.example\n", "a.example", true, 20 },	/* P7 */
		{ "hostname: a.example\nauthentication: {results: no, id: b.example, wait: 1m}\n", "b.example", false, 60 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct conf_intake slice;

		begin(rows[i].text);
		share_intake(&settings, &material, &slice);
		ck_assert_str_eq(slice.authserv_id, rows[i].id);
		ck_assert_int_eq(slice.authentication, rows[i].is_on);
		ck_assert_uint_eq(slice.authentication_wait_s, rows[i].wait_s);
		conf_clear(&conf_intake_slice, &slice);
		settings_clear(&settings);
	}
}
END_TEST

START_TEST(intake_learns_domains_but_not_their_next_hops)
{
	struct conf_intake slice;

	begin("hostname: a.example\nhelp_url: https://a.example/\naccept: {b.example: \"smtp:c.example\"}\nclients: 192.0.2.1\n"
	    "bare_lf: normalise\nlog: {level: debug, addresses: none}\ntls: {groups: X25519}\n");
	share_intake(&settings, &material, &slice);
	ck_assert_str_eq(slice.hostname, "a.example");
	ck_assert_str_eq(slice.help_url, "https://a.example/");
	ck_assert_uint_eq(slice.accept.count, 1);
	ck_assert_str_eq(slice.accept.items[0], "b.example");
	ck_assert_str_eq(slice.clients.items[0], "192.0.2.1");
	ck_assert_str_eq(slice.certificates.items[0], "PEM");
	ck_assert_str_eq(slice.keys.items[0], "KEY");
	ck_assert_uint_eq(slice.bare_lf, CONF_BARE_LF_NORMALISE);
	ck_assert_uint_eq(slice.log.level, LOG_LEVEL_DEBUG);
	ck_assert_uint_eq(slice.log.addresses, LOG_ADDRESSES_NONE);
	ck_assert_str_eq(slice.tls.groups, "X25519");
	ck_assert_str_eq(slice.tls.ciphers, "");
	conf_clear(&conf_intake_slice, &slice);
	settings_clear(&settings);
}
END_TEST

START_TEST(queue_learns_who_goes_where)
{
	struct conf_queue slice;

	begin("hostname: a.example\naccept: {b.example: \"lmtp:/x\"}\nroutes: {.c.example: \"smtps:d.example\"}\n"
	    "relayhost: smtp:e.example\npolicy: {on_failure: {f.example: bounce}}\nqueue: {expire: 3d, messages: 5}\n");
	share_queue(&settings, &slice);
	ck_assert_str_eq(slice.accept.pairs[0].value, "lmtp:/x");
	ck_assert_str_eq(slice.routes.pairs[0].key, ".c.example");
	ck_assert_str_eq(slice.relayhost, "smtp:e.example");
	ck_assert_str_eq(slice.on_failure.pairs[0].value, "bounce");
	ck_assert_uint_eq(slice.expire_s, 3 * 86400);
	ck_assert_uint_eq(slice.messages, 5);
	ck_assert_uint_eq(slice.spool.staged_octets, 256 << 10);
	conf_clear(&conf_queue_slice, &slice);
	settings_clear(&settings);
}
END_TEST

START_TEST(relay_learns_whom_to_believe_and_to_ask)
{
	struct conf_relay slice;

	begin("hostname: a.example\nnames: [b.example]\npolicy: {default: secure, domains: {c.example: encrypt}}\n"
	    "dns: {servers: [127.0.0.1, \"[::1]:5353\", \"::1\"], timeout: 1s, private_destinations: yes}\n"
	    "relay: {source: [\"2001:db8::5\"], port: 2525}\ntimeouts: {dot: 1m}\n");
	share_relay(&settings, &material, &slice);
	ck_assert_str_eq(slice.trust, "TRUST");
	ck_assert_uint_eq(slice.policy_default, CONF_POLICY_SECURE);
	ck_assert_str_eq(slice.policy_domains.pairs[0].value, "encrypt");
	ck_assert_str_eq(slice.own_names.items[0], "b.example");
	ck_assert_str_eq(slice.dns_servers.items[0], "127.0.0.1:53");
	ck_assert_str_eq(slice.dns_servers.items[1], "[::1]:5353");
	ck_assert_str_eq(slice.dns_servers.items[2], "[::1]:53");
	ck_assert_uint_eq(slice.dns_timeout_ms, 1000);
	ck_assert(slice.private_destinations);
	ck_assert_str_eq(slice.source4, "");
	ck_assert_str_eq(slice.source6, "2001:db8::5");
	ck_assert_uint_eq(slice.mx_port, 2525);
	ck_assert_uint_eq(slice.dot_s, 60);
	ck_assert_uint_eq(slice.greeting_s, 300);
	conf_clear(&conf_relay_slice, &slice);
	settings_clear(&settings);
}
END_TEST

static bool
has(const struct conf_list *list, const char *item)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], item) == 0)
			return true;
	return false;
}

/* An MX host is us when connecting to it would reach a listener of ours, not otherwise. */
START_TEST(own_addresses_are_those_that_the_mx_port_reaches)
{
	struct conf_relay slice;

	begin("hostname: a.example\nlisten: [0.0.0.0:25]\n");
	share_relay(&settings, &material, &slice);
	ck_assert(has(&slice.own_addresses, "127.0.0.1"));
	ck_assert(!has(&slice.own_addresses, "::1"));
	conf_clear(&conf_relay_slice, &slice);
	settings_clear(&settings);
	begin("hostname: a.example\nlisten: [0.0.0.0:2525]\n");
	share_relay(&settings, &material, &slice);
	ck_assert_uint_eq(slice.own_addresses.count, 0);
	conf_clear(&conf_relay_slice, &slice);
	settings_clear(&settings);
	/* No interface has this one, and yet it is ours. */
	begin("hostname: a.example\nlisten: [\"127.9.9.9:25\"]\n");
	share_relay(&settings, &material, &slice);
	ck_assert(has(&slice.own_addresses, "127.9.9.9"));
	conf_clear(&conf_relay_slice, &slice);
	settings_clear(&settings);
}
END_TEST

START_TEST(relay_and_policy_learn_how_a_resolver_proves_itself)
{
	struct conf_policy policy;
	struct conf_relay relay;

	begin("hostname: a.example\npolicy: {mode: observe}\n"
	    "dns: {servers: 127.0.0.1, dnssec: required, canaries: {signed: s.example, unsigned: u.example, broken: b.example}}\n");
	share_relay(&settings, &material, &relay);
	share_policy(&settings, &material, &policy);
	ck_assert(relay.policy_observe);
	ck_assert(relay.dane);
	ck_assert_uint_eq(relay.dnssec, CONF_DNSSEC_REQUIRED);
	ck_assert_str_eq(relay.canary_signed, "s.example");
	ck_assert_str_eq(relay.canary_unsigned, "u.example");
	ck_assert_str_eq(relay.canary_broken, "b.example");
	ck_assert_str_eq(policy.dns_servers.items[0], "127.0.0.1:53");
	conf_clear(&conf_relay_slice, &relay);
	conf_clear(&conf_policy_slice, &policy);
	settings_clear(&settings);
}
END_TEST

/* Off by either word: TLSA records are worth what the resolver is. */
START_TEST(dane_takes_a_resolver_that_is_believed)
{
	static const struct { const char *octets; bool dane; } rows[] = {
		{ "dns: {dnssec: auto}\n", true }, { "dns: {dnssec: off}\n", false }, { "policy: {dane: no}\n", false }
	};
	struct conf_relay slice;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		begin(rows[i].octets);
		share_relay(&settings, &material, &slice);
		ck_assert(slice.dane == rows[i].dane);
		ck_assert(!slice.policy_observe);
		conf_clear(&conf_relay_slice, &slice);
		settings_clear(&settings);
	}
}
END_TEST

START_TEST(policy_learns_its_rules_and_exceptions)
{
	struct conf_policy slice;

	begin("hostname: a.example\nspool: {directory: /srv/spool}\n"
	    "policy: {mta_sts: no, ratchet: no, ratchet_successes: 3, ratchet_days: 2, ratchet_period: 10d, refresh: 6h, fetches: 5}\n"
	    "exceptions:\n  - {domain: old.example, require: encrypt, until: 2027-01-31, why: certificate expired}\n"
	    "  - {domain: .b.example, require: secure, until: 2027-01-31T12:00Z, why: x}\n");
	share_policy(&settings, &material, &slice);
	ck_assert_str_eq(slice.hostname, "a.example");
	ck_assert_str_eq(slice.directory, "/srv/spool/policy");
	ck_assert_str_eq(slice.trust, "TRUST");
	ck_assert(!slice.mta_sts);
	ck_assert(!slice.ratchet);
	ck_assert_uint_eq(slice.ratchet_successes, 3);
	ck_assert_uint_eq(slice.ratchet_days, 2);
	ck_assert_uint_eq(slice.ratchet_period_s, 10 * 86400);
	ck_assert_uint_eq(slice.refresh_s, 6 * 3600);
	ck_assert_uint_eq(slice.fetches, 5);
	ck_assert_uint_eq(slice.exceptions.count, 2);
	ck_assert_str_eq(slice.exceptions.items[0], "old.example encrypt 1801440000 certificate expired");
	ck_assert_str_eq(slice.exceptions.items[1], ".b.example secure 1801396800 x");
	conf_clear(&conf_policy_slice, &slice);
	settings_clear(&settings);
}
END_TEST

START_TEST(report_learns_who_writes)
{
	struct conf_report slice;

	begin("hostname: a.example\nspool: {directory: /srv/spool}\nreport: {returned: 1M, strangers: 7, forged: no}\nledger: {keep: 30d}\n");
	share_report(&settings, &material, &slice);
	ck_assert_str_eq(slice.postmaster, "postmaster@a.example");
	ck_assert_uint_eq(slice.returned_octets, 1 << 20);
	ck_assert_uint_eq(slice.strangers, 7);
	ck_assert(!slice.forged);
	ck_assert_str_eq(slice.ledger_directory, "/srv/spool/ledger");
	ck_assert_uint_eq(slice.ledger_keep_s, 30 * 86400);
	conf_clear(&conf_report_slice, &slice);
	settings_clear(&settings);
}
END_TEST

START_TEST(report_learns_who_reports_and_signs)
{
	static char pem[] = "DKIM ONE", other[] = "DKIM TWO", *pems[] = { pem, other };
	struct conf_report slice;

	begin("hostname: a.example\n");
	share_report(&settings, &material, &slice);
	ck_assert(slice.tlsrpt_send);
	ck_assert(!slice.tlsrpt_verify);
	ck_assert_str_eq(slice.tlsrpt_contact, "postmaster@a.example");
	ck_assert_str_eq(slice.tlsrpt_organization, "a.example");
	ck_assert_uint_eq(slice.tlsrpt_delay_s, 4 * 3600);
	ck_assert_uint_eq(slice.tlsrpt_settle_s, 610);
	ck_assert_uint_eq(slice.tlsrpt_expire_s, 86400);
	ck_assert_uint_eq(slice.tlsrpt_most, 1000);
	ck_assert_str_eq(slice.dkim_domain, "");
	ck_assert_uint_eq(slice.dkim_selectors.count, 0);
	ck_assert_uint_eq(slice.dkim_keys.count, 0);
	conf_clear(&conf_report_slice, &slice);
	settings_clear(&settings);

	begin("hostname: a.example\ntlsrpt: {send: no, verify: yes, organization: Example University, most: 5, delay: 1h, expire: 2h}\n"
	    "dkim: {domain: b.example, selectors: [one, two], keys: [/one, /two]}\nrelay: {connection_age: 2h}\nledger: {flush: 1h}\n");
	material.dkim_keys = (struct conf_list){ pems, 2 };
	share_report(&settings, &material, &slice);
	ck_assert(!slice.tlsrpt_send);
	ck_assert(slice.tlsrpt_verify);
	ck_assert_str_eq(slice.tlsrpt_contact, "postmaster@b.example");
	ck_assert_str_eq(slice.tlsrpt_organization, "Example University");
	ck_assert_uint_eq(slice.tlsrpt_delay_s, 3600);
	ck_assert_uint_eq(slice.tlsrpt_settle_s, 10800);
	ck_assert_uint_eq(slice.tlsrpt_expire_s, 7200);
	ck_assert_uint_eq(slice.tlsrpt_most, 5);
	ck_assert_str_eq(slice.dkim_domain, "b.example");
	ck_assert_str_eq(slice.dkim_selectors.items[1], "two");
	ck_assert_uint_eq(slice.dkim_keys.count, 2);
	ck_assert_str_eq(slice.dkim_keys.items[1], "DKIM TWO");
	conf_clear(&conf_report_slice, &slice);
	settings_clear(&settings);
}
END_TEST

START_TEST(report_and_intake_learn_of_notices)
{
	static char text[] = "[language]";
	struct conf_report slice;
	struct conf_intake intake;

	begin("hostname: a.example\nnotices: {from: a@a.example, after: 1s, sessions: 2, remind: 3s, silence: 4s, most: 5, bounces: 6, lookups: 7,\n"
	    "  abuse_zone: c.example, stop: stop@a.example, senders: yes}\n");
	material.notices_template = text;
	share_report(&settings, &material, &slice);
	share_intake(&settings, &material, &intake);
	ck_assert_uint_eq(slice.notices_mode, CONF_NOTICES_ON);
	ck_assert_str_eq(slice.notices_from, "a@a.example");
	ck_assert_str_eq(slice.notices_stop, "stop@a.example");
	ck_assert_str_eq(slice.notices_template, "[language]");
	ck_assert_uint_eq(slice.notices_after_s, 1);
	ck_assert_uint_eq(slice.notices_sessions, 2);
	ck_assert_uint_eq(slice.notices_remind_s, 3);
	ck_assert_uint_eq(slice.notices_silence_s, 4);
	ck_assert_uint_eq(slice.notices_most, 5);
	ck_assert_uint_eq(slice.notices_bounces, 6);
	ck_assert_uint_eq(slice.notices_lookups, 7);
	ck_assert_str_eq(slice.notices_abuse_zone, "c.example");
	ck_assert(slice.notices_senders);
	ck_assert_str_eq(intake.notices_stop, "stop@a.example");
	ck_assert(intake.notices_senders);
	conf_clear(&conf_report_slice, &slice);
	conf_clear(&conf_intake_slice, &intake);
	settings_clear(&settings);

	/* The address that stops them is honoured for ever; whose mail was refused is heard of only while that is of use. */
	begin("hostname: a.example\nnotices: {mode: off, senders: yes}\n");
	share_report(&settings, &material, &slice);
	share_intake(&settings, &material, &intake);
	ck_assert_uint_eq(slice.notices_mode, CONF_NOTICES_OFF);
	ck_assert_str_eq(slice.notices_template, "");
	ck_assert_str_eq(intake.notices_stop, "tls-notices@a.example");
	ck_assert(!intake.notices_senders);
	conf_clear(&conf_report_slice, &slice);
	conf_clear(&conf_intake_slice, &intake);
	settings_clear(&settings);
}
END_TEST

/* Without a ledger nobody counts. */
START_TEST(both_ends_count_for_the_ledger_unless_there_is_none)
{
	static const struct { const char *octets; uint64_t flush_s; } rows[] = {
		{ "hostname: a.example\n", 10 }, { "ledger: {flush: 1m}\n", 60 }, { "ledger: {keep: off, flush: 1m}\n", 0 }
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct conf_intake intake;
		struct conf_relay relay;

		begin(rows[i].octets);
		share_intake(&settings, &material, &intake);
		share_relay(&settings, &material, &relay);
		ck_assert_uint_eq(intake.ledger_flush_s, rows[i].flush_s);
		ck_assert_uint_eq(relay.ledger_flush_s, rows[i].flush_s);
		conf_clear(&conf_intake_slice, &intake);
		conf_clear(&conf_relay_slice, &relay);
		settings_clear(&settings);
	}
}
END_TEST

UNIT_MAIN("share", report_and_intake_learn_of_notices,
    both_ends_count_for_the_ledger_unless_there_is_none, figures_in_all_are_divided_among_workers,
    fields_of_ours_have_our_name_unless_the_site_has_another, intake_learns_domains_but_not_their_next_hops,
    queue_learns_who_goes_where, relay_learns_whom_to_believe_and_to_ask,
    own_addresses_are_those_that_the_mx_port_reaches, relay_and_policy_learn_how_a_resolver_proves_itself,
    dane_takes_a_resolver_that_is_believed, policy_learns_its_rules_and_exceptions, report_learns_who_writes,
    report_learns_who_reports_and_signs)
