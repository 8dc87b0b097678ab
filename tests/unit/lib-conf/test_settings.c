/* Tests of src/lib-conf/settings.c, listens.c and agree.c: whole files, and what is said of bad ones. */
#include "conf/settings.h"

#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "complaints.h"
#include "conf/intake.h"
#include "conf/relay.h"
#include "conf/report.h"

#define LABEL_61 "123456789012345678901234567890123456789012345678901234567890a"
#define NAME_250 LABEL_61 "." LABEL_61 "." LABEL_61 "." LABEL_61 ".ab"

/* Every way in which a file can be wrong, and what is said. */
static const struct {
	const char *octets;
	const char *expected;
} wrong[] = {
	/* keys */
	{ "hostnaem: mx.example.org\n", "f:1: unknown key \"hostnaem\"; did you mean hostname?" },
	{ "limits:\n  sise: 5M\n", "f:2: unknown key \"sise\" in limits; did you mean limits.size?" },
	{ "size: 5M\n", "f:1: unknown key \"size\"; did you mean limits.size?" },
	{ "policy:\n  idle: 5m\n", "f:2: unknown key \"idle\" in policy; did you mean limits.idle?" },
	{ "xyzzy: 1\n", "f:1: unknown key \"xyzzy\"" },
	{ "limits.size: 5M\n", "f:1: unknown key \"limits.size\"" },
	{ "grace: 1s\ngrace: 2s\n", "f:2: grace is here twice, first on line 1" },
	{ "- a\n", "f:1: keys are expected here: a name, a colon and a value each" },
	{ "just text\n", "f:1: keys are expected here: a name, a colon and a value each" },
	{ "limits: 5M\n", "f:1: limits: is a section: keys are expected below it" },
	{ "limits: [size]\n", "f:1: limits: is a section: keys are expected below it" },
	/* shapes */
	{ "hostname:\n", "f:1: hostname: has no value: leave the key out instead" },
	{ "hostname: ''\n", "f:1: hostname: has no value: leave the key out instead" },
	{ "hostname: [a.example, b.example]\n", "f:1: hostname: one value is expected here" },
	{ "clients: {a: b}\n", "f:1: clients: one value is expected here" },
	{ "clients: [[192.0.2.1]]\n", "f:1: clients: one value is expected here" },
	{ "accept: [example.org]\n", "f:1: accept: a map is expected here: a name, a colon and a value each" },
	{ "accept: example.org\n", "f:1: accept: a map is expected here: a name, a colon and a value each" },
	{ "accept:\n  example.org:\n", "f:2: accept: has no value: leave the key out instead" },
	/* values */
	{ "hostname: localhost\n", "f:1: hostname: \"localhost\": not a fully qualified host name" },
	{ "limits: {size: 50}\n", "f:1: limits.size: \"50\": not a size: a number and K, M or G" },
	{ "limits: {size: 1K}\n", "f:1: limits.size: \"1K\": not between 64K and 2G" },
	{ "limits: {recipients: 99}\n", "f:1: limits.recipients: \"99\": not between 100 and 5000" },
	{ "grace: 30\n", "f:1: grace: \"30\": not a duration: a number and s, m, h or d" },
	{ "dns: {private_destinations: maybe}\n", "f:1: dns.private_destinations: \"maybe\": neither yes nor no" },
	{ "submission: {mode: rw}\n", "f:1: submission.mode: \"rw\": not permissions: three or four octal digits" },
	{ "submission: {mode: \"0066\"}\n", "f:1: submission.mode: \"0066\": not between 0600 and 0777" },
	{ "policy: {default: verfy}\n",
	    "f:1: policy.default: \"verfy\": not one of encrypt, verify, secure, dane; did you mean verify?" },
	{ "policy: {default: none}\n", "f:1: policy.default: \"none\": not one of encrypt, verify, secure, dane; did you mean dane?" },
	{ "policy:\n  domains:\n    a.example: verify\n    b.example: may\n",
	    "f:4: policy.domains: \"may\": not one of encrypt, verify, secure, dane" },
	{ "policy:\n  on_failure: {a.example: drop}\n", "f:2: policy.on_failure: \"drop\": not one of queue, bounce" },
	{ "accept:\n  example.org: mail.example.org\n",
	    "f:2: accept: \"mail.example.org\": a next hop begins with mx:, smtp:, smtps: or lmtp:" },
	{ "accept:\n  '*.example.org': lmtp:/x\n",
	    "f:2: accept: \"*.example.org\": a domain is example.org, .example.org (every name below it) or *" },
	{ "accept:\n  a.example: lmtp:/x\n  b.example: lmtp:/x\n  A.Example: lmtp:/y\n",
	    "f:4: accept: \"a.example\" is here twice, first on line 2" },
	{ "clients: [192.0.2.1, nonsense, cert:md5:00]\n",
	    "f:1: clients: \"nonsense\": neither an address, nor a network whose host bits are zero, nor cert:sha256:...\n"
	    "f:1: clients: \"cert:md5:00\": only SHA-256 fingerprints are known: cert:sha256: and 64 hexadecimal digits" },
	{ "workers: {intake: 0}\n", "f:1: workers.intake: \"0\": not between 1 and 64" },
	{ "control: off\n", "f:1: control: \"off\": not a full path (it begins with a slash)" },
	{ "log: {to: file}\n", "f:1: log.to: \"file\": not one of stderr, syslog" },
	/* listen */
	{ "listen: 0.0.0.0\n", "f:1: listen: \"0.0.0.0\": lacks a port: 192.0.2.1:25, [2001:db8::1]:25" },
	{ "listen: [0]\n", "f:1: listen: \"0\": not an IP address, or one and a port: 192.0.2.1:25, [2001:db8::1]:25" },
	{ "listen: [[::]:25]\n", "f:1: a key has to be a word (an IPv6 address stands between quotes: \"[::1]:25\")" },
	{ "listen:\n  - [::1]\n", "f:2: not YAML: while parsing a flow node: did not find expected node content"
	    " (an IPv6 address stands between quotes: \"[::1]:25\")" },
	{ "listen:\n  - [25]\n",
	    "f:2: listen: \"[\": an address is expected here; an IPv6 address stands between quotes: \"[::1]:25\"" },
	{ "listen:\n  - 25\n  - 0.0.0.0:25\n", "f:3: listen: 0.0.0.0:25 is here twice" },
	{ "listen:\n  - {tls: implicit}\n", "f:2: listen: \"address\": is missing" },
	{ "listen:\n  - {address: 25, tsl: implicit}\n", "f:2: unknown key \"tsl\" in an item of listen; did you mean tls?" },
	{ "listen:\n  - {address: 25, tls: none}\n", "f:2: listen: \"none\": not one of starttls, implicit" },
	{ "listen:\n  - {address: 25, tickets: 5}\n", "f:2: listen: \"5\": neither yes nor no" },
	{ "listen:\n  - {address: [25]}\n", "f:2: listen: \"\": one value is expected here" },
	/* exceptions: every one dated and with a reason */
	{ "exceptions: old.example\n", "f:1: exceptions: a map with domain, require, until and why is expected here" },
	{ "exceptions:\n  - {domain: a.example, require: encrypt}\n",
	    "f:2: exceptions: \"until\": is missing\nf:2: exceptions: \"why\": is missing" },
	{ "exceptions:\n  - {domain: a.example, require: encrypt, untill: 2027-01-31, why: x}\n",
	    "f:2: unknown key \"untill\" in an item of exceptions; did you mean until?\nf:2: exceptions: \"until\": is missing" },
	{ "exceptions:\n- domain: a.example\n  require: none\n  until: 31.1.2027\n  why: ' '\n",
	    "f:3: exceptions: \"none\": not one of encrypt, verify, secure\n"
	    "f:4: exceptions: \"31.1.2027\": neither a date (2027-01-31: to the end of that day, UTC) nor a time (2027-01-31T12:00Z)\n"
	    "f:5: exceptions: \"why\": is empty: say why, for those who come later" },
	{ "exceptions: {domain: '*', require: encrypt, until: 2027-01-31, why: x}\n",
	    "f:1: exceptions: \"*\": an exception is for a domain: what all must prove is policy.default" },
	{ "exceptions: {domain: a..example, require: dane, until: 2027-02-30, why: [x]}\n",
	    "f:1: exceptions: \"a..example\": a domain is example.org, .example.org (every name below it) or *\n"
	    "f:1: exceptions: \"dane\": not one of encrypt, verify, secure\n"
	    "f:1: exceptions: \"2027-02-30\": neither a date (2027-01-31: to the end of that day, UTC) nor a time (2027-01-31T12:00Z)\n"
	    "f:1: exceptions: \"why\": one value is expected here" },
	{ "exceptions: {domain: a.example, domain: b.example, require: encrypt, until: 2027-01-31, why: \"x\\ny\"}\n",
	    "f:1: exceptions: \"domain\": is here twice\n"
	    "f:1: exceptions: \"why\": has a control character, or more than one line" },
	{ "exceptions:\n  - {domain: a.example, require: encrypt, until: 2027-01-31, why: x}\n"
	    "  - {domain: .a.example, require: encrypt, until: 2027-01-31, why: x}\n"
	    "  - {domain: A.Example, require: verify, until: 2027-02-31T00:00Z, why: x}\n"
	    "  - {domain: A.Example, require: verify, until: 2027-01-31T00:00Z, why: x}\n",
	    "f:4: exceptions: \"2027-02-31T00:00Z\": neither a date (2027-01-31: to the end of that day, UTC) nor a time (2027-01-31T12:00Z)\n"
	    "f:5: exceptions: there is one for \"a.example\" already, on line 2" },
	/* sections in sections */
	{ "dns:\n  canaries: {singed: org}\n", "f:2: unknown key \"singed\" in dns.canaries; did you mean dns.canaries.signed?" },
	{ "dns:\n  canaries: {broken: 'a b'}\n", "f:2: dns.canaries.broken: \"a b\": not a domain name" },
	{ "dns:\n  canaries: org\n", "f:2: dns.canaries: is a section: keys are expected below it" },
	{ "dns:\n  dnssec: requird\n", "f:2: dns.dnssec: \"requird\": not one of auto, required, off; did you mean required?" },
	{ "policy: {mode: monitor}\n", "f:1: policy.mode: \"monitor\": not one of enforce, observe" },
	/* keys against keys */
	{ "policy: {dane: no, default: dane}\n", "f:1: policy.default: dane, and policy.dane is off" },
	{ "policy:\n  domains: {a.example: dane}\ndns: {dnssec: off}\n",
	    "f:2: policy.domains: a.example: dane, and dns.dnssec is off" },
	{ "key: /k.pem\n", "f:1: key: there is no certificate for it" },
	{ "certificate: [/a.pem, /b.pem]\nkey: /k.pem\n", "f:2: key: 1 for 2 certificates" },
	{ "queue:\n  retry_first: 5h\n", "f:2: queue.retry_first (5h) is more than queue.retry_most (4h, the default)" },
	{ "queue:\n  expire: 1d\n  expire_policy: 2d\n",
	    "f:3: queue.expire_policy (2d) is more than queue.expire (1d)" },
	{ "relay:\n  source: [192.0.2.1, 192.0.2.2]\n", "f:2: relay.source: more than one address of IPv4" },
	{ "routes:\n  boxes.example: smtp:in.example\npolicy:\n  domains: {boxes.example: secure, in.example: encrypt, b.example: secure}\n",
	    "f:4: policy.domains: boxes.example: its mail goes to smtp:in.example: write the level for that host" },
	{ "relayhost: smtp:[192.0.2.1]:26\npolicy:\n  domains: {'*': encrypt, .example: secure, 192.0.2.1: encrypt}\n",
	    "f:3: policy.domains: .example: its mail goes to smtp:[192.0.2.1]:26: write the level for that host" },
	{ "metrics: {listen: 0.0.0.0:9925}\n",
	    "f:1: metrics.listen: \"0.0.0.0:9925\": not a loopback address: these numbers are told on this host only "
	    "(127.0.0.1:9925, [::1]:9925, unix:/PATH)" },
	{ "metrics: {listen: 127.0.0.1}\n", "f:1: metrics.listen: \"127.0.0.1\": a port is missing: 127.0.0.1:9925" },
	{ "metrics: {listen: [127.0.0.1:9925, 127.0.0.1:9925]}\n",
	    "f:1: metrics.listen: 127.0.0.1:9925 is here twice, or something else listens there" },
	{ "listen: 127.0.0.1:25\nmetrics: {listen: 127.0.0.1:25}\n",
	    "f:2: metrics.listen: 127.0.0.1:25 is here twice, or something else listens there" },
	{ "control: /run/x\nmetrics: {listen: unix:/run/x}\n",
	    "f:2: metrics.listen: unix:/run/x is here twice, or something else listens there" },
	{ "control: /run/x\nsubmission: {socket: /run/x}\n", "f:2: submission.socket: is the control socket" },
	/* notifications of mail that strangers bring */
	{ "report: {strangers: 0}\n", "f:1: report.strangers: \"0\": not between 1 and 1000000" },
	{ "authentication: {results: no}\nreport:\n  forged: no\n", "f:3: report.forged: no, and authentication.results is off" },
	/* reports on TLS, and who signs them */
	{ "tlsrpt: yes\n", "f:1: tlsrpt: is a section: keys are expected below it" },
	{ "tlsrpt: {send: perhaps}\n", "f:1: tlsrpt.send: \"perhaps\": neither yes nor no" },
	{ "tlsrpt: {contact: nobody}\n", "f:1: tlsrpt.contact: \"nobody\": not a plain mail address (RFC 8460 4.4)" },
	{ "tlsrpt: {contact: a..b@example.org}\n", "f:1: tlsrpt.contact: \"a..b@example.org\": not a plain mail address (RFC 8460 4.4)" },
	{ "tlsrpt: {delay: 13h}\n", "f:1: tlsrpt.delay: \"13h\": not between 1s and 12h" },
	{ "tlsrpt: {expire: 2d}\n", "f:1: tlsrpt.expire: \"2d\": not between 1m and 1d" },
	{ "tlsrpt: {most: 0}\n", "f:1: tlsrpt.most: \"0\": not between 1 and 1000000" },
	{ "dkim:\n  domain: example.org\n", "f:2: dkim: a domain, and a key for each selector are needed: there are 0 selectors, and 0 keys" },
	{ "dkim:\n  selectors: a\n  keys: /k.pem\n",
	    "f:2: dkim: a domain, and a key for each selector are needed: there are 1 selectors, and 1 keys" },
	{ "dkim:\n  domain: example.org\n  selectors: [a, b]\n  keys: /k.pem\n",
	    "f:3: dkim: a domain, and a key for each selector are needed: there are 2 selectors, and 1 keys" },
	{ "dkim:\n  domain: example.org\n  keys: [/k.pem, /l.pem]\n",
	    "f:3: dkim: a domain, and a key for each selector are needed: there are 0 selectors, and 2 keys" },
	{ "dkim:\n  domain: example.org\n  selectors: [a, b, c, d, e]\n  keys: [/a, /b, /c, /d, /e]\n", "f:3: dkim.selectors: 4 are the most" },
	{ "dkim:\n  domain: example.org\n  selectors: [a, b, A]\n  keys: [/a, /b, /c]\n", "f:3: dkim.selectors: \"A\" is here twice" },
	{ "dkim:\n  domain: localhost\n  selectors: a\n  keys: k.pem\n",
	    "f:2: dkim.domain: \"localhost\": not a fully qualified host name\n"
	    "f:3: dkim: a domain, and a key for each selector are needed: there are 1 selectors, and 0 keys\n"
	    "f:4: dkim.keys: \"k.pem\": not a full path (it begins with a slash)" },
	{ "dkim: {domain: example.org, selectors: a_b, keys: /a}\n",
	    "f:1: dkim.selectors: \"a_b\": not a selector: letters, digits, inner hyphens, in parts with a dot between (RFC 6376 3.1)\n"
	    "f:1: dkim: a domain, and a key for each selector are needed: there are 0 selectors, and 1 keys" },
	{ "dkim: {domain: " NAME_250 ", selectors: mail, keys: /a}\n",
	    "f:1: dkim.selectors: mail: the name of the record (SELECTOR._domainkey.DOMAIN) is longer than names can be" },
	{ "dkim: {domain: example.org, selectors: a, keys: /a}\ntlsrpt: {contact: a@mail.example.org}\n",
	    "f:2: tlsrpt.contact: has to be at dkim.domain (example.org), which signs" },
	/* notices to peers */
	{ "notices: {from: nobody}\n", "f:1: notices.from: \"nobody\": not a plain mail address" },
	{ "notices: {from: \"a@x.example, b@y.example\"}\n",	/* NX6 */
	    "f:1: notices.from: \"a@x.example, b@y.example\": not a plain mail address" },
	{ "notices: {mode: dry}\n", "f:1: notices.mode: \"dry\": not one of off, dry-run, on" },
	{ "notices: {language: fr}\n", "f:1: notices.language: \"fr\": not one of en, de" },
	{ "notices: {template: notice.txt}\n", "f:1: notices.template: \"notice.txt\": not a full path (it begins with a slash)" },
	{ "notices: {after: 0}\n", "f:1: notices.after: \"0\": not between 1s and 365d" },
	{ "notices: {bounces: 101}\n", "f:1: notices.bounces: \"101\": not between 1 and 100" },
	{ "notices: {bounces: 0}\n", "f:1: notices.bounces: \"0\": not between 1 and 100" },
	{ "notices: {abuse_zone: contacts}\n", "f:1: notices.abuse_zone: \"contacts\": not a fully qualified host name" },
	{ "notices: {stop: stop+it@example.org}\n", "f:1: notices.stop: \"stop+it@example.org\": not a plain mail address without \"+\"" },
	{ "notices:\n  most: 5\n  mode: on\n", "f:3: notices.mode: on, and there is no notices.from" },
	{ "notices:\n  from: a@example.org\nledger: {keep: off}\n",
	    "f:2: notices.mode: on, and ledger.keep is off: faults are seen in the ledger" },
	{ "dkim: {domain: example.org, selectors: a, keys: /a}\nnotices: {from: a@mail.example.org}\n",
	    "f:2: notices.from: has to be at dkim.domain (example.org), which signs" },
	/* all at once */
	{ "hostname: x\nlimits:\n  size: big\n  sizes: 1M\naccept: {a.example: b}\n",
	    "f:1: hostname: \"x\": not a fully qualified host name\n"
	    "f:3: limits.size: \"big\": not a size: a number and K, M or G\n"
	    "f:4: unknown key \"sizes\" in limits; did you mean limits.size?\n"
	    "f:5: accept: \"b\": a next hop begins with mx:, smtp:, smtps: or lmtp:" },
};

