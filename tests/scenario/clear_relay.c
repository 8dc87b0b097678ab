/*
 * The relay has an error that would let it talk in clear (design P1): the connection ends over it, loudly, and none of it
 * leaves. Errors are made here, by saying what no code of the room says then, or by forgetting that TLS is there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relay/client.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_resolver.h"
#include "tests/fake/fake_stream.h"
#include "tests/fake/fake_tls.h"
#include "tests/scenario/relay_world.h"
#include "tests/unit/leaks.h"

static const char *const never_in_clear[] = { "MAIL FROM:<s@client.example>\r\n", "RCPT TO:<x@example.org>\r\n", "DATA\r\n",
	"BDAT 5 LAST\r\nhello", "Subject: hello\r\n", ".\r\n", "RSET\r\n", "NOOP\r\n", "HELO relay.example\r\n", "LHLO relay.example\r\n",
	"ehlo relay.example\r\n", "EHLO relay.example", "EHLO relay.example\r\nMAIL FROM:<s@client.example>\r\n", "STARTTLS",
	"STARTTLS \r\n", "STARTTLS\r\nMAIL FROM:<>\r\n", "QUIT\r\nDATA\r\n", "QUITS\r\n", "\r\n", "E" };

static const char *const ever_in_clear[] = { "EHLO relay.example\r\n", "EHLO [192.0.2.7]\r\n", "STARTTLS\r\n", "QUIT\r\n" };

static const char *text;	/* of the row that is played */

static struct client *
client_newest(void)
{
	struct client *client = TAILQ_LAST(&world_relay()->clients, client_list);

	if (client == NULL)
		fake_fail("there is no connection");
	return client;
}

static void
job_give(const char *hop)
{
	struct recipient recipient = { .address = SPAN("x@example.org") };
	struct job job = { .id = 1, .hop = span_of(hop), .connections = 1, .envelope = { .sender = SPAN("s@client.example"),
		.recipients = &recipient, .recipients_count = 1, .body = { .length = 7 } } };

	fake_dns_add("mx1.example", DNS_A, "192.0.2.1");
	world_job(&job, SPAN("hello\r\n"), 65536);
	fake_settle();
	fake_advance(0);
}

static void
feed(struct stream *stream, const char *reply)
{
	fake_stream_feed(stream, span_of(reply));
	fake_settle();
}

static void
hear(struct stream *stream, const char *expected)
{
	const char *line = world_hear(stream);

	if (line == NULL || strcmp(line, expected) != 0)
		fake_fail("heard %s instead of %s", line == NULL ? "nothing" : line, expected);
}

static void
expect_silence(struct stream *stream)
{
	const char *all = world_hear_all(stream);

	if (*all != '\0')
		fake_fail("this left: %s", all);
}

static void
expect_end(struct stream *stream)
{
	fake_log_expect("event=clear-text *");
	fake_log_expect_none("event=clear-text *");	/* once for each connection */
	fake_advance(0);
	if (fake_stream_fate(stream) != FAKE_STREAM_ABORTED)
		fake_fail("the connection goes on");
	expect_silence(stream);
}

static void
expect_later(void)
{
	const char *outcome = world_outcome(1, "x@example.org");

	if (outcome == NULL || !fake_matches("later/* 0 4.3.0 clear-text *", outcome))
		fake_fail("%s", outcome == NULL ? "no outcome" : outcome);
}

static struct stream *
greeted(void)
{
	struct stream *stream = world_connection(1);

	fake_stream_connected(stream, 0);
	fake_settle();
	feed(stream, "220 mx1.example\r\n");
	hear(stream, "EHLO relay.example");
	return stream;
}

/* Before STARTTLS, between it and the handshake, and while that is under way. */
static void
said_before_starttls(void)
{
	struct stream *stream;

	job_give("smtp:mx1.example:25");
	stream = greeted();
	client_say(client_newest(), span_of(text));
	client_say(client_newest(), SPAN("QUIT\r\n"));	/* too late to be polite */
	fake_settle();
	expect_end(stream);
	expect_later();
}

static void
said_behind_starttls(void)
{
	struct stream *stream;

	job_give("smtp:mx1.example:25");
	stream = greeted();
	feed(stream, "250-mx1.example\r\n250 STARTTLS\r\n");
	hear(stream, "STARTTLS");
	client_say(client_newest(), span_of(text));
	fake_settle();
	expect_end(stream);
	expect_later();
}

