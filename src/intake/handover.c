/* Commit, then 250. The transaction outlives its session if need be: the line in the log is written either way. */
#include "intake/handover.h"

#include <errno.h>

#include "base/log.h"
#include "intake/room.h"
#include "intake/session.h"
#include "intake/transaction.h"
#include "loop/clock.h"

/* A message that is with the writer. Lives in its transaction's arena. */
struct handover {
	struct room *room;
	struct transaction *tx;
	struct mid mid;
	uint64_t sid;
	struct ip ip;
	const char *tls_version;	/* static; NULL without TLS */
};

enum status
handover_status(int error)
{
	return error == ENOSPC || error == EDQUOT ? STATUS_SPOOL_FULL : STATUS_SPOOL_FAILED;
}

/* What the sender asks of every hop to come: its parameter counts, and its header field only without that (RFC 8689 4.1). */
static uint32_t
tls_flag_of(const struct transaction *tx)
{
	if (tx->params.is_requiretls)
		return ENVELOPE_REQUIRETLS;
	return header_waives_tls(&tx->header) ? ENVELOPE_TLS_OPTIONAL : 0u;
}

static uint32_t
flags_of(const struct transaction *tx)
{
	return (tx->data.has_8bit || !span_is_ascii(tx->prefix) ? ENVELOPE_8BIT : 0u) | (tx->params.is_smtputf8 ? ENVELOPE_SMTPUTF8 : 0u) |
	    (tx->params.is_8bitmime ? ENVELOPE_8BITMIME : 0u) | (tx->is_foreign && !tx->is_vouched ? ENVELOPE_UNPROVED : 0u) |
	    (tx->is_forged ? ENVELOPE_FORGED : 0u) | tls_flag_of(tx);
}

/* For the log: "yes" and "no" are the sender's words, "" when it has not said any. */
static const char *
requiretls_of(const struct transaction *tx)
{
	uint32_t flag = tls_flag_of(tx);

	return flag == ENVELOPE_REQUIRETLS ? "yes" : flag == ENVELOPE_TLS_OPTIONAL ? "no" : "";
}

static struct envelope
envelope_of(const struct session *session)
{
	const struct transaction *tx = session->tx;

	return (struct envelope){
		.arrival_ms = clock_wall_ms(),
		.flags = flags_of(tx),
		.ret = tx->params.ret,
		.envid = tx->params.envid,
		.sender = tx->sender,
		.client_name = span_of(session->name),
		.client_ip = session->ip,
		.client_uid = session->uid,
		.recipients = tx->recipients,
		.recipients_count = tx->recipients_count,
		.prefix = tx->prefix,
	};
}

static void
handover_log(const struct handover *handover, int error)
{
	const struct transaction *tx = handover->tx;
	char client[IP_TEXT];
	enum status status = handover_status(error);

	if (error == 0)
		log_info("accept", LOG_MID("id", handover->mid), LOG_IDENT("sid", handover->sid), LOG_ADDRESS("from", tx->sender),
		    LOG_ADDRESS("to", tx->recipients[0].address), LOG_NUMBER("n", tx->recipients_count),
		    LOG_NUMBER("size", tx->data.length), LOG_TEXT("client", ip_format(handover->ip, client)),
		    LOG_TEXT("tls", handover->tls_version), LOG_TEXT("requiretls", requiretls_of(tx)),
		    LOG_NUMBER("longest", tx->data.longest));
	else
		log_error("commit", LOG_MID("id", handover->mid), LOG_IDENT("sid", handover->sid), LOG_ADDRESS("from", tx->sender),
		    LOG_NUMBER("errno", error), LOG_NUMBER("code", status_code(status)), LOG_TEXT("reason", status_word(status)));
}

static void
on_committed(void *arg, int error)
{
	struct handover *handover = arg;
	struct transaction *tx = handover->tx;
	struct room *room = handover->room;
	struct session *session = tx->session;
	struct mid mid = handover->mid;
	char id[MID_TEXT];

	room->commits--;
	if (error == 0) {
		room->accepted++;
		room->accepted_octets += tx->data.length;
	}
	handover_log(handover, error);
	if (session == NULL) {
		transaction_free(&tx);
		room_maybe_done(room);
		return;
	}
	if (error == 0) {
		session->accepted++;
		session->idle_commands = 0;
		session_settled(session, STATUS_ACCEPTED, span_of(mid_format(mid, id)));
	} else {
		session_settled(session, handover_status(error), SPAN(""));
	}
}

void
handover_start(struct session *session)
{
	struct transaction *tx = session->tx;
	struct handover *handover = arena_alloc(tx->arena, sizeof(*handover));
	struct envelope envelope = envelope_of(session);

	*handover = (struct handover){
		.room = session->room, .tx = tx, .mid = record_mid(tx->record), .sid = session->sid, .ip = session->ip,
		.tls_version = session->tls_version
	};
	session_enter(session, SESSION_COMMIT);
	stream_pause(session->stream);
	session->room->commits++;
	(void)record_commit(&tx->record, &envelope, on_committed, handover);
}

void
handover_forget(struct session *session)
{
	session->tx->session = NULL;
	session->tx = NULL;
}