START_TEST(what_is_wrong_is_said_with_its_line)
{
	struct settings settings;
	struct complaints complaints;

	complaints_init(&complaints);
	settings_parse(&settings, "f", span_of(wrong[_i].octets), &complaints);
	complaints_sort(&complaints);
	ck_assert_str_eq(complaints_text(&complaints), wrong[_i].expected);
	complaints_clear(&complaints);
	settings_clear(&settings);
}
END_TEST

static struct settings settings;

static void
parse(const char *octets)
{
	struct complaints complaints;

	complaints_init(&complaints);
	settings_parse(&settings, "f", span_of(octets), &complaints);
	ck_assert_str_eq(complaints_text(&complaints), "");
}

START_TEST(a_file_that_says_nothing_has_good_defaults)
{
	parse("");
	ck_assert_str_eq(settings.hostname, "");
	ck_assert_uint_eq(settings.policy_default, CONF_POLICY_VERIFY);
	ck_assert_uint_eq(settings.limits_size, 50 << 20);
	ck_assert_uint_eq(settings.queue_expire_s, 5 * 86400);
	ck_assert_uint_eq(settings.queue_expire_policy_s, 2 * 86400);
	ck_assert_uint_eq(settings.queue_delay_notice_s, 4 * 3600);
	ck_assert_uint_eq(settings.bare_lf, CONF_BARE_LF_REFUSE);
	ck_assert(!settings.dns_private_destinations);
	ck_assert_uint_eq(settings.accept.count, 0);
	ck_assert_uint_eq(settings.clients.count, 0);
	ck_assert_str_eq(settings.trust, "system");
	ck_assert_str_eq(settings.relayhost, "");
	ck_assert_uint_eq(settings.listen.count, 4);
	ck_assert_str_eq(settings.listen.at[0].name, "0.0.0.0:25");
	ck_assert(!settings.listen.at[0].is_implicit);
	ck_assert(!settings.listen.at[0].tickets);
	ck_assert(!settings.listen.at[0].request_certificate);
	ck_assert_str_eq(settings.listen.at[3].name, "[::]:465");
	ck_assert(settings.listen.at[3].is_implicit);
	ck_assert(settings.listen.at[3].tickets);
	ck_assert(settings.listen.at[3].may_lack);
	settings_clear(&settings);
}
END_TEST