static void
said_during_the_handshake(void)
{
	struct stream *stream;

	job_give("smtps:mx1.example:465");
	stream = world_connection(1);
	fake_stream_connected(stream, 0);
	fake_settle();
	client_say(client_newest(), span_of(text));
	fake_settle();
	expect_end(stream);
	expect_later();
}

/* It believes in TLS that is not there. */
static void
believes_in_tls(void)
{
	struct stream *stream;

	job_give("smtp:mx1.example:25");
	stream = greeted();
	client_newest()->is_secure = true;
	client_say(client_newest(), span_of(text));
	fake_settle();
	expect_end(stream);
	expect_later();
}

/* A peer that falls silent, or goes on talking, does not put the end off. */
static void
said_and_answered(void)
{
	struct stream *stream;

	job_give("smtp:mx1.example:25");
	stream = greeted();
	client_say(client_newest(), span_of(text));
	feed(stream, "250-mx1.example\r\n250 STARTTLS\r\n");
	expect_end(stream);
	expect_later();
}

static void
allowed(void)
{
	struct stream *stream;
	char line[100];

	job_give("smtp:mx1.example:25");
	stream = greeted();
	client_say(client_newest(), span_of(text));
	fake_settle();
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\r"), text);
	if (strcmp(line, "EHLO [192.0.2.7]") == 0) {
		/* The world knows one name only. */
		fake_stream_consume(stream, strlen(text));
	} else {
		hear(stream, line);
	}
	fake_log_expect_none("event=clear-text *");
	fake_stream_end(stream, STREAM_PEER_CLOSED, 0);
	fake_settle();
	(void)world_outcome(1, "x@example.org");
}

/* One connection up to where the envelope would be said; until then TLS was there. */
static struct stream *
ready(unsigned n)
{
	struct stream *stream = world_connection(n);

	if (stream == NULL)
		fake_fail("no connection %u", n);
	fake_stream_connected(stream, 0);
	fake_settle();
	feed(stream, "220 mx1.example\r\n");
	hear(stream, "EHLO relay.example");
	feed(stream, "250-mx1.example\r\n250 STARTTLS\r\n");
	hear(stream, "STARTTLS");
	feed(stream, "220 go\r\n");
	fake_stream_laid(stream, TRANSPORT_OK);
	fake_settle();
	hear(stream, "EHLO relay.example");
	return stream;
}

/* The proof is forgotten: message after message of that kind ends as later, and none as sent. */
static void
forgets_tls(void)
{
	unsigned n = 0;

	job_give("smtp:mx1.example:25");
	while (world_connections() > n) {
		struct stream *stream = ready(++n);

		client_newest()->is_secure = false;
		feed(stream, text);
		expect_end(stream);
		fake_settle();
	}
	if (n < 2)
		fake_fail("%u connections", n);
	expect_later();
}

/* A socket of this machine is no network. */
static void
local(void)
{
	struct stream *stream;

	job_give("lmtp:/run/lmtp");
	stream = world_connection(1);
	fake_stream_connected(stream, 0);
	fake_settle();
	feed(stream, "220 lmtp\r\n");
	hear(stream, "LHLO relay.example");
	client_say(client_newest(), span_of(text));
	fake_settle();
	if (strcmp(world_hear_all(stream), "") == 0)
		fake_fail("nothing left");
	fake_log_expect_none("event=clear-text *");
	fake_stream_end(stream, STREAM_PEER_CLOSED, 0);
	fake_settle();
	(void)world_outcome(1, "x@example.org");
}

static unsigned played, failed;

/* A room lives once in a process. */
static void
play(const char *row, void (*script)(void))
{
	pid_t pid;
	int status;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		text = row;
		fake_where(row);
		world_play(script);
		exit(EXIT_SUCCESS);
	}
	played++;
	failed += waitpid(pid, &status, 0) != pid || status != 0;
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(never_in_clear) / sizeof(*never_in_clear); i++) {
		play(never_in_clear[i], said_before_starttls);
		play(never_in_clear[i], said_behind_starttls);
		play(never_in_clear[i], said_during_the_handshake);
		play(never_in_clear[i], said_and_answered);
		play(never_in_clear[i], believes_in_tls);
	}
	for (size_t i = 0; i < sizeof(ever_in_clear) / sizeof(*ever_in_clear); i++)
		play(ever_in_clear[i], allowed);
	play("250 mx1.example\r\n", forgets_tls);
	play("250-mx1.example\r\n250 PIPELINING\r\n", forgets_tls);
	play("250-mx1.example\r\n250-CHUNKING\r\n250 PIPELINING\r\n", forgets_tls);
	play("NOOP\r\n", local);
	printf("%u rows, %u failed\n", played, failed);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
