/* Adding up, and the names of fields. */
#include "report/summary.h"

#include <stdio.h>

#include "report/ledger.h"

/* Which text of a fact goes where, under which name. */
static const struct {
	const char *field;
	enum fact_text text;
} words[SUMMARY_WORDS] = {
	[SUMMARY_REASONS] = { "reasons", FACT_REASON },
	[SUMMARY_OBSERVED] = { "observed", FACT_OBSERVED },
	[SUMMARY_VERSIONS] = { "versions", FACT_VERSION },
	[SUMMARY_CIPHERS] = { "ciphers", FACT_CIPHER },
	[SUMMARY_GROUPS] = { "key_exchanges", FACT_GROUP },
	[SUMMARY_CERTIFICATES] = { "certificates", FACT_CERTIFICATE },
	[SUMMARY_PROVED] = { "proved", FACT_EVIDENCE },
	[SUMMARY_APPLIED] = { "applied", FACT_APPLIED },
	[SUMMARY_PUBLISHED] = { "published", FACT_PUBLISHED },
	[SUMMARY_DOMAINS] = { "domains", FACT_DOMAIN },
	[SUMMARY_IPS] = { "ips", FACT_IP },
};

/* TLS 1.3 has it always; of older versions it is a matter of the cipher suite, which is as other mail servers write it where they told of it. */
static bool
is_forward_secret(const struct tls_fact *fact)
{
	static const struct span ephemeral[] = {
		SPAN("TLS_ECDHE_"), SPAN("TLS_DHE_"), SPAN("TLS_ECDH_anon_"), SPAN("TLS_DH_anon_"),	/* IANA; Exim, Exchange */
		SPAN("ECDHE-"), SPAN("DHE-"), SPAN("EDH-"), SPAN("AECDH-"), SPAN("ADH-"),		/* OpenSSL; Postfix, Sendmail */
		SPAN("ECDHE_"), SPAN("DHE_")							/* GnuTLS; Exim */
	};
	bool is_ephemeral = span_equal(fact->text[FACT_VERSION], SPAN("TLSv1.3"));

	for (size_t i = 0; i < sizeof(ephemeral) / sizeof(*ephemeral); i++)
		is_ephemeral = is_ephemeral || span_starts(fact->text[FACT_CIPHER], ephemeral[i]);
	return is_ephemeral;
}

static void
days_add(struct summary *summary, uint32_t day)
{
	if (summary->first_day == 0 || day < summary->first_day)
		summary->first_day = day;
	if (day > summary->last_day)
		summary->last_day = day;
}

static void
last_add(struct summary *summary, const struct tls_fact *fact)
{
	if (fact->text[FACT_FINGERPRINT].length > 0 && fact->day >= summary->last_day) {
		snprintf(summary->fingerprint, sizeof(summary->fingerprint), "%.*s", SPAN_ARG(fact->text[FACT_FINGERPRINT]));
		summary->expires_s = fact->expires_s;
	}
	if (fact->text[FACT_DETAIL].length > 0 && fact->day >= summary->last_day)
		snprintf(summary->detail, sizeof(summary->detail), "%.*s", SPAN_ARG(fact->text[FACT_DETAIL]));
}

void
summary_add(struct summary *summary, const struct tls_fact *fact)
{
	bool is_good = span_is_empty(fact->text[FACT_REASON]);
	uint64_t sessions = fact_host_sessions(fact);

	summary->direction = fact->direction;
	summary->sessions += sessions;
	summary->good += is_good ? sessions : 0;
	summary->own += fact->is_own ? sessions : 0;
	summary->messages += fact->messages;
	summary->forward_secret += is_forward_secret(fact) ? sessions : 0;
	summary->resumed += fact->is_resumed ? sessions : 0;
	summary->tls[fact->tls] += sessions;
	summary->offers |= fact->offers;
	days_add(summary, fact->day);
	last_add(summary, fact);
	for (int i = 0; i < SUMMARY_WORDS; i++)
		counted_add(&summary->words[i], fact->text[words[i].text], sessions);
}

const char *
summary_tls(const struct summary *summary)
{
	bool yes = summary->tls[FACT_TLS_YES] > 0, no = summary->tls[FACT_TLS_NO] > 0;

	return yes && no ? "partly" : yes ? "yes" : no ? "no" : "unknown";
}

static struct span
offers_text(uint16_t offers, struct arena *arena)
{
	static const struct { uint16_t offer; const char *name; } rows[] = {
		{ FACT_STARTTLS, "STARTTLS" }, { FACT_REQUIRETLS, "REQUIRETLS" }, { FACT_PIPELINING, "PIPELINING" },
		{ FACT_CHUNKING, "CHUNKING" }, { FACT_SMTPUTF8, "SMTPUTF8" }, { FACT_DSN, "DSN" }, { FACT_8BITMIME, "8BITMIME" }
	};
	char text[100] = "";
	size_t at = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (offers & rows[i].offer)
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", at == 0 ? "" : " ", rows[i].name);
	return arena_span(arena, span_make(text, at));
}

void
summary_write(struct summary *summary, struct row *row, struct arena *arena)
{
	row_text(row, "tls", span_of(summary_tls(summary)));
	row_number(row, "sessions", (int64_t)summary->sessions);
	row_number(row, "good", (int64_t)summary->good);
	row_number(row, "failed", (int64_t)(summary->sessions - summary->good));
	row_number(row, "messages", (int64_t)summary->messages);
	row_number(row, "own", (int64_t)summary->own);
	row_number(row, "with_tls", (int64_t)summary->tls[FACT_TLS_YES]);
	row_number(row, "without_tls", (int64_t)summary->tls[FACT_TLS_NO]);
	row_number(row, "forward_secret", (int64_t)summary->forward_secret);
	row_number(row, "resumed", (int64_t)summary->resumed);
	for (int i = 0; i < SUMMARY_WORDS; i++)
		row_text(row, words[i].field, counted_text(&summary->words[i], arena));
	row_text(row, "offers", offers_text(summary->offers, arena));
	row_flag(row, "requiretls", (summary->offers & FACT_REQUIRETLS) != 0);
	row_text(row, "fingerprint", span_of(summary->fingerprint));
	row_number(row, "expires", summary->expires_s);
	row_text(row, "detail", span_of(summary->detail));
	row_number(row, "first", (int64_t)summary->first_day * LEDGER_DAY_S);
	row_number(row, "last", (int64_t)summary->last_day * LEDGER_DAY_S);
}
