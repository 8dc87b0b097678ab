/* Tests of src/lib-policy/verdict.c: each rule has a row here, and what is next to it. */
#include "policy/verdict.h"

#include <ctype.h>

#include "policy/reason.h"
#include "tests/unit/unit.h"

#define NOW INT64_C(1800000000)
#define ISSUER "CN=A,O=Example"

static const struct ip there = { { 192, 0, 2, 1 }, 4 }, elsewhere_ip = { { 192, 0, 2, 2 }, 4 };

enum past { NEVER, TLS, STARTTLS, PROVED, LONG_AGO, AT_ANOTHER_ADDRESS, ONCE };

struct row {
	const char *reason;
	enum past past;
	unsigned code, keywords, networks;
	bool is_starred, is_mangled, has_said_starttls, has_keywords;
	const char *fingerprint, *issuer;
	const char *verdict, *evidence;		/* a part of it */
};

static struct verdict_past
past_of(enum past past)
{
	return (struct verdict_past){ .sessions = past == NEVER ? 0 : past == ONCE ? 1 : 412, .first_s = NOW - 300 * INT64_C(86400),
		.last_s = past == LONG_AGO ? NOW - VERDICT_PAST_S : NOW - 86400, .version = "TLSv1.3", .has_starttls = past != TLS, .keywords = 0xf0, .level = past == PROVED ? POLICY_SECURE : POLICY_ENCRYPT,
		.fingerprint = "aa", .issuer = ISSUER, .ip = past == AT_ANOTHER_ADDRESS ? elsewhere_ip : there };
}

static const struct verdict *
judged(const struct row *row, char evidence[VERDICT_EVIDENCE])
{
	struct verdict_past past = past_of(row->past);

	return verdict_make(&(struct verdict_seen){ .reason = span_of(row->reason), .code = row->code, .is_starred = row->is_starred,
	    .is_mangled = row->is_mangled, .has_said_starttls = row->has_said_starttls, .has_keywords = row->has_keywords,
	    .keywords = row->keywords, .fingerprint = row->fingerprint == NULL ? "" : row->fingerprint,
	    .issuer = row->issuer == NULL ? "" : row->issuer, .ip = there }, row->past == NEVER ? NULL : &past,
	    &(struct verdict_elsewhere){ row->networks, 10 }, NOW, evidence);
}

