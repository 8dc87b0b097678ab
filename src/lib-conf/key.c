/*
 * THE table of keys. Parser, defaults, `config describe`, etc/sealpost.yaml and sealpost.yaml(5) are
 * all made from it: a new key is a new row here, a member of struct settings, and a line in share.c.
 */
#include "key.h"

#include "base/log.h"
#include "check.h"
#include "conf/intake.h"
#include "conf/relay.h"
#include "conf/report.h"

#define AT(member, type) \
	.offset = _Generic(((struct settings *)0)->member, type: offsetof(struct settings, member))
#define TEXT_AT(member) KEY_TEXT, AT(member, char *)
#define LIST_AT(member) KEY_LIST, AT(member, struct conf_list)
#define MAP_AT(member) KEY_MAP, AT(member, struct conf_map)
#define COUNT_AT(member) KEY_COUNT, AT(member, uint64_t)
#define OCTETS_AT(member) KEY_OCTETS, AT(member, uint64_t)
#define SECONDS_AT(member) KEY_SECONDS, AT(member, uint64_t)
#define MILLISECONDS_AT(member) KEY_MILLISECONDS, AT(member, uint64_t)
#define MODE_AT(member) KEY_MODE, AT(member, uint64_t)
#define FLAG_AT(member) KEY_FLAG, AT(member, bool)
#define CHOICE_AT(member) KEY_CHOICE, AT(member, uint64_t)
#define LISTEN_AT(member) KEY_LISTEN, AT(member, struct settings_listens)
#define EXCEPTIONS_AT(member) KEY_EXCEPTIONS, AT(member, struct settings_exceptions)

#define KIB UINT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)
#define MINUTE UINT64_C(60)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static const struct key_choice levels[] = {
	{ "encrypt", CONF_POLICY_ENCRYPT }, { "verify", CONF_POLICY_VERIFY }, { "secure", CONF_POLICY_SECURE },
	{ "dane", CONF_POLICY_DANE }, { NULL }
};
static const struct key_choice modes[] = { { "enforce", SETTINGS_ENFORCE }, { "observe", SETTINGS_OBSERVE }, { NULL } };
static const struct key_choice dnssecs[] = {
	{ "auto", CONF_DNSSEC_AUTO }, { "required", CONF_DNSSEC_REQUIRED }, { "off", CONF_DNSSEC_OFF }, { NULL }
};
static const struct key_choice exceptional_levels[] = {
	{ "encrypt", CONF_POLICY_ENCRYPT }, { "verify", CONF_POLICY_VERIFY }, { "secure", CONF_POLICY_SECURE }, { NULL }
};
static const struct key_choice on_failures[] = { { "queue", 0 }, { "bounce", 1 }, { NULL } };
static const struct key_choice bare_lfs[] = {
	{ "refuse", CONF_BARE_LF_REFUSE }, { "normalise", CONF_BARE_LF_NORMALISE }, { NULL }
};
static const struct key_choice targets[] = { { "stderr", LOG_TO_STDERR }, { "syslog", LOG_TO_SYSLOG }, { NULL } };
static const struct key_choice log_levels[] = {
	{ "error", LOG_LEVEL_ERROR }, { "warn", LOG_LEVEL_WARN }, { "info", LOG_LEVEL_INFO },
	{ "debug", LOG_LEVEL_DEBUG }, { NULL }
};
static const struct key_choice log_addresses[] = {
	{ "full", LOG_ADDRESSES_FULL }, { "domain", LOG_ADDRESSES_DOMAIN }, { "none", LOG_ADDRESSES_NONE }, { NULL }
};

static const struct key_choice notices_modes[] = {
	{ "off", CONF_NOTICES_OFF }, { "dry-run", CONF_NOTICES_DRY_RUN }, { "on", CONF_NOTICES_ON }, { NULL }
};
static const struct key_choice notices_languages[] = { { "en", SETTINGS_EN }, { "de", SETTINGS_DE }, { NULL } };

