/* Tests of src/lib-policy/decide.c: the whole table, and what must hold of it. */
#include "policy/decide.h"

#include "policy/reason.h"
#include "tests/unit/unit.h"

#define DOMAIN "example.org"
#define HOST "mx.example.net"

static struct decision decision;

static void
decide_on(enum policy_level level, enum name_source source, bool has_rule)
{
	struct facts facts = { .domain = DOMAIN, .host = HOST, .source = source, .level = level, .has_rule = has_rule };

	decide(&facts, &decision);
}

START_TEST(each_level_and_source_has_its_proofs)
{
	static const struct {
		enum policy_level level;
		enum name_source source;
		bool has_rule;
		const char *sni;
		struct proof proofs[2];
		const char *reason;
	} rows[] = {
		{ POLICY_ENCRYPT, NAME_BY_OPERATOR, false, HOST, { { NULL, POLICY_ENCRYPT, "encrypt:default" } }, NULL },
		{ POLICY_ENCRYPT, NAME_IS_DOMAIN, true, HOST, { { NULL, POLICY_ENCRYPT, "encrypt:static" } }, NULL },
		{ POLICY_ENCRYPT, NAME_BY_SECURE_MX, true, HOST, { { NULL, POLICY_ENCRYPT, "encrypt:static" } }, NULL },
		{ POLICY_ENCRYPT, NAME_BY_INSECURE_MX, false, HOST, { { NULL, POLICY_ENCRYPT, "encrypt:default" } }, NULL },
		{ POLICY_VERIFY, NAME_BY_OPERATOR, false, HOST, { { HOST, POLICY_SECURE, "secure:static" } }, "certificate-name-mismatch" },
		{ POLICY_VERIFY, NAME_IS_DOMAIN, false, DOMAIN, { { DOMAIN, POLICY_SECURE, "secure:domain" } }, "certificate-name-mismatch" },
		{ POLICY_VERIFY, NAME_BY_SECURE_MX, false, HOST, { { HOST, POLICY_SECURE, "secure:dnssec" },
		    { DOMAIN, POLICY_SECURE, "secure:domain" } }, "certificate-name-mismatch" },
		{ POLICY_VERIFY, NAME_BY_INSECURE_MX, false, HOST, { { HOST, POLICY_VERIFY, "verify:mx" },
		    { DOMAIN, POLICY_SECURE, "secure:domain" } }, "certificate-name-mismatch" },
		{ POLICY_SECURE, NAME_BY_OPERATOR, true, HOST, { { HOST, POLICY_SECURE, "secure:static" } }, "certificate-name-mismatch" },
		{ POLICY_SECURE, NAME_IS_DOMAIN, true, DOMAIN, { { DOMAIN, POLICY_SECURE, "secure:domain" } }, "certificate-name-mismatch" },
		{ POLICY_SECURE, NAME_BY_SECURE_MX, true, HOST, { { HOST, POLICY_SECURE, "secure:dnssec" },
		    { DOMAIN, POLICY_SECURE, "secure:domain" } }, "certificate-name-mismatch" },
		{ POLICY_SECURE, NAME_BY_INSECURE_MX, true, DOMAIN, { { DOMAIN, POLICY_SECURE, "secure:domain" } }, "mx-insecure" },
	};

	ck_assert_uint_eq(sizeof(rows) / sizeof(*rows), POLICY_LEVELS * NAME_SOURCES);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unsigned expected = rows[i].proofs[1].evidence == NULL ? 1 : 2;

		decide_on(rows[i].level, rows[i].source, rows[i].has_rule);
		ck_assert_int_eq(decision.verdict, DECIDE_TRY);
		ck_assert_int_eq(decision.level, rows[i].level);
		ck_assert_str_eq(decision.sni, rows[i].sni);
		ck_assert_pstr_eq(decision.reason, rows[i].reason);
		ck_assert_msg(decision.proofs_count == expected, "row %zu", i);
		for (unsigned k = 0; k < expected; k++) {
			ck_assert_pstr_eq(decision.proofs[k].name, rows[i].proofs[k].name);
			ck_assert_int_eq(decision.proofs[k].level, rows[i].proofs[k].level);
			ck_assert_str_eq(decision.proofs[k].evidence, rows[i].proofs[k].evidence);
		}
	}
}
END_TEST

START_TEST(no_proof_is_weaker_than_what_is_demanded)
{
	for (int level = 0; level < POLICY_LEVELS; level++) {
		for (int source = 0; source < NAME_SOURCES; source++) {
			decide_on((enum policy_level)level, (enum name_source)source, false);
			ck_assert_uint_ge(decision.proofs_count, 1);
			for (unsigned k = 0; k < decision.proofs_count; k++) {
				ck_assert_int_ge(decision.proofs[k].level, level);
				/* A name is asked for wherever anything is claimed. */
				ck_assert((decision.proofs[k].name == NULL) == (decision.proofs[k].level == POLICY_ENCRYPT));
				ck_assert(strncmp(decision.proofs[k].evidence, policy_level_name(decision.proofs[k].level),
				    strlen(policy_level_name(decision.proofs[k].level))) == 0);
			}
			ck_assert(decision.reason == NULL || span_equal(reason_find(span_of(decision.reason))->word, span_of(decision.reason)));
		}
	}
}
END_TEST

