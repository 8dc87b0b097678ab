/*
 * Tests of src/ctl/main.c and of the commands, as a program: those that need no daemon, and those that ask one with
 * stand-in rooms (tests/unit/master).
 */
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "tests/unit/master/daemon.h"
#include "tests/unit/unit.h"

static char out[1 << 18], err[1 << 16];

static void
text_of(const char *name, char *text, size_t size)
{
	FILE *file = fopen(daemon_path(name), "r");
	size_t length = fread(text, 1, size - 1, file);

	text[length] = '\0';
	fclose(file);
}

/* Run it with the folder's configuration and these arguments (a shell's). Returns its exit code. */
static int
run(const char *arguments)
{
	char command[1000];
	int status;

	snprintf(command, sizeof(command), "./sealpost -c %s %s > %s 2> %s", daemon_path("sealpost.yaml"), arguments,
	    daemon_path("out"), daemon_path("err"));
	status = system(command);
	ck_assert(WIFEXITED(status));
	text_of("out", out, sizeof(out));
	text_of("err", err, sizeof(err));
	return WEXITSTATUS(status);
}

static const struct {
	const char *arguments;
	const char *configuration;
	int code;
	const char *out, *err;	/* parts */
} rows[] = {
	{ "version", "", EX_OK, "sealpost 0.", "" },
	{ "version -j", "", EX_OK, "{\"version\":\"0.", "" },
	{ "--help", "", EX_OK, "queue remove FILTER", "" },
	{ "help", "", EX_OK, "usage: sealpost", "" },
	{ "", "", EX_USAGE, "", "usage: sealpost" },
	{ "queue", "", EX_USAGE, "", "there is no command \"queue\"" },
	{ "quueue list", "", EX_USAGE, "", "there is no command \"quueue list\"" },
	{ "version now", "", EX_USAGE, "", "version: \"now\" has no place here" },
	{ "config describe", "", EX_OK, "\n  #size: 50M\n", "" },
	{ "config describe --json", "", EX_OK, "{\"key\":\"limits.size\",\"form\":\"size\",\"default\":\"50M\",", "" },
	{ "config show", "hostname: mx.example.org\nlimits: {size: 1024K}\n", EX_OK, "limits.size: 1M  # line 5\n", "" },
	{ "config show", "hostname: mx.example.org\n", EX_OK, "queue.expire: 5d\n", "" },
	{ "config show --json", "hostname: mx.example.org\n", EX_OK, "{\"key\":\"hostname\",\"value\":\"mx.example.org\",\"line\":4}\n", "" },
	{ "config show", "hostnam: x\n", 1, "", "sealpost.yaml:4: unknown key \"hostnam\"; did you mean hostname?\n" },
	{ "check", "hostname: mx.example.org\n", EX_OK, "sealpost.yaml: good\n", "warning: certificate: none is named" },
	{ "check", "hostname: localhost.localdomain\n", EX_OK, "sealpost.yaml: good\n", "warning: hostname: " },
	{ "check", "grace: 5\nlimits: {size: 5}\n", 1, "sealpost.yaml: not good\n", "5: limits.size: " },
	{ "check -j", "grace: 5\n", 1, "\",\"line\":4,\"level\":\"error\",\"text\":\"grace: \\\"5\\\": not a duration", "" },
	{ "check", "certificate: /nonexistent.pem\nhostname: mx.example.org\n", 1, "not good", "4: certificate: /nonexistent.pem: No such" },
	{ "check /nonexistent.yaml", "", 1, "/nonexistent.yaml: not good", "/nonexistent.yaml: No such file or directory" },
	{ "queue list", "", EX_UNAVAILABLE, "", "sealpostd does not run, or has another control socket than " },
	{ "status -j", "", EX_UNAVAILABLE, "", "sealpostd does not run" },
	{ "status -s /nonexistent", "", EX_UNAVAILABLE, "", "another control socket than /nonexistent" },
	{ "queue remove", "", EX_USAGE, "", "queue remove: say which messages: identities, a filter, or --all" },
	{ "queue show", "", EX_USAGE, "", "queue show: say which messages" },
	{ "queue list --olde 2h", "", EX_USAGE, "", "--olde: there is no such option" },
	{ "queue list --dry-run", "", EX_USAGE, "", "--dry-run: there is no such option" },
	{ "queue hold x", "", EX_USAGE, "", "x: not the identity of a message" },
	{ "policy", "", EX_USAGE, "", "there is no command \"policy\"" },
	{ "policy list", "", EX_UNAVAILABLE, "", "sealpostd does not run" },
	{ "policy list a.example", "", EX_USAGE, "", "policy list: takes options only" },
	{ "policy list --mod enforce", "", EX_USAGE, "", "policy list: --mod: there is no such option" },
	{ "policy show", "", EX_USAGE, "", "policy show: one domain is expected" },
	{ "policy refresh a.example b.example", "", EX_USAGE, "", "policy refresh: one domain is expected" },
	{ "policy preload", "", EX_USAGE, "", "policy preload: one file is expected, or --clear" },
	{ "policy preload /nonexistent", "", EX_NOINPUT, "", "/nonexistent: No such file" },
	{ "policy preload /dev/null", "", EX_NOINPUT, "", "/dev/null: not a regular file" },
	{ "policy warm", "", EX_USAGE, "", "policy warm: one file is expected" },
	{ "policy warm /nonexistent", "", EX_NOINPUT, "", "/nonexistent: No such file" },
	{ "policy lint", "", EX_USAGE, "", "policy lint: a file and a domain are expected" },
	{ "policy lint x '*.example.org'", "", EX_USAGE, "", "policy lint: the second word is not a domain" },
	{ "policy lint x example.org --mx mx.example.org,", "", EX_USAGE, "", "policy lint: --mx: names of hosts are expected" },
	{ "policy lint /nonexistent example.org", "", 1, "/nonexistent: not good", "/nonexistent: No such file" },
	{ "policy lint /etc/hostname example.org --certificate /nonexistent", "", 1, "not good", "/nonexistent: No such file" },
	{ "tlsa", "", EX_USAGE, "", "tlsa: files with a certificate or a key are expected" },
	{ "tlsa x --usage 1", "", EX_USAGE, "", "senders take them for unusable (RFC 7672 3.1.3)" },
	{ "tlsa x --usage 4", "", EX_USAGE, "", "tlsa: --usage: 3 (the certificate's key) or 2" },
	{ "tlsa /nonexistent", "", 1, "", "/nonexistent: No such file" },
	{ "tlsa /etc/hostname", "", 1, "", "/etc/hostname: there is neither a certificate nor a key in it" },
	{ "spf", "", EX_USAGE, "", "there is no command \"spf\"" },
	{ "spf check", "", EX_USAGE, "", "spf check: --ip is needed, and --helo, --from or both" },
	{ "spf check --ip 192.0.2.1 --from a@b.example --dns-server x", "", EX_USAGE, "", "\"x\" is not the address of a DNS server" },
	{ "spf check --ip 192.0.2.1 --from a@localhost --dns-server 127.0.0.1:9", "", 2, "result           none\n", "" },
	{ "-j spf check --ip 192.0.2.1 --helo x", "", 2, "{\"identity\":\"helo\",\"result\":\"none\",", "" },
	{ "dkim", "", EX_USAGE, "", "there is no command \"dkim\"" },
	{ "dkim keygen", "", EX_USAGE, "", "dkim keygen: --domain, --selector and --out are all needed" },
	{ "notice list peer.example", "", EX_USAGE, "", "notice list: takes no words" },
	{ "notice stats --since 7d", "", EX_USAGE, "", "notice stats: " },
	{ "notice preview", "", EX_USAGE, "", "notice preview: takes one word: see sealpost(8)" },
	{ "notice preview peer.example --language ../x", "", EX_USAGE, "", "notice preview: --language en, or de" },
	{ "notice preview peer.example --language xx", "", EX_USAGE, "", "/xx.txt: No such file" },
	{ "notice suppress a.example b.example", "", EX_USAGE, "", "notice suppress: takes one word" },
	{ "notice", "", EX_USAGE, "", "there is no command \"notice\"" },
	{ "dkim verify < /dev/null", "", 1, "none: the message is not signed\n", "" },
	{ "dkim verify x", "", EX_USAGE, "", "the message comes from standard input" },
	{ "dkim verify --service web", "", EX_USAGE, "", "--service: email or tlsrpt is expected" },
	{ "dkim verify --dns-server here", "", EX_USAGE, "", "dkim verify: --dns-server: " },
	{ "dmarc check < /dev/null", "", 1, "permerror: from=: there is not exactly one From field", "" },
	{ "dmarc check --spf-result pass", "", EX_USAGE, "", "--spf-result: RESULT:DOMAIN is expected" },
	{ "dmarc check --spf-result good:a.example", "", EX_USAGE, "", "--spf-result: RESULT:DOMAIN is expected" },
	{ "dmarc check x", "", EX_USAGE, "", "the message comes from standard input" },
	{ "dkim keygen x --domain a.example --selector s --out /dev/null", "", EX_USAGE, "", "and no other words" },
	{ "dkim keygen --domain a.example --selector s --out /nonexistent/x", "", 1, "", "/nonexistent/x: No such file" },
	{ "dkim keygen --domain a.example --selector s --out /dev/null", "", 1, "", "keys are never overwritten" },
	{ "dkim keygen --domain a.example --selector s_ --out x", "", EX_USAGE, "", "the selector is not made of labels" },
	{ "dkim keygen --domain a..example --selector s --out x", "", EX_USAGE, "", "the domain is not the name of one" },
	{ "dkim keygen --domain a.example --selector s --out x --type dsa", "", EX_USAGE, "", "--type: rsa or ed25519 is expected" },
	{ "dkim keygen --domain a.example --selector s --out x --bits 1024", "", EX_USAGE, "", "--bits: 2048 to 4096" },
	{ "dkim keygen --domain a.example --selector s --out x --bits 4097", "", EX_USAGE, "", "--bits: 2048 to 4096" },
	{ "dkim keygen --domain a.example --selector s --out x --type ed25519 --bits 2048", "", EX_USAGE, "", "have one size" },
	{ "dkim record --domain a.example --selector s", "", EX_USAGE, "", "dkim record: --domain, --selector and --key" },
	{ "dkim record --domain a.example --selector s --key /nonexistent", "", 1, "", "/nonexistent: No such file" },
	{ "dkim record --domain a.example --selector s --key /etc/hostname", "", 1, "", "/etc/hostname: there is no private key" },
	{ "dkim sign --domain a.example --selector s --out x", "", EX_USAGE, "", "dkim sign: --out: there is no such option" },
	{ "dkim sign --domain a.example --selector s --key /etc/hostname", "", 1, "", "there is no private key in it" },
	{ "received < /dev/null", "", EX_OK, "", "" },
	{ "received /nonexistent", "", EX_NOINPUT, "", "received: /nonexistent: No such file" },
	{ "received /etc/hostname", "", 1, "", "passed over: it has no header\nsealpost: received: 0 messages were read, 1 were passed over\n" },
	{ "received --trusted 192.0.2.1/24", "", EX_USAGE, "", "received: --trusted: names of hosts" },
	{ "received --trusted a.example,", "", EX_USAGE, "", "received: --trusted: names of hosts" },
	{ "received --ledger", "", EX_USAGE, "", "received: --trusted: is needed with --ledger" },
	{ "received --ledger --trusted a.example < /dev/null", "", EX_OK, "0 messages were read, 0 of them are in the ledger now", "" },
	{ "received --ledger -j --trusted a.example < /dev/null", "", EX_OK, "{\"messages\":0,\"told\":0}", "" },
	{ "exception list x", "", EX_USAGE, "", "exception list: \"x\" has no place here" },
	{ "exception add a.example", "", EX_USAGE, "", "--require, --until and --why are all needed" },
	{ "exception add --require=encrypt --until=9999-01-31 --why=x", "", EX_USAGE, "", "exception add: one domain is expected" },
	{ "exception add a.example --require=none --until=9999-01-31 --why=x", "", EX_USAGE, "", "not one of encrypt, verify, secure" },
	{ "exception add a.example --require=dane --until=9999-01-31 --why=x", "", EX_USAGE, "", "not one of encrypt, verify, secure" },
	{ "exception add a.example --require=encrypt --until=31.1.9999 --why=x", "", EX_USAGE, "", "--until: neither a date" },
	{ "exception add a.example --require=encrypt --until=2026-01-31 --why=x", "", EX_USAGE, "", "--until: that is over" },
	{ "exception add a.example --require=encrypt --until=9999-01-31 --why ' '", "", EX_USAGE, "", "--why: say why" },
	{ "exception add a.example --require=encrypt --until=9999-01-31 --why \"$(printf 'a\\nb')\"", "", EX_USAGE, "", "--why: one line" },
	{ "exception remove", "", EX_USAGE, "", "exception remove: one domain is expected" },
	{ "explain", "", EX_USAGE, "", "explain: one domain is expected" },
	{ "explain --liv a.example", "", EX_USAGE, "", "explain: --liv: there is no such option" },
	{ "why", "", EX_USAGE, "", "why: the identity of one message is expected" },
	{ "why x", "", EX_USAGE, "", "why: the identity of one message is expected" },
	{ "why 0123456789-2a", "", EX_UNAVAILABLE, "", "sealpostd does not run" },
	{ "unlock secret", "", EX_USAGE, "", "not from \"secret\"" },
	{ "unlock < /dev/null", "", EX_USAGE, "", "unlock: no passphrase" },
	{ "spool verify --nonsense", "", EX_USAGE, "", "\"--nonsense\" has no place here" },
	{ "spool verify", "hostname: mx.example.org\n", EX_OK, "0 messages in 0 segments", "" },
	{ "spool verify -j --structure", "hostname: mx.example.org\n", EX_OK, "{\"segments\":0,\"free_files\":0,\"messages\":0,", "" },
	{ "spool verify /nonexistent", "hostname: mx.example.org\n", EX_NOINPUT, "", "/nonexistent: No such file" },
	{ "spool verify", "hostname: mx.example.org\nx: 1\n", EX_CONFIG, "", "unknown key \"x\"" },
};

