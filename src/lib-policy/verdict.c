/* THE table of rules by which failures are judged. */
#include "policy/verdict.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define WORD(literal) { literal, sizeof(literal) - 1 }
#define TIME_TEXT 24

enum { UNKNOWN, STRIPPING, MIDDLEBOX, MISCONFIGURATION, OUTAGE, UPLINK, VERDICTS };

static const struct verdict verdicts[VERDICTS] = {
	[UNKNOWN] = { WORD("unknown"), "", "", "", "", "" },
	[STRIPPING] = { WORD("stripping-suspected"),
	    "It looks as if somebody between this relay and the receiving server tampers with the connection.",
	    "network", "The fault is probably on the way: somebody tampers with the connection, unless the receiving side has taken a step back.", "", "" },
	[MIDDLEBOX] = { WORD("middlebox"),
	    "It looks as if a device on the way, often a firewall, gets between this relay and the receiving server.",
	    "network", "The fault is probably on the way: a device in front of the receiving server, or in front of this relay.", "", "" },
	[MISCONFIGURATION] = { WORD("misconfiguration"), "It looks as if the receiving server is not set up rightly.",
	    "peer", "The fault is probably on the receiving side, in how the server is set up.", "", "" },
	[OUTAGE] = { WORD("outage"), "It looks as if the receiving server is out of order, or cut off, for a while.",
	    "peer", "The receiving side, or the way there, is out of order.", "", "" },
	[UPLINK] = { WORD("own-uplink"),
	    "It looks as if this relay's own way to the Internet is disturbed: the same happens with servers that have nothing to do with each other.",
	    "nobody", "Nobody at the other end is to blame: it is this relay's own way to the Internet.",
	    "Nothing is wrong with your message, nor, as far as can be told, with the receiving server. If it is urgent, reach the recipient in another way.",
	    "Nothing, most probably: it is this relay's own way to the Internet." },
};

/* Kinds of reasons: what a rule is about. A reason that is of none is not judged. */
enum {
	OF_REACH = 1 << 0, OF_END = 1 << 1, OF_NONSENSE = 1 << 2, OF_EHLO = 1 << 3, OF_OFFER = 1 << 4, OF_REFUSAL = 1 << 5, OF_INJECTION = 1 << 6,
	OF_CUT = 1 << 7, OF_HALT = 1 << 8, OF_NO_TLS = 1 << 9, OF_STRENGTH = 1 << 10, OF_CERTIFICATE = 1 << 11, OF_CARE = 1 << 12,
	OF_ANY = (1 << 13) - 1,
	OF_CLEAR = OF_END | OF_NONSENSE | OF_EHLO | OF_OFFER | OF_REFUSAL
};

static const struct {
	struct span word;
	unsigned kind;
} kinds[] = {
	{ WORD("connect-refused"), OF_REACH }, { WORD("connect-timeout"), OF_REACH }, { WORD("connect-failed"), OF_REACH },
	{ WORD("closed"), OF_END }, { WORD("reset"), OF_END }, { WORD("timeout"), OF_END }, { WORD("greeting-refused"), OF_END },
	{ WORD("service-closing"), OF_END },
	{ WORD("reply-malformed"), OF_NONSENSE }, { WORD("reply-unexpected"), OF_NONSENSE },
	{ WORD("ehlo-refused"), OF_EHLO },
	{ WORD("starttls-not-supported"), OF_OFFER }, { WORD("starttls-mangled"), OF_OFFER },
	{ WORD("starttls-refused"), OF_REFUSAL },
	{ WORD("starttls-injection"), OF_INJECTION },
	{ WORD("handshake-reset"), OF_CUT },
	{ WORD("handshake-closed"), OF_HALT }, { WORD("handshake-timeout"), OF_HALT },
	{ WORD("not-tls"), OF_NO_TLS },
	{ WORD("protocol-old"), OF_STRENGTH }, { WORD("no-shared-cipher"), OF_STRENGTH }, { WORD("cipher-weak"), OF_STRENGTH },
	{ WORD("renegotiation-insecure"), OF_STRENGTH },
	{ WORD("certificate-self-signed"), OF_CERTIFICATE }, { WORD("certificate-unknown-issuer"), OF_CERTIFICATE },
	{ WORD("certificate-name-mismatch"), OF_CERTIFICATE }, { WORD("certificate-wrong-purpose"), OF_CERTIFICATE },
	{ WORD("certificate-invalid"), OF_CERTIFICATE }, { WORD("dane-mismatch"), OF_CERTIFICATE }, { WORD("mx-insecure"), OF_CERTIFICATE },
	{ WORD("certificate-expired"), OF_CARE }, { WORD("certificate-not-yet-valid"), OF_CARE }, { WORD("key-weak"), OF_CARE },
	{ WORD("signature-weak"), OF_CARE }, { WORD("client-certificate-required"), OF_CARE }, { WORD("no-application-protocol"), OF_CARE },
	{ WORD("peer-alert"), OF_CARE }, { WORD("tls-error"), OF_CARE },
};

