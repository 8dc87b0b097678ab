/* Tests of src/lib-policy/decide.c: rows that a person can check, and every combination of facts against what must always hold. */
#include "policy/decide.h"

#include <stdio.h>

#include "policy/reason.h"
#include "tests/unit/unit.h"

#define DOMAIN "example.org"
#define HOST "mx.example.net"
#define DIGEST "00112233"

static const struct dns_tlsa end_entity = { 3, 1, 1, { "x", 1 } }, authority = { 2, 0, 1, { "x", 1 } };
static struct span pattern_of_host[] = { { "*.example.net", 13 } }, pattern_of_others[] = { { "mx.example.com", 14 } };
static struct span pattern_of_domain[] = { { DOMAIN, sizeof(DOMAIN) - 1 } };
static struct span seen_host[] = { { "MX.example.net", 14 } }, seen_others[] = { { "old.example.net", 15 } };

enum policy_case { POLICY_ABSENT, POLICY_NONE, TESTING_MATCH, TESTING_OTHER, ENFORCE_MATCH, ENFORCE_OTHER, POLICY_CASES };
enum ratchet_case { RATCHET_OFF, RATCHET_SEEN, RATCHET_STRANGE, RATCHET_SECURE, RATCHET_DANE, RATCHET_CASES };
enum exception_case { EXCEPTION_NONE, EXCEPT_ENCRYPT, EXCEPT_VERIFY, EXCEPT_SECURE, EXCEPTION_CASES };

/* All that decide() may be told, as numbers. */
struct setting {
	enum policy_level level;
	bool has_rule;
	enum name_source source;
	enum policy_case sts, preload;
	enum dane_status dane;
	bool by_authority;		/* the TLSA record has usage 2 */
	enum ratchet_case ratchet;
	enum message_wish wish;
	enum exception_case exception;
	bool is_missing, is_observing;
};

static struct decision decision;
static struct knowledge knowledge;

static bool
policy_fill(enum policy_case what, struct sts_policy *policy)
{
	static const enum sts_mode modes[POLICY_CASES] = {
		[TESTING_MATCH] = STS_TESTING, [TESTING_OTHER] = STS_TESTING, [ENFORCE_MATCH] = STS_ENFORCE, [ENFORCE_OTHER] = STS_ENFORCE
	};
	bool is_match = what == TESTING_MATCH || what == ENFORCE_MATCH;

	*policy = (struct sts_policy){ .mode = modes[what], .mx = is_match ? pattern_of_host : pattern_of_others, .mx_count = 1 };
	return what != POLICY_ABSENT;
}

static void
knowledge_fill(const struct setting *setting)
{
	static const enum policy_level levels[RATCHET_CASES] = {
		[RATCHET_SEEN] = POLICY_VERIFY, [RATCHET_STRANGE] = POLICY_VERIFY, [RATCHET_SECURE] = POLICY_SECURE, [RATCHET_DANE] = POLICY_DANE
	};

	knowledge = (struct knowledge){ .missing = setting->is_missing ? SPAN("sts-dns-failed") : SPAN("") };
	knowledge.has_sts = policy_fill(setting->sts, &knowledge.sts);
	knowledge.has_preload = policy_fill(setting->preload, &knowledge.preload);
	knowledge.has_exception = setting->exception != EXCEPTION_NONE;
	knowledge.exception = (enum policy_level)(setting->exception == EXCEPTION_NONE ? 0 : setting->exception - EXCEPT_ENCRYPT);
	knowledge.has_ratchet = setting->ratchet != RATCHET_OFF;
	knowledge.ratchet = levels[setting->ratchet];
	knowledge.ratchet_mx = setting->ratchet == RATCHET_SEEN ? seen_host : seen_others;
	knowledge.ratchet_mx_count = setting->ratchet == RATCHET_SEEN || setting->ratchet == RATCHET_STRANGE;
}

