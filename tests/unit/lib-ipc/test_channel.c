/* Tests of src/lib-ipc/channel.c: two channels on one loop, or one against a raw socket. */
#include "ipc/channel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/codec.h"
#include "tests/unit/lib-loop/turns.h"
#include "tests/unit/unit.h"

enum { PLAIN = 1, WITH_FD, UNUSED, REFUSED };

/* What one side received. */
struct side {
	struct channel *channel;
	unsigned count, closed, rooms;
	uint64_t octets;
	unsigned order_errors, fd_errors;
	bool free_then, finish_then;
};

static struct side a, b;

/* Payload: a number that counts up, then any octets. */
static void
side_count(struct side *side, struct span payload)
{
	struct codec in = codec_read(payload);

	side->order_errors += get_u32(&in) != side->count;
	side->count++;
	side->octets += payload.length;
	if (side->free_then)
		channel_free(&side->channel);
	if (side->finish_then)
		channel_finish(&side->channel);
}

static bool
on_plain(void *arg, struct span payload, int fd)
{
	ck_assert_int_eq(fd, -1);
	side_count(arg, payload);
	return true;
}

/* The descriptor is a file that holds the same number. */
static bool
on_with_fd(void *arg, struct span payload, int fd)
{
	struct side *side = arg;
	uint32_t number = UINT32_MAX;

	side->fd_errors += pread(fd, &number, sizeof(number), 0) != sizeof(number) || number != side->count;
	side->fd_errors += (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0;
	close(fd);
	side_count(side, payload);
	return true;
}

static bool
on_refused(void *arg, struct span payload, int fd)
{
	(void)arg;
	(void)payload;
	(void)fd;
	return false;
}

static void
on_closed(void *arg)
{
	struct side *side = arg;

	side->closed++;
	channel_free(&side->channel);
}

static void
on_room(void *arg)
{
	struct side *side = arg;

	side->rooms++;
}

static const struct channel_row rows[] = {
	[PLAIN] = { "plain", false, on_plain },
	[WITH_FD] = { "with a descriptor", true, on_with_fd },
	[REFUSED] = { "refused", false, on_refused },
};
static const struct channel_handler handler = { rows, REFUSED + 1, on_closed };

static int pair[2];

/* Channels on both ends, or on the first only. */
static void
open_pair(bool both)
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(fcntl(pair[1], F_SETFL, O_NONBLOCK), 0);
	a.channel = channel_new(pair[0], "a", &handler, &a);
	if (both)
		b.channel = channel_new(pair[1], "b", &handler, &b);
}

static void
close_all(void)
{
	channel_free(&a.channel);
	channel_free(&b.channel);
	run_turns(1);
}

static unsigned
descriptors_open(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count;
}

static int
file_with(uint32_t number)
{
	int fd = memfd_create("number", 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, &number, sizeof(number)), sizeof(number));
	return fd;
}

/* Message n of a sequence, with so many octets behind its number. */
static void
send_number(struct channel *channel, uint32_t number, size_t octets, bool with_fd)
{
	static char filler[1024 * 1024];
	struct buf *out = channel_scratch();

	put_u32(out, number);
	put_raw(out, filler, octets);
	channel_send(channel, with_fd ? WITH_FD : PLAIN, buf_span(out), with_fd ? file_with(number) : -1);
}

static bool
b_has_all(void)
{
	return b.count == 10000;
}

START_TEST(messages_arrive_in_the_order_they_were_sent)
{
	open_pair(true);
	for (uint32_t i = 0; i < 10000; i++)
		send_number(a.channel, i, i % 400, false);
	ck_assert_uint_gt(channel_unsent(a.channel), 10000 * 12);
	run_until(b_has_all);
	ck_assert_uint_eq(b.order_errors, 0);
	ck_assert_uint_eq(b.closed, 0);
	ck_assert_uint_eq(channel_unsent(a.channel), 0);
	close_all();
}
END_TEST

static bool
b_has_hundreds(void)
{
	return b.count == 700;
}

/* Bursts with a descriptor beside every frame, beside some, and behind frames larger than the kernel takes at once. */
START_TEST(descriptors_stay_with_their_frames)
{
	static const struct { unsigned every; size_t large; } bursts[] = {
		{ 1, 0 }, { 2, 0 }, { 3, 300000 }, { 1, 1000 }, { 65, 0 }, { 7, 1000000 },
	};
	unsigned before;

	run_turns(1);
	before = descriptors_open();
	for (size_t i = 0; i < sizeof(bursts) / sizeof(*bursts); i++) {
		memset(&b, 0, sizeof(b));
		open_pair(true);
		for (uint32_t n = 0; n < 700; n++)
			send_number(a.channel, n, n % 50 == 0 ? bursts[i].large : n % 3, n % bursts[i].every == 0);
		run_until(b_has_hundreds);
		ck_assert_uint_eq(b.order_errors, 0);
		ck_assert_msg(b.fd_errors == 0, "burst %zu: %u of another frame", i, b.fd_errors);
		close_all();
		ck_assert_uint_eq(descriptors_open(), before);
	}
}
END_TEST