/* What is true beside. */
enum {
	IS_ELSEWHERE = 1 << 0,		/* the same fails at networks that have nothing to do with each other */
	IS_MANGLED = 1 << 1, IS_STARRED = 1 << 2,
	IS_UNKNOWN_COMMAND = 1 << 3,	/* the reply says so (RFC 5321 4.2.4: 500, 502, ...) */
	IS_BEHIND_STARTTLS = 1 << 4,
	HAD_TLS = 1 << 5, HAD_STARTTLS = 1 << 6, HAD_PROOF = 1 << 7,
	IS_AS_BEFORE = 1 << 8,		/* all other keywords are what they were */
	IS_LESS = 1 << 9,		/* some of them are gone, none is new */
	IS_SAME_CERTIFICATE = 1 << 10, IS_SAME_ISSUER = 1 << 11
};

/* The first rule that fits counts. */
static const struct {
	unsigned kinds, needs;
	int verdict;
	const char *evidence;
} rules[] = {
	{ OF_ANY, IS_ELSEWHERE, UPLINK, "Nothing has succeeded meanwhile." },
	{ OF_INJECTION, 0, STRIPPING,
	    "Octets came in clear behind the reply to STARTTLS: no mail server does that, and it is how commands are smuggled in." },
	{ OF_CLEAR, IS_MANGLED, MIDDLEBOX, "Its offer of STARTTLS came blotted out, as firewalls do that inspect SMTP." },
	{ OF_CLEAR, IS_STARRED, MIDDLEBOX, "Its greeting came as asterisks, as firewalls do that inspect SMTP." },
	{ OF_EHLO, IS_UNKNOWN_COMMAND | HAD_STARTTLS, MIDDLEBOX,
	    "EHLO is unknown there now, and only HELO is left, as behind a device that lets pass no more than that." },
	{ OF_EHLO, IS_UNKNOWN_COMMAND, MISCONFIGURATION, "EHLO is unknown there: a very old server, or a device in front of it." },
	{ OF_EHLO, 0, OUTAGE, "EHLO is known there, and was refused." },
	{ OF_OFFER, HAD_STARTTLS | IS_AS_BEFORE, STRIPPING, "STARTTLS is gone from what it offers, and nothing else is." },
	{ OF_OFFER, HAD_STARTTLS | IS_LESS, MIDDLEBOX,
	    "STARTTLS and more is gone from what it offers, and nothing is new, as behind a device that lets pass what it knows." },
	{ OF_OFFER, HAD_STARTTLS, MISCONFIGURATION, "It offers other things than before, too, as a new server or a new configuration would." },
	{ OF_OFFER, 0, MISCONFIGURATION, "It is not known to have offered STARTTLS before." },
	{ OF_REFUSAL, IS_UNKNOWN_COMMAND, MIDDLEBOX,
	    "It offers STARTTLS and does not know the command, as behind a device that answers for it." },
	{ OF_REFUSAL, 0, MISCONFIGURATION, "It offers STARTTLS and cannot begin it: most often it cannot read its certificate or key." },
	{ OF_CUT, HAD_TLS, STRIPPING, "The connection was cut off as soon as encryption was to begin." },
	{ OF_CUT, 0, MIDDLEBOX, "The connection was cut off as soon as encryption was to begin, as firewalls do that let none through." },
	{ OF_END, IS_BEHIND_STARTTLS | HAD_TLS, STRIPPING, "The connection ended as soon as STARTTLS was said." },
	{ OF_END, IS_BEHIND_STARTTLS, MIDDLEBOX, "The connection ended as soon as STARTTLS was said, as behind firewalls that let none through." },
	{ OF_HALT, 0, MISCONFIGURATION, "It broke off, or fell silent, in the midst of the handshake." },
	{ OF_NO_TLS, HAD_TLS, MIDDLEBOX, "Something that is no TLS answers to the handshake." },
	{ OF_NO_TLS, 0, MISCONFIGURATION, "Something that is no TLS answers to the handshake." },
	{ OF_STRENGTH, HAD_TLS, STRIPPING, "It has come down to an encryption that is no longer safe, as after an attack that forces it down." },
	{ OF_STRENGTH, 0, MISCONFIGURATION, "It has no encryption that is safe today." },
	{ OF_CERTIFICATE, HAD_PROOF | IS_SAME_CERTIFICATE, MISCONFIGURATION,
	    "It shows the certificate that it proved itself by before: nobody has taken its place." },
	{ OF_CERTIFICATE, HAD_PROOF | IS_SAME_ISSUER, MISCONFIGURATION,
	    "It shows another certificate than before, by an issuer of the same name, as after a renewal that went wrong." },
	{ OF_CERTIFICATE, HAD_PROOF, STRIPPING, "It shows another certificate than the one it proved itself by before, and of another issuer." },
	{ OF_CERTIFICATE, 0, MISCONFIGURATION, "It is not known to have proved itself before." },
	{ OF_CARE, 0, MISCONFIGURATION, "What is wrong is in its own certificate or settings, and nobody on the way gains by it." },
	{ OF_NONSENSE, HAD_TLS, MIDDLEBOX, "What answers does not speak as a mail server does, and did before." },
	{ OF_NONSENSE, 0, MISCONFIGURATION, "What answers does not speak as a mail server does." },
	{ OF_REACH | OF_END, 0, OUTAGE, "It was not got as far as encryption." },
};

