/* sealpost: the operator's tool. The table of its commands, and the options that all of them take. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "base/span.h"
#include "ctl.h"

static const struct {
	const char *name;
	command_fn *run;
	const char *arguments;
	const char *about;
} commands[] = {
	{ "check", check_run, "[FILE]", "is the configuration good, and does it fit this host" },
	{ "config describe", config_describe, "", "a complete configuration file, with comments" },
	{ "config show", config_show, "[FILE]", "every key with the value that counts" },
	{ "queue list", queue_list, "[FILTER]", "messages, one each" },
	{ "queue show", queue_show, "FILTER", "messages, with all their recipients" },
	{ "queue hold", queue_change, "FILTER", "deliver them not before they are released" },
	{ "queue release", queue_change, "FILTER", "deliver what was held" },
	{ "queue retry", queue_change, "FILTER", "try again now" },
	{ "queue remove", queue_change, "FILTER", "remove them, and tell nobody" },
	{ "queue bounce", queue_change, "FILTER", "send them back to their senders" },
	{ "why", why_run, "ID", "why a message is still here, in plain words, and who can mend it" },
	{ "explain", explain_run, "[--live] DOMAIN", "what its mail hosts must prove, and why; live: and do they" },
	{ "peers", peers_run, "[--fault WORD] ...", "who has TLS that will do, in both directions, and what failed" },
	{ "stats", stats_run, "[--since DAY]", "what TLS came to, in all" },
	{ "policy list", policy_run, "[--mode MODE]", "what domains have published, and what was learnt of them" },
	{ "policy show", policy_run, "DOMAIN", "everything that is known of one" },
	{ "policy refresh", policy_run, "DOMAIN", "fetch its policy now" },
	{ "policy forget", policy_run, "[--sts] [--ratchet] DOMAIN", "forget what it published, what was learnt, or both" },
	{ "policy preload", preload_run, "FILE | --clear", "policies that count as if they had been published" },
	{ "policy warm", warm_run, "FILE", "fetch the policies of these domains" },
	{ "policy lint", policy_lint_run, "FILE DOMAIN ...", "one of your own, before you publish it; and in which order" },
	{ "policy observed", policy_run, "[--since DAYS]", "what policies would have held back" },
	{ "exception add", exception_add, "DOMAIN ...", "demand something else of it for a while" },
	{ "exception list", exception_list, "", "all of them" },
	{ "exception remove", exception_remove, "DOMAIN", "end one that was added so" },
	{ "tlsa", tlsa_run, "FILE ... [--name HOST] ...", "TLSA records of certificates and keys; are all published" },
	{ "dkim keygen", dkim_run, "--domain DOMAIN ...", "a key to sign mail with, and the record to publish" },
	{ "dkim record", dkim_run, "--key FILE ...", "the record once more" },
	{ "dkim sign", dkim_run, "--key FILE ...", "sign the message of standard input, to try it" },
	{ "dkim verify", dkim_verify_run, "[--dns-server A] ...", "check the signatures of the message of standard input" },
	{ "spf check", spf_run, "--ip ADDRESS ...", "may this host send mail in the name of that domain" },
	{ "dmarc check", dmarc_check_run, "[--ip A ...]", "does the message of standard input come from whom it says" },
	{ "tlsrpt preview", tlsrpt_run, "DOMAIN [--day DAY]", "the report on TLS that it would get for that day" },
	{ "tlsrpt list", tlsrpt_run, "[DOMAIN] [--since DAY]", "which reports on TLS are due, and which were sent" },
	{ "tlsrpt send", tlsrpt_run, "DOMAIN [--day DAY]", "send the one of a day that is over now" },
	{ "notice list", notice_run, "", "peers whose TLS is at fault, and what they were told or would be" },
	{ "notice preview", notice_run, "PEER [--language LANGUAGE]", "what it would be told now" },
	{ "notice send", notice_run, "PEER", "tell it now, though the fault has not lasted long enough" },
	{ "notice suppress", notice_run, "WHAT", "tell that domain, mailbox, address, network or peer nothing, for ever" },
	{ "notice allow", notice_run, "WHAT", "take that back" },
	{ "notice stats", notice_run, "", "notices sent, taken and bounced, and who wants none" },
	{ "received", received_run, "[--trusted LIST] ...", "what Received fields of mail say of TLS: JSON lines, or into the ledger" },
	{ "status", status_run, "", "how every room is" },
	{ "metrics", metrics_run, "", "numbers for a monitoring system, as OpenMetrics text" },
	{ "reload", reload_run, "", "read the configuration again" },
	{ "unlock", unlock_run, "", "open the spool with the passphrase of its key" },
	{ "spool verify", spool_verify_run, "[--structure] [DIRECTORY]", "check every seal of the spool" },
	{ "version", version_run, "", "print the version" },
};
#define COMMANDS (sizeof(commands) / sizeof(*commands))

int
ctl_usage(const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "sealpost: ");
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\n");
	return EX_USAGE;
}

static void
help(FILE *to)
{
	fprintf(to, "usage: sealpost [-j] [-c FILE] [-s SOCKET] COMMAND ...\n\n");
	for (size_t i = 0; i < COMMANDS; i++) {
		char call[80];

		snprintf(call, sizeof(call), "%s %s", commands[i].name, commands[i].arguments);
		fprintf(to, "  %-42s %s\n", call, commands[i].about);
	}
	fprintf(to, "\nA filter is any of: ID ..., --from ADDRESS, --to ADDRESS, --to-domain DOMAIN, --hop HOP, --state STATE,\n"
	    "--reason WORD, --older DURATION, --all; a change also takes --dry-run.\n"
	    "A policy to be published goes with --mx HOST,..., --certificate FILE,... and --published FILE;\n"
	    "TLSA records with --port PORT, --usage 3|2 and --published FILE.\n"
	    "A key for signing goes with --domain DOMAIN, --selector SELECTOR and --key FILE; a new one with --out FILE,\n"
	    "--type rsa|ed25519 and --bits N.\n"
	    "A check of SPF goes with --helo NAME, --from ADDRESS or both, --dns-server ADDRESS[:PORT] and --verbose.\n"
	    "A message is checked with --dns-server ADDRESS[:PORT], its signatures for --service email|tlsrpt, and for\n"
	    "DMARC with its client as for SPF, or with what SPF said: --spf-result pass:example.org.\n"
	    "Peers go with --fault WORD|any, --direction in|out, --since 2026-11-22|7d and --domain DOMAIN; --long shows all of each.\n"
	    "Whose Received fields are evidence goes with --trusted NAME|NETWORK,...; a FILE is a message, an mbox or a maildir.\n"
	    "An exception has --require encrypt|verify|secure, --until DATE and --why TEXT.\n"
	    "-j, --json      answers are JSON lines\n"
	    "-c, --config    the configuration (%s/sealpost.yaml)\n"
	    "-s, --socket    the control socket (as the configuration says)\n", SEALPOST_SYSCONFDIR);
}

/* Whether the argument is this option, as -c VALUE, --config VALUE or --config=VALUE; takes the value along. */
static bool
takes_value(int argc, char **argv, int *i, const char *letter, const char *word, const char **value)
{
	size_t length = strlen(word);

	if (strncmp(argv[*i], word, length) == 0 && argv[*i][length] == '=') {
		*value = argv[*i] + length + 1;
		return true;
	}
	if ((strcmp(argv[*i], letter) != 0 && strcmp(argv[*i], word) != 0) || *i + 1 >= argc)
		return false;
	*value = argv[++*i];
	return true;
}

