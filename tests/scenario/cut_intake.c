/*
 * What a message asks about TLS (standards.md S57, S58) does not depend on how it comes: by DATA or by BDAT, cut into two
 * segments or two chunks at any octet, or octet by octet.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/fake.h"
#include "tests/fake/fake_stream.h"
#include "tests/scenario/intake_world.h"

static const struct {
	const char *parameter;
	struct span content;
	uint32_t flag;
} messages[] = {
	{ "", SPAN("From: a\r\nTLS-Required: No\r\nTo: b\r\n\r\nbody\r\n"), ENVELOPE_TLS_OPTIONAL },
	{ "", SPAN("tls-required:\r\n \tno \r\n\r\n"), ENVELOPE_TLS_OPTIONAL },
	{ "", SPAN("TLS-Required: No\r\n"), ENVELOPE_TLS_OPTIONAL },
	{ "", SPAN("..x: y\r\nTLS-Required: No\r\n\r\n"), ENVELOPE_TLS_OPTIONAL },
	{ "", SPAN("TLS-Required: No\r\nTLS-Required: No\r\n\r\n"), 0 },
	{ "", SPAN("TLS-Required: Maybe\r\n\r\n"), 0 },
	{ "", SPAN("TLS-Required: N\r\n o\r\n\r\n"), 0 },
	{ "", SPAN("Subject: x\r\n TLS-Required: No\r\n\r\n"), 0 },
	{ "", SPAN("Subject: x\r\n\r\nTLS-Required: No\r\n"), 0 },
	{ " REQUIRETLS", SPAN("Subject: x\r\n\r\nbody\r\n"), ENVELOPE_REQUIRETLS },
	{ " REQUIRETLS", SPAN("TLS-Required: No\r\n\r\nbody\r\n"), ENVELOPE_REQUIRETLS },
};

static void
expect(struct client *client, int code)
{
	const char *line = client_hear(client);

	if (line == NULL || atoi(line) != code)
		fake_fail("%s, expected %d", line == NULL ? "silence" : line, code);
}

static struct client
sender(const char *parameter)
{
	struct client client = world_connect(LISTENER_IMPLICIT, "192.0.2.1", UINT32_MAX);
	char line[100];

	client_greet(&client);
	snprintf(line, sizeof(line), "MAIL FROM:<a@b.example>%s\r\nRCPT TO:<x@accepted.example>\r\n", parameter);
	client_say(&client, span_of(line));
	expect(&client, 250);
	expect(&client, 250);
	return client;
}

static void
check_end(struct client *client, uint32_t flag)
{
	uint32_t flags;

	expect(client, 250);
	flags = fake_writer_message(fake_writer_count() - 1)->envelope.flags;
	if (flags != flag)
		fake_fail("flags %x, expected %x", flags, flag);
	client_say(client, SPAN("QUIT\r\n"));
	expect(client, 221);
}

/* Segments of so many octets behind the first, which is as long as `cut`. */
static void
say_cut(struct client *client, struct span octets, size_t cut, size_t step)
{
	client_say(client, span_first(octets, cut));
	for (octets = span_skip(octets, cut); octets.length > 0; octets = span_skip(octets, step))
		client_say(client, span_first(octets, step));
}

static void
by_data(const char *parameter, struct span content, uint32_t flag, size_t cut, size_t step)
{
	struct client client = sender(parameter);

	client_say(&client, SPAN("DATA\r\n"));
	expect(&client, 354);
	say_cut(&client, content, cut, step);
	client_say(&client, SPAN(".\r\n"));
	check_end(&client, flag);
}

static void
say_chunk(struct client *client, struct span octets, bool is_last)
{
	char line[64];

	snprintf(line, sizeof(line), "BDAT %zu%s\r\n", octets.length, is_last ? " LAST" : "");
	client_say(client, span_of(line));
	client_say(client, octets);
}

/* A first chunk as long as `cut`, others of so many octets, an empty last one. */
static void
by_chunks(const char *parameter, struct span content, uint32_t flag, size_t cut, size_t step)
{
	struct client client = sender(parameter);

	say_chunk(&client, span_first(content, cut), false);
	expect(&client, 250);
	for (content = span_skip(content, cut); content.length > 0; content = span_skip(content, step)) {
		say_chunk(&client, span_first(content, step), false);
		expect(&client, 250);
	}
	say_chunk(&client, SPAN(""), true);
	check_end(&client, flag);
}

static void
play(void)
{
	static char where[64];

	world_conf()->messages = 1000000;
	world_start();
	for (size_t i = 0; i < sizeof(messages) / sizeof(*messages); i++)
		for (size_t cut = 0; cut <= messages[i].content.length; cut++)
			for (size_t step = 1; step <= 4096; step *= 4096) {
				snprintf(where, sizeof(where), "message %zu, cut at %zu, then by %zu", i, cut, step);
				fake_where(where);
				by_data(messages[i].parameter, messages[i].content, messages[i].flag, cut, step);
				/* A stuffed dot is DATA's. */
				if (messages[i].content.data[0] != '.')
					by_chunks(messages[i].parameter, messages[i].content, messages[i].flag, cut, step);
			}
	fake_where(NULL);
}

int
main(void)
{
	world_play(play);
	return EXIT_SUCCESS;
}
