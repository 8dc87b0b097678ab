/* One fact for each attempt, and one for each time that a connection served a hop. */
#include "relay/account.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/fatal.h"
#include "base/hex.h"
#include "ipc/tally.h"
#include "loop/clock.h"
#include "metrics/count.h"
#include "policy/reason.h"

#define DAY_S 86400
#define LINES_OCTETS 2001	/* as much of a policy as a fact has, and a NUL */
#define TLSA_TEXT 1100		/* of one record; one with more is left out */
#define SERVED_FIRST 8

/* --- what is published, in lines (RFC 8460 4.4) --- */

struct lines {
	char text[LINES_OCTETS];
	size_t length;
};

/* What a fact borrows that is made for it. */
struct room {
	struct lines sts, tlsa;
	char source[IP_TEXT];
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

/* The file as it was fetched (RFC 8460 4.5); of a policy that was kept without it, what it said. */
static void
fact_publish_sts(struct tls_fact *fact, const struct facts *facts, struct lines *lines)
{
	const struct knowledge *known = facts->knowledge;

	if (known == NULL)
		return;
	fact->is_testing = has_sts(facts) && known->sts.mode == STS_TESTING;
	fact->text[FACT_STS_FAULT] = known->sts_fault;
	if (has_sts(facts) || known->sts_fault.length > 0)
		fact->text[FACT_STS] = known->sts_lines;
	if (!has_sts(facts) || known->sts_lines.length > 0)
		return;
	lines->length = 0;
	sts_write(lines, &known->sts);
	fact->text[FACT_STS] = span_make(lines->text, lines->length);
}

/* Records that cannot be used, and those that could not be learnt, are the domain's to mend, also where mail went without (RFC 8460 4.3.2). */
static void
fact_publish_tlsa(struct tls_fact *fact, const struct facts *facts, struct lines *lines)
{
	static const struct span faults[DANE_STATUSES] = { [DANE_FAILED] = SPAN("dane-lookup-failed"), [DANE_UNUSABLE] = SPAN("dane-unusable") };

	fact->text[FACT_TLSA_FAULT] = faults[facts->dane.status];
	if (facts->dane.status == DANE_USABLE || fact->text[FACT_TLSA_FAULT].length > 0)
		fact->text[FACT_BASE] = span_of(facts->dane_base == NULL ? facts->host : facts->dane_base);
	if (facts->dane.status != DANE_USABLE)
		return;
	lines->length = 0;
	tlsa_write(lines, &facts->dane);
	fact->text[FACT_TLSA] = span_make(lines->text, lines->length);
}

/* Where both are there, TLSA records are what is proved (RFC 8461 2); a report has both (RFC 8460 4). */
static void
fact_publish(struct tls_fact *fact, const struct plan_host *host, struct room *room)
{
	static const struct span words[2][2] = { { SPAN(""), SPAN("tlsa") }, { SPAN("sts"), SPAN("sts+tlsa") } };
	const struct decision *decision = &host->decision;

	fact->text[FACT_PUBLISHED] = words[has_sts(&host->facts)][host->facts.dane.status == DANE_USABLE];
	fact->is_by_dane = decision->demand.by_dane || (decision->has_observed && decision->observed.by_dane);
	fact_publish_sts(fact, &host->facts, &room->sts);
	fact_publish_tlsa(fact, &host->facts, &room->tlsa);
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
fact_begin(struct tls_fact *fact, const struct client *client, struct room *room)
{
	const struct plan_host *host = client_candidate(client)->host;

	*fact = (struct tls_fact){ .direction = FACT_OUT, .day = (uint32_t)(client->begun_s / DAY_S), .offers = offers_of(client),
		.sessions = 1 };
	fact->text[FACT_PEER] = span_of(host->facts.host);
	fact->text[FACT_IP] = span_of(client->address);
	fact->text[FACT_DOMAIN] = span_of(host->facts.domain);
	/* TLSA records stand for the certificate, whatever it is that asks for one. */
	fact->text[FACT_APPLIED] = span_of(host->decision.demand.by_dane ? "dane" : host->decision.demand.because);
	fact_publish(fact, host, room);
	if (client->is_secure)
		fact_secure(fact, client);
}

/*
 * What only a report on the failure has: where we came from, and how the host calls itself. In no other fact, so that equal sessions
 * stay equal.
 */
static void
fact_locate(struct tls_fact *fact, const struct client *client, struct room *room)
{
	struct span reason = fact->text[span_is_empty(fact->text[FACT_REASON]) ? FACT_OBSERVED : FACT_REASON];
	struct ip source;

	if (span_is_empty(reason) || *reason_find(reason)->report == '\0' || client->stream == NULL)
		return;
	source = stream_source(client->stream);
	if (source.family != 0)
		fact->text[FACT_SOURCE] = span_of(ip_format(source, room->source));
	fact->text[FACT_HELO] = span_of(client->helo);
}

/* The peer's words: the codec of facts takes out what may not be in them. */
void
account_heard(struct client *client, const struct reply *reply)
{
	struct span line = span_trim(span_first(reply->lines, span_find(reply->lines, '\n')));
	struct span word = span_first(span_first(line, span_find(line, ' ')), CLIENT_HELO - 1);

	if (client->helo[0] != '\0' || word.length == 0)
		return;
	memcpy(client->helo, word.data, word.length);
	client->helo[word.length] = '\0';
}

/* A socket of this machine is no peer, and whoever only looks carries no mail. */
static bool
is_counted(const struct client *client)
{
	return client_candidate(client)->host != NULL && (client->hop == NULL || !client->hop->is_probe);
}

/* --- an attempt --- */

static void
count_session(const struct tls_fact *fact)
{
	count(METRIC_TLS_SESSIONS, FACT_OUT, metrics_find(METRICS_VERSION, fact->text[FACT_VERSION]),
	    metrics_find(METRICS_REASON, fact->text[FACT_REASON]));
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
	struct room room;
	char code[16];

	if (!is_counted(client))
		return;
	fact_begin(&fact, client, &room);
	fact.is_own = client->hop != NULL && is_own(client->hop);
	fact.text[FACT_REASON] = failure->reason->word;
	fact.text[FACT_DETAIL] = detail_of(failure, code);
	if (client->state == CLIENT_HANDSHAKE && *client->told.peer_fingerprint != '\0')
		fact_refused(&fact, client, failure);
	else if (!client->is_secure && failure->reason->is_lack)
		fact.tls = FACT_TLS_NO;
	count_session(&fact);
	fact_locate(&fact, client, &room);
	tally_note(client->relay->tally, &fact);
}

/* --- a use --- */

void
account_begin(struct client *client)
{
	client->is_counting = true;
	client->carries_own = client->carries_others = false;
	client->messages_before = client->messages;
	client->counting_s = clock_wall();
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

/* Is it the first time that the connection serves the domain? Whoever finds two names with one hash is told of one session less. */
static bool
serves_newly(struct client *client, struct span domain)
{
	uint64_t hash = span_hash(domain);

	for (unsigned i = 0; i < client->served_count; i++)
		if (client->served[i] == hash)
			return false;
	if (client->served_count == client->served_room) {
		client->served_room = client->served_room == 0 ? SERVED_FIRST : client->served_room * 2;
		client->served = must_realloc(client->served, client->served_room * sizeof(*client->served));
	}
	client->served[client->served_count++] = hash;
	return true;
}

/* Once a session of the host's, and once of each domain whose mail it carries (RFC 8460 4); mail of our own makes it nobody's. */
static void
fact_count(struct tls_fact *fact, struct client *client)
{
	bool is_first = !client->is_counted;
	bool is_domains = !fact->is_own && (is_first || client->carries_others) && serves_newly(client, fact->text[FACT_DOMAIN]);

	client->is_counted = true;
	fact->is_shared = is_domains && !is_first;
	fact->sessions = is_first || is_domains ? 1 : 0;
	fact->messages = client->messages - client->messages_before;
	/* A domain's share begins when its mail does: the day of the connection may have been reported on long since. */
	if (fact->is_shared)
		fact->day = (uint32_t)(client->counting_s / DAY_S);
}

void
account_end(struct client *client)
{
	struct tls_fact fact;
	struct room room;

	if (!client->is_counting)
		return;
	client->is_counting = false;
	if (!is_counted(client))
		return;
	fact_begin(&fact, client, &room);
	fact.is_own = client->carries_own && !client->carries_others;
	fact_count(&fact, client);
	if (fact.sessions + fact.messages == 0)
		return;
	/* Shared with another domain, it is no other session. */
	if (fact.sessions > 0 && !fact.is_shared)
		count_served(client, &fact);
	if (fact.sessions > 0)
		fact_locate(&fact, client, &room);
	tally_note(client->relay->tally, &fact);
}
