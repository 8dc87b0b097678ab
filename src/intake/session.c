/*
 * A connection's life: which state it is in, which octets go where, which command is welcome when, how long it may be
 * silent. The commands themselves are in session_<command>.c.
 */
#include "intake/session.h"

#include <assert.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/log.h"
#include "intake/content.h"
#include "intake/crowd.h"
#include "intake/handover.h"
#include "intake/listener.h"
#include "intake/permit.h"
#include "intake/room.h"
#include "intake/stop.h"
#include "intake/transaction.h"
#include "loop/clock.h"
#include "loop/reap.h"
#include "metrics/count.h"

#define INPUT_OCTETS (64 * 1024)	/* received and not consumed, at most */
#define UNSENT_OCTETS (64 * 1024)	/* of replies: beyond it nothing is read until the peer reads */
#define LINGER_MS 5000			/* for the peer to read the last reply */
#define STOP_MS 10000			/* for report to say that notices are stopped */
#define IDLE_COMMANDS 100		/* NOOP, RSET and the like between two messages */

#define IN(state) (1u << SESSION_##state)
#define IN_SECURE (IN(GREETED) | IN(READY) | IN(ENVELOPE) | IN(CHUNKS))
#define IN_ANY (IN(PLAIN) | IN_SECURE)

static size_t take_command(struct session *session, struct span octets);

/* Everything there is to know about a state, in one row. */
static const struct {
	const char *name;
	size_t (*take)(struct session *session, struct span octets);	/* NULL: nothing is read */
	enum status unwelcome;						/* reply to a command that is not welcome */
	unsigned next;							/* states reachable from here */
} states[SESSION_STATES] = {
	[SESSION_NEW]	    = { "new", NULL, STATUS_NONE, IN(PLAIN) | IN(HANDSHAKE) | IN(GREETED) | IN(CLOSING) },
	[SESSION_PLAIN]	    = { "plain", take_command, STATUS_TLS_REQUIRED, IN(HANDSHAKE) | IN(CHUNK) | IN(CLOSING) },
	[SESSION_HANDSHAKE] = { "handshake", NULL, STATUS_NONE, IN(GREETED) | IN(CLOSING) },
	[SESSION_GREETED]   = { "greeted", take_command, STATUS_NEEDS_EHLO, IN(READY) | IN(CHUNK) | IN(CLOSING) },
	[SESSION_READY]	    = { "ready", take_command, STATUS_NEEDS_SENDER, IN(READY) | IN(ENVELOPE) | IN(CHUNK) | IN(CLOSING) },
	[SESSION_ENVELOPE]  = { "envelope", take_command, STATUS_HAS_SENDER, IN(READY) | IN(DATA) | IN(CHUNK) | IN(CLOSING) },
	[SESSION_DATA]	    = { "data", session_take_data, STATUS_NONE, IN(READY) | IN(AUTHENTICATION) | IN(COMMIT) | IN(STOP) | IN(CLOSING) },
	[SESSION_CHUNK]	    = { "chunk", session_take_chunk, STATUS_NONE,
				IN(PLAIN) | IN(GREETED) | IN(READY) | IN(CHUNKS) | IN(AUTHENTICATION) | IN(COMMIT) | IN(STOP) | IN(CLOSING) },
	[SESSION_CHUNKS]    = { "chunks", take_command, STATUS_IN_CHUNKS, IN(READY) | IN(CHUNK) | IN(CLOSING) },
	[SESSION_AUTHENTICATION] = { "authentication", NULL, STATUS_NONE, IN(COMMIT) | IN(CLOSING) },
	[SESSION_COMMIT]    = { "commit", NULL, STATUS_NONE, IN(READY) | IN(CLOSING) },
	[SESSION_STOP]	    = { "stop", NULL, STATUS_NONE, IN(READY) | IN(CLOSING) },
	[SESSION_CLOSING]   = { "closing", NULL, STATUS_NONE, 0 },
};

