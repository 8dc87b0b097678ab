/* What is kept of MTA-STS: policies that were fetched, when, and what fetching came to since. */
#ifndef POLICY_ROOM_STS_STORE_H
#define POLICY_ROOM_STS_STORE_H

#include "base/arena.h"
#include "policy/age.h"
#include "policy/knowledge.h"
#include "store/store.h"
#include "policy/sts.h"

/* A policy as it is kept. It is kept until it has ended, and somewhat longer for the operator to see. */
struct sts_row {
	char id[STS_ID];		/* of the TXT record when it was fetched; "" when there was none */
	struct sts_policy policy;
	struct moment fetched;		/* the last time that a GET brought it; only that restarts max_age */
	int64_t due_s;			/* when it is to be fetched again; UTC */
	struct span lines;		/* sts_policy_lines() of its file; "" = it was kept before there were any */
	/* since then */
	unsigned failures;
	char failed_id[STS_ID];		/* the id that the last failure was for: another one may be tried at once (M24) */
	int64_t next_try_s;
	char fault[KNOWLEDGE_FAULT];	/* what it was, as struct knowledge has it */
};

#define STS_STORE_DOMAINS 500000	/* kept, at most: 3.4 lets an attacker publish for any number of subdomains (M27) */

bool sts_store_get(struct store *store, struct span domain, struct arena *arena, struct sts_row *row);
void sts_store_put(struct store *store, struct span domain, const struct sts_row *row, int64_t now_s);

/* What fetching came to; the policy itself is as it was. */
void sts_store_put_trouble(struct store *store, struct span domain, const struct sts_row *row);

/* It was asked for; written once a day. */
void sts_store_used(struct store *store, struct span domain, int64_t now_s);
bool sts_store_forget(struct store *store, struct span domain);		/* was there one? */

/*
 * Domains whose policy is to be fetched again: due. The longest due
 * first, at most `most`; names in the arena. Returns how many.
 */
uint32_t sts_store_due(struct store *store, int64_t now_s, uint32_t most, struct arena *arena, struct span *domains);

/* Domains behind `after` in their order, at most `most`. */
uint32_t sts_store_list(struct store *store, struct span after, uint32_t most, struct arena *arena, struct span *domains);

struct sts_counts {
	uint64_t modes[STS_MODES];
	uint64_t failing;		/* whose last fetch failed */
};

void sts_store_count(struct store *store, struct sts_counts *counts);

/* Keep `most` at most: what was not asked for the longest goes first, policies that are enforced last. Returns how many went. */
uint64_t sts_store_evict(struct store *store, uint64_t most);

/* Mx patterns as lines, and back; what is no pattern is left out. */
struct span sts_store_join(const struct sts_policy *policy, struct arena *arena);
void sts_store_split(struct span lines, struct arena *arena, struct sts_policy *policy);

#endif
