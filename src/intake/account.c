/* One fact for each session of the network. */
#include "intake/account.h"

#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "intake/room.h"
#include "intake/session.h"
#include "loop/clock.h"
#include "metrics/count.h"
#include "policy/reason.h"
#include "smtp/address.h"

#define DAY_S 86400
#define REFUSED_EVERY_MS 1000

static void
text_set(char **text, struct span value)
{
	free(*text);
	*text = must_copy(value.data, value.length);
}

/* The path of MAIL FROM:<...>. */
static bool
sender_parse(struct span arguments, struct path *path)
{
	struct span rest = span_skip(arguments, 5);

	return span_starts_nocase(arguments, SPAN("FROM:")) && path_parse(&rest, path) == PATH_GOOD;
}

/* Its domain, and nothing in front of its @. */
static void
account_sender(struct account *account, struct span arguments)
{
	struct path path = { .length = 0 };

	if (sender_parse(arguments, &path))
		text_set(&account->domain, path_domain(&path));
}

/* Nobody is told of the null path's mail (RFC 3834 2). */
void
account_refused(struct session *session, struct span arguments)
{
	struct room *room = session->room;
	struct path path = { .length = 0 };
	struct refused_sender refused = { .ip = session->ip };
	struct buf *out;

	if (!room->conf->notices_senders || clock_ms() < room->refused_next_ms || !sender_parse(arguments, &path) || path.length == 0)
		return;
	room->refused_next_ms = clock_ms() + REFUSED_EVERY_MS;
	refused.sender = path_mailbox(&path);
	out = channel_scratch();
	refused_sender_encode(out, &refused);
	(void)tally_say(room->tally, ASKS_REFUSED, buf_span(out));
}

void
account_command(struct session *session, const struct command *command)
{
	static const bool is_mail[COMMAND_VERBS] = {
		[COMMAND_MAIL] = true, [COMMAND_RCPT] = true, [COMMAND_DATA] = true, [COMMAND_BDAT] = true
	};

	if (!is_mail[command->verb] && !span_equal_nocase(command->word, SPAN("AUTH")))
		return;
	session->account.has_tried = true;
	if (command->verb == COMMAND_MAIL)
		account_sender(&session->account, command->arguments);
}

void
account_name(struct session *session)
{
	if (session->name != NULL)
		text_set(&session->account.name, span_of(session->name));
}

void
account_secured(struct session *session, const struct tls_facts *facts)
{
	session->account.is_resumed = facts->resumed;
	session->account.expires_s = facts->peer_expires_s;
}

void
account_failed(struct session *session, const struct tls_failure *failure)
{
	session->account.fault = failure->reason;
	session->account.is_answered = strcmp(failure->reason, "peer-alert") == 0;
	text_set(&session->account.detail, span_of(failure->text));
}

/* What TLS says of it; or, when it did not come to that, the client fell silent or went away. */
static const char *
handshake_fault(const struct account *account, const char *reason)
{
	if (account->fault != NULL)
		return account->fault;
	return strcmp(reason, "timeout") == 0 ? "handshake-timeout" : "handshake-closed";
}

/* Why there was no TLS. A session without mail and without TLS says nothing of anybody: somebody looked, or broke off. */
static const char *
fault_of(const struct session *session, const char *reason)
{
	if (session->tls_version != NULL)
		return "";
	if (session->state == SESSION_HANDSHAKE)
		return handshake_fault(&session->account, reason);
	if (strcmp(reason, "starttls-injection") == 0 || strcmp(reason, "not-smtp") == 0)
		return reason;
	return session->account.has_tried ? "plaintext-inbound" : "closed";
}

/*
 * What the client showed that it can. That our certificate was not to its taste it can only say by TLS; what is no TLS at all may come
 * from somebody who only looks, and shows nothing.
 */
static enum fact_tls
tls_of(const struct session *session, const char *fault)
{
	if (session->tls_version != NULL || session->account.is_answered)
		return FACT_TLS_YES;
	return reason_find(span_of(fault))->is_lack && strcmp(fault, "not-tls") != 0 ? FACT_TLS_NO : FACT_TLS_UNKNOWN;
}

void
account_end(const struct session *session, const char *reason)
{
	const struct account *account = &session->account;
	int64_t begun_s = clock_wall() - (clock_ms() - session->begin_ms) / 1000;
	const char *fault = fault_of(session, reason);
	struct tls_fact fact = { .direction = FACT_IN, .day = (uint32_t)(begun_s / DAY_S), .tls = tls_of(session, fault),
		.is_resumed = account->is_resumed, .expires_s = account->expires_s, .sessions = 1, .messages = session->accepted };
	char ip[IP_TEXT];

	if (session->kind == LISTENER_LOCAL)
		return;
	fact.text[FACT_PEER] = span_of(session->name != NULL ? session->name : account->name);
	fact.text[FACT_IP] = span_of(ip_format(session->ip, ip));
	fact.text[FACT_DOMAIN] = span_of(account->domain);
	fact.text[FACT_REASON] = span_of(fault);
	fact.text[FACT_DETAIL] = span_of(account->detail);
	fact.text[FACT_VERSION] = span_of(session->tls_version);
	fact.text[FACT_CIPHER] = span_of(session->tls_cipher);
	fact.text[FACT_GROUP] = span_of(session->tls_group);
	fact.text[FACT_FINGERPRINT] = span_of(session->fingerprint);
	fact.text[FACT_CERTIFICATE] = session->fingerprint == NULL ? SPAN("") : SPAN("unchecked");
	count(METRIC_TLS_SESSIONS, FACT_IN, metrics_find(METRICS_VERSION, fact.text[FACT_VERSION]),
	    metrics_find(METRICS_REASON, fact.text[FACT_REASON]));
	tally_note(session->room->tally, &fact);
}

void
account_clear(struct account *account)
{
	free(account->name);
	free(account->domain);
	free(account->detail);
}
