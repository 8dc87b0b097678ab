/*
 * Tests of src/lib-ipc/room.c: a room in a child process, with callbacks that write a line each to a pipe,
 * and this process in master's place.
 */
#include "ipc/room.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fatal.h"
#include "conf/report.h"
#include "tests/unit/unit.h"

#define HEARD_FD 9	/* where the room's callbacks write */

static int master = -1;	/* our end of the room's channel */
static FILE *heard;	/* what callbacks wrote */
static pid_t room_pid;

static void
on_setup(void *arg, const struct setup *setup, const void *slice)
{
	const struct conf_report *report = slice;

	(void)arg;
	dprintf(HEARD_FD, "setup %u/%u %s\n", setup->index, setup->count, report->hostname);
}

static void
on_directory(void *arg, const struct directory *directory, int fd)
{
	(void)arg;
	dprintf(HEARD_FD, "directory %.*s %d %d\n", SPAN_ARG(directory->name), directory->is_own, fcntl(fd, F_GETFD) >= 0);
	close(fd);
}

static void
on_listener(void *arg, const struct listener *listener, int fd)
{
	(void)arg;
	dprintf(HEARD_FD, "listener %u %.*s\n", listener->id, SPAN_ARG(listener->name));
	close(fd);
}

static void
on_listener_gone(void *arg, uint32_t id)
{
	(void)arg;
	dprintf(HEARD_FD, "gone %u\n", id);
}

static void
on_peer(void *arg, const struct peer *peer, int fd)
{
	(void)arg;
	dprintf(HEARD_FD, "peer %s-%u\n", room_name(peer->kind), peer->index);
	close(fd);
}

static void
on_key(void *arg, const struct spool_key *key)
{
	(void)arg;
	dprintf(HEARD_FD, "key %.*s\n", SPAN_ARG(key->public_key));
}

static void
on_start(void *arg)
{
	(void)arg;
	dprintf(HEARD_FD, "start\n");
	room_ready();
}

static void
on_stop(void *arg, uint32_t grace_ms)
{
	(void)arg;
	dprintf(HEARD_FD, "stop %u\n", grace_ms);
	room_done();
}

static void
on_request(void *arg, const struct request *request, int fd)
{
	(void)arg;
	dprintf(HEARD_FD, "request %.*s (%u)\n", SPAN_ARG(request->verb), request->arguments_count);
	close(fd);
}

static void
on_status(void *arg, struct row *row, struct arena *arena)
{
	(void)arg;
	row_text(row, "mood", arena_span(arena, SPAN("fine")));
}

static void
on_count(void *arg, struct buf *samples)
{
	(void)arg;
	put_raw(samples, "samples", 7);
}

static void
on_census(void *arg, struct span census)
{
	(void)arg;
	dprintf(HEARD_FD, "census %.*s\n", SPAN_ARG(census));
	room_want_census();
}

static const struct room_handler full = {
	&conf_report_slice, on_setup, on_directory, on_listener, on_listener_gone, on_peer, on_key, on_start, on_stop,
	on_request, on_status, on_count, on_census
};
static const struct room_handler bare = { .slice = &conf_report_slice, .on_setup = on_setup };

static void
room_begin(const struct room_handler *handler)
{
	int channel[2], lines[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, channel), 0);
	ck_assert_int_eq(pipe(lines), 0);
	room_pid = fork();
	if (room_pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, STDERR_FILENO);
		dup2(lines[1], HEARD_FD);
		dup2(channel[1], ROOM_CHANNEL_FD);
		for (int fd = ROOM_CHANNEL_FD + 1; fd < HEARD_FD; fd++)
			close(fd);
		_exit(room_run(ROOM_REPORT, handler, NULL));
	}
	close(channel[1]);
	close(lines[1]);
	master = channel[0];
	heard = fdopen(lines[0], "r");
}

static void
say(uint16_t type, struct span payload, int fd)
{
	struct buf frame;
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .space = "" };
	struct msghdr message = { .msg_iovlen = 1 };
	struct iovec iov;

	buf_init(&frame, 1 << 20);
	put_u16(&frame, type);
	put_u16(&frame, fd >= 0);
	put_u32(&frame, (uint32_t)payload.length);
	put_raw(&frame, payload.data, payload.length);
	iov = (struct iovec){ frame.data, buf_length(&frame) };
	message.msg_iov = &iov;
	if (fd >= 0) {
		struct cmsghdr *header;

		message.msg_control = control.space;
		message.msg_controllen = sizeof(control.space);
		header = CMSG_FIRSTHDR(&message);
		*header = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(header), &fd, sizeof(int));
	}
	ck_assert_int_eq(sendmsg(master, &message, MSG_NOSIGNAL), (ssize_t)buf_length(&frame));
	buf_clear(&frame);
}