static void
decide_on(const struct setting *setting)
{
	struct facts facts = { .domain = DOMAIN, .host = setting->source == NAME_IS_DOMAIN ? DOMAIN : HOST, .source = setting->source,
		.level = setting->level, .has_rule = setting->has_rule, .wish = setting->wish, .is_observing = setting->is_observing,
		.knowledge = &knowledge };

	knowledge_fill(setting);
	/* No MX: the policy is about the domain itself. */
	if (setting->source == NAME_IS_DOMAIN && (setting->sts == ENFORCE_MATCH || setting->sts == TESTING_MATCH))
		knowledge.sts.mx = pattern_of_domain;
	facts.dane = (struct dane_set){ setting->dane, setting->by_authority ? &authority : &end_entity, setting->dane == DANE_USABLE };
	if (setting->dane == DANE_USABLE) {
		facts.dane_base = facts.host;
		facts.dane_digest = DIGEST;
	}
	decide(&facts, &decision);
}

/* "try secure/sts cert mx.example.net [secure:sts]", "skip secure/sts sts-mx-mismatch" */
static const char *
demand_text(const struct demand *demand)
{
	static const char *const verdicts[] = { [DECIDE_TRY] = "try", [DECIDE_SKIP] = "skip", [DECIDE_LATER] = "later" };
	static char text[1000];
	size_t length = (size_t)snprintf(text, sizeof(text), "%s %s/%s", verdicts[demand->verdict], policy_level_name(demand->level),
	    demand->because);

	if (demand->verdict != DECIDE_TRY) {
		snprintf(text + length, sizeof(text) - length, " %s", demand->reason);
		return text;
	}
	length += (size_t)snprintf(text + length, sizeof(text) - length, " %s", demand->by_dane ? "tlsa" : demand->names_count > 0 ? "cert" : "any");
	for (unsigned i = 0; i < demand->names_count; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%c%s", i == 0 ? ' ' : ',', demand->names[i]);
	for (unsigned i = 0; i < demand->proofs_count; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, " [%s]", demand->proofs[i].evidence);
	return text;
}

START_TEST(rows_that_a_person_can_check)
{
	static const struct { struct setting setting; const char *expected, *observed; } rows[] = {
		/* nothing is known but the default */
		{ { .level = POLICY_ENCRYPT, .source = NAME_BY_INSECURE_MX }, "try encrypt/default any [encrypt:default]", NULL },
		{ { .level = POLICY_ENCRYPT, .has_rule = true, .source = NAME_BY_SECURE_MX }, "try encrypt/rule any [encrypt:static]", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_BY_INSECURE_MX },
		    "try verify/default cert mx.example.net,example.org [verify:mx] [secure:domain]", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_BY_SECURE_MX },
		    "try verify/default cert mx.example.net,example.org [secure:dnssec] [secure:domain]", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_IS_DOMAIN }, "try verify/default cert example.org [secure:domain]", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_BY_OPERATOR }, "try verify/default cert mx.example.net [secure:static]", NULL },
		/* a rule that asks for a name that is vouched for (standards.md 0.7) */
		{ { .level = POLICY_SECURE, .has_rule = true, .source = NAME_BY_INSECURE_MX }, "try secure/rule cert example.org [secure:domain]", NULL },
		{ { .level = POLICY_SECURE, .has_rule = true, .source = NAME_BY_SECURE_MX },
		    "try secure/rule cert mx.example.net,example.org [secure:dnssec] [secure:domain]", NULL },
		{ { .level = POLICY_DANE, .has_rule = true, .source = NAME_BY_SECURE_MX, .dane = DANE_ABSENT }, "later dane/rule dane-required", NULL },
		/* records that cannot be used are none, and another fault to mend (R14) */
		{ { .level = POLICY_DANE, .has_rule = true, .source = NAME_BY_SECURE_MX, .dane = DANE_UNUSABLE }, "later dane/rule dane-unusable", NULL },
		/* MTA-STS (M30, M32, M35, M37) */
		{ { .level = POLICY_VERIFY, .source = NAME_BY_INSECURE_MX, .sts = ENFORCE_MATCH }, "try secure/sts cert mx.example.net [secure:sts]", NULL },
		{ { .level = POLICY_ENCRYPT, .source = NAME_BY_INSECURE_MX, .sts = ENFORCE_MATCH }, "try secure/sts cert mx.example.net [secure:sts]", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_BY_INSECURE_MX, .sts = ENFORCE_OTHER }, "skip secure/sts sts-mx-mismatch", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_IS_DOMAIN, .sts = ENFORCE_MATCH }, "try secure/sts cert example.org [secure:sts]", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_BY_INSECURE_MX, .sts = TESTING_OTHER },
		    "try verify/default cert mx.example.net,example.org [verify:mx] [secure:domain]", "skip secure/sts sts-mx-mismatch" },
		{ { .level = POLICY_ENCRYPT, .source = NAME_BY_INSECURE_MX, .sts = TESTING_MATCH },
		    "try encrypt/default any [encrypt:default]", "try secure/sts cert mx.example.net [secure:sts]" },
		{ { .level = POLICY_VERIFY, .source = NAME_BY_INSECURE_MX, .sts = POLICY_NONE, .preload = ENFORCE_OTHER },
		    "try verify/default cert mx.example.net,example.org [verify:mx] [secure:domain]", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_BY_INSECURE_MX, .preload = ENFORCE_OTHER }, "skip secure/preload preload-mx-mismatch", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_BY_INSECURE_MX, .preload = ENFORCE_MATCH },
		    "try secure/preload cert mx.example.net [secure:preload]", NULL },
		/* DANE (D1, D4, D20, D21, D32, D35) */
		{ { .level = POLICY_VERIFY, .source = NAME_BY_SECURE_MX, .dane = DANE_USABLE },
		    "try verify/default tlsa mx.example.net,example.org [dane:dnssec]", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_BY_INSECURE_MX, .dane = DANE_USABLE }, "try verify/default tlsa mx.example.net [verify:dane]", NULL },
		{ { .level = POLICY_ENCRYPT, .source = NAME_BY_SECURE_MX, .dane = DANE_UNUSABLE }, "try encrypt/dane any [encrypt:dane-unusable]", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_BY_SECURE_MX, .dane = DANE_UNUSABLE },
		    "try verify/default cert mx.example.net,example.org [secure:dnssec] [secure:domain]", NULL },
		{ { .level = POLICY_ENCRYPT, .source = NAME_BY_INSECURE_MX, .dane = DANE_FAILED }, "later encrypt/default dane-lookup-failed", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_BY_INSECURE_MX, .dane = DANE_USABLE, .sts = ENFORCE_MATCH },
		    "try secure/sts tlsa mx.example.net [dane:sts]", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_BY_INSECURE_MX, .dane = DANE_USABLE, .sts = ENFORCE_OTHER }, "skip secure/sts sts-mx-mismatch", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_BY_SECURE_MX, .dane = DANE_USABLE, .sts = ENFORCE_OTHER },
		    "try verify/default tlsa mx.example.net,example.org [dane:dnssec]", "skip secure/sts sts-mx-mismatch" },
		{ { .level = POLICY_SECURE, .has_rule = true, .source = NAME_BY_INSECURE_MX, .dane = DANE_USABLE },
		    "try secure/rule cert example.org [secure:domain]", NULL },
		/* the ratchet */
		{ { .level = POLICY_VERIFY, .source = NAME_BY_INSECURE_MX, .ratchet = RATCHET_SEEN },
		    "try verify/default cert mx.example.net,example.org [verify:mx] [secure:domain]", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_BY_INSECURE_MX, .ratchet = RATCHET_STRANGE },
		    "try verify/ratchet cert example.org [secure:domain]", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_BY_SECURE_MX, .ratchet = RATCHET_STRANGE },
		    "try verify/default cert mx.example.net,example.org [secure:dnssec] [secure:domain]", NULL },
		{ { .level = POLICY_ENCRYPT, .source = NAME_BY_INSECURE_MX, .ratchet = RATCHET_SECURE }, "try secure/ratchet cert example.org [secure:domain]", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_BY_INSECURE_MX, .ratchet = RATCHET_DANE }, "later dane/ratchet ratchet-level", NULL },
		/* taken back with proof, and without (DX2) */
		{ { .level = POLICY_VERIFY, .source = NAME_BY_SECURE_MX, .dane = DANE_ABSENT, .ratchet = RATCHET_DANE },
		    "try secure/ratchet cert mx.example.net,example.org [secure:dnssec] [secure:domain]", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_IS_DOMAIN, .dane = DANE_ABSENT, .ratchet = RATCHET_DANE },
		    "try secure/ratchet cert example.org [secure:domain]", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_BY_SECURE_MX, .dane = DANE_UNSIGNED, .ratchet = RATCHET_DANE },
		    "later dane/ratchet ratchet-level", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_BY_SECURE_MX, .dane = DANE_NOT_ASKED, .ratchet = RATCHET_DANE },
		    "later dane/ratchet ratchet-level", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_BY_INSECURE_MX, .dane = DANE_ABSENT, .ratchet = RATCHET_DANE },
		    "later dane/ratchet ratchet-level", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_BY_SECURE_MX, .dane = DANE_UNUSABLE, .ratchet = RATCHET_DANE },
		    "later dane/ratchet ratchet-level", NULL },
		{ { .level = POLICY_DANE, .has_rule = true, .source = NAME_BY_SECURE_MX, .dane = DANE_ABSENT, .ratchet = RATCHET_DANE },
		    "later dane/rule dane-required", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_BY_INSECURE_MX, .ratchet = RATCHET_STRANGE, .sts = ENFORCE_MATCH },
		    "try secure/sts cert mx.example.net [secure:sts]", NULL },
		/* the message's own wishes (RFC 8689 3, 4.2.1; C46) */
		{ { .level = POLICY_ENCRYPT, .source = NAME_BY_INSECURE_MX, .wish = WISH_REQUIRETLS }, "try secure/requiretls cert example.org [secure:domain]", NULL },
		{ { .level = POLICY_ENCRYPT, .source = NAME_BY_INSECURE_MX, .wish = WISH_REQUIRETLS, .exception = EXCEPT_ENCRYPT },
		    "try secure/requiretls cert example.org [secure:domain]", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_BY_INSECURE_MX, .wish = WISH_TLS_OPTIONAL, .sts = ENFORCE_OTHER, .dane = DANE_FAILED },
		    "try encrypt/tls-optional any [encrypt:tls-optional]", NULL },
		{ { .level = POLICY_SECURE, .has_rule = true, .source = NAME_BY_INSECURE_MX, .wish = WISH_TLS_OPTIONAL },
		    "try secure/rule cert example.org [secure:domain]", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_BY_OPERATOR, .wish = WISH_TLS_OPTIONAL }, "try verify/default cert mx.example.net [secure:static]", NULL },
		/* exceptions, and what could not be learnt */
		{ { .level = POLICY_SECURE, .has_rule = true, .source = NAME_BY_INSECURE_MX, .sts = ENFORCE_OTHER, .exception = EXCEPT_ENCRYPT },
		    "try encrypt/exception any [encrypt:exception]", NULL },
		{ { .level = POLICY_SECURE, .source = NAME_BY_INSECURE_MX, .dane = DANE_USABLE, .exception = EXCEPT_VERIFY },
		    "try verify/exception cert mx.example.net,example.org [verify:mx] [secure:domain]", NULL },
		{ { .level = POLICY_ENCRYPT, .source = NAME_BY_INSECURE_MX, .is_missing = true }, "later encrypt/default sts-dns-failed", NULL },
		/* policy.mode: observe */
		{ { .level = POLICY_VERIFY, .source = NAME_BY_INSECURE_MX, .sts = ENFORCE_OTHER, .is_observing = true },
		    "try encrypt/observe any [encrypt:observe]", "skip secure/sts sts-mx-mismatch" },
		{ { .level = POLICY_ENCRYPT, .source = NAME_BY_INSECURE_MX, .wish = WISH_REQUIRETLS, .is_observing = true },
		    "try secure/requiretls cert example.org [secure:domain]", NULL },
		{ { .level = POLICY_VERIFY, .source = NAME_BY_SECURE_MX, .dane = DANE_USABLE, .is_observing = true },
		    "try encrypt/observe any [encrypt:observe]", "try verify/default tlsa mx.example.net,example.org [dane:dnssec]" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		decide_on(&rows[i].setting);
		ck_assert_msg(strcmp(demand_text(&decision.demand), rows[i].expected) == 0, "row %zu: %s, not %s", i, demand_text(&decision.demand),
		    rows[i].expected);
		ck_assert_msg(decision.has_observed == (rows[i].observed != NULL), "row %zu: observed %s", i, demand_text(&decision.observed));
		if (rows[i].observed != NULL)
			ck_assert_msg(strcmp(demand_text(&decision.observed), rows[i].observed) == 0, "row %zu: observed %s", i,
			    demand_text(&decision.observed));
	}
}
END_TEST

