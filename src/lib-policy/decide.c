/*
 * The decision, in steps: what is demanded (ground), what the host's name is worth (trust), and, by table, what satisfies
 * the demand. Each step only raises; the two that set aside, the exception and TLS-Required: No, come first and stand alone.
 */
#include "policy/decide.h"

#include <stdio.h>
#include <string.h>

/* Who vouches for the host's name. */
enum trust { TRUST_OPERATOR, TRUST_DOMAIN, TRUST_DNSSEC, TRUST_STS, TRUST_PRELOAD, TRUST_NOBODY, TRUSTS };

/* Which name a proof is about. */
enum about { ABOUT_HOST, ABOUT_DOMAIN };

struct way {
	enum about about;
	enum policy_level level;
	const char *evidence;		/* NULL = no such way */
};

/* What a certificate proves, by who vouches for the name; the way that is hoped for first. */
static const struct {
	struct way ways[DECIDE_PROOFS];
	const char *dane;		/* evidence of TLSA records */
	enum policy_level dane_level;
} rows[TRUSTS] = {
	[TRUST_OPERATOR] = { { { ABOUT_HOST, POLICY_SECURE, "secure:static" } }, "dane:static", POLICY_DANE },
	[TRUST_DOMAIN] = { { { ABOUT_DOMAIN, POLICY_SECURE, "secure:domain" } }, "dane:domain", POLICY_DANE },
	[TRUST_DNSSEC] = { { { ABOUT_HOST, POLICY_SECURE, "secure:dnssec" }, { ABOUT_DOMAIN, POLICY_SECURE, "secure:domain" } },
	    "dane:dnssec", POLICY_DANE },
	/* MTA-STS knows no other name than the MX host's (RFC 8461 4.2). */
	[TRUST_STS] = { { { ABOUT_HOST, POLICY_SECURE, "secure:sts" } }, "dane:sts", POLICY_DANE },
	[TRUST_PRELOAD] = { { { ABOUT_HOST, POLICY_SECURE, "secure:preload" } }, "dane:preload", POLICY_DANE },
	[TRUST_NOBODY] = { { { ABOUT_HOST, POLICY_VERIFY, "verify:mx" }, { ABOUT_DOMAIN, POLICY_SECURE, "secure:domain" } },
	    "verify:dane", POLICY_VERIFY },
};

static const enum trust trusts[NAME_SOURCES] = {
	[NAME_BY_OPERATOR] = TRUST_OPERATOR, [NAME_IS_DOMAIN] = TRUST_DOMAIN, [NAME_BY_SECURE_MX] = TRUST_DNSSEC,
	[NAME_BY_INSECURE_MX] = TRUST_NOBODY
};

/* What is demanded so far. */
struct ground {
	enum policy_level level;
	const char *because;
	const char *unmet;		/* the reason when a host cannot meet it; NULL = the usual one */
	enum trust trust;
	bool host_is_strange;		/* the ratchet has never seen it: its own name proves nothing */
};

/* How far policies in testing count. */
enum view { VIEW_ENFORCED, VIEW_OBSERVED };

/* MX targets are what strangers wrote: only what can be the name of a host is one (RFC 5321 5.1, standards.md C7). */
static bool
host_is_name(const char *host)
{
	struct span rest = span_of(host), label = SPAN("");
	bool is_number = false;

	if (*host == '\0' || strlen(host) > 253)
		return false;
	while (span_cut(&rest, '.', &label)) {
		if (label.length == 0 || label.length > 63 || label.data[0] == '-' || label.data[label.length - 1] == '-')
			return false;
		is_number = true;
		for (size_t i = 0; i < label.length; i++) {
			char c = label.data[i];

			if (!(c >= '0' && c <= '9'))
				is_number = false;
			if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_')
				return false;
		}
	}
	return !is_number;	/* "10.0.0.1" */
}

static bool
is_no_host(const struct facts *facts)
{
	return !facts->host_is_address && !host_is_name(facts->host);
}

