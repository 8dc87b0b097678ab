/*
 * Tests of src/lib-loop/stream.c over socket pairs and loopback connections, with a transport that
 * does as its script says and turns every octet over (XOR 0x55), so that clear text shows.
 */
#include "loop/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "loop/clock.h"
#include "tests/unit/unit.h"
#include "turns.h"

#define CEILING 1000

/* The stream under test, whatever its handler saw, and what the handler is to do. */
static struct {
	struct stream *stream;
	int fd, peer;			/* of the stream, as long as it lives; the far end */
	struct buf got;			/* what was consumed */
	unsigned bytes_calls, laid, drained, ended;
	size_t longest;			/* longest span handed out */
	enum stream_end why;
	int code;
	/* what the handler does */
	char stop_at;			/* consume up to and with the first of these only; '\0' = everything */
	bool consume_nothing, pause_then, lay_then, finish_then, abort_then;
	int connected;			/* errno of on_connected; -1 = not called */
} t = { .peer = -1, .got = { .ceiling = 64 * 1024 * 1024 }, .connected = -1 };

/* --- a transport by script */

static struct {
	struct transport transport;
	enum transport_result begin[4];	/* results of the first calls; after them TRANSPORT_OK */
	enum transport_result reads[4], writes[4];	/* likewise; TRANSPORT_OK = do it */
	unsigned begun, read, written, ended, freed;
	size_t endless;			/* octets that reading makes up, without a socket */
} script;

static void
turn_over(char *octets, size_t length)
{
	for (size_t i = 0; i < length; i++)
		octets[i] ^= 0x55;
}

static enum transport_result
scripted(const enum transport_result *results, unsigned call)
{
	return call < 4 ? results[call] : TRANSPORT_OK;
}

static enum transport_result
script_begin(struct transport *transport)
{
	(void)transport;
	return scripted(script.begin, script.begun++);
}

static enum transport_result
script_read(struct transport *transport, void *octets, size_t length, size_t *done)
{
	enum transport_result result = scripted(script.reads, script.read++);
	ssize_t n;

	(void)transport;
	if (result != TRANSPORT_OK)
		return result;
	if (script.endless > 0) {
		*done = length < script.endless ? length : script.endless;
		script.endless -= *done;
		memset(octets, 'e', *done);
		return TRANSPORT_OK;
	}
	n = recv(t.fd, octets, length, 0);
	if (n < 0)
		return TRANSPORT_WANT_READ;
	if (n == 0)
		return TRANSPORT_CLOSED;
	turn_over(octets, (size_t)n);
	*done = (size_t)n;
	return TRANSPORT_OK;
}

static enum transport_result
script_write(struct transport *transport, const void *octets, size_t length, size_t *done)
{
	enum transport_result result = scripted(script.writes, script.written++);
	char copy[1000];
	ssize_t n;

	(void)transport;
	if (result != TRANSPORT_OK)
		return result;
	length = length < sizeof(copy) ? length : sizeof(copy);
	memcpy(copy, octets, length);
	turn_over(copy, length);
	n = send(t.fd, copy, length, MSG_NOSIGNAL);
	if (n < 0)
		return TRANSPORT_WANT_WRITE;
	*done = (size_t)n;
	return TRANSPORT_OK;
}

static void
script_end(struct transport *transport)
{
	(void)transport;
	script.ended++;
}

static void
script_free(struct transport *transport)
{
	(void)transport;
	script.freed++;
}

static struct transport *
script_transport(void)
{
	script.transport = (struct transport){ script_begin, script_read, script_write, NULL, script_end, script_free };
	return &script.transport;
}

/* --- the handler */

static size_t
on_bytes(void *arg, struct span bytes)
{
	size_t n = t.stop_at == '\0' ? bytes.length : span_find(bytes, t.stop_at) + 1;

	ck_assert_ptr_eq(arg, &t);
	t.bytes_calls++;
	if (bytes.length > t.longest)
		t.longest = bytes.length;
	if (t.consume_nothing || n > bytes.length)
		n = 0;
	ck_assert(buf_add(&t.got, span_first(bytes, n)));
	if (t.pause_then)
		stream_pause(t.stream);
	if (t.lay_then && n > 0)
		stream_lay(t.stream, script_transport());
	if (t.finish_then)
		stream_finish(&t.stream, 1000);
	if (t.abort_then)
		stream_abort(&t.stream);
	t.lay_then = t.lay_then && n == 0;
	return n;
}

