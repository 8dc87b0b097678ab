/* Tests of src/lib-policy/because.c. */
#include "policy/because.h"

#include <ctype.h>

#include "policy/reason.h"
#include "tests/unit/unit.h"

START_TEST(every_mechanism_has_a_name_and_whole_sentences)
{
	static const struct { const char *word, *named; } rows[] = {
		{ "default", "all mail" }, { "rule", "rule" }, { "exception", "exception" }, { "sts", "MTA-STS" }, { "preload", "list" },
		{ "dane", "DANE" }, { "ratchet", "learnt policy" }, { "requiretls", "REQUIRETLS" }, { "tls-optional", "TLS-Required: No" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *text = because_text(span_of(rows[i].word));

		ck_assert_msg(strstr(because_name(span_of(rows[i].word)), rows[i].named) != NULL, "%s", rows[i].word);
		ck_assert_msg(strstr(text, rows[i].named) != NULL && isupper(text[0]) && text[strlen(text) - 1] == '.', "%s", text);
	}
	ck_assert_str_eq(because_name(SPAN("")), "");
	ck_assert_str_eq(because_text(SPAN("nonsense")), "");
}
END_TEST

/* N41: the text says which policy. */
START_TEST(a_reason_that_speaks_of_a_mechanism_is_of_that)
{
	static const struct { const char *reason, *because, *of; } rows[] = {
		{ "sts-mx-mismatch", "rule", "sts" }, { "sts-dns-failed", "default", "sts" }, { "dane-mismatch", "default", "dane" },
		{ "dane-required", "rule", "dane" }, { "preload-mx-mismatch", "default", "preload" }, { "ratchet-level", "rule", "ratchet" },
		{ "requiretls-unproved", "default", "requiretls" }, { "certificate-expired", "sts", "sts" },
		{ "starttls-not-supported", "default", "default" }, { "dns-failed", "", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(span_equal(because_of(span_of(rows[i].reason), span_of(rows[i].because)), span_of(rows[i].of)), "%s", rows[i].reason);
	/* What the reasons speak of, all of it, has a name. */
	for (size_t i = 0; reason_at(i) != NULL; i++)
		ck_assert_str_ne(because_name(because_of(reason_at(i)->word, SPAN("default"))), "");
}
END_TEST

UNIT_MAIN("because", every_mechanism_has_a_name_and_whole_sentences, a_reason_that_speaks_of_a_mechanism_is_of_that)