/* Of three hops: by mx of b, by b of c, by c of d. A "1" for each that is evidence. */
static const struct {
	const char *trusted, *evidence;
	const char *top, *middle, *bottom;
} trust_rows[] = {
#define TOP "from b.example (b.example [192.0.2.2]) by mx.example.org (Postfix) with ESMTPS id 1; x"
#define MIDDLE "from c.example (c.example [192.0.2.3]) by b.example (Postfix) with ESMTPS id 1; x"
#define BOTTOM "from d.example (d.example [192.0.2.4]) by c.example (Postfix) with ESMTPS id 1; x"
	{ "", "100", TOP, MIDDLE, BOTTOM },
	{ "--trusted mx.example.org", "100", TOP, MIDDLE, BOTTOM },
	{ "--trusted b.example,c.example", "000", TOP, MIDDLE, BOTTOM },
	{ "--trusted mx.example.org,b.example", "110", TOP, MIDDLE, BOTTOM },
	{ "--trusted=.example.org,b.example,c.example", "111", TOP, MIDDLE, BOTTOM },
	{ "--trusted mx.example.org,b.example,c.example", "110", TOP, "from c.example (x.example [192.0.2.9]) by b.example (Postfix) with SMTP id 1; x", BOTTOM },
	{ "--trusted '*'", "111", TOP, MIDDLE, BOTTOM },
	/* The name of a trusted host in what somebody else sent is no evidence, whatever that one called itself. */
	{ "--trusted mx.example.org,b.example", "100", "from b.example (evil.example [192.0.2.66]) by mx.example.org (Postfix) with ESMTPS id 1; x", MIDDLE, BOTTOM },
	{ "--trusted mx.example.org,b.example,192.0.2.66", "110", "from x (unknown [192.0.2.66]) by mx.example.org (Postfix) with ESMTPS id 1; x", MIDDLE, BOTTOM },
	{ "--trusted mx.example.org,localhost,b.example", "111", "from localhost (localhost [127.0.0.1]) by mx.example.org (Postfix) with ESMTP id 1; x",
	  "from mx.example.org ([127.0.0.1]) by localhost (mx.example.org [127.0.0.1]) (amavisd-new, port 10024) with ESMTP id 1; x", MIDDLE },
	{ "--trusted 10.0.0.0/8", "110", "by 10.1.1.1 with SMTP id 1; x", "from b.example (b.example. [192.0.2.2]) by 10.1.1.2 with SMTP id 1; x", BOTTOM },
	{ "--trusted '*'", "000", "from (x", MIDDLE, BOTTOM },
	/* Whoever has an address can give it a trusted name in the DNS: software that does not look whether that leads back proves nothing. */
	{ "--trusted mx.example.org,b.example", "100", "from x (b.example [192.0.2.66]) by mx.example.org (OpenSMTPD) with ESMTPS id 1; x", MIDDLE, BOTTOM },
	{ "--trusted mx.example.org,b.example", "100", "from x (b.example [192.0.2.66]) by mx.example.org (Haraka/3.0.3) with ESMTPS id 1; x", MIDDLE, BOTTOM },
	{ "--trusted mx.example.org,b.example", "100", "from b.example (HELO x) (192.0.2.66) by mx.example.org with SMTP; x", MIDDLE, BOTTOM },
	{ "--trusted mx.example.org,b.example,192.0.2.2", "110", "from x (b.example [192.0.2.2]) by mx.example.org (OpenSMTPD) with ESMTPS id 1; x", MIDDLE, BOTTOM },
	{ "--trusted mx.example.org,b.example", "100", "from [127.0.0.1] by mx.example.org with ESMTP id 1; x", MIDDLE, BOTTOM },
};