/* Which command is welcome when. */
static const struct {
	void (*run)(struct session *session, struct span arguments);
	unsigned welcome;
	bool is_idle;		/* brings no mail nearer: bounded */
} commands[COMMAND_VERBS] = {
	[COMMAND_UNKNOWN]  = { session_unknown, IN_SECURE, false },
	[COMMAND_EHLO]	   = { session_ehlo, IN_ANY, true },
	[COMMAND_HELO]	   = { session_helo, IN_SECURE, true },
	[COMMAND_STARTTLS] = { session_starttls, IN_ANY, false },
	[COMMAND_MAIL]	   = { session_mail, IN(READY), false },
	[COMMAND_RCPT]	   = { session_rcpt, IN(ENVELOPE), false },
	[COMMAND_DATA]	   = { session_data, IN(ENVELOPE), false },
	[COMMAND_BDAT]	   = { session_bdat, IN_ANY, false },
	[COMMAND_RSET]	   = { session_rset, IN_SECURE, true },
	[COMMAND_NOOP]	   = { session_noop, IN_ANY, true },
	[COMMAND_QUIT]	   = { session_quit, IN_ANY, false },
	[COMMAND_VRFY]	   = { session_vrfy, IN_SECURE, true },
	[COMMAND_HELP]	   = { session_help, IN_SECURE, true },
	[COMMAND_ABSENT]   = { session_absent, IN_SECURE, false },
	[COMMAND_FOREIGN]  = { session_foreign, IN_ANY, false },
};

static bool
is_in(const struct session *session, unsigned set)
{
	return (1u << session->state & set) != 0;
}

const char *
session_state_name(enum session_state state)
{
	return states[state].name;
}

enum status
session_unwelcome(const struct session *session)
{
	return states[session->state].unwelcome;
}

/* Time: one lazy timer, which runs out when the nearer of two moments may have come, and looks. */

static void
session_arm(struct session *session)
{
	/* A message that has come is settled, however long the session was. */
	int64_t end_ms = session->state == SESSION_AUTHENTICATION ? INT64_MAX : session->end_ms;
	int64_t due = session->deadline_ms < end_ms ? session->deadline_ms : end_ms;

	if (due >= session->alarm_ms)
		return;
	session->alarm_ms = due;
	timer_start(session->timer, due - clock_ms());
}

/* The peer has said something, or entered a state: it may be silent so long from now on. */
static void
session_touch(struct session *session)
{
	const struct conf_intake *conf = session->room->conf;

	if (session->state == SESSION_HANDSHAKE)
		session->deadline_ms = clock_ms() + (int64_t)conf->handshake_s * 1000;
	else if (session->state == SESSION_STOP)
		session->deadline_ms = clock_ms() + STOP_MS;
	else if (session->state == SESSION_AUTHENTICATION)
		session->deadline_ms = clock_ms() + (int64_t)conf->authentication_wait_s * 1000;
	else if (states[session->state].take != NULL)
		session->deadline_ms = clock_ms() + (int64_t)conf->idle_s * 1000;
	else
		session->deadline_ms = INT64_MAX;
}

static void
on_alarm(void *arg)
{
	struct session *session = arg;

	session->alarm_ms = INT64_MAX;
	if (session->state == SESSION_COMMIT)
		return;		/* armed again when that is over */
	if (session->state == SESSION_AUTHENTICATION && clock_ms() >= session->deadline_ms)
		content_late(session);
	else if (session->state == SESSION_AUTHENTICATION)
		session_arm(session);
	else if (clock_ms() >= session->end_ms)
		session_close(session, STATUS_SESSION_TOO_LONG, "session-time");
	else if (clock_ms() >= session->deadline_ms && session->state == SESSION_STOP)
		stop_late(session);
	else if (clock_ms() >= session->deadline_ms)
		session_close(session, STATUS_TIMEOUT, "timeout");
	else
		session_arm(session);
}

void
session_enter(struct session *session, enum session_state to)
{
	assert((states[session->state].next & 1u << to) != 0);
	log_debug("state", LOG_IDENT("sid", session->sid), LOG_TEXT("state", states[to].name),
	    LOG_TEXT("was", states[session->state].name));
	session->state = to;
	session_touch(session);
	session_arm(session);
}

/* Replies */

static void
session_write(struct session *session, enum status status, struct span detail)
{
	char line[STATUS_OCTETS];

	if (*status_word(status) != '\0')
		count(METRIC_INTAKE_REFUSALS, status);
	stream_write(session->stream, span_make(line, status_format(status, detail, line)));
}

