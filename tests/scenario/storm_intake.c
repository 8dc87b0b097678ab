/*
 * A hundred thousand random command lines, most of them nearly right: every line gets exactly one reply
 * (standards.md S7), and the memory that sessions and messages take is given back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_stream.h"
#include "tests/scenario/intake_world.h"

#define LINES 100000
#define LINE_OCTETS 256

static const char *const words[] = {
	"EHLO", "HELO", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP", "VRFY", "HELP", "EXPN", "AUTH", "STARTTLS", "QUIT", "X", " ",
	"c.example", "[127.0.0.1]", "FROM:", "TO:", "<", ">", "<>", "a", "@", "b.example", "accepted.example", "\"", "\\", ":", ",",
	"SIZE=", "BODY=8BITMIME", "SMTPUTF8", "RET=FULL", "ENVID=", "NOTIFY=", "NEVER", "ORCPT=rfc822;", "=", "+", "1", "20000", "0", "LAST",
	"\xc3\xbc", "\xff", "\t", "\x1b", "MAIL FROM:<a@b.example>", "RCPT TO:<x@accepted.example>", "RCPT TO:<y@elsewhere.example>",
	"EHLO c.example", "DATA", "BDAT 0", "BDAT 0 LAST", "RSET", "POST", "Host:"
};

#define WORDS (sizeof(words) / sizeof(*words))

static struct client client;
static bool is_connected;

static size_t
line_make(char *line)
{
	size_t length = 0;

	for (uint32_t n = random_below(5); n > 0; n--) {
		const char *word = words[random_below(WORDS)];

		memcpy(line + length, word, strlen(word));
		length += strlen(word);
		if (random_below(3) == 0)
			line[length++] = ' ';
	}
	return length;
}

/* One whole reply; 0 when there is none. */
static int
hear(void)
{
	const char *line = client_hear(&client);
	int code = line == NULL ? 0 : atoi(line);

	while (line != NULL && line[3] == '-')
		line = client_hear(&client);
	return code;
}

/* The same, for a message that may wait for the DNS: policy answers, or has failed. */
static int
hear_late(void)
{
	int code = hear();

	if (code == 0 && world_answer(random_below(2) == 0) > 0)
		code = hear();
	return code;
}

/* Every other client is a stranger, whose mail somebody has to vouch for; and policy comes and goes. */
static const char *
somebody(void)
{
	return random_below(2) == 0 ? "192.0.2.1" : "203.0.113.9";
}

static void
policy_turn(void)
{
	static bool is_there;

	if (random_below(500) != 0)
		return;
	if (is_there)
		world_policy_goes();
	else
		world_policy_comes();
	is_there = !is_there;
}

/* The octets that a BDAT line announces must follow it; so many that we would rather not: the connection ends. */
static void
chunk_follow(const char *line)
{
	static const char some[32] = "12345678901234567890123456789012";
	unsigned long left = strtoul(line + 5, NULL, 10);

	if (left > sizeof(some)) {
		fake_stream_end(client.stream, STREAM_RESET, 0);
		fake_settle();
	} else {
		client_say(&client, span_make(some, left));
	}
}

static void
storm_line(void)
{
	char line[LINE_OCTETS + 3];
	size_t length;
	int code;

	if (!is_connected) {
		client = world_connect(LISTENER_IMPLICIT, somebody(), UINT32_MAX);
		client_greet(&client);
		is_connected = true;
	}
	length = line_make(line);
	memcpy(line + length, "\r\n", 3);
	fake_where(line);
	client_say(&client, span_make(line, length + 2));
	code = hear_late();
	if (code == 0 && strncmp(line, "BDAT ", 5) == 0) {
		chunk_follow(line);
		code = client_is_closed(&client) ? 1 : hear_late();
	}
	if (code == 354) {
		client_say(&client, SPAN("text\r\n.\r\n"));
		code = hear_late();
	}
	if (code == 0 || hear() != 0)
		fake_fail("not exactly one reply");
	is_connected = !client_is_closed(&client);
}

static void
play(void)
{
	world_conf()->errors = 1000;
	world_conf()->size_octets = 10000;
	world_conf()->authentication = true;
	world_start();
	for (int i = 0; i < LINES; i++) {
		policy_turn();
		storm_line();
		if (i % 1000 == 0)
			fake_log_clear();
	}
	fake_where(NULL);
	if (fake_writer_count() == 0)
		fake_fail("not one message came through: the storm misses something");
}

int
main(void)
{
	world_play(play);
	return EXIT_SUCCESS;
}
