/*
 * Plays the scenarios of a folder against the intake room, in fake time. Each file is played three times: what the client
 * says goes line by line, then all lines up to the next expectation in one segment, then octet by octet. Each
 * time in a process of its own; the replies must be the same.
 *
 * A scenario is lines; `#` begins a comment. In what is said and in `content` \r \n \t \0 \\ \xHH stand for octets; in
 * patterns `*` stands for anything.
 *
 *   modes lines|pipelined|octets      play only so (files about the cut itself)
 *   set KEY VALUE                     configuration, see the table `numbers`; hostname, help_url, bare_lf, notices_senders
 *   reload                            say the changed configuration to the running room
 *   connect [NAME] [starttls|implicit|local] [ip=ADDRESS] [uid=NUMBER]
 *   greet [NAME] [...]                the same, and on to READY
 *   as NAME                           speak for that client from here on
 *   > TEXT                            say TEXT and CRLF;   >> TEXT  without CRLF
 *   fill NUMBER                       say so many x
 *   repeat NUMBER LINE                play a line so often
 *   < PATTERN                         hear this line next
 *   silent                            nothing is left to hear
 *   closed | open                     the room has closed the connection, or not
 *   tls [cert=HEX] [sni=NAME]         the handshake ends well;   tls-fails [WORD]
 *   end closed|truncated|reset|tls    the client ends the connection
 *   deaf | hears                      the client does not read what it is sent, or reads on
 *   paused | reading                  the room does not read what the client says, or does
 *   wait NUMBER(ms|s|h)
 *   commit hold | commit release ok|ENOSPC|EIO|EDQUOT | commit result ...
 *   content-fails ok|ENOSPC|EIO       record_add() fails
 *   staged NUMBER                     octets staged by somebody else
 *   certificate-fails [WHY]           TLS contexts cannot be made (or can again)
 *   congestion on|off | queue goes | queue comes | stop MILLISECONDS | running | done
 *   report comes|goes | facts PATTERN what was told to the ledger since the last time, as told.h has it
 *   asked PATTERN                     the next thing that report was asked or told besides facts, as world_asked() has it
 *   stopped done|no-such|later        report answers the last question
 *   policy comes|goes | publish NAME TEXT   a TXT record
 *   answers NUMBER | fails NUMBER     policy answers so many questions by what is published, or that nothing is known
 *   messages NUMBER                   so many were committed;   records NUMBER  are begun
 *   envelope PATTERN                  of the last one, as envelope_text() writes it
 *   prefix PATTERN                    of the last one: what stands above the content
 *   content PATTERN                   of the last one, our Received field included;   body PATTERN  without
 *   status PATTERN | log PATTERN | no-log PATTERN
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fatal.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_stream.h"
#include "tests/fake/fake_tls.h"
#include "tests/scenario/intake_world.h"
#include "tests/scenario/told.h"
#include "tests/unit/leaks.h"

#define CLIENTS 256
#define LINE_OCTETS 8192
#define WORDS 8

enum mode { MODE_LINES, MODE_PIPELINED, MODE_OCTETS, MODES };

static const char *const mode_names[MODES] = { "lines", "pipelined", "octets" };

static struct {
	const char *path;
	enum mode mode;
	char where[512];
	struct { char name[16]; struct client client; } clients[CLIENTS];
	int count, current;
	struct buf saying;	/* MODE_PIPELINED: not said yet */
} play;

static void run_line(char *line);

/* Text */

static int
hex(char c)
{
	const char *digits = "0123456789abcdef", *at = c == '\0' ? NULL : strchr(digits, c | 0x20);

	return at == NULL ? -1 : (int)(at - digits);
}

/* Escapes to octets, in place. Returns how many. */
static size_t
unescape(char *text)
{
	size_t length = 0;

	for (char *at = text; *at != '\0'; at++) {
		char c = *at;

		if (c == '\\') {
			c = *++at;
			if (c == 'x' && hex(at[1]) >= 0 && hex(at[2]) >= 0) {
				c = (char)(hex(at[1]) << 4 | hex(at[2]));
				at += 2;
			} else {
				c = c == 'r' ? '\r' : c == 'n' ? '\n' : c == 't' ? '\t' : c == '0' ? '\0' : c;
			}
		}
		text[length++] = c;
	}
	return length;
}

