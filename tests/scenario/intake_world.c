/* Everything around the room. */
#include "tests/scenario/intake_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/fatal.h"
#include "intake/listener.h"
#include "ipc/ctl_rooms.h"
#include "ipc/intake_policy.h"
#include "ipc/writer_queue.h"
#include "loop/reap.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_channel.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_stream.h"
#include "tests/fake/fake_tls.h"

static struct conf_intake conf;
static struct room room;
static uint64_t asked_id;	/* of the last "stop" */
static bool is_started;

/* Configuration */

static char *
copy(const char *text)
{
	return must_copy(text, strlen(text));
}

static void
list_add(struct conf_list *list, const char *item)
{
	list->items = must_realloc(list->items, (list->count + 1) * sizeof(char *));
	list->items[list->count++] = copy(item);
}

static void
conf_make(void)
{
	conf = (struct conf_intake){
		.spool = { .segment_octets = 1 << 26, .segment_s = 60, .staged_octets = 65536 },
		.tls = { copy(""), copy(""), copy("") },
		.hostname = copy("mx.example.org"), .help_url = copy("https://mx.example.org/tls"),
		.authserv_id = copy("mx.example.org"), .authentication_wait_s = 5, .bare_lf = CONF_BARE_LF_REFUSE, .sessions = 100, .sessions_per_client = 10, .client_prefix4 = 32, .client_prefix6 = 64,
		.recipients = 100, .size_octets = 200000, .messages = 1000, .errors = 20, .received = 100,
		.notices_stop = copy("tls-notices@mx.example.org"), .handshake_s = 60, .idle_s = 300, .session_s = 7200, .memory_octets = 1000000
	};
	list_add(&conf.certificates, "certificate");
	list_add(&conf.keys, "key");
	list_add(&conf.clients, "192.0.2.0/24");
	list_add(&conf.clients, "2001:db8:1::/48");
	list_add(&conf.clients, "cert:sha256:" WORLD_CERT);
	list_add(&conf.accept, "accepted.example");
	list_add(&conf.accept, ".below.example");
	list_add(&conf.accept, "b\xc3\xbc" "cher.example");
}

struct conf_intake *
world_conf(void)
{
	return &conf;
}

/* Master */

static struct channel *
master(void)
{
	struct channel *channel = fake_channel_find("master");

	if (channel == NULL)
		fake_fail("the room has closed its channel to master");
	return channel;
}

static void
say(uint16_t type, struct span payload, int fd)
{
	if (!fake_channel_deliver(master(), type, payload, fd))
		fake_fail("the room did not understand master's message %u", type);
	fake_settle();
}

/* The room's next answer, which must be of that type. */
static struct span
answer(uint16_t expected)
{
	struct span payload;
	uint16_t type;
	int fd;

	if (!fake_channel_take(master(), &type, &payload, &fd) || type != expected)
		fake_fail("the room did not answer %u", expected);
	return payload;
}

void
world_setup(void)
{
	struct setup setup = { .kind = ROOM_INTAKE, .index = 0, .count = 1 };
	struct buf slice, out;

	buf_init(&slice, 1 << 20);
	buf_init(&out, 1 << 20);
	conf_encode(&slice, &conf_intake_slice, &conf);
	setup.slice = buf_span(&slice);
	setup_encode(&out, &setup);
	say(MASTER_SETUP, buf_span(&out), -1);
	buf_clear(&slice);
	buf_clear(&out);
}

static void
listeners_come(void)
{
	static const char *const names[LISTENER_METRICS] = { "0.0.0.0:25", "0.0.0.0:465", "/run/submit" };

	for (uint32_t kind = 0; kind < LISTENER_METRICS; kind++) {
		struct listener listener = { .id = kind, .kind = (enum listener_kind)kind, .name = span_of(names[kind]) };
		struct buf *out = channel_scratch();

		listener_encode(out, &listener);
		say(MASTER_LISTENER, buf_span(out), fake_fd());
	}
}