static void
on_laid(void *arg)
{
	ck_assert_ptr_eq(arg, &t);
	t.laid++;
}

static void
on_drained(void *arg)
{
	ck_assert_ptr_eq(arg, &t);
	t.drained++;
}

static void
on_end(void *arg, enum stream_end why, int code)
{
	ck_assert_ptr_eq(arg, &t);
	t.ended++;
	t.why = why;
	t.code = code;
}

static const struct stream_handler handler = { on_bytes, on_laid, on_drained, on_end };

static void
on_connected(void *arg, int error)
{
	ck_assert_ptr_eq(arg, &t);
	t.connected = error;
}

/* --- set-up and questions */

static void
open_pair(int type)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, type, 0, pair), 0);
	t.peer = pair[1];
	ck_assert_int_eq(fcntl(t.peer, F_SETFL, O_NONBLOCK), 0);
	t.fd = pair[0];
	t.stream = stream_new(t.fd, CEILING, &handler, &t);
	ck_assert_int_eq(stream_fd(t.stream), t.fd);
}

static int
listen_somewhere(struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	ck_assert_int_eq(bind(fd, (struct sockaddr *)address, sizeof(*address)), 0);
	ck_assert_int_eq(listen(fd, 5), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)address, &length), 0);
	return fd;
}

static void
open_tcp(void)
{
	struct sockaddr_in address;
	int listener = listen_somewhere(&address);

	t.fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(t.fd, (struct sockaddr *)&address, sizeof(address)), 0);
	t.peer = accept(listener, NULL, NULL);
	ck_assert_int_ge(t.peer, 0);
	close(listener);
	t.stream = stream_new(t.fd, CEILING, &handler, &t);
}

static void
close_all(void)
{
	stream_abort(&t.stream);
	run_turns(1);
	if (t.peer >= 0)
		close(t.peer);
	buf_clear(&t.got);
}