START_TEST(values_lists_and_maps_are_taken)
{
	parse("hostname: mx.example.org\ncertificate: /c.pem\n"
	    "accept:\n  Example.ORG: lmtp:/run/dovecot/lmtp\n  .example.net: smtp:mail.internal.example.net:25\n"
	    "policy: {default: Secure, domains: {old.example: ENCRYPT}, on_failure: {'*': bounce}}\n"
	    "limits: {size: 1G, idle: 10m}\nqueue:\n  delay_notice: never\n  expire: 1d\n"
	    "submission: {socket: off}\nworkers: {intake: 3}\ndns: {timeout: 250ms, servers: 127.0.0.1}\n"
	    "relay:\nroutes:\nclients:\n");
	ck_assert_str_eq(settings.hostname, "mx.example.org");
	ck_assert_uint_eq(settings.certificate.count, 1);
	ck_assert_str_eq(settings.certificate.items[0], "/c.pem");
	ck_assert_uint_eq(settings.accept.count, 2);
	ck_assert_str_eq(settings.accept.pairs[0].key, "example.org");
	ck_assert_str_eq(settings.accept.pairs[0].value, "lmtp:/run/dovecot/lmtp");
	ck_assert_str_eq(settings.accept.pairs[1].key, ".example.net");
	ck_assert_uint_eq(settings.policy_default, CONF_POLICY_SECURE);
	ck_assert_str_eq(settings.policy_domains.pairs[0].value, "encrypt");
	ck_assert_str_eq(settings.policy_on_failure.pairs[0].key, "*");
	ck_assert_uint_eq(settings.limits_size, 1 << 30);
	ck_assert_uint_eq(settings.limits_idle_s, 600);
	ck_assert_uint_eq(settings.queue_delay_notice_s, 0);
	ck_assert_str_eq(settings.submission_socket, "");
	ck_assert_uint_eq(settings.workers_intake, 3);
	ck_assert_uint_eq(settings.workers_relay, 0);
	ck_assert_uint_eq(settings.dns_timeout_ms, 250);
	ck_assert_str_eq(settings.dns_servers.items[0], "127.0.0.1");
	ck_assert_uint_eq(settings_line(&settings, "accept"), 3);
	ck_assert_uint_eq(settings_line(&settings, "limits.size"), 7);
	ck_assert_uint_eq(settings_line(&settings, "grace"), 0);
	settings_clear(&settings);
}
END_TEST