#ifdef SEALPOST_SANITIZED
#define SETTINGS_STRIDE 13	/* divides none of the counts: every two values of every two facts still meet */
#else
#define SETTINGS_STRIDE 1
#endif

/* Every setting once; usages matter to names only and are left out. */
static void
each_setting(void (*check)(const struct setting *setting))
{
	struct setting s = { .level = POLICY_ENCRYPT };

	for (unsigned n = 0; n < POLICY_LEVELS * 2 * NAME_SOURCES * POLICY_CASES * 3 * DANE_STATUSES * RATCHET_CASES * WISHES * EXCEPTION_CASES * 4; n += SETTINGS_STRIDE) {
		static const enum policy_case preloads[] = { POLICY_ABSENT, ENFORCE_MATCH, ENFORCE_OTHER };
		unsigned rest = n;

		s.level = (enum policy_level)(rest % POLICY_LEVELS); rest /= POLICY_LEVELS;
		s.has_rule = rest % 2; rest /= 2;
		s.source = (enum name_source)(rest % NAME_SOURCES); rest /= NAME_SOURCES;
		s.sts = (enum policy_case)(rest % POLICY_CASES); rest /= POLICY_CASES;
		s.preload = preloads[rest % 3]; rest /= 3;
		s.dane = (enum dane_status)(rest % DANE_STATUSES); rest /= DANE_STATUSES;
		s.ratchet = (enum ratchet_case)(rest % RATCHET_CASES); rest /= RATCHET_CASES;
		s.wish = (enum message_wish)(rest % WISHES); rest /= WISHES;
		s.exception = (enum exception_case)(rest % EXCEPTION_CASES); rest /= EXCEPTION_CASES;
		s.is_missing = rest % 2; rest /= 2;
		s.is_observing = rest % 2;
		check(&s);
	}
}