/* Encode into a scratch of our own and say it. */
#define SAY(type, encoder, fd, ...) \
	do { \
		struct buf said; \
\
		buf_init(&said, 1 << 20); \
		encoder(&said, &__VA_ARGS__); \
		say((type), buf_span(&said), (fd)); \
		buf_clear(&said); \
	} while (0)

static void
say_setup(const char *hostname)
{
	struct conf_report report = { .hostname = must_copy(hostname, strlen(hostname)) };
	struct buf slice;

	buf_init(&slice, 1 << 20);
	conf_encode(&slice, &conf_report_slice, &report);
	SAY(MASTER_SETUP, setup_encode, -1, (struct setup){ ROOM_REPORT, 0, 1, buf_span(&slice) });
	conf_clear(&conf_report_slice, &report);
	buf_clear(&slice);
}

static void
read_whole(void *octets, size_t length)
{
	ck_assert_int_eq(recv(master, octets, length, MSG_WAITALL), (ssize_t)length);
}

/* The next frame from the room; its payload is in out. */
static uint16_t
listen_for(struct buf *out)
{
	char header[8];
	struct codec in = codec_read(span_make(header, sizeof(header)));
	uint16_t type;
	uint32_t length;

	read_whole(header, sizeof(header));
	type = get_u16(&in);
	get_u16(&in);
	length = get_u32(&in);
	buf_empty(out);
	if (length > 0) {
		read_whole(buf_reserve(out, length), length);
		buf_commit(out, length);
	}
	return type;
}

static void
hears(const char *expected)
{
	char line[200] = "";

	if (fgets(line, sizeof(line), heard) != NULL)
		line[strcspn(line, "\n")] = '\0';
	ck_assert_str_eq(line, expected);
}

static void
ends_with(int code)
{
	int status;

	ck_assert_int_eq(waitpid(room_pid, &status, 0), room_pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), code);
}

START_TEST(every_message_reaches_its_callback)
{
	struct span argument = SPAN("--all");
	struct buf heard_frame;

	buf_init(&heard_frame, 1 << 20);
	room_begin(&full);
	say_setup("a.example");
	hears("setup 0/1 a.example");
	SAY(MASTER_DIRECTORY, directory_encode, dup(0), (struct directory){ SPAN("report-0"), true });
	hears("directory report-0 1 1");
	SAY(MASTER_LISTENER, listener_encode, dup(0), (struct listener){ .id = 7, .name = SPAN("[::1]:25") });
	hears("listener 7 [::1]:25");
	SAY(MASTER_LISTENER_GONE, listener_gone_encode, -1, (struct listener_gone){ 7 });
	hears("gone 7");
	SAY(MASTER_PEER, peer_encode, dup(0), (struct peer){ ROOM_QUEUE, 2 });
	hears("peer queue-2");
	SAY(MASTER_KEY, spool_key_encode, -1, (struct spool_key){ SPAN("pub"), SPAN("") });
	hears("key pub");
	say(MASTER_START, SPAN(""), -1);
	hears("start");
	ck_assert_uint_eq(listen_for(&heard_frame), ROOM_READY);
	SAY(MASTER_REQUEST, request_encode, dup(0), (struct request){ SPAN("queue list"), &argument, 1 });
	hears("request queue list (1)");
	say_setup("b.example");
	hears("setup 0/1 b.example");
	SAY(MASTER_STOP, stop_encode, -1, (struct stop){ 250 });
	hears("stop 250");
	ends_with(EX_OK);
	buf_clear(&heard_frame);
}
END_TEST

START_TEST(ping_and_status_are_answered)
{
	struct buf frame;
	struct row row;

	buf_init(&frame, 1 << 20);
	room_begin(&full);
	say(MASTER_PING, SPAN(""), -1);
	ck_assert_uint_eq(listen_for(&frame), ROOM_PONG);
	say_setup("a.example");
	say(MASTER_STATUS, SPAN(""), -1);
	ck_assert_uint_eq(listen_for(&frame), ROOM_STATUS);
	ck_assert(row_decode(buf_span(&frame), &row));
	ck_assert_uint_eq(row.fields_count, 6);
	ck_span_eq(row.fields[0].text, "report");
	ck_assert_int_eq(row.fields[2].number, room_pid);
	ck_assert_int_eq(row.fields[4].number, false);
	ck_span_eq(row.fields[5].name, "mood");
	ck_span_eq(row.fields[5].text, "fine");
	close(master);
	ends_with(EX_PROTOCOL);
	buf_clear(&frame);
}
END_TEST

