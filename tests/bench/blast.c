/*
 * blast: many messages over STARTTLS, from several sessions at once. Every message carries a run and a number in its
 * header, every number that was accepted is written down: with the sink's list that proves loss and duplicates.
 *
 * A number whose fate is not known (the connection ended between dot and reply) is never used again.
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

#define LATENCIES_MAX 1000000
#define SESSIONS_MAX 5000

static struct {
	struct sockaddr_storage address, source;
	unsigned address_length, source_length;
	unsigned long messages, per_connection, recipients, domains, seconds, idle_s, pace, timeout_s;
	unsigned sessions;
	size_t size;
	const char *domain, *sender, *run;
	bool persist;			/* go on after failures, until the time is over */
	FILE *acked_file;
	SSL_CTX *context;
} options = { .messages = 1, .per_connection = 1, .recipients = 1, .sessions = 1, .size = 1000, .domain = "dest.test",
	.sender = "blast@client.test", .run = "1", .seconds = 600,
	.timeout_s = 60 };

static struct {
	pthread_mutex_t lock;
	atomic_ulong next;		/* number to be taken */
	atomic_ulong accepted, refused, unknown, connections, failures, idle;
	unsigned latencies_us[LATENCIES_MAX];
	unsigned long latencies;
	double last_s;			/* when the last one was accepted */
	char first_error[300];
} state = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void
fail(const char *what)
{
	fprintf(stderr, "blast: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static double
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double started_s;

static bool
time_is_over(void)
{
	return now_s() - started_s > (double)options.seconds;
}

static void
note_error(const char *text)
{
	pthread_mutex_lock(&state.lock);
	if (state.first_error[0] == '\0')
		snprintf(state.first_error, sizeof(state.first_error), "%s", text);
	pthread_mutex_unlock(&state.lock);
}

/* --- one session */

static bool
expect(struct talk *talk, int wanted)
{
	char text[300] = "connection lost";
	int code = 0;

	if (talk_reply(talk, &code, text, sizeof(text)) && code == wanted)
		return true;
	note_error(text);
	return false;
}

/* The answer to EHLO; whether commands may be sent without waiting for replies (RFC 2920). */
static bool
expect_names(struct talk *talk, bool *pipelines)
{
	char line[300];

	*pipelines = false;
	do {
		if (!talk_line(talk, line, sizeof(line)) || strncmp(line, "250", 3) != 0)
			return false;
		*pipelines |= strcasecmp(line + 4, "PIPELINING") == 0;
	} while (line[3] == '-');
	return true;
}

/* Connected, secured and greeted; or NULL. */
static struct talk *
session_open(bool *pipelines)
{
	struct talk *talk = malloc(sizeof(*talk));
	int fd = socket(options.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (talk == NULL || fd < 0)
		fail("socket");
	talk_init(talk, fd, (int)options.timeout_s);
	if ((options.source_length > 0 && bind(fd, (struct sockaddr *)&options.source, options.source_length) < 0) ||
	    connect(fd, (struct sockaddr *)&options.address, options.address_length) < 0)
		note_error(strerror(errno));
	else if (expect(talk, 220) && talk_printf(talk, "EHLO blast.client.test\r\n") && expect(talk, 250) &&
	    talk_printf(talk, "STARTTLS\r\n") && expect(talk, 220) && talk_secure(talk, options.context, false) &&
	    talk_printf(talk, "EHLO blast.client.test\r\n") && expect_names(talk, pipelines)) {
		atomic_fetch_add(&state.connections, 1);
		return talk;
	}
	talk_close(talk);
	free(talk);
	ERR_clear_error();
	return NULL;
}

static void
session_close(struct talk **talk)
{
	if (*talk == NULL)
		return;
	talk_close(*talk);
	free(*talk);
	*talk = NULL;
	ERR_clear_error();
}

/* The recipients of message `number`: rN-I@destM.test spread over the domains, or rN-I@DOMAIN. */
static bool
send_recipient(struct talk *talk, unsigned long number, unsigned long i)
{
	if (options.domains > 0)
		return talk_printf(talk, "RCPT TO:<r%lu-%lu@dest%lu.test>\r\n", number, i, (number + i) % options.domains);
	return talk_printf(talk, "RCPT TO:<r%lu-%lu@%s>\r\n", number, i, options.domain);
}

/* Envelope and DATA in one go, or with a server that does not pipeline, command by command. */
static bool
pass_envelope(struct talk *talk, unsigned long number, bool pipelines)
{
	bool good = talk_printf(talk, "MAIL FROM:<%s>\r\n", options.sender) && (pipelines || expect(talk, 250));

	for (unsigned long i = 0; i < options.recipients && good; i++)
		good = send_recipient(talk, number, i) && (pipelines || expect(talk, 250));
	good = good && talk_printf(talk, "DATA\r\n");
	for (unsigned long i = 0; i < 1 + options.recipients && good && pipelines; i++)
		good = expect(talk, 250);
	return good && expect(talk, 354);
}

static bool
send_content(struct talk *talk, unsigned long number)
{
	static const char row[] = "The quick brown fox jumps over the lazy dog, and the dog lets it pass.\r\n";
	char *text = malloc(options.size + 2048);
	size_t length;
	bool good;

	if (text == NULL)
		fail("memory");
	length = (size_t)snprintf(text, 1024, "X-Blast: %s %lu\r\nFrom: <%s>\r\nTo: undisclosed-recipients:;\r\nSubject: message %lu\r\n"
	    "Date: Sun, 22 Nov 2026 10:00:00 +0000\r\nMessage-ID: <%s.%lu@client.test>\r\n\r\n", options.run, number, options.sender,
	    number, options.run, number);
	while (length < options.size) {
		memcpy(text + length, row, sizeof(row) - 1);
		length += sizeof(row) - 1;
	}
	memcpy(text + length, ".\r\n", 3);
	good = talk_write(talk, text, length + 3) && talk_flush(talk);
	free(text);
	return good;
}

static void
note_accepted(unsigned long number, double seconds)
{
	pthread_mutex_lock(&state.lock);
	state.last_s = now_s();
	if (state.latencies < LATENCIES_MAX)
		state.latencies_us[state.latencies++] = (unsigned)(seconds * 1e6);
	if (options.acked_file != NULL) {
		fprintf(options.acked_file, "%lu\n", number);
		fflush(options.acked_file);
	}
	pthread_mutex_unlock(&state.lock);
	atomic_fetch_add(&state.accepted, 1);
}

/* One message. Returns false when the session is of no more use. */
static bool
session_send(struct talk *talk, unsigned long number, bool pipelines)
{
	char text[300] = "connection lost behind the dot";
	double dot_s;
	int code = 0;

	if (!pass_envelope(talk, number, pipelines) || !send_content(talk, number)) {
		atomic_fetch_add(&state.refused, 1);
		return false;
	}
	dot_s = now_s();
	if (!talk_reply(talk, &code, text, sizeof(text))) {
		atomic_fetch_add(&state.unknown, 1);
		note_error(text);
		return false;
	}
	if (code != 250) {
		atomic_fetch_add(&state.refused, 1);
		note_error(text);
		return code != 421;
	}
	note_accepted(number, now_s() - dot_s);
	return true;
}

static bool
all_is_sent(void)
{
	return atomic_load(&state.accepted) >= options.messages || time_is_over() ||
	    (!options.persist && atomic_load(&state.next) >= options.messages);
}

static void
pause_a_little(void)
{
	const struct timespec little = { .tv_nsec = 50000000 };

	atomic_fetch_add(&state.failures, 1);
	nanosleep(&little, NULL);
}

/* A session that does nothing but exist: once all have come or failed to, it lasts for options.idle_s. */
static void *
session_idle(void *unused)
{
	const struct timespec little = { .tv_nsec = 20000000 };
	bool pipelines;
	struct talk *talk;

	(void)unused;
	talk = session_open(&pipelines);
	if (talk != NULL)
		atomic_fetch_add(&state.idle, 1);
	else
		atomic_fetch_add(&state.failures, 1);
	if (atomic_fetch_add(&state.next, 1) + 1 == options.sessions)
		fprintf(stderr, "idle %lu\n", atomic_load(&state.idle));
	while (talk != NULL && atomic_load(&state.next) < options.sessions && !time_is_over())
		nanosleep(&little, NULL);
	if (talk != NULL)
		nanosleep(&(struct timespec){ .tv_sec = (time_t)options.idle_s }, NULL);
	session_close(&talk);
	return NULL;
}

static void *
session_run(void *unused)
{
	struct talk *talk = NULL;
	unsigned long sent = 0;
	bool pipelines = false;

	(void)unused;
	while (!all_is_sent()) {
		/* Without --persist every number is tried once: as many as there are messages. */
		unsigned long number;

		if (talk == NULL) {
			talk = session_open(&pipelines);
			sent = 0;
		}
		if (talk == NULL) {
			pause_a_little();
			if (options.persist)
				continue;
			break;
		}
		number = atomic_fetch_add(&state.next, 1);
		if (!options.persist && number >= options.messages)
			break;
		if (!session_send(talk, number, pipelines)) {
			session_close(&talk);
			pause_a_little();
		} else if (++sent == options.per_connection) {
			(void)(talk_printf(talk, "QUIT\r\n") && expect(talk, 221));
			session_close(&talk);
		}
	}
	session_close(&talk);
	return NULL;
}

/* --- all of them */

static int
compare(const void *a, const void *b)
{
	unsigned left = *(const unsigned *)a, right = *(const unsigned *)b;

	return left < right ? -1 : left > right;
}

static double
percentile_ms(double part)
{
	if (state.latencies == 0)
		return 0;
	return state.latencies_us[(size_t)((double)(state.latencies - 1) * part)] / 1000.0;
}

static void
report(double seconds)
{
	unsigned long accepted = atomic_load(&state.accepted);

	qsort(state.latencies_us, state.latencies, sizeof(*state.latencies_us), compare);
	for (char *c = state.first_error; *c != '\0'; c++)
		if (*c == '"' || *c == '\\')
			*c = '\'';
	printf("{\"accepted\": %lu, \"refused\": %lu, \"unknown\": %lu, \"failures\": %lu, \"connections\": %lu, \"seconds\": %.3f, "
	    "\"per_second\": %.1f, \"dot_ms_p50\": %.2f, \"dot_ms_p99\": %.2f, \"idle\": %lu, \"began\": %.6f, \"last\": %.6f, "
	    "\"first_error\": \"%s\"}\n", accepted,
	    atomic_load(&state.refused), atomic_load(&state.unknown), atomic_load(&state.failures), atomic_load(&state.connections),
	    seconds, (double)accepted / seconds, percentile_ms(0.5), percentile_ms(0.99),
	    atomic_load(&state.idle), started_s, state.last_s, state.first_error);
}

static void
usage(void)
{
	fputs("blast --connect ADDRESS:PORT [--source ADDRESS] [--messages N] [--sessions N] [--per-connection N] [--size OCTETS]\n"
	      "      [--recipients N] [--domain NAME | --domains N] [--sender ADDRESS] [--run WORD] [--acked FILE] [--seconds N] [--persist]\n"
	      "      [--timeout SECONDS] [--pace SESSIONS] [--idle SECONDS]\n"
	      "--pace opens so many sessions a second; --idle sends nothing, but says `idle N` when N are there and keeps them so long.\n",
	    stderr);
	exit(EXIT_FAILURE);
}

static void
source_read(const char *text)
{
	char with_port[80];

	snprintf(with_port, sizeof(with_port), strchr(text, ':') != NULL ? "[%s]:0" : "%s:0", text);
	if (!talk_address(with_port, &options.source, &options.source_length))
		usage();
}

static void
option_read(int word)
{
	unsigned long number = optarg == NULL ? 0 : strtoul(optarg, NULL, 10);

	switch (word) {
	case 'c':
		if (!talk_address(optarg, &options.address, &options.address_length))
			usage();
		break;
	case 'a':
		if ((options.acked_file = fopen(optarg, "a")) == NULL)
			fail(optarg);
		break;
	case 'o': source_read(optarg); break;
	case 'm': options.messages = number; break;
	case 's': options.sessions = (unsigned)number; break;
	case 'p': options.per_connection = number; break;
	case 'z': options.size = number; break;
	case 'r': options.recipients = number; break;
	case 'd': options.domain = optarg; break;
	case 'D': options.domains = number; break;
	case 'f': options.sender = optarg; break;
	case 'R': options.run = optarg; break;
	case 't': options.seconds = number; break;
	case 'P': options.persist = true; break;
	case 'i': options.idle_s = number; break;
	case 'e': options.pace = number; break;
	case 'w': options.timeout_s = number; break;
	default: usage();
	}
}

int
main(int argc, char **argv)
{
	static const struct option words[] = {
		{ "connect", required_argument, NULL, 'c' }, { "source", required_argument, NULL, 'o' },
		{ "messages", required_argument, NULL, 'm' }, { "sessions", required_argument, NULL, 's' },
		{ "per-connection", required_argument, NULL, 'p' }, { "size", required_argument, NULL, 'z' },
		{ "recipients", required_argument, NULL, 'r' }, { "domain", required_argument, NULL, 'd' },
		{ "domains", required_argument, NULL, 'D' }, { "sender", required_argument, NULL, 'f' },
		{ "run", required_argument, NULL, 'R' }, { "acked", required_argument, NULL, 'a' },
		{ "seconds", required_argument, NULL, 't' }, { "persist", no_argument, NULL, 'P' },
		{ "idle", required_argument, NULL, 'i' }, { "pace", required_argument, NULL, 'e' },
		{ "timeout", required_argument, NULL, 'w' }, { NULL, 0, NULL, 0 }
	};
	static pthread_t threads[SESSIONS_MAX];

	for (int word; (word = getopt_long(argc, argv, "", words, NULL)) != -1;)
		option_read(word);
	if (options.address_length == 0 || optind < argc || options.sessions == 0 || options.sessions > SESSIONS_MAX)
		usage();
	signal(SIGPIPE, SIG_IGN);
	options.context = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_min_proto_version(options.context, TLS1_2_VERSION);
	SSL_CTX_set_read_ahead(options.context, 1);
	talk_raise_descriptors();
	started_s = now_s();
	for (unsigned i = 0; i < options.sessions; i++) {
		if (pthread_create(&threads[i], NULL, options.idle_s > 0 ? session_idle : session_run, NULL) != 0)
			fail("thread");
		if (options.pace > 0)
			nanosleep(&(struct timespec){ .tv_sec = options.pace == 1, .tv_nsec = options.pace == 1 ? 0 : 1000000000L / (long)options.pace }, NULL);
	}
	for (unsigned i = 0; i < options.sessions; i++)
		pthread_join(threads[i], NULL);
	report(now_s() - started_s);
	if (options.idle_s > 0)
		return atomic_load(&state.idle) == options.sessions ? EXIT_SUCCESS : EXIT_FAILURE;
	return atomic_load(&state.accepted) >= options.messages ? EXIT_SUCCESS : EXIT_FAILURE;
}