START_TEST(exceptions_are_taken)
{
	parse("exceptions:\n"
	    "  - {domain: Old.example, require: Encrypt, until: 2027-01-31, why: ' certificate expired, told 2026-12-01 '}\n"
	    "  - domain: .b.example\n    require: secure\n    until: 2027-01-31T12:00Z\n    why: a test\n");
	ck_assert_uint_eq(settings.exceptions.count, 2);
	ck_assert_str_eq(settings.exceptions.at[0].domain, "old.example");
	ck_assert_uint_eq(settings.exceptions.at[0].require, CONF_POLICY_ENCRYPT);
	ck_assert_int_eq(settings.exceptions.at[0].until_s, 1801440000);
	ck_assert_str_eq(settings.exceptions.at[0].why, "certificate expired, told 2026-12-01");
	ck_assert_uint_eq(settings.exceptions.at[1].require, CONF_POLICY_SECURE);
	ck_assert_int_eq(settings.exceptions.at[1].until_s, 1801396800);
	ck_assert_uint_eq(settings.exceptions.at[1].line, 3);
	settings_clear(&settings);
}
END_TEST

START_TEST(proof_is_asked_for_unless_told_otherwise)
{
	parse("");
	ck_assert_uint_eq(settings.policy_mode, SETTINGS_ENFORCE);
	ck_assert(settings.policy_mta_sts);
	ck_assert(settings.policy_dane);
	ck_assert(settings.policy_ratchet);
	ck_assert_uint_eq(settings.policy_ratchet_successes, 10);
	ck_assert_uint_eq(settings.policy_ratchet_days, 7);
	ck_assert_uint_eq(settings.policy_ratchet_period_s, 60 * 86400);
	ck_assert_uint_eq(settings.policy_refresh_s, 86400);
	ck_assert_uint_eq(settings.policy_fetches, 200);
	ck_assert_uint_eq(settings.dns_dnssec, CONF_DNSSEC_AUTO);
	ck_assert_str_eq(settings.dns_canaries_signed, ".");
	ck_assert_str_eq(settings.dns_canaries_unsigned, "google.com");
	ck_assert_str_eq(settings.dns_canaries_broken, "dnssec-failed.org");
	settings_clear(&settings);
}
END_TEST