START_TEST(failures_are_judged_by_the_first_rule_that_fits)
{
	static const struct row rows[] = {
		/* our own way to the Internet: nobody is blamed, whatever else was seen */
		{ .reason = "connect-timeout", .networks = 3, .verdict = "own-uplink", .evidence = "within 10 minutes at 3 networks" },
		{ .reason = "starttls-not-supported", .past = PROVED, .has_keywords = true, .keywords = 0xf0, .networks = 5, .verdict = "own-uplink",
		    .evidence = "Nothing has succeeded" },
		{ .reason = "certificate-unknown-issuer", .past = PROVED, .fingerprint = "bb", .networks = 4, .verdict = "own-uplink", .evidence = "4" },
		{ .reason = "connect-timeout", .networks = 2, .verdict = "outage", .evidence = "not got as far" },
		/* signatures of what is on the way */
		{ .reason = "starttls-injection", .verdict = "stripping-suspected", .evidence = "smuggled" },
		{ .reason = "starttls-mangled", .is_mangled = true, .has_keywords = true, .verdict = "middlebox", .evidence = "blotted out" },
		{ .reason = "starttls-mangled", .past = STARTTLS, .is_mangled = true, .has_keywords = true, .keywords = 0xf0, .verdict = "middlebox",
		    .evidence = "Before, it offered STARTTLS and TLSv1.3 in 412 sessions since 2026-03-21, last on 2027-01-14 08:00 UTC, at level encrypt." },
		{ .reason = "starttls-not-supported", .is_starred = true, .has_keywords = true, .verdict = "middlebox", .evidence = "asterisks" },
		{ .reason = "timeout", .is_starred = true, .verdict = "middlebox", .evidence = "asterisks" },
		{ .reason = "ehlo-refused", .code = 502, .past = STARTTLS, .verdict = "middlebox", .evidence = "only HELO is left" },
		{ .reason = "ehlo-refused", .code = 500, .verdict = "misconfiguration", .evidence = "EHLO is unknown" },
		{ .reason = "ehlo-refused", .code = 421, .past = STARTTLS, .verdict = "outage", .evidence = "was refused" },
		/* what it offered before */
		{ .reason = "starttls-not-supported", .past = PROVED, .has_keywords = true, .keywords = 0xf0, .verdict = "stripping-suspected",
		    .evidence = "nothing else is. Before, it offered STARTTLS and TLSv1.3 in 412 sessions since 2026-03-21, last on 2027-01-14 08:00 UTC, at level secure." },
		{ .reason = "starttls-not-supported", .past = ONCE, .has_keywords = true, .keywords = 0xf0, .verdict = "stripping-suspected",
		    .evidence = "Before, it offered STARTTLS and TLSv1.3 in 1 session, last on 2027-01-14 08:00 UTC, at level encrypt." },
		{ .reason = "starttls-not-supported", .past = AT_ANOTHER_ADDRESS, .has_keywords = true, .keywords = 0xf0, .verdict = "stripping-suspected",
		    .evidence = "That was at another address, 192.0.2.2." },
		{ .reason = "starttls-not-supported", .past = STARTTLS, .has_keywords = true, .keywords = 0x30, .verdict = "middlebox",
		    .evidence = "STARTTLS and more is gone" },
		{ .reason = "starttls-not-supported", .past = STARTTLS, .has_keywords = true, .keywords = 0x3f, .verdict = "misconfiguration",
		    .evidence = "other things than before" },
		{ .reason = "starttls-not-supported", .has_keywords = true, .keywords = 0xf0, .verdict = "misconfiguration", .evidence = "not known to have" },
		{ .reason = "starttls-not-supported", .past = LONG_AGO, .has_keywords = true, .keywords = 0xf0, .verdict = "misconfiguration",
		    .evidence = "not known to have" },
		{ .reason = "starttls-not-supported", .past = TLS, .has_keywords = true, .keywords = 0xf0, .verdict = "misconfiguration",
		    .evidence = "not known to have" },
		/* STARTTLS was offered, and came to nothing */
		{ .reason = "starttls-refused", .code = 502, .verdict = "middlebox", .evidence = "does not know the command" },
		{ .reason = "starttls-refused", .code = 454, .past = PROVED, .verdict = "misconfiguration", .evidence = "cannot begin it" },
		{ .reason = "handshake-reset", .past = TLS, .verdict = "stripping-suspected",
		    .evidence = "Before, it offered TLSv1.3 in 412 sessions since 2026-03-21," },
		{ .reason = "handshake-reset", .verdict = "middlebox", .evidence = "let none through" },
		{ .reason = "reset", .past = STARTTLS, .has_said_starttls = true, .verdict = "stripping-suspected", .evidence = "as soon as STARTTLS" },
		{ .reason = "reset", .has_said_starttls = true, .verdict = "middlebox", .evidence = "as soon as STARTTLS" },
		{ .reason = "reset", .past = STARTTLS, .verdict = "outage", .evidence = "not got as far" },
		{ .reason = "handshake-closed", .past = STARTTLS, .verdict = "misconfiguration", .evidence = "in the midst of the handshake" },
		{ .reason = "handshake-timeout", .verdict = "misconfiguration", .evidence = "fell silent" },
		{ .reason = "not-tls", .past = STARTTLS, .verdict = "middlebox", .evidence = "no TLS answers" },
		{ .reason = "not-tls", .verdict = "misconfiguration", .evidence = "no TLS answers" },
		{ .reason = "protocol-old", .past = STARTTLS, .verdict = "stripping-suspected", .evidence = "forces it down" },
		{ .reason = "no-shared-cipher", .verdict = "misconfiguration", .evidence = "no encryption that is safe" },
		/* certificates */
		{ .reason = "certificate-name-mismatch", .past = PROVED, .fingerprint = "aa", .issuer = ISSUER, .verdict = "misconfiguration",
		    .evidence = "nobody has taken its place" },
		{ .reason = "certificate-unknown-issuer", .past = PROVED, .fingerprint = "bb", .issuer = ISSUER, .verdict = "misconfiguration",
		    .evidence = "renewal" },
		{ .reason = "certificate-unknown-issuer", .past = PROVED, .fingerprint = "bb", .issuer = "CN=B", .verdict = "stripping-suspected",
		    .evidence = "of another issuer" },
		{ .reason = "dane-mismatch", .past = PROVED, .fingerprint = "bb", .issuer = "CN=B", .verdict = "stripping-suspected",
		    .evidence = "another certificate" },
		{ .reason = "certificate-self-signed", .past = STARTTLS, .fingerprint = "bb", .issuer = "CN=B", .verdict = "misconfiguration",
		    .evidence = "not known to have proved" },
		{ .reason = "certificate-self-signed", .fingerprint = "bb", .verdict = "misconfiguration", .evidence = "not known to have proved" },
		{ .reason = "certificate-expired", .past = PROVED, .fingerprint = "bb", .verdict = "misconfiguration", .evidence = "nobody on the way" },
		{ .reason = "peer-alert", .verdict = "misconfiguration", .evidence = "its own certificate or settings" },
		/* nothing is there, or nothing that knows how to talk */
		{ .reason = "reply-malformed", .past = TLS, .verdict = "middlebox", .evidence = "and did before" },
		{ .reason = "reply-malformed", .verdict = "misconfiguration", .evidence = "does not speak" },
		{ .reason = "connect-refused", .past = PROVED, .verdict = "outage", .evidence = "412 sessions" },
		{ .reason = "greeting-refused", .code = 554, .verdict = "outage", .evidence = "not got as far" },
		/* of no connection: nothing is judged */
		{ .reason = "sts-mx-mismatch", .past = PROVED, .networks = 9, .verdict = "unknown", .evidence = "" },
		{ .reason = "dns-failed", .verdict = "unknown", .evidence = "" },
		{ .reason = "recipient-refused", .code = 550, .verdict = "unknown", .evidence = "" },
		{ .reason = "nonsense", .verdict = "unknown", .evidence = "" },
	};
	char evidence[VERDICT_EVIDENCE];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct verdict *verdict = judged(&rows[i], evidence);

		ck_assert_msg(span_equal(verdict->word, span_of(rows[i].verdict)), "row %zu, %s: %s", i, rows[i].reason, verdict->word.data);
		ck_assert_msg(strstr(evidence, rows[i].evidence) != NULL, "row %zu, %s: %s", i, rows[i].reason, evidence);
		ck_assert_msg((evidence[0] == '\0') == (verdict == verdict_find(SPAN("unknown"))), "row %zu", i);
		ck_assert_msg(strlen(evidence) < VERDICT_EVIDENCE - 40, "row %zu: %zu octets", i, strlen(evidence));
		ck_assert_msg(span_equal(verdict->word, SPAN("unknown")) == !verdict_is_of_way(span_of(rows[i].reason)), "row %zu", i);
	}
}
END_TEST