static uint64_t
number(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (end == text || *end != '\0')
		fake_fail("%s is not a number", text);
	return value;
}

static int
error_of(const char *name)
{
	static const struct { const char *name; int error; } rows[] = {
		{ "ok", 0 }, { "ENOSPC", ENOSPC }, { "EIO", EIO }, { "EDQUOT", EDQUOT }
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].error;
	fake_fail("%s is not an error", name);
}

/* Cut at spaces; the rest stays together in the last word. Missing words are "". */
static void
cut(char *text, char **words, int count)
{
	for (int i = 0; i < count; i++) {
		words[i] = text;
		while (*text != '\0' && *text != ' ')
			text++;
		while (*text == ' ' && i + 1 < count)
			*text++ = '\0';
	}
}

static const char *
value_of(const char *word, const char *key)
{
	size_t length = strlen(key);

	return strncmp(word, key, length) == 0 && word[length] == '=' ? word + length + 1 : NULL;
}

/* Clients */

static struct client *
current(void)
{
	if (play.count == 0)
		fake_fail("nobody is connected");
	return &play.clients[play.current].client;
}

static void
say(struct span octets)
{
	if (play.mode != MODE_OCTETS) {
		client_say(current(), octets);
		return;
	}
	for (size_t i = 0; i < octets.length; i++)
		client_say(current(), span_make(octets.data + i, 1));
}

/* All that waits goes in one segment, before anything else happens. */
static void
flush(void)
{
	if (buf_length(&play.saying) == 0)
		return;
	say(buf_span(&play.saying));
	buf_empty(&play.saying);
}

static void
say_later(struct span octets)
{
	if (!buf_add(&play.saying, octets))
		fake_fail("too much to say");
	if (play.mode != MODE_PIPELINED)
		flush();
}

static void
do_line(char *text)
{
	size_t length = unescape(text);

	say_later(span_make(text, length));
	say_later(SPAN("\r\n"));
}

static void
do_raw(char *text)
{
	size_t length = unescape(text);

	say_later(span_make(text, length));
}

static void
do_fill(char *text)
{
	static char some[4096];

	memset(some, 'x', sizeof(some));
	for (uint64_t left = number(text), n; left > 0; left -= n) {
		n = left < sizeof(some) ? left : sizeof(some);
		client_say(current(), span_make(some, n));
	}
}

static void
do_repeat(char *text)
{
	char *words[2], copy[LINE_OCTETS];

	cut(text, words, 2);
	for (uint64_t left = number(words[0]); left > 0; left--) {
		snprintf(copy, sizeof(copy), "%s", words[1]);
		run_line(copy);
	}
}

static void
connect_to(char *text, bool greets)
{
	char *words[WORDS];
	const char *ip = "192.0.2.1", *name = "client", *value;
	enum listener_kind kind = LISTENER_STARTTLS;
	uint32_t uid = UINT32_MAX;

	cut(text, words, WORDS);
	for (int i = 0; i < WORDS && *words[i] != '\0'; i++) {
		if (strcmp(words[i], "starttls") == 0)
			kind = LISTENER_STARTTLS;
		else if (strcmp(words[i], "implicit") == 0)
			kind = LISTENER_IMPLICIT;
		else if (strcmp(words[i], "local") == 0)
			kind = LISTENER_LOCAL;
		else if ((value = value_of(words[i], "ip")) != NULL)
			ip = value;
		else if ((value = value_of(words[i], "uid")) != NULL)
			uid = (uint32_t)number(value);
		else
			name = words[i];
	}
	if (play.count == CLIENTS)
		fake_fail("more than %d clients", CLIENTS);
	play.current = play.count++;
	snprintf(play.clients[play.current].name, sizeof(play.clients[0].name), "%s", name);
	play.clients[play.current].client = world_connect(kind, kind == LISTENER_LOCAL ? NULL : ip, uid);
	if (greets)
		client_greet(current());
}

static void
do_connect(char *text)
{
	connect_to(text, false);
}

static void
do_greet(char *text)
{
	connect_to(text, true);
}

static void
do_as(char *text)
{
	for (int i = play.count - 1; i >= 0; i--)
		if (strcmp(play.clients[i].name, text) == 0) {
			play.current = i;
			return;
		}
	fake_fail("there is no client %s", text);
}