void
session_reply(struct session *session, enum status status, struct span detail)
{
	int code = status_code(status);

	if (code >= 500 && session->errors++ >= session->room->conf->errors) {
		session_close(session, STATUS_TOO_MANY_ERRORS, "errors");
		return;
	}
	if (code >= 400)
		log_debug("reply", LOG_IDENT("sid", session->sid), LOG_NUMBER("code", code), LOG_TEXT("reason", status_word(status)));
	session_write(session, status, detail);
}

void
session_log_refusal(const struct session *session, enum status status, struct span from, struct span to)
{
	const struct transaction *tx = session->tx;
	char client[IP_TEXT];

	log_info("reject", LOG_IDENT("sid", session->sid), LOG_TEXT("client", ip_format(session->ip, client)),
	    LOG_ADDRESS("from", from), LOG_ADDRESS("to", to), LOG_NUMBER("n", tx == NULL ? 0 : tx->recipients_count),
	    LOG_NUMBER("size", tx == NULL ? 0 : tx->data.length), LOG_NUMBER("code", status_code(status)),
	    LOG_TEXT("dsn", status_enhanced(status)), LOG_TEXT("reason", status_word(status)));
}

void
session_refuse(struct session *session, enum status status, struct span from, struct span to)
{
	session_log_refusal(session, status, from, to);
	session_reply(session, status, SPAN(""));
}

/* The end */

static void
session_free(void *thing)
{
	struct session *session = thing;

	free(session->name);
	free(session->fingerprint);
	account_clear(&session->account);
	free(session);
}

static void
session_log_end(const struct session *session, const char *reason)
{
	char client[IP_TEXT];

	log_info("end", LOG_IDENT("sid", session->sid), LOG_TEXT("client", ip_format(session->ip, client)),
	    LOG_TEXT("reason", reason), LOG_TEXT("state", states[session->state].name), LOG_NUMBER("accepted", session->accepted),
	    LOG_SECONDS("seconds", clock_ms() - session->begin_ms));
}

void
session_close(struct session *session, enum status status, const char *reason)
{
	struct room *room = session->room;

	if (status != STATUS_NONE)
		session_write(session, status, SPAN(""));
	session_log_end(session, reason);
	account_end(session, reason);
	if (session->state == SESSION_COMMIT)
		handover_forget(session);
	session_reset(session);
	session_enter(session, SESSION_CLOSING);
	stream_finish(&session->stream, LINGER_MS);
	timer_free(&session->timer);
	tls_context_free(&session->tls);
	crowd_leave(&room->crowd, &session->place);
	TAILQ_REMOVE(&room->sessions, session, entry);
	room->sessions_count--;
	room->held_octets -= session->held;
	reap_later(session_free, session);
	room_maybe_done(room);
}

void
session_stop(struct session *session, bool all)
{
	if (all ? session->state != SESSION_COMMIT : is_in(session, IN(PLAIN) | IN(HANDSHAKE) | IN(GREETED) | IN(READY)))
		session_close(session, STATUS_SHUTTING_DOWN, "stopping");
}

/* Octets in */

/* Who says MAIL before STARTTLS would have sent it in clear: that is counted by. */
static void
run_unwelcome(struct session *session, const struct command *command)
{
	if (session->state == SESSION_PLAIN && command->verb == COMMAND_MAIL && !session->tried_clear) {
		session_tried_clear(session);
		account_refused(session, command->arguments);
	}
	session_reply(session, session_unwelcome(session), span_of(session->room->help));
}

static void
run_command(struct session *session, const struct command *command)
{
	if (session->state == SESSION_PLAIN)
		account_command(session, command);
	if (session->room->is_stopping && is_in(session, IN(PLAIN) | IN(GREETED) | IN(READY)))
		session_close(session, STATUS_SHUTTING_DOWN, "stopping");
	else if (!is_in(session, commands[command->verb].welcome))
		run_unwelcome(session, command);
	else if (commands[command->verb].is_idle && session->idle_commands++ >= IDLE_COMMANDS)
		session_close(session, STATUS_TOO_MANY_ERRORS, "idle-commands");
	else
		commands[command->verb].run(session, command->arguments);
}

/* One line. Returns how many octets were consumed. */
static size_t
take_command(struct session *session, struct span octets)
{
	struct command command;
	const char *why;
	size_t used;

	switch (command_read(&session->reader, octets, &used, &command, &why)) {
	case PARSE_DONE:
		session->behind = octets.length - used;
		run_command(session, &command);
		break;
	case PARSE_BAD:
		session_reply(session, STATUS_BAD_LINE, span_of(why));
		break;
	case PARSE_MORE:
		break;
	}
	return used;
}

