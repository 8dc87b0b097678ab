/* Rules of the operator, and who we are. */
#include "relay/evidence.h"

#include <assert.h>

static_assert((int)POLICY_ENCRYPT == (int)CONF_POLICY_ENCRYPT && (int)POLICY_VERIFY == (int)CONF_POLICY_VERIFY &&
    (int)POLICY_SECURE == (int)CONF_POLICY_SECURE, "levels are numbered alike");

enum policy_level
evidence_level(const struct relay *relay, const char *domain, bool *has_rule)
{
	enum policy_level level = (enum policy_level)relay->conf->policy_default;

	*has_rule = policy_level_parse(pattern_table_find(relay->levels, span_of(domain)), &level);
	return level;
}

void
evidence_decide(const struct relay *relay, struct plan_host *host)
{
	host->facts.level = evidence_level(relay, host->facts.domain, &host->facts.has_rule);
	decide(&host->facts, &host->decision);
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