START_TEST(reports_on_tls_are_sent_unless_told_otherwise)
{
	parse("");
	ck_assert(settings.tlsrpt_send);
	ck_assert(!settings.tlsrpt_verify);
	ck_assert_uint_eq(settings.tlsrpt_delay_s, 4 * 3600);	/* R36 */
	ck_assert_uint_eq(settings.tlsrpt_expire_s, 86400);
	ck_assert_uint_eq(settings.tlsrpt_most, 1000);
	ck_assert_str_eq(settings.tlsrpt_contact, "");
	ck_assert_str_eq(settings.tlsrpt_organization, "");
	ck_assert_str_eq(settings.dkim_domain, "");
	ck_assert_uint_eq(settings.dkim_selectors.count, 0);
	ck_assert_uint_eq(settings.dkim_keys.count, 0);
	settings_clear(&settings);
	parse("tlsrpt: {send: no, verify: yes, delay: 1s, expire: 1h, most: 3, contact: a@Example.org, organization: Example University}\n"
	    "dkim: {domain: example.ORG, selectors: [a, b.c], keys: [/a.pem, \"credential:b\"]}\n");
	ck_assert(!settings.tlsrpt_send);
	ck_assert(settings.tlsrpt_verify);
	ck_assert_uint_eq(settings.tlsrpt_delay_s, 1);
	ck_assert_uint_eq(settings.tlsrpt_expire_s, 3600);
	ck_assert_uint_eq(settings.tlsrpt_most, 3);
	ck_assert_str_eq(settings.tlsrpt_contact, "a@Example.org");
	ck_assert_str_eq(settings.tlsrpt_organization, "Example University");
	ck_assert_str_eq(settings.dkim_selectors.items[1], "b.c");
	ck_assert_str_eq(settings.dkim_keys.items[1], "credential:b");
	settings_clear(&settings);
}
END_TEST

