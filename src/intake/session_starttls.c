/* STARTTLS (RFC 3207), and what begins when TLS is there. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/log.h"
#include "intake/room.h"
#include "intake/session.h"
#include "tls/describe.h"
#include "tls/handshake.h"

/* Nothing that was said in clear is known any more (RFC 3207 4.2). */
static void
session_forget(struct session *session)
{
	account_name(session);
	free(session->name);
	session->name = NULL;
	session->is_esmtp = false;
	session->errors = session->idle_commands = 0;
}

void
session_starttls(struct session *session, struct span arguments)
{
	if (arguments.length > 0) {
		session_reply(session, STATUS_NO_ARGUMENT, SPAN(""));
	} else if (session->state != SESSION_PLAIN) {
		session_reply(session, session->kind == LISTENER_LOCAL ? STATUS_NOT_OFFERED : STATUS_HAS_TLS, SPAN(""));
	} else if (session->behind > 0) {
		/* Somebody put octets where no honest client has any: no reply, no chance (standards.md T12). */
		session_close(session, STATUS_NONE, "starttls-injection");
	} else if (session->tls == NULL) {
		session_reply(session, STATUS_TLS_UNAVAILABLE, SPAN(""));
	} else {
		session_forget(session);
		session_reply(session, STATUS_HANDSHAKE, SPAN(""));
		session_secure(session);
	}
}

void
session_secure(struct session *session)
{
	session_enter(session, SESSION_HANDSHAKE);
	stream_lay(session->stream, tls_accept(session->tls, stream_fd(session->stream)));
	tls_context_free(&session->tls);
}

static void
insecure_log(const struct session *session, const char *reason, const char *text)
{
	char client[IP_TEXT];

	log_info("tls-failed", LOG_IDENT("sid", session->sid), LOG_TEXT("client", ip_format(session->ip, client)),
	    LOG_TEXT("reason", reason), LOG_TEXT("text", text));
}

const char *
session_insecure(struct session *session)
{
	struct transport *transport = stream_transport(session->stream);
	struct tls_failure failure = { .reason = "handshake-closed", .text = "before the TLS handshake" };

	if (transport != NULL)
		tls_explain(transport, &failure);
	if (session->state == SESSION_HANDSHAKE)
		account_failed(session, &failure);
	insecure_log(session, failure.reason, failure.text);
	return failure.reason;
}

void
session_tried_clear(struct session *session)
{
	session->tried_clear = true;
	insecure_log(session, "plaintext-inbound", "MAIL before STARTTLS");
}

/*
 * Without a ticket we have nothing to send after the handshake: a client with Nagle's algorithm would hold its EHLO
 * back until the kernel gets round to acknowledging its Finished, 40 ms later.
 */
static void
session_acknowledge(struct session *session)
{
	const int on = 1;

	(void)setsockopt(stream_fd(session->stream), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

static void
session_describe(struct session *session)
{
	struct tls_facts facts;
	char client[IP_TEXT];

	tls_describe(stream_transport(session->stream), &facts);
	account_secured(session, &facts);
	session->tls_version = facts.version;
	session->tls_cipher = facts.cipher;
	snprintf(session->tls_group, sizeof(session->tls_group), "%s", facts.group);
	if (facts.peer_fingerprint[0] != '\0')
		session->fingerprint = must_copy(facts.peer_fingerprint, strlen(facts.peer_fingerprint));
	log_info("tls", LOG_IDENT("sid", session->sid), LOG_TEXT("client", ip_format(session->ip, client)),
	    LOG_TEXT("version", facts.version), LOG_TEXT("cipher", facts.cipher), LOG_TEXT("group", facts.group),
	    LOG_TEXT("sni", facts.sni), LOG_TEXT("cert", facts.peer_fingerprint), LOG_NUMBER("resumed", facts.resumed));
}

/* After STARTTLS the server says nothing first; elsewhere this is where the greeting belongs. */
void
session_secured(struct session *session)
{
	if (session->kind != LISTENER_LOCAL) {
		session_acknowledge(session);
		session_describe(session);
	}
	session_enter(session, SESSION_GREETED);
	if (session->kind != LISTENER_STARTTLS)
		session_reply(session, STATUS_GREETING, span_of(session->room->conf->hostname));
}