/* Only hops of hosts that are trusted count against a peer. */
START_TEST(a_hop_is_evidence_when_a_trusted_host_wrote_it)
{
	daemon_prepare_folder();
	for (size_t i = 0; i < sizeof(trust_rows) / sizeof(*trust_rows); i++) {
		FILE *file = fopen(daemon_path("mail"), "w");
		char arguments[600], evidence[8] = "", *line = out;

		fprintf(file, "Received: %s\nReceived: %s\nSubject: x\nReceived: %s\n\nReceived: x\n", trust_rows[i].top, trust_rows[i].middle, trust_rows[i].bottom);
		fclose(file);
		snprintf(arguments, sizeof(arguments), "received %s %s", trust_rows[i].trusted, daemon_path("mail"));
		ck_assert_int_eq(run(arguments), EX_OK);
		while ((line = strstr(line, "\"is_evidence\":")) != NULL) {
			line += strlen("\"is_evidence\":");
			strcat(evidence, *line == 't' ? "1" : "0");
		}
		ck_assert_msg(strcmp(evidence, trust_rows[i].evidence) == 0, "%zu: %s: %s\n%s", i, trust_rows[i].trusted, evidence, out);
	}
	daemon_clear();
}
END_TEST

START_TEST(commands_answer_and_end_with_their_code)
{
	daemon_prepare_folder();
	daemon_configure("%s", rows[_i].configuration);
	ck_assert_msg(run(rows[_i].arguments) == rows[_i].code, "%s%s", out, err);
	ck_assert_msg(strstr(out, rows[_i].out) != NULL, "%s", out);
	ck_assert_msg(strstr(err, rows[_i].err) != NULL, "%s", err);
	daemon_clear();
}
END_TEST