/* Whatever is seen with it, a reason that is of a connection is judged, and the text is whole. */
START_TEST(every_reason_of_a_connection_is_judged)
{
	char evidence[VERDICT_EVIDENCE];
	size_t judged_count = 0;

	for (size_t i = 0; reason_at(i) != NULL; i++)
		for (unsigned bits = 0; bits < 64 * 7; bits++) {
			const struct row row = { .reason = reason_at(i)->word.data, .past = bits / 64, .is_starred = bits & 1, .is_mangled = bits & 2,
				.has_said_starttls = bits & 4, .has_keywords = bits & 8, .code = bits & 16 ? 502 : 0, .networks = bits & 32 ? 9 : 1 };
			const struct verdict *verdict = judged(&row, evidence);

			ck_assert_msg(span_equal(verdict->word, SPAN("unknown")) == !verdict_is_of_way(reason_at(i)->word), "%s", row.reason);
			judged_count += evidence[0] != '\0';
			ck_assert_msg(evidence[0] == '\0' || evidence[strlen(evidence) - 1] == '.', "%s: %s", row.reason, evidence);
		}
	ck_assert_uint_gt(judged_count, 1000);
}
END_TEST

START_TEST(words_are_found_and_explained)
{
	for (size_t i = 0; verdict_at(i) != NULL; i++) {
		const struct verdict *verdict = verdict_at(i);
		const char *const sentences[] = { verdict->plain, verdict->blame }, *const advice[] = { verdict->sender, verdict->postmaster };

		ck_assert_ptr_eq(verdict_find(verdict->word), verdict);
		for (size_t k = 0; k < 2 && !span_equal(verdict->word, SPAN("unknown")); k++) {
			ck_assert_msg(isupper(sentences[k][0]) && sentences[k][strlen(sentences[k]) - 1] == '.', "%s", sentences[k]);
			ck_assert_msg(strstr(sentences[k], "SMTP") == NULL && strstr(sentences[k], "TLS") == NULL, "%s", sentences[k]);
			/* Whoever is not to blame has nothing to mend, by whatever reason. */
			ck_assert_msg((*advice[k] != '\0') == (strcmp(verdict->fault, "nobody") == 0), "%s", verdict->word.data);
		}
	}
	ck_span_eq(verdict_find(SPAN("nonsense"))->word, "unknown");
	ck_span_eq(verdict_find(SPAN(""))->word, "unknown");
	ck_assert_str_eq(verdict_find(SPAN("own-uplink"))->fault, "nobody");
}
END_TEST

START_TEST(what_to_do_is_as_the_reason_has_it_unless_nobody_is_at_fault)
{
	for (size_t i = 0; reason_at(i) != NULL; i++) {
		const struct reason *reason = reason_at(i);

		ck_assert_ptr_eq(verdict_advise_sender(SPAN(""), reason), reason->sender);
		ck_assert_ptr_eq(verdict_advise_postmaster(SPAN("misconfiguration"), reason), reason->postmaster);
		ck_assert(strstr(verdict_advise_sender(SPAN("own-uplink"), reason), "Nothing is wrong with your message") != NULL);
		ck_assert(strstr(verdict_advise_postmaster(SPAN("own-uplink"), reason), "Nothing, most probably") != NULL);
	}
}
END_TEST

UNIT_MAIN("verdict", failures_are_judged_by_the_first_rule_that_fits, every_reason_of_a_connection_is_judged,
    words_are_found_and_explained, what_to_do_is_as_the_reason_has_it_unless_nobody_is_at_fault)