/* What waits for its turn counts against the room's budget. */
static void
session_hold(struct session *session, size_t octets)
{
	session->room->held_octets += octets - session->held;
	session->held = octets;
}

/* The peer does not read its replies: nothing more is read from it until it does. */
static bool
session_is_choked(struct session *session)
{
	if (session->stream == NULL || stream_unsent(session->stream) <= UNSENT_OCTETS)
		return false;
	stream_pause(session->stream);
	stream_want_drained(session->stream);
	return true;
}

static size_t
on_bytes(void *arg, struct span bytes)
{
	struct session *session = arg;
	size_t used = 0, n = 1;

	session_touch(session);
	while (n > 0 && used < bytes.length && states[session->state].take != NULL && !session_is_choked(session)) {
		n = states[session->state].take(session, span_skip(bytes, used));
		used += n;
	}
	if (session->state != SESSION_CLOSING)
		session_hold(session, session->state == SESSION_HANDSHAKE ? 0 : bytes.length - used);
	return used;
}

static void
on_drained(void *arg)
{
	struct session *session = arg;

	stream_resume(session->stream);
}

static void
on_laid(void *arg)
{
	session_secured(arg);
}

static void
on_end(void *arg, enum stream_end why, int code)
{
	static const char *const reasons[] = {
		[STREAM_PEER_CLOSED] = "closed", [STREAM_TRUNCATED] = "truncated", [STREAM_RESET] = "reset"
	};
	struct session *session = arg;
	bool is_of_tls = why == STREAM_TLS_ERROR || session->state == SESSION_HANDSHAKE;

	(void)code;
	session_close(session, STATUS_NONE, is_of_tls ? session_insecure(session) : reasons[why]);
}

static const struct stream_handler handler = {
	.on_bytes = on_bytes, .on_laid = on_laid, .on_drained = on_drained, .on_end = on_end
};

/* The beginning */

static void
session_begin(struct session *session)
{
	struct span hostname = span_of(session->room->conf->hostname);

	switch (session->kind) {
	case LISTENER_STARTTLS:
		session_enter(session, SESSION_PLAIN);
		session_write(session, STATUS_GREETING, hostname);
		break;
	case LISTENER_IMPLICIT:
		if (session->tls != NULL)
			session_secure(session);
		else
			session_close(session, STATUS_NONE, "tls-unavailable");
		break;
	case LISTENER_LOCAL:
		session_secured(session);
		break;
	case LISTENER_METRICS:
	case LISTENER_KINDS:
		break;
	}
}

void
session_new(struct listener_socket *listener, int fd, struct ip ip, uint32_t uid, struct place *place)
{
	struct session *session = must_alloc(sizeof(*session));
	struct room *room = listener->room;

	session->room = room;
	session->kind = listener->kind;
	session->sid = ident_random();
	session->ip = ip;
	session->uid = uid;
	session->place = place;
	session->tls = listener->tls == NULL ? NULL : tls_context_hold(listener->tls);
	session->begin_ms = clock_ms();
	session->deadline_ms = session->alarm_ms = INT64_MAX;
	session->end_ms = session->begin_ms + (int64_t)room->conf->session_s * 1000;
	session->timer = timer_new(on_alarm, session);
	session->stream = stream_new(fd, INPUT_OCTETS, &handler, session);
	TAILQ_INSERT_TAIL(&room->sessions, session, entry);
	room->sessions_count++;
	session_begin(session);
}

/* What the commands share */

struct permit_client
session_client(const struct session *session)
{
	return (struct permit_client){
		.is_local = session->kind == LISTENER_LOCAL, .ip = session->ip, .fingerprint = session->fingerprint
	};
}

void
session_reset(struct session *session)
{
	transaction_free(&session->tx);
}

void
session_settled(struct session *session, enum status status, struct span detail)
{
	session_reset(session);
	session_enter(session, SESSION_READY);
	stream_resume(session->stream);
	session_reply(session, status, detail);
	if (session->room->is_stopping && session->state == SESSION_READY)
		session_close(session, STATUS_SHUTTING_DOWN, "stopping");
}