static void
ground_raise(struct ground *ground, enum policy_level level, const char *because, const char *unmet)
{
	if (level <= ground->level)
		return;
	ground->level = level;
	ground->because = because;
	ground->unmet = unmet;
}

static void
demand_refuse(struct demand *demand, enum decide_verdict verdict, const char *reason)
{
	demand->verdict = verdict;
	demand->reason = reason;
	demand->proofs_count = demand->names_count = 0;
	demand->by_dane = false;
}

/* Nothing is asked of the certificate. */
static void
demand_encrypt(struct demand *demand, const struct facts *facts, const char *because, const char *evidence)
{
	demand->level = POLICY_ENCRYPT;
	demand->because = because;
	demand->proofs[demand->proofs_count++] = (struct proof){ .level = POLICY_ENCRYPT, .evidence = evidence };
	demand->sni = facts->host_is_address ? "" : facts->host;
}

/* The ways that are good enough. */
static void
demand_certificate(struct demand *demand, const struct facts *facts, const struct ground *ground)
{
	const char *names[] = { [ABOUT_HOST] = facts->host, [ABOUT_DOMAIN] = facts->domain };

	demand->reason = "certificate-name-mismatch";
	for (size_t i = 0; i < DECIDE_PROOFS && rows[ground->trust].ways[i].evidence != NULL; i++) {
		const struct way *way = &rows[ground->trust].ways[i];

		if (way->level < ground->level || (ground->host_is_strange && way->about == ABOUT_HOST)) {
			demand->reason = ground->host_is_strange ? "ratchet-mx-mismatch" :
			    ground->unmet == NULL ? "mx-insecure" : ground->unmet;
			continue;
		}
		demand->proofs[demand->proofs_count++] = (struct proof){ .name = names[way->about], .level = way->level,
			.evidence = way->evidence };
		demand->names[demand->names_count++] = names[way->about];
	}
	demand->sni = facts->host_is_address ? "" : demand->names[0];
}

static void
name_add(struct demand *demand, const char *name)
{
	for (unsigned i = 0; i < demand->names_count; i++)
		if (name == NULL || strcmp(demand->names[i], name) == 0)
			return;
	demand->names[demand->names_count++] = name;
}

/*
 * TLSA records in the place of authorities. A certificate under a trust anchor carries the base domain, or, where the MX is
 * secure, the domain of the recipients (RFC 7672 3.2.2).
 */
static void
demand_dane(struct demand *demand, const struct facts *facts, const struct ground *ground)
{
	bool by_secure_mx = facts->source == NAME_BY_SECURE_MX;

	demand->by_dane = true;
	demand->reason = "dane-mismatch";
	name_add(demand, facts->dane_base);
	if (by_secure_mx) {
		name_add(demand, facts->domain);
		name_add(demand, facts->domain_expanded);
	}
	demand->proofs[demand->proofs_count++] = (struct proof){ .name = facts->dane_base, .level = rows[ground->trust].dane_level,
		.evidence = rows[ground->trust].dane, .dane = facts->dane_digest,
		.domain = by_secure_mx && dane_has_usage(&facts->dane, 2) ? facts->domain : NULL };
	demand->sni = facts->dane_base;
}

/* What satisfies the ground? */
static void
demand_settle(struct demand *demand, const struct facts *facts, const struct ground *ground)
{
	bool has_dane = facts->dane.status == DANE_USABLE && rows[ground->trust].dane_level >= ground->level;

	demand->level = ground->level;
	demand->because = ground->because;
	if (has_dane && !ground->host_is_strange)
		demand_dane(demand, facts, ground);
	else if (ground->level == POLICY_DANE)
		demand_refuse(demand, DECIDE_LATER, ground->unmet != NULL ? ground->unmet :
		    facts->dane.status == DANE_UNUSABLE ? "dane-unusable" : "dane-required");
	else if (ground->level == POLICY_ENCRYPT)
		demand_encrypt(demand, facts, facts->dane.status == DANE_UNUSABLE ? "dane" : ground->because,
		    facts->dane.status == DANE_UNUSABLE ? "encrypt:dane-unusable" :
		    facts->has_rule ? "encrypt:static" : "encrypt:default");
	else
		demand_certificate(demand, facts, ground);
}

