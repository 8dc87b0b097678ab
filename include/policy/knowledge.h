/* What is known of a domain beyond what the DNS says of it just now: what the policy room keeps, and tells relay. */
#ifndef POLICY_KNOWLEDGE_H
#define POLICY_KNOWLEDGE_H

#include "policy/level.h"
#include "policy/sts.h"

#define KNOWLEDGE_FAULT 200	/* octets of sts_fault, NUL included where it has one */
#define KNOWLEDGE_MX 50		/* hosts that a ratchet remembers, at most */

struct knowledge {
	/* "" = complete. Else a word of policy/reason.h: something that may be there could not be learnt; mail has to wait. */
	struct span missing;

	/* MTA-STS (RFC 8461), as long as the policy is in force */
	bool has_sts;
	struct sts_policy sts;		/* mode none: fetched, so that nothing older counts */
	struct span sts_id;
	int64_t sts_until_s;		/* since the epoch */
	/*
	 * For reports (RFC 8460 4.4), decides nothing: sts_policy_lines() of its file, or, where no policy is in force, of one that is not
	 * understood. And why the policy that the record speaks of could not be had, be it that another one is still in force: a word of
	 * policy/reason.h, ": " and more about it; "" = nothing, or there is no record.
	 */
	struct span sts_lines, sts_fault;

	/* a list that the operator has loaded */
	bool has_preload;
	struct sts_policy preload;
	int64_t preload_until_s;	/* 0 = for ever */

	/* an exception of the operator's, in force */
	bool has_exception;
	enum policy_level exception;	/* what is demanded instead of everything else */
	struct span exception_why;
	int64_t exception_until_s;

	/* what was learnt, in force */
	bool has_ratchet;
	enum policy_level ratchet;
	struct span *ratchet_mx;	/* lower case: hosts that were seen; counts at `verify` */
	uint32_t ratchet_mx_count;
	int64_t ratchet_until_s;

	int64_t until_s;		/* when it has to be asked for again: the first of the above to end, at the latest */
};

#endif
