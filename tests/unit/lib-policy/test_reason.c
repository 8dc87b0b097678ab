/* Tests of src/lib-policy/reason.c. */
#include "policy/reason.h"

#include <ctype.h>

#include "tests/unit/unit.h"

START_TEST(every_word_is_found_and_stands_once)
{
	for (size_t i = 0; reason_at(i) != NULL; i++)
		ck_assert_msg(reason_find(reason_at(i)->word) == reason_at(i), "%s", reason_at(i)->word.data);
	ck_span_eq(reason_find(SPAN("nonsense"))->word, "unknown");
	ck_span_eq(reason_find(SPAN(""))->word, "unknown");
}
END_TEST

START_TEST(rows_are_well_formed)
{
	static const char *const reports[] = { "", "starttls-not-supported", "certificate-host-mismatch", "certificate-expired",
		"certificate-not-trusted", "validation-failure", "dnssec-invalid", "tlsa-invalid", "dane-required", "sts-policy-fetch-error", "sts-policy-invalid",
		"sts-webpki-invalid" };

	for (size_t i = 0; reason_at(i) != NULL; i++) {
		const struct reason *reason = reason_at(i);
		size_t dot = strcspn(reason->status, "."), known = 0;

		for (size_t k = 0; k < reason->word.length; k++)
			ck_assert_msg(islower(reason->word.data[k]) || isdigit(reason->word.data[k]) || reason->word.data[k] == '-', "%s", reason->word.data);
		ck_assert_msg(reason->text[0] != '\0' && reason->text[strlen(reason->text) - 1] != '.', "%s", reason->text);
		ck_assert_msg(dot > 0 && strspn(reason->status, "0123456789") == dot, "%s", reason->status);
		ck_assert_msg(reason->status[dot] == '.' && strspn(reason->status + dot + 1, "0123456789") == strlen(reason->status + dot + 1) &&
		    reason->status[dot + 1] != '\0', "%s", reason->status);
		/* RFC 3463: x.7.y is for security, and what is of policy has such a status, or failed in the DNS. */
		ck_assert_msg(reason->is_policy == (reason->status[0] == '7' || span_equal(reason->word, SPAN("dns-bogus"))) ||
		    span_equal(reason->word, SPAN("no-application-protocol")) || span_equal(reason->word, SPAN("tls-unavailable")), "%s",
		    reason->word.data);
		for (size_t k = 0; k < sizeof(reports) / sizeof(*reports); k++)
			known += strcmp(reason->report, reports[k]) == 0;
		ck_assert_uint_eq(known, 1);
		/* What a message demands for itself, or a client does, is nothing that a report to a domain could be about (RFC 8460 4.3). */
		ck_assert_msg((reason->report[0] != '\0') == reason->is_policy || span_starts(reason->word, SPAN("requiretls-")) ||
		    span_equal(reason->word, SPAN("plaintext-inbound")), "%s", reason->word.data);
	}
}
END_TEST

/* They are read by people, in lines of 72 columns, a screen in all. */
START_TEST(every_reason_is_explained_in_whole_sentences)
{
	for (size_t i = 0; reason_at(i) != NULL; i++) {
		const struct reason *reason = reason_at(i);
		const char *const sentences[] = { reason->plain, reason->sender, reason->postmaster };

		for (size_t k = 0; k < sizeof(sentences) / sizeof(*sentences); k++) {
			const char *text = sentences[k];

			ck_assert_msg(strlen(text) > 10 && strlen(text) < 300, "%s: %s", reason->word.data, text);
			ck_assert_msg(isupper(text[0]) && text[strlen(text) - 1] == '.', "%s: %s", reason->word.data, text);
			for (const char *c = text; *c != '\0'; c++)
				ck_assert_msg(*c >= ' ' && *c <= '~', "%s: %s", reason->word.data, text);
		}
		/* Whoever reads why, reads no jargon. */
		ck_assert_msg(strstr(reason->plain, "SMTP") == NULL && strstr(reason->plain, "TLS") == NULL && strstr(reason->plain, "MX") == NULL &&
		    strstr(reason->plain, "RFC") == NULL && strstr(reason->plain, "DNS") == NULL, "%s", reason->plain);
	}
}
END_TEST

START_TEST(queue_has_no_word_that_is_not_here)
{
	ck_span_eq(reason_find(SPAN("waiting"))->word, "waiting");
	ck_span_eq(reason_find(SPAN("returned-by-operator"))->word, "returned-by-operator");
}
END_TEST

