/* The TXT record at _mta-sts (RFC 8461 3.1), and how long what was found of it is believed. */
#include "policy/sts_lookup.h"

#include <stdio.h>

#include "base/log.h"
#include "loop/clock.h"
#include "policy/seek.h"

#define FRESH_LEAST_S 60
#define FRESH_MOST_S 3600
#define FRESH_FAILED_S 30	/* a look-up that failed says nothing; it is only not repeated for every message */

static void
record_judge(struct domain *domain, const struct dns_answer *answer)
{
	domain->id[0] = '\0';
	switch (answer->status) {
	case DNS_FOUND:
		domain->txt = sts_record_find(answer->texts, answer->count, domain->id) ? TXT_FOUND : TXT_ABSENT;
		break;
	case DNS_NO_DATA:
	case DNS_NO_NAME:
		domain->txt = TXT_ABSENT;
		break;
	case DNS_BOGUS:
	case DNS_FAILED:
		domain->txt = TXT_FAILED;
		break;
	}
}

static int64_t
fresh_s(const struct domain *domain, uint32_t ttl_s)
{
	if (domain->txt == TXT_FAILED)
		return FRESH_FAILED_S;
	return ttl_s < FRESH_LEAST_S ? FRESH_LEAST_S : ttl_s > FRESH_MOST_S ? FRESH_MOST_S : ttl_s;
}

static void
on_answer(void *arg, const struct dns_answer *answer)
{
	struct domain *domain = arg;
	enum txt_state before = domain->txt;
	int64_t until_s;

	domain->lookup = NULL;
	record_judge(domain, answer);
	domain->txt_asked_ms = clock_ms();
	domain->txt_until_ms = clock_ms() + fresh_s(domain, answer->ttl_s) * 1000;
	/* The owner may have taken it away, or somebody on the way: the policy counts until it ends (M20). */
	if (domain->txt == TXT_ABSENT && before != TXT_ABSENT && domain_holds(domain, &until_s))
		log_warn("policy-record-missing", LOG_TEXT("domain", domain->name), LOG_TEXT("mode", sts_mode_name(domain->sts.policy.mode)),
		    LOG_NUMBER("holds_s", until_s - clock_wall()));
	seek_looked_up(domain);
}

bool
sts_lookup_is_fresh(const struct domain *domain)
{
	return domain->txt != TXT_UNKNOWN && clock_ms() < domain->txt_until_ms;
}

void
sts_lookup_start(struct domain *domain)
{
	char name[DOMAIN_TEXT + 16];

	snprintf(name, sizeof(name), "_mta-sts.%s", domain->name);
	domain->lookup = resolver_ask(domain->policy->resolver, name, DNS_TXT, on_answer, domain);
}