/* N17, NX1 */
START_TEST(senders_whom_strangers_name_are_told_so_much)
{
	parse("");
	ck_assert_uint_eq(settings.report_strangers, 20);
	ck_assert(settings.report_forged);
	settings_clear(&settings);
	parse("report: {strangers: 5, forged: no}\n");
	ck_assert_uint_eq(settings.report_strangers, 5);
	ck_assert(!settings.report_forged);
	settings_clear(&settings);
	parse("report: {strangers: all}\n");
	ck_assert_uint_eq(settings.report_strangers, 0);
	settings_clear(&settings);
}
END_TEST

/* N58: nothing is sent by default; whoever names a sender wants it. */
START_TEST(notices_are_sent_once_they_have_a_sender)
{
	static const struct { const char *octets; uint64_t mode; } rows[] = {
		{ "", CONF_NOTICES_DRY_RUN }, { "notices: {from: a@example.org}\n", CONF_NOTICES_ON },
		{ "notices: {most: 1}\n", CONF_NOTICES_DRY_RUN }, { "notices: {mode: off}\nledger: {keep: off}\n", CONF_NOTICES_OFF },
		{ "notices: {from: a@example.org, mode: dry-run}\n", CONF_NOTICES_DRY_RUN },
		{ "notices: {from: a@example.org, mode: off}\n", CONF_NOTICES_OFF },
		{ "notices: {from: a@example.org, mode: on}\n", CONF_NOTICES_ON },
		{ "notices: {from: a@Example.org}\ndkim: {domain: example.ORG, selectors: a, keys: /a}\n", CONF_NOTICES_ON },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		parse(rows[i].octets);
		ck_assert_msg(settings.notices_mode == rows[i].mode, "%s", rows[i].octets);
		settings_clear(&settings);
	}
}
END_TEST

