/* One question to report for each message; the client waits for the answer, and sends it again when there is none. */
#include "intake/stop.h"

#include <ctype.h>

#include "base/log.h"
#include "intake/room.h"
#include "intake/session.h"
#include "intake/transaction.h"

/* What report has to say of a token, to the client. */
static const enum status replies[STOP_ENDS] = {
	[STOP_DONE] = STATUS_STOPPED, [STOP_NO_SUCH] = STATUS_STOP_NO_SUCH, [STOP_LATER] = STATUS_STOP_LATER
};

static bool
token_copy(struct span text, char token[STOP_TOKEN + 1])
{
	if (text.length != STOP_TOKEN)
		return false;
	for (size_t i = 0; i < STOP_TOKEN; i++) {
		if (!isxdigit((unsigned char)text.data[i]))
			return false;
		token[i] = (char)tolower((unsigned char)text.data[i]);
	}
	token[STOP_TOKEN] = '\0';
	return true;
}

bool
stop_token(const char *address, const struct path *path, char token[STOP_TOKEN + 1])
{
	struct span ours = span_of(address), local = path_local(path);
	size_t at = span_find(ours, '@');

	if (at == ours.length || !span_equal_nocase(path_domain(path), span_skip(ours, at + 1)))
		return false;
	if (!span_starts_nocase(local, span_first(ours, at)) || local.length <= at || local.data[at] != '+')
		return false;
	return token_copy(span_skip(local, at + 1), token);
}

static void
stop_end(struct session *session, enum stop_end end)
{
	static const char *const words[STOP_ENDS] = { "done", "no-such", "later" };
	char client[IP_TEXT];

	log_info("stop-notices", LOG_IDENT("sid", session->sid), LOG_TEXT("client", ip_format(session->ip, client)),
	    LOG_TEXT("end", words[end]));
	if (end == STOP_DONE)
		session->idle_commands = 0;
	session_settled(session, replies[end], SPAN(""));
}

void
stop_start(struct session *session)
{
	struct transaction *tx = session->tx;
	struct notices_stop stop = { .id = ++session->room->stops, .token = span_of(tx->stop) };
	struct buf *out = channel_scratch();

	tx->stop_id = stop.id;
	notices_stop_encode(out, &stop);
	if (!tally_say(session->room->tally, ASKS_STOP, buf_span(out))) {
		stop_end(session, STOP_LATER);
		return;
	}
	session_enter(session, SESSION_STOP);
	stream_pause(session->stream);
}

void
stop_late(struct session *session)
{
	stop_end(session, STOP_LATER);
}

/* An answer that nobody waits for any more is of a client that has gone, and will say it again. */
bool
stop_hear(void *arg, unsigned type, struct span payload)
{
	struct room *room = arg;
	struct notices_stopped stopped;
	struct session *session;

	if (type != ASKS_STOPPED || !notices_stopped_decode(payload, &stopped))
		return false;
	TAILQ_FOREACH(session, &room->sessions, entry)
		if (session->state == SESSION_STOP && session->tx->stop_id == stopped.id) {
			stop_end(session, stopped.end);
			break;
		}
	return true;
}

void
stop_gone(void *arg)
{
	struct room *room = arg;
	struct session *session, *next;

	for (session = TAILQ_FIRST(&room->sessions); session != NULL; session = next) {
		next = TAILQ_NEXT(session, entry);
		if (session->state == SESSION_STOP)
			stop_end(session, STOP_LATER);
	}
}