/* Nobody and nothing but these set a demand aside. */
static bool
is_set_aside(const struct setting *s)
{
	return (s->is_observing && s->wish != WISH_REQUIRETLS) || (s->wish == WISH_TLS_OPTIONAL && s->source != NAME_BY_OPERATOR && !s->has_rule) ||
	    (s->exception != EXCEPTION_NONE && s->wish != WISH_REQUIRETLS);
}

static void
check_sound(const struct setting *s)
{
	const struct demand *demand = &decision.demand;

	decide_on(s);
	if (demand->verdict != DECIDE_TRY) {
		ck_assert(!s->is_observing || s->wish == WISH_REQUIRETLS);
		ck_assert_uint_eq(demand->proofs_count + demand->names_count, 0);
		ck_assert(span_equal(reason_find(span_of(demand->reason))->word, span_of(demand->reason)));
		return;
	}
	ck_assert_uint_ge(demand->proofs_count, 1);
	for (unsigned i = 0; i < demand->proofs_count; i++) {
		const struct proof *proof = &demand->proofs[i];
		const char *level = policy_level_name(proof->level);

		/* no proof is weaker than what is demanded, and what is claimed is asked for */
		ck_assert_int_ge(proof->level, demand->level);
		ck_assert((proof->name == NULL) == (proof->level == POLICY_ENCRYPT));
		ck_assert(strncmp(proof->evidence, level, strlen(level)) == 0);
		/* TLSA records are never rescued by authorities, nor the other way (D20, M35) */
		ck_assert((proof->dane != NULL) == demand->by_dane);
	}
	ck_assert((demand->names_count > 0) == (demand->proofs[0].name != NULL));
	if (demand->names_count > 0) {
		ck_assert_str_eq(demand->sni, demand->names[0]);
		ck_assert_ptr_nonnull(demand->reason);
		ck_assert(span_equal(reason_find(span_of(demand->reason))->word, span_of(demand->reason)));
	}
}

