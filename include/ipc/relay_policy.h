/*
 * relay and policy: what is known of this domain; what was seen of it. Policy answers every question once, in whatever order;
 * a policy that was started anew has forgotten the questions, and relay asks again. What was seen may be lost: it is
 * seen again.
 */
#ifndef IPC_RELAY_POLICY_H
#define IPC_RELAY_POLICY_H

#include "base/arena.h"
#include "base/codec.h"
#include "policy/knowledge.h"

enum relay_to_policy {
	RELAY_ASK = 1,		/* struct policy_question */
	RELAY_SAW,		/* struct policy_sight */
	RELAY_TO_POLICY_MESSAGES
};

enum policy_to_relay {
	POLICY_TOLD = 1,	/* struct policy_answer */
	POLICY_CHANGED,		/* struct policy_change */
	POLICY_TO_RELAY_MESSAGES
};

struct policy_question {
	uint64_t id;		/* relay's, echoed */
	struct span domain;	/* lower case, A-labels: of the recipients; or the host that the operator named */
	bool by_mx;		/* hosts come from the DNS: MTA-STS, the preload list and the ratchet count (RFC 8461 3.4) */
	bool is_doubted;	/* mail failed by what is known: look for something newer first (RFC 8461 5.1) */
};

struct policy_answer {
	uint64_t id;
	struct knowledge knowledge;
};

/* A connection has taken mail of the domain, or did not come to that because of a policy. */
struct policy_sight {
	struct span domain;
	struct span host;
	enum policy_level level;	/* proved; when nothing was delivered, what was demanded */
	bool is_delivered;
	struct span reason;	/* word of policy/reason.h: what stood, or would have stood, in the way; "" = nothing */
	struct span because;	/* what demanded it: "sts", "dane", "ratchet", ... */
	bool is_observed;	/* it stood in nobody's way: a policy in testing, or policy.mode: observe */
};

struct policy_change {
	struct span domain;	/* plans made from what was known of it are of no use any more; "" = of every domain */
};

void policy_question_encode(struct buf *out, const struct policy_question *question);
bool policy_question_decode(struct span payload, struct policy_question *question);
void policy_answer_encode(struct buf *out, const struct policy_answer *answer);
bool policy_answer_decode(struct span payload, struct arena *arena, struct policy_answer *answer);
void policy_sight_encode(struct buf *out, const struct policy_sight *sight);
bool policy_sight_decode(struct span payload, struct policy_sight *sight);
void policy_change_encode(struct buf *out, const struct policy_change *change);
bool policy_change_decode(struct span payload, struct policy_change *change);

#endif
