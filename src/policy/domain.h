/* A domain in memory: what its TXT record said, the policy that is known of it, and the search that is under way. */
#ifndef POLICY_ROOM_DOMAIN_H
#define POLICY_ROOM_DOMAIN_H

#include "policy/policy.h"
#include "policy/sts_store.h"

#define DOMAIN_TEXT 256		/* octets of a name, NUL included */
#define DOMAINS_KEPT 20000	/* in memory, when nothing is under way for them */

enum txt_state { TXT_UNKNOWN, TXT_FOUND, TXT_ABSENT, TXT_FAILED };

enum search_state {
	SEARCH_NONE,
	SEARCH_TXT,		/* the record is being looked up */
	SEARCH_HTTPS		/* the policy is being fetched */
};

/* Who waits for a search to end. */
struct seeker {
	LIST_ENTRY(seeker) entry;
	struct domain *domain;	/* NULL = waits for nothing */
	void (*on_found)(void *arg);
	void *arg;
};

struct domain {
	RB_ENTRY(domain) entry;
	TAILQ_ENTRY(domain) of_used;
	struct policy *policy;
	char name[DOMAIN_TEXT];
	/* the TXT record */
	enum txt_state txt;
	char id[STS_ID];		/* TXT_FOUND */
	int64_t txt_until_ms;		/* what was found is good until then; clock_ms() */
	int64_t txt_asked_ms;
	struct lookup *lookup;
	/* the policy */
	struct arena *arena;		/* of sts */
	bool has_sts;			/* it may have ended: domain_holds() */
	struct sts_row sts;		/* without one, only what failures came to counts, and lines are those of what failed */
	/* the search */
	enum search_state state;
	bool is_urgent;			/* mail waits for it */
	bool wants_fetch;		/* whatever the id says */
	bool is_forced;			/* by the operator: no pause is kept */
	struct fetch *fetch;
	LIST_HEAD(, seeker) seekers;
	int64_t used_ms;		/* when the store was last told that it is used; 0 = not yet */
	bool is_told;			/* relays were told something that a change makes wrong */
};

/* Not NULL; of the store when it is not in memory. name is lower case, A-labels, shorter than DOMAIN_TEXT. */
struct domain *domain_get(struct policy *policy, struct span name);
struct domain *domain_find(struct policy *policy, struct span name);	/* NULL when it is not in memory */
void domain_each(struct policy *policy, void (*fn)(struct domain *domain));
void domains_free(struct policy *policy);

/* Is a policy in force? Until when (UTC), as long as nobody sets the clock. */
bool domain_holds(const struct domain *domain, int64_t *until_s);

/* Take over a policy; its patterns and lines are copied. */
void domain_set_sts(struct domain *domain, const struct sts_row *row);

/* Keep the lines of a file that is not understood (copied), where there is no policy whose lines they would be. */
void domain_set_wrong(struct domain *domain, struct span lines);
void domain_forget_sts(struct domain *domain);

#endif