void
world_report_comes(void)
{
	struct peer peer = { .kind = ROOM_REPORT };
	struct buf *out = channel_scratch();

	peer_encode(out, &peer);
	say(MASTER_PEER, buf_span(out), fake_fd());
}

void
world_report_goes(void)
{
	struct peer gone;

	fake_channel_break(fake_channel_last("report"));
	fake_settle();
	if (!peer_decode(answer(ROOM_PEER_GONE), &gone) || gone.kind != ROOM_REPORT)
		fake_fail("master does not hear that the channel to report has ended");
}

const char *
world_asked(void)
{
	static char text[1024];
	struct channel *channel = fake_channel_last("report");
	struct refused_sender refused;
	struct notices_stop stop;
	struct span payload;
	char ip[IP_TEXT];
	uint16_t type;
	int fd;

	if (channel == NULL || !fake_channel_take(channel, &type, &payload, &fd))
		return "";
	if (type == ASKS_STOP && notices_stop_decode(payload, &stop)) {
		asked_id = stop.id;
		snprintf(text, sizeof(text), "stop %.*s", SPAN_ARG(stop.token));
	} else if (type == ASKS_REFUSED && refused_sender_decode(payload, &refused)) {
		snprintf(text, sizeof(text), "refused %s %.*s", ip_format(refused.ip, ip), SPAN_ARG(refused.sender));
	} else {
		fake_fail("report is told what it cannot understand, or facts: message %u", type);
	}
	return text;
}

void
world_stopped(enum stop_end end)
{
	struct notices_stopped stopped = { asked_id, end };
	struct buf *out = channel_scratch();

	notices_stopped_encode(out, &stopped);
	if (!fake_channel_deliver(fake_channel_last("report"), ASKS_STOPPED, buf_span(out), -1))
		fake_fail("the room does not understand report's answer");
	fake_settle();
}

void
world_policy_comes(void)
{
	struct peer peer = { .kind = ROOM_POLICY };
	struct buf *out = channel_scratch();

	peer_encode(out, &peer);
	say(MASTER_PEER, buf_span(out), fake_fd());
}

void
world_policy_goes(void)
{
	struct peer gone;

	fake_channel_break(fake_channel_last("policy"));
	fake_settle();
	if (!peer_decode(answer(ROOM_PEER_GONE), &gone) || gone.kind != ROOM_POLICY)
		fake_fail("master does not hear that the channel to policy has ended");
}

#define TEXTS 16

static struct { char name[256], text[512]; } texts[TEXTS];
static unsigned texts_count;

void
world_publish(const char *name, const char *text)
{
	if (texts_count == TEXTS)
		fake_fail("more than %d records", TEXTS);
	snprintf(texts[texts_count].name, sizeof(texts[0].name), "%s", name);
	snprintf(texts[texts_count++].text, sizeof(texts[0].text), "%s", text);
}

static void
question_answer(struct channel *policy, const struct record_question *question, bool fails)
{
	struct record_answer answer = { question->id, question->type, { .status = fails ? AUTH_FAILED : AUTH_NO_NAME } };
	struct buf *out = channel_scratch();
	struct span text;

	for (unsigned i = 0; i < texts_count && !fails; i++)
		if (question->type == AUTH_TXT && span_equal(question->name, span_of(texts[i].name))) {
			text = span_of(texts[i].text);
			answer.answer = (struct auth_answer){ .status = AUTH_FOUND, .count = 1, .texts = &text };
		}
	record_answer_encode(out, &answer);
	if (!fake_channel_deliver(policy, POLICY_LOOKED, buf_span(out), -1))
		fake_fail("the room does not understand policy");
}

unsigned
world_answer(bool fails)
{
	struct channel *policy = fake_channel_find("policy");
	struct record_question question;
	struct span payload;
	unsigned count = 0;
	uint16_t type;
	int fd;

	while (policy != NULL && fake_channel_take(policy, &type, &payload, &fd)) {
		if (type != INTAKE_LOOK || !record_question_decode(payload, &question))
			fake_fail("policy is asked for something else than a record");
		question_answer(policy, &question, fails);
		fake_settle();
		count++;
	}
	return count;
}

