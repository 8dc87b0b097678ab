/* The decision is a table: where the name comes from, the level demanded, and what satisfies it. */
#include "policy/decide.h"

#include <stdio.h>
#include <string.h>

/* Which name a proof is about. */
enum about { ABOUT_NOTHING, ABOUT_HOST, ABOUT_DOMAIN };

struct way {
	enum about about;
	enum policy_level level;
	const char *evidence;
};

/* What is demanded, by level and source; the ways that satisfy it, best known first. */
static const struct {
	struct way ways[DECIDE_PROOFS];	/* the second may be empty: evidence NULL */
	const char *reason;		/* what a certificate without any of the names means */
} rows[POLICY_LEVELS][NAME_SOURCES] = {
	[POLICY_VERIFY] = {
		[NAME_BY_OPERATOR] = { { { ABOUT_HOST, POLICY_SECURE, "secure:static" } }, "certificate-name-mismatch" },
		[NAME_IS_DOMAIN] = { { { ABOUT_DOMAIN, POLICY_SECURE, "secure:domain" } }, "certificate-name-mismatch" },
		[NAME_BY_SECURE_MX] = { { { ABOUT_HOST, POLICY_SECURE, "secure:dnssec" },
		    { ABOUT_DOMAIN, POLICY_SECURE, "secure:domain" } }, "certificate-name-mismatch" },
		[NAME_BY_INSECURE_MX] = { { { ABOUT_HOST, POLICY_VERIFY, "verify:mx" },
		    { ABOUT_DOMAIN, POLICY_SECURE, "secure:domain" } }, "certificate-name-mismatch" },
	},
	[POLICY_SECURE] = {
		[NAME_BY_OPERATOR] = { { { ABOUT_HOST, POLICY_SECURE, "secure:static" } }, "certificate-name-mismatch" },
		[NAME_IS_DOMAIN] = { { { ABOUT_DOMAIN, POLICY_SECURE, "secure:domain" } }, "certificate-name-mismatch" },
		[NAME_BY_SECURE_MX] = { { { ABOUT_HOST, POLICY_SECURE, "secure:dnssec" },
		    { ABOUT_DOMAIN, POLICY_SECURE, "secure:domain" } }, "certificate-name-mismatch" },
		[NAME_BY_INSECURE_MX] = { { { ABOUT_DOMAIN, POLICY_SECURE, "secure:domain" } }, "mx-insecure" },
	},
};

/* At `encrypt` it does not matter where the name comes from. */
static const struct way ways_encrypt[] = {
	{ ABOUT_NOTHING, POLICY_ENCRYPT, "encrypt:default" },
	{ ABOUT_NOTHING, POLICY_ENCRYPT, "encrypt:static" },
};

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

static void
way_add(struct decision *decision, const struct way *way, const struct facts *facts)
{
	const char *names[] = { [ABOUT_NOTHING] = NULL, [ABOUT_HOST] = facts->host, [ABOUT_DOMAIN] = facts->domain };

	decision->proofs[decision->proofs_count++] = (struct proof){ names[way->about], way->level, way->evidence };
}

void
decide(const struct facts *facts, struct decision *decision)
{
	const struct way *ways = rows[facts->level][facts->source].ways;

	*decision = (struct decision){ .verdict = DECIDE_TRY, .level = facts->level, .sni = "" };
	if (!facts->host_is_address && !host_is_name(facts->host)) {
		decision->verdict = DECIDE_SKIP;
		decision->reason = "mx-invalid";
		return;
	}
	if (facts->level == POLICY_ENCRYPT) {
		way_add(decision, &ways_encrypt[facts->has_rule], facts);
	} else {
		decision->reason = rows[facts->level][facts->source].reason;
		for (size_t i = 0; i < DECIDE_PROOFS && ways[i].evidence != NULL; i++)
			way_add(decision, &ways[i], facts);
	}
	if (!facts->host_is_address)
		decision->sni = decision->proofs[0].name == NULL ? facts->host : decision->proofs[0].name;
}

char *
proof_digest(const struct proof *proof, char out[PROOF_DIGEST])
{
	if (proof->name == NULL)
		snprintf(out, PROOF_DIGEST, "encrypt");
	else
		snprintf(out, PROOF_DIGEST, "name:%.255s", proof->name);
	return out;
}
