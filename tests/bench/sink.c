/*
 * sink: the next hop of tests and of contrib/quickstart. Takes every message for every recipient, over STARTTLS
 * only, and says at its end what it got: how many, which twice, which not at all. A thread for each connection.
 *
 * A message that blast made carries its number in the header field X-Blast; others count too, without a number. With
 * --recipients N what counts is each of the N recipients that blast gave a message, and that its number is the header's.
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
#define LISTENS_MAX 64
#define STACK_OCTETS (512 * 1024)

enum failure { FAIL_NOTHING, FAIL_MANGLED, FAIL_NO_STARTTLS, FAIL_LATER, FAIL_REFUSE, FAIL_DROP, FAIL_KINDS };

static const char *const failures[FAIL_KINDS] = { "nothing", "mangled", "no-starttls", "later", "refuse", "drop" };

static struct {
	const char *name, *folder, *certificate, *key;
	enum failure failure;
	unsigned every;			/* the failure befalls every so many messages */
	unsigned long expect;		/* end when so many numbers were seen; 0 = go on */
	unsigned long recipients;	/* of a message of blast's; 0 = messages are counted */
	unsigned long tarpit_ms;	/* a listener of that kind waits so long before each reply */
	bool has_tarpits;		/* expect is what the other listeners see */
	FILE *seen_file;
	SSL_CTX *context;
} options = { .name = "sink.test", .every = 1 };

static struct {
	pthread_mutex_t lock;
	unsigned char times[NUMBERS_MAX];	/* each number was seen */
	unsigned long messages, recipients, unique, duplicates, unnumbered, mixed_up, in_time;
	double last_s, last_in_time_s;		/* in_time: what came to listeners that are no tarpits */
	atomic_ulong connections, tls, resumed, clear_attempts, begun;
} seen = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* One message being received. */
struct letter {
	long number;			/* of X-Blast; -1 without */
	unsigned long recipients, count;
	bool is_late;			/* of a tarpit */
	unsigned long *numbers;		/* of blast's recipients, with --recipients; the first numbers_count of numbers_size */
	size_t numbers_count, numbers_size;
	FILE *file;
	char file_name[512], path[600];
};