void
world_queue_comes(void)
{
	struct peer peer = { .kind = ROOM_QUEUE };
	struct buf *out = channel_scratch();

	peer_encode(out, &peer);
	say(MASTER_PEER, buf_span(out), fake_fd());
}

void
world_start(void)
{
	struct directory directory = { .name = SPAN("intake-0"), .is_own = true };
	struct spool_key key = { .public_key = SPAN("key") };
	struct buf *out;

	world_setup();
	out = channel_scratch();
	directory_encode(out, &directory);
	say(MASTER_DIRECTORY, buf_span(out), fake_fd());
	out = channel_scratch();
	spool_key_encode(out, &key);
	say(MASTER_KEY, buf_span(out), -1);
	listeners_come();
	world_queue_comes();
	say(MASTER_START, SPAN(""), -1);
	(void)answer(ROOM_READY);
	is_started = true;
}

bool
world_is_started(void)
{
	return is_started;
}

struct room *
world_room(void)
{
	return &room;
}

void
world_queue_goes(void)
{
	struct channel *channel = fake_channel_find("queue");
	struct peer gone;

	if (channel == NULL)
		fake_fail("there is no channel to queue");
	fake_channel_break(channel);
	fake_settle();
	if (!peer_decode(answer(ROOM_PEER_GONE), &gone) || gone.kind != ROOM_QUEUE)
		fake_fail("master does not hear that the channel to queue has ended");
}

void
world_congestion(bool congested)
{
	struct queue_congestion congestion = { congested };
	struct channel *channel = fake_channel_find("queue");
	struct buf *out = channel_scratch();

	queue_congestion_encode(out, &congestion);
	if (channel == NULL || !fake_channel_deliver(channel, QUEUE_CONGESTION, buf_span(out), -1))
		fake_fail("queue cannot say that it is congested");
}

void
world_stop(uint32_t grace_ms)
{
	struct stop stop = { grace_ms };
	struct buf *out = channel_scratch();

	stop_encode(out, &stop);
	say(MASTER_STOP, buf_span(out), -1);
}

const char *
world_status(void)
{
	static char text[1024];
	size_t length = 0;
	struct row row;

	say(MASTER_STATUS, SPAN(""), -1);
	if (!row_decode(answer(ROOM_STATUS), &row))
		fake_fail("the room's row cannot be decoded");
	for (uint32_t i = 0; i < row.fields_count; i++) {
		const struct row_field *field = &row.fields[i];

		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%.*s=", i == 0 ? "" : " ", SPAN_ARG(field->name));
		if (field->kind == ROW_TEXT)
			length += (size_t)snprintf(text + length, sizeof(text) - length, "%.*s", SPAN_ARG(field->text));
		else
			length += (size_t)snprintf(text + length, sizeof(text) - length, "%" PRId64, field->number);
	}
	return text;
}

/* One life of a room */

static void (*script)(void);

/* What room_run() finds in place of the loop. */
static void
run(void)
{
	script();
	if (!is_started)
		world_start();
	fake_writer_hold(false);
	fake_writer_release(0);
	fake_settle();
	if (!fake_loop_is_stopped()) {
		world_stop(0);
		fake_advance(1);
	}
	if (!fake_loop_is_stopped())
		fake_fail("the room does not come to its end");
}

static void
check_nothing_is_left(void)
{
	if (room.sessions_count > 0 || room.commits > 0 || room.held_octets > 0)
		fake_fail("the room believes in %zu sessions, %zu commits, %zu octets of input", room.sessions_count, room.commits,
		    room.held_octets);
	if (fake_writer_records() > 0 || fake_writer_is_open())
		fake_fail("the writer is open, or a record is");
	if (fake_tls_transports() > 0 || fake_tls_contexts() > 0)
		fake_fail("TLS is left behind: %u transports, %u contexts", fake_tls_transports(), fake_tls_contexts());
	if (fake_timers() > 0)
		fake_fail("%u timers still run", fake_timers());
}