START_TEST(notices_are_rare_unless_told_otherwise)
{
	struct complaints complaints;

	complaints_init(&complaints);
	settings_parse(&settings, "f", SPAN("hostname: mx.example.org\n"), &complaints);
	settings_complete(&settings, &complaints);
	ck_assert_str_eq(settings.notices_from, "");
	ck_assert_uint_eq(settings.notices_after_s, 48 * 3600);
	ck_assert_uint_eq(settings.notices_sessions, 3);
	ck_assert_uint_eq(settings.notices_remind_s, 14 * 86400);
	ck_assert_uint_eq(settings.notices_silence_s, 180 * 86400);
	ck_assert_uint_eq(settings.notices_most, 20);
	ck_assert_uint_eq(settings.notices_bounces, 30);
	ck_assert_uint_eq(settings.notices_lookups, 500);	/* N63 */
	ck_assert_str_eq(settings.notices_abuse_zone, "");
	ck_assert_str_eq(settings.notices_stop, "tls-notices@mx.example.org");
	ck_assert_str_eq(settings.notices_template, SEALPOST_NOTICEDIR "/en.txt");
	ck_assert(!settings.notices_senders);
	complaints_clear(&complaints);
	settings_clear(&settings);
	complaints_init(&complaints);
	settings_parse(&settings, "f", SPAN("hostname: mx.example.org\nnotices: {language: de, remind: never, stop: s@b.example, senders: yes,\n"
	    "  after: 1s, sessions: 1, silence: 1s, most: 1, bounces: 100, lookups: 1, abuse_zone: c.example}\n"), &complaints);
	settings_complete(&settings, &complaints);
	ck_assert_str_eq(settings.notices_template, SEALPOST_NOTICEDIR "/de.txt");
	ck_assert_uint_eq(settings.notices_remind_s, 0);
	ck_assert_str_eq(settings.notices_stop, "s@b.example");
	ck_assert_str_eq(settings.notices_abuse_zone, "c.example");
	ck_assert_uint_eq(settings.notices_after_s, 1);
	ck_assert(settings.notices_senders);
	complaints_clear(&complaints);
	settings_clear(&settings);
}
END_TEST

