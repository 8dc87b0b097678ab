/*
 * Every command in every state: one reply each, with the code of this table, and no pair that stops the room
 * (standards.md S6, S7). What is no command state gets every command as content, or hears nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/fake.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_stream.h"
#include "tests/scenario/intake_world.h"

#define TOKEN "0123456789abcdef0123456789abcdef"

enum point { PLAIN, GREETED, READY, ENVELOPE, RECIPIENT, CHUNKS, POINTS };

static const struct {
	const char *line;
	int codes[POINTS];
} rows[] = {
	/*			      plain greeted ready envelope recipient chunks */
	{ "EHLO c.example",		{ 250, 250, 250, 250, 250, 250 } },
	{ "EHLO",			{ 501, 501, 501, 501, 501, 501 } },
	{ "EHLO a_b",			{ 501, 501, 501, 501, 501, 501 } },
	{ "HELO c.example",		{ 530, 250, 250, 250, 250, 250 } },
	{ "HELO",			{ 530, 501, 501, 501, 501, 501 } },
	{ "STARTTLS",			{ 220, 503, 503, 503, 503, 503 } },
	{ "STARTTLS x",			{ 501, 501, 501, 501, 501, 501 } },
	{ "MAIL FROM:<a@b.example>",	{ 530, 503, 250, 503, 503, 503 } },
	{ "MAIL FROM:a@b.example",	{ 530, 503, 501, 503, 503, 503 } },
	{ "MAIL FROM:<a@b.example> X",	{ 530, 503, 555, 503, 503, 503 } },
	{ "RCPT TO:<x@accepted.example>", { 530, 503, 503, 250, 250, 503 } },
	{ "RCPT TO:<tls-notices+" TOKEN "@mx.example.org>", { 530, 503, 503, 250, 452, 503 } },
	{ "RCPT TO:<x@>",		{ 530, 503, 503, 501, 501, 503 } },
	{ "DATA",			{ 530, 503, 503, 503, 354, 503 } },
	{ "DATA x",			{ 530, 503, 503, 501, 501, 503 } },
	{ "BDAT 0",			{ 530, 503, 503, 503, 250, 250 } },
	{ "BDAT 0 LAST",		{ 530, 503, 503, 503, 250, 250 } },
	{ "BDAT x",			{ 530, 501, 501, 501, 501, 501 } },
	{ "BDAT 18446744073709551616",	{ 552, 552, 552, 552, 552, 552 } },
	{ "RSET",			{ 530, 250, 250, 250, 250, 250 } },
	{ "RSET x",			{ 530, 501, 501, 501, 501, 501 } },
	{ "NOOP",			{ 250, 250, 250, 250, 250, 250 } },
	{ "NOOP x",			{ 250, 250, 250, 250, 250, 250 } },
	{ "QUIT",			{ 221, 221, 221, 221, 221, 221 } },
	{ "QUIT x",			{ 501, 501, 501, 501, 501, 501 } },
	{ "VRFY a",			{ 530, 252, 252, 252, 252, 252 } },
	{ "VRFY",			{ 530, 501, 501, 501, 501, 501 } },
	{ "HELP",			{ 530, 214, 214, 214, 214, 214 } },
	{ "EXPN a",			{ 530, 502, 502, 502, 502, 502 } },
	{ "AUTH PLAIN AAAA",		{ 530, 502, 502, 502, 502, 502 } },
	{ "TURN",			{ 530, 502, 502, 502, 502, 502 } },
	{ "NOSUCH",			{ 530, 500, 500, 500, 500, 500 } },
	{ "",				{ 530, 500, 500, 500, 500, 500 } },
	{ "\x01",			{ 500, 500, 500, 500, 500, 500 } },
	{ "GET / HTTP/1.1",		{ 421, 421, 421, 421, 421, 421 } },
	{ "Host: x",			{ 421, 421, 421, 421, 421, 421 } },
};

static const char *const point_names[POINTS] = { "plain", "greeted", "ready", "envelope", "recipient", "chunks" };

static void
say(struct client *client, const char *line)
{
	client_say(client, span_of(line));
	client_say(client, SPAN("\r\n"));
}

/* The code of the one reply that is heard, all its lines together; 0 when there is none. */
static int
hear(struct client *client)
{
	const char *line = client_hear(client);
	int code = line == NULL ? 0 : atoi(line);

	while (line != NULL && line[3] == '-') {
		line = client_hear(client);
		if (line == NULL || atoi(line) != code)
			fake_fail("a reply of several lines that do not belong together");
	}
	return code;
}

static void
expect(struct client *client, int code)
{
	int heard = hear(client);

	if (heard != code)
		fake_fail("heard %d, expected %d", heard, code);
}