#define ROWS(table) (sizeof(table) / sizeof(*(table)))

const struct verdict *
verdict_find(struct span word)
{
	for (size_t i = 0; i < VERDICTS; i++)
		if (span_equal(verdicts[i].word, word))
			return &verdicts[i];
	return &verdicts[UNKNOWN];
}

const struct verdict *
verdict_at(size_t index)
{
	return index < VERDICTS ? &verdicts[index] : NULL;
}

const char *
verdict_advise_sender(struct span word, const struct reason *reason)
{
	const struct verdict *verdict = verdict_find(word);

	return *verdict->sender != '\0' ? verdict->sender : reason->sender;
}

const char *
verdict_advise_postmaster(struct span word, const struct reason *reason)
{
	const struct verdict *verdict = verdict_find(word);

	return *verdict->postmaster != '\0' ? verdict->postmaster : reason->postmaster;
}

static unsigned
kind_of(struct span reason)
{
	for (size_t i = 0; i < ROWS(kinds); i++)
		if (span_equal(kinds[i].word, reason))
			return kinds[i].kind;
	return 0;
}

bool
verdict_is_of_way(struct span reason)
{
	return kind_of(reason) != 0;
}

/* What was seen, without what was before. */
static unsigned
conditions_now(const struct verdict_seen *seen, const struct verdict_elsewhere *elsewhere)
{
	return (elsewhere->networks >= VERDICT_NETWORKS ? IS_ELSEWHERE : 0) | (seen->is_mangled ? IS_MANGLED : 0) |
	    (seen->is_starred ? IS_STARRED : 0) | (seen->code >= 500 && seen->code <= 504 ? IS_UNKNOWN_COMMAND : 0) |
	    (seen->has_said_starttls ? IS_BEHIND_STARTTLS : 0);
}