static bool
is_in_force(const struct sts_policy *policy, enum view view)
{
	return policy->mode == STS_ENFORCE || (policy->mode == STS_TESTING && view == VIEW_OBSERVED);
}

/*
 * A published policy, or one of the list: the host is in it, or is not used. A secure MX with usable TLSA records is
 * judged by these (RFC 8461 2, RFC 7672): what MTA-STS would say of it is only observed.
 */
static bool
policy_apply(const struct facts *facts, const struct sts_policy *policy, enum view view, enum trust trust, struct ground *ground)
{
	bool is_sts = trust == TRUST_STS;

	if (!is_in_force(policy, view))
		return true;
	if (facts->dane.status == DANE_USABLE && ground->trust != TRUST_NOBODY && view == VIEW_ENFORCED)
		return true;
	if (!sts_match(policy->mx, policy->mx_count, facts->host))
		return false;
	ground->trust = trust;
	ground_raise(ground, POLICY_SECURE, is_sts ? "sts" : "preload", NULL);
	return true;
}

/* MTA-STS counts; a list only as long as the domain has said nothing itself, be it that it has no policy any more. */
static const char *
policies_apply(const struct facts *facts, enum view view, struct ground *ground)
{
	const struct knowledge *known = facts->knowledge;

	if (known == NULL || facts->source == NAME_BY_OPERATOR)
		return NULL;
	if (known->has_sts)
		return policy_apply(facts, &known->sts, view, TRUST_STS, ground) ? NULL : "sts-mx-mismatch";
	if (known->has_preload)
		return policy_apply(facts, &known->preload, view, TRUST_PRELOAD, ground) ? NULL : "preload-mx-mismatch";
	return NULL;
}

/*
 * The level of the ratchet. A domain that has taken its TLSA records back, with DNSSEC's proof that there are none, has said so
 * itself: what is left is the level of an MX that DNSSEC vouches for, or of its own name. Nobody on the way can say that for it.
 */
static enum policy_level
ratchet_level_of(const struct facts *facts)
{
	bool is_taken_back = facts->dane.status == DANE_ABSENT && facts->source != NAME_BY_INSECURE_MX;

	return facts->knowledge->ratchet == POLICY_DANE && is_taken_back ? POLICY_SECURE : facts->knowledge->ratchet;
}

/* The ratchet: its level, and at `verify` the hosts it has seen, where nobody vouches for a new one. */
static void
ratchet_apply(const struct facts *facts, struct ground *ground)
{
	const struct knowledge *known = facts->knowledge;

	if (known == NULL || !known->has_ratchet || facts->source == NAME_BY_OPERATOR)
		return;
	ground_raise(ground, ratchet_level_of(facts), "ratchet", "ratchet-level");
	if (ground->trust != TRUST_NOBODY || known->ratchet != POLICY_VERIFY || known->ratchet_mx_count == 0)
		return;
	for (uint32_t i = 0; i < known->ratchet_mx_count; i++)
		if (span_equal_nocase(known->ratchet_mx[i], span_of(facts->host)))
			return;
	ground->host_is_strange = true;
	if (ground->level <= POLICY_VERIFY)
		ground->because = "ratchet";
}