/* A reader that takes seven octets at a time: every write is partial, and still nothing is lost or out of place. */
static struct {
	char octets[200000];
	size_t length, fds_count, at[2000];	/* where in the octets each descriptor came */
} raw;

static bool
raw_has_read_all(void)
{
	for (;;) {
		char control[CMSG_SPACE(64 * sizeof(int))];
		struct iovec iov = { raw.octets + raw.length, 7 };
		struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		    .msg_controllen = sizeof(control) };
		ssize_t n = recvmsg(pair[1], &message, 0);

		if (n <= 0)
			break;
		for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header))
			for (size_t f = 0; f < (header->cmsg_len - CMSG_LEN(0)) / sizeof(int); f++) {
				int fd;

				memcpy(&fd, CMSG_DATA(header) + f * sizeof(int), sizeof(int));
				close(fd);
				raw.at[raw.fds_count++] = raw.length;
			}
		raw.length += (size_t)n;
	}
	return raw.length == 500 * 12 + 500 * 200;
}

START_TEST(no_descriptor_comes_after_its_frame_began)
{
	const int small = 4096;

	open_pair(false);
	ck_assert_int_eq(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
	for (uint32_t n = 0; n < 500; n++)
		send_number(a.channel, n, 200, n % 2 == 1);
	run_until(raw_has_read_all);
	ck_assert_uint_eq(raw.fds_count, 250);
	for (size_t i = 0; i < raw.fds_count; i++)
		ck_assert_uint_le(raw.at[i], (2 * i + 1) * 212);
	close(pair[1]);
	close_all();
}
END_TEST

static void
raw_send(const void *octets, size_t length, int fd)
{
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .space = "" };
	struct iovec iov = { (void *)(uintptr_t)octets, length };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		*CMSG_FIRSTHDR(&message) = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
		    .cmsg_len = CMSG_LEN(sizeof(int)) };
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &fd, sizeof(fd));
	}
	ck_assert_int_eq(sendmsg(pair[1], &message, 0), (ssize_t)length);
}

static bool
a_is_closed(void)
{
	return a.closed > 0;
}

/* What makes no sense ends the channel, keeps no descriptor, and never reaches a handler. */
START_TEST(nonsense_ends_the_channel)
{
	static const struct { struct span octets; bool with_fd; const char *what; } nonsense[] = {
		{ SPAN("\0\0\0\0\0\0\0\0"), false, "type 0" },
		{ SPAN("\3\0\0\0\0\0\0\0"), false, "a row not used" },
		{ SPAN("\5\0\0\0\0\0\0\0"), false, "a type beyond the table" },
		{ SPAN("\xff\xff\0\0\0\0\0\0"), false, "the last type" },
		{ SPAN("\2\0\0\0\4\0\0\0\0\0\0\0"), false, "no descriptor where one belongs" },
		{ SPAN("\2\0\1\0\4\0\0\0\0\0\0\0"), false, "a descriptor promised that did not come" },
		{ SPAN("\1\0\1\0\4\0\0\0\0\0\0\0"), true, "a descriptor where none belongs" },
		{ SPAN("\1\0\0\0\1\0\xc0\0"), false, "one octet too long" },
		{ SPAN("\1\0\0\0\xff\xff\xff\xff"), false, "four gigabytes" },
		{ SPAN("\4\0\0\0\0\0\0\0"), false, "refused by its handler" },
	};
	unsigned before;

	run_turns(1);
	before = descriptors_open();
	for (size_t i = 0; i < sizeof(nonsense) / sizeof(*nonsense); i++) {
		int fd = nonsense[i].with_fd ? file_with(0) : -1;

		memset(&a, 0, sizeof(a));
		open_pair(false);
		raw_send(nonsense[i].octets.data, nonsense[i].octets.length, fd);
		run_until(a_is_closed);
		ck_assert_msg(a.closed == 1, "%s", nonsense[i].what);
		ck_assert_msg(a.count == 0, "%s", nonsense[i].what);
		close_all();
		close(pair[1]);
		if (fd >= 0)
			close(fd);
		ck_assert_msg(descriptors_open() == before, "%s: a descriptor was kept", nonsense[i].what);
	}
}
END_TEST

START_TEST(a_frame_may_come_octet_by_octet)
{
	static const char frame[] = "\1\0\0\0\6\0\0\0\0\0\0\0xy";

	open_pair(false);
	for (size_t i = 0; i < sizeof(frame) - 1; i++) {
		ck_assert_uint_eq(a.count, 0);
		raw_send(frame + i, 1, -1);
		run_turns(2);
	}
	ck_assert_uint_eq(a.count, 1);
	ck_assert_uint_eq(a.octets, 6);
	close(pair[1]);
	close_all();
}
END_TEST

START_TEST(half_a_frame_and_an_end_is_an_end)
{
	open_pair(false);
	raw_send("\1\0\0\0\4\0\0\0\0\0\0\0\1\0", 14, -1);
	close(pair[1]);
	run_until(a_is_closed);
	ck_assert_uint_eq(a.count, 1);
	ck_assert_uint_eq(a.closed, 1);
	close_all();
}
END_TEST