START_TEST(every_combination_is_sound)
{
	each_setting(check_sound);
}
END_TEST

/* How much it takes to get mail: what is not tried takes more than anything. */
static int
strength(const struct demand *demand)
{
	int least = POLICY_LEVELS;

	for (unsigned i = 0; demand->verdict == DECIDE_TRY && i < demand->proofs_count; i++)
		if ((int)demand->proofs[i].level < least)
			least = (int)demand->proofs[i].level;
	return least;
}

/* What was waited for, and can be had by what a policy vouches for, is no loss: that is proof. */
static bool
is_no_stronger(int full)
{
	return strength(&decision.demand) <= full || (decision.demand.verdict != DECIDE_TRY && full >= (int)decision.demand.level);
}

/* What is published, learnt, ruled or asked for only raises what must be proved. */
static void
check_monotone(const struct setting *s)
{
	struct setting less = *s;
	int full;

	if (is_set_aside(s))
		return;
	decide_on(s);
	full = strength(&decision.demand);
#define WITHOUT(change) do { less = *s; change; decide_on(&less); ck_assert(is_no_stronger(full)); } while (0)
	WITHOUT(less.ratchet = RATCHET_OFF);
	WITHOUT(less.wish = WISH_NONE);
	WITHOUT(less.is_missing = false);
	if (s->level > POLICY_ENCRYPT)
		WITHOUT(less.level = (enum policy_level)(s->level - 1));
	/* A policy of the domain's own takes the place of the list: with none the list stays out of it. */
	if (s->preload == POLICY_ABSENT)
		WITHOUT(less.sts = POLICY_ABSENT);
	WITHOUT(less.preload = POLICY_ABSENT);
#undef WITHOUT
}