START_TEST(lib_tls_has_no_word_that_is_not_here)
{
	static const char *const words[] = { "certificate-expired", "certificate-not-yet-valid", "certificate-name-mismatch",
		"certificate-self-signed", "certificate-unknown-issuer", "certificate-wrong-purpose", "certificate-invalid", "key-weak",
		"signature-weak", "peer-alert", "client-certificate-required", "protocol-old", "no-shared-cipher", "renegotiation-insecure",
		"no-application-protocol", "not-tls", "cipher-weak", "handshake-closed", "handshake-reset", "closed", "reset", "tls-error" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		ck_assert_msg(span_equal(reason_find(span_of(words[i]))->word, span_of(words[i])), "%s", words[i]);
}
END_TEST

/* R14: what each result type of RFC 8460 4.3 is said of. */
START_TEST(reports_have_the_result_type_of_the_fault)
{
	static const struct { const char *word, *report; } rows[] = {
		{ "starttls-not-supported", "starttls-not-supported" }, { "starttls-mangled", "starttls-not-supported" },
		{ "certificate-name-mismatch", "certificate-host-mismatch" }, { "certificate-expired", "certificate-expired" },
		{ "certificate-self-signed", "certificate-not-trusted" }, { "certificate-unknown-issuer", "certificate-not-trusted" },
		{ "peer-alert", "validation-failure" }, { "protocol-old", "validation-failure" }, { "cipher-weak", "validation-failure" },
		{ "dane-mismatch", "tlsa-invalid" }, { "dane-unusable", "tlsa-invalid" }, { "dane-required", "dane-required" },
		{ "dns-bogus", "dnssec-invalid" }, { "dane-lookup-failed", "dnssec-invalid" }, { "sts-policy-fetch-error", "sts-policy-fetch-error" }, { "sts-policy-invalid", "sts-policy-invalid" },
		{ "sts-webpki-invalid", "sts-webpki-invalid" }, { "sts-mx-mismatch", "validation-failure" },
		{ "plaintext-inbound", "" }, { "connect-refused", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(strcmp(reason_find(span_of(rows[i].word))->report, rows[i].report) == 0, "%s", rows[i].word);
}
END_TEST

/* Relay and intake count by it who has no TLS that will do: what a handshake may fail by is here, or says nothing of that. */
START_TEST(who_has_no_tls_that_will_do_is_said_in_one_place)
{
	static const char *const lacks[] = { "starttls-not-supported", "starttls-mangled", "starttls-refused", "not-tls", "protocol-old",
		"no-shared-cipher", "cipher-weak", "renegotiation-insecure", "plaintext-inbound" };

	for (size_t i = 0; reason_at(i) != NULL; i++) {
		const struct reason *reason = reason_at(i);
		bool is_expected = false;

		for (size_t k = 0; k < sizeof(lacks) / sizeof(*lacks); k++)
			is_expected |= strcmp(reason->word.data, lacks[k]) == 0;
		ck_assert_msg(reason->is_lack == is_expected, "%s", reason->word.data);
		ck_assert_msg(!reason->is_lack || reason->is_policy, "%s", reason->word.data);
	}
}
END_TEST

START_TEST(a_status_takes_the_class_of_the_outcome)
{
	char status[REASON_STATUS];

	ck_assert_str_eq(reason_status(reason_find(SPAN("certificate-expired")), OUTCOME_LATER, status), "4.7.5");
	ck_assert_str_eq(reason_status(reason_find(SPAN("null-mx")), OUTCOME_FAILED, status), "5.1.10");
	ck_assert_str_eq(reason_status(reason_find(SPAN("unknown")), OUTCOME_DELIVERED, status), "2.0.0");
}
END_TEST

/*
 * Codes are in IANA's registry (RFC 5248): x.0 to x.6 up to the last detail there is. Of those of security, among which are DKIM's, SPF's
 * and ARC's, only what says that TLS lacks, failed or is demanded (RFC 3463 3.8, RFC 8689 4.2.1). Others use 7.29, which is ARC's, or numbers
 * that nobody has registered (peers.md 2.11).
 */
START_TEST(codes_are_registered_and_say_what_they_mean)
{
	static const unsigned long most[] = { 0, 10, 4, 6, 7, 6, 10 }, of_tls[] = { 0, 4, 5, 10, 30 };

	for (size_t i = 0; reason_at(i) != NULL; i++) {
		const struct reason *reason = reason_at(i);
		char *dot;
		unsigned long subject = strtoul(reason->status, &dot, 10), detail = strtoul(dot + 1, NULL, 10);
		bool is_good = subject < 7 && detail <= most[subject % 7];

		for (size_t k = 0; subject == 7 && k < sizeof(of_tls) / sizeof(*of_tls); k++)
			is_good = is_good || detail == of_tls[k];
		ck_assert_msg(is_good, "%s: %s", reason->word.data, reason->status);
		/* What TLS or a policy is in the way of has no general code (0.0), but in the DNS's own (4.3). */
		ck_assert_msg(!reason->is_policy || subject == 7 || subject == 4, "%s: %s", reason->word.data, reason->status);
	}
}
END_TEST

UNIT_MAIN("reason", every_word_is_found_and_stands_once, rows_are_well_formed, every_reason_is_explained_in_whole_sentences,
    queue_has_no_word_that_is_not_here, lib_tls_has_no_word_that_is_not_here, reports_have_the_result_type_of_the_fault,
    who_has_no_tls_that_will_do_is_said_in_one_place, a_status_takes_the_class_of_the_outcome, codes_are_registered_and_say_what_they_mean)