static void
peer_says(const char *text)
{
	ck_assert_int_eq(send(t.peer, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void
peer_says_covered(const char *text)
{
	char copy[1000];

	strcpy(copy, text);
	turn_over(copy, strlen(text));
	ck_assert_int_eq(send(t.peer, copy, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* What the far end can read now; "EOF" when there is nothing but an end. */
static const char *
peer_hears(void)
{
	static char text[100000];
	ssize_t n = recv(t.peer, text, sizeof(text) - 1, MSG_DONTWAIT);

	if (n == 0)
		return "EOF";
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static bool
has_ended(void)
{
	return t.ended > 0;
}

static bool
has_connected(void)
{
	return t.connected >= 0;
}

static bool
has_drained(void)
{
	return t.drained > 0;
}

/* --- bytes */

START_TEST(bytes_come_as_they_are_sent)
{
	open_pair(SOCK_STREAM);
	peer_says("abc");
	run_turns(2);
	peer_says("def");
	run_turns(2);
	ck_span_eq(buf_span(&t.got), "abcdef");
	ck_assert_uint_eq(stream_pending(t.stream), 0);
	close_all();
}
END_TEST

START_TEST(what_is_left_comes_again_in_front_of_what_is_next)
{
	open_pair(SOCK_STREAM);
	t.stop_at = ';';
	peer_says("one;tw");
	run_turns(2);
	ck_span_eq(buf_span(&t.got), "one;");
	ck_assert_uint_eq(stream_pending(t.stream), 2);
	peer_says("o;");
	run_turns(2);
	ck_span_eq(buf_span(&t.got), "one;two;");
	ck_assert_uint_eq(stream_pending(t.stream), 0);
	close_all();
}
END_TEST

START_TEST(a_full_stream_stops_reading)
{
	char text[3 * CEILING + 1];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	open_pair(SOCK_STREAM);
	t.consume_nothing = true;
	peer_says(text);
	run_turns(5);
	ck_assert_uint_eq(stream_pending(t.stream), CEILING);
	ck_assert_uint_eq(t.longest, CEILING);
	t.bytes_calls = 0;
	run_turns(5);
	ck_assert_uint_eq(t.bytes_calls, 0);
	t.consume_nothing = false;
	stream_pause(t.stream);
	stream_resume(t.stream);
	run_turns(5);
	ck_assert_uint_eq(buf_length(&t.got), 3 * CEILING);
	close_all();
}
END_TEST

START_TEST(a_paused_stream_hands_out_nothing_until_it_goes_on)
{
	open_pair(SOCK_STREAM);
	t.stop_at = ';';
	t.pause_then = true;
	peer_says("one;two;three;");
	run_turns(3);
	ck_span_eq(buf_span(&t.got), "one;");
	peer_says("four;");
	run_turns(3);
	ck_span_eq(buf_span(&t.got), "one;");
	stream_resume(t.stream);
	ck_span_eq(buf_span(&t.got), "one;");
	run_turns(3);
	ck_span_eq(buf_span(&t.got), "one;two;");
	t.pause_then = false;
	t.stop_at = '\0';
	stream_resume(t.stream);
	run_turns(3);
	ck_span_eq(buf_span(&t.got), "one;two;three;four;");
	close_all();
}
END_TEST

static unsigned turns_seen;
static bool time_is_over;

static void
on_time(void *unused)
{
	(void)unused;
	time_is_over = true;
}

static bool
count_turn(void)
{
	turns_seen++;
	return time_is_over;
}

/* What waits in the socket of a paused stream does not keep the loop turning. */
START_TEST(a_paused_stream_is_woken_once)
{
	struct timer *timer = timer_new(on_time, NULL);

	open_pair(SOCK_STREAM);
	stream_pause(t.stream);
	peer_says("early;");
	timer_start(timer, 30);
	run_until(count_turn);
	ck_assert_uint_lt(turns_seen, 8);
	ck_span_eq(buf_span(&t.got), "");
	stream_resume(t.stream);
	run_turns(2);
	ck_span_eq(buf_span(&t.got), "early;");
	timer_free(&timer);
	close_all();
}
END_TEST

/* One send per turn: several replies leave as one TLS record, one segment. */
START_TEST(what_is_written_in_a_turn_leaves_together)
{
	open_pair(SOCK_SEQPACKET);
	stream_write(t.stream, SPAN("250 one\r\n"));
	stream_write(t.stream, SPAN("250 two\r\n"));
	ck_assert_uint_eq(stream_unsent(t.stream), 18);
	ck_assert_str_eq(peer_hears(), "");
	run_turns(1);
	ck_assert_str_eq(peer_hears(), "250 one\r\n250 two\r\n");
	ck_assert_uint_eq(stream_unsent(t.stream), 0);
	close_all();
}
END_TEST

static size_t heard;

static bool
peer_has_heard_five_million(void)
{
	char text[50000];
	ssize_t n;

	while ((n = recv(t.peer, text, sizeof(text), MSG_DONTWAIT)) > 0)
		for (ssize_t i = 0; i < n; i++, heard++)
			if (text[i] != (char)(heard % 251))
				ck_abort_msg("octet %zu is another", heard);
	return heard == 5000000;
}

static bool
peer_has_heard_and_told(void)
{
	return peer_has_heard_five_million() && t.drained > 0;
}

START_TEST(a_slow_reader_gets_everything_and_drained_comes_once)
{
	char *text = malloc(5000000);

	for (size_t i = 0; i < 5000000; i++)
		text[i] = (char)(i % 251);
	open_pair(SOCK_STREAM);
	stream_write(t.stream, span_make(text, 5000000));
	stream_want_drained(t.stream);
	run_turns(3);
	ck_assert_uint_eq(t.drained, 0);
	ck_assert_uint_gt(stream_unsent(t.stream), 1000000);
	run_until(peer_has_heard_and_told);
	ck_assert_uint_eq(t.drained, 1);
	stream_want_drained(t.stream);
	run_until(has_drained);
	run_turns(2);
	ck_assert_uint_eq(t.drained, 2);
	free(text);
	close_all();
}
END_TEST

/* --- ends */

START_TEST(the_peers_end_is_told_once_after_its_bytes)
{
	open_pair(SOCK_STREAM);
	peer_says("last");
	close(t.peer);
	t.peer = -1;
	run_until(has_ended);
	ck_span_eq(buf_span(&t.got), "last");
	ck_assert_int_eq(t.why, STREAM_PEER_CLOSED);
	stream_write(t.stream, SPAN("too late"));
	stream_want_drained(t.stream);
	stream_pause(t.stream);
	stream_resume(t.stream);
	run_turns(3);
	ck_assert_uint_eq(t.ended, 1);
	ck_assert_uint_eq(t.drained, 0);
	close_all();
}
END_TEST

START_TEST(a_reset_is_told_with_its_errno)
{
	const struct linger none = { .l_onoff = 1 };

	open_tcp();
	setsockopt(t.peer, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(t.peer);
	t.peer = -1;
	run_until(has_ended);
	ck_assert_int_eq(t.why, STREAM_RESET);
	ck_assert_int_eq(t.code, ECONNRESET);
	close_all();
}
END_TEST

/* A peer that closes without having read everything cuts us off: sending fails first, and what it said before is to be heard. */
static void
cut_off(const char *last_words)
{
	open_tcp();
	stream_write(t.stream, SPAN("nobody reads this"));
	run_turns(2);
	peer_says(last_words);
	close(t.peer);
	t.peer = -1;
	stream_write(t.stream, SPAN("nor this"));
	run_until(has_ended);
	ck_assert_uint_eq(t.ended, 1);
	ck_assert_int_eq(t.why, STREAM_RESET);
	ck_assert_int_eq(t.code, ECONNRESET);
	ck_assert_uint_eq(stream_unsent(t.stream), strlen("nor this"));
}

START_TEST(last_words_are_heard_though_nothing_can_be_sent)
{
	cut_off("421 go away\r\n");
	ck_span_eq(buf_span(&t.got), "421 go away\r\n");
	close_all();
}
END_TEST

START_TEST(after_last_words_there_may_be_no_stream)
{
	t.abort_then = true;
	open_tcp();
	stream_write(t.stream, SPAN("nobody reads this"));
	run_turns(2);
	peer_says("421 go away\r\n");
	close(t.peer);
	t.peer = -1;
	stream_write(t.stream, SPAN("nor this"));
	run_turns(3);
	ck_assert_ptr_null(t.stream);
	ck_assert_uint_eq(t.ended, 0);
	close_all();
}
END_TEST

START_TEST(a_transport_has_last_words_too)
{
	open_pair(SOCK_STREAM);
	script.writes[0] = TRANSPORT_RESET;
	script.reads[1] = TRANSPORT_ERROR;
	stream_lay(t.stream, script_transport());
	run_turns(3);
	stream_write(t.stream, SPAN("not sent"));
	run_until(has_ended);
	ck_assert_int_eq(t.why, STREAM_TLS_ERROR);
	close_all();
}
END_TEST

START_TEST(finishing_in_a_handler_is_silent)
{
	open_pair(SOCK_STREAM);
	t.finish_then = true;
	peer_says("quit;");
	run_turns(2);
	ck_assert_ptr_null(t.stream);
	peer_says("more;");
	run_turns(3);
	ck_assert_uint_eq(t.bytes_calls, 1);
	ck_assert_uint_eq(t.ended, 0);
	close_all();
}
END_TEST

START_TEST(aborting_in_a_handler_is_silent)
{
	open_pair(SOCK_STREAM);
	t.abort_then = true;
	peer_says("bye");
	run_turns(3);
	ck_assert_ptr_null(t.stream);
	ck_assert_uint_eq(t.bytes_calls, 1);
	ck_assert_uint_eq(t.ended, 0);
	ck_assert_str_eq(peer_hears(), "EOF");
	close_all();
}
END_TEST

START_TEST(finishing_sends_the_rest_and_is_silent)
{
	open_pair(SOCK_STREAM);
	stream_write(t.stream, SPAN("221 bye\r\n"));
	stream_finish(&t.stream, 1000);
	ck_assert_ptr_null(t.stream);
	peer_says("ignored");
	run_turns(3);
	ck_assert_str_eq(peer_hears(), "221 bye\r\n");
	ck_assert_str_eq(peer_hears(), "EOF");
	ck_assert_uint_eq(t.bytes_calls + t.ended, 0);
	close_all();
}
END_TEST

START_TEST(a_large_rest_is_sent_before_the_end)
{
	char *text = malloc(5000000);

	for (size_t i = 0; i < 5000000; i++)
		text[i] = (char)(i % 251);
	open_pair(SOCK_STREAM);
	stream_write(t.stream, span_make(text, 5000000));
	stream_finish(&t.stream, 10000);
	run_until(peer_has_heard_five_million);
	run_turns(3);
	ck_assert_str_eq(peer_hears(), "EOF");
	free(text);
	close_all();
}
END_TEST

/* Closing over unread input would make the kernel send a reset, which can take our last reply with it. */
START_TEST(a_farewell_survives_input_that_nobody_read)
{
	char text[200];
	ssize_t n;

	open_tcp();
	stream_pause(t.stream);
	peer_says("one more command\r\n");
	run_turns(2);
	stream_write(t.stream, SPAN("421 too many errors\r\n"));
	stream_finish(&t.stream, 1000);
	run_turns(3);
	peer_says("and one more\r\n");
	run_turns(3);
	n = recv(t.peer, text, sizeof(text), 0);
	ck_assert_int_eq(n, 21);
	ck_assert_int_eq(recv(t.peer, text, sizeof(text), 0), 0);
	close_all();
}
END_TEST

static bool
peer_sees_the_end(void)
{
	char text[50000];
	ssize_t n;

	do
		n = recv(t.peer, text, sizeof(text), MSG_DONTWAIT);
	while (n > 0);
	return n == 0;
}

static void
do_nothing(void *unused)
{
	(void)unused;
}

static int64_t finished_at;

static bool
linger_is_over(void)
{
	return clock_ms() >= finished_at + 150;
}

START_TEST(a_peer_that_never_reads_is_left_after_the_linger_time)
{
	char *text = calloc(1, 5000000);
	struct timer *wake;

	open_pair(SOCK_STREAM);
	stream_write(t.stream, span_make(text, 5000000));
	finished_at = clock_ms();
	stream_finish(&t.stream, 100);
	wake = timer_new(do_nothing, NULL);
	timer_start(wake, 160);
	run_until(linger_is_over);
	timer_free(&wake);
	ck_assert(peer_sees_the_end());
	free(text);
	close_all();
}
END_TEST

/* --- a transport */

START_TEST(a_transport_is_laid_step_by_step)
{
	open_pair(SOCK_STREAM);
	script.begin[0] = TRANSPORT_WANT_READ;
	script.begin[1] = TRANSPORT_WANT_WRITE;
	stream_write(t.stream, SPAN("220 go\r\n"));
	stream_lay(t.stream, script_transport());
	run_turns(3);
	ck_assert_str_eq(peer_hears(), "220 go\r\n");
	ck_assert_uint_eq(script.begun, 1);
	stream_write(t.stream, SPAN("nothing is said during a handshake"));
	peer_says_covered("hello");
	run_turns(4);
	ck_assert_uint_eq(script.begun, 3);
	ck_assert_uint_eq(t.laid, 1);
	ck_span_eq(buf_span(&t.got), "hello");
	stream_write(t.stream, SPAN("250 ok\r\n"));
	run_turns(2);
	ck_assert_str_eq(peer_hears(), "g`eu:>X_");
	ck_assert_ptr_eq(stream_transport(t.stream), &script.transport);
	close_all();
	ck_assert_uint_eq(script.freed, 1);
}
END_TEST

/* --- many at once: handshakes that only count their steps */

#define MANY 50

static struct {
	struct stream *stream;
	struct transport transport;
	unsigned begun;
	int peer;
} many[MANY];
static unsigned begun_most;	/* steps of all of them in one turn, at most */
static unsigned begun_before;

static enum transport_result
many_begin(struct transport *transport)
{
	for (size_t i = 0; i < MANY; i++)
		if (transport == &many[i].transport)
			many[i].begun++;
	return TRANSPORT_WANT_WRITE;	/* which the socket allows: on with it in the next turn */
}

static void
many_free(struct transport *transport)
{
	(void)transport;
}

static void
many_count(void *unused)
{
	unsigned begun = 0;

	(void)unused;
	for (size_t i = 0; i < MANY; i++)
		begun += many[i].begun;
	if (begun - begun_before > begun_most)
		begun_most = begun - begun_before;
	begun_before = begun;
}

/* A few steps in each turn, everybody's turn comes, and a stream that needs none has its octets at once. */
START_TEST(handshakes_leave_others_their_turn)
{
	int fds[2];

	open_pair(SOCK_STREAM);
	loop_on_turn_end(many_count, NULL);
	for (size_t i = 0; i < MANY; i++) {
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		many[i].transport = (struct transport){ .begin = many_begin, .free = many_free };
		many[i].stream = stream_new(fds[0], CEILING, &handler, &t);
		stream_lay(many[i].stream, &many[i].transport);
		many[i].peer = fds[1];
	}
	peer_says("EHLO");
	run_turns(2);
	ck_assert_uint_eq(t.bytes_calls, 1);
	run_turns(MANY);
	for (size_t i = 0; i < MANY; i++)
		ck_assert_uint_ge(many[i].begun, 2);
	ck_assert_uint_le(begun_most, 8);	/* four by events, four that had to wait */
	ck_assert_uint_ge(begun_most, 4);
	for (size_t i = 0; i < MANY; i++) {
		stream_abort(&many[i].stream);
		close(many[i].peer);
	}
	close_all();
}
END_TEST

/* RFC 3207 4.2: whatever stood behind STARTTLS is never taken for something said under TLS. */
START_TEST(nothing_received_in_clear_survives_the_handshake)
{
	open_pair(SOCK_STREAM);
	t.stop_at = ';';
	t.lay_then = true;
	script.begin[0] = TRANSPORT_WANT_READ;
	peer_says("starttls;injected;");
	run_turns(3);
	t.stop_at = '\0';
	peer_says_covered("real");
	run_turns(4);
	ck_assert_uint_eq(t.laid, 1);
	ck_span_eq(buf_span(&t.got), "starttls;real");
	close_all();
}
END_TEST

START_TEST(nor_does_what_was_left_from_an_earlier_call)
{
	open_pair(SOCK_STREAM);
	t.stop_at = ';';
	script.begin[0] = TRANSPORT_WANT_READ;
	peer_says("star");
	run_turns(2);
	t.lay_then = true;
	peer_says("ttls;injected;");
	run_turns(3);
	t.stop_at = '\0';
	peer_says_covered("real");
	run_turns(4);
	ck_span_eq(buf_span(&t.got), "starttls;real");
	close_all();
}
END_TEST

START_TEST(nor_when_the_transport_is_laid_outside_of_on_bytes)
{
	open_pair(SOCK_STREAM);
	t.consume_nothing = true;
	script.begin[0] = TRANSPORT_WANT_READ;
	peer_says("injected;");
	run_turns(2);
	ck_assert_uint_eq(stream_pending(t.stream), 9);
	stream_lay(t.stream, script_transport());
	t.consume_nothing = false;
	run_turns(2);
	peer_says_covered("real");
	run_turns(4);
	ck_span_eq(buf_span(&t.got), "real");
	close_all();
}
END_TEST

START_TEST(what_is_unsent_leaves_in_clear_before_the_handshake)
{
	char *text = malloc(5000000);

	for (size_t i = 0; i < 5000000; i++)
		text[i] = (char)(i % 251);
	open_pair(SOCK_STREAM);
	stream_write(t.stream, span_make(text, 5000000));
	stream_lay(t.stream, script_transport());
	run_turns(3);
	ck_assert_uint_eq(script.begun, 0);
	run_until(peer_has_heard_five_million);
	run_turns(3);
	ck_assert_uint_eq(t.laid, 1);
	free(text);
	close_all();
}
END_TEST

START_TEST(every_end_of_a_transport_has_its_name)
{
	static const struct { bool in_handshake; enum transport_result result; enum stream_end why; } rows[] = {
		{ true, TRANSPORT_ERROR, STREAM_TLS_ERROR },
		{ true, TRANSPORT_CLOSED, STREAM_PEER_CLOSED },
		{ true, TRANSPORT_RESET, STREAM_RESET },
		{ false, TRANSPORT_ERROR, STREAM_TLS_ERROR },
		{ false, TRANSPORT_CLOSED, STREAM_PEER_CLOSED },
		{ false, TRANSPORT_TRUNCATED, STREAM_TRUNCATED },
		{ false, TRANSPORT_RESET, STREAM_RESET },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		memset(&script, 0, sizeof(script));
		t.ended = 0;
		t.laid = 0;
		script.begin[0] = rows[i].in_handshake ? rows[i].result : TRANSPORT_OK;
		script.reads[0] = rows[i].result;
		open_pair(SOCK_STREAM);
		stream_lay(t.stream, script_transport());
		run_until(has_ended);
		ck_assert_msg(t.why == rows[i].why, "row %zu", i);
		ck_assert_uint_eq(t.laid, !rows[i].in_handshake);
		ck_assert_ptr_eq(stream_transport(t.stream), &script.transport);
		close_all();
		ck_assert_uint_eq(script.freed, 1);
		ck_assert_uint_eq(t.ended, 1);
	}
}
END_TEST

/* TLS may have to read before it can write, and the other way round (a key update). */
START_TEST(reads_that_want_to_write_and_writes_that_want_to_read_go_on)
{
	open_pair(SOCK_STREAM);
	script.reads[0] = TRANSPORT_WANT_WRITE;
	script.writes[0] = TRANSPORT_WANT_READ;
	stream_lay(t.stream, script_transport());
	run_turns(2);
	stream_write(t.stream, SPAN("5"));
	peer_says_covered("five");
	run_turns(6);
	ck_span_eq(buf_span(&t.got), "five");
	ck_assert_str_eq(peer_hears(), "`");
	close_all();
}
END_TEST

START_TEST(finishing_under_a_transport_ends_it_once)
{
	open_pair(SOCK_STREAM);
	stream_lay(t.stream, script_transport());
	run_turns(3);
	stream_write(t.stream, SPAN("5"));
	stream_finish(&t.stream, 1000);
	ck_assert_uint_eq(script.ended, 0);
	run_turns(2);
	ck_assert_uint_eq(script.ended, 1);
	ck_assert_str_eq(peer_hears(), "`");
	ck_assert_str_eq(peer_hears(), "EOF");
	close(t.peer);
	t.peer = -1;
	run_turns(3);
	ck_assert_uint_eq(script.ended, 1);
	ck_assert_uint_eq(script.freed, 1);
	close_all();
}
END_TEST

static bool
endless_is_over(void)
{
	return script.endless == 0;
}

static size_t other_at;

static size_t
on_other_bytes(void *arg, struct span bytes)
{
	(void)arg;
	other_at = buf_length(&t.got);
	return bytes.length;
}

START_TEST(a_flood_leaves_others_their_turn)
{
	static const struct stream_handler other_handler = { on_other_bytes, on_laid, on_drained, on_end };
	struct stream *other;
	int pair[2];

	open_pair(SOCK_STREAM);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	other = stream_new(pair[0], CEILING, &other_handler, &t);
	stream_lay(t.stream, script_transport());
	run_turns(2);
	script.endless = 20000000;
	peer_says_covered("x");
	ck_assert_int_eq(write(pair[1], "y", 1), 1);
	run_until(endless_is_over);
	ck_assert_uint_gt(other_at, 0);
	ck_assert_uint_lt(other_at, 2000000);
	stream_abort(&other);
	close(pair[1]);
	close_all();
}
END_TEST

/* --- connecting */

START_TEST(a_connection_is_told_and_speaks)
{
	struct sockaddr_in address;
	int listener = listen_somewhere(&address);

	t.stream = stream_connect((struct sockaddr *)&address, sizeof(address), NULL, 0, CEILING, on_connected, &handler, &t);
	ck_assert_ptr_nonnull(t.stream);
	ck_assert_int_eq(t.connected, -1);
	run_until(has_connected);
	ck_assert_int_eq(t.connected, 0);
	t.peer = accept(listener, NULL, NULL);
	peer_says("220 hello");
	stream_write(t.stream, SPAN("EHLO"));
	run_turns(3);
	ck_span_eq(buf_span(&t.got), "220 hello");
	ck_assert_str_eq(peer_hears(), "EHLO");
	close(listener);
	close_all();
}
END_TEST

/* Also when the peer has reset it: that is when a report wants to know. */
START_TEST(a_connection_knows_its_own_address_to_the_end)
{
	struct linger at_once = { .l_onoff = 1 };
	struct sockaddr_in address;
	int listener = listen_somewhere(&address);
	char text[IP_TEXT];

	t.stream = stream_connect((struct sockaddr *)&address, sizeof(address), NULL, 0, CEILING, on_connected, &handler, &t);
	run_until(has_connected);
	ck_assert_str_eq(ip_format(stream_source(t.stream), text), "127.0.0.1");
	t.peer = accept(listener, NULL, NULL);
	ck_assert_int_eq(setsockopt(t.peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	close(t.peer);
	t.peer = -1;
	run_until(has_ended);
	ck_assert_str_eq(ip_format(stream_source(t.stream), text), "127.0.0.1");
	close(listener);
	close_all();
	open_pair(SOCK_STREAM);
	ck_assert_uint_eq(stream_source(t.stream).family, 0);
	close_all();
}
END_TEST

START_TEST(a_refused_connection_is_told_with_its_errno)
{
	struct sockaddr_in address;
	int listener = listen_somewhere(&address);

	close(listener);
	t.stream = stream_connect((struct sockaddr *)&address, sizeof(address), NULL, 0, CEILING, on_connected, &handler, &t);
	if (t.stream != NULL) {
		run_until(has_connected);
		ck_assert_int_eq(t.connected, ECONNREFUSED);
	}
	ck_assert_uint_eq(t.ended, 0);
	close_all();
}
END_TEST

START_TEST(a_connection_given_up_is_never_told)
{
	struct sockaddr_in address;
	int listener = listen_somewhere(&address);

	t.stream = stream_connect((struct sockaddr *)&address, sizeof(address), NULL, 0, CEILING, on_connected, &handler, &t);
	stream_abort(&t.stream);
	run_turns(5);
	ck_assert_int_eq(t.connected, -1);
	close(listener);
	close_all();
}
END_TEST

START_TEST(an_address_that_is_not_ours_cannot_be_the_source)
{
	struct sockaddr_in address, source = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc0000201) };
	int listener = listen_somewhere(&address);

	errno = 0;
	t.stream = stream_connect((struct sockaddr *)&address, sizeof(address), (struct sockaddr *)&source, sizeof(source), CEILING,
	    on_connected, &handler, &t);
	ck_assert_ptr_null(t.stream);
	ck_assert_int_eq(errno, EADDRNOTAVAIL);
	close(listener);
}
END_TEST

UNIT_MAIN("stream", bytes_come_as_they_are_sent, what_is_left_comes_again_in_front_of_what_is_next, a_full_stream_stops_reading,
    a_paused_stream_hands_out_nothing_until_it_goes_on, a_paused_stream_is_woken_once, what_is_written_in_a_turn_leaves_together,
    a_slow_reader_gets_everything_and_drained_comes_once, the_peers_end_is_told_once_after_its_bytes,
    a_reset_is_told_with_its_errno, last_words_are_heard_though_nothing_can_be_sent, after_last_words_there_may_be_no_stream,
    a_transport_has_last_words_too, finishing_in_a_handler_is_silent, aborting_in_a_handler_is_silent, finishing_sends_the_rest_and_is_silent,
    a_large_rest_is_sent_before_the_end, a_farewell_survives_input_that_nobody_read,
    a_peer_that_never_reads_is_left_after_the_linger_time, a_transport_is_laid_step_by_step,
    handshakes_leave_others_their_turn,
    nothing_received_in_clear_survives_the_handshake, nor_does_what_was_left_from_an_earlier_call,
    nor_when_the_transport_is_laid_outside_of_on_bytes, what_is_unsent_leaves_in_clear_before_the_handshake,
    every_end_of_a_transport_has_its_name, reads_that_want_to_write_and_writes_that_want_to_read_go_on,
    finishing_under_a_transport_ends_it_once, a_flood_leaves_others_their_turn, a_connection_is_told_and_speaks,
    a_connection_knows_its_own_address_to_the_end, a_refused_connection_is_told_with_its_errno, a_connection_given_up_is_never_told,
    an_address_that_is_not_ours_cannot_be_the_source)
