/* One fact for each attempt, and one for each time that a connection served a hop. */
#include "relay/account.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "ipc/tally.h"
#include "loop/clock.h"
#include "metrics/count.h"

#define DAY_S 86400
#define POLICY_OCTETS 2001	/* as much of a policy as a fact has, and a NUL */
#define TLSA_TEXT 1100		/* of one record; one with more is left out */

/* --- what is published, in lines (RFC 8460 4.4) --- */

struct lines {
	char text[POLICY_OCTETS];
	size_t length;
};

/* Whole lines only: one that does not fit is left out. */
__attribute__((format(printf, 2, 3))) static void
lines_add(struct lines *lines, const char *format, ...)
{
	size_t at = lines->length, room;
	va_list arguments;
	int length;

	if (at > 0 && at + 1 < sizeof(lines->text))
		lines->text[at++] = '\n';
	room = sizeof(lines->text) - at;
	va_start(arguments, format);
	length = vsnprintf(lines->text + at, room, format, arguments);
	va_end(arguments);
	if (length >= 0 && (size_t)length < room)
		lines->length = at + (size_t)length;
}

static void
sts_write(struct lines *lines, const struct sts_policy *policy)
{
	lines_add(lines, "version: STSv1");
	lines_add(lines, "mode: %s", sts_mode_name(policy->mode));
	for (uint32_t i = 0; i < policy->mx_count; i++)
		lines_add(lines, "mx: %.*s", SPAN_ARG(policy->mx[i]));
	lines_add(lines, "max_age: %llu", (unsigned long long)policy->max_age_s);
}

static void
tlsa_write(struct lines *lines, const struct dane_set *set)
{
	char hex[TLSA_TEXT];

	for (uint32_t i = 0; i < set->count; i++) {
		const struct dns_tlsa *record = &set->records[i];

		if (2 * record->data.length + 1 > sizeof(hex))
			continue;
		hex_format(record->data, hex);
		lines_add(lines, "%u %u %u %s", record->usage, record->selector, record->matching, hex);
	}
}

static bool
has_sts(const struct facts *facts)
{
	return facts->knowledge != NULL && facts->knowledge->has_sts && facts->knowledge->sts.mode != STS_NONE;
}

/* Where both are there, TLSA records are what is proved (RFC 8461 2). */
static void
fact_publish(struct tls_fact *fact, const struct facts *facts, struct lines *lines)
{
	lines->length = 0;
	fact->is_testing = has_sts(facts) && facts->knowledge->sts.mode == STS_TESTING;
	if (facts->dane.status == DANE_USABLE) {
		fact->text[FACT_PUBLISHED] = SPAN("tlsa");
		tlsa_write(lines, &facts->dane);
	} else if (has_sts(facts)) {
		fact->text[FACT_PUBLISHED] = SPAN("sts");
		sts_write(lines, &facts->knowledge->sts);
	}
	fact->text[FACT_POLICY] = span_make(lines->text, lines->length);
}

/* --- the connection --- */

static uint16_t
offers_of(const struct client *client)
{
	static const struct { unsigned capability; uint16_t offer; } rows[] = {
		{ CAPABILITY_REQUIRETLS, FACT_REQUIRETLS }, { CAPABILITY_PIPELINING, FACT_PIPELINING },
		{ CAPABILITY_CHUNKING, FACT_CHUNKING }, { CAPABILITY_SMTPUTF8, FACT_SMTPUTF8 },
		{ CAPABILITY_DSN, FACT_DSN }, { CAPABILITY_8BITMIME, FACT_8BITMIME }
	};
	bool by_command = client->plan->route.scheme != ROUTE_SMTPS;
	uint16_t offers = by_command && (client->is_secure || client->state == CLIENT_STARTTLS || client->state == CLIENT_HANDSHAKE) ?
	    FACT_STARTTLS : 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (client->capability.flags & rows[i].capability)
			offers |= rows[i].offer;
	return offers;
}

static const char *
certificate_of(const struct tls_facts *facts)
{
	if (facts->authenticated)
		return facts->dane != NULL && *facts->dane != '\0' ? facts->dane : "valid";
	if (facts->doubt != NULL && *facts->doubt != '\0')
		return facts->doubt;
	return *facts->peer_fingerprint == '\0' ? "" : "unchecked";
}

static void
fact_secure(struct tls_fact *fact, const struct client *client)
{
	const struct tls_facts *facts = &client->facts;

	fact->tls = FACT_TLS_YES;
	fact->is_resumed = facts->resumed;
	fact->expires_s = facts->peer_expires_s;
	fact->text[FACT_EVIDENCE] = span_of(client_evidence(client));
	fact->text[FACT_OBSERVED] = span_of(client->observed);
	fact->text[FACT_VERSION] = span_of(facts->version);
	fact->text[FACT_CIPHER] = span_of(facts->cipher);
	fact->text[FACT_GROUP] = span_of(facts->group);
	fact->text[FACT_FINGERPRINT] = span_of(facts->peer_fingerprint);
	fact->text[FACT_CERTIFICATE] = span_of(certificate_of(facts));
}