static void
do_hear(char *text)
{
	const char *line = client_hear(current());

	if (line == NULL)
		fake_fail("nothing is said, expected: %s", text);
	if (!fake_matches(text, line))
		fake_fail("heard: %s\n  expected: %s", line, text);
}

static void
do_silent(char *text)
{
	const char *line = client_hear(current());

	(void)text;
	if (line != NULL)
		fake_fail("heard: %s\n  expected nothing", line);
}

static void
do_closed(char *text)
{
	(void)text;
	if (!client_is_closed(current()))
		fake_fail("the connection is open");
}

static void
do_open(char *text)
{
	(void)text;
	if (client_is_closed(current()))
		fake_fail("the connection is closed");
}

static void
do_tls(char *text)
{
	char *words[WORDS];
	const char *value;
	struct transport *transport = fake_stream_is_laying(current()->stream) ? stream_transport(current()->stream) : NULL;
	struct tls_facts *facts;

	if (transport == NULL)
		fake_fail("no handshake has begun");
	facts = fake_tls_facts_of(transport);
	cut(text, words, WORDS);
	for (int i = 0; i < WORDS && *words[i] != '\0'; i++) {
		if ((value = value_of(words[i], "cert")) != NULL)
			snprintf(facts->peer_fingerprint, sizeof(facts->peer_fingerprint), "%s", value);
		else if ((value = value_of(words[i], "sni")) != NULL)
			snprintf(facts->sni, sizeof(facts->sni), "%s", value);
		else
			fake_fail("what is %s?", words[i]);
	}
	client_secure(current());
}

static void
do_tls_fails(char *text)
{
	static char reason[64];

	if (*text != '\0') {
		snprintf(reason, sizeof(reason), "%s", text);
		fake_tls_failure_of(stream_transport(current()->stream))->reason = reason;
	}
	fake_stream_laid(current()->stream, TRANSPORT_ERROR);
	fake_settle();
}

static void
do_end(char *text)
{
	static const struct { const char *word; enum stream_end why; } rows[] = {
		{ "closed", STREAM_PEER_CLOSED }, { "truncated", STREAM_TRUNCATED }, { "reset", STREAM_RESET }, { "tls", STREAM_TLS_ERROR }
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(rows[i].word, text) == 0) {
			fake_stream_end(current()->stream, rows[i].why, 0);
			fake_settle();
			return;
		}
	fake_fail("what end is %s?", text);
}

static void
do_deaf(char *text)
{
	(void)text;
	fake_stream_block(current()->stream, true);
}

static void
do_hears(char *text)
{
	(void)text;
	fake_stream_block(current()->stream, false);
	fake_settle();
}

static void
do_paused(char *text)
{
	(void)text;
	if (!fake_stream_is_paused(current()->stream))
		fake_fail("the room reads");
}

static void
do_reading(char *text)
{
	(void)text;
	if (fake_stream_is_paused(current()->stream))
		fake_fail("the room does not read");
}

/* The room and its surroundings */

static const struct {
	const char *key;
	size_t offset;
} numbers[] = {
	{ "sessions", offsetof(struct conf_intake, sessions) },
	{ "sessions_per_client", offsetof(struct conf_intake, sessions_per_client) },
	{ "recipients", offsetof(struct conf_intake, recipients) },
	{ "size", offsetof(struct conf_intake, size_octets) },
	{ "messages", offsetof(struct conf_intake, messages) },
	{ "errors", offsetof(struct conf_intake, errors) },
	{ "received", offsetof(struct conf_intake, received) },
	{ "authentication_wait_s", offsetof(struct conf_intake, authentication_wait_s) },
	{ "handshake_s", offsetof(struct conf_intake, handshake_s) },
	{ "idle_s", offsetof(struct conf_intake, idle_s) },
	{ "ledger_flush_s", offsetof(struct conf_intake, ledger_flush_s) },
	{ "session_s", offsetof(struct conf_intake, session_s) },
	{ "memory", offsetof(struct conf_intake, memory_octets) },
	{ "staged_octets", offsetof(struct conf_intake, spool.staged_octets) },
};

static void
text_set(char **text, const char *value)
{
	free(*text);
	*text = must_copy(value, strlen(value));
}