static void
fail(const char *what)
{
	fprintf(stderr, "sink: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static double
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
report(void)
{
	unsigned long missing = 0;

	for (unsigned long n = 0; n < options.expect && n < NUMBERS_MAX; n++)
		missing += seen.times[n] == 0;
	printf("{\"messages\": %lu, \"recipients\": %lu, \"unique\": %lu, \"duplicates\": %lu, \"missing\": %lu, "
	    "\"unnumbered\": %lu, \"mixed_up\": %lu, \"in_time\": %lu, \"connections\": %lu, \"tls\": %lu, \"resumed\": %lu, "
	    "\"clear_attempts\": %lu, \"last\": %.6f, \"last_in_time\": %.6f}\n", seen.messages, seen.recipients, seen.unique,
	    seen.duplicates, missing, seen.unnumbered, seen.mixed_up, seen.in_time, atomic_load(&seen.connections),
	    atomic_load(&seen.tls), atomic_load(&seen.resumed), atomic_load(&seen.clear_attempts), seen.last_s, seen.last_in_time_s);
	fflush(stdout);
}

/* --- messages */

static void
letter_open(struct letter *letter)
{
	letter->number = -1;	/* X-Blast is to come */
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
	if (letter->number < 0 && strncasecmp(line, "X-Blast: ", 9) == 0) {
		const char *space = strrchr(line, ' ');

		letter->number = strtol(space + 1, NULL, 10);
	}
	if (letter->file != NULL)
		fprintf(letter->file, "%s\r\n", line);
}

/* One number more. The lock is held. */
static void
count_number(const struct letter *letter, unsigned long number)
{
	if (number >= NUMBERS_MAX) {
		seen.unnumbered++;
		return;
	}
	if (seen.times[number] == 0) {
		seen.unique++;
		seen.in_time += !letter->is_late;
	} else {
		seen.duplicates++;
	}
	if (seen.times[number] < 255)
		seen.times[number]++;
	if (options.seen_file != NULL)
		fprintf(options.seen_file, "%lu\n", number);
}

/* The recipients of a message, or the message. The lock is held. */
static void
count_letter(const struct letter *letter)
{
	seen.messages++;
	seen.recipients += letter->recipients;
	seen.last_s = now_s();
	if (!letter->is_late)
		seen.last_in_time_s = seen.last_s;
	if (letter->number < 0)
		seen.unnumbered++;
	else if (options.recipients == 0)
		count_number(letter, (unsigned long)letter->number);
	for (size_t i = 0; letter->number >= 0 && i < letter->numbers_count; i++) {
		seen.mixed_up += letter->numbers[i] / options.recipients != (unsigned long)letter->number;
		count_number(letter, letter->numbers[i]);
	}
	if (options.seen_file != NULL)
		fflush(options.seen_file);
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
	count_letter(letter);
	if (options.expect > 0 && (options.has_tarpits ? seen.in_time : seen.unique) >= options.expect)
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

/* RCPT TO:<rN-I@...>, as blast makes them: recipient I of message N. */
static void
note_recipient(struct letter *letter, const char *line)
{
	unsigned long number, i;

	if (options.recipients == 0)
		return;
	if (letter->numbers_count == letter->numbers_size) {
		letter->numbers_size = letter->numbers_size * 2 + 16;
		letter->numbers = realloc(letter->numbers, letter->numbers_size * sizeof(*letter->numbers));
		if (letter->numbers == NULL)
			fail("memory");
	}
	letter->numbers[letter->numbers_count++] = sscanf(line + 8, " <r%lu-%lu@", &number, &i) == 2 && i < options.recipients ?
	    number * options.recipients + i : NUMBERS_MAX;
}

static bool
take_envelope(struct talk *talk, struct letter *letter, const char *line)
{
	if (strncasecmp(line, "RCPT TO:", 8) != 0) {
		letter->recipients = letter->numbers_count = 0;
		letter->number = -1;
		return talk_printf(talk, "250 2.1.0 ok\r\n");
	}
	if (options.failure == FAIL_REFUSE)
		return talk_printf(talk, "550 5.1.1 nobody of that name\r\n");
	letter->recipients++;
	note_recipient(letter, line);
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
		if (SSL_session_reused(talk->ssl))
			atomic_fetch_add(&seen.resumed, 1);
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

/* What a connection's thread is given. */
struct call {
	struct talk talk;
	bool is_tarpit;
};

static bool
linger(const struct call *call)
{
	if (call->is_tarpit)
		nanosleep(&(struct timespec){ .tv_sec = (time_t)(options.tarpit_ms / 1000),
		    .tv_nsec = (long)(options.tarpit_ms % 1000) * 1000000 }, NULL);
	return true;
}

static void *
serve(void *arg)
{
	struct call *call = arg;
	struct talk *talk = &call->talk;
	struct letter letter = { .number = -1, .is_late = call->is_tarpit };
	bool chunks_are_open = false;
	char line[4096];

	atomic_fetch_add(&seen.connections, 1);
	if (linger(call) && talk_printf(talk, "220 %s ESMTP\r\n", options.name))
		while (talk_line(talk, line, sizeof(line)) && linger(call) && obey(talk, &letter, line, &chunks_are_open))
			;
	if (chunks_are_open)
		letter_close(&letter, false);
	talk_close(talk);
	ERR_clear_error();
	free(letter.numbers);
	free(call);
	return NULL;
}

/* --- all connections */

struct listener {
	int fd;
	bool is_tarpit;
};

static void *
accept_all(void *arg)
{
	const struct listener *listener = arg;
	pthread_attr_t attributes;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_OCTETS);
	for (;;) {
		int fd = accept(listener->fd, NULL, NULL);
		struct call *call;
		pthread_t thread;

		if (fd < 0)
			continue;
		call = malloc(sizeof(*call));
		if (call == NULL)
			fail("memory");
		call->is_tarpit = listener->is_tarpit;
		talk_init(&call->talk, fd, 300);
		if (pthread_create(&thread, &attributes, serve, call) != 0) {
			talk_close(&call->talk);
			free(call);
			continue;
		}
		pthread_detach(thread);
	}
	return NULL;
}

static void
listen_on(const char *text, bool is_tarpit)
{
	struct sockaddr_storage address;
	const int on = 1;
	pthread_t thread;
	unsigned length;
	struct listener *listener = malloc(sizeof(*listener));

	errno = EINVAL;
	if (listener == NULL || !talk_address(text, &address, &length))
		fail(text);
	listener->is_tarpit = is_tarpit;
	listener->fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener->fd, (struct sockaddr *)&address, length) < 0 || listen(listener->fd, 1024) < 0)
		fail(text);
	if (pthread_create(&thread, NULL, accept_all, listener) != 0)
		fail("thread");
	pthread_detach(thread);
}

/* ADDRESS:PORT; A.B.C.D-E:PORT are the addresses from D to E. */
static void
listen_on_all(const char *text, bool is_tarpit)
{
	char network[64], one[80];
	unsigned first, last, port;

	if (sscanf(text, "%63[0-9.]-%u:%u", network, &last, &port) != 3 || strrchr(network, '.') == NULL) {
		listen_on(text, is_tarpit);
		return;
	}
	first = (unsigned)strtoul(strrchr(network, '.') + 1, NULL, 10);
	strrchr(network, '.')[0] = '\0';
	for (unsigned i = first; i <= last; i++) {
		snprintf(one, sizeof(one), "%s.%u:%u", network, i, port);
		listen_on(one, is_tarpit);
	}
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
	SSL_CTX_set_read_ahead(options.context, 1);
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
	fputs("sink --listen ADDRESS[-LAST]:PORT... --cert FILE --key FILE [--name HOST] [--folder DIR] [--seen FILE] [--expect N] [--seconds N]\n"
	      "     [--fail mangled|no-starttls|later|refuse|drop] [--every N]\n"
	      "     [--recipients N] [--tarpit-listen ADDRESS[-LAST]:PORT... --tarpit MILLISECONDS]\n", stderr);
	exit(EXIT_FAILURE);
}

/* What to listen on: first the ordinary ones. */
struct listens {
	const char *names[LISTENS_MAX], *tarpits[LISTENS_MAX];
	size_t count, tarpits_count;
};

/* Returns the seconds to run, 0 = until a signal. */
static unsigned
options_read(int argc, char **argv, struct listens *listens)
{
	static const struct option words[] = {
		{ "listen", required_argument, NULL, 'l' }, { "cert", required_argument, NULL, 'c' },
		{ "key", required_argument, NULL, 'k' }, { "name", required_argument, NULL, 'n' },
		{ "folder", required_argument, NULL, 'd' }, { "seen", required_argument, NULL, 's' },
		{ "expect", required_argument, NULL, 'e' }, { "seconds", required_argument, NULL, 't' },
		{ "fail", required_argument, NULL, 'f' }, { "every", required_argument, NULL, 'v' },
		{ "recipients", required_argument, NULL, 'r' }, { "tarpit", required_argument, NULL, 'T' },
		{ "tarpit-listen", required_argument, NULL, 'L' }, { NULL, 0, NULL, 0 }
	};
	unsigned seconds = 0;

	for (int word; (word = getopt_long(argc, argv, "", words, NULL)) != -1;) {
		switch (word) {
		case 'l':
			if (listens->count < LISTENS_MAX)
				listens->names[listens->count++] = optarg;
			break;
		case 'L':
			options.has_tarpits = true;
			if (listens->tarpits_count < LISTENS_MAX)
				listens->tarpits[listens->tarpits_count++] = optarg;
			break;
		case 'T': options.tarpit_ms = strtoul(optarg, NULL, 10); break;
		case 'r': options.recipients = strtoul(optarg, NULL, 10); break;
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
	if (listens->count == 0 || optind < argc || options.every == 0)
		usage();
	return seconds;
}

int
main(int argc, char **argv)
{
	struct listens listens = { .count = 0 };
	unsigned seconds = options_read(argc, argv, &listens);
	const struct timespec wait = { .tv_sec = seconds };
	sigset_t ends;
	int came;

	context_make();
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
	talk_raise_descriptors();
	for (size_t i = 0; i < listens.count; i++)
		listen_on_all(listens.names[i], false);
	for (size_t i = 0; i < listens.tarpits_count; i++)
		listen_on_all(listens.tarpits[i], true);
	fputs("ready\n", stderr);
	came = seconds > 0 ? sigtimedwait(&ends, NULL, &wait) : sigwaitinfo(&ends, NULL);
	if (options.expect > 0 && came >= 0)
		nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);	/* the last replies leave; a copy would be seen */
	pthread_mutex_lock(&seen.lock);		/* nothing is counted any more */
	report();
	_exit(options.expect > 0 && (came < 0 || seen.unique < options.expect) ? EXIT_FAILURE : EXIT_SUCCESS);
}