static void
fact_begin(struct tls_fact *fact, const struct client *client, struct lines *lines)
{
	const struct plan_host *host = client_candidate(client)->host;

	*fact = (struct tls_fact){ .direction = FACT_OUT, .day = (uint32_t)(client->begun_s / DAY_S), .offers = offers_of(client),
		.sessions = 1 };
	fact->text[FACT_PEER] = span_of(host->facts.host);
	fact->text[FACT_IP] = span_of(client->address);
	fact->text[FACT_DOMAIN] = span_of(host->facts.domain);
	fact->text[FACT_APPLIED] = span_of(host->decision.demand.because);
	fact_publish(fact, &host->facts, lines);
	if (client->is_secure)
		fact_secure(fact, client);
}

/* A socket of this machine is no peer, and a look of the operator's carries no mail. */
static bool
is_counted(const struct client *client)
{
	return client_candidate(client)->host != NULL && (client->hop == NULL || client->hop->probe == NULL);
}

/* --- an attempt --- */

static void
count_session(const struct tls_fact *fact)
{
	count(METRIC_TLS_SESSIONS, FACT_OUT, metrics_find(METRICS_VERSION, fact->text[FACT_VERSION]),
	    metrics_find(METRICS_REASON, fact->text[FACT_REASON]));
}

/* Does the failure say that the host has no TLS that will do? */
static bool
is_lack(struct span word)
{
	static const struct span lacks[] = {
		SPAN("starttls-not-supported"), SPAN("starttls-mangled"), SPAN("starttls-refused"), SPAN("not-tls"), SPAN("protocol-old"),
		SPAN("no-shared-cipher"), SPAN("cipher-weak"), SPAN("renegotiation-insecure")
	};

	for (size_t i = 0; i < sizeof(lacks) / sizeof(*lacks); i++)
		if (span_equal(word, lacks[i]))
			return true;
	return false;
}

/* Is there nothing but mail of our own to be had there? */
static bool
is_own(const struct hop *hop)
{
	const struct delivery *delivery;

	TAILQ_FOREACH(delivery, &hop->waiting, entry)
		if (!(delivery->job.envelope.flags & ENVELOPE_OWN))
			return false;
	return !TAILQ_EMPTY(&hop->waiting);
}

/* Our own words have no address in them; a stranger's may, so that of them only the code is kept. */
static struct span
detail_of(const struct failure *failure, char code[16])
{
	if (!failure->is_remote)
		return span_of(failure->text);
	return span_make(code, (size_t)snprintf(code, 16, "code %u", failure->code));
}

/* A certificate that we refused: the host has TLS, and no proof. */
static void
fact_refused(struct tls_fact *fact, const struct client *client, const struct failure *failure)
{
	fact->tls = FACT_TLS_YES;
	fact->expires_s = client->told.peer_expires_s;
	fact->text[FACT_FINGERPRINT] = span_of(client->told.peer_fingerprint);
	fact->text[FACT_CERTIFICATE] = failure->reason->word;
}

void
account_attempt(const struct client *client, const struct failure *failure)
{
	struct tls_fact fact;
	struct lines lines;
	char code[16];

	if (!is_counted(client))
		return;
	fact_begin(&fact, client, &lines);
	fact.is_own = client->hop != NULL && is_own(client->hop);
	fact.text[FACT_REASON] = failure->reason->word;
	fact.text[FACT_DETAIL] = detail_of(failure, code);
	if (client->state == CLIENT_HANDSHAKE && *client->told.peer_fingerprint != '\0')
		fact_refused(&fact, client, failure);
	else if (!client->is_secure && is_lack(failure->reason->word))
		fact.tls = FACT_TLS_NO;
	count_session(&fact);
	tally_note(client->relay->tally, &fact);
}

/* --- a use --- */

void
account_begin(struct client *client)
{
	client->is_counting = true;
	client->carries_own = client->carries_others = false;
	client->messages_before = client->messages;
}

void
account_carry(struct client *client, const struct delivery *delivery)
{
	if (delivery->job.envelope.flags & ENVELOPE_OWN)
		client->carries_own = true;
	else
		client->carries_others = true;
}

/* One that serves: by what it has proved, and what asked for that. */
static void
count_served(const struct client *client, const struct tls_fact *fact)
{
	const struct demand *demand = &client_candidate(client)->host->decision.demand;

	count_session(fact);
	count(METRIC_OUTBOUND_SESSIONS, demand->proofs[client->proof].level, metrics_find(METRICS_APPLIED, fact->text[FACT_APPLIED]));
}

void
account_end(struct client *client)
{
	struct tls_fact fact;
	struct lines lines;

	if (!client->is_counting)
		return;
	client->is_counting = false;
	if (!is_counted(client))
		return;
	fact_begin(&fact, client, &lines);
	fact.is_own = client->carries_own && !client->carries_others;
	fact.sessions = client->is_counted ? 0 : 1;
	fact.messages = client->messages - client->messages_before;
	if (fact.sessions > 0)
		count_served(client, &fact);
	client->is_counted = true;
	if (fact.sessions + fact.messages > 0)
		tally_note(client->relay->tally, &fact);
}
