/*
 * The corpus of end-of-data variants (standards.md SX1, SX2, SX3) through the whole room: whatever stands for the end
 * of a message in somebody else's eyes, and wherever the octets are cut into segments or chunks, there is one
 * message or one refusal, never a second message, and no lone CR or LF in what is kept.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/fake.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_stream.h"
#include "tests/scenario/intake_world.h"

static const struct {
	struct span octets;
	bool is_refused, is_refused_normalised;
} variants[] = {
	{ SPAN("\n.\n"), true, false },
	{ SPAN("\n.\r"), true, true },
	{ SPAN("\r.\n"), true, true },
	{ SPAN("\r.\r"), true, true },
	{ SPAN("\n.\r\n"), true, false },
	{ SPAN("\r.\r\n"), true, true },
	{ SPAN("\r\n\0.\r\n"), true, true },
	{ SPAN("\r\n.\r\r\n"), true, true },
	{ SPAN("\r\r\n.\r\r\n"), true, true },
	{ SPAN("\r\n.\n"), true, false },
	{ SPAN("\r\n.\r"), true, true },
	{ SPAN("\r\n. \r\n"), false, false },
	{ SPAN("\r\n.\t\r\n"), false, false },
	{ SPAN("\r\n.\0\r\n"), true, true },
	{ SPAN("\r\n..\r\n"), false, false },
	{ SPAN("\n\n.\n\n"), true, false },
	{ SPAN("\r\n\r.\r\n"), true, true },
	{ SPAN("\x0b.\x0b"), false, false },
	{ SPAN("\x0c.\x0c"), false, false },
	{ SPAN("\xc2\x85.\xc2\x85"), false, false },
	{ SPAN("\xe2\x80\xa8.\xe2\x80\xa8"), false, false },
};

static const struct span before = SPAN("Subject: a\r\n\r\nbody");
static const struct span evil = SPAN("MAIL FROM:<evil@b.example>\r\nRCPT TO:<v@accepted.example>\r\nDATA\r\nsmuggled");

struct payload {
	char octets[512];
	size_t length;
};

static void
add(struct payload *payload, struct span octets)
{
	memcpy(payload->octets + payload->length, octets.data, octets.length);
	payload->length += octets.length;
}

static struct payload
payload_make(struct span variant, struct span end)
{
	struct payload payload = { .length = 0 };

	add(&payload, before);
	add(&payload, variant);
	add(&payload, evil);
	add(&payload, end);
	return payload;
}

static int
hear_code(struct client *client)
{
	const char *line = client_hear(client);

	return line == NULL ? 0 : atoi(line);
}

static struct client
sender(void)
{
	struct client client = world_connect(LISTENER_IMPLICIT, "192.0.2.1", UINT32_MAX);

	client_greet(&client);
	client_say(&client, SPAN("MAIL FROM:<a@b.example>\r\nRCPT TO:<x@accepted.example>\r\n"));
	if (hear_code(&client) != 250 || hear_code(&client) != 250)
		fake_fail("the envelope was refused");
	return client;
}

static void
check_kept(struct span content)
{
	for (size_t i = 0; i < content.length; i++) {
		bool after_cr = i > 0 && content.data[i - 1] == '\r';

		if ((content.data[i] == '\n') != after_cr || content.data[i] == '\0')
			fake_fail("octet %zu of what was kept should not be there", i);
	}
}

/* One reply, for one message or none. */
static void
check_end(struct client *client, bool is_refused, size_t messages_before)
{
	int code = hear_code(client);
	size_t messages = fake_writer_count() - messages_before;

	if (code != (is_refused ? 550 : 250) || messages != (is_refused ? 0 : 1))
		fake_fail("reply %d, %zu messages", code, messages);
	if (client_hear(client) != NULL)
		fake_fail("a second reply");
	if (!is_refused)
		check_kept(fake_writer_message(fake_writer_count() - 1)->content);
	client_say(client, SPAN("QUIT\r\n"));
	if (hear_code(client) != 221)
		fake_fail("the session is out of step");
}

static void
by_data(struct span variant, bool is_refused)
{
	struct payload payload = payload_make(variant, SPAN("\r\n.\r\n"));

	for (size_t cut = 0; cut <= payload.length; cut++) {
		size_t messages = fake_writer_count();
		struct client client = sender();

		client_say(&client, SPAN("DATA\r\n"));
		if (hear_code(&client) != 354)
			fake_fail("DATA was refused");
		client_say(&client, span_make(payload.octets, cut));
		client_say(&client, span_make(payload.octets + cut, payload.length - cut));
		check_end(&client, is_refused, messages);
	}
}

static void
say_chunk(struct client *client, const char *octets, size_t length, bool is_last)
{
	char line[64];

	snprintf(line, sizeof(line), "BDAT %zu%s\r\n", length, is_last ? " LAST" : "");
	client_say(client, span_of(line));
	client_say(client, span_make(octets, length));
}

/* In one chunk, cut into two segments. */
static void
by_chunk(struct span variant, bool is_refused)
{
	struct payload payload = payload_make(variant, SPAN("\r\n"));

	for (size_t cut = 0; cut <= payload.length; cut++) {
		size_t messages = fake_writer_count();
		struct client client = sender();
		char line[64];

		snprintf(line, sizeof(line), "BDAT %zu LAST\r\n", payload.length);
		client_say(&client, span_of(line));
		client_say(&client, span_make(payload.octets, cut));
		client_say(&client, span_make(payload.octets + cut, payload.length - cut));
		check_end(&client, is_refused, messages);
	}
}

/* Cut into two chunks: the second is refused when the first was (503), and by itself when it spoils the message. */
static void
by_chunks(struct span variant, bool is_refused)
{
	struct payload payload = payload_make(variant, SPAN("\r\n"));

	for (size_t cut = 0; cut <= payload.length; cut++) {
		size_t messages = fake_writer_count();
		struct client client = sender();
		int first;

		say_chunk(&client, payload.octets, cut, false);
		first = hear_code(&client);
		say_chunk(&client, payload.octets + cut, payload.length - cut, true);
		if (first == 250) {
			check_end(&client, is_refused, messages);
			continue;
		}
		if (first != 550 || !is_refused || hear_code(&client) != 503 || fake_writer_count() != messages)
			fake_fail("cut %zu: the first chunk gave %d", cut, first);
		client_say(&client, SPAN("QUIT\r\n"));
		if (hear_code(&client) != 221)
			fake_fail("the session is out of step");
	}
}

static void
play(void)
{
	static char where[64];

	world_conf()->messages = 1000000;
	world_start();
	for (int normalise = 0; normalise < 2; normalise++) {
		world_conf()->bare_lf = normalise ? CONF_BARE_LF_NORMALISE : CONF_BARE_LF_REFUSE;
		world_setup();
		for (size_t i = 0; i < sizeof(variants) / sizeof(*variants); i++) {
			bool is_refused = normalise ? variants[i].is_refused_normalised : variants[i].is_refused;

			snprintf(where, sizeof(where), "variant %zu%s", i, normalise ? ", normalised" : "");
			fake_where(where);
			by_data(variants[i].octets, is_refused);
			by_chunk(variants[i].octets, is_refused);
			by_chunks(variants[i].octets, is_refused);
		}
	}
	fake_where(NULL);
}

int
main(void)
{
	world_play(play);
	return EXIT_SUCCESS;
}