const struct key keys[] = {
	{ "hostname", TEXT_AT(hostname), .example = "mx.example.org", .check = check_host, .about =
	    "Our own name: in the greeting, in EHLO, in Received fields and in notifications. Other hosts look it up, "
	    "so it should have an address, and that address should lead back to it. "
	    "Default: the system's fully qualified name." },
	{ "names", LIST_AT(names), .example = "[mail.example.org]", .check = check_host, .about =
	    "Further names that are this host. An MX record that names one of them is never connected to: it, and all "
	    "that are less preferred, are left out (RFC 5321 5.1)." },
	{ "certificate", LIST_AT(certificate), .example = "/etc/sealpost/mx.pem", .check = check_file, .about =
	    "A PEM file with our certificate, the intermediate certificates behind it, and its key, unless that is in "
	    "a file of its own (see key). A list may name two, one ECDSA and one RSA; the first is the default. "
	    "\"credential:NAME\" reads a systemd credential. Read again on reload. "
	    "Default: a self-signed one is made at the first start and kept in the spool directory." },
	{ "key", LIST_AT(key), .example = "/etc/sealpost/mx.key", .check = check_file, .about =
	    "The private keys of the certificates, in their order, when they are not in the certificates' files." },
	{ "help_url", TEXT_AT(help_url), .example = "https://example.org/tls", .check = check_url, .about =
	    "A page that tells people whose mail was refused for want of TLS what to do. It is part of the refusal: "
	    "RFC 3207 says that a public server must not demand TLS, and this one does." },
	{ "listen", LISTEN_AT(listen), .initial = "25, 465", .about =
	    "Where to take mail: ADDRESS:PORT, or a port alone for every address of this host, in a list. "
	    "In the long form of an item, {address: \"[2001:db8::1]:587\", tls: starttls}, tls is starttls or implicit "
	    "(TLS from the first octet; what port 465 has unless told otherwise); tickets: yes lets TLS sessions "
	    "be resumed (no on port 25 unless told otherwise); request_certificate: yes asks clients for a "
	    "certificate (done when clients has a fingerprint). Sockets handed over by systemd are used "
	    "where their address is listed here." },
	{ "clients", LIST_AT(clients), .example = "[192.0.2.10, \"2001:db8::/32\"]", .check = check_client, .about =
	    "Who may relay to any domain: addresses, networks, and client certificates by the SHA-256 fingerprint of "
	    "the whole certificate, \"cert:sha256:9f2c...\". Absent: nobody but local programs." },
	{ "accept", MAP_AT(accept), .example = "{example.org: \"lmtp:/run/dovecot/lmtp\"}", .check = check_pattern,
	    .check_value = check_hop, .about =
	    "Domains that anyone may write to, each with its next hop. A domain is example.org (that name only), "
	    ".example.org (every name below it) or * (every name: think twice). Next hops are smtp:HOST[:PORT] "
	    "(STARTTLS), smtps:HOST[:PORT] (TLS from the first octet), lmtp:/PATH (a Unix-domain socket) and "
	    "mx:DOMAIN (the MX hosts of that domain). Whatever the hop over the network, it is over TLS." },
	{ "routes", MAP_AT(routes), .example =
	    "{.internal.example.org: \"smtp:mail.internal.example.org\", example.com: \"mx:example.com\"}",
	    .check = check_pattern, .check_value = check_hop, .about =
	    "Next hops of domains that only clients may write to. Written as accept; the longest match counts." },
	{ "relayhost", TEXT_AT(relayhost), .example = "smtp:smarthost.example.net:587", .check = check_hop, .about =
	    "The next hop of everything that neither accept nor routes has. Default: the MX hosts of the domain." },
	{ "bare_lf", CHOICE_AT(bare_lf), .initial = "refuse", .choices = bare_lfs, .about =
	    "What becomes of a message with a line feed that has no carriage return in front: refused, "
	    "or normalised to both. A bare carriage return is always refused, and neither ever ends a message." },

	{ "authentication", KEY_SECTION, .about =
	    "Who vouches for mail that comes for domains of accept, from others than clients and local programs: SPF (RFC 7208), "
	    "DKIM signatures (RFC 6376) and DMARC (RFC 9989). What it comes to is written down, and no reason to refuse any." },
	{ "authentication.results", FLAG_AT(authentication_results), .initial = "yes", .about =
	    "Whether such mail gets an Authentication-Results field (RFC 8601) at its top. Fields of others that claim to be ours are left out of "
	    "it in any case." },
	{ "authentication.id", TEXT_AT(authentication_id), .example = "mx.example.org", .check = check_host, .about =
	    "The name that our fields begin with, for programs that read them: one for all relays of a site that they trust. "
	    "Default: hostname." },
	{ "authentication.wait", SECONDS_AT(authentication_wait_s), .initial = "20s", .least = 1, .most = MINUTE, .about =
	    "How long mail that has come may wait for answers of the DNS; what is not known then is temperror. RFC 7208 4.6.4 wants 20 s at "
	    "least for SPF." },

	{ "policy", KEY_SECTION, .about =
	    "What a next hop must prove before it is handed mail. Everything that is known of a domain counts; "
	    "what demands most prevails." },
	{ "policy.mode", CHOICE_AT(policy_mode), .initial = "enforce", .choices = modes, .about =
	    "enforce: mail waits for a next hop that proves what it must. observe: everything is decided, recorded and "
	    "logged as if it counted, and mail goes to anyone over TLS; \"sealpost policy observed\" says what "
	    "would have been held back. A way to begin, not to stay." },
	{ "policy.default", CHOICE_AT(policy_default), .initial = "verify", .choices = levels, .about =
	    "For domains about which nothing else is known. encrypt: TLS, with anyone. verify: a certificate that is "
	    "valid for the name of the MX host. secure: as verify, and the host's name itself must be trustworthy, "
	    "so that a forged MX record gains nothing. dane: the domain's zone is signed and has TLSA records of the "
	    "host's key (RFC 7672), or mail waits. Nothing is below encrypt." },
	{ "policy.domains", MAP_AT(policy_domains), .example = "{example.com: secure}",
	    .check = check_pattern, .choices = levels, .about =
	    "Levels for single domains: those of recipients, or of the host that accept, routes or relayhost name, "
	    "when that is where the mail goes." },
	{ "policy.on_failure", MAP_AT(policy_on_failure), .example = "{example.com: bounce}", .check = check_pattern,
	    .choices = on_failures, .about =
	    "What becomes of mail when a hop does not prove itself: it is queued and tried again until "
	    "queue.expire_policy (the default for every domain), or bounced after the first failed attempt; where a policy "
	    "by MTA-STS is in the way, after the next, before which it is seen whether the domain has a newer one." },

	{ "policy.mta_sts", FLAG_AT(policy_mta_sts), .initial = "yes", .about =
	    "Whether policies that domains publish by MTA-STS (RFC 8461) are looked for and count." },
	{ "policy.dane", FLAG_AT(policy_dane), .initial = "yes", .about =
	    "Whether TLSA records (RFC 7672) are looked for and count. It takes a resolver that is believed: see dns.dnssec." },
	{ "policy.ratchet", FLAG_AT(policy_ratchet), .initial = "yes", .about =
	    "Whether what a domain has proved often enough becomes the least it must prove, as if it had published so. "
	    "No failure loosens it: it ends policy.ratchet_period after the last success, or by \"sealpost policy forget\". "
	    "A domain that takes its TLSA records back, with DNSSEC's proof, is held to secure from then on." },
	{ "policy.ratchet_successes", COUNT_AT(policy_ratchet_successes), .initial = "10", .least = 1, .most = 1000000,
	    .about =
	    "Deliveries at a level before it is demanded; of those to one address within five minutes one counts." },
	{ "policy.ratchet_days", COUNT_AT(policy_ratchet_days), .initial = "7", .least = 1, .most = 365, .about =
	    "Different days (UTC) on which they have to be." },
	{ "policy.ratchet_period", SECONDS_AT(policy_ratchet_period_s), .initial = "60d", .least = HOUR, .most = 3650 * DAY,
	    .about = "How long it is demanded after the last of them." },
	{ "policy.refresh", SECONDS_AT(policy_refresh_s), .initial = "1d", .least = MINUTE, .most = 30 * DAY, .about =
	    "The age at which a policy that was fetched is fetched again, however long it has yet to live: so that one who "
	    "blocks the way has to do so for all its life (RFC 8461 10.2)." },
	{ "policy.fetches", COUNT_AT(policy_fetches), .initial = "200", .least = 1, .most = 10000, .about =
	    "Policies fetched at the same time." },
	{ "exceptions", EXCEPTIONS_AT(exceptions), .example =
	    "[{domain: old.example, require: encrypt, until: 2027-01-31, why: \"told 2026-12-01\"}]",
	    .check = check_exception, .choices = exceptional_levels, .about =
	    "Domains of which something else is demanded for a while, whatever they publish and whatever was learnt. All "
	    "four are needed: domain (example.org, or .example.org for every name below it); require, a level; until, the "
	    "last day it holds (2027-01-31: the end of that day, UTC) or a time (2027-01-31T12:00Z); why, for "
	    "those who come later. One that is over is a warning, and does not count. See also \"sealpost exception\"." },

	{ "trust", TEXT_AT(trust), .initial = "system", .check = check_trust, .about =
	    "The certificate authorities that next hops may have their certificates from: system, or a PEM file. "
	    "Whether a certificate was revoked is not asked: the answer could be kept from us, and who is asked learns of our mail." },

	{ "dns", KEY_SECTION, .about = "The resolvers that are asked." },
	{ "dns.servers", LIST_AT(dns_servers), .example = "[127.0.0.1, \"[::1]:5353\"]", .check = check_server, .about =
	    "Recursive resolvers, ADDRESS or ADDRESS:PORT, tried in this order. DNSSEC is believed only when all are on "
	    "this host. Default: those of /etc/resolv.conf." },
	{ "dns.timeout", MILLISECONDS_AT(dns_timeout_ms), .initial = "3s", .least = 50, .most = 60 * 1000, .about =
	    "How long one try of one server may take." },
	{ "dns.tries", COUNT_AT(dns_tries), .initial = "3", .least = 1, .most = 10, .about =
	    "Rounds over all servers before a look-up has failed for now." },
	{ "dns.private_destinations", FLAG_AT(dns_private_destinations), .initial = "no", .about =
	    "Whether MX hosts may have loopback, private and other special addresses. No public domain has them there "
	    "in earnest; next hops that accept, routes and relayhost name may have any address." },

	{ "dns.dnssec", CHOICE_AT(dns_dnssec), .initial = "auto", .choices = dnssecs, .about =
	    "Whether answers count as validated by DNSSEC when a resolver says so. auto: when all servers are on this host and "
	    "have just proved by dns.canaries that they validate. required: the same, and the relay does not start without. "
	    "off: never, and so without DANE." },
	{ "dns.canaries", KEY_SECTION, .about =
	    "Names that show whether the resolver validates; asked for at the start, and regularly since." },
	{ "dns.canaries.signed", TEXT_AT(dns_canaries_signed), .initial = ".", .check = check_canary, .about =
	    "One in a signed zone: its answer has to come as validated." },
	{ "dns.canaries.unsigned", TEXT_AT(dns_canaries_unsigned), .initial = "google.com", .check = check_canary, .about =
	    "One in a zone that is not signed: its answer must not." },
	{ "dns.canaries.broken", TEXT_AT(dns_canaries_broken), .initial = "dnssec-failed.org", .check = check_canary, .about =
	    "One whose signatures are wrong: there must be no answer." },

	{ "tls", KEY_SECTION, .about =
	    "What may be negotiated, in both directions. Always TLS 1.2 or 1.3 with forward secrecy and authenticated "
	    "encryption: these lists choose among what that leaves." },
	{ "tls.ciphers", TEXT_AT(tls_ciphers), .example = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384",
	    .check = check_ciphers, .about =
	    "Cipher suites of TLS 1.2 by their OpenSSL names, most wanted first, with colons between. Default: all." },
	{ "tls.ciphersuites", TEXT_AT(tls_ciphersuites), .example = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
	    .check = check_ciphersuites, .about = "Cipher suites of TLS 1.3. Default: all." },
	{ "tls.groups", TEXT_AT(tls_groups), .example = "X25519:P-256", .check = check_groups, .about =
	    "Groups for the key exchange. Default: X25519:P-256:P-384." },

	{ "limits", KEY_SECTION, .about =
	    "What clients may use. Figures \"in all\" are divided among the intake workers." },
	{ "limits.sessions", COUNT_AT(limits_sessions), .initial = "4000", .least = 1, .most = 1000000, .about =
	    "Sessions at the same time, in all. Whoever comes on top hears 421." },
	{ "limits.sessions_per_client", COUNT_AT(limits_sessions_per_client), .initial = "200", .least = 1,
	    .most = 1000000, .about = "Sessions at the same time of one client network, in all." },
	{ "limits.client_prefix4", COUNT_AT(limits_client_prefix4), .initial = "32", .least = 8, .most = 32, .about =
	    "Bits of an IPv4 address that make a client network." },
	{ "limits.client_prefix6", COUNT_AT(limits_client_prefix6), .initial = "64", .least = 16, .most = 128, .about =
	    "Bits of an IPv6 address that make a client network." },
	{ "limits.recipients", COUNT_AT(limits_recipients), .initial = "1000", .least = 100, .most = 5000, .about =
	    "Recipients of one message." },	/* what is said of more would not fit in one message between rooms (ipc/channel.h) */
	{ "limits.size", OCTETS_AT(limits_size), .initial = "50M", .least = 64 * KIB, .most = 2 * GIB, .about =
	    "Octets of one message." },
	{ "limits.messages", COUNT_AT(limits_messages), .initial = "1000", .least = 1, .most = 999999, .about =
	    "Messages begun in one session." },
	{ "limits.errors", COUNT_AT(limits_errors), .initial = "20", .least = 1, .most = 10000, .about =
	    "Commands refused in one session before it is ended." },
	{ "limits.received", COUNT_AT(limits_received), .initial = "100", .least = 100, .most = 1000, .about =
	    "Received fields that make a loop of a message's way." },
	{ "limits.handshake", SECONDS_AT(limits_handshake_s), .initial = "1m", .least = 1, .most = 10 * MINUTE, .about =
	    "How long a TLS handshake may take." },
	{ "limits.idle", SECONDS_AT(limits_idle_s), .initial = "5m", .least = 1, .most = HOUR, .about =
	    "How long a client may be silent. RFC 5321 4.5.3.2.7 asks for five minutes at least." },
	{ "limits.session", SECONDS_AT(limits_session_s), .initial = "2h", .least = 1, .most = 7 * DAY, .about =
	    "How long a session may last." },
	{ "limits.memory", OCTETS_AT(limits_memory), .initial = "256M", .least = 8 * MIB, .most = 1024 * GIB, .about =
	    "Messages and input kept in memory, in all. Beyond it new messages are put off with 452." },

	{ "queue", KEY_SECTION, .about = "How long, how often and how much at once." },
	{ "queue.retry_first", SECONDS_AT(queue_retry_first_s), .initial = "5m", .least = 1, .most = DAY, .about =
	    "The wait after a first failed attempt. It grows with every further one." },
	{ "queue.retry_most", SECONDS_AT(queue_retry_most_s), .initial = "4h", .least = 1, .most = 7 * DAY, .about =
	    "The longest wait between attempts." },
	{ "queue.delay_notice", SECONDS_AT(queue_delay_notice_s), .initial = "4h", .least = 1, .most = 30 * DAY,
	    .zero = "never", .about =
	    "The age at which the sender of an undelivered message is told so, once. Or never." },
	{ "queue.expire", SECONDS_AT(queue_expire_s), .initial = "5d", .least = MINUTE, .most = 60 * DAY, .about =
	    "The age at which a message that could not be delivered goes back to its sender." },
	{ "queue.expire_policy", SECONDS_AT(queue_expire_policy_s), .initial = "2d", .least = MINUTE, .most = 60 * DAY,
	    .about =
	    "The same, when the last attempt failed because the next hop did not prove itself." },
	{ "queue.connections_first", COUNT_AT(queue_connections_first), .initial = "4", .least = 1, .most = 10000, .about =
	    "Connections to one next hop to begin with. More follow while all goes well." },
	{ "queue.connections", COUNT_AT(queue_connections), .initial = "20", .least = 1, .most = 10000, .about =
	    "Connections to one next hop, at most." },
	{ "queue.jobs", COUNT_AT(queue_jobs), .initial = "1000", .least = 1, .most = 100000, .about =
	    "Deliveries under way at the same time, in all." },
	{ "queue.messages", COUNT_AT(queue_messages), .initial = "1000000", .least = 1, .most = 100000000, .about =
	    "Messages waiting, at most: beyond it new mail is put off with 452." },

	{ "relay", KEY_SECTION, .about = "Connections to next hops." },
	{ "relay.source", LIST_AT(relay_source), .example = "[192.0.2.5, \"2001:db8::5\"]", .check = check_address, .about =
	    "Addresses to connect from: one of IPv4, one of IPv6, or both. Default: the system's choice." },
	{ "relay.port", COUNT_AT(relay_port), .initial = "25", .least = 1, .most = 65535, .about =
	    "The port of MX hosts. Other than 25 in test networks only." },
	{ "relay.recipients", COUNT_AT(relay_recipients), .initial = "100", .least = 1, .most = 1000, .about =
	    "Recipients of one transaction." },
	{ "relay.idle", SECONDS_AT(relay_idle_s), .initial = "10s", .least = 0, .most = 5 * MINUTE, .about =
	    "How long a connection with nothing to do is kept for the next message." },
	{ "relay.connection_messages", COUNT_AT(relay_connection_messages), .initial = "1000", .least = 1, .most = 100000,
	    .about = "Messages over one connection, unless the host says that it takes fewer (LIMITS MAILMAX, RFC 9422)." },
	{ "relay.connection_age", SECONDS_AT(relay_connection_age_s), .initial = "10m", .least = 1, .most = DAY, .about =
	    "How long a connection may be used for further messages." },

	{ "timeouts", KEY_SECTION, .about =
	    "How long to wait for a next hop. The defaults are those of RFC 5321 4.5.3.2 where it has one." },
	{ "timeouts.connect", SECONDS_AT(timeouts_connect_s), .initial = "30s", .least = 1, .most = HOUR, .about =
	    "For the connection." },
	{ "timeouts.greeting", SECONDS_AT(timeouts_greeting_s), .initial = "5m", .least = 1, .most = HOUR, .about =
	    "For the greeting." },
	{ "timeouts.handshake", SECONDS_AT(timeouts_handshake_s), .initial = "1m", .least = 1, .most = HOUR, .about =
	    "For the TLS handshake." },
	{ "timeouts.ehlo", SECONDS_AT(timeouts_ehlo_s), .initial = "5m", .least = 1, .most = HOUR, .about =
	    "For the replies to EHLO and STARTTLS." },
	{ "timeouts.mail", SECONDS_AT(timeouts_mail_s), .initial = "5m", .least = 1, .most = HOUR, .about =
	    "For the reply to MAIL." },
	{ "timeouts.rcpt", SECONDS_AT(timeouts_rcpt_s), .initial = "5m", .least = 1, .most = HOUR, .about =
	    "For the reply to RCPT." },
	{ "timeouts.data", SECONDS_AT(timeouts_data_s), .initial = "2m", .least = 1, .most = HOUR, .about =
	    "For the reply to DATA." },
	{ "timeouts.block", SECONDS_AT(timeouts_block_s), .initial = "3m", .least = 1, .most = HOUR, .about =
	    "For a piece of content to leave." },
	{ "timeouts.dot", SECONDS_AT(timeouts_dot_s), .initial = "10m", .least = 1, .most = HOUR, .about =
	    "For the reply to the end of a message." },
	{ "timeouts.quit", SECONDS_AT(timeouts_quit_s), .initial = "10s", .least = 1, .most = HOUR, .about =
	    "For the reply to QUIT." },

	{ "report", KEY_SECTION, .about = "Notifications to the senders of mail." },
	{ "report.postmaster", TEXT_AT(report_postmaster), .example = "postmaster@example.org", .check = check_mailbox,
	    .about =
	    "The author of notifications, whom people write to when they do not understand one. "
	    "Default: postmaster at hostname." },
	{ "report.returned", OCTETS_AT(report_returned), .initial = "50K", .least = 0, .most = 64 * MIB, .about =
	    "The largest message that a notification returns whole; of larger ones it has the header only." },
	{ "report.strangers", COUNT_AT(report_strangers), .initial = "20", .least = 1, .most = 1000000, .zero = "all", .about =
	    "So many notifications of failures, and as many others, to one address within an hour, of mail that came from others than clients "
	    "and that no SPF record vouches for: whoever sends in somebody else's name must not have this relay flood them. Of more nobody is told, and the log says so. Or all." },
	{ "report.forged", FLAG_AT(report_forged), .initial = "yes", .about =
	    "Senders are told of mail that their domain says they did not send (SPF fail), too: a forwarder may have passed it on. No: they "
	    "are not, as it is forged as a rule. Needs authentication.results." },

	{ "ledger", KEY_SECTION, .about =
	    "What TLS came to, with whom, in both directions, counted by the day: what \"sealpost peers\" and \"sealpost stats\" tell. "
	    "Names of hosts and domains, and addresses of hosts; no mailboxes, and nothing of any message. It is not sealed." },
	{ "ledger.keep", SECONDS_AT(ledger_keep_s), .initial = "400d", .least = DAY, .most = 3650 * DAY, .zero = "off", .about =
	    "How long the counts of a day are kept. Or off: nothing is counted." },
	{ "ledger.flush", SECONDS_AT(ledger_flush_s), .initial = "10s", .least = 1, .most = HOUR, .about =
	    "How often the processes that see TLS tell what they have counted. Of one that is killed so much is missing." },
	{ "ledger.socket", TEXT_AT(ledger_socket), .initial = "off", .check = check_socket, .zero = "off", .about =
	    "A socket for \"sealpost received --ledger\", by which another mail server of this host tells how mail came to it; or off. Members of the "
	    "group sealpost-facts may add to the ledger by it, and nothing else." },

	{ "metrics", KEY_SECTION, .about =
	    "Numbers for a monitoring system, as OpenMetrics text at /metrics over HTTP: see sealpost-metrics(7). Everybody who "
	    "reaches the socket may read them; they name no peer and no person." },
	{ "metrics.listen", LIST_AT(metrics_listen), .example = "[127.0.0.1:9925]", .check = check_metrics, .about =
	    "Where they can be had: a loopback address with its port, or unix: and the path of a socket. For others than this host let a "
	    "server with TLS and a password stand in front. Default: nowhere; \"sealpost metrics\" prints them all the same." },
	{ "metrics.mode", MODE_AT(metrics_mode), .initial = "0660", .least = 0600, .most = 0777, .about =
	    "Permissions of such a path: by default the group sealpost may ask." },

	{ "tlsrpt", KEY_SECTION, .about =
	    "Reports on TLS (RFC 8460): domains that publish where they want to hear are told, a day at a time, how TLS to their hosts went. "
	    "They are made of the ledger: without one there are none." },
	{ "tlsrpt.send", FLAG_AT(tlsrpt_send), .initial = "yes", .about =
	    "Whether reports are sent. By HTTPS without further ado; by mail when there is a dkim section, as those that are not signed "
	    "have to be ignored." },
	{ "tlsrpt.contact", TEXT_AT(tlsrpt_contact), .example = "tls-reports@example.org", .check = check_contact, .about =
	    "Whom the reports are from, and who is to be asked about them. Where there is a dkim section, at its domain. "
	    "Default: postmaster at dkim.domain, else report.postmaster." },
	{ "tlsrpt.organization", TEXT_AT(tlsrpt_organization), .example = "Example University", .about =
	    "Who reports, for people. Default: hostname." },
	{ "tlsrpt.delay", SECONDS_AT(tlsrpt_delay_s), .initial = "4h", .least = 1, .most = 12 * HOUR, .about =
	    "Reports of a day are spread over so long after its end (midnight, UTC), at random, and none is sent before the day's last connections "
	    "have ended and were told of (relay.connection_age, ledger.flush)." },
	{ "tlsrpt.expire", SECONDS_AT(tlsrpt_expire_s), .initial = "1d", .least = MINUTE, .most = DAY, .about =
	    "How long it is tried to send one, less and less often." },
	{ "tlsrpt.most", COUNT_AT(tlsrpt_most), .initial = "1000", .least = 1, .most = 1000000, .about =
	    "With so many reports one domain of mail addresses, or one HTTPS host, is tried within a day, whether it takes them or not, so that "
	    "nobody is flooded by whoever names them in many records." },
	{ "tlsrpt.verify", FLAG_AT(tlsrpt_verify), .initial = "no", .about =
	    "Whether a report stays unsent when the certificate of the HTTPS host is not valid. It is verified first in any case, "
	    "and over TLS always; but a report may well be about that very certificate." },

	{ "notices", KEY_SECTION, .about =
	    "Notices to peers: the people who run a host whose TLS is at fault for days are told what is wrong, how to see it, and what to "
	    "change. Only when a fresh look confirms it, only over TLS, once, with one reminder, to an address that was proved to be the peer's. "
	    "Without a notices section they are composed, recorded and shown (\"sealpost notice list\"), not sent. They are made of the ledger." },
	{ "notices.from", TEXT_AT(notices_from), .example = "postmaster@example.org", .check = check_plain, .about =
	    "Whom they are from: somebody reads what comes to this address. Where there is a dkim section, at its domain." },
	{ "notices.mode", CHOICE_AT(notices_mode), .initial = "dry-run", .choices = notices_modes, .about =
	    "on: they are sent; it takes from. dry-run: everything but that. off: nothing is looked for. "
	    "With from and no mode, they are on." },
	{ "notices.language", CHOICE_AT(notices_language), .initial = "en", .choices = notices_languages, .about =
	    "Of the template that comes with the relay." },
	{ "notices.template", TEXT_AT(notices_template), .example = "/etc/sealpost/notice.txt", .check = check_file, .about =
	    "The file of one's own text: plain, in sections; begin with a copy of one that comes with the relay. Read again on reload. "
	    "Default: " SEALPOST_NOTICEDIR "/LANGUAGE.txt." },
	{ "notices.after", SECONDS_AT(notices_after_s), .initial = "48h", .least = 1, .most = 365 * DAY, .about =
	    "How long a fault has to last before anybody is told." },
	{ "notices.sessions", COUNT_AT(notices_sessions), .initial = "3", .least = 1, .most = 1000000, .about =
	    "In how many sessions it has to be seen, at least." },
	{ "notices.remind", SECONDS_AT(notices_remind_s), .initial = "14d", .least = 1, .most = 3650 * DAY, .zero = "never", .about =
	    "So long after the notice comes the one reminder, when the fault is still there. Or never." },
	{ "notices.silence", SECONDS_AT(notices_silence_s), .initial = "180d", .least = 1, .most = 3650 * DAY, .about =
	    "So long after the last of them nothing more is said, whatever is seen." },
	{ "notices.most", COUNT_AT(notices_most), .initial = "20", .least = 1, .most = 100000, .about =
	    "Notices within a day, at most." },
	{ "notices.bounces", COUNT_AT(notices_bounces), .initial = "30", .least = 1, .most = 100, .about =
	    "Percent: while more than so many of those of the last 30 days were refused, none are sent." },
	{ "notices.lookups", COUNT_AT(notices_lookups), .initial = "500", .least = 1, .most = 1000000, .about =
	    "Peers within a day whose contacts are looked up in the DNS, at most." },
	{ "notices.abuse_zone", TEXT_AT(notices_abuse_zone), .example = "abuse-contacts.example", .check = check_host, .about =
	    "A DNS zone with the abuse contacts of addresses, as TXT records at the reversed address: asked last. Default: none is." },
	{ "notices.stop", TEXT_AT(notices_stop), .example = "tls-notices@mx.example.org", .check = check_stop, .about =
	    "The address that stops notices. Each notice names it with \"+\" and a word of its own before the \"@\"; mail to that is taken by "
	    "intake from anybody, an answering machine too, verified, honoured for ever, and not kept. Mail for its domain has to come to this "
	    "relay. "
	    "Default: tls-notices at hostname." },
	{ "notices.senders", FLAG_AT(notices_senders), .initial = "no", .about =
	    "Whether the person whose mail was refused for want of TLS may be told, when nobody else can be. The address is kept in memory "
	    "alone, and only where SPF passes for it." },

	{ "dkim", KEY_SECTION, .about =
	    "Keys that sign reports by mail (RFC 6376); \"sealpost dkim keygen\" makes one and says what to publish. With two, "
	    "say one of RSA and one of Ed25519, there are two signatures." },
	{ "dkim.domain", TEXT_AT(dkim_domain), .example = "example.org", .check = check_host, .about = "The domain that signs." },
	{ "dkim.selectors", LIST_AT(dkim_selectors), .example = "[mail2026]", .check = check_selector, .about =
	    "Under which name each key is published: SELECTOR._domainkey.DOMAIN." },
	{ "dkim.keys", LIST_AT(dkim_keys), .example = "[/etc/sealpost/mail2026.pem]", .check = check_file, .about =
	    "Files with their private keys (PEM), in the order of the selectors. \"credential:NAME\" reads a systemd credential. "
	    "Read again on reload." },

	{ "spool", KEY_SECTION, .about = "Where mail lies, sealed." },
	{ "spool.directory", TEXT_AT(spool_directory), .initial = SEALPOST_SPOOLDIR, .check = check_path, .about =
	    "The folder of the spool. A local disk that keeps what it was told to (no network file system). "
	    "It cannot be changed by a reload." },
	{ "spool.key", TEXT_AT(spool_key), .example = "/etc/sealpost/spool.pem", .check = check_file, .about =
	    "The private key that the spool is sealed to, a PEM file; made at the first start if it is not there, "
	    "with its public part beside it in a file of the same name and \".pub\". Encrypted with a passphrase "
	    "(openssl pkey -aes256), the relay starts locked: it takes mail, and delivers it after "
	    "\"sealpost unlock\". \"credential:NAME\" reads a systemd credential. It cannot be changed by a reload. "
	    "Default: keys/spool.pem in the spool directory." },
	{ "spool.segment", OCTETS_AT(spool_segment), .initial = "16M", .least = MIB, .most = 2 * GIB, .about =
	    "A file of the spool that has grown beyond this is closed and another begun." },
	{ "spool.segment_age", SECONDS_AT(spool_segment_age_s), .initial = "15m", .least = 1, .most = DAY, .about =
	    "So is one whose first message is older than this." },
	{ "spool.staged", OCTETS_AT(spool_staged), .initial = "256K", .least = 0, .most = 64 * MIB, .about =
	    "Messages up to this size are kept in memory until they are complete; larger ones are written as they "
	    "come, to a file of their own." },

	{ "log", KEY_SECTION, .about = "One line per event, key=value." },
	{ "log.to", CHOICE_AT(log_target), .initial = "stderr", .choices = targets, .about =
	    "Where to: standard error (the journal, under systemd), or syslog with facility mail." },
	{ "log.level", CHOICE_AT(log_level), .initial = "info", .choices = log_levels, .about =
	    "error, warn (what should be looked at), info (what one would count) or debug." },
	{ "log.addresses", CHOICE_AT(log_addresses), .initial = "full", .choices = log_addresses, .about =
	    "How much of mail addresses lines have: full, domain or none." },

	{ "workers", KEY_SECTION, .about = "Processes of one kind. A number, or cores for one per processor." },
	{ "workers.intake", COUNT_AT(workers_intake), .initial = "cores", .least = 1, .most = 64, .zero = "cores",
	    .about = "Processes that take mail." },
	{ "workers.relay", COUNT_AT(workers_relay), .initial = "cores", .least = 1, .most = 64, .zero = "cores", .about =
	    "Processes that deliver mail." },

	{ "grace", SECONDS_AT(grace_s), .initial = "30s", .least = 0, .most = HOUR, .about =
	    "How long sessions, and then deliveries, under way may go on when the relay is stopped. The service manager has "
	    "to have more patience than twice this (TimeoutStopSec)." },
	{ "control", TEXT_AT(control), .initial = SEALPOST_RUNDIR "/control", .check = check_socket, .about =
	    "The socket that sealpost(8) talks to. Members of the group sealpost, if there is one, may ask; "
	    "only the superuser, and the user that the relay runs as, may change anything." },
	{ "submission", KEY_SECTION, .about =
	    "Mail from programs on this host, over a Unix-domain socket: what sealpost-sendmail(8) uses." },
	{ "submission.socket", TEXT_AT(submission_socket), .initial = SEALPOST_RUNDIR "/submission",
	    .check = check_socket, .zero = "off", .about = "Its path, or off." },
	{ "submission.mode", MODE_AT(submission_mode), .initial = "0666", .least = 0600, .most = 0777, .about =
	    "Its permissions: who may send. Put \"0660\" here to limit it to the group sealpost." },
	{ NULL }
};

const struct key *
key_find(struct span name)
{
	for (const struct key *key = keys; key->name != NULL; key++)
		if (span_equal(span_of(key->name), name))
			return key;
	return NULL;
}

size_t
key_index(const struct key *key)
{
	return (size_t)(key - keys);
}

const char *
key_word(const struct key *key, uint64_t value)
{
	for (const struct key_choice *choice = key->choices; choice->word != NULL; choice++)
		if (choice->value == value)
			return choice->word;
	return "";
}

/* Octets of a name in front of its last dot: "dns.canaries" of "dns.canaries.signed". */
static size_t
section_length(struct span name)
{
	size_t length = name.length;

	while (length > 0 && name.data[length - 1] != '.')
		length--;
	return length == 0 ? 0 : length - 1;
}

struct span
key_leaf(const struct key *key)
{
	struct span name = span_of(key->name);
	size_t section = section_length(name);

	return section == 0 ? name : span_skip(name, section + 1);
}

bool
key_is_in(const struct key *key, const struct key *section)
{
	struct span name = span_of(key->name);

	return span_equal(span_first(name, section_length(name)), section == NULL ? SPAN("") : span_of(section->name));
}
