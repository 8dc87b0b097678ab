/*
 * Everything a peer can say or do at every point of a connection: at each step of a polite one, one thing of the table
 * happens instead of the polite one. Nothing stops the room; every job is concluded once; nothing is said in clear.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fake/fake.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_resolver.h"
#include "tests/fake/fake_stream.h"
#include "tests/scenario/relay_world.h"

#define POINTS_MOST 60
#ifdef SEALPOST_SANITIZED
#define STRIDE 13	/* every event at every 13th point, each at another */
/* play_relay looks for leaks at all these ends; here that would be three quarters of the time. */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}
#else
#define STRIDE 1
#endif

/* What happens instead. */
static const struct event {
	const char *says;	/* NULL = nothing */
	enum { STAYS, CLOSES, TRUNCATES, RESETS, TLS_FAILS, IS_SILENT } does;
} events[] = {
	{ "220 hello\r\n", STAYS }, { "221 bye\r\n", STAYS }, { "250 ok\r\n", STAYS }, { "250-mx\r\n250 STARTTLS\r\n", STAYS },
	{ "251 ok\r\n", STAYS }, { "334 \r\n", STAYS }, { "354 go\r\n", STAYS }, { "421 4.3.2 bye\r\n", STAYS }, { "450 4.2.1 no\r\n", STAYS },
	{ "452 4.5.3 no\r\n", STAYS }, { "454 4.7.0 no\r\n", STAYS }, { "500 5.5.1 no\r\n", STAYS }, { "503 5.5.1 no\r\n", STAYS },
	{ "550 5.1.1 no\r\n", STAYS }, { "552 5.5.3 no\r\n", STAYS }, { "554 5.7.1 no\r\n", STAYS }, { "521 no\r\n", STAYS },
	{ "250 ok\r\n250 ok\r\n250 ok\r\n", STAYS }, { "354 go\r\n250 ok\r\n", STAYS }, { "421 bye\r\n", CLOSES }, { "250 ok\r\n", RESETS },
	{ "250-unfinished\r\n", CLOSES }, { "junk\r\n", STAYS }, { "\r\n", STAYS }, { "250 no CR\n", STAYS }, { "199 x\r\n", STAYS },
	{ "\x16\x03\x01\x02", IS_SILENT }, { NULL, CLOSES }, { NULL, TRUNCATES }, { NULL, RESETS }, { NULL, TLS_FAILS }, { NULL, IS_SILENT },
};
#define EVENTS (sizeof(events) / sizeof(*events))

/* What the polite peer offers, and what it is sent. */
static const struct variant {
	const char *offers;
	const char *hop;
	size_t octets;
} variants[] = {
	{ "", "mx:example.org", 100 }, { "250-PIPELINING\r\n", "mx:example.org", 100 }, { "250-PIPELINING\r\n250-CHUNKING\r\n", "mx:example.org", 100 },
	{ "250-PIPELINING\r\n250-CHUNKING\r\n", "mx:example.org", 200000 }, { "250-CHUNKING\r\n", "mx:example.org", 100 },
	{ "250-PIPELINING\r\n250-LIMITS RCPTMAX=1\r\n", "smtps:smart.example", 200000 }, { "250-PIPELINING\r\n", "lmtp:/run/lmtp", 100 },
};
#define VARIANTS (sizeof(variants) / sizeof(*variants))

static struct {
	const struct variant *variant;
	const struct event *event;
	unsigned point;		/* the step that is not polite */
	unsigned step;
	bool is_content;
	size_t chunk;
	bool had_event;
} walk;

static void
say(struct stream *stream, const char *text)
{
	if (fake_stream_fate(stream) == FAKE_STREAM_OPEN)
		fake_stream_feed(stream, span_of(text));
	fake_settle();
	fake_advance(0);
}

static void
event_do(struct stream *stream)
{
	static const enum stream_end ends[] = { [CLOSES] = STREAM_PEER_CLOSED, [TRUNCATES] = STREAM_TRUNCATED, [RESETS] = STREAM_RESET,
		[TLS_FAILS] = STREAM_TLS_ERROR };

	walk.had_event = true;
	if (walk.event->says != NULL && !fake_stream_is_laying(stream))
		say(stream, walk.event->says);
	if (fake_stream_fate(stream) != FAKE_STREAM_OPEN)
		return;
	if (fake_stream_is_laying(stream) && walk.event->does != IS_SILENT)
		fake_stream_laid(stream, walk.event->does == STAYS ? TRANSPORT_ERROR : TRANSPORT_RESET);
	else if (walk.event->does != STAYS && walk.event->does != IS_SILENT)
		fake_stream_end(stream, ends[walk.event->does], 104);
	fake_settle();
	fake_advance(0);
}