/* Everything that can be demanded, in one go. */
static void
demand_strict(const struct facts *facts, enum view view, struct demand *demand)
{
	struct ground ground = { .level = facts->level, .because = facts->has_rule ? "rule" : "default", .trust = trusts[facts->source] };
	const char *mismatch;

	if (facts->knowledge != NULL && facts->knowledge->missing.length > 0) {
		demand_refuse(demand, DECIDE_LATER, facts->knowledge->missing.data);
		return;
	}
	if (facts->dane.status == DANE_FAILED) {
		demand_refuse(demand, DECIDE_LATER, "dane-lookup-failed");
		return;
	}
	mismatch = policies_apply(facts, view, &ground);
	if (mismatch != NULL) {
		demand->level = POLICY_SECURE;
		demand->because = mismatch[0] == 's' ? "sts" : "preload";
		demand_refuse(demand, DECIDE_SKIP, mismatch);
		return;
	}
	ratchet_apply(facts, &ground);
	if (facts->wish == WISH_REQUIRETLS)
		ground_raise(&ground, POLICY_SECURE, "requiretls", "requiretls-unproved");
	demand_settle(demand, facts, &ground);
}

/* The operator has said what is demanded, and until when: authorities, and nothing that was published or learnt. */
static void
demand_excepted(const struct facts *facts, struct demand *demand)
{
	struct facts bare = *facts;
	struct ground ground = { .level = facts->knowledge->exception, .because = "exception", .trust = trusts[facts->source] };

	if (ground.level == POLICY_ENCRYPT) {
		demand_encrypt(demand, facts, "exception", "encrypt:exception");
		return;
	}
	if (ground.level < POLICY_DANE)
		bare.dane.status = DANE_NOT_ASKED;
	demand_settle(demand, &bare, &ground);
}

static void
demand_make(const struct facts *facts, enum view view, struct demand *demand)
{
	const struct knowledge *known = facts->knowledge;

	*demand = (struct demand){ .verdict = DECIDE_TRY, .level = facts->level, .because = facts->has_rule ? "rule" : "default", .sni = "" };
	if (is_no_host(facts))
		demand_refuse(demand, DECIDE_SKIP, "mx-invalid");
	else if (facts->wish == WISH_TLS_OPTIONAL && facts->source != NAME_BY_OPERATOR && !facts->has_rule)
		demand_encrypt(demand, facts, "tls-optional", "encrypt:tls-optional");
	else if (known != NULL && known->has_exception && facts->wish != WISH_REQUIRETLS)
		demand_excepted(facts, demand);
	else
		demand_strict(facts, view, demand);
}

static bool
demands_are_equal(const struct demand *a, const struct demand *b)
{
	if (a->verdict != b->verdict || a->level != b->level || a->by_dane != b->by_dane || a->names_count != b->names_count ||
	    a->proofs_count != b->proofs_count || (a->verdict != DECIDE_TRY && strcmp(a->reason, b->reason) != 0))
		return false;
	for (unsigned i = 0; i < a->names_count; i++)
		if (strcmp(a->names[i], b->names[i]) != 0)
			return false;
	return true;
}

void
decide(const struct facts *facts, struct decision *decision)
{
	demand_make(facts, VIEW_ENFORCED, &decision->demand);
	demand_make(facts, VIEW_OBSERVED, &decision->observed);
	/* What the sender asks for is not this relay's to waive, and a host that is none is none. */
	if (facts->is_observing && facts->wish != WISH_REQUIRETLS && !is_no_host(facts)) {
		decision->demand = (struct demand){ .verdict = DECIDE_TRY, .sni = "" };
		demand_encrypt(&decision->demand, facts, "observe", "encrypt:observe");
	}
	decision->has_observed = !demands_are_equal(&decision->demand, &decision->observed);
}

char *
proof_digest(const struct proof *proof, char out[PROOF_DIGEST])
{
	if (proof->dane != NULL)
		snprintf(out, PROOF_DIGEST, "dane:%.64s %.255s %.255s", proof->dane, proof->name, proof->domain == NULL ? "" : proof->domain);
	else if (proof->name == NULL)
		snprintf(out, PROOF_DIGEST, "encrypt");
	else
		snprintf(out, PROOF_DIGEST, "name:%.255s", proof->name);
	return out;
}
