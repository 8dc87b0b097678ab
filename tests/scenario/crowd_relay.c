/*
 * Thousands of destinations, one after the other, each with a host of its own that keeps its connection: what rests is
 * bounded, and in the end nothing is left of any of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/fake.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_resolver.h"
#include "tests/fake/fake_stream.h"
#include "tests/scenario/relay_world.h"

#define DESTINATIONS 3000u
#define RESTING 500u	/* connections that may be kept with nothing to do */

static bool is_content;

/* Answer whatever the room says on a connection, as a host that is always content. */
static void
peer_answer(struct stream *stream)
{
	static const struct { const char *verb, *reply; } rows[] = { { "EHLO", "250-mx\r\n250 STARTTLS\r\n" }, { "STARTTLS", "220 go\r\n" },
		{ "MAIL", "250 ok\r\n" }, { "RCPT", "250 ok\r\n" }, { "DATA", "354 go\r\n" }, { "QUIT", "221 bye\r\n" } };
	const char *line;

	while (fake_stream_fate(stream) == FAKE_STREAM_OPEN && (line = world_hear(stream)) != NULL) {
		if (is_content && strcmp(line, ".") == 0)
			fake_stream_feed(stream, SPAN("250 2.0.0 taken\r\n"));
		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows) && !is_content; i++)
			if (strncmp(line, rows[i].verb, strlen(rows[i].verb)) == 0)
				fake_stream_feed(stream, span_of(rows[i].reply));
		is_content = is_content ? strcmp(line, ".") != 0 : strcmp(line, "DATA") == 0;
		fake_settle();
		fake_advance(0);
		if (fake_stream_is_laying(stream))
			fake_stream_laid(stream, TRANSPORT_OK);
		fake_settle();
	}
}

static void
destination_play(unsigned n)
{
	struct recipient recipient = { .address = SPAN("x@example.org") };
	char domain[40], host[40], hop[60], address[20];
	struct job job = { .id = n, .connections = 1 };
	struct stream *stream;

	snprintf(domain, sizeof(domain), "d%u.example", n);
	snprintf(host, sizeof(host), "10 mx.d%u.example", n);
	snprintf(hop, sizeof(hop), "mx:%s", domain);
	snprintf(address, sizeof(address), "20.0.%u.%u", n / 256, n % 256);
	fake_dns_add(domain, DNS_MX, host);
	fake_dns_add(host + 3, DNS_A, address);
	job.hop = span_of(hop);
	job.envelope.sender = SPAN("s@client.example");
	job.envelope.recipients = &recipient;
	job.envelope.recipients_count = 1;
	job.envelope.body.length = 3;
	world_job(&job, SPAN("x\r\n"), 100);
	fake_settle();
	fake_advance(0);
	stream = world_connection(n);
	if (stream == NULL)
		fake_fail("nothing is begun for destination %u", n);
	fake_stream_connected(stream, 0);
	fake_settle();
	fake_stream_feed(stream, SPAN("220 mx\r\n"));
	fake_settle();
	peer_answer(stream);
	if (strncmp(world_outcome(n, "x@example.org"), "delivered/", 10) != 0)
		fake_fail("destination %u", n);
}

static unsigned
open_now(void)
{
	unsigned open = 0;

	for (unsigned n = 1; n <= world_connections(); n++)
		open += fake_stream_fate(world_connection(n)) == FAKE_STREAM_OPEN;
	return open;
}

static void
script(void)
{
	for (unsigned n = 1; n <= DESTINATIONS; n++) {
		destination_play(n);
		/* Whoever has to make place says QUIT. */
		if (n > RESTING)
			peer_answer(world_connection(n - RESTING));
		if (world_relay()->resting_count > RESTING)
			fake_fail("%u connections rest", world_relay()->resting_count);
	}
	if (open_now() != RESTING)
		fake_fail("%u connections are open", open_now());
	fake_advance(24 * 3600 * 1000);
	if (open_now() != 0 || world_relay()->resting_count != 0 || !RB_EMPTY(&world_relay()->hops) || world_relay()->sessions != 0 ||
	    !RB_EMPTY(&world_relay()->places))
		fake_fail("something is left: %s", world_status());
}

int
main(void)
{
	world_play(script);
	return EXIT_SUCCESS;
}