static struct client
come_to(enum point point)
{
	struct client client = world_connect(LISTENER_STARTTLS, "192.0.2.1", UINT32_MAX);

	expect(&client, 220);
	if (point == PLAIN)
		return client;
	say(&client, "STARTTLS");
	expect(&client, 220);
	client_secure(&client);
	if (point == GREETED)
		return client;
	say(&client, "EHLO c.example");
	expect(&client, 250);
	if (point == READY)
		return client;
	say(&client, "MAIL FROM:<a@b.example>");
	expect(&client, 250);
	if (point == ENVELOPE)
		return client;
	say(&client, "RCPT TO:<x@accepted.example>");
	expect(&client, 250);
	if (point == RECIPIENT)
		return client;
	say(&client, "BDAT 0");
	expect(&client, 250);
	return client;
}

static void
leave(struct client *client)
{
	fake_stream_end(client->stream, STREAM_RESET, 0);
	fake_settle();
	if (world_room()->sessions_count != 0)
		fake_fail("a session stays");
}

/* The pair itself, and the same again behind it: whatever state it led to hears every command, too. */
static void
walk_pair(size_t i, size_t j, enum point point)
{
	struct client client = come_to(point);
	int code;

	say(&client, rows[i].line);
	expect(&client, rows[i].codes[point]);
	code = hear(&client);
	if (code != 0)
		fake_fail("a second reply: %d", code);
	say(&client, rows[j].line);
	while (hear(&client) != 0)
		;
	leave(&client);
}

static void
walk_commands(void)
{
	static char where[256];

	for (enum point point = 0; point < POINTS; point++)
		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
			for (size_t j = 0; j < sizeof(rows) / sizeof(*rows); j++) {
				snprintf(where, sizeof(where), "%s: \"%s\" and then \"%s\"", point_names[point], rows[i].line, rows[j].line);
				fake_where(where);
				walk_pair(i, j, point);
			}
	fake_where(NULL);
}

/* Where no command is heard: in content, in a chunk, while a handshake or a commit is under way, when it is over. */
static void
walk_deaf(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct client client = come_to(RECIPIENT);

		say(&client, "DATA");
		expect(&client, 354);
		say(&client, rows[i].line);
		expect(&client, 0);
		leave(&client);

		client = come_to(RECIPIENT);
		say(&client, "BDAT 1000");
		say(&client, rows[i].line);
		expect(&client, 0);
		leave(&client);

		client = come_to(PLAIN);
		say(&client, "STARTTLS");
		expect(&client, 220);
		say(&client, rows[i].line);
		expect(&client, 0);
		leave(&client);

		client = come_to(RECIPIENT);
		fake_writer_hold(true);
		say(&client, "BDAT 0 LAST");
		say(&client, rows[i].line);
		expect(&client, 0);
		fake_writer_hold(false);
		fake_writer_release(0);
		fake_settle();
		expect(&client, 250);
		expect(&client, rows[i].codes[READY]);
		leave(&client);

		client = come_to(ENVELOPE);
		say(&client, "RCPT TO:<tls-notices+" TOKEN "@mx.example.org>");
		expect(&client, 250);
		say(&client, "BDAT 0 LAST");
		say(&client, rows[i].line);
		expect(&client, 0);
		if (strcmp(world_asked(), "stop " TOKEN) != 0 || *world_asked() != '\0')
			fake_fail("report is not asked once");
		world_stopped(STOP_DONE);
		expect(&client, 250);
		expect(&client, rows[i].codes[READY]);
		leave(&client);

		client = come_to(READY);
		say(&client, "QUIT");
		expect(&client, 221);
		say(&client, rows[i].line);
		expect(&client, 0);
	}
}

/* While it is waited for the DNS, too: every line is heard behind the reply, whether the client stays or goes. */
static void
walk_authentication(void)
{
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(*rows); i++) {
		const char *line = rows[i / 2].line;
		struct client client = world_connect(LISTENER_STARTTLS, "203.0.113.9", UINT32_MAX);

		expect(&client, 220);
		say(&client, "STARTTLS");
		expect(&client, 220);
		client_secure(&client);
		say(&client, "EHLO c.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<x@accepted.example>\r\nBDAT 0 LAST");
		for (int replies = 0; replies < 3; replies++)
			expect(&client, 250);
		say(&client, line);
		expect(&client, 0);
		if (i % 2 == 0) {
			(void)world_answer(false);
			expect(&client, 250);
			expect(&client, rows[i / 2].codes[READY]);
		}
		leave(&client);
		(void)world_answer(false);
	}
}

static void
play(void)
{
	world_conf()->errors = 1000000;
	world_conf()->authentication = true;
	world_start();
	world_report_comes();
	world_policy_comes();
	walk_commands();
	while (*world_asked() != '\0')
		;
	walk_deaf();
	walk_authentication();
}

int
main(void)
{
	world_play(play);
	return EXIT_SUCCESS;
}
