/* A connection's life: states, expected replies, time-outs, ends. What is said and heard is in client_*.c. */
#include "relay/client.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/log.h"
#include "loop/clock.h"
#include "loop/reap.h"
#include "relay/account.h"
#include "relay/probe.h"
#include "relay/reuse.h"

#define REST_MS 60000			/* an address that failed is left alone for so long */
#define SHORT_REST_MS 1000		/* of a connection: hardly a peer goes so soon */
#define LINGER_MS 1000			/* for a last QUIT to leave */
#define EXPECTED_FIRST 16		/* room for expected replies, to begin with */

#define IN(state) (1u << CLIENT_##state)
#define IN_SETUP (IN(CONNECTING) | IN(GREETING) | IN(HELLO) | IN(STARTTLS) | IN(HANDSHAKE) | IN(EHLO))

#define TIME(field) offsetof(struct conf_relay, field)

/* Everything there is to know about a state, in one row. */
static const struct {
	const char *name;
	size_t timeout;		/* field of the configuration, seconds; 0 = what is expected has its own */
	unsigned next;		/* states reachable from here */
} states[CLIENT_STATES] = {
	[CLIENT_NEW]	    = { "new", 0, IN(CONNECTING) | IN(CLOSED) },
	[CLIENT_CONNECTING] = { "connecting", TIME(connect_s), IN(CONNECTING) | IN(GREETING) | IN(HANDSHAKE) | IN(CLOSED) },
	[CLIENT_GREETING]   = { "greeting", 0, IN(CONNECTING) | IN(HELLO) | IN(EHLO) | IN(CLOSED) },
	[CLIENT_HELLO]	    = { "hello", 0, IN(CONNECTING) | IN(STARTTLS) | IN(CLOSED) },
	[CLIENT_STARTTLS]   = { "starttls", 0, IN(CONNECTING) | IN(HANDSHAKE) | IN(CLOSED) },
	[CLIENT_HANDSHAKE]  = { "handshake", TIME(handshake_s), IN(CONNECTING) | IN(GREETING) | IN(EHLO) | IN(CLOSED) },
	[CLIENT_EHLO]	    = { "ehlo", 0, IN(CONNECTING) | IN(BUSY) | IN(CLOSED) },
	[CLIENT_BUSY]	    = { "busy", 0, IN(IDLE) | IN(LEAVING) | IN(CLOSED) },
	[CLIENT_IDLE]	    = { "idle", TIME(idle_s), IN(BUSY) | IN(LEAVING) | IN(CLOSED) },
	[CLIENT_LEAVING]    = { "leaving", TIME(quit_s), IN(CLOSED) },
	[CLIENT_CLOSED]	    = { "closed", 0, 0 },
};

/* What was said, how long its reply may take (RFC 5321 4.5.3.2), and who hears it. */
static const struct {
	const char *name;
	size_t timeout;
	void (*got)(struct client *client, const struct expectation *expectation, const struct reply *reply);
	bool is_content;	/* may be refused before all of it has come */
} commands[CLIENT_COMMANDS] = {
	[CLIENT_GREETED]       = { "the greeting", TIME(greeting_s), client_got_greeting },
	[CLIENT_HELLO_SAID]    = { "the reply to EHLO", TIME(ehlo_s), client_got_hello },
	[CLIENT_STARTTLS_SAID] = { "the reply to STARTTLS", TIME(ehlo_s), client_got_starttls },
	[CLIENT_EHLO_SAID]     = { "the reply to EHLO", TIME(ehlo_s), client_got_ehlo },
	[CLIENT_MAIL]	       = { "the reply to MAIL", TIME(mail_s), client_got_mail },
	[CLIENT_RCPT]	       = { "the reply to RCPT", TIME(rcpt_s), client_got_rcpt },
	[CLIENT_DATA]	       = { "the reply to DATA", TIME(data_s), client_got_data },
	[CLIENT_CHUNK]	       = { "the reply to BDAT", TIME(block_s), client_got_chunk, true },
	[CLIENT_END]	       = { "the reply to the end of the content", TIME(dot_s), client_got_end, true },
	[CLIENT_RSET]	       = { "the reply to RSET", TIME(mail_s), client_got_rset },
	[CLIENT_QUIT]	       = { "the reply to QUIT", TIME(quit_s), client_got_quit },
};

static uint64_t
conf_seconds(const struct client *client, size_t field)
{
	uint64_t seconds;

	memcpy(&seconds, (const char *)client->relay->conf + field, sizeof(seconds));
	return seconds;
}

static bool
client_is_in(const struct client *client, unsigned set)
{
	return (1u << client->state & set) != 0;
}

