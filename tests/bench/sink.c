/*
 * sink: the next hop of tests and of contrib/quickstart. Takes every message for every recipient, over STARTTLS
 * only, and says at its end what it got: how many, which twice, which not at all. A thread for each connection.
 *
 * A message that blast made carries its number in the header field X-Blast; others count too, without a number.
 */
#include <errno.h>
#include <getopt.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "talk.h"

#define NUMBERS_MAX 10000000

enum failure { FAIL_NOTHING, FAIL_MANGLED, FAIL_NO_STARTTLS, FAIL_LATER, FAIL_REFUSE, FAIL_DROP, FAIL_KINDS };

static const char *const failures[FAIL_KINDS] = { "nothing", "mangled", "no-starttls", "later", "refuse", "drop" };

static struct {
	const char *name, *folder, *certificate, *key;
	enum failure failure;
	unsigned every;			/* the failure befalls every so many messages */
	unsigned long expect;		/* end when so many numbers were seen; 0 = go on */
	FILE *seen_file;
	SSL_CTX *context;
} options = { .name = "sink.test", .every = 1 };

static struct {
	pthread_mutex_t lock;
	unsigned char times[NUMBERS_MAX];	/* each number was seen */
	unsigned long messages, recipients, unique, duplicates, unnumbered, highest;
	atomic_ulong connections, tls, clear_attempts, begun;
} seen = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* One message being received. */
struct letter {
	long number;			/* of X-Blast; -1 without */
	unsigned long recipients, count;
	FILE *file;
	char file_name[512], path[600];
};

