/*
 * Whole sessions, from what a client sends to what the room keeps: no octets stop the room, every reply is a
 * line by the book, and nothing is left behind. The first octet says which listener, the second how the rest is cut.
 */
#include <string.h>

#include "intake/listener.h"
#include "intake/room.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_stream.h"
#include "tests/fake/fake_tls.h"
#include "tests/fake/fake_writer.h"
#include "tests/fuzz/fuzz.h"

static char empty[] = "", hostname[] = "mx.example.org", pem[] = "pem", accepted[] = "accepted.example";
static char *pems[] = { pem }, *accepts[] = { accepted };

static const struct conf_intake conf = {
	.spool = { .staged_octets = 1000 }, .tls = { empty, empty, empty }, .hostname = hostname, .help_url = empty,
	.authentication = true, .authserv_id = hostname, .authentication_wait_s = 5, .certificates = { pems, 1 }, .keys = { pems, 1 }, .accept = { accepts, 1 },
	.sessions = 10, .sessions_per_client = 10, .client_prefix4 = 32, .client_prefix6 = 64, .recipients = 3, .size_octets = 2000,
	.messages = 100, .errors = 50, .received = 3, .handshake_s = 60, .idle_s = 300, .session_s = 3600, .memory_octets = 100000
};

static void
room_begin(struct room *room)
{
	const struct setup setup = { .kind = ROOM_INTAKE };
	const struct directory directory = { .name = SPAN("intake-0"), .is_own = true };
	const struct spool_key key = { .public_key = SPAN("key") };

	room_init(room);
	room_handler.on_setup(room, &setup, &conf);
	room_handler.on_directory(room, &directory, fake_fd());
	room_handler.on_key(room, &key);
	for (uint32_t kind = 0; kind < LISTENER_METRICS; kind++) {
		struct listener listener = { .id = kind, .kind = (enum listener_kind)kind, .name = SPAN("fuzz") };

		room_handler.on_listener(room, &listener, fake_fd());
	}
	room_handler.on_start(room);
}

static struct stream *
room_visit(struct room *room, unsigned kind)
{
	struct listener_socket *listener;
	struct ip ip = { .family = 4 };

	TAILQ_FOREACH(listener, &room->listeners, entry)
		if (listener->kind == (enum listener_kind)kind)
			break;
	listener_admit(listener, fake_fd(), ip, UINT32_MAX);
	return fake_stream_last();
}

static void
check_replies(struct stream *stream)
{
	struct span rest = fake_stream_sent(stream), line;

	while (rest.length > 0) {
		fuzz_holds(span_cut(&rest, '\n', &line) && rest.data != NULL);
		fuzz_holds(line.length >= 5 && line.length < 512 && line.data[line.length - 1] == '\r');
		fuzz_holds(line.data[0] >= '2' && line.data[0] <= '5' && (line.data[3] == ' ' || line.data[3] == '-'));
		for (size_t i = 0; i + 1 < line.length; i++)
			fuzz_holds(line.data[i] >= 0x20 && line.data[i] < 0x7f);
	}
}

static void
check_messages(void)
{
	for (size_t i = 0; i < fake_writer_count(); i++) {
		struct span content = fake_writer_message(i)->content;

		for (size_t j = 0; j < content.length; j++)
			fuzz_holds((content.data[j] == '\n') == (j > 0 && content.data[j - 1] == '\r') && content.data[j] != '\0');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct room room;
	struct stream *stream;
	size_t step;

	if (size < 2)
		return 0;
	(void)fake_tls_facts();
	room_begin(&room);
	stream = room_visit(&room, data[0] % LISTENER_METRICS);
	step = data[1] == 0 ? size : data[1];
	for (size_t at = 2; at < size && fake_stream_fate(stream) == FAKE_STREAM_OPEN; at += step) {
		if (fake_stream_is_laying(stream))
			fake_stream_laid(stream, TRANSPORT_OK);
		fake_stream_feed(stream, span_make(data + at, size - at < step ? size - at : step));
		fake_settle();
	}
	fake_stream_end(stream, STREAM_PEER_CLOSED, 0);
	fake_settle();
	check_replies(stream);
	check_messages();
	fuzz_holds(room.sessions_count == 0 && room.commits == 0 && room.held_octets == 0 && fake_writer_records() == 0);
	room_clear(&room);
	fake_settle();
	fuzz_holds(fake_tls_transports() == 0 && fake_tls_contexts() == 0 && fake_timers() == 0);
	fake_finish();
	return 0;
}