const struct candidate *
client_candidate(const struct client *client)
{
	return &client->plan->candidates[client->candidate];
}

const char *
client_host(const struct client *client)
{
	const struct candidate *candidate = client_candidate(client);

	return candidate->host == NULL ? client->plan->route.host.data : candidate->host->facts.host;
}

const char *
client_evidence(const struct client *client)
{
	const struct candidate *candidate = client_candidate(client);

	return candidate->host == NULL || !client->is_secure ? "" : candidate->host->decision.demand.proofs[client->proof].evidence;
}

/* The timer is left alone while it runs out early enough: most deadlines are never reached. */
void
client_arm(struct client *client, uint64_t seconds)
{
	int64_t now = clock_ms(), due = client->deadline_ms;

	client->deadline_ms = seconds == 0 ? 0 : now + (int64_t)seconds * 1000;
	if (seconds > 0 && client->withheld == 0 && (!timer_is_running(client->timer) || due == 0 || due > client->deadline_ms))
		timer_start(client->timer, client->deadline_ms - now);
}

void
client_enter(struct client *client, enum client_state to)
{
	assert(states[client->state].next & 1u << to);
	log_debug("state", LOG_NUMBER("conn", client->number), LOG_TEXT("state", states[to].name),
	    LOG_TEXT("was", states[client->state].name));
	client->state = to;
	client_arm(client, states[to].timeout == 0 ? 0 : conf_seconds(client, states[to].timeout));
}

/* Whole commands, one at a time, each with the line's only LF at its end. */
static bool
is_said_in_clear(struct span octets)
{
	static const struct span commands_in_clear[] = { SPAN("EHLO "), SPAN("STARTTLS\r\n"), SPAN("QUIT\r\n") };

	for (size_t i = 0; i < sizeof(commands_in_clear) / sizeof(*commands_in_clear); i++)
		if (span_starts(octets, commands_in_clear[i]))
			return span_find(octets, '\n') == octets.length - 1;
	return false;
}

/* TLS must be what the stream has, and what the host has proved by; but a socket of this machine has no host. */
static bool
client_may_say(const struct client *client, struct span octets)
{
	return (client->is_secure && stream_transport(client->stream) != NULL) || client_candidate(client)->host == NULL ||
	    is_said_in_clear(octets);
}

/* The timer is the one way to the end that no caller stands in. */
static void
client_withhold(struct client *client, struct span octets)
{
	if (client->withheld == 0) {
		log_error("clear-text", LOG_NUMBER("conn", client->number), LOG_TEXT("mx", client_host(client)), LOG_TEXT("ip", client->address),
		    LOG_TEXT("state", states[client->state].name), LOG_NUMBER("octets", octets.length),
		    LOG_TEXT("text", "an error of this program's: this would have left in clear; the connection is given up"));
		timer_start(client->timer, 0);
	}
	client->withheld += octets.length;
}

void
client_say(struct client *client, struct span octets)
{
	if (octets.length == 0)
		return;
	client->said += octets.length;
	probe_said(client, octets);
	if (client->withheld == 0 && client_may_say(client, octets))
		stream_write(client->stream, octets);
	else
		client_withhold(client, octets);
}

/* What is withheld never leaves. */
uint64_t
client_left(const struct client *client)
{
	return client->said - client->withheld - stream_unsent(client->stream);
}

bool
client_has_sent(const struct client *client, const struct transaction *transaction)
{
	return transaction->is_ended && client_left(client) >= transaction->end;
}

static void
expected_make_room(struct client *client)
{
	unsigned room = client->expected_room == 0 ? EXPECTED_FIRST : client->expected_room * 2;
	struct expectation *expected = must_alloc(room * sizeof(*expected));

	for (unsigned i = 0; i < client->expected_count; i++)
		expected[i] = client->expected[(client->expected_start + i) % client->expected_room];
	free(client->expected);
	client->expected = expected;
	client->expected_room = room;
	client->expected_start = 0;
}

void
client_expect(struct client *client, enum client_command command, struct transaction *transaction, uint32_t recipient)
{
	if (client->expected_count == client->expected_room)
		expected_make_room(client);
	client->expected[(client->expected_start + client->expected_count++) % client->expected_room] =
	    (struct expectation){ command, transaction, recipient, client->said };
	if (transaction != NULL)
		transaction->expected++;
	if (client->expected_count == 1)
		client_arm(client, conf_seconds(client, commands[command].timeout));
}

static const struct expectation *
expected_first(const struct client *client)
{
	return client->expected_count == 0 ? NULL : &client->expected[client->expected_start];
}