static void
fail(const char *what)
{
	fprintf(stderr, "sink: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void
report(void)
{
	unsigned long missing = 0;

	for (unsigned long n = 0; n < options.expect && n < NUMBERS_MAX; n++)
		missing += seen.times[n] == 0;
	printf("{\"messages\": %lu, \"recipients\": %lu, \"unique\": %lu, \"duplicates\": %lu, \"missing\": %lu, "
	    "\"unnumbered\": %lu, \"connections\": %lu, \"tls\": %lu, \"clear_attempts\": %lu}\n", seen.messages, seen.recipients,
	    seen.unique, seen.duplicates, missing, seen.unnumbered, atomic_load(&seen.connections), atomic_load(&seen.tls),
	    atomic_load(&seen.clear_attempts));
	fflush(stdout);
}

/* --- messages */

static void
letter_open(struct letter *letter)
{
	letter->number = -1;
	letter->file = NULL;
	letter->count = atomic_fetch_add(&seen.begun, 1) + 1;
	if (options.folder == NULL)
		return;
	snprintf(letter->file_name, sizeof(letter->file_name), "%s/%08lu", options.folder, letter->count);
	snprintf(letter->path, sizeof(letter->path), "%s.part", letter->file_name);
	letter->file = fopen(letter->path, "w");
	if (letter->file == NULL)
		fail(letter->path);
}

static void
letter_line(struct letter *letter, const char *line)
{
	if (strncasecmp(line, "X-Blast: ", 9) == 0 && letter->number < 0) {
		const char *space = strrchr(line, ' ');

		letter->number = strtol(space + 1, NULL, 10);
	}
	if (letter->file != NULL)
		fprintf(letter->file, "%s\r\n", line);
}

/* Count it and keep its file; or forget it when it was not taken. */
static void
letter_close(struct letter *letter, bool taken)
{
	if (letter->file != NULL && (fclose(letter->file) != 0 || (taken ? rename(letter->path, letter->file_name) : unlink(letter->path)) < 0))
		fail(letter->path);
	letter->file = NULL;
	if (!taken)
		return;
	pthread_mutex_lock(&seen.lock);
	seen.messages++;
	seen.recipients += letter->recipients;
	if (letter->number < 0 || letter->number >= NUMBERS_MAX) {
		seen.unnumbered++;
	} else {
		if (seen.times[letter->number] == 0)
			seen.unique++;
		else
			seen.duplicates++;
		if (seen.times[letter->number] < 255)
			seen.times[letter->number]++;
		if (options.seen_file != NULL) {
			fprintf(options.seen_file, "%ld\n", letter->number);
			fflush(options.seen_file);
		}
	}
	if (options.expect > 0 && seen.unique >= options.expect)
		kill(getpid(), SIGTERM);
	pthread_mutex_unlock(&seen.lock);
}

/* --- one connection */

static bool
befalls(const struct letter *letter, enum failure failure)
{
	return options.failure == failure && letter->count % options.every == 0;
}

static bool
greet_names(struct talk *talk)
{
	const char *starttls = talk->ssl != NULL || options.failure == FAIL_NO_STARTTLS ? "" :
	    options.failure == FAIL_MANGLED ? "250-XXXXXXXX\r\n" : "250-STARTTLS\r\n";

	return talk_printf(talk, "250-%s\r\n250-PIPELINING\r\n%s250-8BITMIME\r\n250-SIZE 0\r\n250-DSN\r\n250-SMTPUTF8\r\n"
	    "250-CHUNKING\r\n250 ENHANCEDSTATUSCODES\r\n", options.name, starttls);
}

/* Take the content, answer its end. */
static bool
conclude(struct talk *talk, struct letter *letter)
{
	if (befalls(letter, FAIL_LATER)) {
		letter_close(letter, false);
		return talk_printf(talk, "451 4.3.0 not now\r\n");
	}
	letter_close(letter, true);
	letter->recipients = 0;
	if (befalls(letter, FAIL_DROP))
		return false;	/* taken, and the reply is lost */
	return talk_printf(talk, "250 2.0.0 taken as %lu\r\n", letter->count);
}

static bool
take_data(struct talk *talk, struct letter *letter)
{
	char line[TALK_OCTETS];

	if (letter->recipients == 0)
		return talk_printf(talk, "503 5.5.1 no recipients\r\n");
	if (!talk_printf(talk, "354 go ahead\r\n"))
		return false;
	letter_open(letter);
	for (;;) {
		if (!talk_line(talk, line, sizeof(line))) {
			letter_close(letter, false);
			return false;
		}
		if (strcmp(line, ".") == 0)
			return conclude(talk, letter);
		letter_line(letter, line[0] == '.' ? line + 1 : line);
	}
}

/* A chunk: the number of a message is in the first, which has the whole header (blast's messages are small). */
static bool
take_chunk(struct talk *talk, struct letter *letter, const char *line, bool *is_open)
{
	unsigned long left = strtoul(line + 5, NULL, 10);
	bool is_last = strcasestr(line, " LAST") != NULL;
	char header[TALK_OCTETS];
	size_t kept = 0;

	if (letter->recipients > 0 && !*is_open) {
		letter_open(letter);
		*is_open = true;
	}
	while (left > 0) {
		const char *octets;
		size_t length;

		if (!talk_some(talk, &octets, &length, left))
			return false;
		if (kept + length < sizeof(header)) {
			memcpy(header + kept, octets, length);
			kept += length;
		}
		if (*is_open && letter->file != NULL)
			fwrite(octets, 1, length, letter->file);
		left -= length;
	}
	header[kept] = '\0';
	if (!*is_open)
		return talk_printf(talk, "503 5.5.1 no recipients\r\n");
	if (letter->number < 0) {
		const char *field = strcasestr(header, "X-Blast: "), *space = field == NULL ? NULL : strchr(field + 9, ' ');

		letter->number = space == NULL ? -1 : strtol(space + 1, NULL, 10);
	}
	if (!is_last)
		return talk_printf(talk, "250 2.0.0 ok\r\n");
	*is_open = false;
	return conclude(talk, letter);
}

static bool
take_envelope(struct talk *talk, struct letter *letter, const char *line)
{
	if (strncasecmp(line, "RCPT TO:", 8) != 0) {
		letter->recipients = 0;
		letter->number = -1;
		return talk_printf(talk, "250 2.1.0 ok\r\n");
	}
	if (options.failure == FAIL_REFUSE)
		return talk_printf(talk, "550 5.1.1 nobody of that name\r\n");
	letter->recipients++;
	return talk_printf(talk, "250 2.1.5 ok\r\n");
}

static bool
is_verb(const char *line, const char *verb)
{
	return strncasecmp(line, verb, strlen(verb)) == 0;
}

/* Answer one command. Returns false when the conversation is over. */
static bool
obey(struct talk *talk, struct letter *letter, const char *line, bool *chunks_are_open)
{
	bool is_clear = talk->ssl == NULL;

	if (is_verb(line, "EHLO"))
		return greet_names(talk);
	if (is_verb(line, "QUIT")) {
		(void)talk_printf(talk, "221 2.0.0 bye\r\n");
		return false;
	}
	if (is_verb(line, "NOOP"))
		return talk_printf(talk, "250 2.0.0 ok\r\n");
	if (is_verb(line, "STARTTLS") && is_clear) {
		if (options.failure == FAIL_MANGLED || options.failure == FAIL_NO_STARTTLS)
			return talk_printf(talk, "502 5.5.1 no such command\r\n");
		if (!talk_printf(talk, "220 2.0.0 go ahead\r\n") || !talk_secure(talk, options.context, true))
			return false;
		atomic_fetch_add(&seen.tls, 1);
		return true;
	}
	if (is_clear) {
		atomic_fetch_add(&seen.clear_attempts, 1);
		return talk_printf(talk, "530 5.7.0 STARTTLS first\r\n");
	}
	if (is_verb(line, "MAIL FROM:") || is_verb(line, "RCPT TO:"))
		return take_envelope(talk, letter, line);
	if (is_verb(line, "DATA"))
		return take_data(talk, letter);
	if (is_verb(line, "BDAT "))
		return take_chunk(talk, letter, line, chunks_are_open);
	if (is_verb(line, "RSET")) {
		letter->recipients = 0;
		return talk_printf(talk, "250 2.0.0 ok\r\n");
	}
	return talk_printf(talk, "500 5.5.2 no such command\r\n");
}

static void *
serve(void *arg)
{
	struct talk *talk = arg;
	struct letter letter = { .number = -1 };
	bool chunks_are_open = false;
	char line[4096];

	atomic_fetch_add(&seen.connections, 1);
	if (talk_printf(talk, "220 %s ESMTP\r\n", options.name))
		while (talk_line(talk, line, sizeof(line)) && obey(talk, &letter, line, &chunks_are_open))
			;
	if (chunks_are_open)
		letter_close(&letter, false);
	talk_close(talk);
	ERR_clear_error();
	free(talk);
	return NULL;
}

/* --- all connections */

static void *
accept_all(void *arg)
{
	int listener = *(int *)arg;

	for (;;) {
		int fd = accept(listener, NULL, NULL);
		struct talk *talk;
		pthread_t thread;

		if (fd < 0)
			continue;
		talk = malloc(sizeof(*talk));
		if (talk == NULL)
			fail("memory");
		talk_init(talk, fd, 300);
		if (pthread_create(&thread, NULL, serve, talk) != 0) {
			talk_close(talk);
			free(talk);
			continue;
		}
		pthread_detach(thread);
	}
	return NULL;
}

static void
listen_on(const char *text)
{
	struct sockaddr_storage address;
	const int on = 1;
	pthread_t thread;
	unsigned length;
	int *listener = malloc(sizeof(*listener));

	errno = EINVAL;
	if (listener == NULL || !talk_address(text, &address, &length))
		fail(text);
	*listener = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)setsockopt(*listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(*listener, (struct sockaddr *)&address, length) < 0 || listen(*listener, 1024) < 0)
		fail(text);
	if (pthread_create(&thread, NULL, accept_all, listener) != 0)
		fail("thread");
	pthread_detach(thread);
}

static void
context_make(void)
{
	options.context = SSL_CTX_new(TLS_server_method());
	if (options.context == NULL || options.certificate == NULL || options.key == NULL ||
	    SSL_CTX_use_certificate_chain_file(options.context, options.certificate) != 1 ||
	    SSL_CTX_use_PrivateKey_file(options.context, options.key, SSL_FILETYPE_PEM) != 1) {
		ERR_print_errors_fp(stderr);
		fail("certificate and key");
	}
	SSL_CTX_set_min_proto_version(options.context, TLS1_2_VERSION);
	SSL_CTX_set_options(options.context, SSL_OP_IGNORE_UNEXPECTED_EOF);
}

static enum failure
failure_named(const char *name)
{
	for (int i = 0; i < FAIL_KINDS; i++)
		if (strcmp(failures[i], name) == 0)
			return (enum failure)i;
	errno = EINVAL;
	fail(name);
	return FAIL_NOTHING;
}

static void
usage(void)
{
	fputs("sink --listen ADDRESS:PORT... --cert FILE --key FILE [--name HOST] [--folder DIR] [--seen FILE] [--expect N] [--seconds N]\n"
	      "     [--fail mangled|no-starttls|later|refuse|drop] [--every N]\n", stderr);
	exit(EXIT_FAILURE);
}

/* Options; the addresses to listen on are put into listens. Returns the seconds to run, 0 = until a signal. */
static unsigned
options_read(int argc, char **argv, const char **listens, size_t most)
{
	static const struct option words[] = {
		{ "listen", required_argument, NULL, 'l' }, { "cert", required_argument, NULL, 'c' },
		{ "key", required_argument, NULL, 'k' }, { "name", required_argument, NULL, 'n' },
		{ "folder", required_argument, NULL, 'd' }, { "seen", required_argument, NULL, 's' },
		{ "expect", required_argument, NULL, 'e' }, { "seconds", required_argument, NULL, 't' },
		{ "fail", required_argument, NULL, 'f' }, { "every", required_argument, NULL, 'v' }, { NULL, 0, NULL, 0 }
	};
	unsigned seconds = 0;
	size_t count = 0;

	for (int word; (word = getopt_long(argc, argv, "", words, NULL)) != -1;) {
		switch (word) {
		case 'l':
			if (count + 1 < most)
				listens[count++] = optarg;
			break;
		case 'c': options.certificate = optarg; break;
		case 'k': options.key = optarg; break;
		case 'n': options.name = optarg; break;
		case 'd': options.folder = optarg; break;
		case 's':
			if ((options.seen_file = fopen(optarg, "a")) == NULL)
				fail(optarg);
			break;
		case 'e': options.expect = strtoul(optarg, NULL, 10); break;
		case 't': seconds = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'f': options.failure = failure_named(optarg); break;
		case 'v': options.every = (unsigned)strtoul(optarg, NULL, 10); break;
		default: usage();
		}
	}
	if (count == 0 || optind < argc || options.every == 0)
		usage();
	return seconds;
}

int
main(int argc, char **argv)
{
	const char *listens[65] = { NULL };
	unsigned seconds = options_read(argc, argv, listens, 65);
	const struct timespec wait = { .tv_sec = seconds };
	sigset_t ends;
	int came;

	context_make();
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
	for (size_t i = 0; listens[i] != NULL; i++)
		listen_on(listens[i]);
	fputs("ready\n", stderr);
	came = seconds > 0 ? sigtimedwait(&ends, NULL, &wait) : sigwaitinfo(&ends, NULL);
	pthread_mutex_lock(&seen.lock);		/* nothing is counted any more */
	report();
	_exit(options.expect > 0 && (came < 0 || seen.unique < options.expect) ? EXIT_FAILURE : EXIT_SUCCESS);
}