START_TEST(a_running_daemon_is_asked)
{
	daemon_prepare();
	daemon_configure("hostname: mx.example.org\nlisten: 127.0.0.1:%u\nworkers: {intake: 1, relay: 1}\n", daemon_ports[0]);
	daemon_start(NULL, false);
	daemon_log_has("event=ready", 1);
	ck_assert_int_eq(run("status"), EX_OK);
	ck_assert_ptr_nonnull(strstr(out, "master-0    ready      pid "));
	ck_assert_ptr_nonnull(strstr(out, "mood=fine"));
	/* In the order of the table, whoever answered first. */
	ck_assert(strstr(out, "queue-0") < strstr(out, "report-0"));
	ck_assert(strstr(out, "report-0") < strstr(out, "policy-0"));
	ck_assert(strstr(out, "policy-0") < strstr(out, "relay-0"));
	ck_assert(strstr(out, "relay-0") < strstr(out, "intake-0"));
	ck_assert_int_eq(run("-j status"), EX_OK);
	ck_assert_ptr_nonnull(strstr(out, "{\"room\":\"queue\",\"index\":0,\"pid\":"));
	/* The stand-in says back what it was sent, and 1. */
	ck_assert_int_eq(run("queue bounce --older 2h --to-domain=example.org --dry-run --json"), 1);
	ck_assert_str_eq(out, "{\"verb\":\"queue bounce\",\"argument\":\"--dry-run\"}\n");
	daemon_events_have("queue-0 request queue bounce", 1);
	ck_assert_int_eq(run("queue list"), 1);
	ck_assert_str_eq(err, "sealpost: as you say\n");
	ck_assert_int_eq(run("reload"), EX_OK);
	ck_assert_str_eq(out, "the configuration was read and applied\n");
	ck_assert_int_eq(run("unlock < /etc/hostname"), 1);
	ck_assert_str_eq(err, "sealpost: the spool is not locked\n");
	/* Rooms are asked in words that they know. */
	ck_assert_int_eq(run("-j exception add old.example --until 9999-01-31 --require encrypt --why 'a reason'"), 1);
	ck_assert_ptr_nonnull(strstr(out, "{\"verb\":\"exception add\",\"argument\":\"a reason\"}\n"));
	ck_assert_int_eq(run("policy forget --ratchet old.example"), 1);
	ck_assert_ptr_nonnull(strstr(out, "verb             policy forget\nargument         old.example\nargument         --ratchet\n"));
	ck_assert_int_eq(run("peers --fault any --long"), 1);
	ck_assert_str_eq(out, "verb             peers\nargument         --fault\nargument         any\n");
	ck_assert_int_eq(run("-j peers --long --fault any"), 1);
	ck_assert_str_eq(out, "{\"verb\":\"peers\",\"argument\":\"any\"}\n");
	ck_assert_int_eq(run("explain --live old.example"), 1);
	ck_assert_ptr_nonnull(strstr(out, "argument         old.example\nargument         --live\n"));
	daemon_events_have("relay-0 request explain", 1);
	ck_assert_int_eq(run("-j notice suppress Peer.example"), 1);
	ck_assert_str_eq(out, "{\"verb\":\"notice suppress\",\"argument\":\"Peer.example\"}\n");
	daemon_events_have("report-0 request notice suppress", 1);
	ck_assert_int_eq(run("notice list"), 1);
	ck_assert_ptr_nonnull(strstr(out, "way  peer                            fault                     failed   good     since"));
	ck_assert_int_eq(run("notice stats"), 1);
	ck_assert_ptr_nonnull(strstr(out, "period    sent      taken     bounced   no tls    bounced %\n"));
	ck_assert_int_eq(run("notice preview peer.example"), 1);
	ck_assert_ptr_nonnull(strstr(out, "Subject: \n"));
	ck_assert_int_eq(run("policy list --mode enforce"), 1);
	ck_assert_ptr_nonnull(strstr(out, "domain                            source     mode      state     until                hosts\n"));
	daemon_events_have("policy-0 request policy list", 1);
	ck_assert_int_eq(run("policy preload --clear"), 1);
	daemon_events_have("policy-0 request policy preload", 1);
	daemon_configure("hostname: mx.example.org\ngrace: 5\n");
	ck_assert_int_eq(run("reload"), EX_CONFIG);
	ck_assert_ptr_nonnull(strstr(out, "sealpost.yaml:5: grace: \"5\": not a duration"));
	ck_assert_str_eq(err, "sealpost: nothing was changed\n");
	daemon_clear();
}
END_TEST

UNIT_MAIN_LOOPED("sealpost", commands_answer_and_end_with_their_code, rows, a_hop_is_evidence_when_a_trusted_host_wrote_it,
    a_running_daemon_is_asked)