START_TEST(whatever_is_known_only_raises_what_must_be_proved)
{
	each_setting(check_monotone);
}
END_TEST

/*
 * P3. On the path one can drop answers (a failed look-up), and name any host, with any zone of one's own, where the MX is not
 * validated. Neither ever makes an attacker's host good enough for what was demanded before.
 */
static void
check_forged(const struct setting *s)
{
	struct setting honest = *s, forged = *s;
	int before;
	enum policy_level level;

	if (is_set_aside(s))
		return;
	decide_on(&honest);
	/* DANE that was learnt takes DNSSEC's own word to be less */
	if (s->ratchet == RATCHET_DANE && s->source != NAME_BY_OPERATOR && !s->is_missing && s->exception == EXCEPTION_NONE)
		ck_assert(strength(&decision.demand) >= (int)POLICY_DANE ||
		    (strength(&decision.demand) == (int)POLICY_SECURE && s->dane == DANE_ABSENT && s->source != NAME_BY_INSECURE_MX));
	if (s->source != NAME_BY_INSECURE_MX)
		return;
	before = strength(&decision.demand);
	/* TLSA answers or the policy's look-up dropped: never less */
	forged.dane = DANE_FAILED;
	decide_on(&forged);
	ck_assert_int_ge(strength(&decision.demand), before);
	forged = *s;
	forged.is_missing = true;
	decide_on(&forged);
	ck_assert_int_ge(strength(&decision.demand), before);
	/* another host: not in the policy, not seen before, with TLSA records of its own zone */
	for (int dane = 0; dane < DANE_STATUSES; dane++) {
		forged = *s;
		forged.dane = (enum dane_status)dane;
		forged.sts = s->sts == ENFORCE_MATCH ? ENFORCE_OTHER : s->sts;
		forged.preload = s->preload == ENFORCE_MATCH ? ENFORCE_OTHER : s->preload;
		forged.ratchet = s->ratchet == RATCHET_SEEN ? RATCHET_STRANGE : s->ratchet;
		decide_on(&forged);
		level = decision.demand.level;
		for (unsigned i = 0; i < decision.demand.proofs_count; i++) {
			const struct proof *proof = &decision.demand.proofs[i];

			ck_assert_int_ge(proof->level, level);
			/* its own name is worth `verify` at most, and nothing to the ratchet; only the domain's own name is more */
			if (proof->name != NULL && strcmp(proof->name, HOST) == 0) {
				ck_assert_int_eq(proof->level, POLICY_VERIFY);
				ck_assert_int_ne(forged.ratchet, RATCHET_STRANGE);
			}
		}
	}
}

START_TEST(what_can_be_forged_on_the_way_never_lowers_the_outcome)
{
	each_setting(check_forged);
}
END_TEST