START_TEST(what_was_counted_is_told_and_a_census_heard)
{
	struct room_counted counted;
	struct buf frame;

	buf_init(&frame, 1 << 20);
	room_begin(&full);
	/* Before it has been set up there is nothing of the room's own. */
	say(MASTER_COUNT, SPAN(""), -1);
	ck_assert_uint_eq(listen_for(&frame), ROOM_COUNTED);
	ck_assert(room_counted_decode(buf_span(&frame), &counted));
	ck_span_eq(counted.samples, "");
	say_setup("a.example");
	say(MASTER_COUNT, SPAN(""), -1);
	ck_assert_uint_eq(listen_for(&frame), ROOM_COUNTED);
	ck_assert(room_counted_decode(buf_span(&frame), &counted));
	ck_span_eq(counted.samples, "samples");
	ck_assert_int_gt(counted.started_ms, INT64_C(1600000000000));
	ck_assert_uint_gt(counted.cpu_us, 0);
	say(MASTER_CENSUS, SPAN("numbers"), -1);
	ck_assert_uint_eq(listen_for(&frame), ROOM_WANTS_CENSUS);
	close(master);
	ends_with(EX_PROTOCOL);
	buf_clear(&frame);
}
END_TEST

START_TEST(a_census_is_nonsense_to_who_wants_none)
{
	room_begin(&bare);
	say_setup("a.example");
	say(MASTER_CENSUS, SPAN("numbers"), -1);
	ends_with(EX_PROTOCOL);
}
END_TEST

START_TEST(a_room_without_start_and_stop_is_ready_and_done_at_once)
{
	struct buf frame;

	buf_init(&frame, 1 << 20);
	room_begin(&bare);
	say_setup("a.example");
	say(MASTER_START, SPAN(""), -1);
	ck_assert_uint_eq(listen_for(&frame), ROOM_READY);
	SAY(MASTER_STOP, stop_encode, -1, (struct stop){ 0 });
	ends_with(EX_OK);
	buf_clear(&frame);
}
END_TEST

/* What makes no sense to a room ends it; nothing of it reaches a callback. */
static const struct {
	const char *what;
	bool is_set_up;		/* SETUP was said before */
	uint16_t type;
	bool has_fd;
	struct span payload;
} nonsense[] = {
	{ "unknown type", true, MASTER_MESSAGES, false, { "", 0 } },
	{ "type 0", true, 0, false, { "", 0 } },
	{ "START before SETUP", false, MASTER_START, false, { "", 0 } },
	{ "KEY before SETUP", false, MASTER_KEY, false, { "\0\0\0\0\0\0\0\0", 8 } },
	{ "DIRECTORY before SETUP", false, MASTER_DIRECTORY, true, { "\0\0\0\0\0", 5 } },
	{ "DIRECTORY without a descriptor", true, MASTER_DIRECTORY, false, { "\0\0\0\0\0", 5 } },
	{ "SETUP with a descriptor", true, MASTER_SETUP, true, { "", 0 } },
	{ "empty SETUP", false, MASTER_SETUP, false, { "", 0 } },
	{ "SETUP of another room", false, MASTER_SETUP, false, { "\2\0\0\1\0\0\0\0\0", 9 } },
	{ "SETUP whose slice is short", false, MASTER_SETUP, false, { "\4\0\0\1\0\0\0\0\0", 9 } },
	{ "START with a payload", true, MASTER_START, false, { "x", 1 } },
	{ "STOP cut short", true, MASTER_STOP, false, { "\1\0", 2 } },
	{ "PING with a payload", true, MASTER_PING, false, { "x", 1 } },
	{ "REQUEST cut short", true, MASTER_REQUEST, true, { "\1", 1 } },
	{ "KEY cut short", true, MASTER_KEY, false, { "\1\0\0\0k", 5 } },
};

START_TEST(nonsense_ends_the_room)
{
	room_begin(&full);
	if (nonsense[_i].is_set_up) {
		say_setup("a.example");
		hears("setup 0/1 a.example");
	}
	say(nonsense[_i].type, nonsense[_i].payload, nonsense[_i].has_fd ? dup(0) : -1);
	hears("");
	ends_with(EX_PROTOCOL);
}
END_TEST

START_TEST(a_message_that_is_not_this_rooms_ends_it)
{
	room_begin(&bare);
	say_setup("a.example");
	hears("setup 0/1 a.example");
	SAY(MASTER_LISTENER, listener_encode, dup(0), (struct listener){ .id = 7, .name = SPAN("[::1]:25") });
	hears("");
	ends_with(EX_PROTOCOL);
}
END_TEST

START_TEST(signals_of_the_terminal_are_masters_business)
{
	room_begin(&full);
	say_setup("a.example");
	hears("setup 0/1 a.example");
	kill(room_pid, SIGINT);
	kill(room_pid, SIGTERM);
	kill(room_pid, SIGHUP);
	say_setup("b.example");
	hears("setup 0/1 b.example");
	close(master);
	ends_with(EX_PROTOCOL);
}
END_TEST

UNIT_MAIN_LOOPED("room", nonsense_ends_the_room, nonsense, every_message_reaches_its_callback,
    ping_and_status_are_answered, what_was_counted_is_told_and_a_census_heard, a_census_is_nonsense_to_who_wants_none,
    a_room_without_start_and_stop_is_ready_and_done_at_once,
    a_message_that_is_not_this_rooms_ends_it, signals_of_the_terminal_are_masters_business)