static const char *
polite_reply(const char *line)
{
	static char text[300];
	static const struct { const char *verb, *reply; } rows[] = { { "STARTTLS", "220 go\r\n" }, { "DATA", "354 go\r\n" }, { "QUIT", "221 bye\r\n" },
		{ "MAIL", "250 2.1.0 ok\r\n" }, { "RCPT", "250 2.1.5 ok\r\n" }, { "RSET", "250 2.0.0 ok\r\n" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strncmp(line, rows[i].verb, strlen(rows[i].verb)) == 0)
			return rows[i].reply;
	snprintf(text, sizeof(text), "250-mx.example\r\n%s250 STARTTLS\r\n", walk.variant->offers);
	return text;
}

/* Hear one thing and answer it, or do what is to be done at this point. Returns false when there is nothing to hear. */
static bool
polite_step(struct stream *stream)
{
	struct span sent = fake_stream_sent(stream);
	const char *line, *reply;

	if (walk.chunk > 0) {
		size_t some = sent.length < walk.chunk ? sent.length : walk.chunk;

		fake_stream_consume(stream, some);
		walk.chunk -= some;
		if (walk.chunk > 0 || some == 0)
			return some > 0;
		reply = "250 2.0.0 ok\r\n";
	} else {
		line = world_hear(stream);
		if (line == NULL)
			return false;
		if (walk.is_content && strcmp(line, ".") != 0)
			return true;
		reply = walk.is_content ? "250 2.0.0 ok\r\n" : polite_reply(line);
		walk.is_content = strcmp(line, "DATA") == 0;
		if (strncmp(line, "BDAT ", 5) == 0 && (walk.chunk = strtoul(line + 5, NULL, 10)) > 0)
			return true;
	}
	if (walk.step++ == walk.point)
		event_do(stream);
	else
		say(stream, reply);
	return true;
}

static void
polite_begin(struct stream *stream)
{
	bool is_implicit = strncmp(walk.variant->hop, "smtps:", 6) == 0;

	if (walk.step++ == walk.point) {
		walk.had_event = true;
		fake_stream_connected(stream, walk.event->does == STAYS ? 111 : 110);
		fake_settle();
		return;
	}
	fake_stream_connected(stream, 0);
	fake_settle();
	if (is_implicit)
		fake_stream_laid(stream, TRANSPORT_OK);
	fake_settle();
	if (walk.step++ == walk.point)
		event_do(stream);
	else
		say(stream, "220 mx.example ESMTP\r\n");
}

/* One connection, polite but at one point, until nothing happens any more. */
static void
connection_play(struct stream *stream)
{
	polite_begin(stream);
	while (fake_stream_fate(stream) == FAKE_STREAM_OPEN) {
		if (fake_stream_is_laying(stream)) {
			if (walk.step++ == walk.point)
				event_do(stream);
			else
				fake_stream_laid(stream, TRANSPORT_OK);
			fake_settle();
			if (fake_stream_is_laying(stream))
				break;
		} else if (!polite_step(stream)) {
			break;
		}
	}
	/* At rest, too, something can happen; and then QUIT comes. */
	if (!walk.had_event && fake_stream_fate(stream) == FAKE_STREAM_OPEN && walk.step++ == walk.point)
		event_do(stream);
	fake_advance(25000);
	while (fake_stream_fate(stream) == FAKE_STREAM_OPEN && polite_step(stream))
		;
}

static char body[200000];

static void
job_give(uint64_t id)
{
	struct recipient recipients[] = { { .address = SPAN("a@example.org") }, { .address = SPAN("b@example.org") } };
	struct job job = { .id = id, .hop = span_of(walk.variant->hop), .connections = 1 };
	job.envelope.sender = SPAN("s@client.example");
	job.envelope.recipients = recipients;
	job.envelope.recipients_count = 2;
	job.envelope.body.length = walk.variant->octets - walk.variant->octets % 13;
	world_job(&job, span_make(body, job.envelope.body.length), 65536);
}

static void
script(void)
{
	struct stream *stream;
	unsigned n = 0;

	fake_dns_add("example.org", DNS_MX, "10 mx1.example");
	fake_dns_add("example.org", DNS_MX, "20 mx2.example");
	fake_dns_add("mx1.example", DNS_A, "192.0.2.1");
	fake_dns_add("mx2.example", DNS_A, "192.0.2.2");
	fake_dns_add("smart.example", DNS_A, "192.0.2.3");
	for (uint64_t id = 1; id <= 3; id++)
		job_give(id);
	fake_settle();
	fake_advance(0);
	/* The first connection is walked; those behind it never come to anything. */
	stream = world_connection(++n);
	if (stream == NULL)
		fake_fail("nothing was begun");
	connection_play(stream);
	fake_advance(24 * 3600 * 1000);
	for (uint64_t id = 1; id <= 3; id++)
		if (world_outcome(id, "a@example.org") == NULL || world_outcome(id, "b@example.org") == NULL)
			fake_fail("job %u is never concluded", (unsigned)id);
}

static void
on_abort(int number)
{
	(void)number;
	fprintf(stderr, "point %u, event %zu (%s), variant %zu\n", walk.point, (size_t)(walk.event - events),
	    walk.event->says == NULL ? "-" : walk.event->says, (size_t)(walk.variant - variants));
}

/* Returns 0 when the point was reached, 1 when the connection is over before it, 2 when something failed. */
static int
walk_play(const struct variant *variant, const struct event *event, unsigned point)
{
	pid_t pid;
	int status;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		walk.variant = variant;
		walk.event = event;
		walk.point = point;
		signal(SIGABRT, on_abort);
		world_play(script);
		exit(walk.had_event ? 0 : 1);
	}
	if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return 2;
	return WEXITSTATUS(status);
}

int
main(void)
{
	unsigned played = 0, failed = 0;

	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = "0123456789.\r\n"[i % 13];
	for (size_t v = 0; v < VARIANTS; v++)
		for (size_t e = 0; e < EVENTS && failed < 5; e++)
			for (unsigned point = (unsigned)e % STRIDE; point < POINTS_MOST; point += STRIDE) {
				int result = walk_play(&variants[v], &events[e], point);

				played++;
				failed += result == 2;
				if (result != 0)
					break;
			}
	printf("%u walks, %u failed\n", played, failed);
	return played > EVENTS * VARIANTS * 10 / STRIDE && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
