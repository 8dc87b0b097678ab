/* Rules of the operator, and who we are. */
#include "relay/evidence.h"

#include <assert.h>

#include "base/codec.h"
#include "tls/describe.h"

static_assert((int)POLICY_ENCRYPT == (int)CONF_POLICY_ENCRYPT && (int)POLICY_VERIFY == (int)CONF_POLICY_VERIFY &&
    (int)POLICY_SECURE == (int)CONF_POLICY_SECURE && (int)POLICY_DANE == (int)CONF_POLICY_DANE, "levels are numbered alike");

enum policy_level
evidence_level(const struct relay *relay, const char *domain, bool *has_rule)
{
	enum policy_level level = (enum policy_level)relay->conf->policy_default;

	*has_rule = policy_level_parse(pattern_table_find(relay->levels, span_of(domain)), &level);
	return level;
}

/* What the records say, in one number: connections that were proved by others have another (design.md, policy digests). */
static const char *
dane_digest(const struct dane_set *set, struct arena *arena)
{
	char *digest = arena_alloc(arena, TLS_FINGERPRINT_TEXT);
	struct buf octets;

	buf_init(&octets, DANE_RECORDS * (UINT16_MAX + 16));
	for (uint32_t i = 0; i < set->count; i++) {
		put_u8(&octets, set->records[i].usage);
		put_u8(&octets, set->records[i].selector);
		put_u8(&octets, set->records[i].matching);
		put_span(&octets, set->records[i].data);
	}
	tls_digest(buf_span(&octets), digest);
	buf_clear(&octets);
	return digest;
}

void
evidence_decide(const struct relay *relay, struct plan_host *host, struct arena *arena)
{
	struct facts *facts = &host->facts;

	facts->level = evidence_level(relay, facts->domain, &facts->has_rule);
	facts->is_observing = relay->conf->policy_observe;
	if (facts->dane.status == DANE_USABLE)
		facts->dane_digest = dane_digest(&facts->dane, arena);
	decide(facts, &host->decision);
}

bool
evidence_is_own_name(const struct relay *relay, const char *name)
{
	if (span_equal_nocase(span_of(name), span_of(relay->conf->hostname)))
		return true;
	for (size_t i = 0; i < relay->conf->own_names.count; i++)
		if (span_equal_nocase(span_of(name), span_of(relay->conf->own_names.items[i])))
			return true;
	return false;
}

static bool
ip_is_unspecified(struct ip ip)
{
	static const struct ip none4 = { .family = 4 }, none6 = { .family = 6 };

	return ip_equal(ip, none4) || ip_equal(ip, none6);
}

bool
evidence_is_own_address(const struct relay *relay, struct ip ip)
{
	for (size_t i = 0; i < relay->own_count; i++)
		if (ip_equal(relay->own[i], ip))
			return true;
	return !relay->conf->private_destinations && (ip_is_loopback(ip) || ip_is_unspecified(ip));
}
