/* EHLO and HELO (RFC 5321 4.1.1.1): who the client says it is, and what it may ask of us. */
#include <stdio.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "intake/room.h"
#include "intake/session.h"
#include "smtp/address.h"
#include "smtp/domain.h"

#define EHLO_OCTETS 1024	/* of the whole reply */
#define LIMIT_MOST 999999	/* RFC 9422 3.3: at most six digits */

static unsigned
limit(uint64_t value)
{
	return value > LIMIT_MOST ? LIMIT_MOST : (unsigned)value;
}

/* In clear there is one thing to do. */
static int
list_plain(const struct session *session, char *out, size_t size)
{
	return snprintf(out, size, "250-%s\r\n250-STARTTLS\r\n250 ENHANCEDSTATUSCODES\r\n", session->room->conf->hostname);
}

/*
 * REQUIRETLS stands here and not above: it is offered inside TLS (RFC 8689 2), and to programs of this machine, whose socket no
 * network carries.
 */
static int
list_secure(const struct session *session, char *out, size_t size)
{
	const struct conf_intake *conf = session->room->conf;

	return snprintf(out, size, "250-%s\r\n250-PIPELINING\r\n250-SIZE %llu\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n"
	    "250-CHUNKING\r\n250-REQUIRETLS\r\n250-ENHANCEDSTATUSCODES\r\n250 LIMITS MAILMAX=%u RCPTMAX=%u\r\n", conf->hostname,
	    (unsigned long long)conf->size_octets, limit(conf->messages), limit(conf->recipients));
}

/* A name is a domain in A-labels or an address literal; it is checked before it goes anywhere (standards.md S11). */
static bool
is_name(struct span name)
{
	struct ip ip;

	return domain_is_valid(name) || address_literal_parse(name, &ip);
}

/* A good greeting begins anew; a bad one leaves everything as it was (RFC 5321 4.1.4). */
static bool
session_greet(struct session *session, struct span name, bool is_esmtp)
{
	if (!is_name(name)) {
		session_reply(session, name.length == 0 ? STATUS_MISSING_ARGUMENT : STATUS_BAD_NAME, SPAN(""));
		return false;
	}
	session_reset(session);
	free(session->name);
	session->name = must_copy(name.data, name.length);
	session->is_esmtp = is_esmtp;
	if (session->state != SESSION_PLAIN)
		session_enter(session, SESSION_READY);
	return true;
}

void
session_ehlo(struct session *session, struct span arguments)
{
	char lines[EHLO_OCTETS];
	int length;

	if (!session_greet(session, arguments, true))
		return;
	length = session->state == SESSION_PLAIN ? list_plain(session, lines, sizeof(lines)) :
	    list_secure(session, lines, sizeof(lines));
	stream_write(session->stream, span_make(lines, (size_t)length));
}

void
session_helo(struct session *session, struct span arguments)
{
	if (session_greet(session, arguments, false))
		session_reply(session, STATUS_HELO, span_of(session->room->conf->hostname));
}
