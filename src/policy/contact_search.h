/*
 * One question of report's for contacts (ipc/report_policy.h), looked up from beginning to end. contacts.h says which there are.
 *
 *   out   MX of the domain -> (named: by MX) -> zone -> abuse -> told
 *   in    PTR of the address -> its names, one after the other -> (one has it: by rDNS) -> zone -> abuse -> told
 *                             `-> none has it: SPF of the domain -> (passes: by SPF) -> zone -> abuse -> told
 *   zone  SOA at the name and at each parent, until one is found
 *
 * Bounds: the look-ups of SPF, which has its own limits, and 30 others; CONTACT_SEARCH_MS.
 */
#ifndef POLICY_ROOM_CONTACT_SEARCH_H
#define POLICY_ROOM_CONTACT_SEARCH_H

#include "ipc/report_policy.h"
#include "policy/policy.h"

#define CONTACT_SEARCH_MS 60000
#define CONTACT_PTR_NAMES 10	/* of an address, that are looked up (as RFC 7208 4.6.4) */

struct contact_search;

/*
 * Begin. The question is copied; its names are strangers': one that is no name is not asked for. on_found comes once, later and never
 * before this returns; what it is given is borrowed for the call, in which contact_search_free() may be called.
 *   is_lasting  the DNS said all that it was asked, so that the answer is good for a while
 */
struct contact_search *contact_search_start(struct policy *policy, const struct contact_question *question,
    void (*on_found)(void *arg, const struct contact_question *question, const struct contacts_answer *answer, bool is_lasting), void *arg);

/* There is another resolver: it begins anew, with that. */
void contact_search_again(struct contact_search *search);

void contact_search_free(struct contact_search **search);	/* silent; tolerates NULL, leaves NULL */

#endif