/* Take the common options out, wherever they stand; what is left is the command. Returns how many words it has. */
static int
options_take(int argc, char **argv, struct options *options, bool *wants_help)
{
	int kept = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-j") == 0 || strcmp(argv[i], "--json") == 0)
			options->json = true;
		else if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0)
			*wants_help = true;
		else if (!takes_value(argc, argv, &i, "-c", "--config", &options->file) &&
		    !takes_value(argc, argv, &i, "-s", "--socket", &options->socket))
			argv[kept++] = argv[i];
	}
	argv[kept] = NULL;
	return kept;
}

/* How many of the words are the command's name: 0 = they are not. */
static int
name_matches(const char *name, int argc, char **argv)
{
	struct span rest = span_of(name), word;
	int words = 0;

	while (span_cut(&rest, ' ', &word)) {
		if (words >= argc || !span_equal(span_of(argv[words]), word))
			return 0;
		words++;
	}
	return words;
}

int
main(int argc, char **argv)
{
	struct options options = { .file = SEALPOST_SYSCONFDIR "/sealpost.yaml" };
	bool wants_help = false;
	int count = options_take(argc, argv, &options, &wants_help), code;

	signal(SIGPIPE, SIG_IGN);
	log_open("sealpost", LOG_TO_STDERR, LOG_LEVEL_WARN, LOG_ADDRESSES_FULL);
	if (count == 1 && strcmp(argv[0], "help") == 0)
		wants_help = true;
	if (wants_help || count == 0) {
		help(wants_help ? stdout : stderr);
		return wants_help ? EX_OK : EX_USAGE;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		int words = name_matches(commands[i].name, count, argv);

		if (words == 0)
			continue;
		/* The last word of the name is what a command finds in front of its arguments. */
		code = commands[i].run(&options, count - words + 1, argv + words - 1);
		if (fflush(stdout) != 0 || ferror(stdout))
			return code == EX_OK ? EX_IOERR : code;
		return code;
	}
	return ctl_usage("there is no command \"%s%s%s\"; see sealpost --help", argv[0], count > 1 ? " " : "",
	    count > 1 ? argv[1] : "");
}
