/* Domains in memory. They come from the store, and go when nothing is under way for them and others are used. */
#include "policy/domain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "loop/clock.h"
#include "policy/fetch.h"
#include "policy/now.h"

static int
domain_compare(const struct domain *a, const struct domain *b)
{
	return strcmp(a->name, b->name);
}

TREE_GENERATE(domain_tree, domain, entry, domain_compare)

static void
domain_free(struct domain *domain)
{
	struct policy *policy = domain->policy;

	lookup_cancel(&domain->lookup);
	fetch_cancel(&domain->fetch);
	RB_REMOVE(domain_tree, &policy->domains, domain);
	TAILQ_REMOVE(&policy->used, domain, of_used);
	policy->domains_count--;
	arena_free(&domain->arena);
	free(domain);
}

void
domain_set_sts(struct domain *domain, const struct sts_row *row)
{
	struct arena *arena = arena_new();
	struct sts_row copy = *row;

	copy.policy.mx = arena_alloc(arena, copy.policy.mx_count * sizeof(*copy.policy.mx));
	for (uint32_t i = 0; i < copy.policy.mx_count; i++)
		copy.policy.mx[i] = arena_span(arena, row->policy.mx[i]);
	copy.lines = arena_span(arena, row->lines);
	arena_free(&domain->arena);
	domain->arena = arena;
	domain->sts = copy;
	domain->has_sts = true;
}

void
domain_set_wrong(struct domain *domain, struct span lines)
{
	if (domain->has_sts)
		return;
	arena_free(&domain->arena);
	domain->arena = arena_new();
	domain->sts.lines = arena_span(domain->arena, lines);
}

void
domain_forget_sts(struct domain *domain)
{
	domain->has_sts = false;
	domain->sts.policy = (struct sts_policy){ .mode = STS_NONE };
	domain->sts.id[0] = '\0';
	domain->sts.lines = SPAN("");
	arena_free(&domain->arena);
}

static void
domain_load(struct domain *domain)
{
	struct arena *arena = arena_new();
	struct sts_row row;

	if (sts_store_get(domain->policy->store, span_of(domain->name), arena, &row))
		domain_set_sts(domain, &row);
	arena_free(&arena);
}

/* The one used longest ago, when there are too many and nothing is under way for it. */
static void
make_room(struct policy *policy)
{
	struct domain *domain = TAILQ_FIRST(&policy->used);

	if (policy->domains_count > DOMAINS_KEPT && domain->state == SEARCH_NONE && LIST_EMPTY(&domain->seekers))
		domain_free(domain);
}

struct domain *
domain_find(struct policy *policy, struct span name)
{
	struct domain key;

	if (name.length >= sizeof(key.name))
		return NULL;
	snprintf(key.name, sizeof(key.name), "%.*s", SPAN_ARG(name));
	return RB_FIND(domain_tree, &policy->domains, &key);
}

struct domain *
domain_get(struct policy *policy, struct span name)
{
	struct domain *domain = domain_find(policy, name);

	if (domain != NULL) {
		TAILQ_REMOVE(&policy->used, domain, of_used);
		TAILQ_INSERT_TAIL(&policy->used, domain, of_used);
		return domain;
	}
	make_room(policy);
	domain = must_alloc(sizeof(*domain));
	domain->policy = policy;
	snprintf(domain->name, sizeof(domain->name), "%.*s", SPAN_ARG(name));
	LIST_INIT(&domain->seekers);
	RB_INSERT(domain_tree, &policy->domains, domain);
	TAILQ_INSERT_TAIL(&policy->used, domain, of_used);
	policy->domains_count++;
	domain_load(domain);
	return domain;
}

void
domain_each(struct policy *policy, void (*fn)(struct domain *domain))
{
	struct domain *domain, *next;

	RB_FOREACH_SAFE(domain, domain_tree, &policy->domains, next)
		fn(domain);
}

void
domains_free(struct policy *policy)
{
	domain_each(policy, domain_free);
}

bool
domain_holds(const struct domain *domain, int64_t *until_s)
{
	int64_t left_s = domain->has_sts ? now_left_s(&domain->sts.fetched, domain->sts.policy.max_age_s) : 0;

	*until_s = clock_wall() + left_s;
	return left_s > 0;
}