START_TEST(a_channel_freed_in_its_handler_hands_out_no_more)
{
	open_pair(true);
	b.free_then = true;
	for (uint32_t i = 0; i < 5; i++)
		send_number(a.channel, i, 0, i == 4);
	run_until(a_is_closed);
	ck_assert_uint_eq(b.count, 1);
	ck_assert_uint_eq(b.closed, 0);
	close_all();
}
END_TEST

START_TEST(sending_on_a_closed_channel_keeps_no_descriptor)
{
	unsigned before;

	open_pair(true);
	run_turns(1);
	before = descriptors_open();
	send_number(a.channel, 0, 0, true);
	channel_free(&a.channel);
	run_turns(2);
	ck_assert_uint_eq(b.count, 0);
	ck_assert_uint_eq(b.closed, 1);
	ck_assert_uint_eq(descriptors_open(), before - 2);
	close_all();
}
END_TEST

static bool
b_is_closed(void)
{
	return b.closed > 0;
}

START_TEST(finishing_sends_everything_first)
{
	open_pair(true);
	for (uint32_t i = 0; i < 700; i++)
		send_number(a.channel, i, 3000, i % 3 == 0);
	channel_finish(&a.channel);
	ck_assert_ptr_null(a.channel);
	run_until(b_is_closed);
	ck_assert_uint_eq(b.count, 700);
	ck_assert_uint_eq(b.order_errors + b.fd_errors, 0);
	close_all();
}
END_TEST

/* The owner is gone from then on: nothing may be handed to it. */
START_TEST(finishing_is_silent)
{
	unsigned before;

	open_pair(true);
	run_turns(1);
	before = descriptors_open();
	for (uint32_t i = 0; i < 700; i++)
		send_number(a.channel, i, 3000, false);
	for (uint32_t i = 0; i < 5; i++)
		send_number(b.channel, i, 0, i == 3);
	channel_want_room(a.channel, 1, on_room, &a);
	channel_finish(&a.channel);
	run_until(b_is_closed);
	ck_assert_uint_eq(b.count, 700);
	ck_assert_uint_eq(a.count + a.closed + a.rooms, 0);
	close_all();
	ck_assert_uint_eq(descriptors_open(), before - 2);
}
END_TEST

START_TEST(finishing_in_a_handler_hands_out_no_more)
{
	open_pair(true);
	b.finish_then = true;
	for (uint32_t i = 0; i < 5; i++)
		send_number(a.channel, i, 0, false);
	run_until(a_is_closed);
	ck_assert_uint_eq(b.count, 1);
	ck_assert_uint_eq(b.closed, 0);
	close_all();
}
END_TEST

START_TEST(room_is_told_once_when_there_is_some)
{
	open_pair(false);
	for (uint32_t i = 0; i < 700; i++)
		send_number(a.channel, i, 3000, false);
	channel_want_room(a.channel, 100000, on_room, &a);
	run_turns(3);
	ck_assert_uint_eq(a.rooms, 0);
	while (channel_unsent(a.channel) >= 100000) {
		char text[100000];

		ck_assert_int_gt(read(pair[1], text, sizeof(text)), 0);
		run_turns(2);
	}
	ck_assert_uint_eq(a.rooms, 1);
	channel_want_room(a.channel, 100000, on_room, &a);
	ck_assert_uint_eq(a.rooms, 1);
	run_turns(1);
	ck_assert_uint_eq(a.rooms, 2);
	close(pair[1]);
	close_all();
}
END_TEST

/*
 * A room that dies has often said what it did. Its last words are heard even by someone who was
 * about to speak: a conclusion that is lost here is a message delivered twice.
 */
START_TEST(what_the_peer_said_before_it_died_is_heard)
{
	open_pair(false);
	for (unsigned char i = 0; i < 3; i++) {
		unsigned char frame[12] = { 1, 0, 0, 0, 4, 0, 0, 0, i };

		raw_send(frame, sizeof(frame), -1);
	}
	send_number(a.channel, 0, 0, false);
	close(pair[1]);
	run_until(a_is_closed);
	ck_assert_uint_eq(a.count, 3);
	ck_assert_uint_eq(a.order_errors, 0);
	ck_assert_uint_eq(a.closed, 1);
	close_all();
}
END_TEST

UNIT_MAIN("channel", messages_arrive_in_the_order_they_were_sent, descriptors_stay_with_their_frames,
    no_descriptor_comes_after_its_frame_began, nonsense_ends_the_channel, a_frame_may_come_octet_by_octet,
    half_a_frame_and_an_end_is_an_end, a_channel_freed_in_its_handler_hands_out_no_more,
    sending_on_a_closed_channel_keeps_no_descriptor, finishing_sends_everything_first, finishing_is_silent,
    finishing_in_a_handler_hands_out_no_more, room_is_told_once_when_there_is_some, what_the_peer_said_before_it_died_is_heard)