static void
do_set(char *text)
{
	struct conf_intake *conf = world_conf();
	char *words[2];

	cut(text, words, 2);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (strcmp(numbers[i].key, words[0]) == 0) {
			*(uint64_t *)(void *)((char *)conf + numbers[i].offset) = number(words[1]);
			return;
		}
	if (strcmp(words[0], "hostname") == 0)
		text_set(&conf->hostname, words[1]);
	else if (strcmp(words[0], "authserv_id") == 0)
		text_set(&conf->authserv_id, words[1]);
	else if (strcmp(words[0], "authentication") == 0)
		conf->authentication = strcmp(words[1], "yes") == 0;
	else if (strcmp(words[0], "help_url") == 0)
		text_set(&conf->help_url, words[1]);
	else if (strcmp(words[0], "bare_lf") == 0)
		conf->bare_lf = strcmp(words[1], "normalise") == 0 ? CONF_BARE_LF_NORMALISE : CONF_BARE_LF_REFUSE;
	else if (strcmp(words[0], "notices_senders") == 0)
		conf->notices_senders = strcmp(words[1], "yes") == 0;
	else
		fake_fail("what is %s?", words[0]);
}

static void
do_reload(char *text)
{
	(void)text;
	world_setup();
}

static void
do_wait(char *text)
{
	size_t digits = strspn(text, "0123456789");
	const char *unit = text + digits;
	int64_t amount = strtoll(text, NULL, 10);

	if (digits == 0 || (strcmp(unit, "ms") != 0 && strcmp(unit, "s") != 0 && strcmp(unit, "h") != 0))
		fake_fail("%s is not a time", text);
	fake_advance(amount * (strcmp(unit, "ms") == 0 ? 1 : strcmp(unit, "s") == 0 ? 1000 : 3600000));
}

static void
do_commit(char *text)
{
	char *words[2];

	cut(text, words, 2);
	if (strcmp(words[0], "hold") == 0) {
		fake_writer_hold(true);
	} else if (strcmp(words[0], "release") == 0) {
		fake_writer_hold(false);
		fake_writer_release(error_of(words[1]));
		fake_settle();
	} else if (strcmp(words[0], "result") == 0) {
		fake_writer_result(error_of(words[1]));
	} else {
		fake_fail("what is %s?", words[0]);
	}
}

static void
do_content_fails(char *text)
{
	fake_writer_refuse_content(error_of(text));
}

static void
do_staged(char *text)
{
	fake_writer_stage(number(text));
}

static void
do_certificate_fails(char *text)
{
	static char why[256];

	snprintf(why, sizeof(why), "%s", text);
	fake_tls_refuse_context(*why == '\0' ? NULL : why);
}

static void
do_congestion(char *text)
{
	world_congestion(strcmp(text, "on") == 0);
}

static void
do_report(char *text)
{
	if (strcmp(text, "goes") == 0)
		world_report_goes();
	else
		world_report_comes();
}

static void
do_facts(char *text)
{
	const char *facts = told_facts();

	if (!fake_matches(text, facts))
		fake_fail("told to the ledger: %s\n  expected: %s", facts, text);
}

static void
do_asked(char *text)
{
	const char *asked = world_asked();

	if (!fake_matches(text, asked))
		fake_fail("report was asked: %s\n  expected: %s", asked, text);
}

static void
do_stopped(char *text)
{
	world_stopped(strcmp(text, "done") == 0 ? STOP_DONE : strcmp(text, "no-such") == 0 ? STOP_NO_SUCH : STOP_LATER);
}

static void
do_policy(char *text)
{
	if (strcmp(text, "goes") == 0)
		world_policy_goes();
	else
		world_policy_comes();
}

static void
do_publish(char *text)
{
	char *words[2];

	cut(text, words, 2);
	world_publish(words[0], words[1]);
}

static void
answer_all(char *text, bool fails)
{
	unsigned count = world_answer(fails);

	if (count != number(text))
		fake_fail("%u questions were asked, expected %s", count, text);
}

static void
do_answers(char *text)
{
	answer_all(text, false);
}

static void
do_fails(char *text)
{
	answer_all(text, true);
}

static void
do_queue(char *text)
{
	if (strcmp(text, "goes") == 0)
		world_queue_goes();
	else
		world_queue_comes();
}