/* Whoever signs is whom reports are from (RFC 8460 3). */
START_TEST(who_reports_is_found_out)
{
	static const struct { const char *octets, *contact; } rows[] = {
		{ "", "postmaster@mx.example.org" },
		{ "report: {postmaster: root@example.net}\n", "root@example.net" },
		{ "dkim: {domain: example.com, selectors: a, keys: /a}\nreport: {postmaster: root@example.net}\n", "postmaster@example.com" },
		{ "dkim: {domain: example.com, selectors: a, keys: /a}\ntlsrpt: {contact: tls@Example.com}\n", "tls@Example.com" },
		{ "tlsrpt: {contact: tls@example.net}\n", "tls@example.net" },
		{ "dkim: {domain: " NAME_250 ", selectors: a, keys: /a}\n", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct complaints complaints;
		char octets[600];

		complaints_init(&complaints);
		snprintf(octets, sizeof(octets), "hostname: mx.example.org\n%s", rows[i].octets);
		settings_parse(&settings, "f", span_of(octets), &complaints);
		settings_complete(&settings, &complaints);
		if (rows[i].contact != NULL)
			ck_assert_str_eq(complaints_text(&complaints), "");
		ck_assert_str_eq(settings.tlsrpt_contact, rows[i].contact != NULL ? rows[i].contact : "postmaster@" NAME_250);
		complaints_clear(&complaints);
		settings_clear(&settings);
	}
}
END_TEST

/* A name may have more octets than the system's own. */
START_TEST(long_names_are_not_cut_off)
{
	struct complaints complaints;

	complaints_init(&complaints);
	parse("hostname: " NAME_250 "\n");
	settings_complete(&settings, &complaints);
	ck_assert_str_eq(settings.report_postmaster, "postmaster@" NAME_250);
	complaints_clear(&complaints);
	settings_clear(&settings);
}
END_TEST

/* What depends on the day, and on where the resolvers are, is found out when the settings are completed. */
static const struct { const char *octets, *expected; } completed[] = {
	{ "exceptions: {domain: a.example, require: encrypt, until: 2026-01-31, why: x}\n",
	    "f:2: warning: exceptions: the one for a.example ended 2026-01-31 and does not count" },
	{ "exceptions: {domain: a.example, require: encrypt, until: 9999-01-31, why: x}\n", "" },
	{ "dns: {dnssec: required, servers: [127.0.0.1, 192.0.2.53]}\n",
	    "f:2: dns.dnssec: required, and the resolver 192.0.2.53 is not on this host" },
	{ "dns: {dnssec: required, servers: ['[::1]:5353', 127.0.0.53]}\n", "" },
	{ "dns: {dnssec: auto, servers: [192.0.2.53]}\n", "" },
};

START_TEST(what_only_this_machine_knows_is_checked)
{
	struct complaints complaints;
	char octets[300];

	for (size_t i = 0; i < sizeof(completed) / sizeof(*completed); i++) {
		complaints_init(&complaints);
		snprintf(octets, sizeof(octets), "hostname: a.example\n%s", completed[i].octets);
		settings_parse(&settings, "f", span_of(octets), &complaints);
		settings_complete(&settings, &complaints);
		ck_assert_str_eq(complaints_text(&complaints), completed[i].expected);
		complaints_clear(&complaints);
		settings_clear(&settings);
	}
}
END_TEST

/* A default must not stand in the way of what was written. */
START_TEST(defaults_give_way_to_what_was_written)
{
	parse("queue: {expire: 1d, retry_most: 1m, connections: 2}\nlimits: {sessions: 10}\n");
	ck_assert_uint_eq(settings.queue_expire_policy_s, 86400);
	ck_assert_uint_eq(settings.queue_retry_first_s, 60);
	ck_assert_uint_eq(settings.queue_connections_first, 2);
	ck_assert_uint_eq(settings.limits_sessions_per_client, 10);
	settings_clear(&settings);
}
END_TEST

START_TEST(listeners_have_a_long_form)
{
	parse("listen:\n  - {address: '[2001:db8::1]:587', tickets: no}\n  - address: 465\n    tls: starttls\n"
	    "  - '*:2525'\n  - 192.0.2.1:465\n"
	    "clients: [cert:SHA256:01:23:45:67:89:ab:cd:ef:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:ab:cd:ef:01:23:45:67:89:ab:cd:ef]\n");
	ck_assert_uint_eq(settings.listen.count, 6);
	ck_assert_str_eq(settings.listen.at[0].name, "[2001:db8::1]:587");
	ck_assert(!settings.listen.at[0].tickets);
	ck_assert(!settings.listen.at[0].may_lack);
	ck_assert(!settings.listen.at[1].is_implicit);
	ck_assert_str_eq(settings.listen.at[2].name, "[::]:465");
	ck_assert_str_eq(settings.listen.at[3].name, "0.0.0.0:2525");
	ck_assert(settings.listen.at[3].tickets);
	ck_assert(settings.listen.at[5].is_implicit);
	ck_assert_uint_eq(settings.listen.at[5].line, 6);
	/* Clients known by certificate: listeners ask for one. */
	ck_assert(settings.listen.at[0].request_certificate);
	ck_assert_str_eq(settings.clients.items[0],
	    "cert:sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
	settings_clear(&settings);
	parse("listen: [{address: 25, request_certificate: no}]\n"
	    "clients: [cert:sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef]\n");
	ck_assert(!settings.listen.at[0].request_certificate);
	settings_clear(&settings);
}
END_TEST

START_TEST(a_file_is_loaded_and_completed)
{
	char path[] = "/tmp/conf-test-settings-XXXXXX";
	int fd = mkstemp(path);
	struct complaints complaints;

	dprintf(fd, "hostname: mx.example.org\nspool: {directory: /srv/spool}\n");
	close(fd);
	complaints_init(&complaints);
	ck_assert(settings_load(&settings, path, &complaints));
	ck_assert_str_eq(complaints_text(&complaints), "");
	ck_assert_str_eq(settings.spool_key, "/srv/spool/keys/spool.pem");
	ck_assert_str_eq(settings.report_postmaster, "postmaster@mx.example.org");
	ck_assert_uint_ge(settings.workers_intake, 1);
	ck_assert_uint_ge(settings.dns_servers.count, 1);
	settings_clear(&settings);
	unlink(path);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_complained_of)
{
	struct complaints complaints;

	complaints_init(&complaints);
	ck_assert(!settings_load(&settings, "/nonexistent/sealpost.yaml", &complaints));
	ck_assert_str_eq(complaints_text(&complaints), "/nonexistent/sealpost.yaml: No such file or directory");
	complaints_clear(&complaints);
	settings_clear(&settings);
	ck_assert(!settings_load(&settings, "/tmp", &complaints));
	ck_assert_str_eq(complaints_text(&complaints), "/tmp: Is a directory");
	complaints_clear(&complaints);
	settings_clear(&settings);
}
END_TEST

/* Ten thousand domains, twice: sorting finds them in no time. */
START_TEST(many_domains_are_no_burden)
{
	struct complaints complaints;
	struct buf octets;

	buf_init(&octets, 1 << 22);
	ck_assert(buf_add(&octets, SPAN("accept:\n")));
	for (int i = 0; i < 50000; i++)
		ck_assert(buf_printf(&octets, "  d%d.example: lmtp:/run/lmtp\n", i));
	complaints_init(&complaints);
	settings_parse(&settings, "f", buf_span(&octets), &complaints);
	ck_assert_uint_eq(complaints.errors, 0);
	ck_assert_uint_eq(settings.accept.count, 50000);
	ck_assert_str_eq(settings.accept.pairs[49999].key, "d49999.example");
	settings_clear(&settings);
	buf_clear(&octets);
}
END_TEST

UNIT_MAIN_LOOPED("settings", what_is_wrong_is_said_with_its_line, wrong, a_file_that_says_nothing_has_good_defaults,
    values_lists_and_maps_are_taken, defaults_give_way_to_what_was_written, listeners_have_a_long_form,
    exceptions_are_taken, notices_are_sent_once_they_have_a_sender, notices_are_rare_unless_told_otherwise,
    reports_on_tls_are_sent_unless_told_otherwise, senders_whom_strangers_name_are_told_so_much, who_reports_is_found_out, long_names_are_not_cut_off,
    proof_is_asked_for_unless_told_otherwise, what_only_this_machine_knows_is_checked,
    a_file_is_loaded_and_completed, a_file_that_is_not_there_is_complained_of, many_domains_are_no_burden)