static bool
is_accepted(const struct decision *by, const char *name)
{
	for (unsigned k = 0; k < by->proofs_count; k++)
		if (by->proofs[k].name == NULL || (name != NULL && strcmp(by->proofs[k].name, name) == 0))
			return true;
	return false;
}

/* A level that asks for more never takes what a lower one refuses: raising it cannot deliver more mail. */
START_TEST(higher_levels_accept_a_part_of_what_lower_ones_do)
{
	static const char *const names[] = { NULL, DOMAIN, HOST, "other.example" };

	for (int source = 0; source < NAME_SOURCES; source++) {
		for (int level = 1; level < POLICY_LEVELS; level++) {
			struct decision lower;

			decide_on((enum policy_level)(level - 1), (enum name_source)source, false);
			lower = decision;
			decide_on((enum policy_level)level, (enum name_source)source, false);
			for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
				ck_assert(!is_accepted(&decision, names[i]) || is_accepted(&lower, names[i]));
		}
	}
}
END_TEST

/* P3: an answer that lost its signatures on the way is never worth more than one that kept them. */
START_TEST(a_name_that_may_be_forged_never_reaches_secure)
{
	for (int level = 0; level < POLICY_LEVELS; level++) {
		decide_on((enum policy_level)level, NAME_BY_INSECURE_MX, false);
		for (unsigned k = 0; k < decision.proofs_count; k++)
			if (decision.proofs[k].name != NULL && strcmp(decision.proofs[k].name, HOST) == 0)
				ck_assert_int_lt(decision.proofs[k].level, POLICY_SECURE);
	}
}
END_TEST

START_TEST(hosts_that_are_no_names_are_skipped)
{
	static const struct { const char *host; bool is_address; enum decide_verdict verdict; } rows[] = {
		{ "mx.example.net", false, DECIDE_TRY }, { "localhost", false, DECIDE_TRY }, { "mx_1.example", false, DECIDE_TRY },
		{ "1.example", false, DECIDE_TRY }, { "xn--bcher-kva.example", false, DECIDE_TRY },
		{ "10.0.0.1", false, DECIDE_SKIP }, { "mx.example.1", false, DECIDE_SKIP }, { "", false, DECIDE_SKIP },
		{ "a..b", false, DECIDE_SKIP }, { ".example", false, DECIDE_SKIP }, { "mx.example.", false, DECIDE_SKIP },
		{ "-mx.example", false, DECIDE_SKIP }, { "mx-.example", false, DECIDE_SKIP }, { "a\\046b.example", false, DECIDE_SKIP },
		{ "a b.example", false, DECIDE_SKIP }, { "MX.example", false, DECIDE_SKIP }, { "*.example", false, DECIDE_SKIP },
		{ "192.0.2.1", true, DECIDE_TRY }, { "2001:db8::1", true, DECIDE_TRY },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct facts facts = { .domain = DOMAIN, .host = rows[i].host, .source = NAME_BY_INSECURE_MX, .level = POLICY_VERIFY,
			.host_is_address = rows[i].is_address };

		decide(&facts, &decision);
		ck_assert_msg(decision.verdict == rows[i].verdict, "row %zu", i);
		if (rows[i].verdict == DECIDE_SKIP)
			ck_assert_str_eq(decision.reason, "mx-invalid");
		ck_assert_str_eq(decision.sni, rows[i].is_address || rows[i].verdict == DECIDE_SKIP ? "" : rows[i].host);
	}
}
END_TEST

/* What may share a connection: equal digests, and only those (standards.md C31, CX10). */
START_TEST(digests_are_equal_for_equal_proofs_only)
{
	static const struct proof proofs[] = {
		{ NULL, POLICY_ENCRYPT, "encrypt:static" }, { HOST, POLICY_VERIFY, "verify:mx" }, { DOMAIN, POLICY_SECURE, "secure:domain" },
		{ "encrypt", POLICY_VERIFY, "verify:mx" },
	};
	const struct proof same = { HOST, POLICY_SECURE, "secure:static" };
	char a[PROOF_DIGEST], b[PROOF_DIGEST];

	for (size_t i = 0; i < sizeof(proofs) / sizeof(*proofs); i++)
		for (size_t k = 0; k < sizeof(proofs) / sizeof(*proofs); k++)
			ck_assert((strcmp(proof_digest(&proofs[i], a), proof_digest(&proofs[k], b)) == 0) == (i == k));
	ck_assert_str_eq(proof_digest(&same, a), proof_digest(&proofs[1], b));
}
END_TEST

START_TEST(levels_have_names)
{
	enum policy_level level = POLICY_SECURE;

	for (int i = 0; i < POLICY_LEVELS; i++) {
		ck_assert(policy_level_parse(span_of(policy_level_name((enum policy_level)i)), &level));
		ck_assert_int_eq(level, i);
	}
	ck_assert(!policy_level_parse(SPAN("none"), &level));
	ck_assert(!policy_level_parse(SPAN(""), &level));
	ck_assert(!policy_level_parse(SPAN("VERIFY"), &level));
	ck_assert_int_eq(level, POLICY_SECURE);
}
END_TEST

UNIT_MAIN("decide", each_level_and_source_has_its_proofs, no_proof_is_weaker_than_what_is_demanded,
    higher_levels_accept_a_part_of_what_lower_ones_do, a_name_that_may_be_forged_never_reaches_secure,
    hosts_that_are_no_names_are_skipped, digests_are_equal_for_equal_proofs_only, levels_have_names)