void
world_play(void (*play)(void))
{
	int code;

	script = play;
	conf_make();
	(void)fake_tls_facts();
	fake_loop_play(run);
	room_init(&room);
	code = room_run(ROOM_INTAKE, &room_handler, &room);
	if (code != EX_OK)
		fake_fail("the room ended with %d", code);
	room_clear(&room);
	fake_settle();
	check_nothing_is_left();
	conf_clear(&conf_intake_slice, &conf);
	fake_finish();
}

/* Clients */

struct client
world_connect(enum listener_kind kind, const char *ip, uint32_t uid)
{
	struct listener_socket *listener;
	struct ip address = { .family = 0 };

	if (ip != NULL && !ip_parse(span_of(ip), &address))
		fake_fail("%s is no address", ip);
	TAILQ_FOREACH(listener, &room.listeners, entry)
		if (listener->kind == kind)
			break;
	if (listener == NULL)
		fake_fail("nobody listens there");
	listener_admit(listener, fake_fd(), address, uid);
	fake_settle();
	return (struct client){ fake_stream_last(), kind };
}

void
client_say(struct client *client, struct span octets)
{
	fake_stream_feed(client->stream, octets);
	fake_settle();
}

/* Whatever is said, it is a reply by the book (RFC 5321 4.2, RFC 2034 4). */
static void
check_line(const struct client *client, struct span line)
{
	char first = line.length < 4 ? '\0' : line.data[0];
	bool has_status = line.length > 9 && line.data[5] == '.' && line.data[7] == '.';

	for (size_t i = 0; i < line.length; i++)
		if (line.data[i] < 0x20 || line.data[i] > 0x7e)
			fake_fail("a reply has octet %02x", (unsigned char)line.data[i]);
	if (first < '2' || first > '5' || (line.data[3] != ' ' && line.data[3] != '-') || line.length > 510)
		fake_fail("not a reply: %.*s", SPAN_ARG(line));
	if (has_status && line.data[4] != first)
		fake_fail("code and status of different classes: %.*s", SPAN_ARG(line));
	if (!has_status && first >= '4')
		fake_fail("a reply without enhanced status: %.*s", SPAN_ARG(line));
	if (client->kind != LISTENER_LOCAL && !fake_stream_is_secure(client->stream) && first == '3')
		fake_fail("content is asked for in clear: %.*s", SPAN_ARG(line));
}

const char *
client_hear(struct client *client)
{
	static char line[1024];
	struct span sent = fake_stream_sent(client->stream);
	size_t end = span_find(sent, '\n');

	if (end == sent.length)
		return NULL;
	if (end == 0 || sent.data[end - 1] != '\r' || end > sizeof(line))
		fake_fail("a line that does not end with CRLF");
	snprintf(line, sizeof(line), "%.*s", (int)(end - 1), sent.data);
	if (!client_is_closed(client))
		check_line(client, span_first(sent, end - 1));
	fake_stream_consume(client->stream, end + 1);
	return line;
}

bool
client_is_closed(const struct client *client)
{
	return fake_stream_fate(client->stream) >= FAKE_STREAM_FINISHED;
}

void
client_secure(struct client *client)
{
	if (!fake_stream_is_laying(client->stream))
		fake_fail("no handshake has begun");
	fake_stream_laid(client->stream, TRANSPORT_OK);
	fake_settle();
}

static void
drain(struct client *client)
{
	while (client_hear(client) != NULL)
		;
}

void
client_greet(struct client *client)
{
	if (client->kind == LISTENER_STARTTLS)
		client_say(client, SPAN("STARTTLS\r\n"));
	drain(client);
	if (client->kind != LISTENER_LOCAL)
		client_secure(client);
	client_say(client, SPAN("EHLO client.example\r\n"));
	drain(client);
}

struct span
message_body(const struct fake_message *message)
{
	static const struct span end = SPAN(" +0000\r\n");	/* of the Received field's date */
	struct span content = message->content;

	while (content.length >= end.length && !span_starts(content, end))
		content = span_skip(content, 1);
	if (content.length < end.length)
		fake_fail("a message without our Received field");
	return span_skip(content, end.length);
}