/* An exception, observing, and the sender's own word: what they may set aside, and what not. */
static void
check_set_aside(const struct setting *s)
{
	struct setting other = *s;
	struct demand demand;

	decide_on(s);
	demand = decision.demand;
	if (s->wish == WISH_REQUIRETLS && s->exception != EXCEPTION_NONE && !s->is_observing) {
		other.exception = EXCEPTION_NONE;
		decide_on(&other);
		ck_assert_int_eq(strength(&decision.demand), strength(&demand));
	}
	if (s->wish == WISH_TLS_OPTIONAL && (s->has_rule || s->source == NAME_BY_OPERATOR)) {
		other = *s;
		other.wish = WISH_NONE;
		decide_on(&other);
		ck_assert_int_eq(strength(&decision.demand), strength(&demand));
	}
	if (s->is_observing) {
		other = *s;
		other.is_observing = false;
		decide_on(s);
		demand = decision.observed;
		decide_on(&other);
		/* what is observed is at least what would be enforced */
		ck_assert_int_ge(strength(&demand), s->dane == DANE_USABLE ? 0 : strength(&decision.demand));
	}
}

START_TEST(only_the_operator_and_the_sender_set_aside_what_is_theirs)
{
	each_setting(check_set_aside);
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
		for (int observing = 0; observing < 2; observing++) {
			struct facts facts = { .domain = DOMAIN, .host = rows[i].host, .source = NAME_BY_INSECURE_MX, .level = POLICY_VERIFY,
				.host_is_address = rows[i].is_address, .is_observing = observing != 0 };

			decide(&facts, &decision);
			ck_assert_msg(decision.demand.verdict == rows[i].verdict, "row %zu", i);
			if (rows[i].verdict == DECIDE_SKIP)
				ck_assert_str_eq(decision.demand.reason, "mx-invalid");
			ck_assert_str_eq(decision.demand.sni, rows[i].is_address || rows[i].verdict == DECIDE_SKIP ? "" : rows[i].host);
		}
	}
}
END_TEST

/* RFC 7672 3.2.2: under a trust anchor the domain counts where the MX is secure, and then belongs to what was proved. */
START_TEST(names_beside_the_base_domain_count_with_a_secure_mx)
{
	struct setting setting = { .level = POLICY_VERIFY, .source = NAME_BY_SECURE_MX, .dane = DANE_USABLE, .by_authority = true };

	decide_on(&setting);
	ck_assert_uint_eq(decision.demand.names_count, 2);
	ck_assert_str_eq(decision.demand.proofs[0].domain, DOMAIN);
	setting.by_authority = false;
	decide_on(&setting);
	ck_assert_ptr_null(decision.demand.proofs[0].domain);
	setting = (struct setting){ .level = POLICY_VERIFY, .source = NAME_BY_INSECURE_MX, .dane = DANE_USABLE, .by_authority = true };
	decide_on(&setting);
	ck_assert_uint_eq(decision.demand.names_count, 1);
	ck_assert_ptr_null(decision.demand.proofs[0].domain);
}
END_TEST

/* What may share a connection: equal digests, and only those (standards.md C31, CX10, D44). */
START_TEST(digests_are_equal_for_equal_proofs_only)
{
	static const struct proof proofs[] = {
		{ NULL, POLICY_ENCRYPT, "encrypt:static", NULL, NULL }, { HOST, POLICY_VERIFY, "verify:mx", NULL, NULL },
		{ DOMAIN, POLICY_SECURE, "secure:domain", NULL, NULL }, { "encrypt", POLICY_VERIFY, "verify:mx", NULL, NULL },
		{ HOST, POLICY_DANE, "dane:dnssec", "aa", NULL }, { HOST, POLICY_DANE, "dane:dnssec", "bb", NULL },
		{ DOMAIN, POLICY_DANE, "dane:domain", "aa", NULL }, { HOST, POLICY_DANE, "dane:dnssec", "aa", DOMAIN },
	};
	const struct proof same = { HOST, POLICY_SECURE, "secure:static", NULL, NULL };
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
	level = POLICY_SECURE;
	ck_assert(!policy_level_parse(SPAN("none"), &level));
	ck_assert(!policy_level_parse(SPAN(""), &level));
	ck_assert(!policy_level_parse(SPAN("VERIFY"), &level));
	ck_assert_int_eq(level, POLICY_SECURE);
}
END_TEST

UNIT_MAIN("decide", rows_that_a_person_can_check, every_combination_is_sound, whatever_is_known_only_raises_what_must_be_proved,
    what_can_be_forged_on_the_way_never_lowers_the_outcome, only_the_operator_and_the_sender_set_aside_what_is_theirs,
    hosts_that_are_no_names_are_skipped, names_beside_the_base_domain_count_with_a_secure_mx, digests_are_equal_for_equal_proofs_only,
    levels_have_names)