/* Take the first off; the next one's time begins now, for the peer may have begun with it only now. */
static struct expectation
expected_take(struct client *client)
{
	struct expectation expectation = client->expected[client->expected_start];
	const struct expectation *next;

	client->expected_start = (client->expected_start + 1) % client->expected_room;
	client->expected_count--;
	if (expectation.transaction != NULL)
		expectation.transaction->expected--;
	next = expected_first(client);
	client_arm(client, next == NULL ? 0 : conf_seconds(client, commands[next->command].timeout));
	return expectation;
}

/*
 * Nobody can have answered what has not left yet: one reply more than there were commands, and every later one would be taken
 * for another command's (standards.md CX2). Only 421 may come at any time (RFC 5321 3.8), and content may be refused in the midst.
 */
static bool
is_out_of_turn(const struct client *client, const struct expectation *expectation, const struct reply *reply)
{
	return client_left(client) < expectation->said && reply->code != 421 &&
	    (reply->code < 400 || !commands[expectation->command].is_content);
}

static void
client_hear(struct client *client, const struct reply *reply)
{
	struct expectation expectation;

	client->is_fresh = client->may_be_gone = false;
	if (client->state == CLIENT_IDLE) {
		client_close(client, reply->code == 421 ? "service-closing" : "reply-unexpected");
	} else if (client->expected_count > 0) {
		expectation = expected_take(client);
		if (is_out_of_turn(client, &expectation, reply))
			client_fail_with(client, "reply-unexpected", commands[expectation.command].name);
		else
			commands[expectation.command].got(client, &expectation, reply);
	} else if (client->current != NULL && client->current->phase == TRANSACTION_CONTENT) {
		client_heard_early(client, reply);
	} else {
		client_fail_with(client, "reply-unexpected", NULL);
	}
}

static size_t
on_client_bytes(void *arg, struct span bytes)
{
	struct client *client = arg;
	const struct stream *stream = client->stream;
	size_t length = bytes.length;

	probe_heard(client, bytes);
	while (client->stream == stream) {
		struct reply reply;
		enum parse_result result = reply_next(&client->parser, &bytes, &reply);

		if (result == PARSE_MORE)
			break;
		client->behind = bytes.length;
		if (result == PARSE_BAD)
			client_fail_with(client, "reply-malformed", client->parser.why);
		else
			client_hear(client, &reply);
	}
	return length;
}

static void
on_client_laid(void *arg)
{
	client_laid(arg);
}

static void
on_client_drained(void *arg)
{
	client_send_body(arg);
}

static void
on_client_end(void *arg, enum stream_end why, int code)
{
	struct client *client = arg;

	if (client->state == CLIENT_HANDSHAKE || why == STREAM_TLS_ERROR)
		client_tls_failed(client);
	else if (why == STREAM_RESET)
		client_fail_with(client, "reset", strerror(code));
	else
		client_fail_with(client, "closed", NULL);
}

const struct stream_handler client_handler = { on_client_bytes, on_client_laid, on_client_drained, on_client_end };

/* The peer had its time. */
static void
client_overdue(struct client *client)
{
	const struct expectation *expected = expected_first(client);

	if (client->state == CLIENT_CONNECTING)
		client_fail_with(client, "connect-timeout", NULL);
	else if (client->state == CLIENT_HANDSHAKE)
		client_fail_with(client, "handshake-timeout", NULL);
	else if (client->state == CLIENT_IDLE)
		client_leave(client);
	else
		client_fail_with(client, "timeout", expected == NULL ? "it does not take the content" : commands[expected->command].name);
}

static void
on_client_timer(void *arg)
{
	struct client *client = arg;

	if (client->state == CLIENT_NEW)
		connect_next(client);
	else if (client->withheld > 0)
		client_fail_with(client, "clear-text", NULL);
	else if (client->deadline_ms > clock_ms())
		timer_start(client->timer, client->deadline_ms - clock_ms());
	else if (client->deadline_ms > 0)
		client_overdue(client);
}

/* Forget the connection to an address, but not the client. */
static void
client_hang_up(struct client *client)
{
	if (client->stream != NULL && stream_transport(client->stream) != NULL)
		tls_forget_owner(stream_transport(client->stream));
	stream_abort(&client->stream);
	reply_parser_clear(&client->parser);
	tls_session_free(&client->session);
	client->expected_start = client->expected_count = 0;
	client->said = client->withheld = 0;
	client->is_secure = false;
	memset(&client->capability, 0, sizeof(client->capability));
	memset(&client->seen, 0, sizeof(client->seen));
	memset(&client->told, 0, sizeof(client->told));
	client->helo[0] = '\0';
}

