/*
 * relay and policy: what is known of this domain; what was seen of it. Policy answers every question once, in whatever order;
 * a policy that was started anew has forgotten the questions, and relay asks again. What was seen may be lost: it is
 * seen again. How hosts were before may not be answered: nothing waits for it.
 */
#ifndef IPC_RELAY_POLICY_H
#define IPC_RELAY_POLICY_H

#include "base/arena.h"
#include "base/codec.h"
#include "policy/knowledge.h"

enum relay_to_policy {
	RELAY_ASK = 1,		/* struct policy_question */
	RELAY_SAW,		/* struct policy_sight */
	RELAY_RECALL,		/* struct policy_names: what were these hosts like before? */
	RELAY_LAID,		/* struct policy_hosts: TLS was laid there */
	RELAY_TO_POLICY_MESSAGES
};

enum policy_to_relay {
	POLICY_TOLD = 1,	/* struct policy_answer */
	POLICY_CHANGED,		/* struct policy_change */
	POLICY_RECALLED,	/* struct policy_hosts: those that are known of the ones that were asked for */
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

#define POLICY_HOSTS 100	/* of a message, at most */

struct policy_names {
	struct span *names;	/* lower case, or addresses */
	uint32_t count;
};

/* What a host offered and proved when TLS was laid there, the last time. It is for verdicts, and nothing else depends on it (P3). */
struct policy_host {
	struct span host;
	uint64_t sessions;	/* since the last time that it was told; of an answer: so far */
	int64_t first_s, last_s; /* since the epoch */
	bool has_starttls;	/* it came by STARTTLS, and not at once */
	struct span keywords;	/* of the reply to EHLO in clear, STARTTLS left out, with spaces between */
	enum policy_level level; /* that was proved */
	struct span version, fingerprint, issuer;	/* the last two "" = without a certificate: the session was resumed */
	struct ip ip;
};

struct policy_hosts {
	struct policy_host *hosts;
	uint32_t count;
};

void policy_question_encode(struct buf *out, const struct policy_question *question);
bool policy_question_decode(struct span payload, struct policy_question *question);
void policy_answer_encode(struct buf *out, const struct policy_answer *answer);
bool policy_answer_decode(struct span payload, struct arena *arena, struct policy_answer *answer);
void policy_sight_encode(struct buf *out, const struct policy_sight *sight);
bool policy_sight_decode(struct span payload, struct policy_sight *sight);
void policy_change_encode(struct buf *out, const struct policy_change *change);
bool policy_change_decode(struct span payload, struct policy_change *change);
void policy_names_encode(struct buf *out, const struct policy_names *names);
bool policy_names_decode(struct span payload, struct arena *arena, struct policy_names *names);	/* names borrowed from the payload */
void policy_hosts_encode(struct buf *out, const struct policy_hosts *hosts);
bool policy_hosts_decode(struct span payload, struct arena *arena, struct policy_hosts *hosts);	/* texts borrowed from the payload */

#endif
