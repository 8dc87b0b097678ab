/*
 * Does a domain vouch for an address, by SPF (RFC 7208)? Only a pass counts, and none that anybody would have: one by `all`, or of a
 * record that passes for an address that nobody has.
 */
#ifndef POLICY_ROOM_CONTACT_SPF_H
#define POLICY_ROOM_CONTACT_SPF_H

#include "policy/policy.h"

enum contact_spf_end {
	CONTACT_SPF_PASSES,
	CONTACT_SPF_PROVES_NOTHING,
	CONTACT_SPF_UNKNOWN	/* the DNS did not say, or not in time: maybe later */
};

struct contact_spf;

/*
 * Ask for postmaster@domain. on_end comes once, later and never before this returns; why is a sentence, borrowed for the call, in which
 * contact_spf_free() may be called. Bounded by the limits of SPF, twice.
 */
struct contact_spf *contact_spf_start(struct policy *policy, struct ip ip, struct span domain,
    void (*on_end)(void *arg, enum contact_spf_end end, const char *why), void *arg);
void contact_spf_free(struct contact_spf **check);	/* silent; tolerates NULL, leaves NULL */

#endif