static void
client_free(void *thing)
{
	struct client *client = thing;

	free(client->expected);
	free(client->served);
	free(client);
}

void
client_close(struct client *client, const char *why)
{
	struct relay *relay = client->relay;
	struct hop *hop = client->hop;

	if (client->state == CLIENT_CLOSED)
		return;
	assert(client->current == NULL && client->next == NULL);
	account_end(client);
	if (client->is_secure)
		log_info("closed", LOG_NUMBER("conn", client->number), LOG_TEXT("mx", client_host(client)), LOG_TEXT("ip", client->address),
		    LOG_TEXT("reason", why), LOG_TEXT("state", states[client->state].name), LOG_NUMBER("messages", client->messages));
	client_enter(client, CLIENT_CLOSED);
	client_hang_up(client);
	reuse_drop(relay, client);
	hop_client_drop(client);
	TAILQ_REMOVE(&relay->clients, client, of_relay);
	timer_free(&client->timer);
	arena_free(&client->domains_arena);
	plan_release(&client->plan);
	reap_later(client_free, client);
	if (hop != NULL)
		hop_pump(hop);
	if (relay->on_idle != NULL && TAILQ_EMPTY(&relay->clients))
		relay->on_idle(relay);
}

/* An address will not do: leave it alone for a while, and go to the next. */
static void
client_give_up_address(struct client *client, const struct failure *failure)
{
	struct candidate *candidate = &client->plan->candidates[client->candidate];
	struct failure judged = *failure;

	failure_at(&judged, client_host(client), client->address);
	client_judge(client, &judged);
	log_info("attempt", LOG_NUMBER("conn", client->number), LOG_TEXT("hop", client->hop->name), LOG_TEXT("mx", client_host(client)),
	    LOG_TEXT("ip", client->address), LOG_TEXT("state", states[client->state].name), LOG_SPAN("reason", failure->reason->word),
	    LOG_NUMBER("code", failure->code), LOG_TEXT("because", judged.because), LOG_SPAN("verdict", judged.verdict->word),
	    LOG_TEXT("text", failure->text), LOG_TEXT("evidence", judged.evidence));
	account_attempt(client, failure);
	candidate->rest_until_ms = clock_ms() + REST_MS;
	client->plan->failure = judged;
	failure_keep(&client->failure, &client->plan->failure);
	probe_failed(client, &judged);
	client_hang_up(client);
	connect_next(client);
}

void
client_fail(struct client *client, const struct failure *failure)
{
	if (client_is_in(client, IN_SETUP))
		client_give_up_address(client, failure);
	else if (client->state == CLIENT_BUSY)
		client_lost(client, failure);
	else
		client_close(client, failure->reason->word.data);
}

void
client_fail_with(struct client *client, const char *word, const char *seen)
{
	struct failure failure;

	failure_make(&failure, word, seen);
	client_fail(client, &failure);
}

void
client_part(struct client *client, const struct failure *failure)
{
	client_say(client, SPAN("QUIT\r\n"));
	if (stream_transport(client->stream) != NULL)
		tls_forget_owner(stream_transport(client->stream));
	stream_finish(&client->stream, LINGER_MS);
	client_fail(client, failure);
}

/* Whoever only looks has the time to be polite. */
void
client_fail_open(struct client *client, const struct failure *failure)
{
	if (client->hop->is_probe)
		client_part(client, failure);
	else
		client_fail(client, failure);
}

void
client_start(struct hop *hop)
{
	struct relay *relay = hop->relay;
	struct client *client = must_alloc(sizeof(*client));

	client->relay = relay;
	client->number = ++relay->last_client;
	client->state = CLIENT_NEW;
	client->generation = relay->generation;
	client->is_thorough = hop->is_thorough;
	client->plan = plan_hold(hop->plan);
	client->timer = timer_new(on_client_timer, client);
	reply_parser_init(&client->parser);
	TAILQ_INSERT_TAIL(&relay->clients, client, of_relay);
	hop_client_add(hop, client);
	timer_start(client->timer, 0);
}

void
client_wake(struct client *client, struct hop *hop, unsigned candidate, unsigned proof)
{
	reuse_drop(client->relay, client);
	hop_client_add(hop, client);
	hop_client_started(client);
	plan_release(&client->plan);
	client->plan = plan_hold(hop->plan);
	client->candidate = candidate;
	client->proof = proof;
	client_observe(client);
	account_begin(client);
	client->is_fresh = true;
	client->may_be_gone = clock_ms() - client->rested_ms > SHORT_REST_MS;
	client_enter(client, CLIENT_BUSY);
	client_go_on(client);
}