static unsigned
conditions_before(const struct verdict_seen *seen, const struct verdict_past *past)
{
	unsigned conditions = HAD_TLS;

	if (past == NULL)
		return 0;
	conditions |= (past->has_starttls ? HAD_STARTTLS : 0) | (past->level >= POLICY_VERIFY ? HAD_PROOF : 0);
	if (seen->has_keywords && past->has_starttls)
		conditions |= seen->keywords == past->keywords ? IS_AS_BEFORE : (seen->keywords & ~past->keywords) == 0 ? IS_LESS : 0;
	if (*seen->fingerprint != '\0' && strcmp(seen->fingerprint, past->fingerprint) == 0)
		conditions |= IS_SAME_CERTIFICATE;
	if (*seen->issuer != '\0' && strcmp(seen->issuer, past->issuer) == 0)
		conditions |= IS_SAME_ISSUER;
	return conditions;
}

/* Append a sentence, cut where there is no more room. */
static void
evidence_add(char evidence[VERDICT_EVIDENCE], const char *sentence)
{
	size_t at = strlen(evidence);

	snprintf(evidence + at, VERDICT_EVIDENCE - at, "%s%s", at == 0 ? "" : " ", sentence);
}

/* "2026-11-27 08:00" */
static const char *
time_text(int64_t at_s, char text[TIME_TEXT])
{
	time_t at = (time_t)at_s;
	struct tm tm;

	text[0] = '\0';
	if (gmtime_r(&at, &tm) != NULL)
		strftime(text, TIME_TEXT, "%Y-%m-%d %H:%M", &tm);
	return text;
}

/* What is said against what is now: what it offered, how often, since when and until when, with which proof; and where, when that was elsewhere. */
static void
evidence_of_past(const struct verdict_seen *seen, const struct verdict_past *past, char evidence[VERDICT_EVIDENCE])
{
	bool is_one = past->first_s == 0 || past->sessions == 1;
	char sentence[200], first[TIME_TEXT] = "", last[TIME_TEXT], address[IP_TEXT];

	snprintf(sentence, sizeof(sentence), "Before, it offered %s%s in %" PRIu64 " session%s%s%.10s, last on %s UTC, at level %s.",
	    past->has_starttls ? "STARTTLS and " : "", *past->version == '\0' ? "TLS" : past->version, past->sessions,
	    past->sessions == 1 ? "" : "s", is_one ? "" : " since ", is_one ? "" : time_text(past->first_s, first),
	    time_text(past->last_s, last), policy_level_name(past->level));
	evidence_add(evidence, sentence);
	if (ip_equal(seen->ip, past->ip))
		return;
	snprintf(sentence, sizeof(sentence), "That was at another address, %s.", ip_format(past->ip, address));
	evidence_add(evidence, sentence);
}

static void
evidence_of_elsewhere(const struct verdict_elsewhere *elsewhere, char evidence[VERDICT_EVIDENCE])
{
	char sentence[200];

	snprintf(sentence, sizeof(sentence), "The same failed within %u minutes at %u networks that have nothing to do with each other.",
	    elsewhere->minutes, elsewhere->networks);
	evidence_add(evidence, sentence);
}

const struct verdict *
verdict_make(const struct verdict_seen *seen, const struct verdict_past *past, const struct verdict_elsewhere *elsewhere, int64_t now_s,
    char evidence[VERDICT_EVIDENCE])
{
	const struct verdict_past *before = past != NULL && past->sessions > 0 && now_s - past->last_s < VERDICT_PAST_S ? past : NULL;
	unsigned kind = kind_of(seen->reason), conditions = conditions_now(seen, elsewhere) | conditions_before(seen, before);

	evidence[0] = '\0';
	for (size_t i = 0; i < ROWS(rules); i++) {
		if ((rules[i].kinds & kind) == 0 || (rules[i].needs & conditions) != rules[i].needs)
			continue;
		if (rules[i].needs & IS_ELSEWHERE)
			evidence_of_elsewhere(elsewhere, evidence);
		evidence_add(evidence, rules[i].evidence);
		if (before != NULL && rules[i].verdict != UPLINK)
			evidence_of_past(seen, before, evidence);
		return &verdicts[rules[i].verdict];
	}
	return &verdicts[UNKNOWN];
}