static void
do_stop(char *text)
{
	world_stop((uint32_t)number(text));
}

static void
do_done(char *text)
{
	(void)text;
	if (!fake_loop_is_stopped())
		fake_fail("the room is not done");
}

static void
do_running(char *text)
{
	(void)text;
	if (fake_loop_is_stopped())
		fake_fail("the room is done");
}

static void
do_status(char *text)
{
	const char *status = world_status();

	if (!fake_matches(text, status))
		fake_fail("status: %s\n  expected: %s", status, text);
}

static void
do_log(char *text)
{
	fake_log_expect(text);
}

static void
do_no_log(char *text)
{
	fake_log_expect_none(text);
}

/* Messages */

static const struct fake_message *
last_message(void)
{
	if (fake_writer_count() == 0)
		fake_fail("no message was committed");
	return fake_writer_message(fake_writer_count() - 1);
}

static void
do_messages(char *text)
{
	if (fake_writer_count() != number(text))
		fake_fail("%zu messages were committed, expected %s", fake_writer_count(), text);
}

static void
do_records(char *text)
{
	if (fake_writer_records() != number(text))
		fake_fail("%u records are begun, expected %s", fake_writer_records(), text);
}

static const char *
envelope_text(const struct envelope *envelope)
{
	static char text[LINE_OCTETS];
	char ip[IP_TEXT];
	size_t length = (size_t)snprintf(text, sizeof(text), "from=<%.*s>", SPAN_ARG(envelope->sender));

	for (uint32_t i = 0; i < envelope->recipients_count; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, " to=<%.*s>;%u;%.*s",
		    SPAN_ARG(envelope->recipients[i].address), envelope->recipients[i].notify, SPAN_ARG(envelope->recipients[i].orcpt));
	snprintf(text + length, sizeof(text) - length, "%s%s%s%s%s ret=%u envid=%.*s client=%s name=%.*s uid=%d arrival=%" PRId64 "%s%s",
	    envelope->flags & ENVELOPE_8BIT ? " 8bit" : "", envelope->flags & ENVELOPE_8BITMIME ? " 8bitmime" : "",
	    envelope->flags & ENVELOPE_SMTPUTF8 ? " smtputf8" : "", envelope->flags & ENVELOPE_REQUIRETLS ? " requiretls" : "",
	    envelope->flags & ENVELOPE_TLS_OPTIONAL ? " tls-optional" : "", envelope->ret, SPAN_ARG(envelope->envid),
	    ip_format(envelope->client_ip, ip), SPAN_ARG(envelope->client_name), (int)envelope->client_uid, envelope->arrival_ms,
	    envelope->flags & ENVELOPE_UNPROVED ? " unproved" : "", envelope->flags & ENVELOPE_FORGED ? " forged" : "");
	return text;
}

static void
do_envelope(char *text)
{
	const char *envelope = envelope_text(&last_message()->envelope);

	text[unescape(text)] = '\0';
	if (!fake_matches(text, envelope))
		fake_fail("envelope: %s\n  expected: %s", envelope, text);
}

static void
check_octets(struct span octets, char *pattern)
{
	char *copy = must_copy(octets.data, octets.length);

	pattern[unescape(pattern)] = '\0';
	if (!fake_matches(pattern, copy))
		fake_fail("content: %s\n  expected: %s", copy, pattern);
	free(copy);
}

static void
do_prefix(char *text)
{
	check_octets(last_message()->envelope.prefix, text);
}

static void
do_content(char *text)
{
	check_octets(last_message()->content, text);
}

static void
do_body(char *text)
{
	check_octets(message_body(last_message()), text);
}

/* Lines */

static const struct {
	const char *word;
	void (*run)(char *rest);
	bool is_saying;		/* what waits to be said need not be said before */
	bool is_setting;	/* the room need not be started before */
} rows[] = {
	{ ">", do_line, true, false }, { ">>", do_raw, true, false }, { "fill", do_fill, false, false },
	{ "repeat", do_repeat, true, false }, { "connect", do_connect, false, false }, { "greet", do_greet, false, false },
	{ "as", do_as, false, false }, { "<", do_hear, false, false }, { "silent", do_silent, false, false },
	{ "closed", do_closed, false, false }, { "open", do_open, false, false }, { "tls", do_tls, false, false },
	{ "tls-fails", do_tls_fails, false, false }, { "end", do_end, false, false }, { "deaf", do_deaf, false, false }, { "paused", do_paused, false, false }, { "reading", do_reading, false, false },
	{ "hears", do_hears, false, false }, { "set", do_set, false, true }, { "reload", do_reload, false, false },
	{ "wait", do_wait, false, false }, { "commit", do_commit, false, true }, { "content-fails", do_content_fails, false, true },
	{ "staged", do_staged, false, true }, { "certificate-fails", do_certificate_fails, false, true },
	{ "congestion", do_congestion, false, false }, { "queue", do_queue, false, false },
	{ "report", do_report, false, false }, { "facts", do_facts, false, false },
	{ "asked", do_asked, false, false }, { "stopped", do_stopped, false, false }, { "stop", do_stop, false, false },
	{ "done", do_done, false, false }, { "running", do_running, false, false }, { "records", do_records, false, false }, { "messages", do_messages, false, false }, { "envelope", do_envelope, false, false },
	{ "policy", do_policy, false, false }, { "publish", do_publish, false, true }, { "answers", do_answers, false, false },
	{ "fails", do_fails, false, false }, { "prefix", do_prefix, false, false },
	{ "content", do_content, false, false }, { "body", do_body, false, false }, { "status", do_status, false, false },
	{ "log", do_log, false, false }, { "no-log", do_no_log, false, false },
};

static void
run_line(char *line)
{
	char *words[2];

	cut(line, words, 2);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (strcmp(rows[i].word, words[0]) != 0)
			continue;
		if (!rows[i].is_setting && !world_is_started())
			world_start();
		if (!rows[i].is_saying)
			flush();
		rows[i].run(words[1]);
		return;
	}
	fake_fail("what is %s?", words[0]);
}

static void
play_file(void)
{
	char line[LINE_OCTETS];
	FILE *file = fopen(play.path, "r");
	int n = 0;

	if (file == NULL)
		fake_fail("%s cannot be read", play.path);
	buf_init(&play.saying, 1 << 20);
	while (fgets(line, sizeof(line), file) != NULL) {
		size_t length = strcspn(line, "\n");

		n++;
		line[length] = '\0';
		snprintf(play.where, sizeof(play.where), "%s:%d (%s)", play.path, n, mode_names[play.mode]);
		fake_where(play.where);
		if (line[0] != '\0' && line[0] != '#' && strncmp(line, "modes ", 6) != 0)
			run_line(line);
	}
	fclose(file);
	flush();
	for (play.current = 0; play.current < play.count; play.current++)
		do_silent(NULL);
	buf_clear(&play.saying);
	snprintf(play.where, sizeof(play.where), "%s: at the end (%s)", play.path, mode_names[play.mode]);
}

/* Files */

/* The file's own word on how it is to be played; everything when it says nothing. */
static bool
file_wants(const char *path, enum mode mode)
{
	char line[LINE_OCTETS];
	FILE *file = fopen(path, "r");
	bool wants = true;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "modes ", 6) == 0)
			wants = strstr(line, mode_names[mode]) != NULL;
	if (file != NULL)
		fclose(file);
	return wants;
}

/* In a process of its own: one room is one process. */
static bool
play_apart(const char *path, enum mode mode)
{
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		play.path = path;
		play.mode = mode;
		world_play(play_file);
		exit(EXIT_SUCCESS);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

static int
is_scenario(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int
main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	char folder[4096], path[8192];
	struct dirent **entries;
	int count, played = 0, failed = 0;

	snprintf(folder, sizeof(folder), "%s/tests/scenario/intake", srcdir == NULL ? "." : srcdir);
	count = scandir(argc > 1 ? argv[1] : folder, &entries, is_scenario, alphasort);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", argc > 1 ? argv[1] : folder, entries[i]->d_name);
		for (enum mode mode = 0; mode < MODES; mode++) {
			if (!file_wants(path, mode))
				continue;
			played++;
			if (!play_apart(path, mode)) {
				printf("FAILED %s (%s)\n", entries[i]->d_name, mode_names[mode]);
				failed++;
			}
		}
		free(entries[i]);
	}
	printf("%d plays of %d scenarios, %d failed\n", played, count, failed);
	if (count > 0)
		free(entries);
	return played > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
